"""Slots that several skills share, and the words they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from duetto.brain.embedded import lengths, numbers
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
    """The ns that a filled `<duration>` says, None for what is not one: of a unit alone the number was not heard."""
    length = lengths.seconds(words) if len(words) > 1 else None
    return None if length is None else int(length * NS_PER_S)
