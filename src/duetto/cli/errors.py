"""How a command fails: one clear line, and an exit status that tells what kind of failure it was."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import typer

BAD_INPUT: Final = 2
"""A file, a setting or a device cannot be used."""
INTERRUPTED: Final = 130
"""Ended by Ctrl-C (128 + SIGINT), as shells have it."""
DIFFERENT: Final = 1
"""A check was done and did not hold."""
INCOMPLETE: Final = 1
"""What a session leaves behind could not be written to its end."""


def fail(text: str, status: int = BAD_INPUT) -> NoReturn:
    """End the command with one line on standard error."""
    sys.stderr.write(f"duetto: {' '.join(text.split())}\n")
    raise typer.Exit(status)


@contextmanager
def clear_errors() -> Iterator[None]:
    """What is wrong with the user's input becomes one line, without a traceback; so does Ctrl-C.

    For a command's preparations, where a ValueError means a wrong value; an error in the midst of a session is ours.
    """
    try:
        yield
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)
    except (ValueError, OSError, ImportError) as error:
        fail(_in_words(error))
    except Exception as error:
        from duetto.recording.errors import RecordingError
        from duetto.workers.worker import WorkerFailed

        if isinstance(error, RecordingError | WorkerFailed):
            fail(str(error))
        raise


@contextmanager
def clear_ending() -> Iterator[None]:
    """For a session while it runs: a second Ctrl-C, and files that cannot be ended, become one line each."""
    try:
        yield
    except KeyboardInterrupt:
        fail("interrupted", INTERRUPTED)
    except ExceptionGroup as group:
        from duetto.recording.errors import RecordingError

        _, ours = group.split((OSError, RecordingError))
        if ours is not None:
            raise
        fail("; ".join(map(_in_words, _leaves(group))), INCOMPLETE)


def _in_words(error: BaseException) -> str:
    """What happened, and to which file, without the number that the operating system gives it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error) or type(error).__name__


def _leaves(group: BaseExceptionGroup) -> Iterator[BaseException]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error
