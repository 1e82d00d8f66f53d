"""Camera shake, measured in blocks all over the picture and taken out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

_COLUMNS: Final = 8
_ROWS: Final = 5
_REDUCED: Final = 2
"""The shift is found in a picture of half the size: it is no less exact, for a quarter of the work."""
_STEPS: Final = 5
"""Steps of the search, at most."""


@dataclass(frozen=True, slots=True)
class SteadySettings:
    """When a shift of the picture is the camera's."""

    texture: float = 1.5
    """Mean slope in grey levels (of 255) per two pixels that a block must have to say anything."""
    better: float = 0.8
    """The difference that a block may have left when the shift is taken out, as a share of what it had before."""
    agree: float = 0.5
    """Share of the textured blocks that must be better so, 0 to 1."""
    blocks: int = 6
    """Blocks that must be, at least."""
    least: float = 0.1
    """Pixels of the small picture below which a shift is none."""
    most: float = 12.0
    """Pixels of the small picture beyond which a shift is taken for an error."""


class Steadier:
    """Shift of a picture against another by least squares on its slopes (Lucas & Kanade 1981), robust over 8×5 blocks.

    A person who moves changes some blocks and no more, and those that a common shift does not explain lose their
    weight. The shift is the camera's only where it explains most blocks with texture, on the left and on the right.
    """

    def __init__(self, settings: SteadySettings | None = None) -> None:
        self.settings = settings or SteadySettings()

    def shift(self, reference: Plane, picture: Plane) -> tuple[float, float]:
        """By how many pixels (x, y) `picture` stands beside `reference`: both float32 (90, 160). (0, 0) if unsure."""
        size = (reference.shape[1] // _REDUCED, reference.shape[0] // _REDUCED)
        still, other = _resized(reference, size), _resized(picture, size)
        slope_x, slope_y = _slopes(still)
        tensor = [_sums(product) for product in (slope_x * slope_x, slope_x * slope_y, slope_y * slope_y)]
        x = y = 0.0
        for _ in range(_STEPS):
            dx, dy = _step(shifted(other, x, y) - still, slope_x, slope_y, tensor)
            x, y = x + dx, y + dy
            if max(abs(dx), abs(dy)) < 0.03:
                break
        if max(abs(x), abs(y)) * _REDUCED < self.settings.least or not self._believed(still, other, x, y, tensor):
            return (0.0, 0.0)
        return (x * _REDUCED, y * _REDUCED)

    def _believed(self, reference: Plane, picture: Plane, x: float, y: float, tensor: list[Plane]) -> bool:
        settings = self.settings
        if max(abs(x), abs(y)) * _REDUCED > settings.most:
            return False
        pixels = reference.size / (_COLUMNS * _ROWS)
        textured = np.sqrt((tensor[0] + tensor[2]) / pixels) >= settings.texture
        before = _sums(np.abs(_level(picture - reference)))
        after = _sums(np.abs(_level(shifted(picture, x, y) - reference)))
        # What noise leaves in any block is no sign against the shift.
        noise = 0.9 * float(np.percentile(after, 10))
        better = textured & (after - noise <= settings.better * (before - noise))
        columns = np.flatnonzero(better.any(axis=0))
        if better.sum() < max(settings.blocks, settings.agree * textured.sum()):
            return False
        return bool(columns[0] <= 1 and columns[-1] >= _COLUMNS - 2)


def shifted(picture: Plane, x: float, y: float) -> Plane:
    """`picture` moved back by (x, y) pixels; its edge is repeated where nothing is known."""
    if abs(x) < 0.02 and abs(y) < 0.02:
        return picture
    back = np.array([[1.0, 0.0, x], [0.0, 1.0, y]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, back, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _step(difference: Plane, slope_x: Plane, slope_y: Plane, tensor: list[Plane]) -> tuple[float, float]:
    """The shift that explains most of the difference, with less weight for the blocks that it does not explain."""
    difference = _level(difference)
    xx, xy, yy = tensor
    x, y = _sums(slope_x * difference), _sums(slope_y * difference)
    square = _sums(difference * difference)
    weight = np.ones_like(xx)
    u = v = 0.0
    for _ in range(3):
        a, b, c = (float((weight * product).sum()) for product in tensor)
        p, q = float((weight * x).sum()), float((weight * y).sum())
        ridge = 1e-3 * (a + c) + 1e-6
        determinant = (a + ridge) * (c + ridge) - b * b
        u, v = ((c + ridge) * p - b * q) / determinant, ((a + ridge) * q - b * p) / determinant
        rest = square - 2 * (u * x + v * y) + u * u * xx + 2 * u * v * xy + v * v * yy
        rest = np.maximum(rest, 0.0)
        weight = np.asarray(1.0 / (1.0 + (rest / (float(np.median(rest)) + 1e-6)) ** 2), np.float32)
    # A picture that stands to the right of the reference has at each place what the reference has to the left of it.
    return -u, -v


def _level(difference: Plane) -> Plane:
    return np.asarray(difference - np.median(difference[::3, ::3]), np.float32)


def _slopes(picture: Plane) -> tuple[Plane, Plane]:
    slope_x = cv2.Sobel(picture, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    slope_y = cv2.Sobel(picture, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.asarray(slope_x, np.float32), np.asarray(slope_y, np.float32)


def _sums(product: Plane) -> Plane:
    """Sum of each block, float32 (5, 8)."""
    high, wide = product.shape[0] // _ROWS, product.shape[1] // _COLUMNS
    return np.asarray(_resized(product, (_COLUMNS, _ROWS)) * (high * wide), np.float32)


def _resized(picture: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.float32)
