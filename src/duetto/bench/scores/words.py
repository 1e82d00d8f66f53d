"""Is it said? Words are compared in lower case, without punctuation, numbers by their value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from duetto.bench.trial import AgentWord
from duetto.brain.embedded.numbers import value

LONGEST_NUMBER: Final = 12
"""Words that one number is looked for in."""
REACH: Final = 24
"""Words within which something wanted must be said to its end."""
RUN: Final = 3
"""Words in a row that make a repetition: shorter ones are the language's own."""
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


def begins(words: Sequence[AgentWord], wanted: str) -> int | None:
    """When (ns) the wanted words begin to be said among these, None if they are not."""
    first = plain(wanted)[:1]
    for at in range(len(words)):
        following = plain(" ".join(word.text for word in words[at : at + REACH]))
        if following[:1] == first and said(following, wanted):
            return words[at].span.start
    return None


def said_again(before: Sequence[str], after: Sequence[str]) -> int:
    """How many words of `after` repeat runs of at least `RUN` words of `before`."""
    count = at = 0
    while at < len(after):
        longest = max((_run(before, start, after, at) for start in range(len(before))), default=0)
        count += longest if longest >= RUN else 0
        at += longest if longest >= RUN else 1
    return count


def _run(before: Sequence[str], start: int, after: Sequence[str], at: int) -> int:
    length = 0
    while start + length < len(before) and at + length < len(after) and before[start + length] == after[at + length]:
        length += 1
    return length
