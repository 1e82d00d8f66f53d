"""Many conversations on one tick.

Every tick the engine gathers the slices of all conversations that are due, has the voice activity model judge their
sound as one batch, and steps each. Conversations with the same Δ are spread over the ticks of it, so that the work is
even. All of it runs on one thread, an event loop's, beside the sockets: nothing is handed between threads but the
results of slow work.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, ParamSpec, Protocol, TypeVar

import numpy as np

from duetto.assembly import Settings, make_cascade
from duetto.engine.load import Load
from duetto.engine.opening import Opening, Refused
from duetto.engine.seat import Intakes, Seat
from duetto.models.model import Observer
from duetto.perception.audio.vad import SileroBatch
from duetto.session import Inputs, Session
from duetto.timeline.clock import NS_PER_S, Clock, WallClock, in_ms, ms
from duetto.workers.crew import Crew
from duetto.workers.worker import Worker, WorkerFailed

P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger("duetto.engine")
LONGEST_NAP: Final = 0.25
"""Seconds after which a waiting engine looks at itself again."""
AT_ONCE: Final = ms(3)
"""ns of work after which whatever else waits on the event loop has its turn."""
EARLY: Final = 0.001
"""Seconds by which a tick may begin early: event loops count whole milliseconds."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How many conversations there may be, and how they share the time."""

    tick: int = ms(20)
    """ns between ticks; every conversation's Δ is a multiple of it."""
    most: int = 200
    """Conversations at most, however much headroom there is."""
    headroom: float = 0.75
    """Share of its time in which the engine may work before it takes no more conversations."""
    shed_at: float = 0.9
    """Share of its time from which on pictures are left out, so that voices keep theirs."""
    grace: int = ms(10)
    """ns of machine time after a tick's work in which quick results (embedded recogniser, brain, voice) still count in
    it; less where the next tick is due before."""
    sound_limit_s: float = 30.0
    """Seconds of sound that may wait to be heard in one conversation."""

    def __post_init__(self) -> None:
        if not ms(5) <= self.tick <= ms(1000):
            raise ValueError(f"tick: from 5 to 1000 ms (got {in_ms(self.tick):g} ms)")
        if self.most < 1:
            raise ValueError(f"most: at least 1 conversation (got {self.most})")
        if not 0.05 <= self.headroom <= 1:
            raise ValueError(f"headroom: a share from 0.05 to 1 (got {self.headroom:g})")


class Staff(Protocol):
    """Whoever does the slow work of many conversations."""

    def seat(self, seat: str, settings: Settings, ring: Callable[[], None]) -> Sequence[Worker]:
        """Workers for one conversation. ring: to be called, from any thread, when results are there. Never waits."""
        ...

    def close(self) -> None: ...


class Engine:
    """Seats conversations and gives each its micro-turns. A `duetto.wire.seat.Host`.

    settings: of every conversation, but for what its `Opening` says. observers: makes what is to see all of a
    conversation's micro-turns, such as a recording. clock: a `VirtualClock` for tests, which then call `tick`.
    names: makes the ids of conversations, each unique, and hard to guess where others may ask by them; numbers by
    default. on_tick: is told how late each tick began, and how long its work took (ns).
    """

    def __init__(
        self,
        settings: Settings,
        staff: Staff,
        *,
        engine: EngineSettings | None = None,
        clock: Clock | None = None,
        observers: Callable[[str, Opening, Settings, int], Iterable[Observer]] | None = None,
        names: Callable[[], str] | None = None,
        on_tick: Callable[[int, int], None] | None = None,
    ) -> None:
        self.settings = settings
        self.engine = engine or EngineSettings()
        self.clock = clock or WallClock()
        self.load = Load(self.engine.tick)
        self.draining = False
        self._check_delta(settings.session.delta)
        self._staff = staff
        self._observers = observers
        self._seats: dict[str, Seat] = {}
        numbers = itertools.count(1)
        self._names = names or (lambda: f"{next(numbers):x}")
        self._on_tick = on_tick
        self._silero = SileroBatch(self.engine.most)
        self._rows = list(range(self.engine.most))[::-1]
        self._due = self.clock.now() + self.engine.tick
        self._closed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._rung: asyncio.Event | None = None
        self._emptied: asyncio.Event | None = None
        self._listening = threading.Event()
        """Somebody waits for a ring."""

    # --- conversations ------------------------------------------------------------------------------------------

    @property
    def seats(self) -> tuple[Seat, ...]:
        return tuple(self._seats.values())

    def open(self, opening: Opening) -> Seat:
        """A new conversation; its first micro-turn is within Δ. Raises Refused."""
        self._admit()
        settings = self._settings(opening)
        id = self._names()
        start = self._start(settings.session.delta)
        cascade = make_cascade(settings, self.clock.epoch_ns + start)
        intakes = Intakes(self.engine.sound_limit_s)
        try:
            workers = self._staff.seat(id, settings, self._ring)
        except WorkerFailed as error:
            raise Refused("full", f"{error}; try again later") from None
        crew = Crew(workers, threading.Event(), realtime=self.clock.realtime, settings=settings.crew)
        try:
            watching = tuple(self._observers(id, opening, settings, start)) if self._observers else ()
        except BaseException:
            crew.close()
            raise
        session = Session(
            cascade,
            clock=self.clock,
            crew=crew,
            inputs=Inputs(intakes.sound, intakes.camera, intakes.screen, intakes.keys, intakes.commands),
            observers=watching,
            settings=settings.session,
        )
        row = self._rows.pop()
        self._silero.reset(row)
        seat = Seat(id, session, cascade, intakes, start=start, row=row)
        self._seats[id] = seat
        seat.on_close(lambda why: self._left(seat))
        try:
            seat.command(*opening.first)
        except Refused:
            seat.close()
            raise
        self.load.seated()
        return seat

    def _admit(self) -> None:
        if self._closed or self.draining:
            raise Refused("full", "the server is closing and takes no new conversations")
        if len(self._seats) >= self.engine.most:
            raise Refused("full", f"{len(self._seats)} conversations are going on, the limit; try again later")
        if self._seats and self.load.share > self.engine.headroom:
            raise Refused(
                "full",
                f"the server works {self.load.share:.0%} of its time, the limit is {self.engine.headroom:.0%}; "
                "try again later",
            )

    def _settings(self, opening: Opening) -> Settings:
        settings = self.settings
        if opening.delta is not None:
            try:
                self._check_delta(opening.delta)
                settings = replace(settings, session=replace(settings.session, delta=opening.delta))
            except ValueError as error:
                raise Refused("setting", str(error), "delta") from None
        if opening.horizon is not None:
            try:
                speech = replace(settings.cascade.speech, horizon=opening.horizon)
            except ValueError as error:
                raise Refused("setting", str(error), "horizon") from None
            settings = replace(settings, cascade=replace(settings.cascade, speech=speech))
        return replace(settings, voice=settings.voice.other(opening.voice, opening.speed))

    def _check_delta(self, delta: int) -> None:
        tick = self.engine.tick
        if delta % tick or not ms(20) <= delta <= ms(1000):
            raise ValueError(f"delta: a multiple of {in_ms(tick):g} ms, from 20 to 1000 ms (got {in_ms(delta):g} ms)")

    def _start(self, delta: int) -> int:
        """The tick within the next Δ at which the fewest others with this Δ are due."""
        ticks = range(self._due, self._due + delta, self.engine.tick)
        taken = [seat.start % delta for seat in self._seats.values() if seat.delta == delta]
        return min(ticks, key=lambda at: (taken.count(at % delta), at))

    def _left(self, seat: Seat) -> None:
        if self._seats.pop(seat.id, None) is not None:
            self._rows.append(seat.row)
        if self._emptied is not None and not self._seats:
            self._emptied.set()

    # --- time ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Tick until `close`. On the event loop that the seats are used on."""
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()
        try:
            while not self._closed:
                wait = (self._due - self.clock.now()) / NS_PER_S
                if wait > EARLY:
                    await asyncio.sleep(min(wait, LONGEST_NAP))
                    continue
                waiting: list[Seat] = []
                begun = self.clock.now()
                for seat in self._work():
                    if seat is not None:
                        waiting.append(seat)
                    if self.clock.now() - begun > AT_ONCE:  # sockets come between
                        await asyncio.sleep(0)
                        begun = self.clock.now()
                await asyncio.sleep(0)  # even when one tick follows upon another
                await self._settle(waiting)
        finally:
            self._loop = None

    def tick(self) -> list[Seat]:
        """One tick: every conversation that is due has its slice. Returns those that quick results may still come for:
        `settle` is to follow.
        """
        return [seat for seat in self._work() if seat is not None]

    def _work(self) -> Iterator[Seat | None]:
        """One tick, in pieces: between two of them others may have their turn. Yields who is to be settled."""
        tick = self.engine.tick
        if not self.clock.realtime:
            self.clock.sleep_until(self._due)
        now = max(self.clock.now(), self._due)  # an event loop's timers may go off a little early
        late = now - self._due
        self._due += (1 + late // tick) * tick
        self.load.begin(late)
        shedding = self.load.share > self.engine.shed_at
        due = [seat for seat in self._seats.values() if seat.due <= now]
        for seat in due:
            seat.busy = shedding
            seat.turn = self._guarded(seat, seat.session.begin, now - seat.start)
        self._listen([seat for seat in due if seat.turn is not None])
        for seat in due:
            if seat.turn is not None:
                yield seat if self._step(seat) else None
        took = self.load.end(len(self._seats))
        if self._on_tick is not None:
            self._on_tick(late, took)

    def settle(self, waiting: Iterable[Seat]) -> None:
        """End the micro-turns of these conversations, with what has come meanwhile."""
        for seat in waiting:
            while self._more(seat):
                pass
            self._end(seat)

    async def _settle(self, waiting: list[Seat]) -> None:
        """The same, when nothing more is awaited, or the grace is over."""
        assert self._rung is not None
        until = min(self.clock.now() + self.engine.grace, self._due)
        while waiting and (left := until - self.clock.now()) > 0:
            self._rung.clear()
            self._listening.set()
            waiting = [seat for seat in waiting if not self._settled(seat)]
            if waiting:
                try:
                    async with asyncio.timeout(left / NS_PER_S):
                        await self._rung.wait()
                except TimeoutError:
                    break
        self._listening.clear()
        self.settle(waiting)

    def _settled(self, seat: Seat) -> bool:
        """Take in what has come; True, and the micro-turn is over, when nothing more is awaited."""
        while self._awaits(seat):
            if not self._more(seat):
                return False
        self._end(seat)
        return True

    def _listen(self, seats: Sequence[Seat]) -> None:
        """Judge the sound of all of them, one window of each at a time."""
        windows = [seat.cascade.windows(seat.turn) for seat in seats if seat.turn is not None]
        most = max(map(len, windows), default=0)
        found = np.zeros((len(windows), most), np.float32)
        for number in range(most):
            having = [index for index, each in enumerate(windows) if len(each) > number]
            rows = np.array([seats[index].row for index in having])
            found[having, number] = self._silero.run(np.stack([windows[index][number] for index in having]), rows)
        for seat, each, probabilities in zip(seats, windows, found, strict=True):
            seat.cascade.judged(probabilities[: len(each)])

    def _step(self, seat: Seat) -> bool:
        """Do the slice. False, and the micro-turn is over, when no quick result is awaited."""
        turn = seat.turn
        assert turn is not None
        if seat.ended is not None:  # by what another was told meanwhile
            return False
        self._guarded(seat, seat.session.step, turn)
        if self._awaits(seat):
            return True
        self._end(seat)
        return False

    def _awaits(self, seat: Seat) -> bool:
        """Something quick may still come in its micro-turn."""
        return seat.ended is None and bool(self._guarded(seat, seat.session.waits))

    def _more(self, seat: Seat) -> bool:
        """One more round, if something has come."""
        if seat.ended is not None:
            return False
        turn = self._guarded(seat, seat.session.more, 0)
        if turn is None:
            return False
        self._guarded(seat, seat.session.step, turn)
        return True

    def _end(self, seat: Seat) -> None:
        if seat.ended is None:
            self._guarded(seat, self._tell, seat)

    def _tell(self, seat: Seat) -> None:
        seat.tell(seat.session.end())

    def _guarded(self, seat: Seat, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T | None:
        """What goes wrong in one conversation ends that one, and no other."""
        try:
            return work(*given, **named)
        except Exception as error:
            _log.exception("conversation %s failed", seat.id)
            seat.end(f"the conversation failed: {error}")
            return None

    def _ring(self) -> None:
        """Results are there. From any thread; only one who waits is woken."""
        loop, rung = self._loop, self._rung
        if loop is None or rung is None or not self._listening.is_set():
            return
        self._listening.clear()
        try:
            loop.call_soon_threadsafe(rung.set)
        except RuntimeError:
            return  # the loop has ended

    # --- the end ------------------------------------------------------------------------------------------------

    async def drain(self, limit_s: float) -> None:
        """Take no new conversations, and wait up to `limit_s` seconds for those that there are to end."""
        self.draining = True
        if self._seats:
            self._emptied = asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), limit_s)

    def close(self, why: str = "the server is closing") -> None:
        """End all conversations, and the staff."""
        self._closed = True
        for seat in self.seats:
            seat.end(why)
        self._staff.close()
