"""What an agent says by itself, remark by remark, and the numbers in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from duetto.bench.scores.taken import WORD_LEAD
from duetto.bench.scores.words import plain, said
from duetto.bench.trial import AgentWord, Trial
from duetto.timeline.clock import ms

GAP: Final = ms(250)
"""ns of silence between words after which another remark begins, unless a comma says that it goes on."""
COMMA_GAP: Final = ms(800)
"""The same after a comma."""
SHORT: Final = 6
"""Words of a remark at most that says "start" or "stop": a longer one talks about it, as a confirmation does."""
_SENTENCE_ENDS: Final = (".", "!", "?", "…")
_COMMAS: Final = (",", ";", ":")
_STOPS: Final = (*_SENTENCE_ENDS, *_COMMAS)
_LONGEST_NUMBER: Final = 4


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence, or what stands between two silences, all of one reply.

    start: ns, of its first sample; end: of its last word.
    """

    words: tuple[AgentWord, ...]
    start: int
    end: int

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    def says(self, wanted: Sequence[str]) -> bool:
        """One of these texts is said in it: words in order, numbers by value."""
        heard = plain(self.text)
        return any(said(heard, text) for text in wanted)

    @property
    def short(self) -> bool:
        return len(self.words) <= SHORT


def remarks(trial: Trial, since: int = 0) -> tuple[Remark, ...]:
    """All remarks that begin at `since` (ns) or later, in their order."""
    found: list[list[AgentWord]] = []
    for word in sorted(trial.words, key=lambda one: one.span.start):
        before = found[-1][-1] if found else None
        if before is None or _parted(before, word):
            found.append([])
        found[-1].append(word)
    whole = (Remark(tuple(words), _sounds(trial, words[0]), words[-1].span.end) for words in found)
    return tuple(remark for remark in whole if remark.start >= since)


def _parted(before: AgentWord, word: AgentWord) -> bool:
    if before.text.endswith(_SENTENCE_ENDS) or before.reply != word.reply:
        return True
    return word.span.start - before.span.end >= (COMMA_GAP if before.text.endswith(_COMMAS) else GAP)


def _sounds(trial: Trial, word: AgentWord) -> int:
    """When (ns) the word's sound begins: where a stretch of speech begins about there, with that."""
    start = word.span.start
    near = (span.start for span in trial.speech if start - ms(100) <= span.start <= start + WORD_LEAD)
    return next(near, start)


def numbers_said(trial: Trial, since: int = 0) -> tuple[tuple[int, int], ...]:
    """Whole numbers said from `since` (ns) on, each with the moment (ns) at which it began, in their order."""
    return tuple(pair for remark in remarks(trial, since) for pair in _numbers(remark))


def _numbers(remark: Remark) -> Iterator[tuple[int, int]]:
    words, at = remark.words, 0
    while at < len(words):
        step = 1
        for end in range(min(len(words), at + _LONGEST_NUMBER), at, -1):
            if any(word.text.endswith(_STOPS) for word in words[at : end - 1]):
                continue
            parts = plain(" ".join(word.text for word in words[at:end]))
            if len(parts) == 1 and parts[0].isdigit():
                yield int(parts[0]), remark.start if at == 0 else words[at].span.start
                step = end - at
                break
        at += step
