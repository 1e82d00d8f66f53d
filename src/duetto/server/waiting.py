"""Realtime conversations whose connection has dropped, and that go on until their client is back (`wire.journal`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from duetto.server.outlet import GOING_AWAY, Outlet
from duetto.timeline.clock import s
from duetto.wire.extension import Resume
from duetto.wire.journal import Detached, Journal, NotResumed

if TYPE_CHECKING:
    from duetto.server.auth import Identity
    from duetto.server.checkpoint import Checkpoint
    from duetto.server.keeper import Keeper
    from duetto.server.line import Line


class Waiting:
    """Lines by their conversation's id. grace_s: seconds that one goes on without a client. now: seconds, steady.

    keeper: keeps what another process needs to go on with one, if this one dies.
    """

    def __init__(self, grace_s: float, now: Callable[[], float], keeper: Keeper | None = None) -> None:
        self.keeper = keeper
        self._lines: dict[str, Line] = {}
        self._makers: dict[str, Callable[[], Checkpoint]] = {}
        self._detached: Detached[Line] = Detached(s(grace_s))
        self._grace = grace_s
        self._now = now

    def know(self, line: Line, journal: Journal, make: Callable[[], Checkpoint]) -> None:
        """Its client has asked to be able to come back. make: a checkpoint of it."""
        assert line.seat is not None
        self._lines[line.seat.id] = line
        self._makers[line.seat.id] = make
        self._detached.know(line.seat.id, journal, line)
        if self.keeper is not None:
            self.keeper.know(line.seat.id, make)

    def knows(self, session_id: str) -> bool:
        """This conversation goes on here."""
        return session_id in self._lines

    def restorable(self, asked: Resume, identity: Identity) -> Checkpoint:
        """What is left of a conversation that goes on nowhere: it is to go on here. Raises NotResumed."""
        if self.keeper is None:
            raise NotResumed("session_id: there is no such conversation, or its time is up", "session_id")
        return self.keeper.checkpoints.take(asked.session_id, asked.token, identity.owner)

    def give_back(self, checkpoint: Checkpoint) -> None:
        """It could not go on here: another may try."""
        if self.keeper is not None:
            with contextlib.suppress(OSError):
                self.keeper.checkpoints.write(checkpoint)

    def leave_behind(self, line: Line) -> None:
        """It is about to end here, and its client may go on with it elsewhere."""
        if self.keeper is not None and line.seat is not None:
            self.keeper.leave(line.seat.id)

    def leave(self, line: Line, outlet: Outlet) -> bool:
        """The connection has gone. True: the line goes on without one."""
        if line.seat is None or self._lines.get(line.seat.id) is not line:
            return False
        goes_on, ended = self._detached.leave(line.seat.id, outlet.put, s(self._now()))
        if goes_on:
            asyncio.get_running_loop().call_later(self._grace, self._expire)
        for other in ended:
            if other is not line:
                other.end("too many wait for their clients")
        return goes_on

    def resume(self, asked: Resume, identity: Identity, outlet: Outlet) -> Line:
        """Go on with a line over another connection. Raises NotResumed."""
        line = self._lines.get(asked.session_id)
        if line is not None and line.identity.owner != identity.owner:
            raise NotResumed("session_id: there is no such conversation, or its time is up", "session_id")
        back = self._detached.resume(asked.session_id, asked.token, asked.seq, outlet.put)
        if back.held.outlet is not None:
            back.held.outlet.finish(GOING_AWAY, "the conversation has been taken up on another connection")
        back.held.outlet = outlet
        if self.keeper is not None:  # the client has another token
            self.keeper.know(asked.session_id, self._makers[asked.session_id])
        return back.held

    def forget(self, line: Line) -> None:
        """It has ended."""
        if line.seat is not None and self._lines.get(line.seat.id) is line:
            del self._lines[line.seat.id], self._makers[line.seat.id]
            self._detached.forget(line.seat.id)
            if self.keeper is not None:
                self.keeper.forget(line.seat.id)

    def _expire(self) -> None:
        # A timer may fire a little before its time by the other clock; those that are due then are found by the next.
        for line in self._detached.expire(s(self._now() + 0.05)):
            line.end("its client has not come back")
