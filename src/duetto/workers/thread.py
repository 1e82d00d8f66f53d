"""A handler in a thread of its own: for work that releases the interpreter lock or costs little."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

from duetto.timeline.clock import Deadline
from duetto.timeline.job import Forget, Job, Part
from duetto.workers.worker import Handler, Result, describe, drain


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
        self._gone = threading.Event()
        self._threads: list[threading.Thread] = []
        self._jobs = self._lane("")
        self._urgent = self._lane("-urgent")

    def _lane(self, name: str) -> queue.SimpleQueue[tuple[int, Job] | None]:
        jobs: queue.SimpleQueue[tuple[int, Job] | None] = queue.SimpleQueue()
        thread = threading.Thread(
            target=_work,
            args=(self._handler, jobs, self._results, self._bell, self._gone),
            name=f"duetto-{self._part}{name}",
            daemon=True,
        )
        thread.start()
        self._threads.append(thread)
        return jobs

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
        (self._urgent if isinstance(job, Forget) else self._jobs).put((ticket, job))

    def collect(self) -> list[Result]:
        return drain(self._results)

    def restart(self) -> bool:
        self.abandon()
        self._begin()
        return True

    def abandon(self) -> None:
        self._gone.set()
        self._jobs.put(None)
        self._urgent.put(None)

    def close(self) -> None:
        self.abandon()
        deadline = Deadline(0.5)
        for thread in self._threads:
            thread.join(timeout=deadline.left())
        if not any(thread.is_alive() for thread in self._threads):
            self._handler.close()


def _work(
    handler: Handler,
    jobs: queue.SimpleQueue[tuple[int, Job] | None],
    results: queue.SimpleQueue[Result],
    bell: threading.Event,
    gone: threading.Event,
) -> None:
    while (item := jobs.get()) is not None and not gone.is_set():
        ticket, job = item
        error: str | None = None
        try:
            for arrival in handler.handle(job):
                results.put(Result(ticket, arrival))
                bell.set()
                if gone.is_set():
                    return  # nobody collects from here any more
        except Exception as problem:
            error = describe(problem)
        results.put(Result(ticket, done=True, error=error))
        bell.set()
