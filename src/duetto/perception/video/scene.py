"""Whether the whole picture has changed at once: a cut, a camera that was turned, a light that was switched."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import Picture
from duetto.timeline.clock import ms

Verdict = Literal["same", "unsure", "changed", "unsettled"]
"""same: comparable with the picture before. unsure: it jumped, and the next frame will tell whether for good.
changed: it has changed for good. unsettled: it jumped again shortly after."""


@dataclass(frozen=True, slots=True)
class SceneSettings:
    """When the whole picture counts as changed."""

    cell_step: float = 14.0
    """Levels (of 255) by which a cell of the 16×9 grid must change in one of its colours."""
    cell_share: float = 0.5
    """Share of the cells that must change."""
    histogram: float = 0.4
    """Hellinger distance of the brightness histograms that is a change, 0 to 1."""
    gradient: float = 0.25
    """Share of the signs of dHash that must differ to be a change, 0 to 1."""
    rest_ms: float = 1000.0
    """Milliseconds after a change in which no other one is reported."""
    slow_ms: float = 1000.0
    """Milliseconds within which a change may also come about gradually: a dissolve, a camera that turns."""
    calm_step: float = 6.0
    """Levels (of 255) by which cells may change from frame to frame where a gradual change has ended."""


@dataclass(frozen=True, slots=True)
class SceneChange:
    """A new scene. since: media time (ns) of its first frame. difference: from the scene before, 0 to 1."""

    since: int
    difference: float


class SceneDetector:
    """Compares each picture with the last one that stood, and when it is calm with the one of a second ago.

    A jump needs two frames, so a flash or a glitch is none.
    """

    def __init__(self, settings: SceneSettings | None = None) -> None:
        self.settings = settings or SceneSettings()
        self.changed_at: int | None = None
        """Media time (ns) of the first frame of the present scene, if it came by a change."""
        self.latest: SceneChange | None = None
        self._standing: _Signature | None = None
        self._jumped_at: int | None = None
        self._second: deque[tuple[int, _Signature]] = deque(maxlen=64)

    def see(self, at: int, bgr: Picture, grey: Picture) -> Verdict:
        """Take in the picture of media time `at` (ns): uint8 (h, w, 3) and (h, w). `latest` tells a change."""
        now = _Signature.of(bgr, grey)
        standing = self._standing
        if standing is None or self._difference(standing, now) is None:
            calm = standing is not None and standing.steps(now).max() <= self.settings.calm_step
            self._standing, self._jumped_at = now, None
            return self._gradual(at, now) if calm else self._remember(at, now)
        if self._jumped_at is None:
            self._jumped_at = at
            return "unsure"
        since, self._jumped_at, self._standing = self._jumped_at, None, now
        return self._change(since, self._difference(standing, now) or 0.0, at, now)

    def forget(self) -> None:
        """The next picture is compared with none before it."""
        self._standing = self._jumped_at = None
        self._second.clear()

    def _remember(self, at: int, now: _Signature) -> Verdict:
        self._second.append((at, now))
        while at - self._second[0][0] > ms(self.settings.slow_ms):
            self._second.popleft()
        return "same"

    def _gradual(self, at: int, now: _Signature) -> Verdict:
        """The picture is calm: has it become another within the last second?"""
        self._remember(at, now)
        first = self._second[0][1]
        difference = self._difference(first, now)
        if difference is None:
            return "same"
        since = next(then for then, s in self._second if first.steps(s).max() > self.settings.cell_step)
        return self._change(since, difference, at, now)

    def _change(self, since: int, difference: float, at: int, now: _Signature) -> Verdict:
        self._second.clear()
        self._remember(at, now)
        if self.changed_at is not None and since - self.changed_at < ms(self.settings.rest_ms):
            return "unsettled"
        self.changed_at = since
        self.latest = SceneChange(since, difference)
        return "changed"

    def _difference(self, before: _Signature, now: _Signature) -> float | None:
        """How far the two are apart, or None when they show the same scene."""
        settings = self.settings
        if float((before.steps(now) > settings.cell_step).mean()) < settings.cell_share:
            return None
        histogram = float(np.sqrt(max(0.0, 1.0 - float(np.sqrt(before.histogram * now.histogram).sum()))))
        gradient = float(np.abs(now.gradient - before.gradient).mean()) / 2
        if histogram < settings.histogram and gradient < settings.gradient:
            return None
        return round(min(1.0, max(histogram, gradient)), 4)


@dataclass(frozen=True, slots=True)
class _Signature:
    """cells: mean colours, float32 (9, 16, 3). histogram: brightness, float32 (16,), sum 1. gradient: int8 (8, 8)."""

    cells: NDArray[np.float32]
    histogram: NDArray[np.float32]
    gradient: NDArray[np.int8]

    def steps(self, other: _Signature) -> NDArray[np.float32]:
        """Levels by which each cell differs, in the colour that differs most: float32 (9, 16)."""
        return np.asarray(np.abs(other.cells - self.cells).max(axis=2), np.float32)

    @staticmethod
    def of(bgr: Picture, grey: Picture) -> _Signature:
        cells = np.asarray(cv2.resize(bgr, (16, 9), interpolation=cv2.INTER_AREA), np.float32)
        counts = cv2.calcHist([grey], [0], None, [16], [0, 256])[:, 0]
        # Neighbours share their counts: a level that creeps over the border of a bin is no jump.
        padded = np.pad(counts, 1, mode="edge")
        smooth = padded[:-2] + 2 * padded[1:-1] + padded[2:]
        # dHash (Krawetz 2013), with a third value where neighbours are alike: there the sign would be noise.
        dots = np.asarray(cv2.resize(grey, (9, 8), interpolation=cv2.INTER_AREA), np.int16)
        steps = np.diff(dots, axis=1)
        gradient = (np.sign(steps) * (np.abs(steps) > 4)).astype(np.int8)
        return _Signature(cells, np.asarray(smooth / smooth.sum(), np.float32), gradient)
