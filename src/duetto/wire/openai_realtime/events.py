"""What a client may send: the eleven events of the protocol, typed."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Raw, Struct

from duetto.wire.openai_realtime.trouble import Wrong, decode, shortened

MOST_EVENT: Final = 15 * 2**20
"""Bytes of one event."""
MOST_TEXT: Final = 200_000
"""Characters of one text that a client gives."""
MOST_PARTS: Final = 64
"""Parts of one message."""
MOST_INPUT: Final = 256
"""Items that a reply out of band may be told."""

Id = Annotated[str, Meta(min_length=1, max_length=128)]
Text = Annotated[str, Meta(max_length=MOST_TEXT)]
Modalities = Annotated[list[Literal["text", "audio"]], Meta(min_length=1, max_length=1)]
MaxTokens = Annotated[int, Meta(ge=1, le=2**31)] | Literal["inf"]


class _Event(Struct, frozen=True, tag_field="type", kw_only=True):
    event_id: str | None = None


class SessionUpdate(_Event, frozen=True, tag="session.update"):
    """session: see `config`, which reads it."""

    session: Raw


class Append(_Event, frozen=True, tag="input_audio_buffer.append"):
    audio: str


class Commit(_Event, frozen=True, tag="input_audio_buffer.commit"):
    pass


class Clear(_Event, frozen=True, tag="input_audio_buffer.clear"):
    pass


class OutputClear(_Event, frozen=True, tag="output_audio_buffer.clear"):
    pass


# --- items --------------------------------------------------------------------------------------------------------


class Part(Struct, frozen=True):
    """A part of a message; `content` knows what may be in which."""

    type: str | None = None
    text: Text | None = None
    audio: str | None = None
    transcript: Text | None = None
    image_url: str | None = None
    detail: Literal["auto", "low", "high", "original"] | None = None


class ClientItem(Struct, frozen=True):
    """An item that a client gives, of any type; `content` knows what belongs to which."""

    type: str
    id: Id | None = None
    object: str | None = None
    status: Literal["completed", "incomplete", "in_progress"] | None = None
    role: str | None = None
    content: Annotated[list[Part], Meta(max_length=MOST_PARTS)] | None = None
    call_id: Id | None = None
    name: Annotated[str, Meta(min_length=1, max_length=128)] | None = None
    arguments: Text | None = None
    output: Text | None = None


class ItemCreate(_Event, frozen=True, tag="conversation.item.create"):
    item: ClientItem
    previous_item_id: str | None = None


class ItemRetrieve(_Event, frozen=True, tag="conversation.item.retrieve"):
    item_id: str


class ItemTruncate(_Event, frozen=True, tag="conversation.item.truncate"):
    item_id: str
    content_index: Annotated[int, Meta(ge=0, le=2**31)]
    audio_end_ms: Annotated[int, Meta(ge=0, le=2**40)]


class ItemDelete(_Event, frozen=True, tag="conversation.item.delete"):
    item_id: str


# --- responses ----------------------------------------------------------------------------------------------------


class ResponseParams(Struct, frozen=True, forbid_unknown_fields=True):
    """How one response is to be; what is not said is as in the session."""

    audio: dict[str, Any] | None = None
    conversation: Literal["auto", "none"] | None = None
    input: Annotated[list[ClientItem], Meta(max_length=MOST_INPUT)] | None = None
    instructions: Text | None = None
    max_output_tokens: MaxTokens | None = None
    metadata: (
        Annotated[dict[Annotated[str, Meta(max_length=64)], Annotated[str, Meta(max_length=512)]], Meta(max_length=16)]
        | None
    ) = None
    output_modalities: Modalities | None = None
    parallel_tool_calls: bool | None = None
    prompt: dict[str, Any] | None = None
    reasoning: dict[str, Any] | None = None
    tool_choice: str | dict[str, Any] | None = None
    tools: Annotated[list[dict[str, Any]], Meta(max_length=128)] | None = None


class ResponseCreate(_Event, frozen=True, tag="response.create"):
    response: ResponseParams | None = None


class ResponseCancel(_Event, frozen=True, tag="response.cancel"):
    response_id: str | None = None


ClientEvent = (
    SessionUpdate
    | Append
    | Commit
    | Clear
    | OutputClear
    | ItemCreate
    | ItemRetrieve
    | ItemTruncate
    | ItemDelete
    | ResponseCreate
    | ResponseCancel
)
_TYPES: Final[dict[str, Any]] = {str(kind.__struct_config__.tag): kind for kind in ClientEvent.__args__}


class Head(Struct, frozen=True):
    """What an event says of itself."""

    type: str
    event_id: str | None = None


class _Named(Struct, frozen=True):
    event_id: Any = None


def read_head(message: str | bytes) -> Head:
    """Raises Wrong for what is no event at all."""
    if len(message) > MOST_EVENT:
        text = f"an event has at most {MOST_EVENT} bytes (got {len(message)})"
        raise Wrong("event_too_large", text)
    head: Head = decode(message, Head)
    return head


def event_id(message: str | bytes) -> str | None:
    """The name that a client gave to an event which is wrong otherwise, if it can be read."""
    try:
        named = msgspec.json.decode(message, type=_Named).event_id if len(message) <= MOST_EVENT else None
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return None
    return shortened(named) if isinstance(named, str) else None


def read(message: str | bytes, head: Head) -> ClientEvent:
    """The event. Raises Wrong, with the field."""
    kind = _TYPES.get(head.type)
    if kind is None:
        names = ", ".join(f"'{name}'" for name in _TYPES)
        text = f"unknown event type: '{shortened(head.type)}'; known are {names}"
        raise Wrong("unknown_event", text, "type")
    event: ClientEvent = decode(message, kind)
    return event
