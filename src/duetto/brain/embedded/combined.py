"""Two requests in one sentence: "remind me to drink in a minute and stop me each time I say like"."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.skill import Answer
from duetto.brain.embedded.understand import Understanding
from duetto.brain.embedded.words import Token
from duetto.timeline.job import Context

JOINED: Final = frozenset({"reminders", "watching"})
"""Skills whose requests are joined so. Those of others take an "and" for their own: lists, sums, notes."""
JOINTS: Final = ("and also", "and then", "and", "but also")
SHORTEST: Final = 4
"""Words of a request that may be joined to another, at least."""
MOST_COST: Final = 0.3
"""Highest cost of either: what is badly understood is not taken apart."""

Read = Callable[[tuple[Token, ...]], Understanding]


def taken_apart(
    words: tuple[Token, ...], found: Understanding, understand: Read
) -> tuple[Understanding, Understanding] | None:
    """The two requests in these words, None where they are better read as one (`found`).

    An open slot takes any words, "and in a minute say go" as well: each word in one costs a little, so two requests
    that are meant cost less than one with the other in its slot.
    """
    best = None
    least = found.cost if found.understood == "whole" else 2 * MOST_COST
    for before, after in _places(words):
        first, second = understand(before), understand(after)
        if not (_joins(first) and _joins(second)):
            continue
        cost = first.cost + second.cost
        if cost < least:
            best, least = (first, second), cost
    return best


def answer(two: tuple[Understanding, Understanding], context: Context, memory: Memory) -> Answer:
    """Both, the second on the memory of the first; the refusal alone where either is refused."""
    answers: list[Answer] = []
    for one in two:
        assert one.skill is not None and one.match is not None
        given = one.skill.answer(one.match, context, memory)
        if not given.orders:
            return given
        memory = given.memory or memory
        answers.append(given)
    first, second = answers
    lead, rest = first.clauses[-1].removesuffix("."), second.clauses
    if rest[:1] == ("All right,",):
        rest = rest[1:]
    return replace(
        second,
        clauses=(*first.clauses[:-1], lead, f"and {_small(rest[0])}", *rest[1:]),
        orders=(*first.orders, *second.orders),
        withdraw=(*first.withdraw, *second.withdraw),
    )


def _places(words: tuple[Token, ...]) -> Iterator[tuple[tuple[Token, ...], tuple[Token, ...]]]:
    texts = [word.text for word in words]
    for joint in JOINTS:
        length = len(joint.split())
        for at in range(SHORTEST, len(words) - length - SHORTEST + 1):
            if " ".join(texts[at : at + length]) == joint:
                yield words[:at], words[at + length :]


def _joins(found: Understanding) -> bool:
    return (
        found.understood == "whole"
        and found.cost <= MOST_COST
        and found.skill is not None
        and found.skill.name in JOINED
    )


def _small(text: str) -> str:
    """As the middle of a sentence; "I" stays what it is."""
    return text if text.startswith("I ") else f"{text[:1].lower()}{text[1:]}"
