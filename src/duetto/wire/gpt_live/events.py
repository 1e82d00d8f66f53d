"""What a client sends: one strict struct for each event, and how a message becomes one."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from duetto.wire.gpt_live.config import SessionConfig, SessionUpdate
from duetto.wire.gpt_live.trouble import Wrong, decode


class Event(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """event_id: the client's own, handed back with the answer."""

    type: str
    event_id: str | None = None


class SessionStart(Event, frozen=True, kw_only=True):
    session: SessionConfig


class SessionUpdateEvent(Event, frozen=True, kw_only=True):
    session: SessionUpdate


class InputAudioAppend(Event, frozen=True, kw_only=True):
    audio: str


class InputAudioMute(Event, frozen=True, kw_only=True):
    pass


class InputAudioUnmute(Event, frozen=True, kw_only=True):
    pass


class FixturePlay(Event, frozen=True, kw_only=True):
    audio: str


class Append(Event, frozen=True, kw_only=True):
    """delegation_id: of the delegation that it belongs to, null for the session at large."""

    content: str
    delegation_id: str | None = None


class InstructionsAppend(Append, frozen=True, kw_only=True):
    pass


class ThinkingAppend(Append, frozen=True, kw_only=True):
    pass


class CommentaryAppend(Append, frozen=True, kw_only=True):
    pass


class ResponseItemCreate(Event, frozen=True, kw_only=True):
    item: dict[str, Any]


class ResponseCreate(Event, frozen=True, kw_only=True):
    pass


class SessionClose(Event, frozen=True, kw_only=True):
    pass


EVENTS: Final[dict[str, type[Event]]] = {
    "session.start": SessionStart,
    "session.update": SessionUpdateEvent,
    "session.input_audio.append": InputAudioAppend,
    "session.input_audio.mute": InputAudioMute,
    "session.input_audio.unmute": InputAudioUnmute,
    "session.output_audio.fixture.play": FixturePlay,
    "session.instructions.append": InstructionsAppend,
    "session.thinking.append": ThinkingAppend,
    "session.commentary.append": CommentaryAppend,
    "response.item.create": ResponseItemCreate,
    "response.create": ResponseCreate,
    "session.close": SessionClose,
}

ELSEWHERE: Final = {
    "decision.create": "this server has no Decisions",
    "decision.item.create": "this server has no Decisions",
    "decision.item.delete": "this server has no Decisions",
    "transport.dtmf.send": "this server has no telephone calls",
}
"""Events of the protocol that are refused here, and why."""

MOST_ID: Final = 512
"""Characters of a client's event_id: it is handed back."""


class Head(Struct, frozen=True):
    """What every message begins with; of any type yet."""

    type: Any = None
    event_id: Any = None


def head(message: str | bytes) -> Head:
    """Enough of a message to answer it, whatever else is wrong. Raises Wrong where it is no JSON object."""
    found = decode(message, Head)
    if isinstance(found.event_id, str) and len(found.event_id) > MOST_ID:
        raise Wrong("string_above_max_length", f"event_id: at most {MOST_ID} characters", "event_id")
    return found


def event(message: str | bytes, head: Head) -> Event:
    """The message, checked. Raises Wrong, with the field."""
    kind = head.type
    if not isinstance(kind, str):
        code = "missing_required_parameter" if kind is None else "invalid_type"
        raise Wrong(code, "type: the name of the event", "type")
    if (why := ELSEWHERE.get(kind)) is not None:
        raise Wrong("unsupported_event", f"{kind}: {why}", "type")
    known = EVENTS.get(kind)
    if known is None:
        text = f"type: no event {kind[:64]!r}; there are {', '.join(EVENTS)}"
        raise Wrong("unknown_event", text, "type")
    return decode(message, known)


# --- items of response.item.create --------------------------------------------------------------------------------


class ItemPart(Struct, frozen=True):
    type: str = ""
    text: str = ""


class FunctionCallOutput(Struct, frozen=True):
    call_id: str
    output: str | list[ItemPart]

    def text(self) -> str:
        """What came of the call. Raises Wrong at a part that is no text."""
        return text_of(self.output, "item.output")


class ItemMessage(Struct, frozen=True):
    role: str
    content: str | list[ItemPart]


def text_of(content: str | list[ItemPart], at: str) -> str:
    """Text of an item's content. Raises Wrong at a part that is no text."""
    if isinstance(content, str):
        return content
    for index, part in enumerate(content):
        if part.type not in ("input_text", "output_text", "text"):
            where = f"{at}[{index}].type"
            raise Wrong("unsupported_value", f"{where}: only text is taken here, not {part.type[:64]!r}", where)
    return "".join(part.text for part in content)
