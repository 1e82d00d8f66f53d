"""How a request is refused: in OpenAI's words, and in Google's where a Gemini client asks."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from duetto.server.auth import Denied
from duetto.wire.seat import Refused

T = TypeVar("T")

_REFUSED = {"full": 503, "setting": 400, "flood": 429, "over": 404}
_GOOGLE = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND"}
_GOOGLE |= {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}


class BadRequest(Exception):
    """What was sent cannot be used. field: what of it is at fault."""

    def __init__(self, text: str, field: str = "", status: int = 400, code: str | None = None) -> None:
        super().__init__(text)
        self.field = field
        self.status = status
        self.code = code


def refusal(conn: HTTPConnection, error: Exception) -> JSONResponse:
    """The answer to a request that is refused."""
    headers: dict[str, str] = {}
    kind, code, field, status = "invalid_request_error", None, "", 400
    if isinstance(error, Denied):
        status, code = error.status, error.code
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, BadRequest):
        status, field, code = error.status, error.field, error.code
    elif isinstance(error, HTTPException):
        return JSONResponse(
            _body(conn, error.status_code, error.detail, kind, code, field), error.status_code, error.headers
        )
    elif isinstance(error, Refused):
        status, field = _REFUSED[error.kind], error.field
        if error.kind in ("full", "flood"):
            code = "rate_limit_exceeded"
    if status >= 500:
        kind = "server_error"
    if status in (429, 503):
        headers["Retry-After"] = "5"
    return JSONResponse(_body(conn, status, str(error), kind, code, field), status, headers)


def _body(conn: HTTPConnection, status: int, text: str, kind: str, code: str | None, field: str) -> dict[str, Any]:
    if "GenerativeService" in conn.url.path:
        return {"error": {"code": status, "message": text, "status": _GOOGLE.get(status, "UNKNOWN")}}
    return {"error": {"message": text, "type": kind, "code": code, "param": field or None}}


async def on_error(conn: Request | WebSocket, error: Exception) -> Response | None:
    """For an exception that a route lets through: an answer, in the place of the handshake where it is a WebSocket."""
    response = refusal(conn, error)
    if isinstance(conn, Request):
        return response
    if "websocket.http.response" in conn.scope.get("extensions", {}):
        await conn.send_denial_response(response)
    else:
        await conn.close(1008)
    return None


def decoded(body: bytes, kind: type[T]) -> T:
    """JSON that a client sent, by its type. Raises BadRequest that names the field."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        text, _, place = str(error).partition(" - at `$.")
        field = place.rstrip("`")
        raise BadRequest(f"{field}: {text}" if field else f"the body cannot be read: {text}", field) from None
