"""The user's pictures on their way in: whole and decodable ones only, none too large, and not too many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket

from duetto.timeline.clock import NS_PER_S, ms, s

PACKETS: Final = 512
"""Packets of pictures held while one before them is missing."""
STUCK: Final = ms(600)
"""A picture that misses a packet for so long is given up."""
STUCK_PICTURES: Final = 4
"""... provided that so many newer ones have begun."""
ASK_AGAIN: Final = ms(500)
"""A key frame is asked for again after so long."""
ASK_LARGE: Final = s(5)
"""... where the last ones were too large."""
BACKLOG: Final = 8
"""Pictures that may wait for the decoder."""


def key_frame_size(data: bytes) -> tuple[int, int] | None:
    """Width and height of a VP8 key frame, None for any other (RFC 6386 section 9.1)."""
    if len(data) < 10 or data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
        return None
    return int.from_bytes(data[6:8], "little") & 0x3FFF, int.from_bytes(data[8:10], "little") & 0x3FFF


class PictureBuffer:
    """Stands in for aiortc's jitter buffer of a VP8 receiver: the size is looked at before anything is decoded.

    After a loss that was not repaired nothing is decoded until the next key frame, which is asked for. backlog: how
    many pictures wait for the decoder. now: ns. too_large: is told width and height.
    """

    def __init__(
        self, pixels: int, backlog: Callable[[], int], now: Callable[[], int], too_large: Callable[[int, int], None]
    ) -> None:
        self._pixels = pixels
        self._backlog = backlog
        self._now = now
        self._too_large = too_large
        self._buffer = JitterBuffer(capacity=PACKETS, is_video=True)
        self._begun: set[int] = set()
        self._whole_at: int | None = None
        self._asked_at: int | None = None
        self._need_key = True
        self._ask_after = ASK_AGAIN
        self.given_up = 0
        """Pictures not decoded."""

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Whether to ask for a key frame, and a picture to decode, if one is whole now."""
        now = self._now()
        lost, frame = self._buffer.add(packet)
        if frame is None:
            self._begun.add(packet.timestamp)
            if self._whole_at is None:
                self._whole_at = now
            if len(self._begun) >= STUCK_PICTURES and now - self._whole_at > STUCK:
                self._buffer = JitterBuffer(capacity=PACKETS, is_video=True)
                lost = True
        if frame is not None or lost:
            self._begun.clear()
            self._whole_at = now
        if lost:
            self._need_key = True
        if frame is not None:
            frame = self._decodable(frame)
        return self._ask(now), frame

    def _decodable(self, frame: JitterFrame) -> JitterFrame | None:
        size = key_frame_size(frame.data)
        if size is not None:
            large = size[0] * size[1] > self._pixels
            self._need_key = large
            self._ask_after = ASK_LARGE if large else ASK_AGAIN
            if large:
                self._too_large(*size)
        if self._backlog() > BACKLOG:
            self._need_key = True
        if self._need_key:
            self.given_up += 1
            return None
        return frame

    def _ask(self, now: int) -> bool:
        if self._asked_at is None:
            # A stream begins with a key frame: only ask if it does not come.
            self._asked_at = now
        if not self._need_key or now - self._asked_at < self._ask_after:
            return False
        self._asked_at = now
        return True


class Sampler:
    """Lets so many pictures per second pass, evenly."""

    def __init__(self, per_second: float) -> None:
        self._interval = round(NS_PER_S / per_second)
        self._next: int | None = None
        self.skipped = 0

    def __call__(self, now: int) -> bool:
        """Whether the picture of `now` (ns) passes."""
        if self._next is not None and now < self._next:
            self.skipped += 1
            return False
        # Kept to a grid, or pictures at 30 a second would pass at less than the rate; but never two at once.
        if self._next is None or now - self._next > self._interval:
            self._next = now
        self._next += self._interval
        return True
