"""How words may sound, in the phones of pocketsphinx's American English model (ARPAbet, as in CMUdict)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

MOST_VARIANTS: Final = 8
"""Pronunciations kept for a word; each one more costs search time."""

_VOWELS: Final = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
_SPELLED: Final[tuple[tuple[str, str], ...]] = (
    ("tion", "SH AH N"), ("sion", "ZH AH N"), ("ough", "AO"), ("augh", "AO"), ("eigh", "EY"), ("tch", "CH"),
    ("igh", "AY"), ("dge", "JH"), ("sch", "SH"), ("ch", "CH"), ("sh", "SH"), ("th", "TH"), ("ph", "F"), ("wh", "W"),
    ("ck", "K"), ("ng", "NG"), ("qu", "K W"), ("kn", "N"), ("wr", "R"), ("gh", "G"), ("ee", "IY"), ("ea", "IY"),
    ("oo", "UW"), ("ou", "AW"), ("ow", "OW"), ("oa", "OW"), ("oi", "OY"), ("oy", "OY"), ("ai", "EY"), ("ay", "EY"),
    ("ei", "EY"), ("ey", "IY"), ("ie", "IY"), ("au", "AO"), ("aw", "AO"), ("ew", "UW"), ("er", "ER"), ("ir", "ER"),
    ("ur", "ER"), ("ar", "AA R"), ("or", "AO R"), ("bb", "B"), ("cc", "K"), ("dd", "D"), ("ff", "F"), ("gg", "G"),
    ("ll", "L"), ("mm", "M"), ("nn", "N"), ("pp", "P"), ("rr", "R"), ("ss", "S"), ("tt", "T"), ("zz", "Z"),
    ("ce", "S EH"), ("ci", "S IH"), ("cy", "S IY"), ("a", "AE"), ("b", "B"), ("c", "K"), ("d", "D"), ("e", "EH"),
    ("f", "F"), ("g", "G"), ("h", "HH"), ("i", "IH"), ("j", "JH"), ("k", "K"), ("l", "L"), ("m", "M"), ("n", "N"),
    ("o", "AA"), ("p", "P"), ("q", "K"), ("r", "R"), ("s", "S"), ("t", "T"), ("u", "AH"), ("v", "V"), ("w", "W"),
    ("x", "K S"), ("y", "IY"), ("z", "Z"),
)  # fmt: skip
"""English spellings and their commonest sounds, the longest first."""


def base(entry: str) -> str:
    """The word of a dictionary entry: "read(2)" is "read"."""
    return entry[: entry.index("(")] if entry.endswith(")") and "(" in entry[1:] else entry


def dictionary_lines(entries: Iterable[tuple[str, Iterable[str]]]) -> list[str]:
    """Words and their pronunciations in CMUdict's format, as pocketsphinx reads it."""
    return [
        f"{word if number == 1 else f'{word}({number})'} {phones}"
        for word, said in entries
        for number, phones in enumerate(said, start=1)
    ]


def read_dictionary(path: Path, words: Iterable[str]) -> dict[str, list[str]]:
    """The pronunciations that a CMUdict-format file gives for `words`; words it lacks are not in the result."""
    wanted = set(words)
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            entry, _, phones = line.partition(" ")
            if (word := base(entry)) in wanted:
                found.setdefault(word, []).append(phones.strip())
    return found


def spelled(word: str) -> str:
    """A guess from the letters, for a word that no dictionary has; "" where nothing can be said (digits, signs)."""
    phones: list[str] = []
    rest = word.lower().replace("'", "")
    if len(rest) > 3 and rest.endswith("e") and rest[-2] not in "aeiouy":
        rest = rest[:-1]
    while rest:
        for letters, sound in _SPELLED:
            if rest.startswith(letters):
                phones.append(sound)
                rest = rest[len(letters) :]
                break
        else:
            return ""
    return " ".join(phones)


def variants(phones: str) -> Iterator[str]:
    """Other ways to say it that CMUdict does not list and that accents and synthetic voices do.

    A flapped T, a T lost after N, an L after a vowel turned into a vowel, and R only before vowels (J. C. Wells,
    "Accents of English", 1982, sections 3.3.4 T voicing, 3.4.4 L vocalisation and 3.2.2 R dropping).
    """
    said = phones.split()
    for change in (_flapped, _without_t, _vocal_l, _without_r):
        changed = change(said)
        if changed != said:
            yield " ".join(changed)
    both = _without_r(_flapped(said))
    if both != said:
        yield " ".join(both)


def _between_vowels(said: list[str], at: int, before: frozenset[str]) -> bool:
    return 0 < at and said[at - 1] in before and (at == len(said) - 1 or said[at + 1] in _VOWELS)


def _flapped(said: list[str]) -> list[str]:
    before = _VOWELS | {"R", "N"}
    return ["D" if phone == "T" and _between_vowels(said, at, before) else phone for at, phone in enumerate(said)]


def _without_t(said: list[str]) -> list[str]:
    after_n = frozenset({"N"})
    return [
        phone
        for at, phone in enumerate(said)
        if not (phone == "T" and at < len(said) - 1 and _between_vowels(said, at, after_n))
    ]


def _vocal_l(said: list[str]) -> list[str]:
    changed: list[str] = []
    for at, phone in enumerate(said):
        coda = at > 0 and said[at - 1] in _VOWELS and (at == len(said) - 1 or said[at + 1] not in _VOWELS)
        if phone == "L" and coda:
            if changed[-1] in ("AH", "AO"):
                changed.pop()
            changed.append("OW")
        else:
            changed.append(phone)
    return changed


def _without_r(said: list[str]) -> list[str]:
    changed: list[str] = []
    for at, phone in enumerate(said):
        linked = at < len(said) - 1 and said[at + 1] in _VOWELS
        if phone == "ER":
            changed.append("AH")
        elif phone == "R" and at > 0 and said[at - 1] in _VOWELS and not linked:
            if said[at - 1] in ("IH", "EH", "UH", "IY"):
                changed.append("AH")
            continue
        else:
            changed.append(phone)
    return changed


def pronunciations(words: Iterable[str], dictionary: Path) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """All ways to say each word, and the words that can be said in none (they are not in the first)."""
    wanted = sorted(set(words))
    listed = read_dictionary(dictionary, wanted)
    silent: list[str] = []
    ways: dict[str, list[str]] = {}
    for word in wanted:
        known = listed.get(word) or [guess for guess in (spelled(word),) if guess]
        if not known:
            silent.append(word)
            continue
        every = dict.fromkeys((*known, *(other for way in known for other in variants(way))))
        ways[word] = list(every)[:MOST_VARIANTS]
    return ways, tuple(silent)
