"""The terminal's keyboard, each key as it is struck."""

from __future__ import annotations

import atexit
import codecs
import os
import select
import sys
import termios
import threading
import tty
from typing import Final, Generic, TypeVar

from duetto.media.keys_file import KeyInput
from duetto.media.line_editor import LineEditor
from duetto.media.problem import MediaError, Notices
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import Clock
from duetto.timeline.stream import StreamFull

FAREWELL_S: Final = 1.0
"""Seconds that closing waits for the reading thread."""
_END_OF_TYPING: Final = "\x04"

In = TypeVar("In", bound=KeyInput)


class KeyboardFeeder(Generic[In]):
    """Feeds keystrokes into an input, from a thread of its own, each at the media time of its coming.

    Puts the terminal into cbreak mode without echo, and back as it was on `close` (and when Python ends). Ctrl-C
    stays what it is; Ctrl-D ends the typing. descriptor: of the terminal, standard input by default. The first
    `feed` is the moment from which keys count. Raises MediaError when it is no terminal.
    """

    def __init__(self, into: In, *, clock: Clock, descriptor: int | None = None) -> None:
        self.input = into
        self._clock = clock
        self._descriptor = _standard_input() if descriptor is None else descriptor
        if not os.isatty(self._descriptor):
            raise MediaError("keys", "standard input", "it is no terminal, so no keys can be read from it")
        self._notices = Notices("keys")
        self._editor = LineEditor()
        self._live = False
        self._finished = False
        self._lock = threading.Lock()
        self._before = termios.tcgetattr(self._descriptor)
        tty.setcbreak(self._descriptor)
        atexit.register(self._restore)
        self._wake, self._waker = os.pipe()
        self._thread = threading.Thread(target=self._run, name="keyboard", daemon=True)
        self._thread.start()

    def feed(self, until: int) -> None:
        """Nothing, but the first time: keys count from now on."""
        self._live = True

    def _run(self) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while True:
            ready, _, _ = select.select([self._descriptor, self._wake], [], [])
            if self._wake in ready:
                break
            try:
                sent = os.read(self._descriptor, 4096)
            except OSError:
                sent = b""  # the terminal was closed
            if not sent:
                self._notices.add("the terminal was closed; no keys from now on")
                break
            text, end, _ = decoder.decode(sent).partition(_END_OF_TYPING)
            if self._live:
                self._push(text)
            if end:
                break
        self._end()

    def _push(self, text: str) -> None:
        for key in self._editor.keys(text, self._clock.now()):
            try:
                self.input.push(key)
            except StreamFull:
                self._notices.add("keys came faster than they could be taken; some were lost")
                return

    def _end(self) -> None:
        with self._lock:
            if not self._finished:
                self._finished = True
                self.input.close()

    @property
    def finished(self) -> bool:
        """Typing has ended."""
        return self._finished

    def notices(self) -> tuple[Fault, ...]:
        """Problems since the last call."""
        return self._notices.fetch()

    def _restore(self) -> None:
        try:
            termios.tcsetattr(self._descriptor, termios.TCSADRAIN, self._before)
        except (termios.error, OSError):
            pass  # the terminal is no more

    def close(self) -> None:
        """Stop reading, and leave the terminal as it was."""
        if self._waker < 0:
            return
        os.write(self._waker, b".")
        self._thread.join(FAREWELL_S)
        os.close(self._waker)
        if not self._thread.is_alive():
            os.close(self._wake)
        self._waker = -1
        self._restore()
        atexit.unregister(self._restore)
        self._end()


def _standard_input() -> int:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        raise MediaError("keys", "standard input", "it is closed") from None
