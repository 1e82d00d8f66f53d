"""Sound without clicks: gain that moves in ramps, and seams between unrelated samples that are bridged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from duetto.timeline.turn import Samples

Sound = NDArray[np.float32]


class Gain:
    """A gain that goes to its target in a straight line over `ramp` samples."""

    def __init__(self, ramp: int) -> None:
        self._ramp = max(1, ramp)
        self._value = 1.0
        self._target = 1.0
        self._step = 0.0

    def aim(self, target: float) -> None:
        self._target = target
        self._step = (target - self._value) / self._ramp

    @property
    def settled(self) -> bool:
        """The gain stays as it is."""
        return self._value == self._target

    def apply(self, sound: Sound) -> Sound:
        """Return `sound` with the gain of its time."""
        if self._value == self._target:
            return sound if self._value == 1.0 else sound * np.float32(self._value)
        low, high = sorted((self._value, self._target))
        steps = np.arange(1, sound.size + 1, dtype=np.float32)
        course: Sound = np.clip(self._value + self._step * steps, low, high).astype(np.float32)
        if sound.size:
            self._value = float(course[-1])
            if abs(self._value - self._target) <= abs(self._step) / 2:
                self._value = self._target
        return sound * course


class Seams:
    """Joins stretches of sound. Where one does not go on from the last, the step between them decays over `ramp`."""

    def __init__(self, ramp: int) -> None:
        self._ramp = max(1, ramp)
        self._last = 0.0
        self._offset = 0.0
        self._left = 0

    @property
    def settled(self) -> bool:
        """No step is decaying."""
        return not self._left

    def rest(self) -> None:
        """A stretch of silence goes by, without a step to it."""
        self._last = 0.0

    def join(self, sound: Sound, *, seam: bool) -> Sound:
        """The next stretch. seam: it does not continue the one before."""
        if not sound.size:
            return sound
        if seam:
            self._offset = self._last - float(sound[0])
            self._left = self._ramp
        bridged = min(self._left, sound.size)
        if bridged:
            course = np.arange(self._left, self._left - bridged, -1, dtype=np.float32) / np.float32(self._ramp)
            sound = sound.copy()
            sound[:bridged] += np.float32(self._offset) * course
            self._left -= bridged
        self._last = float(sound[-1])
        return sound


def fade_out(samples: Samples, length: int, ramp: int) -> Sound:
    """Silence the last `length` samples in a line that reaches zero after `ramp` of them."""
    sound = samples.astype(np.float32)
    if length:
        course = 1 - np.arange(1, length + 1, dtype=np.float32) / max(1, ramp)
        sound[sound.size - length :] *= np.maximum(course, 0)
    return sound


def to_samples(sound: Sound) -> Samples:
    """Round to int16, clipped."""
    return np.minimum(np.maximum(np.rint(sound), -32768), 32767).astype(np.int16)
