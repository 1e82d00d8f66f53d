"""Sound on this wire: base64 in the session's format both ways, and PCM at 24 kHz for those attached."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from duetto.models.model import MicroTurn
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, Samples, samples_at, samples_before
from duetto.wire.audio import BadSound, Encoder, Format, from_base64, to_base64
from duetto.wire.gpt_live.config import PCM, PCMA, PCMU
from duetto.wire.gpt_live.fixture import MOST_FIXTURE_S
from duetto.wire.gpt_live.trouble import Wrong

MOST_APPEND_S: Final = 60
"""Seconds of sound in one message."""
_PLAIN: Final = Format("pcm16", VOICE_RATE)


def format_of(format: PCM | PCMU | PCMA) -> Format:
    """The codec of a session's format."""
    match format:
        case PCM(rate=rate):
            return Format("pcm16", rate)
        case PCMU():
            return Format("pcmu", 8000)
        case PCMA():
            return Format("pcma", 8000)


class SoundIn:
    """The user's sound, as it comes."""

    def __init__(self, format: PCM | PCMU | PCMA) -> None:
        self._format = format_of(format)
        self._reflector: Encoder | None = None
        self._reflected_rate = 0

    def samples(self, audio: str) -> tuple[Samples, int]:
        """Samples and rate of an `audio` field. Raises Wrong."""
        return _decoded(audio, self._format, MOST_APPEND_S), self._format.rate

    def reflect(self, samples: NDArray[Any], rate: int) -> str:
        """The same sound for those attached: base64 of PCM at 24 kHz."""
        if self._reflector is None or rate != self._reflected_rate:
            self._reflector, self._reflected_rate = Encoder(_PLAIN, rate), rate
        if samples.dtype != np.int16:
            samples = (np.clip(samples, -1, 1) * 32767).astype(np.int16)
        return to_base64(self._reflector.encode(samples))


class SoundOut:
    """Duetto's sound, as it goes: it has no gaps."""

    def __init__(self, format: PCM | PCMU | PCMA) -> None:
        self._encoder = Encoder(format_of(format), VOICE_RATE)
        self._first = -1  # sample at which the voice began
        self._count = 0

    def advance(self, micro_turn: MicroTurn, length: int) -> Span:
        """When the next `length` bytes of the voice are heard."""
        if self._first < 0:
            self._first = samples_before(micro_turn.span.end, VOICE_RATE)
        start = self._first + self._count
        self._count += length // 2
        return Span(samples_at(start, VOICE_RATE), samples_at(start + length // 2, VOICE_RATE))

    def encode(self, sound: bytes) -> str:
        """The sound in the session's format, base64."""
        return to_base64(self._encoder.encode(sound))

    @staticmethod
    def plain(sound: bytes) -> str:
        """The sound for those attached."""
        return to_base64(sound)


def fixture_samples(audio: str) -> Samples:
    """Samples of a clip: PCM at 24 kHz, whatever the session's format. Raises Wrong."""
    samples = _decoded(audio, _PLAIN, MOST_FIXTURE_S)
    if not len(samples):
        raise Wrong("invalid_value", f"audio: one sample to {MOST_FIXTURE_S} s of them", "audio")
    return samples


def _decoded(audio: str, format: Format, most_s: int) -> Samples:
    try:
        return format.decode(from_base64(audio, "audio", most=most_s * format.bytes_per_second))
    except BadSound as error:
        raise Wrong("invalid_value", str(error), error.field) from None
