"""The protocols that are served, as makers of wires: a test, or another program, can put its own in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from duetto.server.checkpoint import Checkpoint
from duetto.server.house import Wire
from duetto.server.line import Line

WireMaker = Callable[[Line], Wire]
"""Makes a wire for a line, which is its Host: `open`, `send` and `finish` are what it needs."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a connection says about its conversation before its first message.

    session: the setting that came with a call, or that its client secret is bound to. track: sound goes over WebRTC
    tracks, and not in messages. delta, horizon: ns, where the client has asked for them. before: what is left of the
    conversation that goes on in this one; seq: the last event of it that its client has.
    """

    model: str = ""
    transcription: bool = False
    session: dict[str, Any] | None = None
    track: bool = False
    delta: int | None = None
    horizon: int | None = None
    before: Checkpoint | None = None
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Wires:
    """A maker for each protocol. It may raise Refused for a setting that cannot be.

    described: a Realtime session as it would be with this setting, whole, for the answer to a client secret's making.
    """

    realtime: Callable[[Setup], WireMaker]
    live: Callable[[Setup], WireMaker]
    gemini: Callable[[Setup], WireMaker]
    described: Callable[[dict[str, Any]], dict[str, Any]]
