"""Shapes of the size of a person before the still background, and hands that are held above them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.stage import Staged, light_of
from duetto.perception.video.steady import Plane
from duetto.timeline.arrival import Box
from duetto.timeline.clock import ms

WIDE: Final = 80
HIGH: Final = 45
Mask = NDArray[np.bool_]

_QUARTILE_OF_NOISE: Final = 0.3186
_SPECK: Final = 3
"""Cells that a part of a silhouette has at least."""
_STANDS_MS: Final = 500.0
"""Milliseconds for which a silhouette stays where it is before it stands."""
_CLOSE: Final = np.ones((5, 3), np.uint8)


@dataclass(frozen=True, slots=True)
class SilhouetteSettings:
    """What stands out, and what of it is a person."""

    least_step: float = 9.0
    """Grey levels (of 255) by which a cell must differ from the background at least."""
    noise_factor: float = 5.0
    """Standard deviations of the measured noise by which it must."""
    renew_s: float = 8.0
    """Seconds in which the background takes in about two thirds of a change that is no silhouette."""
    absorb_s: float = 90.0
    """Seconds after which a silhouette in which nothing has moved is background."""
    height: float = 0.25
    """Least height of a person, as a share of the picture's."""
    area: float = 0.008
    """Least area of a person, as a share of the picture's."""
    most: int = 4
    """Silhouettes at once, at most; the largest."""
    rest_height: float = 0.1
    """Least height of what may be the rest of one who is on the way out, as a share of the picture's."""
    rest_area: float = 0.002
    """Its least area, as a share of the picture's."""
    ghost: float = 0.6
    """Contrast along the edge of a silhouette, as a share of what the background has there, below which it is the
    background that had somebody in it."""


@dataclass(frozen=True, slots=True)
class Silhouette:
    """box: in shares. mask: bool (45, 80), the whole picture. moved: something moves in it.

    whole: it is large enough for a person, and not only for the rest of one.
    """

    box: Box
    mask: Mask
    moved: bool
    whole: bool = True


class SilhouetteFinder:
    """Background subtraction on a grid of 45×80 cells of the steadied picture, in the light of the background."""

    def __init__(self, settings: SilhouetteSettings | None = None) -> None:
        self.settings = settings or SilhouetteSettings()
        self._ground: Plane | None = None
        self._before: Plane | None = None
        self._noise: float | None = None
        self._latest = 0
        self._still_since: NDArray[np.int64] | None = None

    def clear(self) -> None:
        """Begin anew: another scene."""
        self._ground = self._before = self._noise = self._still_since = None

    def see(self, staged: Staged) -> tuple[Silhouette, ...]:
        """What stands out in this picture, the largest first."""
        cells = np.asarray(cv2.resize(staged.steady, (WIDE, HIGH), interpolation=cv2.INTER_AREA), np.float32)
        if self._ground is None or self._before is None or self._still_since is None:
            self._ground, self._before, self._latest = cells.copy(), cells, staged.at
            self._still_since = np.full((HIGH, WIDE), staged.at)
            return ()
        gain, offset = light_of(cells[::2, ::2], self._ground[::2, ::2])
        cells = np.asarray(gain * cells + offset, np.float32)
        step = max(self.settings.least_step, self.settings.noise_factor * self._measured(cells))
        out = np.abs(cells - self._ground) > step
        found = self._shapes(out, staged)
        found = tuple(shape for shape in found if not self._ghost(shape, cells))
        self._renew(cells, found, staged)
        self._before, self._latest = cells, staged.at
        return found

    def _measured(self, cells: Plane) -> float:
        assert self._before is not None
        noise = float(np.percentile(np.abs(cells - self._before), 25)) / _QUARTILE_OF_NOISE
        if self._noise is not None and noise > self._noise:
            noise = self._noise + 0.02 * (noise - self._noise)
        self._noise = noise
        return noise

    def _shapes(self, out: Mask, staged: Staged) -> tuple[Silhouette, ...]:
        settings = self.settings
        if not out.any():
            return ()
        closed = cv2.morphologyEx(out.astype(np.uint8), cv2.MORPH_CLOSE, _CLOSE)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(closed, connectivity=8)
        parts = [
            (int(x), int(y), int(x + w), int(y + h), [n])
            for n, (x, y, w, h, area) in enumerate(stats)
            if n and area >= 3
        ]
        groups = _joined(parts)
        moved = np.asarray(cv2.resize(staged.moved.astype(np.uint8), (WIDE, HIGH), interpolation=cv2.INTER_NEAREST))
        shapes: list[tuple[int, Silhouette]] = []
        for left, top, right, bottom, numbers in groups:
            mask = np.isin(labels, numbers) & out
            area = int(mask.sum())
            if bottom - top < settings.rest_height * HIGH or area < settings.rest_area * WIDE * HIGH:
                continue
            whole = bottom - top >= settings.height * HIGH and area >= settings.area * WIDE * HIGH
            box = (left / WIDE, top / HIGH, (right - left) / WIDE, (bottom - top) / HIGH)
            stirs = bool((moved[top:bottom, left:right] > 0).any())
            shapes.append((area, Silhouette(box, mask, stirs, whole)))
        shapes.sort(key=lambda shape: -shape[0])
        return tuple(shape for _, shape in shapes[: settings.most])

    def _ghost(self, shape: Silhouette, cells: Plane) -> bool:
        """It stands out because the background had something there that is gone: the edge is the background's."""
        if shape.moved:
            return False
        assert self._ground is not None
        mask = shape.mask.astype(np.uint8)
        edge = cv2.morphologyEx(mask, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)) > 0
        return _contrast(cells, edge) < self.settings.ghost * _contrast(self._ground, edge)

    def _renew(self, cells: Plane, found: tuple[Silhouette, ...], staged: Staged) -> None:
        assert self._ground is not None and self._still_since is not None
        held = np.zeros((HIGH, WIDE), np.bool_)
        for shape in found:
            held |= cv2.dilate(shape.mask.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            if shape.moved:
                self._still_since[held] = staged.at
        self._still_since[~held] = staged.at
        held &= staged.at - self._still_since < ms(1000 * self.settings.absorb_s)
        share = 1.0 - float(np.exp(-(staged.at - self._latest) / (self.settings.renew_s * 1e9)))
        self._ground += np.where(held, 0.0, share).astype(np.float32) * (cells - self._ground)


@dataclass(frozen=True, slots=True)
class Above:
    """A hand that is held up. right: it is to the right of the head in the picture."""

    right: bool


class Heads:
    """Where the head of a silhouette is while it stands, and what is held up beside or above it."""

    def __init__(self) -> None:
        self._top: float | None = None
        self._height = 0.0
        self._middle = 0.0
        self._stands = 0

    def clear(self) -> None:
        self._top = None

    def see(self, at: int, shape: Silhouette) -> tuple[Above, ...]:
        """Hands that are up in this picture of media time `at` (ns).

        Who walks raises none; the first pictures of one who stands show the head at rest, and later ones correct it.
        """
        rows = np.flatnonzero(shape.mask.any(axis=1))
        columns = np.flatnonzero(shape.mask.any(axis=0))
        if len(rows) < 4 or columns[-1] - columns[0] > 1.3 * (rows[-1] - rows[0]):
            return ()  # lying
        top, bottom = float(rows[0]), float(rows[-1] + 1)
        lower = shape.mask[int(bottom - 0.6 * (bottom - top)) :]
        middle = float((lower.sum(axis=0) @ np.arange(WIDE)) / max(1, lower.sum()))
        if self._top is None or abs(middle - self._middle) > 0.08 * self._height:
            self._top, self._height, self._middle, self._stands = top, bottom - top, middle, at
            return ()
        self._middle += 0.2 * (middle - self._middle)
        if at - self._stands < ms(_STANDS_MS):
            self._top = 0.5 * (self._top + top)
            self._height = 0.5 * (self._height + bottom - top)
            return ()
        height = self._height
        level = int(min(HIGH - 1, max(0, round(self._top + 0.1 * height))))
        beside = shape.mask[:level].copy()
        near = np.abs(np.arange(WIDE) + 0.5 - self._middle) <= 0.11 * height
        beside[max(0, round(self._top - 0.04 * height)) :, near] = False
        ups: list[Above] = []
        for right in (False, True):
            side = beside[:, round(self._middle) :] if right else beside[:, : round(self._middle)]
            wide = int(side.any(axis=0).sum())
            if side.sum() >= 2 and wide <= 0.45 * height:
                ups.append(Above(right))
        if not ups:
            self._top += 0.1 * (top - self._top)
            self._height += 0.1 * (bottom - top - self._height)
        return tuple(ups)


def _joined(parts: list[tuple[int, int, int, int, list[int]]]) -> list[tuple[int, int, int, int, list[int]]]:
    """Parts of one body: those whose boxes touch when each is a little larger."""
    groups: list[tuple[int, int, int, int, list[int]]] = []
    for part in sorted(parts, key=lambda one: -(one[2] - one[0]) * (one[3] - one[1])):
        for n, group in enumerate(groups):
            across = part[0] <= group[2] + 2 and group[0] <= part[2] + 2
            along = part[1] <= group[3] + 4 and group[1] <= part[3] + 4
            if across and along:
                groups[n] = (
                    min(part[0], group[0]),
                    min(part[1], group[1]),
                    max(part[2], group[2]),
                    max(part[3], group[3]),
                    [*group[4], *part[4]],
                )
                break
        else:
            groups.append(part)
    return groups


def _contrast(cells: Plane, edge: Mask) -> float:
    slope = np.abs(cv2.Sobel(cells, cv2.CV_32F, 1, 0, ksize=3)) + np.abs(cv2.Sobel(cells, cv2.CV_32F, 0, 1, ksize=3))
    return float(slope[edge].mean()) + 1e-6
