"""A handler in a process of its own: for work that holds the interpreter lock, and for C libraries kept apart."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading

from duetto.timeline.clock import Deadline
from duetto.timeline.job import Job, Part
from duetto.workers import frames
from duetto.workers.worker import BROKEN, Result, WorkerFailed, drain


class ProcessWorker:
    """Runs the handler that `factory` ("package.module:make_handler") builds from `settings` (JSON) in a child process.

    nice: added to the child's niceness, so that hearing and seeing never take a core from the tick. bell: set
    whenever a result is there. start_limit: seconds it may take to stand; a child that takes longer is ended.
    """

    def __init__(
        self,
        part: Part,
        factory: str,
        settings: str,
        bell: threading.Event,
        *,
        nice: int = 0,
        start_limit: float = 30.0,
    ) -> None:
        self._part = part
        self._factory = factory
        self._settings = settings
        self._bell = bell
        self._nice = nice
        self._start_limit = start_limit
        self._run = self._launch()

    def _launch(self) -> _Run:
        """Start a child without waiting for it to stand: several load side by side. See `wait_ready`."""
        command = [sys.executable, "-m", "duetto.workers.child", self._factory]
        if self._nice:
            command = ["nice", "-n", str(self._nice), *command]
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            process_group=0,  # Ctrl-C is the session's to handle
        )
        run = _Run(child, self._part, self._bell, Deadline(self._start_limit))
        run.outbox.put(frames.Order(0, None, settings=self._settings))
        return run

    def wait_ready(self) -> None:
        """Return once the handler stands. Raises WorkerFailed when it does not within the limit."""
        run = self._run
        trouble = run.trouble if run.settled.wait(run.start.left()) else f"it did not start in {self._start_limit:g} s"
        if trouble is not None:
            self.close()
            raise WorkerFailed(f"{self._part}: {trouble}")

    @property
    def part(self) -> Part:
        return self._part

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._run.child.pid

    @property
    def standing(self) -> bool:
        return self._run.settled.is_set()

    @property
    def slow(self) -> bool:
        return False

    def submit(self, ticket: int, job: Job) -> None:
        self.order(frames.Order(ticket, job))

    def order(self, order: frames.Order) -> None:
        """Hand over an order as it is, for a child that many conversations share. Never blocks."""
        self._run.outbox.put(order)

    def collect(self) -> list[Result]:
        run = self._run
        if not run.settled.is_set() and run.start.passed():
            run.trouble = f"it did not start within {self._start_limit:g} s"
            run.child.kill()  # its end is a result
        return drain(run.results)

    def restart(self) -> bool:
        self.abandon()
        self._run = self._launch()
        return True

    def abandon(self) -> None:
        self._run.child.kill()
        self._run.outbox.put(None)

    def close(self) -> None:
        self.abandon()
        self._run.join(Deadline(2.0))


class _Run:
    """One child's life, with a thread for each of its two pipes: a full pipe never blocks the tick.

    A worker that begins anew gets a new one, so nothing that an old child or its threads still do reaches the new.
    start: until when it is to stand. settled: it stands, or never will; then `trouble` says why.
    """

    def __init__(self, child: subprocess.Popen[bytes], part: Part, bell: threading.Event, start: Deadline) -> None:
        self.child = child
        self.start = start
        self.settled = threading.Event()
        self.trouble: str | None = None
        self.results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self.outbox: queue.SimpleQueue[frames.Order | None] = queue.SimpleQueue()
        self._bell = bell
        self._threads = [
            threading.Thread(target=target, name=f"duetto-{part}-{name}", daemon=True)
            for target, name in ((self._read, "read"), (self._write, "write"))
        ]
        for thread in self._threads:
            thread.start()

    def join(self, deadline: Deadline) -> None:
        """Wait until the child and both threads have ended."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.child.wait(timeout=deadline.left())
        for thread in self._threads:
            thread.join(timeout=deadline.left())

    def _read(self) -> None:
        assert self.child.stdout is not None
        with self.child.stdout as pipe:
            try:
                while (body := frames.read(pipe)) is not None:
                    self._take(frames.decode_report(body))
            except (OSError, ValueError) as error:
                self.trouble = f"it sent what nobody can read: {error}"
        try:
            status = self.child.wait(timeout=1.0)
        except subprocess.TimeoutExpired:  # it closed its pipe, or sends nonsense, and lives
            self.child.kill()
            status = self.child.wait()
        if not self.settled.is_set():
            self.trouble = self.trouble or f"its process ended while starting, with status {status}"
        self.results.put(Result(BROKEN, done=True, error=self.trouble or f"its process ended with status {status}"))
        self.settled.set()
        self.outbox.put(None)
        self._bell.set()

    def _take(self, report: frames.Report) -> None:
        if report.ticket == 0:
            self.trouble = report.error
            self.settled.set()
        else:
            self.results.put(Result(report.ticket, report.arrival, report.done, report.error))
            self._bell.set()

    def _write(self) -> None:
        assert self.child.stdin is not None
        with contextlib.suppress(OSError), self.child.stdin as pipe:
            while (order := self.outbox.get()) is not None:
                frames.write(pipe, order)
