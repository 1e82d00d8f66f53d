"""Scores: what the judged items of a run come to. A scorer is a function from items to named figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

from duetto.bench.scores import fdb
from duetto.bench.scores.amendment import amendment, model_use
from duetto.bench.scores.coherence import coherence
from duetto.bench.scores.count import count
from duetto.bench.scores.eva import eva
from duetto.bench.scores.figure import Figure
from duetto.bench.scores.floor import drafts, fast_and_patient, listens, waits, yields_and_holds
from duetto.bench.scores.joint import joint
from duetto.bench.scores.judge import judge
from duetto.bench.scores.proactive import on_cue, on_time
from duetto.bench.scores.span import span
from duetto.bench.scores.taken import Taken
from duetto.bench.scores.tau import tau
from duetto.bench.scores.translated import translating
from duetto.bench.scores.watch import watch

Scorer: TypeAlias = Callable[[Sequence[Taken]], Mapping[str, Figure]]
Summary: TypeAlias = dict[str, dict[str, dict[str, dict[str, Figure]]]]
"""Half, then suite or "all", then scorer, then figure."""

SCORERS: Final[dict[str, Scorer]] = {
    "joint": joint,
    "fast and patient": fast_and_patient,
    "what a reply waits for": waits,
    "yields and goes on": yields_and_holds,
    "listening": listens,
    "coherence": coherence,
    "amendment": amendment,
    "language model": model_use,
    "drafts": drafts,
    "counting": count,
    "start and stop": span,
    "watching": watch,
    "on time": on_time,
    "on cue": on_cue,
    "translating": translating,
    "Full-Duplex-Bench v1": fdb.v1,
    "Full-Duplex-Bench v1.5": fdb.v15,
    "τ-Voice": tau,
    "EVA": eva,
}
"""By the name that the report gives them, in its order."""


def summarise(taken: Sequence[Taken], scorers: Mapping[str, Scorer] = SCORERS, *, halves: bool = True) -> Summary:
    """All figures, of each half (or of "all") over all suites and by suite. Those of nothing are left out."""
    summary: Summary = {}
    for half in ("held-out", "dev") if halves else ("all",):
        mine = [one for one in taken if not halves or one.trial.half == half]
        if not mine:
            continue
        suites = sorted({one.scenario.suite for one in mine})
        summary[half] = {"all": _scored(mine, scorers)}
        if len(suites) > 1:
            for suite in suites:
                summary[half][suite] = _scored([one for one in mine if one.scenario.suite == suite], scorers)
    return summary


def _scored(taken: Sequence[Taken], scorers: Mapping[str, Scorer]) -> dict[str, dict[str, Figure]]:
    scored = {name: {n: figure for n, figure in scorer(taken).items() if figure.n} for name, scorer in scorers.items()}
    return {name: figures for name, figures in scored.items() if figures}


__all__ = ["SCORERS", "Figure", "Scorer", "Summary", "Taken", "judge", "summarise"]
