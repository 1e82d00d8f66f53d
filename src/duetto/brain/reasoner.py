"""Reasoners: slow intelligence behind the conversation, called as a tool that nobody waits for.

The conversational model hands over a question; a slower model gets it with the whole talk so far. Meanwhile duetto goes
on talking, can say how it stands (the reasoner reports), and can withdraw it. What it finds comes back as input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from duetto.brain.chat.model import ChatModel, ChatRequest
from duetto.brain.chat.prompt import conversation
from duetto.brain.tools import Report, Tool, ToolSpec
from duetto.timeline.job import Context

RULES: Final = """\
You think for a voice assistant that is talking with a person. You are given the talk so far, and a question that \
needs thought. Think it through, then answer with what the assistant needs to know: the result first, then the \
reasons, in at most 120 words. Say plainly what you could not find out."""
"""What a reasoner's model is told."""
EVERY: Final = 400
"""Characters of its answer after which a reasoner reports how far it is."""


class _Question(msgspec.Struct, forbid_unknown_fields=True):
    question: str


def reasoner(
    make: Callable[[], ChatModel],
    *,
    name: str = "think",
    description: str = "Hand a question that needs thought, planning or research to a slower, wiser model. It knows "
    "the talk so far. Its answer comes later; talk on meanwhile.",
    instructions: str = RULES,
    limit_s: float = 120.0,
    takes: int | None = None,
) -> Tool:
    """A tool that asks another model.

    make: makes that model, when the session begins to use it. limit_s: seconds it may think. takes: see `Tool`.
    """
    model: list[ChatModel] = []

    async def run(arguments: str, report: Report, context: Context | None) -> str:
        question = msgspec.json.decode(arguments, type=_Question).question
        if not model:
            model.append(make())
        talk = conversation(context) if context is not None else ""
        request = ChatRequest(
            (
                {"role": "system", "content": instructions},
                {"role": "user", "content": f"The talk so far:\n{talk}\n\nThe question: {question}"},
            )
        )
        text, told = "", 0
        async for piece in model[0].stream(request):
            text += piece.text
            if len(text) - told >= EVERY:
                told = len(text)
                report(f"thinking, so far: {text[-EVERY:].strip()}")
        return text.strip() or "no answer"

    async def close() -> None:
        while model:
            await model.pop().close()

    parameters = {
        "type": "object",
        "properties": {"question": {"type": "string", "description": "The question, whole: it is all that is asked."}},
        "required": ["question"],
    }
    return Tool(ToolSpec(name, description, parameters, behind=True), run, limit_s, takes, True, close)
