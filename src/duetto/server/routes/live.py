"""GPT-Live: WebSocket, WebRTC, further connections to a session, its end, its recording."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from duetto.server.calls import call
from duetto.server.errors import BadRequest, decoded
from duetto.server.recordings import SOUND
from duetto.server.service import Service
from duetto.server.wires import Setup

KIND = "live"
PREFIX = "live_"
"""Of ids on the wire, before the seat's own."""
_PATH = "/v1/live/sessions"


class _Transport(msgspec.Struct, frozen=True):
    type: str
    sdp: str


class _Created(msgspec.Struct, frozen=True):
    session: dict[str, Any]
    transport: _Transport


def routes(service: Service) -> list[BaseRoute]:
    async def sessions(websocket: WebSocket) -> None:
        identity = await service.identify(websocket)
        service.admit()
        with service.connection(identity):
            await service.converse(websocket, identity, KIND, service.wires.live(Setup(session=identity.session)))

    async def create(request: Request) -> Response:
        identity = await service.maker(request)
        asked = decoded(await request.body(), _Created)
        if asked.transport.type != "webrtc":
            raise BadRequest(f"transport.type: webrtc is all there is (got {asked.transport.type!r})", "transport.type")
        setup = Setup(session={**asked.session, **(identity.session or {})}, track=True)
        line, answer = await call(service, identity, KIND, service.wires.live(setup), asked.transport.sdp)
        name = service.id_of(line, PREFIX)
        transport = {"type": "webrtc", "sdp": answer}
        return JSONResponse({"session": {"id": name}, "transport": transport}, 201, {"Location": f"{_PATH}/{name}"})

    async def attach(websocket: WebSocket) -> None:
        identity = await service.identify(websocket)
        await service.look_on(websocket, service.find(websocket.path_params["session"], identity))

    async def hangup(request: Request) -> Response:
        identity = await service.identify(request)
        service.hang_up(service.find(request.path_params["session"], identity))
        return Response(status_code=200)

    async def content(request: Request) -> Response:
        identity = await service.identify(request, lasting=True)
        name = request.path_params["session"]
        if service.recordings is not None:  # one that is over
            path = service.recordings.file(name.removeprefix(PREFIX), SOUND, identity.owner)
            if path is not None:
                return FileResponse(path, media_type="audio/wav")
        recording = getattr(service.find(name, identity).wire, "recording", None)
        sound: bytes | None = await asyncio.to_thread(recording) if recording is not None else None
        if sound is None:
            raise BadRequest("this session is not stored: its client did not ask for it", status=404)
        return Response(sound, media_type="audio/wav")

    return [
        WebSocketRoute(_PATH, sessions),
        Route(_PATH, create, methods=["POST"]),
        WebSocketRoute(_PATH + "/{session}/attach", attach),
        Route(_PATH + "/{session}/hangup", hangup, methods=["POST"]),
        Route(_PATH + "/{session}/content", content),
    ]
