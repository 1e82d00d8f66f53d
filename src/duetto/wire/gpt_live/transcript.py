"""Transcripts as this protocol has them: words in their order, each said once, with its times, and never taken back."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from duetto.models.model import MicroTurn
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.payload import Word

SETTLE: Final = ms(500)
"""A word of a turn that goes on counts once the recogniser has left it, and all before it, alone for so long (ns)."""
MOST_TURNS: Final = 8
"""Turns whose last words are awaited; of the oldest no more is given beyond them."""
_MOST_REALIGNED: Final = 48
"""Words from the first difference on in which the place is looked for where a revised text goes on."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word, and when it was said."""

    word: str
    span: Span


@dataclass
class _Turn:
    began: int
    words: list[str] = field(default_factory=list)
    since: list[int] = field(default_factory=list)  # since when each word stands as it is
    given: list[str] = field(default_factory=list)
    until: int = 0  # end of the latest word given
    spans: dict[int, Span] = field(default_factory=dict)  # of the recogniser's words, by increment


class InputTranscript:
    """The user's words: each counts once the recogniser has left it alone for `SETTLE`, or when its turn is over.

    What was given stays; of a text that changed under it only the rest is given.
    """

    def __init__(self) -> None:
        self._turns: dict[int, _Turn] = {}
        self._finished: deque[int] = deque(maxlen=4 * MOST_TURNS)

    def began(self, turn: int, at: int) -> None:
        """A turn has begun, at `at` (ns)."""
        self._turns.setdefault(turn, _Turn(at))
        while len(self._turns) > MOST_TURNS:
            del self._turns[next(iter(self._turns))]

    def heard(self, micro_turn: MicroTurn) -> None:
        """Take the times of recognised words from what became known."""
        for output in micro_turn.outputs:
            for edit in output.edits:
                if edit.stream != "mic" or not isinstance(edit.payload, Word):
                    continue
                number = edit.payload.utterance
                if number in self._finished:
                    continue
                self.began(number, edit.span.start)
                turn = self._turns[number]
                if edit.status == "revoked":
                    turn.spans.pop(edit.id, None)
                else:
                    turn.spans[edit.id] = edit.span

    def words(self, turn: int, text: str, now: int, final: bool) -> list[Piece]:
        """A turn's words as they stand at `now` (ns). Returns those that count from now on."""
        self.began(turn, now)
        one = self._turns[turn]
        words = text.split()
        same = _same(one.words, words)
        one.since = [*one.since[:same], *[now] * (len(words) - same)]
        one.words = words
        if not final:
            return self._settled(one, now)
        del self._turns[turn]
        self._finished.append(turn)
        return self._give(one, len(words), now)

    def tick(self, now: int) -> list[Piece]:
        """What has come to count by `now` (ns) because it stayed."""
        pieces: list[Piece] = []
        for turn in self._turns.values():
            pieces.extend(self._settled(turn, now))
        return pieces

    def _settled(self, turn: _Turn, now: int) -> list[Piece]:
        start = _place(turn.given, turn.words)
        end = start
        while end < len(turn.words) and now - turn.since[end] >= SETTLE:
            end += 1
        return self._give(turn, end, now) if end > start else []

    def _give(self, turn: _Turn, end: int, now: int) -> list[Piece]:
        start = _place(turn.given, turn.words)
        spans = sorted(turn.spans.values())
        exact = spans if len(spans) == len(turn.words) else None
        pieces = []
        for index in range(start, end):
            span = exact[index] if exact else _between(turn, index, end, now)
            span = Span(max(span.start, turn.until), max(span.end, span.start, turn.until))
            turn.until = span.end
            pieces.append(Piece(turn.words[index], span))
        turn.given.extend(turn.words[start:end])
        return pieces


def _between(turn: _Turn, index: int, end: int, now: int) -> Span:
    """About when a word was said, where the recogniser gave no times: evenly until now."""
    left = end - index
    start = max(turn.began, turn.until)
    return Span(start, start + max(0, now - start) // left)


def _key(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum()) or word


def _same(old: Sequence[str], new: Sequence[str]) -> int:
    """Words at the beginning that are the same but for case and punctuation."""
    count = 0
    for one, other in zip(old, new, strict=False):
        if one != other and _key(one) != _key(other):
            break
        count += 1
    return count


def _place(given: Sequence[str], words: Sequence[str]) -> int:
    """Where in `words` the text goes on after what was given of it: behind the words that fit best what was given."""
    same = _same(given, words)
    if same == len(given):
        return same
    old = [_key(word) for word in given[same:]][-_MOST_REALIGNED:]
    skipped = len(given) - same - len(old)
    new = [_key(word) for word in words[same + skipped :]][:_MOST_REALIGNED]
    row = list(range(len(new) + 1))  # edits from the old words to each beginning of the new ones
    for count, word in enumerate(old, 1):
        last, row[0] = row[0], count
        for place, other in enumerate(new, 1):
            last, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, last + (word != other))
    best = min(range(len(row)), key=lambda place: (row[place], abs(place - len(old))))
    return min(len(words), same + skipped + best)
