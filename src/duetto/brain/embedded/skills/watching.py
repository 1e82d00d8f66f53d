"""Standing orders on what happens: "every time I say basically say stop", "tell me when someone comes in"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.phrasing import say_duration
from duetto.brain.embedded.skill import Answer, Match, Question, Skill
from duetto.brain.embedded.skills import happenings, movements, remarks
from duetto.brain.embedded.skills.happenings import Happening, happening
from duetto.brain.embedded.skills.terms import both, give, named, terms
from duetto.brain.embedded.slots import duration
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.job import Context
from duetto.timeline.order import After, AllOf, AnyOf, Order, Sight

TOGETHER: Final = 60 * NS_PER_S
"""Time (ns) within which two things are to happen that are joined by "and"."""
MOST_WORDS: Final = 14
"""Words that are confirmed in one clause."""

SLOTS: Final = {
    **happenings.SLOTS,
    **movements.SLOTS,
    **remarks.SLOTS,
    "always": ("(whenever | (every | each | any) time)",),
    "on": ("(when | if | once | as soon as | <always>)", "(after | should | in case | [at] the moment | <just_once>)"),
    "just_once": ("[the] (next | first) time",),
    "nth_lead": ("[<on>] the <ordinal> time",),
    "also": ("(or | and)",),
    "how_often": ("(how often | how many times | every time | each time)",),
    "counting": ("(tally [up] | track | note)", "keep [a] (count | track | tally) of", "keep counting"),
    "shown": ("(appears | shows up | comes up | stands | is) on (my | the) screen",),
    "unseen": (
        "(the | my | a) <event> (turns | becomes | goes | gets | is) <colour>",
        "(i | someone | somebody) (smile | smiles | frown | frowns | yawn | yawns | cry | cries | laugh | laughs)",
        "i (fall asleep | look tired | look sad | look happy | look away | slouch)",
        "(the | my) (baby | dog | cat) (wakes up | cries | comes in | leaves | moves | sleeps)",
    ),
    "sign": ("(stop | end | done | off | finished | over | rest)",),
    "colour": ("(red | green | blue | yellow | orange | black | white | grey | gray)",),
}


def _clauses(promise: str, when: str) -> tuple[str, ...]:
    """One sentence: in two clauses where it is long."""
    if len(f"I will {promise} {when}".split()) <= MOST_WORDS:
        return ("All right,", f"I will {promise} {when}.")
    return ("All right,", f"I will {promise}", f"{when}.")


def _order(
    match: Match, found: Happening, says: str, promise: str, context: Context, memory: Memory, *, once: bool = False
) -> Answer:
    """Give the order that says this when that happens. promise: what duetto will do, as in "I will ..."."""
    on = terms(match, context.now)
    once = once or bool({"just_once", "nth_lead"} & set(match.slots))
    if remarks.silent(match) and on.manner == "over":
        on = replace(on, manner="text")
    limit = 1 if once and on.limit is None and on.until is None else on.limit
    when = f"{'when' if limit == 1 or (once and on.until is None) else 'each time'} {found.text}{on.text}"
    name = named(memory, {"sight": "watch", "count": "count"}.get(found.kind, "cue"))
    order = Order(
        name,
        found.when,
        says,
        limit,
        on.manner,
        on.rest or found.rest,
        on.until,
        what=f"I {promise} {when}",
    )
    return give(memory, context, order, *_clauses(promise, when), kind=found.kind)


def _found(match: Match) -> Happening | None:
    """What is waited for: of two things either, or both."""
    each = [happening(one) for one in match.inside("happening")] or [happening(match)]
    known = [one for one in each if one is not None]
    if not known or len(known) < len(each):
        return None
    first = known[0]
    if len(known) == 1:
        return happenings.nth(first, match.get("nth_lead")) if "nth_lead" in match else first
    joined = "and" if match.text("also") == "and" else "or"
    conditions = tuple(one.when for one in known)
    when = AllOf(conditions, TOGETHER) if joined == "and" else AnyOf(conditions)
    text = f" {joined} ".join(one.text for one in known)
    says = first.says if joined == "or" and first.says == known[1].says else f"Now {text}."
    return replace(first, when=when, text=text, says=says, once=all(one.once for one in known))


def _unclear() -> Answer:
    return Answer(("I did not catch what to wait for.",))


def _say(match: Match, context: Context, memory: Memory) -> Answer:
    found = _found(match)
    if found is None:
        return _unclear()
    if match.get("speak") == ("say",) and match.get("reply") in (("so",), ("something",), ("it",)):
        return _tell(match, context, memory)
    return _order(match, found, remarks.remark(match), remarks.said(match), context, memory)


def _tell(match: Match, context: Context, memory: Memory) -> Answer:
    found = _found(match)
    if found is None:
        return _unclear()
    stops = bool({"stop", "interrupt"} & set(match.get("tell")))
    says, promise = remarks.sign(match, f"Stop, {found.says[0].lower()}{found.says[1:]}" if stops else found.says)
    once = found.once and not stops and not {"always", "catching", "nudge"} & set(match.slots)
    return _order(match, found, says, "stop you" if stops else promise, context, memory, once=once)


def _count(match: Match, context: Context, memory: Memory) -> Answer:
    found = _found(match)
    if found is None:
        return _unclear()
    found = replace(found, rest=0)
    on = terms(match, context.now)
    promise = f"count how often {found.text}{on.text}"
    order = Order(
        named(memory, "count"), found.when, "{n}", on.limit, on.manner, on.rest, on.until, what=f"I {promise}"
    )
    return give(memory, context, order, "All right,", f"I will {promise}.", kind="count")


def _after(match: Match, context: Context, memory: Memory) -> Answer:
    """So long after something."""
    found, wait = _found(match), duration(match.get("wait"))
    if found is None or wait is None:
        return Answer(("I did not catch how long.",))
    found = replace(found, when=After(found.when, wait), text=f"{found.text}, {say_duration(wait)} later")
    return _order(match, found, remarks.remark(match), remarks.said(match), context, memory)


def _shown(match: Match, context: Context, memory: Memory) -> Answer:
    """Words that come to stand on the screen."""
    found = happenings.reading(match.get("cue"))
    if found is None:
        return Answer(("I did not catch the words.",))
    if "reply" in match:
        return _order(match, found, remarks.remark(match), remarks.said(match), context, memory)
    return _order(match, found, found.says, "tell you", context, memory, once="always" not in match)


def _watch(match: Match, context: Context, memory: Memory) -> Answer:
    """Each time: "watch for movement"."""
    found = happenings.sight("when_face" if {"people", "faces", "someone"} & set(match.words) else "when_motion", match)
    return _order(match, found, found.says, "tell you", context, memory)


def _span(match: Match, context: Context, memory: Memory) -> Answer:
    """Both ends of a lasting movement."""
    what = movements.doing(match)
    texts = (f"you start {what}", f"you stop {what}")
    if "reply" in match:
        says = (remarks.remark(match), remarks.remark(match, 1))
        promises = (remarks.said(match), remarks.said(match, 1))
    else:
        says, promises = ("You have started.", "You have stopped."), ("tell you", "tell you")
    on = terms(match, context.now)
    answers: list[Answer] = []
    for kind, text, remark, promise in zip(("starts", "stops"), texts, says, promises, strict=True):
        before = answers[-1].memory or memory if answers else memory
        order = Order(
            named(before, "watch"),
            Sight("starts" if kind == "starts" else "stops"),
            remark,
            on.limit,
            on.manner,
            on.rest,
            on.until,
            what=f"I {promise} when {text}",
        )
        answers.append(give(before, context, order, kind="sight"))
    joint = f"and {promises[1]} when you stop." if "reply" in match else "and when you stop."
    return both(answers[0], answers[1], "All right,", f"I will {promises[0]} when {texts[0]}", joint)


def _refuse(match: Match, context: Context, memory: Memory) -> Answer:
    return Answer(("To see that I need a language model.", "I can watch for movement, people and words on the screen."))


_ANSWERS: Final[dict[str, Callable[[Match, Context, Memory], Answer]]] = {
    "when.say": _say,
    "when.say_either": _say,
    "when.say_else": _say,
    "when.tell": _tell,
    "when.tell_either": _tell,
    "when.tell_else": _tell,
    "when.count": _count,
    "when.count_else": _count,
    "when.after": _after,
    "when.shown": _shown,
    "when.span": _span,
    "when.span_open": _span,
    "when.unseen": _refuse,
    "watch.for": _watch,
}


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    return _ANSWERS[match.intent](match, context, memory)


def question(match: Match) -> Question | None:
    if match.intent == "watch.for":
        return Question("Watch for what? Movement?", "movement")
    if match.intent == "when.count":
        return Question("Count what?")
    if match.intent == "when.say" and "happening" in match and "reply" not in match:
        return Question("What shall I say then?", free=True)
    if "reply" in match and "happening" not in match:
        return Question("When shall I say it?")
    return Question("Tell you when what happens?") if len(match.words) >= 3 else None


SKILL: Final = Skill(
    name="watching",
    phrases={
        "when.tell": ("<tell> <on> <happening> [<tail>]", "<on> <happening> <tell> [<tail>]"),
        "when.say": (
            "<on> <happening> <speak> <reply> [<tail>]",
            "<speak> <reply> <on> <happening> [<tail>]",
        ),
        "when.count": ("count <how_often> <happening> [<tail>]",),
        "when.count_else": ("<counting> <how_often> <happening> [<tail>]",),
        "when.span": (
            "<speak> <reply> <on> i (start | begin) <activity> and [say] <sign> when i (stop | finish)",
            "<tell> <on> i (start | begin) (and | or) stop <activity>",
            "<tell> <on> i (start | begin) <activity> and when i (stop | finish)",
        ),
        "watch.for": (
            "(watch for | look out for | watch out for) (movement | motion | people | faces | someone) [<where>]",
        ),
        "when.say_else": (
            "<on> <happening> [then] [you] (<speak> | tell me) <reply> [<tail>]",
            "<nth_lead> [that] <happening> <speak> <reply>",
            "<speak> <reply> <nth_lead> [that] <happening>",
            "<for_time> <on> <happening> <speak> <reply>",
            "listen [out] for <cue> and <on> (it | you hear it) [comes up | is said] <speak> <reply>",
        ),
        "when.tell_else": (
            "<nth_lead> [that] <happening> <tell>",
            "<tell> <nth_lead> [that] <happening>",
            "<for_time> <tell> <on> <happening>",
        ),
        "when.tell_either": ("<tell> <on> <happening> <also> [<on>] <happening> [<tail>]",),
        "when.say_either": (
            "<on> <happening> <also> [<on>] <happening> <speak> <reply> [<tail>]",
            "<speak> <reply> <on> <happening> <also> [<on>] <happening> [<tail>]",
        ),
        "when.span_open": (
            "<speak> <reply> <on> i (start | begin) <activity> and [say] <sign> when i (stop | finish) <activity>",
            "<speak> <reply> <on> i (start | begin) <activity> and [say] <reply> when i (stop | finish) [<activity>]",
            "<on> i (start | begin) <activity> <speak> <reply> and <on> i (stop | finish) [<activity>] <speak> <reply>",
        ),
        "when.after": (
            "<on> <happening> wait <wait> [and] [then] <speak> <reply>",
            "(after | when) <happening> wait <wait> [and] [then] <speak> <reply>",
            "<wait> after <happening> <speak> <reply>",
            "<speak> <reply> <wait> after <happening>",
        ),
        "when.shown": (
            "<tell> <on> <cue> <shown> [<tail>]",
            "<speak> <reply> <on> <cue> <shown> [<tail>]",
            "<on> <cue> <shown> <speak> <reply> [<tail>]",
        ),
        "when.unseen": (
            "<tell> <on> <unseen>",
            "<on> <unseen> <tell>",
            "<on> <unseen> <speak> <reply>",
            "<speak> <reply> <on> <unseen>",
        ),
    },
    answer=answer,
    question=question,
    slots={**SLOTS, "wait": ("<short>",)},
    open_slots=("cue", "reply", "event", "final"),
    quoted=("cue", "reply", "final"),
    unheard=(
        "when.span_open",
        "when.count_else",
        "when.say_else",
        "when.tell_else",
        "when.tell_either",
        "when.say_either",
        "when.after",
        "when.shown",
        "when.unseen",
    ),
)
