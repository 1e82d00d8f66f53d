"""Who had the floor, what was decided, and how quick it was."""

from __future__ import annotations

from typing import Final

from duetto.recording.picture.facts import Facts, Mark
from duetto.recording.picture.fonts import shortened, text_width
from duetto.recording.picture.latency import Latency, latencies, speech
from duetto.recording.picture.place import flags, stack
from duetto.recording.picture.row import Row
from duetto.recording.picture.shapes import Box, Label, Line, Path, Rect, Strip
from duetto.recording.picture.theme import BOTH, DECIDED, DUETTO, INK, NOTE_SIZE, SMALL_SIZE, USER
from duetto.timeline.increment import Span

FLAG_LINE: Final = 15.0
LINES: Final = 5
LONGEST: Final = 320.0
"""px that one label may take."""
FLOOR: Final = 6.0
MEASURE_LINE: Final = 14.0
COLOURS: Final = {"duetto": DUETTO, "user": USER, "order": DECIDED, "": INK}


def decision_lane(facts: Facts, row: Row) -> Strip:
    """Labels on poles over the moments they were decided; under them the floor; under it what was measured."""
    strip = Strip()
    marks = _merged([mark for mark in facts.decisions if row.holds(mark.at)], row)
    found = flags([row.x(m.at) for m in marks], [_width(m) for m in marks], 7, row.limit, LINES)
    used = max((flag.line for flag in found if flag is not None), default=0) + 1
    base = 4 + used * FLAG_LINE + 3
    for mark, flag in zip(marks, found, strict=True):
        x, colour = row.x(mark.at), COLOURS[mark.tone]
        if flag is not None:
            top = 4 + (used - 1 - flag.line) * FLAG_LINE
            strip.add(Line(x, top + 2, x, base, colour, 0.9))
            strip.add(Label(flag.left + (4 if flag.left == flag.pole else 2), top + 10, mark.label, NOTE_SIZE, colour))
        strip.add(Path(f"M{x - 3.2:.1f} {base:.1f}a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0z", fill=colour))
    base += 7
    _floor(strip, facts, row, base)
    base += FLOOR + 3
    strip.height = base + _measures(strip, facts, row, base)
    return strip


def _width(mark: Mark) -> float:
    return text_width(mark.label, NOTE_SIZE) + 6


def _merged(marks: list[Mark], row: Row) -> list[Mark]:
    """Decisions of one moment (nearer than 3 px) under one label."""
    merged: list[Mark] = []
    for mark in marks:
        if merged and row.x(mark.at) - row.x(merged[-1].at) < 3:
            last = merged[-1]
            tone = last.tone if last.tone == mark.tone else last.tone or mark.tone
            merged[-1] = Mark(last.at, f"{last.label} · {mark.label}", tone)
        else:
            merged.append(mark)
    return [Mark(m.at, shortened(m.label, NOTE_SIZE, LONGEST), m.tone) for m in merged]


def _floor(strip: Strip, facts: Facts, row: Row, y: float) -> None:
    """A band: the user's colour, duetto's, or both."""
    strip.add(Line(row.left, y + FLOOR / 2, row.right, y + FLOOR / 2, "#e8e4d9", 1))
    spoken = speech(facts.voice, facts.span.start)
    for spans, colour in ((facts.voicings, USER), (spoken, DUETTO)):
        for span in spans:
            if row.shows(span):
                left, right = row.x(span.start), row.x(span.end)
                strip.add(Rect(Box(left, y, max(1.0, right - left), FLOOR), colour, 3))
    for voicing in facts.voicings:
        for span in spoken:
            both = Span(max(voicing.start, span.start), max(voicing.start, span.start, min(voicing.end, span.end)))
            if both.duration and row.shows(both):
                left, right = row.x(both.start), row.x(both.end)
                strip.add(Rect(Box(left, y - 1, max(1.0, right - left), FLOOR + 2), BOTH, 3))


def _measures(strip: Strip, facts: Facts, row: Row, y: float) -> float:
    """Dimension arrows with their milliseconds to the right. Returns the height they need (px)."""
    mine = [latency for latency in latencies(facts) if row.holds(latency.span.start)]
    extents = [_extent(latency, row) for latency in mine]
    lines = stack(extents, 10, 3)
    for latency, line in zip(mine, lines, strict=True):
        if line is None:
            continue
        left, right = row.x(latency.span.start), row.x(latency.span.end)
        middle = y + line * MEASURE_LINE + 7
        strip.add(Path(_arrow(left, right, middle), stroke=INK, width=0.9))
        width = text_width(latency.label, SMALL_SIZE)
        x = right + 5 if right + 5 + width <= row.limit else left - 5 - width
        strip.add(Label(x, middle + 3.5, latency.label, SMALL_SIZE, INK))
    return (max((line for line in lines if line is not None), default=-1) + 1) * MEASURE_LINE + 2


def _extent(latency: Latency, row: Row) -> tuple[float, float]:
    left, right = row.x(latency.span.start), row.x(latency.span.end)
    width = text_width(latency.label, SMALL_SIZE) + 5
    return (left, right + width) if right + width <= row.limit else (left - width, right)


def _arrow(left: float, right: float, y: float) -> str:
    """Ends marked by bars, a line between, and heads where there is room for them."""
    d = f"M{left:.1f} {y - 4:.1f}v8M{right:.1f} {y - 4:.1f}v8M{left:.1f} {y:.1f}H{right:.1f}"
    if right - left > 14:
        d += f"M{left + 4:.1f} {y - 2.4:.1f}l-4 2.4 4 2.4M{right - 4:.1f} {y - 2.4:.1f}l4 2.4-4 2.4"
    return d
