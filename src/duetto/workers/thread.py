"""A handler in a thread of its own: for work that releases the interpreter lock or costs little."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from duetto.timeline.job import Forget, Job, Part
from duetto.workers.worker import Handler, Result, describe


class ThreadWorker:
    """Runs a handler's jobs one after the other in a daemon thread.

    make: builds the handler; called again by `restart()`, which leaves a hung thread behind and begins a new one.
    bell: set whenever a result is there. A `Forget` does not queue behind other jobs: a second thread handles it at
    once, so that it can end the very reply that is keeping the first one busy.
    """

    def __init__(self, part: Part, make: Callable[[], Handler], bell: threading.Event) -> None:
        self._part = part
        self._make = make
        self._bell = bell
        self._begin()

    def _begin(self) -> None:
        self._handler = self._make()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._jobs, self._thread = self._lane("")
        self._urgent, _ = self._lane("-urgent")

    def _lane(self, name: str) -> tuple[queue.SimpleQueue[tuple[int, Job] | None], threading.Thread]:
        jobs: queue.SimpleQueue[tuple[int, Job] | None] = queue.SimpleQueue()
        thread = threading.Thread(
            target=_work,
            args=(self._handler, jobs, self._results, self._bell),
            name=f"duetto-{self._part}{name}",
            daemon=True,
        )
        thread.start()
        return jobs, thread

    @property
    def part(self) -> Part:
        return self._part

    def submit(self, ticket: int, job: Job) -> None:
        (self._urgent if isinstance(job, Forget) else self._jobs).put((ticket, job))

    def collect(self) -> list[Result]:
        results: list[Result] = []
        while True:
            try:
                results.append(self._results.get_nowait())
            except queue.Empty:
                return results

    def restart(self) -> bool:
        self._jobs.put(None)
        self._urgent.put(None)
        self._begin()
        return True

    def close(self) -> None:
        self._jobs.put(None)
        self._urgent.put(None)
        self._thread.join(timeout=0.5)
        if not self._thread.is_alive():
            self._handler.close()


def _work(
    handler: Handler,
    jobs: queue.SimpleQueue[tuple[int, Job] | None],
    results: queue.SimpleQueue[Result],
    bell: threading.Event,
) -> None:
    while (item := jobs.get()) is not None:
        ticket, job = item
        error: str | None = None
        try:
            for arrival in handler.handle(job):
                results.put(Result(ticket, arrival))
                bell.set()
        except Exception as problem:
            error = describe(problem)
        results.put(Result(ticket, done=True, error=error))
        bell.set()
