"""The whole page: head, rows of lanes one under another, legend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from duetto.recording.format import SessionInfo
from duetto.recording.picture.decision_lane import decision_lane
from duetto.recording.picture.facts import Facts
from duetto.recording.picture.fonts import shortened, text_width
from duetto.recording.picture.row import Row, grid, ruler
from duetto.recording.picture.shapes import Box, Label, Line, Path, Rect, Strip
from duetto.recording.picture.sight_lane import sight_lane
from duetto.recording.picture.sound_lanes import heard_lane, said_lane
from duetto.recording.picture.text_lane import text_lane
from duetto.recording.picture.theme import (
    BOTH,
    CARD,
    DECIDED,
    DUETTO,
    EDGE,
    FAINT,
    INK,
    MARGIN,
    MUTED,
    NOTE_SIZE,
    PAGE,
    SEEN,
    SMALL_SIZE,
    TITLE_SIZE,
    TOOLS,
    TYPED,
    USER,
    WIDTH,
)
from duetto.recording.picture.tools_lane import tools_lane
from duetto.recording.picture.typing_lane import typing_lane
from duetto.timeline.clock import NS_PER_S, in_ms, in_s

ROW_SECONDS: Final = 10
"""Seconds a row has at most: words of a quick speaker still stand at their moments."""
HEAD: Final = 58.0
GAP: Final = 12.0
"""px between rows."""
LANE_GAP: Final = 7.0
EMPTY: Final = 15.0
"""Height of a lane that has nothing in this row, px."""
FOOT: Final = 34.0


@dataclass(frozen=True, slots=True)
class Lane:
    """name and what: its two words at the left. used: whether the session has anything for it at all."""

    name: str
    what: str
    colour: str
    lay_out: Callable[[Facts, Row], Strip]
    used: Callable[[Facts], bool]


LANES: Final = (
    Lane("heard", "the user", USER, heard_lane, lambda facts: True),
    Lane("seen", "camera, screen", SEEN, sight_lane, lambda facts: bool(facts.frames or facts.screens or facts.seen)),
    Lane("typed", "key by key", TYPED, typing_lane, lambda facts: bool(facts.strokes or facts.sent)),
    Lane("tools", "running", TOOLS, tools_lane, lambda facts: bool(facts.calls)),
    Lane("decided", "each micro-turn", DECIDED, decision_lane, lambda facts: True),
    Lane("said", "duetto, as heard", DUETTO, said_lane, lambda facts: True),
    Lane("shown", "text, notices", MUTED, text_lane, lambda facts: bool(facts.shown)),
)


@dataclass(frozen=True, slots=True)
class Page:
    """strips: distance from the top (px), name and shapes of each, painted in this order."""

    width: float
    height: float
    title: str
    strips: list[tuple[float, str, Strip]]

    def labels(self) -> list[Label]:
        """All text, where it stands on the page."""
        return [label.moved(top) for top, _, strip in self.strips for label in strip.labels]


def lay_out(facts: Facts, info: SessionInfo, title: str | None) -> Page:
    """Everything in its place. title: instead of the session's own."""
    heading = title if title is not None else info.title or "a conversation in micro-turns"
    strips: list[tuple[float, str, Strip]] = []
    y = HEAD
    for row in rows(facts):
        height, lanes = _row(facts, row)
        strips.append((y, "card", _card(height)))
        strips += [(y + top, name, strip) for top, name, strip in lanes]
        y += height + GAP
    height = y - GAP + FOOT
    strips.append((y - GAP, "legend", _legend(info)))
    head = [(0.0, "page", _ground(height)), (0.0, "head", _head(facts, info, heading))]
    return Page(WIDTH, height, heading, head + strips)


def rows(facts: Facts) -> list[Row]:
    """The picture's span cut into rows of equal length, in whole seconds."""
    duration = max(facts.span.duration, NS_PER_S)
    count = -(-duration // (ROW_SECONDS * NS_PER_S))
    length = -(-duration // (count * NS_PER_S)) * NS_PER_S
    starts = range(facts.span.start, max(facts.span.end, facts.span.start + 1), length)
    return [Row(start, length, min(start + length, facts.span.end)) for start in starts]


def _row(facts: Facts, row: Row) -> tuple[float, list[tuple[float, str, Strip]]]:
    top = ruler(row, facts.edges)
    placed: list[tuple[float, str, Strip]] = [(4, "ruler", top)]
    y = 4 + top.height + 2
    for lane in LANES:
        if not lane.used(facts):
            continue
        strip = lane.lay_out(facts, row)
        height = max(strip.height, EMPTY)
        names = Strip(height)
        middle = min(height / 2, 26.0)
        names.add(Rect(Box(MARGIN + 12, middle - 7, 3, 15), lane.colour, 1.5))
        if height > 30:
            names.add(Label(MARGIN + 21, middle, lane.name, NOTE_SIZE + 1, lane.colour, bold=True))
            names.add(Label(MARGIN + 21, middle + 12, lane.what, SMALL_SIZE - 0.5, MUTED))
        else:
            names.add(Label(MARGIN + 21, middle + 4.5, lane.name, NOTE_SIZE + 1, lane.colour, bold=True))
        if placed[-1][1] != "ruler":
            names.add(Line(MARGIN + 12, -LANE_GAP / 2, WIDTH - MARGIN - 12, -LANE_GAP / 2, EDGE, 0.7))
        placed += [(y, "names", names), (y, lane.name, strip)]
        y += height + LANE_GAP
    behind = (4 + top.height - 4, "grid", grid(row, facts.edges, y - LANE_GAP - top.height + 2))
    return y, [behind, *placed]


def _ground(height: float) -> Strip:
    strip = Strip(height)
    strip.add(Rect(Box(0, 0, WIDTH, height), PAGE, 10))
    return strip


def _card(height: float) -> Strip:
    strip = Strip(height)
    strip.add(Rect(Box(MARGIN, 0, WIDTH - 2 * MARGIN, height), CARD, 8, EDGE))
    return strip


def _head(facts: Facts, info: SessionInfo, heading: str) -> Strip:
    strip = Strip(HEAD)
    began = datetime.fromtimestamp(info.epoch_ns / NS_PER_S, UTC)
    what = f"{in_s(facts.span.duration):.1f} s  ·  {len(facts.edges)} micro-turns of {in_ms(info.delta):g} ms"
    what += f"  ·  {began:%Y-%m-%d %H:%M} UTC"
    width = text_width(what, NOTE_SIZE + 1)
    strip.add(Label(WIDTH - MARGIN - 4 - width, 37, what, NOTE_SIZE + 1, MUTED))
    name = text_width("duetto", TITLE_SIZE, bold=True)
    strip.add(Label(MARGIN + 4, 38, "duetto", TITLE_SIZE, DUETTO, bold=True))
    room = WIDTH - 2 * MARGIN - name - width - 60
    strip.add(Label(MARGIN + name + 18, 38, shortened(heading, 15, room), 15, INK))
    return strip


def _legend(info: SessionInfo) -> Strip:
    strip = Strip(FOOT)
    x, y = MARGIN + 6.0, 21.0

    def entry(sign: float, text: str) -> None:
        nonlocal x
        strip.add(Label(x + sign + 6, y, text, SMALL_SIZE, MUTED))
        x += sign + 6 + text_width(text, SMALL_SIZE) + 24

    strip.add(Path(f"M{x:.1f} {y:.1f}v-6m8 6v-6m8 6v-6", stroke=FAINT, width=0.9))
    entry(16, f"micro-turns of {in_ms(info.delta):g} ms")
    strip.add(Label(x, y, "word", NOTE_SIZE, FAINT, struck=True))
    entry(text_width("word", NOTE_SIZE), "revised, deleted, or planned and never said")
    for colour, text in ((USER, "the user has the floor"), (DUETTO, "duetto has it"), (BOTH, "both speak")):
        strip.add(Rect(Box(x, y - 7, 18, 6), colour, 3))
        entry(18, text)
    strip.add(Path(f"M{x:.1f} {y - 7:.1f}v7m18-7v7M{x:.1f} {y - 3.5:.1f}h18", stroke=INK, width=0.9))
    entry(18, "media time that it took")
    return strip
