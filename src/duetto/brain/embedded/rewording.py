"""An order as people put it, in the words of the skills: "holler at me once a minute is up".

People say one thing in many ways. The phrases of the skills are what a recogniser's grammar is built for, so they are
few; of what is not among them, the words that matter are found (`labels`), put in phrases, and understood anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from duetto.brain.embedded import combined, labels, lengths, numbers
from duetto.brain.embedded.labels import Name, Slot
from duetto.brain.embedded.understand import Understanding
from duetto.brain.embedded.words import Token, tokens

MOST_COST: Final = 0.5
"""Highest cost of what was put in other words: it is meant to be what a skill has."""
ORDERS: Final = frozenset({"reminders", "watching", "orders"})
"""Skills whose requests are put in other words."""
GAIN: Final = 0.12
"""How much less what was understood as it was said must cost in other words: words that belong to the order are not
lost in what it says."""
SURE: Final = 0.1
"""Probability of all labels from which they are believed."""
ASKED: Final = 0.8
"""Probability from which it is an order."""

Understand = Callable[[tuple[Token, ...]], Understanding]

_EVERYBODY: Final = re.compile(
    r"\b(?:nobody|no one|none|room|every(?:one|body)|any(?:one|body)|class|conversation|we|us|they|them|people|kids)\b"
)
"""What tells that a silence is everybody's, not only the user's."""
_MINE: Final = re.compile(r"\b(?:i|my|(?:from|of|hear) me)\b")
"""What tells that it is the user's."""
_ONCE: Final = re.compile(r"\b(?:(?:next|first) time|once|one time)\b")


@dataclass(frozen=True, slots=True)
class _Order:
    """One condition, and what is to be said then, if that is told."""

    when: Slot
    say: Slot | None


def best(
    words: tuple[Token, ...], found: Understanding, understand: Understand
) -> tuple[tuple[Token, ...], Understanding]:
    """The reading of the words as they are (`found`), or in other words, if those are understood better."""
    limit = found.cost - GAIN if found.understood == "whole" else MOST_COST
    if limit <= 0 or (found.understood == "half" and found.cost <= GAIN):  # they are about to say the rest
        return words, found
    as_said = tuple(word.raw if word.raw.lower() == word.text else word.text for word in words)  # with its capitals
    parts = [tokens(part) for part in reworded(as_said)]
    read = [understand(part) for part in parts]
    orders = all(one.understood == "whole" and one.skill is not None and one.skill.name in ORDERS for one in read)
    if not parts or not orders or sum(one.cost for one in read) >= limit * len(parts):
        return words, found
    if combined.taken_apart(words, found, understand) is not None:  # two that are understood as they were said
        return words, found
    put = tokens(" and ".join(" ".join(word.raw for word in part) for part in parts))
    return put, read[0] if len(parts) == 1 else understand(put)


@lru_cache(maxsize=256)
def reworded(words: tuple[str, ...]) -> tuple[str, ...]:
    """Each of the orders in words that skills have. () where it is none, or not surely one."""
    plain = [word.lower() for word in words]
    found = labels.label(plain)
    if found.probability < SURE or found.order < ASKED:
        return ()
    parts: list[str] = []
    reader = _Reader(words, plain, found.slots)
    for order in _orders(found.slots):
        part = reader.phrase(order)
        if not part:
            return ()
        parts.append(part)
    return tuple(parts)


def _orders(slots: Sequence[Slot]) -> Iterator[_Order]:
    """Each condition with what is to be said then, in their order: of both there are as many, or a single condition."""
    says = iter(slot for slot in slots if slot.name == "say")
    for slot in slots:
        if slot.name in labels.ANSWERED:
            yield _Order(slot, next(says, None))
        elif slot.name == "counted":
            yield _Order(slot, None)


class _Reader:
    """Puts orders in phrases. words: as said; plain: in lower case."""

    def __init__(self, words: Sequence[str], plain: Sequence[str], slots: Sequence[Slot]) -> None:
        self._words, self._plain, self._slots = words, plain, slots
        # Of a length that is said without: "in ten seconds … and in twenty".
        self._unit = next((lengths.UNITS[word] for word in plain if word in lengths.UNITS), 1)

    def phrase(self, order: _Order) -> str:
        """One order; "" where it cannot be put so."""
        say = "" if order.say is None else self._say(order.say)
        match order.when.name:
            case "phrase":
                return self._on_a_phrase(self._text(order.when), say)
            case "counted":
                return f"count how often i say {self._text(order.when)}"
        length = self._length(order.when)
        if not length:
            return ""
        if order.when.name == "moment":
            if order.say is not None and self._is_a_deed(order.say):
                say = f"remind me to {self._text(order.say)}"
            return f"in {length} {say}" if say else f"set a timer for {length}"
        if order.when.name == "silence":
            said = order.say or order.when
            around = " ".join((*self._plain[: said.start], "…", *self._plain[said.end :]))
            mine = _MINE.search(around) and not _EVERYBODY.search(around)
            silent = "i am silent" if mine else "it is silent"
            return f"when {silent} for {length} {say}" if say else f"tell me when {silent} for {length}"
        ends = self._ends()
        return f"every {length} {say}{ends}" if say else f"beep every {length}{ends}"

    def _say(self, slot: Slot) -> str:
        return f"{'ask' if self._before(slot) == 'ask' else 'say'} {self._text(slot)}"

    def _is_a_deed(self, slot: Slot) -> bool:
        """What the user wants to do, not what they want to be told: "a nudge in ten seconds to look up"."""
        return self._before(slot) == "to" and self._plain[max(0, slot.start - 3) : slot.start] != ["tell", "me", "to"]

    def _before(self, slot: Slot) -> str:
        return self._plain[slot.start - 1] if slot.start else ""

    def _on_a_phrase(self, phrase: str, say: str) -> str:
        many = self._number("nth")
        if many > 1:
            when = f"when i have said {phrase} {many} times"
        else:
            time = "the next time" if _ONCE.search(" ".join(self._plain)) else "every time"
            when = f"{time} i say {phrase}"
        return f"{when} {say}" if say else f"tell me {when}"

    def _ends(self) -> str:
        if (many := self._number("times")) > 0:
            return f" {many} times"
        until = next((slot for slot in self._slots if slot.name == "until"), None)
        return "" if until is None else f" until i say {self._text(until)}"

    def _length(self, slot: Slot) -> str:
        words = self._plain[slot.start : slot.end]
        length: Fraction | None = lengths.seconds(words)
        if length is None:
            length = next((seconds for _, _, seconds in lengths.spans(words)), None)
        if length is None:
            many = lengths.amount(words)
            return "" if many is None else lengths.put(many * self._unit)
        self._unit = next((lengths.UNITS[word] for word in reversed(words) if word in lengths.UNITS), self._unit)
        return lengths.put(length)

    def _number(self, name: Name) -> int:
        """What the slot of that name says, 0 for none."""
        for slot in self._slots:
            if slot.name == name:
                words = self._plain[slot.start : slot.end]
                number = numbers.value(words)
                return numbers.OFTEN.get(" ".join(words), 0) if number is None else int(number)
        return 0

    def _text(self, slot: Slot) -> str:
        return " ".join(self._words[slot.start : slot.end])
