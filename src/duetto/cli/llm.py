"""The options of a command that give it a language model and tools."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from duetto.assembly import Settings
    from duetto.brain.chat.settings import ChatSettings
    from duetto.brain.tools import Tool

OPENAI: Final = "openai"
"""Stands for OpenAI's own server."""

Llm = Annotated[
    str | None,
    typer.Option(
        "--llm",
        metavar="URL|FILE",
        help="A language model as the brain: base URL of an OpenAI-compatible server (http://localhost:11434/v1), or "
        "“openai”; its key, if it wants one, is in OPENAI_API_KEY. Or a file, model.gguf, run in this process.",
    ),
]
Model = Annotated[str, typer.Option(help="Its name; not needed where the server has just one.", metavar="NAME")]
Instructions = Annotated[str, typer.Option(help="What the model is told before all else.", metavar="TEXT")]
Sees = Annotated[int, typer.Option("--llm-sees", help="Pictures it is shown with each request.", min=0, max=16)]
ToolsFile = Annotated[
    Path | None, typer.Option("--tools", help="Python file; the model may call what is marked @tool in it.")
]

Mcp = Annotated[
    list[str] | None,
    typer.Option("--mcp", metavar="TARGET", help="MCP server whose tools it may call: a URL, or a command to start."),
]
Reasoner = Annotated[
    str, typer.Option(metavar="NAME", help="A slower model of the same server; it may hand it what needs thought.")
]


def with_llm(settings: Settings, llm: str | None, model: str, instructions: str, sees: int) -> Settings:
    """The settings, with the model that the options name. Raises ValueError, OSError where its server is not there."""
    from duetto.assembly import with_chat
    from duetto.brain.chat.settings import ChatSettings

    if llm is None:
        if model or instructions or sees:
            raise ValueError("--model, --instructions, --llm-sees: they go with --llm")
        return settings
    if ChatSettings(llm).in_process:
        if model or sees:
            raise ValueError("--model, --llm-sees: they go with a server (--llm is a file)")
        return with_chat(settings, for_file(llm, instructions))
    url = "" if llm == OPENAI else llm
    if url and "://" not in url:
        raise ValueError(
            f"--llm: a URL such as http://localhost:11434/v1 is needed, {OPENAI}, or a file ….gguf (got {llm!r})"
        )
    chat = ChatSettings(model=model, url=url, instructions=instructions, pictures=sees)
    if not model:
        chat = ChatSettings(_only_model(chat), url, instructions=instructions, pictures=sees)
    return with_chat(settings, chat)


def for_file(path: str, instructions: str) -> ChatSettings:
    """Settings for a model of this machine: it reads more slowly than a server's, so it is given more time and less to
    read. Raises ValueError where there is no such file.
    """
    from duetto.brain.chat.settings import ChatSettings

    if not Path(path).is_file():
        raise ValueError(f"--llm: {path}: there is no such file")
    return ChatSettings(path, instructions=instructions, orders=False, first_s=60.0)


def all_tools(settings: Settings, path: Path | None, mcp: list[str] | None, thinker: str) -> tuple[Tool, ...]:
    """The tools that the options name. Raises ValueError, OSError, ImportError, or what the Python file raises."""
    from duetto.brain.tools import as_tools

    if settings.chat is None:
        if path or mcp or thinker:
            raise ValueError("--tools, --mcp, --reasoner: they go with --llm")
        return ()
    found = list(load_tools(path)) if path is not None else []
    for target in mcp or ():
        from duetto.brain.mcp_tools import mcp_tools

        found += mcp_tools(target)
    if thinker:
        if settings.chat.in_process:
            raise ValueError("--reasoner: it is another model of a server, and goes with --llm URL")
        from duetto.brain.chat.openai_model import OpenAIModel
        from duetto.brain.reasoner import reasoner

        slow = replace(settings.chat, model=thinker, first_s=60.0, most_tokens=2000)
        found.append(reasoner(lambda: OpenAIModel(slow)))
    return as_tools(found)


def load_tools(path: Path) -> tuple[Tool, ...]:
    """The tools in a Python file, in its order. Raises ValueError where there is none, OSError, or what it raises."""
    from duetto.brain.tools import Tool, as_tools

    if not path.is_file():
        raise FileNotFoundError(f"--tools: {path}: there is no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ValueError(f"--tools: {path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = as_tools({id(value): value for value in vars(module).values() if isinstance(value, Tool)}.values())
    if not found:
        raise ValueError(f"--tools: nothing in {path} is marked @tool (from duetto.brain.tools import tool)")
    return found


def _only_model(chat: ChatSettings) -> str:
    """The name of the one model that the server has."""
    from duetto.brain.chat.servers import models_of

    if not chat.url:
        raise ValueError("--model: the name of a model is needed")
    try:
        models = models_of(chat.url, key=os.environ.get(chat.key_variable, ""))
    except OSError as error:
        raise OSError(f"--llm: {chat.url} cannot be reached: {error}") from None
    if len(models) != 1:
        raise ValueError(f"--model: the server has {', '.join(models) or 'no model'}; name one")
    return models[0]
