"""The results of a run, as they are kept: JSON, the same to the byte for the same run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from duetto.bench.scenario import Scenario
from duetto.bench.scores import Summary, Taken, judge, summarise
from duetto.bench.trial import Trial
from duetto.bench.verdict import Verdict

FILE: Final = "results.json"


class BadResults(ValueError):
    """A file that holds no results; the text names it and the field."""


class Result(msgspec.Struct, frozen=True):
    """One item: what was to happen, what happened, and what is to be said of it."""

    scenario: Scenario
    trial: Trial
    verdicts: tuple[Verdict, ...]


class Results(msgspec.Struct, frozen=True):
    """A run. target: what was measured. command: what makes it again. machine: on which, "" where it plays no part."""

    target: str
    command: str
    machine: str
    summary: Summary
    items: tuple[Result, ...]


def results_of(
    target: str,
    command: str,
    machine: str,
    scenarios: Sequence[Scenario],
    trials: Sequence[Trial],
    *,
    halves: bool = True,
) -> Results:
    """Judge and score a run. halves: each by itself, or both together as "all"."""
    taken = [judge(scenario, trial) for scenario, trial in zip(scenarios, trials, strict=True)]
    items = tuple(Result(msgspec.structs.replace(one.scenario, folder=""), one.trial, one.verdicts) for one in taken)
    return Results(target, command, machine, summarise(taken, halves=halves), items)


def taken_of(results: Results) -> list[Taken]:
    """The judged items of a run."""
    return [Taken(item.scenario, item.trial, item.verdicts) for item in results.items]


def save(results: Results, folder: Path) -> Path:
    """Write them to a run's folder."""
    path = folder / FILE
    path.write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=1) + b"\n")
    return path


def load_results(path: Path) -> Results:
    """Read a run's folder, or the file in it. Raises BadResults."""
    path = path / FILE if path.is_dir() else path
    try:
        return msgspec.json.decode(path.read_bytes(), type=Results)
    except OSError as error:
        raise BadResults(f"{path}: cannot be read: {error.strerror}") from None
    except msgspec.DecodeError as error:
        raise BadResults(f"{path}: {error}") from None
