"""How busy the engine is: measured, so that it refuses in time rather than slowing down for all."""

from __future__ import annotations

from collections import deque
from typing import Final

from duetto.timeline.clock import Stopwatch

WEIGHT: Final = 0.05
"""Share of the latest tick in the mean; at a tick of 20 ms about the last 0.4 s count."""
KEPT: Final = 4096
"""Ticks whose lateness is kept."""


class Load:
    """tick: ns. Times are wall times of this thread's work, so that a machine that others use counts as busier."""

    def __init__(self, tick: int) -> None:
        self._tick = tick
        self._share = 0.0
        self._late: deque[int] = deque(maxlen=KEPT)
        self._watch = Stopwatch()
        self._fresh = 0.0  # seats taken that the mean does not know yet
        self._seats = 0

    def begin(self, late: int) -> None:
        """A tick begins, `late` ns after its time."""
        self._late.append(late)
        self._watch = Stopwatch()

    def end(self, seats: int) -> int:
        """Its work is done, for so many seats in all. Returns ns that it took."""
        took = self._watch.wall_ns()
        share = took / self._tick
        self._share += WEIGHT * (share - self._share)
        self._seats = seats
        self._fresh *= 1 - WEIGHT
        return took

    def seated(self) -> None:
        """A conversation more, which costs something from the next ticks on."""
        self._fresh += 1

    @property
    def share(self) -> float:
        """Share of its time in which the engine works, 0 to 1 and above; the newest conversations estimated."""
        each = self._share / self._seats if self._seats else 0.0
        return self._share + each * self._fresh

    def lateness(self, share: float) -> int:
        """Ns below which this share (0 to 1) of the latest ticks were late."""
        if not self._late:
            return 0
        ordered = sorted(self._late)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
