"""What was meant: the words aligned with all phrases at once, tolerant of recognition errors.

Dynamic programming over the automaton, word by word: each word may pass an arc (at the cost of its unlikeness to
the arc's words), or be something that no phrase has; words of a phrase may be missing, but never its last. What
is left when all words are used says how far the request is understood: a phrase has ended, or could go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from duetto.brain.embedded.automaton import Arc, Automaton
from duetto.brain.embedded.language import gather_slots
from duetto.brain.embedded.skill import Match, Skill
from duetto.brain.embedded.words import (
    DANGLING,
    FUNCTION,
    HESITATIONS,
    NUMBER,
    POLITE,
    Token,
    Vocabulary,
)
from duetto.timeline.arrival import Understood

BEAM: Final = 1.0
"""Readings that cost this much more than the best one are given up."""
MAX_STATES: Final = 400
"""Readings that are followed at once."""
BEGINNINGS: Final = 64
"""Beginnings whose readings are kept: the next draft is most often one word longer."""
OPEN_COST: Final = 0.04
"""Cost of a word in an open slot: anything that fits better is better."""
MARGIN: Final = 0.08
"""A finished reading must not cost more than this beyond the best unfinished one."""
MAX_OPEN_HALF: Final = 6
"""Words of an open slot in the middle of a phrase after which the request is taken for something else."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a word was read: the arc it passed and what it was taken for. None where it begins."""

    cost: float
    state: int
    arc: Arc | None = None
    word: str = ""
    before: Step | None = None


@dataclass(frozen=True, slots=True)
class Understanding:
    """understood: as in `Gist`. open_ended: the phrase, or another that begins so, has more words. begins_another: the
    words that answer a question are by themselves the beginning of a request.

    match, skill: the best reading, None for none. others: further readings of the same beginning, for a question back.
    cost: 0 for a perfect match. work: arcs that were tried, to bound what understanding costs.
    """

    understood: Understood
    open_ended: bool = False
    begins_another: bool = False
    match: Match | None = None
    skill: Skill | None = None
    others: tuple[tuple[Skill, Match], ...] = ()
    cost: float = 0.0
    work: int = 0


def allowed(words: int) -> float:
    """The highest cost at which a request of so many words (fillers not counted) is taken as understood."""
    return min(0.25 + 0.15 * words, 1.6)


def allowed_half(words: int) -> float:
    """The same for a beginning. Stricter: many an unknown request begins like a known one."""
    return min(0.15 + 0.05 * words, 0.6)


class Understander:
    """The phrases of these skills, compiled. Immutable, and shared by any number of sessions."""

    def __init__(self, skills: Iterable[Skill]) -> None:
        given = tuple(skills)
        self.skills = given
        self.automaton = Automaton(given, gather_slots(given))
        self.vocabulary = Vocabulary(self.automaton.words)
        self._read = lru_cache(maxsize=BEGINNINGS)(self._read_on)

    def understand(self, tokens: tuple[Token, ...]) -> Understanding:
        """At most MAX_STATES readings are followed for each of at most MAX_WORDS words."""
        counted = [t for t in tokens if t.text not in HESITATIONS and t.text not in POLITE]
        active, work = self._read(tokens)
        limit = allowed(len(counted))
        readings = sorted((s for s in active.values() if s.cost <= limit), key=lambda s: (s.cost, s.state))
        finished = [s for s in readings if self._finishes(s, tokens)]
        begun = [s for s in readings if self._begins(s)]
        going_on = [s for s in begun if self.automaton.states[s.state].goes_on]
        lead = [s for s in readings if s.arc is not None and s.arc.cost and self.automaton.states[s.state].goes_on]
        if finished:
            best = finished[0]
            partial = min((s.cost for s in begun if not self.automaton.states[s.state].accepts), default=best.cost)
            if best.cost <= partial + MARGIN:
                skill, match = self._match(best)
                nearest = min((s.cost for s in (*going_on, *lead) if not _opens(s, best)), default=best.cost + 1)
                open_ended = nearest <= best.cost + MARGIN
                return Understanding("whole", open_ended, match=match, skill=skill, cost=best.cost, work=work)
        strict = allowed_half(len(counted))
        halves = [s for s in going_on if s.cost <= strict and self._open_words(s) <= MAX_OPEN_HALF]
        if not halves:
            return Understanding("none", work=work)
        near = [self._match(s) for s in halves if s.cost <= halves[0].cost + MARGIN / 2]
        skill, match = near[0]
        return Understanding("half", match=match, skill=skill, others=tuple(near[1:8]), cost=halves[0].cost, work=work)

    def _read_on(self, tokens: tuple[Token, ...]) -> tuple[dict[int, Step], int]:
        """All readings of these words, and the work they took: one word more than a beginning that was mostly read."""
        if not tokens:
            return {0: Step(0.0, 0)}, 0
        active, work = self._read(tokens[:-1])
        following, tried = self._advance(active, tokens[-1])
        return following, work + tried

    def _advance(self, active: dict[int, Step], token: Token) -> tuple[dict[int, Step], int]:
        """All readings one word further."""
        likely = ((NUMBER, 0.0),) if token.is_number else self.vocabulary.near(token.text)
        following: dict[int, Step] = {}
        states, tried = self.automaton.states, 0
        for step in active.values():
            state = states[step.state]
            passed = step.cost + _extra(token.text, state.accepts)
            if (known := following.get(step.state)) is None or passed < known.cost:
                following[step.state] = Step(passed, step.state, step.arc, step.word, step.before)
            for word, unlike in likely:
                for skipped, arc in state.by_word.get(word, ()):
                    tried += 1
                    cost = step.cost + unlike + skipped
                    if (known := following.get(arc.target)) is None or cost < known.cost:
                        read = token.text if word == NUMBER else word
                        following[arc.target] = Step(cost, arc.target, arc, read, step)
            for skipped, arc in state.anything:
                tried += 1
                cost = step.cost + OPEN_COST + skipped
                if (known := following.get(arc.target)) is None or cost < known.cost:
                    following[arc.target] = Step(cost, arc.target, arc, token.raw, step)
        edge = min(step.cost for step in following.values()) + BEAM
        kept = [step for step in following.values() if step.cost <= edge]
        if len(kept) > MAX_STATES:
            kept = sorted(kept, key=lambda s: (s.cost, s.state))[:MAX_STATES]
        return {step.state: step for step in kept}, tried

    def _finishes(self, step: Step, tokens: tuple[Token, ...]) -> bool:
        if step.arc is None or not self.automaton.states[step.state].accepts:
            return False
        if not self._says_something(step):
            return False
        if step.arc.words is not None or tokens[-1].text not in DANGLING:
            return True
        quoted = self.automaton.skills[self.automaton.states[step.state].phrase].quoted
        return any(name in quoted for name, _ in step.arc.marks)

    def _says_something(self, step: Step) -> bool:
        """Some word of the phrase that matters was said: with an open slot alone anything would be a request."""
        at: Step | None = step
        while at is not None and at.arc is not None:
            if at.arc.words is not None and at.word not in FUNCTION:
                return True
            at = at.before
        return False

    def _begins(self, step: Step) -> bool:
        """It has come into a phrase, by a word that means something or by more than one."""
        if step.arc is None or self.automaton.states[step.state].phrase < 0:
            return False
        return step.word not in FUNCTION or step.word in ("is", "do", "did", "are", "can") or _came_in(step)

    def _open_words(self, step: Step) -> int:
        count = 0
        at: Step | None = step
        while at is not None and at.arc is not None:
            count += at.arc.words is None
            at = at.before
        return count

    def _match(self, step: Step) -> tuple[Skill, Match]:
        phrase = self.automaton.states[step.state].phrase
        path: list[Step] = []
        at: Step | None = step
        while at is not None and at.arc is not None:
            if not at.arc.cost:
                path.append(at)
            at = at.before
        path.reverse()
        words = tuple(step.word for step in path)
        marks = tuple(step.arc.marks for step in path if step.arc is not None)
        match = Match.of(self.automaton.intents[phrase], words, marks)
        return self.automaton.skills[phrase], match


def _opens(step: Step, best: Step) -> bool:
    """It has taken a word for any word that the best reading knows."""
    open_, known = step.arc, best.arc
    return open_ is not None and open_.words is None and known is not None and known.words is not None


def _came_in(step: Step) -> bool:
    """An earlier word passed an arc of a phrase, too."""
    before = step.before
    return before is not None and before.arc is not None and not before.arc.cost


def _extra(word: str, ended: bool) -> float:
    """What it costs that no phrase has this word there. After the end of a phrase it is more likely to matter."""
    if word in HESITATIONS:
        return 0.05 if word == "oh" else 0.02  # "say oh no": in an open slot it is a word
    if word in POLITE:
        return 0.05
    return (0.35 if word in FUNCTION else 1.0) * (1.25 if ended else 1.0)
