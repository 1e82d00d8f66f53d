"""Sound in place of sound that was lost: the last pitch period again and again, fading, then silence.

The plain form of packet-loss concealment, after ITU-T G.711 Appendix I.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from duetto.server.rtc.peer import Sound

FADE_MS: Final = 60
"""Concealment has faded to silence after so long."""
HISTORY_MS: Final = 30
"""Sound kept to find the pitch in."""
SHORTEST_MS, LONGEST_MS = 2.5, 15.0
"""Pitch periods looked for: 400 to 67 Hz."""
JOIN_MS: Final = 2.5
"""Overlap in which real sound takes over again."""
SEARCH_RATE: Final = 8000
"""The pitch is looked for in sound thinned to about this rate."""
QUIET: Final = 8
"""Peak (int16) below which there is nothing worth repeating."""


class Concealer:
    """Sees all sound that goes by, and continues it where some is missing. rate: samples per second."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._history: Sound = np.zeros(rate * HISTORY_MS // 1000, np.int16)
        self._fade = rate * FADE_MS // 1000
        self._join = round(rate * JOIN_MS / 1000)
        self._period: NDArray[np.float32] | None = None
        self._missing = 0
        """Samples made up since real sound came last."""

    @property
    def concealing(self) -> bool:
        """Whether the last sound was made up."""
        return self._missing > 0

    def sound(self, samples: Sound) -> Sound:
        """Real sound, int16 (n,), as it shall be played: after a gap it is blended in."""
        if self._missing and len(samples):
            length = min(self._join, len(samples))
            made_up = self._continued(length)
            self._missing = 0
            rising = (np.arange(length, dtype=np.float32) + 1) / (length + 1)
            samples = samples.copy()
            samples[:length] = np.rint(made_up * (1 - rising) + samples[:length] * rising).astype(np.int16)
        self._remember(samples)
        return samples

    def missing(self, count: int) -> Sound:
        """`count` samples in place of lost ones."""
        if not self._missing:
            self._period = self._last_period()
        made_up = np.rint(self._continued(count)).astype(np.int16)
        self._missing += count
        return made_up

    def _continued(self, count: int) -> NDArray[np.float32]:
        """The next `count` samples of the fading repetition, float."""
        left = self._fade - self._missing
        out = np.zeros(count, np.float32)
        if left > 0 and self._period is not None:
            length = min(count, left)
            at = self._missing + np.arange(length)
            out[:length] = self._period[at % len(self._period)] * (1 - at / self._fade)
        return out

    def _remember(self, samples: Sound) -> None:
        size = len(self._history)
        self._history = samples[-size:] if len(samples) >= size else np.concatenate([self._history, samples])[-size:]

    def _last_period(self) -> NDArray[np.float32] | None:
        """The last pitch period of the history; for sound without pitch the stretch most like its end."""
        history = self._history.astype(np.float32)
        if np.abs(history).max(initial=0) < QUIET:
            return None
        thinning = max(1, self._rate // SEARCH_RATE)
        usable = len(history) // thinning * thinning
        thin = history[-usable:].reshape(-1, thinning).mean(axis=1)
        rate = self._rate / thinning
        shortest, longest = round(rate * SHORTEST_MS / 1000), round(rate * LONGEST_MS / 1000)
        template = thin[-(len(thin) - longest) :]
        search = thin[: len(thin) - shortest]
        match = np.correlate(search, template, "valid")
        squares = np.concatenate([[0.0], np.cumsum(search.astype(np.float64) ** 2)])
        energy = squares[len(template) :] - squares[: -len(template)]
        best = int(np.argmax(match / np.sqrt(energy + 1.0)))
        lag = (longest - best) * thinning
        return history[-lag:]
