"""A session under a command: what it is shown in, how it is kept, and how Ctrl-C ends it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from duetto.models.model import Observer


class Stoppable(Protocol):
    """What can be asked to end soon, as a `Session`."""

    def stop(self) -> None: ...


class Interruption:
    """Whether, and by which signal, the user ended a session."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def status(self) -> int:
        """The exit status that goes with it, 0 for none."""
        return 128 + self.signal if self.signal else 0


@contextmanager
def stopped_by_signals(session: Stoppable) -> Iterator[Interruption]:
    """Within: Ctrl-C or SIGTERM ends the session after its present micro-turn, whole; a second Ctrl-C at once."""
    interruption = Interruption()

    def on_signal(number: int, _frame: FrameType | None) -> None:
        if interruption.signal is not None:
            raise KeyboardInterrupt
        interruption.signal = number
        session.stop()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def displays(*, quiet: bool, partials: bool, total: int | None) -> list[Observer]:
    """Observers for this terminal: lanes where there is one, else lines, with a bar where errors go to a terminal.

    total: media time (ns) at which the input ends, if it does.
    """
    from rich.console import Console

    from duetto.terminal.lanes import LiveLanes
    from duetto.terminal.lines import PlainLines
    from duetto.terminal.progress import ProgressBar

    console, errors = Console(), Console(stderr=True)
    if not quiet and console.is_terminal and not partials:
        return [LiveLanes(console, total=total)]
    shown: list[Observer] = []
    if not quiet:
        shown.append(PlainLines(_print_line, partials=partials))
    if total and errors.is_terminal and (quiet or not console.is_terminal):
        shown.append(ProgressBar(errors, total))
    return shown


@contextmanager
def starting(*, quiet: bool) -> Iterator[None]:
    """Within: says that the parts are starting, where errors go to a terminal. It takes a few seconds."""
    from rich.console import Console

    errors = Console(stderr=True)
    if quiet or not errors.is_terminal:
        yield
        return
    with errors.status("starting recogniser, voice, brain and vision …"):
        yield


def _print_line(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def folder(out: Path) -> Path:
    """A folder to write to, made if need be. Raises OSError that names it."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise NotADirectoryError(f"--out: {out} is not a folder") from None
    except OSError as error:
        raise OSError(f"--out: {out} cannot be made: {error.strerror}") from None
    return out
