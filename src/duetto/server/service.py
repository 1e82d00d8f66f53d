"""Everything that the routes of one process need: who may, who is connected, what it is doing."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence

from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from duetto.server.auth import REALTIME, Authenticator, Denied, Identity, credential
from duetto.server.checkpoint import FOLDER, Checkpoints
from duetto.server.errors import BadRequest
from duetto.server.health import Health
from duetto.server.house import Engine, Follower, House
from duetto.server.keeper import Keeper
from duetto.server.line import Line
from duetto.server.outlet import GOING_AWAY, NORMAL, Outlet
from duetto.server.recordings import SOUND, Recordings
from duetto.server.rtc.peer import PeerFactory
from duetto.server.secrets import ClientSecrets
from duetto.server.settings import ServerSettings
from duetto.server.shelf import Shelf
from duetto.server.waiting import Waiting
from duetto.server.websocket import converse
from duetto.server.wires import WireMaker, Wires
from duetto.wire.seat import Refused

log = logging.getLogger("duetto.server")


class Service:
    """One process's server, without sockets of its own.

    mark: letters that ids and client secrets of this process begin with. now: seconds of a steady clock; unix: Unix
    time, s.
    """

    def __init__(
        self,
        settings: ServerSettings,
        engine: Engine,
        wires: Callable[[Shelf, Waiting], Wires],
        *,
        follower: Callable[[], Follower],
        now: Callable[[], float],
        unix: Callable[[], float],
        peers: PeerFactory | None = None,
        mark: str = "",
    ) -> None:
        """Raises OSError, ValueError where the file of keys cannot be read."""
        self.settings = settings
        self.engine = engine
        self.peers = peers
        self.unix = unix
        self.mark = mark
        self.recordings = Recordings(settings.recordings) if settings.recordings is not None else None
        claim = self.recordings.claim if self.recordings is not None else lambda session, owner: None
        self.house = House(engine, follower, settings.limits, now, records=self.recordings is not None, claim=claim)
        self.secrets = ClientSecrets(unix, mark)
        self.shelf = Shelf(settings.grace_s, mark)
        self.keeper: Keeper | None = None
        if settings.state is not None and settings.checkpoints:
            self.keeper = Keeper(Checkpoints(settings.state / FOLDER, settings.grace_s, unix))
        self.waiting = Waiting(settings.grace_s, now, self.keeper)
        self.wires = wires(self.shelf, self.waiting)
        self.auth = Authenticator(settings.keys, self.secrets, now)
        self.health = Health(self.house)
        self.lines: set[Line] = set()
        self._named: dict[str, Line] = {}
        self._empty = asyncio.Event()
        self._storing: set[asyncio.Task[None]] = set()
        self._running = 0
        self._task: asyncio.Task[None] | None = None
        self._keeping: asyncio.Task[None] | None = None
        self.failed = asyncio.Event()

    # --- who --------------------------------------------------------------------------------------------------

    async def identify(self, conn: HTTPConnection, *, lasting: bool = False) -> Identity:
        """Who asks. lasting: a client secret is not enough. Raises Denied."""
        key = credential(conn.headers, conn.query_params, conn.scope.get("subprotocols", ()))
        try:
            identity = await self.auth.identify(key)
            if lasting and identity.temporary:
                raise Denied("a client secret is for conversations only; this needs the API key", 403)
        except Denied as denied:
            self.house.metrics.denied.labels(denied.code).inc()
            raise
        return identity

    async def maker(self, request: Request, *, lasting: bool = False) -> Identity:
        """Who asks for something to be made, within the rate of requests. Raises Denied."""
        identity = await self.identify(request, lasting=lasting)
        if not self.house.allowances.request(identity.owner):
            self.house.metrics.denied.labels("rate").inc()
            rate = self.settings.limits.requests
            raise Denied(f"more than {rate.per_second:g} requests a second", 429, "rate_limit_exceeded")
        return identity

    def admit(self) -> None:
        """Raises Refused when nobody is taken in now."""
        busy = self.health.busy
        if busy:
            self.house.metrics.denied.labels("busy").inc()
            raise Refused("full", f"{busy}; try again later")

    # --- lines ------------------------------------------------------------------------------------------------

    def line(self, identity: Identity, kind: str, make: WireMaker, outlet: Outlet) -> Line:
        """A new line. Raises Refused."""
        line = Line(
            self.house, identity, kind, make, outlet, seated=self._seated, over=self._over, keeps=self.waiting.leave
        )
        self.lines.add(line)
        return line

    def id_of(self, line: Line, prefix: str) -> str:
        """The name by which a line is found from outside: its seat's id after the protocol's prefix."""
        if line.seat is None:
            raise Refused("over", "the conversation has not begun")
        return f"{prefix}{line.seat.id}"

    def find(self, name: str, identity: Identity) -> Line:
        """The line with this id, if it is this owner's. Raises BadRequest (404)."""
        line = self._named.get(name.rpartition("_")[2])
        if line is None or line.identity.owner != identity.owner:
            raise BadRequest(f"there is no session {name[:100]!r} here", status=404, code="session_not_found")
        return line

    def hang_up(self, line: Line) -> None:
        """End a conversation by a request of its own."""
        hang_up = getattr(line.wire, "hang_up", None)
        if hang_up is not None:
            hang_up()
        line.finish(NORMAL, "hung up")
        if line.outlet is None:
            line.end("hung up")

    @contextlib.contextmanager
    def connection(self, identity: Identity) -> Iterator[None]:
        """Within: one more connection. Raises Refused."""
        leave = self.house.connections.enter(identity.owner)
        try:
            yield
        finally:
            leave()

    def outlet(self) -> Outlet:
        """A way out for a new connection."""
        return Outlet(self.settings.limits, self.house.now)

    async def accept(self, websocket: WebSocket) -> None:
        """Accept a WebSocket, unless it is accepted."""
        if websocket.application_state is WebSocketState.CONNECTING:
            await websocket.accept(REALTIME if REALTIME in websocket.scope["subprotocols"] else None)

    async def first(self, websocket: WebSocket, within_s: float) -> str | None:
        """The first message of a WebSocket, which is accepted for that; None if none comes in time.

        Raises WebSocketDisconnect.
        """
        await self.accept(websocket)
        try:
            async with asyncio.timeout(within_s):
                event = await websocket.receive()
        except TimeoutError:
            return None
        if event["type"] != "websocket.receive":
            raise WebSocketDisconnect(event.get("code", 1000))
        text: str | None = event.get("text")
        return text if text is not None else event["bytes"].decode(errors="replace")

    async def converse(
        self, websocket: WebSocket, identity: Identity, kind: str, make: WireMaker, first: str | None = None
    ) -> None:
        """Hold a conversation over a WebSocket. first: its first message, if it was read already. Raises Refused,
        BadRequest.
        """
        outlet = self.outlet()
        line = self.line(identity, kind, make, outlet)
        if first is not None:
            self.counted(kind, first)
            line.receive(first)
        await self.carry(websocket, line, outlet, line.receive)

    def counted(self, kind: str, message: str) -> None:
        """A message has come in."""
        messages, size = self.house.metrics.way(kind, "in")
        messages.inc()
        size.inc(len(message))

    async def look_on(self, websocket: WebSocket, line: Line) -> None:
        """A further connection to a conversation: it gets its messages, and may send. Raises Refused, BadRequest."""
        with self.connection(line.identity):
            outlet = self.outlet()
            aside = line.attach(outlet)
            await self.carry(websocket, line, outlet, aside.receive)

    async def carry(
        self,
        websocket: WebSocket,
        line: Line,
        outlet: Outlet,
        receive: Callable[[str], None],
        gone: Callable[[], None] | None = None,
    ) -> None:
        """Carry the messages of a line's outlet over a WebSocket, until it ends. gone: is called then, in the place of
        the line's own.
        """
        gone = gone or (lambda: line.gone(outlet))
        try:
            await self.accept(websocket)
        except BaseException:
            gone()
            raise
        await converse(websocket, line, outlet, receive, gone)

    def _seated(self, line: Line) -> None:
        assert line.seat is not None
        self._named[line.seat.id] = line

    def _over(self, line: Line) -> None:
        self.lines.discard(line)
        self.waiting.forget(line)
        if self.recordings is not None and line.seat is not None and hasattr(line.wire, "recording"):
            self._storing = {task for task in self._storing if not task.done()}
            self._storing.add(asyncio.create_task(asyncio.to_thread(self._store, self.recordings, line, line.seat.id)))
        for name in [name for name, found in self._named.items() if found is line]:
            del self._named[name]
        if not self.lines:
            self._empty.set()

    @staticmethod
    def _store(recordings: Recordings, line: Line, session: str) -> None:
        """Keep the sound that the wire has kept in memory, if its client asked for that."""
        try:
            sound = getattr(line.wire, "recording")()  # noqa: B009 # not every wire has one
            if sound is not None:
                recordings.store(session, line.identity.owner, SOUND, sound)
        except OSError:
            log.exception("the recording of %s could not be kept", session)

    # --- life -------------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Within: the engine ticks. Several may be within; the last to leave ends it."""
        self._running += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="engine")
            if self.keeper is not None:
                self._keeping = asyncio.create_task(self.keeper.run(), name="keeper")
        try:
            yield
        finally:
            self._running -= 1
            if not self._running:
                await self._end()

    async def _run(self) -> None:
        try:
            await self.engine.run()
        except Exception:
            log.exception("the engine failed")
            self.health.failed = "the engine has failed"
            self.failed.set()

    async def _end(self) -> None:
        if self.keeper is not None and self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait([self._keeping])
            self.keeper.close()
        for line in list(self.lines):
            line.finish(GOING_AWAY, "the server is going down")
            line.end("the server is going down")
        self.engine.close()
        if self._storing:
            await asyncio.wait(self._storing)
        if self.peers is not None:
            await self.peers.close()
        if self._task is not None:
            await self._task
            self._task = None

    async def drain(self, hurry: asyncio.Event) -> None:
        """Take nobody in any more; wait until all have gone, `drain_s` have passed, or `hurry` is set."""
        self.health.draining = True
        self.engine.draining = True
        for line in list(self.lines):
            if line.outlet is None:  # its client would find nobody, but perhaps the next server
                self.waiting.leave_behind(line)
                line.end("the server is going down")
            else:
                line.leaving(self.settings.drain_s)
        if not self.lines:
            return
        self._empty.clear()
        waits: Sequence[asyncio.Task[bool]] = [asyncio.create_task(e.wait()) for e in (self._empty, hurry)]
        await asyncio.wait(waits, timeout=self.settings.drain_s, return_when=asyncio.FIRST_COMPLETED)
        for task in waits:
            task.cancel()
        for line in list(self.lines):
            line.finish(GOING_AWAY, "the server is going down")
        await asyncio.sleep(0)
