"""Standing orders: stated once, then checked in every micro-turn.

This is the small beginning of a language of conditions: a moment, an interval, something seen.
"""

from __future__ import annotations

from dataclasses import replace

from duetto.interaction.action import Action, Tell, Unwatch, Watch
from duetto.interaction.percept import Percept
from duetto.interaction.state import Standing, State
from duetto.timeline.clock import s
from duetto.timeline.order import Interval, Moment, Order, Sight

SIGHT_GAP = s(3)
"""An order on something seen speaks at most this often (ns)."""


def give(state: State, order: Order, now: int) -> tuple[State, tuple[Action, ...]]:
    """Put an order in force; one of the same name is replaced. Refused past the limit."""
    kept = tuple(standing for standing in state.orders if standing.order.name != order.name)
    most = state.settings.most_orders
    if len(kept) >= most:
        return state, (Tell("orders", f"{order.name}: {most} standing orders are in force, the limit"),)
    standing = Standing(order, due=_first_due(order, now))
    return replace(state, orders=(*kept, standing)), (Watch(order),)


def withdraw(state: State, names: tuple[str, ...]) -> tuple[State, tuple[Action, ...]]:
    """End the orders of these names; "*" ends all."""
    gone = tuple(o.order.name for o in state.orders if "*" in names or o.order.name in names)
    kept = tuple(o for o in state.orders if o.order.name not in gone)
    return replace(state, orders=kept), tuple(Unwatch(name) for name in gone)


def check(state: State, percept: Percept) -> tuple[State, tuple[tuple[Order, str], ...], tuple[Action, ...]]:
    """Which orders' moments have come: returns each with what to say, and the actions of those that are used up."""
    soon = percept.now + round(percept.delta * state.settings.order_early)
    fired: list[tuple[Order, str]] = []
    kept: list[Standing] = []
    ended: list[Action] = []
    for standing in state.orders:
        order = standing.order
        region = _met(standing, percept, soon)
        if region is None:
            kept.append(standing)
            continue
        count = standing.fired + 1
        fired.append((order, order.say.replace("{n}", str(count)).replace("{region}", region)))
        if isinstance(order.when, Moment) or (order.limit is not None and count >= order.limit):
            ended.append(Unwatch(order.name))
        else:
            kept.append(Standing(order, count, _next_due(order, soon)))
    if fired:
        state = replace(state, orders=tuple(kept))
    return state, tuple(fired), tuple(ended)


def _first_due(order: Order, now: int) -> int | None:
    match order.when:
        case Moment(at):
            return at
        case Interval():
            return _next_due(order, now)
        case Sight():
            return None


def _next_due(order: Order, soon: int) -> int | None:
    """When the order may fire again after `soon` (ns). Moments of an interval that were missed are not made up for."""
    match order.when:
        case Interval(start, period):
            return start + period * (max(0, soon - start) // period + 1)
        case Sight():
            return soon + SIGHT_GAP
        case Moment(at):
            return at


def _met(standing: Standing, percept: Percept, soon: int) -> str | None:
    """None if its moment has not come; otherwise the region it was seen in, or an empty string."""
    when = standing.order.when
    if isinstance(when, Sight):
        if standing.due is not None and percept.now < standing.due:
            return None
        for sighting in percept.seen:
            if sighting.what == when.what and when.region in (None, sighting.region):
                return sighting.region or ""
        return None
    return "" if standing.due is not None and standing.due <= soon else None
