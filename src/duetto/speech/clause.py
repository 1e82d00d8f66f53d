"""One planned clause and the little of its sound that playout holds."""

from __future__ import annotations

import numpy as np

from duetto.speech.words import split_words
from duetto.timeline.arrival import SpokenWord
from duetto.timeline.turn import Samples

_NOTHING = np.zeros(0, np.int16)


class PlannedClause:
    """A clause of the plan. Positions are samples (VOICE_RATE) from the clause's start.

    cursor: the next sample to hand out. reached: the furthest that was handed out; the cursor is behind it only
    while a word that was cut off is said again. words: those not wholly said yet; words[0] is number `index`.
    asked: samples that were asked of the voice and have not come. stale: answers on the way that are not wanted.
    rise: samples of a fade-in still to come. goes_on: as in the arrival `Clause`.
    """

    def __init__(self, id: int, reply: int, text: str, *, held: bool, amends: bool, goes_on: bool = False) -> None:
        self.id = id
        self.reply = reply
        self.text = text
        self.held = held
        self.amends = amends
        self.goes_on = goes_on
        self.begun = False
        self.stale = 0
        self.index = 0
        self._total = len(split_words(text))
        self.rise = 0
        self.word_at: int | None = None  # media time at which words[0] began to sound
        self.forget()

    def forget(self) -> None:
        """Nothing of its sound is kept; it can be made anew."""
        self.opened = False
        self.ended = False
        self.asked = 0
        self.cursor = 0
        self.reached = 0
        self.words: list[SpokenWord] = []
        self._samples: Samples = _NOTHING
        self._base = 0  # position of _samples[0]

    @property
    def known(self) -> int:
        """Position up to which there is sound."""
        return self._base + self._samples.size

    @property
    def ready(self) -> int:
        """Samples that can be handed out now."""
        return self.known - self.cursor

    @property
    def ahead(self) -> int:
        """Samples held that were never handed out."""
        return self.known - self.reached

    @property
    def claim(self) -> int:
        """Samples held or asked for that were never handed out."""
        return self.ahead + self.asked

    @property
    def kept(self) -> int:
        """Samples held that were handed out, in case their word must be said again."""
        return self.reached - self._base

    @property
    def exhausted(self) -> bool:
        """All of it was handed out."""
        return self.ended and self.cursor >= self.known

    @property
    def said(self) -> bool:
        """All of its words were handed out: nothing but a pause is left."""
        return not self.words and (self.ended or 0 < self._total <= self.index)

    def supply(self, samples: Samples, words: tuple[SpokenWord, ...], *, end: bool) -> None:
        """Its next samples, with the words that begin in them."""
        self._samples = np.concatenate([self._samples, samples])
        self.words += words
        self.asked = 0
        self.ended = end

    def peek(self, count: int) -> Samples:
        """The next `count` samples, at most `ready`."""
        begin = self.cursor - self._base
        return self._samples[begin : begin + count]

    def move(self, cursor: int) -> None:
        """The next sample to hand out is number `cursor`."""
        self.cursor = cursor
        self.reached = max(self.reached, cursor)

    def release_said(self, keep: int) -> None:
        """Let go of what was handed out, but for the word being said, of which at most `keep` samples stay."""
        start = self.cursor
        if self.words and self.words[0].start < start:
            start = max(self.words[0].start, start - keep)
        self._let_go(max(start, self._base))

    def restart(self, position: int) -> None:
        """Go back or on to the first word that was not wholly said by `position`, as far as its sound is there."""
        first = next((word.start for word in self.words if word.end > position), position)
        self.cursor = min(max(first, self._base), self.known)
        self._let_go(self.cursor)

    def _let_go(self, position: int) -> None:
        """Keep no sound before this position, which lies in what is kept or at its end."""
        self._samples = self._samples[position - self._base :]
        self._base = position
