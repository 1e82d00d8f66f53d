"""What was said, typed and heard, and when: from the history alone."""

from __future__ import annotations

from typing import Final

from rapidfuzz import fuzz

from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.phrasing import say_duration
from duetto.brain.embedded.skill import Answer, Match, Skill
from duetto.timeline.job import Context, Remark

ALIKE: Final = 70.0
"""Likeness (rapidfuzz partial ratio, 0 to 100) from which a remark is the one that was meant."""


def _said(context: Context, who: str, how: str | None = None) -> list[Remark]:
    return [r for r in context.history if r.who == who and r.text.strip() and (how is None or r.how == how)]


def _ago(remark: Remark, now: int) -> str:
    past = say_duration(now - remark.at)
    return "Just now" if past.startswith("less") else f"{past} ago"


def _quote(remark: Remark, now: int, verb: str) -> Answer:
    return Answer((f"{_ago(remark, now)} {verb}:", f"{remark.text.strip().rstrip('.,')}."))


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    mine, typed = _said(context, "duetto"), _said(context, "user", "typed")
    spoken = _said(context, "user", "spoken") or typed
    match match.intent:
        case "recall.last":
            return (
                _quote(spoken[-1], context.now, "you said")
                if spoken
                else Answer(("You have not said anything before.",))
            )
        case "recall.before":
            if len(spoken) < 2:
                return Answer(("I remember nothing before that.",))
            return _quote(spoken[-2], context.now, "you said")
        case "recall.first":
            return _quote(spoken[0], context.now, "you said") if spoken else Answer(("This is the first thing.",))
        case "recall.when":
            return _when(match, spoken, context.now)
        case "recall.yours":
            return _quote(mine[-1], context.now, "I said") if mine else Answer(("I have not said anything yet.",))
        case "recall.typing":
            text = context.typing.strip()
            return Answer(("You are typing:", f"{text}.") if text else ("You are not typing anything.",))
        case _:
            return _quote(typed[-1], context.now, "you typed") if typed else Answer(("You have not typed anything.",))


def _when(match: Match, spoken: list[Remark], now: int) -> Answer:
    words = match.text("words").lower()
    if not words:
        return Answer((f"{_ago(spoken[-1], now)}.",)) if spoken else Answer(("You have not said anything before.",))
    found = [r for r in reversed(spoken) if fuzz.partial_ratio(words, r.text.lower()) >= ALIKE]
    if not found:
        return Answer((f"I did not hear you say {words}.",))
    return Answer((f"{_ago(found[0], now)}.",))


SKILL: Final = Skill(
    name="recall",
    phrases={
        "recall.last": (
            "what (did i say | have i said | did i just say | was i saying) [last]",
            "what did you hear [me say]",
        ),
        "recall.before": ("what did i say before [that]", "(and | what about) before that", "before that"),
        "recall.first": ("what did i say (first | at first | in the beginning)", "what was the first thing i said"),
        "recall.when": ("when did i say (that | it)", "when did i say <words>"),
        "recall.yours": ("what did you [just] say", "what have you said", "what were you saying"),
        "recall.typed": ("what (did i | have i) (type | typed | write | written)", "what did i just type"),
        "recall.typing": ("what am i (typing | writing)",),
    },
    answer=answer,
    open_slots=("words",),
)
