"""The far side of a shared worker: one handler for each conversation, and the threads in which their jobs are done.

The same in a worker process (`duetto.workers.child`) and in a thread of this one (`duetto.workers.lines`). The near
side is `duetto.workers.shared`; what passes between them are `frames.Order`s and `frames.Report`s.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

from duetto.timeline.job import Forget
from duetto.workers.frames import Order, Report
from duetto.workers.worker import Handler, describe

Tell = Callable[[Report], None]
"""Takes a report, from any thread."""


class NotNow(Exception):
    """Raised by a handler that has done nothing of a job yet: what the job needs is in use.

    The job waits, without keeping others from their turn, and is tried again when another one is over and `ready()`
    is true.
    """

    def __init__(self, ready: Callable[[], bool]) -> None:
        super().__init__("what it needs is in use")
        self.ready = ready


@dataclass(slots=True)
class _Here:
    """A seat's handler. busy: jobs of it being done now. leaving: to be closed when they are over."""

    handler: Handler
    busy: int = 0
    leaving: bool = False


class ManyHandler:
    """Keeps a handler for each seat, from when it comes until it leaves.

    make: builds one from the seat's settings (JSON, "" for the defaults). lanes: how many jobs may be done side by
    side, never two of one seat. most: seats at once; one more is an error. end: called by `close`, after all handlers
    are closed.
    """

    def __init__(
        self,
        make: Callable[[str], Handler],
        *,
        lanes: int = 1,
        most: int = 1024,
        end: Callable[[], None] | None = None,
    ) -> None:
        if lanes < 1 or most < 1:
            raise ValueError(f"lanes, most: at least 1 (got {lanes}, {most})")
        self.lanes = lanes
        self._make = make
        self._most = most
        self._end = end
        self._lock = threading.Lock()
        self._here: dict[int, _Here] = {}

    def do(self, order: Order, tell: Tell) -> None:
        """Do an order: let a seat in or out, or do its job. An error is told and ends this order only.

        Raises NotNow, before anything was told.
        """
        error: str | None = None
        try:
            if order.job is not None:
                self._job(order, tell)
            elif order.settings is not None:
                self._enter(order.seat, order.settings)
            else:
                self._leave(order.seat)
        except NotNow:
            raise
        except BaseException as problem:  # a library that calls sys.exit is one that cannot be used
            error = describe(problem)
        tell(Report(order.ticket, done=True, error=error))

    def close(self) -> None:
        """Close all handlers. One that fails at it keeps no other from it."""
        for seat in tuple(self._here):
            self._leave(seat)
        if self._end is not None:
            self._end()

    def _job(self, order: Order, tell: Tell) -> None:
        assert order.job is not None
        with self._lock:
            here = self._here.get(order.seat)
            if here is None or here.leaving:
                raise LookupError(f"seat {order.seat} is not here")
            here.busy += 1
        try:
            for arrival in here.handler.handle(order.job):
                tell(Report(order.ticket, arrival))
        finally:
            with self._lock:
                here.busy -= 1
                over = here.leaving and not here.busy
            if over:
                _close(here.handler)

    def _enter(self, seat: int, settings: str) -> None:
        if len(self._here) >= self._most:
            raise ValueError(f"seats: at most {self._most}")
        made = _Here(self._make(settings))
        with self._lock:
            self._here[seat] = made

    def _leave(self, seat: int) -> None:
        with self._lock:
            here = self._here.pop(seat, None)
            if here is None:
                return
            here.leaving = True
            over = not here.busy
        if over:
            _close(here.handler)


def _close(handler: Handler) -> None:
    try:
        handler.close()
    except Exception:
        return  # the seat has gone: nobody is there to be told


class Lanes:
    """The threads in which a `ManyHandler` does its orders, in the order in which they come.

    Whatever must not wait goes by an aside of its own: seats that come and leave, and a `Forget`, which ends the very
    reply that keeps a lane busy. tell: called from all of them.
    """

    def __init__(self, many: ManyHandler, tell: Tell, name: str) -> None:
        self._many = many
        self._tell = tell
        self._lock = threading.Lock()
        self._parked: list[tuple[Order, Callable[[], bool]]] = []
        self._over = 0
        self._gone = threading.Event()
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._aside: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        ways = [(self._aside, "aside"), *((self._orders, f"lane-{n}") for n in range(many.lanes))]
        self._threads = [
            threading.Thread(target=self._work, args=(way,), name=f"duetto-{name}-{kind}", daemon=True)
            for way, kind in ways
        ]
        for thread in self._threads:
            thread.start()

    def put(self, order: Order) -> None:
        """Take an order; never blocks."""
        (self._aside if order.job is None or isinstance(order.job, Forget) else self._orders).put(order)

    def end(self) -> None:
        """No more orders are begun. What is being done goes on to its end; join() to wait for it."""
        self._gone.set()
        for thread in self._threads:
            (self._aside if thread is self._threads[0] else self._orders).put(None)

    def join(self, seconds: Callable[[], float]) -> bool:
        """Wait until all threads have ended, each for `seconds()` at most. False if one has not."""
        for thread in self._threads:
            thread.join(timeout=seconds())
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, way: queue.SimpleQueue[Order | None]) -> None:
        while (order := way.get()) is not None and not self._gone.is_set():
            over = self._over
            try:
                self._many.do(order, self._tell)
            except NotNow as later:
                self._park(order, later.ready, over)
            else:
                self._try_again(order)

    def _park(self, order: Order, ready: Callable[[], bool], over: int) -> None:
        with self._lock:
            if over == self._over:
                self._parked.append((order, ready))
                return
        self.put(order)  # something was over while it was tried: perhaps what it waits for

    def _try_again(self, done: Order) -> None:
        """Something is over: what waited for it has another turn, unless its seat has just left."""
        left = done.seat if done.job is None and done.settings is None else None
        gone: list[Order] = []
        again: list[Order] = []
        with self._lock:
            self._over += 1
            waiting, self._parked = self._parked, []
            for order, ready in waiting:
                if order.seat == left:
                    gone.append(order)
                elif ready():
                    again.append(order)
                else:
                    self._parked.append((order, ready))
        for order in gone:
            self._tell(Report(order.ticket, done=True))
        for order in again:
            self.put(order)
