"""The timeline: all increments of a session that are still worth knowing, by stream and span."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from duetto.timeline.increment import Increment, Span, Status, StreamName
from duetto.timeline.payload import Payload

P = TypeVar("P", bound=Payload)


@dataclass(frozen=True, slots=True)
class TimelineSettings:
    """How much a timeline remembers."""

    per_kind: int = 4096
    """Settled increments kept per stream and kind of payload; the oldest goes first."""
    open_per_stream: int = 512
    """Increments that may be open (added, not settled) at once in a stream; more is an error of its producer."""


class UnknownIncrement(KeyError):
    """The increment is not open: it was never added, or has been committed, revoked or forgotten."""


class Timeline:
    """What is known, and since when. Bounded: the oldest settled increments are forgotten first.

    Every change is also kept as an *edit* (the increment in its new state) until `drain()` hands it out, so that
    the interaction, the journal and the screen see each change exactly once.
    """

    def __init__(self, settings: TimelineSettings | None = None) -> None:
        self.settings = settings or TimelineSettings()
        self._next = 1
        self._open: dict[StreamName, dict[int, Increment]] = {}
        self._settled: dict[StreamName, dict[type, deque[Increment]]] = {}
        self._edits: list[Increment] = []

    def add(
        self, stream: StreamName, span: Span, payload: Payload, *, at: int, source: str, committed: bool = False
    ) -> Increment:
        """Add an increment, known since media time `at` (ns); `committed` ones are settled at once.

        Raises ValueError when the stream has `open_per_stream` open increments already.
        """
        status: Status = "committed" if committed else "added"
        increment = Increment(self._next, stream, span, payload, status, at, source)
        if not committed:
            waiting = self._open.setdefault(stream, {})
            if len(waiting) >= self.settings.open_per_stream:
                raise ValueError(f"{stream}: {len(waiting)} increments are open, the limit")
            waiting[increment.id] = increment
        else:
            self._settle(increment)
        self._next += 1
        self._edits.append(increment)
        return increment

    def commit(
        self, id: int, stream: StreamName, *, at: int, span: Span | None = None, payload: Payload | None = None
    ) -> Increment:
        """It stays, optionally with its final span and payload. Raises UnknownIncrement."""
        return self._close(id, stream, "committed", at, span, payload)

    def revoke(self, id: int, stream: StreamName, *, at: int) -> Increment:
        """It was wrong. Raises UnknownIncrement."""
        return self._close(id, stream, "revoked", at)

    def revise(self, id: int, stream: StreamName, span: Span, payload: Payload, *, at: int) -> Increment:
        """Revoke an open increment and add what replaces it. Raises UnknownIncrement."""
        old = self.revoke(id, stream, at=at)
        return self.add(stream, span, payload, at=at, source=old.source)

    def drain(self) -> tuple[Increment, ...]:
        """The edits since the last call, in order."""
        edits, self._edits = tuple(self._edits), []
        return edits

    # --- queries ----------------------------------------------------------------------------------------------

    def open(self, stream: StreamName) -> tuple[Increment, ...]:
        """Increments that are neither committed nor revoked, oldest first."""
        return tuple(self._open.get(stream, {}).values())

    def between(self, stream: StreamName, span: Span) -> tuple[Increment, ...]:
        """Increments that overlap `span` and were not revoked, by the start of their span."""
        found = [i for i in self.standing(stream) if i.span.overlaps(span)]
        return tuple(sorted(found, key=lambda i: (i.span.start, i.id)))

    def standing(self, stream: StreamName) -> Iterator[Increment]:
        """All that is known of a stream and was not revoked: settled ones, kind by kind, then the open ones."""
        for kept in self._settled.get(stream, {}).values():
            yield from kept
        yield from self._open.get(stream, {}).values()

    def latest(self, stream: StreamName, kind: type[P]) -> Increment | None:
        """The newest standing increment with a payload of this kind."""
        for waiting in reversed(self._open.get(stream, {}).values()):
            if isinstance(waiting.payload, kind):
                return waiting
        kept = self._settled.get(stream, {}).get(kind)
        return kept[-1] if kept else None

    def __len__(self) -> int:
        kept = (len(kind) for stream in self._settled.values() for kind in stream.values())
        return sum(map(len, self._open.values())) + sum(kept)

    # --- inside -----------------------------------------------------------------------------------------------

    def _close(
        self,
        id: int,
        stream: StreamName,
        status: Status,
        at: int,
        span: Span | None = None,
        payload: Payload | None = None,
    ) -> Increment:
        try:
            old = self._open.get(stream, {}).pop(id)
        except KeyError:
            raise UnknownIncrement(f"{stream}: increment {id} is not open") from None
        new = msgspec.structs.replace(old, status=status, at=at, span=span or old.span, payload=payload or old.payload)
        if status == "committed":
            self._settle(new)
        self._edits.append(new)
        return new

    def _settle(self, increment: Increment) -> None:
        kinds = self._settled.setdefault(increment.stream, {})
        kept = kinds.get(type(increment.payload))
        if kept is None:
            kept = kinds[type(increment.payload)] = deque(maxlen=self.settings.per_kind)
        kept.append(increment)
