"""What time it is, what day, and how long until."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Final

from duetto.brain.embedded import numbers
from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.phrasing import say_duration
from duetto.brain.embedded.skill import Answer, Match, Question, Skill, Words
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.job import Context

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_HOURS: Final = (*numbers.UNITS, "ten", "eleven", "twelve")
_FEASTS: Final = {"christmas": (12, 25), "christmas eve": (12, 24), "new year": (1, 1), "halloween": (10, 31)}

SLOTS: Final = {
    "hour": ("(" + " | ".join(_HOURS) + ")",),
    "minute": ("oh <unit>", "<teen>", "<ten> [<unit>]"),
    "half_day": ("(a m | p m | in the morning | in the afternoon | in the evening | at night)",),
    "time_of_day": (
        "<hour> [o'clock | <minute>] [<half_day>]",
        "(half | quarter | a quarter) past <hour> [<half_day>]",
        "[a] quarter to <hour> [<half_day>]",
        "(noon | midnight)",
    ),
    "weekday": ("(" + " | ".join(DAYS) + ")",),
    "feast": ("(christmas | christmas eve | new year | halloween)", "the (weekend | new year)"),
}


def local(context: Context, zone: tzinfo | None) -> datetime:
    """Now, as a clock on the wall shows it."""
    return datetime.fromtimestamp((context.epoch_ns + context.now) / NS_PER_S, zone).astimezone(zone)


def next_time(words: Words, now: datetime) -> datetime | None:
    """When a `<time_of_day>` next comes. Without morning or evening it is the next of the two."""
    if words in (("noon",), ("midnight",)):
        hour, minute, half = (12 if words[0] == "noon" else 0), 0, "said"
    else:
        text = " ".join(words)
        half = next((h for h in ("a m", "p m", "morning", "afternoon", "evening", "night") if text.endswith(h)), "")
        bare = tuple(w for w in words if w not in ("a", "m", "p", "in", "the", "at", "o'clock") and w != half)
        read = _clock(bare)
        if read is None:
            return None
        hour, minute = read
        if half in ("p m", "afternoon", "evening", "night"):
            hour += 12
        if half == "night" and hour == 12 + 0:
            hour = 0
    then = now.replace(hour=hour % 24, minute=minute, second=0, microsecond=0)
    step = timedelta(hours=24 if half else 12)
    while then <= now:
        then += step
    while not half and then - step > now:
        then -= step
    return then


def _clock(words: Words) -> tuple[int, int] | None:
    """(hour 0 to 11, minute) of "half past five", "quarter to six", "five thirty", "seven oh five", "17 30"."""
    if "past" in words:
        hour = numbers.value(words[words.index("past") + 1 :])
        return None if hour is None else (int(hour) % 12, 30 if words[0] == "half" else 15)
    if "to" in words:
        hour = numbers.value(words[words.index("to") + 1 :])
        return None if hour is None else ((int(hour) - 1) % 12, 45)
    hour = numbers.value(words[:1])
    if hour is None or not 0 <= hour < 25:
        return None
    rest = words[2:] if words[1:2] == ("oh",) else words[1:]
    minute = numbers.value(rest) if rest else 0
    return None if minute is None or minute >= 60 else (int(hour) % 12 if hour <= 12 else int(hour), int(minute))


def say_time(when: datetime) -> str:
    """A time of day in words: "ten oh five in the morning"."""
    if when.minute == 0 and when.hour in (0, 12):
        return "noon" if when.hour else "midnight"
    hour = numbers.spell((when.hour - 1) % 12 + 1)
    if when.minute == 0:
        minute = "o'clock"
    else:
        minute = ("oh " if when.minute < 10 else "") + numbers.spell(when.minute)
    part = "at night" if when.hour < 5 or when.hour >= 22 else "in the evening"
    part = "in the morning" if 5 <= when.hour < 12 else "in the afternoon" if 12 <= when.hour < 18 else part
    return f"{hour} {minute} {part}"


def _ordinal(day: int) -> str:
    ending = "th" if 10 < day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _until(match: Match, now: datetime) -> tuple[str, datetime] | None:
    if "time_of_day" in match:
        then = next_time(match.get("time_of_day"), now)
        return None if then is None else (match.text("time_of_day"), then)
    if "weekday" in match:
        ahead = (DAYS.index(match.text("weekday")) - now.weekday() - 1) % 7 + 1
        return match.text("weekday").capitalize(), _midnight(now, ahead)
    feast = match.text("feast").removeprefix("the ")
    if feast == "weekend":
        return "the weekend", _midnight(now, (5 - now.weekday() - 1) % 7 + 1)
    month, day = _FEASTS[feast]
    then = _midnight(now, 0).replace(month=month, day=day)
    if then <= now:
        then = then.replace(year=now.year + 1)
    return ("the new year" if feast == "new year" else feast.title()), then


def _midnight(now: datetime, days: int) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Clock:
    """zone: the time zone to speak of, None for the machine's."""

    zone: tzinfo | None = None

    def answer(self, match: Match, context: Context, memory: Memory) -> Answer:
        now = local(context, self.zone)
        match match.intent:
            case "clock.time":
                return Answer((f"It is {say_time(now)}.",))
            case "clock.date":
                return Answer((f"It is {DAYS[now.weekday()].capitalize()},", f"{_date(now)}."))
            case "clock.day":
                return Answer((f"It is {DAYS[now.weekday()].capitalize()}.",))
            case "clock.year":
                return Answer((f"It is {now.year}.",))
            case "clock.month":
                return Answer((f"It is {MONTHS[now.month - 1].capitalize()}.",))
            case "clock.tomorrow":
                then = now + timedelta(days=1 if "tomorrow" in match.words else -1)
                day = "Tomorrow is" if "tomorrow" in match.words else "Yesterday was"
                return Answer((f"{day} {DAYS[then.weekday()].capitalize()},", f"{_date(then)}."))
            case _:
                until = _until(match, now)
                if until is None:
                    return Answer(("I do not know that time.",))
                left = until[1] - now
                return Answer((f"{say_duration(int(left.total_seconds()) * NS_PER_S)} until {until[0]}.",))


def _date(when: datetime) -> str:
    return f"{MONTHS[when.month - 1].capitalize()} the {_ordinal(when.day)}"


def question(match: Match) -> Question | None:
    return Question("How long until what?") if match.intent == "clock.until" and len(match.words) > 2 else None


def skill(zone: tzinfo | None) -> Skill:
    return Skill(
        name="clock",
        phrases={
            "clock.time": (
                "what (time is it | is the time) [now]",
                "(tell me | do you know) (the time | what time it is)",
                "what time it is",
                "(have you got | do you have) the time",
            ),
            "clock.date": (
                "what is (the | today's) date [today]",
                "what date is it [today]",
                "(tell me | do you know) the date",
            ),
            "clock.day": (
                "what day [of the week] is it [today]",
                "what day is (today | this)",
                "which day is it [today]",
            ),
            "clock.year": ("what year is it", "which year is it", "what year is this"),
            "clock.month": ("what month is it", "which month is it", "what month is this"),
            "clock.tomorrow": ("what day (is tomorrow | was yesterday)", "what day is it tomorrow"),
            "clock.until": (
                "how (long | many hours | many days) [is it] (until | till | to) (<time_of_day> | <weekday> | <feast>)",
            ),
        },
        answer=Clock(zone).answer,
        question=question,
        slots=SLOTS,
    )
