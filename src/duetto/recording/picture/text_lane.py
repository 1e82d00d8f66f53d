"""Lines that duetto showed, and notices about the session itself."""

from __future__ import annotations

from typing import Final

from duetto.recording.picture.facts import Facts
from duetto.recording.picture.fonts import shortened, text_width
from duetto.recording.picture.place import stack
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Box, Label, Rect, Strip
from duetto.recording.picture.theme import DUETTO, DUETTO_SOFT, NOTE_SIZE, WARNING, WARNING_SOFT

PITCH: Final = 20.0
LINES: Final = 4
LONGEST: Final = 420.0


def text_lane(facts: Facts, row: Row) -> Strip:
    """Each line in a frame of its own, beginning at its moment unless the row ends too soon."""
    strip = Strip()
    mine = [mark for mark in facts.shown if row.holds(mark.at)]
    texts = [shortened(mark.label, NOTE_SIZE, LONGEST) for mark in mine]
    extents: list[tuple[float, float]] = []
    for mark, text in zip(mine, texts, strict=True):
        width = text_width(text, NOTE_SIZE) + 14
        left = min(row.x(mark.at), row.limit - width)
        extents.append((left, left + width))
    lines = stack(extents, 6, LINES)
    for mark, text, (left, right), line in zip(mine, texts, extents, lines, strict=True):
        if line is None:
            continue
        y = 3 + line * PITCH
        ink, ground = (WARNING, WARNING_SOFT) if mark.tone == "notice" else (DUETTO, DUETTO_SOFT)
        strip.add(Rect(Box(left, y, right - left, PITCH - 4), ground, 4))
        strip.add(Label(left + 7, y + 11.5, text, NOTE_SIZE, ink))
    strip.height = 3 + (max((n for n in lines if n is not None), default=-1) + 1) * PITCH
    return strip
