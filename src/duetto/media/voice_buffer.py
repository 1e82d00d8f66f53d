"""Sound on its way to a loudspeaker that asks for it at its own pace."""

from __future__ import annotations

import threading
from collections import deque
from typing import Final

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]

QUIET: Final = 64
"""Peak (int16) of a block that counts as a pause: -54 dB of full scale."""
BLOCK_MS: Final = 5
"""A pause is shortened in blocks of this length, in ms."""


class VoiceBuffer:
    """A bounded buffer between a session, which writes a slice per micro-turn, and a device, which reads.

    Before the first slice stands `margin_ms` of silence, against jitter. When the device finds nothing, it is given
    silence and the voice is late by as much; it is caught up in the next pauses, never within a word. Beyond
    `limit_ms` the oldest sound is dropped. Safe between two threads.
    """

    def __init__(self, rate: int, *, margin_ms: int = 60, limit_ms: int = 1500) -> None:
        if not 0 <= margin_ms < limit_ms:
            raise ValueError(f"margin_ms: 0 to less than limit_ms, {limit_ms} (got {margin_ms})")
        self._margin = rate * margin_ms // 1000
        self._limit = rate * limit_ms // 1000
        self._block = max(1, rate * BLOCK_MS // 1000)
        self._waiting: deque[Samples] = deque()
        self._length = 0
        self._begun = False
        self._late = 0
        self._lock = threading.Lock()
        self.underruns = 0
        """How often the device found too little."""
        self.dropped = 0
        """Samples dropped because too many waited."""

    def __len__(self) -> int:
        return self._length

    def write(self, samples: Samples) -> None:
        """Append samples, int16 (n,)."""
        with self._lock:
            if not self._begun:
                self._begun = True
                self._put(np.zeros(self._margin, np.int16))
            self._put(self._caught_up(samples) if self._late else samples)
            while self._length > self._limit and len(self._waiting) > 1:
                oldest = self._waiting.popleft()
                self._length -= len(oldest)
                self.dropped += len(oldest)

    def read(self, count: int) -> Samples:
        """The next `count` samples, int16, with silence for what is not there."""
        out = np.zeros(count, np.int16)
        with self._lock:
            done = 0
            while done < count and self._waiting:
                head = self._waiting.popleft()
                part = head[: count - done]
                out[done : done + len(part)] = part
                done += len(part)
                if len(part) < len(head):
                    self._waiting.appendleft(head[len(part) :])
            self._length -= done
            if done < count and self._begun:
                self.underruns += 1
                self._late += count - done
        return out

    def _put(self, samples: Samples) -> None:
        if len(samples):
            self._waiting.append(samples)
            self._length += len(samples)

    def _caught_up(self, samples: Samples) -> Samples:
        """The samples without as many of their quiet blocks as the voice is late."""
        blocks = len(samples) // self._block
        whole = samples[: blocks * self._block].reshape(blocks, self._block)
        quiet = np.flatnonzero(np.abs(whole.astype(np.int32)).max(axis=1, initial=0) < QUIET)
        left_out = quiet[: self._late // self._block]
        self._late -= len(left_out) * self._block
        if self._late < self._block:
            self._late = 0
        return np.concatenate([np.delete(whole, left_out, axis=0).ravel(), samples[blocks * self._block :]])
