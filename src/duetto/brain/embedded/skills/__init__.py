"""The embedded skills, each a small file with its phrases and a pure function from a match to an answer."""

from __future__ import annotations

from datetime import tzinfo

from duetto.brain.embedded.skill import Skill
from duetto.brain.embedded.skills import (
    arithmetic,
    clock,
    counting,
    doing,
    lists,
    orders,
    reading,
    recall,
    reminders,
    seeing,
    talk,
    units,
    watching,
)


def skills(zone: tzinfo | None = None) -> tuple[Skill, ...]:
    """All of them. zone: the time zone to speak of, None for the machine's."""
    return (
        arithmetic.SKILL,
        units.SKILL,
        clock.skill(zone),
        reminders.skill(zone),
        orders.SKILL,
        watching.SKILL,
        lists.SKILL,
        reading.SKILL,
        counting.SKILL,
        doing.SKILL,
        seeing.SKILL,
        recall.SKILL,
        talk.SKILL,
    )
