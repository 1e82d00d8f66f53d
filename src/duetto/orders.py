"""Standing orders in Python: `orders.when(heard("um")).say("That was one.")`.

A condition is made by these functions and their combinations; times are in seconds. `Orders` gives them to a
conversation: `session.orders`, `seat.orders` of an engine's, `client.orders` of one on a server.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from duetto.interaction.action import Action, Unwatch, Watch
from duetto.timeline.clock import s
from duetto.timeline.command import Command, Give, TakeBack
from duetto.timeline.order import (
    After,
    AllOf,
    AnyOf,
    Clauses,
    Condition,
    Interval,
    Manner,
    Meaning,
    Moment,
    MovementName,
    Nth,
    Order,
    Reads,
    Repeats,
    Shows,
    Sight,
    SightKind,
    Silence,
    Then,
    Unless,
    Watched,
    Words,
)
from duetto.timeline.order_problem import problem
from duetto.timeline.phrase import normal


@dataclass(frozen=True, slots=True)
class When:
    """A condition, and what it can be made part of."""

    condition: Condition

    def __or__(self, other: When) -> When:
        """Met when either is."""
        return When(AnyOf((self.condition, other.condition)))

    def also(self, other: When, *, within: float) -> When:
        """Met when both have been, in any order, at most `within` seconds apart."""
        return When(AllOf((self.condition, other.condition), s(within)))

    def then(self, other: When, *, within: float) -> When:
        """Met when `other` follows within so many seconds."""
        return When(Then(self.condition, other.condition, s(within)))

    def unless(self, other: When, *, within: float) -> When:
        """Met unless `other` was within so many seconds before."""
        return When(Unless(self.condition, other.condition, s(within)))

    def after(self, seconds: float, *, but_not: When | None = None) -> When:
        """Met so many seconds later, unless `but_not` comes first."""
        return When(After(self.condition, s(seconds), None if but_not is None else but_not.condition))

    def nth(self, n: int) -> When:
        """Met each n-th time."""
        return When(Nth(self.condition, n))


# --- conditions -----------------------------------------------------------------------------------------------


def heard(*phrases: str) -> When:
    """One of these is said by the user, also inside of a sentence."""
    return When(Words(tuple(map(normal, phrases)), "heard"))


def typed(*phrases: str) -> When:
    """One of these is typed by the user."""
    return When(Words(tuple(map(normal, phrases)), "typed"))


def said(*phrases: str) -> When:
    """One of these is said or typed by the user."""
    return When(Words(tuple(map(normal, phrases)), "either"))


def meant(question: str) -> When:
    """The language model says yes to this question about what the user has just said."""
    return When(Meaning(question))


def clauses() -> When:
    """Each clause that the user says, while they speak; {word} is the clause.

    `.ask("Translate into German: {word}", manner="over")` interprets, `.say("{word}", manner="text")` makes captions.
    """
    return When(Clauses())


def at(seconds: float) -> When:
    """Once, at this time of the conversation."""
    return When(Moment(s(seconds)))


def every(seconds: float, *, since: float = 0.0) -> When:
    """Every so many seconds, counted from `since` in the conversation."""
    return When(Interval(s(since), s(seconds)))


def silent(seconds: float, who: Literal["user", "anyone"] = "user") -> When:
    """For so long the user (or anyone) has said nothing."""
    return When(Silence(s(seconds), who))


def seen(what: SightKind, *, region: str | None = None, stream: Watched | None = None) -> When:
    """This is seen to happen: see `duetto.timeline.order.SightKind`."""
    return When(Sight(what, region, stream))


def repeated(movement: MovementName = "movement") -> When:
    """A movement is made once more."""
    return When(Repeats(movement))


def read(*phrases: str, stream: Watched = "screen") -> When:
    """One of these comes to stand on the screen (extra `vision`)."""
    return When(Reads(phrases, stream))


def shown(question: str, stream: Watched = "camera") -> When:
    """The language model says yes to this question about the picture, where it said no before."""
    return When(Shows(question, stream))


# --- orders ---------------------------------------------------------------------------------------------------


class Kept:
    """The standing orders of a conversation that are in force, whoever stated them, as far as it has been followed."""

    def __init__(self) -> None:
        self._orders: dict[str, Order] = {}

    def __iter__(self) -> Iterator[Order]:
        """In the order in which they were given."""
        return iter(tuple(self._orders.values()))

    def get(self, name: str) -> Order | None:
        return self._orders.get(name)

    def follow(self, actions: Iterable[Action]) -> bool:
        """What was decided in a round. Returns whether an order was given, or has ended."""
        changed = False
        for action in actions:
            match action:
                case Watch(order=order):
                    self._orders.pop(order.name, None)
                    self._orders[order.name] = order
                    changed = True
                case Unwatch(name=name):
                    changed = self._orders.pop(name, None) is not None or changed
        return changed

    def replace(self, orders: Iterable[Order]) -> None:
        """These and no others are in force."""
        self._orders = {order.name: order for order in orders}


class Orders:
    """A conversation's standing orders, as a program gives them.

    Names are made where none is told; an order is in force, and listed, from the next micro-turn on.
    """

    def __init__(self, command: Callable[[Command], object], kept: Kept | None = None) -> None:
        """command: takes a command for the conversation. kept: what is in force in it, told by whoever follows it."""
        self._command = command
        self._kept = kept or Kept()
        self._numbers = itertools.count(1)

    def when(self, condition: When) -> Stated:
        """What is to be done is said next: `.say(...)` or `.ask(...)`."""
        return Stated(self, condition.condition)

    def list(self) -> tuple[Order, ...]:
        """Those in force, the user's own too. `timeline.order_words.describe_order` puts one in words."""
        return tuple(self._kept)

    def give(self, order: Order) -> str:
        """Returns its name. Raises ValueError for one that cannot be watched."""
        if wrong := problem(order):
            raise ValueError(f"{order.name or 'order'}: {wrong}")
        self._command(Give(order))
        return order.name

    def change(self, name: str, /, **fields: Any) -> Order:
        """Change an order in force: `change("breathe", when=every(5), limit=10, rest=2.0)`; it counts from one again.

        fields: of `Order`; conditions as `When`, rest in seconds. Returns the order as it is now. Raises KeyError
        where none of this name is in force, TypeError for no such field, ValueError for what cannot be watched.
        """
        order = self._kept.get(name)
        if order is None:
            raise KeyError(f"no standing order {name!r} is in force")
        for field, value in fields.items():
            if isinstance(value, When):
                fields[field] = value.condition
            elif field == "rest":
                fields[field] = s(value)
        changed = msgspec.structs.replace(order, **fields)
        self.give(changed)
        if changed.name != name:
            self.withdraw(name)
        return changed

    def withdraw(self, *names: str) -> None:
        """End the orders of these names; without any, all that there are."""
        self._command(TakeBack(names or ("*",)))

    def name(self) -> str:
        """A name that no order has."""
        return next(name for number in self._numbers if self._kept.get(name := f"order {number}") is None)


@dataclass(frozen=True, slots=True)
class Stated:
    """An order half stated."""

    orders: Orders
    condition: Condition

    def say(
        self,
        text: str,
        *,
        name: str = "",
        limit: int | None = None,
        manner: Manner = "over",
        rest: float = 0.0,
        until: When | None = None,
        what: str = "",
        asks: bool = False,
    ) -> str:
        """Say this: see `duetto.timeline.order.Order`; rest in seconds. Returns the order's name. Raises ValueError."""
        ends = None if until is None else until.condition
        order = Order(name or self.orders.name(), self.condition, text, limit, manner, s(rest), ends, asks, what)
        return self.orders.give(order)

    def ask(
        self,
        instruction: str,
        *,
        name: str = "",
        limit: int | None = None,
        manner: Manner = "gap",
        rest: float = 0.0,
        until: When | None = None,
        what: str = "",
    ) -> str:
        """Have the brain say something, by this instruction."""
        return self.say(
            instruction, name=name, limit=limit, manner=manner, rest=rest, until=until, what=what, asks=True
        )
