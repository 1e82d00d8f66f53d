"""Has somebody finished, by how they sound? Judged once in each pause, in a worker, by a model of one's choice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import onnxruntime as ort

from duetto.perception.audio.mel import HOP, log_mel
from duetto.perception.audio.smart_turn_files import FILES, MODEL
from duetto.timeline.arrival import Arrival, Finished
from duetto.timeline.job import Job, JudgeEnd
from duetto.timeline.turn import MIC_RATE, Samples

HEARD: Final = 8 * MIC_RATE
"""Samples that an endpointer hears, to now: more of a turn is not needed."""


class Endpointer(Protocol):
    """Judges the end of a turn by its sound."""

    def finished(self, samples: Samples) -> float:
        """The turn so far, with the pause that it is in: int16 (n,) at MIC_RATE, n at most `HEARD`.

        Returns how probable it is that whoever speaks has finished, 0 to 1.
        """
        ...


@dataclass(frozen=True, slots=True)
class EndpointerSettings:
    """Which model listens for the ends of turns."""

    folder: str = ""
    """Folder of Smart Turn's model file, "" for the user's cache: see `smart_turn_files`."""


def model_file(settings: EndpointerSettings) -> Path:
    """The model's file. Raises ValueError where it is missing; it says how to get it."""
    folder = FILES.find(settings.folder)
    if folder is None:
        place = settings.folder or FILES.folder
        how = "fetch it once: python -m duetto.perception.audio.smart_turn_files"
        raise ValueError(f"smart turn: there is no {MODEL} in {place}; {how}")
    return folder / MODEL


class SmartTurn:
    """Smart Turn v3.2 (pipecat-ai/smart-turn, BSD-2-Clause): Whisper's smallest encoder with a classifier, 8-bit.

    Trained on speech of people: of the ends of synthetic voices, which carry little melody, it knows nothing.
    """

    def __init__(self, settings: EndpointerSettings | None = None) -> None:
        """Raises ValueError where the model file is missing."""
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        file = model_file(settings or EndpointerSettings())
        self._model = ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def finished(self, samples: Samples) -> float:
        """See `Endpointer`. What is named logits in the model's file is a probability already."""
        sound = np.zeros(HEARD, np.float32)
        heard = samples[-HEARD:]
        sound[HEARD - len(heard) :] = heard / 32768
        level = (sound - sound.mean()) / np.sqrt(sound.var() + 1e-7)
        features = log_mel(level.astype(np.float32))
        assert features.shape[1] == HEARD // HOP
        (found,) = self._model.run(None, {"input_features": features[None]})
        return float(np.asarray(found)[0, 0])


class EndpointHandler:
    """Runs in a worker: each `JudgeEnd` brings one `Finished`."""

    def __init__(self, endpointer: Endpointer) -> None:
        self._endpointer = endpointer

    def handle(self, job: Job) -> Iterator[Arrival]:
        """Raises TypeError for a job of another part."""
        if not isinstance(job, JudgeEnd):
            raise TypeError(f"job: an endpointer does JudgeEnd (got {type(job).__name__})")
        yield Finished(job.utterance, job.at, round(self._endpointer.finished(job.sound), 3))

    def close(self) -> None:
        return
