"""Counting aloud, by RepCount's online rule: the last number said after the true penultimate repetition, within one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from duetto.bench.scenario import Expect, Scenario, ns
from duetto.bench.scores.figure import Figure, mean, median, share
from duetto.bench.scores.remarks import numbers_said
from duetto.bench.scores.taken import Taken
from duetto.bench.stage.schedule import events_of
from duetto.bench.trial import Trial
from duetto.bench.verdict import Verdict
from duetto.timeline.clock import in_ms

IN_TIME: Final = (-0.3, 1.0)
"""Seconds from a repetition's completion in which its number is in time with the movement."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted of an item. times: of the repetitions' completions, said: numbers with their moments; ns."""

    times: tuple[int, ...]
    said: tuple[tuple[int, int], ...]

    @property
    def final(self) -> int | None:
        """The last number said after the last but one repetition was complete; None if none was."""
        since = self.times[-2] if len(self.times) > 1 else 0
        return next((number for number, at in reversed(self.said) if at > since), None)

    @property
    def right(self) -> bool:
        return self.final is not None and abs(self.final - len(self.times)) <= 1

    @property
    def error(self) -> int:
        """By how much the last number of all is wrong; nothing said is 0."""
        return abs((self.said[-1][0] if self.said else 0) - len(self.times))

    @property
    def lags(self) -> tuple[int | None, ...]:
        """From each repetition's completion to its number, when that was first said (ns); None where it was not."""
        first: dict[int, int] = {}
        for number, at in self.said:
            first.setdefault(number, at)
        return tuple(first[n] - time if n in first else None for n, time in enumerate(self.times, 1))


def counted(expect: Expect, scenario: Scenario, trial: Trial) -> Counted:
    """The repetitions of the item's movement (of `name`, if it is given) and the numbers said."""
    events = events_of(scenario.camera, scenario.screen)
    times = tuple(ns(e.at) for e in events if e.what == "repeat" and expect.name in ("", e.name))
    return Counted(times, numbers_said(trial, ns(expect.since)))


def judged(expect: Expect, scenario: Scenario, trial: Trial) -> Verdict:
    """met: a number was said after the last but one repetition. content: it is right within one."""
    found = counted(expect, scenario, trial)
    final = found.final
    lags = sorted(lag for lag in found.lags if lag is not None)
    return Verdict(
        kind="count",
        step=expect.step,
        met=final is not None,
        content=found.right,
        latency_ns=lags[len(lags) // 2] if lags else None,
        why=f"it counted {'nothing' if final is None else final} of {len(found.times)}",
    )


def count(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Right within one, exact, by how much wrong; and how far each number is behind its repetition."""
    all_of = [
        counted(expect, one.scenario, one.trial)
        for one in taken
        for expect in one.scenario.expect
        if expect.kind == "count"
    ]
    lags = [lag for found in all_of for lag in found.lags]
    low, high = ns(IN_TIME[0]), ns(IN_TIME[1])
    return {
        "within one": share(found.right for found in all_of),
        "mean absolute error": mean(found.error for found in all_of),
        "exact": share(found.final == len(found.times) for found in all_of),
        "number behind repetition, median ms": median(in_ms(lag) for lag in lags if lag is not None),
        "numbers in time": share(lag is not None and low <= lag <= high for lag in lags),
    }
