"""What a report reads from the results of a run: plain JSON made into items with their verdicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from duetto.bench.scenario import Expect, Scenario
from duetto.bench.trial import Trial
from duetto.bench.verdict import Verdict


class Item(msgspec.Struct, frozen=True):
    """One item of a run. key: its id, with the voice where several voices took it. verdicts: one per expectation."""

    key: str
    scenario: Scenario
    trial: Trial
    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> bool:
        return bool(self.trial.error) or any(verdict.failed for verdict in self.verdicts)

    @property
    def suite(self) -> str:
        return self.scenario.suite or self.trial.item.split("/")[0]

    def expected(self) -> tuple[tuple[Verdict, Expect | None], ...]:
        """Each verdict with its expectation: the n-th of the same kind and step."""
        seen: Counter[tuple[str, int]] = Counter()
        pairs: list[tuple[Verdict, Expect | None]] = []
        for verdict in self.verdicts:
            same = [e for e in self.scenario.expect if (e.kind, e.step) == (verdict.kind, verdict.step)]
            nth = seen[verdict.kind, verdict.step]
            seen[verdict.kind, verdict.step] += 1
            pairs.append((verdict, same[nth] if nth < len(same) else None))
        return tuple(pairs)


class _Raw(msgspec.Struct, frozen=True):
    scenario: Scenario
    trial: Trial
    verdicts: tuple[Verdict, ...] = ()


def items_of(results: Mapping[str, Any]) -> tuple[Item, ...]:
    """The items of a run's results, in their order. Raises msgspec.ValidationError, which names the field."""
    raw = msgspec.convert(results.get("items", ()), tuple[_Raw, ...])
    times = Counter(one.trial.item for one in raw)
    keys: Counter[str] = Counter()
    items: list[Item] = []
    for one in raw:
        key = one.trial.item if times[one.trial.item] == 1 else f"{one.trial.item} ({one.trial.voice})"
        keys[key] += 1
        key = key if keys[key] == 1 else f"{key} #{keys[key]}"
        items.append(Item(key, one.scenario, one.trial, one.verdicts))
    return tuple(items)


def wish(expect: Expect | None, kind: str) -> str:
    """An expectation in words."""
    if expect is None:
        return kind.replace("_", " ")
    low, high = expect.within
    words = {
        "reply": f"a reply that begins {low:g} to {high:g} s after the user's end",
        "wait": "no speech until the user's end",
        "silence": f"no speech in the step, nor until {high:g} s after it",
        "go_on": f"the agent goes on speaking, {high:g} s at least",
        "yield": f"the agent falls silent within {high:g} s of the user's onset",
        "fact": f"the new fact within {high:g} s of the step's end",
        "backchannel": "a short sound of listening during the step",
        "count": "the repetitions counted aloud, the last number right within one",
        "span": f"“{' or '.join(expect.says)}” when the movement starts, “{' or '.join(expect.ends)}” when it stops",
        "watch": f"at each “{expect.event}”, {low:g} to {high:g} s from it, a remark",
        "calm": "nothing said without an event",
        "due": f"a remark {low:g} to {high:g} s from the moment {expect.later:g} s after the step's end",
        "cue": f"a remark {low:g} to {high:g} s from the end of “{expect.word}” ({expect.nth}), while the user speaks",
        "hush": "nothing said that was neither due nor an answer",
        "translated": f"each clause translated {low:g} to {high:g} s after its end, in order",
    }[expect.kind]
    if expect.says:
        words += ", saying " + " or ".join(f"“{one}”" for one in expect.says)
    if expect.never:
        words += ", never " + " or ".join(f"“{one}”" for one in expect.never)
    return words
