"""Repetitions, counted while they are made: a pose goes away from where it rests, and comes back."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from duetto.timeline.clock import ms

Vector = NDArray[np.float32]

_MOST: Final = 300
"""Poses kept at once."""
_BEYOND: Final = 2.5
"""Standard deviations of the noise that count for nothing in a distance."""


@dataclass(frozen=True, slots=True)
class CycleSettings:
    """What counts as a repetition."""

    back: float = 0.35
    """How near the pose must come to where it rests, as a share of its greatest distance on this way."""
    turn: float = 0.5
    """The same where it turns round and goes away again: someone who exercises does not stay on the spot."""
    away: float = 0.4
    """Share of the usual greatest distance that a way must have to be one."""
    renew: float = 0.3
    """Share in which the resting pose takes in each pose in which a repetition ended."""
    least_ms: float = 250.0
    """Milliseconds between two repetitions, at least."""
    window_ms: float = 3000.0
    """Milliseconds of the latest movement that the line is fitted to, at least."""
    window_cycles: float = 1.6
    """And so many repetitions at the latest pace."""
    most_window_ms: float = 8000.0
    """Milliseconds that it is fitted to at most."""
    rise: float = 0.5
    """Share of the present extent along the line that the way out must have."""
    fall: float = 0.7
    """Share of the way out along the line that the way back must have."""
    returned: float = 0.5
    """As `back`, for a way along the line."""


@dataclass(frozen=True, slots=True)
class _Way:
    """There and back along the line. low, end: where it began and ended, as indices of poses."""

    low: int
    end: int


class CycleCounter:
    """Counts how often a pose (a vector of anything that varies with it) goes out and comes back. It needs no period:
    a pause or a change of pace is no matter.

    The distance from the resting pose says when it is back. What swings about another pose, like a hand that was raised
    and waves, never is: it is found on the line along which the latest poses vary most (their first principal
    component), and after two swings the pose in which the second ended is the resting one.
    """

    def __init__(self, settings: CycleSettings | None = None) -> None:
        self.settings = settings or CycleSettings()
        self.noise: Vector | float = 1.0
        """Standard deviation of the noise in each number of a pose. It may be set at any time."""
        self.weight: Vector | float = 1.0
        """What each number of a pose counts for, 0 to 1. It may be set at any time."""
        self.floor = 12.0
        """Distance between two poses below which all is noise."""
        self.count = 0
        """Repetitions so far; never falls."""
        self.period: int | None = None
        """ns that a repetition takes at present, once there were two."""
        self.ended: int | None = None
        """Media time (ns) at which the last one ended."""
        self.began: int | None = None
        """Media time (ns) at which it began."""
        self._poses: deque[tuple[int, Vector]] = deque(maxlen=_MOST)
        self._ends: deque[int] = deque(maxlen=4)
        self._rest: Vector | None = None
        self._reach = 0.0  # greatest distance on this way
        self._least = 0.0  # least one since
        self._nearest: Vector | None = None
        self._usual = 0.0
        self._line: Vector | None = None

    def rest(self, poses: list[Vector]) -> None:
        """Before the first repetition: these are the pose at rest, () where it has been moving already."""
        self._rest = np.asarray(np.mean(poses, axis=0), np.float32) if poses else None
        self._reach = 0.0

    def see(self, at: int, pose: Vector) -> bool:
        """Take in a pose, float32 (k,), of media time `at` (ns). True when a repetition is complete."""
        self._poses.append((at, pose))
        if self._returned(pose) and (not self._ends or at - self._ends[-1] >= ms(self.settings.least_ms)):
            self._counted([at], pose)
            return True
        since = self._ends[-1] if self._ends else self._poses[0][0]
        if at - since < ms(4 * self.settings.least_ms) or len(self._poses) < 6:
            return False
        ways = self._ways(since)
        if len(ways) < 2:
            return False
        self._counted([self._poses[way.end][0] for way in ways], self._poses[ways[-1].end][1])
        self._rest, self._usual = self._poses[ways[-1].low][1], 0.0
        return True

    def clear(self) -> None:
        """Begin anew."""
        self.count = 0
        self.period = self.ended = self.began = self._line = self._rest = None
        self._reach = self._usual = 0.0
        self._poses.clear()
        self._ends.clear()

    # --- from rest to rest ------------------------------------------------------------------------------------

    def _distance(self, one: Vector, other: Vector) -> float:
        beyond = np.maximum(np.abs(one - other) - _BEYOND * self.noise, 0.0) * self.weight
        return float(np.sqrt(beyond @ beyond))

    def _returned(self, pose: Vector) -> bool:
        if self._rest is None:
            return False
        settings = self.settings
        distance = self._distance(pose, self._rest)
        if self._reach == 0.0:
            # The way back has not been gone to its end when it counts.
            if self._nearest is not None and distance <= self._least:
                self._least, self._nearest = distance, pose
            elif distance >= max(self.floor, settings.back * self._usual, 1.5 * self._least):
                self._leave(distance)
            return False
        if distance >= self._reach:
            self._reach = self._least = distance
            self._nearest = None
            return False
        if self._reach < max(self.floor, settings.away * self._usual):
            return False
        if distance < self._least:
            self._least, self._nearest = distance, pose
        if distance <= settings.back * self._reach:
            return True
        turned = self._least <= settings.turn * self._reach and distance - self._least >= 0.2 * self._reach
        if turned and self._usual and self._nearest is not None and self._retraced(pose):
            self._rest = self._nearest
            return True
        return False

    def _retraced(self, pose: Vector) -> bool:
        """It goes back the way it came, and does not just pass the resting pose."""
        nearest = next((n for n, (_, kept) in enumerate(reversed(self._poses)) if kept is self._nearest), None)
        if nearest is None or 2 * nearest >= len(self._poses):
            return False
        return self._distance(pose, self._poses[-1 - 2 * nearest][1]) <= self.settings.turn * self._reach

    def _leave(self, distance: float) -> None:
        """Another way begins; the resting pose takes in the one that it begins from."""
        if self._rest is not None and self._nearest is not None:
            share = self.settings.renew
            self._rest = np.asarray((1 - share) * self._rest + share * self._nearest, np.float32)
        self._reach = self._least = distance
        self._nearest = None

    def _counted(self, ends: list[int], pose: Vector) -> None:
        self.began = self._ends[-1] if self._ends else self._poses[0][0]
        if len(ends) > 1:
            self.began = ends[-2]
        self.count += len(ends)
        self.ended = ends[-1]
        self._ends.extend(ends)
        if len(self._ends) > 1:
            self.period = int(np.median(np.diff(self._ends)))
        if self._rest is not None:
            self._usual = self._reach if self._usual == 0.0 else 0.5 * (self._usual + self._reach)
            self._nearest, self._least = pose, self._distance(pose, self._rest)
        self._reach = 0.0

    # --- along the line ---------------------------------------------------------------------------------------

    def _ways(self, since: int) -> list[_Way]:
        """Out and back along the line since media time `since` (ns)."""
        settings = self.settings
        times = np.array([then for then, _ in self._poses])
        poses = np.stack([pose for _, pose in self._poses])
        along, extent = self._along(times, poses)
        if extent < self.floor:
            return []
        ways: list[_Way] = []
        low = high = int(np.searchsorted(times, since))
        out = False
        for now in range(low + 1, len(along)):
            value = along[now]
            if not out:
                if value < along[low]:
                    low = now
                elif value - along[low] >= settings.rise * extent:
                    out, high = True, now
                continue
            if value > along[high]:
                high = now
                continue
            way = min(float(along[high] - along[low]), extent)
            if along[high] - value < settings.fall * way:
                continue
            reach = self._distance(poses[high], poses[low])
            if self._distance(poses[now], poses[low]) <= settings.returned * reach:
                ways.append(_Way(low, now))
                out, low = False, now
            elif along[high] - value >= way:
                # It has gone somewhere else, and begins anew from there.
                out, low = False, now
        return ways

    def _along(self, times: NDArray[np.int64], poses: NDArray[np.float32]) -> tuple[Vector, float]:
        """Where each pose is on the line, the first of them low; and how far the latest ones extend."""
        settings = self.settings
        length = max(ms(settings.window_ms), round(settings.window_cycles * (self.period or 0)))
        recent = times >= times[-1] - min(length, ms(settings.most_window_ms))
        window = poses[recent]
        middle = window.mean(axis=0)
        centred = (window - middle) * self.weight
        # Power iteration; the line of the picture before is a good beginning, and keeps its direction.
        line = self._line
        if line is None:
            line = centred[np.argmax((centred**2).sum(axis=1))]
        for _ in range(4):
            line = (centred @ line) @ centred
            size = float(np.linalg.norm(line))
            if size < 1e-9:
                return np.zeros(len(poses), np.float32), 0.0
            line = line / size
        along = ((poses - middle) * self.weight) @ line
        along = np.convolve(np.pad(along, 1, mode="edge"), np.array([0.25, 0.5, 0.25]), "valid")
        low, high = np.percentile(along[recent], (4, 96))
        if not self.count and along[:3].mean() > (low + high) / 2:
            along, line = -along, -line
        self._line = np.asarray(line, np.float32)
        return np.asarray(along, np.float32), float(high - low)
