"""Conversions between units. An own table: `pint` takes 0.26 to 0.39 s to load, this takes none."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

from duetto.brain.embedded import numbers
from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.skill import Answer, Match, Question, Skill, Words
from duetto.timeline.job import Context

F = Fraction

KINDS: Final[dict[str, dict[str, Fraction]]] = {
    "length": {
        "millimeters": F(1, 1000),
        "centimeters": F(1, 100),
        "meters": F(1),
        "kilometers": F(1000),
        "inches": F("0.0254"),
        "feet": F("0.3048"),
        "yards": F("0.9144"),
        "miles": F("1609.344"),
    },
    "mass": {
        "grams": F(1, 1000),
        "kilograms": F(1),
        "tons": F(1000),
        "ounces": F("0.028349523125"),
        "pounds": F("0.45359237"),
    },
    "volume": {
        "milliliters": F(1, 1000),
        "liters": F(1),
        "gallons": F("3.785411784"),
        "pints": F("0.473176473"),
        "cups": F("0.2365882365"),
        "tablespoons": F("0.01478676478125"),
        "teaspoons": F("0.00492892159375"),
    },
    "time": {
        "milliseconds": F(1, 1000),
        "seconds": F(1),
        "minutes": F(60),
        "hours": F(3600),
        "days": F(86_400),
        "weeks": F(604_800),
        "years": F(31_557_600),
    },
    "speed": {
        "meters per second": F(1),
        "kilometers per hour": F(1000, 3600),
        "miles per hour": F("0.44704"),
        "knots": F(1852, 3600),
    },
    "data": {
        "bits": F(1, 8),
        "bytes": F(1),
        "kilobytes": F(10**3),
        "megabytes": F(10**6),
        "gigabytes": F(10**9),
        "terabytes": F(10**12),
    },
}
"""Factors to each kind's base unit. International inch, pound and knot; US gallon, pint, cup and spoons; year of
365.25 days; decimal data units (IEC 80000-13)."""

_SINGULAR: Final = {"inches": "inch", "feet": "foot"}
_BASE: Final = {"length": "kilometers", "mass": "kilograms", "volume": "liters", "time": "minutes"}


def singular(unit: str) -> str:
    """One of them: "mile" for "miles", "meter per second" for "meters per second"."""
    head, *rest = unit.split(" ")
    return " ".join([_SINGULAR.get(head, head.removesuffix("s")), *rest])


_UNITS: Final = {
    name: (kind, unit) for kind, units in KINDS.items() for unit in units for name in (unit, singular(unit))
}
_TEMPERATURES: Final = ("celsius", "fahrenheit", "kelvin")


def _slot(kind: str) -> str:
    return "(" + " | ".join(f"{singular(unit)} | {unit}" for unit in KINDS[kind]) + ")"


SKILL_SLOTS: Final = {
    "amount": ("(<number> | a | an | half (a | an))",),
    **{f"unit_of_{kind}": (_slot(kind),) for kind in KINDS},
    "unit_of_temperature": ("[degrees] (celsius | fahrenheit | kelvin)",),
    "conversion": (
        *(f"<amount> <unit_of_{kind}> (to | in | into) <unit_of_{kind}>" for kind in KINDS),
        "<number> <unit_of_temperature> (to | in | into) <unit_of_temperature>",
    ),
    "how_many": tuple(f"<unit_of_{kind}> [are | is] [there] in <amount> <unit_of_{kind}>" for kind in KINDS),
}


def convert(amount: Fraction, source: str, target: str) -> Fraction | None:
    """The amount in the target unit, None when the two measure different things. Names as in `KINDS`, or singular."""
    if source in _TEMPERATURES and target in _TEMPERATURES:
        kelvin = {"celsius": amount + F("273.15"), "fahrenheit": (amount + F("459.67")) * 5 / 9, "kelvin": amount}
        there = kelvin[source]
        return {"celsius": there - F("273.15"), "fahrenheit": there * 9 / 5 - F("459.67"), "kelvin": there}[target]
    if source not in _UNITS or target not in _UNITS or _UNITS[source][0] != _UNITS[target][0]:
        return None
    kind, name = _UNITS[source]
    return amount * KINDS[kind][name] / KINDS[kind][_UNITS[target][1]]


def _units(match: Match) -> list[Words]:
    return [words for name in (*KINDS, "temperature") for words in match.slots.get(f"unit_of_{name}", ())]


def _named(words: Words) -> str:
    return " ".join(word for word in words if word != "degrees")


def _say(amount: Fraction, unit: str) -> str:
    text = numbers.say(amount)[0]
    if unit in _TEMPERATURES:
        return f"{text} {unit}" if unit == "kelvin" else f"{text} degrees {unit.capitalize()}"
    plural = _UNITS[unit][1]
    return f"{text} {singular(plural) if text == '1' else plural}"


def _amount(match: Match) -> Fraction:
    if "number" in match:
        return numbers.value(match.get("number")) or Fraction(0)
    return Fraction(1, 2 if "half" in match.words else 1)


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    first, second = (_named(words) for words in _units(match))
    source, target = (second, first) if "how_many" in match else (first, second)
    amount = _amount(match)
    result = convert(amount, source, target)
    if result is None:
        return Answer((f"I cannot turn {source} into {target}.",))
    exact = numbers.say(result)[1]
    clause = f"{_say(amount, source)} is {'' if exact else 'about '}{_say(result, target)}."
    return Answer((clause,), replace(memory, result=result))


def question(match: Match) -> Question | None:
    units = _units(match)
    if "how_many" in match:
        return Question(f"How many {_named(units[0])} are in what?") if units else None
    if not units:
        number = match.get("number")
        if number:
            return Question(f"{numbers.say(_amount(match))[0]} what?")
        return Question("Convert what?") if match.words[:1] in (("convert",), ("change",)) else None
    unit = _named(units[0])
    if unit not in _UNITS and unit not in _TEMPERATURES:  # "degrees" or "miles per", and then nothing
        return Question(f"{numbers.say(_amount(match))[0]} {' '.join(units[0])} what?")
    if unit in _TEMPERATURES:
        other = "celsius" if unit == "fahrenheit" else "fahrenheit"
    else:
        kind, name = _UNITS[unit]
        units_of = list(KINDS[kind])
        other = _BASE.get(kind, units_of[1])
        other = units_of[-1] if other == name else other
    return Question(f"{_say(_amount(match), unit)} in what? {other.capitalize()}?", assumed=f"to {other}")


SKILL: Final = Skill(
    name="units",
    phrases={
        "units.convert": ("(convert | what is | how much is | change) <conversion>", "<conversion>"),
        "units.count": ("how many <how_many>",),
    },
    answer=answer,
    question=question,
    slots=SKILL_SLOTS,
)
