"""What a client is told of its conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from duetto.timeline.order import Order
from duetto.timeline.turn import Samples


@dataclass(frozen=True, slots=True)
class Heard:
    """The user's words, all of the turn so far. final: they stay, the turn is over."""

    text: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """The next words of a response. spoken: they are said, not only shown."""

    text: str
    response: str
    spoken: bool = True


@dataclass(frozen=True, slots=True)
class Sound:
    """The next sound of a response: int16 (n,) at 24,000 samples a second."""

    samples: Samples
    response: str


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing more of a response comes. "cancelled": what of it is not played yet is not to be played."""

    response: str
    how: Literal["completed", "cancelled", "failed", "incomplete"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """An increment that was added, committed or revoked. start, end: ms of media time. fields: what its kind has.

    See `duetto.timeline.payload` for kinds and their fields.
    """

    id: int
    stream: str
    status: Literal["added", "committed", "revoked"]
    start: float
    end: float
    kind: str
    fields: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Increments:
    """What changed in a micro-turn. now: ms of media time at its end. floor: who speaks.

    late, compute: ms by which it began late, and that it took the server.
    """

    now: float
    floor: Literal["user", "agent", "both", "nobody"]
    late: float
    compute: float
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Called:
    """A tool was called, and this came of it. arguments: JSON. failed: outcome says why."""

    name: str
    arguments: str
    outcome: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The standing orders in force have changed: all that there are now. That one is met is an increment ("fired")."""

    orders: tuple[Order, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """Something is wrong, and the conversation goes on. field: what of the client's message was at fault, if that."""

    text: str
    code: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The connection had dropped and is there again. Nothing was missed but sound that would have been late.

    Nothing that the client did is lost either, or done twice, but for its sound and pictures meanwhile.

    restored: the server's process had died, and another goes on from what was kept: what was said is known but for the
    last second, and `lost` names what is not (`duetto.server.checkpoint.LOST`). Responses that were under way have no
    end, and calls no outcome.
    """

    restored: bool = False
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation is over. The last event."""

    why: str


Event = Heard | Said | Sound | Ended | Increments | Called | Standing | Problem | Resumed | Closed
