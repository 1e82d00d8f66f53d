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
from duetto.workers.child import SETTINGS_VARIABLE
from duetto.workers.worker import BROKEN, Result, WorkerFailed


class ProcessWorker:
    """Runs the handler that `factory` ("package.module:make_handler") builds from `settings` (JSON) in a child process.

    nice: added to the child's niceness, so that hearing and seeing never take a core from the tick. bell: set
    whenever a result is there. start_limit: seconds it may take to stand. Raises WorkerFailed when it does not.
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
        self._launch()

    def _launch(self) -> None:
        """Start the child without waiting for it to stand: several load side by side. See `wait_ready`."""
        command = [sys.executable, "-m", "duetto.workers.child", self._factory]
        if self._nice:
            command = ["nice", "-n", str(self._nice), *command]
        self._child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, SETTINGS_VARIABLE: self._settings, "OMP_NUM_THREADS": "1"},
        )
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        self._outbox: queue.SimpleQueue[frames.Order | None] = queue.SimpleQueue()
        self._standing = threading.Event()
        self._trouble: str | None = None
        for target in (self._read, self._write):
            threading.Thread(
                target=target,
                args=(self._child, self._results, self._outbox, self._standing),
                name=f"duetto-{self._part}-{target.__name__.strip('_')}",
                daemon=True,
            ).start()

    def wait_ready(self) -> None:
        """Return once the handler stands. Raises WorkerFailed when it does not within the limit."""
        deadline = Deadline(self._start_limit)
        if not self._standing.wait(deadline.left()):
            self._trouble = f"it did not start within {self._start_limit:g} s"
        if self._trouble is not None:
            self.close()
            raise WorkerFailed(f"{self._part}: {self._trouble}")

    @property
    def part(self) -> Part:
        return self._part

    @property
    def pid(self) -> int:
        """The child's process number."""
        return self._child.pid

    def submit(self, ticket: int, job: Job) -> None:
        self._outbox.put(frames.Order(ticket, job))

    def collect(self) -> list[Result]:
        results: list[Result] = []
        while True:
            try:
                results.append(self._results.get_nowait())
            except queue.Empty:
                return results

    def restart(self) -> bool:
        self.close()
        self._launch()
        return True

    def close(self) -> None:
        self._outbox.put(None)
        self._child.kill()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(timeout=2.0)

    # --- the child's two pipes, a thread each: a full pipe never blocks the tick ------------------------------

    def _read(
        self,
        child: subprocess.Popen[bytes],
        results: queue.SimpleQueue[Result],
        outbox: queue.SimpleQueue[frames.Order | None],
        standing: threading.Event,
    ) -> None:
        assert child.stdout is not None
        with child.stdout as pipe:
            try:
                while (body := frames.read(pipe)) is not None:
                    report = frames.decode_report(body)
                    if report.ticket == 0:
                        self._trouble = report.error
                        standing.set()
                    else:
                        results.put(Result(report.ticket, report.arrival, report.done, report.error))
                        self._bell.set()
            except (OSError, ValueError) as error:
                self._trouble = str(error)
        if not standing.is_set():
            self._trouble = self._trouble or "its process ended while starting"
            standing.set()
        outbox.put(None)
        results.put(Result(BROKEN, done=True, error=f"its process ended with status {child.wait()}"))
        self._bell.set()

    def _write(
        self,
        child: subprocess.Popen[bytes],
        results: queue.SimpleQueue[Result],
        outbox: queue.SimpleQueue[frames.Order | None],
        standing: threading.Event,
    ) -> None:
        assert child.stdin is not None
        with contextlib.suppress(OSError), child.stdin as pipe:
            while (order := outbox.get()) is not None:
                frames.write(pipe, order)
