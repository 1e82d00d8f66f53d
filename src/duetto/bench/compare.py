"""Two runs side by side: what got better, what got worse, and which figures moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeAlias

import msgspec

from duetto.bench.report.facts import items_of
from duetto.bench.report.figures import Figure, figures_of
from duetto.bench.report.text import number, title
from duetto.bench.verdict import Verdict


class Change(msgspec.Struct, frozen=True):
    """An expectation that is met in one run only.

    item: the id, with the voice where several took it. kind, step: those of the expectation; "error" and -1 where the
    target could not take the item. before, after: what happened, in words.
    """

    item: str
    kind: str
    step: int
    before: str
    after: str


class Moved(msgspec.Struct, frozen=True):
    """A figure with two values. half, suite: "" for all. before, after: None where it could not be computed."""

    half: str
    suite: str
    name: str
    before: float | None
    after: float | None


class Comparison(msgspec.Struct, frozen=True):
    """What tells two runs apart. better, worse: expectations. moved: figures. only_before, only_after: items' ids."""

    better: tuple[Change, ...] = ()
    worse: tuple[Change, ...] = ()
    moved: tuple[Moved, ...] = ()
    only_before: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()


_Key: TypeAlias = tuple[str, str, int, int]


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> Comparison:
    """Compare two results as JSON. Raises msgspec.ValidationError if an item is not made as it should be."""
    old, old_suites = _verdicts(before)
    new, new_suites = _verdicts(after)
    better: list[Change] = []
    worse: list[Change] = []
    for key in sorted(old.keys() & new.keys()):
        was, now = old[key], new[key]
        if was.failed != now.failed:
            (better if was.failed else worse).append(Change(key[0], key[1], key[2], was.why, now.why))
    old_items, new_items = {key[0] for key in old}, {key[0] for key in new}
    suites = old_suites | new_suites
    return Comparison(
        tuple(better),
        tuple(worse),
        _moved(before, after, suites),
        tuple(sorted(old_items - new_items)),
        tuple(sorted(new_items - old_items)),
    )


def _verdicts(results: Mapping[str, Any]) -> tuple[dict[_Key, Verdict], set[str]]:
    """The verdicts by item, kind, step and how many of the same went before; whether it could be taken is one too."""
    found: dict[_Key, Verdict] = {}
    suites: set[str] = set()
    for item in items_of(results):
        suites.add(item.suite)
        seen: Counter[tuple[str, int]] = Counter()
        error = item.trial.error
        found[item.key, "error", -1, 0] = Verdict(kind="error", step=-1, met=not error, why=error or "it was taken")
        for verdict in item.verdicts:
            nth = seen[verdict.kind, verdict.step]
            seen[verdict.kind, verdict.step] += 1
            found[item.key, verdict.kind, verdict.step, nth] = verdict
    return found, suites


def _moved(before: Mapping[str, Any], after: Mapping[str, Any], suites: set[str]) -> tuple[Moved, ...]:
    old = {figure.key: figure for figure in figures_of(before.get("summary") or {}, suites)}
    new = {figure.key: figure for figure in figures_of(after.get("summary") or {}, suites)}
    moved: list[Moved] = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        shown = was or now
        if shown is not None and _value(was) != _value(now):
            name = " · ".join(map(title, (*shown.group, shown.name)))
            moved.append(Moved(shown.half, shown.suite, name, _value(was), _value(now)))
    return tuple(moved)


def _value(figure: Figure | None) -> float | None:
    return None if figure is None else figure.value


def lines(comparison: Comparison) -> tuple[str, ...]:
    """The comparison for a terminal: the worse first, then the better, the figures, and items of one run only."""
    out: list[str] = []
    for name, changes in (("worse", comparison.worse), ("better", comparison.better)):
        out.append(f"{name}: {len(changes)}")
        for change in changes:
            step = f" on step {change.step}" if change.step >= 0 else ""
            out.append(f"  {_plain(change.item)}: {_plain(title(change.kind))}{step}")
            out.append(f"    before: {_plain(change.before) or '–'}")
            out.append(f"    after:  {_plain(change.after) or '–'}")
    if comparison.moved:
        out.append("figures:")
    for moved in comparison.moved:
        where = f"{moved.suite or 'all'}, {moved.half or 'both halves'}"
        out.append(f"  {_plain(where)}: {_plain(moved.name)}: {number(moved.before)} → {number(moved.after)}")
    for name, items in (("only before", comparison.only_before), ("only after", comparison.only_after)):
        out += [f"{name}: {_plain(item)}" for item in items]
    return tuple(out)


def _plain(text: str) -> str:
    """Without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)
