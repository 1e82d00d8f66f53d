"""Sums said or typed: chains with precedence, percent, squares and roots, and going on from the last result."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import isqrt
from typing import Final

from duetto.brain.embedded import numbers
from duetto.brain.embedded.memory import Memory
from duetto.brain.embedded.skill import Answer, Match, Question, Skill, Words
from duetto.timeline.job import Context

MAX_POWER: Final = 64
"""Largest exponent that is worked out."""
MAX_DIGITS: Final = 40
"""Digits of a result beyond which it is not said."""

_OPERATIONS: Final[dict[Words, str]] = {
    ("plus",): "+",
    ("minus",): "-",
    ("times",): "*",
    ("multiplied", "by"): "*",
    ("divided", "by"): "/",
    ("over",): "/",
    ("to", "the", "power", "of"): "^",
    ("percent", "of"): "%",
}
_SPREAD: Final[dict[str, Words]] = {
    "add": ("plus",),
    "subtract": ("minus",),
    "multiply": ("times",),
    "divide": ("divided", "by"),
}
_LEVELS: Final = ({"^"}, {"%"}, {"*", "/"}, {"+", "-"})

SKILL_SLOTS: Final = {
    "operator": ("(plus | minus | times | multiplied by | divided by | over | to the power of)",),
    "term": ("<number> [squared | cubed]", "[the] square root of <number>", "<number> percent of <number>"),
    "single": ("<number> (squared | cubed)", "[the] square root of <number>", "<number> percent of <number>"),
    "sum": ("<single>", "<term> <operator> <term> [<operator> <term> [<operator> <term>]]"),
    "share": ("(double | twice | half of)",),
    "next": ("<operator> <number>", "(squared | cubed)"),
}


class Unsaid(ValueError):
    """The sum has no result that can be said; the message is what to say instead."""


def evaluate(words: Words) -> Fraction:
    """The value of a sum in words. Raises Unsaid: division by zero, too large, not a sum."""
    values: list[Fraction] = []
    operations: list[str] = []
    for operand, operation in _split(words):
        values.append(_term(operand))
        if operation:
            operations.append(operation)
    if len(values) != len(operations) + 1:
        raise Unsaid("That sum is missing a number.")
    for level in _LEVELS:
        at = 0
        while at < len(operations):
            if operations[at] in level:
                values[at : at + 2] = [_apply(operations.pop(at), values[at], values[at + 1])]
            else:
                at += 1
    return values[0]


def _split(words: Words) -> list[tuple[Words, str]]:
    """Operands, each with the operation after it ("" after the last). A leading "minus" belongs to its number."""
    parts: list[tuple[Words, str]] = []
    start = at = 0
    while at < len(words):
        for phrase, operation in _OPERATIONS.items():
            if words[at : at + len(phrase)] == phrase and at > start:
                parts.append((words[start:at], operation))
                at += len(phrase)
                start = at
                break
        else:
            at += 1
    parts.append((words[start:], ""))
    return parts


def _term(words: Words) -> Fraction:
    if words[:1] == ("the",):
        words = words[1:]
    if words[:3] == ("square", "root", "of"):
        return _root(_term(words[3:]))
    if words[-1:] in (("squared",), ("cubed",)):
        return _apply("^", _term(words[:-1]), Fraction(2 if words[-1] == "squared" else 3))
    number = numbers.value(words)
    if number is None:
        raise Unsaid("I did not catch the numbers.")
    return number


def _root(number: Fraction) -> Fraction:
    if number < 0:
        raise Unsaid("A negative number has no square root that I could say.")
    scaled = isqrt(number.numerator * number.denominator * 10**24)
    if scaled * scaled == number.numerator * number.denominator * 10**24:
        return Fraction(scaled, number.denominator * 10**12)
    return Fraction(scaled, number.denominator * 10**12).limit_denominator(10**12)


def _apply(operation: str, left: Fraction, right: Fraction) -> Fraction:
    match operation:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "%":
            result = left * right / 100
        case "/":
            if right == 0:
                raise Unsaid("Dividing by zero has no answer, I am afraid.")
            result = left / right
        case _:
            if right.denominator != 1 or abs(right) > MAX_POWER or (left == 0 and right < 0):
                raise Unsaid("That power is beyond me.")
            result = left ** int(right)
    if max(len(str(abs(result.numerator))), len(str(result.denominator))) > MAX_DIGITS:
        raise Unsaid("That number is too large for me to say.")
    return result


def spoken(words: Words) -> str:
    """The sum as it is said back, its numbers in digits."""
    said: list[str] = []
    number: list[str] = []
    small = {"zero", "oh", "point", "hundred", "thousand", "million", "half", "a", "one"}
    small |= {*numbers.UNITS, *numbers.TEENS, *numbers.TENS}
    for word, following in pairwise((*words, "", "")):
        if word in small or numbers.DIGITS.fullmatch(word) or (word == "and" and number and following in small):
            number.append(word)
            continue
        if number:
            value = numbers.value(number)
            said.append(" ".join(number) if value is None else numbers.say(value)[0])
            number = []
        said.append(word)
    return " ".join(said).strip()


def _result(said: str, words: Words, memory: Memory) -> Answer:
    try:
        result = evaluate(words)
    except Unsaid as why:
        return Answer((str(why),))
    text, exact = numbers.say(result)
    verb = "is" if exact else "is about"
    return Answer((f"{said[:1].upper()}{said[1:]} {verb} {text}.",), replace(memory, result=result))


def answer(match: Match, context: Context, memory: Memory) -> Answer:
    if match.intent == "sum.spread":
        first, second = match.get("number"), match.get("number", 1)
        verb = next((word for word in match.words if word in _SPREAD), "")
        if not verb:
            return Answer(("I did not catch what to do with them.",))
        if verb == "subtract":
            first, second = second, first
        words = (*first, *_SPREAD[verb], *second)
        return _result(spoken(words), words, memory)
    if match.intent == "sum.share":
        number, half = match.get("number"), "half" in match.words
        words = (*number, "divided", "by", "2") if half else (*number, "times", "2")
        said = "half of" if half else "twice" if "twice" in match.words else "double"
        return _result(f"{said} {spoken(number)}", words, memory)
    if match.intent == "sum.next":
        if memory.result is None:
            return Answer(("I have no number to begin with.",))
        return _continue(match.get("next"), memory.result, memory)
    return _result(spoken(match.get("sum")), match.get("sum"), memory)


def _continue(words: Words, so_far: Fraction, memory: Memory) -> Answer:
    try:
        if words[-1] in ("squared", "cubed"):
            result = _apply("^", so_far, Fraction(2 if words[-1] == "squared" else 3))
        else:
            phrase = max((p for p in _OPERATIONS if words[: len(p)] == p), key=len)
            result = _apply(_OPERATIONS[phrase], so_far, _term(words[len(phrase) :]))
    except Unsaid as why:
        return Answer((str(why),))
    text, exact = numbers.say(result)
    said = f"{numbers.say(so_far)[0]} {spoken(words)}"
    return Answer(
        (f"{said[:1].upper()}{said[1:]} is {'' if exact else 'about '}{text}.",), replace(memory, result=result)
    )


def question(match: Match) -> Question | None:
    if match.intent == "sum.next":
        return None
    beginning = spoken(match.get("sum") or match.get("number"))
    if match.intent == "sum.spread":
        verb = next((word for word in match.words if word in _SPREAD), "")
        if not verb:
            return None
        joint = {"add": "to", "subtract": "from"}.get(verb, "by")
        return Question(f"{verb.capitalize()} {beginning} {joint} what?" if beginning else f"{verb.capitalize()} what?")
    return Question(f"{beginning[:1].upper()}{beginning[1:]} what?") if beginning else None


SKILL: Final = Skill(
    name="arithmetic",
    phrases={
        "sum.ask": (
            "(what is | how much is | calculate | work out | tell me) <sum>",
            "<sum>",
            "what [does] <sum> (make | makes | is)",
        ),
        "sum.spread": (
            "add <number> (to | and) <number>",
            "subtract <number> from <number>",
            "multiply <number> (by | and | with) <number>",
            "divide <number> by <number>",
        ),
        "sum.share": ("[what is] <share> <number>",),
        "sum.next": ("[and] [that] <next>", "what is that <next>"),
    },
    answer=answer,
    question=question,
    slots=SKILL_SLOTS,
)
