"""What a skill is: phrases it understands and a pure function from a match to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from duetto.brain.embedded.memory import Memory
from duetto.timeline.job import Context
from duetto.timeline.order import Order

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """What was understood.

    intent: which of the skill's phrases. words: the phrase as it was meant, recognition errors put right.
    slots: for each slot, what filled it, in the order in which it came; words of an open slot are as they were said.
    """

    intent: str
    words: Words = ()
    slots: Mapping[str, tuple[Words, ...]] = field(default_factory=dict)

    def __contains__(self, slot: object) -> bool:
        return slot in self.slots

    def get(self, slot: str, index: int = 0) -> Words:
        """What filled the slot the `index`-th time, () where nothing did."""
        filled = self.slots.get(slot, ())
        return filled[index] if index < len(filled) else ()

    def text(self, slot: str, index: int = 0) -> str:
        return " ".join(self.get(slot, index))


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
    """A question back, for a request of which half was clear. assumed: the words that a "yes" would add to it."""

    text: str
    assumed: str = ""


@dataclass(frozen=True, slots=True)
class Skill:
    """phrases: templates by intent, in the notation of `Language`. slots: the skill's own slots.

    open_slots: slots that take any words. question: what to ask when the end of a phrase is missing.
    urgent: intents to act on at once even though more words could follow.
    """

    name: str
    phrases: Mapping[str, tuple[str, ...]]
    answer: Callable[[Match, Context, Memory], Answer]
    question: Callable[[Match], Question | None] = lambda match: None
    slots: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_slots: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
