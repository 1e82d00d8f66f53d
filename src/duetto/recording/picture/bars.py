"""What lasts, as bars with their names, one below the other where they overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from duetto.recording.picture.facts import Seen
from duetto.recording.picture.fonts import text_width
from duetto.recording.picture.place import stack
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Box, Label, Path, Rect, Strip
from duetto.recording.picture.theme import NOTE_SIZE

BAR: Final = 13.0
PITCH: Final = 16.0
LINES: Final = 4


def bars(strip: Strip, lasting: Sequence[Seen], row: Row, y: float, colour: str, soft: str) -> float:
    """Adds those that the row shows, from `y` px down. Returns how high (px) they are together."""
    shown = [one for one in lasting if row.shows(one.span)]
    lines = stack([_extent(one, row) for one in shown], 8, LINES)
    for one, line in zip(shown, lines, strict=True):
        if line is not None:
            _bar(strip, one, row, y + line * PITCH, colour, soft)
    return (max((n for n in lines if n is not None), default=-1) + 1) * PITCH


def _extent(seen: Seen, row: Row) -> tuple[float, float]:
    left, right = row.x(seen.span.start), row.x(seen.span.end)
    label = text_width(_words(seen, row), NOTE_SIZE)
    if seen.span.duration == 0:
        return left - 5, left + 9 + label
    return left, max(right, left + label + 12)


def _words(seen: Seen, row: Row) -> str:
    return seen.label if row.holds(seen.span.start) else f"… {seen.label}"


def _bar(strip: Strip, seen: Seen, row: Row, y: float, colour: str, soft: str) -> None:
    left, right = row.x(seen.span.start), row.x(seen.span.end)
    text = _words(seen, row)
    width = text_width(text, NOTE_SIZE)
    middle = y + BAR / 2
    if seen.span.duration == 0:
        x = min(left + 8, row.limit - width)
        strip.add(Path(f"M{left:.1f} {middle - 5:.1f}l5 5-5 5-5-5z", fill=colour))
        strip.add(Label(x, y + 10, text, NOTE_SIZE, colour))
        return
    strip.add(Rect(Box(left, y, max(3.0, right - left), BAR), soft, 3))
    strip.add(Rect(Box(left, y, 3, BAR), colour, 1.5))
    strip.add(Label(min(left + 8, row.limit - width), y + 10, text, NOTE_SIZE, colour))
