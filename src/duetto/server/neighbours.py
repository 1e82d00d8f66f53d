"""The other processes behind the same port: a request about what lives in one of them is passed on to it.

Ids and client secrets begin with the mark of the process that made them. Each process listens on a socket of its own,
in a folder that only this user may enter.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import logging
import re
import socket
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from duetto.server.processes import mark_of
from duetto.server.secrets import ClientSecret

log = logging.getLogger("duetto.server")
SECRET_PATH: Final = "/-/secret"
"""Where one neighbour asks another what a client secret stands for."""
WITHIN_S: Final = 30.0
"""Seconds that a neighbour may take for an answer."""
ANSWERS_S: Final = 1.0
"""Seconds after which one that lets nobody in counts as dead."""
_ID = re.compile(r"(?:/v1/realtime/calls|/v1/live/sessions)/(?:[a-z]+_)?([0-9a-f]{2})", re.ASCII)
_MARK = re.compile(r"(?:[a-z]+_)?([0-9a-f]{2})", re.ASCII)
_NOT_PASSED: Final = frozenset(
    ("connection", "upgrade", "keep-alive", "transfer-encoding", "content-length", "te", "expect")
)
_HOP: Final = frozenset(("connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"))


class Neighbours:
    """Where the others are. mark: of this process."""

    def __init__(self, folder: Path, mark: str, count: int) -> None:
        self._folder = folder
        self._mark = mark
        self._all = [mark_of(index) for index in range(count)]

    def socket_of(self, mark: str) -> Path:
        return self._folder / f"{mark}.sock"

    @property
    def own_socket(self) -> Path:
        return self.socket_of(self._mark)

    @property
    def others(self) -> list[str]:
        return [mark for mark in self._all if mark != self._mark]

    def who(self, name: str) -> str | None:
        """The mark of the neighbour in which this id, handle or secret was made; None for ours and for nobody's."""
        found = _MARK.match(name)
        return found[1] if found is not None and found[1] in self.others else None

    def of(self, scope: Scope) -> str | None:
        """The mark of the neighbour that this request is about."""
        found = _ID.match(scope["path"])
        if found is not None:
            return found[1] if found[1] in self.others else None
        query = parse_qs(scope["query_string"].decode("latin-1"))
        for name in ("call_id", "resume"):
            if name in query:
                return self.who(query[name][0])
        return None

    async def lives(self, mark: str) -> bool:
        """This neighbour can be asked now."""
        try:
            async with asyncio.timeout(ANSWERS_S):
                _, writer = await asyncio.open_unix_connection(str(self.socket_of(mark)))
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    async def secret(self, text: str) -> ClientSecret | None:
        """What a client secret stands for that a neighbour has made; None where that knows none."""
        mark = self.who(text)
        if mark is None:
            return None
        try:
            answer = await self.ask(mark, "POST", SECRET_PATH, {}, text.encode())
        except OSError:
            return None
        return msgspec.json.decode(bytes(answer.body), type=ClientSecret) if answer.status_code == 200 else None

    # --- HTTP -------------------------------------------------------------------------------------------------

    async def ask(self, mark: str, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Response:
        """Have a neighbour answer. Raises OSError."""

        def there() -> Response:
            connection = _Local(str(self.socket_of(mark)))
            with contextlib.closing(connection):
                connection.request(method, target, body, headers)
                answer = connection.getresponse()
                kept = {name: value for name, value in answer.getheaders() if name.lower() not in _HOP}
                return Response(answer.read(), answer.status, kept)

        try:
            return await asyncio.to_thread(there)
        except http.client.HTTPException as error:
            raise OSError(str(error)) from error

    async def figures(self, own: bytes, headers: dict[str, str]) -> bytes:
        """The figures of all processes as one page, each sample with the process it is of."""
        pages = {self._mark: own.decode()}
        asked = (self.ask(mark, "GET", "/metrics", headers) for mark in self.others)
        for mark, answer in zip(self.others, await asyncio.gather(*asked, return_exceptions=True), strict=True):
            if isinstance(answer, Response) and answer.status_code == 200:
                pages[mark] = bytes(answer.body).decode()
        return generate_latest(_Merged(pages).registry)

    # --- WebSocket --------------------------------------------------------------------------------------------

    async def carry(self, mark: str, websocket: WebSocket, first: str | bytes | None = None) -> None:
        """Carry a WebSocket to a neighbour. first: a message that was read already, on one that is accepted."""
        scope = websocket.scope
        target = scope["path"] + ("?" + scope["query_string"].decode("latin-1") if scope["query_string"] else "")
        headers = [pair for pair in websocket.headers.items() if _passed(pair[0])]
        try:
            async with unix_connect(
                str(self.socket_of(mark)),
                f"ws://{websocket.headers.get('host', 'localhost')}{target}",
                additional_headers=headers,
                subprotocols=scope["subprotocols"] or None,
                user_agent_header=None,
                compression=None,
                max_size=None,
                max_queue=16,
                proxy=None,
                ping_interval=None,
                open_timeout=WITHIN_S,
            ) as there:
                if first is None:
                    await websocket.accept(there.subprotocol)
                else:
                    await there.send(first)
                await _pump(websocket, there)
        except InvalidStatus as refused:
            answer = refused.response
            kept = {name: value for name, value in answer.headers.raw_items() if name.lower() not in _HOP}
            await websocket.send_denial_response(Response(bytes(answer.body or b""), answer.status_code, kept))
        except (OSError, WebSocketException):
            await _gone(websocket)


class Forward:
    """Middleware: what is about a neighbour's own goes there; the rest is ours."""

    def __init__(self, app: ASGIApp, neighbours: Neighbours) -> None:
        self.app = app
        self._neighbours = neighbours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        mark = self._neighbours.of(scope) if scope["type"] in ("http", "websocket") else None
        if mark is not None and scope["type"] == "websocket" and not await self._neighbours.lives(mark):
            mark = None  # what it had may go on here, or is known to nobody
        if mark is None:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            websocket = WebSocket(scope, receive, send)
            await self._neighbours.carry(mark, websocket)
        else:
            request = Request(scope, receive)
            target = scope["path"] + (f"?{request.url.query}" if request.url.query else "")
            headers = {name: value for name, value in request.headers.items() if name not in _NOT_PASSED}
            try:
                response = await self._neighbours.ask(mark, request.method, target, headers, await request.body())
            except OSError:
                error = {"message": "the process that had this session has ended", "type": "server_error"}
                response = JSONResponse({"error": {**error, "code": "session_not_found", "param": None}}, 404)
            await response(scope, receive, send)


class _Local(http.client.HTTPConnection):
    """HTTP over a socket of this machine."""

    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=WITHIN_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class _Merged:
    """Pages of figures as a collector: the families of all, with the process as a label."""

    def __init__(self, pages: dict[str, str]) -> None:
        self._pages = pages
        self.registry = CollectorRegistry()
        self.registry.register(self)

    def collect(self) -> list[Metric]:
        families: dict[str, Metric] = {}
        for mark, page in self._pages.items():
            for family in text_string_to_metric_families(page):
                merged = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                for sample in family.samples:
                    if not sample.name.endswith("_created"):
                        merged.add_sample(sample.name, {**sample.labels, "process": mark}, sample.value)
        return list(families.values())


def _passed(name: str) -> bool:
    return name not in _NOT_PASSED and name != "host" and not name.startswith("sec-websocket-")


async def _pump(websocket: WebSocket, there: ClientConnection) -> None:
    async def up() -> None:
        with contextlib.suppress(WebSocketDisconnect, ConnectionClosed):
            while True:
                event: Any = await websocket.receive()
                if event["type"] != "websocket.receive":
                    await there.close()
                    return
                text = event.get("text")
                await there.send(text if text is not None else event["bytes"])

    async def down() -> None:
        with contextlib.suppress(WebSocketDisconnect):
            try:
                async for message in there:
                    if isinstance(message, str):
                        await websocket.send_text(message)
                    else:
                        await websocket.send_bytes(message)
            except ConnectionClosed:
                pass
            await websocket.close(there.close_code or 1011, there.close_reason or "")

    tasks = {asyncio.create_task(up()), asyncio.create_task(down())}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _gone(websocket: WebSocket) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect, OSError):
        await websocket.close(1011, "the process that had this session has ended")
