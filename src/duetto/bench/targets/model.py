"""A scripted language model and scripted tools for an item that brings them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import cast

import msgspec

from duetto.assembly import Settings, with_chat
from duetto.bench.scenario import SHIPPED_MODEL, ModelTool, Scenario, load_all
from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.tools import Report, Tool, ToolSpec
from duetto.testing.model import Fault, Rule, Script
from duetto.timeline.clock import s
from duetto.timeline.job import Context
from duetto.timeline.language import Language


@cache
def language_of_items() -> Language:
    """All that is said in the items, and between pauses: the recogniser is told, so that the brain is measured."""
    said = [step.says.replace(",", " ") for item in load_all(SHIPPED_MODEL) for step in item.steps]
    whole = {" ".join(text.replace("…", " ").split()) for text in said}
    parts = {" ".join(part.split()) for text in said for part in text.split("…")}
    return Language(phrases=tuple(sorted(whole | parts)))


def model_settings(settings: Settings, *, restart: bool, drafts: bool) -> Settings:
    """The settings of a target, with a chat brain."""
    chosen = with_chat(settings, ChatSettings("scripted", drafts=drafts))
    interaction = replace(chosen.cascade.interaction, replans=not restart)
    return replace(
        chosen,
        cascade=replace(chosen.cascade, interaction=interaction),
        recogniser=replace(chosen.recogniser, language=language_of_items(), open_vocabulary=False),
    )


def script_of(scenario: Scenario, *, restart: bool) -> Script:
    """The item's model. restart: its answers where it is not told what was heard."""
    return Script(
        tuple(
            Rule(
                rule.words,
                rule.restarted if restart and rule.restarted is not None else rule.text,
                tuple(CallRequest(call.name, call.arguments) for call in rule.calls),
                fault=cast(Fault, rule.fault),
                times=rule.times,
                outcome=rule.outcome,
                noted=rule.noted,
                heard=None if restart else rule.heard,
            )
            for rule in scenario.model
        )
    )


def tools_of(scenario: Scenario) -> tuple[Tool, ...]:
    """The item's tools. What one returns may name an argument in braces."""
    return tuple(_tool(given) for given in scenario.tools)


def _tool(given: ModelTool) -> Tool:
    async def run(arguments: str, report: Report, context: Context | None) -> str:
        found = given.returns
        for name, value in msgspec.json.decode(arguments, type=dict[str, str]).items():
            found = found.replace("{" + name + "}", value)
        return found

    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    spec = ToolSpec(given.name, given.name, schema, given.effects, given.confirm, given.behind)
    return Tool(spec, run, limit_s=60.0, takes=s(given.takes))
