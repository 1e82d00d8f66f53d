"""The two voices: what was heard from the user, with the words that were revised, and what duetto said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from duetto.recording.picture.facts import Facts, Said
from duetto.recording.picture.fonts import shortened, text_width
from duetto.recording.picture.place import caption, stack
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Box, Label, Line, Path, Rect, Shape, Strip
from duetto.recording.picture.theme import (
    DUETTO,
    DUETTO_SOFT,
    FAINT,
    INK,
    NOTE_SIZE,
    USER,
    USER_SOFT,
    WORD_SIZE,
)
from duetto.timeline.increment import Span
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Samples, samples_before

WAVE: Final = 46.0
"""Height of a waveform, px."""
LINE: Final = 16.0
"""Height of a line of words, px."""
NOTE_LINE: Final = 14.0
LONGEST: Final = 240.0
"""px that one word may take."""
QUIET: Final = 0.02
"""The loudest moment counts as at least this share of full scale, or noise would fill the lane."""
STEP: Final = 1.5
"""px per point of a waveform."""
SHIFT: Final = 40.0
"""px that a word may stand away from its moment before a second line is opened."""


def heard_lane(facts: Facts, row: Row) -> Strip:
    """The user: revised words struck through, final words, waveform; a tint where the voice detector heard speech."""
    strip = Strip()
    words = [w for w in facts.words if row.holds(w.span.start)]
    revised = [w for w in facts.revised if row.holds(w.span.start)]
    y = 2.0
    if revised:
        lines = _struck(strip, revised, row, y)
        y += lines * NOTE_LINE
    y += _words(strip, words, row, y) * LINE + 4
    strip.add(*_dashes([w.span for w in facts.words], row, y, USER))
    y += 5
    tint = [Rect(_band(span, row, y), USER_SOFT, 4) for span in facts.voicings if row.shows(span)]
    strip.add(*tint)
    strip.add(*_waveform(facts.mic, MIC_RATE, facts.span.start, row, y, USER))
    strip.height = y + WAVE + 3
    return strip


def said_lane(facts: Facts, row: Row) -> Strip:
    """Duetto: waveform, the words that were really heard, and in grey what was planned and never said."""
    strip = Strip()
    y = 3.0
    strip.add(*_waveform(facts.voice, VOICE_RATE, facts.span.start, row, y, DUETTO, DUETTO_SOFT))
    y += WAVE + 2
    strip.add(*_dashes([w.span for w in facts.heard], row, y, DUETTO))
    y += 4
    words = [w for w in facts.heard if row.holds(w.span.start)]
    y += _words(strip, words, row, y) * LINE + 2
    unsaid = [mark for mark in facts.unsaid if row.holds(mark.at)]
    free = row.left
    for place, mark in enumerate(unsaid):
        x = row.x(mark.at)
        until = row.x(unsaid[place + 1].at) - 8 if place + 1 < len(unsaid) else row.limit
        text = shortened(mark.label, NOTE_SIZE, until - free)
        left = max(free, min(x + 5, until - text_width(text, NOTE_SIZE)))
        strip.add(Line(x, y - LINE - 1, x, y + 11 if left > x else y, FAINT, 1, "2 2"))
        strip.add(Label(left, y + 10, text, NOTE_SIZE, FAINT, struck=True))
        free = left + text_width(text, NOTE_SIZE) + 8
    strip.height = y + (NOTE_LINE if unsaid else 0)
    return strip


def _words(strip: Strip, words: Sequence[Said], row: Row, y: float) -> int:
    """The words at their moments, a little smaller where they crowd. Returns how many lines they take."""
    wanted = [row.x(word.span.start) for word in words]
    for size, lines in ((WORD_SIZE, 1), (WORD_SIZE - 1, 1), (WORD_SIZE - 1, 3)):
        texts = [shortened(word.text, size, LONGEST) for word in words]
        widths = [text_width(text, size) for text in texts]
        placed = caption(wanted, widths, 4.5, row.left, row.limit, lines=lines, shift=SHIFT)
        farthest = max((abs(x - want) for (x, _), want in zip(placed, wanted, strict=False)), default=0.0)
        if len(placed) == len(words) and farthest <= SHIFT:
            break
    for (x, line), text in zip(placed, texts, strict=False):
        strip.add(Label(x, y + line * LINE + 12, text, size, INK))
    return max((line for _, line in placed), default=0) + 1


def _struck(strip: Strip, revised: Sequence[Said], row: Row, y: float) -> int:
    """Revised words, each over its moment, in at most two lines; what finds no room is not told."""
    extents = [(x := row.x(w.span.start), x + text_width(w.text, NOTE_SIZE)) for w in revised]
    lines = stack(extents, 6, 2)
    used = max((line for line in lines if line is not None), default=0) + 1
    for (left, right), line, word in zip(extents, lines, revised, strict=True):
        if line is not None and right <= row.limit:
            strip.add(Label(left, y + (used - 1 - line) * NOTE_LINE + 10, word.text, NOTE_SIZE, FAINT, struck=True))
    return used


def _dashes(spans: Sequence[Span], row: Row, y: float, colour: str) -> list[Shape]:
    """A dash for each word's true span, so that a word that had to move still has its moment."""
    parts = [(row.x(s.start) + 0.6, row.x(s.end) - 0.6) for s in spans if row.shows(s)]
    d = "".join(f"M{a:.1f} {y:.1f}H{b:.1f}" for a, b in parts if b > a)
    return [Path(d, stroke=colour, width=1.6)] if d else []


def _band(span: Span, row: Row, y: float) -> Box:
    left, right = row.x(span.start), row.x(span.end)
    return Box(left, y, max(1.0, right - left), WAVE)


def _waveform(samples: Samples, rate: int, start: int, row: Row, y: float, colour: str, tint: str = "") -> list[Shape]:
    """The envelope of the sound as a mirrored shape. samples: int16 from media time `start` (ns) on."""
    middle = y + WAVE / 2
    base: list[Shape] = [Line(row.left, middle, row.right, middle, colour, 0.5)]
    count = int((row.right - row.left) / STEP)
    if not len(samples) or count < 2:
        return base
    loudest = max(float(np.percentile(np.abs(samples.astype(np.int32)), 99.99)), QUIET * 32768)
    begin, end = (samples_before(at - start, rate) for at in (row.start, row.end))
    edges = np.linspace(begin, end, count + 1).astype(np.int64)
    magnitude = np.abs(samples[begin : edges[-1]].astype(np.int32))
    if not len(magnitude):
        return base
    starts = np.minimum(edges[:-1] - begin, len(magnitude) - 1)
    peaks = np.maximum.reduceat(magnitude, starts)
    heights = np.minimum(1.0, peaks / loudest) ** 0.75 * (WAVE / 2 - 1)
    shapes: list[Shape] = []
    runs = _runs(heights > 0.35)
    for first, last in runs:
        xs = row.left + (np.arange(first, last) + 0.5) * STEP
        hs = heights[first:last]
        if tint and last - first > 3:
            shapes.append(Rect(Box(xs[0] - 1, y, xs[-1] - xs[0] + 2, WAVE), tint, 4))
        upper = "L".join(f"{x:.1f} {middle - h:.1f}" for x, h in zip(xs, hs, strict=True))
        lower = "L".join(f"{x:.1f} {middle + h:.1f}" for x, h in zip(xs[::-1], hs[::-1], strict=True))
        shapes.append(Path(f"M{upper}L{lower}Z", fill=colour, stroke=colour, width=0.6))
    return base + shapes


def _runs(sounding: np.ndarray[tuple[int], np.dtype[np.bool_]], bridge: int = 14) -> list[tuple[int, int]]:
    """Stretches of points with sound; gaps shorter than `bridge` points are within a stretch."""
    points = np.flatnonzero(sounding)
    if not len(points):
        return []
    breaks = np.flatnonzero(np.diff(points) > bridge)
    firsts = points[np.concatenate([[0], breaks + 1])]
    lasts = points[np.concatenate([breaks, [len(points) - 1]])]
    return [(int(a), int(b) + 1) for a, b in zip(firsts, lasts, strict=True)]
