"""What of the sound that came was really played, so that only that becomes history on the server."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

import numpy as np

from duetto.client.event import Ended, Event, Sound
from duetto.timeline.clock import NS_PER_MS
from duetto.timeline.turn import VOICE_RATE, Samples, samples_at

LONGEST: Final = 60 * VOICE_RATE
"""Samples that may wait to be played."""


class Playback:
    """Sound on its way to a loudspeaker. `take` may be called from the loudspeaker's own thread.

    played: is told a response and the ms of its sound that were played, once: when all of it was, or when it was cut.
    """

    def __init__(self, played: Callable[[str, float], None]) -> None:
        self._played = played
        self._lock = threading.Lock()
        self._waiting: deque[tuple[str, Samples]] = deque()
        self._samples = 0
        self._taken: dict[str, int] = {}
        self._ended: set[str] = set()

    def on_event(self, event: Event) -> None:
        """Sound is kept until it is taken; that of a response which was cut is thrown away."""
        match event:
            case Sound(samples, response):
                with self._lock:
                    self._taken.setdefault(response, 0)
                    if self._samples + len(samples) <= LONGEST:
                        self._waiting.append((response, samples))
                        self._samples += len(samples)
            case Ended(response, how):
                with self._lock:
                    if response not in self._taken:
                        return
                    if how == "cancelled":
                        self._waiting = deque(one for one in self._waiting if one[0] != response)
                        self._samples = sum(len(samples) for _, samples in self._waiting)
                    self._ended.add(response)
                self._report()
            case _:
                pass

    def take(self, count: int) -> Samples:
        """The next `count` samples, silence where there are none."""
        found = np.zeros(count, np.int16)
        filled = 0
        with self._lock:
            while filled < count and self._waiting:
                response, samples = self._waiting.popleft()
                part = samples[: count - filled]
                found[filled : filled + len(part)] = part
                filled += len(part)
                self._taken[response] += len(part)
                if len(part) < len(samples):
                    self._waiting.appendleft((response, samples[len(part) :]))
            self._samples -= filled
        self._report()
        return found

    @property
    def waiting(self) -> int:
        """Samples that have not been taken yet."""
        return self._samples

    def _report(self) -> None:
        with self._lock:
            open_ = {response for response, _ in self._waiting}
            done = [response for response in self._ended if response not in open_]
            told = [(response, samples_at(self._taken.pop(response), VOICE_RATE) / NS_PER_MS) for response in done]
            self._ended.difference_update(done)
        for response, milliseconds in told:
            self._played(response, milliseconds)
