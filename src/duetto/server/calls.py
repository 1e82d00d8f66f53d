"""A conversation over WebRTC: a line whose messages go over the data channel, and whose sound over tracks."""

from __future__ import annotations

import asyncio
import contextlib

import numpy as np

from duetto.models.model import MicroTurn
from duetto.server.auth import Identity
from duetto.server.errors import BadRequest
from duetto.server.line import Line
from duetto.server.outlet import INTERNAL, NORMAL, Outlet
from duetto.server.rtc.peer import Peer, Picture, Sound, VideoStream
from duetto.server.service import Service
from duetto.server.wires import WireMaker
from duetto.timeline.turn import MIC_RATE
from duetto.wire.seat import Refused


class Call:
    """A peer's handler (`PeerHandler`): joins a peer and a line.

    Beyond `Wire`, a wire may have `connect(send)`, called when the data channel is open; `hear(samples, rate)`, given
    the track's sound in the seat's place; `sound`, what goes out after a micro-turn in the place of its voice.
    """

    def __init__(self, service: Service, identity: Identity, kind: str, make: WireMaker) -> None:
        """Raises Refused, BadRequest."""
        self.outlet = Outlet(service.settings.limits, service.house.now)
        self.line: Line = service.line(identity, kind, make, self.outlet)
        self.line.after = self._after
        self._in = service.house.metrics.way(kind, "in")
        self._opened = asyncio.Event()
        self._peer: Peer | None = None
        self._task: asyncio.Task[None] | None = None
        self._leave = service.house.connections.enter(identity.owner)
        self._done = False

    def joined(self, peer: Peer) -> None:
        """The peer is there."""
        self._peer = peer
        if self._done:
            self._task = asyncio.create_task(peer.close())
        else:
            self._task = asyncio.create_task(self._write(peer))

    def failed(self) -> None:
        """There will be no peer."""
        self._end("no connection")

    # --- from the peer ----------------------------------------------------------------------------------------

    def on_open(self) -> None:
        connect = getattr(self.line.wire, "connect", None)
        if connect is not None:
            connect(self.line.send)
        self._opened.set()

    def on_message(self, text: str) -> None:
        messages, size = self._in
        messages.inc()
        size.inc(len(text))
        self.line.receive(text)

    def on_audio(self, samples: Sound) -> None:
        hear = getattr(self.line.wire, "hear", None)
        if hear is None and self.line.seat is not None:
            hear = self.line.seat.hear
        if hear is not None:
            with contextlib.suppress(Refused):  # it is over, and the client is told so; or a track that runs too fast
                hear(samples, MIC_RATE)

    def on_video(self, picture: Picture, stream: VideoStream) -> None:
        seat = self.line.seat
        if seat is not None:
            with contextlib.suppress(Refused, ValueError):
                seat.see(picture, stream)

    def on_problem(self, text: str) -> None:
        self.line.house.metrics.dropped.labels("media").inc()

    def on_closed(self, reason: str) -> None:
        self._end(reason)

    # --- to the peer ------------------------------------------------------------------------------------------

    def _after(self, micro_turn: MicroTurn) -> None:
        """A micro-turn is over: its sound goes out."""
        if self._peer is not None:
            sound: bytes = getattr(self.line.wire, "sound", micro_turn.voice)
            if sound:
                self._peer.send_voice(np.frombuffer(sound, "<i2"))

    async def _write(self, peer: Peer) -> None:
        messages, size = self.line.house.metrics.way(self.line.kind, "out")
        waits = {asyncio.ensure_future(event.wait()) for event in (self._opened, self.outlet.ended)}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
        while (message := await self.outlet.next()) is not None:
            messages.inc()
            size.inc(len(message))
            text = message if isinstance(message, str) else message.decode()
            try:
                peer.send_message(text)
            except ValueError as error:  # larger than the client takes
                self.line.finish(INTERNAL, str(error))
        ending = self.outlet.ending or (NORMAL, "")
        await peer.close(ending[1] or "the conversation is over")

    def _end(self, reason: str) -> None:
        if self._done:
            return
        self._done = True
        self._opened.set()
        self._leave()
        self.line.gone(self.outlet)
        self.outlet.finish(NORMAL, reason)  # whoever writes is waiting for more


async def call(service: Service, identity: Identity, kind: str, make: WireMaker, offer: str) -> tuple[Line, str]:
    """Answer an offer: the line, and the answer as SDP. Raises Refused, BadRequest."""
    if service.peers is None:
        raise BadRequest("this server has no WebRTC", status=501)
    service.admit()
    held = Call(service, identity, kind, make)
    try:
        peer = await service.peers.connect(offer, held)
    except ValueError as error:
        held.failed()
        raise BadRequest(f"sdp: {error}", "sdp") from None
    except ConnectionError as error:
        held.failed()
        raise BadRequest(str(error), status=503) from None
    except BaseException:
        held.failed()
        raise
    held.joined(peer)
    return held.line, peer.answer
