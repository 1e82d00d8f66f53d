"""Workers for an engine's conversations, run on the spot: deterministic, and at no cost but the handlers' own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from duetto.assembly import Settings
from duetto.timeline.job import Part
from duetto.workers.inline import InlineWorker
from duetto.workers.worker import Handler, Worker


class InlineStaff:
    """Gives each conversation handlers of its own. make: of the parts that there are; called for each conversation."""

    def __init__(self, make: Callable[[Settings], Iterable[tuple[Part, Handler]]]) -> None:
        self._make = make
        self.closed = False

    def seat(self, seat: str, settings: Settings, ring: Callable[[], None]) -> Sequence[Worker]:
        return [InlineWorker(part, handler) for part, handler in self._make(settings)]

    def close(self) -> None:
        self.closed = True
