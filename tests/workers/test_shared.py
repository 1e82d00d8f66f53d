"""Many conversations on one worker: each as if it had one of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from shared_rig import Gates, Place, ask, listen

from duetto.timeline.arrival import Fault, Hypothesis
from duetto.timeline.clock import ms
from duetto.timeline.job import Forget, Keep, Look
from duetto.workers import lines
from duetto.workers.crew import Crew
from duetto.workers.direct import Direct
from duetto.workers.shared import Hub, HubSettings, in_process, in_thread
from duetto.workers.worker import BROKEN, Result, WorkerFailed


@pytest.fixture
def gates() -> Iterator[Gates]:
    made = Gates()
    yield made
    made.let_go()


@pytest.fixture
def hub(gates: Gates) -> Iterator[Hub]:
    made = in_thread("brain", gates)
    yield made
    gates.let_go()
    made.close()


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a child process import the rig. Returns the factory's name."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return "shared_rig:make_many"


def test_numbers_collide_and_nobody_hears_of_another(hub):
    one, two = Place(hub, "one"), Place(hub, "two")
    for place in (one, two):
        place.worker.submit(1, ask(1, "a"))
        place.worker.submit(2, ask(2, "b"))
    one.done(1, 2)
    two.done(1, 2)
    assert [one.said(1), one.said(2)] == ["one a", "one a b"]
    assert [two.said(1), two.said(2)] == ["two a", "two a b"]
    assert {r.ticket for r in one.results} == {r.ticket for r in two.results} == {1, 2}


def test_an_error_is_its_job_s_alone(hub):
    one, two = Place(hub, "one"), Place(hub, "two")
    one.worker.submit(1, ask(1, "break"))
    two.worker.submit(1, ask(1))
    one.worker.submit(2, ask(2))
    one.worker.submit(3, ask(3, "exit"))
    one.done(1, 2, 3)
    two.done(1)
    assert one.error(1) == "OSError: a bad day" and one.error(3) == "SystemExit: 3"
    assert one.said(2) == "one hello" and two.said(1) == "two hello"


def test_seats_take_turns_however_much_one_of_them_wants(hub, gates):
    greedy, other = Place(hub, "greedy"), Place(hub, "other")
    other.worker.submit(1, ask(1))
    other.done(1)
    greedy.worker.submit(1, ask(1, "hang"))
    gates.hanging("greedy")
    for ticket in range(2, 40):
        greedy.worker.submit(ticket, ask(ticket))
    other.worker.submit(2, ask(2))
    gates.let_go()
    greedy.done(*range(1, 40))
    other.done(2)
    assert gates.log.index(("other", 2)) <= 3, "it did not wait for all that the other one wants"
    assert [r.ticket for r in greedy.results if r.done] == list(range(1, 40)), "in their order"


def test_a_forget_reaches_the_reply_that_keeps_the_thread(hub, gates):
    one, two = Place(hub, "one"), Place(hub, "two")
    two.worker.submit(1, ask(1))
    two.done(1)
    one.worker.submit(1, ask(1, "hang"))
    gates.hanging("one")
    one.worker.submit(2, ask(2))
    two.worker.submit(2, Forget(1))
    two.done(2)
    assert gates.by["two"].forgotten == [1] and gates.by["one"].forgotten == [], "another's reply of that number"
    one.worker.submit(3, Forget(2))
    one.worker.submit(4, Forget(1))
    one.done(1, 2, 3, 4)
    assert one.said(2) == "", "it was forgotten before it was begun"
    assert one.said(1) == "one hang"


def test_of_pictures_that_wait_the_newest_counts(hub, gates):
    one = Place(hub, "one")
    one.worker.submit(1, ask(1, "hang"))
    gates.hanging("one")
    for ticket in range(2, 6):
        one.worker.submit(ticket, Look(ticket, b""))
    one.done(2, 3, 4)
    assert not one.of(5)
    gates.let_go()
    one.done(1, 5)


def test_a_picture_takes_the_place_only_of_one_in_which_the_same_is_looked_for(hub, gates):
    one = Place(hub, "one")
    one.worker.submit(1, ask(1, "hang"))
    gates.hanging("one")
    one.worker.submit(2, Look(2, b""))
    one.worker.submit(3, Look(3, b"", "bodies"))
    one.worker.submit(4, Look(4, b"", "text", "screen"))
    one.worker.submit(5, Look(5, b"", "text", "camera"))
    one.worker.submit(6, Look(6, b"", "text", "screen"))
    one.done(4)
    assert not any(one.of(ticket) for ticket in (2, 3, 5, 6))
    gates.let_go()
    one.done(1, 2, 3, 5, 6)


def test_too_much_that_waits_is_refused_and_sound_is_passed_over(gates):
    hub = in_thread("brain", gates, bounds=HubSettings(waiting=3))
    one = Place(hub, "one")
    one.worker.submit(1, ask(1, "hang"))
    gates.hanging("one")
    for ticket in range(2, 6):
        one.worker.submit(ticket, ask(ticket))
    one.worker.submit(6, listen(1))
    one.done(5, 6)
    assert one.error(5) == "3 jobs wait already, the limit" and one.error(6) is None
    gates.let_go()
    one.done(1, 2, 3, 4)
    hub.close()


def test_a_seat_that_leaves_takes_all_of_its_with_it_and_nothing_of_another_s(hub, gates):
    one, two = Place(hub, "one"), Place(hub, "two")
    one.worker.submit(1, ask(1, "hang"))
    gates.hanging("one")
    one.worker.submit(2, ask(2))
    two.worker.submit(1, ask(1))
    one.worker.close()
    assert hub.seats == 1 and not one.worker.restart()
    one.worker.submit(3, ask(3))
    gates.let_go()
    two.done(1)
    two.worker.submit(2, ask(2))
    two.done(2)
    assert gates.by["one"].closed and gates.by["one"].before == ["hang"]
    assert one.worker.collect() == [] and one.results == []
    assert not gates.by["two"].closed
    assert hub.behind() == 0


def test_begun_anew_a_seat_has_lost_its_state_and_the_others_have_not(hub, gates):
    one, two = Place(hub, "one"), Place(hub, "two")
    for place in (one, two):
        place.worker.submit(1, ask(1, "a"))
        place.done(1)
    first = gates.by["one"]
    assert one.worker.restart()
    for place in (one, two):
        place.worker.submit(2, ask(2, "b"))
        place.done(2)
    assert first.closed and one.said(2) == "one b" and two.said(2) == "two a b"
    assert hub.deaths == 0


def test_a_seat_whose_settings_are_wrong_is_told_and_no_other(importable):
    hub = in_process("brain", importable)
    hub.wait_ready()
    bad, good = Place(hub, "refuse"), Place(hub, "good")
    bad.worker.submit(1, ask(1))
    good.worker.submit(1, ask(1))
    good.done(1)
    bad.done(BROKEN)
    assert bad.error(BROKEN) == "ValueError: settings: refuse" and not bad.of(1)
    assert good.said(1) == "good hello"
    hub.close()


def test_a_child_that_dies_begins_anew_once_for_all(importable):
    hub = in_process("brain", importable, "two")
    hub.wait_ready()
    places = [Place(hub, name) for name in ("one", "two", "three")]
    for place in places:
        place.worker.submit(1, ask(1, "a"))
        place.done(1)
    os.kill(hub.line.worker.pid, signal.SIGKILL)
    for place in places:
        place.done(BROKEN)
        assert place.error(BROKEN) == "its process ended with status -9"
        place.worker.submit(2, ask(2, "b"))
        assert place.worker.restart()
    child = hub.line.worker.pid
    for place in places:
        place.worker.submit(3, ask(3, "c"))
    for place, name in zip(places, ("one", "two", "three"), strict=True):
        place.done(3)
        assert place.said(3) == f"{name} c" and not place.of(2)
    assert hub.line.worker.pid == child and hub.deaths == 1
    hub.close()


def test_a_seat_over_whose_jobs_it_dies_is_left_out_of_it(importable):
    hub = in_process("brain", importable)
    hub.wait_ready()
    bad, good = Place(hub, "bad"), Place(hub, "good")
    for time in range(2):
        bad.worker.submit(1, ask(1, "die"))
        for place in (bad, good):
            place.done(BROKEN)
            place.results.clear()
            assert place.worker.restart() == (place is good or time == 0)
        good.worker.submit(1, ask(1, "still"))
        good.done(1)
        assert good.said(1) == "good still"
    assert hub.deaths == 2
    hub.close()


def test_one_that_dies_again_and_again_is_given_up_until_somebody_comes(importable):
    hub = in_process("brain", importable, bounds=HubSettings(restarts=2, blame=99))
    hub.wait_ready()
    bad = Place(hub, "bad")
    alive = []
    for _ in range(3):
        bad.worker.submit(1, ask(1, "die"))
        bad.done(BROKEN)
        bad.results.clear()
        alive.append(bad.worker.restart())
    assert alive == [True, True, False] and not hub.standing
    fresh = Place(hub, "fresh")
    fresh.worker.submit(1, ask(1))
    fresh.done(1)
    assert fresh.said(1) == "fresh hello" and hub.standing
    hub.close()


@pytest.mark.parametrize("factory", ["shared_rig:make_refusing", "shared_rig:nothing"])
def test_one_that_cannot_start_says_why_and_is_not_tried_again(factory, importable):
    hub = in_process("voice", factory, "a")
    with pytest.raises(WorkerFailed, match=r"voice: .*(settings: a|nothing)"):
        hub.wait_ready()
    with pytest.raises(WorkerFailed, match="voice: closed"):
        hub.worker("one", None, lambda: None)
    assert hub.deaths <= 1


def test_a_thread_that_hangs_is_left_behind_for_all(hub, gates, monkeypatch):
    one, two = Place(hub, "one"), Place(hub, "two")
    two.worker.submit(1, ask(1, "a"))
    two.done(1)
    one.worker.submit(1, ask(1, "hang"))
    gates.hanging("one")
    two.worker.submit(2, ask(2))
    assert two.worker.restart() and hub.deaths == 0, "it is too early to say that it hangs"
    monkeypatch.setattr(lines.Pulse, "stopped", property(lambda pulse: pulse._given > pulse._done))
    two.worker.submit(3, ask(3, "b"))
    assert two.worker.restart() and hub.deaths == 1
    monkeypatch.undo()
    two.worker.submit(4, ask(4, "c"))
    two.done(4)
    assert two.said(4) == "two c"
    one.done(BROKEN)
    assert one.error(BROKEN) == "it gave no sign of life" and not two.of(BROKEN)
    assert one.worker.restart()
    first = gates.by["one"]
    one.worker.submit(2, ask(2, "d"))
    one.done(2)
    first.let_go.set()
    assert one.said(2) == "one d" and not one.of(1), "what the old thread still says is nobody's"


def test_seats_are_bounded_on_either_side(importable):
    hub = in_process("brain", importable, bounds=HubSettings(seats=4))
    hub.wait_ready()
    places = [Place(hub, str(n)) for n in range(4)]
    with pytest.raises(WorkerFailed, match="brain: at most 4 conversations share it"):
        hub.worker("5", None, lambda: None)
    for place in places:
        place.worker.submit(1, ask(1))
        place.until(lambda place=place: bool(place.results) and place.results[-1].done)
    assert places[3].error(BROKEN) == "ValueError: seats: at most 3"
    places[0].worker.close()
    assert places[3].worker.restart()
    places[3].worker.submit(2, ask(2))
    places[3].done(2)
    hub.close()


def test_one_ring_until_it_is_collected(hub):
    one = Place(hub, "one")
    for ticket in range(1, 5):
        one.worker.submit(ticket, ask(ticket))
    one.until(lambda: hub.behind() == 0)
    one.results += one.worker.collect()
    assert len([r for r in one.results if r.done]) == 4 and 1 <= one.rings <= 12

    def broken() -> None:
        raise RuntimeError("the loop is closed")

    one.worker._ring = broken
    one.worker.submit(5, ask(5))
    one.worker._ring = one.ring
    two = Place(hub, "two")
    two.worker.submit(1, ask(1))
    two.done(1)


def test_a_crew_works_with_seats_as_with_workers_of_its_own(importable):
    hub = in_process("recogniser", importable)
    hub.wait_ready()
    crews = []
    for name in ("one", "two"):
        bell = threading.Event()
        crews.append(Crew([hub.worker(name, name, bell.set)], bell, realtime=False))
    for crew in crews:
        crew.submit([listen(5), Keep(1)][:1], now=0)
    for crew in crews:
        assert crew.arrivals(ms(40)) == (Hypothesis(5, (), 0, False),)
    os.kill(hub.line.worker.pid, signal.SIGKILL)
    for crew in crews:
        crew.submit([listen(6)], now=ms(80))
        (fault,) = crew.arrivals(ms(120))
        assert isinstance(fault, Fault) and "begun anew" in fault.text
        crew.submit([listen(7)], now=ms(160))
    for crew in crews:
        assert Hypothesis(7, (), 0, False) in crew.arrivals(ms(200))
        crew.close()
    assert hub.seats == 0 and hub.deaths == 1
    hub.close()


def test_what_waits_for_room_keeps_nobody_waiting(hub, gates):
    one, two = Place(hub, "one"), Place(hub, "two")
    for place in (one, two):
        place.worker.submit(1, ask(1))
        place.done(1)
    gates.by["one"].room = False
    one.worker.submit(2, ask(2, "wait"))
    two.worker.submit(2, ask(2))
    two.done(2)
    assert not one.of(2)
    gates.by["one"].room = True
    two.worker.submit(3, ask(3))
    one.done(2)
    assert one.said(2) == "one hello wait" and gates.by["one"].tries == 2


def test_what_waits_for_room_is_dropped_when_its_seat_leaves(hub, gates):
    one, two = Place(hub, "one"), Place(hub, "two")
    one.worker.submit(1, ask(1))
    one.done(1)
    gate = gates.by["one"]
    gate.room = False
    one.worker.submit(2, ask(2, "wait"))
    two.worker.submit(1, ask(1))
    two.done(1)
    assert one.worker.restart()
    gate.room = True
    one.worker.submit(3, ask(3))
    one.done(3)
    assert one.said(3) == "one hello" and gate.tries == 1 and gate.closed and not one.of(2)


def test_direct_does_it_on_the_spot():
    hub = Direct("brain", Gates())
    one, two = Place(hub, "one"), Place(hub)
    one.worker.submit(1, ask(1))
    assert one.rings == 1 and two.rings == 0
    one.results = one.worker.collect()
    assert one.said(1) == "one hello" and one.results[-1] == Result(1, done=True)
    two.worker.submit(1, ask(1, "break"))
    two.results = two.worker.collect()
    assert two.error(1) == "OSError: a bad day"
    assert one.worker.restart()
    one.worker.submit(2, ask(2, "b"))
    one.results = one.worker.collect()
    assert one.said(2) == "one b" and hub.seats == 2
    one.worker.close()
    one.worker.abandon()
    assert hub.seats == 1
