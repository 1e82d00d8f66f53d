"""Standing orders: timers, reminders, once or again and again, and watching for something; ending them; "stop"."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Final

from duetto.brain.embedded import numbers
from duetto.brain.embedded.memory import Given, Memory, short
from duetto.brain.embedded.phrasing import joined, say_duration, say_period, sentence, swapped
from duetto.brain.embedded.skill import Answer, Match, Question, Skill
from duetto.brain.embedded.skills.clock import local, next_time, say_time
from duetto.brain.embedded.slots import duration
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.job import Context
from duetto.timeline.order import Interval, Moment, Order

SHORTEST: Final = NS_PER_S
"""Shortest wait and shortest period of an order, ns."""
LONGEST: Final = 24 * 3600 * NS_PER_S
"""Longest wait of an order, ns."""

SLOTS: Final = {
    "period": ("[<count>] (second | seconds | minute | minutes | hour | hours)", "half (a minute | an hour)"),
    "until_stop": ("until i (say | tell you to) stop",),
    "once_more": ("(timer | timers | reminder | reminders | alarm | alarms)",),
    "how": ("(to | that | about | of)",),
    "speak": ("(say | tell me to)",),
}


def in_force(memory: Memory, context: Context) -> tuple[Given, ...]:
    """The orders that are known here and still stand."""
    return tuple(given for given in memory.orders if given.name in context.orders)


def _timely(wait: int | None) -> Answer | None:
    if wait is None:
        return Answer(("I did not catch how long.",))
    if wait < SHORTEST:
        return Answer(("That is too short for me.", "One second is the least."))
    return Answer(("That is too long for me.", "I can wait one day at most.")) if wait > LONGEST else None


def _give(memory: Memory, given: Given, order: Order, *clauses: str) -> Answer:
    return Answer(clauses, memory.with_order(given), orders=(order,))


def _thing(match: Match) -> str:
    """What to be reminded of, as duetto says it. Without its "to" the next word may be that "to", misheard."""
    words = match.get("thing")
    if "how" not in match and len(words) > 1 and words[0] in ("two", "too"):
        words = words[1:]
    return short(swapped(words))


def _reminder(match: Match) -> str:
    """What to say when the moment has come."""
    thing = _thing(match)
    match match.text("how"):
        case "that":
            return sentence(thing)
        case "about" | "of":
            return sentence(f"remember {thing}")
        case _:
            return sentence(f"you wanted to {thing}")


def _timer(match: Match, context: Context, memory: Memory) -> Answer:
    wait = duration(match.get("duration"))
    if refused := _timely(wait):
        return refused
    assert wait is not None
    name, said = f"timer {memory.numbered + 1}", say_duration(wait)
    given = Given(name, "timer", f"a timer of {said}", due=context.now + wait)
    order = Order(name, Moment(context.now + wait), f"Your timer of {said} is up.")
    return _give(memory, given, order, f"{said},", "starting now.")


def _remind_in(match: Match, context: Context, memory: Memory) -> Answer:
    wait = duration(match.get("duration"))
    if refused := _timely(wait):
        return refused
    assert wait is not None
    name, thing = f"reminder {memory.numbered + 1}", _thing(match)
    given = Given(name, "reminder", f"a reminder: {thing}", due=context.now + wait)
    order = Order(name, Moment(context.now + wait), _reminder(match))
    return _give(memory, given, order, "All right,", f"in {say_duration(wait)}.")


def _repeat(match: Match, context: Context, memory: Memory) -> Answer:
    words = match.get("period")
    if len(words) == 1:
        words = ("one", *words)
    period = duration(words)
    if refused := _timely(period):
        return refused
    assert period is not None
    name, thing = f"reminder {memory.numbered + 1}", _thing(match)
    stop = "until_stop" in match
    given = Given(name, "repeated", f"{thing}, every {say_period(period)}", until_stop=stop)
    order = Order(name, Interval(context.now, period), sentence(thing))
    clauses = ("All right,", f"every {say_period(period)}", "until you say stop." if stop else "from now on.")
    return _give(memory, given, order, *clauses)


def _list(match: Match, context: Context, memory: Memory) -> Answer:
    standing = in_force(memory, context)
    if not standing:
        return Answer(("Nothing is set at the moment.",))
    said = [given.what + (f", in {say_duration(given.due - context.now)}" if given.due else "") for given in standing]
    first = "One thing is set:" if len(said) == 1 else f"{numbers.spell(len(said)).capitalize()} things are set:"
    return Answer((first, *(f"{text}{'.' if at == len(said) - 1 else ';'}" for at, text in enumerate(said))))


def _left(match: Match, context: Context, memory: Memory) -> Answer:
    moments = sorted((g for g in in_force(memory, context) if g.due > context.now), key=lambda given: given.due)
    timers = [given for given in moments if given.kind == "timer"] or moments
    if not timers:
        return Answer(("No timer is running.",))
    said = [say_duration(given.due - context.now) for given in timers]
    return Answer((f"{joined(said)}.",))


_KINDS: Final = {
    "timer": ("timer",),
    "alarm": ("reminder",),
    "reminder": ("reminder", "repeated"),
    "watching": ("sight",),
}


def _cancel(match: Match, context: Context, memory: Memory) -> Answer:
    standing = in_force(memory, context)
    words = match.words
    if "everything" in words or (match.intent == "orders.cancel_all"):
        gone = standing
        names: tuple[str, ...] = ("*",) if context.orders else ()
    else:
        kind = "watching" if "watching" in words else "reminder" if "reminding" in words else ""
        kind = kind or match.text("once_more").removesuffix("s")
        gone = tuple(given for given in standing if given.kind in _KINDS[kind])
        number = numbers.value(match.get("unit"))
        if number is not None:
            gone = tuple(given for given in gone if given.name == f"{kind} {number}")
        names = tuple(given.name for given in gone)
    if not names:
        return Answer(("There is nothing to cancel.",))
    said = "All right," if len(names) == 1 and names != ("*",) else "All right, all of them:"
    kept = tuple(given for given in memory.orders if given not in gone)
    return Answer((said, "cancelled."), replace(memory, orders=kept), withdraw=names)


def _stop(match: Match, context: Context, memory: Memory) -> Answer:
    """End what is being said; and what repeats, if nothing else is being said or it was so agreed."""
    talking = context.saying is not None
    ended = tuple(g for g in in_force(memory, context) if g.repeats and (g.until_stop or not talking))
    if not ended:
        return Answer(() if talking else ("All right.",), stop=True)
    kept = tuple(given for given in memory.orders if given not in ended)
    names = tuple(given.name for given in ended)
    return Answer(("All right,", "I have stopped."), replace(memory, orders=kept), withdraw=names, stop=True)


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
        name, time = f"reminder {memory.numbered + 1}", say_time(then)
        thing = _thing(match)
        what = f"a reminder: {thing}" if thing else f"an alarm for {time}"
        order = Order(name, Moment(due), _reminder(match) if thing else f"It is {time}.")
        return _give(memory, Given(name, "reminder", what, due=due), order, "All right,", f"at {time}.")


_ANSWERS: Final[dict[str, Callable[[Match, Context, Memory], Answer]]] = {
    "orders.timer": _timer,
    "orders.remind_in": _remind_in,
    "orders.repeat": _repeat,
    "orders.list": _list,
    "orders.left": _left,
    "orders.cancel": _cancel,
    "orders.cancel_all": _cancel,
    "orders.stop": _stop,
}


def question(match: Match) -> Question | None:
    thing = _thing(match)
    match match.intent:
        case "orders.timer":
            number = match.text("count")
            return Question(f"{number.capitalize()} what? Minutes?", "minutes") if number else Question("For how long?")
        case "orders.remind_in":
            return _ask_reminder(match, thing, "duration", "In")
        case "orders.repeat":
            return _ask_reminder(match, thing, "period", "Every")
        case "orders.at":
            return Question("When?") if "time_of_day" not in match else Question("What shall I remind you of?")
        case "orders.cancel" | "orders.cancel_all":
            return Question("Cancel what?")
        case _:
            return None


def _ask_reminder(match: Match, thing: str, slot: str, word: str) -> Question:
    words = match.get(slot)
    if thing and words:
        return Question("Until when?", "i say stop")
    if thing:
        return Question(f"When shall I remind you to {thing}?")
    if not words:
        return Question(f"{word} what?" if word.lower() in match.words else "Remind you of what, and when?")
    value = duration(("one", *words) if len(words) == 1 and slot == "period" else words)
    if value is None:
        return Question(f"{' '.join(words).capitalize()} what? Seconds?", "seconds")
    said = say_period(value) if slot == "period" else say_duration(value)
    return Question(f"Remind you {word.lower()} {said} of what?")


def skill(zone: tzinfo | None) -> Skill:
    return Skill(
        name="orders",
        phrases={
            "orders.timer": (
                "(set | start | give me | i need) (a timer | timer) (for | of) <duration>",
                "(set | start) a <duration> timer",
                "<duration> timer",
                "wake me in <duration>",
            ),
            "orders.remind_in": (
                "remind me in <duration> [<how>] <thing>",
                "in <duration> remind me <how> <thing>",
                "remind me <how> <thing> in <duration>",
            ),
            "orders.repeat": (
                "remind me every <period> [<how>] <thing> [<until_stop>]",
                "every <period> remind me <how> <thing> [<until_stop>]",
                "remind me <how> <thing> every <period> [<until_stop>]",
                "<speak> <thing> every <period> [<until_stop>]",
            ),
            "orders.at": (
                "remind me at <time_of_day> [<how>] <thing>",
                "remind me <how> <thing> at <time_of_day>",
                "(set | give me) an alarm (for | at) <time_of_day>",
                "wake me [up] at <time_of_day>",
            ),
            "orders.list": (
                "what (timers | reminders | alarms) (do i have | are there | are set | are running)",
                "(list | tell me | read me) (my | the) (timers | reminders | alarms)",
                "what are my (timers | reminders | alarms)",
            ),
            "orders.left": (
                "how (long | much time) is (left | there left) [on the timer]",
                "how (long | much time) (have i got | do i have) [left]",
                "how long until the timer (ends | is up)",
                "how much longer",
            ),
            "orders.cancel": (
                "(cancel | stop | delete | end | remove) [all] (my | the | all) <once_more> [<unit>]",
                "(cancel | stop | delete | end) <once_more> [<unit>]",
                "(cancel | stop | delete | end | remove) everything",
                "stop (reminding | watching) [me]",
                "(no more | forget the) <once_more>",
            ),
            "orders.cancel_all": ("(cancel | stop | delete) all of (it | them)", "cancel that"),
            "orders.stop": (
                "stop",
                "stop (it | that | there | now | please | talking | reading | counting | speaking)",
                "(be quiet | quiet | silence | enough | shut up | never mind | hush | stop stop)",
                "that is enough",
            ),
        },
        answer=Reminders(zone).answer,
        question=question,
        slots=SLOTS,
        open_slots=("thing",),
        urgent=("orders.stop",),
    )
