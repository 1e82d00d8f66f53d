"""What the camera showed, as a film strip, and what was seen in it, as bars."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from duetto.recording.picture.bars import bars
from duetto.recording.picture.facts import Facts
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Box, Picture, Rect, Strip
from duetto.recording.picture.theme import EDGE, SEEN, SEEN_SOFT
from duetto.timeline.turn import Frame

THUMB: Final = Box(0, 0, 76, 44)
SPACING: Final = 92.0
"""px from one picture of the strip to the next, at least."""
SHARPER: Final = 2
"""Thumbnails have this many image pixels for a pixel of the picture."""
JPEG_QUALITY: Final = 72


def sight_lane(facts: Facts, row: Row) -> Strip:
    """Camera first, then the screen if there is one, then motion, faces, scene changes and light."""
    strip = Strip()
    y = 3.0
    for frames in (facts.frames, facts.screens):
        mine = [frame for frame in frames if row.holds(frame.at)]
        if mine:
            _film(strip, mine, row, y)
            y += THUMB.height + 4
    strip.height = y + bars(strip, facts.seen, row, y, SEEN, SEEN_SOFT)
    return strip


def _film(strip: Strip, frames: list[Frame], row: Row, y: float) -> None:
    free = row.left
    for frame in frames:
        x = row.x(frame.at)
        if x < free or x + THUMB.width > row.limit:
            continue
        small = _thumbnail(frame.jpeg)
        if small is None:
            continue
        box = Box(x, y, THUMB.width, THUMB.height)
        strip.add(Picture(box, small), Rect(box, "none", 2, EDGE))
        free = x + SPACING


def _thumbnail(jpeg: bytes) -> bytes | None:
    """A small JPEG cut to the strip's shape; None for a frame that is no picture."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR) if jpeg else None
    if image is None:
        return None
    width, height = int(THUMB.width) * SHARPER, int(THUMB.height) * SHARPER
    scale = max(width / image.shape[1], height / image.shape[0])
    size = (max(width, round(image.shape[1] * scale)), max(height, round(image.shape[0] * scale)))
    image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    cut = image[top : top + height, left : left + width]
    good, small = cv2.imencode(".jpg", cut, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return small.tobytes() if good else None
