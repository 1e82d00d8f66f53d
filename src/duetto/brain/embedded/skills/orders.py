"""Standing orders as they stand: which there are, ending some or all of them, and "stop"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import msgspec

from duetto.brain.embedded import numbers
from duetto.brain.embedded.memory import Given, Kind, Memory
from duetto.brain.embedded.phrasing import joined, say_duration
from duetto.brain.embedded.skill import Answer, Match, Question, Skill
from duetto.brain.embedded.skills import remarks, terms
from duetto.brain.embedded.skills.reminders import in_force
from duetto.brain.embedded.skills.terms import give
from duetto.timeline.job import Context
from duetto.timeline.phrase import words_of

SLOTS: Final = {
    "once_more": ("(timer | timers | reminder | reminders | alarm | alarms)",),
    "cancelling": ("(cancel | stop | delete | end | remove | scrap | drop | clear | kill | call off | get rid of)",),
    "which_orders": ("(timers | reminders | alarms | orders)",),
    "doing_so": ("(reminding | watching | counting | listening)",),
}
_LITTLE: Final = frozenset("a an the my your i you me it that this to of for about when each time".split())
"""Words that do not tell one order from another."""


def _list(match: Match, context: Context, memory: Memory) -> Answer:
    standing = in_force(memory, context)
    known = {given.name for given in standing}
    said = [given.what + (f", in {say_duration(given.due - context.now)}" if given.due else "") for given in standing]
    said += [each.what or f"{each.when}, {each.say}" for each in context.standing if each.name not in known]
    if not said:
        return Answer(("Nothing is set at the moment.",))
    first = "One thing is set:" if len(said) == 1 else f"{numbers.spell(len(said)).capitalize()} things are set:"
    return Answer((first, *(f"{text}{'.' if at == len(said) - 1 else ';'}" for at, text in enumerate(said))))


def _left(match: Match, context: Context, memory: Memory) -> Answer:
    moments = sorted((g for g in in_force(memory, context) if g.due > context.now), key=lambda given: given.due)
    timers = [given for given in moments if given.kind == "timer"] or moments
    if not timers:
        return Answer(("No timer is running.",))
    said = [say_duration(given.due - context.now) for given in timers]
    return Answer((f"{joined(said)}.",))


_KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "timer": ("timer",),
    "alarm": ("reminder",),
    "reminder": ("reminder", "repeated"),
    "watching": ("sight",),
    "reminding": ("reminder", "repeated"),
    "counting": ("count",),
    "listening": ("words", "silence"),
}


def _cancel(match: Match, context: Context, memory: Memory) -> Answer:
    standing = in_force(memory, context)
    if "everything" in match.words or match.intent == "orders.cancel_all":
        return _withdraw(standing, ("*",) if context.orders else (), memory)
    kind = match.text("doing_so") or match.text("once_more").removesuffix("s")
    gone = tuple(given for given in standing if given.kind in _KINDS[kind])
    number = numbers.value(match.get("unit"))
    if number is not None:
        gone = tuple(given for given in gone if given.name == f"{kind} {number}")
    return _withdraw(gone, tuple(given.name for given in gone), memory)


def _withdraw(gone: tuple[Given, ...], names: tuple[str, ...], memory: Memory, *, stop: bool = False) -> Answer:
    if not names:
        return Answer(("There is nothing to cancel.",), stop=stop)
    said = "All right," if len(names) == 1 and names != ("*",) else "All right, all of them:"
    kept = tuple(given for given in memory.orders if given not in gone)
    return Answer((said, "cancelled."), replace(memory, orders=kept), withdraw=names, stop=stop)


def _cancel_last(match: Match, context: Context, memory: Memory) -> Answer:
    """What was given last: "cancel that"."""
    standing = in_force(memory, context)
    return _withdraw(standing[-1:], tuple(given.name for given in standing[-1:]), memory)


def _cancel_about(match: Match, context: Context, memory: Memory) -> Answer:
    """By what it is about: those that share the most words with what was said."""
    wanted = _stems(match.text("about"))
    known = {given.name: f"{given.what} {given.order.what if given.order else ''}" for given in memory.orders}
    texts = {name: f"{name} {known.get(name, '')}" for name in context.orders}
    for each in context.standing:
        texts[each.name] = f"{texts.get(each.name, each.name)} {each.what} {each.when} {each.say}"
    shared = {name: len(wanted & _stems(text)) for name, text in texts.items()}
    most = max(shared.values(), default=0)
    if not most and match.words[:1] == ("forget",) and match.words[1:2] in (("it",), ("that",)):
        return _cancel_last(match, context, memory)
    if not most:
        return Answer((f"I know of nothing about {match.text('about')}.",))
    names = tuple(name for name, count in shared.items() if count == most)
    return _withdraw(tuple(given for given in memory.orders if given.name in names), names, memory)


def _reword(match: Match, context: Context, memory: Memory) -> Answer:
    """Other words for the last order that says some: "no, say coffee instead"."""
    standing = [given for given in in_force(memory, context) if given.order is not None and "{" not in given.order.say]
    if not standing:
        return Answer(("There is nothing that I could change.",))
    given = standing[-1]
    assert given.order is not None
    due = given.due
    order = msgspec.structs.replace(given.order, say=remarks.remark(match), what=f"I {remarks.said(match)} instead")
    kept = replace(memory, orders=tuple(each for each in memory.orders if each is not given))
    return give(
        kept, context, order, "All right,", f"{remarks.said(match)}.", kind=given.kind, what=order.what, due=due
    )


def _stems(text: str) -> frozenset[str]:
    """The words that tell what it is about, singular and plural being one."""
    return frozenset(word.removesuffix("s") for word in words_of(text.replace("-", " ")) if word not in _LITTLE)


def _stop(match: Match, context: Context, memory: Memory) -> Answer:
    """End what is being said; and what repeats, if nothing else is being said or it was so agreed."""
    talking = context.saying is not None
    standing = in_force(memory, context)
    if "counting" in match.words and any(given.kind == "count" for given in standing):
        gone = tuple(given for given in standing if given.kind == "count")
        return _withdraw(gone, tuple(given.name for given in gone), memory, stop=True)
    ended = tuple(given for given in standing if given.repeats and (given.until_stop or not talking))
    if not ended and not talking and match.words[1:] == ("that",):
        ended = standing[-1:]
    if not ended:
        return Answer(() if talking else ("All right.",), stop=True)
    kept = tuple(given for given in memory.orders if given not in ended)
    names = tuple(given.name for given in ended)
    return Answer(("All right,", "I have stopped."), replace(memory, orders=kept), withdraw=names, stop=True)


_ANSWERS: Final[dict[str, Callable[[Match, Context, Memory], Answer]]] = {
    "orders.list": _list,
    "orders.list_else": _list,
    "orders.left": _left,
    "orders.cancel": _cancel,
    "orders.cancel_all": _cancel,
    "orders.cancel_last": _cancel_last,
    "orders.cancel_last_else": _cancel_last,
    "orders.reword": _reword,
    "orders.cancel_about": _cancel_about,
    "orders.cancel_no_more": _cancel_about,
    "orders.stop": _stop,
}


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    return _ANSWERS[match.intent](match, context, memory)


def question(match: Match) -> Question | None:
    if match.intent == "orders.cancel_about":
        return Question("Forget about what?")
    return Question("Cancel what?") if match.intent in ("orders.cancel", "orders.cancel_all") else None


SKILL: Final = Skill(
    name="orders",
    phrases={
        "orders.list": (
            "what (timers | reminders | alarms | orders) (do i have | are there | are set | are running)",
            "(list | tell me | read me) (my | the) (timers | reminders | alarms | orders)",
            "what are my (timers | reminders | alarms | orders)",
            "what are you (watching | waiting | listening | looking out) for",
        ),
        "orders.list_else": (
            "[remind me | tell me] what (you are | are you) (watching | waiting | listening) for [right now]",
            "what (have i asked | did i ask | have i told | did i tell) you to (do | say | remind me of | watch for)",
            "what (is set | is running | have i set up | do you have | are you keeping track of)",
            "(run | go) (through | over) (all | all of | all my | my | the) [my] (<which_orders> | them)",
            "(do i have | are there) any <which_orders> [set | running | left | standing]",
            "(which | what) <which_orders> (stand | are active | are on | are standing | are left)",
        ),
        "orders.left": (
            "how (long | much time) is (left | there left) [on the timer]",
            "how (long | much time) (have i got | do i have) [left]",
            "how long until the timer (ends | is up)",
            "how much longer",
        ),
        "orders.cancel": (
            "<cancelling> [all] (my | the | all) <once_more> [<unit>]",
            "<cancelling> <once_more> [<unit>]",
            "<cancelling> everything",
            "stop <doing_so> [me]",
            "(no more | forget the) <once_more>",
        ),
        "orders.cancel_all": ("(cancel | stop | delete) all of (it | them)",),
        "orders.cancel_last": ("(cancel | forget | delete) (that | it)",),
        "orders.cancel_last_else": (
            "(scrap | drop | skip | leave | undo) (that | it) [one]",
            "(never mind | forget | cancel | scrap) (that | it | the last (one | order))",
        ),
        "orders.cancel_about": ("forget about <about>", "[forget (it | that)] do not say <about>"),
        "orders.cancel_no_more": (
            "(no more | stop the order about | cancel the order about) <about>",
            "(cancel | scrap | drop | skip | never mind | forget) (the | my) <about>",
            "[forget (it | that) | never mind] do not (say | tell me | remind me) [to | about] <about> [any more]",
            "stop (saying | telling me | reminding me) [to | about] <about>",
        ),
        "orders.reword": (
            "[<instead>] <speak> <reply> instead [of <about>]",
            "change (it | that | the word | the words) to <reply> [instead of <about>]",
        ),
        "orders.stop": (
            "stop",
            "stop (it | that | there | now | please | talking | reading | counting | speaking)",
            "(be quiet | quiet | silence | enough | shut up | never mind | hush | stop stop)",
            "that is enough",
        ),
    },
    answer=answer,
    question=question,
    slots={**SLOTS, **remarks.SLOTS, "instead": terms.SLOTS["instead"]},
    open_slots=("about", "reply"),
    quoted=("reply",),
    urgent=("orders.stop",),
    unheard=("orders.list_else", "orders.cancel_last_else", "orders.cancel_no_more", "orders.reword"),
)
