"""Sound on its way in: any rate, any number of channels; out comes one canonical form."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final, TypeGuard

import numpy as np
from numpy.typing import NDArray

from duetto.perception.audio.resampler import Resampler
from duetto.timeline.stream import StreamFull
from duetto.timeline.turn import MIC_RATE, Samples

LOWEST_RATE: Final = 1_000
HIGHEST_RATE: Final = 384_000
MOST_CHANNELS: Final = 64


class AudioInput:
    """A bounded, thread-safe stream of sound: pushed at `rate`, taken as mono int16 at MIC_RATE.

    rate: samples per second, 1,000 to 384,000; one that is not whole is taken as the nearest that is. channels: 1 to
    64, mixed to one. limit_s: seconds of sound that may wait to be taken; at the limit `push` raises StreamFull, for
    sound is never dropped silently. Raises ValueError for a rate or number of channels outside its limits.
    """

    def __init__(self, rate: float, channels: int = 1, *, name: str = "mic", limit_s: float = 30.0) -> None:
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise ValueError(f"rate: from {LOWEST_RATE} to {HIGHEST_RATE} samples per second (got {rate})")
        if not 1 <= channels <= MOST_CHANNELS:
            raise ValueError(f"channels: from 1 to {MOST_CHANNELS} (got {channels})")
        self.name = name
        self.rate = rate
        self.channels = channels
        self._limit = round(limit_s * MIC_RATE)
        self._resampler = None if rate == MIC_RATE else Resampler(round(rate), MIC_RATE, np.float32)
        self._waiting: deque[Samples] = deque()
        self._available = 0
        self._taken = 0
        self._closed = False
        self._lock = threading.Lock()
        self._broken = 0
        self._clipped = 0
        self._told: set[str] = set()

    def push(self, samples: NDArray[Any]) -> None:
        """Append sound: shape (n,) or (n, channels); float −1 to 1, int16 or int32.

        NaN and infinite samples become silence, louder ones than full scale are clipped; both are counted. Raises
        ValueError for another shape or dtype, StreamFull at the limit, RuntimeError when closed.
        """
        if self._resampler is None and self.channels == 1 and _is_canonical(samples):
            self._push_canonical(samples)
            return
        mono = self._mono(samples)
        with self._lock:
            self._check(len(mono))
            if self._resampler is not None:
                mono = self._resampler.push(mono)
            self._append(mono)

    def _push_canonical(self, samples: Samples) -> None:
        """What needs no conversion: it would come out of one as it went in."""
        with self._lock:
            self._check(len(samples))
            if len(samples):
                self._waiting.append(samples.copy())
                self._available += len(samples)

    def _check(self, count: int) -> None:
        if self._closed:
            raise RuntimeError(f"{self.name}: the stream is closed")
        if self._available + count * MIC_RATE / self.rate > self._limit:
            raise StreamFull(f"{self.name}: {self._available / MIC_RATE:.1f} s of sound are waiting, the limit")

    def take(self, count: int) -> Samples:
        """Remove and return up to `count` samples, int16 (n,): fewer if fewer are there."""
        with self._lock:
            parts: list[Samples] = []
            left = count
            while left > 0 and self._waiting:
                part = self._waiting[0]
                if len(part) > left:
                    parts.append(part[:left])
                    self._waiting[0] = part[left:]
                    left = 0
                else:
                    parts.append(self._waiting.popleft())
                    left -= len(part)
            taken = parts[0] if len(parts) == 1 else np.concatenate(parts) if parts else np.zeros(0, np.int16)
            self._available -= len(taken)
            self._taken += len(taken)
            return taken

    @property
    def patience(self) -> int:
        """How long (ns) sound that is late is waited for in any case: a device brings it in time or not at all."""
        return 0

    def missed(self, count: int) -> None:
        """Silence was put in for `count` samples that have not come: sound of a device stays that much later."""

    def clear(self) -> None:
        """Throw away what is waiting."""
        with self._lock:
            self._waiting.clear()
            self._available = 0

    def close(self) -> None:
        """No more sound comes. What the resampler held back becomes available."""
        with self._lock:
            if not self._closed and self._resampler is not None:
                self._append(self._resampler.flush())
            self._closed = True

    @property
    def available(self) -> int:
        """Samples that can be taken now."""
        return self._available

    @property
    def taken(self) -> int:
        """Samples that were taken so far."""
        return self._taken

    @property
    def finished(self) -> bool:
        """Closed, and all of it taken."""
        return self._closed and self._available == 0

    def notices(self) -> tuple[str, ...]:
        """What was wrong with the sound so far, one sentence for each kind of trouble, each told once."""
        found: list[str] = []
        for kind, count, text in (
            ("broken", self._broken, "The {name} gave samples that are no numbers; they became silence."),
            ("clipped", self._clipped, "The {name} gave samples beyond full scale; they were clipped."),
        ):
            if count and kind not in self._told:
                self._told.add(kind)
                found.append(text.format(name=self.name))
        return tuple(found)

    def _mono(self, samples: NDArray[Any]) -> NDArray[np.float32]:
        array = np.asarray(samples)
        wanted = (array.shape[0], self.channels) if array.ndim == 2 else (array.shape[0] if array.ndim else -1,)
        if array.ndim not in (1, 2) or array.shape != wanted or (array.ndim == 1 and self.channels != 1):
            raise ValueError(f"samples: shape (n, {self.channels}) for {self.channels} channels (got {array.shape})")
        if array.dtype == np.int16:
            sound = array.astype(np.float32) / 32768
        elif array.dtype == np.int32:
            sound = array.astype(np.float32) / 2**31
        elif np.issubdtype(array.dtype, np.floating):
            with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and that is looked for
                sound = array.astype(np.float32)
        else:
            raise ValueError(f"samples: float, int16 or int32 (got {array.dtype})")
        broken = ~np.isfinite(sound)
        if broken.any():
            self._broken += int(broken.sum())
            sound = np.where(broken, np.float32(0), sound)
        over = np.abs(sound) > 1
        if over.any():
            self._clipped += int(over.sum())
            sound = np.clip(sound, -1, 1)
        return np.asarray(sound.mean(axis=1) if sound.ndim == 2 else sound, np.float32)

    def _append(self, mono: NDArray[np.float32]) -> None:
        if len(mono):
            whole = np.clip(np.rint(mono * 32768), -32768, 32767).astype(np.int16)
            self._waiting.append(whole)
            self._available += len(whole)


def _is_canonical(samples: object) -> TypeGuard[Samples]:
    return isinstance(samples, np.ndarray) and samples.dtype == np.int16 and samples.ndim == 1
