"""Plots of a run as inline SVG: how its latencies are distributed, and how they trade against taking over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from duetto.bench.report.facts import Item
from duetto.bench.report.text import NS, esc, px

WIDTH: Final = 340
HEIGHT: Final = 236
LEFT: Final = 40
RIGHT: Final = 328
TOP: Final = 14
BOTTOM: Final = 206
HALVES: Final = ("held-out", "dev")

_Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom (px)."""


def plots(items: Sequence[Item]) -> str:
    """The three plots, each a figure with its caption; one without data says so."""
    replies = {half: _latencies(items, "reply", half) for half in HALVES}
    silences = {half: _latencies(items, "yield", half) for half in HALVES}
    return (
        '<div class="plots">'
        + _figure(
            "Reply latency",
            "from the user's end to the reply",
            _ecdf(replies, _counts(items, "reply"), "share of those expected"),
        )
        + _figure(
            "Onset to silent",
            "from the user's onset to silence",
            _ecdf(silences, _counts(items, "yield"), "share of those expected"),
        )
        + _figure("Latency and take-over", "median reply latency by suite, and replies in time", _trade(items))
        + "</div>"
    )


def _latencies(items: Sequence[Item], kind: str, half: str) -> list[float]:
    """Seconds, rising."""
    return sorted(
        verdict.latency_ns / NS
        for item in items
        for verdict in item.verdicts
        if verdict.kind == kind and verdict.latency_ns is not None and item.trial.half == half
    )


def _figure(name: str, what: str, picture: str) -> str:
    key = "".join(f'<span class="key {half}">{half}</span>' for half in HALVES)
    inside = picture.replace("<svg ", f'<svg role="img" aria-label="{esc(name)}: {esc(what)}" ', 1)
    return f"<figure><h3>{esc(name)}</h3>{inside}<figcaption>{esc(what)}. {key}</figcaption></figure>"


def _counts(items: Sequence[Item], kind: str) -> dict[str, int]:
    """How many were expected, by half."""
    return {half: sum(v.kind == kind for i in items if i.trial.half == half for v in i.verdicts) for half in HALVES}


def _ecdf(values: dict[str, list[float]], expected: dict[str, int], upright: str) -> str:
    """Dots at each latency, at the share that is as quick: one curve a half. What never came keeps it below 100 %."""
    every = [value for half in values.values() for value in half]
    if not every:
        return '<p class="none">Nothing measured.</p>'
    low, high = min(0.0, *every), max(every) * 1.05 or 1.0
    parts = [*_frame(low, high, "s", upright)]
    for half, rising in values.items():
        dots = [(_x(v, low, high), _y((place + 1) / expected[half])) for place, v in enumerate(rising)]
        if dots:
            line = f"M{px(dots[0][0])} {BOTTOM}" + "".join(f"H{px(x)}V{px(y)}" for x, y in dots) + f"H{RIGHT}"
            parts.append(f'<path class="curve {half}" d="{line}"/>')
        for (x, y), value in zip(dots, rising, strict=True):
            parts.append(
                f'<circle class="dot {half}" cx="{px(x)}" cy="{px(y)}" r="3"><title>{value:.2f} s</title></circle>'
            )
    return _svg(parts)


def _trade(items: Sequence[Item]) -> str:
    """A dot a suite and half: median latency of its replies across, share of replies in time upward."""
    points: list[tuple[float, float, str, str]] = []
    for suite in sorted({item.suite for item in items}):
        for half in HALVES:
            some = [item for item in items if item.suite == suite and item.trial.half == half]
            replies = [verdict for item in some for verdict in item.verdicts if verdict.kind == "reply"]
            taken = _latencies(some, "reply", half)
            if taken:
                share = sum(verdict.met for verdict in replies) / len(replies)
                points.append((taken[(len(taken) - 1) // 2], share, half, suite))
    if not points:
        return '<p class="none">Nothing measured.</p>'
    low, high = min(0.0, *(x for x, *_ in points)), max(x for x, *_ in points) * 1.25 or 1.0
    parts = [*_frame(low, high, "s", "replies in time")]
    dots = [(_x(across, low, high), _y(up), half, suite, across, up) for across, up, half, suite in points]
    full = [(x - 6, y - 6, x + 6, y + 6) for x, y, *_ in dots]
    held = {suite for _, _, half, suite, *_ in dots if half == "held-out"}
    for x, y, half, suite, across, up in dots:
        name = f"{suite}, {half}: {across:.2f} s, {up:.0%}"
        parts.append(f'<circle class="dot {half}" cx="{px(x)}" cy="{px(y)}" r="5"><title>{esc(name)}</title></circle>')
        if half == "held-out" or suite not in held:
            box = _room(x, y, len(suite) * 6.8, full)
            full.append(box)
            parts.append(f'<text class="name" x="{px(box[0])}" y="{px(box[3] - 2)}">{esc(suite)}</text>')
    return _svg(parts)


def _room(x: float, y: float, width: float, full: Sequence[_Box]) -> _Box:
    """Where a name of this width (px) stands near its dot, over nothing else if it can."""
    best: _Box | None = None
    for down in (-6.0, 7.0, -19.0, 20.0, 33.0, 46.0):
        for left in (x + 9, x - 9 - width, x - width / 2):
            box = (left, y + down, left + width, y + down + 12)
            if left < LEFT or box[2] > WIDTH or box[3] > BOTTOM + 6 or box[1] < 0:
                continue
            best = best or box
            if not any(a < box[2] and box[0] < c and b < box[3] and box[1] < d for a, b, c, d in full):
                return box
    return best or (x, y, x + width, y + 12)


def _frame(low: float, high: float, unit: str, upright: str) -> list[str]:
    step = next(s for s in (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120, 1e9) if (high - low) / s <= 6)
    parts = [f'<text class="tick start" x="{LEFT}" y="10">{esc(upright)}</text>']
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = px(_y(share))
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick end" x="{LEFT - 6}" y="{px(_y(share) + 4)}">{share:.0%}</text>')
    at = -(-low // step) * step if low < 0 else 0.0
    while at <= high:
        x = px(_x(at, low, high))
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{BOTTOM + 4}"/>')
        parts.append(f'<text class="tick" x="{x}" y="{BOTTOM + 20}">{round(at, 3):g} {unit}</text>')
        at += step
    return parts


def _svg(parts: Sequence[str]) -> str:
    return f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}">' + "".join(parts) + "</svg>"


def _x(value: float, low: float, high: float) -> float:
    return LEFT + (value - low) / (high - low) * (RIGHT - LEFT)


def _y(share: float) -> float:
    return BOTTOM - share * (BOTTOM - TOP - 8)
