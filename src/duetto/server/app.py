"""The ASGI application: every route behind one guard. It runs under any ASGI server, and starts the engine itself."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from duetto.server.auth import Denied
from duetto.server.errors import BadRequest, on_error
from duetto.server.guard import Guard
from duetto.server.neighbours import SECRET_PATH, Forward, Neighbours
from duetto.server.origins import Origins
from duetto.server.routes import about, gemini, live, realtime, recordings
from duetto.server.service import Service
from duetto.wire.seat import Refused

_SLASHES = re.compile("//+")
_PAGE_POLICY = (
    b"default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    b"media-src 'self' blob: mediastream:; worker-src 'self' blob:; style-src 'self' 'unsafe-inline'; "
    b"frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)


def make_app(service: Service, neighbours: Neighbours | None = None, *, local: bool = False) -> Starlette:
    """The application. While it lives, as ASGI's lifespan has it, the engine ticks.

    neighbours: other processes, to which what is theirs is passed on. local: it is for those others.
    """
    settings = service.settings
    routes: list[BaseRoute] = [route for part in (live, recordings) for route in part.routes(service)]
    routes += realtime.routes(service, neighbours)
    if local:
        routes += local_routes(service)
    routes += [*gemini.routes(service, neighbours), *about.routes(service, neighbours)]
    if settings.studio is not None and settings.studio.is_dir():
        page = _Page(StaticFiles(directory=settings.studio, html=True))
        routes.append(Mount("/", page, name="studio"))
    origins = Origins(
        frozenset(settings.origins),
        frozenset(name.lower() for name in settings.names),
        checks_host=service.auth.open and "*" not in settings.origins,
    )
    middleware = [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_methods=("GET", "POST", "DELETE"),
            allow_headers=("*",),
            expose_headers=("Location",),
            max_age=600,
        ),
        Middleware(Guard, origins=origins, body_bytes=settings.limits.body_bytes),
        Middleware(_OneSlash),
    ]
    if neighbours is not None:
        middleware.append(Middleware(Forward, neighbours=neighbours))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    handlers: dict[Any, Any] = {error: on_error for error in (Denied, BadRequest, Refused, HTTPException)}
    return Starlette(routes=routes, middleware=middleware, exception_handlers=handlers, lifespan=lifespan)


def local_routes(service: Service) -> list[BaseRoute]:
    """What only neighbours may ask."""

    async def secret(request: Request) -> Response:
        found = service.secrets.find((await request.body()).decode())
        if found is None:
            return Response(status_code=404)
        return Response(msgspec.json.encode(found), media_type="application/json")

    return [Route(SECRET_PATH, secret, methods=["POST"])]


class _OneSlash:
    """Makes one of several slashes in a path: clients put their own before a base URL that ends with one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and "//" in scope["path"]:
            scope = {**scope, "path": _SLASHES.sub("/", scope["path"])}
        await self.app(scope, receive, send)


class _Page:
    """Static files of the page, with what a browser is told about them."""

    def __init__(self, files: ASGIApp) -> None:
        self.files = files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008, "reason": ""})
            return

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                headers.append((b"content-security-policy", _PAGE_POLICY))
                headers.append((b"permissions-policy", b"camera=(self), microphone=(self), display-capture=(self)"))
                headers.append((b"cache-control", b"no-cache"))
                message["headers"] = headers
            await send(message)

        await self.files(scope, receive, told)
