"""A clip of the application's own, played instead of the talk."""

from __future__ import annotations

from typing import Final

import numpy as np

from duetto.timeline.turn import Samples

MOST_FIXTURE_S: Final = 30
"""Seconds of a clip."""


class Fixture:
    """Plays one clip, slice by slice. samples: int16 (n,) at VOICE_RATE. event_id: of the command, None without."""

    def __init__(self, samples: Samples, event_id: str | None) -> None:
        self.event_id = event_id
        self._samples = samples
        self._place = 0

    @property
    def over(self) -> bool:
        """All of it has been played."""
        return self._place >= len(self._samples)

    def mix(self, voice: bytes) -> bytes:
        """The next slice of the clip over duetto's own voice, which is cut off as it begins."""
        mixed = np.frombuffer(voice, dtype="<i2").astype(np.int32)
        clip = self._samples[self._place : self._place + len(mixed)]
        self._place += len(mixed)
        mixed[: len(clip)] += clip
        return np.clip(mixed, -32768, 32767).astype("<i2").tobytes()
