"""One response of the backend, as the stream of Responses events that `response.event` carries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

Emit = Callable[[dict[str, Any]], None]

MOST_TEXT: Final = 65_536
"""Characters of a response that its last events repeat; what is beyond came in its deltas only."""


class Nested:
    """Emits the events of one response, in their order and with their numbers. created_at: Unix time, s."""

    def __init__(self, emit: Emit, *, id: str, delegation: str | None, model: str, created_at: int) -> None:
        self.id = id
        self.delegation = delegation
        self._emit = emit
        self._model = model
        self._created_at = created_at
        self._number = 0
        self._items = 0
        self._text: list[str] = []
        self._kept = 0
        self._over = False

    def begin(self) -> None:
        """The response is under way."""
        self._event("response.created", response=self._snapshot("in_progress"))

    def call(self, item_id: str, call_id: str, name: str, arguments: str) -> None:
        """It calls a function of the application."""
        self._close_text()
        index, self._items = self._items, self._items + 1
        item = {"type": "function_call", "id": item_id, "call_id": call_id, "name": name}
        self._event(
            "response.output_item.added", output_index=index, item=item | {"arguments": "", "status": "in_progress"}
        )
        about = {"item_id": item_id, "output_index": index}
        self._event("response.function_call_arguments.delta", delta=arguments, **about)
        self._event("response.function_call_arguments.done", name=name, arguments=arguments, **about)
        self._event(
            "response.output_item.done", output_index=index, item=item | {"arguments": arguments, "status": "completed"}
        )

    def text(self, text: str) -> None:
        """More of what it says."""
        if not text:
            return
        if not self._text:
            self._event("response.output_item.added", output_index=self._items, item=self._message("in_progress", []))
            self._event("response.content_part.added", part=_part(""), **self._about())
            self._kept = 0
        elif not self._text[-1][-1:].isspace() and not text[:1].isspace():
            text = " " + text
        self._event("response.output_text.delta", delta=text, logprobs=[], **self._about())
        if self._kept < MOST_TEXT:
            self._text.append(text[: MOST_TEXT - self._kept])
            self._kept += len(text)

    def complete(self) -> None:
        """It is done."""
        self._end("response.completed", self._snapshot("completed"))

    def fail(self, why: str) -> None:
        """It could not be done."""
        error = {"code": "server_error", "message": why}
        self._end("response.failed", self._snapshot("failed") | {"error": error})

    def _end(self, kind: str, snapshot: dict[str, Any]) -> None:
        if self._over:
            return
        self._close_text()
        self._over = True
        self._event(kind, response=snapshot)

    def _close_text(self) -> None:
        if not self._text:
            return
        text = "".join(self._text)
        self._event("response.output_text.done", text=text, logprobs=[], **self._about())
        self._event("response.content_part.done", part=_part(text), **self._about())
        done = self._message("completed", [_part(text)])
        self._event("response.output_item.done", output_index=self._items, item=done)
        self._items += 1
        self._text = []

    def _about(self) -> dict[str, Any]:
        return {"item_id": self._item_id(), "output_index": self._items, "content_index": 0}

    def _item_id(self) -> str:
        return f"msg_{self.id.removeprefix('resp_')}_{self._items}"

    def _message(self, status: str, content: list[Any]) -> dict[str, Any]:
        return {
            "type": "message",
            "id": self._item_id(),
            "role": "assistant",
            "status": status,
            "content": content,
        }

    def _snapshot(self, status: str) -> dict[str, Any]:
        """The response without its input, instructions, tools and output, which this protocol leaves out."""
        return {
            "id": self.id,
            "object": "response",
            "created_at": self._created_at,
            "status": status,
            "model": self._model,
            "output": [],
            "instructions": None,
            "tools": [],
            "tool_choice": "auto",
            "parallel_tool_calls": True,
            "error": None,
            "incomplete_details": None,
            "metadata": {},
            "temperature": None,
            "top_p": None,
            "usage": None,
        }

    def _event(self, kind: str, **fields: Any) -> None:
        nested = {"type": kind, "sequence_number": self._number, **fields}
        self._number += 1
        self._emit({"type": "response.event", "delegation_id": self.delegation, "event": nested})


def _part(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
