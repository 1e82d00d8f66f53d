"""A bad network on the way in: 5 % of packets lost, the others held up by 0 to 200 ms. What is left of the floor?

Items of the bench in real time, over WebSocket behind a proxy (TCP: nothing is lost, lost packets stall the rest) and
over WebRTC (packets are missing, and overtake each other), beside the same without all that, at the same server.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.rtc_target import RtcTarget
from bench.serving import serving
from bench.shaping import Shape, shaped
from duetto.bench.results import results_of, save
from duetto.bench.runner import Item, items_of
from duetto.bench.runner import run as take_all
from duetto.bench.scenario import load_all
from duetto.bench.scores import Taken, judge
from duetto.bench.scores.fdb import v1
from duetto.bench.scores.figure import Figure, share
from duetto.bench.scores.floor import fast_and_patient, yields_and_holds
from duetto.bench.targets.named import wire_target
from duetto.bench.targets.target import Target

SUITES: Final = tuple(os.environ.get("DUETTO_SUITES", "pause interruption backchannel turn_end others").split())
EVERY: Final = int(os.environ.get("DUETTO_EVERY", "2"))
"""Every so many-th item of a suite is taken."""
JOBS: Final = int(os.environ.get("DUETTO_JOBS", "3"))
"""Conversations at once."""
SHAPE: Final = Shape()
KINDS: Final = tuple(os.environ.get("DUETTO_KINDS", "websocket webrtc").split())
SCORES: Final = ("replied in time", "no pause taken", "yielded", "selectivity", "content right", "all as expected")
"""The higher the better; the rest is told beside them."""


def floor(taken: Sequence[Taken]) -> dict[str, Figure]:
    """The floor in a few figures, SCORES first."""
    fast, holds = fast_and_patient(taken), yields_and_holds(taken)
    verdicts = [verdict for one in taken for verdict in one.verdicts if verdict.applies]
    went_on = [v.met for one in taken for e, v, _ in one.expected("go_on") if v.applies]
    patient = [v.met for v in verdicts if v.kind == "wait"]
    return {
        "replied in time": fast["replied in time"],
        "no pause taken": share(patient),
        "yielded": holds["yielded"],
        "selectivity": share(went_on),
        "content right": share(v.content for v in verdicts if v.content is not None),
        "all as expected": share(
            all(v.met and v.content is not False for v in one.verdicts if v.applies) for one in taken
        ),
        "reply latency, median ms": fast["reply latency, median ms"],
        "onset to silent, median ms": holds["onset to silent, median ms"],
        "pause take-over": v1(taken)["pause take-over"],
    }


def measure(target: Target, items: Sequence[Item], folder: Path, name: str) -> list[Taken]:
    """One pass over all items."""
    trials = take_all(target, items, folder / name, jobs=JOBS)
    scenarios = [item.scenario for item in items]
    out = Path("bench-out") / "bad-network" / name
    out.mkdir(parents=True, exist_ok=True)
    save(results_of(target.name, "python -m bench bad_network", "", scenarios, trials), out)
    return [judge(scenario, trial) for scenario, trial in zip(scenarios, trials, strict=True)]


def compare(good: Sequence[Taken], bad: Sequence[Taken]) -> dict[str, Any]:
    """Both, of the items that could be taken in both passes, and by how much the scores have fallen."""
    pairs = [(one, other) for one, other in zip(good, bad, strict=True) if not (one.trial.error or other.trial.error)]
    rows = beside(floor([one for one, _ in pairs]), floor([other for _, other in pairs]))
    rows["could not be taken"] = {
        name: sum(bool(one.trial.error) for one in taken) for name, taken in (("good", good), ("bad", bad))
    }
    return rows


def beside(good: dict[str, Figure], bad: dict[str, Figure]) -> dict[str, Any]:
    """Figures, and by how much the scores have fallen."""
    rows: dict[str, Any] = {}
    falls = []
    for name, figure in good.items():
        spoilt = bad[name].value
        row: dict[str, Any] = {"good": figure.value, "bad": spoilt, "n": figure.n}
        if name in SCORES and figure.value and spoilt is not None:
            row["fall"] = f"{max(0.0, 1 - spoilt / figure.value):.1%}"
            falls.append(max(0.0, 1 - spoilt / figure.value))
        rows[name] = row
    rows["fall, mean of scores"] = f"{sum(falls) / len(falls):.1%}" if falls else "none"
    rows["fall, worst score"] = f"{max(falls):.1%}" if falls else "none"
    return rows


def run(folder: Path) -> dict[str, Any]:
    """Each transport, good and bad."""
    items = [item for item in items_of(load_all(suites=SUITES)) if item.place % EVERY == 0]
    shape = f"{SHAPE.loss:.0%} lost, held up by 0 to {SHAPE.jitter_s * 1000:.0f} ms"
    found: dict[str, Any] = {"items": len(items), "network": shape}
    with serving(folder) as server, shaped(server.ws, SHAPE) as proxy:
        passes: dict[str, tuple[Target, Target]] = {
            "websocket": (wire_target(f"openai-realtime:{server.ws}"), wire_target(f"openai-realtime:{proxy}")),
            "webrtc": (RtcTarget(server.http), RtcTarget(server.http, SHAPE)),
        }
        for kind in KINDS:
            good, bad = (
                measure(target, items, folder, f"{kind}-{name}")
                for name, target in zip(("good", "bad"), passes[kind], strict=True)
            )
            for name, row in compare(good, bad).items():
                found[f"{kind}: {name}"] = row
    return found
