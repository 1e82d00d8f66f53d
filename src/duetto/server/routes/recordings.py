"""Recordings: listed, fetched and deleted by the API key whose sessions they are of."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from duetto.server.auth import Denied
from duetto.server.errors import BadRequest
from duetto.server.recordings import FILES, Recordings
from duetto.server.service import Service


def routes(service: Service) -> list[BaseRoute]:
    async def asked(request: Request) -> tuple[Recordings, str]:
        """The recordings, and whose are asked for."""
        identity = await service.identify(request, lasting=True)
        if not identity.owner:
            raise Denied("recordings are given to who has an API key; this server has no keys", 403)
        if service.recordings is None:
            raise BadRequest("this server keeps no recordings", status=404)
        return service.recordings, identity.owner

    async def all_of_them(request: Request) -> Response:
        recordings, owner = await asked(request)
        return JSONResponse({"object": "list", "data": await asyncio.to_thread(recordings.all, owner)})

    async def one(request: Request) -> Response:
        recordings, owner = await asked(request)
        session = request.path_params["session"]
        if request.method == "DELETE":
            if not await asyncio.to_thread(recordings.delete, session, owner):
                raise _missing(session)
            return JSONResponse({"id": session, "object": "recording", "deleted": True})
        found = await asyncio.to_thread(recordings.get, session, owner)
        if found is None:
            raise _missing(session)
        return JSONResponse(found)

    async def file(request: Request) -> Response:
        recordings, owner = await asked(request)
        session, name = request.path_params["session"], request.path_params["name"]
        path = await asyncio.to_thread(recordings.file, session, name, owner)
        if path is None:
            raise _missing(f"{session}/{name}")
        return FileResponse(path, media_type=FILES[name], filename=f"{session}-{name}")

    return [
        Route("/v1/recordings", all_of_them),
        Route("/v1/recordings/{session}", one, methods=["GET", "DELETE"]),
        Route("/v1/recordings/{session}/{name}", file),
    ]


def _missing(name: str) -> BadRequest:
    return BadRequest(f"there is no recording {name[:200]!r}", "session", 404)
