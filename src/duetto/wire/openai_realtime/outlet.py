"""Where this wire's events go out: each gets its name, and is JSON from here on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from duetto.wire.openai_realtime.trouble import Wrong

Send = Callable[[bytes], None]
"""Hands one event on. It must not raise."""


class Outlet:
    """Numbers events and makes ids. owner: of letters and digits, part of every id."""

    def __init__(self, send: Send, owner: str) -> None:
        self._send = send
        self._owner = owner
        self._events = 0
        self._made = 0

    def emit(self, type: str, **fields: Any) -> None:
        """One event of the server's."""
        self._events += 1
        event = {"type": type, "event_id": f"event_{self._owner}_{self._events}", **fields}
        self._send(msgspec.json.encode(event))

    def new_id(self, prefix: str) -> str:
        self._made += 1
        return f"{prefix}_{self._owner}_{self._made}"

    def error(self, wrong: Wrong, event_id: str | None = None) -> None:
        """event_id: of the client's event that it answers."""
        self.emit(
            "error",
            error={
                "type": wrong.type,
                "code": wrong.code,
                "message": str(wrong),
                "param": wrong.param or None,
                "event_id": event_id,
            },
        )
