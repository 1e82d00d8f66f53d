"""A session as plain lines, one for each thing that is settled: for pipes, logs and `grep`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from duetto.models.model import MicroTurn
from duetto.terminal.words import sight
from duetto.timeline.clock import in_s
from duetto.timeline.increment import Increment
from duetto.timeline.payload import Heard, Line, Notice, Planned, Shown, Word

CLAUSES: Final = 64
"""Clauses whose heard words are kept until they end."""


class PlainLines:
    """Writes a line for each committed word, each clause that was heard, each thing seen, typed, shown or noticed.

    A line has the media time (s) since which it is known, its kind, and its text. partials: words also as soon as
    they are guessed ("word?") and when the guess is taken back ("word-").
    """

    def __init__(self, write: Callable[[str], object], *, partials: bool = False) -> None:
        self._write = write
        self._partials = partials
        self._heard: dict[int, list[str]] = {}
        self._in_view: set[int] = set()

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        for output in micro_turn.outputs:
            for edit in output.edits:
                self._edit(edit)

    def _edit(self, edit: Increment) -> None:
        payload = edit.payload
        settled = edit.status == "committed"
        match payload:
            case Word():
                self._word(edit, payload)
            case Heard():
                self._heard.setdefault(payload.clause, []).append(payload.text)
                while len(self._heard) > CLAUSES:
                    del self._heard[next(iter(self._heard))]
            case Planned() if edit.status != "added":
                words = self._heard.pop(payload.clause, [])
                if settled:
                    self._line(edit.at, "said", payload.text)
                elif words:
                    self._line(edit.at, "said", " ".join(words) + " - cut off")
            case Line() if settled:
                self._line(edit.at, "typed", payload.text)
            case Shown() if settled:
                self._line(edit.at, "shown", payload.text)
            case Notice() if settled:
                self._line(edit.at, "notice", f"{payload.part}: {payload.text}")
            case _:
                self._see(edit)

    def _see(self, edit: Increment) -> None:
        text = sight(edit.payload)
        if text is None:
            return
        began = edit.id in self._in_view
        if edit.status == "added":
            self._in_view.add(edit.id)
        else:
            self._in_view.discard(edit.id)
        self._line(edit.at, "seen", f"{text}: no more" if began else text)

    def _word(self, edit: Increment, word: Word) -> None:
        mark = {"committed": "", "added": "?", "revoked": "-"}[edit.status]
        if mark and not self._partials:
            return
        when = f"{in_s(edit.span.start):.2f}-{in_s(edit.span.end):.2f} s"
        self._line(edit.at, f"word{mark}", f"{word.text:<16} {when}")

    def _line(self, at: int, kind: str, text: str) -> None:
        self._write(f"{in_s(at):9.2f}  {kind:<7} {text}")

    def close(self) -> None:
        """Nothing is kept back."""
