"""Standing orders by the clock: timers, reminders and remarks, once, at an interval, or as a countdown."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

import msgspec

from duetto.brain.embedded.memory import Given, Kind, Memory, short
from duetto.brain.embedded.phrasing import say_duration, say_period, sentence, swapped
from duetto.brain.embedded.skill import Answer, Match, Question, Skill, Words
from duetto.brain.embedded.skills import remarks
from duetto.brain.embedded.skills import terms as named_terms
from duetto.brain.embedded.skills.clock import local, next_time, say_time
from duetto.brain.embedded.skills.terms import both, give, named, terms, timely
from duetto.brain.embedded.slots import SECONDS, duration, whole
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.job import Context
from duetto.timeline.order import Interval, Moment, Order

_WHEN: Final = re.compile(r" (in|at) \d[^.]*$")
"""When a reminder is due, at the end of how it is spoken of."""
_ONE: Final = frozenset(seconds * NS_PER_S for seconds in SECONDS.values())
"""Lengths of time that are one of something, ns."""
MOST_COUNTED: Final = 200
"""Longest countdown, s."""

SLOTS: Final = {
    **named_terms.SLOTS,
    "period": (
        "<below_hundred> and a half (seconds | minutes | hours)",
        "[<count>] (second | seconds | minute | minutes | hour | hours)",
        "half (a minute | an hour)",
    ),
    "how": ("(to | that | about | of)",),
    "later": (
        "(in | after) <duration> [from now | <gone>]",
        "(when | once | as soon as | if) <duration> <gone>",
        "(when | once | after) it (is | has) been <duration>",
        "<duration> from now",
    ),
    "gone": ("(have | has) (passed | gone by | gone | run out)", "(is | are) (up | over | gone)", "(go | goes) by"),
    "every": ("(every | each)", "once (a | every)"),
    "prompt": ("(say something | tell me | let me know | warn me)", "<nudge>"),
    "wait_for": ("(wait | hang on | hold on | wait for | let)",),
}


def in_force(memory: Memory, context: Context) -> tuple[Given, ...]:
    """The orders that are known here and still stand."""
    return tuple(given for given in memory.orders if given.name in context.orders)


def replacing(match: Match, context: Context, memory: Memory, kinds: tuple[Kind, ...]) -> tuple[Memory, Words]:
    """After "no, ...": without the last order of such a kind. Returns the names that are withdrawn."""
    standing = [given for given in in_force(memory, context) if given.kind in kinds]
    if "instead" not in match or not standing:
        return memory, ()
    gone = standing[-1]
    return replace(memory, orders=tuple(given for given in memory.orders if given is not gone)), (gone.name,)


def _thing(match: Match, index: int = 0) -> str:
    """What to be reminded of, as duetto says it. Without its "to" the next word may be that "to", misheard."""
    words = match.get("thing", index)
    if "how" not in match and len(words) > 1 and words[0] in ("two", "too"):
        words = words[1:]
    return short(swapped(words))


def _reminder(match: Match, index: int = 0) -> str:
    """What to say when the moment has come."""
    thing = _thing(match, index)
    match match.text("how", index):
        case "that":
            return sentence(thing)
        case "about" | "of":
            return sentence(f"remember {thing}")
        case _:
            return sentence(f"you wanted to {thing}")


def _remind(match: Match, index: int = 0) -> str:
    """How duetto speaks of it: "remind you to drink"."""
    return f"remind you {match.text('how', index) or 'to'} {_thing(match, index)}"


def _timer(match: Match, context: Context, memory: Memory) -> Answer:
    wait = duration(match.get("duration"))
    if refused := timely(wait):
        return refused
    assert wait is not None
    memory, gone = replacing(match, context, memory, ("timer",))
    said, due = say_duration(wait), context.now + wait
    what = f"I tell you when your timer of {said} is up"
    order = Order(named(memory, "timer"), Moment(due), f"Your timer of {said} is up.", what=what)
    given = give(memory, context, order, f"{said},", "starting now.", kind="timer", what=f"a timer of {said}", due=due)
    return replace(given, withdraw=gone)


def _passed(match: Match, context: Context, memory: Memory) -> Answer:
    """That so much time has passed, and nothing else."""
    wait = duration(match.get("duration"))
    if refused := timely(wait):
        return refused
    assert wait is not None
    said, due = say_duration(wait), context.now + wait
    over = f"{said} {'is' if wait in _ONE else 'are'} over"
    says, promise = remarks.sign(match, f"{over[0].upper()}{over[1:]}.")
    order = Order(named(memory, "timer"), Moment(due), says, what=f"I {promise} when {over}")
    clauses = ("All right,", f"in {said}.")
    return give(memory, context, order, *clauses, kind="timer", what=f"a timer of {said}", due=due)


def _waits(match: Match) -> tuple[Words, ...]:
    """The times that are to pass first; how long an order is to stand, at the end, is none of them."""
    named = match.slots.get("duration", ())
    return named[: len(named) - sum("duration" in inner for inner in match.inside("for_time"))]


def _remind_in(match: Match, context: Context, memory: Memory) -> Answer:
    memory, gone = replacing(match, context, memory, ("reminder",))
    answers: list[Answer] = []
    waits: list[str] = []
    for index, words in enumerate(_waits(match)):
        wait = duration(words)
        if refused := timely(wait):
            return refused
        assert wait is not None
        before = answers[-1].memory or memory if answers else memory
        if "reply" in match:
            say, promise, what = remarks.remark(match, index), remarks.said(match, index), remarks.said(match, index)
        else:
            say, promise, what = _reminder(match, index), _remind(match, index), f"a reminder: {_thing(match, index)}"
        name, due = named(before, "reminder"), context.now + wait
        manner = "text" if remarks.silent(match) else terms(match, context.now).manner
        order = Order(name, Moment(due), say, manner=manner, what=f"I {promise} in {say_duration(wait)}")
        clauses = ("All right,", f"in {say_duration(wait)}.")
        answers.append(give(before, context, order, *clauses, kind="reminder", what=what, due=due))
        waits.append(say_duration(wait))
    if len(answers) > 1:
        return replace(
            both(answers[0], answers[1], "All right,", f"in {waits[0]}", f"and in {waits[1]}."), withdraw=gone
        )
    return replace(answers[0], withdraw=gone) if answers else Answer(("I did not catch how long.",))


def _repeat(match: Match, context: Context, memory: Memory) -> Answer:
    words = match.get("period")
    if len(words) == 1:
        words = ("one", *words)
    period = duration(words)
    if refused := timely(period):
        return refused
    assert period is not None
    memory, gone = replacing(match, context, memory, ("repeated",))
    if not {"thing", "reply"} & set(match.slots):
        says, promise = remarks.sign(match)
        spoken = promise
    else:
        thing = _thing(match) or remarks.remark(match)
        says = remarks.remark(match) if "reply" in match else sentence(thing)
        promise = remarks.said(match) if "reply" in match else _remind(match)
        spoken = match.text("reply") if match.get("speak")[:1] == ("say",) else thing.rstrip(".?")
    on = terms(match, context.now)
    if remarks.silent(match):
        on = replace(on, manner="text")
    often = f"every {say_period(period)}"
    order = Order(
        named(memory, "reminder"),
        Interval(context.now, period),
        says,
        on.limit,
        on.manner,
        on.rest,
        on.until,
        what=f"I {promise} {often}{on.text}",
    )
    clauses = ("All right,", often, f"{on.text.strip(' ,')}." if on.text else "from now on.")
    given = give(memory, context, order, *clauses, kind="repeated", what=f"{spoken}, {often}")
    return replace(given, withdraw=gone)


def _rather(match: Match, context: Context, memory: Memory) -> Answer:
    """In place of the last one: "no, remind me ..."."""
    if "period" in match:
        return _repeat(match, context, memory)
    return (_remind_in if {"thing", "reply"} & set(match.slots) else _timer)(match, context, memory)


def _countdown(match: Match, context: Context, memory: Memory) -> Answer:
    """The seconds that are left, one by one."""
    length = duration(match.get("short"))
    if refused := timely(length):
        return refused
    assert length is not None
    seconds = length // NS_PER_S
    if seconds > MOST_COUNTED:
        return Answer(("That is a lot of numbers.", f"I count {MOST_COUNTED} at most."))
    said = say_duration(length)
    order = Order(
        named(memory, "timer"),
        Interval(context.now, NS_PER_S),
        "{left}",
        limit=seconds,
        what=f"I count down {said}",
    )
    due = context.now + length
    return give(memory, context, order, f"{said},", "starting now.", kind="timer", what="a countdown", due=due)


def _change(match: Match, context: Context, memory: Memory) -> Answer:
    """Another period or moment for the last order that has one."""
    kinds: tuple[Kind, ...] = ("repeated",) if "period" in match else ("timer", "reminder")
    standing = [given for given in in_force(memory, context) if given.kind in kinds and given.order is not None]
    if not standing:
        return Answer(("There is nothing that I could change.",))
    given = standing[-1]
    assert given.order is not None
    words = (match.slots.get("period") or match.slots["duration"])[-1]  # of "not every four, every six" the last
    length = duration(("one", *words) if len(words) == 1 else words)
    if refused := timely(length):
        return refused
    assert length is not None
    kept = replace(memory, orders=tuple(each for each in memory.orders if each is not given))
    order = msgspec.structs.replace(given.order, name=given.name)
    if given.kind == "repeated":
        often, before = f"every {say_period(length)}", given.what.rpartition(", every ")[0]
        what = f"{order.what.rpartition(' every ')[0]} {often}"
        order = msgspec.structs.replace(order, when=Interval(context.now, length), what=what)
        return give(kept, context, order, "All right,", f"{often}.", kind=given.kind, what=f"{before}, {often}")
    if not isinstance(order.when, Moment):
        return Answer(("There is nothing that I could change.",))
    due, said = context.now + length, say_duration(length)
    changed = given.what
    if given.kind == "timer":
        changed, say = f"a timer of {said}", f"Your timer of {said} is up."
        order = msgspec.structs.replace(order, say=say, what=f"I tell you when your timer of {said} is up")
    else:
        order = msgspec.structs.replace(order, what=f"{_WHEN.sub('', order.what)} in {said}")
    order = msgspec.structs.replace(order, when=Moment(due))
    return give(kept, context, order, "All right,", f"in {said}.", kind=given.kind, what=changed, due=due)


@dataclass(frozen=True, slots=True)
class Reminders:
    """zone: the time zone in which a time of day is meant, None for the machine's."""

    zone: tzinfo | None = None

    def answer(self, match: Match, context: Context, memory: Memory) -> Answer:
        return _ANSWERS.get(match.intent, self.at)(match, context, memory)

    def at(self, match: Match, context: Context, memory: Memory) -> Answer:
        now = local(context, self.zone)
        then = next_time(match.get("time_of_day"), now)
        if then is None:
            return Answer(("I do not know that time.",))
        due = context.now + int((then - now).total_seconds() * NS_PER_S)
        time, thing = say_time(then), _thing(match)
        what = f"a reminder: {thing}" if thing else f"an alarm for {time}"
        promise = f"I {_remind(match)} at {time}" if thing else f"I wake you at {time}"
        say = _reminder(match) if thing else f"It is {time}."
        order = Order(named(memory, "reminder"), Moment(due), say, what=promise)
        return give(memory, context, order, "All right,", f"at {time}.", kind="reminder", what=what, due=due)


_ANSWERS: Final[dict[str, Callable[[Match, Context, Memory], Answer]]] = {
    "orders.timer": _timer,
    "orders.timer_else": _timer,
    "orders.passed": _passed,
    "orders.passed_else": _passed,
    "orders.countdown": _countdown,
    "orders.remind_in": _remind_in,
    "orders.say_in": _remind_in,
    "orders.say_then": _remind_in,
    "orders.rather": _rather,
    "orders.repeat": _repeat,
    "orders.repeat_else": _repeat,
    "orders.change": _change,
    "orders.change_else": _change,
}


def question(match: Match) -> Question | None:
    thing = _thing(match) or match.text("reply")
    match match.intent:
        case "orders.timer":
            number = whole(match.get("count"))
            said = match.text("count").capitalize()
            return Question("For how long?" if number is None else f"{said} what? Minutes?", "minutes" * bool(said))
        case "orders.remind_in":
            return _ask_reminder(match, thing, "duration", "In")
        case "orders.say_in" if "duration" in match and not thing:
            return Question("What shall I say then?", free=True)
        case "orders.repeat":
            return _ask_reminder(match, thing, "period", "Every")
        case "orders.at":
            return Question("When?") if "time_of_day" not in match else Question("What shall I remind you of?")
        case _:
            return None


def _ask_reminder(match: Match, thing: str, slot: str, word: str) -> Question:
    words = match.get(slot)
    if thing and words:
        return Question("Until when?", "i say stop")
    if thing:
        return Question(f"When shall I {'say it' if 'reply' in match else f'remind you to {thing}'}?")
    if not words:
        return Question(f"{word} what?" if word.lower() in match.words else "Remind you of what, and when?")
    value = duration(("one", *words) if len(words) == 1 and slot == "period" else words)
    if value is None:
        return Question(f"{' '.join(words).capitalize()} what? Seconds?", "seconds")
    said = say_period(value) if slot == "period" else say_duration(value)
    return Question(f"Remind you {word.lower()} {said} of what?")


def skill(zone: tzinfo | None) -> Skill:
    return Skill(
        name="reminders",
        phrases={
            "orders.timer": (
                "(set | start | give me | i need) (a timer | timer | a countdown) (for | of) <duration>",
                "(set | start) a <duration> timer",
                "<duration> timer",
                "wake me in <duration>",
            ),
            "orders.timer_else": (
                "(give me | i need) a <duration> (timer | countdown)",
                "put <duration> on the clock",
                "wake me <later>",
            ),
            "orders.passed": ("(tell me | let me know) when <duration> <gone>",),
            "orders.passed_else": ("<prompt> <later>",),
            "orders.countdown": ("count down [from] <short>",),
            "orders.remind_in": (
                "remind me <later> [<how>] <thing> [<tail>]",
                "<later> remind me <how> <thing> [<tail>]",
                "remind me <how> <thing> <later> [and <how> <thing> <later>]",
            ),
            "orders.say_in": (
                "<later> <speak> <reply> [<tail>]",
                "<later> <speak> <reply> and <later> <speak> <reply>",
                "<speak> <reply> <later>",
            ),
            "orders.say_then": (
                "(set | start | give me) a countdown (for | of) <duration> and [then] <speak> <reply>",
                "<wait_for> <duration> [pass | go by] [and] [then] <speak> <reply>",
                "tell me <later> to <reply>",
                "<later> [you] tell me <reply>",
                "<speak> <reply> in <duration> and [<speak>] <reply> in <duration>",
            ),
            "orders.repeat": (
                "remind me <every> <period> [<how>] <thing> [<tail>]",
                "<every> <period> remind me <how> <thing> [<tail>]",
                "remind me <how> <thing> <every> <period> [<tail>]",
                "<speak> <reply> <every> <period> [<tail>]",
                "<every> <period> <speak> <reply> [<tail>]",
            ),
            "orders.repeat_else": (
                "<prompt> <every> <period> [<tail>]",
                "<every> <period> <prompt> [<tail>]",
                "<for_time> <speak> <reply> <every> <period>",
            ),
            "orders.rather": (
                "<instead> (set | start) (a timer | timer | a countdown) (for | of) <duration>",
                "<instead> remind me <later> [<how>] <thing>",
                "<instead> remind me <how> <thing> <later>",
                "<instead> remind me <every> <period> [<how>] <thing> [<tail>]",
                "<instead> remind me <how> <thing> <every> <period> [<tail>]",
                "<instead> <later> <speak> <reply>",
                "<instead> <speak> <reply> <later>",
                "<instead> <speak> <reply> <every> <period> [<tail>]",
                "<instead> <every> <period> <speak> <reply> [<tail>]",
            ),
            "orders.at": (
                "remind me at <time_of_day> [<how>] <thing> [<tail>]",
                "remind me <how> <thing> at <time_of_day>",
                "(set | give me) an alarm (for | at) <time_of_day>",
                "wake me [up] at <time_of_day>",
            ),
            "orders.change": (
                "(make | change) (it | that) [to] every <period>",
                "make (it | that) [in] <duration>",
                "every <period> instead",
            ),
            "orders.change_else": (
                "<instead> [rather] <every> <period> [instead]",
                "<instead> [rather] <later> [instead]",
                "not every <period> [but] every <period>",
                "not (in | after) <duration> [but] (in | after) <duration>",
            ),
        },
        answer=Reminders(zone).answer,
        question=question,
        slots=SLOTS,
        open_slots=("thing", "reply", "final"),
        quoted=("reply", "final"),
        lingering=("orders.repeat",),
        unheard=(
            "orders.timer_else",
            "orders.passed_else",
            "orders.say_then",
            "orders.repeat_else",
            "orders.rather",
            "orders.change_else",
        ),
    )
