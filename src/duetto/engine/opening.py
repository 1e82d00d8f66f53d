"""What a client wants of a new conversation, and how it is told no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duetto.timeline.command import Command


class Refused(Exception):
    """A conversation cannot be seated, or cannot take what it was given. str(): one plain sentence for the client.

    kind "full": no headroom now; "setting": what was asked for cannot be; "flood": more than may wait; "over": the
    conversation has ended. field: what of the request is at fault, "" for none.
    """

    def __init__(self, kind: Literal["full", "setting", "flood", "over"], text: str, field: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.field = field


@dataclass(frozen=True, slots=True)
class Opening:
    """What a client wants of a new conversation.

    voice: name of the voice, "" for the server's own; an unknown one is the server's own too. speed: times its rate,
    0.25 to 4. delta, horizon: ns, None for the server's own. first: commands that count from the first micro-turn on.
    title: for logs and recordings. record: keep a recording, where the server allows it.
    """

    voice: str = ""
    speed: float = 1.0
    delta: int | None = None
    horizon: int | None = None
    first: tuple[Command, ...] = ()
    title: str = ""
    record: bool = False
