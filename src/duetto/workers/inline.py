"""A handler run on the spot, within `submit`: for deterministic tests, and for handlers that cost nothing."""

from __future__ import annotations

from duetto.timeline.job import Job, Part
from duetto.workers.worker import Handler, Result, describe


class InlineWorker:
    """Does each job at once. Only for handlers that never block: they would block the tick."""

    def __init__(self, part: Part, handler: Handler) -> None:
        self._part = part
        self._handler = handler
        self._results: list[Result] = []

    @property
    def part(self) -> Part:
        return self._part

    @property
    def standing(self) -> bool:
        return True

    @property
    def slow(self) -> bool:
        return False

    def submit(self, ticket: int, job: Job) -> None:
        try:
            self._results.extend(Result(ticket, arrival) for arrival in self._handler.handle(job))
        except Exception as error:
            self._results.append(Result(ticket, done=True, error=describe(error)))
        else:
            self._results.append(Result(ticket, done=True))

    def collect(self) -> list[Result]:
        results, self._results = self._results, []
        return results

    def restart(self) -> bool:
        self.abandon()
        return True

    def abandon(self) -> None:
        self._results.clear()

    def close(self) -> None:
        self._handler.close()
