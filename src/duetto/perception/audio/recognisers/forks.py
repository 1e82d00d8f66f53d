"""Copies of one recogniser, each in a process of its own, forked from a `template` in milliseconds."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from typing import IO, Final, cast

from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.perception.audio.recognisers.template import END, FORK, REQUEST, Heard, Step, decode_heard
from duetto.timeline.clock import Deadline
from duetto.workers import frames

START_LIMIT_S: Final = 60.0
"""Seconds that a recogniser may take to be built."""
FORK_LIMIT_S: Final = 10.0
"""Seconds that a copy of it may take."""
STEP_LIMIT_S: Final = 10.0
"""Seconds that a copy may take for one piece of sound; one that takes longer is ended."""


class EarLost(RuntimeError):
    """A copy has ended, or hangs, or could not be made: what it had heard of its utterance is lost."""


class Ear:
    """One copy, from the outside. Not for several threads at once. used: utterances it has heard."""

    def __init__(self, template: Template, number: int, own: socket.socket) -> None:
        own.settimeout(STEP_LIMIT_S)
        self.number = number
        self.used = 0
        self._template = template
        self._socket = own
        self._reader, self._writer = own.makefile("rb"), own.makefile("wb")

    def take(self, step: Step) -> Heard:
        """Have it do a step. Raises EarLost; the ear is of no use then, and to be closed."""
        self.used += step.at is not None
        try:
            frames.write(self._writer, step)
            body = frames.read(self._reader)
        except TimeoutError:
            raise EarLost(f"it took longer than {STEP_LIMIT_S:g} s") from None
        except (OSError, ValueError) as error:
            raise EarLost(f"its process cannot be reached: {error}") from error
        if body is None:
            raise EarLost("its process ended")
        return decode_heard(body)

    def close(self) -> None:
        """End it, also when it hangs."""
        for side in (self._writer, self._reader, self._socket):
            with contextlib.suppress(OSError):
                side.close()
        self._template.end(self.number)


class Template:
    """The process that copies are made of. Raises ValueError with its reason if the recogniser cannot be built."""

    def __init__(self, settings: RecogniserSettings) -> None:
        self._lock = threading.Lock()
        self._control, far = socket.socketpair()
        module = "duetto.perception.audio.recognisers.template"
        with far:
            self._process = subprocess.Popen([sys.executable, "-m", module, str(far.fileno())], pass_fds=[far.fileno()])
        self._control.settimeout(START_LIMIT_S)
        try:
            frames.write_body(self._control.makefile("wb"), frames.encode(settings))
            body = frames.read(cast("IO[bytes]", self._control.makefile("rb", buffering=0)))
        except OSError as error:
            self.close()
            raise ValueError(f"recogniser: it did not start: {error or type(error).__name__}") from error
        trouble = "its process ended while starting" if body is None else decode_heard(body).error
        if trouble is not None:
            self.close()
            raise ValueError(trouble)
        self._control.settimeout(FORK_LIMIT_S)

    def copy(self) -> Ear:
        """One more. Raises EarLost when the template has ended."""
        near, far = socket.socketpair()
        try:
            with far, self._lock:
                socket.send_fds(self._control, [REQUEST.pack(FORK, 0)], [far.fileno()])
                answer = self._control.recv(REQUEST.size, socket.MSG_WAITALL)
                if len(answer) < REQUEST.size:
                    raise EarLost("the process that makes it has ended")
        except OSError as error:
            near.close()
            raise EarLost(f"it could not be made: {error}") from error
        except EarLost:
            near.close()
            raise
        return Ear(self, REQUEST.unpack(answer)[1], near)

    def end(self, number: int) -> None:
        """End a copy."""
        with contextlib.suppress(OSError), self._lock:
            self._control.sendall(REQUEST.pack(END, number))

    def close(self) -> None:
        """End it and all copies. Bounded."""
        self._control.close()
        deadline = Deadline(2.0)
        try:
            self._process.wait(timeout=deadline.left())
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Copies:
    """Copies of one recogniser for as long as they are wanted: a template that has ended is built again."""

    def __init__(self, settings: RecogniserSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._template = Template(settings)

    def copy(self) -> Ear:
        """One more. Raises EarLost or ValueError when it cannot be made."""
        template = self._template
        try:
            return template.copy()
        except EarLost:
            with self._lock:
                if self._template is template:
                    template.close()
                    self._template = Template(self._settings)
            return self._template.copy()

    def close(self) -> None:
        """End the template and all copies. Bounded."""
        self._template.close()
