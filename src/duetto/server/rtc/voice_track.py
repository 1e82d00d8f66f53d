"""The voice as a track: a packet when the peer's clock says so, and one that was encoded once, here."""

from __future__ import annotations

import asyncio
from typing import Any

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import Packet

from duetto.server.rtc.opus import FRAME, RTP_BASE, OpusEncoder
from duetto.server.rtc.voice_queue import VoiceQueue


class VoiceTrack(MediaStreamTrack):
    """aiortc's sender asks `recv` and waits for the next tick. Packets bypass aiortc's own encoder and its threads."""

    kind = "audio"

    def __init__(self, queue: VoiceQueue, bit_rate: int) -> None:
        super().__init__()
        self._queue = queue
        self._encode = OpusEncoder(bit_rate)
        self._at = 0
        self._asked: asyncio.Future[Packet[Any]] | None = None

    async def recv(self) -> Packet[Any]:
        if self.readyState != "live":
            raise MediaStreamError
        self._asked = asyncio.get_running_loop().create_future()
        try:
            return await self._asked
        finally:
            self._asked = None

    def tick(self, frames: int) -> None:
        """`frames` times 20 ms have passed: one packet goes out.

        Time in which the loop stood still is skipped, so that what follows is not late by as much.
        """
        self._at += frames * FRAME
        if self._asked is None or self._asked.done():
            return
        packet: Packet[Any] = Packet(self._encode(self._queue.read()))
        packet.pts = self._at
        packet.time_base = RTP_BASE
        self._asked.set_result(packet)

    def stop(self) -> None:
        super().stop()
        if self._asked is not None and not self._asked.done():
            self._asked.cancel()
