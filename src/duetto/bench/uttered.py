"""When each word of the user's is said: a window that begins at a word's end needs to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from duetto.bench.scenario import Scenario
from duetto.bench.trial import UserSpeech, UserWord
from duetto.simulation.script import Spoken
from duetto.simulation.sound import AUDIBLE
from duetto.timeline.arrival import Speech
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, samples_at

Places = tuple[tuple[tuple[str, int, int], ...], ...]
"""Of each piece of a text its words, with the samples `[start, end)` of that piece in which they are said."""


def places(scenario: Scenario, read: Callable[[str], Speech]) -> Mapping[int, Places]:
    """By step: where the words lie in what the user's voice says. read: a text to its sound with its words.

    Only of steps in which a "cue" or a translation is expected; recordings have no such places.
    """
    steps = {expect.step for expect in scenario.expect if expect.kind in ("cue", "hush", "translated")}
    texts = {step: scenario.steps[step].says for step in sorted(steps) if not scenario.steps[step].sound}
    return {step: _places(text, read) for step, text in texts.items()}


def uttered(spoken: Iterable[Spoken], found: Mapping[int, Places]) -> tuple[tuple[UserWord, ...], ...]:
    """The words of each utterance, in media time; () of those whose places are not known."""
    return tuple(_words(one, found.get(one.cue, ())) for one in spoken)


def speech_of(said: Spoken, words: tuple[UserWord, ...] = ()) -> UserSpeech:
    """What was said, or typed, in a step."""
    return UserSpeech(said.cue, said.text, said.who, tuple(Span(*piece) for piece in said.pieces), words)


def _words(one: Spoken, pieces: Places) -> tuple[UserWord, ...]:
    if len(pieces) != len(one.pieces):
        return ()
    return tuple(
        UserWord(text, Span(begin + samples_at(first, VOICE_RATE), begin + samples_at(last, VOICE_RATE)))
        for (begin, _), words in zip(one.pieces, pieces, strict=True)
        for text, first, last in words
    )


def _places(text: str, read: Callable[[str], Speech]) -> Places:
    pieces: list[tuple[tuple[str, int, int], ...]] = []
    for part in text.split("…"):
        speech = read(part.strip())
        loud = np.flatnonzero(np.abs(np.frombuffer(speech.samples, "<i2").astype(np.int32)) > AUDIBLE)
        if not len(loud):
            continue
        first, length = int(loud[0]), int(loud[-1] - loud[0]) + 1  # as `simulation.sound` cuts it
        pieces.append(tuple((w.text, max(0, w.start - first), min(length, w.end - first)) for w in speech.words))
    return tuple(pieces)
