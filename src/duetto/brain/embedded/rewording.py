"""Other ways to put an order, to the ways in which skills have it: "holler at me once a minute is up", "in a minute".

People say one thing in many ways. The phrases of the skills are what a recogniser is built for, so they are few; what
is not among them is put in their words here, one idiom after another, and understood anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from duetto.brain.embedded.idioms import CUES, DEEDS, GONE, SPAN, TALK, TIMES, UNIT, Rule
from duetto.brain.embedded.understand import Understanding
from duetto.brain.embedded.words import Token, tokens

MOST_COST: Final = 0.5
"""Highest cost of what was put in other words: it is meant to be what a skill has."""
ORDERS: Final = frozenset({"reminders", "watching", "orders"})
"""Skills whose requests are put in other words."""
GAIN: Final = 0.12
"""How much less what was understood as it was said must cost in other words: words that belong to the order are not
lost in what it says."""

Understand = Callable[[tuple[Token, ...]], Understanding]

_SPACES: Final = re.compile(r"  +")
_TOGETHER: Final = (TALK + TIMES + DEEDS + CUES, TALK + CUES + DEEDS + TIMES)
"""In what order they are tried: either may spoil what the other needs."""
_OPENING: Final = re.compile(
    r" (?:so |and |but |then )?(?=(?:say|tell me|remind me|let me know|ping me|count how|set a timer|when|whenever"
    r"|if|every|every time|as soon as|next time|ask|in (?:an? |half |\d|[a-z]+ (?:second|minute|hour))|for the next"
    r"|i say) )"
)
"""Where a request may begin after what leads up to it."""
_LEADING: Final = re.compile(r"^(?:i|my|we|here|it|let us|there|this|today|time)\b")
_LONGEST_LEAD: Final = 14
"""Words that lead up to a request, at most."""
_REASON: Final = re.compile(
    r" (?:so(?: that)? i |because |cos |it is for my |while i am |and do not let up|i tend to |since i |or else "
    r"|otherwise ).+$"
)
"""Why it is asked for, at its end."""
_TIME: Final = re.compile(rf"(?:^| )(in {SPAN}|every (?:{SPAN}|{UNIT}))(?= |$)")
_BARE: Final = re.compile(
    rf" (?:for |of |only |takes |take |be |have |needs? |wants? )?({SPAN})(?: left| off| rest)?(?= )"
)
"""A time that is only named."""
_ENDS: Final = re.compile(rf"\bthen\b|\bafter that\b|\bat the end\b|\bwhen .{{0,18}}\b{GONE}\b")
"""What tells that it is the wait for something."""
_CUE: Final = re.compile(r"\bi (?:say|am silent)\b|\bit is silent\b")
"""What makes a time part of a condition, so that it stays where it is."""


@lru_cache(maxsize=256)
def reworded(text: str) -> tuple[str, ...]:
    """The request in words that skills may have, in several ways; none where nothing is put otherwise."""
    found: dict[str, None] = {}
    for rules in _TOGETHER:
        put = _applied(text, rules)
        for each in (put, _REASON.sub("", put)):
            found[each] = None
            found.update(dict.fromkeys(_openings(each)))
    timed = _applied(text, TALK + TIMES)
    times = _TIME.findall(timed)
    if not times and _ENDS.search(timed):  # "it takes eight minutes so say done when that is over"
        timed = _BARE.sub(r" in \1", f" {timed}", count=1).strip()
        times = _TIME.findall(timed)
    if len(times) == 1 and not _CUE.search(timed):
        rest = _applied(_TIME.sub("", timed, count=1), DEEDS)
        for each in (rest, _REASON.sub("", rest)):
            for deed in (each, *_openings(each, anywhere=True)):
                found.update(dict.fromkeys((f"{times[0]} {deed}", f"{deed} {times[0]}")))
    found.pop(text, None)
    return tuple(found)


def _openings(text: str, *, anywhere: bool = False) -> list[str]:
    """The request without what leads up to it."""
    if not (anywhere or _LEADING.match(text)):
        return []
    return [text[at.end() :] for at in _OPENING.finditer(text) if len(text[: at.start()].split()) <= _LONGEST_LEAD]


def _applied(text: str, rules: Iterable[Rule]) -> str:
    for pattern, replacement in rules:
        text = _SPACES.sub(" ", pattern.sub(replacement, text)).strip()
    return text


def best(
    words: tuple[Token, ...], found: Understanding, understand: Understand
) -> tuple[tuple[Token, ...], Understanding]:
    """The reading of the words as they are (`found`), or in other words, if those are understood better."""
    chosen = words, found
    limit = found.cost - GAIN if found.understood == "whole" else MOST_COST
    if limit <= 0 or (found.understood == "half" and found.cost <= GAIN):  # they are about to say the rest
        return chosen
    as_said = (word.raw if word.raw.lower() == word.text else word.text for word in words)  # with its capitals
    for text in reworded(" ".join(as_said)):
        put = tokens(text)
        other = understand(put)
        orders = other.understood == "whole" and other.skill is not None and other.skill.name in ORDERS
        if orders and other.cost < limit:
            chosen, limit = (put, other), other.cost
    return chosen
