"""Calls that a model writes into its text, as open models were taught to: read out of the stream, and never spoken.

Three ways: `<tool_call>{…}</tool_call>` (Hermes, Qwen), `[TOOL_CALLS] [{…}]` (Mistral), and an answer that is nothing
but `{"name": …, "parameters": …}` (Llama 3).
"""

from __future__ import annotations

import json
from typing import Any, Final

from duetto.brain.chat.model import CallRequest

OPEN: Final = "<tool_call>"
LIST: Final = "[TOOL_CALLS]"
THINK: Final = "<think>"
BARE: Final = "{"
_ENDS: Final = {OPEN: "</tool_call>", THINK: "</think>"}
"""Marks that end what was opened; the others go on to the end of the answer."""
MOST: Final = 20_000
"""Characters of a call at most; what is longer is none."""


class ToolText:
    """Tells text and calls apart as they stream in, and drops what is thought between `<think>` and `</think>`.

    `push` each piece; `rest` when there are no more. calls: False where no tool was offered: then there are none.
    """

    def __init__(self, *, calls: bool) -> None:
        self._marks = (*((OPEN, LIST) if calls else ()), THINK)
        self._calls = calls
        self._held = ""  # may be the beginning of a mark
        self._inside: str | None = None  # of which mark; BARE for an answer that is nothing but a call
        self._spoke = False

    def push(self, text: str) -> list[str | CallRequest]:
        """More of the answer: what of it can be told now, in order."""
        self._held += text
        found: list[str | CallRequest] = []
        while self._inside is None or (self._inside in _ENDS and _ENDS[self._inside] in self._held):
            if not self._step(found):
                break
        return found

    def rest(self) -> list[str | CallRequest]:
        """What is left at the end."""
        left, self._held = self._held, ""
        inside, self._inside = self._inside, None
        calls = list(read_calls(left)) if inside in (OPEN, LIST, BARE) else []
        if calls or inside in (OPEN, LIST, THINK):
            return [*calls]
        return [left] if left.strip() else []

    def _step(self, found: list[str | CallRequest]) -> bool:
        """To the end of what is open, or to the next mark. False where more is needed."""
        if self._inside is not None:
            inside, _, self._held = self._held.partition(_ENDS[self._inside])
            found.extend(read_calls(inside) if self._inside == OPEN else ())
            self._inside = None
            return True
        if not self._spoke and (not self._held.strip() or (self._calls and self._held.lstrip()[0] == "{")):
            self._inside = BARE if self._held.strip() else None  # if it is a call is told when it has ended
            return False
        at, mark = min(((self._held.find(mark), mark) for mark in self._marks if mark in self._held), default=(-1, ""))
        if at < 0:
            at = len(self._held) - max(_beginning(self._held, mark) for mark in self._marks)
        text, self._held = self._held[:at], self._held[at + len(mark) :]
        if text and (self._spoke or text.strip()):
            self._spoke = True
            found.append(text)
        self._inside = mark or None
        return bool(mark)


def read_calls(text: str) -> tuple[CallRequest, ...]:
    """The calls in what a model wrote for one or a list of them; () for what is none."""
    if len(text) > MOST:
        return ()
    try:
        value = json.loads(text)
    except ValueError:
        return ()
    calls = [_call(each) for each in (value if isinstance(value, list) else [value])]
    return tuple(call for call in calls if call is not None)


def _call(value: Any) -> CallRequest | None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters", {}))
    return CallRequest(value["name"], arguments if isinstance(arguments, str) else json.dumps(arguments))


def _beginning(text: str, mark: str) -> int:
    """How many of the last characters of `text` may be the first of `mark`."""
    return next((size for size in range(min(len(text), len(mark) - 1), 0, -1) if text.endswith(mark[:size])), 0)
