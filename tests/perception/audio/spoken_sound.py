"""Synthesised speech in a quiet room, with its true place in time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import soxr

from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Samples, samples_at

AUDIBLE = 60
"""int16 steps: sound above it is speech, not the voice's own silence."""


@cache
def speech(text: str, voice: str = "en-us") -> Samples:
    """int16 (n,) at MIC_RATE, without silence at either end; by a fresh voice, so that it is always the same."""
    with reading(VoiceSettings(name=voice)) as reader:
        sound = soxr.resample(reader(text), VOICE_RATE, MIC_RATE)
    loud = np.flatnonzero(np.abs(sound.astype(np.int32)) > AUDIBLE)
    return sound[loud[0] : loud[-1] + 1]


@dataclass(frozen=True)
class Room:
    """Sound with the first and last sample of each speech in it."""

    sound: Samples
    places: tuple[tuple[int, int], ...]

    @property
    def spans(self) -> list[tuple[int, int]]:
        """In ns of media time."""
        return [(samples_at(a, MIC_RATE), samples_at(b, MIC_RATE)) for a, b in self.places]


def room(seconds: float, *spoken: tuple[float, Samples]) -> Room:
    """A quiet room (-70 dB) in which each sound begins at its second."""
    mixed = np.random.default_rng(3).normal(0, 10, round(seconds * MIC_RATE))
    places = []
    for at, sound in spoken:
        first = round(at * MIC_RATE)
        mixed[first : first + len(sound)] += sound
        places.append((first, first + len(sound)))
    return Room(np.clip(mixed, -32768, 32767).astype(np.int16), tuple(places))
