"""What a Gemini Live client may send: one Struct for each of its messages, and how they are read.

After BidiGenerateContentClientMessage of the Gemini API (v1, v1beta, v1alpha) and the types of google-genai 3.4.
Fields that nothing here needs are left out: a client may send them, and they say nothing.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from duetto.wire.gemini_live.fault import Malformed
from duetto.wire.gemini_live.names import camel, normal

MOST_MESSAGE: Final = 8 * 1024 * 1024
"""Characters (or bytes) of one message."""


class _Message(msgspec.Struct, frozen=True, rename="camel"):
    pass


# --- content ----------------------------------------------------------------------------------------------------


class Blob(_Message, frozen=True):
    """data: base64, of either alphabet. mime_type: "audio/pcm;rate=16000", "image/jpeg", "image/png"."""

    data: str = ""
    mime_type: str = ""


class FunctionCall(_Message, frozen=True):
    id: str = ""
    name: str = ""
    args: dict[str, Any] = {}


class FunctionResponse(_Message, frozen=True):
    """response: any object; its "output" or "error" where it has one of those, else the whole of it."""

    id: str = ""
    name: str = ""
    response: dict[str, Any] = {}
    will_continue: bool = False
    scheduling: str = ""


class Part(_Message, frozen=True):
    """One of these. thought: text that is not for others."""

    text: str | None = None
    inline_data: Blob | None = None
    file_data: dict[str, Any] | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None
    thought: bool = False


class Content(_Message, frozen=True):
    """role: "user" or "model"."""

    parts: tuple[Part, ...] = ()
    role: str = ""


# --- setup ------------------------------------------------------------------------------------------------------


class PrebuiltVoiceConfig(_Message, frozen=True):
    voice_name: str = ""


class VoiceConfig(_Message, frozen=True):
    prebuilt_voice_config: PrebuiltVoiceConfig | None = None
    voice: str = ""


class SpeechConfig(_Message, frozen=True):
    voice_config: VoiceConfig | None = None
    language_code: str = ""


class GenerationConfig(_Message, frozen=True):
    response_modalities: tuple[str, ...] = ()
    speech_config: SpeechConfig | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    max_output_tokens: int | None = None
    translation_config: dict[str, Any] | None = None


class AutomaticActivityDetection(_Message, frozen=True):
    disabled: bool = False
    start_of_speech_sensitivity: str = ""
    end_of_speech_sensitivity: str = ""
    prefix_padding_ms: int = 0
    silence_duration_ms: int = 0


class RealtimeInputConfig(_Message, frozen=True):
    automatic_activity_detection: AutomaticActivityDetection = AutomaticActivityDetection()
    activity_handling: str = ""
    turn_coverage: str = ""


class SessionResumptionConfig(_Message, frozen=True):
    handle: str = ""
    transparent: bool = False


class HistoryConfig(_Message, frozen=True):
    initial_history_in_client_content: bool = False


class Setup(_Message, frozen=True):
    """The first message, and only the first."""

    model: str = ""
    generation_config: GenerationConfig = GenerationConfig()
    system_instruction: Content | str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    realtime_input_config: RealtimeInputConfig = RealtimeInputConfig()
    session_resumption: SessionResumptionConfig | None = None
    input_audio_transcription: dict[str, Any] | None = None
    output_audio_transcription: dict[str, Any] | None = None
    explicit_vad_signal: bool = False
    history_config: HistoryConfig = HistoryConfig()
    avatar_config: dict[str, Any] | None = None
    context_window_compression: dict[str, Any] | None = None
    proactivity: dict[str, Any] | None = None


class FunctionDeclaration(_Message, frozen=True):
    """parameters: OpenAPI 3.0 schema with the types in capitals; parameters_json_schema: the same as JSON Schema."""

    name: str = ""
    description: str = ""
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None
    behavior: str = ""


# --- what comes after it ----------------------------------------------------------------------------------------


class RealtimeInput(_Message, frozen=True):
    """Sound, sight and text as they happen. One or several of these; they count in this order."""

    activity_start: dict[str, Any] | None = None
    audio: Blob | None = None
    media_chunks: tuple[Blob, ...] = ()
    video: Blob | None = None
    text: str | None = None
    audio_stream_end: bool = False
    activity_end: dict[str, Any] | None = None


class ClientContent(_Message, frozen=True):
    turns: tuple[Content, ...] = ()
    turn_complete: bool = False


class ToolResponse(_Message, frozen=True):
    function_responses: tuple[FunctionResponse, ...] = ()


class ToolList(_Message, frozen=True):
    tools: tuple[dict[str, Any], ...] = ()


class ContextUpdate(_Message, frozen=True):
    """What is given takes the place of what was; an empty list of tools is none."""

    system_instruction: Content | str | None = None
    tools: ToolList | tuple[dict[str, Any], ...] | None = None


ClientMessage = Setup | RealtimeInput | ClientContent | ToolResponse | ContextUpdate

KINDS: Final[dict[str, type[Any]]] = {
    "setup": Setup,
    "clientContent": ClientContent,
    "realtimeInput": RealtimeInput,
    "toolResponse": ToolResponse,
    "contextUpdate": ContextUpdate,
}
_ONE_OF: Final = "exactly one of " + ", ".join(KINDS)


def decode(message: str | bytes) -> ClientMessage:
    """One client message. Raises Malformed, which names the field."""
    if len(message) > MOST_MESSAGE:
        raise Malformed("", f"message of {len(message)} characters, the limit is {MOST_MESSAGE}")
    try:
        raw = msgspec.json.decode(message)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Malformed("", f"not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise Malformed("", f"not an object; {_ONE_OF}")
    unknown = next((name for name in raw if camel(name) not in KINDS), None)
    if unknown is not None:
        raise Malformed(unknown[:40], f"no such message; {_ONE_OF}")
    whole = normal(raw)
    if len(whole) != 1:
        raise Malformed("", f"{_ONE_OF} in a message")
    kind, inside = next(iter(whole.items()))
    return read(inside, KINDS[kind], kind)  # type: ignore[no-any-return]


def read(value: Any, kind: type[Any], field: str) -> Any:
    """A value with normal names as one of the Structs above; numbers may be strings, as in protocol buffers' JSON.

    Raises Malformed with the path below `field`.
    """
    try:
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        text, _, path = str(error).partition(" - at `")
        raise Malformed(field + re.sub(r"^(key in )?\$|`$", "", path), _plain(text)) from None


def _plain(text: str) -> str:
    return (text[:1].lower() + text[1:]).replace("`", "")
