"""Where conversations wait whose client has gone and may come back on another connection, by a handle."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from duetto.server.conversation import Conversation

if TYPE_CHECKING:
    from duetto.server.line import Line
    from duetto.wire.seat import Seat

MOST_WAITING: Final = 256
"""Conversations without a client at once; the one that has waited longest ends for another."""


class Shelf:
    """Conversations by their handle. grace_s: seconds that one goes on without a client."""

    def __init__(self, grace_s: float, mark: str = "") -> None:
        self._grace = grace_s
        self._mark = mark
        self._of: dict[str, Conversation] = {}
        self._handles: dict[Conversation, str] = {}
        self._waiting: OrderedDict[Conversation, asyncio.TimerHandle] = OrderedDict()

    def handle(self, conversation: Conversation) -> str:
        """By which this conversation is taken up again; the same one all along."""
        known = self._handles.get(conversation)
        if known is None:
            known = f"{self._mark}{secrets.token_urlsafe(24)}"
            self._handles[conversation], self._of[known] = known, conversation
            conversation.when_over(self._forget)
        return known

    def leave(self, conversation: Conversation) -> bool:
        """Its client has gone: it waits. False when it is over, or no handle was ever given for it."""
        if conversation.over or conversation not in self._handles:
            return False
        conversation.line = None
        loop = asyncio.get_running_loop()
        self._waiting[conversation] = loop.call_later(self._grace, conversation.end, "its client has not come back")
        if len(self._waiting) > MOST_WAITING:
            next(iter(self._waiting)).end("too many wait for their clients")
        return True

    def find(self, handle: str, owner: str) -> Conversation | None:
        """The conversation of this owner with this handle, which does not wait any more."""
        conversation = self._of.get(handle)
        if conversation is None or conversation.owner != owner:
            return None
        timer = self._waiting.pop(conversation, None)
        if timer is not None:
            timer.cancel()
        return conversation

    def _forget(self, conversation: Conversation) -> None:
        self._of.pop(self._handles.pop(conversation, ""), None)
        timer = self._waiting.pop(conversation, None)
        if timer is not None:
            timer.cancel()


class Resuming:
    """The shelf as one Gemini Live connection sees it (`duetto.wire.gemini_live.Resumption`)."""

    def __init__(self, shelf: Shelf, line: Line) -> None:
        self._shelf = shelf
        self._line = line

    def issue(self, seat: Seat) -> str:
        conversation = self._line.conversation
        return self._shelf.handle(conversation) if conversation is not None and not conversation.over else ""

    def resume(self, handle: str) -> Seat | None:
        conversation = self._shelf.find(handle, self._line.identity.owner)
        if conversation is None:
            return None
        before = conversation.line
        if before is not None:
            before.conversation = None
            before.wire.let_go()  # type: ignore[attr-defined]
        return self._line.take_up(conversation)

    def detach(self, seat: Seat) -> bool:
        conversation = self._line.conversation
        return conversation is not None and self._shelf.leave(conversation)
