"""The way out of one connection: an outbox, somebody who waits for what is in it, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from duetto.server.outbox import Message, Outbox
from duetto.server.settings import Limits

NORMAL = 1000
GOING_AWAY = 1001
POLICY = 1008
INTERNAL = 1011
TRY_LATER = 1013


class Outlet:
    """Messages go in from the tick, and out as fast as the connection takes them.

    ending: code and reason with which the connection is to be closed once all that waits is sent.
    """

    def __init__(self, limits: Limits, now: Callable[[], float]) -> None:
        self.outbox = Outbox(limits.outbox_bytes, limits.sound_age_s)
        self.ending: tuple[int, str] | None = None
        self.ended = asyncio.Event()
        self._now = now
        self._wake = asyncio.Event()
        self._firm = False
        self._closed = False

    def put(self, message: Message) -> None:
        """Send a message, while the connection is there: in its last moments too."""
        if self._closed:
            return
        self._wake.set()
        if not self.outbox.put(message, self._now()):
            most = self.outbox.most_bytes
            self.finish(POLICY, f"the connection is read too slowly: {most} bytes wait, as many as may")
            self._closed = True

    def finish(self, code: int = NORMAL, reason: str = "", *, firm: bool = True) -> None:
        """Send what waits, then close. The first reason counts, but a firm one before any that is not."""
        if self.ending is None or (firm and not self._firm and not self._closed):
            self.ending, self._firm = (code, reason), firm
            self.ended.set()
            self._wake.set()

    async def next(self) -> Message | None:
        """The next message; None when the connection is ending and nothing waits any more."""
        while True:
            message = self.outbox.take(self._now())
            if message is not None:
                return message
            if self.ending is not None:
                self._closed = True
                return None
            self._wake.clear()
            await self._wake.wait()
