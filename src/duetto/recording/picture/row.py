"""One row of the picture: a stretch of media time on the plot's width, and the ruler with its micro-turns."""

from __future__ import annotations

from dataclasses import dataclass

from duetto.recording.picture.shapes import Label, Line, Path, Strip
from duetto.recording.picture.theme import FAINT, GRID, MUTED, PLOT_LEFT, PLOT_RIGHT, SMALL_SIZE, TICK
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.increment import Span

RULER_HEIGHT = 20.0


@dataclass(frozen=True, slots=True)
class Row:
    """start: media time (ns) at the left edge. length: ns on the full width. end: where its content ends (ns)."""

    start: int
    length: int
    end: int

    @property
    def left(self) -> float:
        return PLOT_LEFT

    @property
    def right(self) -> float:
        """Where the row's content ends (px)."""
        return self.x(self.end)

    @property
    def limit(self) -> float:
        """How far labels may reach (px): the full width, also where the content ends before."""
        return PLOT_RIGHT

    def x(self, at: int) -> float:
        """Pixel of a media time; times outside the row come to stand at its edges."""
        share = (min(max(at, self.start), self.end) - self.start) / self.length
        return PLOT_LEFT + share * (PLOT_RIGHT - PLOT_LEFT)

    def holds(self, at: int) -> bool:
        return self.start <= at < self.end

    def shows(self, span: Span) -> bool:
        """True when any of the span lies in the row."""
        return (span.start < self.end and span.end > self.start) or self.holds(span.start)


def ruler(row: Row, edges: list[int]) -> Strip:
    """Ticks at every micro-turn and the seconds in figures."""
    strip = Strip(RULER_HEIGHT)
    base = RULER_HEIGHT - 4
    mine = [row.x(edge) for edge in edges if row.holds(edge)]
    strip.add(Path("".join(f"M{x:.2f} {base:.2f}v-3.5" for x in mine), stroke=FAINT, width=0.7))
    strip.add(Line(row.left, base, row.right, base, FAINT, 0.8))
    for second in seconds(row):
        x = row.x(second)
        strip.add(Line(x, base - 7, x, base, MUTED, 1))
        strip.add(Label(x + 3, base - 6, f"{second / NS_PER_S:g} s", SMALL_SIZE, MUTED))
    return strip


def grid(row: Row, edges: list[int], height: float) -> Strip:
    """Hairlines behind all lanes: faint at each micro-turn, clearer at each second."""
    strip = Strip(height)
    mine = [row.x(edge) for edge in edges if row.holds(edge)]
    strip.add(Path("".join(f"M{x:.2f} 0v{height:.1f}" for x in mine), stroke=TICK, width=0.8))
    strip.add(*(Line(row.x(second), 0, row.x(second), height, GRID, 1) for second in seconds(row)))
    return strip


def seconds(row: Row) -> list[int]:
    """The full seconds of a row, one label each; fewer where the row is long."""
    step = next(s for s in (1, 2, 5, 10, 30, 60, 300) if s * 30 >= row.length / NS_PER_S) * NS_PER_S
    first = -(-row.start // step) * step
    return list(range(first, row.end, step))
