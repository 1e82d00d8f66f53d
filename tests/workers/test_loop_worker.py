from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest

from duetto.timeline.arrival import Arrival, Clause, Fault, Gist, Outcome, ReplyEnd
from duetto.timeline.clock import Deadline, ms
from duetto.timeline.job import Abort, Ask, Call, Context, Forget, Job
from duetto.workers.crew import Crew, CrewSettings
from duetto.workers.loop import LoopWorker
from duetto.workers.worker import Result, Timed

LONG_S = 20.0
"""Seconds after which a test gives up; nothing waits so long unless it is broken."""


def ask(reply: int, text: str = "hello") -> Ask:
    return Ask(reply, text, "spoken", False, Context(0, 0))


@dataclass
class Handler:
    """Does what the words of an Ask say; a Call hangs. Everything that happens to it is noted."""

    notes: list[str] = field(default_factory=list)
    met: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(2))
    blocks: threading.Event = field(default_factory=threading.Event)
    let_go: threading.Event = field(default_factory=threading.Event)
    closed: threading.Event = field(default_factory=threading.Event)

    async def handle(self, job: Job) -> AsyncIterator[Arrival | Timed]:
        match job:
            case Ask(reply=reply, text="hang"):
                yield Gist(reply, "whole")
                await self._hang(f"reply {reply}")
            case Ask(reply=reply, text="meet"):
                await self.met.wait()
                yield ReplyEnd(reply)
            case Ask(reply=reply, text="block"):
                self.blocks.set()
                self.let_go.wait(LONG_S)
                yield ReplyEnd(reply)
            case Ask(reply=reply, text="break"):
                yield Gist(reply, "whole")
                raise ValueError("a bad\nday")
            case Ask(reply=reply, text="timed"):
                yield Timed(Gist(reply, "whole"), 0)
                yield Timed(Clause(reply, 0, "One."), ms(300))
                yield Timed(Clause(reply, 1, "Two."), ms(900))
                yield ReplyEnd(reply)
            case Ask(reply=reply):
                yield ReplyEnd(reply)
            case Call(call=number):
                await self._hang(f"call {number}")
                yield Outcome(number, "")
            case _:
                return

    async def _hang(self, name: str) -> None:
        self.notes.append(f"{name} waits")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.notes.append(f"{name} cancelled")
            raise

    async def close(self) -> None:
        self.notes.append("closed")
        self.closed.set()


@dataclass
class Rig:
    """A worker with its handler, and results as they come."""

    handler: Handler = field(default_factory=Handler)
    bell: threading.Event = field(default_factory=threading.Event)
    results: list[Result] = field(default_factory=list)
    worker: LoopWorker = field(init=False)

    def __post_init__(self) -> None:
        self.worker = LoopWorker("brain", lambda: self.handler, self.bell)

    def until(self, reached: Callable[[], bool]) -> None:
        """Collect until it is so."""
        deadline = Deadline(LONG_S)
        while True:
            self.bell.clear()
            self.results += self.worker.collect()
            if reached():
                return
            assert not deadline.passed(), self.results
            self.bell.wait(deadline.left())

    def done(self, *tickets: int) -> None:
        self.until(lambda: {r.ticket for r in self.results if r.done} >= set(tickets))

    def of(self, ticket: int) -> list[Result]:
        return [result for result in self.results if result.ticket == ticket]


@pytest.fixture
def rig():
    made = Rig()
    yield made
    made.handler.let_go.set()
    made.worker.close()


def test_jobs_are_done_side_by_side(rig):
    rig.worker.submit(1, ask(1, "meet"))
    rig.worker.submit(2, ask(2, "meet"))
    rig.done(1, 2)
    assert rig.of(1) == [Result(1, ReplyEnd(1)), Result(1, done=True)]
    assert rig.of(2) == [Result(2, ReplyEnd(2)), Result(2, done=True)]


def test_a_reply_that_is_forgotten_is_cancelled_and_no_other(rig):
    rig.worker.submit(1, ask(1, "hang"))
    rig.worker.submit(2, ask(2, "hang"))
    rig.until(lambda: len(rig.results) == 2)
    rig.worker.submit(3, Forget(1))
    rig.done(1, 3)
    assert rig.handler.notes == ["reply 1 waits", "reply 2 waits", "reply 1 cancelled"]
    assert rig.of(1)[-1] == Result(1, done=True), "it ends as one that is not wanted, not with an error"


def test_a_call_that_is_aborted_is_cancelled(rig):
    rig.worker.submit(1, Call(4, "search", "{}"))
    rig.worker.submit(2, Abort(5))
    rig.done(2)
    rig.worker.submit(3, Abort(4))
    rig.done(1, 3)
    assert rig.handler.notes == ["call 4 waits", "call 4 cancelled"]


def test_a_job_that_is_cancelled_before_it_began_is_done_too(rig):
    rig.worker.submit(1, ask(1, "block"))
    assert rig.handler.blocks.wait(LONG_S), "the loop can take no job now"
    rig.worker.submit(2, ask(2, "hang"))
    rig.worker.submit(3, Forget(2))
    rig.handler.let_go.set()
    rig.done(1, 2, 3)
    assert rig.of(2) == [Result(2, done=True)] and rig.handler.notes == []


def test_what_has_been_done_is_forgotten_without_harm(rig):
    rig.worker.submit(1, ask(1))
    rig.done(1)
    rig.worker.submit(2, Forget(1))
    rig.worker.submit(3, ask(1))
    rig.done(2, 3)
    assert rig.of(3) == [Result(3, ReplyEnd(1)), Result(3, done=True)]


def test_an_error_ends_its_job_and_no_other(rig):
    rig.worker.submit(1, ask(1, "break"))
    rig.worker.submit(2, ask(2))
    rig.done(1, 2)
    assert rig.of(1) == [Result(1, Gist(1, "whole")), Result(1, done=True, error="ValueError: a bad day")]
    assert rig.of(2)[-1] == Result(2, done=True)


def test_close_ends_all_that_runs_and_then_the_handler(rig):
    rig.worker.submit(1, ask(1, "hang"))
    rig.worker.submit(2, Call(2, "search", "{}"))
    rig.until(lambda: len(rig.results) == 1)
    rig.worker.submit(3, ask(3))
    rig.done(3)
    rig.worker.close()
    assert sorted(rig.handler.notes[2:4]) == ["call 2 cancelled", "reply 1 cancelled"]
    assert rig.handler.notes[4:] == ["closed"]
    rig.worker.submit(4, ask(4))
    assert rig.worker.collect() == [], "nobody is there any more"


def test_begun_anew_it_has_lost_what_was_in_hand(rig):
    rig.worker.submit(1, ask(1, "hang"))
    rig.until(lambda: len(rig.results) == 1)
    assert rig.worker.restart()
    assert rig.handler.closed.wait(LONG_S)
    rig.worker.submit(2, ask(2))
    rig.done(2)
    assert not any(result.done for result in rig.of(1))


def test_timed_arrivals_reach_the_session_at_their_media_times_in_order(rig):
    crew = Crew([rig.worker], rig.bell, realtime=False, settings=CrewSettings(patience=LONG_S))
    crew.submit([ask(1, "timed")], now=ms(80))
    assert crew.settle(ms(80), 0)
    assert crew.arrivals(ms(80)) == (Gist(1, "whole"),)
    assert not crew.settle(ms(80), 0)
    assert crew.arrivals(ms(379)) == ()
    assert crew.arrivals(ms(380)) == (Clause(1, 0, "One."),)
    assert crew.behind() == {"brain": 1}
    assert crew.arrivals(ms(979)) == ()
    assert crew.arrivals(ms(1000)) == (Clause(1, 1, "Two."), ReplyEnd(1)), "what has no time comes with the one before"
    assert crew.behind() == {"brain": 0}


def test_two_replies_on_a_virtual_clock_keep_their_own_times(rig):
    crew = Crew([rig.worker], rig.bell, realtime=False, settings=CrewSettings(patience=LONG_S))
    crew.submit([ask(1, "timed")], now=0)
    crew.submit([ask(2, "timed")], now=ms(100))
    assert [a.reply for a in crew.arrivals(ms(100)) if isinstance(a, Gist)] == [1, 2]
    assert crew.arrivals(ms(300)) == (Clause(1, 0, "One."),)
    assert crew.arrivals(ms(400)) == (Clause(2, 0, "One."),)
    crew.submit([Forget(1)], now=ms(480))
    assert [a.reply for a in crew.arrivals(ms(2000)) if not isinstance(a, Fault)] == [2, 2]
