"""Takes items with a target, several at once, each in a process of its own that begins in the same state.

The processes are forked from one that has loaded the models (`multiprocessing`'s fork server): an item costs neither
their loading nor what the items before it left behind, so that a part of a suite gives what the whole would.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from duetto.bench.cast import cast_for
from duetto.bench.scenario import Scenario, half
from duetto.bench.targets.target import Take, Target
from duetto.bench.trial import Trial
from duetto.bench.uttered import speech_of
from duetto.recording.picture.latency import speech
from duetto.timeline.turn import VOICE_RATE, samples_at
from duetto.workers.worker import describe

SOUNDS: Final = "sounds"
"""Folder, in a run's folder, of its stereo sounds: left the user, right the agent."""


@dataclass(frozen=True, slots=True)
class Item:
    """A scenario with its place in its suite, which decides its half and takes part in its cast."""

    scenario: Scenario
    place: int


def items_of(scenarios: Sequence[Scenario]) -> tuple[Item, ...]:
    """The items of whole suites, with their places."""
    places: dict[str, int] = {}
    found: list[Item] = []
    for scenario in scenarios:
        place = places.get(scenario.suite, 0)
        places[scenario.suite] = place + 1
        found.append(Item(scenario, place))
    return tuple(found)


def sound_path(folder: Path, scenario_id: str) -> Path:
    """Where an item's sound is kept in a run's folder."""
    return folder / SOUNDS / f"{scenario_id.replace('/', '--')}.wav"


def run(
    target: Target,
    items: Sequence[Item],
    folder: Path,
    *,
    seed: int = 1,
    jobs: int | None = None,
    preload: str = "duetto.bench.preload",
    taken: Callable[[Trial], None] = lambda trial: None,
) -> tuple[Trial, ...]:
    """Take all items; the result is in their order. jobs: at once, by default one a core. taken: called after each.

    An item that cannot be taken is a `Trial` with an error. Sounds go to `folder`.
    """
    (folder / SOUNDS).mkdir(parents=True, exist_ok=True)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload])
    trials: dict[str, Trial] = {}
    with ProcessPoolExecutor(jobs or os.cpu_count() or 1, mp_context=context, max_tasks_per_child=1) as pool:
        futures = {pool.submit(take, target, item, seed, folder): item for item in items}
        for trial in _results(futures):
            trials[trial.item] = trial
            taken(trial)
    return tuple(trials[item.scenario.id] for item in items)


def _results(futures: dict[Future[Trial], Item]) -> Iterator[Trial]:
    try:
        for future in as_completed(futures):
            try:
                yield future.result()
            except Exception as error:
                yield failed(futures[future], "", error)
    finally:
        for future in futures:
            future.cancel()


def failed(item: Item, voice: str, error: Exception) -> Trial:
    return Trial(item.scenario.id, half(item.place), voice, 0, error=describe(error))


def take(target: Target, item: Item, seed: int, folder: Path) -> Trial:
    """One item, in the calling process."""
    cast = cast_for(item.scenario, item.place, seed)
    shown = item.scenario.camera is not None or item.scenario.screen is not None
    if shown and not getattr(target, "sees", False):
        return failed(item, cast.label, ValueError(f"{target.name} is given no pictures, and the item has some"))
    try:
        found = target.take(item.scenario, cast)
    except Exception as error:
        return failed(item, cast.label, error)
    stereo = _stereo(found)
    soundfile.write(sound_path(folder, item.scenario.id), stereo, VOICE_RATE, subtype="PCM_16")
    return Trial(
        item=item.scenario.id,
        half=half(item.place),
        voice=cast.label,
        duration=samples_at(len(stereo), VOICE_RATE),
        user=tuple(
            speech_of(said, found.uttered[n] if n < len(found.uttered) else ()) for n, said in enumerate(found.spoken)
        ),
        speech=tuple(speech(found.agent, 0)),
        words=found.words,
        ducked=found.ducked,
        drafts=found.drafts,
        model=found.model,
        typed=tuple(speech_of(line) for line in found.typed),
        shown=found.shown,
        ended=found.ended,
    )


def _stereo(found: Take) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    length = max(len(found.user), len(found.agent))
    stereo = np.zeros((length, 2), np.int16)
    stereo[: len(found.user), 0] = found.user
    stereo[: len(found.agent), 1] = found.agent
    return stereo
