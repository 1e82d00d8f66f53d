"""The simulated user's voice: whole texts to sound, made by a voice in a process of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import numpy as np

from duetto.speech.voice import VoiceSettings
from duetto.timeline.arrival import Fault, Speech
from duetto.timeline.clock import Deadline
from duetto.timeline.job import Speak
from duetto.timeline.turn import VOICE_RATE, Samples
from duetto.workers.process import ProcessWorker
from duetto.workers.worker import WorkerFailed

LONGEST = 120 * VOICE_RATE
"""Samples that one text may last."""
PATIENCE = 20.0
"""Seconds of machine time that one text may take."""


class Reader:
    """Reads texts aloud: `reader(text)` is int16 (n,) at VOICE_RATE. Raises WorkerFailed when the voice cannot."""

    def __init__(self, settings: VoiceSettings) -> None:
        self._bell = threading.Event()
        self._worker = ProcessWorker(
            "voice", "duetto.speech.voice:make_handler", msgspec.json.encode(settings).decode(), self._bell
        )
        self._worker.wait_ready()
        self._ticket = 0

    def __call__(self, text: str) -> Samples:
        return np.frombuffer(self.read(text).samples, "<i2").astype(np.int16)

    def read(self, text: str) -> Speech:
        """The same with the times of its words."""
        self._ticket += 1
        self._worker.submit(self._ticket, Speak(self._ticket, text, LONGEST))
        deadline = Deadline(PATIENCE)
        while not deadline.passed():
            self._bell.wait(deadline.left())
            self._bell.clear()
            for result in self._worker.collect():
                if isinstance(result.arrival, Speech):
                    return result.arrival
                if result.error or isinstance(result.arrival, Fault):
                    raise WorkerFailed(f"voice: {result.error or result.arrival}")
        raise WorkerFailed(f"voice: nothing within {PATIENCE:g} s for {text[:60]!r}")

    def close(self) -> None:
        self._worker.close()


@contextmanager
def reading(settings: VoiceSettings) -> Iterator[Reader]:
    """A reader that is closed afterwards."""
    reader = Reader(settings)
    try:
        yield reader
    finally:
        reader.close()
