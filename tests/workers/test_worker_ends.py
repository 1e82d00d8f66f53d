"""How workers end and begin anew: nothing is waited for without bound, nothing stays behind, nothing old gets in."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from duetto.timeline.arrival import Arrival, Fault, Hypothesis
from duetto.timeline.clock import Deadline, ms, s
from duetto.timeline.job import Job, Listen, Part
from duetto.workers import frames
from duetto.workers.crew import Crew, CrewSettings
from duetto.workers.process import ProcessWorker
from duetto.workers.thread import ThreadWorker
from duetto.workers.worker import BROKEN, Result


def listen(utterance: int = 1) -> Listen:
    return Listen(utterance, 0, b"\0\0")


def heard(utterance: int) -> Hypothesis:
    return Hypothesis(utterance, (), 0, False)


class Moody:
    """Answers; utterance 1 ends its process with status 7, 2 waits for ever, 3 writes nonsense for a report."""

    def handle(self, job: Job) -> Iterator[Arrival]:
        assert isinstance(job, Listen)
        match job.utterance:
            case 1:
                os._exit(7)
            case 2:
                threading.Event().wait()
            case 3:
                for number in range(3, 64):  # one of them is the pipe of reports
                    with contextlib.suppress(OSError):
                        os.write(number, b"\x02\0\0\0\xc1\xc1")
            case 4:
                sys.exit("no more")
        yield heard(job.utterance)

    def close(self) -> None:
        pass


def make_moody(settings: str) -> Moody:
    if "sleep" in settings:
        threading.Event().wait()
    return Moody()


@pytest.fixture
def bell() -> threading.Event:
    return threading.Event()


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    return f"{__name__}:make_moody"


def collect(worker: ProcessWorker, bell: threading.Event, until: int) -> list[Result]:
    """What comes until there is a last result for the ticket `until`."""
    deadline = Deadline(20)
    found: list[Result] = []
    while not any(result.ticket == until and result.done for result in found):
        assert not deadline.passed(), found
        bell.clear()
        found += worker.collect()
        bell.wait(0.05)
    return found


def our_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("duetto-")]


class Fake:
    """A recogniser's worker whose results and state a test sets."""

    part: Part = "recogniser"

    def __init__(self) -> None:
        self.standing = True
        self.restarts = 0
        self.abandoned = False
        self.results: list[Result] = []
        self.tickets: list[int] = []

    def submit(self, ticket: int, job: Job) -> None:
        self.tickets.append(ticket)

    def collect(self) -> list[Result]:
        results, self.results = self.results, []
        return results

    def restart(self) -> bool:
        self.restarts += 1
        return True

    def abandon(self) -> None:
        self.abandoned = True

    def close(self) -> None:
        raise OSError("it clings to life")


# --- processes ------------------------------------------------------------------------------------------------


def test_closing_ends_the_child_and_both_threads_even_when_it_hangs(factory: str, bell: threading.Event) -> None:
    worker = ProcessWorker("recogniser", factory, "{}", bell)
    worker.wait_ready()
    for _ in range(200):  # more than a pipe holds: the writing thread is stuck
        worker.submit(1, Listen(2, 0, bytes(64_000)))
    worker.close()
    worker.close()
    assert our_threads() == []
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


def test_nothing_of_the_old_child_reaches_the_new_one(factory: str, bell: threading.Event) -> None:
    worker = ProcessWorker("recogniser", factory, "{}", bell)
    first = worker.pid
    worker.restart()  # while the first one still starts
    worker.submit(1, listen(5))
    assert collect(worker, bell, 1) == [Result(1, heard(5)), Result(1, done=True)]
    worker.wait_ready()  # the first one's end is not this one's trouble
    worker.submit(2, listen(2))
    worker.restart()
    worker.submit(3, listen(6))
    assert collect(worker, bell, 3) == [Result(3, heard(6)), Result(3, done=True)]
    assert worker.pid != first
    worker.close()


@pytest.mark.parametrize(
    ("utterance", "why"),
    [(1, "its process ended with status 7"), (3, "it sent what nobody can read")],
)
def test_a_child_that_breaks_is_said_to_be_broken(
    factory: str, bell: threading.Event, utterance: int, why: str
) -> None:
    worker = ProcessWorker("recogniser", factory, "{}", bell)
    worker.submit(1, listen(utterance))
    broken = [result for result in collect(worker, bell, BROKEN) if result.ticket == BROKEN]
    assert len(broken) == 1 and why in (broken[0].error or "")
    worker.close()
    assert our_threads() == []


def test_a_library_that_calls_exit_ends_its_job_only(factory: str, bell: threading.Event) -> None:
    worker = ProcessWorker("recogniser", factory, "{}", bell)
    worker.submit(1, listen(4))
    worker.submit(2, listen(5))
    assert collect(worker, bell, 2) == [
        Result(1, done=True, error="SystemExit: no more"),
        Result(2, heard(5)),
        Result(2, done=True),
    ]
    worker.close()


def test_a_child_that_never_stands_is_ended(factory: str, bell: threading.Event) -> None:
    worker = ProcessWorker("recogniser", factory, "sleep", bell, start_limit=0.3)
    assert not worker.standing
    (result,) = collect(worker, bell, BROKEN)
    assert result.error == "it did not start within 0.3 s"
    worker.close()


def test_settings_may_be_longer_than_an_environment_takes(factory: str, bell: threading.Event) -> None:
    worker = ProcessWorker("recogniser", factory, "{}" + " " * 3_000_000, bell)
    worker.wait_ready()
    worker.submit(4, listen(9))
    assert collect(worker, bell, 4)
    worker.close()


@pytest.mark.parametrize("settings", ["sleep", "{}"])
def test_a_child_ends_when_its_parent_has_gone(factory: str, settings: str) -> None:
    command = [sys.executable, "-m", "duetto.workers.child", factory]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        frames.write(child.stdin, frames.Order(0, None, settings=settings))
        if settings == "{}":
            assert frames.read(child.stdout) is not None
            frames.write(child.stdin, frames.Order(1, listen(2)))  # it hangs
        child.stdin.close()
        assert child.wait(timeout=20) == 0
        assert child.stderr.read() == b""


def test_ctrl_c_in_the_terminal_does_not_reach_a_child(factory: str, bell: threading.Event) -> None:
    worker = ProcessWorker("recogniser", factory, "{}", bell)
    assert os.getpgid(worker.pid) != os.getpgid(0)
    worker.close()


# --- threads --------------------------------------------------------------------------------------------------


def test_an_abandoned_thread_does_no_more_jobs_and_ends(bell: threading.Event) -> None:
    let_go, begun = threading.Event(), threading.Event()
    done: list[object] = []

    class Slow:
        def handle(self, job: Job) -> Iterator[Arrival]:
            begun.set()
            let_go.wait()
            done.append(job)
            yield heard(1)

        def close(self) -> None:
            done.append("closed")

    worker = ThreadWorker("vision", Slow, bell)
    for ticket in (1, 2, 3):
        worker.submit(ticket, listen())
    begun.wait()
    old = [thread for thread in threading.enumerate() if thread.name.startswith("duetto-vision")]
    worker.restart()
    let_go.set()
    for thread in old:
        thread.join(timeout=5)
        assert not thread.is_alive()
    assert len(done) == 1
    worker.submit(4, listen())
    worker.close()
    assert our_threads() == []
    assert done[-1] == "closed"


# --- the crew -------------------------------------------------------------------------------------------------


def live(*workers: Fake, **settings: int) -> Crew:
    return Crew(workers, threading.Event(), realtime=True, settings=CrewSettings(**settings))  # type: ignore[arg-type]


def test_a_part_that_starts_anew_slowly_is_not_taken_for_hanging() -> None:
    worker = Fake()
    crew = live(worker)
    crew.submit([listen()], now=0)
    (fault,) = crew.arrivals(s(4))
    assert isinstance(fault, Fault) and "begun anew" in fault.text
    worker.standing = False
    crew.submit([listen(2)], now=s(4))
    assert crew.arrivals(s(7.5)) == () and crew.arrivals(s(12)) == ()
    worker.standing = True
    assert crew.arrivals(s(14)) == ()
    worker.results = [Result(worker.tickets[-1], heard(2)), Result(worker.tickets[-1], done=True)]
    hypothesis, again = crew.arrivals(s(14.5))
    assert hypothesis == heard(2) and isinstance(again, Fault) and again.working
    assert worker.restarts == 1


def test_a_part_that_is_slow_but_answers_is_not_taken_for_hanging() -> None:
    worker = Fake()
    crew = live(worker)
    crew.submit([listen(n) for n in range(4)], now=0)
    for n in range(4):
        worker.results = [Result(worker.tickets[n], heard(n)), Result(worker.tickets[n], done=True)]
        assert crew.arrivals(s(2 * n + 2)) == (heard(n),)
    assert worker.restarts == 0


def test_what_was_done_before_a_part_broke_is_not_lost() -> None:
    worker = Fake()
    crew = live(worker)
    crew.submit([listen(1), listen(2)], now=0)
    first, second = worker.tickets
    worker.results = [
        Result(first, heard(1)),
        Result(first, done=True),
        Result(BROKEN, done=True, error="its process ended with status 7"),
        Result(second, heard(2)),
    ]
    hypothesis, *late, fault = crew.arrivals(ms(80))
    assert hypothesis == heard(1)
    assert fault == Fault("recogniser", "the recogniser broke: its process ended with status 7; it was begun anew"), (
        "and it does not work again yet"
    )
    assert late == [heard(2)]
    assert crew.arrivals(ms(160)) == ()


def test_a_part_that_is_given_up_is_ended_and_named_once() -> None:
    worker = Fake()
    crew = live(worker, restarts=0)
    crew.submit([listen()], now=0)
    (fault,) = crew.arrivals(s(4))
    assert isinstance(fault, Fault) and fault.text.endswith("gave no answer for 3 s; the session goes on without it")
    assert worker.abandoned
    worker.results = [Result(BROKEN, done=True, error="its process ended with status -9")]
    assert crew.arrivals(s(5)) == ()


def test_all_are_closed_even_when_one_cannot_be(bell: threading.Event) -> None:
    other = ThreadWorker("vision", Moody, bell)
    crew = Crew([Fake(), other], bell, realtime=True)
    with pytest.raises(ExceptionGroup, match="workers could not be closed"):
        crew.close()
    assert our_threads() == []


def test_a_killed_child_is_found_without_any_job(factory: str, bell: threading.Event) -> None:
    worker = ProcessWorker("recogniser", factory, "{}", bell)
    worker.wait_ready()
    crew = Crew([worker], bell, realtime=True)
    os.kill(worker.pid, signal.SIGKILL)
    bell.wait(10)
    (fault,) = crew.arrivals(0)
    assert isinstance(fault, Fault) and "ended with status -9; it was begun anew" in fault.text
    crew.submit([listen(5)], now=0)
    worker.wait_ready()
    bell.clear()
    found: list[Arrival] = []
    deadline = Deadline(20)
    while not found and not deadline.passed():
        bell.wait(0.05)
        found += crew.arrivals(ms(80))
    assert found[0] == heard(5)
    crew.close()
