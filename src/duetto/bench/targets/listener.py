"""What a listener hears of an agent behind a wire: a player that plays what comes, in order, as soon as it can."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Final

import numpy as np

from duetto.bench.trial import AgentWord
from duetto.recording.picture.latency import AUDIBLE
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, Samples, samples_at, samples_before

LETTERS: Final = 14.5
"""Letters of English a second, blanks included, at 170 words a minute: where a word is while its reply still comes."""


@dataclass(frozen=True, slots=True)
class Sounded:
    """The next sound of a reply: int16 at VOICE_RATE. An agent that sends one stream has one reply."""

    reply: str
    samples: Samples


@dataclass(frozen=True, slots=True)
class Wrote:
    """The next words of a reply. span: ns of its own sound in which they are said, where the wire tells."""

    reply: str
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """All sound and words of a reply have come."""

    reply: str


@dataclass(frozen=True, slots=True)
class Cut:
    """What has not been played of any reply is not to be played."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The agent takes the user's turn to be over."""


Came = Sounded | Wrote | Done | Cut | Ended


@dataclass(slots=True)
class _Piece:
    """Sound that is played from sample `start` on. offset: its first sample's number in its reply."""

    reply: str
    start: int
    offset: int
    samples: Samples

    @property
    def end(self) -> int:
        return self.start + len(self.samples)


@dataclass(slots=True)
class _Reply:
    """samples: come so far. loud: numbers of its audible blocks. words, said: all, and how many of them were reported.

    whole: all of it has come, and none was cut off before that. open: its last word may go on.
    """

    samples: int = 0
    pieces: list[_Piece] = field(default_factory=list)
    loud: list[int] = field(default_factory=list)
    words: list[_Word] = field(default_factory=list)
    said: int = 0
    whole: bool = False
    cut: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class _Word:
    """text is said in the samples [first, last) of its reply: as the wire tells (exact), or at a usual pace.

    In the latter case not before what of the reply had been played when it was written.
    """

    text: str
    first: int
    last: int
    exact: bool


BLOCK: Final = VOICE_RATE // 100
"""Samples of 10 ms: how finely a reply's audible sound is kept."""


class Listener:
    """One time axis, from media time 0 on. Sound is played when it comes, or after what came before it."""

    def __init__(self) -> None:
        self.ended: list[int] = []
        """Media times (ns) at which the agent took the user's turn to be over, where the wire tells."""
        self._pieces: list[_Piece] = []
        self._replies: dict[str, _Reply] = {}
        self._sounded_until = 0

    def take(self, at: int, came: Came) -> list[tuple[str, int]]:
        """What came at media time `at` (ns). Returns the replies that it cut, with ns of them that were played."""
        match came:
            case Sounded(name, samples):
                self._play(at, name, samples)
            case Wrote(name, text, span):
                self._write(samples_before(at, VOICE_RATE), self._replies.setdefault(name, _Reply()), text, span)
            case Done(name):
                reply = self._replies.setdefault(name, _Reply())
                reply.whole = not reply.cut
            case Cut():
                return list(self._cut(samples_before(at, VOICE_RATE)))
            case Ended():
                self.ended.append(at)
        return []

    @property
    def sounded_until(self) -> int:
        """Media time (ns) of the last audible sound so far."""
        return samples_at(self._sounded_until, VOICE_RATE)

    def sound(self, start: int, end: int) -> Samples:
        """What is heard in a stretch of media time (ns): int16 at VOICE_RATE."""
        first, last = samples_before(start, VOICE_RATE), samples_before(end, VOICE_RATE)
        found = np.zeros(last - first, np.int16)
        for piece in reversed(self._pieces):
            if piece.end <= first:
                break
            low, high = max(first, piece.start), min(last, piece.end)
            if low < high:
                found[low - first : high - first] = piece.samples[low - piece.start : high - piece.start]
        return found

    def said(self, now: int) -> list[str]:
        """Words that have sounded by `now` (ns) and were not given before."""
        found: list[str] = []
        for reply in self._replies.values():
            while reply.said < len(reply.words):
                word = reply.words[reply.said]
                end = reply.samples if reply.whole else word.last  # a usual pace may be too slow for it
                span = self._heard(reply, min(word.first, end - 1), min(word.last, end))
                if span is None or span.end > now:
                    break
                found.append(word.text)
                reply.said += 1
        return found

    def words(self) -> list[AgentWord]:
        """All words of what was played, by their time, when all is over.

        Where the wire does not say when they are said: spread by their letters over the audible sound of a reply that
        has wholly come, else at a usual pace; then not before they were written.
        """
        found: list[AgentWord] = []
        for reply in self._replies.values():
            for word, first, last in self._places(reply):
                span = self._heard(reply, first, last)
                if span is not None:
                    found.append(AgentWord(word, span))
        return sorted(found, key=lambda word: word.span)

    # --- inside -----------------------------------------------------------------------------------------------

    def _play(self, at: int, name: str, samples: Samples) -> None:
        reply = self._replies.setdefault(name, _Reply())
        start = max(samples_before(at, VOICE_RATE), self._pieces[-1].end if self._pieces else 0)
        piece = _Piece(name, start, reply.samples, samples)
        self._pieces.append(piece)
        reply.pieces.append(piece)
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > AUDIBLE)
        if len(loud):
            self._sounded_until = start + int(loud[-1]) + 1
            blocks = np.unique((loud + reply.samples) // BLOCK).tolist()
            reply.loud += [block for block in blocks if not reply.loud or block > reply.loud[-1]]
        reply.samples += len(samples)

    def _cut(self, now: int) -> Iterator[tuple[str, int]]:
        """Throw away all that would be played from sample `now` on."""
        cut: dict[str, int] = {}
        kept: list[_Piece] = []
        for piece in self._pieces:
            if piece.end > now:
                played = max(0, now - piece.start)
                cut.setdefault(piece.reply, piece.offset + played)
                if not played:
                    continue
                piece.samples = piece.samples[:played]
            kept.append(piece)
        self._pieces = kept
        for name in cut:
            reply = self._replies[name]
            reply.pieces = [piece for piece in kept if piece.reply == name]
            reply.cut = not reply.whole
        if cut:
            self._sounded_until = min(self._sounded_until, now)
        for name, samples in cut.items():
            yield name, samples_at(samples, VOICE_RATE)

    def _write(self, now: int, reply: _Reply, text: str, span: Span | None) -> None:
        """Append words. They may come in pieces of words: one without a blank before it goes on with the last."""
        words = text.split()
        played = next((piece.offset + now - piece.start for piece in reply.pieces if piece.end > now), reply.samples)
        goes_on = reply.open and bool(words) and not text[0].isspace()
        reply.open = bool(text) and not text[-1].isspace() and text[-1] not in ".,;:!?…"
        for place, word in enumerate(words):
            if span is None:
                first = max(0, played, reply.words[-1].last if reply.words else 0)
                last = first + round((len(word) + 1) / LETTERS * VOICE_RATE)
            else:
                first, last = (
                    samples_before(span.start + span.duration * n // len(words), VOICE_RATE) for n in (place, place + 1)
                )
            if place == 0 and goes_on:
                begun = reply.words.pop()
                reply.words.append(_Word(begun.text + word, begun.first, last, begun.exact))
            else:
                reply.words.append(_Word(word, first, last, span is not None))

    def _places(self, reply: _Reply) -> Iterator[tuple[str, int, int]]:
        """Each word with the samples of the reply's own sound in which it was said."""
        letters = [0, *accumulate(len(word.text) + 1 for word in reply.words)]
        for place, word in enumerate(reply.words):
            if word.exact or not reply.whole or not reply.loud:
                yield word.text, word.first, word.last
                continue
            first, last = (self._at_share(reply, letters[n] / letters[-1]) for n in (place, place + 1))
            yield word.text, first, last

    def _at_share(self, reply: _Reply, share: float) -> int:
        """Sample of a reply's sound before which this share of all that is audible lies."""
        exact = share * len(reply.loud)
        block = min(int(exact), len(reply.loud) - 1)
        return round((reply.loud[block] + exact - block) * BLOCK)

    def _heard(self, reply: _Reply, first: int, last: int) -> Span | None:
        """When these samples of a reply are played; None if their beginning was cut off, or has not come."""
        place = bisect_right(reply.pieces, first, key=lambda piece: piece.offset) - 1
        if place < 0 or first >= reply.pieces[place].offset + len(reply.pieces[place].samples):
            return None
        start = samples_at(reply.pieces[place].start + first - reply.pieces[place].offset, VOICE_RATE)
        return Span(start, start + samples_at(last - first, VOICE_RATE))
