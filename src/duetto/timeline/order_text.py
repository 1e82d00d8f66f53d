"""Whether a phrase stands in a line of text that was read in a picture: pure, and forgiving as reading is not exact."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

MOST_READ: Final = 400
"""Characters of a line that are compared."""
_LONG: Final = 7
"""Letters of a word in which one may be read wrong: in a shorter one, another letter is too often another word."""
# Chinese and Japanese set no spaces: each character may begin a phrase.
_CHARACTER: Final = r"[\u3040-\u30ff\u3400-\u9fff]"
_WORD: Final = re.compile(rf"{_CHARACTER}|[^\W\d_\u3040-\u30ff\u3400-\u9fff]+|\d+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ALIKE: Final = str.maketrans({"0": "o", "1": "l", "i": "l", "|": "l"})


def reads(phrase: str, line: str) -> bool:
    """The phrase stands in the line, from the beginning of a word to the end of one.

    Case, punctuation, accents and spaces do not count, nor do letters that look alike (0 and O; 1, l and I). In words
    of seven letters and more one letter inside may be wrong, missing or too many; a digit never may.
    """
    wanted, here = _words(phrase), _words(line)
    if not wanted:
        return False
    text = "".join(wanted)
    inside = _inside(wanted)
    folded = text.translate(_ALIKE)
    slack = 1 if any(inside) else 0
    for first in range(len(here)):
        found = ""
        for word in here[first:]:
            found += word
            if len(found) < len(text) - slack:
                continue
            if len(found) > len(text) + slack:
                break
            if found.translate(_ALIKE) == folded or (slack and _one_wrong(text, found, inside)):
                return True
    return False


def first_read(phrases: Iterable[str], line: str) -> str | None:
    """The first of the phrases that stands in the line."""
    return next((phrase for phrase in phrases if reads(phrase, line)), None)


def plain(text: str) -> str:
    """What of a line counts when two readings of it are compared: as `reads` does, but in one piece."""
    return "".join(_words(text)).translate(_ALIKE)


def _words(text: str) -> list[str]:
    """Runs of letters and runs of digits; a word in the middle of which capitals begin is two."""
    apart = unicodedata.normalize("NFKD", _HUMP.sub(" ", text[:MOST_READ]))
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _WORD.findall(unicodedata.normalize("NFC", bare).casefold())


def _inside(words: list[str]) -> list[bool]:
    """Of each letter of the words, one after the other: one may be wrong there."""
    return [
        len(word) >= _LONG and 0 < at < len(word) - 1 and not word.isdigit()
        for word in words
        for at in range(len(word))
    ]


def _one_wrong(wanted: str, found: str, inside: list[bool]) -> bool:
    """They differ by one letter, where one may be wrong."""
    want, have = wanted.translate(_ALIKE), found.translate(_ALIKE)
    shorter = min(len(want), len(have))
    head = next((at for at in range(shorter) if want[at] != have[at]), shorter)
    tail = next((at for at in range(shorter - head) if want[-1 - at] != have[-1 - at]), shorter - head)
    out, into = wanted[head : len(wanted) - tail], found[head : len(found) - tail]
    if len(out) > 1 or len(into) > 1 or not (out or into):
        return False
    at = head if out else max(0, head - 1)
    return inside[at] and (bool(out) or (head < len(inside) and inside[head]))
