"""The figures of a run's summary, found wherever they lie in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

HALVES: Final = {"dev": "dev", "held-out": "held-out", "held_out": "held-out", "heldout": "held-out"}
WHOLE: Final = ("all", "total", "overall", "suites", "halves", "by_suite", "by_half", "figures")
"""Keys that only say where one is."""


class Figure(msgspec.Struct, frozen=True):
    """One number of the summary.

    half: "held-out", "dev" or "" for both. suite: "" for all. group: the keys between, which tell what belongs
    together. name: the last key. n: of how many; low, high: its interval; None where the summary has none.
    """

    half: str
    suite: str
    group: tuple[str, ...]
    name: str
    value: float | None
    n: int | None = None
    low: float | None = None
    high: float | None = None

    @property
    def key(self) -> tuple[str, str, tuple[str, ...], str]:
        """What tells it from other figures."""
        return self.half, self.suite, self.group, self.name


def figures_of(summary: Mapping[str, Any], suites: Collection[str]) -> tuple[Figure, ...]:
    """All figures of a nested summary, in its order. suites: names that are suites where they occur as keys."""
    return tuple(_walk(summary, (), frozenset(suites)))


def _walk(node: object, path: tuple[str, ...], suites: frozenset[str]) -> Iterator[Figure]:
    if isinstance(node, Mapping):
        if "value" in node and not isinstance(node["value"], Mapping):
            if path:
                yield _figure(node, path, suites)
            return
        for key, inner in node.items():
            yield from _walk(inner, (*path, str(key)), suites)
    elif isinstance(node, list | tuple):
        for place, inner in enumerate(node):
            named = isinstance(inner, Mapping) and isinstance(inner.get("name"), str)
            yield from _walk(inner, (*path, inner["name"] if named else str(place)), suites)
    elif path and isinstance(node, int | float):
        yield _figure({"value": float(node)}, path, suites)


def _figure(leaf: Mapping[str, Any], path: tuple[str, ...], suites: frozenset[str]) -> Figure:
    half = next((HALVES[key] for key in path[:-1] if key in HALVES), "")
    suite = next((key for key in path[:-1] if key in suites), "")
    group = tuple(key for key in path[:-1] if key not in HALVES and key not in suites and key not in WHOLE)
    count = leaf.get("n")
    return Figure(
        half,
        suite,
        group,
        path[-1],
        _float(leaf["value"]),
        int(count) if isinstance(count, int | float) else None,
        _float(leaf.get("low")),
        _float(leaf.get("high")),
    )


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
