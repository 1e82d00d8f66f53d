"""HTTP connections on which nothing is asked: they end in a bounded time."""

from __future__ import annotations

from asyncio import TimerHandle
from typing import Any, Final

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_S: Final = 20.0
"""Seconds in which a new connection must have sent the head of its first request."""


class PatientHTTP(H11Protocol):
    """Uvicorn's protocol, which by itself waits for a first request for ever."""

    _patience: TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._patience = self.loop.call_later(REQUEST_S, self._impatient)

    def connection_lost(self, exc: Exception | None) -> None:
        self._enough()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        self._enough()
        super().handle_websocket_upgrade(event)

    def _enough(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _impatient(self) -> None:
        here = self in self.connections  # an upgraded connection is not ours any more
        if here and self.cycle is None:
            self.transport.abort()
