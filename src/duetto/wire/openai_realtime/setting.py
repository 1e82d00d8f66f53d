"""The setting in force: what a session begins with, how it may change, and what of it the conversation is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from msgspec import UNSET, Struct, UnsetType

from duetto.timeline.clock import ms
from duetto.timeline.command import Brief, Command, Manner, Offer
from duetto.wire.audio import Format
from duetto.wire.openai_realtime import config as c
from duetto.wire.openai_realtime.trouble import Wrong, convert, joined, shortened

PATIENCE: Final = {"low": 2.0, "medium": 1.0, "auto": 1.0, "high": 0.5}
"""Times duetto's own silences for each `eagerness`, as 8, 4 and 2 s stand to each other in the protocol."""
MOST_TOOL_TEXT: Final = 262_144
"""Characters of all tools' descriptions and parameters."""
_TOOL_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class _Function(Struct, frozen=True):
    name: str
    type: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = None


class _Choice(Struct, frozen=True):
    type: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """config: whole, nothing is unset that has a default. model: of the whole session. voice: shown where the client
    names none.
    """

    config: c.Config
    model: str
    voice: str = "duetto"

    @property
    def transcription_only(self) -> bool:
        return isinstance(self.config, c.TranscriptionOnly)

    @property
    def input(self) -> c.AudioInput:
        audio = self.config.audio
        assert isinstance(audio, c.Audio | c.InputOnly) and isinstance(audio.input, c.AudioInput)
        return audio.input

    @property
    def output(self) -> c.AudioOutput:
        audio = self.config.audio
        if isinstance(audio, c.Audio) and isinstance(audio.output, c.AudioOutput):
            return audio.output
        return c.AudioOutput(format=c.Pcm(), speed=1.0)

    @property
    def turn_detection(self) -> c.ServerVad | c.SemanticVad | None:
        found = self.input.turn_detection
        return found if isinstance(found, c.ServerVad | c.SemanticVad) else None

    @property
    def transcribes(self) -> bool:
        """The client is told what was said."""
        return isinstance(self.input.transcription, c.Transcription)

    @property
    def asked_voice(self) -> str:
        """The voice that the client names; "" for the server's own."""
        voice = self.output.voice
        return voice.id if isinstance(voice, c.VoiceId) else voice if isinstance(voice, str) else ""

    @property
    def speed(self) -> float:
        speed = self.output.speed
        return speed if isinstance(speed, float | int) else 1.0

    @property
    def modality(self) -> str:
        """Of replies: "audio" or "text"."""
        found = self.config.output_modalities if isinstance(self.config, c.Realtime) else None
        return found[0] if isinstance(found, list) else "audio"

    @property
    def prefix(self) -> int:
        """Ns before the voice that count as the beginning of a turn."""
        vad = self.turn_detection
        found = vad.prefix_padding_ms if isinstance(vad, c.ServerVad) else 0
        return ms(found if isinstance(found, int) else c.DEFAULT_SERVER_VAD["prefix_padding_ms"])

    @property
    def idle_timeout(self) -> int | None:
        """Ns of silence after a reply that call for another; None for never."""
        vad = self.turn_detection
        found = vad.idle_timeout_ms if isinstance(vad, c.ServerVad) else None
        return ms(found) if isinstance(found, int) and not self.transcription_only else None

    @property
    def offers(self) -> tuple[Offer, ...]:
        tools = self.config.tools if isinstance(self.config, c.Realtime) else None
        return offers_of(tools or [], "session.tools")

    @property
    def instructions(self) -> str:
        found = self.config.instructions if isinstance(self.config, c.Realtime) else ""
        return found if isinstance(found, str) else ""

    @property
    def choice(self) -> str:
        found = self.config.tool_choice if isinstance(self.config, c.Realtime) else "auto"
        return choice_of(found, {offer.name for offer in self.offers}, "session.tool_choice")

    @property
    def brief(self) -> Brief:
        return Brief(self.instructions or None, self.offers, self.choice)

    @property
    def manner(self) -> Manner:
        """Who decides what, in the conversation's words."""
        vad = self.turn_detection
        speaks = self.modality == "audio" and not self.transcription_only
        if vad is None:
            return Manner(ends="told", answers=False, yields=False, speaks=speaks)
        answers = vad.create_response is not False and not self.transcription_only
        yields = vad.interrupt_response is not False
        if isinstance(vad, c.ServerVad):
            found = vad.silence_duration_ms
            silence = ms(found) if isinstance(found, int) else None
            return Manner(answers=answers, yields=yields, silence=silence, speaks=speaks)
        patience = PATIENCE[vad.eagerness or "auto"] if not isinstance(vad.eagerness, UnsetType) else 1.0
        return Manner(answers=answers, yields=yields, patience=patience, speaks=speaks)

    def shown(self, id: str, expires_at: int | None) -> dict[str, Any]:
        """The session as the protocol shows it: everything that is in force."""
        whole: dict[str, Any] = msgspec.to_builtins(self.config)
        whole["id"] = id
        whole["object"] = "realtime.transcription_session" if self.transcription_only else "realtime.session"
        if expires_at is not None:
            whole["expires_at"] = expires_at
        vad = self.turn_detection
        if vad is not None:
            defaults = c.DEFAULT_SERVER_VAD if isinstance(vad, c.ServerVad) else c.DEFAULT_SEMANTIC_VAD
            told = {name: value for name, value in msgspec.to_builtins(vad).items() if value is not None}
            whole["audio"]["input"]["turn_detection"] = {"type": told.pop("type"), **defaults, **told}
        if not self.transcription_only:
            whole["model"] = self.model
            whole["audio"]["output"].setdefault("voice", self.voice)
        return whole

    def updated(self, change: c.Config, *, sounded: bool) -> Setting:
        """With what a client changes. sounded: there has been sound of a reply. Raises Wrong; then nothing changes.

        Another model than the session's is not taken, and that is no error: stock clients name their own default in
        every update, whatever model they connected to. The answer shows the one in force.
        """
        if type(change) is not type(self.config):
            kind = "transcription" if self.transcription_only else "realtime"
            text = f"session.type: this is a {kind} session, and stays one"
            raise Wrong("invalid_value", text, "session.type")
        found = replace(self, config=c.over(self.config, change))
        if sounded and found.asked_voice != self.asked_voice:
            text = "session.audio.output.voice: it cannot change once there has been sound of a reply"
            raise Wrong("cannot_update_voice", text, "session.audio.output.voice")
        _ = found.choice  # checks the tools too
        return found

    def told(self, before: Setting) -> tuple[Command, ...]:
        """What the conversation must be told of the change from `before` to this."""
        commands: list[Command] = []
        brief = Brief(
            self.instructions if self.instructions != before.instructions else None,
            self.offers if self.offers != before.offers else None,
            self.choice if self.choice != before.choice else None,
        )
        if brief != Brief():
            commands.append(brief)
        if self.manner != before.manner:
            commands.append(self.manner)
        return tuple(commands)


def begin(asked: c.Config | None, model: str, voice: str, *, transcription: bool = False) -> Setting:
    """The setting of a new session. transcription: the kind where `asked` says nothing. Raises Wrong."""
    default: c.Config = c.DEFAULT_TRANSCRIPTION if transcription else c.DEFAULT_REALTIME
    if asked is None:
        return Setting(default, model, voice)
    default = c.DEFAULT_TRANSCRIPTION if isinstance(asked, c.TranscriptionOnly) else c.DEFAULT_REALTIME
    named = asked.model if isinstance(asked, c.Realtime) else None
    return Setting(default, named if isinstance(named, str) else model, voice).updated(asked, sounded=False)


def format_of(found: c.Pcm | c.Pcmu | c.Pcma | UnsetType | None) -> Format:
    """The codec of a format."""
    match found:
        case c.Pcmu():
            return Format("pcmu", 8000)
        case c.Pcma():
            return Format("pcma", 8000)
        case _:
            return Format()


def offers_of(tools: list[dict[str, Any]] | UnsetType, at: str) -> tuple[Offer, ...]:
    """Tools, checked. Raises Wrong."""
    offers: list[Offer] = []
    for index, tool in enumerate([] if isinstance(tools, UnsetType) else tools):
        here = f"{at}[{index}]"
        kind = tool.get("type", "function")
        if kind not in ("function", None):
            text = f"{here}.type: only functions of the application are called here, not {shortened(str(kind))!r}"
            raise Wrong("unsupported_value", text, f"{here}.type")
        function = convert(tool, _Function, here)
        if not _TOOL_NAME.fullmatch(function.name):
            raise Wrong("invalid_value", f"{here}.name: 1 to 64 letters, digits, '_', '.' and '-'", f"{here}.name")
        if any(offer.name == function.name for offer in offers):
            raise Wrong("invalid_value", f"{here}.name: {function.name!r} is given twice", f"{here}.name")
        schema = msgspec.json.encode(function.parameters or {"type": "object", "properties": {}}).decode()
        offers.append(Offer(function.name, function.description or "", schema))
    if sum(len(offer.description) + len(offer.parameters) for offer in offers) > MOST_TOOL_TEXT:
        raise Wrong("string_above_max_length", f"{at}: at most {MOST_TOOL_TEXT} characters altogether", at)
    return tuple(offers)


def choice_of(choice: str | dict[str, Any] | UnsetType | None, names: set[str], at: str) -> str:
    """Which tools may be called: "auto", "none", "required", or the name of one. Raises Wrong."""
    if choice is None or choice is UNSET:
        return "auto"
    if isinstance(choice, str):
        if choice not in ("auto", "none", "required"):
            text = f"{at}: 'auto', 'none', 'required' or a function (got {shortened(choice)!r})"
            raise Wrong("invalid_value", text, at)
        return choice
    found = convert(choice, _Choice, at)
    if found.type != "function":
        at = joined(at, "type")
        raise Wrong("unsupported_value", f"{at}: only functions (got {shortened(found.type)!r})", at)
    if found.name not in names:
        at = joined(at, "name")
        raise Wrong("invalid_value", f"{at}: no tool is called {shortened(str(found.name))!r}", at)
    return found.name
