"""Keeps the checkpoints of this process's conversations up to date."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from duetto.server.checkpoint import Checkpoint, Checkpoints

log = logging.getLogger("duetto.server")
EVERY_S: Final = 0.8
"""Seconds between two looks: with writing, what a death takes along is less than the last second."""
SWEEP_S: Final = 20.0
"""Seconds between two looks for what others have left behind."""


@dataclass(slots=True)
class _Kept:
    make: Callable[[], Checkpoint]
    written: Checkpoint | None = None


class Keeper:
    """All on the event loop, but for the files themselves: those a thread writes, one look's after the other's."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self.checkpoints = checkpoints
        self._known: dict[str, _Kept] = {}
        self._writing: set[str] = set()
        self._ended: set[str] = set()  # while they are being written
        self._lock = threading.Lock()

    def know(self, session_id: str, make: Callable[[], Checkpoint]) -> None:
        """Keep this conversation from now on, until `forget`. Again: something has changed that cannot wait."""
        kept = self._known.setdefault(session_id, _Kept(make))
        self._save([(kept, make())])

    def forget(self, session_id: str) -> None:
        """It has ended."""
        if self._known.pop(session_id, None) is None:
            return
        if session_id in self._writing:
            self._ended.add(session_id)
        else:
            self.checkpoints.drop(session_id)

    def leave(self, session_id: str) -> None:
        """It ends here, and may go on elsewhere."""
        kept = self._known.pop(session_id, None)
        if kept is not None:
            self._save([(kept, kept.make())])

    def close(self) -> None:
        """The process ends: all that is known may go on elsewhere."""
        for session_id in list(self._known):
            self.leave(session_id)

    async def run(self) -> None:
        """Look, write, wait: until cancelled."""
        looks = 0
        while True:
            if looks % round(SWEEP_S / EVERY_S) == 0:
                await asyncio.to_thread(self.checkpoints.sweep)
            looks += 1
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Write what has changed."""
        changed: list[tuple[_Kept, Checkpoint]] = []
        same: list[str] = []
        for session_id, kept in list(self._known.items()):
            if session_id not in self._known:
                continue
            now = kept.make()
            if kept.written is not None and _alike(now, kept.written):
                same.append(session_id)
            else:
                changed.append((kept, now))
            await asyncio.sleep(0)  # a micro-turn may come between
        self._writing = {checkpoint.session_id for _, checkpoint in changed}
        try:
            await asyncio.to_thread(self._save, changed, same)
        finally:
            ended, self._ended, self._writing = self._ended, set(), set()
            for session_id in ended:
                self.checkpoints.drop(session_id)

    def _save(self, changed: list[tuple[_Kept, Checkpoint]], same: list[str] | None = None) -> None:
        for session_id in same or ():
            self.checkpoints.touch(session_id)
        for kept, checkpoint in changed:
            with self._lock:
                if kept.written is not None and kept.written.unix > checkpoint.unix:
                    continue  # a newer one could not wait
                try:
                    self.checkpoints.write(checkpoint)
                    kept.written = checkpoint
                except OSError as error:
                    log.error("a conversation cannot be kept for coming back: %s", error)


def _alike(one: Checkpoint, other: Checkpoint) -> bool:
    """Nothing has changed but the time, and with it what has been sent."""
    return msgspec.structs.replace(one, unix=0.0, seq=0, said=()) == msgspec.structs.replace(
        other, unix=0.0, seq=0, said=()
    ) and [(a.who, a.text) for a in one.said] == [(b.who, b.text) for b in other.said]
