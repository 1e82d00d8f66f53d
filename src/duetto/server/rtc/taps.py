"""Where packets are taken out of aiortc before its own buffers and decoders.

Sound does not go through aiortc's jitter buffer (which waits a third of a second for a lost packet, and conceals
nothing) nor its decoder (a thread). Both are private parts of its receivers: `tests/server/test_rtc_peer.py` fails if
a new aiortc has them no more.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Protocol

from aiortc import RTCRtpReceiver
from aiortc.codecs import get_capabilities
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecCapability
from aiortc.rtp import RtpPacket

from duetto.server.rtc.jitter import Steady
from duetto.server.rtc.opus import packet_length

BUFFER = "_RTCRtpReceiver__jitter_buffer"
DECODER_QUEUE = "_RTCRtpReceiver__decoder_queue"


class PacketBuffer(Protocol):
    """What an aiortc receiver asks of its jitter buffer."""

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Whether to ask for a key frame, and what to decode now."""
        ...


class SoundTap:
    """Stands in for the jitter buffer of an audio receiver, and never gives it anything to decode. now: ns."""

    def __init__(self, steady: Steady, now: Callable[[], int]) -> None:
        self._steady = steady
        self._now = now

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        # What is no Opus packet is as good as lost.
        with suppress(ValueError):
            self._steady.put(packet.timestamp, packet.payload, packet_length(packet.payload), self._now())
        return False, None


def stand_in(receiver: RTCRtpReceiver, buffer: PacketBuffer) -> None:
    """Give a receiver another jitter buffer, before it has received anything."""
    assert hasattr(receiver, BUFFER), "this version of aiortc has another jitter buffer"
    setattr(receiver, BUFFER, buffer)


def backlog(receiver: RTCRtpReceiver) -> Callable[[], int]:
    """How many pictures wait for a receiver's decoder."""
    count: Callable[[], int] = getattr(receiver, DECODER_QUEUE).qsize
    return count


def codecs(kind: Literal["audio", "video"], *names: str) -> list[RTCRtpCodecCapability]:
    """What aiortc knows of the codecs with these MIME types."""
    return [codec for codec in get_capabilities(kind).codecs if codec.mimeType in names]
