"""What a simulated user's voice sounds like: a text read aloud, with pauses, or a recording."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from duetto.simulation.script import Says
from duetto.timeline.clock import ms
from duetto.timeline.turn import VOICE_RATE, Samples, samples_before

AUDIBLE = 60
"""Amplitude (of 32767) above which a sample of a voice counts as sound."""
LOUD = 0.02
"""Share of a recording's peak above which it is loud."""
PAUSE = ms(200)
"""Silence (ns) in a recording that is a pause."""


class Sound:
    """A text as sound, with its parts `[begin, stop)` between the pauses, in samples."""

    def __init__(self, samples: Samples, pieces: tuple[tuple[int, int], ...]) -> None:
        self.samples = samples
        self.pieces = pieces

    @classmethod
    def of(cls, deed: Says, speak: Callable[[str], Samples]) -> Sound:
        """Trimmed at both ends, with silence of the given length at each "…"."""
        if deed.sound:
            return cls.recorded(recording(deed.sound), deed.gain_db)
        gap = np.zeros(samples_before(deed.pause, VOICE_RATE), np.int16)
        parts: list[Samples] = []
        pieces: list[tuple[int, int]] = []
        length = 0
        for text in deed.text.split("…"):
            sound = speak(text.strip())
            loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > AUDIBLE)
            if not len(loud):
                continue
            if parts:
                parts.append(gap)
                length += len(gap)
            parts.append(sound[loud[0] : loud[-1] + 1])
            pieces.append((length, length + len(parts[-1])))
            length += len(parts[-1])
        if not parts:  # nothing to be said takes a moment all the same
            parts, pieces = (
                [np.zeros(samples_before(ms(1), VOICE_RATE), np.int16)],
                [(0, samples_before(ms(1), VOICE_RATE))],
            )
        return cls(_louder(np.concatenate(parts), deed.gain_db), tuple(pieces))

    @classmethod
    def recorded(cls, samples: Samples, gain_db: float) -> Sound:
        """A recording as it is, from its first loud sample to its last; pauses are where it is quiet for 200 ms."""
        loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > LOUD * np.abs(samples.astype(np.int32)).max(initial=1))
        if not len(loud):
            return cls(samples, ((0, len(samples)),))
        first = int(loud[0])
        parts = stretches(loud - first, samples_before(PAUSE, VOICE_RATE))
        return cls(_louder(samples[first : int(loud[-1]) + 1], gain_db), tuple((a, b + 1) for a, b in parts))


def recording(path: str) -> Samples:
    """A sound file's first channel, int16 (n,) at VOICE_RATE. Raises ValueError that names the file."""
    try:
        sound, rate = soundfile.read(path, dtype="int16", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise ValueError(f"sound: {path}: cannot be read: {error}") from None
    mono = np.ascontiguousarray(sound[:, 0])
    return mono if rate == VOICE_RATE else soxr.resample(mono, rate, VOICE_RATE).astype(np.int16)


def _louder(samples: Samples, gain_db: float) -> Samples:
    if not gain_db:
        return samples
    return np.clip(samples.astype(np.float64) * 10 ** (gain_db / 20), -32768, 32767).astype(np.int16)


def stretches(loud: NDArray[np.intp], gap: int) -> list[tuple[int, int]]:
    """First and last of the loud samples in each stretch without a gap of more than `gap` samples."""
    if not len(loud):
        return []
    breaks = np.flatnonzero(np.diff(loud) > gap)
    first = loud[np.concatenate([[0], breaks + 1])]
    last = loud[np.concatenate([breaks, [len(loud) - 1]])]
    return [(int(a), int(b)) for a, b in zip(first, last, strict=True)]
