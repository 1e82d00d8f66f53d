"""Which movement it was, by where in the picture a repetition changed anything: its box, and what is in its middle."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.steady import Plane
from duetto.timeline.clock import ms
from duetto.timeline.order import MovementName

WIDE: Final = 80
HIGH: Final = 45
_MOST: Final = 100
_PARTS: Final = 4
"""Rows into which a shape is cut."""


@dataclass(frozen=True, slots=True)
class NamingSettings:
    """What a shape must be to have a name. Shares are of its box."""

    step: float = 9.0
    """Grey levels by which a cell must have changed."""
    noise: float = 2.2
    """And so many times what a quiet cell does."""
    longest_ms: float = 4000.0
    """Milliseconds of a repetition that are looked at, at most."""
    lying: float = 1.5
    """Width by height from which on it lies, and is a push-up."""
    least: int = 10
    """Cells across that a whole body or two arms have at least, of 80."""
    hand: tuple[int, int] = (10, 8)
    """Cells across and down that a hand takes that waves, at most."""
    hollow: float = 0.36
    """Share of the middle that has changed at most where only arms moved."""
    arms: float = 0.7
    """Width by height from which on the shape is of two arms and no more."""
    waist: float = 0.35
    """Share of the middle, half way up, at most where arms and legs went apart about a trunk."""
    spread: float = 0.95
    """Share of the width that the uppermost part has where arms are above the head."""
    filled: float = 0.5
    """Share of the middle in every part, at least, where the whole body went down."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Where a repetition changed the picture. wide, high: cells, of 80×45. filled: share of its box that changed.

    middle: of each quarter of its height, from above, how much of the middle across changed. spans: how wide each is.
    """

    wide: float
    high: float
    filled: float
    middle: tuple[float, ...]
    spans: tuple[float, ...]

    @property
    def aspect(self) -> float:
        return self.wide / self.high


class Namer:
    """Keeps the latest pictures, and gives a repetition its name when it is complete."""

    def __init__(self, settings: NamingSettings | None = None) -> None:
        self.settings = settings or NamingSettings()
        self._pictures: deque[tuple[int, Plane]] = deque(maxlen=_MOST)

    def clear(self) -> None:
        """Begin anew: another scene."""
        self._pictures.clear()

    def see(self, at: int, steady: Plane) -> None:
        """Take in a steadied picture, float32 (90, 160), of media time `at` (ns)."""
        small = cv2.resize(steady, (WIDE, HIGH), interpolation=cv2.INTER_AREA)
        self._pictures.append((at, np.asarray(small, np.float32)))

    def name(self, began: int, ended: int, zone: NDArray[np.bool_]) -> MovementName:
        """Of the repetition from `began` to `ended` (ns). zone: bool (18, 32), where something moved."""
        shape = self.shape(began, ended, zone)
        return "movement" if shape is None else named(shape, self.settings)

    def shape(self, began: int, ended: int, zone: NDArray[np.bool_]) -> Shape | None:
        """None where too little is to be seen."""
        settings = self.settings
        since = max(began, ended - ms(settings.longest_ms))
        taken = [picture for at, picture in self._pictures if since <= at <= ended]
        if len(taken) < 4:
            return None
        ordered = np.sort(np.stack(taken), axis=0)
        beyond = 1 if len(taken) >= 8 else 0  # of a long one, the outermost may be noise
        extent = ordered[-1 - beyond] - ordered[beyond]
        changed = extent > max(settings.step, settings.noise * float(np.percentile(extent, 30)))
        changed &= cv2.resize(zone.astype(np.uint8), (WIDE, HIGH), interpolation=cv2.INTER_NEAREST) > 0
        opened = cv2.morphologyEx(changed.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
        return _shape(np.asarray(opened, np.bool_))


def named(shape: Shape, settings: NamingSettings) -> MovementName:
    """The name of a shape; "movement" where it might be anything."""
    aspect, middle = shape.aspect, shape.middle
    if shape.filled < 0.2:
        return "movement"
    if aspect >= settings.lying:
        return "push-up" if shape.wide >= settings.least and shape.filled >= 0.4 else "movement"
    if shape.wide <= settings.hand[0] and shape.high <= settings.hand[1] and aspect >= 0.95:
        return "wave"
    hollow = float(np.mean(middle)) <= settings.hollow
    if hollow and aspect >= settings.arms and shape.wide >= settings.least:
        return "arm raise"
    if aspect >= 0.95:
        return "movement"
    apart = min(middle[1:3]) <= settings.waist or shape.spans[0] >= settings.spread
    if aspect < settings.arms and not hollow and apart and shape.wide >= settings.least:
        return "jumping jack"
    if min(middle) >= settings.filled and shape.spans[0] < settings.spread:
        return "squat"
    return "movement"


def _shape(changed: NDArray[np.bool_]) -> Shape | None:
    if changed.sum() < 8:
        return None
    rows, columns = np.nonzero(changed)
    left, right = np.percentile(columns, (3, 97))
    top, bottom = np.percentile(rows, (3, 97))
    box = changed[int(top) : int(bottom) + 1, int(left) : int(right) + 1]
    parts = np.array_split(box, _PARTS, axis=0)
    wide = box.shape[1]
    inner = slice(int(0.38 * wide), max(int(0.38 * wide) + 1, int(np.ceil(0.62 * wide))))
    middle = tuple(float(part[:, inner].mean()) if part.size else 0.0 for part in parts)
    return Shape(right - left + 1, bottom - top + 1, float(box.mean()), middle, tuple(_span(part) for part in parts))


def _span(part: NDArray[np.bool_]) -> float:
    there = np.flatnonzero(part.any(axis=0))
    return (int(there[-1]) - int(there[0]) + 1) / part.shape[1] if len(there) else 0.0
