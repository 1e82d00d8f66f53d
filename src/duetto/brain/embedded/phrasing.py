"""How durations, items and the user's own words are said back."""

from __future__ import annotations

from typing import Final

from duetto.brain.embedded.skill import Words
from duetto.brain.embedded.slots import SECONDS
from duetto.timeline.clock import NS_PER_S

_SWAP: Final = {
    "my": "your",
    "me": "you",
    "i": "you",
    "am": "are",
    "myself": "yourself",
    "mine": "yours",
    "i'm": "you are",
}
"""Words that change their person from the user's mouth to duetto's."""


def swapped(words: Words) -> str:
    """The user's words from duetto's mouth: "call my mother" is "call your mother"."""
    return " ".join(_SWAP.get(word.lower(), word) for word in words)


def quoted(words: Words) -> str:
    """The user's words as they are repeated, "I" with its capital."""
    return " ".join("I" if word == "i" else word for word in words)


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.!?,')}."


def say_duration(ns: int) -> str:
    """A stretch of time as one speaks of it, to the second: "2 minutes and 5 seconds"."""
    seconds = max(0, round(ns / NS_PER_S))
    parts: list[str] = []
    for unit in ("day", "hour", "minute", "second"):
        count, seconds = divmod(seconds, SECONDS[unit])
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " and ".join(parts[:2]) or "less than a second"


def joined(items: tuple[str, ...] | list[str]) -> str:
    """The items as one speaks of them: "a, b and c"."""
    return " and ".join([", ".join(items[:-1]), items[-1]]) if len(items) > 1 else "".join(items)


def say_period(ns: int) -> str:
    """How often: "4 seconds", and "second" rather than "1 second"."""
    return say_duration(ns).removeprefix("1 ")
