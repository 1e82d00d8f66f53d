"""Who has the floor: the user, duetto, both, or nobody (Sacks, Schegloff & Jefferson 1974)."""

from __future__ import annotations

from duetto.interaction.percept import Percept
from duetto.interaction.state import Floor


def holder(percept: Percept) -> Floor:
    """From the two voices as they are in this micro-turn."""
    match percept.ears.voice, percept.mouth.sounding:
        case True, True:
            return "both"
        case True, False:
            return "user"
        case False, True:
            return "agent"
        case _:
            return "nobody"
