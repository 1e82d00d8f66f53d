"""Events on their way to whoever iterates: bounded, and what can be missed goes first."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from duetto.client.event import Closed, Event, Increments, Sound

MISSABLE: Final = (Sound, Increments)


class Mailbox:
    """At most `limit` events; beyond that the oldest sound or increments go, or the oldest of all.

    A client that only speaks, and never reads its events, must not grow; nor may it hold up the connection.
    """

    def __init__(self, limit: int) -> None:
        if limit < 2:
            raise ValueError(f"limit: a mailbox holds at least 2 events (got {limit})")
        self.limit = limit
        self.missed = 0
        """Events that went unread."""
        self._events: deque[Event] = deque()
        self._there = asyncio.Event()
        self._closed = False

    def put(self, event: Event) -> None:
        """After `Closed` nothing more is taken."""
        if self._closed:
            return
        if len(self._events) >= self.limit:
            self.missed += 1
            oldest = next((place for place, one in enumerate(self._events) if isinstance(one, MISSABLE)), 0)
            del self._events[oldest]
        self._closed = isinstance(event, Closed)
        self._events.append(event)
        self._there.set()

    async def get(self) -> Event | None:
        """The next event; None when the last was taken."""
        while not self._events:
            if self._closed:
                return None
            self._there.clear()
            await self._there.wait()
        return self._events.popleft()
