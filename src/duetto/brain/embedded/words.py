"""From what was said or typed to words: contractions, symbols and units written out, and how alike words are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz, process

MAX_WORDS: Final = 40
"""Words of a request that are looked at; a longer one is judged by its beginning."""
MAX_CHARACTERS: Final = 2_000
"""Characters of a request that are looked at."""

NUMBER: Final = "#"
"""What stands for a number written in digits when words are compared."""

HESITATIONS: Final = frozenset("um uh er erm hmm mm ah oh".split())
POLITE: Final = frozenset("please well hey so okay ok now then duetto just actually like maybe thanks".split())
FUNCTION: Final = frozenset(
    "a an the is are am was it to my me you i of in on at for that this do does did can could with and so your "
    "there".split()
)
"""Little words that a recogniser often loses or makes up."""
DANGLING: Final = frozenset(
    "a an the that my your his her our their to of and or with for from at is are was will be until i every about not "
    "very some by into because if when which who than as please".split()
)
"""Words that no note or reminder ends with: more is coming."""

_CONTRACTED: Final = {
    "i'm": "i am",
    "i'd": "i would",
    "i've": "i have",
    "i'll": "i will",
    "you're": "you are",
    "let's": "let us",
    "don't": "do not",
    "can't": "can not",
    "you've": "you have",
    "you'll": "you will",
    "you'd": "you would",
    "we're": "we are",
    "we've": "we have",
    "they're": "they are",
    "it'll": "it will",
    "it'd": "it would",
    "haven't": "have not",
    "hasn't": "has not",
    "isn't": "is not",
    "aren't": "are not",
    "won't": "will not",
    "wouldn't": "would not",
    "didn't": "did not",
    "doesn't": "does not",
    "ok": "okay",
    "pm": "p m",
    "todo": "to do",
    "colours": "colors",
    "whats": "what is",
    "wheres": "where is",
    "hows": "how is",
}
_IS: Final = frozenset(
    "what who where how that it there when name time word second minute hour he she nobody someone somebody".split()
)
_SYMBOLS: Final = {
    "+": "plus",
    "*": "times",
    "×": "times",
    "·": "times",
    "/": "divided by",
    "÷": "divided by",
    "%": "percent",
    "^": "to the power of",
    "²": "squared",
    "³": "cubed",
    "√": "square root of",
    "°": "degrees",
    "&": "and",
    "(": "(",
    ")": ")",
}
_ABBREVIATED: Final = {
    "km": "kilometers",
    "m": "meters",
    "cm": "centimeters",
    "mm": "millimeters",
    "mi": "miles",
    "ft": "feet",
    "yd": "yards",
    "kg": "kilograms",
    "g": "grams",
    "lb": "pounds",
    "lbs": "pounds",
    "oz": "ounces",
    "l": "liters",
    "ml": "milliliters",
    "c": "celsius",
    "f": "fahrenheit",
    "k": "kelvin",
    "kmh": "kilometers per hour",
    "mph": "miles per hour",
    "s": "seconds",
    "sec": "seconds",
    "min": "minutes",
    "mins": "minutes",
    "h": "hours",
    "kb": "kilobytes",
    "mb": "megabytes",
    "gb": "gigabytes",
    "tb": "terabytes",
}
_HOMOPHONES: Final = (
    ("four", "for", "fore"),
    ("two", "to", "too"),
    ("one", "won"),
    ("eight", "ate"),
    ("there", "their"),
    ("no", "know"),
    ("right", "write"),
    ("read", "red", "reed"),
    ("see", "sea"),
    ("by", "buy", "bye"),
    ("i", "eye"),
    ("what", "watt"),
    ("hour", "our"),
    ("am", "m"),
)
_CONFUSED: Final = (
    ("it", "at", "is"),
    ("in", "an", "and", "on"),
    ("a", "the"),
    ("is", "was", "his"),
    ("me", "my"),
    ("add", "at", "and", "had"),
)
_FORMS: Final = (("say", "said", "saying"), ("see", "saw", "seen"), ("type", "types"), ("are", "were"), ("do", "did"))
_HOMOPHONE_COST: Final = 0.1
_FORM_COST: Final = 0.25
_CONFUSED_COST: Final = 0.35
_ALIKE: Final = 68.0
"""Least likeness, 0 to 100, at which one word may have been meant as another."""

_PIECE: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|[^\W\d_]+(?:'[^\W\d_]+)?|[-−–+*×·/÷%^²³√°&()]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word as it is compared (lower case, or digits) and as it was written."""

    text: str
    raw: str

    @property
    def is_number(self) -> bool:
        return self.text[0].isdigit()


def tokens(text: str) -> tuple[Token, ...]:
    """The words of a request, at most MAX_WORDS. Digits stay digits; symbols between them become words."""
    text = text[:MAX_CHARACTERS].replace("’", "'").replace("km/h", "kmh").replace("m/s", "meters per second")
    pieces = _PIECE.findall(text)
    found: list[Token] = []
    for at, piece in enumerate(pieces):
        before = found[-1] if found else None
        after = pieces[at + 1] if at + 1 < len(pieces) else ""
        for word in _written_out(piece, before, after).split():
            found.append(Token(word, piece if word == piece.lower() else word))
    return tuple(found[:MAX_WORDS])


def _written_out(piece: str, before: Token | None, after: str) -> str:
    word = piece.lower()
    numbered = before is not None and before.is_number
    if word[0].isdigit():
        return word
    if word in "-−–":
        return "minus" if after[:1].isdigit() else ""
    if word in _SYMBOLS:
        return _SYMBOLS[word]
    if word == "x" and numbered and after[:1].isdigit():
        return "times"
    if numbered and word == "am":
        return "a m"
    if word in _ABBREVIATED and (numbered or (before is not None and before.text in ("to", "in", "into", "degrees"))):
        return _ABBREVIATED[word]
    if word in _CONTRACTED:
        return _CONTRACTED[word]
    if word.endswith("'s") and word[:-2] in _IS:
        return f"{word[:-2]} is"
    return re.sub(r"(met|lit|cent)re(s?)$", r"\1er\2", word)


def sound(word: str) -> str:
    """Roughly how a word sounds: spelling differences that are not heard are gone, vowels are alike."""
    for written, heard in (
        ("ph", "f"),
        ("gh", ""),
        ("kn", "n"),
        ("wr", "r"),
        ("ck", "k"),
        ("qu", "kw"),
        ("x", "ks"),
        ("c", "k"),
        ("z", "s"),
        ("y", "i"),
    ):
        word = word.replace(written, heard)
    word = re.sub(r"[aeiou]+", "a", word.rstrip("e"))
    return re.sub(r"(.)\1", r"\1", word)


class Vocabulary:
    """The words of all phrases, and how much it costs to take another word for one of them."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = sorted(words)
        self._known = frozenset(self._words)
        self._sounds = [sound(word) for word in self._words]
        self._alike: dict[str, dict[str, float]] = {}
        groups = ((_HOMOPHONES, _HOMOPHONE_COST), (_FORMS, _FORM_COST), (_CONFUSED, _CONFUSED_COST))
        for group, cost in ((group, cost) for kind, cost in groups for group in kind):
            for word in group:
                costs = self._alike.setdefault(word, {})
                for other in group:
                    if other != word and other in self._known:
                        costs[other] = min(cost, costs.get(other, 1.0))
        self.near = lru_cache(maxsize=4096)(self._near)

    def __contains__(self, word: object) -> bool:
        return word in self._known

    def _near(self, word: str) -> tuple[tuple[str, float], ...]:
        """The words that may have been meant by `word`, each with its cost: 0 for itself, below 0.6 for the others."""
        costs = dict(self._alike.get(word, {}))
        if len(word) > 2:
            hits = process.extract(word, self._words, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=6)
            heard = process.extract(sound(word), self._sounds, scorer=fuzz.ratio, score_cutoff=_ALIKE + 7, limit=6)
            scored = [(other, score) for other, score, _ in hits]
            scored += [(self._words[at], score - 7) for _, score, at in heard]
            for other, score in scored:
                if len(other) > 2:
                    cost = 0.08 + 1.6 * (100 - score) / 100 + (0.1 if word in self._known else 0.0)
                    costs[other] = min(cost, costs.get(other, 1.0))
        if word in self._known:
            costs[word] = 0.0
        return tuple(costs.items())
