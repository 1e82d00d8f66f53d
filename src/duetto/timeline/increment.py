"""Incremental units: what every stream is made of.

After Schlangen & Skantze, "A General, Abstract Model of Incremental Dialogue Processing" (2011): an increment is
*added*, then either *committed* (it stays) or *revoked* (it was wrong). A revision is a revoke and an add.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from duetto.timeline.payload import Payload

StreamName = Literal["mic", "camera", "screen", "keys", "tools", "voice", "text", "acts"]
INPUTS: tuple[StreamName, ...] = ("mic", "camera", "screen", "keys", "tools")
OUTPUTS: tuple[StreamName, ...] = ("voice", "text", "acts")

Status = Literal["added", "committed", "revoked"]


class Span(msgspec.Struct, frozen=True, order=True, gc=False):
    """The half-open stretch of media time `[start, end)`, in ns."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"span: ends at {self.end} ns, before it starts at {self.start} ns")

    @property
    def duration(self) -> int:
        """Length in ns."""
        return self.end - self.start

    def overlaps(self, other: Span) -> bool:
        """True when the two share a moment; a span of no length shares the moment it stands at."""
        if self.start == self.end or other.start == other.end:
            return self.start <= other.end and other.start <= self.end
        return self.start < other.end and other.start < self.end


class Increment(msgspec.Struct, frozen=True, gc=False):
    """One unit of a stream.

    id: unique in its timeline, rising in the order in which increments were first added.
    span: what stretch of media time it is about. at: the media time (ns) since which this version is known.
    source: the part that made it ("silero", "pocketsphinx", "motion", …).
    """

    id: int
    stream: StreamName
    span: Span
    payload: Payload
    status: Status
    at: int
    source: str
