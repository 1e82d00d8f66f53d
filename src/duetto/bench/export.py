"""A run's items as Full-Duplex-Bench's own scripts read them, so that they can score it.

One folder per task, in it one numbered folder per item with `input.wav` (the user), `output.wav` (the agent, on the
same time axis), `output.json` (its words) and the task's annotation; `index.json` beside the tasks says which item is
which. What its scripts take from people's conversations and ours have not, where a backchannel is due, lies in
`icc_gt_distribution.json`, after `scores.fdb.due`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import soundfile

from duetto.bench.scores import fdb
from duetto.bench.scores.taken import Overlapping, Taken, words_in
from duetto.bench.trial import AgentWord, UserSpeech
from duetto.timeline.clock import in_s
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, samples_before

OVERLAPS: Final[dict[Overlapping, str]] = {
    "interruption": "user_interruption",
    "backchannel": "user_backchannel",
    "others": "talking_to_other",
    "background": "background_speech",
}
"""v1.5's names of the kinds of overlap, by ours."""


def export(taken: Sequence[Taken], sounds: Callable[[str], Path | None], folder: Path) -> dict[str, int]:
    """Write what its scripts read. Returns how many items each task has.

    sounds: gives the stereo sound (left user, right agent) of an item's id. Raises OSError where nothing can be
    written, ValueError where an item's sound is not there.
    """
    index: dict[str, dict[str, str]] = {}
    people: dict[str, list[float]] = {}
    for task, item, span, words, annotation in _tasks(taken):
        numbers = index.setdefault(task, {})
        number = str(len(numbers) + 1)
        numbers[number] = item.trial.item
        place = folder / task / number
        place.mkdir(parents=True, exist_ok=True)
        _write_sound(place, sounds(item.trial.item), item, span)
        _write_words(place / "output.json", words, span.start)
        for name, content in annotation.items():
            if name == "people":
                people[number] = content
            else:
                (place / name).write_bytes(msgspec.json.encode(content))
    (folder / "index.json").write_bytes(msgspec.json.format(msgspec.json.encode(index), indent=1))
    (folder / "icc_gt_distribution.json").write_bytes(msgspec.json.encode(people))
    return {task: len(numbers) for task, numbers in index.items()}


_Row = tuple[str, Taken, Span, tuple[AgentWord, ...], dict[str, Any]]


def _tasks(taken: Sequence[Taken]) -> Iterator[_Row]:
    """Task, item, the stretch of it that is written, the words in it, and annotations by file name."""
    for one, speech in fdb.pauses(taken):
        yield (
            "pause_handling",
            one,
            speech.span,
            fdb.in_turn(one, speech),
            {"pause.json": [_times(speech)]},
        )
    for one, speech in fdb.turn_ends(taken):
        span = Span(speech.span.start, one.trial.duration)
        mark = [{"text": speech.text, "timestamp": [in_s(speech.span.end - span.start), in_s(span.duration)]}]
        yield "smooth_turn_taking", one, span, fdb.since(one, span.start), {"turn_taking.json": mark}
    for one, speech in fdb.interruptions(taken):
        span = Span(0, one.trial.duration)
        before = " ".join(u.text for u in one.trial.user if u.span.end <= speech.span.start)
        interrupt = [{"context": before, "interrupt": speech.text, **_times(speech, 0)}]
        yield "user_interruption", one, span, fdb.since(one, speech.span.end), {"interrupt.json": interrupt}
    for one, speech in fdb.long_turns(taken):
        people = [float(share) for share in fdb.due(speech)]
        yield "backchannel", one, speech.span, fdb.in_turn(one, speech), {"people": people}
    for one, expect, speech in fdb.overlaps(taken):
        span = Span(0, one.trial.duration)
        words = words_in(one.trial, 0, one.trial.duration)
        category = OVERLAPS[one.overlapping(expect.step)]
        metadata = {"category": category, **_times(speech, 0)}
        yield f"v1.5_{category}", one, span, words, {"metadata.json": metadata}


def _times(speech: UserSpeech, origin: int | None = None) -> dict[str, Any]:
    """Words and times in s, of what is written from `origin` (ns) on, by default from its own start."""
    origin = speech.span.start if origin is None else origin
    return {"text": speech.text, "timestamp": [in_s(speech.span.start - origin), in_s(speech.span.end - origin)]}


def _write_sound(place: Path, source: Path | None, item: Taken, span: Span) -> None:
    if source is None or not source.is_file():
        raise ValueError(f"{item.trial.item}: its sound is not in the run's folder")
    first, last = samples_before(span.start, VOICE_RATE), samples_before(span.end, VOICE_RATE)
    sound, rate = soundfile.read(source, start=first, stop=last, dtype="int16", always_2d=True)
    for name, channel in (("input", 0), ("output", 1)):
        soundfile.write(place / f"{name}.wav", np.ascontiguousarray(sound[:, channel]), rate, subtype="PCM_16")


def _write_words(path: Path, words: Sequence[AgentWord], start: int) -> None:
    chunks = [
        {"text": word.text, "timestamp": [in_s(word.span.start - start), in_s(word.span.end - start)]} for word in words
    ]
    path.write_bytes(msgspec.json.encode({"text": " ".join(word.text for word in words), "chunks": chunks}))
