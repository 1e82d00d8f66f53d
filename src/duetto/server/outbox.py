"""What waits to be sent on one connection: bounded, in order, and no sound that would come too late."""

from __future__ import annotations

from collections import deque
from typing import Final

HEAD: Final = 160
"""Bytes at the start of a message in which its kind stands."""
_SOUNDS: Final = (b"audio.delta", b'"inlineData"')
_SOUND_TEXTS: Final = tuple(mark.decode() for mark in _SOUNDS)

Message = str | bytes


def is_sound(message: Message) -> bool:
    """It carries sound for the player, in any of the protocols: its kind is one of the first things in it."""
    if isinstance(message, str):
        head = message[:HEAD]
        return any(mark in head for mark in _SOUND_TEXTS)
    start = message[:HEAD]
    return any(mark in start for mark in _SOUNDS)


class Outbox:
    """Messages in the order in which they were put. Sound that has waited longer than `sound_age_s` is left out.

    overflowed: more bytes waited than may; nothing is taken in any more, and what waited is thrown away.
    """

    def __init__(self, most_bytes: int, sound_age_s: float) -> None:
        self.most_bytes = most_bytes
        self._age = sound_age_s
        self._waiting: deque[tuple[float, bool, Message]] = deque()
        self.bytes = 0
        self.late = 0
        """Pieces of sound left out so far."""
        self.overflowed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: Message, now: float) -> bool:
        """False when it is not kept, for more waits than may."""
        if self.overflowed:
            return False
        size = len(message)
        if self.bytes + size > self.most_bytes:
            self._shed(now)
        if self.bytes + size > self.most_bytes:
            self.overflowed = True
            self._waiting.clear()
            self.bytes = 0
            return False
        self._waiting.append((now, is_sound(message), message))
        self.bytes += size
        return True

    def take(self, now: float) -> Message | None:
        """The next message, None when nothing waits."""
        while self._waiting:
            put, sound, message = self._waiting.popleft()
            self.bytes -= len(message)
            if sound and now - put > self._age:
                self.late += 1
                continue
            return message
        return None

    def _shed(self, now: float) -> None:
        """Throw away the sound that is too old anyway, so that the rest has room."""
        kept: deque[tuple[float, bool, Message]] = deque()
        for entry in self._waiting:
            put, sound, message = entry
            if sound and now - put > self._age:
                self.late += 1
                self.bytes -= len(message)
            else:
                kept.append(entry)
        self._waiting = kept
