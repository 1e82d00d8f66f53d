"""What moves, by region: differences between successive pictures, with the camera's noise and light taken out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import Picture
from duetto.timeline.clock import ms
from duetto.timeline.payload import Region

REGIONS: Final[tuple[Region, ...]] = ("left third", "middle third", "right third")

_QUARTILE_OF_NOISE: Final = 0.3186
"""The lower quartile of |x| for normal noise of standard deviation 1: moving parts of the picture hardly touch it."""


@dataclass(frozen=True, slots=True)
class MotionSettings:
    """When a region counts as moving."""

    begin_share: float = 0.008
    """Share of a region's pixels that must change for motion to begin, 0 to 1."""
    keep_share: float = 0.004
    """Share of a region's pixels that must change for motion to go on, 0 to 1."""
    begin_frames: int = 2
    """Successive frames with motion before it has begun: a blip in one frame is none."""
    begin_ms: float = 0.0
    """Milliseconds that may lie between two of them, where what moves goes by steps; 0: none without motion."""
    end_frames: int = 2
    """Successive frames without motion before it has ended."""
    end_ms: float = 150.0
    """Milliseconds without motion, at least, before it has ended."""
    gap_ms: float = 1000.0
    """Frames further apart than this, in milliseconds, are not compared."""
    least_step: float = 8.0
    """Grey levels (of 255) by which a pixel must change at least, in a picture without noise."""
    most_step: float = 30.0
    """Grey levels by which a pixel must change at most, in the noisiest picture."""
    noise_factor: float = 6.0
    """Standard deviations of the measured noise by which a pixel must change."""
    noise_rise: float = 0.01
    """Share of the way, each frame, on which the noise estimate follows a rise; it follows a fall at once."""


@dataclass(frozen=True, slots=True)
class Moving:
    """Motion in a region. since, last: media time (ns) of the first and latest frame that showed it.

    level: share of the region's pixels that changed in that latest frame, 0 to 1.
    """

    region: Region
    since: int
    last: int
    level: float


@dataclass(frozen=True, slots=True)
class MotionChange:
    """Motion began or ended."""

    change: Literal["began", "ended"]
    moving: Moving


class MotionDetector:
    """Three-frame differencing: a pixel has changed when it differs from both of the two pictures before.

    A picture that jumps for one frame and back then counts once, and motion needs two frames to begin. Before the
    comparison the light of the earlier pictures is fitted to the present one (gain and offset), so that a light
    or an exposure that changes over the whole picture does not move; the threshold follows the measured noise.
    """

    def __init__(self, settings: MotionSettings | None = None) -> None:
        self.settings = settings or MotionSettings()
        self._before: deque[Picture] = deque(maxlen=2)
        self._latest = 0
        self._noise: float | None = None
        self._regions = {region: _RegionState(region, self.settings) for region in REGIONS}

    @property
    def moving(self) -> tuple[Moving, ...]:
        """What moves now, left to right."""
        return tuple(state.moving for state in self._regions.values() if state.moving)

    def see(self, at: int, grey: Picture) -> tuple[MotionChange, ...]:
        """Take in a grey picture, uint8 (h, w), of media time `at` (ns), and return what began or ended by it."""
        smooth = np.asarray(cv2.GaussianBlur(grey, (5, 5), 0), np.uint8)
        changes: list[MotionChange] = []
        if self._before and at - self._latest > ms(self.settings.gap_ms):
            changes.extend(self.stop())
        self._latest = at
        if not self._before:
            self._before.append(smooth)
            return tuple(changes)
        shares = self._changed(smooth)
        self._before.append(smooth)
        for state, share in zip(self._regions.values(), shares, strict=True):
            change = state.update(at, share)
            if change:
                changes.append(change)
        return tuple(changes)

    def stop(self) -> tuple[MotionChange, ...]:
        """End all motion and begin anew with the next picture: a cut, or a camera that gave nothing for a while."""
        self._before.clear()
        self._noise = None
        ended = tuple(MotionChange("ended", moving) for moving in self.moving)
        for state in self._regions.values():
            state.clear()
        return ended

    def _changed(self, smooth: Picture) -> tuple[float, ...]:
        """Share of changed pixels by region."""
        relit = _relight(self._before[-1], smooth)
        # Kept in the present light: the next picture only has to be fitted to this one.
        self._before = deque((np.asarray(cv2.LUT(p, relit), np.uint8) for p in self._before), maxlen=2)
        difference = np.asarray(cv2.absdiff(smooth, self._before[-1]), np.uint8)
        noise = self._noise_from(difference)
        if len(self._before) == 2:
            difference = np.minimum(difference, cv2.absdiff(smooth, self._before[0]))
        limits = self.settings
        step = min(max(limits.least_step, limits.noise_factor * noise), limits.most_step)
        changed = difference > step
        return tuple(float(part.mean()) for part in np.array_split(changed, len(REGIONS), axis=1))

    def _noise_from(self, difference: Picture) -> float:
        """Standard deviation of the noise in grey levels. A camera that turns looks like noise, but not for long."""
        measured = _quartile(difference) / _QUARTILE_OF_NOISE
        if self._noise is not None and measured > self._noise:
            measured = self._noise + self.settings.noise_rise * (measured - self._noise)
        self._noise = measured
        return measured


class _RegionState:
    """Hysteresis of one region."""

    def __init__(self, region: Region, settings: MotionSettings) -> None:
        self.moving: Moving | None = None
        self._region: Region = region
        self._settings = settings
        self._since = self._last = 0
        self._active = 0
        self._quiet = 0

    def clear(self) -> None:
        self.moving = None
        self._active = 0
        self._quiet = 0

    def update(self, at: int, share: float) -> MotionChange | None:
        settings = self._settings
        if self.moving is None:
            if share < settings.begin_share:
                if self._active and at - self._last > ms(settings.begin_ms):
                    self._active = 0
                return None
            if self._active and settings.begin_ms and at - self._last > ms(settings.begin_ms):
                self._active = 0
            self._last = at
            if self._active == 0:
                self._since = at
            self._active += 1
            if self._active < settings.begin_frames:
                return None
            self.moving = Moving(self._region, self._since, at, share)
            self._quiet = 0
            return MotionChange("began", self.moving)
        if share >= settings.keep_share:
            self.moving = Moving(self._region, self.moving.since, at, share)
            self._quiet = 0
            return None
        self._quiet += 1
        if self._quiet < settings.end_frames or at - self.moving.last < ms(settings.end_ms):
            return None
        ended = MotionChange("ended", self.moving)
        self.clear()
        return ended


def _quartile(difference: Picture) -> float:
    """The lower quartile of a uint8 picture, between its integer levels: values round, so level k is [k-½, k+½)."""
    counts = cv2.calcHist([difference], [0], None, [256], [0, 256])[:, 0]
    wanted = difference.size / 4
    below = 0.0
    for level, count in enumerate(counts.tolist()):
        if below + count >= wanted:
            lower = max(0.0, level - 0.5)
            return float(lower + (wanted - below) / count * (level + 0.5 - lower))
        below += count
    return 255.0


def _relight(before: Picture, now: Picture) -> NDArray[np.uint8]:
    """Look-up table, uint8 (256,), that gives `before` the light of `now`.

    Gain and offset by least squares over a 23×40 grid of points, twice, each time without the points that do not
    fit: what moved between the two.
    """
    x = before[::4, ::4].astype(np.float32).ravel()
    y = now[::4, ::4].astype(np.float32).ravel()
    gain, offset = 1.0, float(np.median(y - x))
    for _ in range(2):
        residual = np.abs(y - gain * x - offset)
        fits = residual <= 3.0 * (1.4826 * float(np.median(residual)) + 0.5)
        xs, ys = x[fits], y[fits]
        mean_x, mean_y = float(xs.mean()), float(ys.mean())
        centred = xs - mean_x
        variance = float(centred @ centred) / len(xs)
        # A flat picture says nothing about gain.
        gain = float(centred @ (ys - mean_y)) / len(xs) / variance if variance > 4.0 else 1.0
        gain = min(max(gain, 0.5), 2.0)
        offset = mean_y - gain * mean_x
    levels = np.arange(256, dtype=np.float32)
    table: NDArray[np.uint8] = np.clip(np.rint(gain * levels + offset), 0, 255).astype(np.uint8)
    return table
