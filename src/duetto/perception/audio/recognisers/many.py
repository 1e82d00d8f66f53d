"""The recognisers of many conversations in one worker process.

The embedded one is forked (`forks`): a copy hears one utterance at a time, and conversations borrow them. Of an engine
whose model is apart from what it has heard (`another`), each conversation gets one over the same model. Of any other
plug-in each gets one of its own.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import msgspec

from duetto.perception.audio.recogniser import (
    Recogniser,
    RecogniserHandler,
    RecogniserSettings,
    open_recogniser,
    spotting,
)
from duetto.perception.audio.recognisers.forks import Copies
from duetto.perception.audio.recognisers.pool import Pool, PooledRecogniser
from duetto.timeline.arrival import TimedWord
from duetto.timeline.turn import Samples
from duetto.workers.many import ManyHandler

FORKED: Final = ("pocketsphinx",)
"""Engines that are slow to build, and safe to fork when built: they start no threads."""
KINDS: Final = 4
"""Kinds of recogniser (language, engine, model) that stay built though no conversation has them."""
PER_LANE: Final = 8
"""Utterances at once for each processor: as many as one can hear as fast as they are spoken."""


@dataclass(frozen=True, slots=True)
class SharedRecogniserSettings:
    """How many conversations are listened to."""

    recogniser: RecogniserSettings = field(default_factory=RecogniserSettings)
    """For conversations that bring no settings of their own."""
    lanes: int = 0
    """Pieces of sound that are searched side by side; 0 for one less than the processors, at least 1."""
    warm: int = 2
    """Decoders kept ready."""
    most: int = 0
    """Utterances heard at once; others wait for their turn. 0 for eight a lane."""


class Another(Protocol):
    """A recogniser whose model can have more listeners."""

    def another(self) -> Recogniser:
        """One more, that has heard nothing yet."""
        ...


class InTurns:
    """A recogniser whose model others use too, but not at the same time."""

    def __init__(self, recogniser: Recogniser, turn: threading.Lock) -> None:
        self._recogniser = recogniser
        self._turn = turn

    def start(self, at: int) -> None:
        with self._turn:
            self._recogniser.start(at)

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        with self._turn:
            return self._recogniser.feed(samples, quiet)

    def finish(self) -> Sequence[TimedWord]:
        with self._turn:
            return self._recogniser.finish()

    def close(self) -> None:
        with self._turn:
            self._recogniser.close()


@dataclass(slots=True)
class _Kind:
    """What is common to conversations with the same settings. users: how many there are."""

    open: Callable[[], Recogniser]
    close: Callable[[], None]
    users: int = 0


class Recognisers:
    """Opens recognisers for conversations. warm, most: of each kind that is forked, as of `Pool`."""

    def __init__(self, *, warm: int, most: int) -> None:
        self._warm = warm
        self._most = most
        self._lock = threading.Lock()
        self._kinds: OrderedDict[bytes, _Kind] = OrderedDict()  # the one opened last comes last

    def open(self, settings: RecogniserSettings) -> tuple[Recogniser, Callable[[], None]]:
        """A recogniser, and what is to be called when it is closed. Raises what `open_recogniser` raises."""
        key = msgspec.msgpack.encode(settings)
        with self._lock:
            kind = self._kinds.get(key)
            if kind is None:
                kind = self._kinds[key] = self._build(settings)
            self._kinds.move_to_end(key)
            kind.users += 1
        return kind.open(), lambda: self._left(kind)

    def close(self) -> None:
        """End all of them."""
        with self._lock:
            while self._kinds:
                self._kinds.popitem()[1].close()

    def _build(self, settings: RecogniserSettings) -> _Kind:
        if settings.engine in FORKED and hasattr(os, "fork"):
            copies = Copies(settings)
            pool = Pool(copies.copy, warm=min(self._warm, self._most), most=self._most)

            def close() -> None:
                pool.close()
                copies.close()

            return _Kind(lambda: PooledRecogniser(pool), close)
        first = open_recogniser(settings)
        another = getattr(first, "another", None)
        if another is not None:
            turn = threading.Lock()
            return _Kind(lambda: InTurns(another(), turn), first.close)
        unused = [first]
        return _Kind(lambda: unused.pop() if unused else open_recogniser(settings), lambda: None)

    def _left(self, kind: _Kind) -> None:
        with self._lock:
            kind.users -= 1
            idle = [key for key, other in self._kinds.items() if not other.users]
            for key in idle[: max(0, len(idle) - KINDS)]:
                self._kinds.pop(key).close()


class _SeatHandler(RecogniserHandler):
    """Tells when it is closed."""

    def __init__(self, recogniser: Recogniser, left: Callable[[], None], settings: RecogniserSettings) -> None:
        super().__init__(recogniser, spotting(settings))
        self._left = left

    def close(self) -> None:
        super().close()
        self._left()


def processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def make_many(settings_json: str) -> ManyHandler:
    """For a worker that many conversations share, from `SharedRecogniserSettings` as JSON ("" for the defaults).

    A conversation's own settings are `RecogniserSettings`. Raises what `open_recogniser` raises.
    """
    settings = (
        msgspec.json.decode(settings_json, type=SharedRecogniserSettings)
        if settings_json
        else SharedRecogniserSettings()
    )
    lanes = settings.lanes or max(1, processors() - 1)
    recognisers = Recognisers(warm=settings.warm, most=settings.most or PER_LANE * lanes)
    usual, _ = recognisers.open(settings.recogniser)  # it can hear, or says why not; and it stays
    usual.close()

    def make(text: str) -> RecogniserHandler:
        own = msgspec.json.decode(text, type=RecogniserSettings) if text else settings.recogniser
        return _SeatHandler(*recognisers.open(own), own)

    return ManyHandler(make, lanes=lanes, end=recognisers.close)
