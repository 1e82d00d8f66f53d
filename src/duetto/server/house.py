"""What the lines of one process share, and what the server needs of an engine beyond seats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from duetto.models.model import MicroTurn
from duetto.server.limits import Allowances, Count
from duetto.server.metrics import Metrics
from duetto.server.settings import Limits
from duetto.wire.happening import Happening
from duetto.wire.seat import Host


class Engine(Host, Protocol):
    """Runs the conversations of this process, on the event loop (`duetto.engine.Engine`)."""

    draining: bool
    """Set: nobody is seated any more; conversations that are open go on."""

    async def run(self) -> None:
        """Tick until `close`."""
        ...

    def close(self) -> None:
        """End all conversations, then `run`."""
        ...


class Follower(Protocol):
    """Reads the micro-turns of one conversation as a story."""

    def follow(self, micro_turn: MicroTurn, /) -> Sequence[Happening]: ...


class Wire(Protocol):
    """One client's protocol, without its connection. Nothing of it raises for what a client sends."""

    def receive(self, message: str, /) -> None: ...

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn, /) -> None: ...

    def close(self) -> None:
        """The client has gone."""
        ...


@dataclass(eq=False)
class House:
    """What the lines of one process share. now: seconds of a steady clock. records: recordings are allowed.

    claim: says whose the recording of a session is (session, owner). beat: when a micro-turn was last seen, by `now`.
    """

    host: Host
    follower: Callable[[], Follower]
    limits: Limits
    now: Callable[[], float]
    metrics: Metrics = field(default_factory=Metrics)
    records: bool = False
    claim: Callable[[str, str], None] = lambda session, owner: None

    def __post_init__(self) -> None:
        limits = self.limits
        self.seats = Count("conversations", limits.sessions, limits.sessions_per_key)
        self.connections = Count("connections", limits.connections, limits.connections)
        self.allowances = Allowances(limits, self.now)
        self.beat = self.now()
