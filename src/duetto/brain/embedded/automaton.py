"""All phrases of all skills as one automaton over words, each slot marked on the arcs that fill it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from duetto.brain.embedded.notation import Alternatives, Expansion, Option, Sequence, Slot, Word, parse
from duetto.brain.embedded.skill import Marks, Skill
from duetto.brain.embedded.words import FUNCTION, NUMBER, POLITE

WRITTEN_AS_DIGITS: Final = frozenset({"number", "count", "hour", "minute", "step", "unit", "so_many"})
"""Slots that digits may fill as well."""
IDLE: Final = POLITE | {"and", "today", "again", "there", "here", "last", "later", "very", "much", "aloud"}
"""Words that change nothing in a request: it does not count as unfinished because they could follow."""
LEADS: Final = (
    "(can | could | would | will) you [please]",
    "i (want | would like | need) [you] to",
    "(hello | hi | hey | okay | and | please | all right | good morning)",
    "(tell me | do you know)",
)
"""How requests are led in. What they lead to matters, they do not."""

SKIP_FUNCTION: Final = 0.3
SKIP_CONTENT: Final = 0.9
MAX_SKIPPED: Final = 1.2
"""Cost of a phrase's word that was not said: a little word, another word, and all of them between two that were."""
LEAD_COST: Final = 0.02


@dataclass(frozen=True, slots=True)
class Arc:
    """words: those that let it pass, None for any. marks: the slots it fills, outermost first, by occurrence."""

    words: frozenset[str] | None
    target: int
    marks: Marks
    cost: float = 0.0


@dataclass(slots=True)
class State:
    """by_word, anything: what may come next, each with the cost of the phrase's words it leaves out.

    phrase: index of the phrase this state belongs to, -1 before any. accepts: the phrase may end here.
    goes_on: words may follow here that change the request. Where a phrase may end, only those that fill a slot do.
    """

    phrase: int
    accepts: bool = False
    goes_on: bool = False
    by_word: dict[str, list[tuple[float, Arc]]] = field(default_factory=dict)
    anything: list[tuple[float, Arc]] = field(default_factory=list)


class Automaton:
    """Compiled from skills. Built with empty moves (Thompson 1968), which are then removed.

    states, by number: 0 is where every request begins. intents[phrase], skills[phrase]: what each phrase belongs to.
    """

    def __init__(self, skills: Iterable[Skill], slots: Mapping[str, tuple[str, ...]]) -> None:
        self._slots = {name: tuple(map(parse, templates)) for name, templates in slots.items()}
        self._arcs: list[list[Arc]] = []
        self._empty: list[list[int]] = []
        self._phrase: list[int] = []
        self._occurrences = 0
        self._final: set[int] = set()
        self.intents: list[str] = []
        self.skills: list[Skill] = []
        start, root = self._node(-1), self._node(-1)
        self._empty[start].append(root)
        for template in LEADS:
            end = self._add(parse(template), start, -1, (), frozenset(), LEAD_COST)
            self._empty[end].append(start)
        for skill in skills:
            for intent, templates in skill.phrases.items():
                for template in templates:
                    self._final.add(
                        self._add(parse(template), root, len(self.intents), (), frozenset(skill.open_slots), 0.0)
                    )
                    self.intents.append(intent)
                    self.skills.append(skill)
        targets = {start} | {arc.target for arcs in self._arcs for arc in arcs}
        self.states = {node: self._state(node) for node in sorted(targets)}
        self.words = frozenset(word for arcs in self._arcs for arc in arcs for word in arc.words or ())
        self._arcs, self._empty = [], []

    def _node(self, phrase: int) -> int:
        self._arcs.append([])
        self._empty.append([])
        self._phrase.append(phrase)
        return len(self._arcs) - 1

    def _add(self, what: Expansion, start: int, phrase: int, marks: Marks, free: frozenset[str], cost: float) -> int:
        """Add what may be said from node `start` on; returns the node where it ends."""
        match what:
            case Word(text):
                return self._pass(start, frozenset({text}), phrase, marks, cost)
            case Sequence(items):
                for item in items:
                    start = self._add(item, start, phrase, marks, free, cost)
                return start
            case Option(of):
                end = self._add(of, start, phrase, marks, free, cost)
                self._empty[start].append(end)
                return end
            case Alternatives(items):
                return self._either(items, start, phrase, marks, free, cost)
            case Slot(name):
                return self._fill(name, start, phrase, marks, free, cost)

    def _pass(self, start: int, words: frozenset[str] | None, phrase: int, marks: Marks, cost: float) -> int:
        end = self._node(phrase)
        self._arcs[start].append(Arc(words, end, marks, cost))
        return end

    def _either(
        self, items: tuple[Expansion, ...], start: int, phrase: int, marks: Marks, free: frozenset[str], cost: float
    ) -> int:
        single = frozenset(item.text for item in items if isinstance(item, Word))
        ends = [self._pass(start, single, phrase, marks, cost)] if single else []
        ends += [self._add(item, start, phrase, marks, free, cost) for item in items if not isinstance(item, Word)]
        if len(ends) == 1:
            return ends[0]
        joint = self._node(phrase)
        for end in ends:
            self._empty[end].append(joint)
        return joint

    def _fill(self, name: str, start: int, phrase: int, marks: Marks, free: frozenset[str], cost: float) -> int:
        if any(name == outer for outer, _ in marks):
            raise ValueError(f"slot <{name}>: contains itself")
        self._occurrences += 1
        inner = (*marks, (name, self._occurrences))
        fresh = self._node(phrase)  # so that no loop of a slot is shared with what stands before it
        self._empty[start].append(fresh)
        if name in free:
            end = self._pass(fresh, None, phrase, inner, cost)
            self._arcs[end].append(Arc(None, end, inner, cost))
            return end
        if name not in self._slots:
            raise ValueError(f"slot <{name}>: is not defined")
        joint = self._either(self._slots[name], fresh, phrase, inner, free, cost)
        if name in WRITTEN_AS_DIGITS:
            end = self._pass(fresh, frozenset({NUMBER}), phrase, inner, cost)
            both = self._node(phrase)
            self._empty[joint].append(both)
            self._empty[end].append(both)
            return both
        return joint

    # --- without empty moves ----------------------------------------------------------------------------------

    def _closure(self, node: int) -> list[int]:
        seen, stack = {node}, [node]
        while stack:
            for other in self._empty[stack.pop()]:
                if other not in seen:
                    seen.add(other)
                    stack.append(other)
        return sorted(seen)

    def _state(self, node: int) -> State:
        closure = self._closure(node)
        state = State(self._phrase[node], accepts=any(other in self._final for other in closure))
        best: dict[Arc, float] = {}
        frontier: list[tuple[float, int, bool]] = [(0.0, node, True)]
        reached: dict[int, float] = {}
        while frontier:
            cost, here, direct = frontier.pop()
            if reached.get(here, MAX_SKIPPED + 1) <= cost:
                continue
            reached[here] = cost
            for other in self._closure(here):
                for arc in self._arcs[other]:
                    best[arc] = min(cost, best.get(arc, cost))
                    if direct:
                        state.goes_on = state.goes_on or not state.accepts or _matters(arc)
                    after = cost + _skip_cost(arc)
                    if after <= MAX_SKIPPED:
                        frontier.append((after, arc.target, False))
        for arc, cost in best.items():
            if arc.words is None and cost and state.phrase < 0:
                continue  # a phrase of which nothing was said
            if arc.words is None:
                state.anything.append((cost + arc.cost, arc))
            for word in arc.words or ():
                state.by_word.setdefault(word, []).append((cost + arc.cost, arc))
        return state


def _matters(arc: Arc) -> bool:
    """Its words would change a request that could end before them."""
    return arc.words is None or (bool(arc.marks) and not arc.words <= IDLE)


def _skip_cost(arc: Arc) -> float:
    """What it costs that the words of this arc were not said. Whatever fills a slot must be said."""
    if arc.words is None or arc.marks or arc.cost:
        return MAX_SKIPPED + 1
    return SKIP_FUNCTION if arc.words & FUNCTION else SKIP_CONTENT
