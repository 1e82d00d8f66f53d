"""Several processes that serve behind one port, and a parent that starts them, restarts one that died, and ends them.

Each binds the port itself with SO_REUSEPORT, so that the system spreads connections over those that live, and none wait
on one that died. The parent holds the port too, but does not listen on it.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import FrameType
from typing import Any, Final, Literal

from duetto.timeline.clock import NS_PER_S, Deadline, Stopwatch

log = logging.getLogger("duetto.server")

WELL_S: Final = 60.0
"""Seconds after which a process that lives counts as well: if it dies then, it is restarted at once."""
FIRST_PAUSE_S: Final = 0.5
MOST_PAUSE_S: Final = 30.0
"""Pause before a process that died early is restarted; it doubles each time."""
KILL_S: Final = 10.0
"""Seconds beyond the drain after which a process that has not ended is killed."""


@dataclass(frozen=True)
class Place:
    """A process's place among the others, in the process itself. parent: is at its end when the parent has died."""

    index: int
    count: int
    parent: Connection

    @property
    def mark(self) -> str:
        """Letters that ids made in this process begin with, by which it is found; "" where it is the only one."""
        return mark_of(self.index) if self.count > 1 else ""

    def ready(self) -> None:
        """Connections are accepted."""
        with contextlib.suppress(OSError):
            self.parent.send_bytes(b"ready")


def mark_of(index: int) -> str:
    return f"{index:02x}"


class _Child:
    """One of the processes, as its parent sees it."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.process: BaseProcess | None = None
        self.pipe: Connection | None = None
        self.ready = False
        self.pause = FIRST_PAUSE_S
        self.again: Deadline | None = None
        self._lives = Stopwatch()

    def start(self, run: Callable[..., None], arguments: tuple[Any, ...], count: int) -> None:
        context = multiprocessing.get_context("spawn")  # no threads, locks or sockets of the parent's come along
        ours, theirs = context.Pipe()
        place = Place(self.index, count, theirs)
        self.process = context.Process(target=_begin, args=(run, place, arguments), name=f"duetto-{self.index}")
        self.pipe, self.ready, self.again, self._lives = ours, False, None, Stopwatch()
        self.process.start()
        theirs.close()

    def died(self) -> int:
        """It has ended: reap it. Returns its exit code."""
        assert self.process is not None
        self.process.join()
        code = self.process.exitcode or 0
        self.close()
        if self._lives.wall_ns() > WELL_S * NS_PER_S:
            self.pause = FIRST_PAUSE_S
        self.again = Deadline(self.pause)
        self.pause = min(MOST_PAUSE_S, 2 * self.pause)
        return code

    def close(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None
        if self.pipe is not None:
            self.pipe.close()
            self.pipe = None


def supervise(
    count: int,
    run: Callable[..., None],
    *arguments: Any,
    drain_s: float,
    started: Callable[[], None] = lambda: None,
) -> int:
    """Run `run(place, *arguments)` in so many processes until SIGTERM or SIGINT; then end them all.

    run, arguments: what `pickle` takes. started: is called once, when all are ready. Returns the exit status: 1 when
    one could not even begin, or had to be killed.
    """
    children = [_Child(index) for index in range(count)]
    with _signals() as woken:
        try:
            for child in children:
                child.start(run, arguments, count)
            announced = False
            while not woken.number:
                _watch(children, woken.pipe)
                if not announced and all(child.ready for child in children):
                    announced = True
                    started()
                if not _revive(children, run, arguments, announced):
                    return 1
            return _end(children, woken, drain_s)
        finally:
            for child in children:
                if child.process is not None and child.process.is_alive():
                    child.process.kill()
                    child.process.join()
                child.close()


def _watch(children: list[_Child], pipe: int) -> None:
    """Wait until one has died, is ready, is to be restarted, or a signal has come."""
    pauses = [child.again.left() for child in children if child.again is not None]
    sentinels = [child.process.sentinel for child in children if child.process is not None]
    pipes = [child.pipe for child in children if child.pipe is not None and not child.ready]
    wait([pipe, *sentinels, *pipes], min(pauses, default=None))
    for child in children:
        if child.pipe is not None and not child.ready and child.pipe.poll():
            try:
                child.pipe.recv_bytes()
                child.ready = True
            except (EOFError, OSError):
                child.pipe.close()
                child.pipe = None


def _revive(children: list[_Child], run: Callable[..., None], arguments: tuple[Any, ...], announced: bool) -> bool:
    """Restart what has died, in its time. False when one died before all had begun: another try would not help."""
    for child in children:
        if child.process is not None and not child.process.is_alive():
            code = child.died()
            if not announced:
                log.error("process %d could not begin (exit code %d)", child.index, code)
                return False
            assert child.again is not None
            log.error("process %d died (exit code %d); restarted in %.1f s", child.index, code, child.again.left())
        elif child.process is None and (child.again is None or child.again.passed()):
            child.start(run, arguments, len(children))
    return True


def _end(children: list[_Child], woken: _Woken, drain_s: float) -> int:
    """Ask all to drain, wait, and kill what is left. A further signal is passed on: it hurries them."""
    status = 0
    deadline = Deadline(drain_s + KILL_S)
    told = 0
    while living := [child.process for child in children if child.process is not None and child.process.is_alive()]:
        if told != woken.count:
            told = woken.count
            for process in living:
                process.terminate()
        if deadline.passed():
            log.error("%d processes did not end in time and are killed", len(living))
            return 1
        wait([woken.pipe, *(process.sentinel for process in living)], deadline.left())
        woken.clear()
    for child in children:
        if child.process is not None and child.process.exitcode not in (0, -signal.SIGTERM):  # it was hurried
            status = 1
    return status


# --- signals --------------------------------------------------------------------------------------------------------


class _Woken:
    """The first signal, how many came, and a file descriptor that is readable when one has."""

    def __init__(self) -> None:
        self.number: int | Literal[0] = 0
        self.count = 0
        self.pipe, self._write = os.pipe()
        os.set_blocking(self.pipe, False)
        os.set_blocking(self._write, False)

    def on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.number = self.number or number
        self.count += 1
        with contextlib.suppress(BlockingIOError):
            os.write(self._write, b"!")

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self.pipe, 4096)

    def close(self) -> None:
        os.close(self.pipe)
        os.close(self._write)


@contextlib.contextmanager
def _signals() -> Iterator[_Woken]:
    woken = _Woken()
    before = {number: signal.signal(number, woken.on_signal) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield woken
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        woken.close()


def _begin(run: Callable[..., None], place: Place, arguments: tuple[Any, ...]) -> None:
    """The life of a child. Ctrl-C in a terminal reaches it too, but ending it is its parent's affair."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run(place, *arguments)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"duetto: {error}\n")
        sys.exit(1)
