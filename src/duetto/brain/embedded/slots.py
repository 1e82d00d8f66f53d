"""Slots that several skills share, and the words they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from duetto.brain.embedded import numbers
from duetto.brain.embedded.skill import Words
from duetto.timeline.clock import NS_PER_S

SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 604_800}

SLOTS: Final[Mapping[str, tuple[str, ...]]] = {
    **numbers.SLOTS,
    "count": ("<below_thousand> [thousand]", "zero"),
    "span_unit": ("(second | seconds | minute | minutes | hour | hours)",),
    "duration": (
        "(<count> | a | an) <span_unit> [and <count> <span_unit>]",
        "<below_hundred> and a half <span_unit>",
        "(a minute | an hour) and a half",
        "half (a minute | an hour)",
    ),
    "side": ("(left | right | middle | center)",),
}


def whole(words: Words) -> int | None:
    """The whole number that the words say, None for none."""
    number = numbers.value(words)
    return int(number) if number is not None and number.denominator == 1 else None


def duration(words: Words) -> int | None:
    """The ns that a filled `<duration>` says, None for what is not one."""
    if words[:1] == ("half",):
        return _half(words[-1])
    if words[-3:] == ("and", "a", "half") and len(words) > 3:
        base, half = duration(words[:-3]), _half(words[-4])
        return None if base is None or half is None else base + half
    total, pending = Fraction(0), []
    for word in words:
        unit = _unit(word)
        if unit is None:
            pending.append(word)
            continue
        while pending[:1] == ["and"]:
            pending.pop(0)
        number = Fraction(1) if pending in (["a"], ["an"]) else numbers.value(pending)
        if number is None:
            return None
        total, pending = total + number * unit, []
    return None if pending else int(total * NS_PER_S)


def _half(word: str) -> int | None:
    unit = _unit(word)
    return None if unit is None else unit * NS_PER_S // 2


def _unit(word: str) -> int | None:
    return SECONDS.get(word.removesuffix("s"))
