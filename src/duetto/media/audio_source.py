"""Sound files, read block by block: libsndfile where it knows the format, FFmpeg (PyAV) for all the rest."""

from __future__ import annotations

import struct
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

import av
import numpy as np
import soundfile
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from duetto.media.problem import MediaError, readable

Block = NDArray[np.int16] | NDArray[np.float32]

LONGEST_HOLE_S: Final = 600
"""A jump of the time stamps up to this many seconds is a hole, filled with silence; a longer one is a wrong stamp."""
SHORTEST_HOLE_S: Final = 0.05
"""Time stamps jitter by less than this many seconds without anything missing."""
PROMISE: Final = 0.02
"""A file shorter than its header says by more than this share, and by half a second, ends early."""


class AudioSource(Protocol):
    """A sound file that is open. rate: samples per second. frames: how many its header promises, None if unknown."""

    rate: int
    channels: int
    frames: int | None
    problem: str | None

    def read(self, frames: int) -> Block:
        """The next sound, shape (n, channels), int16 or float32 (full scale is 1.0).

        n is at least 1 and at most `frames`; 0 only at the end. Then `problem` says why the end came early, if it did.
        """
        ...

    def close(self) -> None: ...


def open_audio(path: str | Path) -> AudioSource:
    """Open a sound file, or the sound track of a video. Raises MediaError that names the file and the field."""
    path = readable(path)
    _check_wav(path)
    if not _is_mp3(path):  # libsndfile's decoder writes warnings about MP3 files to the terminal
        try:
            source = SndfileSource(path)
        except soundfile.LibsndfileError:
            pass
        else:
            if source.frames:
                return source
            source.close()
    return ContainerSource(path)


def _is_mp3(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(3)
    return head == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)


def _wav_chunks(path: Path) -> Iterator[tuple[bytes, int, bytes, int]]:
    """Name, promised size, first 16 bytes and position of each chunk of a RIFF WAVE file; nothing for other files."""
    with path.open("rb") as file:
        riff, _, wave = struct.unpack("<4sI4s", file.read(12).ljust(12, b"\0"))
        if riff != b"RIFF" or wave != b"WAVE":
            return
        while len(header := file.read(8)) == 8:
            name, size = struct.unpack("<4sI", header)
            position = file.tell()
            yield name, size, file.read(16), position
            file.seek(position + size + size % 2)


def _check_wav(path: Path) -> None:
    """Name the field that is wrong in a WAV header, which no decoder does. Source: Microsoft's RIFF specification."""
    for name, size, start, _ in _wav_chunks(path):
        if name == b"fmt " and len(start) == 16:
            channels, rate = struct.unpack("<HI", start[2:8])
            if channels == 0:
                raise MediaError(path, "channels", "it has 0 of them")
            if rate == 0:
                raise MediaError(path, "sample rate", "it is 0 Hz")
        if name == b"data" and size == 0 and path.stat().st_size <= 64:
            raise MediaError(path, "sound", "it holds not a single sample")


def _promised_wav_bytes(path: Path) -> int | None:
    """How many bytes of sound a WAV header promises beyond those in the file; None when it promises nothing."""
    for name, size, _, position in _wav_chunks(path):
        if name == b"data":
            streamed = size == 0 or size >= 0x7FFF_F000  # written to a pipe, the length was not known
            return None if streamed else max(0, size - (path.stat().st_size - position))
    return None


class SndfileSource:
    """A file that libsndfile reads: WAV, FLAC, Ogg, AIFF, CAF and twenty more."""

    def __init__(self, path: Path) -> None:
        self._file = soundfile.SoundFile(path)
        self.rate: int = self._file.samplerate
        self.channels: int = self._file.channels
        self.frames: int | None = self._file.frames
        self.problem: str | None = None
        self._missing = (_promised_wav_bytes(path) or 0) // max(1, self.channels * 2)
        self._dtype = "int16" if self._file.subtype in ("PCM_16", "PCM_S8", "PCM_U8", "ULAW", "ALAW") else "float32"
        self._read = 0

    def read(self, frames: int) -> Block:
        try:
            block: Block = self._file.read(frames, dtype=self._dtype, always_2d=True)
        except soundfile.LibsndfileError:
            self.problem = "it is damaged"
            return np.zeros((0, self.channels), np.int16)
        self._read += len(block)
        if not len(block):
            self.problem = self._why()
        return block

    def _why(self) -> str | None:
        if self._missing:
            return "it is cut off, shorter than its header says"
        if self.frames and self._read < self.frames:
            return f"its header promises {self.frames / self.rate:.2f} s"
        return None

    def close(self) -> None:
        self._file.close()


class ContainerSource:
    """A file that FFmpeg reads: MP3, M4A, Opus, WebM, the sound track of an MP4. Its time stamps are kept to."""

    def __init__(self, path: Path) -> None:
        try:
            container: Any = av.open(str(path), metadata_errors="replace")
        except (av.FFmpegError, ValueError):
            raise MediaError(path, "format", "no sound could be read from it; is it a sound file?") from None
        self._container = container
        stream = container.streams.best("audio")
        if stream is None:
            container.close()
            raise MediaError(path, "sound", "it has no sound track")
        self.rate: int = stream.codec_context.sample_rate or 0
        self.channels: int = stream.codec_context.channels or 0
        for field, value in (("sample rate", self.rate), ("channels", self.channels)):
            if value <= 0:
                container.close()
                raise MediaError(path, field, "it is 0")
        seconds = stream.duration * stream.time_base if stream.duration and stream.time_base else None
        self.frames: int | None = None if seconds is None else int(seconds * self.rate)
        self.problem: str | None = None
        self._layout: str = stream.codec_context.layout.name
        self._begin = (container.start_time or 0) / av.time_base
        self._resampler: AudioResampler | None = None
        self._shape: tuple[object, ...] = ()
        self._ready: deque[NDArray[np.int16]] = deque()
        self._silence = 0
        self._decoded = 0
        self._frames = self._decode(stream)
        if not self._fill():
            container.close()
            raise MediaError(path, "sound", "it holds not a single sample that can be decoded")

    def read(self, frames: int) -> Block:
        if not self._fill():
            if self.problem is None and self.frames is not None:
                short = self.frames - self._decoded
                if short > max(0.5 * self.rate, PROMISE * self.frames):
                    self.problem = f"its header promises {self.frames / self.rate:.2f} s"
            return np.zeros((0, self.channels), np.int16)
        if self._silence:
            count = min(frames, self._silence)
            self._silence -= count
            return np.zeros((count, self.channels), np.int16)
        block = self._ready.popleft()
        if len(block) > frames:
            self._ready.appendleft(block[frames:])
            block = block[:frames]
        return block

    def _fill(self) -> bool:
        """See to it that there is sound to hand out; False at the end of the file."""
        while not self._silence and not self._ready:
            try:
                frame = next(self._frames)
            except StopIteration:
                return False
            self._accept(frame)
        return True

    def _accept(self, frame: AudioFrame | None) -> None:
        if frame is not None:
            shape = (frame.sample_rate, frame.layout.name, frame.format.name)
            if shape != self._shape:
                self._shape = shape
                self._resampler = AudioResampler("s16", self._layout, self.rate)
            if frame.pts is not None and frame.time_base is not None:
                behind = round((float(frame.pts * frame.time_base) - self._begin) * self.rate) - self._decoded
                if SHORTEST_HOLE_S * self.rate < behind < LONGEST_HOLE_S * self.rate:
                    self._silence += behind
                    self._decoded += behind
        if self._resampler is None:
            return
        for even in self._resampler.resample(frame):
            block = np.asarray(even.to_ndarray(), np.int16).reshape(-1, self.channels)
            self._decoded += len(block)
            self._ready.append(block)

    def _decode(self, stream: Any) -> Iterator[AudioFrame | None]:
        """Decoded frames; a damaged packet is passed over, and so is the rest of a file that breaks off."""
        packets = self._container.demux(stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except av.FFmpegError:
                self.problem = "it is damaged"
                break
            try:
                yield from packet.decode()
            except av.FFmpegError:
                self.problem = "parts of it are damaged"
        yield None

    def close(self) -> None:
        self._container.close()
