"""Items that clients give, ask for, cut and take out."""

from __future__ import annotations

from typing import Any

from duetto.timeline.clock import NS_PER_MS, ms
from duetto.timeline.command import Erase, Remember
from duetto.wire.openai_realtime import items
from duetto.wire.openai_realtime.calls import Calls
from duetto.wire.openai_realtime.content import message, required
from duetto.wire.openai_realtime.events import ClientItem, ItemCreate, ItemDelete, ItemRetrieve, ItemTruncate
from duetto.wire.openai_realtime.items import Conversation, Item
from duetto.wire.openai_realtime.outlet import Outlet
from duetto.wire.openai_realtime.responses import Responses
from duetto.wire.openai_realtime.trouble import Wrong, shortened
from duetto.wire.seat import Seat


class Desk:
    """Each method answers one event, or raises Wrong and nothing has happened."""

    def __init__(
        self, seat: Seat, outlet: Outlet, conversation: Conversation, calls: Calls, responses: Responses
    ) -> None:
        self._seat = seat
        self._outlet = outlet
        self._conversation = conversation
        self._calls = calls
        self._responses = responses

    def create(self, event: ItemCreate) -> None:
        place = self._conversation.place(event.previous_item_id)
        id = event.item.id or self._outlet.new_id("item")
        if id in self._conversation.items:
            raise Wrong("invalid_value", f"item.id: there is an item {shortened(id)!r} already", "item.id")
        item = self._item(event.item, id)
        previous = self._conversation.add(item, place)
        self._outlet.emit("conversation.item.added", item=item.body, previous_item_id=previous)
        self._outlet.emit("conversation.item.done", item=item.body, previous_item_id=previous)

    def retrieve(self, event: ItemRetrieve) -> None:
        """Of a message that was cut off, only what was heard is there."""
        item = self._conversation.find(event.item_id, "retrieve")
        body = item.body
        if item.length and body["status"] == "incomplete":
            body = {**body, "content": [{"type": "output_audio", "transcript": self._responses.heard_of(item)}]}
        self._outlet.emit("conversation.item.retrieved", item=body)

    def truncate(self, event: ItemTruncate) -> None:
        item = self._conversation.find(event.item_id, "truncate")
        end = self._responses.truncate(item, event.content_index, ms(event.audio_end_ms))
        self._conversation.weigh(item)
        self._outlet.emit(
            "conversation.item.truncated",
            item_id=item.id,
            content_index=event.content_index,
            audio_end_ms=min(event.audio_end_ms, end // NS_PER_MS),
        )

    def delete(self, event: ItemDelete) -> None:
        item = self._conversation.find(event.item_id, "delete")
        if item.erasing:
            self._seat.command(*(Erase(source) for source in item.erasing))
        item.erased = True
        self._conversation.remove(item.id)
        self._outlet.emit("conversation.item.deleted", item_id=item.id)

    def _item(self, given: ClientItem, id: str) -> Item:
        """The item, of which the conversation has been told."""
        body: dict[str, Any]
        told: tuple[Remember, ...] = ()
        match given.type:
            case "message":
                found = message(given, "item")
                body = items.message(id, found.role, found.content)
                told = found.told(id)
            case "function_call":
                name, arguments = required(given.name, "item.name"), required(given.arguments, "item.arguments")
                call_id = given.call_id or self._outlet.new_id("call")
                if call_id in self._calls:
                    text = f"item.call_id: there is a call {shortened(call_id)!r} already"
                    raise Wrong("invalid_value", text, "item.call_id")
                body = items.function_call(id, call_id, name, arguments)
                told = (Remember(id, "system", f"The function {name} was called with {arguments}."),)
                self._calls.add(call_id, None)
            case "function_call_output":
                call_id, output = required(given.call_id, "item.call_id"), required(given.output, "item.output")
                if call_id not in self._calls:
                    text = f"item.call_id: there is no call {shortened(call_id)!r}"
                    raise Wrong("invalid_tool_call_id", text, "item.call_id")
                body = items.function_output(id, call_id, output)
                if not self._calls.outcome(call_id, output):
                    told = (Remember(id, "system", f"The outcome of the call {call_id}: {output}"),)
            case kind:
                text = f"item.type: 'message', 'function_call' or 'function_call_output' (got {shortened(kind)!r})"
                raise Wrong("unsupported_value", text, "item.type")
        if told:
            self._seat.command(*told)
        return Item(body, told=tuple(one.source for one in told))
