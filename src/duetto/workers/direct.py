"""Stands in for a shared worker where each job is to be done on the spot: for tests, and benchmarks at no cost."""

from __future__ import annotations

from collections.abc import Callable

from duetto.timeline.job import Job, Part
from duetto.workers.inline import InlineWorker
from duetto.workers.shared import Ring
from duetto.workers.worker import Handler


class Direct:
    """As `shared.Hub`, but each seat does its jobs within `submit`. make: a seat's handler from its settings."""

    deaths = 0
    standing = True

    def __init__(self, part: Part, make: Callable[[str], Handler]) -> None:
        self.part = part
        self.seats = 0
        self._make = make

    def wait_ready(self) -> None:
        """It stands from the beginning."""

    def behind(self) -> int:
        """Jobs that are not done: none."""
        return 0

    def worker(self, seat: str, settings_json: str | None, ring: Ring) -> DirectSeat:
        """As `Hub.worker`; the handler is made at once, and what that raises is raised here."""
        return DirectSeat(self, lambda: self._make(settings_json or ""), ring)

    def close(self) -> None:
        """Nothing to end: each seat ends its own."""


class DirectSeat(InlineWorker):
    """An inline worker that rings."""

    def __init__(self, hub: Direct, make: Callable[[], Handler], ring: Ring) -> None:
        super().__init__(hub.part, make())
        self._hub = hub
        self._make = make
        self._ring = ring
        self._here = True
        hub.seats += 1

    def submit(self, ticket: int, job: Job) -> None:
        super().submit(ticket, job)
        self._ring()

    def restart(self) -> bool:
        super().abandon()
        self._handler.close()
        self._handler = self._make()
        return True

    def abandon(self) -> None:
        super().abandon()
        if self._here:
            self._here = False
            self._hub.seats -= 1

    def close(self) -> None:
        self.abandon()
        super().close()
