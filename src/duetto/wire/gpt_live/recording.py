"""A session's sound, kept in memory for its client: the user on the left, duetto on the right."""

from __future__ import annotations

import io
import wave

import numpy as np
import soxr

from duetto.models.model import MicroTurn
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, samples_before


class Recording:
    """Keeps the first `limit_s` seconds of a session: about 80 kB a second."""

    def __init__(self, limit_s: int) -> None:
        self._left_samples = limit_s * MIC_RATE
        self._mic: list[bytes] = []
        self._voice: list[bytes] = []

    @property
    def full(self) -> bool:
        """Nothing more is kept."""
        return self._left_samples <= 0

    def add(self, micro_turn: MicroTurn, sound: bytes) -> None:
        """What was heard in a micro-turn, and the sound that went out with it."""
        if self.full:
            return
        if not self._voice:  # the voice of the first micro-turn begins where its span ends
            start = samples_before(micro_turn.span.duration, VOICE_RATE)
            self._voice.append(bytes(2 * start))
        mic = micro_turn.turns[0].mic if micro_turn.turns else b""
        self._mic.append(mic)
        self._voice.append(sound)
        self._left_samples -= samples_before(micro_turn.span.duration, MIC_RATE)

    def wav(self) -> bytes:
        """All of it as WAV: int16 stereo at VOICE_RATE. It takes a while: call it beside the tick."""
        left = np.frombuffer(b"".join(self._mic), dtype="<i2")
        right = np.frombuffer(b"".join(self._voice), dtype="<i2")
        if len(left):
            left = soxr.resample(left, MIC_RATE, VOICE_RATE)
        sound = np.zeros((max(len(left), len(right)), 2), dtype="<i2")
        sound[: len(left), 0] = left
        sound[: len(right), 1] = right
        file = io.BytesIO()
        with wave.open(file, "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(VOICE_RATE)
            out.writeframes(sound.tobytes())
        return file.getvalue()
