"""What a client's `setup` asks for, as an opening of a conversation and as the ways of this connection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from duetto.timeline.clock import ms
from duetto.timeline.command import Brief, Command, Manner, Offer
from duetto.wire.gemini_live.fault import Malformed
from duetto.wire.gemini_live.messages import (
    Content,
    ContextUpdate,
    FunctionDeclaration,
    SessionResumptionConfig,
    Setup,
    ToolList,
    read,
)
from duetto.wire.gemini_live.schema import json_schema
from duetto.wire.seat import Opening

MOST_INSTRUCTIONS: Final = 200_000
"""Characters of the system instruction."""
MOST_TOOLS: Final = 128
"""Functions that may be declared."""
MOST_TOOL: Final = 64_000
"""Characters of one function's description and parameters."""
MOST_SILENCE_MS: Final = 60_000
"""The longest silence that a client may ask for as the end of a turn."""

PATIENCE: Final = {"": 1.0, "END_SENSITIVITY_HIGH": 0.7, "END_SENSITIVITY_LOW": 1.6}
"""endOfSpeechSensitivity as a factor on every silence of duetto's own judgement."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")


@dataclass(frozen=True, slots=True)
class Ways:
    """How this connection is to be spoken with.

    speaks: replies are sound, else text. manual: the client says when the user's activity begins and ends. interrupts:
    the beginning of an activity ends what is being said. all_sound: with `manual`, sound outside an activity counts.
    heard, said: transcripts of the user and of duetto are wanted. activity: the client is told when the user's voice
    begins and ends. history: the first content is what was said before, and is not answered. resumption: None where
    the client does not want to take the conversation up again.
    """

    speaks: bool = True
    manual: bool = False
    interrupts: bool = True
    all_sound: bool = False
    heard: bool = False
    said: bool = False
    activity: bool = False
    history: bool = False
    resumption: SessionResumptionConfig | None = None


def ways(setup: Setup) -> Ways:
    """Raises Malformed."""
    realtime = setup.realtime_input_config
    handling = _one_of(
        realtime.activity_handling,
        ("ACTIVITY_HANDLING_UNSPECIFIED", "START_OF_ACTIVITY_INTERRUPTS", "NO_INTERRUPTION"),
        "setup.realtimeInputConfig.activityHandling",
    )
    coverage = _one_of(
        realtime.turn_coverage,
        (
            "TURN_COVERAGE_UNSPECIFIED",
            "TURN_INCLUDES_ONLY_ACTIVITY",
            "TURN_INCLUDES_ALL_INPUT",
            "TURN_INCLUDES_AUDIO_ACTIVITY_AND_ALL_VIDEO",
        ),
        "setup.realtimeInputConfig.turnCoverage",
    )
    return Ways(
        speaks=_modality(setup.generation_config.response_modalities) == "AUDIO",
        manual=realtime.automatic_activity_detection.disabled,
        interrupts=handling != "NO_INTERRUPTION",
        all_sound=coverage == "TURN_INCLUDES_ALL_INPUT",
        heard=setup.input_audio_transcription is not None,
        said=setup.output_audio_transcription is not None,
        activity=setup.explicit_vad_signal,
        history=setup.history_config.initial_history_in_client_content,
        resumption=setup.session_resumption,
    )


def opening(setup: Setup, first: tuple[Command, ...]) -> Opening:
    """The conversation that is asked for. Raises Malformed.

    What duetto has no use for (temperature; proactivity: it always judges whether it is spoken to; compression: what a
    brain is told is always bounded; sensitivity to the start of speech, prefix padding) is taken and changes
    nothing. What a client would wait for in vain (an avatar, translation, tools of Google's) is refused.
    """
    if setup.avatar_config is not None:
        raise Malformed("setup.avatarConfig", "no avatar is offered here")
    if setup.generation_config.translation_config is not None:
        raise Malformed("setup.generationConfig.translationConfig", "no translation is offered here")
    _check_generation(setup)
    return Opening(voice=_voice(setup), first=first, title=setup.model[:200])


def manner(setup: Setup, way: Ways) -> Manner:
    """Who decides what. Raises Malformed."""
    detection = setup.realtime_input_config.automatic_activity_detection
    field = "setup.realtimeInputConfig.automaticActivityDetection"
    _one_of(
        detection.start_of_speech_sensitivity,
        ("START_SENSITIVITY_UNSPECIFIED", "START_SENSITIVITY_HIGH", "START_SENSITIVITY_LOW"),
        f"{field}.startOfSpeechSensitivity",
    )
    end = _one_of(
        detection.end_of_speech_sensitivity,
        ("END_SENSITIVITY_UNSPECIFIED", "END_SENSITIVITY_HIGH", "END_SENSITIVITY_LOW"),
        f"{field}.endOfSpeechSensitivity",
    )
    _within(detection.prefix_padding_ms, 0, MOST_SILENCE_MS, f"{field}.prefixPaddingMs")
    silence = _within(detection.silence_duration_ms, 0, MOST_SILENCE_MS, f"{field}.silenceDurationMs")
    return Manner(
        ends="told" if way.manual else "heard",
        answers=not way.manual,
        yields=way.interrupts,
        silence=ms(silence) if silence else None,  # 0 is how protocol buffers say nothing
        patience=PATIENCE[end],
        speaks=way.speaks,
    )


def update(change: ContextUpdate) -> Brief:
    """A change of the brief within the conversation. Raises Malformed."""
    tools = change.tools
    found = tools.tools if isinstance(tools, ToolList) else tools
    where = "contextUpdate.tools" if isinstance(tools, ToolList) else "contextUpdate"
    if change.system_instruction is None and found is None:
        raise Malformed("contextUpdate", "systemInstruction or tools is needed")
    return brief(change.system_instruction, found, where)


def brief(instruction: Content | str | None, tools: tuple[dict[str, Any], ...] | None, field: str) -> Brief:
    """Instructions and tools; None stays None. Raises Malformed."""
    return Brief(
        instructions=None if instruction is None else _instructions(instruction, f"{field}.systemInstruction"),
        offers=None if tools is None else tuple(_offers(tools, f"{field}.tools")),
    )


def _instructions(given: Content | str, field: str) -> str:
    """Each part is a paragraph."""
    if isinstance(given, str):
        text = given
    else:
        for index, part in enumerate(given.parts):
            if part.text is None:
                raise Malformed(f"{field}.parts[{index}]", "only text is taken here")
        text = "\n\n".join(part.text for part in given.parts if part.text)
    if len(text) > MOST_INSTRUCTIONS:
        raise Malformed(field, f"{len(text)} characters, the limit is {MOST_INSTRUCTIONS}")
    return text


def _offers(tools: tuple[dict[str, Any], ...], field: str) -> Iterable[Offer]:
    names: set[str] = set()
    for index, tool in enumerate(tools):
        where = f"{field}[{index}]"
        other = next((name for name in tool if name != "functionDeclarations"), None)
        if other is not None:
            raise Malformed(f"{where}.{other}", "not offered here; declare functions, which the client carries out")
        declared = read(
            tool.get("functionDeclarations", ()), tuple[FunctionDeclaration, ...], f"{where}.functionDeclarations"
        )
        for number, function in enumerate(declared):
            made = _offer(function, f"{where}.functionDeclarations[{number}]")
            if made.name in names:
                raise Malformed(f"{where}.functionDeclarations[{number}].name", f"{made.name} is declared twice")
            names.add(made.name)
            if len(names) > MOST_TOOLS:
                raise Malformed(field, f"more than {MOST_TOOLS} functions, the limit")
            yield made


def _offer(function: FunctionDeclaration, field: str) -> Offer:
    if _NAME.fullmatch(function.name) is None:
        raise Malformed(f"{field}.name", "a letter or _ is needed, then letters, digits and _.:-, 128 in all at most")
    behaviour = _one_of(function.behavior, ("UNSPECIFIED", "BLOCKING", "NON_BLOCKING"), f"{field}.behavior")
    if function.parameters is not None and function.parameters_json_schema is not None:
        raise Malformed(f"{field}.parametersJsonSchema", "given together with parameters; one of them is needed")
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    if function.parameters is not None:
        schema = {"type": "object", **json_schema(function.parameters, f"{field}.parameters")}
    elif function.parameters_json_schema is not None:
        schema = function.parameters_json_schema
    if schema.get("type", "object") != "object":
        raise Malformed(f"{field}.parameters.type", "OBJECT is needed")
    parameters = msgspec.json.encode(schema).decode()
    size = len(function.description) + len(parameters)
    if size > MOST_TOOL:
        raise Malformed(field, f"{size} characters, the limit is {MOST_TOOL}")
    return Offer(function.name, function.description, parameters, behind=behaviour == "NON_BLOCKING")


def _modality(asked: tuple[str, ...]) -> str:
    field = "setup.generationConfig.responseModalities"
    found = {name.upper() for name in asked} - {"MODALITY_UNSPECIFIED"}
    if not found:
        return "AUDIO"
    if len(found) > 1 or not found <= {"AUDIO", "TEXT"}:
        raise Malformed(field, "one of AUDIO, TEXT")
    return found.pop()


def _voice(setup: Setup) -> str:
    speech = setup.generation_config.speech_config
    voice = None if speech is None else speech.voice_config
    if voice is None:
        return ""
    prebuilt = voice.prebuilt_voice_config
    return (prebuilt.voice_name if prebuilt is not None else voice.voice)[:200]


def _check_generation(setup: Setup) -> None:
    """What only a language model would have a use for; it has settings of its own here."""
    asked = setup.generation_config
    field = "setup.generationConfig"
    _within(asked.temperature or 0.0, 0.0, 2.0, f"{field}.temperature")
    _within(asked.top_p or 0.0, 0.0, 1.0, f"{field}.topP")
    _within(asked.top_k or 0.0, 0, 1_000_000, f"{field}.topK")
    _within(asked.max_output_tokens or 0, 0, 1_000_000, f"{field}.maxOutputTokens")


def _one_of(value: str, allowed: tuple[str, ...], field: str) -> str:
    """The value in capitals, "" for the first one allowed, which says nothing."""
    name = value.upper()
    if not name or name == allowed[0]:
        return ""
    if name not in allowed:
        raise Malformed(field, f"one of {', '.join(allowed[1:])}")
    return name


def _within(value: float, least: float, most: float, field: str) -> float:
    if not least <= value <= most:
        raise Malformed(field, f"from {least} to {most} (got {value})")
    return value
