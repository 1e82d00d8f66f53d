"""Start and stop said aloud, scored as Charades is: temporal intersection over union of what was said and what was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duetto.bench.scenario import Expect, Scenario, ns
from duetto.bench.scores.figure import Figure, mean, median, share
from duetto.bench.scores.remarks import remarks
from duetto.bench.scores.taken import Taken
from duetto.bench.stage.schedule import events_of
from duetto.bench.trial import Trial
from duetto.bench.verdict import Verdict
from duetto.timeline.clock import in_ms, in_s
from duetto.timeline.increment import Span


@dataclass(frozen=True, slots=True)
class Spanned:
    """true: from the movement's start to its stop. started, stopped: when that was said (ns), None where not."""

    true: Span
    started: int | None
    stopped: int | None

    @property
    def said(self) -> tuple[int, ...]:
        """When one of both was said, ns."""
        return tuple(moment for moment in (self.started, self.stopped) if moment is not None)

    @property
    def iou(self) -> float:
        """0 to 1; 0 where one of both was not said."""
        if self.started is None or self.stopped is None:
            return 0.0
        return iou(Span(self.started, self.stopped), self.true)


def iou(a: Span, b: Span) -> float:
    """Intersection over union of two spans."""
    both = min(a.end, b.end) - max(a.start, b.start)
    if both <= 0:
        return 0.0
    return both / (a.duration + b.duration - both)


def spanned(expect: Expect, scenario: Scenario, trial: Trial) -> Spanned:
    """The first time that the start is said, and the first time after it that the stop is."""
    events = [e for e in events_of(scenario.camera, scenario.screen) if not expect.name or e.name == expect.name]
    start = next((e.at for e in events if e.what == "starts"), 0.0)
    stop = next((e.at for e in events if e.what == "stops" and e.at > start), start)
    said = [remark for remark in remarks(trial, ns(expect.since)) if remark.short]
    started = next((remark.start for remark in said if remark.says(expect.says)), None)
    stopped = None
    if started is not None:
        stopped = next((r.start for r in said if r.start > started and r.says(expect.ends)), None)
    return Spanned(Span(ns(start), ns(stop)), started, stopped)


def judged(expect: Expect, scenario: Scenario, trial: Trial) -> Verdict:
    """met: the overlap is at least half (IoU 0.5)."""
    found = spanned(expect, scenario, trial)
    if found.started is None:
        why = "the start was not said"
    else:
        why = f"start {in_s(found.started - found.true.start):+.2f} s, "
        why += "stop not said" if found.stopped is None else f"stop {in_s(found.stopped - found.true.end):+.2f} s"
    return Verdict(
        kind="span",
        step=expect.step,
        met=found.iou >= 0.5,
        latency_ns=None if found.started is None else found.started - found.true.start,
        why=f"{why}; IoU {found.iou:.2f}",
    )


def span(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Mean IoU, how many reach a half, and how far what was said is behind what was."""
    all_of = [
        spanned(expect, one.scenario, one.trial)
        for one in taken
        for expect in one.scenario.expect
        if expect.kind == "span"
    ]
    return {
        "mean IoU": mean(found.iou for found in all_of),
        "IoU of a half": share(found.iou >= 0.5 for found in all_of),
        "start behind, median ms": median(in_ms(f.started - f.true.start) for f in all_of if f.started is not None),
        "stop behind, median ms": median(in_ms(f.stopped - f.true.end) for f in all_of if f.stopped is not None),
    }
