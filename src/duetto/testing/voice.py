"""A voice for tests: a tone for each word, with word times known to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from duetto.speech.voice import Chunk, VoiceSettings
from duetto.speech.words import split_words
from duetto.timeline.arrival import SpokenWord
from duetto.timeline.turn import VOICE_RATE, Samples


@dataclass(frozen=True, slots=True)
class ScriptedVoice:
    """Says each word as a sine: as many letters, so long; its pitch follows from its first letter. Deterministic.

    A word swells and dies away in 5 ms, with silence after it. A text that contains `fails_on` raises RuntimeError
    when that word comes.
    """

    rate: int = VOICE_RATE
    """Samples per second."""
    ms_per_letter: int = 60
    """Length of a word, in ms per letter or digit."""
    gap_ms: int = 40
    """Silence after each word, in ms."""
    lead_ms: int = 0
    """Silence before the first word, in ms."""
    chunk: int = 2400
    """Samples in a chunk, at most."""
    amplitude: int = 8000
    """Peak of the tone, up to 32767."""
    fails_on: str = ""
    """A word that this voice cannot say; "" for none."""

    def tone(self, word: str) -> Samples:
        """The sound of one word: int16 (n,), without the silence after it."""
        letters = max(1, sum(map(str.isalnum, word)))
        first = next((c for c in word.lower() if c.isalnum()), "a")
        time = np.arange(self.rate * self.ms_per_letter * letters // 1000) / self.rate
        edge = np.minimum(1, np.minimum(time, time[::-1]) / 0.005)
        hertz = 200 + 10 * (ord(first) % 32)
        sound: Samples = np.rint(self.amplitude * edge * np.sin(2 * np.pi * hertz * time)).astype(np.int16)
        return sound

    def say(self, text: str, *, goes_on: bool = False) -> Iterator[Chunk]:
        silence = np.zeros(self.rate * self.lead_ms // 1000, np.int16)
        at = 0
        for token in split_words(text):
            if self.fails_on and token.text == self.fails_on:
                raise RuntimeError(f"cannot say {token.text!r}")
            tone = self.tone(token.text)
            start = at + silence.size
            word = SpokenWord(token.text, start, start + tone.size)
            silence_after = np.zeros(self.rate * self.gap_ms // 1000, np.int16)
            sound = np.concatenate([silence, tone, silence_after])
            for cut in range(0, sound.size, self.chunk):
                begins = cut <= word.start - at < cut + self.chunk
                yield Chunk(sound[cut : cut + self.chunk], (word,) if begins else ())
            at += sound.size
            silence = np.zeros(0, np.int16)

    def close(self) -> None:
        """Nothing to give back."""


def make_voice(settings: VoiceSettings) -> ScriptedVoice:
    """For `VoiceSettings(engine="duetto.testing.voice:make_voice")`: 60 ms a letter at 175 words per minute."""
    return ScriptedVoice(ms_per_letter=round(60 * 175 / settings.words_per_minute))
