"""Where a transport puts its pictures: sampled to a rate, scaled down, and encoded once."""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import MAX_PIXELS, Picture, UnreadablePicture, decode, encode, fit, picture_size
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.stream import Stream
from duetto.timeline.turn import Frame

MAX_JPEG_BYTES: Final = 16 * 1024 * 1024
_EARLY: Final = 4
"""A frame may come this fraction (1/4) of the sampling period early, so that a jittery camera keeps its rate."""


class VideoInput:
    """One camera or screen. Any thread may push; the session takes what is due, and the newest picture wins.

    max_rate: frames per second kept; frames that come sooner are dropped before they cost anything.
    max_side: pixels of the longer side after scaling down. quality: of the JPEG, 1 to 100. limit: frames that
    wait for the session; at more the oldest is dropped. max_pixels: the largest picture that is accepted.
    """

    def __init__(
        self,
        name: str = "camera",
        *,
        max_rate: float = 10.0,
        max_side: int = 640,
        quality: int = 80,
        limit: int = 4,
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        if not 0 < max_rate <= 1000:
            raise ValueError(f"max_rate: more than 0 and at most 1000 frames per second (got {max_rate})")
        if not 16 <= max_side <= 16_384:
            raise ValueError(f"max_side: 16 to 16384 pixels (got {max_side})")
        if not 1 <= quality <= 100:
            raise ValueError(f"quality: 1 to 100 (got {quality})")
        if max_pixels < 1:
            raise ValueError(f"max_pixels: at least 1 (got {max_pixels})")
        self.name = name
        self._max_side = max_side
        self._quality = quality
        self._max_pixels = max_pixels
        self._period = round(NS_PER_S / max_rate)
        self._due = 0
        self._latest = 0
        self._closed = False
        self._too_soon = 0
        # Held while a picture is encoded, so that pictures of several threads stay in order. The waiting frames
        # have a lock of their own: `take` never waits for an encoder.
        self._pushing = threading.Lock()
        self._frames: Stream[Frame] = Stream(name, limit=limit, overflow="newest")

    def push(self, at_ns: int, picture: NDArray[np.uint8] | bytes) -> bool:
        """Offer a picture of media time `at_ns`; true when it was kept, false when it came too soon after the last.

        picture: uint8 BGR of shape (h, w, 3), uint8 grey of shape (h, w), or a whole JPEG. A JPEG within max_side
        is kept as it is, byte for byte.
        Raises ValueError naming the field when time runs backwards or the picture is unusable, RuntimeError when
        closed.
        """
        with self._pushing:
            if self._closed:
                raise RuntimeError(f"{self.name}: the stream is closed")
            if at_ns < self._latest:
                raise ValueError(f"at_ns: time runs backwards, {at_ns} ns after {self._latest} ns")
            self._latest = at_ns
            if at_ns < self._due - self._period // _EARLY:
                self._too_soon += 1
                return False
            frame = self._frame(at_ns, picture)
            self._frames.push(at_ns, frame)
            # On a grid while frames keep up, so that 25 frames/s become 10 on average; a new grid after a gap.
            self._due = self._due + self._period if at_ns < self._due + self._period else at_ns + self._period
            return True

    def take(self, before_ns: int) -> tuple[Frame, ...]:
        """Remove and return the waiting frames with a time below `before_ns`, oldest first, at most `limit`."""
        return tuple(frame for _, frame in self._frames.take(before_ns))

    def close(self) -> None:
        """No more pushes. What is waiting can still be taken."""
        with self._pushing:
            self._closed = True
            self._frames.close()

    @property
    def finished(self) -> bool:
        """Closed and empty."""
        return self._frames.finished

    @property
    def dropped(self) -> int:
        """Pictures that came too soon, or were overtaken by newer ones before the session took them."""
        return self._too_soon + self._frames.dropped

    def _frame(self, at: int, picture: NDArray[np.uint8] | bytes) -> Frame:
        if isinstance(picture, bytes | bytearray | memoryview):
            jpeg = self._checked_jpeg(bytes(picture))
        else:
            jpeg = encode(fit(self._checked_array(picture), self._max_side), self._quality)
        width, height = picture_size(jpeg, max_pixels=self._max_pixels)
        return Frame(at=at, width=width, height=height, jpeg=jpeg)

    def _checked_jpeg(self, jpeg: bytes) -> bytes:
        if len(jpeg) > MAX_JPEG_BYTES:
            raise UnreadablePicture(f"picture: a JPEG of {len(jpeg)} bytes, the limit is {MAX_JPEG_BYTES}")
        if max(picture_size(jpeg, max_pixels=self._max_pixels)) <= self._max_side:
            return jpeg
        picture = decode(jpeg, side=self._max_side, max_pixels=self._max_pixels)
        return encode(fit(picture, self._max_side), self._quality)

    def _checked_array(self, picture: NDArray[np.uint8]) -> Picture:
        if not isinstance(picture, np.ndarray):
            raise ValueError(f"picture: an array or the bytes of a JPEG wanted (got {type(picture).__name__})")
        if picture.dtype != np.uint8:
            raise ValueError(f"picture: values of type uint8 wanted (got {picture.dtype})")
        if picture.ndim == 3 and picture.shape[2] == 1:
            picture = picture[:, :, 0]
        if picture.ndim != 2 and not (picture.ndim == 3 and picture.shape[2] == 3):
            raise ValueError(f"picture: shape (h, w, 3) or (h, w) wanted (got {picture.shape})")
        height, width = picture.shape[:2]
        if not 1 <= height * width <= self._max_pixels:
            raise ValueError(f"picture: {width}×{height} pixels, wanted 1 to {self._max_pixels} in all")
        return np.ascontiguousarray(picture)
