"""Numbers between words, digits and values. English, exact (`fractions.Fraction`), up to 10^15."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

UNITS: Final = {
    word: value for value, word in enumerate("one two three four five six seven eight nine".split(), start=1)
}
TEENS: Final = {
    word: value
    for value, word in enumerate(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(), start=10
    )
}
TENS: Final = {
    word: 10 * value
    for value, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}
OFTEN: Final = {"once": 1, "twice": 2, "thrice": 3}
SCALES: Final = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_ORDINALS: Final = {
    "first": 1,
    "second": 2,
    "third": 3,
    "fifth": 5,
    "eighth": 8,
    "ninth": 9,
    "twelfth": 12,
}
DIGITS: Final = re.compile(r"-?\d[\d,]*(\.\d+)?")

SLOTS: Final = {
    "unit": ("(" + " | ".join(UNITS) + ")",),
    "teen": ("(" + " | ".join(TEENS) + ")",),
    "ten": ("(" + " | ".join(TENS) + ")",),
    "below_hundred": ("<unit>", "<teen>", "<ten> [<unit>]"),
    "below_thousand": ("<below_hundred>", "(a | <unit>) hundred [[and] <below_hundred>]"),
    "digit": ("(zero | oh | <unit>)",),
    "number": (
        "[minus] (zero | <below_thousand> [thousand [[and] <below_thousand>]]) [point <digit> [<digit> [<digit>]]]",
        "a thousand",
        "(a | <below_hundred>) million",
        "(a | one) half",
        "<below_hundred> and a half",
    ),
}
"""How numbers are said, compact enough to stand in a recogniser's grammar many times."""


def value(words: Sequence[str]) -> Fraction | None:
    """The value of a number said in words or written in digits, None for what is not one number.

    Takes "minus", "point", "and", "a hundred", "half", ordinals and digits such as "1,250.5".
    """
    if not words:
        return None
    if words[0] == "minus":
        rest = value(words[1:])
        return None if rest is None else -rest
    if len(words) == 1 and DIGITS.fullmatch(words[0]):
        return Fraction(words[0].replace(",", ""))
    if tuple(words) in (("half",), ("a", "half"), ("one", "half")):
        return Fraction(1, 2)
    if tuple(words[-3:]) == ("and", "a", "half"):
        whole = value(words[:-3])
        return None if whole is None else whole + Fraction(1, 2)
    if "point" in words:
        at = list(words).index("point")
        whole = value(words[:at]) if at else Fraction(0)
        digits = [_digit(word) for word in words[at + 1 :]]
        if whole is None or not digits or None in digits:
            return None
        return whole + Fraction(int("".join(map(str, digits))), 10 ** len(digits))
    count = _whole(words)
    return None if count is None else Fraction(count)


def _digit(word: str) -> int | None:
    if len(word) == 1 and word.isdigit():
        return int(word)
    return 0 if word in ("zero", "oh") else UNITS.get(word)


def _whole(words: Sequence[str]) -> int | None:
    if tuple(words) == ("zero",):
        return 0
    total, group, scale, last = 0, 0, 10**12, 1000
    for word in words:
        small = UNITS.get(word) or TEENS.get(word) or TENS.get(word) or _ordinal(word)
        if word == "and":
            continue
        if word == "a":
            small = 1
        if small is not None:
            below = 10 if small < 10 else 100
            fits = last > 10 and last != 19 if below == 10 else last >= 100
            if not fits:
                return None
            group, last = group + small, (19 if 10 <= small < 20 else 10 if small < 10 else 20)
        elif DIGITS.fullmatch(word) and not group:
            group, last = int(Fraction(word.replace(",", ""))), 10
        elif word == "hundred" and 0 < group < 100:
            group, last = group * 100, 100
        elif word in SCALES and SCALES[word] < scale and group:
            scale = SCALES[word]
            total, group, last = total + group * scale, 0, 1000
        else:
            return None
    return total + group if words and (total or group) else None


def _ordinal(word: str) -> int | None:
    if word in _ORDINALS:
        return _ORDINALS[word]
    if word.endswith("ieth"):
        return TENS.get(word[:-4] + "y")
    if word.endswith("th"):
        return UNITS.get(word[:-2]) or TEENS.get(word[:-2])
    return None


def spell(count: int) -> str:
    """A whole number in words: 105 is "one hundred and five". Raises ValueError outside ±10^12."""
    if abs(count) >= 10**12:
        raise ValueError(f"count: {count} is too large to spell")
    if count < 0:
        return f"minus {spell(-count)}"
    if count < 20:
        return ["zero", *UNITS, *TEENS][count]
    if count < 100:
        tens = list(TENS)[count // 10 - 2]
        return tens if count % 10 == 0 else f"{tens} {spell(count % 10)}"
    if count < 1000:
        rest = f" and {spell(count % 100)}" if count % 100 else ""
        return f"{spell(count // 100)} hundred{rest}"
    name, scale = next((name, scale) for name, scale in reversed(SCALES.items()) if count >= scale)
    above, below = divmod(count, scale)
    joint = " and " if 0 < below < 100 else " "
    return f"{spell(above)} {name}" + (joint + spell(below) if below else "")


def say(number: Fraction) -> tuple[str, bool]:
    """A value as it is best spoken, in digits, and whether that is exact.

    Three decimals where they are exact; otherwise two, or as many as give a small number two digits that count.
    """
    size = abs(number)
    sign = "minus " if number < 0 else ""
    if size >= 10**15:
        power = len(str(int(size))) - 1
        leading = f"{float(size / 10**power):.2f}".rstrip("0").rstrip(".")
        return f"{sign}{leading} times 10 to the power of {power}", False
    if size.denominator == 1:
        return f"{sign}{size.numerator}", True
    exact = (size * 1000).denominator == 1
    places = 3 if exact else 2
    while not exact and places < 12 and size * 10 ** (places - 1) < 1:
        places += 1
    text = f"{float(size):.{places}f}".rstrip("0").rstrip(".")
    return f"{sign}{text}", exact
