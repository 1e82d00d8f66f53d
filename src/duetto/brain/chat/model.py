"""The seam between the chat brain and a language model: a request in, pieces of text and calls out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from duetto.brain.tools import ToolSpec

Message = dict[str, Any]
"""A message as OpenAI's Chat Completions API has it."""


def function_of(tool: ToolSpec) -> dict[str, Any]:
    """A tool as OpenAI's Chat Completions API, and open models' templates, have it."""
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What a model is asked: the whole conversation, and the tools that it may call. reply: the one it is for.

    choice: "auto", "required", or the name of the tool that it must call.
    """

    messages: tuple[Message, ...]
    tools: tuple[ToolSpec, ...] = ()
    reply: int = 0
    choice: str = "auto"


@dataclass(frozen=True, slots=True)
class CallRequest:
    """A model's wish to call a tool; arguments: JSON, as the model wrote it."""

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Piece:
    """The next of what a model gives: some text, or a whole call.

    after: ns since the request at which it came, where the model plays its time (see `workers.Timed`); else None.
    """

    text: str = ""
    call: CallRequest | None = None
    after: int | None = None


Trouble = Literal["busy", "overflow", "refused", "broken"]


class ModelTrouble(RuntimeError):
    """A model gave no answer, or not all of it.

    kind "busy": later it may (`wait_s`). "overflow": the request was too long for it. "refused": asking again is in
    vain: a wrong key, no such model. "broken": the connection failed, or nothing came within the time. after: as in
    `Piece`.
    """

    def __init__(self, kind: Trouble, text: str, *, wait_s: float = 0.0, after: int | None = None) -> None:
        super().__init__(text)
        self.kind: Trouble = kind
        self.wait_s = wait_s
        self.after = after


class ChatModel(Protocol):
    """Any language model that chats. `duetto.testing.model` has doubles."""

    def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        """Answer, piece by piece. Raises ModelTrouble. Closed before its end, it tells the server to stop."""
        ...

    async def close(self) -> None: ...


@runtime_checkable
class ReadsAhead(Protocol):
    """A `ChatModel` that keeps what it has read, and so gains by reading a request before it is made."""

    def prepare(self, request: ChatRequest) -> None:
        """Read what is likely to be the beginning of the next request. Returns at once; a request ends it."""
        ...
