"""Cuts a model's stream into clauses that can be said: the first as soon as it is safe, later ones longer."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

FIRST_WORDS: Final = 2
"""Words from which a comma ends the first clause: a short one is heard soon."""
LATER_WORDS: Final = 5
"""Words from which a comma ends a later clause: longer ones have a better melody."""
BEGINNINGS: Final = 2
"""Beginnings of the first clause that may be said before it is whole, each of twice as many words as the one before:
while one is said, the next comes."""
MOST_SAID: Final = 3
"""Times that a clause is given: small models go round in circles, and would until their limit."""
CIRCLES_FROM: Final = 4
"""Words of a clause that counts for that: a count or a refrain may come again."""
MOST_WORDS: Final = 16
"""Words at which a clause is cut at any space: a model that never pauses for breath."""

_ENDS: Final = re.compile(r"[.!?…]+[\"'”’)]*(?=\s|$)|\n+")
_PAUSES: Final = re.compile(r"[,;:][\"'”’)]*(?=\s)|(?<=[^\W\d_])[,;]\Z|\s[–—-](?=\s)|—")
# After a letter a comma needs nothing to follow: a token later a reply begins a micro-turn later.
_ABBREVIATION: Final = re.compile(
    r"(?:^|[\s(])(?:[A-Za-z]|mr|mrs|ms|dr|prof|st|vs|no|approx|e\.g|i\.e|etc|a\.m|p\.m|inc|ltd|jr|sr)\.$", re.IGNORECASE
)
_LIST_NUMBER: Final = re.compile(r"(?:\A\s*1|\n[ \t]*\d+)\.$")
# A number first of all in a text is an answer ("42. Anything else?"), unless a list may begin with it.
_HEADS: Final = re.compile(
    r"^[ \t]{0,3}#{1,6}[ \t]+|^[ \t]*[-*•][ \t]+|(?:\A\s*1|(?<=\n)[ \t]*\d+)[.)][ \t]+", re.MULTILINE
)
_MARKUP: Final = re.compile(r"\*{1,3}|_{2,3}|`{1,3}")
_LINK: Final = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_OPEN_LINK: Final = re.compile(r"\[[^\]]*\]\([^)\s]*$")
_UNSAYABLE: Final = re.compile(r"[\U0001f000-\U0001faff☀-➿⬀-⯿️‍]")
_SPACE: Final = re.compile(r"\s+")


class Cutter:
    """Takes text as it comes, gives clauses as they are whole."""

    def __init__(self) -> None:
        self._buffer = ""
        self._given = 0
        self._begun = 0
        self._before = ""
        """What the buffer follows: nothing, a new line, or ("." for it) other text of its line."""
        self._said: Counter[str] = Counter()
        self.circles = False
        """The text says the same too often. No more of it is given."""

    def push(self, text: str) -> list[str]:
        """More text. Returns the clauses that it completes, clean of markup and ready to be said."""
        self._buffer += text
        clauses: list[str] = []
        while (end := self._end()) is not None:
            whole, self._buffer = self._buffer[:end], self._buffer[end:]
            self._give(whole, clauses)
            self._before = "\n" if whole.endswith("\n") else "."
        return clauses

    def beginning(self, words: int) -> str | None:
        """The first words of a text, before the clause that they begin is whole; None where it is not time for them.

        words: how many; the next beginning has twice as many. Only plain words are a beginning.
        """
        if self._given or self._begun == BEGINNINGS:
            return None
        found = re.match(rf"\s*(?:[^\W\d_][\w'’]*\s+){{{words << self._begun}}}", self._buffer)
        if found is None:
            return None
        self._begun += 1
        self._buffer, self._before = self._buffer[found.end() :], "."
        return _plain(found.group())

    def rest(self) -> list[str]:
        """The stream has ended: what is left of it, if it has words."""
        clauses: list[str] = []
        self._give(self._buffer, clauses)
        self._buffer = ""
        return clauses

    def _give(self, text: str, clauses: list[str]) -> None:
        clean = _plain(_HEADS.sub("", self._before + text).removeprefix(self._before))
        if any(c.isalnum() for c in clean):
            words = clean.casefold().rstrip(".,;:!?…")
            if len(words.split()) >= CIRCLES_FROM:
                self._said[words] += 1
                self.circles = self.circles or self._said[words] > MOST_SAID
            if self.circles:
                return
            clauses.append(clean)
            self._given += 1

    def _end(self) -> int | None:
        """Where the first clause of the buffer ends, None if that is not known yet."""
        least = LATER_WORDS if self._given else FIRST_WORDS
        end = None
        for match in _ENDS.finditer(self._buffer):
            if self._ends_sentence(match):
                end = match.end()
                break
        for match in _PAUSES.finditer(self._buffer, 0, len(self._buffer) if end is None else end):
            if len(self._buffer[: match.start()].split()) >= least:
                end = match.end()
                break
        words = list(re.finditer(r"\S+(?=\s)", self._buffer))
        most = words[MOST_WORDS - 1].end() if len(words) >= MOST_WORDS else None
        return most if end is None else end if most is None else min(end, most)

    def _ends_sentence(self, match: re.Match[str]) -> bool:
        before = self._buffer[: match.end()]
        if "\n" in match.group():
            return any(c.isalnum() for c in before)
        if match.end() == len(self._buffer) and not before.rstrip(".!?…\"'”’)")[-1:].isalpha():
            return False  # "3." may go on as "3.14"
        return not (
            _ABBREVIATION.search(before) or _LIST_NUMBER.search(self._before + before) or _OPEN_LINK.search(before)
        )


def sayable(text: str) -> str:
    """A text without what cannot be said: markup, links, pictures of faces."""
    return _plain(_HEADS.sub("", text))


def _plain(text: str) -> str:
    plain = _UNSAYABLE.sub("", _MARKUP.sub("", _LINK.sub(r"\1", text)))
    return _SPACE.sub(" ", plain).strip()
