"""Figures with their intervals: shares after Wilson, medians and means by a seeded bootstrap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

CONFIDENCE_Z: Final = 1.959964
"""Standard deviations of a 95 % interval."""
DRAWS: Final = 1000
_Values: TypeAlias = NDArray[np.float64]


class Figure(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval. n: of how many values; value, low and high are None where there are none."""

    value: float | None
    n: int
    low: float | None = None
    high: float | None = None


def share(met: Iterable[bool]) -> Figure:
    """How many are true, with Wilson's score interval (1927)."""
    values = tuple(met)
    n = len(values)
    if not n:
        return Figure(None, 0)
    p, z2 = sum(values) / n, CONFIDENCE_Z**2
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = CONFIDENCE_Z / (1 + z2 / n) * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n))
    return Figure(round(p, 4), n, round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4))


def median(values: Iterable[float]) -> Figure:
    """The median of values, with a percentile bootstrap (Efron 1979)."""
    return _bootstrap(tuple(values), lambda drawn: np.median(drawn, axis=-1))


def mean(values: Iterable[float]) -> Figure:
    """The mean of values, with a percentile bootstrap."""
    return _bootstrap(tuple(values), lambda drawn: np.mean(drawn, axis=-1))


def p90(values: Iterable[float]) -> Figure:
    """The 90th percentile of values, with a percentile bootstrap."""
    return _bootstrap(tuple(values), lambda drawn: np.percentile(drawn, 90, axis=-1))


def _bootstrap(values: Sequence[float], statistic: Callable[[_Values], Any]) -> Figure:
    if not values:
        return Figure(None, 0)
    given = np.asarray(values, np.float64)
    dice = np.random.default_rng(7)
    drawn = statistic(given[dice.integers(0, len(given), (DRAWS, len(given)))])
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Figure(_rounded(statistic(given)), len(given), _rounded(low), _rounded(high))


def _rounded(value: Any) -> float:
    return round(float(value), 4)
