"""What a worker is: it takes jobs without blocking, and its results are collected without blocking."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from duetto.timeline.arrival import Arrival
from duetto.timeline.job import Job, Part

BROKEN = -1
"""The ticket of a result that concerns the worker as a whole: it has ended by itself."""


class WorkerFailed(RuntimeError):
    """A worker could not be started."""


class Handler(Protocol):
    """A part's slow work, as plain synchronous code: it need not know where it runs."""

    def handle(self, job: Job) -> Iterator[Arrival]:
        """Do one job and yield what it leads to. An exception ends this job; the next one is handled all the same."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Timed:
    """An arrival of a handler that plays the time which a real one would take.

    after: ns of media time since the job was handed out. A virtual clock hands the arrival in then; a real one at once.
    """

    arrival: Arrival
    after: int


class AsyncHandler(Protocol):
    """A part's slow work as coroutines: for what mostly waits for others. Many of its jobs are in hand at once."""

    def handle(self, job: Job) -> AsyncIterator[Arrival | Timed]:
        """Do one job and yield what it leads to. Cancelled when it is not wanted any more; then it lets go of all."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    """What came back for a ticket. The one with `done` is the ticket's last; error: why it ended badly, if it did.

    after: as in `Timed`.
    """

    ticket: int
    arrival: Arrival | None = None
    done: bool = False
    error: str | None = None
    after: int = 0


class Worker(Protocol):
    """Jobs in, results out; nothing but `close` ever waits."""

    @property
    def part(self) -> Part: ...

    @property
    def standing(self) -> bool:
        """It can work. False while it starts: jobs wait then, and that they do is no sign of a hang."""
        ...

    @property
    def slow(self) -> bool:
        """It waits for others: what follows the first word about a job is not waited for in the same micro-turn."""
        ...

    def submit(self, ticket: int, job: Job) -> None:
        """Take a job. Results carry its ticket."""
        ...

    def collect(self) -> list[Result]:
        """Results since the last call, in the order in which they came about."""
        ...

    def restart(self) -> bool:
        """Give up all work in hand and begin anew. False when this kind of worker cannot, or could not."""
        ...

    def abandon(self) -> None:
        """End it without waiting: all work in hand is lost, and a handler that hangs is left behind."""
        ...

    def close(self) -> None:
        """End it, and wait until it has ended. Bounded, even when its handler hangs."""
        ...


def drain(results: SimpleQueue[Result]) -> list[Result]:
    """All that is in the queue now, in its order; never waits."""
    found: list[Result] = []
    while True:
        try:
            found.append(results.get_nowait())
        except Empty:
            return found


def describe(error: BaseException) -> str:
    """An exception as one line for a notice."""
    text = " ".join(str(error).split()) or "no message"
    return f"{type(error).__name__}: {text[:300]}"
