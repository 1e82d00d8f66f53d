"""The few signs by which a language model says more than words: `[wait]`, `[go on]`.

And those that it only copies: small models begin with a time, as what they are told does.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final


class Mark(Enum):
    """wait: nothing is to be said to these words yet, or at all. go_on: what was being said is to go on as planned."""

    wait = "wait"
    go_on = "go on"


_LONGEST: Final = 24
_SIGN: Final = re.compile(r"[\[<(]\s*/?\s*([a-zA-Z][a-zA-Z _-]*?)\s*/?\s*[\])>]")
_OPEN: Final = re.compile(r"[\[<(][^\[<(\])>]*$")
_STAMP: Final = re.compile(r"\(\s*-?\d{1,3}:\d\d\b[^()\[\]<>]*\)")
_STAMP_BEGUN: Final = re.compile(r"\(\s*-?(?:\d{1,3}(?::(?:\d(?:\d(?:\b[^()\[\]<>]*)?)?)?)?)?$")
_LONGEST_STAMP: Final = 200
_NAMES: Final = {
    "wait": Mark.wait,
    "waiting": Mark.wait,
    "listen": Mark.wait,
    "silence": Mark.wait,
    "goon": Mark.go_on,
    "continue": Mark.go_on,
    "resume": Mark.go_on,
}


class MarkReader:
    """Parts a stream into text and marks. What might become a mark is held back until it is known."""

    def __init__(self) -> None:
        self._held = ""

    def push(self, text: str) -> list[str | Mark]:
        """More text. Small models spell their marks freely: `<go on>`, `[GO_ON]` and `[continue]` are read too."""
        self._held = _STAMP.sub("", self._held + text)
        found: list[str | Mark] = []
        start = 0
        for match in _SIGN.finditer(self._held):
            mark = _NAMES.get(re.sub(r"[ _-]", "", match.group(1)).lower())
            if mark is not None:
                _add(found, self._held[start : match.start()])
                found.append(mark)
                start = match.end()
        left = self._held[start:]
        opened = _OPEN.search(left)
        keep = len(left)
        if opened is not None:
            longest = _LONGEST_STAMP if _STAMP_BEGUN.match(left, opened.start()) else _LONGEST
            keep = opened.start() if len(left) - opened.start() <= longest else len(left)
        _add(found, left[:keep])
        self._held = left[keep:]
        return found

    def rest(self) -> list[str | Mark]:
        """The stream has ended: what was held back was none."""
        found: list[str | Mark] = []
        _add(found, self._held)
        self._held = ""
        return found


def _add(found: list[str | Mark], text: str) -> None:
    if text:
        found.append(text)
