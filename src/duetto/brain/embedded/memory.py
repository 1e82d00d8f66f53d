"""What the embedded brain remembers within one session: immutable, so that a draft's changes can wait aside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal

from duetto.timeline.order import Order

Kind = Literal["timer", "reminder", "repeated", "sight", "count", "words", "silence"]
"""What sort of standing order it is to the user. count: of movements."""

MAX_LISTS: Final = 20
"""Lists a session may have."""
MAX_ITEMS: Final = 100
"""Items in a list, and notes."""
MAX_TEXT: Final = 240
"""Characters of a note, an item or a name; what is longer is cut."""
MAX_ORDERS: Final = 32
"""Standing orders remembered; the oldest goes first."""


@dataclass(frozen=True, slots=True)
class Given:
    """A standing order as the user thinks of it.

    name: its `Order.name`. what: how duetto speaks of it. due: media time (ns) of a moment, 0 for the others.
    until_stop: given with "until I say stop". order: as it was given, to be changed.
    """

    name: str
    kind: Kind
    what: str
    due: int = 0
    until_stop: bool = False
    order: Order | None = None

    @property
    def repeats(self) -> bool:
        """It goes on by itself: a plain "stop" is meant for it."""
        return self.kind in ("repeated", "sight", "count")


@dataclass(frozen=True, slots=True)
class Plan:
    """A reply that was begun: its clauses, its reply number and the media time (ns) when it was asked for.

    kind: what it is. done: clauses of the same text that earlier replies had brought.
    """

    reply: int
    clauses: tuple[str, ...]
    at: int
    kind: Literal["reading", "counting", "other"] = "other"
    done: int = 0


@dataclass(frozen=True, slots=True)
class Pending:
    """A question that duetto asked back: the words it was about, and those that a "yes" would add.

    free: any words answer it.
    """

    words: str
    assumed: str
    at: int
    free: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """All of it. Bounded by the limits above. lists: name and items, in the order in which they were begun."""

    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()
    name: str = ""
    orders: tuple[Given, ...] = ()
    numbered: int = 0
    result: Fraction | None = None
    plan: Plan | None = None
    pending: Pending | None = None
    last: tuple[str, ...] = ()
    misses: int = 0

    def items(self, name: str) -> tuple[str, ...]:
        """What is on a list, () for a list that does not exist."""
        return dict(self.lists).get(name, ())

    def with_items(self, name: str, items: tuple[str, ...]) -> Memory:
        """The list holds these items from now on; an empty one ceases to be."""
        others = tuple(pair for pair in self.lists if pair[0] != name)
        return replace(self, lists=(*others, (name, items)) if items else others)

    def with_order(self, order: Given) -> Memory:
        """One more standing order, numbered. The oldest is forgotten beyond MAX_ORDERS."""
        return replace(self, orders=(*self.orders, order)[-MAX_ORDERS:], numbered=self.numbered + 1)


def short(text: str) -> str:
    """The text within MAX_TEXT characters, cut at a word."""
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT].rsplit(" ", 1)[0]
