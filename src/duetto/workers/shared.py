"""One worker for many conversations: each gets a `Worker` of its own to see, and none sees another.

A `Hub` owns the real worker, a line (`lines`, `loop_line`). Numbers of replies, clauses, utterances and tickets are a
conversation's own and collide, so on the way a job carries the number of its seat, and a ticket of the hub's. Jobs of a
seat are done in their order, and of a process or thread at most one of them is in hand at a time; the others wait
here. So seats that have much to do take turns, a job that is not wanted any more never leaves, and what a seat loses
is only its own.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from duetto.timeline.clock import Deadline
from duetto.timeline.job import Abort, Ask, Call, Forget, Job, Listen, Look, Part
from duetto.workers.lines import Line, ProcessLine, ThreadLine
from duetto.workers.loop_line import LoopLine
from duetto.workers.worker import BROKEN, AsyncHandler, Handler, Result, WorkerFailed

Ring = Callable[[], None]
"""Called, from any thread, when a seat that had no results has some: once until they are collected."""


@dataclass(frozen=True, slots=True)
class HubSettings:
    """Bounds of a shared worker."""

    seats: int = 1024
    """Conversations at once; one more is refused."""
    waiting: int = 256
    """Jobs of one seat that may wait; sound beyond it is passed over, anything else refused."""
    enter_limit: float = 30.0
    """Seconds that making a seat's handler may take."""
    restarts: int = 3
    """How often in a row, without a job done in between, the worker is begun anew when it ends or hangs. After that it
    is given up, until a new conversation comes: then it is tried once more."""
    blame: int = 2
    """How often it may end or hang over a job of the same seat; after that this seat is left out of it."""


class _Bell(threading.Event):
    """What a line rings: it has results."""

    def __init__(self, heard: Callable[[], None]) -> None:
        super().__init__()
        self._heard = heard

    def set(self) -> None:
        self._heard()


@dataclass(slots=True)
class _Desk:
    """What a seat has with the line, from when it comes until it leaves or begins anew.

    waiting: the seat's tickets and jobs. in_hand: the seat's tickets by the hub's. busy: those that keep the next job
    from its turn. entering: until when its handler is to be made. here: it has one.
    """

    number: int
    seat: SharedWorker
    waiting: deque[tuple[int, Job]] = field(default_factory=deque)
    in_hand: dict[int, int] = field(default_factory=dict)
    busy: set[int] = field(default_factory=set)
    entering: Deadline | None = None
    here: bool = False


class Hub:
    """Gives out the seats of one shared worker. Any method may be called from any thread.

    line: makes the line from the bell that it is to ring. See `in_process`, `in_thread` and `on_loop`.
    """

    def __init__(
        self, part: Part, line: Callable[[threading.Event], Line], settings: HubSettings | None = None
    ) -> None:
        self.part = part
        self.settings = settings or HubSettings()
        self.deaths = 0
        """How often the worker has ended or hung."""
        self._lock = threading.RLock()
        self._desks: dict[int, _Desk] = {}  # by number
        self._tickets: dict[int, _Desk] = {}
        self._seats: set[SharedWorker] = set()
        self._told: set[SharedWorker] = set()
        self._number = 0
        self._ticket = 0
        self._in_a_row = 0
        self._stood = False
        self._given_up = False
        self._closed = False
        self._line: Line | None = None
        self._line = line(_Bell(self._pump))

    # --- for whoever owns it ----------------------------------------------------------------------------------

    @property
    def line(self) -> Line:
        assert self._line is not None
        return self._line

    @property
    def standing(self) -> bool:
        """It can work."""
        return self.line.standing and not self._given_up

    @property
    def seats(self) -> int:
        """Conversations that are here."""
        return len(self._seats)

    def behind(self) -> int:
        """Jobs of all seats that are not done."""
        with self._lock:
            return sum(len(desk.waiting) + len(desk.in_hand) for desk in self._desks.values())

    def wait_ready(self) -> None:
        """Block until it stands. Raises WorkerFailed when it does not; it is closed then."""
        try:
            self.line.wait_ready()
        except WorkerFailed:
            self.close()
            raise
        self._stood = True

    def worker(self, seat: str, settings_json: str | None, ring: Ring) -> SharedWorker:
        """A worker for one conversation, to be closed when that ends.

        seat: its name, for messages. settings_json: what its handler is made from, at its first job; None for the
        defaults. Raises WorkerFailed when there are too many seats, or the hub is closed.
        """
        with self._lock:
            if self._closed:
                raise WorkerFailed(f"{self.part}: closed")
            if len(self._seats) >= self.settings.seats:
                raise WorkerFailed(f"{self.part}: at most {self.settings.seats} conversations share it")
            if self._given_up:
                self._in_a_row = max(0, self.settings.restarts - 1)
                self._begin_anew()
            made = SharedWorker(self, seat, settings_json or "", ring)
            self._seats.add(made)
            made.desk = self._desk_for(made)
            return made

    def close(self) -> None:
        """End the worker. Bounded. What seats it has left do nothing any more."""
        with self._lock:
            self._closed = True
            for seat in tuple(self._seats):
                self._dismiss(seat)
            self._seats.clear()
        self.line.close()

    # --- for its seats ----------------------------------------------------------------------------------------

    def _submit(self, seat: SharedWorker, ticket: int, job: Job) -> None:
        with self._held():
            desk = seat.desk
            if desk is None:
                return  # it is broken, and will be told or has been
            if isinstance(job, Forget | Abort):
                self._take_back(desk, job)
                if desk.here:
                    self._send(desk, ticket, job)
                else:
                    self._give(seat, Result(ticket, done=True))
            elif len(desk.waiting) < self.settings.waiting:
                if isinstance(job, Look):
                    self._drop(desk, partial(_older, job))
                desk.waiting.append((ticket, job))
                self._go_on(desk)
            else:
                sound = isinstance(job, Listen) and not job.last
                error = None if sound else f"{self.settings.waiting} jobs wait already, the limit"
                self._give(seat, Result(ticket, done=True, error=error))

    def _collect(self, seat: SharedWorker) -> list[Result]:
        desk = seat.desk
        late = desk is not None and desk.entering is not None and desk.entering.passed()
        standing = self.line.standing
        if standing and not late and not seat.results:
            return []  # the lock is not needed to see that
        if not standing:
            self._pump()  # it may be past its time to start, which no bell tells
        with self._lock:
            if late and seat.desk is desk:
                self._break(seat, f"it did not begin within {self.settings.enter_limit:g} s")
            found, seat.results, seat.rung = seat.results, [], False
            return found

    def _restart(self, seat: SharedWorker) -> bool:
        with self._held():
            if self._closed or seat not in self._seats or seat.blamed >= self.settings.blame:
                return False
            if seat.desk is not None and self.line.hangs:
                self._fall("it gave no sign of life")
            self._dismiss(seat)
            if self._given_up:
                return False
            seat.desk = self._desk_for(seat)
            return True

    def _leave(self, seat: SharedWorker) -> None:
        with self._lock:
            self._dismiss(seat)
            self._seats.discard(seat)

    # --- inside, under the lock -------------------------------------------------------------------------------

    @contextmanager
    def _held(self) -> Iterator[None]:
        """The lock; when it is let go, the seats that were given something are rung."""
        with self._lock:
            yield
            wake = [seat for seat in self._told if seat.results and not seat.rung]
            self._told.clear()
            for seat in wake:
                seat.rung = True
        for seat in wake:
            seat.wake()

    def _give(self, seat: SharedWorker, result: Result) -> None:
        seat.results.append(result)
        self._told.add(seat)

    def _desk_for(self, seat: SharedWorker) -> _Desk:
        self._number += 1
        desk = self._desks[self._number] = _Desk(self._number, seat)
        return desk

    def _next_ticket(self, desk: _Desk) -> int:
        self._ticket += 1
        self._tickets[self._ticket] = desk
        return self._ticket

    def _send(self, desk: _Desk, ticket: int, job: Job) -> None:
        number = self._next_ticket(desk)
        desk.in_hand[number] = ticket
        if not self.line.together and not isinstance(job, Forget | Abort):
            desk.busy.add(number)
        self.line.submit(number, desk.number, job)

    def _go_on(self, desk: _Desk) -> None:
        """Hand on what may be handed on now."""
        if not desk.here:
            if desk.entering is None and desk.waiting:
                desk.entering = Deadline(self.settings.enter_limit)
                self.line.enter(self._next_ticket(desk), desk.number, desk.seat.settings)
            return
        while desk.waiting and not desk.busy:
            self._send(desk, *desk.waiting.popleft())

    def _take_back(self, desk: _Desk, job: Forget | Abort) -> None:
        """What it is about has not been handed on: then it never will be."""
        if isinstance(job, Forget):
            self._drop(desk, lambda other: isinstance(other, Ask) and other.reply == job.reply)
        else:
            self._drop(desk, lambda other: isinstance(other, Call) and other.call == job.call)

    def _drop(self, desk: _Desk, which: Callable[[Job], bool]) -> None:
        for item in tuple(desk.waiting):
            if which(item[1]):
                desk.waiting.remove(item)
                self._give(desk.seat, Result(item[0], done=True))

    def _dismiss(self, seat: SharedWorker) -> None:
        """Give up all that the seat has with the line, and its results."""
        desk, seat.desk, seat.results = seat.desk, None, []
        if desk is None:
            return
        self._forget(desk)
        if desk.here or desk.entering is not None:
            self._ticket += 1
            self.line.leave(self._ticket, desk.number)

    def _forget(self, desk: _Desk) -> None:
        self._desks.pop(desk.number, None)
        for ticket in [ticket for ticket, its in self._tickets.items() if its is desk]:
            del self._tickets[ticket]

    def _break(self, seat: SharedWorker, why: str) -> None:
        """This seat alone is told that its worker has ended."""
        self._dismiss(seat)
        self._give(seat, Result(BROKEN, done=True, error=why))

    # --- results ----------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Give results to those whose they are, and hand on what then may be."""
        if self._line is None:
            return  # it rings while it is being made
        with self._held():
            for result in self._line.collect():
                self._take(result)

    def _take(self, result: Result) -> None:
        if result.ticket == BROKEN:
            if not self._closed:
                self._fall(result.error or "it ended")
            return
        self._stood = True
        desk = self._tickets.get(result.ticket)
        if desk is None:
            return
        if result.ticket not in desk.in_hand:
            self._entered(desk, result)
            return
        ticket = desk.in_hand[result.ticket]
        self._give(desk.seat, Result(ticket, result.arrival, result.done, result.error, result.after))
        if result.done:
            self._in_a_row = 0
            del self._tickets[result.ticket], desk.in_hand[result.ticket]
            desk.busy.discard(result.ticket)
            self._go_on(desk)

    def _entered(self, desk: _Desk, result: Result) -> None:
        del self._tickets[result.ticket]
        desk.entering = None
        if result.error is not None:
            self._break(desk.seat, result.error)
        else:
            desk.here = True
            self._go_on(desk)

    def _fall(self, why: str) -> None:
        """The worker has ended or hangs. Every seat is told; it begins anew once for all."""
        self.deaths += 1
        oldest = min(self._tickets, default=None)
        if oldest is not None and not self.line.together:
            self._tickets[oldest].seat.blamed += 1
        self._tickets.clear()
        self._desks.clear()
        for seat in self._seats:
            seat.desk = None
            self._give(seat, Result(BROKEN, done=True, error=why))
        if self._stood:
            self._begin_anew()
        else:
            self._given_up = True  # what could not start would not the next moment

    def _begin_anew(self) -> None:
        self._in_a_row += 1
        self._given_up = True
        if self._in_a_row <= self.settings.restarts:
            with suppress(Exception):
                self._given_up = not self.line.restart()
        if self._given_up:
            self.line.abandon()


class SharedWorker:
    """A conversation's share of a hub: a `Worker`."""

    def __init__(self, hub: Hub, name: str, settings: str, ring: Ring) -> None:
        self.name = name
        self.settings = settings
        self.desk: _Desk | None = None
        self.results: list[Result] = []
        self.rung = False
        self.blamed = 0
        self._hub = hub
        self._ring = ring

    @property
    def part(self) -> Part:
        return self._hub.part

    @property
    def standing(self) -> bool:
        """False also while this seat's handler is being made."""
        desk = self.desk
        return self._hub.line.standing and (desk is None or desk.entering is None)

    @property
    def slow(self) -> bool:
        return self._hub.line.slow

    def submit(self, ticket: int, job: Job) -> None:
        self._hub._submit(self, ticket, job)

    def collect(self) -> list[Result]:
        return self._hub._collect(self)

    def restart(self) -> bool:
        """Drop this seat's state and begin anew. False when the worker was given up, or this seat is what breaks it."""
        return self._hub._restart(self)

    def abandon(self) -> None:
        self._hub._leave(self)

    def close(self) -> None:
        self._hub._leave(self)

    def wake(self) -> None:
        """There are results. Called without the hub's lock."""
        with suppress(Exception):  # a loop that has been closed: nobody is there to hear it
            self._ring()


# --- the kinds there are --------------------------------------------------------------------------------------


def _older(look: Look, other: Job) -> bool:
    """It looks for the same in an older picture: of pictures the newest counts."""
    return isinstance(other, Look) and (other.what, other.stream) == (look.what, look.stream)


def in_process(
    part: Part,
    factory: str,
    settings: str = "",
    *,
    nice: int = 0,
    start_limit: float = 60.0,
    bounds: HubSettings | None = None,
) -> Hub:
    """Shared in a process of its own. factory: "package.module:make_many" to a `ManyHandler`, from settings (JSON)."""
    return Hub(
        part,
        lambda bell: ProcessLine(part, factory, settings, bell, nice=nice, start_limit=start_limit),
        bounds,
    )


def in_thread(part: Part, make: Callable[[str], Handler], *, bounds: HubSettings | None = None) -> Hub:
    """Shared in a thread of this process. make: a seat's handler from its settings."""
    return Hub(part, lambda bell: ThreadLine(part, make, bell), bounds)


def on_loop(
    part: Part,
    make: Callable[[str], AsyncHandler],
    *,
    end: Callable[[], Awaitable[None]] | None = None,
    bounds: HubSettings | None = None,
) -> Hub:
    """Shared on an event loop in a thread of this process. make: a seat's handler from its settings, cheaply.

    end: awaited when the hub is closed: lets go of what the handlers share.
    """
    return Hub(part, lambda bell: LoopLine(part, make, bell, end), bounds)
