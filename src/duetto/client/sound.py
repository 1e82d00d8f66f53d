"""The user's sound on its way to the server: one form, at the pace of time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from duetto.perception.audio.resampler import Resampler
from duetto.timeline.clock import WallClock, ms, s
from duetto.timeline.turn import VOICE_RATE, Samples, samples_at

CHUNK: Final = ms(40)
"""Sound (ns) in one message."""
AHEAD: Final = ms(400)
"""Sound (ns) that may be sent ahead of the moment at which it would be spoken."""


class SoundOut:
    """Cuts sound of any rate into messages' worth at VOICE_RATE, and says how long each has to wait."""

    def __init__(self) -> None:
        self._clock = WallClock()
        self._until = 0
        self._resampler: Resampler | None = None

    def chunks(self, samples: NDArray[Any], rate: int) -> Iterator[Samples]:
        """int16 or float (n,) or (n, channels) to int16 pieces of 40 ms. Raises ValueError that names the field."""
        sound = self._converted(np.asarray(samples), rate)
        size = CHUNK * VOICE_RATE // s(1)
        return (sound[first : first + size] for first in range(0, len(sound), size))

    def early(self) -> float:
        """Seconds to wait before the next piece."""
        self._until = max(self._until, self._clock.now())
        return max(0, self._until - self._clock.now() - AHEAD) / s(1)

    def sent(self, samples: Samples) -> None:
        self._until += samples_at(len(samples), VOICE_RATE)

    def _converted(self, sound: NDArray[Any], rate: int) -> Samples:
        if sound.ndim not in (1, 2):
            raise ValueError(f"samples: shape (n,) or (n, channels) (got {sound.shape})")
        if not 1_000 <= rate <= 384_000:
            raise ValueError(f"rate: from 1000 to 384000 samples a second (got {rate})")
        if sound.dtype == np.int16:
            mono = sound.astype(np.float32) / 32_768
        elif np.issubdtype(sound.dtype, np.floating):
            mono = np.nan_to_num(sound.astype(np.float32), posinf=0.0, neginf=0.0)
        else:
            raise ValueError(f"samples: int16 or float (got {sound.dtype})")
        if mono.ndim == 2:
            mono = mono.mean(axis=1)
        if rate != VOICE_RATE:
            if self._resampler is None or self._resampler.rate != rate:
                self._resampler = Resampler(rate, VOICE_RATE, np.float32)
            mono = self._resampler.push(mono)
        return np.clip(np.rint(mono * 32_768), -32_768, 32_767).astype(np.int16)
