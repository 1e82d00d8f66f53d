"""From what a voice makes to what is played: one rate, no silence before the first sound, a measured pause after."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np
import soxr

from duetto.timeline.arrival import SpokenWord
from duetto.timeline.turn import VOICE_RATE, Samples

QUIET: Final = 100
"""Samples of this size and less are silence: 50 dB below full scale."""
LEAD: Final = VOICE_RATE // 100
"""Samples of silence that may stay before the first sound (10 ms)."""


class Shaper:
    """Resamples one clause to VOICE_RATE, cuts its leading silence and gives it a trailing pause of `pause` samples.

    Push what the voice makes, `finish()`, and `take` what is ready. Sound that may turn out to be trailing silence
    is kept back until more follows it. Resampling is soxr "HQ", whose delay is compensated: positions only scale.
    """

    def __init__(self, rate: int, pause: int) -> None:
        self._rate = rate
        self._pause = pause
        self._resampler = soxr.ResampleStream(rate, VOICE_RATE, 1, dtype="int16") if rate != VOICE_RATE else None
        self._waiting: Samples = np.zeros(0, np.int16)
        self._first = 0  # position of _waiting[0] in the shaped clause
        self._cut = 0  # samples of leading silence thrown away
        self._onset = False
        self._loud: int | None = None  # end of the last sound, in the shaped clause
        self._words: list[SpokenWord] = []
        self._latest = 0  # start of the latest word
        self.finished = False

    @property
    def ready(self) -> int:
        """Samples that can be taken now."""
        if self._loud is None:
            return 0
        return min(self._waiting.size, max(0, self._loud + self._pause - self._first))

    def push(self, samples: Samples, words: Iterable[SpokenWord] = ()) -> None:
        """Add the next samples, int16 (n,) at the voice's rate, and the words that begin in them."""
        self._append(samples, last=False)
        for word in words:
            start, end = self._place(word.start), self._place(word.end)
            self._latest = max(self._latest, start)
            self._words.append(SpokenWord(word.text, self._latest, max(self._latest, end)))

    def finish(self) -> None:
        """The voice has made all of it: fix the pause at its end."""
        self._append(np.zeros(0, np.int16), last=True)
        end = 0 if self._loud is None else self._loud + self._pause
        lacking = end - self._first - self._waiting.size
        if lacking > 0:
            self._waiting = np.concatenate([self._waiting, np.zeros(lacking, np.int16)])
        self._waiting = self._waiting[: max(0, end - self._first)]
        self._words = [SpokenWord(w.text, min(w.start, end), min(w.end, end)) for w in self._words]
        self.finished = True

    def take(self, count: int) -> tuple[Samples, tuple[SpokenWord, ...], bool]:
        """Up to `count` samples at VOICE_RATE, the words that begin in them, and whether that was the clause's last."""
        count = min(count, self.ready)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        self._first += count
        end = self.finished and not self._waiting.size
        words = tuple(w for w in self._words if end or w.start < self._first)
        self._words = self._words[len(words) :]
        return taken, words, end

    def _place(self, position: int) -> int:
        return max(0, round(position * VOICE_RATE / self._rate) - self._cut)

    def _append(self, samples: Samples, *, last: bool) -> None:
        if self._resampler is not None:
            samples = self._resampler.resample_chunk(samples, last=last)
        loud = np.flatnonzero((samples > QUIET) | (samples < -QUIET))
        if loud.size:
            self._loud = self._first + self._waiting.size + int(loud[-1]) + 1
        before = self._waiting.size
        self._waiting = np.concatenate([self._waiting, samples])
        if self._onset:
            return
        self._onset = bool(loud.size)
        surplus = (before + int(loud[0]) if loud.size else self._waiting.size) - LEAD
        if surplus > 0:
            self._cut_lead(surplus)

    def _cut_lead(self, surplus: int) -> None:
        self._cut += surplus
        self._waiting = self._waiting[surplus:]
        if self._loud is not None:
            self._loud -= surplus
        self._words = [SpokenWord(w.text, max(0, w.start - surplus), max(0, w.end - surplus)) for w in self._words]
        self._latest = max(0, self._latest - surplus)
