"""On what terms an order is given: how often, until when, in what manner; and the giving of it, or its refusal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from duetto.brain.embedded import numbers
from duetto.brain.embedded.memory import Given, Kind, Memory
from duetto.brain.embedded.phrasing import say_duration, say_period
from duetto.brain.embedded.skill import Answer, Match
from duetto.brain.embedded.skills.happenings import happening, times
from duetto.brain.embedded.slots import duration, whole
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.job import Context
from duetto.timeline.order import Condition, Manner, Moment, Order, Words
from duetto.timeline.order_problem import problem
from duetto.timeline.phrase import normal

SHORTEST: Final = NS_PER_S
"""Shortest wait and shortest period of an order, ns."""
LONGEST: Final = 24 * 3600 * NS_PER_S
"""Longest wait of an order, ns."""

SLOTS: Final = {
    "until_stop": ("until i (say | tell you to) stop",),
    "until": ("<until_stop>", "until i (say | type) <last_word>", "until i (say | type) <final>", "until <seen>"),
    "last_word": ("(enough | done | finished | ready | halt | okay | now | thanks | goodbye)",),
    "limit": ("[but] [<only>] (once | twice | <so_many> times) [in total | only]",),
    "only": ("(only | just | at most | not more than | no more than)",),
    "for_time": ("for [the next] <duration>", "for the next <span_unit>"),
    "seldom": ("[but] (at most | not more than) once (in | every) <short>", "[but] at most once <short>"),
    "manner": (
        "(silently | quietly | in writing | as text)",
        "[but] (without interrupting | do not interrupt) [me]",
        "when i (pause | am done | have finished)",
    ),
    "tail": ("<until>", "<limit>", "<seldom>", "<manner>", "<for_time>"),
    "instead": ("no [(no | wait)]",),
}
_SILENT: Final = frozenset({"silently", "quietly", "writing", "text"})


@dataclass(frozen=True, slots=True)
class Terms:
    """As in `Order`. text: how they are spoken of, with a space before it."""

    limit: int | None = None
    rest: int = 0
    manner: Manner = "over"
    until: Condition | None = None
    text: str = ""


def terms(match: Match, now: int) -> Terms:
    """The terms of a request, those of duetto's where none were named. now: media time, ns."""
    found = Terms()
    if "until" in match:
        found = _until(found, match)
    if "limit" in match:
        inner = match.inside("limit")[0]
        few = next((count for word, count in numbers.OFTEN.items() if word in inner.words), None)
        count = few or whole(inner.get("so_many"))
        if count is not None:
            found = replace(found, limit=count, text=f"{found.text}, {times(count)}")
    if "for_time" in match:
        inner = match.inside("for_time")[0]
        lasts = duration(inner.get("duration") or ("one", *inner.get("span_unit")))
        if lasts is not None:
            found = replace(found, until=Moment(now + lasts), text=f"{found.text} for {say_duration(lasts)}")
    if "seldom" in match:
        rest = duration(match.inside("seldom")[0].get("short"))
        if rest is not None:
            found = replace(found, rest=rest, text=f"{found.text}, at most once every {say_period(rest)}")
    if "manner" in match:
        manner: Manner = "text" if _SILENT & set(match.get("manner")) else "gap"
        text = "in writing" if manner == "text" else "when nobody speaks"
        found = replace(found, manner=manner, text=f"{found.text}, {text}")
    return found


def _until(found: Terms, match: Match) -> Terms:
    inner = match.inside("until")[0]
    if "until_stop" in inner:
        return replace(found, until=Words(("stop",)), text=" until you say stop")
    if "last_word" in inner or "final" in inner:
        word, typed = normal(inner.text("last_word") or inner.text("final")), "type" in inner.words
        condition = Words((word,), "typed" if typed else "either")
        return replace(found, until=condition, text=f" until you {'type' if typed else 'say'} {word}")
    seen = happening(inner)
    return found if seen is None else replace(found, until=seen.when, text=f" until {seen.text}")


def timely(wait: int | None) -> Answer | None:
    """The refusal of a wait (ns) that cannot be kept, None for one that can."""
    if wait is None:
        return Answer(("I did not catch how long.",))
    if wait < SHORTEST:
        return Answer(("That is too short for me.", "One second is the least."))
    return Answer(("That is too long for me.", "I can wait one day at most.")) if wait > LONGEST else None


def named(memory: Memory, word: str) -> str:
    """A name for the next order: "reminder 3"."""
    return f"{word} {memory.numbered + 1}"


def give(
    memory: Memory, context: Context, order: Order, *clauses: str, kind: Kind, what: str = "", due: int = 0
) -> Answer:
    """Give an order, or say in a plain sentence why it cannot be watched.

    what: how a list of orders tells it, if not by the order's own `what`. due: media time (ns) of a moment.
    """
    wrong = problem(order, now=context.now)
    if wrong is not None:
        return Answer(("I can not do that:", f"{wrong}."))
    stop = order.until == Words(("stop",))
    return Answer(clauses, memory.with_order(Given(order.name, kind, what or order.what, due, stop, order)), (order,))


def both(first: Answer, second: Answer, *clauses: str) -> Answer:
    """Two orders of one request: the second was given on the memory of the first. If one was refused, neither is."""
    for answer in (first, second):
        if not answer.orders:
            return answer
    return Answer(clauses, second.memory, (*first.orders, *second.orders))
