"""The picture as movement is seen in it: steadied, in the light of the picture before, in coarse cells."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import Picture
from duetto.perception.video.steady import Plane, Steadier, SteadySettings, shifted
from duetto.timeline.clock import ms

COLUMNS: Final = 32
ROWS: Final = 18
"""The grid of cells of 5×5 pixels of the small picture."""

_QUARTILE_OF_NOISE: Final = 0.3186
_EDGE: Final = 1
"""Cells at the edge that are not looked at: a shifted picture has nothing there."""


@dataclass(frozen=True, slots=True)
class StageSettings:
    """How the picture is prepared."""

    steady: SteadySettings = field(default_factory=SteadySettings)
    """When a shift of the picture is the camera's."""
    renew_s: float = 6.0
    """Seconds in which the still picture takes in about two thirds of what has come to stay."""
    step_ms: float = 200.0
    """Milliseconds between the two pictures that are compared for movement."""
    least_step: float = 2.5
    """Grey levels (of 255) by which a cell must change at least, in a picture without noise."""
    noise_factor: float = 4.5
    """Standard deviations of the measured noise by which a cell must change."""
    slight: float = 0.8
    """Share of that by which a cell has stirred."""
    slight_step: float = 1.2
    """Grey levels by which it must have changed for that at least."""
    place: float = 0.85
    """Correlation of the cells with those of the still picture from which on it is the same place in another light."""
    stirred: int = 6
    """Cells (of 576) that must differ from the picture before for a search for the camera's shake."""
    noise_rise: float = 0.02
    """Share of the way, each picture, on which the noise estimate follows a rise; it follows a fall at once."""


@dataclass(frozen=True, slots=True)
class Staged:
    """One picture. cells: float32 (18, 32), mean grey levels. moved, stirs: bool (18, 32), those that changed lately,
    and those that did so at least a little.

    steady: float32 (90, 160). tints: float32 (9, 16, 2), what is not grey about larger cells. noise: standard deviation
    of a cell's noise in grey levels.
    """

    at: int
    cells: Plane
    moved: NDArray[np.bool_]
    stirs: NDArray[np.bool_]
    steady: Plane
    tints: Plane
    noise: float

    @property
    def share(self) -> float:
        """Share of the cells that moved, 0 to 1."""
        return float(self.moved.mean())


class Stage:
    """Takes the camera's shake and the light's changes out of each picture.

    Both are measured against a still picture that follows slowly. A quiet picture is not searched for shake.
    """

    def __init__(self, settings: StageSettings | None = None) -> None:
        self.settings = settings or StageSettings()
        self._steadier = Steadier(self.settings.steady)
        self._still: Plane | None = None
        self._cells: deque[tuple[int, Plane]] = deque(maxlen=32)
        self._noise: float | None = None
        self._light = (1.0, 0.0)
        self._tints: Plane | None = None

    @property
    def still(self) -> Plane | None:
        """The picture without what moves in it: float32 (90, 160)."""
        return self._still

    def same_place(self, grey: Picture) -> bool:
        """Whether a picture, uint8 (90, 160), shows what it showed before, be it in another light."""
        if self._still is None:
            return False
        now, before = _cells(np.asarray(grey, np.float32)).ravel(), _cells(self._still).ravel()
        now, before = now - now.mean(), before - before.mean()
        size = float(np.sqrt((now @ now) * (before @ before)))
        return size > 0 and float(now @ before) >= self.settings.place * size

    def clear(self) -> None:
        """Begin anew: another scene."""
        self._still = self._noise = self._tints = None
        self._light = (1.0, 0.0)
        self._cells.clear()

    def see(self, at: int, bgr: Picture, grey: Picture) -> Staged:
        """Take in a picture of media time `at` (ns): uint8 (90, 160, 3) and (90, 160)."""
        smooth = np.asarray(cv2.GaussianBlur(grey, (5, 5), 0), np.float32)
        gain, offset = self._light
        steady = smooth * np.float32(gain) + np.float32(offset)
        shift = (0.0, 0.0)
        if self._still is None:
            self._still = smooth.copy()
        elif self._stirred(_cells(steady)):
            shift = self._steadier.shift(self._still, steady)
            steady = shifted(steady, *shift)
        plain = _cells(steady)
        more, beside = light_of(plain, _cells(self._still))
        steady = steady * np.float32(more) + np.float32(beside)
        cells = np.asarray(more * plain + beside, np.float32)
        self._light = gain, offset = _within(gain * more, offset * more + beside)
        moved, stirs = self._moved(at, cells)
        since = at - self._cells[-1][0] if self._cells else 0
        self._cells.append((at, cells))
        # The still picture keeps the light of its first one, so that a pose is the same in any light.
        cv2.accumulateWeighted(steady, self._still, 1.0 - float(np.exp(-since / (self.settings.renew_s * 1e9))))
        return Staged(at, cells, moved, stirs, steady, self._tinted(_tints(bgr, shift), gain), self._noise or 0.0)

    def _tinted(self, tints: Plane, gain: float) -> Plane:
        """In the light of the first picture, each of the two by itself: a lamp has a colour of its own."""
        if self._tints is None:
            self._tints = tints
        light = [light_of(np.float32(gain) * tints[:, :, n], self._tints[:, :, n]) for n in range(2)]
        return np.stack([more * gain * tints[:, :, n] + beside for n, (more, beside) in enumerate(light)], axis=-1)

    def _stirred(self, cells: Plane) -> bool:
        """Whether there is anything to be steadied."""
        if not self._cells or self._noise is None:
            return True
        beyond = np.abs(cells - self._cells[-1][1]) > max(self.settings.least_step / 2, 3.0 * self._noise)
        return int(beyond.sum()) >= self.settings.stirred

    def _moved(self, at: int, cells: Plane) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        moved, stirs = np.zeros((ROWS, COLUMNS), np.bool_), np.zeros((ROWS, COLUMNS), np.bool_)
        if not self._cells:
            return moved, stirs
        wanted = at - ms(self.settings.step_ms)
        before = min(self._cells, key=lambda kept: abs(kept[0] - wanted))[1]
        inner = np.s_[_EDGE:-_EDGE, _EDGE:-_EDGE]
        difference = np.abs(cells - before)[inner]
        noise = float(np.percentile(difference, 25)) / _QUARTILE_OF_NOISE
        if self._noise is not None and noise > self._noise:
            noise = self._noise + self.settings.noise_rise * (noise - self._noise)
        self._noise = noise
        step = max(self.settings.least_step, self.settings.noise_factor * noise)
        moved[inner] = difference > step
        stirs[inner] = difference > max(
            self.settings.slight_step, self.settings.slight * self.settings.noise_factor * noise
        )
        return moved, stirs


def _cells(picture: Plane) -> Plane:
    return np.asarray(cv2.resize(picture, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA), np.float32)


def _tints(bgr: Picture, shift: tuple[float, float]) -> Plane:
    half = np.asarray(cv2.resize(bgr, (bgr.shape[1] // 2, bgr.shape[0] // 2), interpolation=cv2.INTER_AREA), np.uint8)
    tints = np.asarray(cv2.cvtColor(half, cv2.COLOR_BGR2YCrCb)[:, :, 1:], np.float32) - 128.0
    steady = shifted(tints, shift[0] / 2, shift[1] / 2)
    return np.asarray(cv2.resize(steady, (COLUMNS // 2, ROWS // 2), interpolation=cv2.INTER_AREA), np.float32)


def light_of(cells: Plane, reference: Plane) -> tuple[float, float]:
    """Gain and offset that give `cells` the light of `reference`: least squares without what does not fit."""
    x, y = cells.ravel(), reference.ravel()
    gain, offset = 1.0, _median(y - x)
    for _ in range(2):
        residual = np.abs(y - gain * x - offset)
        fits = residual <= 3.0 * (1.4826 * _median(residual) + 0.3)
        xs, ys = x[fits], y[fits]
        mean_x, mean_y = float(xs.mean()), float(ys.mean())
        centred = xs - mean_x
        variance = float(centred @ centred) / len(xs)
        # A flat picture says nothing about gain.
        gain = float(centred @ (ys - mean_y)) / len(xs) / variance if variance > 4.0 else 1.0
        gain = min(max(gain, 0.4), 2.5)
        offset = mean_y - gain * mean_x
    return gain, offset


def _median(values: Plane) -> float:
    """As np.median, at a third of its cost. values: shape (n,), n at least 1."""
    count = len(values)
    lower, upper = (count - 1) // 2, count // 2
    parted = np.partition(values, (lower, upper))
    return float((parted[lower] + parted[upper]) / 2)


def _within(gain: float, offset: float) -> tuple[float, float]:
    """Light that can be: a black picture says nothing."""
    return min(max(gain, 0.2), 5.0), min(max(offset, -200.0), 200.0)
