"""OpenAI Realtime: WebSocket, WebRTC calls, client secrets."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from duetto.server.auth import Identity
from duetto.server.calls import call
from duetto.server.coming_back import Switch, asked, complaint
from duetto.server.errors import BadRequest, decoded
from duetto.server.line import Line
from duetto.server.neighbours import Neighbours
from duetto.server.outlet import POLICY, TRY_LATER, Outlet
from duetto.server.secrets import DEFAULT_S
from duetto.server.service import Service
from duetto.server.websocket import cut
from duetto.server.wires import Setup
from duetto.wire.extension import Resume, opening_for
from duetto.wire.journal import NotResumed
from duetto.wire.seat import Opening, Refused

KIND = "realtime"
MOST_SDP = 256 * 1024
"""Bytes of an offer."""


class _Expires(msgspec.Struct, frozen=True):
    seconds: int = DEFAULT_S
    anchor: str = "created_at"


class _SecretRequest(msgspec.Struct, frozen=True):
    session: dict[str, Any] | None = None
    expires_after: _Expires | None = None


def routes(service: Service, neighbours: Neighbours | None = None) -> list[BaseRoute]:
    """neighbours: where a conversation may wait that a client wants to take up again."""

    async def realtime(websocket: WebSocket) -> None:
        identity = await service.identify(websocket)
        query = websocket.query_params
        if "call_id" in query:
            await service.look_on(websocket, service.find(query["call_id"], identity))
            return
        limits = service.settings.limits
        if "resume" not in query:  # who comes back has a place already
            service.admit()
        with service.connection(identity):
            speaks = "resume" in query or "duetto" in query
            try:
                first = await service.first(websocket, limits.opening_s if speaks else limits.hello_s)
            except WebSocketDisconnect:
                return
            wanted = asked(first)
            try:
                if isinstance(wanted, Resume) and first is not None:
                    mark = neighbours.who(wanted.session_id) if neighbours is not None else None
                    if neighbours is not None and mark is not None and await neighbours.lives(mark):
                        await neighbours.carry(mark, websocket, first)
                        return
                    service.counted(KIND, first)
                    await _resume(websocket, identity, wanted)
                    return
                opening = opening_for(first, Opening()) if first is not None else Opening()
                setup = Setup(
                    query.get("model", ""),
                    query.get("intent") == "transcription",
                    identity.session,
                    delta=opening.delta,
                    horizon=opening.horizon,
                )
                await _converse(websocket, identity, setup, first)
            except (Refused, BadRequest, NotResumed) as error:
                await websocket.send_text(complaint(error))
                full = isinstance(error, Refused) and error.kind == "full"
                await websocket.close(TRY_LATER if full else POLICY, cut(str(error)))

    async def _converse(websocket: WebSocket, identity: Identity, setup: Setup, first: str | None) -> None:
        outlet = service.outlet()
        line = service.line(identity, KIND, service.wires.realtime(setup), outlet)
        switch = Switch(line, outlet, identity, service.waiting)
        if first is not None:
            service.counted(KIND, first)
            switch.receive(first)
        await service.carry(websocket, line, outlet, switch.receive, switch.gone)

    async def _resume(websocket: WebSocket, identity: Identity, wanted: Resume) -> None:
        outlet = service.outlet()
        if service.waiting.knows(wanted.session_id):
            line = service.waiting.resume(wanted, identity, outlet)
        else:
            line = _restore(identity, wanted, outlet)
        await service.carry(websocket, line, outlet, line.receive)

    def _restore(identity: Identity, wanted: Resume, outlet: Outlet) -> Line:
        """Go on with a conversation whose process has died, in a new one."""
        service.admit()
        before = service.waiting.restorable(wanted, identity)
        setup = Setup(
            before.model,
            before.session.get("type") == "transcription",
            before.session,
            delta=before.delta,
            horizon=before.horizon,
            before=before,
            seq=wanted.seq,
        )
        try:
            return service.line(identity, KIND, service.wires.realtime(setup), outlet)
        except Refused:
            service.waiting.give_back(before)
            raise

    async def client_secrets(request: Request) -> Response:
        identity = await service.maker(request, lasting=True)
        body = await request.body()
        wanted = decoded(body or b"{}", _SecretRequest)
        expires = wanted.expires_after or _Expires()
        if expires.anchor != "created_at":
            raise BadRequest(
                f"expires_after.anchor: created_at is all there is (got {expires.anchor!r})", "expires_after"
            )
        session = wanted.session if wanted.session is not None else {"type": "realtime"}
        try:
            described = service.wires.described(session)
            text, secret = service.secrets.make(identity.owner, identity.name, session, expires.seconds, len(body))
        except ValueError as error:
            raise BadRequest(str(error), str(error).partition(":")[0]) from None
        expires_at = int(secret.expires)
        return JSONResponse({"value": text, "expires_at": expires_at, "session": described})

    async def calls(request: Request) -> Response:
        identity = await service.maker(request)
        offer, session = await _offer(request)
        if identity.session is not None:
            session = {**(session or {}), **identity.session}  # what a secret is bound to stands
        setup = Setup(request.query_params.get("model", ""), False, session, track=True)
        line, answer = await call(service, identity, KIND, service.wires.realtime(setup), offer)
        headers = {"Location": f"/v1/realtime/calls/{service.id_of(line, 'rtc_')}"}
        return Response(answer, 201, headers, media_type="application/sdp")

    async def hangup(request: Request) -> Response:
        identity = await service.identify(request)
        service.hang_up(service.find(request.path_params["call"], identity))
        return Response(status_code=200)

    return [
        WebSocketRoute("/v1/realtime", realtime),
        Route("/v1/realtime/client_secrets", client_secrets, methods=["POST"]),
        Route("/v1/realtime/calls", calls, methods=["POST"]),
        Route("/v1/realtime/calls/{call}/hangup", hangup, methods=["POST"]),
    ]


async def _offer(request: Request) -> tuple[str, dict[str, Any] | None]:
    """The offer, and the setting beside it if there is one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/sdp":
        return _sdp(await request.body()), None
    if kind != "multipart/form-data":
        raise BadRequest(f"content-type: application/sdp or multipart/form-data is needed (got {kind!r})", status=415)
    async with request.form(max_files=2, max_fields=4, max_part_size=MOST_SDP) as form:
        parts: dict[str, bytes] = {}
        for name in ("sdp", "session"):
            part = form.get(name)
            if isinstance(part, UploadFile):
                parts[name] = await part.read()
            elif part is not None:
                parts[name] = part.encode()
    if "sdp" not in parts:
        raise BadRequest("sdp: this part of the form is missing", "sdp")
    session = decoded(parts["session"], dict[str, Any]) if "session" in parts else None
    return _sdp(parts["sdp"]), session


def _sdp(data: bytes) -> str:
    if len(data) > MOST_SDP:
        raise BadRequest(f"sdp: at most {MOST_SDP // 1024} KiB (got {len(data) // 1024} KiB)", "sdp")
    text = data.decode(errors="replace")
    if not text.startswith("v=0"):
        raise BadRequest("sdp: this is no session description (RFC 8866)", "sdp")
    return text
