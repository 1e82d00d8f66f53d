"""A session's setting as the protocol writes it: typed, with what may be null, and its limits."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from duetto.wire.openai_realtime.events import MaxTokens, Modalities, Text
from duetto.wire.openai_realtime.trouble import Wrong, check_depth, decode, from_validation

MOST_TOOLS: Final = 128

Name = Annotated[str, Meta(max_length=256)]
Names = Annotated[list[Name], Meta(max_length=256)]
Ms = Annotated[int, Meta(ge=0, le=60_000)]


class Part(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A part of the setting, or of what a client changes in it: UNSET is what it does not speak of."""


# --- sound --------------------------------------------------------------------------------------------------------


class Pcm(Part, frozen=True, tag_field="type", tag="audio/pcm"):
    rate: Literal[24000] | None = 24000


class Pcmu(Part, frozen=True, tag_field="type", tag="audio/pcmu"):
    pass


class Pcma(Part, frozen=True, tag_field="type", tag="audio/pcma"):
    pass


class VoiceId(Part, frozen=True):
    id: Annotated[str, Meta(min_length=1, max_length=256)]


class NoiseReduction(Part, frozen=True):
    """Accepted and shown; duetto hears as it hears."""

    type: Literal["near_field", "far_field"] | UnsetType | None = UNSET
    strength: float | UnsetType | None = UNSET


class Transcription(Part, frozen=True):
    """That it is there asks for transcripts; what it says of how is shown and no more."""

    model: Name | UnsetType | None = UNSET
    language: Name | UnsetType | None = UNSET
    languages: Names | UnsetType | None = UNSET
    keywords: Annotated[list[Name], Meta(max_length=1000)] | UnsetType | None = UNSET
    prompt: Text | UnsetType | None = UNSET
    delay: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType | None = UNSET


class ServerVad(Part, frozen=True, tag_field="type", tag="server_vad"):
    """silence_duration_ms: left open, duetto judges by itself when a turn has ended."""

    threshold: Annotated[float, Meta(ge=0, le=1)] | UnsetType | None = UNSET
    prefix_padding_ms: Ms | UnsetType | None = UNSET
    silence_duration_ms: Ms | UnsetType | None = UNSET
    idle_timeout_ms: Annotated[int, Meta(ge=1000, le=600000)] | UnsetType | None = UNSET
    create_response: bool | UnsetType | None = UNSET
    interrupt_response: bool | UnsetType | None = UNSET


class SemanticVad(Part, frozen=True, tag_field="type", tag="semantic_vad"):
    eagerness: Literal["low", "medium", "high", "auto"] | UnsetType | None = UNSET
    create_response: bool | UnsetType | None = UNSET
    interrupt_response: bool | UnsetType | None = UNSET


class AudioInput(Part, frozen=True):
    format: Pcm | Pcmu | Pcma | UnsetType | None = UNSET
    noise_reduction: NoiseReduction | UnsetType | None = UNSET
    transcription: Transcription | UnsetType | None = UNSET
    turn_detection: ServerVad | SemanticVad | UnsetType | None = UNSET


class AudioOutput(Part, frozen=True):
    format: Pcm | Pcmu | Pcma | UnsetType | None = UNSET
    voice: Annotated[str, Meta(min_length=1, max_length=256)] | VoiceId | UnsetType | None = UNSET
    speed: Annotated[float, Meta(ge=0.25, le=1.5)] | UnsetType | None = UNSET


class Audio(Part, frozen=True):
    input: AudioInput | UnsetType | None = UNSET
    output: AudioOutput | UnsetType | None = UNSET


class InputOnly(Part, frozen=True):
    input: AudioInput | UnsetType | None = UNSET


# --- what is shown and no more ------------------------------------------------------------------------------------


class Prompt(Part, frozen=True):
    """A template kept by the vendor: there is none here."""

    id: Name
    version: Name | UnsetType | None = UNSET
    variables: dict[Name, Text] | UnsetType | None = UNSET


class Reasoning(Part, frozen=True):
    effort: Literal["minimal", "low", "medium", "high", "xhigh"] | UnsetType | None = UNSET


class Tracing(Part, frozen=True):
    workflow_name: Name | UnsetType | None = UNSET
    group_id: Name | UnsetType | None = UNSET
    metadata: dict[str, Any] | UnsetType | None = UNSET


class TokenLimits(Part, frozen=True):
    post_instructions: Annotated[int, Meta(ge=0, le=2**31)] | UnsetType | None = UNSET


class RetentionRatio(Part, frozen=True, tag_field="type", tag="retention_ratio"):
    retention_ratio: Annotated[float, Meta(ge=0, le=1)]
    token_limits: TokenLimits | UnsetType | None = UNSET


# --- the whole ----------------------------------------------------------------------------------------------------

_Include = list[Literal["item.input_audio_transcription.logprobs"]]


class Realtime(Part, frozen=True, tag_field="type", tag="realtime"):
    """A session that converses."""

    model: Name | UnsetType | None = UNSET
    output_modalities: Modalities | UnsetType | None = UNSET
    instructions: Text | UnsetType | None = UNSET
    tools: Annotated[list[dict[str, Any]], Meta(max_length=MOST_TOOLS)] | UnsetType | None = UNSET
    tool_choice: str | dict[str, Any] | UnsetType | None = UNSET
    parallel_tool_calls: bool | UnsetType | None = UNSET
    max_output_tokens: MaxTokens | UnsetType | None = UNSET
    audio: Audio | UnsetType | None = UNSET
    include: _Include | UnsetType | None = UNSET
    prompt: Prompt | UnsetType | None = UNSET
    reasoning: Reasoning | UnsetType | None = UNSET
    tracing: Literal["auto"] | Tracing | UnsetType | None = UNSET
    truncation: Literal["auto", "disabled"] | RetentionRatio | UnsetType | None = UNSET


class TranscriptionOnly(Part, frozen=True, tag_field="type", tag="transcription"):
    """A session that only writes down what is said."""

    audio: InputOnly | UnsetType | None = UNSET
    include: _Include | UnsetType | None = UNSET


Config = Realtime | TranscriptionOnly

DEFAULT_REALTIME: Final = Realtime(
    output_modalities=["audio"],
    instructions="",
    tools=[],
    tool_choice="auto",
    max_output_tokens="inf",
    include=None,
    prompt=None,
    tracing=None,
    truncation="auto",
    audio=Audio(
        input=AudioInput(format=Pcm(), noise_reduction=None, transcription=None, turn_detection=ServerVad()),
        output=AudioOutput(format=Pcm(), speed=1.0),
    ),
)
DEFAULT_TRANSCRIPTION: Final = TranscriptionOnly(
    include=None,
    audio=InputOnly(
        input=AudioInput(format=Pcm(), noise_reduction=None, transcription=Transcription(), turn_detection=ServerVad())
    ),
)
DEFAULT_SERVER_VAD: Final[dict[str, Any]] = {
    "threshold": 0.5,
    "prefix_padding_ms": 300,
    "silence_duration_ms": 500,
    "idle_timeout_ms": None,
    "create_response": True,
    "interrupt_response": True,
}
DEFAULT_SEMANTIC_VAD: Final[dict[str, Any]] = {
    "eagerness": "auto",
    "create_response": True,
    "interrupt_response": True,
}

_NULL_MEANS: Final[dict[str, Any]] = {
    "output_modalities": ["audio"],
    "instructions": "",
    "tools": [],
    "tool_choice": "auto",
    "max_output_tokens": "inf",
    "truncation": "auto",
    "format": Pcm(),
    "speed": 1.0,
}
"""What null stands for where there must be something."""
_NULL_KEEPS: Final = frozenset({"audio", "input", "output", "voice", "model"})

P = TypeVar("P", bound=Part)


def read(session: Raw | bytes | str | dict[str, Any], at: str = "session") -> Config:
    """A setting, or a change of one. Raises Wrong, with the field."""
    if not isinstance(session, dict):
        found = decode(session, Config, at)
    else:
        try:
            found = msgspec.convert(session, Config)
        except msgspec.ValidationError as error:
            raise from_validation(error, at) from None
        except RecursionError:
            raise Wrong("invalid_value", f"'{at}' is nested too deep", at) from None
    if isinstance(found, Realtime):
        for name in ("tools", "tool_choice"):
            check_depth(getattr(found, name), f"{at}.{name}")
        if isinstance(found.tracing, Tracing):
            check_depth(found.tracing.metadata, f"{at}.tracing.metadata")
    return found  # type: ignore[no-any-return]


def over(old: P, new: P) -> P:
    """The old setting with what the new one speaks of."""
    changed: dict[str, Any] = {}
    for name in new.__struct_fields__:
        value, before = getattr(new, name), getattr(old, name)
        if value is UNSET or (value is None and name in _NULL_KEEPS):
            continue
        if value is None:
            value = _NULL_MEANS.get(name)
        elif isinstance(value, Part) and type(value) is type(before):
            value = over(before, value)
        changed[name] = value
    return msgspec.structs.replace(old, **changed)
