"""What a shared worker runs on: a process or a thread (or, in `loop_line`, an event loop) for many conversations.

A line takes orders by the seat's number and gives results by the ticket. It knows nothing of whose they are: that is
the business of `shared.Hub`, which is the only one that calls it, under its lock.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Protocol

from duetto.timeline.clock import Deadline
from duetto.timeline.job import Job, Part
from duetto.workers.frames import Order, Report
from duetto.workers.many import Lanes, ManyHandler
from duetto.workers.process import ProcessWorker
from duetto.workers.worker import Handler, Result, drain

HANG_S = 2.0
"""Seconds without any sign of life, with work in hand, after which a line as a whole may be taken to hang."""


class Line(Protocol):
    """Orders in, results out. Of `enter`, `submit` and `leave` each is answered with a result that is `done`."""

    @property
    def together(self) -> bool:
        """Jobs of one seat are done side by side; if not, at most one of them may be in hand."""
        ...

    @property
    def standing(self) -> bool: ...

    @property
    def slow(self) -> bool: ...

    @property
    def hangs(self) -> bool:
        """It has shown no sign of life for HANG_S, though it has something to do."""
        ...

    def enter(self, ticket: int, number: int, settings: str) -> None: ...

    def submit(self, ticket: int, number: int, job: Job) -> None: ...

    def leave(self, ticket: int, number: int) -> None:
        """The seat's handler is closed, and what it does then is over as soon as can be."""
        ...

    def collect(self) -> list[Result]: ...

    def restart(self) -> bool:
        """Begin anew without any seat."""
        ...

    def wait_ready(self) -> None:
        """Return once it stands. Raises WorkerFailed."""
        ...

    def abandon(self) -> None:
        """End it without waiting; `restart` may follow."""
        ...

    def close(self) -> None: ...


class Pulse:
    """Whether something that has work in hand gives signs of life."""

    def __init__(self) -> None:
        self._given = 0
        self._done = 0
        self._deadline = Deadline(HANG_S)

    def given(self) -> None:
        if self._given == self._done:
            self._deadline = Deadline(HANG_S)
        self._given += 1

    def sign(self, *, done: bool) -> None:
        self._deadline = Deadline(HANG_S)
        self._done += done

    @property
    def stopped(self) -> bool:
        return self._given > self._done and self._deadline.passed()


class ProcessLine:
    """A child process with a `ManyHandler`. Arguments as for `ProcessWorker`; factory makes the `ManyHandler`."""

    together = False
    slow = False

    def __init__(
        self,
        part: Part,
        factory: str,
        settings: str,
        bell: threading.Event,
        *,
        nice: int = 0,
        start_limit: float = 30.0,
    ) -> None:
        self.worker = ProcessWorker(part, factory, settings, bell, nice=nice, start_limit=start_limit)
        self._pulse = Pulse()

    @property
    def standing(self) -> bool:
        return self.worker.standing

    @property
    def hangs(self) -> bool:
        return self.worker.standing and self._pulse.stopped

    def enter(self, ticket: int, number: int, settings: str) -> None:
        self._order(Order(ticket, None, number, settings))

    def submit(self, ticket: int, number: int, job: Job) -> None:
        self._order(Order(ticket, job, number))

    def leave(self, ticket: int, number: int) -> None:
        self._order(Order(ticket, None, number))

    def collect(self) -> list[Result]:
        results = self.worker.collect()
        for result in results:
            self._pulse.sign(done=result.done)
        return results

    def restart(self) -> bool:
        self._pulse = Pulse()
        return self.worker.restart()

    def wait_ready(self) -> None:
        self.worker.wait_ready()

    def abandon(self) -> None:
        self.worker.abandon()

    def close(self) -> None:
        self.worker.close()

    def _order(self, order: Order) -> None:
        self._pulse.given()
        self.worker.order(order)


class ThreadLine:
    """A thread of this process, with an aside for what must not wait. make: builds a seat's handler from its settings.

    Begun anew, it leaves threads that hang behind, and handlers that they are in.
    """

    together = False
    standing = True
    slow = False

    def __init__(self, part: Part, make: Callable[[str], Handler], bell: threading.Event) -> None:
        self._part = part
        self._make = make
        self._bell = bell
        self._begin()

    def _begin(self) -> None:
        results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        bell = self._bell

        def tell(report: Report) -> None:
            results.put(Result(report.ticket, report.arrival, report.done, report.error))
            bell.set()

        self._results = results
        self._pulse = Pulse()
        self._many = ManyHandler(self._make)
        self._lanes = Lanes(self._many, tell, self._part)

    @property
    def hangs(self) -> bool:
        return self._pulse.stopped

    def enter(self, ticket: int, number: int, settings: str) -> None:
        self._order(Order(ticket, None, number, settings))

    def submit(self, ticket: int, number: int, job: Job) -> None:
        self._order(Order(ticket, job, number))

    def leave(self, ticket: int, number: int) -> None:
        self._order(Order(ticket, None, number))

    def collect(self) -> list[Result]:
        results = drain(self._results)
        for result in results:
            self._pulse.sign(done=result.done)
        return results

    def restart(self) -> bool:
        self._lanes.end()
        self._begin()
        return True

    def wait_ready(self) -> None:
        """It stands from the beginning."""

    def abandon(self) -> None:
        self._lanes.end()

    def close(self) -> None:
        self._lanes.end()
        if self._lanes.join(Deadline(0.5).left):
            self._many.close()

    def _order(self, order: Order) -> None:
        self._pulse.given()
        self._lanes.put(order)
