from __future__ import annotations

import asyncio
import shlex
import sys

import pytest

from duetto.brain.mcp_tools import mcp_tools
from duetto.brain.reasoner import reasoner
from duetto.brain.tools import ToolHandler
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.timeline.arrival import Outcome, Progress
from duetto.timeline.job import Call, Context, Remark, ToolUse

pytest.importorskip("mcp")

SERVER = """
from mcp.server import MCPServer
from mcp.types import ToolAnnotations

server = MCPServer("shop")

@server.tool(annotations=ToolAnnotations(read_only_hint=True))
def price(thing: str, count: int = 1) -> str:
    "What so many of a thing cost."
    return f"{count} {thing}: {3 * count} euros"

@server.tool()
def buy(thing: str) -> str:
    from mcp.server.mcpserver.exceptions import ToolError
    raise ToolError("sold out")

server.run("stdio")
"""


@pytest.fixture
def shop(tmp_path):
    path = tmp_path / "shop.py"
    path.write_text(SERVER)
    return f"{shlex.quote(sys.executable)} {shlex.quote(str(path))}"


def do(tools, *calls):
    async def run():
        handler = ToolHandler(tools)
        try:
            return [found for call in calls for found in [one async for one in handler.handle(call)]]
        finally:
            await handler.close()

    return asyncio.run(run())


def test_the_tools_of_a_server_are_called_over_one_connection_that_is_closed_at_the_end(shop):
    tools = mcp_tools(shop)
    assert [(tool.name, tool.spec.effects) for tool in tools] == [("price", False), ("buy", True)]
    assert tools[0].spec.description == "What so many of a thing cost."
    assert set(tools[0].spec.parameters["properties"]) == {"thing", "count"}
    found = do(
        tools,
        Call(1, "price", '{"thing": "soap", "count": 4}'),
        Call(2, "price", "{}"),
        Call(3, "buy", '{"thing": "a"}'),
    )
    assert found[0] == Outcome(1, "4 soap: 12 euros")
    assert found[1].failed and "thing" in found[1].text
    assert found[2].failed and "sold out" in found[2].text


def test_a_server_that_is_not_there_is_named():
    with pytest.raises(OSError, match="--mcp: /nowhere/at-all"):
        mcp_tools("/nowhere/at-all")
    with pytest.raises(ValueError, match="--mcp"):
        mcp_tools(" ")


def test_a_reasoner_gets_the_talk_and_the_question_reports_and_answers():
    slow = ScriptedChat(Script([Rule("which train", "Take the one at nine. " + "It is the best by far. " * 40)]))
    context = Context(
        now=9_000_000_000,
        epoch_ns=0,
        history=(
            Remark("user", "i must be in Prague by noon", 2_000_000_000),
            Remark("duetto", "I see.", 4_000_000_000),
        ),
        tools=(ToolUse(1, "trains", "{}", 5, "done", "at six and at nine", 6_000_000_000),),
    )
    tool = reasoner(lambda: slow)
    assert tool.spec.behind and not tool.spec.effects
    found = do([tool], Call(1, "think", '{"question": "which train"}', context))
    asked = slow.requests[0].asked.last
    assert asked.index("Prague by noon") < asked.index("assistant: I see.") < asked.index("at six and at nine")
    assert [type(one) for one in found[:2]] == [Progress, Progress]
    assert found[-1].text.startswith("Take the one at nine.") and not found[-1].failed


def test_a_reasoner_that_fails_is_a_failed_outcome():
    tool = reasoner(lambda: ScriptedChat(Script([Rule("", "x", fault="broken")])))
    (found,) = do([tool], Call(1, "think", '{"question": "why"}'))
    assert found.failed and "500" in found.text
