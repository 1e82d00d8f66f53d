"""A conversation as a stereo WAV file: left the user, right duetto, on one time axis."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final, NoReturn

import numpy as np
from numpy.typing import NDArray

from duetto.models.model import MicroTurn
from duetto.perception.audio.resampler import Resampler
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, samples_before

HEADER: Final = 44
FRAME: Final = 4
"""Bytes of a stereo frame."""
LONGEST: Final = (2**32 - 1 - HEADER) // FRAME
"""Frames that a WAV header can count: 12 hours at VOICE_RATE."""

_Samples = NDArray[np.int16]
_NONE: Final = np.zeros(0, np.int16)


class StereoWavWriter:
    """Observes a session and writes what was said and heard: 16 bit, 24 kHz, left the user's microphone, right duetto.

    Sound in and voice out are both without gaps, so a sample's place is its count. The resampler holds 1 ms back but
    does not shift: what comes out of it is in its place.
    The header is right after every micro-turn, so the file of a killed process can be read. Raises OSError that names
    the file where it cannot be written, and when it has grown to the format's limit of 4 GB: from then on it is
    closed, and holds what was written before.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.problem: str | None = None
        """Why the file ends before the session, if it does."""
        try:
            self._file = self.path.open("wb", buffering=0)
        except OSError as error:
            raise type(error)(f"{self.path}: cannot write the sound here: {error.strerror}") from error
        self._resampler = Resampler(MIC_RATE, VOICE_RATE)
        self._begun = False
        self._left = _Channel()
        self._right = _Channel()
        self._written = 0
        self._closed = False
        self._put(_header(0))

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        if self._closed:
            raise OSError(self.problem or f"{self.path}: the file is closed")
        for turn in micro_turn.turns:
            if turn.round == 0:
                self._left.append(self._resampler.push(turn.samples))
        if not self._begun:
            self._begun = True  # the first voice is for the slice after the first micro-turn, the rest follows it
            self._right.append(np.zeros(samples_before(micro_turn.span.end, VOICE_RATE), np.int16))
        self._right.append(np.frombuffer(micro_turn.voice, dtype="<i2"))
        self._write(min(self._left.end, self._right.end))

    def _write(self, until: int) -> None:
        """Write all frames before frame number `until`."""
        count = until - self._written
        if count <= 0:
            return
        if until > LONGEST:
            self._fail("a WAV file holds at most 4 GB")
        stereo = np.empty((count, 2), "<i2")
        stereo[:, 0] = self._left.take(count)
        stereo[:, 1] = self._right.take(count)
        self._put(stereo.tobytes())
        self._written = until
        self._file.seek(0)
        self._put(_header(self._written))
        self._file.seek(0, 2)

    def _put(self, data: bytes) -> None:
        """Write all of it: an unbuffered file may take a part only, and the rest would be missing in the middle."""
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._fail(error.strerror or str(error), error)

    def _fail(self, why: str, cause: OSError | None = None) -> NoReturn:
        self._closed = True
        self._file.close()
        self.problem = f"{self.path}: the sound ends here: {why}"
        raise OSError(self.problem) from cause

    def close(self) -> None:
        """Write what is left of both channels."""
        if self._closed:
            return
        self._closed = True
        try:
            self._left.append(self._resampler.flush())
            self._write(max(self._left.end, self._right.end))
        finally:
            self._file.close()


class _Channel:
    """Samples that are not yet written. end: the number of the first sample that is not there yet."""

    def __init__(self) -> None:
        self.end = 0
        self._waiting = _NONE

    def append(self, samples: _Samples) -> None:
        self._waiting = np.concatenate([self._waiting, samples])
        self.end += len(samples)

    def take(self, count: int) -> _Samples:
        """The next `count` samples, silence where there are none."""
        taken = np.zeros(count, np.int16)
        there = self._waiting[:count]
        taken[: len(there)] = there
        self._waiting = self._waiting[count:]
        return taken


def _header(frames: int) -> bytes:
    """A RIFF WAVE header for 16 bit stereo PCM at VOICE_RATE. Source: Microsoft's RIFF specification, 1994."""
    size = frames * FRAME
    form = struct.pack("<HHIIHH", 1, 2, VOICE_RATE, VOICE_RATE * FRAME, FRAME, 16)
    return struct.pack("<4sI4s4sI16s4sI", b"RIFF", HEADER - 8 + size, b"WAVE", b"fmt ", 16, form, b"data", size)
