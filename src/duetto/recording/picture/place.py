"""Where labels go, so that none covers another: each as near to its moment as the others allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Place = tuple[float, int]
"""Left edge in px, and the number of its line."""


def spread(wanted: Sequence[float], widths: Sequence[float], gap: float, low: float, high: float) -> list[float] | None:
    """Left edges in the given order, without overlap, in [low, high], moved as little as possible.

    The least sum of squared shifts, by pooling neighbours that push each other (isotonic regression; Ayer et al.,
    1955). None when they do not fit.
    """
    before, total = [], 0.0
    for width in widths:
        before.append(total)
        total += width + gap
    highest = high - total + gap
    if highest < low - 1e-9:
        return None
    pools: list[tuple[float, int]] = []  # mean of (wanted - what stands before it), how many
    for want, offset in zip(wanted, before, strict=True):
        mean, count = want - offset, 1
        while pools and pools[-1][0] > mean:
            other, many = pools.pop()
            mean, count = (mean * count + other * many) / (count + many), count + many
        pools.append((mean, count))
    flat = [mean for mean, count in pools for _ in range(count)]
    return [min(max(mean, low), highest) + offset for mean, offset in zip(flat, before, strict=True)]


def caption(
    wanted: Sequence[float], widths: Sequence[float], gap: float, low: float, high: float, *, lines: int, shift: float
) -> list[Place]:
    """Words at their moments, in one line if none moves more than `shift` px, else in up to `lines`.

    In two lines a word stays in the first as long as it is not pushed by more than half of `shift`.

    What does not fit even so is left out from the end: the answer may be shorter than the question.
    """
    count, many = 1, len(wanted)
    while True:
        placed = _in_lines(wanted[:many], widths[:many], gap, low, high, count, shift / 2)
        if placed is not None:
            moved = max((abs(x - want) for (x, _), want in zip(placed, wanted, strict=False)), default=0.0)
            if moved <= shift or count == lines:
                return placed
        if count < lines:
            count += 1
        else:
            many -= max(1, many // 8)


def _in_lines(
    wanted: Sequence[float], widths: Sequence[float], gap: float, low: float, high: float, count: int, push: float
) -> list[Place] | None:
    ends = [low] * count
    line_of: list[int] = []
    for want, width in zip(wanted, widths, strict=True):
        free = [n for n in range(count) if ends[n] <= want + push]
        line = free[0] if free else min(range(count), key=lambda n: ends[n])
        line_of.append(line)
        ends[line] = max(want, ends[line]) + width + gap
    edges: dict[int, float] = {}
    for line in range(count):
        mine = [i for i, n in enumerate(line_of) if n == line]
        placed = spread([wanted[i] for i in mine], [widths[i] for i in mine], gap, low, high)
        if placed is None:
            return None
        edges.update(zip(mine, placed, strict=True))
    return [(edges[i], line_of[i]) for i in range(len(wanted))]


def stack(extents: Sequence[tuple[float, float]], gap: float, lines: int) -> list[int | None]:
    """A line for each (left, right) extent, given by their left edges: the first that is free. None: no line is."""
    ends = [float("-inf")] * lines
    found: list[int | None] = []
    for left, right in extents:
        line = next((n for n in range(lines) if ends[n] <= left), None)
        if line is not None:
            ends[line] = right + gap
        found.append(line)
    return found


@dataclass(frozen=True, slots=True)
class Flag:
    """A label on a pole: its pole stands at `pole` and its text spans [left, right] at height `line`, 0 the lowest."""

    pole: float
    left: float
    right: float
    line: int


def flags(poles: Sequence[float], widths: Sequence[float], gap: float, high: float, lines: int) -> list[Flag | None]:
    """Labels flown from poles (given from left to right) such that no text covers a text or a pole.

    A text begins at its pole, or ends there where the right edge `high` is near. None: no line was free for it.
    """
    placed: list[Flag] = []
    found: list[Flag | None] = []
    for pole, width in zip(reversed(poles), reversed(widths), strict=True):
        left = pole if pole + width <= high else pole - width
        flag = next((f for n in range(lines) if not _hit(f := Flag(pole, left, left + width, n), placed, gap)), None)
        if flag is not None:
            placed.append(flag)
        found.append(flag)
    return found[::-1]


def _hit(flag: Flag, placed: Sequence[Flag], gap: float) -> bool:
    for other in placed:
        meet = flag.left < other.right + gap and other.left < flag.right + gap
        if meet and flag.line == other.line:
            return True
        if flag.line < other.line and flag.left - gap < other.pole < flag.right + gap:
            return True
        if other.line < flag.line and other.left - gap < flag.pole < other.right + gap:
            return True
    return False
