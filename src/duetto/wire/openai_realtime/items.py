"""The conversation as this protocol sees it: an ordered list of items, each with what it stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from duetto.wire.openai_realtime.trouble import Wrong, shortened

MOST_ITEMS: Final = 1_024
"""Items that are kept; the oldest are forgotten here first, not in the conversation."""
MOST_SIZE: Final = 8 * 2**20
"""Characters of all that is kept."""
OBJECT: Final = "realtime.item"


@dataclass(eq=False, slots=True)
class Item:
    """body: as it is shown. turn: number of the utterance that it is. told: sources of what was told of it.

    reply: number of the reply that it is a stretch of; from `start` (ns of the reply's own sound) on, `length` ns.
    first_at: media time (ns) at which its sound began. call: number of the call that it is. erased: it was taken out
    before it was known what it is.
    """

    body: dict[str, Any]
    turn: int | None = None
    told: tuple[str, ...] = ()
    reply: int | None = None
    start: int = 0
    length: int = 0
    first_at: int | None = None
    call: int | None = None
    erased: bool = False

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def erasing(self) -> tuple[str, ...]:
        """Sources of what the conversation has of it."""
        if self.turn is not None:
            return (f"turn:{self.turn}",)
        if self.reply is not None and self.body["type"] == "message":
            return (f"reply:{self.reply}",)
        return tuple(f"told:{source}" for source in self.told)


def message(id: str, role: str, content: list[dict[str, Any]], status: str = "completed") -> dict[str, Any]:
    """The body of a message."""
    return {"id": id, "object": OBJECT, "type": "message", "status": status, "role": role, "content": content}


def function_call(id: str, call_id: str, name: str, arguments: str, status: str = "completed") -> dict[str, Any]:
    """The body of a call of a function."""
    return {
        "id": id,
        "object": OBJECT,
        "type": "function_call",
        "status": status,
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
    }


def function_output(id: str, call_id: str, output: str) -> dict[str, Any]:
    """The body of what came of a call."""
    return {
        "id": id,
        "object": OBJECT,
        "type": "function_call_output",
        "status": "completed",
        "call_id": call_id,
        "output": output,
    }


@dataclass(slots=True)
class Conversation:
    """Bounded: MOST_ITEMS and MOST_SIZE."""

    items: dict[str, Item] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=dict)
    size: int = 0

    @property
    def last(self) -> str | None:
        return self.order[-1] if self.order else None

    def place(self, previous: str | None) -> int:
        """Where an item goes that a client wants after `previous`. Raises Wrong."""
        if previous is None:
            return len(self.order)
        if previous == "root":
            return 0
        if previous not in self.items:
            text = f"previous_item_id: there is no item {shortened(previous)!r}"
            raise Wrong("item_not_found", text, "previous_item_id")
        return self.order.index(previous) + 1

    def add(self, item: Item, place: int | None = None) -> str | None:
        """Puts it in, at the end by default; returns the id of the one before it."""
        if item.id in self.items:  # an id that was promised for it, and that a client has taken meanwhile
            self.remove(item.id)
        place = len(self.order) if place is None else min(place, len(self.order))
        previous = self.order[place - 1] if place else None
        self.items[item.id] = item
        self.order.insert(place, item.id)
        self.weigh(item)
        while len(self.order) > 1 and (len(self.order) > MOST_ITEMS or self.size > MOST_SIZE):
            self.remove(next(one for one in self.order if one != item.id))
        return previous

    def weigh(self, item: Item) -> None:
        """Its words have changed."""
        if item.id in self.items:
            self.size -= self.sizes.get(item.id, 0)
            self.sizes[item.id] = _size(item.body)
            self.size += self.sizes[item.id]

    def remove(self, id: str) -> None:
        del self.items[id]
        self.order.remove(id)
        self.size -= self.sizes.pop(id)

    def find(self, id: str, doing: str) -> Item:
        """Raises Wrong. doing: "retrieve", "truncate", "delete"."""
        item = self.items.get(id)
        if item is None:
            text = f"item_id: there is no item {shortened(id)!r}"
            raise Wrong(f"item_{doing}_invalid_item_id", text, "item_id")
        return item

    def text(self, most: int) -> str:
        """The last `most` characters of what was said, a line for each item."""
        lines: list[str] = []
        left = most
        for id in reversed(self.order):
            line = line_of(self.items[id].body)
            if not line:
                continue
            if len(line) > left:
                break
            lines.append(line)
            left -= len(line)
        return "\n".join(reversed(lines))


def line_of(body: dict[str, Any]) -> str:
    """An item in one line of text, "" for one without words."""
    match body["type"]:
        case "message":
            words = " ".join(part.get("text") or part.get("transcript") or "" for part in body["content"]).strip()
            return f"{body['role']}: {words}" if words else ""
        case "function_call":
            return f"assistant called {body['name']}: {body['arguments']}"
        case _:
            return f"result: {body['output']}"


def _size(body: dict[str, Any]) -> int:
    texts = [body.get("arguments"), body.get("output")]
    for part in body.get("content", ()):
        texts += [part.get("text"), part.get("transcript")]
    return sum(len(text) for text in texts if text)
