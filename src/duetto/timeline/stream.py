"""Bounded, typed streams between a transport, which pushes, and a session, which takes one slice per micro-turn."""

from __future__ import annotations

import threading
from collections import deque
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

Overflow = Literal["refuse", "newest"]


class StreamFull(RuntimeError):
    """A stream that must not lose anything is at its limit: the transport has to wait."""


class Stream(Generic[T]):
    """Items with a media time, in order, at most `limit` of them. Safe to push from another thread.

    overflow: "refuse" raises `StreamFull` (nothing is lost: sound, keys), "newest" drops the oldest item and
    counts it (pictures: the newest wins).
    """

    def __init__(self, name: str, *, limit: int, overflow: Overflow = "refuse") -> None:
        if limit < 1:
            raise ValueError(f"limit: a stream holds at least 1 item (got {limit})")
        self.name = name
        self.limit = limit
        self.overflow: Overflow = overflow
        self.dropped = 0
        self._items: deque[tuple[int, T]] = deque()
        self._latest = 0
        self._closed = False
        self._lock = threading.Lock()

    def push(self, at: int, item: T) -> None:
        """Append `item` at media time `at` (ns).

        Raises ValueError when `at` is before the item pushed last, StreamFull at the limit, RuntimeError when closed.
        """
        with self._lock:
            if self._closed:
                raise RuntimeError(f"{self.name}: the stream is closed")
            if at < self._latest:
                raise ValueError(f"{self.name}: time runs backwards, {at} ns after {self._latest} ns")
            if len(self._items) >= self.limit:
                if self.overflow == "refuse":
                    raise StreamFull(f"{self.name}: {self.limit} items are waiting, the limit")
                self._items.popleft()
                self.dropped += 1
            self._latest = at
            self._items.append((at, item))

    def take(self, before: int) -> list[tuple[int, T]]:
        """Remove and return all items with a time below `before` (ns), oldest first."""
        taken: list[tuple[int, T]] = []
        if not self._items:
            return taken
        with self._lock:
            while self._items and self._items[0][0] < before:
                taken.append(self._items.popleft())
        return taken

    def close(self) -> None:
        """No more pushes. What is waiting can still be taken."""
        with self._lock:
            self._closed = True

    @property
    def finished(self) -> bool:
        """Closed and empty."""
        with self._lock:
            return self._closed and not self._items

    def __len__(self) -> int:
        return len(self._items)
