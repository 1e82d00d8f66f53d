"""A seat of a shared worker with a bell of its own, and a handler that does what an Ask's words say."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

from duetto.timeline.arrival import Arrival, Clause, Gist, Hypothesis, ReplyEnd
from duetto.timeline.clock import Deadline
from duetto.timeline.job import Ask, Context, Forget, Job, Listen
from duetto.workers.many import ManyHandler, NotNow
from duetto.workers.worker import Result

LONG_S = 20.0
"""Seconds after which a test gives up; nothing waits so long unless it is broken."""


def ask(reply: int, text: str = "hello") -> Ask:
    return Ask(reply, text, "spoken", False, Context(0, 0))


def listen(utterance: int) -> Listen:
    return Listen(utterance, 0, b"\0\0")


class Echo:
    """Says its settings, and the words it was asked before. "break", "die", "exit": what it then does."""

    def __init__(self, settings: str = "") -> None:
        if settings == "refuse":
            raise ValueError("settings: refuse")
        self.settings = settings
        self.before: list[str] = []
        self.closed = False

    def handle(self, job: Job) -> Iterator[Arrival]:
        match job:
            case Ask(text="break"):
                yield Gist(job.reply, "whole")
                raise OSError("a bad\nday")
            case Ask(text="exit"):
                raise SystemExit(3)
            case Ask(text="die"):
                os._exit(7)
            case Ask():
                yield Clause(job.reply, len(self.before), " ".join([self.settings, *self.before, job.text]).strip())
                self.before.append(job.text)
                yield ReplyEnd(job.reply)
            case Listen():
                yield Hypothesis(job.utterance, (), job.start, False)
            case _:
                return

    def close(self) -> None:
        self.closed = True


def make_many(settings: str) -> ManyHandler:
    """For a child process."""
    return ManyHandler(Echo, lanes=2 if "two" in settings else 1, most=3)


def make_refusing(settings: str) -> ManyHandler:
    raise ValueError(f"settings: {settings}")


class Gate(Echo):
    """As `Echo`, but "hang" waits until it is let go, and "wait" until there is room."""

    def __init__(self, settings: str = "", log: list[tuple[str, int]] | None = None) -> None:
        super().__init__(settings)
        self.log = [] if log is None else log
        self.began = threading.Event()
        self.let_go = threading.Event()
        self.forgotten: list[int] = []
        self.room = True
        self.tries = 0

    def handle(self, job: Job) -> Iterator[Arrival]:
        if isinstance(job, Ask):
            self.log.append((self.settings, job.reply))
        match job:
            case Ask(text="hang"):
                self.began.set()
                assert self.let_go.wait(LONG_S)
            case Ask(text="wait"):
                self.tries += 1
                if not self.room:
                    raise NotNow(lambda: self.room)
            case Forget():
                self.forgotten.append(job.reply)
                if job.reply == 1:
                    self.let_go.set()
        yield from super().handle(job)


class Gates:
    """Makes handlers and keeps them by their settings."""

    def __init__(self) -> None:
        self.by: dict[str, Gate] = {}
        self.log: list[tuple[str, int]] = []
        """Whose replies were begun, in that order."""
        self._made = threading.Condition()

    def __call__(self, settings: str) -> Gate:
        with self._made:
            self.by[settings] = gate = Gate(settings, self.log)
            self._made.notify_all()
        return gate

    def hanging(self, settings: str) -> Gate:
        """That one, when it hangs."""
        with self._made:
            assert self._made.wait_for(lambda: settings in self.by, LONG_S)
        assert self.by[settings].began.wait(LONG_S)
        return self.by[settings]

    def let_go(self) -> None:
        for gate in self.by.values():
            gate.let_go.set()


class Place:
    """A conversation's seat at a hub, and what has come back."""

    def __init__(self, hub, settings: str | None = None, name: str = "s") -> None:
        self.bell = threading.Event()
        self.results: list[Result] = []
        self.rings = 0
        self.worker = hub.worker(name, settings, self.ring)

    def ring(self) -> None:
        self.rings += 1
        self.bell.set()

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

    def said(self, ticket: int) -> str:
        return " ".join(r.arrival.text for r in self.of(ticket) if isinstance(r.arrival, Clause))

    def error(self, ticket: int) -> str | None:
        return next(r.error for r in self.of(ticket) if r.done)
