"""One micro-turn's input: everything that arrived in `[t, t+Δ)`, as one value.

A session is a function of its turns: live, on the virtual clock and in a replay it sees the same `Turn`s and so
does the same. Whatever depends on the machine (a slow model's answer, a network) is in here or does not matter.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from duetto.timeline.arrival import Arrival
from duetto.timeline.command import Command
from duetto.timeline.increment import Span

MIC_RATE: Final = 16_000
"""Samples per second of every session's microphone stream, mono int16, whatever the transport delivered."""
DELTA: Final = 40_000_000
"""Usual length of a micro-turn, ns. Half of it is what a moment waits for the next slice on average."""
VOICE_RATE: Final = 24_000
"""Samples per second of every session's own voice, mono int16, whatever the voice produced."""

Samples = NDArray[np.int16]


def samples_before(at: int, rate: int) -> int:
    """How many samples of a stream at `rate` Hz begin before media time `at` (ns): slices by it never drift."""
    return at * rate // 1_000_000_000


def samples_at(count: int, rate: int) -> int:
    """Media time (ns) at which sample number `count` begins."""
    return -(-count * 1_000_000_000 // rate)


class Key(msgspec.Struct, frozen=True):
    """One edit of the line being typed, as the user made it.

    op "insert" puts `text` at `position` (characters from the line's start), "delete" removes `count` characters
    from `position` on, "send" sends the line as it stands and empties it.
    """

    at: int
    op: Literal["insert", "delete", "send"]
    text: str = ""
    position: int = 0
    count: int = 0


class Frame(msgspec.Struct, frozen=True):
    """One picture, as JPEG: what is perceived is what is recorded, bit for bit.

    at: media time (ns). width, height: pixels.
    """

    at: int
    width: int
    height: int
    jpeg: bytes


class Turn(msgspec.Struct, frozen=True):
    """What a session is given in one micro-turn.

    index: 0, 1, 2, … number of the micro-turn. round: 0 carries the slice of every input stream; 1, 2, … carry
    only `arrivals` that came so soon after round 0 that the same micro-turn can still use them.
    span: the media time `[t, t+Δ)` the slice covers; decisions take effect from `span.end` on.
    mic: int16 little-endian mono at MIC_RATE, exactly the span's samples, silence where nothing came. commands: what
    the application told, once all sound that it gave before has been heard.
    """

    index: int
    round: int
    span: Span
    mic: bytes = b""
    camera: tuple[Frame, ...] = ()
    screen: tuple[Frame, ...] = ()
    keys: tuple[Key, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    commands: tuple[Command, ...] = ()

    @property
    def samples(self) -> Samples:
        """The microphone's slice: shape (n,), int16."""
        return np.frombuffer(self.mic, dtype="<i2")
