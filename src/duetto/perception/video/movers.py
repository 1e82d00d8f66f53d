"""What of the cells that changed is a movement worth telling: no specks, nothing that sways at the picture's edge."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.stage import COLUMNS, ROWS, Staged
from duetto.timeline.clock import ms

Cells = NDArray[np.bool_]

_AROUND: Final = np.ones((3, 3), np.uint8)
_EDGE: Final = 2
"""Columns: a group that begins so near to the picture's edge may be of something that hangs there."""


@dataclass(frozen=True, slots=True)
class MoverSettings:
    """What moves of itself, and what is somebody who walks through."""

    cells: int = 3
    """Cells of the picture (of 576) that must change at once, side by side, for movement to begin."""
    keeps: int = 2
    """Cells side by side that must stir for it to go on, where it has been before."""
    fixture: float = 0.2
    """Share of the picture's width at its left and right edge: what moves in there alone is a curtain or a tree."""
    fixture_s: float = 4.0
    """Seconds for which the place of such a thing is not looked at after it has moved."""
    travel: float = 4.0
    """Cells across the picture by which the middle of what moves goes on in `travel_ms` where somebody walks."""
    travel_ms: float = 800.0
    """Milliseconds over which that is measured."""
    drift: float = 1.0
    """Cells that it may go across the picture in its first 300 ms before it is waited for whether somebody walks."""
    zone_s: float = 6.0
    """Seconds for which a cell that moved belongs to the place of the movement."""


@dataclass(frozen=True, slots=True)
class Mover:
    """lively: something moves of itself. walks: it goes across the picture. drifts: it may.

    moved: bool (18, 32), the cells of its largest group.
    """

    lively: bool
    walks: bool
    drifts: bool
    moved: Cells


class Movers:
    """Groups of cells that moved, from picture to picture. Shapes are (18, 32)."""

    def __init__(self, settings: MoverSettings | None = None) -> None:
        self.settings = settings or MoverSettings()
        self._fixed = np.full((ROWS, COLUMNS), -1, np.int64)
        self._latest = np.full((ROWS, COLUMNS), -1, np.int64)
        self._middles: deque[tuple[int, float]] = deque(maxlen=32)
        self._large = (False, False)
        self._stirs = False

    def clear(self) -> None:
        """Begin anew: another scene."""
        self._fixed[:] = -1
        self._latest[:] = -1
        self._middles.clear()

    def see(self, staged: Staged) -> Mover:
        """Take in one picture."""
        at = staged.at
        size, moved = _largest(self._freed(at, staged.moved))
        # A picture alone in which something moved is one that was not steadied.
        large, self._large = size >= self.settings.cells, (size >= self.settings.cells, self._large[0])
        lively = large and self._large[1]
        if lively:
            self._latest[moved] = at
            self._middles.append((at, float(np.nonzero(moved)[1].mean())))
        while self._middles and at - self._middles[0][0] > ms(1.3 * self.settings.travel_ms):
            self._middles.popleft()
        return Mover(lively, lively and self._walks(at), lively and self._drifts(at), moved)

    def zone(self, at: int) -> Cells:
        """Where something has moved of late, and around it; without the place of what hangs at the edge."""
        recent = (self._latest >= 0) & (at - self._latest <= ms(1000 * self.settings.zone_s))
        around = cv2.dilate(recent.astype(np.uint8), _AROUND) > 0
        return np.asarray(around & ~self._fixtures(at), np.bool_)

    def goes_on(self, at: int, stirred: Cells) -> bool:
        """Something stirs where the movement is; stirred: cells that changed a little."""
        stirs = _largest(np.asarray(stirred & self.zone(at), np.bool_))[0] >= self.settings.keeps
        before, self._stirs = self._stirs, stirs
        return stirs and before

    def _fixtures(self, at: int) -> Cells:
        known = (self._fixed >= 0) & (at - self._fixed <= ms(1000 * self.settings.fixture_s))
        return np.asarray(cv2.dilate(known.astype(np.uint8), _AROUND) > 0, np.bool_)

    def _freed(self, at: int, moved: Cells) -> Cells:
        """Without groups at the edge alone, and without the place in which they were."""
        wide = round(self.settings.fixture * COLUMNS)
        edges = moved[:, : wide + 1].any() or moved[:, COLUMNS - wide - 1 :].any()
        if edges:
            count, labels, stats, _ = cv2.connectedComponentsWithStats(moved.astype(np.uint8), connectivity=8)
            for n in range(1, count):
                left, right = (
                    int(stats[n, cv2.CC_STAT_LEFT]),
                    int(stats[n, cv2.CC_STAT_LEFT] + stats[n, cv2.CC_STAT_WIDTH]),
                )
                if (left <= _EDGE and right <= wide) or (right >= COLUMNS - _EDGE and left >= COLUMNS - wide):
                    self._fixed[labels == n] = at
        return np.asarray(moved & ~self._fixtures(at), np.bool_)

    def _walks(self, at: int) -> bool:
        """The middle has gone on all the way in one direction."""
        span = ms(self.settings.travel_ms)
        first, half, last = self._middle(at - span), self._middle(at - span // 2), self._middles[-1][1]
        if first is None or half is None or abs(last - first) < self.settings.travel:
            return False
        return 0.2 <= (half - first) / (last - first) <= 0.8

    def _drifts(self, at: int) -> bool:
        before = self._middle(at - ms(300))
        return before is not None and abs(self._middles[-1][1] - before) >= self.settings.drift

    def _middle(self, then: int) -> float | None:
        """Where the middle was at that time (ns), None where nothing moved about then."""
        kept = min(self._middles, key=lambda one: abs(one[0] - then))
        return kept[1] if abs(kept[0] - then) <= ms(150) else None


def _largest(moved: Cells) -> tuple[int, Cells]:
    """Cells of the largest group, and which they are. Cells are of a group where only one lies between them."""
    if not moved.any():
        return 0, moved
    near = cv2.dilate(moved.astype(np.uint8), _AROUND)
    count, labels = cv2.connectedComponents(near, connectivity=8)
    sizes = np.bincount(labels[moved], minlength=count)
    largest = int(sizes.argmax())
    return int(sizes[largest]), np.asarray(moved & (labels == largest), np.bool_)
