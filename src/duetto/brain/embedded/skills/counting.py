"""Counting aloud: a clause for each number, so that it can be cut anywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from duetto.brain.embedded.memory import Memory, Plan
from duetto.brain.embedded.numbers import spell, value
from duetto.brain.embedded.skill import Answer, Match, Question, Skill
from duetto.brain.embedded.slots import whole
from duetto.timeline.job import Context

LIMIT: Final = 200
"""Most numbers that are counted in one go."""
_PLURALS: Final = {"twos": 2, "threes": 3, "fours": 4, "fives": 5, "tens": 10, "twenties": 20, "hundreds": 100}

SLOTS: Final = {
    "step": ("(" + " | ".join(_PLURALS) + ")", "<below_hundred>"),
    "by": ("(by | in steps of | in) <step>",),
}


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    if match.intent == "count.change":
        return _change(match, context, memory)
    said = [whole(words) for words in match.slots.get("count", ())]
    if None in said or not said:
        return Answer(("I did not catch the numbers.",))
    ends = [number for number in said if number is not None]
    step = _PLURALS.get(match.text("step")) or whole(match.get("step")) or 1
    start, end = ends[0], ends[-1]
    if len(ends) == 1 and match.intent == "count.down":
        end = min(1, start)
    elif len(ends) == 1:
        start = min(step, end)
    return _count(start, end, step, memory)


def _change(match: Match, context: Context, memory: Memory) -> Answer:
    """While it counts, the step is changed: it goes on from the number that was heard last."""
    plan = memory.plan
    if plan is None or plan.kind != "counting" or context.saying != plan.reply:
        return Answer(("By how much I count, I am told when I count.",))
    step = _PLURALS.get(match.text("step")) or whole(match.get("step")) or 1
    numbers = [value(clause.strip(",.").split()) for clause in plan.clauses]
    heard = len([word for word in context.heard.replace(".", ",").split(",") if word.strip()])
    known = [int(number) for number in numbers if number is not None]
    if len(known) < 2 or not 0 < heard < len(known):
        return Answer(("All right.",), memory)
    last, end = known[heard - 1], known[-1]
    first = last + step if known[1] > known[0] else last - step
    if (first > end) == (end > last):
        return Answer((f"{spell(end)}.",), replace(memory, plan=None))
    return _count(first, end, step, memory)


def _count(start: int, end: int, step: int, memory: Memory) -> Answer:
    count = abs(end - start) // step + 1
    if count > LIMIT:
        return Answer(("That is a lot of numbers.", f"I count {LIMIT} at most."))
    direction = step if end >= start else -step
    counted = [spell(start + direction * at) for at in range(count)]
    clauses = tuple(f"{number}{'.' if at == count - 1 else ','}" for at, number in enumerate(counted))
    return Answer(clauses, replace(memory, plan=Plan(-1, clauses, 0, "counting")))


def question(match: Match) -> Question | None:
    numbers = match.slots.get("count", ())
    if match.intent == "count.down":
        return Question("Down from what? Ten?", "from ten")
    if numbers:
        return Question(f"From {' '.join(numbers[0])} to what?")
    return Question("Count to what? Ten?", "to ten")


SKILL: Final = Skill(
    name="counting",
    phrases={
        "count.up": ("count [up] to <count> [<by>]", "count [up] from <count> (to | until | up to) <count> [<by>]"),
        "count.change": ("[and] [now] (by | in steps of) <step> [please]",),
        "count.down": ("count (down | backwards) from <count> [(to | until) <count>] [<by>]",),
    },
    answer=answer,
    question=question,
    slots=SLOTS,
)
