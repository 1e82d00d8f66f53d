"""Mel cepstra and their differences as pocketsphinx's model was trained on, from sound piece by piece."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from duetto.timeline.turn import MIC_RATE, Samples

Floats = NDArray[np.float32]

STEP: Final = MIC_RATE // 100
"""Samples from frame to frame."""
WINDOW: Final = 410
"""Samples of a frame."""
AHEAD: Final = 3
"""Frames past its own that a frame's differences need."""
_BINS: Final = 512
_BANDS: Final = 25
_LOWEST: Final = 130.0
_HIGHEST: Final = 6800.0
_EMPHASIS: Final = 0.97
_LIFTER: Final = 22
_COUNT: Final = 13


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 2595 * np.log10(1 + hertz / 700)


def _bands() -> Floats:
    """Triangles of area 1, float32 (bins, bands): corners evenly on the mel scale, each on a bin."""
    low, high = _mel(np.array([_LOWEST, _HIGHEST]))
    corners = 700 * (10 ** (np.linspace(low, high, _BANDS + 2) / 2595) - 1)
    width = MIC_RATE / _BINS
    corners = np.floor(corners / width + 0.5) * width
    bins = np.arange(_BINS // 2 + 1) * width
    left, middle, right = corners[:-2], corners[1:-1], corners[2:]
    rise = (bins[:, None] - left) / (middle - left)
    fall = (right - bins[:, None]) / (right - middle)
    return (np.clip(np.minimum(rise, fall), 0, None) * 2 / (right - left)).astype(np.float32)


def _cosines() -> Floats:
    """From bands to liftered cepstra: float32 (bands, 13)."""
    order, band = np.arange(_COUNT), np.arange(_BANDS)
    matrix = np.cos(np.pi * order * (band[:, None] + 0.5) / _BANDS) * np.sqrt(2 / _BANDS)
    matrix[:, 0] = np.sqrt(1 / _BANDS)
    lifted: Floats = (matrix * (1 + _LIFTER / 2 * np.sin(np.pi * order / _LIFTER))).astype(np.float32)
    return lifted


_HAMMING: Final = np.hamming(WINDOW).astype(np.float32)
_TRIANGLES: Final = _bands()
_TRANSFORM: Final = _cosines()


class Cepstra:
    """`feed` gives the cepstra, float32 (n, 13), of the frames that the sound, int16 (n,), completes."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """What comes next does not follow on what came."""
        self._rest = np.zeros(0, np.float32)
        self._last = 0.0

    def feed(self, samples: Samples) -> Floats:
        sound = samples.astype(np.float32)
        before = np.concatenate([[np.float32(self._last)], sound[:-1]])
        self._last = float(sound[-1]) if len(sound) else self._last
        sound = np.concatenate([self._rest, sound - np.float32(_EMPHASIS) * before[: len(sound)]])
        count = max(0, (len(sound) - WINDOW) // STEP + 1)
        self._rest = sound[count * STEP :]
        if not count:
            return np.zeros((0, _COUNT), np.float32)
        frames = np.lib.stride_tricks.sliding_window_view(sound, WINDOW)[: (count - 1) * STEP + 1 : STEP]
        spectrum = np.fft.rfft(frames * _HAMMING, _BINS)
        power = (spectrum.real**2 + spectrum.imag**2).astype(np.float32)
        found: Floats = np.log(power @ _TRIANGLES + np.float32(1e-4)) @ _TRANSFORM
        return found


class Differences:
    """`feed` turns cepstra, (n, 13), into features, (m, 39): those whose neighbours on both sides are known."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """What comes next does not follow on what came. Before its first frame it is as in that."""
        self._kept: Floats | None = None

    def feed(self, cepstra: Floats) -> Floats:
        if not len(cepstra):
            return np.zeros((0, 3 * _COUNT), np.float32)
        kept = np.repeat(cepstra[:1], AHEAD, axis=0) if self._kept is None else self._kept
        c = np.concatenate([kept, cepstra])
        self._kept = c[-2 * AHEAD :]
        count = len(c) - 2 * AHEAD
        if count <= 0:
            return np.zeros((0, 3 * _COUNT), np.float32)
        at = {shift: c[AHEAD + shift : AHEAD + shift + count] for shift in range(-AHEAD, AHEAD + 1)}
        return np.concatenate([at[0], at[2] - at[-2], (at[3] - at[-1]) - (at[1] - at[-3])], axis=1)
