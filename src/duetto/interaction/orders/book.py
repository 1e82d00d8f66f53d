"""Standing orders given and withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from duetto.interaction.action import Action, DropReply, Tell, Unwatch, Watch
from duetto.interaction.orders import conditions
from duetto.interaction.orders.needs import needs
from duetto.interaction.standing import Book, Memory, Standing
from duetto.interaction.state import State
from duetto.timeline.order import Order
from duetto.timeline.order_problem import problem

Decision = tuple[State, tuple[Action, ...]]


def give(state: State, order: Order, now: int) -> Decision:
    """Put an order in force; one of the same name is replaced. Refused, with a sentence, if it cannot be watched."""
    wrong = problem(order, now=now)
    if wrong is not None:
        return state, (Tell("orders", f"{order.name[:40]}: {wrong}."),)
    kept = tuple(standing for standing in state.orders if standing.order.name != order.name)
    most = state.settings.most_orders
    if len(kept) >= most:
        return state, (Tell("orders", f"{order.name}: {most} standing orders are in force, the limit"),)
    book = replace(state.book if state.orders else _fresh(state.book, now), index=None)
    return replace(state, orders=(*kept, standing_of(order, now)), book=book), (Watch(order),)


def standing_of(order: Order, now: int) -> Standing:
    """An order as it stands when it is given."""
    when = conditions.start(order.when, now)
    until = None if order.until is None else conditions.start(order.until, now)
    return Standing(order, due=due(order, when, until), given=now, needs=needs(order), when=when, until=until)


def due(order: Order, when: Memory, until: Memory) -> int | None:
    """When (ns) an order whose conditions have come so far must be looked at though nothing happens."""
    first = conditions.due(order.when, when)
    last = None if order.until is None else conditions.due(order.until, until)
    return first if last is None else last if first is None else min(first, last)


def withdraw(state: State, names: Iterable[str]) -> Decision:
    """End the orders of these names, "*" for all; what was to be said of them and has not begun is not said."""
    wanted = frozenset(names)
    gone = tuple(o.order.name for o in state.orders if "*" in wanted or o.order.name in wanted)
    if not gone:
        return state, ()
    kept = tuple(o for o in state.orders if o.order.name not in gone)
    # An order that uncertain words have ended does not come back if it is withdrawn meanwhile.
    ended = tuple(one for one in state.book.ended if "*" not in wanted and one.standing.order.name not in wanted)
    state = replace(state, orders=kept, book=replace(state.book, index=None, ended=ended))
    state, dropped = unsay(state, frozenset(gone))
    return state, (*(Unwatch(name) for name in gone), *dropped)


def unsay(state: State, names: frozenset[str]) -> Decision:
    """Drop the remarks of these orders that have not begun."""
    ids = frozenset(r.id for r in state.replies if r.origin == "order" and r.text in names and not r.begun)
    return state.without_replies(ids), tuple(DropReply(id) for id in sorted(ids))


def _fresh(book: Book, now: int) -> Book:
    """No order was in force, and nothing was followed."""
    return Book(soon=now, next=book.next)
