"""What a terminal sends while a line is typed, as edits of that line."""

from __future__ import annotations

import re
from typing import Final

from duetto.timeline.turn import Key

LONGEST: Final = 4000
"""Characters of a line; further ones are not taken."""

_ESCAPE: Final = re.compile(r"\x1b(?:\[[0-9;]*[ -/]*[@-~]|O.|[^\[O])")
_UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-9;]*[ -/]*|O)?\Z")
_TEXT: Final = re.compile(r"[^\x00-\x1f\x7f]+")
_LEFT: Final = ("\x1b[D", "\x1bOD", "\x02")
_RIGHT: Final = ("\x1b[C", "\x1bOC", "\x06")
_HOME: Final = ("\x1b[H", "\x1bOH", "\x1b[1~", "\x01")
_END: Final = ("\x1b[F", "\x1bOF", "\x1b[4~", "\x05")


class LineEditor:
    """Follows one line and its cursor. Understands the keys of the usual terminals (ECMA-48, xterm, readline)."""

    def __init__(self) -> None:
        self.text = ""
        self.cursor = 0
        self._rest = ""

    def keys(self, sent: str, at: int) -> list[Key]:
        """The edits that the characters `sent` stand for, at media time `at` (ns). A paste is one edit."""
        sent = self._rest + sent
        self._rest = ""
        edits: list[Key] = []
        while sent:
            if unfinished := _UNFINISHED.match(sent):
                self._rest = unfinished[0]
                break
            found = _ESCAPE.match(sent) or _TEXT.match(sent)
            piece = found[0] if found else sent[0]
            sent = sent[len(piece) :]
            edit = self._insert(piece, at) if piece >= " " and piece != "\x7f" else self._control(piece, at)
            if edit is not None:
                edits.append(edit)
        return edits

    def _control(self, piece: str, at: int) -> Key | None:
        if piece in "\r\n":
            self.text, self.cursor = "", 0
            return Key(at, "send")
        if piece in "\x7f\x08":
            return self._delete(self.cursor - 1, self.cursor, at)
        if piece == "\x1b[3~":
            return self._delete(self.cursor, self.cursor + 1, at)
        if piece == "\x15":
            return self._delete(0, self.cursor, at)
        if piece == "\x0b":
            return self._delete(self.cursor, len(self.text), at)
        if piece == "\x17":
            return self._delete(self.text[: self.cursor].rstrip().rfind(" ") + 1, self.cursor, at)
        if piece in _LEFT:
            self.cursor = max(0, self.cursor - 1)
        elif piece in _RIGHT:
            self.cursor = min(len(self.text), self.cursor + 1)
        elif piece in _HOME:
            self.cursor = 0
        elif piece in _END:
            self.cursor = len(self.text)
        return None

    def _insert(self, text: str, at: int) -> Key | None:
        text = text[: LONGEST - len(self.text)]
        if not text:
            return None
        position = self.cursor
        self.text = self.text[:position] + text + self.text[position:]
        self.cursor += len(text)
        return Key(at, "insert", text=text, position=position)

    def _delete(self, start: int, end: int, at: int) -> Key | None:
        start, end = max(0, start), min(end, len(self.text))
        if end <= start:
            return None
        self.text = self.text[:start] + self.text[end:]
        self.cursor = start
        return Key(at, "delete", position=start, count=end - start)
