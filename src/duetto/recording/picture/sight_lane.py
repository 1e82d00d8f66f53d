"""What the camera showed, as a film strip, and what was seen in it, as bars."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from duetto.recording.picture.facts import Facts, Seen
from duetto.recording.picture.fonts import text_width
from duetto.recording.picture.place import stack
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Box, Label, Path, Picture, Rect, Strip
from duetto.recording.picture.theme import EDGE, NOTE_SIZE, SEEN, SEEN_SOFT
from duetto.timeline.turn import Frame

THUMB: Final = Box(0, 0, 76, 44)
SPACING: Final = 92.0
"""px from one picture of the strip to the next, at least."""
BAR: Final = 13.0
PITCH: Final = 16.0
LINES: Final = 4
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
    seen = [s for s in facts.seen if row.shows(s.span)]
    lines = stack([_extent(s, row) for s in seen], 8, LINES)
    for sight, line in zip(seen, lines, strict=True):
        if line is not None:
            _bar(strip, sight, row, y + line * PITCH)
    strip.height = y + (max((n for n in lines if n is not None), default=-1) + 1) * PITCH
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


def _extent(seen: Seen, row: Row) -> tuple[float, float]:
    left, right = row.x(seen.span.start), row.x(seen.span.end)
    label = text_width(_words(seen, row), NOTE_SIZE)
    if seen.span.duration == 0:
        return left - 5, left + 9 + label
    return left, max(right, left + label + 12)


def _words(seen: Seen, row: Row) -> str:
    return seen.label if row.holds(seen.span.start) else f"… {seen.label}"


def _bar(strip: Strip, seen: Seen, row: Row, y: float) -> None:
    left, right = row.x(seen.span.start), row.x(seen.span.end)
    text = _words(seen, row)
    width = text_width(text, NOTE_SIZE)
    middle = y + BAR / 2
    if seen.span.duration == 0:
        x = min(left + 8, row.limit - width)
        strip.add(Path(f"M{left:.1f} {middle - 5:.1f}l5 5-5 5-5-5z", fill=SEEN))
        strip.add(Label(x, y + 10, text, NOTE_SIZE, SEEN))
        return
    strip.add(Rect(Box(left, y, max(3.0, right - left), BAR), SEEN_SOFT, 3))
    strip.add(Rect(Box(left, y, 3, BAR), SEEN, 1.5))
    strip.add(Label(min(left + 8, row.limit - width), y + 10, text, NOTE_SIZE, SEEN))
