"""What a client asks of one response, in the conversation's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from duetto.timeline.command import Answer
from duetto.wire.openai_realtime import config as c
from duetto.wire.openai_realtime.content import message, required
from duetto.wire.openai_realtime.events import ClientItem, ResponseParams
from duetto.wire.openai_realtime.items import Conversation, function_call, function_output, line_of
from duetto.wire.openai_realtime.items import message as body_of_message
from duetto.wire.openai_realtime.response import Terms
from duetto.wire.openai_realtime.responses import Asked
from duetto.wire.openai_realtime.setting import Setting, choice_of, format_of, offers_of
from duetto.wire.openai_realtime.trouble import Wrong, check_depth, convert

MOST_ABOUT: Final = 32_000
"""Characters of the conversation that a reply out of band is told where the client does not say what."""


def terms_of(setting: Setting, conversation: str | None, *, carried: bool) -> Terms:
    """How a response is given that nobody asked for."""
    output = setting.output
    tokens = setting.config.max_output_tokens if isinstance(setting.config, c.Realtime) else "inf"
    return Terms(
        setting.modality,
        conversation,
        {"output": {"format": msgspec.to_builtins(output.format), "voice": setting.asked_voice or setting.voice}},
        format_of(output.format),
        tokens if isinstance(tokens, int) else "inf",
        carried=carried,
    )


def asked_of(params: ResponseParams, setting: Setting, usual: Terms, conversation: Conversation) -> Asked:
    """usual: how one is given that nobody asked for. Raises Wrong."""
    apart = params.conversation == "none"
    if params.input is not None and not apart:
        text = "response.input: only with response.conversation 'none'; others answer to the conversation"
        raise Wrong("unsupported_value", text, "response.input")
    for name in ("prompt", "reasoning", "tools", "tool_choice"):
        check_depth(getattr(params, name), f"response.{name}")
    names = {offer.name for offer in setting.offers}
    for index, offer in enumerate(offers_of(params.tools or [], "response.tools")):
        if offer.name not in names:
            at = f"response.tools[{index}].name"
            raise Wrong("unsupported_value", f"{at}: only tools of the session ({offer.name!r} is none)", at)
    choice = choice_of(params.tool_choice, names, "response.tool_choice")
    modality = "text" if apart else params.output_modalities[0] if params.output_modalities else usual.modality
    speaks = None if params.output_modalities is None else modality == "audio"
    audio, format = usual.audio, usual.format
    if params.audio is not None:
        wanted = convert(params.audio, c.Audio, "response.audio").output
        if isinstance(wanted, c.AudioOutput):
            output = c.over(setting.output, wanted)
            format = format_of(output.format)
            audio = {"output": {**audio["output"], "format": msgspec.to_builtins(output.format)}}
    about = ""
    if apart:
        about = conversation.text(MOST_ABOUT) if params.input is None else _about(params.input, conversation)
    return Asked(
        Terms(
            modality,
            None if apart else usual.conversation,
            audio,
            format,
            usual.max_output_tokens if params.max_output_tokens is None else params.max_output_tokens,
            params.metadata,
            usual.carried,
        ),
        Answer(
            instructions=params.instructions or "",
            speaks=speaks,
            apart=apart,
            about=about,
            may_call=not apart and choice != "none" and params.tools != [],
        ),
    )


def _about(items: Sequence[ClientItem], conversation: Conversation) -> str:
    lines = [_line(item, f"response.input[{index}]", conversation) for index, item in enumerate(items)]
    return "\n".join(line for line in lines if line)


def _line(item: ClientItem, at: str, conversation: Conversation) -> str:
    body: dict[str, Any]
    match item.type:
        case "item_reference":
            id = required(item.id, f"{at}.id")
            if id not in conversation.items:
                raise Wrong("item_not_found", f"{at}.id: there is no item {id!r}", f"{at}.id")
            body = conversation.items[id].body
        case "message":
            found = message(item, at)
            body = body_of_message("", found.role, found.content)
        case "function_call":
            name, arguments = required(item.name, f"{at}.name"), required(item.arguments, f"{at}.arguments")
            body = function_call("", "", name, arguments)
        case "function_call_output":
            body = function_output("", "", required(item.output, f"{at}.output"))
        case _:
            raise Wrong("unsupported_value", f"{at}.type: no items of this type here", f"{at}.type")
    return line_of(body)
