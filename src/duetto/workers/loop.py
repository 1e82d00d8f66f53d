"""A handler on an event loop in a thread of its own: for work that mostly waits for a network."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable

from duetto.timeline.clock import Deadline
from duetto.timeline.job import Abort, Ask, Call, Forget, Job, Part
from duetto.workers.worker import AsyncHandler, Result, Timed, describe, drain

Key = tuple[str, int]


class LoopWorker:
    """Runs a handler's jobs side by side, each as a task. A `Forget` or `Abort` cancels the task that it is about.

    make: builds the handler, at once; called again by `restart()`, which leaves the old loop behind.
    bell: set whenever a result is there.
    """

    def __init__(self, part: Part, make: Callable[[], AsyncHandler], bell: threading.Event) -> None:
        self._part = part
        self._make = make
        self._bell = bell
        self._run = _Run(part, make, bell)

    @property
    def part(self) -> Part:
        return self._part

    @property
    def standing(self) -> bool:
        return True

    @property
    def slow(self) -> bool:
        return True

    def submit(self, ticket: int, job: Job) -> None:
        self._run.post(ticket, job)

    def collect(self) -> list[Result]:
        return drain(self._run.results)

    def restart(self) -> bool:
        self.abandon()
        self._run = _Run(self._part, self._make, self._bell)
        return True

    def abandon(self) -> None:
        self._run.end()

    def close(self) -> None:
        self.abandon()
        self._run.join(Deadline(2.0))


class _Run:
    """One loop's life: thread, handler and tasks."""

    def __init__(self, part: Part, make: Callable[[], AsyncHandler], bell: threading.Event) -> None:
        self.results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._handler = make()
        self._bell = bell
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._keyed: dict[Key, asyncio.Task[None]] = {}
        self._thread = threading.Thread(target=self._live, name=f"duetto-{part}", daemon=True)
        self._thread.start()

    def post(self, ticket: int, job: Job) -> None:
        self._on_loop(lambda: self._take(ticket, job))

    def end(self) -> None:
        self._on_loop(self._ended.set)

    def join(self, deadline: Deadline) -> None:
        self._thread.join(timeout=deadline.left())

    def _on_loop(self, work: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(work)
        except RuntimeError:  # the loop has been closed: nobody is there to do it
            return

    def _live(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        await self._ended.wait()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._handler.close()

    def _take(self, ticket: int, job: Job) -> None:
        if self._ended.is_set():
            return
        match job:
            case Forget(reply=number):
                self._cancel(("reply", number))
            case Abort(call=number):
                self._cancel(("call", number))
        task = self._loop.create_task(self._do(ticket, job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda done: self._finish(ticket) if done.cancelled() else None)
        key = key_of(job)
        if key is not None:
            self._keyed[key] = task
            task.add_done_callback(lambda done: self._keyed.pop(key) if self._keyed.get(key) is done else None)

    def _cancel(self, key: Key) -> None:
        task = self._keyed.get(key)
        if task is not None:
            task.cancel()

    async def _do(self, ticket: int, job: Job) -> None:
        error: str | None = None
        after = 0
        try:
            async for found in self._handler.handle(job):
                arrival, after = (found.arrival, found.after) if isinstance(found, Timed) else (found, after)
                self.results.put(Result(ticket, arrival, after=after))
                self._bell.set()
        except Exception as problem:
            error = describe(problem)
        self._finish(ticket, error, after)

    def _finish(self, ticket: int, error: str | None = None, after: int = 0) -> None:
        """The job is over. A task that is cancelled, perhaps before its first step, cannot say so itself."""
        if not self._ended.is_set():
            self.results.put(Result(ticket, done=True, error=error, after=after))
            self._bell.set()


def key_of(job: Job) -> Key | None:
    """What a `Forget` or `Abort` finds the job by."""
    match job:
        case Ask(reply=number):
            return ("reply", number)
        case Call(call=number):
            return ("call", number)
        case _:
            return None
