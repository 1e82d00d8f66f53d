"""Watching for long: each event told in its window, nothing told without one, and how soon.

After ProactiveVideoQA (arXiv 2507.09313) PAUC is the area under the curve of what is right so far, over an event's
window; here it is 0 before the first right remark and 1 from it on, so that silence scores 0 (theirs: 25 of 100).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from duetto.bench.scenario import Expect, Scenario, ns
from duetto.bench.scores.figure import DRAWS, Figure, mean, median, share
from duetto.bench.scores.remarks import Remark, remarks
from duetto.bench.scores.span import spanned
from duetto.bench.scores.taken import Taken
from duetto.bench.scores.words import plain
from duetto.bench.stage.schedule import events_of
from duetto.bench.track import Event
from duetto.bench.trial import Trial
from duetto.bench.verdict import Verdict
from duetto.timeline.clock import in_ms, in_s, s

GOES_ON: Final = s(1.0)
"""ns: a remark that begins so soon after a right one goes on with it, unless it says the same again."""
TEN_MINUTES: Final = 600.0


@dataclass(frozen=True, slots=True)
class Seen:
    """An event that was to be told. delay: ns from it to the first sample of the remark that tells it, None without.

    window: ns, from the event, in which it is told in time.
    """

    event: Event
    delay: int | None
    window: tuple[int, int]

    @property
    def pauc(self) -> float:
        """Share of the window after the event in which it was known, 0 to 1."""
        if self.delay is None:
            return 0.0
        return 1.0 - max(0, self.delay) / self.window[1]


@dataclass(frozen=True, slots=True)
class Watched:
    """What was told of an item. seen: by expectation, then by event. alarms: remarks that told nothing that was."""

    seen: tuple[tuple[Seen, ...], ...]
    alarms: tuple[Remark, ...]
    lasted: float

    @property
    def all(self) -> tuple[Seen, ...]:
        return tuple(one for some in self.seen for one in some)


def watched(scenario: Scenario, trial: Trial) -> Watched:
    """Each event with the first remark in its window that tells it and tells no other; what is left is an alarm."""
    events = events_of(scenario.camera, scenario.screen)
    asked = [expect for expect in scenario.expect if expect.kind == "watch"]
    since = min((ns(e.since) for e in scenario.expect if e.kind in ("watch", "calm")), default=0)
    left = list(remarks(trial, since))
    told: list[tuple[Remark, Expect]] = []
    wanted = sorted(
        ((event, n) for n, expect in enumerate(asked) for event in events if _meant(event, expect)),
        key=lambda one: one[0].at,
    )
    seen: list[list[Seen]] = [[] for _ in asked]
    for event, n in wanted:
        expect = asked[n]
        low, high = ns(expect.within[0]), ns(expect.within[1])
        moment = ns(_stands(event, expect))
        hit = next((r for r in left if low <= r.start - moment <= high and r.says(expect.says)), None)
        if hit is not None:
            left.remove(hit)
            told.append((hit, expect))
        seen[n].append(Seen(event, None if hit is None else hit.start - moment, (low, high)))
    alarms = _alarms(scenario, trial, left, told)
    return Watched(tuple(tuple(some) for some in seen), alarms, in_s(max(0, trial.duration - since)))


def _meant(event: Event, expect: Expect) -> bool:
    return event.what == expect.event and expect.name in ("", event.name) and event.at >= expect.since


def _stands(event: Event, expect: Expect) -> float:
    """Seconds at which there is something to tell: of a line that is typed, the words that were asked for."""
    ends = [event.name.find(words) + len(words) for words in expect.says if words in event.name]
    return event.at - event.letter * (len(event.name) - min(ends, default=len(event.name)))


def _alarms(
    scenario: Scenario, trial: Trial, left: Sequence[Remark], told: Sequence[tuple[Remark, Expect]]
) -> tuple[Remark, ...]:
    """What is left and does not go on with what was told: that is soon after it, and tells nothing itself."""
    spans = [expect for expect in scenario.expect if expect.kind == "span"]
    right = {moment for expect in spans for moment in spanned(expect, scenario, trial).said}
    ends = [(remark.end, expect) for remark, expect in told]
    again = {plain(remark.text) for remark, _ in told}
    asked = [expect for expect in scenario.expect if expect.kind == "watch"]
    alarms: list[Remark] = []
    for remark in left:
        if remark.start in right:
            continue
        before = next((expect for end, expect in reversed(ends) if 0 <= remark.start - end < GOES_ON), None)
        others = [expect for expect in asked if expect is not before]
        tells = plain(remark.text) in again or any(remark.says(expect.says) for expect in others)
        if before is None or tells:
            alarms.append(remark)
        else:
            ends.append((remark.end, before))
    return tuple(alarms)


def judged(expect: Expect, scenario: Scenario, trial: Trial) -> Verdict:
    """Of "watch": all events were told in time. Of "calm": there was no alarm."""
    found = watched(scenario, trial)
    if expect.kind == "calm":
        first = "; ".join(f"“{r.text}” at {in_s(r.start):.1f} s" for r in found.alarms[:3])
        why = f"{len(found.alarms)} false: {first}" if found.alarms else "nothing false was said"
        return Verdict(kind="calm", step=expect.step, met=not found.alarms, why=why)
    asked = [one for one in scenario.expect if one.kind == "watch"]
    mine = found.seen[next(n for n, one in enumerate(asked) if one is expect)]
    delays = sorted(one.delay for one in mine if one.delay is not None)
    missed = ", ".join(f"{one.event.what} at {one.event.at:.1f} s" for one in mine if one.delay is None)
    return Verdict(
        kind="watch",
        step=expect.step,
        met=len(delays) == len(mine),
        latency_ns=delays[len(delays) // 2] if delays else None,
        why=f"{len(delays)} of {len(mine)} told" + (f"; missed: {missed}" if missed else ""),
    )


def watch(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Events told in their windows beside false alarms; how soon; and the area under the curve."""
    some = [one for one in taken if any(expect.kind == "watch" for expect in one.scenario.expect)]
    all_of = [watched(one.scenario, one.trial) for one in some]
    seen = [one for found in all_of for one in found.all]
    return {
        "events told": share(one.delay is not None for one in seen),
        "false alarms in 10 minutes": per_ten_minutes([(len(found.alarms), found.lasted) for found in all_of]),
        "event to first sample, median ms": median(in_ms(one.delay) for one in seen if one.delay is not None),
        "PAUC": mean(one.pauc for one in seen),
    }


def per_ten_minutes(items: Sequence[tuple[int, float]]) -> Figure:
    """Alarms in ten minutes, from the alarms and seconds of each item, with a bootstrap over items."""
    if not items or not sum(seconds for _, seconds in items):
        return Figure(None, 0)
    given = np.asarray(items, np.float64)
    drawn = given[np.random.default_rng(7).integers(0, len(given), (DRAWS, len(given)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / np.maximum(drawn[:, 1], 1e-9) * TEN_MINUTES, [2.5, 97.5])
    value = float(given[:, 0].sum() / given[:, 1].sum() * TEN_MINUTES)
    return Figure(round(value, 4), len(items), round(float(low), 4), round(float(high), 4))
