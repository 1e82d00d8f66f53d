"""The voice between the engine, which gives a slice per micro-turn, and the network, which takes 20 ms at a time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np

from duetto.server.rtc.conceal import Concealer
from duetto.server.rtc.opus import VOICE_FRAME
from duetto.server.rtc.peer import Sound
from duetto.timeline.turn import VOICE_RATE

QUIET: Final = 64
"""Peak (int16) of a block that counts as a pause: -54 dB of full scale."""
BLOCK: Final = VOICE_RATE * 5 // 1000
"""A pause is shortened in blocks of this many samples."""
OBSERVED: Final = 50
"""Frames over which the least that waits is looked for: a second."""
SLACK: Final = VOICE_RATE * 20 // 1000
"""Samples above the wanted level that are let be."""
IDLE: Final = 10
"""Frames without sound after which the next sound begins anew."""
FADE: Final = VOICE_RATE * 5 // 1000
"""Samples over which the voice fades when it is flushed."""


@dataclass(frozen=True, slots=True)
class VoiceQueueSettings:
    """How much may wait."""

    ahead_ms: int = 40
    """Kept ready, against slices that come late."""
    limit_ms: int = 1000
    """May wait at most; beyond it the oldest is dropped."""


def without_quiet(samples: Sound, most: int) -> Sound:
    """The samples without the first of their quiet blocks, `most` samples of them at the most."""
    whole = len(samples) // BLOCK
    peaks = np.abs(samples[: whole * BLOCK].reshape(whole, BLOCK).astype(np.int32)).max(axis=1, initial=0)
    left_out = np.flatnonzero(peaks < QUIET)[: most // BLOCK]
    if not len(left_out):
        return samples
    kept = np.delete(samples[: whole * BLOCK].reshape(whole, BLOCK), left_out, axis=0).ravel()
    return np.concatenate([kept, samples[whole * BLOCK :]])


class VoiceQueue:
    """A bounded queue that neither runs dry nor grows. All counts are samples at VOICE_RATE.

    Sound that begins after silence gets a little silence before it, so that a late slice is not heard. Where there is
    nothing within speech the last sound fades. If, for a second, more waited than wanted (the engine's clock is
    faster, or the network's stood still), pauses are shortened by as much: never a word, until the limit.
    """

    def __init__(self, settings: VoiceQueueSettings | None = None) -> None:
        settings = settings or VoiceQueueSettings()
        self._ahead = VOICE_RATE * settings.ahead_ms // 1000
        self._limit = VOICE_RATE * settings.limit_ms // 1000
        self._waiting: deque[Sound] = deque()
        self._length = 0
        self._conceal = Concealer(VOICE_RATE)
        self._idle = IDLE
        self._least = self._limit
        self._seen = 0
        self._excess = 0
        self.dry = 0
        """Times that it ran dry within speech."""
        self.dropped = 0
        """Samples dropped because too many waited."""
        self.shortened = 0
        """Samples of pauses left out."""

    def __len__(self) -> int:
        return self._length

    def write(self, samples: Sound) -> None:
        """Append samples, int16 (n,)."""
        if not len(samples):
            return
        if self._idle >= IDLE:
            self._idle = 0
            self._observe_anew()
            self._put(np.zeros(max(0, self._ahead - self._length), np.int16))
        elif self._conceal.concealing and not self._waiting:
            self.dry += 1
        self._put(samples)
        if self._excess >= BLOCK or self._length > self._limit:
            self._shorten()

    def read(self) -> Sound:
        """The next frame, int16 (VOICE_FRAME,)."""
        out: list[Sound] = []
        missing = VOICE_FRAME
        while missing and self._waiting:
            head = self._waiting.popleft()
            if len(head) > missing:
                self._waiting.appendleft(head[missing:])
            part = self._conceal.sound(head[:missing])
            out.append(part)
            missing -= len(part)
            self._length -= len(part)
        if missing:
            if self._idle < IDLE:
                out.append(self._conceal.missing(missing))
                self._idle += 1
            else:
                out.append(self._conceal.sound(np.zeros(missing, np.int16)))
        else:
            self._idle = 0
        self._observe()
        return np.concatenate(out) if len(out) > 1 else out[0]

    def flush(self) -> int:
        """Throw away what waits, but for 5 ms that fade; returns how many samples that were."""
        if not self._length:
            return 0
        tail = np.concatenate(self._waiting)[:FADE]
        thrown = self._length - len(tail)
        self._waiting.clear()
        self._length = 0
        self._put(np.rint(tail * np.linspace(1, 0, len(tail), endpoint=False)).astype(np.int16))
        self._idle = IDLE
        return thrown

    def _put(self, samples: Sound) -> None:
        if len(samples):
            self._waiting.append(samples)
            self._length += len(samples)

    def _observe_anew(self) -> None:
        self._least, self._seen, self._excess = self._limit, 0, 0

    def _observe(self) -> None:
        """After each frame: how much waited at the least in this second?"""
        self._least = min(self._least, self._length)
        self._seen += 1
        if self._seen >= OBSERVED:
            excess = self._least - self._ahead
            self._observe_anew()
            self._excess = excess if excess > SLACK else 0

    def _shorten(self) -> None:
        """Leave out pauses; beyond the limit, the oldest sound."""
        all_of_it = np.concatenate(self._waiting)
        over = max(self._excess, self._length - self._limit)
        kept = without_quiet(all_of_it, over)
        self.shortened += len(all_of_it) - len(kept)
        self._excess = max(0, self._excess - (len(all_of_it) - len(kept)))
        if len(kept) > self._limit:
            self.dropped += len(kept) - self._limit
            kept = kept[-self._limit :]
        self._waiting.clear()
        self._length = 0
        self._put(kept)
