"""Decoders that many conversations share: each has one only while an utterance of its own is open.

What outlives an utterance, the mean of the voice, stays with the conversation. So each hears what it would with a
decoder of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from duetto.perception.audio.agreement import AnyWords
from duetto.perception.audio.recognisers.template import Heard, Step
from duetto.timeline.arrival import TimedWord
from duetto.timeline.turn import Samples
from duetto.workers.many import NotNow

REUSED: Final = 32
"""Utterances that one decoder hears before a fresh one takes its place: with each it has less in common with its
template, 1 MB of its own at first, 50 after these."""


class Decoder(Protocol):
    """What hears one utterance after another, of whatever voice. used: how many."""

    used: int

    def take(self, step: Step) -> Heard:
        """Raises an exception when it is of no use any more."""
        ...

    def close(self) -> None: ...


class Pool:
    """Lends decoders. For several threads.

    make: one more; raises when it cannot. warm: how many are kept ready though nobody needs them. most: at once.
    """

    def __init__(self, make: Callable[[], Decoder], *, warm: int, most: int) -> None:
        if not 0 <= warm <= most or most < 1:
            raise ValueError(f"warm, most: 0 to most, and at least 1 (got {warm}, {most})")
        self._make = make
        self._warm = warm
        self._most = most
        self._lock = threading.Lock()
        self._ready: list[Decoder] = []
        self._lent = 0
        for _ in range(warm):
            self._ready.append(make())

    @property
    def lent(self) -> int:
        """Decoders in use."""
        return self._lent

    @property
    def free(self) -> bool:
        """Somebody who asks now would get one."""
        return self._lent < self._most

    def borrow(self) -> Decoder:
        """A decoder; give it back. Raises NotNow when all that there may be are in use."""
        with self._lock:
            if not self.free:
                raise NotNow(lambda: self.free)
            self._lent += 1
            if self._ready:
                return self._ready.pop()
        try:
            return self._make()
        except BaseException:
            with self._lock:
                self._lent -= 1
            raise

    def give_back(self, decoder: Decoder, *, broken: bool = False) -> None:
        """It is not needed any more, or is of no use any more."""
        with self._lock:
            self._lent -= 1
            kept = not broken and decoder.used < REUSED and len(self._ready) < self._warm
            if kept:
                self._ready.append(decoder)
        if not kept:
            decoder.close()

    def close(self) -> None:
        """End those that are ready; one that is lent ends when it is given back."""
        with self._lock:
            ready, self._ready, self._warm = self._ready, [], 0
        for decoder in ready:
            decoder.close()


class PooledRecogniser:
    """One conversation's `Recogniser`. If its decoder is lost, the utterance ends with an exception."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._decoder: Decoder | None = None
        self._begins: int | None = None
        self._carried: tuple[float, ...] = ()
        self.watched: tuple[str, ...] = ()
        self.any_words: AnyWords | None = None

    def start(self, at: int) -> None:
        """Raises NotNow while there is no decoder for it."""
        if self._decoder is None:
            self._decoder = self._pool.borrow()
        self._begins = at  # it goes with the first sound

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        return self._take(samples.astype("<i2").tobytes(), quiet=quiet)

    def finish(self) -> Sequence[TimedWord]:
        words = self._take(b"", last=True) or ()
        self.close()
        return words

    def close(self) -> None:
        self._give_back(broken=False)

    def _take(self, samples: bytes, *, quiet: bool = False, last: bool = False) -> Sequence[TimedWord] | None:
        if self._decoder is None:
            raise LookupError("no utterance is open")
        begins, self._begins = self._begins, None
        carried = self._carried if begins is not None else ()
        try:
            heard = self._decoder.take(Step(samples, quiet, last, begins, carried, self.watched))
        except Exception:
            self._give_back(broken=True)
            raise
        self._carried, self.any_words = heard.carried, heard.any_words
        if heard.error is not None:
            self._give_back(broken=True)
            raise RuntimeError(heard.error)
        return heard.words

    def _give_back(self, *, broken: bool) -> None:
        decoder, self._decoder = self._decoder, None
        if decoder is not None:
            self._pool.give_back(decoder, broken=broken)
