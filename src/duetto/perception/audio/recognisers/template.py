"""A recogniser as a template: `python -m duetto.perception.audio.recognisers.template FD`, started by `forks.Template`.

The embedded recogniser's compiled grammar takes seconds and 250 MB, most of which no utterance ever touches. So it is
compiled once, in this process that does nothing else and has one thread, and each copy is a fork of it, made in
milliseconds: a copy shares with the template what it has not changed.

FD is a Unix socket. First come the `RecogniserSettings`, and `Heard` goes back when the recogniser stands. Then each
`FORK` comes with a socket for a copy to serve, and its process number goes back; each `END` with the number of one to
end. It ends, with all its copies, when its socket closes.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import struct
import sys
from typing import IO, Final, Protocol, cast

import msgspec
import numpy as np

from duetto.perception.audio.agreement import AnyWords
from duetto.perception.audio.recogniser import HearsAny, Recogniser, RecogniserSettings, open_recogniser
from duetto.timeline.arrival import TimedWord
from duetto.workers import frames
from duetto.workers.worker import describe

REQUEST: Final = struct.Struct("<Bq")
FORK: Final = 1
END: Final = 2


class Step(msgspec.Struct, frozen=True, array_like=True):
    """To a copy. at: an utterance begins there (media time, ns), by the voice that left `carried`. last: it is over.

    watched: phrases that are to be heard among any words.
    """

    samples: bytes
    quiet: bool = False
    last: bool = False
    at: int | None = None
    carried: tuple[float, ...] = ()
    watched: tuple[str, ...] = ()


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """From a copy. words: as of `Recogniser.feed`, or its final ones. carried: what the next utterance begins with.

    any_words: as of `HearsAny`.
    """

    words: tuple[TimedWord, ...] | None = None
    carried: tuple[float, ...] = ()
    error: str | None = None
    any_words: AnyWords | None = None


class Carrying(Recogniser, HearsAny, Protocol):
    """A recogniser that can go from voice to voice between utterances: see `PocketsphinxRecogniser` for its fields."""

    carried: tuple[float, ...]
    shared: bool


decode_settings = msgspec.msgpack.Decoder(RecogniserSettings).decode
decode_step = msgspec.msgpack.Decoder(Step).decode
decode_heard = msgspec.msgpack.Decoder(Heard).decode


def take(recogniser: Carrying, step: Step) -> Heard:
    """Do one step of an utterance. What the recogniser raises becomes an error."""
    try:
        words = None
        recogniser.watched = step.watched
        if step.at is not None:
            recogniser.carried = step.carried
            recogniser.start(step.at)
        if step.samples:
            words = recogniser.feed(np.frombuffer(step.samples, "<i2"), step.quiet)
        if step.last:
            words = recogniser.finish()
        return Heard(None if words is None else tuple(words), recogniser.carried, any_words=recogniser.any_words)
    except Exception as error:
        return Heard(carried=recogniser.carried, error=describe(error))


def _serve(recogniser: Carrying, own: socket.socket) -> None:
    """A copy's life. Returns when its socket closes."""
    reader, writer = own.makefile("rb"), own.makefile("wb")
    while (body := frames.read(reader)) is not None:
        frames.write(writer, take(recogniser, decode_step(body)))


def _copy(recogniser: Carrying, control: socket.socket, own: socket.socket) -> int:
    """Fork. Returns its process number; in the copy, never."""
    number = os.fork()
    if number:
        return number
    try:
        os.close(control.fileno())  # or the other side would not see that the template has ended
        with contextlib.suppress(OSError):
            _serve(recogniser, own)
    finally:
        os._exit(0)


def _live(recogniser: Carrying, control: socket.socket) -> None:
    copies: set[int] = set()
    try:
        while True:
            data, given, _, _ = socket.recv_fds(control, REQUEST.size, 1)
            if len(data) < REQUEST.size:
                return
            request, number = REQUEST.unpack(data)
            if request == FORK:
                with socket.socket(fileno=given[0]) as own:
                    number = _copy(recogniser, control, own)
                copies.add(number)
                control.sendall(REQUEST.pack(FORK, number))
            elif number in copies:
                copies.remove(number)
                _end(number)
    finally:
        for number in copies:
            _end(number)


def _end(number: int) -> None:
    """Its number is its own until it is waited for here, even if it has ended by itself."""
    with contextlib.suppress(OSError):
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)


def main() -> None:
    with socket.socket(fileno=int(sys.argv[1])) as control:
        reader, writer = control.makefile("rb", buffering=0), control.makefile("wb")
        body = frames.read(cast("IO[bytes]", reader))
        if body is None:
            return
        try:
            recogniser = cast("Carrying", open_recogniser(decode_settings(body)))
            recogniser.shared = True
            gc.collect()
            gc.freeze()  # a collection in a copy would touch, and so copy, everything
        except BaseException as error:
            frames.write(writer, Heard(error=describe(error)))
            return
        frames.write(writer, Heard())
        _live(recogniser, control)


if __name__ == "__main__":
    main()
