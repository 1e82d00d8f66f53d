"""Latency against coherence: the same items with different micro-turns and horizons, as figures and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import msgspec

from duetto.assembly import Settings
from duetto.bench.results import results_of
from duetto.bench.runner import Item, run
from duetto.bench.scores import Figure
from duetto.bench.targets.duetto import DuettoTarget
from duetto.bench.trial import Trial
from duetto.timeline.clock import in_ms, ms

DELTAS: Final = (20, 40, 80, 160, 320, 640, 1000)
"""Lengths of a micro-turn, ms."""
HORIZONS: Final = (100, 200, 400, 800, 1600)
"""Speech made ahead, ms."""
SUITES: Final = ("turn_end", "pause", "interruption", "overlap_start")
"""Where haste shows."""
FIGURES: Final = (
    ("fast and patient", "reply latency, median ms"),
    ("fast and patient", "began in a pause"),
    ("coherence", "wrong starts per item"),
    ("coherence", "corrections heard per item"),
    ("coherence", "words said twice per item"),
    ("coherence", "content right"),
    ("yields and goes on", "onset to silent, median ms"),
    ("joint", "items all right"),
)


class Point(msgspec.Struct, frozen=True):
    """One setting with its figures. delta, horizon: ms."""

    delta: float
    horizon: float
    figures: dict[str, Figure]


class Frontier(msgspec.Struct, frozen=True):
    """Both sweeps, with what was run on which machine."""

    command: str
    machine: str
    items: int
    deltas: tuple[Point, ...]
    horizons: tuple[Point, ...]


def sweep(
    settings: Settings,
    items: Sequence[Item],
    folder: Path,
    *,
    command: str,
    machine: str,
    deltas: Sequence[float] = DELTAS,
    horizons: Sequence[float] = HORIZONS,
    seed: int = 1,
    jobs: int | None = None,
    taken: Callable[[Trial], None] = lambda trial: None,
) -> Frontier:
    """Take all items at every Δ with the usual horizon, then at every horizon with the usual Δ."""

    def at(delta: float, horizon: float) -> Point:
        speech = replace(settings.cascade.speech, horizon=ms(horizon))
        changed = replace(
            settings,
            session=replace(settings.session, delta=ms(delta)),
            cascade=replace(settings.cascade, speech=speech),
        )
        place = folder / f"delta-{delta:g}-horizon-{horizon:g}"
        trials = run(DuettoTarget(changed), items, place, seed=seed, jobs=jobs, taken=taken)
        scenarios = [item.scenario for item in items]
        scored = results_of("", "", "", scenarios, trials, halves=False).summary["all"]["all"]
        none = Figure(None, 0)
        return Point(delta, horizon, {name: scored.get(group, {}).get(name, none) for group, name in FIGURES})

    usual_delta, usual_horizon = in_ms(settings.session.delta), in_ms(settings.cascade.speech.horizon)
    by_delta = tuple(at(delta, max(usual_horizon, 2 * delta)) for delta in deltas)
    by_horizon = tuple(at(usual_delta, horizon) for horizon in horizons)
    return Frontier(command, machine, len(items), by_delta, by_horizon)


# --- the picture ------------------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 250.0, 150.0, 56.0, 78.0, 70.0
_COLUMNS, _STEP = 4, 232.0
_INK, _SOFT, _LINE, _BAND = "#1f2430", "#6b7280", "#2563eb", "#dbe6fe"


def draw(frontier: Frontier) -> str:
    """An SVG: each figure over Δ in the upper half, over the horizon in the lower, with 95 % intervals."""
    names = [name for _, name in FIGURES if name != "began in a pause"]
    lines = -(-len(names) // _COLUMNS)
    width = _LEFT + _COLUMNS * (_WIDTH + _GAP) - _GAP / 2
    height = _TOP + 2 * lines * _STEP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" font-family="sans-serif">',
        f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>',
        _text(_LEFT, 26, f"Latency against coherence, {frontier.items} items", size=18, weight=600),
    ]
    rows: tuple[tuple[str, Sequence[Point], Callable[[Point], float]], ...] = (
        ("micro-turn Δ, ms", frontier.deltas, lambda point: point.delta),
        ("horizon, ms", frontier.horizons, lambda point: point.horizon),
    )
    for row, (axis, points, x) in enumerate(rows):
        for column, name in enumerate(names):
            left = _LEFT + column % _COLUMNS * (_WIDTH + _GAP)
            top = _TOP + (row * lines + column // _COLUMNS) * _STEP
            parts.append(_panel(left, top, name, axis, [(x(p), p.figures[name]) for p in points]))
    return "\n".join([*parts, "</svg>\n"])


def _panel(left: float, top: float, name: str, axis: str, points: Sequence[tuple[float, Figure]]) -> str:
    known = [(x, f) for x, f in points if f.value is not None]
    highs = [f.high if f.high is not None else f.value or 0.0 for _, f in known]
    most = max([*highs, 1e-9])
    most = 1.0 if name in ("content right", "items all right") else most * 1.08

    def across(place: int) -> float:
        return left + _WIDTH * (place + 0.5) / max(1, len(points))

    def up(value: float) -> float:
        return top + _HEIGHT * (1 - min(value, most) / most)

    parts = [
        _text(left, top - 12, name, size=13, weight=600),
        f'<line x1="{left}" y1="{top + _HEIGHT}" x2="{left + _WIDTH}" y2="{top + _HEIGHT}" stroke="{_SOFT}"/>',
    ]
    for share in (0.0, 0.5, 1.0):
        y = up(share * most)
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + _WIDTH}" y2="{y:.1f}" stroke="#e5e7eb"/>')
        parts.append(_text(left - 6, y + 4, _short(share * most), size=10, anchor="end", colour=_SOFT))
    line: list[str] = []
    for place, (x, figure) in enumerate(points):
        parts.append(_text(across(place), top + _HEIGHT + 15, f"{x:g}", size=10, anchor="middle", colour=_SOFT))
        if figure.value is None:
            continue
        here, y = across(place), up(figure.value)
        if figure.low is not None and figure.high is not None:
            parts.append(
                f'<line x1="{here:.1f}" y1="{up(figure.low):.1f}" x2="{here:.1f}" y2="{up(figure.high):.1f}" '
                f'stroke="{_BAND}" stroke-width="9"/>'
            )
        line.append(f"{here:.1f},{y:.1f}")
        parts.append(_text(here, y - 8, _short(figure.value), size=10, anchor="middle"))
    parts.append(f'<polyline points="{" ".join(line)}" fill="none" stroke="{_LINE}" stroke-width="2"/>')
    parts += [f'<circle cx="{c.split(",")[0]}" cy="{c.split(",")[1]}" r="3.5" fill="{_LINE}"/>' for c in line]
    parts.append(_text(left + _WIDTH / 2, top + _HEIGHT + 32, axis, size=11, anchor="middle", colour=_SOFT))
    return "\n".join(parts)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _text(
    x: float, y: float, text: str, *, size: int, anchor: str = "start", colour: str = _INK, weight: int = 400
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}" '
        f'font-weight="{weight}">{text}</text>'
    )
