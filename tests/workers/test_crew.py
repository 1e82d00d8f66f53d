from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from duetto.timeline.arrival import Arrival, Clause, Fault, Gist, Hypothesis, ReplyEnd
from duetto.timeline.clock import ms
from duetto.timeline.job import Ask, Context, Forget, Job, Keep, Listen, Spot
from duetto.workers.crew import Crew, CrewSettings
from duetto.workers.inline import InlineWorker
from duetto.workers.process import ProcessWorker
from duetto.workers.thread import ThreadWorker
from duetto.workers.worker import Worker, WorkerFailed


def listen(utterance: int = 1, quiet: bool = False) -> Listen:
    return Listen(utterance, 0, b"\0\0", quiet)


def ask(reply: int) -> Ask:
    return Ask(reply, "hello", "spoken", False, Context(0, 0))


class Echo:
    """Answers each Listen with its own utterance, and each Ask with a clause; breaks on utterance 13."""

    def handle(self, job: Job) -> Iterator[Arrival]:
        match job:
            case Listen(utterance=13):
                raise OSError("the microphone\nhas a cold")
            case Listen():
                yield Hypothesis(job.utterance, (), job.start, False)
            case Ask():
                yield Gist(job.reply, "whole")
                yield Clause(job.reply, 0, "Hello.")
                yield ReplyEnd(job.reply)
            case _:
                return

    def close(self) -> None:
        pass


def make_echo(settings: str) -> Echo:
    if "refuse" in settings:
        raise ValueError("settings: refuse")
    if "die" in settings:
        os._exit(3)
    return Echo()


class Hung(Echo):
    """Never returns until it is let go."""

    def __init__(self, let_go: threading.Event) -> None:
        self._let_go = let_go

    def handle(self, job: Job) -> Iterator[Arrival]:
        self._let_go.wait()
        yield from ()


@pytest.fixture
def importable(monkeypatch: pytest.MonkeyPatch) -> str:
    """Let a child process import this module. Returns the factory's name."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return f"{__name__}:make_echo"


def virtual(*workers: Worker, bell: threading.Event | None = None, **settings: object) -> Crew:
    chosen = CrewSettings(**settings)  # type: ignore[arg-type]
    return Crew(workers, bell or threading.Event(), realtime=False, settings=chosen)


def test_on_a_virtual_clock_a_result_arrives_after_its_charge_and_not_before() -> None:
    crew = virtual(InlineWorker("recogniser", Echo()))
    crew.submit([listen(quiet=True)], now=ms(80))
    assert not crew.settle(ms(80), ms(10)) and crew.arrivals(ms(80)) == ()
    assert crew.arrivals(ms(119)) == ()
    assert crew.arrivals(ms(120)) == (Hypothesis(1, (), 0, False),)
    assert crew.arrivals(ms(400)) == ()


def test_what_costs_nothing_settles_within_the_micro_turn() -> None:
    crew = virtual(InlineWorker("brain", Echo()))
    assert not crew.settle(0, ms(10)), "there is nothing to wait for"
    crew.submit([ask(1)], now=0)
    assert crew.settle(0, ms(10))
    assert crew.arrivals(0) == (Gist(1, "whole"), Clause(1, 0, "Hello."), ReplyEnd(1))
    assert not crew.settle(0, ms(10))


def test_words_settle_within_the_micro_turn_in_which_they_are_spoken() -> None:
    crew = virtual(InlineWorker("recogniser", Echo()))
    crew.submit([listen()], now=ms(40))
    assert crew.settle(ms(40), ms(10))
    assert crew.arrivals(ms(40)) == (Hypothesis(1, (), 0, False),)


def test_a_recogniser_that_is_behind_is_not_waited_for() -> None:
    let_go, bell = threading.Event(), threading.Event()
    crew = Crew([ThreadWorker("recogniser", lambda: Hung(let_go), bell)], bell, realtime=True)
    crew.submit([listen()], now=0)
    assert crew.quick(0)
    crew.submit([listen()], now=ms(40))
    assert not crew.quick(ms(40)) and not crew.settle(ms(40), ms(1000))
    let_go.set()
    crew.close()


def test_an_error_is_a_fault_of_one_job_and_recovery_is_told() -> None:
    crew = virtual(InlineWorker("recogniser", Echo()))
    crew.submit([listen(13), listen(2), listen(3)], now=0)
    broken, fine, again, last = crew.arrivals(ms(40))
    assert isinstance(broken, Fault) and "OSError: the microphone has a cold" in broken.text
    assert isinstance(fine, Hypothesis) and isinstance(last, Hypothesis)
    assert isinstance(again, Fault) and again.working


def test_nothing_arrives_from_a_reply_that_was_forgotten() -> None:
    crew = virtual(InlineWorker("brain", Echo()))
    crew.submit([ask(1), ask(2), Keep(2), Forget(1)], now=0)
    assert {a.reply for a in crew.arrivals(0) if isinstance(a, Gist | Clause | ReplyEnd)} == {2}


def test_a_part_that_is_missing_says_so_to_whoever_waits() -> None:
    crew = virtual()
    crew.submit([ask(7), listen()], now=0)
    assert crew.arrivals(0) == (Fault("brain", "no brain: there is none", reply=7),)


def test_a_thread_gives_the_same_at_the_same_media_time() -> None:
    bell = threading.Event()
    crew = virtual(ThreadWorker("recogniser", Echo, bell), bell=bell)
    for n in range(5):
        crew.submit([listen(n, quiet=True)], now=ms(n))
    assert [a.utterance for a in crew.arrivals(ms(42)) if isinstance(a, Hypothesis)] == [0, 1, 2]
    assert [a.utterance for a in crew.arrivals(ms(80)) if isinstance(a, Hypothesis)] == [3, 4]
    crew.close()


def test_a_hung_part_is_begun_anew_then_given_up_and_never_waited_for_again() -> None:
    bell, let_go = threading.Event(), threading.Event()
    crew = virtual(ThreadWorker("recogniser", lambda: Hung(let_go), bell), bell=bell, patience=0.02, restarts=1)
    crew.submit([listen()], now=0)
    (fault,) = crew.arrivals(ms(40))
    assert isinstance(fault, Fault) and fault.part == "recogniser" and "begun anew" in fault.text
    crew.submit([listen()], now=ms(80))
    (fault,) = crew.arrivals(ms(120))
    assert isinstance(fault, Fault) and "goes on without it" in fault.text
    crew.submit([listen()], now=ms(160))
    assert crew.arrivals(ms(200)) == ()
    let_go.set()
    crew.close()


class Noted(Hung):
    """Writes down what it is told to listen for."""

    def __init__(self, told: list[tuple[str, ...]], let_go: threading.Event) -> None:
        super().__init__(let_go)
        self._told = told

    def handle(self, job: Job) -> Iterator[Arrival]:
        if isinstance(job, Spot):
            self._told.append(job.phrases)
        else:
            yield from super().handle(job)


def test_a_recogniser_that_begins_anew_is_told_again_what_to_listen_for_and_that_is_no_sign_of_life() -> None:
    bell, let_go, told = threading.Event(), threading.Event(), []
    crew = virtual(ThreadWorker("recogniser", lambda: Noted(told, let_go), bell), bell=bell, patience=0.05, restarts=2)
    crew.submit([Spot(("um",)), Spot(("um", "like")), listen()], now=0)
    for turn, text in enumerate(("begun anew", "begun anew", "goes on without it"), start=1):
        faults = crew.arrivals(ms(80) * turn - ms(40))
        assert [fault.text.count(text) for fault in faults if isinstance(fault, Fault)] == [1]
        crew.submit([listen()], now=ms(80) * turn)
    assert told == [("um",), *[("um", "like")] * 3]
    let_go.set()
    crew.close()


def test_in_real_time_a_hang_is_found_by_media_time() -> None:
    bell, let_go = threading.Event(), threading.Event()
    crew = Crew([ThreadWorker("brain", lambda: Hung(let_go), bell)], bell, realtime=True)
    crew.submit([ask(4)], now=0)
    assert crew.arrivals(ms(9000)) == ()
    (fault,) = crew.arrivals(ms(10001))
    assert isinstance(fault, Fault) and fault.reply == 4
    let_go.set()
    crew.close()


def test_in_real_time_a_quick_part_is_waited_for_briefly() -> None:
    bell = threading.Event()
    crew = Crew([ThreadWorker("brain", Echo, bell)], bell, realtime=True)
    crew.submit([ask(1)], now=0)
    assert crew.settle(0, ms(5000))
    assert crew.arrivals(0)
    crew.close()


def test_a_part_that_falls_behind_is_sent_no_more_sound_for_now() -> None:
    bell, let_go = threading.Event(), threading.Event()
    crew = Crew(
        [ThreadWorker("recogniser", lambda: Hung(let_go), bell)],
        bell,
        realtime=True,
        settings=CrewSettings(most_jobs=3),
    )
    crew.submit([listen()] * 9, now=0)
    assert crew.behind() == {"recogniser": 3}
    let_go.set()
    crew.close()


def test_a_process_does_jobs_and_ends(importable: str) -> None:
    bell = threading.Event()
    worker = ProcessWorker("recogniser", importable, "{}", bell)
    worker.wait_ready()
    crew = virtual(worker, bell=bell)
    crew.submit([listen(5), listen(13)], now=0)
    hypothesis, fault = crew.arrivals(ms(40))
    assert hypothesis == Hypothesis(5, (), 0, False)
    assert isinstance(fault, Fault) and "OSError" in fault.text
    crew.close()


def test_a_process_that_dies_is_a_fault_and_begins_anew(importable: str) -> None:
    bell = threading.Event()
    worker = ProcessWorker("recogniser", importable, "{}", bell)
    worker.wait_ready()
    crew = virtual(worker, bell=bell)
    os.kill(worker.pid, signal.SIGKILL)
    crew.submit([listen(5)], now=0)
    (fault,) = crew.arrivals(ms(40))
    assert isinstance(fault, Fault) and "its process ended with status -9" in fault.text
    crew.submit([listen(6)], now=ms(80))
    arrivals = crew.arrivals(ms(120))
    assert Hypothesis(6, (), 0, False) in arrivals
    crew.close()


@pytest.mark.parametrize(
    ("settings", "why"), [("refuse", "settings: refuse"), ("die", "ended while starting, with status 3")]
)
def test_a_process_that_cannot_start_says_why(settings: str, why: str, importable: str) -> None:
    worker = ProcessWorker("voice", importable, settings, threading.Event())
    with pytest.raises(WorkerFailed, match=f"voice: .*{why}"):
        worker.wait_ready()


class Bell(threading.Event):
    """Rings as often as it is told to, each time after the next of `before` was done."""

    def __init__(self) -> None:
        super().__init__()
        self.before: list[Callable[[], None]] = []

    def wait(self, timeout: float | None = None) -> bool:
        if not self.before:
            return False
        self.before.pop(0)()
        return True


def test_what_yields_nothing_ends_no_wait() -> None:
    bell = Bell()
    brain = InlineWorker("brain", Echo())
    crew = Crew([brain], bell, realtime=True)
    done, held = brain.collect, []
    brain.collect = lambda: [held.pop(0)] if held else []  # type: ignore[method-assign]
    crew.submit([Keep(1), ask(2)], now=0)
    results = done()
    bell.before = [lambda: held.append(results[0]), lambda: held.extend(results[1:2])]
    assert crew.settle(0, ms(5000)), "the first ring was of Keep's end, the second of the answer"
    assert crew.arrivals(0) == (Gist(2, "whole"),) and not bell.before
    assert not crew.settle(0, ms(5000)), "nothing more rings"
