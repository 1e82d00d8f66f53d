"""What is wrong with a file or a device, in one line, and how problems during a session are told."""

from __future__ import annotations

import threading
from collections import deque
from os import fspath
from pathlib import Path
from typing import Final

from duetto.timeline.arrival import Fault

KEPT: Final = 64
"""Notices that may wait to be fetched; more are dropped, the first ones say what is wrong."""


class MediaError(ValueError):
    """A file or a device cannot be used. source: which one. field: what about it is wrong, e.g. "sample rate"."""

    def __init__(self, source: str | Path, field: str, problem: str) -> None:
        super().__init__(f"{fspath(source)}: {field}: {problem}")
        self.source = fspath(source)
        self.field = field


def readable(path: str | Path) -> Path:
    """The path of a file that is there and not empty. Raises MediaError that says which of the two it is not."""
    path = Path(path)
    if not path.exists():
        raise MediaError(path, "file", "it does not exist")
    if not path.is_file():
        raise MediaError(path, "file", "it is not a file")
    try:
        size = path.stat().st_size
        path.open("rb").close()
    except OSError as error:
        raise MediaError(path, "file", f"it cannot be read ({error.strerror})") from None
    if size == 0:
        raise MediaError(path, "file", "it is empty")
    return path


class Notices:
    """Problems of one part since they were last fetched, each once. Safe to use from another thread."""

    def __init__(self, part: str) -> None:
        self.part = part
        self._waiting: deque[Fault] = deque()
        self._lock = threading.Lock()

    def add(self, text: str, *, working: bool = False) -> None:
        """Note one plain sentence. working: the part works again."""
        with self._lock:
            if len(self._waiting) < KEPT:
                self._waiting.append(Fault(self.part, text, working=working))

    def fetch(self) -> tuple[Fault, ...]:
        """What was noted since the last call, oldest first."""
        with self._lock:
            fetched = tuple(self._waiting)
            self._waiting.clear()
            return fetched
