"""A run's results for a terminal: both sides of every trade on one line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from duetto.bench.results import Results
from duetto.bench.scores import Figure

TRADES: Final = (
    ("fast and patient", ("reply latency, median ms", "began in a pause")),
    ("what a reply waits for", ("silence to the turn's end, median ms", "turn's end to reply, median ms")),
    ("yields and goes on", ("yielded", "selectivity, mean of three")),
    ("yields and goes on", ("onset to silent, median ms", "onset to ducked, median ms")),
    ("listening", ("gave a backchannel", "took the turn instead")),
    ("Full-Duplex-Bench v1", ("turn end latency s", "pause take-over")),
    ("τ-Voice", ("yield rate", "selectivity, backchannels")),
    ("counting", ("within one", "mean absolute error")),
    ("counting", ("numbers in time", "number behind repetition, median ms")),
    ("start and stop", ("mean IoU", "start behind, median ms")),
    ("watching", ("events told", "false alarms in 10 minutes")),
    ("watching", ("event to first sample, median ms", "PAUC")),
    ("on time", ("right and in time", "false remarks per item")),
    ("on time", ("moment to first sample, median ms", "moments met")),
    ("on cue", ("right and in time", "false remarks per item")),
    ("on cue", ("cue's end to first sample, median ms", "later request answered")),
    ("translating", ("clauses translated in time", "words wrong when heard per item")),
    ("translating", ("clause's end to its translation, median ms", "whole in order")),
    ("language model", ("requests per item", "prompt characters per item")),
    ("drafts", ("drafts used", "drafts wasted per item")),
    ("joint", ("content right and in time", "items all right")),
)


def lines(results: Results) -> Iterator[str]:
    """The summary of each half, and how the suites fared."""
    yield f"{results.target}: {len(results.items)} items" + (f", {results.machine}" if results.machine else "")
    for half, suites in results.summary.items():
        yield ""
        yield f"{half} half"
        for group, names in TRADES:
            figures = suites["all"].get(group, {})
            shown = [f"{name} {number(figures[name])}" for name in names if name in figures]
            if shown:
                yield f"  {group + ':':24} " + " · ".join(shown)
        for suite, groups in suites.items():
            if suite != "all":
                right = groups["joint"]["items all right"]
                yield f"    {suite:16} all right {number(right)} of {right.n}"
    failed = [item.trial for item in results.items if item.trial.error]
    if failed:
        yield ""
        yield f"not taken: {len(failed)}, the first {failed[0].item}: {failed[0].error}"


def number(figure: Figure) -> str:
    """A value with its interval."""
    if figure.value is None:
        return "–"
    value = f"{figure.value:.3g}"
    return value if figure.low is None or figure.high is None else f"{value} ({figure.low:.3g} to {figure.high:.3g})"
