"""What every request passes first: its host, its origin, the size of its body. Plain ASGI, nothing is buffered."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duetto.server.origins import Origins

SAFE_HEADERS = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))


class TooLarge(Exception):
    """The body of a request is larger than it may be."""


class Guard:
    """Refuses what no route should see. body_bytes: of one HTTP request."""

    def __init__(self, app: ASGIApp, origins: Origins, body_bytes: int) -> None:
        self.app = app
        self._origins = origins
        self._body = body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        problem = self._origins.host_problem(headers.get("host"))
        status = 421
        if problem is None and (scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS")):
            problem = self._origins.origin_problem(headers.get("origin"), headers.get("host"))
            status = 403
        if problem is None and scope["type"] == "http" and _length(headers) > self._body:
            problem, status = self._too_large(), 413
        if problem is not None:
            await _refuse(scope, receive, send, problem, status)
        elif scope["type"] == "websocket":
            await self.app(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0
        begun = False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._body:
                raise TooLarge
            return message

        async def safe(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                present = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in SAFE_HEADERS if pair[0] not in present)]
            await send(message)

        try:
            await self.app(scope, counted, safe)
        except TooLarge:
            if not begun:
                await _refuse(scope, receive, send, self._too_large(), 413)

    def _too_large(self) -> str:
        return f"the body is larger than {self._body // 1024} KiB, as large as it may be"


def _length(headers: Headers) -> int:
    text = headers.get("content-length", "0")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


async def _refuse(scope: Scope, receive: Receive, send: Send, text: str, status: int) -> None:
    error = {"message": text, "type": "invalid_request_error", "code": None, "param": None}
    response = JSONResponse({"error": error}, status)
    if scope["type"] == "websocket":
        await receive()  # websocket.connect
        await response_to_websocket(response, scope, receive, send)
    else:
        await response(scope, receive, send)


async def response_to_websocket(response: JSONResponse, scope: Scope, receive: Receive, send: Send) -> None:
    """An HTTP answer in the place of a handshake, where the server can give one; else it is refused without words."""
    if "websocket.http.response" in scope.get("extensions", {}):
        await response(scope, receive, send)
    else:
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
