"""Lengths of time as people put them: "a minute and a half", "a couple of minutes", "twice an hour"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Final

from duetto.brain.embedded import numbers

UNITS: Final = {
    name: seconds
    for names, seconds in (("second sec", 1), ("minute min", 60), ("hour", 3600))
    for word in names.split()
    for name in (word, word + "s")
}
"""Seconds of each."""
LONGEST: Final = 9
"""Words that a length of time has, at most."""
_PADDING: Final = frozenset("whole full more solid straight little good long of about exactly roughly around".split())
"""Words within one that say nothing about how long it is."""
_AMOUNTS: Final = {
    "another": Fraction(1),
    "a": Fraction(1),
    "an": Fraction(1),
    "each": Fraction(1),
    "every": Fraction(1),
    "one more": Fraction(1),
    "other": Fraction(2),  # "every other minute"
    "couple": Fraction(2),
    "a couple": Fraction(2),
    "dozen": Fraction(12),
    "a dozen": Fraction(12),
    **dict.fromkeys(("half", "half a", "half an", "a half"), Fraction(1, 2)),
    **dict.fromkeys(("quarter", "a quarter", "quarter a", "quarter an", "a quarter a", "a quarter an"), Fraction(1, 4)),
    **dict.fromkeys(("three quarters a", "three quarters an"), Fraction(3, 4)),
}
_WHOLE: Final = ((3600, "hour"), (60, "minute"), (1, "second"))
_PER: Final = frozenset(("a", "an", "every", "each", "per"))
_PARTS: Final[dict[tuple[str, ...], Fraction]] = {
    ("and", "a", "half"): Fraction(1, 2),
    ("and", "a", "quarter"): Fraction(1, 4),
}
_NAMED: Final = {"hourly": Fraction(3600)}


def amount(words: Sequence[str]) -> Fraction | None:
    """How many all of these words (lower case) say: "two", "a couple of", "one and a half". None for no number."""
    words = [word for word in words if word not in _PADDING]
    if (known := _AMOUNTS.get(" ".join(words))) is not None:
        return known
    if words[:1] in (["every"], ["each"], ["another"]) and len(words) > 1:
        return amount(words[1:])
    if words[-3:] == ["and", "a", "half"]:
        whole = amount(words[:-3])
        return None if whole is None else whole + Fraction(1, 2)
    return None if words in (["second"], ["third"]) else numbers.value(words)


def seconds(words: Sequence[str]) -> Fraction | None:
    """How many seconds all of these words (lower case) say, 0 or more; None where they are no length of time."""
    if not words or words[0] in _PADDING or words[-1] in _PADDING:
        return None
    words = [word for word in words if word not in _PADDING]
    if len(words) == 1 and words[0] in _NAMED:
        return _NAMED[words[0]]
    unit = UNITS.get(words[-1])
    if unit is None:
        return _with_a_part(words)
    rest = words[:-1]
    if not rest:
        return Fraction(unit)
    if rest[-1] in _PER and (often := _often(rest[:-1])):  # "twice a minute"
        return Fraction(unit) / often
    if (many := amount(rest)) is not None:
        return many * unit if many >= 0 else None
    for at, word in enumerate(rest):  # "one minute and thirty seconds"
        if word in UNITS:
            first, second = seconds(rest[: at + 1]), seconds([*_without_and(rest[at + 1 :]), words[-1]])
            if first is not None and second is not None and second < first and UNITS[word] > unit:
                return first + second
    return None


def _with_a_part(words: list[str]) -> Fraction | None:
    """One with its part said last: "a minute and a half", "two minutes thirty"."""
    if (part := _PARTS.get(tuple(words[-3:]))) is not None and len(words) > 3 and words[-4] in UNITS:
        whole = seconds(words[:-3])
        return None if whole is None else whole + part * UNITS[words[-4]]
    at = next((at for at in range(len(words) - 1, 0, -1) if words[at] in UNITS), None)
    if at is None or UNITS[words[at]] == 1:
        return None
    whole, below = seconds(words[: at + 1]), numbers.value(_without_and(words[at + 1 :]))
    if whole is None or below is None or not 0 < below < 60:
        return None
    return whole + below * UNITS[words[at]] / 60


def _often(words: list[str]) -> Fraction | None:
    """How often: "once", "twice", "three times"."""
    if (known := numbers.OFTEN.get(" ".join(words))) is not None:
        return Fraction(known)
    return amount(words[:-1]) if words[-1:] == ["times"] and len(words) > 1 else None


def _without_and(words: list[str]) -> list[str]:
    return words[1:] if words[:1] == ["and"] else words


def spans(words: Sequence[str]) -> Iterator[tuple[int, int, Fraction]]:
    """Every run of words that is a length of time: its first, the one after its last, seconds. Longer ones first."""
    for start in range(len(words)):
        for end in range(min(len(words), start + LONGEST), start, -1):
            if (length := seconds(words[start:end])) is not None:
                yield start, end, length


def put(length: Fraction) -> str:
    """As every skill has it, in one unit: "90 seconds". "" below a second."""
    whole = round(length)
    if whole < 1:
        return ""
    unit, name = next((unit, name) for unit, name in _WHOLE if whole % unit == 0)
    return f"{whole // unit} {name}{'s' * (whole > unit)}"
