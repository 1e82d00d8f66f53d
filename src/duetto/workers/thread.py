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
    bell: set whenever a result is there. A `Forget` does not queue: it is handled at once, on the caller's thread,
    so that it can end the very reply that is keeping the thread busy.
    """

    def __init__(self, part: Part, make: Callable[[], Handler], bell: threading.Event) -> None:
        self._part = part
        self._make = make
        self._bell = bell
        self._begin()

    def _begin(self) -> None:
        self._handler = self._make()
        self._jobs: queue.SimpleQueue[tuple[int, Job] | None] = queue.SimpleQueue()
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._thread = threading.Thread(
            target=_work,
            args=(self._handler, self._jobs, self._results, self._bell),
            name=f"duetto-{self._part}",
            daemon=True,
        )
        self._thread.start()

    @property
    def part(self) -> Part:
        return self._part

    def submit(self, ticket: int, job: Job) -> None:
        if isinstance(job, Forget):
            _do(self._handler, ticket, job, self._results)
            self._bell.set()
        else:
            self._jobs.put((ticket, job))

    def collect(self) -> list[Result]:
        results: list[Result] = []
        while True:
            try:
                results.append(self._results.get_nowait())
            except queue.Empty:
                return results

    def restart(self) -> bool:
        self._jobs.put(None)
        self._begin()
        return True

    def close(self) -> None:
        self._jobs.put(None)
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
        _do(handler, *item, results, bell)


def _do(
    handler: Handler,
    ticket: int,
    job: Job,
    results: queue.SimpleQueue[Result],
    bell: threading.Event | None = None,
) -> None:
    error: str | None = None
    try:
        for arrival in handler.handle(job):
            results.put(Result(ticket, arrival))
            if bell is not None:
                bell.set()
    except Exception as problem:
        error = describe(problem)
    results.put(Result(ticket, done=True, error=error))
    if bell is not None:
        bell.set()
