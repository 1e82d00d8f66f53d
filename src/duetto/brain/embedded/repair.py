"""Self-repair: "for five, no, six minutes" is "for six minutes".

What is said after a word of correction takes the place of as much before it as makes a request (Levelt 1983: a
reparandum, an editing term, and a repair that continues as the reparandum would have).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from duetto.brain.embedded.understand import Understanding
from duetto.brain.embedded.words import HESITATIONS, Token

EDITS: Final = (
    ("no", "wait"), ("no", "no"), ("i", "mean"), ("or", "rather"), ("make", "that"), ("no",), ("wait",), ("sorry",),
    ("rather",),
)  # fmt: skip
"""Editing terms, the longer first. A hesitation may be one, too."""
MOST: Final = 6
"""Words that a repair may take back, if it does not begin anew."""


def repaired(words: tuple[Token, ...]) -> Iterator[tuple[Token, ...]]:
    """What may be meant, the least taken back first; nothing without a word of correction."""
    place = _edit(words)
    if place is None:
        return
    first, after = place
    before = [word for word in words[:first] if word.text not in HESITATIONS]
    rest = words[after:]
    anew = words[first].text not in HESITATIONS  # one who only hesitates goes on, and does not begin anew
    for taken in range(1 if before else 0, min(MOST, len(before) - (not anew)) + 1):
        yield (*before[: len(before) - taken], *rest)
    if len(before) > MOST and anew:
        yield rest


def best(
    words: tuple[Token, ...], found: Understanding, understand: Callable[[tuple[Token, ...]], Understanding]
) -> tuple[tuple[Token, ...], Understanding]:
    """The reading of the words as they are (`found`), or a repaired one that is whole and no worse."""
    if found.understood == "whole" and not found.cost:
        return words, found
    readings = [(meant, understand(meant)) for meant in repaired(words) if meant]
    whole = [reading for reading in readings if reading[1].understood == "whole"]
    cheapest = min(whole, key=lambda reading: reading[1].cost, default=None)
    if cheapest is None or (found.understood == "whole" and found.cost <= cheapest[1].cost):
        return words, found
    return cheapest


def _edit(words: tuple[Token, ...]) -> tuple[int, int] | None:
    """Where the last editing term begins, and where what follows it does."""
    texts = [word.text for word in words]
    for at in range(len(texts) - 1, -1, -1):
        for term in EDITS:
            if tuple(texts[at : at + len(term)]) == term and at + len(term) < len(texts):
                return _whole_term(texts, at), at + len(term)
    for at in range(len(texts) - 2, 0, -1):
        if texts[at] in HESITATIONS:
            return at, at + 1
    return None


def _whole_term(texts: list[str], at: int) -> int:
    """Where a row of editing terms begins: "no wait, no"."""
    while at > 0 and texts[at - 1] in ("no", "wait", "sorry"):
        at -= 1
    return at
