"""The calls of the application's tools that this connection was told of, under the names that they have on the wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from duetto.timeline.clock import s
from duetto.timeline.command import Brief
from duetto.wire.gemini_live.fault import Malformed

OUTCOME_WITHIN: Final = s(120)
"""ns of media time that the client may take for an outcome. The engine waits no longer either."""

_NAME: Final = re.compile(r"function-call-(\d{1,15})", re.ASCII)


def name_of(call: int) -> str:
    """The id of a call on the wire: the same on every connection to its conversation."""
    return f"function-call-{call}"


@dataclass(frozen=True, slots=True)
class Pending:
    """A call without an outcome yet. behind: the talk does not wait for it. until: ns, when it is given up."""

    call: int
    name: str
    behind: bool
    until: int = 0


class Calls:
    """taken_up: the conversation is older than this connection, so calls may be answered that it was not told of."""

    def __init__(self, taken_up: bool = False) -> None:
        self._taken_up = taken_up
        self._latest = -1
        self._behind: frozenset[str] = frozenset()
        self._pending: dict[int, Pending] = {}

    def offered(self, brief: Brief) -> None:
        """The application's tools from now on, where the brief names them."""
        if brief.offers is not None:
            self._behind = frozenset(offer.name for offer in brief.offers if offer.behind)

    def made(self, call: int, name: str, now: int) -> None:
        self._pending[call] = Pending(call, name, name in self._behind, now + OUTCOME_WITHIN)
        self._latest = max(self._latest, call)

    def withdrawn(self, call: int) -> bool:
        """Was the client told of it, and has not answered yet?"""
        return self._pending.pop(call, None) is not None

    def find(self, wire_id: str, field: str) -> Pending | None:
        """The call of that id; None for one that has its outcome already, or was withdrawn: the client could not know.

        Raises Malformed for an id that was never given.
        """
        found = _NAME.fullmatch(wire_id)
        call = int(found[1]) if found is not None else -1
        if call in self._pending:
            return self._pending[call]
        if found is not None and call > self._latest and self._taken_up:
            return Pending(call, "", behind=True)
        if found is None or call > self._latest:
            raise Malformed(field, f"no call {wire_id[:40]!r}" if wire_id else "the id of the call is needed")
        return None

    def answered(self, call: int) -> None:
        self._pending.pop(call, None)

    def given_up(self, now: int) -> tuple[Pending, ...]:
        """Calls that have waited for too long, once."""
        late = tuple(pending for pending in self._pending.values() if now >= pending.until)
        for pending in late:
            del self._pending[pending.call]
        return late

    @property
    def awaited(self) -> bool:
        """Does the talk wait for an outcome?"""
        return any(not pending.behind for pending in self._pending.values())
