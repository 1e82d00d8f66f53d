"""How long a network stalls: sound that falls behind time, and comes up with it again."""

from __future__ import annotations

from typing import Final

from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, samples_at

STALL_LONGEST: Final = ms(1000)
"""A gap in the sound up to this long (ns) is a stall of the network; a longer one is a pause of the client's."""
_WINDOW: Final = MIC_RATE * 5
"""Samples: stalls are remembered for one to two times as long."""


class Stalls:
    """How long a network stalls at a time, from how far sound falls behind time and comes up with it again.

    A client that pauses falls behind and does not come up again; one that sends faster than time is never behind.
    """

    def __init__(self) -> None:
        self._behind = 0  # samples; below 0 there is more than time needs
        self._pausing = False
        self._peak = 0
        self._least = 0  # in this window
        self._found = 0  # the longest of this window
        self._found_before = 0
        self._window = 0

    @property
    def longest(self) -> int:
        """Samples, of the last 5 to 10 s."""
        return max(self._found, self._found_before)

    def pass_time(self, elapsed: int, arrived: int, waiting: int) -> None:
        """In `elapsed` samples of media time so many have arrived, and so many are left over."""
        if self._pausing and not arrived:
            return
        self._behind = max(-waiting, self._behind + elapsed - arrived)
        self._pausing = samples_at(self._behind, MIC_RATE) > STALL_LONGEST
        if self._pausing:
            self._behind = self._peak = self._least = 0
        self._peak = max(self._peak, self._behind)
        self._least = min(self._least, self._behind)
        self._found = max(self._found, self._peak - max(0, self._behind))
        self._window += elapsed
        if self._window >= _WINDOW:
            self._behind -= max(0, self._least)  # the way has become longer for good
            self._peak = self._least = self._behind
            self._found_before, self._found, self._window = self._found, 0, 0
