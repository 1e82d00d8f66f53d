"""A session's setting on the wire: the strict objects that a client starts it with and changes it by."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

Model = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
Delay = Annotated[int, msgspec.Meta(ge=0, le=60_000)]


class _Strict(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


# --- sound --------------------------------------------------------------------------------------------------------


class PCM(_Strict, frozen=True, tag_field="type", tag="audio/pcm"):
    rate: Literal[16000, 24000]


class PCMU(_Strict, frozen=True, tag_field="type", tag="audio/pcmu"):
    rate: Literal[8000] = 8000


class PCMA(_Strict, frozen=True, tag_field="type", tag="audio/pcma"):
    rate: Literal[8000] = 8000


class CustomVoice(_Strict, frozen=True):
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class AudioOutput(_Strict, frozen=True):
    voice: Annotated[str, msgspec.Meta(max_length=256)] | CustomVoice | None = None


class Audio(_Strict, frozen=True):
    format: PCM | PCMU | PCMA | None = None
    output: AudioOutput | None = None


class MediaAudio(_Strict, frozen=True):
    output: AudioOutput | None = None


# --- history ------------------------------------------------------------------------------------------------------


class TextPart(_Strict, frozen=True):
    text: str
    type: Literal["input_text", "text", "output_text"] | None = None


class InitialMessage(_Strict, frozen=True):
    role: Literal["developer", "user", "assistant"]
    content: Annotated[list[TextPart], msgspec.Meta(min_length=1, max_length=1)]
    id: str | None = None
    status: Literal["incomplete", "completed"] | None = None
    type: Literal["message"] | None = None


# --- delegation ---------------------------------------------------------------------------------------------------


class FunctionTool(_Strict, frozen=True):
    type: str
    name: str
    description: str | None = None
    parameters: dict[str, Any] | None = None
    strict: bool | None = None


class FunctionChoice(_Strict, frozen=True):
    type: str
    name: str = ""


class Reasoning(_Strict, frozen=True):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh"] | None = None
    summary: Literal["concise", "detailed", "auto"] | None = None


class Verbosity(_Strict, frozen=True):
    verbosity: Literal["low", "medium", "high"] | None = None


Tier = Literal["auto", "default", "fast_tier_temp_pilot", "flex", "priority", "ultrafast"]


class Responses(_Strict, frozen=True):
    """The backend's setting. Here the brain that talks is the backend too: it is told these instructions as well, and
    is offered these tools. The rest is taken and handed back, and has no effect.
    """

    model: Model | UnsetType = UNSET
    instructions: str | UnsetType | None = UNSET
    tools: list[dict[str, Any]] | UnsetType | None = UNSET
    tool_choice: Literal["auto", "none", "required"] | FunctionChoice | UnsetType | None = UNSET
    max_output_tokens: Annotated[int, msgspec.Meta(ge=1)] | UnsetType | None = UNSET
    parallel_tool_calls: bool | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET
    service_tier: Tier | UnsetType | None = UNSET
    text: Verbosity | UnsetType | None = UNSET


class ToClient(_Strict, frozen=True, tag_field="type", tag="client"):
    acknowledgement_delay_ms: Delay | UnsetType | None = UNSET


class ToResponses(_Strict, frozen=True, tag_field="type", tag="responses"):
    responses: Responses | UnsetType = UNSET
    acknowledgement_delay_ms: Delay | UnsetType | None = UNSET


class ToDecisions(Struct, frozen=True, tag_field="type", tag="decisions"):
    """Refused: there is no Decisions API here."""


Delegation = ToClient | ToResponses


# --- the whole ----------------------------------------------------------------------------------------------------


class EventSelector(_Strict, frozen=True):
    type: str
    response_event: str | None = None


class DataChannel(_Strict, frozen=True):
    allowed_client_events: Literal["all"] | list[str] | None = None
    allowed_server_events: Literal["all"] | list[EventSelector] | None = None


class Client(_Strict, frozen=True):
    data_channel: DataChannel


class WakePolicy(_Strict, frozen=True):
    type: Literal["speech"]
    vad_threshold: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None


class _Common(_Strict, frozen=True, kw_only=True):
    model: Model
    instructions: str | None = None
    delegation: ToClient | ToResponses | ToDecisions | None = None
    input: list[InitialMessage] | None = None
    safety_identifier: Annotated[str, msgspec.Meta(max_length=512)] | None = None
    store: bool | None = None
    triggers: list[dict[str, Any]] | None = None
    client: Client | None = None


class SessionConfig(_Common, frozen=True, kw_only=True):
    """What `session.start` carries on a WebSocket."""

    audio: Audio | None = None


class MediaSessionConfig(_Common, frozen=True, kw_only=True):
    """What the request for a WebRTC session carries: its sound's format is the media transport's matter."""

    audio: MediaAudio | None = None
    idle_timeout_s: Annotated[int, msgspec.Meta(ge=1)] | None = None
    wake_policy: WakePolicy | None = None


class SessionUpdate(_Strict, frozen=True):
    """What may be changed once the session has begun."""

    delegation: ToClient | ToResponses | ToDecisions | None = None
    triggers: list[dict[str, Any]] | None = None
