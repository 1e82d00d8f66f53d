"""The sound of an item, small enough to live inside the page: 16 kHz stereo in Ogg Vorbis, the same bytes each time."""

from __future__ import annotations

import io
from base64 import b64encode
from pathlib import Path
from typing import Final

import numpy as np
import soundfile
import soxr

RATE: Final = 16_000
"""Hz, per channel."""
LONGEST: Final = 30.0
"""Seconds of a sound that are embedded at most."""
MOST: Final = 60
"""Sounds that are embedded at most; further ones are linked."""


def embedded(path: Path) -> str:
    """A sound file as a data URI, its first `LONGEST` seconds. Raises OSError, soundfile.SoundFileError."""
    with soundfile.SoundFile(path) as file:
        rate = file.samplerate
        samples = file.read(int(LONGEST * rate), dtype="float32", always_2d=True)
    if rate != RATE and len(samples):
        samples = soxr.resample(samples, rate, RATE)
    out = io.BytesIO()
    with soundfile.SoundFile(out, "w", RATE, samples.shape[1], "VORBIS", format="OGG") as ogg:
        ogg.write(np.clip(samples, -1.0, 1.0))
    return "data:audio/ogg;base64," + b64encode(with_serial(out.getvalue(), 1)).decode("ascii")


def with_serial(ogg: bytes, serial: int) -> bytes:
    """An Ogg stream with this serial number in all its pages, where the encoder drew one by chance (RFC 3533)."""
    data = bytearray(ogg)
    at = 0
    while data[at : at + 4] == b"OggS":
        segments = data[at + 26]
        end = at + 27 + segments + sum(data[at + 27 : at + 27 + segments])
        data[at + 14 : at + 18] = serial.to_bytes(4, "little")
        data[at + 22 : at + 26] = bytes(4)
        data[at + 22 : at + 26] = _checksum(data[at:end]).to_bytes(4, "little")
        at = end
    return bytes(data)


def _entry(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = (value << 1) ^ (0x04C11DB7 if value & 0x80000000 else 0)
    return value & 0xFFFFFFFF


_TABLE: Final = tuple(_entry(byte) for byte in range(256))


def _checksum(page: bytes | bytearray) -> int:
    """The CRC of a page whose checksum field is zero."""
    value = 0
    for byte in page:
        value = ((value << 8) & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value
