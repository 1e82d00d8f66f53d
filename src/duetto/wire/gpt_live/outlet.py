"""Where a session's events go: to the client that began it, and to all that are attached."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import msgspec

from duetto.wire.gpt_live.config import Client, EventSelector
from duetto.wire.gpt_live.trouble import Wrong

Send = Callable[[str], None]

MOST_PENDING: Final = 256
"""Events that wait for a data channel that is not open yet; the oldest are lost beyond them."""


class Connection:
    """One client's way to the session. send: None for a channel that is not open yet: what is sent waits for it."""

    def __init__(self, send: Send | None) -> None:
        self._send = send
        self._pending: deque[str] = deque(maxlen=MOST_PENDING)
        self._shut = False
        self._sends: frozenset[str] | None = None
        self._sees: tuple[EventSelector, ...] | None = None

    def limit(self, client: Client) -> None:
        """The client may send, and is sent, no more than this."""
        self._sends, self._sees = _permissions(client)

    def open(self, send: Send) -> None:
        """The channel is open. What waited is sent next."""
        self._send = send

    def flush(self) -> None:
        """Send what waited."""
        while self._pending and self._send is not None:
            self._send(self._pending.popleft())

    def shut(self) -> None:
        """The client has gone."""
        self._shut = True
        self._pending.clear()

    def emit(self, event: dict[str, Any]) -> None:
        """Send an event, where the client may see it."""
        if self._shut or (self._sees is not None and not _seen(event, self._sees)):
            return
        text = msgspec.json.encode(event).decode()
        if self._send is None:
            self._pending.append(text)
        else:
            self._send(text)

    def may_send(self, kind: str) -> bool:
        """The client may send an event of this type."""
        return self._sends is None or kind in self._sends


class Outlet:
    """Numbers the events of a session and sends them to its connections."""

    def __init__(self, primary: Connection) -> None:
        self.primary = primary
        self.aside: list[Connection] = []
        self._count = 0

    def open(self, send: Send, first: dict[str, Any]) -> None:
        """The primary connection's channel is open: send `first`, and what waited."""
        self.primary.open(send)
        self.to(self.primary, first)
        self.primary.flush()

    def leave(self, connection: Connection) -> None:
        """A connection that was attached has gone."""
        if connection in self.aside:
            self.aside.remove(connection)

    def emit(self, event: dict[str, Any], client_event_id: str | None = None) -> None:
        """Send to everyone. client_event_id: of the command that led to it."""
        event = self._stamped(event, client_event_id)
        self.primary.emit(event)
        for connection in list(self.aside):
            connection.emit(event)

    def to(self, connection: Connection, event: dict[str, Any], client_event_id: str | None = None) -> None:
        """Send to one of them."""
        connection.emit(self._stamped(event, client_event_id))

    def wrong(self, connection: Connection, error: Wrong, client_event_id: str | None = None) -> None:
        """Tell one client what is wrong with its message."""
        self.to(connection, error_event(error, client_event_id), client_event_id)

    def _stamped(self, event: dict[str, Any], client_event_id: str | None) -> dict[str, Any]:
        self._count += 1
        stamped = {"type": event["type"], "event_id": f"event_{self._count}"} | event
        if client_event_id is not None:
            stamped["client_event_id"] = client_event_id
        return stamped


def error_event(error: Wrong, client_event_id: str | None = None) -> dict[str, Any]:
    """The protocol's error, without the event's own id."""
    body: dict[str, Any] = {"type": error.type, "code": error.code, "message": str(error)}
    body["param"] = error.param or None
    if client_event_id is not None:
        body["client_event_id"] = client_event_id
    return {"type": "error", "error": body}


def _permissions(client: Client) -> tuple[frozenset[str] | None, tuple[EventSelector, ...] | None]:
    sends, sees = client.data_channel.allowed_client_events, client.data_channel.allowed_server_events
    return (
        frozenset(sends) if isinstance(sends, list) else None,
        tuple(sees) if isinstance(sees, list) else None,
    )


def _seen(event: dict[str, Any], sees: tuple[EventSelector, ...]) -> bool:
    nested = event["event"]["type"] if event["type"] == "response.event" else None
    return any(one.type == event["type"] and one.response_event == nested for one in sees)
