"""Lasting movement: when it starts and stops, and how often what repeats itself has been repeated."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final, Literal

import numpy as np

from duetto.perception.video.cycles import CycleCounter, CycleSettings, Vector
from duetto.perception.video.movers import Cells, Movers, MoverSettings
from duetto.perception.video.naming import Namer, NamingSettings
from duetto.perception.video.stage import Staged
from duetto.timeline.clock import ms
from duetto.timeline.order import MovementName

_LEAST_NOISE: Final = 0.6
"""Grey levels of noise in a number of the pose that are reckoned with in any case."""


@dataclass(frozen=True, slots=True)
class MovementSettings:
    """When a movement is a lasting one."""

    movers: MoverSettings = field(default_factory=MoverSettings)
    """What moves of itself."""
    naming: NamingSettings = field(default_factory=NamingSettings)
    """Which movement it is."""
    start_ms: float = 300.0
    """Milliseconds for which something must move before a movement has started."""
    within_ms: float = 1500.0
    """Milliseconds within which it must have moved often enough for that: a small movement comes and goes."""
    stop_ms: float = 500.0
    """Milliseconds for which nothing may move before it has stopped."""
    stop_cycle: float = 0.2
    """The same as a share of a repetition, where that is more: a slow movement rests where it turns round."""
    most_stop_ms: float = 900.0
    """And at most."""
    sparse: float = 2.0
    """Or as many of the longest of the times between which it moved when it started, where it came and went."""
    most_sparse_ms: float = 1300.0
    """And at most."""
    resume_s: float = 12.0
    """Seconds of rest after which a movement may have another resting pose than the one before."""
    turn_s: float = 1.5
    """Seconds of rest after which a way out that did not come back is forgotten."""
    walked_ms: float = 700.0
    """Milliseconds after somebody has walked before a movement on the spot may start."""
    cycles: CycleSettings = field(default_factory=CycleSettings)
    """What counts as a repetition."""


@dataclass(frozen=True, slots=True)
class MovementChange:
    """started, repeated, stopped. since, last: media time (ns) of the first and the latest frame that showed it.

    count: repetitions so far since it started. name: as of `order.MovementName`.
    """

    change: Literal["started", "repeated", "stopped"]
    since: int
    last: int
    count: int
    name: MovementName = "movement"


class MovementWatcher:
    """One movement at a time, anywhere in the picture."""

    def __init__(self, settings: MovementSettings | None = None) -> None:
        self.settings = settings or MovementSettings()
        self.counter = CycleCounter(self.settings.cycles)
        self.movers = Movers(self.settings.movers)
        self.namer = Namer(self.settings.naming)
        self.lively = False
        """Something moves of itself in the newest picture."""
        self.since: int | None = None
        """Media time (ns) since which there is a movement, None while there is none."""
        self.last = 0
        """Media time (ns) of the latest frame that showed it."""
        self._stopped: int | None = None
        self._walked: int | None = None
        self._before: deque[tuple[int, Vector]] = deque(maxlen=32)
        self._lively: deque[int] = deque(maxlen=64)
        self._noise: Vector | None = None
        self._fresh = True
        self._counted = 0
        self._sparse = 0

    def see(self, staged: Staged) -> tuple[MovementChange, ...]:
        """Take in one picture; what started, was repeated or stopped by it."""
        at, pose = staged.at, _pose(staged)
        mover = self.movers.see(staged)
        self.namer.see(at, staged.steady)
        self.lively = mover.lively
        if mover.walks:
            self._walked = at
            self._lively.clear()
        elif mover.lively and (self._walked is None or at - self._walked >= ms(self.settings.walked_ms)):
            self._lively.append(at)
        while self._lively and at - self._lively[0] > ms(self.settings.within_ms):
            self._lively.popleft()
        if self.since is None:
            return self._wait(at, pose, mover.drifts)
        if mover.lively or self.movers.goes_on(at, staged.stirs):
            self.last = at
        self.counter.weight = _weight(self.movers.zone(at))
        changes: list[MovementChange] = []
        if self.counter.see(at, pose):
            changes.append(replace(self._change("repeated"), name=self._name(at)))
        if at - self.last >= self._patience():
            changes.extend(self.stop())
            self._before.append((at, pose))
        return tuple(changes)

    def stop(self) -> tuple[MovementChange, ...]:
        """It is over, as far as can be seen."""
        if self.since is None:
            return ()
        change = self._change("stopped")
        self.since, self._stopped = None, self.last
        self._before.clear()
        self._lively.clear()
        return (change,)

    def clear(self) -> tuple[MovementChange, ...]:
        """Another scene: what was counted is over."""
        changes = self.stop()
        self._before.clear()
        self.counter.clear()
        self.movers.clear()
        self.namer.clear()
        self._stopped = self._walked = None
        self._fresh = True
        return changes

    def _wait(self, at: int, pose: Vector, drifts: bool) -> tuple[MovementChange, ...]:
        if self._before and not self._lively:
            step = 0.886 * np.abs(pose - self._before[-1][1])
            self._noise = step if self._noise is None else 0.9 * self._noise + 0.1 * step
        self._before.append((at, pose))
        first = self._lively[0] if self._lively else at
        dense = len(self._lively) >= 3 and self._lively[-1] == at
        if not dense or at - first < ms(self.settings.start_ms) - ms(60):
            return ()
        if drifts and at - first < ms(self.settings.movers.travel_ms):
            return ()
        patience = self.settings.resume_s if self.counter.count else self.settings.turn_s
        if self._stopped is None or first - self._stopped > ms(1000 * patience):
            self.counter.clear()
            self._fresh = True
        self._stopped = None
        self.since, self.last = first, at
        apart = max(after - before for before, after in pairwise(self._lively))
        wide = apart > ms(self.settings.stop_ms)
        self._sparse = min(round(self.settings.sparse * apart), ms(self.settings.most_sparse_ms)) if wide else 0
        self._counted = self.counter.count
        self.counter.noise = np.maximum(self._noise, _LEAST_NOISE) if self._noise is not None else 1.5
        rest = [kept for then, kept in self._before if then < first][-4:]
        if self._fresh:
            self.counter.rest(rest if len(rest) > 1 else [])
            self._fresh = False
        self.counter.weight = _weight(self.movers.zone(at))
        for then, kept in self._before:
            if then >= first:
                self.counter.see(then, kept)
        self._before.clear()
        return (self._change("started"),)

    def _name(self, at: int) -> MovementName:
        """Of the repetition that has just been completed."""
        began, ended = self.counter.began, self.counter.ended
        if began is None or ended is None:
            return "movement"
        return self.namer.name(began, ended, self.movers.zone(at))

    def _patience(self) -> int:
        settings = self.settings
        own = min(settings.stop_cycle * (self.counter.period or 0), ms(settings.most_stop_ms))
        return max(ms(settings.stop_ms), round(own), self._sparse)

    def _change(self, change: Literal["started", "repeated", "stopped"]) -> MovementChange:
        assert self.since is not None
        return MovementChange(change, self.since, self.last, self.counter.count - self._counted)


def _pose(staged: Staged) -> Vector:
    """Grey cells, and the tints of larger ones with as much weight as they have area."""
    return np.concatenate([staged.cells.ravel(), 2.0 * staged.tints.ravel()]).astype(np.float32)


def _weight(zone: Cells) -> Vector:
    """Of the numbers of a pose, those that lie where something moves."""
    coarse = zone.reshape(zone.shape[0] // 2, 2, zone.shape[1] // 2, 2).any(axis=(1, 3))
    return np.concatenate([zone.ravel(), np.repeat(coarse.ravel(), 2)]).astype(np.float32)
