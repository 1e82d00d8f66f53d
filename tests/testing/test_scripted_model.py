from __future__ import annotations

import asyncio
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.brain.chat.chat import ChatHandler
from duetto.brain.chat.model import CallRequest, ChatRequest, ModelTrouble, Piece
from duetto.brain.chat.openai_model import OpenAIModel
from duetto.brain.chat.servers import models_of
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.tools import tool
from duetto.testing.model import Asked, Rule, Script, ScriptedModel
from duetto.testing.model.script import tokens
from duetto.timeline.arrival import Arrival, Clause, Fault, ReplyEnd
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, s
from duetto.timeline.job import Ask, Context
from duetto.workers.worker import Timed

LONG_S = 20.0
"""Seconds after which a test gives up; nothing waits so long unless it is broken."""
Serve = Callable[..., ScriptedModel]
T = TypeVar("T")


@tool
def order(what: str, count: int = 1) -> None:
    """Order something."""


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start a server with these rules, that loses no time; it ends with the test."""
    with ExitStack() as stack:

        def start(*rules: Rule, **script: Any) -> ScriptedModel:
            return stack.enter_context(ScriptedModel(Script(rules, **{"first_token": 0, "rate": 10_000, **script})))

        yield start


def using(server: ScriptedModel, work: Callable[[OpenAIModel], Awaitable[T]], **settings: Any) -> T:
    """What `work` gives with the real client at this server."""

    async def drive() -> T:
        model = OpenAIModel(ChatSettings(model="scripted", url=server.url, key_variable="NO_SUCH_KEY", **settings))
        try:
            return await work(model)
        finally:
            await model.close()

    return asyncio.run(drive())


async def pieces(model: OpenAIModel, words: str = "hello", **request: Any) -> list[Piece]:
    return [piece async for piece in model.stream(ChatRequest(({"role": "user", "content": words},), **request))]


def reply(server: ScriptedModel, **settings: Any) -> list[Arrival]:
    """What the chat brain makes of it, over the wire."""
    ask = Ask(3, "tell me a story", "spoken", False, Context(s(5), VIRTUAL_EPOCH_NS))

    async def drive(model: OpenAIModel) -> list[Arrival]:
        handler = ChatHandler(model, ChatSettings(**settings))
        return [a.arrival if isinstance(a, Timed) else a async for a in handler.handle(ask)]

    return using(server, drive)


def post(server: ScriptedModel, body: bytes, path: str = "/chat/completions") -> tuple[int, Any]:
    request = urllib.request.Request(server.url + path, data=body, headers={"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=LONG_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_text_streams_token_by_token_and_calls_come_whole(serve):
    calls = (CallRequest("order", '{"what": "tea", "count": 2}'), CallRequest("order", '{"what": "milk"}'))
    server = serve(Rule("hello", "Good morning to you.", calls))
    found = using(server, lambda model: pieces(model, tools=(order.spec,)))
    assert [piece.text for piece in found if piece.text] == ["Good", " morning", " to", " you", "."]
    assert tuple(piece.call for piece in found if piece.call) == calls
    (exchange,) = server.log
    assert exchange.over.wait(LONG_S) and (exchange.state, exchange.sent) == ("done", 5)
    assert exchange.asked == Asked(({"role": "user", "content": "hello"},), ("order",))
    assert exchange.ended is not None and exchange.ended >= exchange.at >= 0


def test_what_is_closed_early_the_server_sees(serve):
    server = serve(Rule("", "One two three four.", first_token=0, rate=0.001))

    async def leave(model: OpenAIModel) -> Piece:
        stream = model.stream(ChatRequest(({"role": "user", "content": "hello"},)))
        first = await anext(stream)
        await stream.aclose()
        return first

    assert using(server, leave) == Piece("One")
    (exchange,) = server.log
    assert exchange.over.wait(LONG_S) and (exchange.state, exchange.sent) == ("cancelled", 1)


def test_a_reply_that_is_cancelled_the_server_sees(serve):
    came = threading.Event()

    def answer(asked: Asked) -> str:
        came.set()
        return "Never."

    server = serve(Rule("", answer, fault="hang"))

    async def leave(model: OpenAIModel) -> None:
        task = asyncio.create_task(pieces(model))
        assert await asyncio.to_thread(came.wait, LONG_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.log[0].over.wait, LONG_S)

    using(server, leave)
    assert server.log[0].state == "cancelled"


@pytest.mark.parametrize(
    ("fault", "kind", "state"),
    [
        ("busy", "busy", "failed"),
        ("refused", "refused", "failed"),
        ("overflow", "overflow", "failed"),
        ("broken", "broken", "failed"),
        ("cut", "broken", "failed"),
        ("nonsense", "broken", "failed"),
    ],
)
def test_each_fault_is_its_kind_of_trouble(serve, fault, kind, state):
    server = serve(Rule("", "One two. Three four.", fault=fault))
    with pytest.raises(ModelTrouble) as trouble:
        using(server, pieces)
    assert trouble.value.kind == kind and trouble.value.after is None
    assert trouble.value.wait_s == (0.2 if fault == "busy" else 0.0)
    assert server.log[0].over.wait(LONG_S) and server.log[0].state == state


def test_what_came_before_a_cut_is_there(serve):
    found = []

    async def take(model: OpenAIModel) -> None:
        async for piece in model.stream(ChatRequest(({"role": "user", "content": "hello"},))):
            found.append(piece.text)

    with pytest.raises(ModelTrouble):
        using(serve(Rule("", "One two. Three four.", fault="cut")), take)
    assert found == ["One", " two", "."]


@pytest.mark.parametrize(("fault", "limits"), [("hang", {"first_s": 0.05}), ("stall", {"between_s": 0.2})])
def test_a_server_that_hangs_is_let_go_of(serve, fault, limits):
    server = serve(Rule("", "One two. Three four.", fault=fault))
    found = reply(server, retries=0, **limits)
    assert isinstance(found[-1], Fault) and found[-1].reply == 3 and "nothing came for" in found[-1].text
    assert server.log[0].over.wait(LONG_S) and server.log[0].state == "cancelled"


def test_the_brain_gets_over_a_cut(serve):
    server = serve(Rule("broke", "and on it goes."), Rule("", "One two. Three four five six.", fault="cut"))
    found = reply(server)
    assert [one.text for one in found if isinstance(one, Clause)] == ["One two.", "Three and on it goes."]
    assert found[-1] == ReplyEnd(3) and len(server.log) == 2


def test_where_nobody_listens_is_broken(serve):
    server = serve()
    server.close()
    with pytest.raises(ModelTrouble) as trouble:
        using(server, pieces)
    assert trouble.value.kind == "broken"
    with pytest.raises(OSError):
        models_of(server.url)


def test_it_says_which_models_it_has(serve):
    server = serve()
    assert models_of(server.url) == models_of(server.url + "/", key="secret") == ("scripted",)
    with pytest.raises(OSError, match="404"):
        models_of(server.url + "/nowhere")
    with pytest.raises(ValueError, match="url: http"):
        models_of("file:///v1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"messages": 5}',
        b'{"messages": [1]}',
        b'{"messages": [], "tools": [1]}',
        b'{"messages": [{}]}',
    ],
)
def test_what_is_malformed_is_told_so(serve, body):
    server = serve()
    status, told = post(server, body)
    assert status == 400 and told["error"]["message"].startswith("messages: ")
    assert server.log == []
    assert post(server, b"{}", "/nowhere")[0] == 404


def test_unstreamed_it_answers_whole(serve):
    server = serve(Rule("", "One two.", (CallRequest("order", "{}"),)))
    status, told = post(server, b'{"messages": [{"role": "user", "content": "hello"}]}')
    message = told["choices"][0]["message"]
    assert status == 200 and message["content"] == "One two."
    assert message["tool_calls"][0]["function"] == {"name": "order", "arguments": "{}"}
    assert server.log[0].over.wait(LONG_S) and server.log[0].state == "done"


def test_a_rule_applies_as_often_as_it_says_and_the_first_one_counts(serve):
    server = serve(
        Rule("hello", "Once.", times=1), Rule("HELLO", lambda asked: f"{asked.words}, again."), default="No."
    )

    def text(words: str) -> str:
        return "".join(piece.text for piece in using(server, lambda model: pieces(model, words)))

    assert [text("hello"), text("hello"), text("bye")] == ["Once.", "hello, again.", "No."]


def test_a_model_must_have_a_name():
    with pytest.raises(ValueError, match="model: the name"):
        OpenAIModel(ChatSettings())


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_the_tokens_of_a_text_are_the_text(text):
    assert "".join(tokens(text)) == text
