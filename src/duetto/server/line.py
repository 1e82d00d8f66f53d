"""One client's life here: its connection, its wire and its conversation, joined. Sockets are beyond its outlets."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from duetto.models.model import MicroTurn
from duetto.server.auth import Identity
from duetto.server.conversation import Conversation
from duetto.server.house import House, Wire
from duetto.server.outbox import Message
from duetto.server.outlet import GOING_AWAY, INTERNAL, NORMAL, Outlet
from duetto.wire.happening import Happening
from duetto.wire.seat import Opening, Refused, Seat

log = logging.getLogger("duetto.server")


class Aside(Protocol):
    """A connection beside the client's own, as its wire sees it."""

    def receive(self, message: str, /) -> None: ...

    def close(self) -> None: ...


class Line:
    """Joins a wire to a conversation. To the wire it is its Host; to the server it is what a connection talks to.

    `others` are connections that look on. `keeps` is asked when the client
    has gone: true, and the conversation goes on without one. `seated` is called when the conversation begins, `over`
    when the line has ended.
    """

    def __init__(
        self,
        house: House,
        identity: Identity,
        kind: str,
        make: Callable[[Line], Wire],
        outlet: Outlet,
        *,
        seated: Callable[[Line], None] = lambda line: None,
        over: Callable[[Line], None] = lambda line: None,
        keeps: Callable[[Line, Outlet], bool] = lambda line, outlet: False,
    ) -> None:
        """kind: the wire's name, for figures. make may raise Refused: then there is no line."""
        self.house = house
        self.identity = identity
        self.kind = kind
        self.outlet: Outlet | None = outlet
        self.others: dict[Outlet, Aside] = {}
        self.conversation: Conversation | None = None
        self.done = False
        self.after: Callable[[MicroTurn], None] = lambda micro_turn: None
        """Is called after each micro-turn that the wire was told of."""
        self._seated = seated
        self._over = over
        self._keeps = keeps
        self.wire: Wire = make(self)

    @property
    def seat(self) -> Seat | None:
        return self.conversation.seat if self.conversation is not None else None

    # --- for the wire -----------------------------------------------------------------------------------------

    def open(self, opening: Opening) -> Seat:
        """Seat the conversation, as a Host does. Raises Refused."""
        house, kind = self.house, self.kind
        if self.conversation is not None:
            raise Refused("over", "this connection has had its conversation; open another connection")
        records = opening.record and house.records
        try:
            made = Conversation(house, kind, self.identity.owner, replace(opening, record=records), self)
        except Refused as refused:
            house.metrics.refused.labels(kind, refused.kind).inc()
            raise
        self.conversation = made
        if records:
            house.claim(made.seat.id, self.identity.owner)
        self._seated(self)
        return made.seat

    def take_up(self, conversation: Conversation) -> Seat:
        """Go on with a conversation that another line had."""
        self.conversation = conversation
        conversation.line = self
        self._seated(self)
        return conversation.seat

    def send(self, message: Message) -> None:
        """To the client."""
        if self.outlet is not None:
            self.outlet.put(message)

    def finish(self, code: int = NORMAL, reason: str = "", *, firm: bool = True) -> None:
        """Close every connection when all is sent."""
        for outlet in (self.outlet, *self.others):
            if outlet is not None:
                outlet.finish(code, reason, firm=firm)

    # --- for the conversation ---------------------------------------------------------------------------------

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        try:
            self.wire.happen(happenings, micro_turn)
            self.after(micro_turn)
        except Exception:
            self._failed("happen")

    def conversation_over(self, why: str) -> None:
        """The engine, or another, has ended the conversation."""
        self.finish(GOING_AWAY, why, firm=False)  # the wire may have better words
        if self.outlet is None:
            self.end(why)

    # --- for the server ---------------------------------------------------------------------------------------

    def receive(self, message: str) -> None:
        """One message of the client."""
        try:
            self.wire.receive(message)
            if self.conversation is not None:
                missed, latest = self.conversation.take_missed()
                if missed and latest is not None:
                    self.wire.happen(missed, latest)
        except Exception:
            self._failed("receive")

    def gone(self, outlet: Outlet) -> None:
        """A connection has gone: with the client's own the line ends, unless it is kept. The others only looked on."""
        self.house.metrics.dropped.labels("late sound").inc(outlet.outbox.late)
        aside = self.others.pop(outlet, None)
        if aside is not None:
            aside.close()
        if outlet is not self.outlet:
            return
        self.outlet = None
        if not self._keeps(self, outlet):
            self.end("the client has gone")

    def attach(self, outlet: Outlet) -> Aside:
        """A further connection that looks on, and may send too. Raises Refused where the protocol has none."""
        attach = getattr(self.wire, "attach", None)
        if attach is None:
            raise Refused("setting", f"{self.kind}: no further connections to a conversation")
        aside: Aside = attach(outlet.put)
        self.others[outlet] = aside
        return aside

    def leaving(self, seconds: float) -> None:
        """The server goes down in so many seconds: a protocol that has a word for that says it."""
        drain = getattr(self.wire, "drain", None)
        if drain is not None:
            drain(seconds)

    def end(self, why: str) -> None:
        """End the line, and whatever is connected to it. Again is harmless."""
        if self.done:
            return
        self.done = True
        try:
            self.wire.close()
        except Exception:
            self._failed("close")
        conversation = self.conversation
        if conversation is not None and conversation.line is self:  # the wire has not handed it on
            conversation.end(why)
        self.finish(NORMAL, why)
        self._over(self)

    def _failed(self, where: str) -> None:
        """A fault of ours ends this line, and no other."""
        self.house.metrics.errors.labels(f"{self.kind} {where}").inc()
        log.exception("%s: a connection ends by a fault of the server's", self.kind)
        self.finish(INTERNAL, "the server failed; its log says why")
