"""A server of a few lines on loopback: the real extension and journal on a fake seat, and what a test makes happen."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed

from duetto.models.model import MicroTurn, Output, Timing
from duetto.testing.seat import FakeSeat
from duetto.timeline.clock import ms
from duetto.timeline.increment import Increment, Span
from duetto.wire.extension import Extension, Resume, decode
from duetto.wire.journal import Detached, Journal, NotResumed

DELTA = ms(40)


class Talk:
    """One conversation on the server's side."""

    def __init__(self, deliver: Callable[[bytes], None]) -> None:
        self.seat = FakeSeat()
        self.journal = Journal(deliver)
        self.got: list[dict] = []
        self.extension = Extension(
            self.seat,
            self.journal,
            error=lambda message, param: self.emit("error", error={"type": "x", "message": message, "param": param}),
            reply_of=lambda name: 5 if name == "resp_5" else None,
        )
        self.index = 0
        self.came = asyncio.Event()
        self.refuses = ""

    def emit(self, kind: str, **fields) -> None:
        self.journal.send(json.dumps({"type": kind, "event_id": "e", **fields}))

    def receive(self, message: str) -> None:
        self.journal.received += 1
        event = json.loads(message)
        self.came.set()
        if event["type"] == "duetto.hello" and self.refuses:
            self.emit("error", error={"type": "x", "message": self.refuses})
        elif event["type"].startswith("duetto."):
            self.extension.receive(event)
        elif event["type"] == "session.update":
            self.got.append(event)
            self.emit("session.updated", session=event["session"])
        else:
            self.got.append(event)

    def turn(self, *edits: Increment, happenings=(), actions=()) -> None:
        span = Span(self.index * DELTA, (self.index + 1) * DELTA)
        self.extension.happen(
            happenings,
            MicroTurn(self.index, span, (), (Output(span.end, edits, actions),), bytes(1920), Timing(0, 0, 0, {}, {})),
        )
        self.index += 1

    def say(self, response: str, text: str, samples: bytes) -> None:
        self.emit("response.created", response={"id": response, "status": "in_progress"})
        self.emit("response.output_audio_transcript.delta", response_id=response, delta=text)
        self.emit("response.output_audio.delta", response_id=response, delta=base64.b64encode(samples).decode())

    def end(self, response: str, status: str = "completed") -> None:
        self.emit("response.done", response={"id": response, "status": status})

    def call(self, response: str, call_id: str, name: str, arguments: str) -> None:
        item = {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        self.emit("response.output_item.done", response_id=response, item=item)

    async def until(self, kind: str, count: int = 1) -> list[dict]:
        """The events of this type that came, once there are so many."""
        async with asyncio.timeout(5):
            while len(found := [event for event in self.got if event["type"] == kind]) < count:
                self.came.clear()
                await self.came.wait()
        return found


class SmallServer:
    """Its conversations in `talks`. drop() cuts the connection as a network does."""

    def __init__(self) -> None:
        self.talks: list[Talk] = []
        self.known: Detached[Talk] = Detached()
        self.connections: list[ServerConnection] = []
        self.headers: list[Headers] = []
        self.paths: list[str] = []
        self.refuses = ""
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    @property
    def talk(self) -> Talk:
        return self.talks[-1]

    def drop(self) -> None:
        self.connections[-1].transport.abort()

    async def serve_one(self, socket: ServerConnection) -> None:
        self.connections.append(socket)
        self.headers.append(socket.request.headers)
        self.paths.append(socket.request.path)
        out: asyncio.Queue[bytes] = asyncio.Queue()
        deliver = out.put_nowait

        async def write() -> None:
            while True:
                await socket.send(await out.get(), text=True)

        writer = asyncio.create_task(write())
        talk: Talk | None = None
        try:
            first = await socket.recv()
            asked = decode(first) if '"duetto.' in first else None
            if isinstance(asked, Resume):
                try:
                    talk = self.known.resume(asked.session_id, asked.token, asked.seq, deliver).held
                except NotResumed as error:
                    deliver(json.dumps({"type": "error", "error": {"type": "x", "message": str(error)}}).encode())
            else:
                talk = Talk(deliver)
                talk.refuses = self.refuses
                self.talks.append(talk)
                talk.emit("session.created", session={})
                talk.receive(first)
                self.known.know(talk.seat.id, talk.journal, talk)
            async for message in socket:
                if talk is not None:
                    talk.receive(message)
        except ConnectionClosed:
            pass
        finally:
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            if talk is not None:
                self.known.leave(talk.seat.id, deliver, talk.index * DELTA)

    @classmethod
    @asynccontextmanager
    async def running(cls):
        server = cls()
        async with serve(server.serve_one, "127.0.0.1", 0, compression=None) as listening:
            server.port = listening.sockets[0].getsockname()[1]
            yield server
