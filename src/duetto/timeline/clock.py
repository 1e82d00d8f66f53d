"""Media time, and the only place that reads the machine's clock.

Media time is an integer number of nanoseconds since the session began. Everything else in duetto is told the
time; a `VirtualClock` therefore runs an hour of conversation as fast as the machine can compute it, and a test
decides to the nanosecond what happens when. The idea is trio's (`trio.abc.Clock`, `trio.testing.MockClock`).
"""

from __future__ import annotations

import time
from typing import Final, Protocol

NS_PER_MS: Final = 1_000_000
NS_PER_S: Final = 1_000_000_000

VIRTUAL_EPOCH_NS: Final = 1_767_261_600 * NS_PER_S
"""Unix time at which a `VirtualClock` begins unless told otherwise: 2026-01-01 10:00:00 UTC."""


def ms(milliseconds: float) -> int:
    """Milliseconds to nanoseconds."""
    return round(milliseconds * NS_PER_MS)


def s(seconds: float) -> int:
    """Seconds to nanoseconds."""
    return round(seconds * NS_PER_S)


def in_ms(ns: int) -> float:
    """Nanoseconds to milliseconds."""
    return ns / NS_PER_MS


def in_s(ns: int) -> float:
    """Nanoseconds to seconds."""
    return ns / NS_PER_S


class Clock(Protocol):
    """Where a session's media time comes from."""

    @property
    def realtime(self) -> bool:
        """True when media time passes by itself; false when it passes only in `sleep_until`."""
        ...

    @property
    def epoch_ns(self) -> int:
        """Unix time in nanoseconds at media time 0: what turns media time into a time of day."""
        ...

    def now(self) -> int:
        """Media time in ns."""
        ...

    def sleep_until(self, when: int) -> None:
        """Return at media time `when` (ns), or at once when it has passed."""
        ...


class WallClock:
    """Media time that passes with the machine's monotonic clock, from the moment of `start()`."""

    def __init__(self) -> None:
        self._origin: int | None = None
        self._epoch_ns = time.time_ns()

    @property
    def realtime(self) -> bool:
        return True

    @property
    def epoch_ns(self) -> int:
        return self._epoch_ns

    def start(self) -> None:
        """Make this moment media time 0. The first `now()` does so by itself."""
        self._origin = time.monotonic_ns()
        self._epoch_ns = time.time_ns()

    def now(self) -> int:
        if self._origin is None:
            self.start()
        assert self._origin is not None
        return time.monotonic_ns() - self._origin

    def sleep_until(self, when: int) -> None:
        remaining = when - self.now()
        if remaining > 0:
            time.sleep(remaining / NS_PER_S)


class VirtualClock:
    """Media time that jumps to wherever it is asked to go, and never passes otherwise."""

    def __init__(self, *, epoch_ns: int = VIRTUAL_EPOCH_NS) -> None:
        self._now = 0
        self._epoch_ns = epoch_ns

    @property
    def realtime(self) -> bool:
        return False

    @property
    def epoch_ns(self) -> int:
        return self._epoch_ns

    def now(self) -> int:
        return self._now

    def advance(self, by: int) -> int:
        """Let `by` ns pass and return the new media time. Raises ValueError for a negative `by`."""
        if by < 0:
            raise ValueError(f"by: media time does not run backwards (got {by} ns)")
        self._now += by
        return self._now

    def sleep_until(self, when: int) -> None:
        self._now = max(self._now, when)


class Stopwatch:
    """Machine time spent, in ns, for measuring what a piece of work costs. It never steers a conversation."""

    __slots__ = ("_wall",)

    def __init__(self) -> None:
        self._wall = time.perf_counter_ns()

    def wall_ns(self) -> int:
        """Nanoseconds since this stopwatch was made."""
        return time.perf_counter_ns() - self._wall


class Laps:
    """Machine time spent, in ns, by part of a piece of work: from one lap to the next. To begin with, `start`.

    The wall's time, not the processor's: that costs a system call each, which is a quarter of a short micro-turn.
    """

    __slots__ = ("_at", "_by")

    def __init__(self) -> None:
        self._at = 0
        self._by: dict[str, int] = {}

    def start(self) -> None:
        self._at = time.perf_counter_ns()

    def lap(self, part: str) -> None:
        """What was done since `start` or the last lap was for this part."""
        now = time.perf_counter_ns()
        self._by[part] = self._by.get(part, 0) + now - self._at
        self._at = now

    def take(self) -> dict[str, int]:
        """By part, since this was last called."""
        by, self._by = self._by, {}
        return by


class Deadline:
    """A bound on a real wait: `left()` seconds remain until it has passed.

    For waits on other threads and processes, which must end in machine time whatever the session's clock does.
    """

    __slots__ = ("_at",)

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds until the deadline, not below 0."""
        return max(0.0, self._at - time.monotonic())

    def passed(self) -> bool:
        return time.monotonic() >= self._at
