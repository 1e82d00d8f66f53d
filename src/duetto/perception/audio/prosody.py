"""Level and pitch of a slice of sound: plain and causal."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from duetto.timeline.turn import MIC_RATE, Samples

LOWEST_PITCH: Final = 65.0
HIGHEST_PITCH: Final = 420.0
"""Hz: from a low man's voice to a child's."""
SPAN: Final = MIC_RATE * 48 // 1000
"""Samples that pitch is judged on, 48 ms: three periods of the lowest pitch."""
PERIODIC: Final = 0.5
"""Normalised autocorrelation below which sound counts as unvoiced (Boersma 1993 uses 0.45)."""
QUIET_DB: Final = -55.0
"""Level below which no pitch is looked for, dB of full scale."""
SILENCE_DB: Final = -120.0
FULL_SCALE: Final = 32768
"""Of int16."""


def level(samples: Samples) -> float:
    """RMS level in dB of full scale; −120 for digital silence or no samples."""
    if not len(samples):
        return SILENCE_DB
    sound = samples.astype(np.float32)
    return decibels(float(np.dot(sound, sound)) / (len(sound) * FULL_SCALE**2))


def decibels(power: float) -> float:
    """The level of sound with this mean square, full scale being 1: in dB of it, −120 at the least."""
    return max(SILENCE_DB, 10 * math.log10(power)) if power > 0 else SILENCE_DB


def pitch(samples: Samples) -> float | None:
    """Fundamental frequency in Hz at the end of `samples`, None where they are unvoiced, too quiet or too few.

    Autocorrelation divided by the window's own (Boersma 1993, "Accurate short-term analysis of the fundamental
    frequency"), the shortest lag that comes within a tenth of the best, refined by a parabola.
    """
    if len(samples) < SPAN or level(samples[-SPAN:]) < QUIET_DB:
        return None
    sound = samples[-SPAN:].astype(np.float32)
    sound = (sound - sound.mean()) * _WINDOW
    correlation = _correlation(sound)
    if correlation[0] <= 0:
        return None
    normal = correlation / correlation[0] / _WINDOW_CORRELATION
    searched = normal[_FIRST : _LAST + 1]
    best = float(searched.max())
    if best < PERIODIC:
        return None
    peaks = np.flatnonzero((searched[1:-1] >= searched[:-2]) & (searched[1:-1] >= searched[2:])) + 1
    good = peaks[searched[peaks] >= 0.9 * best]
    lag = _FIRST + int(good[0]) if len(good) else _FIRST + int(searched.argmax())
    before, here, after = (float(normal[lag + d]) for d in (-1, 0, 1))
    bend = before - 2 * here + after
    shift = 0.5 * (before - after) / bend if bend < 0 else 0.0
    return MIC_RATE / (lag + shift)


def _correlation(sound: NDArray[np.float32]) -> NDArray[np.float32]:
    """Autocorrelation, float32 (_LAST + 2,): of lags 0 on, by the power spectrum."""
    spectrum = np.fft.rfft(sound, _POINTS)
    spectrum *= spectrum.conj()
    return np.asarray(np.fft.irfft(spectrum)[: _LAST + 2], np.float32)


_WINDOW: Final = np.hanning(SPAN).astype(np.float32)
_FIRST: Final = int(MIC_RATE / HIGHEST_PITCH)
_LAST: Final = int(MIC_RATE / LOWEST_PITCH)
_POINTS: Final = 1024
"""Of the transform: no less than SPAN and the longest lag, so that the sound's end does not wrap to its beginning."""
_raw = _correlation(_WINDOW)
_WINDOW_CORRELATION: Final = _raw / _raw[0]
