"""What each level of watching cost, and how often it ran."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from duetto.timeline.clock import Laps

Level = Literal["picture", "motion", "movement", "bodies", "text", "look for faces", "look for bodies", "look for text"]
ON_TICK: Final[tuple[Level, ...]] = ("picture", "motion", "movement", "bodies", "text")


@dataclass(frozen=True, slots=True)
class Cost:
    """ran: how often. ns: of machine time on the tick; of a look beside it, media time until it was answered."""

    ran: int = 0
    ns: int = 0


class Costs:
    """Adds up. picture: decoding, light and colours, of every frame. motion: with scene changes, of every frame."""

    def __init__(self) -> None:
        self._laps = Laps()
        self._costs: dict[Level, Cost] = {}
        self._asked: dict[Level, int] = {}

    def take(self) -> dict[Level, Cost]:
        """Of each level that has run since this was last called."""
        costs, self._costs = self._costs, {}
        return costs

    def start(self) -> None:
        """What is done from now on is of the level of the next `lap`."""
        self._laps.start()

    def lap(self, level: Level) -> None:
        """What was done since `start` or the last lap was one run of this level."""
        self._laps.lap(level)
        self._add(level, self._laps.take().get(level, 0))

    def asked(self, level: Level, at: int) -> None:
        """A look was handed out at media time `at` (ns)."""
        self._asked[level] = at

    def answered(self, level: Level, at: int) -> None:
        """It came back."""
        since = self._asked.pop(level, None)
        if since is not None:
            self._add(level, at - since)

    def _add(self, level: Level, ns: int) -> None:
        before = self._costs.get(level, Cost())
        self._costs[level] = Cost(before.ran + 1, before.ns + ns)
