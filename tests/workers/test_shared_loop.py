"""Many conversations on one event loop: what waits for a network, each as if it had a loop of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest
from shared_rig import LONG_S, Place, ask

from duetto.timeline.arrival import Arrival, Clause, Gist, Outcome, ReplyEnd
from duetto.timeline.clock import ms
from duetto.timeline.job import Abort, Ask, Call, Forget, Job
from duetto.workers import lines
from duetto.workers.shared import Hub, on_loop
from duetto.workers.worker import BROKEN, Result, Timed


class Handler:
    """Does what the words of an Ask say; a Call hangs. Everything that happens to it is noted."""

    def __init__(self, settings: str, notes: list[str]) -> None:
        if settings == "refuse":
            raise ValueError("settings: refuse")
        self.name = settings
        self.notes = notes
        self.blocks = threading.Event()
        self.let_go = threading.Event()

    async def handle(self, job: Job) -> AsyncIterator[Arrival | Timed]:
        match job:
            case Ask(reply=reply, text="hang"):
                yield Gist(reply, "whole")
                await self._hang(f"reply {reply}")
            case Ask(reply=reply, text="block"):
                self.blocks.set()
                self.let_go.wait(LONG_S)
                yield ReplyEnd(reply)
            case Ask(reply=reply, text="break"):
                raise ValueError("a bad\nday")
            case Ask(reply=reply, text="timed"):
                yield Timed(Gist(reply, "whole"), ms(300))
            case Ask(reply=reply):
                yield Clause(reply, 0, self.name)
                yield ReplyEnd(reply)
            case Call(call=number):
                await self._hang(f"call {number}")
                yield Outcome(number, "")
            case _:
                return

    async def _hang(self, what: str) -> None:
        self.notes.append(f"{self.name} {what} waits")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.notes.append(f"{self.name} {what} cancelled")
            raise

    async def close(self) -> None:
        self.notes.append(f"{self.name} closed")


class Rig:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.by: dict[str, Handler] = {}
        self.hub: Hub = on_loop("brain", self._make)

    def _make(self, settings: str) -> Handler:
        self.by[settings] = handler = Handler(settings, self.notes)
        return handler


@pytest.fixture
def rig() -> Iterator[Rig]:
    made = Rig()
    yield made
    for handler in made.by.values():
        handler.let_go.set()
    made.hub.close()


def test_replies_of_the_same_number_are_each_seat_s_own(rig):
    one, two = Place(rig.hub, "one"), Place(rig.hub, "two")
    for place in (one, two):
        place.worker.submit(1, ask(1, "hang"))
        place.until(lambda place=place: len(place.results) == 1)
    one.worker.submit(2, Forget(1))
    one.done(1, 2)
    two.worker.submit(2, ask(2))
    two.done(2)
    assert rig.notes == ["one reply 1 waits", "two reply 1 waits", "one reply 1 cancelled"]
    assert one.of(1) == [Result(1, Gist(1, "whole")), Result(1, done=True)]
    assert two.said(2) == "two" and not any(r.done for r in two.of(1))
    assert one.worker.slow and one.worker.standing


def test_calls_are_side_by_side_and_end_where_they_are_aborted(rig):
    one, two = Place(rig.hub, "one"), Place(rig.hub, "two")
    one.worker.submit(1, Call(4, "search", "{}"))
    one.worker.submit(2, Call(5, "search", "{}"))
    two.worker.submit(1, Call(4, "search", "{}"))
    two.worker.submit(2, ask(1))
    one.worker.submit(3, ask(1))
    two.done(2)
    one.done(3)
    one.worker.submit(4, Abort(4))
    one.done(1, 4)
    assert [note for note in rig.notes if "cancelled" in note] == ["one call 4 cancelled"]


def test_what_is_forgotten_before_the_handler_is_made_is_never_begun(rig):
    one, two = Place(rig.hub, "one"), Place(rig.hub, "two")
    two.worker.submit(1, ask(1))
    two.done(1)
    two.worker.submit(2, ask(2, "block"))
    assert rig.by["two"].blocks.wait(LONG_S), "the loop can take nothing now"
    one.worker.submit(1, ask(1, "hang"))
    assert not one.worker.standing
    one.worker.submit(2, Forget(1))
    one.done(1, 2)
    assert one.of(1) == [Result(1, done=True)]
    rig.by["two"].let_go.set()
    two.done(2)
    assert not rig.notes


def test_a_seat_that_leaves_or_begins_anew_ends_what_it_had(rig):
    one, two = Place(rig.hub, "one"), Place(rig.hub, "two")
    for place in (one, two):
        place.worker.submit(1, ask(1, "hang"))
        place.until(lambda place=place: len(place.results) == 1)
    assert one.worker.restart()
    one.worker.submit(2, ask(2))
    one.done(2)
    two.worker.close()
    one.worker.submit(3, ask(3))
    one.done(3)
    assert rig.notes[2:4] == ["one reply 1 cancelled", "one closed"]
    rig.hub.close()
    assert rig.notes[4] == "two reply 1 cancelled" and set(rig.notes[5:]) == {"two closed", "one closed"}
    assert not any(result.done for result in one.of(1))


def test_an_error_is_its_job_s_alone_and_a_played_time_comes_through(rig):
    one, bad = Place(rig.hub, "one"), Place(rig.hub, "refuse")
    one.worker.submit(1, ask(1, "break"))
    one.worker.submit(2, ask(2, "timed"))
    bad.worker.submit(1, ask(1))
    one.done(1, 2)
    assert one.error(1) == "ValueError: a bad day"
    assert one.of(2) == [Result(2, Gist(2, "whole"), after=ms(300)), Result(2, done=True, after=ms(300))]
    bad.done(BROKEN)
    assert bad.error(BROKEN) == "ValueError: settings: refuse"


def test_a_loop_that_is_blocked_is_left_behind(rig, monkeypatch):
    one, two = Place(rig.hub, "one"), Place(rig.hub, "two")
    one.worker.submit(1, ask(1))
    one.done(1)
    one.worker.submit(2, ask(2, "block"))
    blocked = rig.by["one"]
    assert blocked.blocks.wait(LONG_S)
    two.worker.submit(1, ask(1))
    monkeypatch.setattr(lines.Pulse, "stopped", property(lambda pulse: pulse._given > pulse._done))
    assert two.worker.restart() and rig.hub.deaths == 1
    monkeypatch.undo()
    one.done(BROKEN)
    assert one.worker.restart()
    for place in (one, two):
        place.worker.submit(3, ask(3))
        place.done(3)
    blocked.let_go.set()
