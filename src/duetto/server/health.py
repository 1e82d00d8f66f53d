"""Whether the process lives, and whether it takes anybody in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from duetto.server.house import House

STUCK_S: Final = 5.0
"""Seconds without a micro-turn, though there are conversations, after which the process counts as stuck."""


@dataclass
class Health:
    """draining: conversations go on, but nobody is taken in any more. failed: why nothing goes on, "" while it does."""

    house: House
    draining: bool = False
    failed: str = ""

    @property
    def problem(self) -> str:
        """Why the process should be ended, "" when it lives."""
        house = self.house
        if self.failed or not house.seats.total:
            return self.failed
        since = house.now() - house.beat
        return f"there has been no micro-turn for {since:.0f} s" if since > STUCK_S else ""

    @property
    def busy(self) -> str:
        """Why nobody is taken in now, "" when they are."""
        if self.draining:
            return "the server is going down"
        if self.problem:
            return self.problem
        return "the server is full" if self.house.seats.full or self.house.connections.full else ""
