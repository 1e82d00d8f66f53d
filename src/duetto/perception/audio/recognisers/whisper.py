"""faster-whisper, the extra "whisper": Whisper made to stream by hearing the utterance again and again.

Words count as stable once two successive passes agree on them (LocalAgreement-2: Macháček, Dabre and Bojar, "Turning
Whisper into Real-Time Transcription System", 2023). Written for faster-whisper 1.1 and 1.2.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from duetto.perception.audio.recognisers.models import within
from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import NS_PER_S, Stopwatch, s
from duetto.timeline.turn import MIC_RATE, Samples

if TYPE_CHECKING:
    from duetto.perception.audio.recogniser import RecogniserSettings

DEFAULT_MODEL: Final = "base.en"
LEAST_STEP: Final = MIC_RATE // 2
"""New sound (samples) before the utterance is heard again, at least."""
REST: Final = 1.5
"""New sound before it is heard again, in times of what the last pass took: so recognition cannot fall ever further
behind."""
LONGEST: Final = 30 * MIC_RATE
"""Samples that Whisper's window holds; the pipeline's utterances end by then."""


class WhisperRecogniser:
    """Streaming recognition with a `faster_whisper.WhisperModel`."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._sound: list[NDArray[np.float32]] = []
        self._at = 0
        self._fresh = 0
        self._step = LEAST_STEP
        self._stable: list[TimedWord] = []
        self._latest: list[TimedWord] = []

    def another(self) -> WhisperRecogniser:
        """One more, for another voice, with the same model."""
        return WhisperRecogniser(self._engine)

    def start(self, at: int) -> None:
        self._at, self._fresh, self._step = at, 0, LEAST_STEP
        self._sound, self._stable, self._latest = [], [], []

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        self._sound.append((samples.astype(np.float32) / 32768).astype(np.float32, copy=False))
        self._fresh += len(samples)
        return self._hear() if self._fresh >= (LEAST_STEP if quiet else self._step) else None

    def finish(self) -> Sequence[TimedWord]:
        if self._fresh:
            self._hear()
        return [*self._stable, *self._latest[len(self._stable) :]]

    def close(self) -> None:
        self._sound = []

    def _hear(self) -> list[TimedWord]:
        """Another pass over the utterance: words that two passes agree on stay as they are, the rest is the newest."""
        watch = Stopwatch()
        sound = np.concatenate(self._sound)[-LONGEST:]
        cut = sum(map(len, self._sound)) - len(sound)
        segments, _ = self._engine.transcribe(
            sound, beam_size=1, temperature=0.0, word_timestamps=True, condition_on_previous_text=False, language="en"
        )
        begin = self._at + cut * NS_PER_S // MIC_RATE
        heard = [timed for segment in segments for word in segment.words or () if (timed := _timed(word, begin))]
        agreed = len(self._stable)
        while agreed < min(len(heard), len(self._latest)) and heard[agreed].text == self._latest[agreed].text:
            self._stable.append(heard[agreed])
            agreed += 1
        self._latest = [*self._stable, *heard[agreed:]]
        self._fresh = 0
        self._step = max(LEAST_STEP, round(REST * watch.wall_ns() * MIC_RATE / NS_PER_S))
        return list(self._latest)


def _timed(word: Any, begin: int) -> TimedWord | None:
    """A word as the others write theirs, in lower case without punctuation; None for punctuation alone."""
    text = str(word.word).strip().strip(string.punctuation + "…“”‘’").lower()
    if not text:
        return None
    start = begin + s(float(word.start))
    return TimedWord(text, start, max(start, begin + s(float(word.end))), round(float(word.probability), 3))


def make_recogniser(settings: RecogniserSettings) -> WhisperRecogniser:
    """For `recogniser.open_recogniser`. model: a folder with a CTranslate2 model, or a name such as "small.en".

    Raises ImportError without the extra, ModelMissing without the model.
    """
    try:
        import faster_whisper  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise ImportError("the recogniser whisper needs an extra: pip install 'duetto[whisper]'") from error
    name = settings.model or DEFAULT_MODEL
    folder = name
    if not Path(name).expanduser().is_dir():
        folder = within(
            lambda: str(faster_whisper.download_model(name, local_files_only=not settings.download)),
            limit_s=settings.download_limit_s,
            what=f"the Whisper model {name!r}" + ("" if settings.download else " (download is not set)"),
        )
    folder = str(Path(folder).expanduser())
    recogniser = WhisperRecogniser(
        faster_whisper.WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=1)
    )
    recogniser.start(0)  # the first pass takes longer than others: not while somebody waits
    recogniser.feed(np.zeros(LEAST_STEP, np.int16))
    return recogniser
