"""Sound on the wires: 16-bit PCM at any rate and G.711 at 8 kHz, as bytes and as base64."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import pybase64
from numpy.typing import NDArray

from duetto.perception.audio.resampler import Resampler
from duetto.timeline.turn import VOICE_RATE, Samples

LOWEST_RATE: Final = 1_000
HIGHEST_RATE: Final = 192_000
G711_RATE: Final = 8_000

_BIAS: Final = 0x84  # added to a magnitude before it is cut into segments: ITU-T G.711, μ-law
_CLIP: Final = 32_635  # the largest magnitude that stays below 2**15 with it


class BadSound(ValueError):
    """Sound that cannot be used. str(): one sentence that names the field. field: its name."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(f"{field}: {text}")
        self.field = field


@dataclass(frozen=True, slots=True)
class Format:
    """How samples, mono, are written as bytes.

    kind: "pcm16" is int16, little-endian; "pcmu" and "pcma" are G.711 μ-law and A-law. rate: samples per second; 8,000
    for G.711. Raises ValueError with the field's name for a rate that cannot be.
    """

    kind: Literal["pcm16", "pcmu", "pcma"] = "pcm16"
    rate: int = VOICE_RATE

    def __post_init__(self) -> None:
        if self.kind != "pcm16" and self.rate != G711_RATE:
            raise ValueError(f"rate: {G711_RATE} for G.711 (got {self.rate})")
        if not LOWEST_RATE <= self.rate <= HIGHEST_RATE:
            raise ValueError(f"rate: from {LOWEST_RATE} to {HIGHEST_RATE} samples per second (got {self.rate})")

    @property
    def width(self) -> int:
        """Bytes of one sample."""
        return 2 if self.kind == "pcm16" else 1

    @property
    def bytes_per_second(self) -> int:
        return self.rate * self.width

    def decode(self, data: bytes, field: str = "audio") -> Samples:
        """The samples, int16 (n,). Raises BadSound, which names the field, for half a sample."""
        if self.kind != "pcm16":
            return _decoding(self.kind)[np.frombuffer(data, np.uint8)]
        if len(data) % 2:
            raise BadSound(field, f"16-bit samples, so an even number of bytes (got {len(data)})")
        return np.frombuffer(data, "<i2").astype(np.int16)

    def encode(self, samples: NDArray[Any]) -> bytes:
        """int16 (n,) at this format's own rate, as bytes."""
        if self.kind == "pcm16":
            return samples.astype("<i2", copy=False).tobytes()
        return _encoding(self.kind)[samples.astype(np.int16, copy=False).view(np.uint16)].tobytes()


class Encoder:
    """A stream of sound in a format, from int16 samples at `rate`. Resampled, a little is held back until `flush`."""

    def __init__(self, format: Format, rate: int = VOICE_RATE) -> None:
        self.format = format
        self.rate = rate
        self._resampler = None if rate == format.rate else Resampler(rate, format.rate)

    def encode(self, samples: NDArray[Any] | bytes) -> bytes:
        """The next samples: int16 (n,), or their little-endian bytes."""
        found = np.frombuffer(samples, "<i2") if isinstance(samples, bytes) else samples
        if self._resampler is not None:
            found = self._resampler.push(found)
        return self.format.encode(found)

    def flush(self) -> bytes:
        """What was held back. What comes then is a new stream."""
        if self._resampler is None:
            return b""
        return self.format.encode(self._resampler.flush())


def from_base64(text: str, field: str = "audio", *, most: int | None = None) -> bytes:
    """Bytes of a field that is base64 (RFC 4648, section 4), whole and nothing else. Raises BadSound.

    most: bytes that it may have; more are refused before they are decoded.
    """
    if most is not None and len(text) > (most + 2) // 3 * 4:
        raise BadSound(field, f"at most {most} bytes")
    try:
        found = pybase64.b64decode(text, validate=True)
    except ValueError as error:
        raise BadSound(field, f"not base64 ({error})") from None
    if most is not None and len(found) > most:
        raise BadSound(field, f"at most {most} bytes (got {len(found)})")
    return found


def to_base64(data: bytes) -> str:
    return pybase64.b64encode(data).decode("ascii")


@lru_cache(maxsize=2)
def _decoding(kind: Literal["pcmu", "pcma"]) -> Samples:
    """The sample of each byte, int16 (256,): ITU-T G.711."""
    code = np.arange(256, dtype=np.int32)
    code = 0xFF - code if kind == "pcmu" else code ^ 0x55
    segment, step = (code >> 4) & 7, code & 15
    if kind == "pcmu":
        size = (((step << 3) + _BIAS) << segment) - _BIAS
        positive = code < 0x80
    else:
        size = np.where(segment == 0, (step << 4) + 8, ((step << 4) + 0x108) << np.maximum(segment - 1, 0))
        positive = code >= 0x80
    return np.where(positive, size, -size).astype(np.int16)


@lru_cache(maxsize=2)
def _encoding(kind: Literal["pcmu", "pcma"]) -> NDArray[np.uint8]:
    """The byte of each sample, uint8 (65536,), found by the sample read as unsigned: ITU-T G.711."""
    sample = np.arange(65_536, dtype=np.uint16).view(np.int16).astype(np.int32)
    if kind == "pcmu":
        size = np.minimum(np.abs(sample), _CLIP) + _BIAS
        segment = np.frexp(size)[1] - 8  # 8 bits are the lowest segment's
        code = (segment << 4) | ((size >> (segment + 3)) & 15)
        return np.asarray(0xFF - np.where(sample < 0, code | 0x80, code), np.uint8)
    size = np.where(sample < 0, -1 - sample, sample)
    segment = np.maximum(np.frexp(size)[1] - 8, 0)
    code = (segment << 4) | ((size >> np.maximum(segment + 3, 4)) & 15)
    return np.asarray(np.where(sample < 0, code, code | 0x80) ^ 0x55, np.uint8)
