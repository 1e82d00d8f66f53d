"""Sound from one rate to another, as it comes.

FFmpeg's libswresample, which PyAV brings: it holds back half of its filter, 16 samples of the lower of the two rates.
soxr at high quality filters more steeply, and holds back 21 ms on the mean of sound from 24 or 48 kHz that is pushed in
blocks of 20 to 40 ms, 36 at most, and 64 ms of sound from 8 kHz: all would be heard that much later.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

_FORMATS: Final[dict[type, str]] = {np.int16: "s16", np.float32: "flt"}


class Resampler:
    """A stream of mono sound from `rate` to `to` samples per second.

    dtype: of the samples, given and got. Flat to 0.42 of the lower rate, −4 dB at 0.475, −60 dB from 0.56 on. Raises
    ValueError for a rate below 1.
    """

    def __init__(self, rate: int, to: int, dtype: type[np.int16] | type[np.float32] = np.int16) -> None:
        if min(rate, to) < 1:
            raise ValueError(f"rate: at least 1 sample per second (got {rate} to {to})")
        self.rate = rate
        self.to = to
        self.dtype = dtype
        self._made = self._new()

    def push(self, samples: NDArray[Any]) -> NDArray[Any]:
        """The next samples, (n,): what there is of them by now at the other rate, (m,)."""
        if not len(samples):
            return np.zeros(0, self.dtype)
        packed: Any = np.ascontiguousarray(samples, self.dtype)[None]
        frame = AudioFrame.from_ndarray(packed, format=_FORMATS[self.dtype], layout="mono")
        frame.sample_rate = self.rate
        return self._joined(self._made.resample(frame))

    def flush(self) -> NDArray[Any]:
        """What was held back, (m,). What comes then is a new stream."""
        rest = self._joined(self._made.resample(None))
        self._made = self._new()
        return rest

    def _new(self) -> AudioResampler:
        return AudioResampler(format=_FORMATS[self.dtype], layout="mono", rate=self.to)

    def _joined(self, frames: list[AudioFrame]) -> NDArray[Any]:
        parts = [frame.to_ndarray()[0] for frame in frames]
        return np.concatenate(parts) if len(parts) > 1 else parts[0] if parts else np.zeros(0, self.dtype)
