"""A peer without a network, for tests: what was sent is kept in lists, and the test plays the client."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from duetto.server.rtc.peer import PeerHandler, PeerStats, Sound


class MemoryPeer:
    """Keeps what is sent. The handler is the test's to call: `peer.handler.on_message("{}")`."""

    def __init__(self, offer: str, handler: PeerHandler) -> None:
        self.offer = offer
        self.handler = handler
        self.messages: list[str] = []
        """Sent, in order."""
        self.voice: list[Sound] = []
        """Sound given and not flushed."""
        self.flushed = 0
        """Samples thrown away."""
        self.open = False
        self.closed: str | None = None
        """Why it was closed."""

    @property
    def answer(self) -> str:
        return "v=0\r\n"

    @property
    def stats(self) -> PeerStats:
        return PeerStats()

    def play_open(self) -> None:
        """The client's data channel opens."""
        self.open = True
        self.handler.on_open()

    def play_closed(self, reason: str = "the client closed the connection") -> None:
        """The client goes."""
        if self.closed is None:
            self.open = False
            self.closed = reason
            self.handler.on_closed(reason)

    def send_message(self, text: str) -> bool:
        if self.open:
            self.messages.append(text)
        return self.open

    def send_voice(self, samples: NDArray[Any]) -> None:
        self.voice.append(np.asarray(samples, np.int16))

    def flush_voice(self) -> int:
        thrown = sum(map(len, self.voice))
        self.voice.clear()
        self.flushed += thrown
        return thrown

    async def close(self, reason: str = "the server closed the connection") -> None:
        self.play_closed(reason)


class MemoryPeerFactory:
    """Makes a `MemoryPeer` of any offer that begins with "v=0"."""

    def __init__(self) -> None:
        self.peers: list[MemoryPeer] = []

    async def connect(self, offer: str, handler: PeerHandler) -> MemoryPeer:
        if not offer.startswith("v=0"):
            raise ValueError('the SDP offer does not begin with "v=0"')
        peer = MemoryPeer(offer, handler)
        self.peers.append(peer)
        return peer

    async def close(self) -> None:
        for peer in self.peers:
            await peer.close()
