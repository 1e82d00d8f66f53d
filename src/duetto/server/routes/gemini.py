"""Gemini Live: one WebSocket, at a path that clients write with any number of slashes before it."""

from __future__ import annotations

import re
from typing import Final

from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket

from duetto.server.neighbours import Neighbours
from duetto.server.outlet import POLICY
from duetto.server.service import Service
from duetto.server.wires import Setup

KIND = "gemini"
_HANDLE: Final = re.compile(r'"handle"\s*:\s*"([^"]{8,200})"')


def routes(service: Service, neighbours: Neighbours | None = None) -> list[BaseRoute]:
    """neighbours: where a conversation may wait that a client wants to take up again."""

    async def bidi(websocket: WebSocket) -> None:
        identity = await service.identify(websocket)
        make = service.wires.gemini(Setup(session=identity.session))
        service.admit()
        with service.connection(identity):
            first: str | None = None
            if neighbours is not None:  # which of the processes it is for stands in its first message
                within_s = service.settings.limits.opening_s
                first = await service.first(websocket, within_s)
                if first is None:
                    await websocket.close(POLICY, f"no conversation was begun within {within_s:g} s")
                    return
                found = _HANDLE.search(first)
                mark = neighbours.who(found[1]) if found is not None else None
                if mark is not None:
                    await neighbours.carry(mark, websocket, first)
                    return
            await service.converse(websocket, identity, KIND, make, first)

    method = "BidiGenerateContent"
    return [
        WebSocketRoute("/ws/google.ai.generativelanguage.{version}.GenerativeService." + method, bidi),
        WebSocketRoute("/ws/google.cloud.aiplatform.{version}.LlmBidiService/" + method, bidi),
    ]
