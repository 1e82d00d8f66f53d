"""One who converses with an engine."""

from __future__ import annotations

from dataclasses import dataclass, field

from duetto.engine.seat import Seat
from duetto.models.model import MicroTurn
from duetto.wire.follower import Follower
from duetto.wire.happening import Happening


@dataclass
class Guest:
    """One conversation of a test: what it was told, as a story."""

    seat: Seat
    story: list[Happening] = field(default_factory=list)
    turns: list[MicroTurn] = field(default_factory=list)

    def __post_init__(self) -> None:
        follower = Follower()

        def follow(micro_turn: MicroTurn) -> None:
            self.turns.append(micro_turn)
            self.story.extend(follower.follow(micro_turn))

        self.seat.follow(follow)

    def all(self, kind: type) -> list:
        return [happening for happening in self.story if isinstance(happening, kind)]
