"""Is it said? Words are compared in lower case, without punctuation, numbers by their value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from duetto.brain.embedded.numbers import value

LONGEST_NUMBER: Final = 12
"""Words that one number is looked for in."""
_TOKEN: Final = re.compile(r"-?\d[\d,]*(?:[.:]\d+)?|[^\W\d_]+(?:['’][^\W\d_]+)*")
_AFTER_A: Final = (["hundred"], ["thousand"], ["million"])
_JOINS: Final = frozenset({"and", "a", "point"})


def plain(text: str) -> tuple[str, ...]:
    """The words of a text, each number as one word of digits: "Twenty-one apples!" is ("21", "apples")."""
    words = [token.lower().replace("’", "'").replace(",", "") for token in _TOKEN.findall(text)]
    found: list[str] = []
    at = 0
    while at < len(words):
        end, number = _number(words, at)
        found.append(number or words[at])
        at = end
    return tuple(found)


def _number(words: Sequence[str], at: int) -> tuple[int, str]:
    """The longest number that begins there: where it ends and its digits; one word on and "" if there is none."""
    if words[at] not in _JOINS or (words[at] == "a" and words[at + 1 : at + 2] in _AFTER_A):
        for end in range(min(len(words), at + LONGEST_NUMBER), at, -1):
            if words[end - 1] in _JOINS or (end - at == 1 and words[at] in ("oh", "first", "second")):
                continue
            number = value(words[at:end])
            if number is not None:
                return end, f"{float(number):.10g}"
    return at + 1, ""


def said(words: Sequence[str], wanted: str) -> bool:
    """The wanted words are among these in order; others may lie between. words: as `plain` gives them."""
    rest = iter(words)
    return all(word in rest for word in plain(wanted))
