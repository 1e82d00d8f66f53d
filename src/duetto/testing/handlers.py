"""Handlers that fail in the ways real ones do."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from duetto.timeline.arrival import Arrival
from duetto.timeline.job import Job


class HungHandler:
    """Never comes back from a job until `let_go` is set: what a deadlocked model does."""

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go

    def handle(self, job: Job) -> Iterator[Arrival]:
        self._let_go.wait()
        yield from ()

    def close(self) -> None:
        """Nothing to release."""


class BrokenHandler:
    """Raises for every job."""

    def handle(self, job: Job) -> Iterator[Arrival]:
        raise RuntimeError("broken on purpose")
        yield from ()

    def close(self) -> None:
        """Nothing to release."""
