"""What the server says about itself: models, health, figures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from duetto.server.auth import credential
from duetto.server.errors import BadRequest
from duetto.server.metrics import CONTENT_TYPE
from duetto.server.neighbours import Neighbours
from duetto.server.service import Service


def routes(service: Service, neighbours: Neighbours | None = None) -> list[BaseRoute]:
    """neighbours: whose figures are shown too."""
    started = int(service.unix())

    def model(name: str) -> dict[str, object]:
        return {"id": name, "object": "model", "created": started, "owned_by": "duetto"}

    async def models(request: Request) -> Response:
        await service.identify(request)
        return JSONResponse({"object": "list", "data": [model(name) for name in service.settings.models]})

    async def one_model(request: Request) -> Response:
        await service.identify(request)
        name = request.path_params["name"]
        if name not in service.settings.models:
            raise BadRequest(f"there is no model {name[:100]!r} here", "model", 404, "model_not_found")
        return JSONResponse(model(name))

    async def health(request: Request) -> Response:
        problem = service.health.problem
        return JSONResponse({"status": problem or "ok"}, 503 if problem else 200)

    async def ready(request: Request) -> Response:
        busy = service.health.busy
        return JSONResponse({"status": busy or "ok"}, 503 if busy else 200)

    async def metrics(request: Request) -> Response:
        await service.identify(request, lasting=True)
        text = service.house.metrics.text()
        if neighbours is not None:
            key = credential(request.headers, request.query_params)
            text = await neighbours.figures(text, {"authorization": f"Bearer {key}"} if key else {})
        return Response(text, headers={"content-type": CONTENT_TYPE})

    return [
        Route("/v1/models", models),
        Route("/v1/models/{name:path}", one_model),
        Route("/health", health),
        Route("/ready", ready),
        Route("/metrics", metrics),
    ]
