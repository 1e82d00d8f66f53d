"""Standing orders in plain English, for lists, traces and pictures: "each time someone comes in", "every 4 s"."""

from __future__ import annotations

from typing import Final

from duetto.timeline.clock import in_s
from duetto.timeline.order import (
    After,
    AllOf,
    AnyOf,
    Clauses,
    Condition,
    Interval,
    Meaning,
    Moment,
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
    Words,
)

_SEEN: Final[dict[SightKind, str]] = {
    "motion": "something moves",
    "still": "nothing moves any more",
    "face": "a face appears",
    "face-gone": "the last face has gone",
    "person": "someone comes in",
    "person-gone": "the last person has gone",
    "hand": "a hand is raised",
    "starts": "a movement starts",
    "stops": "a movement stops",
    "scene": "the picture changes",
    "dark": "it gets dark",
    "bright": "it gets bright",
}
_MANNERS: Final = {"over": "", "gap": " in the next gap", "text": " as text"}


def describe(condition: Condition) -> str:
    """When it is met: "each time someone comes in"."""
    match condition:
        case Moment() | Interval():
            return _event(condition)
        case AllOf() | Then() | After():
            return f"when {_event(condition)}"
        case AnyOf(of=of) if of and all(isinstance(one, Moment | Interval) for one in of):
            return _event(condition)
        case Words() | Silence() | Meaning() | Shows():
            return f"when {_event(condition)}"
        case _:
            return f"each time {_event(condition)}"


def describe_order(order: Order) -> str:
    """When, what, how and how often: `every 4 s say "Breathe." until you say "stop"`."""
    said = f'ask the brain: "{order.say}"' if order.asks else f'say "{order.say}"'
    limit = "" if order.limit is None else f" ({order.limit} times at most)"
    rest = f", at most once in {duration(order.rest)}" if order.rest else ""
    until = f", until {_event(order.until)}" if order.until is not None else ""
    return f"{describe(order.when)} {said}{_MANNERS[order.manner]}{rest}{until}{limit}"


def duration(ns: int) -> str:
    """A length of time in ns: "4 s", "2 min", "1.5 s"."""
    seconds = in_s(ns)
    if seconds >= 60 and seconds % 60 == 0:
        return f"{seconds / 60:g} min"
    return f"{seconds:g} s"


def _event(condition: Condition) -> str:
    match condition:
        case Moment(at=at):
            minutes, seconds = divmod(round(in_s(at), 2), 60)
            if not minutes:
                return f"at {seconds:g} s"
            return f"at {int(minutes)}:{seconds:05.2f}"
        case Interval(period=period):
            return f"every {duration(period)}"
        case Silence(length=length, who=who):
            return f"{'you say nothing' if who == 'user' else 'nobody says anything'} for {duration(length)}"
        case Words(phrases=phrases, by=by):
            verb = {"heard": "say", "typed": "type", "either": "say or type"}[by]
            return f"you {verb} {_quoted(phrases)}"
        case Meaning(question=question):
            return f'what you have said answers "{question}" with yes'
        case Clauses():
            return "you have said a clause"
        case Sight():
            return _sight(condition)
        case Repeats(of="movement"):
            return "a movement is repeated"
        case Repeats(of=of):
            return f"{_an(of)} {of} is made"
        case Reads(phrases=phrases, stream=stream):
            return f"{_quoted(phrases)} stands {'on the screen' if stream == 'screen' else 'before the camera'}"
        case Shows(question=question, stream=stream):
            return f'the {stream} comes to answer "{question}" with yes'
        case _:
            return _compound(condition)


def _compound(condition: Condition) -> str:
    match condition:
        case AnyOf(of=of):
            return " or ".join(_event(one) for one in of)
        case AllOf(of=of, within=within):
            return f"{' and '.join(_event(one) for one in of)} within {duration(within)}"
        case Then(first=first, then=then, within=within):
            return f"{_event(first)} and then, within {duration(within)}, {_event(then)}"
        case After(first=first, wait=wait, but_not=but_not):
            tail = "" if but_not is None else f" and not {_event(but_not)}"
            return f"{_event(first)} and {duration(wait)} have passed{tail}"
        case Unless(when=when, but_not=but_not, within=within):
            return f"{_event(when)}, unless {_event(but_not)} within {duration(within)} before"
        case Nth(of=of, n=n):
            return f"{_event(of)}, {n} times"
        case _:
            return type(condition).__name__.lower()


def _sight(sight: Sight) -> str:
    where = f" in the {sight.region}" if sight.region else ""
    stream = f" ({sight.stream})" if sight.stream else ""
    return f"{_SEEN[sight.what]}{where}{stream}"


def _quoted(phrases: tuple[str, ...]) -> str:
    return " or ".join(f'"{phrase}"' for phrase in phrases)


def _an(word: str) -> str:
    return "an" if word[:1] in "aeiou" else "a"
