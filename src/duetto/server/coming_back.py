"""Clients of the extension that come back: with what their connection's first message asks for, or is refused."""

from __future__ import annotations

import msgspec

from duetto.server.auth import Identity
from duetto.server.errors import BadRequest
from duetto.server.line import Line
from duetto.server.outlet import POLICY, Outlet
from duetto.server.waiting import Waiting
from duetto.wire.extension import PREFIX, BadEvent, ClientEvent, Resume, decode
from duetto.wire.journal import NotResumed
from duetto.wire.seat import Refused


def asked(first: str | None) -> ClientEvent | None:
    """The first message, if it is one of the extension."""
    if first is None or PREFIX not in first[:200]:
        return None
    try:
        return decode(first)
    except BadEvent:
        return None


def complaint(error: Refused | BadRequest | NotResumed) -> str:
    """A refusal as the Realtime protocol says it, on a connection that is accepted."""
    full = isinstance(error, Refused) and error.kind == "full"
    code = error.code if isinstance(error, BadRequest) else "rate_limit_exceeded" if full else "invalid_value"
    body = {
        "type": "server_error" if full else "invalid_request_error",
        "code": code,
        "message": str(error),
        "param": error.field or None,
        "event_id": None,
    }
    return msgspec.json.encode({"type": "error", "event_id": "event_refused", "error": body}).decode()


class Switch:
    """Whom a connection talks to: a line of its own, unless its first message asks for one that waits.

    The first message may come long after the line was made: protocol and network decide that.
    """

    def __init__(self, line: Line, outlet: Outlet, identity: Identity, waiting: Waiting) -> None:
        self.line = line
        self._outlet = outlet
        self._identity = identity
        self._waiting = waiting
        self._first = True

    def receive(self, message: str) -> None:
        first, self._first = self._first, False
        wanted = asked(message) if first else None
        if isinstance(wanted, Resume):
            self._switch(wanted)
        else:
            self.line.receive(message)

    def gone(self) -> None:
        """The connection has gone."""
        self.line.gone(self._outlet)

    def _switch(self, wanted: Resume) -> None:
        unused, outlet = self.line, self._outlet
        try:
            self.line = self._waiting.resume(wanted, self._identity, outlet)
        except NotResumed as refused:
            outlet.put(complaint(refused))
            outlet.finish(POLICY, str(refused))
            return
        unused.outlet = None
        unused.end("its client has gone on with another conversation")
