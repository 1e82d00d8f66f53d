"""The melody of a voice while it lasts: how loud it is, and whether its pitch falls, rises or stays at the end."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import Final

import numpy as np

from duetto.perception.audio.prosody import SILENCE_DB

KEPT: Final = 60
"""Pitches remembered, one a piece of 80 ms: those of the last 5 s of a voice."""
LEAST: Final = 5
"""Pitches without which nothing is said about the end."""
END: Final = 2
"""Pitches at the end that are held against those before."""


class Melody:
    """One voice from its onset on. level: of its loudest piece, dB of full scale."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A new onset."""
        self.level = SILENCE_DB
        self._pitches: deque[float] = deque(maxlen=KEPT)
        self._ending: float | None = None
        self._fresh = False

    def add(self, level: float, pitch: float | None) -> None:
        """The next piece: its level in dB of full scale and its pitch in Hz, None where unvoiced."""
        self.level = max(self.level, level)
        if pitch is not None:
            self._pitches.append(pitch)
            self._fresh = True

    @property
    def ending(self) -> float | None:
        """Semitones of the latest pitches above the median of those before; None where too little is known."""
        if self._fresh and len(self._pitches) >= LEAST:
            pitches = list(self._pitches)
            self._ending = float(12 * np.log2(median(pitches[-END:]) / median(pitches[:-END])))
        self._fresh = False
        return self._ending
