"""Counting what the user does: "count my push-ups", "count with me"."""

from __future__ import annotations

from typing import Final

from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.skill import Answer, Match, Question, Skill
from duetto.brain.embedded.skills import movements
from duetto.brain.embedded.skills.terms import give, named, terms
from duetto.timeline.job import Context
from duetto.timeline.order import Order, Repeats


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    """A number for each repetition, from now on."""
    on = terms(match, context.now)
    if "movement" in match:
        movement, _, many = movements.counted(match.get("movement"))
        promise = f"count your {many}{on.text}"
    else:
        movement, promise = "movement", f"count with you{on.text}"
    order = Order(
        named(memory, "count"), Repeats(movement), "{n}", on.limit, on.manner, on.rest, on.until, what=f"I {promise}"
    )
    return give(memory, context, order, "All right,", f"I will {promise}.", kind="count")


def question(match: Match) -> Question | None:
    return Question("Count what?")


SKILL: Final = Skill(
    name="doing",
    phrases={
        "doing.count": (
            "count [all] (my | the | these) <movement> [<tail>]",
            "count how many <movement> i (do | make) [<tail>]",
            "count (with me | along) [<tail>]",
        ),
    },
    answer=answer,
    question=question,
    open_slots=("final",),
    quoted=("final",),
    slots=movements.SLOTS,
)
