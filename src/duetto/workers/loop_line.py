"""An event loop that many conversations share: for work that mostly waits for a network. See `lines.Line`."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from duetto.timeline.clock import Deadline
from duetto.timeline.job import Abort, Forget, Job, Part
from duetto.workers.lines import Pulse
from duetto.workers.loop import Key, key_of
from duetto.workers.worker import AsyncHandler, Result, Timed, describe, drain

CLOSE_S = 2.0
"""Seconds that one seat's handler may take to close."""


class LoopLine:
    """The jobs of all seats side by side, each as a task on one loop in a thread.

    make: builds a seat's handler from its settings, on the loop: it should be cheap, and what costs something (a client
    with its connections) be common to all seats. A `Forget` or `Abort` cancels the task of the same seat that it is
    about; a seat that leaves, all of its. end: awaited on the loop when the line is closed, after all seats have left:
    lets go of what they shared.
    """

    together = True
    standing = True
    slow = True

    def __init__(
        self,
        part: Part,
        make: Callable[[str], AsyncHandler],
        bell: threading.Event,
        end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._part = part
        self._make = make
        self._bell = bell
        self._end = end
        self._run = _Run(part, make, bell)

    @property
    def hangs(self) -> bool:
        return self._run.pulse.stopped

    def enter(self, ticket: int, number: int, settings: str) -> None:
        self._run.post(lambda run: run.enter(ticket, number, settings))

    def submit(self, ticket: int, number: int, job: Job) -> None:
        self._run.post(lambda run: run.take(ticket, number, job))

    def leave(self, ticket: int, number: int) -> None:
        self._run.post(lambda run: run.leave(ticket, number))

    def collect(self) -> list[Result]:
        return drain(self._run.results)

    def restart(self) -> bool:
        self._run.end()
        self._run = _Run(self._part, self._make, self._bell)
        return True

    def wait_ready(self) -> None:
        """It stands from the beginning."""

    def abandon(self) -> None:
        self._run.end()

    def close(self) -> None:
        self._run.end(self._end)
        self._run.join(Deadline(CLOSE_S + 1.0))


@dataclass(slots=True)
class _Here:
    """A seat's handler and its tasks, also by what they are about."""

    handler: AsyncHandler
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    keyed: dict[Key, asyncio.Task[None]] = field(default_factory=dict)


class _Run:
    """One loop's life. `post`, `end` and `join` are called from outside, the rest on the loop."""

    def __init__(self, part: Part, make: Callable[[str], AsyncHandler], bell: threading.Event) -> None:
        self.results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self.pulse = Pulse()
        self._make = make
        self._bell = bell
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._last: Callable[[], Awaitable[None]] | None = None
        self._here: dict[int, _Here] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._live, name=f"duetto-{part}-many", daemon=True)
        self._thread.start()

    def post(self, work: Callable[[_Run], None]) -> None:
        self.pulse.given()

        def do() -> None:
            self.pulse.sign(done=True)  # the loop lives; what its tasks wait for is no matter here
            if not self._ended.is_set():
                work(self)

        self._on_loop(do)

    def end(self, last: Callable[[], Awaitable[None]] | None = None) -> None:
        self._last = last
        self._on_loop(self._ended.set)

    def join(self, deadline: Deadline) -> None:
        self._thread.join(timeout=deadline.left())

    def _on_loop(self, work: Callable[[], object]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has been closed: nobody is there to do it
            self._loop.call_soon_threadsafe(work)

    # --- on the loop ------------------------------------------------------------------------------------------

    def enter(self, ticket: int, number: int, settings: str) -> None:
        error: str | None = None
        try:
            self._here[number] = _Here(self._make(settings))
        except Exception as problem:
            error = describe(problem)
        self._finish(ticket, error)

    def take(self, ticket: int, number: int, job: Job) -> None:
        here = self._here.get(number)
        if here is None:
            self._finish(ticket, f"seat {number} is not here")
            return
        match job:
            case Forget(reply=about):
                _cancel(here, ("reply", about))
            case Abort(call=about):
                _cancel(here, ("call", about))
        task = self._start(self._do(here.handler, ticket, job), here.tasks)
        task.add_done_callback(lambda done: self._finish(ticket) if done.cancelled() else None)
        key = key_of(job)
        if key is not None:
            here.keyed[key] = task
            task.add_done_callback(lambda done: here.keyed.pop(key) if here.keyed.get(key) is done else None)

    def leave(self, ticket: int, number: int) -> None:
        here = self._here.pop(number, None)
        if here is not None:
            self._start(_close(here), self._leaving)
        self._finish(ticket)

    def _live(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        await self._ended.wait()
        await asyncio.gather(*map(_close, self._here.values()), *self._leaving, return_exceptions=True)
        if self._last is not None:
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_S):
                    await self._last()

    def _start(self, work: Coroutine[Any, Any, None], among: set[asyncio.Task[None]]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        among.add(task)
        task.add_done_callback(among.discard)
        return task

    async def _do(self, handler: AsyncHandler, ticket: int, job: Job) -> None:
        error: str | None = None
        after = 0
        try:
            async for found in handler.handle(job):
                arrival, after = (found.arrival, found.after) if isinstance(found, Timed) else (found, after)
                self.results.put(Result(ticket, arrival, after=after))
                self._bell.set()
        except Exception as problem:
            error = describe(problem)
        self._finish(ticket, error, after)

    def _finish(self, ticket: int, error: str | None = None, after: int = 0) -> None:
        if not self._ended.is_set():
            self.results.put(Result(ticket, done=True, error=error, after=after))
            self._bell.set()


def _cancel(here: _Here, key: Key) -> None:
    task = here.keyed.get(key)
    if task is not None:
        task.cancel()


async def _close(here: _Here) -> None:
    for task in tuple(here.tasks):
        task.cancel()
    await asyncio.gather(*here.tasks, return_exceptions=True)
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSE_S):
            await here.handler.close()
