"""What is done to a sound before it is searched, so that every voice in every room sounds like those of the training.

A floor of noise under it, and the mean of its cepstra, which follows the voice.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, Samples, samples_before

FRAME: Final = ms(10)
"""Length (ns) of the frames that sound is searched in."""
PER_FRAME: Final = samples_before(FRAME, MIC_RATE)
FLOOR_DB: Final = -28.0
"""Level of the noise under the sound, against the loudest speech so far. The model was trained on recordings that
have noise; on clean synthetic speech it makes three times the errors without."""
USUAL_MEAN: Final = (62.0, 2.0, -10.0, 1.5, -5.0, -5.0, -4.0, -4.0, -2.0, -2.0, 0.0, -1.0, -1.0)
"""Mean cepstrum that an utterance begins with: between those of human and of synthetic voices. pocketsphinx's own
(40, 3, −1, 0, …) is so far off that a first request was understood half as often."""
CARRIED_FRAMES: Final = 300
"""How many frames of an utterance weigh as much as the mean that it began with: of 100, 300 and 600 the best."""
_WINDOW: Final = 500
"""Frames that pocketsphinx counts the mean for that it is given (CMN_WIN in its `cmn.h`)."""
_BLOCK: Final = MIC_RATE // 50


class NoiseFloor:
    """Fills the sound's own noise up to a level below its loudest 20 ms so far, always with the same noise (1/√f).

    What came before a sound is not filled for what came after it: the silence before a late onset would sound like it.
    """

    def __init__(self) -> None:
        white = np.random.default_rng(20261122).standard_normal(4 * MIC_RATE)
        spectrum = np.fft.rfft(white)
        slope = np.maximum(np.arange(len(spectrum)), len(spectrum) / 80)
        noise = np.fft.irfft(spectrum / np.sqrt(slope))
        self._noise: NDArray[np.float32] = (noise / noise.std()).astype(np.float32)
        self.restart()

    def restart(self) -> None:
        """A new utterance: nothing of the one before is left."""
        self._at = 0
        self._loudest = 0.0
        self._quietest = math.inf

    def under(self, samples: Samples) -> Samples:
        """The samples with the noise below them: int16 (n,)."""
        sound = samples.astype(np.float32)
        noise = np.take(self._noise, np.arange(self._at, self._at + len(sound)), mode="wrap")
        self._at = (self._at + len(sound)) % len(self._noise)
        for start in range(0, len(sound), _BLOCK):
            block = slice(start, start + _BLOCK)
            level = float(np.sqrt(np.mean(np.square(sound[block]))))
            self._loudest, self._quietest = max(self._loudest, level), min(self._quietest, level)
            wanted = max(1.0, self._loudest * 10 ** (FLOOR_DB / 20))
            noise[block] *= math.sqrt(max(0.0, wanted**2 - min(self._quietest, wanted) ** 2))
        filled: Samples = np.clip(np.rint(sound + noise), -32768, 32767).astype(np.int16)
        return filled


class RunningMean:
    """Cepstral mean normalisation that follows a voice, from the usual mean to its own.

    pocketsphinx's live mean changes only after 5 s and between utterances; its batch mean needs the whole utterance.
    Each utterance begins with the mean that the ones before have led to: mostly it is the same voice that goes on.
    """

    def __init__(self, decoder: pocketsphinx.Decoder) -> None:
        self._decoder = decoder
        self._mean = np.array(USUAL_MEAN)
        self.restart()

    @property
    def carried(self) -> tuple[float, ...]:
        """The mean as it is: what the next utterance begins with."""
        return tuple(float(value) for value in self._mean)

    @carried.setter
    def carried(self, mean: tuple[float, ...]) -> None:
        """Between utterances: another voice's mean, or () for the usual one."""
        self._mean = np.array(mean or USUAL_MEAN)

    def restart(self) -> None:
        """A new utterance, before its first sound."""
        self._sum = self._mean * CARRIED_FRAMES
        self._weight = CARRIED_FRAMES
        self._frames = 0
        self._set()

    @property
    def text(self) -> str:
        """The mean as it is, in pocketsphinx's own writing."""
        return ",".join(f"{value:.6g}" for value in self._mean)

    def update(self) -> None:
        """Take in the frames since the last call."""
        frames = self._decoder.n_frames()
        fresh = frames - self._frames
        if fresh <= 0:
            return
        with_fresh = np.array([float(value) for value in self._decoder.get_cmn(True).split(",")])
        self._sum += with_fresh * (_WINDOW + fresh) - self._mean * _WINDOW
        self._weight += fresh
        self._frames = frames
        self._set()

    def _set(self) -> None:
        self._mean = self._sum / self._weight
        self._decoder.set_cmn(self.text)
