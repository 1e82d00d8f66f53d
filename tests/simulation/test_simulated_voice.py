"""The simulated user's voice in its own process."""

from __future__ import annotations

import numpy as np
import pytest

from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import VOICE_RATE
from duetto.workers.worker import WorkerFailed

TEXTS = ("stop", "what is twelve times seven", "stop")


def test_whole_texts_and_the_same_sequence_always_sounds_the_same():
    runs = []
    for _ in range(2):
        with reading(VoiceSettings(name="en-gb+f2", words_per_minute=160)) as reader:
            runs.append([reader(text) for text in TEXTS])
    assert all(np.array_equal(a, b) for a, b in zip(*runs, strict=True))
    assert all(sound.dtype == np.int16 and np.abs(sound).max() > 3000 for sound in runs[0])
    assert len(runs[0][0]) < VOICE_RATE < len(runs[0][1]) < 3 * VOICE_RATE


def test_a_voice_that_fails_is_an_error():
    with reading(VoiceSettings()) as reader:
        with pytest.raises(WorkerFailed, match=r"voice: .*at most 10000 characters"):
            reader("no " * 4000)
        assert len(reader("hello")) > 1000, "the next text is read all the same"
