"""What a skill is: phrases it understands and a pure function from a match to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.words import HESITATIONS
from duetto.timeline.job import Context
from duetto.timeline.order import Order

Words = tuple[str, ...]
Marks = tuple[tuple[str, int], ...]
"""The slots that a word stands in, outermost first: by name, and by which of its occurrences in all phrases."""


@dataclass(frozen=True, slots=True)
class Match:
    """What was understood.

    intent: which of the skill's phrases. words: the phrase as it was meant, recognition errors put right.
    slots: for each slot, what filled it, in the order in which it came; words of an open slot are as they were said.
    marks: of each word, the slots that it fills.
    """

    intent: str
    words: Words = ()
    slots: Mapping[str, tuple[Words, ...]] = field(default_factory=dict)
    marks: tuple[Marks, ...] = ()

    @classmethod
    def of(cls, intent: str, words: Words, marks: tuple[Marks, ...]) -> Match:
        """The slots that these words fill."""
        filled: dict[tuple[str, int], list[str]] = {}
        for word, its in zip(words, marks, strict=True):
            for mark in its:
                filled.setdefault(mark, []).append(word)
        slots: dict[str, tuple[Words, ...]] = {}
        for (name, _), fills in filled.items():
            slots[name] = (*slots.get(name, ()), _cleaned(fills))
        return cls(intent, words, slots, marks)

    def __contains__(self, slot: object) -> bool:
        return slot in self.slots

    def get(self, slot: str, index: int = 0) -> Words:
        """What filled the slot the `index`-th time, () where nothing did."""
        filled = self.slots.get(slot, ())
        return filled[index] if index < len(filled) else ()

    def text(self, slot: str, index: int = 0) -> str:
        return " ".join(self.get(slot, index))

    def inside(self, slot: str) -> tuple[Match, ...]:
        """What filled the slot, each time, as a match of its own: the slots within it."""
        places = dict.fromkeys(mark for its in self.marks for mark in its if mark[0] == slot)
        found: list[Match] = []
        for place in places:
            inner = [
                (word, its[its.index(place) + 1 :])
                for word, its in zip(self.words, self.marks, strict=True)
                if place in its
            ]
            found.append(Match.of(self.intent, tuple(word for word, _ in inner), tuple(its for _, its in inner)))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Answer:
    """What to say, in speakable pieces, and what else to do. No clauses: nothing needs to be said.

    memory: what is remembered if the reply is given, None for no change. orders, withdraw, stop: as in `Act`.
    """

    clauses: tuple[str, ...] = ()
    memory: Memory | None = None
    orders: tuple[Order, ...] = ()
    withdraw: tuple[str, ...] = ()
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """A question back, for a request of which half was clear.

    assumed: the words that a "yes" would add to it. free: any words answer it, also such as are a request.
    """

    text: str
    assumed: str = ""
    free: bool = False


@dataclass(frozen=True, slots=True)
class Skill:
    """phrases: templates by intent, in the notation of `Language`. slots: the skill's own slots.

    open_slots: slots that take any words; quoted: those whose words may end in any way, for they are repeated or
    listened for. question: what to ask when the end of a phrase is missing.
    urgent: intents to act on at once while duetto speaks, even though more words could follow. lingering: intents after
    which people mostly say more, and often after a pause. unheard: intents that a recogniser need not be built for, as
    its grammar would grow for what is seldom said: they are understood if they come all the same.
    """

    name: str
    phrases: Mapping[str, tuple[str, ...]]
    answer: Callable[[Match, Context, Memory], Answer]
    question: Callable[[Match], Question | None] = lambda match: None
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_slots: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    lingering: tuple[str, ...] = ()
    quoted: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()


def _cleaned(words: list[str]) -> Words:
    """Without hesitations, if anything else was said, and without a closing "please"."""
    kept = [word for word in words if word.lower() not in HESITATIONS or word == "oh"] or words
    while len(kept) > 1 and kept[-1].lower() == "please":
        kept = kept[:-1]
    return tuple(kept)
