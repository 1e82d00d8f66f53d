"""The log-mel spectrogram that models of Whisper's family hear (Radford et al. 2022, section 2.2).

25 ms windows every 10 ms, 80 triangles on Slaney's mel scale (Auditory Toolbox, 1998), decadic logarithm, the lowest
80 dB below the loudest.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from duetto.timeline.turn import MIC_RATE

BANDS: Final = 80
HOP: Final = 160
"""Samples from one frame to the next."""
_WINDOW: Final = 400
_RANGE: Final = 8.0
"""Powers of ten kept below the loudest."""
_BREAK_HZ: Final = 1000.0
"""Slaney's scale is linear below, three mels for each 200 Hz, and logarithmic above."""
_LOG_STEP: Final = float(np.log(6.4)) / 27

Floats = NDArray[np.float32]


def log_mel(sound: Floats) -> Floats:
    """Of float32 (n,) at MIC_RATE, n a multiple of 160 above 400: (80, n / 160), mostly between −1 and 1."""
    half = _WINDOW // 2
    frames = sliding_window_view(np.pad(sound.astype(np.float64), half, mode="reflect"), _WINDOW)[:-1:HOP]
    power = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW + 1)[:-1], axis=1)) ** 2
    logs = np.log10(np.maximum(power @ _triangles(), 1e-10)).T
    scaled: Floats = ((np.maximum(logs, logs.max() - _RANGE) + 4) / 4).astype(np.float32)
    return scaled


@cache
def _triangles() -> NDArray[np.float64]:
    """(201, 80): each of the same area."""
    top = 3 * _BREAK_HZ / 200 + np.log(MIC_RATE / 2 / _BREAK_HZ) / _LOG_STEP
    mels = np.linspace(0, top, BANDS + 2)
    edges = np.where(mels < 15, 200 * mels / 3, _BREAK_HZ * np.exp(_LOG_STEP * (mels - 15)))
    left, middle, right = edges[:-2], edges[1:-1], edges[2:]
    at = np.linspace(0, MIC_RATE / 2, _WINDOW // 2 + 1)[:, None]
    rising, falling = (at - left) / (middle - left), (right - at) / (right - middle)
    triangles: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling)) * 2 / (right - left)
    return triangles
