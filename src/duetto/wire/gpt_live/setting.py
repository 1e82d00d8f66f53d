"""A session's setting in force: checked, told to the conversation, shown to the client, and changed in part."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
from msgspec import UnsetType

from duetto.timeline.command import Brief, Command, Offer, Remember
from duetto.wire.gpt_live.config import (
    PCM,
    PCMA,
    PCMU,
    Audio,
    CustomVoice,
    DataChannel,
    Delegation,
    FunctionChoice,
    FunctionTool,
    InitialMessage,
    MediaSessionConfig,
    Responses,
    SessionConfig,
    SessionUpdate,
    ToClient,
    ToDecisions,
    ToResponses,
)
from duetto.wire.gpt_live.trouble import Wrong, convert

MOST_MESSAGES: Final = 128
"""Messages of the history that a session may begin with."""
MOST_HISTORY_TOKENS: Final = 8_192
MOST_INSTRUCTIONS_TOKENS: Final = 16_384
MOST_TOOLS: Final = 128
MOST_TOOLS_CHARACTERS: Final = 262_144
"""Characters of all tools' descriptions and parameters together."""
DELEGATE: Final = "delegate_to_application"
"""The tool by which the brain hands a task to an application that does the work itself."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

DELEGATE_OFFER: Final = Offer(
    DELEGATE,
    "Hand a task to the application that this conversation belongs to: for what needs its data, its tools or its "
    "actions, and for long work. Do not use it for what you can answer yourself. The result comes later.",
    '{"type":"object","properties":{"task":{"type":"string","description":"What is to be done, with all details '
    'that the user gave."}},"required":["task"]}',
    behind=True,
)


@dataclass(frozen=True, slots=True)
class Setting:
    """A checked setting in force. config: as the client gave it. delegation: as it stands after all updates."""

    config: SessionConfig | MediaSessionConfig
    delegation: Delegation

    @property
    def responses(self) -> bool:
        """The delegated work is the server's, and its functions are the application's."""
        return isinstance(self.delegation, ToResponses)

    @property
    def voice(self) -> str:
        """Name of the voice that is wanted, "" for the server's own."""
        output = None if self.config.audio is None else self.config.audio.output
        voice = None if output is None else output.voice
        return voice.id if isinstance(voice, CustomVoice) else voice or ""

    @property
    def format(self) -> PCM | PCMU | PCMA:
        """Format of the sound on the wire, both ways."""
        audio = self.config.audio
        return (audio.format if isinstance(audio, Audio) else None) or PCM(24000)

    def brief(self, delegates: bool) -> Brief:
        """What the brain is told of who it is to be. delegates: it may hand tasks to the application."""
        instructions = (self.config.instructions or "").strip()
        if not isinstance(self.delegation, ToResponses):
            return Brief(instructions or None, (DELEGATE_OFFER,) if delegates else (), "auto")
        backend = self.delegation.responses
        assert not isinstance(backend, UnsetType)
        more = (backend.instructions or "").strip()
        whole = "\n\n".join(part for part in (instructions, more) if part)
        return Brief(whole or None, _offers(backend), _choice(backend))

    def first(self, delegates: bool) -> tuple[Command, ...]:
        """What counts from the first micro-turn on."""
        who: dict[str, Literal["user", "duetto", "system"]] = {
            "developer": "system",
            "user": "user",
            "assistant": "duetto",
        }
        history = (
            Remember(f"input:{index}", who[message.role], message.content[0].text)
            for index, message in enumerate(self.config.input or ())
        )
        return self.brief(delegates), *history

    def resource(self, *, id: str, expires_at: int, voice: str, rtc: bool) -> dict[str, Any]:
        """The session as the protocol shows it: resolved, with the server's defaults."""
        config = self.config
        audio: dict[str, Any] = {"output": {"voice": self.voice or voice}}
        if not rtc:
            audio["format"] = msgspec.to_builtins(self.format) | {"rate": self.format.rate}
        shown: dict[str, Any] = {
            "id": id,
            "expires_at": expires_at,
            "model": config.model,
            "status": "active",
            "audio": audio,
            "delegation": msgspec.to_builtins(self.delegation),
            "store": bool(config.store),
            "triggers": [],
        }
        for name in ("instructions", "input", "safety_identifier", "client"):
            value = getattr(config, name)
            if value is not None:
                shown[name] = msgspec.to_builtins(value)
        return shown


def check(config: SessionConfig | MediaSessionConfig, *, may_store: bool) -> Setting:
    """The setting that a client asks for. Raises Wrong, with the field and the limit."""
    if not config.model.strip():
        raise Wrong("invalid_value", "session.model: a name, not blank", "session.model")
    _within(config.instructions or "", MOST_INSTRUCTIONS_TOKENS, "session.instructions")
    if config.store and not may_store:
        raise Wrong("unsupported_value", "session.store: recordings are off on this server", "session.store")
    _no_triggers(config.triggers)
    _check_history(config.input or [])
    if config.client is not None:
        _check_selectors(config.client.data_channel)
    delegation = config.delegation
    if isinstance(delegation, ToDecisions):
        raise _no_decisions("session.delegation.type")
    if isinstance(delegation, ToResponses):
        at = "session.delegation.responses"
        if isinstance(delegation.responses, UnsetType):
            raise Wrong("missing_required_parameter", f"missing field {at}", at)
        if isinstance(delegation.responses.model, UnsetType):
            raise Wrong("missing_required_parameter", f"missing field {at}.model", f"{at}.model")
        _check_backend(delegation.responses)
    return Setting(config, delegation or ToClient())


def updated(setting: Setting, update: SessionUpdate) -> Setting:
    """The setting after a `session.update`. Raises Wrong, and nothing has changed then."""
    _no_triggers(update.triggers)
    delegation = update.delegation
    if delegation is None:
        return setting
    if isinstance(delegation, ToDecisions):
        raise _no_decisions("session.delegation.type")
    old = setting.delegation
    if type(delegation) is not type(old):
        raise Wrong(
            "invalid_value",
            "session.delegation.type: who does the work cannot change once a session has started",
            "session.delegation.type",
        )
    merged = _over(old, delegation)
    if isinstance(merged, ToResponses) and isinstance(old, ToResponses) and isinstance(delegation, ToResponses):
        if not isinstance(delegation.responses, UnsetType) and not isinstance(old.responses, UnsetType):
            merged = msgspec.structs.replace(merged, responses=_over(old.responses, delegation.responses))
        assert not isinstance(merged.responses, UnsetType)
        _check_backend(merged.responses)
    return Setting(setting.config, merged)


def least_tokens(text: str) -> int:
    """How many tokens a text surely has: six characters of ASCII to one at most, and two of any other script. What is
    refused by it is too long by any tokenizer.
    """
    plain = sum(character.isascii() for character in text)
    return -(-plain // 6) + -(-(len(text) - plain) // 2)


def _over(old: Any, new: Any) -> Any:
    """The old one with what the new one sets."""
    names = (name for name in new.__struct_fields__ if not isinstance(getattr(new, name), UnsetType))
    return msgspec.structs.replace(old, **{name: getattr(new, name) for name in names})


def _within(text: str, limit: int, at: str) -> None:
    if least_tokens(text) > limit:
        raise Wrong("string_above_max_length", f"{at}: at most {limit} tokens", at)


def _no_triggers(triggers: list[dict[str, Any]] | None) -> None:
    if triggers:
        raise _no_decisions("session.triggers")


def _no_decisions(at: str) -> Wrong:
    return Wrong("unsupported_value", f"{at}: this server has no Decisions", at)


def _check_history(messages: list[InitialMessage]) -> None:
    if len(messages) > MOST_MESSAGES:
        raise Wrong("array_above_max_length", f"session.input: at most {MOST_MESSAGES} messages", "session.input")
    for index, message in enumerate(messages):
        kind = message.content[0].type
        if kind is not None and (kind == "input_text") == (message.role == "assistant"):
            at = f"session.input[{index}].content[0].type"
            raise Wrong("invalid_value", f"{at}: not {kind} in a message of role {message.role}", at)
    if sum(least_tokens(message.content[0].text) for message in messages) > MOST_HISTORY_TOKENS:
        text = f"session.input: at most {MOST_HISTORY_TOKENS} tokens altogether"
        raise Wrong("string_above_max_length", text, "session.input")


def _check_selectors(channel: DataChannel) -> None:
    if not isinstance(channel.allowed_server_events, list):
        return
    for index, one in enumerate(channel.allowed_server_events):
        if (one.type == "response.event") != (one.response_event is not None):
            at = f"session.client.data_channel.allowed_server_events[{index}].response_event"
            raise Wrong("invalid_value", f"{at}: with type response.event, and only there", at)


def _check_backend(backend: Responses) -> None:
    at = "session.delegation.responses"
    _within(backend.instructions or "", MOST_INSTRUCTIONS_TOKENS, f"{at}.instructions")
    names = {offer.name for offer in _offers(backend)}
    choice = backend.tool_choice
    if isinstance(choice, FunctionChoice):
        if choice.type != "function":
            text = f"{at}.tool_choice.type: only function tools are offered here, not {choice.type[:64]}"
            raise Wrong("unsupported_value", text, f"{at}.tool_choice.type")
        if choice.name not in names:
            text = f"{at}.tool_choice.name: no tool has that name"
            raise Wrong("invalid_value", text, f"{at}.tool_choice.name")


def _offers(backend: Responses) -> tuple[Offer, ...]:
    """The tools, checked."""
    at = "session.delegation.responses.tools"
    tools = backend.tools or []
    if len(tools) > MOST_TOOLS:
        raise Wrong("array_above_max_length", f"{at}: at most {MOST_TOOLS}", at)
    offers = tuple(_offer(tool, f"{at}[{index}]") for index, tool in enumerate(tools))
    for index, offer in enumerate(offers):
        if any(offer.name == other.name for other in offers[:index]):
            raise Wrong("invalid_value", f"{at}[{index}].name: given twice", f"{at}[{index}].name")
    if sum(len(offer.description) + len(offer.parameters) for offer in offers) > MOST_TOOLS_CHARACTERS:
        raise Wrong("string_above_max_length", f"{at}: at most {MOST_TOOLS_CHARACTERS} characters altogether", at)
    return offers


def _offer(tool: dict[str, Any], at: str) -> Offer:
    kind = tool.get("type")
    if isinstance(kind, str) and kind != "function":
        text = f"{at}.type: this server carries out no {kind[:64]} tools, only functions of the application"
        raise Wrong("unsupported_value", text, f"{at}.type")
    function = convert(tool, FunctionTool, at)
    if not _NAME.fullmatch(function.name):
        raise Wrong("invalid_value", f"{at}.name: 1 to 64 letters, digits, _ and -", f"{at}.name")
    parameters = msgspec.json.encode(function.parameters or {"type": "object", "properties": {}}).decode()
    return Offer(function.name, function.description or "", parameters)


def _choice(backend: Responses) -> str:
    choice = backend.tool_choice
    if isinstance(choice, FunctionChoice):
        return choice.name
    return choice or "auto"
