"""A video file as a camera."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from duetto.media.problem import MediaError, Notices, readable
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import NS_PER_S, in_s, s

Picture = NDArray[np.uint8]

USUAL_RATE: Final = 25
"""Frames per second of a file that does not say."""
MISSED: Final = s(1.0)
"""How long after the last frame, in ns of media time, its absence is worth a notice."""


class PictureInput(Protocol):
    """What pictures are pushed into, as perception's `VideoInput`."""

    def push(self, at: int, picture: Picture, /) -> object: ...

    def close(self) -> None: ...


class Ending(Protocol):
    """Another feeder, of which only the end matters."""

    @property
    def finished(self) -> bool: ...


In = TypeVar("In", bound=PictureInput)


class VideoFileFeeder(Generic[In]):
    """Feeds the pictures of a file into an input, each at its own time stamp, as BGR arrays of shape (h, w, 3).

    loop: begin anew at the end. sound: the feeder of the sound that goes with it; while that goes on and the pictures
    have ended, a notice says so. Raises MediaError when the file cannot be used. A damaged frame is passed over.
    """

    def __init__(self, path: str | Path, into: In, *, loop: bool = False, sound: Ending | None = None) -> None:
        self.path = readable(path)
        self.input = into
        self._loop = loop
        self._sound = sound
        self._notices = Notices("camera")
        self._container, self._stream = self._open()
        self._frames = self._decode()
        self._offset = 0
        self._last = 0
        self._fresh = False
        self._broken = 0
        self._ended = False
        self._told = loop
        self._next = self._advance()
        if self._next is None:
            self._container.close()
            raise MediaError(path, "pictures", "it holds not a single one that can be decoded")

    def _open(self) -> tuple[Any, Any]:
        try:
            container: Any = av.open(str(self.path), metadata_errors="replace")
        except (av.FFmpegError, ValueError):
            raise MediaError(self.path, "format", "no pictures could be read from it; is it a video?") from None
        stream = container.streams.best("video")
        if stream is None:
            container.close()
            raise MediaError(self.path, "pictures", "it has no video track")
        stream.thread_type = "SLICE"  # threads by frame lose whole frames around a broken one
        self._period = round(NS_PER_S / (stream.average_rate or USUAL_RATE))
        self._begin = Fraction(container.start_time or 0, av.time_base)
        return container, stream

    @property
    def duration(self) -> int | None:
        """Length in ns by the file's header, None where it does not say or where it never ends."""
        stream = self._stream
        if self._loop or not stream.duration or not stream.time_base:
            return None
        return int(stream.duration * stream.time_base * NS_PER_S)

    def feed(self, until: int) -> None:
        """Push the pictures with a time stamp below media time `until` (ns); at the file's end, close the input."""
        while self._next is not None and self._next[0] < until:
            at, frame = self._next
            self._push(at, frame)
            self._next = self._advance()
        if self._next is None and not self._ended:
            self._end()
        if self._ended and not self._told and until > self._last + self._period + MISSED:
            self._told = True
            if self._sound is not None and not self._sound.finished:
                end = in_s(self._last + self._period)
                self._notices.add(f"{self.path.name}: the pictures end at {end:.2f} s, before the sound")

    def _push(self, at: int, frame: VideoFrame) -> None:
        try:
            self.input.push(at, _upright(frame))
        except ValueError as error:  # too large for the input, or a pixel format that cannot be converted
            self._damaged(str(error))

    def _advance(self) -> tuple[int, VideoFrame] | None:
        """The next frame with its media time (ns), which never runs backwards; None at the end of the file."""
        frame = next(self._frames, None)
        if frame is None and self._loop and self._fresh:
            self._fresh = False
            self._offset = self._last + self._period
            self._container.seek(0)
            self._frames = self._decode()
            frame = next(self._frames, None)
        if frame is None:
            return None
        if frame.pts is None or frame.time_base is None:
            at = self._last + self._period
        else:
            at = self._offset + round((frame.pts * frame.time_base - self._begin) * NS_PER_S)
        self._fresh = True
        self._last = max(at, self._last)
        return self._last, frame

    def _decode(self) -> Iterator[VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.FFmpegError:
                self._damaged()
                return
            try:
                for frame in packet.decode():
                    if frame.is_corrupt:
                        self._damaged()
                    else:
                        yield frame
            except av.FFmpegError:
                self._damaged()

    def _damaged(self, why: str = "it is broken") -> None:
        self._broken += 1
        if self._broken == 1:
            self._notices.add(f"{self.path.name}: a frame near {in_s(self._last):.2f} s was passed over ({why})")

    def _end(self) -> None:
        self._ended = True
        if self._broken > 1:
            self._notices.add(f"{self.path.name}: {self._broken} frames in all were passed over")
        self._container.close()
        self.input.close()

    @property
    def finished(self) -> bool:
        """All pictures have been pushed; never, in a loop."""
        return self._ended

    def notices(self) -> tuple[Fault, ...]:
        """Problems since the last call."""
        return self._notices.fetch()

    def close(self) -> None:
        """Give up the file, wherever it stands."""
        self._next = None
        if not self._ended:
            self._ended = self._told = True
            self._container.close()
            self.input.close()


def _upright(frame: VideoFrame) -> Picture:
    """The frame as BGR, turned as the file's display matrix says (a telephone's video is stored lying down)."""
    picture = np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(picture, turns)) if turns else picture
