"""A host and a seat that only write down what they are given: for tests of adapters, without an engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from duetto.models.model import MicroTurn
from duetto.timeline.command import Command
from duetto.timeline.job import Remark
from duetto.timeline.turn import DELTA
from duetto.wire.seat import Opening, Refused


@dataclass
class FakeSeat:
    """Everything that was asked of it, in lists. Set `now` and `waiting` as the test needs; `refuse` is raised by all.

    heard: (samples, rate). silent: calls whose outcome is to lead to no reply. order: names of the methods called, in
    their order.
    """

    id: str = "seat1"
    delta: int = DELTA
    now: int = 0
    waiting: int = 0
    opening: Opening = field(default_factory=Opening)
    refuse: Refused | None = None
    heard: list[tuple[NDArray[Any], int]] = field(default_factory=list)
    seen: list[tuple[str, NDArray[Any] | bytes]] = field(default_factory=list)
    keys: list[tuple[str, str, int, int]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    outcomes: list[tuple[int, str, bool]] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)
    order: list[str] = field(default_factory=list)
    followers: list[Callable[[MicroTurn], None]] = field(default_factory=list)
    closers: list[Callable[[str], None]] = field(default_factory=list)
    remarks: tuple[Remark, ...] = ()
    closed: bool = False

    def _note(self, what: str) -> None:
        if self.closed:
            raise Refused("over", "the conversation has ended")
        if self.refuse is not None:
            raise self.refuse
        self.order.append(what)

    def hear(self, samples: NDArray[Any], rate: int) -> None:
        self._note("hear")
        self.heard.append((np.array(samples), rate))

    def forget_sound(self) -> None:
        self._note("forget_sound")

    def see(self, picture: NDArray[Any] | bytes, stream: Literal["camera", "screen"] = "camera") -> None:
        self._note("see")
        self.seen.append((stream, picture))

    def key(self, op: Literal["insert", "delete", "send"], text: str = "", position: int = 0, count: int = 0) -> None:
        self._note("key")
        self.keys.append((op, text, position, count))

    def type_line(self, text: str) -> None:
        self._note("type_line")
        self.lines.append(text)

    def command(self, *commands: Command) -> None:
        self._note("command")
        self.commands.extend(commands)

    def outcome(self, call: int, text: str, failed: bool = False, silent: bool = False) -> None:
        self._note("outcome")
        self.outcomes.append((call, text, failed))
        if silent:
            self.silent.append(call)

    def follow(self, follower: Callable[[MicroTurn], None]) -> None:
        self._note("follow")
        self.followers.append(follower)

    def on_close(self, closed: Callable[[str], None]) -> None:
        self.closers.append(closed)

    def close(self) -> None:
        self.closed = True

    def end(self, why: str = "the conversation has ended") -> None:
        """The engine ends it."""
        self.closed = True
        for closed in self.closers:
            closed(why)


@dataclass
class FakeHost:
    """Seats `FakeSeat`s; raises `refuse` where one is set."""

    refuse: Refused | None = None
    seats: list[FakeSeat] = field(default_factory=list)

    def open(self, opening: Opening) -> FakeSeat:
        if self.refuse is not None:
            raise self.refuse
        seat = FakeSeat(id=f"seat{len(self.seats) + 1}", opening=opening)
        self.seats.append(seat)
        return seat
