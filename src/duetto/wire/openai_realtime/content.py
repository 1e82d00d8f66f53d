"""Items that clients give: what may be in which, how they are shown again, what the conversation is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from duetto.timeline.command import Remember
from duetto.wire.openai_realtime.events import ClientItem, Part
from duetto.wire.openai_realtime.pictures import from_data_uri
from duetto.wire.openai_realtime.trouble import Wrong, shortened

Who = Literal["user", "duetto", "system"]

WHO: Final[dict[str, Who]] = {"user": "user", "assistant": "duetto", "system": "system"}
_PARTS: Final = {
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text", "output_audio"),
    "system": ("input_text",),
}
MOST_PICTURES: Final = 8
"""Pictures in one message."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, checked. content: its parts as they are shown, without sound and pictures. pictures: JPEG."""

    role: str
    content: list[dict[str, Any]]
    text: str
    pictures: tuple[bytes, ...] = ()

    def told(self, source: str) -> tuple[Remember, ...]:
        """What the conversation is told: a source for each picture, the text with the first."""
        who = WHO[self.role]
        if not self.pictures:
            return (Remember(source, who, self.text),) if self.text else ()
        return tuple(
            Remember(source if index == 0 else f"{source}#{index + 1}", who, "" if index else self.text, picture)
            for index, picture in enumerate(self.pictures)
        )


def message(item: ClientItem, at: str) -> Message:
    """A message of a client. Raises Wrong, with the field below `at`."""
    if item.role is None:
        raise _missing(f"{at}.role")
    kinds = _PARTS.get(item.role)
    if kinds is None:
        text = f"{at}.role: 'user', 'assistant' or 'system' (got {shortened(item.role)!r})"
        raise Wrong("invalid_value", text, f"{at}.role")
    if item.content is None:
        raise _missing(f"{at}.content")
    content: list[dict[str, Any]] = []
    texts: list[str] = []
    pictures: list[bytes] = []
    for index, part in enumerate(item.content):
        here = f"{at}.content[{index}]"
        kind = part.type or kinds[0]
        if kind not in kinds:
            text = f"{here}.type: a message of role {item.role} has {' and '.join(kinds)} (got {shortened(kind)!r})"
            raise Wrong("invalid_value", text, f"{here}.type")
        shown, words, picture = _part(part, kind, here)
        content.append(shown)
        texts += [words] if words else []
        pictures += [picture] if picture else []
    if len(pictures) > MOST_PICTURES:
        raise Wrong("array_above_max_length", f"{at}.content: at most {MOST_PICTURES} pictures", f"{at}.content")
    return Message(item.role, content, "\n".join(texts), tuple(pictures))


def _part(part: Part, kind: str, at: str) -> tuple[dict[str, Any], str, bytes]:
    """As it is shown, its words, its picture."""
    if kind == "input_image":
        if part.image_url is None:
            raise _missing(f"{at}.image_url")
        picture = from_data_uri(part.image_url, f"{at}.image_url")
        detail = part.detail if part.detail in ("auto", "low", "high") else "auto"
        return {"type": kind, "detail": detail}, "", picture
    if kind in ("input_audio", "output_audio"):
        # Sound from elsewhere than the live stream has no place in media time; its words have one in the conversation.
        if part.transcript is None:
            text = f"{at}.transcript: needed here; sound itself is taken by input_audio_buffer.append"
            raise Wrong("missing_required_parameter", text, f"{at}.transcript")
        return {"type": kind, "transcript": part.transcript}, part.transcript, b""
    if part.text is None:
        raise _missing(f"{at}.text")
    return {"type": kind, "text": part.text}, part.text, b""


def required(value: str | None, at: str) -> str:
    """A field that must be there. Raises Wrong."""
    if value is None:
        raise _missing(at)
    return value


def _missing(at: str) -> Wrong:
    return Wrong("missing_required_parameter", f"missing required parameter: '{at}'", at)
