"""What is wrong with a standing order, in one plain sentence: pure, for whoever states one and whoever is given one."""

from __future__ import annotations

from typing import Final

from duetto.timeline.clock import ms, s
from duetto.timeline.order import (
    DEEPEST,
    MOST_LETTERS,
    MOST_PHRASES,
    After,
    AllOf,
    AnyOf,
    Condition,
    Interval,
    Meaning,
    Moment,
    Nth,
    Order,
    Reads,
    Shows,
    Silence,
    Then,
    Unless,
    Words,
    parts,
)

SHORTEST_PERIOD: Final = ms(500)
"""Shortest period of an interval, ns."""
SHORTEST_SILENCE: Final = ms(300)
"""Shortest silence that can be waited for, ns: within words there are pauses up to this."""
LONGEST: Final = s(24 * 3600 * 7)
"""Longest wait, silence, period or window, ns."""
MOST_PARTS: Final = 32
"""Conditions of an order, all of them together."""
MOST_NAME: Final = 100
"""Characters of a name."""
MOST_TIMES: Final = 1_000_000
"""Largest count that can be waited for."""
LATE: Final = s(1)
"""How long ago (ns) a moment may have been when an order for it is given: stating it takes time."""


def problem(order: Order, *, now: int | None = None) -> str | None:
    """Why this order cannot be watched, as a sentence without a full stop; None if it can.

    now: media time (ns) at which it is given, where moments that have passed are to be refused.
    """
    if not order.name.strip() or len(order.name) > MOST_NAME or order.name == "*":
        return f"an order needs a name of 1 to {MOST_NAME} characters, and not “*”"
    if not order.say.strip():
        return "there is nothing to say when it is met"
    if len(order.say) > MOST_LETTERS:
        return f"what it says has more than {MOST_LETTERS} characters"
    if order.limit is not None and order.limit < 1:
        return "its limit is below 1, so it could never be met"
    if not 0 <= order.rest <= LONGEST:
        return "the rest between two remarks is from none to a week"
    trees = (order.when,) if order.until is None else (order.when, order.until)
    if any(_deeper(tree, DEEPEST) for tree in trees):
        return f"its conditions are nested deeper than {DEEPEST}"
    if order.until is not None and order.until == order.when:
        return "it would end with the very thing that it waits for"
    all_parts = tuple(part for tree in trees for part in parts(tree))
    if len(all_parts) > MOST_PARTS:
        return f"it has more than {MOST_PARTS} conditions"
    for part in all_parts:
        if (found := _problem(part)) is not None:
            return found
    if now is not None and all(moment < now - LATE for moment in _moments(order.when) or (now,)):
        return "its moment has passed"
    return None


def _deeper(condition: Condition, left: int) -> bool:
    """Is it nested deeper than that? Goes no further than need be."""
    if left == 0:
        return True
    return any(_deeper(inner, left - 1) for inner in _inner(condition))


def _inner(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case AnyOf(of=of) | AllOf(of=of):
            return of
        case Then(first=first, then=then):
            return (first, then)
        case After(first=first, but_not=but_not):
            return (first,) if but_not is None else (first, but_not)
        case Unless(when=when, but_not=but_not):
            return (when, but_not)
        case Nth(of=of):
            return (of,)
        case _:
            return ()


def _problem(condition: Condition) -> str | None:
    match condition:
        case Interval(period=period) if not SHORTEST_PERIOD <= period <= LONGEST:
            return "an interval is from half a second to a week"
        case Silence(length=length) if not SHORTEST_SILENCE <= length <= LONGEST:
            return "a silence is from 0.3 s to a week"
        case Words(phrases=phrases) | Reads(phrases=phrases):
            return _phrases(phrases)
        case Meaning(question=question) | Shows(question=question):
            if not question.strip():
                return "a question is empty"
            return f"a question has more than {MOST_LETTERS} characters" if len(question) > MOST_LETTERS else None
        case AnyOf(of=of) if not of:
            return "“any of” needs at least one condition"
        case AllOf(of=of) if len(of) < 2:
            return "“all of” needs at least two conditions"
        case AllOf(within=within) | Then(within=within) | Unless(within=within) if not 0 < within <= LONGEST:
            return "the time within which conditions are to be met is from more than nothing to a week"
        case AllOf(of=of, within=within):
            moments = [one.at for one in of if isinstance(one, Moment)]
            apart = bool(moments) and max(moments) - min(moments) > within
            return "its moments are further apart than the time within which all are to come" if apart else None
        case After(wait=wait) if not 0 < wait <= LONGEST:
            return "a wait is from more than nothing to a week"
        case Unless(when=when, but_not=but_not) if when == but_not:
            return "it would never be met: it waits for the very thing that must not have been"
        case Nth(of=Moment(), n=n) if n > 1:
            return "a moment comes only once"
        case Nth(n=n) if not 1 <= n <= MOST_TIMES:
            return f"a count is from 1 to {MOST_TIMES}"
        case _:
            return None


def _phrases(phrases: tuple[str, ...]) -> str | None:
    if not phrases or any(not any(letter.isalnum() for letter in phrase) for phrase in phrases):
        return "a phrase to wait for is empty"
    if len(phrases) > MOST_PHRASES:
        return f"there are more than {MOST_PHRASES} phrases to wait for"
    if any(len(phrase) > MOST_LETTERS for phrase in phrases):
        return f"a phrase has more than {MOST_LETTERS} characters"
    return None


def _moments(condition: Condition) -> tuple[int, ...] | None:
    """The moments that it consists of, where it can be met by nothing else."""
    match condition:
        case Moment(at=at):
            return (at,)
        case AnyOf(of=of):
            found = [_moments(one) for one in of]
            if all(one is not None for one in found):
                return tuple(at for one in found if one is not None for at in one)
        case Nth(of=of):
            return _moments(of)
        case _:
            pass
    return None
