"""A brain's `Language` as a finite automaton over words: what a grammar-based recogniser searches.

The phrases, in the expansion notation of JSGF (W3C note "JSpeech Grammar Format", 2000), become a non-deterministic
automaton, then the smallest deterministic one (subset construction; Moore's partition refinement). Phrases share
their beginnings and endings with it: the embedded brain's language shrinks about tenfold, and so does the search.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from duetto.timeline.language import Language

MAX_STATES: Final = 200_000
"""States of the automaton before it is made small; a language beyond it is refused."""
MAX_DEPTH: Final = 24
"""How deep slots may be nested in slots; deeper, or recursive, is refused."""

FREE: Final = "~"
"""At the end of a word that stands in an open slot: one listed for it, which is likely there, and not the only one."""
HESITATING: Final = ("um", "uh")
"""What may be said before a slot that one corrects oneself in; `CORRECTING` what may be said after it."""
CORRECTING: Final = (("no",), ("i", "mean"))

_TOKEN: Final = re.compile(r"<[^\s<>]+>|[()\[\]|*+]|[^\s()\[\]|*+<>]+|<|>")


@dataclass(frozen=True, slots=True)
class Graph:
    """A deterministic automaton. Its start is state 0; `arcs` are (from, to, word); `finals` are where it may end.

    The word of an arc is None where any one word may be said (in an open slot); words listed there end with FREE.
    """

    states: int
    arcs: tuple[tuple[int, int, str | None], ...]
    finals: frozenset[int]

    @property
    def words(self) -> frozenset[str]:
        """All words on its arcs."""
        return frozenset(word.removesuffix(FREE) for _, _, word in self.arcs if word is not None)


_Label = str | None


class _Free:
    """Labels an arc of the draft that is taken without a word."""


_FREE: Final = _Free()


@dataclass(slots=True)
class _Draft:
    """The non-deterministic automaton while it is built: by state, where its arcs lead, and by what."""

    language: Language
    arcs: list[list[tuple[int, _Label | _Free]]] = field(default_factory=lambda: [[], []])
    mark: str = ""
    """FREE while what is added stands in an open slot."""

    def state(self) -> int:
        if len(self.arcs) >= MAX_STATES:
            raise ValueError(f"language: its automaton has more than {MAX_STATES} states, the limit")
        self.arcs.append([])
        return len(self.arcs) - 1

    def arc(self, start: int, end: int, label: _Label | _Free = _FREE) -> None:
        self.arcs[start].append((end, label))

    # --- the notation: each method reads from `tokens` (consumed from the end) and returns the state it reached ---

    def template(self, text: str, start: int, depth: int) -> int:
        """Add a whole template behind `start`. Raises ValueError with the template where it cannot be read."""
        tokens = _TOKEN.findall(text)[::-1]
        end = self._alternatives(tokens, start, text, depth)
        if tokens:
            raise ValueError(f"language: {text!r}: {tokens[-1]!r} closes nothing")
        return end

    def _alternatives(self, tokens: list[str], start: int, text: str, depth: int) -> int:
        end = self.state()
        while True:
            self.arc(self._sequence(tokens, start, text, depth), end)
            if not tokens or tokens[-1] != "|":
                return end
            tokens.pop()

    def _sequence(self, tokens: list[str], start: int, text: str, depth: int) -> int:
        while tokens and tokens[-1] not in ("|", ")", "]"):
            token = tokens.pop()
            begin = self.state()  # a state of its own, so that a repeat loops over this item alone
            self.arc(start, begin)
            if token in "([":
                start = self._alternatives(tokens, begin, text, depth)
                if not tokens or tokens.pop() != {"(": ")", "[": "]"}[token]:
                    raise ValueError(f"language: {text!r}: a {token!r} is not closed")
                if token == "[":
                    self.arc(begin, start)
            elif token in "*+<>":
                raise ValueError(f"language: {text!r}: {token!r} stands alone")
            elif token.startswith("<"):
                start = self._slot(token[1:-1], begin, text, depth)
            else:
                start = self.state()
                self.arc(begin, start, token + self.mark)
            if tokens and tokens[-1] in "*+":
                self.arc(start, begin)
                if tokens.pop() == "*":
                    self.arc(begin, start)
        return start

    def _slot(self, name: str, start: int, text: str, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise ValueError(f"language: {text!r}: slots are nested deeper than {MAX_DEPTH}, the limit")
        end = self.state()
        if name not in self.language.open_slots and name not in self.language.slots:
            raise ValueError(f"language: {text!r}: nothing is said about the slot <{name}>")
        mark = self.mark
        if name in self.language.open_slots:
            self.mark = FREE
            loop = self.state()
            self.arc(start, loop)
            self.arc(loop, loop, None)
            self.arc(loop, end, None)
        for template in self.language.slots.get(name, ()):
            self.arc(self.template(template, start, depth + 1), end)
        self.mark = mark
        if name in self.language.corrected:
            for word in HESITATING:
                self.arc(start, start, word)
            for words in CORRECTING:
                at = end
                for word in words:
                    at, before = self.state(), at
                    self.arc(before, at, word)
                self.arc(at, start)
        return end


def build(language: Language) -> Graph:
    """The smallest automaton of all phrases.

    Raises ValueError, naming the phrase, for a notation that cannot be read, an unknown slot, or too large a language.
    """
    draft = _Draft(language)
    for phrase in language.phrases:
        draft.arc(draft.template(phrase, 0, 0), 1)
    return _smallest(*_deterministic(draft.arcs))


_Moves = list[dict[_Label, int]]


def _deterministic(arcs: list[list[tuple[int, _Label | _Free]]]) -> tuple[_Moves, set[int]]:
    """Subset construction: each new state is the set of old ones that the same words lead to."""
    closures: dict[int, frozenset[int]] = {}

    def closure(state: int) -> frozenset[int]:
        known = closures.get(state)
        if known is None:
            reached, waiting = {state}, [state]
            while waiting:
                for target, label in arcs[waiting.pop()]:
                    if isinstance(label, _Free) and target not in reached:
                        reached.add(target)
                        waiting.append(target)
            # Only states that end the phrase or have a word to go on with tell sets apart.
            known = frozenset(s for s in reached if s == 1 or any(not isinstance(label, _Free) for _, label in arcs[s]))
            closures[state] = known
        return known

    first = closure(0)
    numbers = {first: 0}
    waiting = [first]
    moves: _Moves = []
    finals: set[int] = set()
    while waiting:
        nexts: list[frozenset[int]] = waiting
        waiting = []
        for members in nexts:
            targets: dict[_Label, set[int]] = defaultdict(set)
            for state in sorted(members):
                for target, label in arcs[state]:
                    if not isinstance(label, _Free):
                        targets[label] |= closure(target)
            if 1 in members:
                finals.add(len(moves))
            move: dict[_Label, int] = {}
            for label, found in targets.items():
                key = frozenset(found)
                if key not in numbers:
                    if len(numbers) >= MAX_STATES:
                        raise ValueError(f"language: its automaton has more than {MAX_STATES} states, the limit")
                    numbers[key] = len(numbers)
                    waiting.append(key)
                move[label] = numbers[key]
            moves.append(move)
    return moves, finals


def _smallest(moves: _Moves, finals: set[int]) -> Graph:
    """Moore's algorithm: states are one when the same words lead on from them, to the same states."""
    block = [int(state in finals) for state in range(len(moves))]
    count = 0
    while count != len(set(block)):
        count = len(set(block))
        seen: dict[tuple[int, frozenset[tuple[_Label, int]]], int] = {}
        block = [
            seen.setdefault(
                (block[state], frozenset((label, block[target]) for label, target in move.items())), len(seen)
            )
            for state, move in enumerate(moves)
        ]
    # State 0 is numbered first in every round, so it stays 0.
    arcs: dict[tuple[int, int, _Label], None] = {}
    for state, move in enumerate(moves):
        for label, target in move.items():
            arcs[block[state], block[target], label] = None
    return Graph(count, tuple(arcs), frozenset(block[state] for state in finals))
