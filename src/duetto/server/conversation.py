"""One seated conversation, whoever is connected to it now: a client that drops may come back on another line."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from duetto.models.model import MicroTurn
from duetto.server.house import House
from duetto.server.story import Story
from duetto.server.tracing import SessionTrace
from duetto.wire.happening import CallMade, CallWithdrawn, Happening
from duetto.wire.seat import Opening, Seat

if TYPE_CHECKING:
    from duetto.server.line import Line

MOST_MISSED: Final = 64
"""Calls remembered that were made while nobody was connected."""


class Conversation:
    """A seat, what happens there in figures and spans, and the line that is told of it, if there is one now."""

    def __init__(self, house: House, kind: str, owner: str, opening: Opening, line: Line) -> None:
        """Seats it. Raises Refused."""
        self.house = house
        self.kind = kind
        self.owner = owner
        self.line: Line | None = line
        self.why = ""
        """Why it has ended, "" while it goes on."""
        leave = house.seats.enter(owner)
        try:
            self.seat: Seat = house.host.open(opening)
        except BaseException:
            leave()
            raise
        self._leave: Callable[[], None] = leave
        self._began = house.beat = house.now()
        self._story = Story()
        self._follower = house.follower()
        self._trace = SessionTrace(self.seat.id, kind)
        self._missed: deque[CallMade] = deque(maxlen=MOST_MISSED)
        self._latest: MicroTurn | None = None
        self._when_over: list[Callable[[Conversation], None]] = []
        house.metrics.opened.labels(kind).inc()
        house.metrics.sessions.labels(kind).inc()
        self.seat.follow(self._on_micro_turn)
        self.seat.on_close(self._on_close)

    @property
    def over(self) -> bool:
        return bool(self.why)

    def when_over(self, told: Callable[[Conversation], None]) -> None:
        """Be told once, when it has ended."""
        self._when_over.append(told)

    def take_missed(self) -> tuple[Sequence[Happening], MicroTurn | None]:
        """The calls that were made while nobody was connected and still want an outcome, once; and the latest time."""
        missed = list(self._missed)
        self._missed.clear()
        return missed, self._latest

    def end(self, why: str) -> None:
        """End it. Again is harmless."""
        self.seat.close()
        self._settle(why)

    def _on_micro_turn(self, micro_turn: MicroTurn) -> None:
        if self.why:
            return
        self.house.beat = self.house.now()
        metrics = self.house.metrics
        happenings = self._follower.follow(micro_turn)
        self._latest = micro_turn
        metrics.micro_turn(micro_turn)
        metrics.figures(self._story.read(happenings, micro_turn))
        if happenings:
            self._trace.read(happenings)
        if self.line is not None:
            self.line.happen(happenings, micro_turn)
        else:
            self._miss(happenings)

    def _miss(self, happenings: Sequence[Happening]) -> None:
        for happening in happenings:
            match happening:
                case CallMade():
                    self._missed.append(happening)
                case CallWithdrawn(call=call):
                    kept = [made for made in self._missed if made.call != call]
                    self._missed = deque(kept, maxlen=MOST_MISSED)

    def _on_close(self, why: str) -> None:
        self._settle(why or "the conversation has ended")

    def _settle(self, why: str) -> None:
        if self.why:
            return
        self.why = why
        self._trace.close(why)
        self.house.metrics.sessions.labels(self.kind).dec()
        self.house.metrics.length.labels(self.kind).observe(self.house.now() - self._began)
        self._leave()
        for told in self._when_over:
            told(self)
        if self.line is not None:
            self.line.conversation_over(why)
