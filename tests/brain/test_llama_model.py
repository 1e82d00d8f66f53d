"""A model in this process, on an engine that answers from its state alone: from a wrong one it answers wrongly."""

from __future__ import annotations

import asyncio
import sys
import threading
import types
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.brain.chat.chat import ChatHandler
from duetto.brain.chat.llama_model import STEP, LlamaModel, load_llama
from duetto.brain.chat.model import CallRequest, ChatRequest, Message, ModelTrouble, Piece
from duetto.brain.chat.opening import open_model
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.tools import ToolSpec
from duetto.testing.model import Script
from duetto.testing.model.double import ScriptedChat
from duetto.timeline.job import Ask, Context

END = 0
TIMER = ToolSpec("set_timer", "Set a timer.", {"type": "object", "properties": {"minutes": {"type": "integer"}}})


class Echo:
    """Tokens are characters; says back what the last user message in its state is, or what `says` has."""

    def __init__(self, says: str = "", size: int = 4096) -> None:
        self.n_tokens = 0
        self.state: list[int] = []
        self.evals: list[int] = []
        self.says = says
        self.size = size
        self.broken = False
        self.closed = threading.Event()
        self.may_eval = threading.Event()
        self.may_eval.set()
        self.evaluating = threading.Event()

    def n_ctx(self) -> int:
        return self.size

    def tokenize(self, text: bytes, add_bos: bool = True, special: bool = False) -> list[int]:
        return [ord(character) for character in text.decode()]

    def detokenize(self, tokens: list[int], prev_tokens: list[int] | None = None, special: bool = False) -> bytes:
        return "".join(map(chr, tokens)).encode()

    def eval(self, tokens: Sequence[int]) -> None:
        self.evaluating.set()
        assert self.may_eval.wait(20)
        if self.broken:
            raise RuntimeError("out of memory")
        self.state = [*self.state[: self.n_tokens], *tokens]
        self.n_tokens = len(self.state)
        self.evals.append(len(tokens))

    def sample(self, *, temp: float) -> int:
        asked, _, said = "".join(map(chr, self.state[: self.n_tokens])).rpartition("assistant:")
        answer = self.says or f"You said {asked.rpartition('user:')[2].strip()}."
        return ord(answer[len(said)]) if len(said) < len(answer) else END

    def reset(self) -> None:
        self.n_tokens, self.state = 0, []

    def close(self) -> None:
        self.closed.set()


def template(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
    offered = f"tools:{[one['function']['name'] for one in tools]}\n" if tools else ""
    return offered + "".join(f"{m['role']}:{m['content']}\n" for m in messages) + "assistant:"


def request(*words: str, **more: Any) -> ChatRequest:
    """What the two have said in turn."""
    roles = ("user", "assistant")
    talk: list[Message] = [{"role": roles[at % 2], "content": text} for at, text in enumerate(words)]
    return ChatRequest(({"role": "system", "content": "Be brief."}, *talk), **more)


def using(engine: Echo, work: Callable[[LlamaModel], Awaitable[Any]], how: Any = template, **more: Any) -> Any:
    """What `work` gives with a model on this engine."""
    settings = ChatSettings("a.gguf", most_tokens=more.pop("most_tokens", 100))

    async def drive() -> Any:
        model = LlamaModel(engine, how, settings, ends=frozenset({END}), **more)
        try:
            async with asyncio.timeout(20):
                return await work(model)
        finally:
            engine.may_eval.set()
            await model.close()

    found = asyncio.run(drive())
    assert engine.closed.wait(20)
    return found


async def pieces(model: LlamaModel, asked: ChatRequest) -> list[Piece]:
    return [piece async for piece in model.stream(asked)]


async def answer(model: LlamaModel, asked: ChatRequest) -> str:
    return "".join(piece.text for piece in await pieces(model, asked))


def test_a_request_that_goes_on_costs_only_what_is_new():
    async def talk(model: LlamaModel) -> None:
        assert await answer(model, request("what is")) == "You said what is."
        assert model.reused == 0
        assert await answer(model, request("what is it")) == "You said what is it."
        assert model.fresh == len(" it\nassistant:")

    using(Echo(), talk)


def test_what_an_interruption_has_made_untrue_is_cut_back():
    async def talk(model: LlamaModel) -> None:
        said = await answer(model, request("read"))
        assert await answer(model, request("read", said[:6], "stop")) == "You said stop."
        assert model.reused == len("system:Be brief.\nuser:read\nassistant:") + 6

    using(Echo(), talk)


@given(st.lists(st.lists(st.text("ab ", min_size=1, max_size=4), min_size=1, max_size=4), min_size=1, max_size=6))
def test_whatever_was_asked_before_the_answer_is_that_of_a_model_that_has_read_nothing(talks):
    talks = [talk if len(talk) % 2 else talk[:-1] for talk in talks]

    async def talk(model: LlamaModel) -> None:
        for words in talks:
            assert await answer(model, request(*words)) == f"You said {words[-1].strip()}."

    using(Echo(), talk)
    using(Echo(), talk, cuts=False)


def test_a_state_that_cannot_be_cut_back_is_built_anew():
    engine = Echo()

    async def talk(model: LlamaModel) -> None:
        await answer(model, request("what is"))
        await answer(model, request("what was"))
        assert model.reused == 0

    using(engine, talk, cuts=False)


def test_one_that_is_not_wanted_any_more_ends_and_what_it_has_read_stays():
    engine = Echo()

    async def talk(model: LlamaModel) -> None:
        engine.may_eval.clear()
        stream = model.stream(request("a" * 10 * STEP))
        first = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(engine.evaluating.wait, 20)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        engine.may_eval.set()
        assert await answer(model, request("a" * 10 * STEP)) == "You said " + "a" * 10 * STEP + "."
        assert 0 < model.reused <= 2 * STEP
        assert sum(engine.evals) < 11 * STEP + 12 + len("You said ") + 10 * STEP + 40

    using(engine, talk, most_tokens=2000)


def test_what_is_read_ahead_is_there_when_it_is_asked():
    async def talk(model: LlamaModel) -> None:
        model.prepare(request("tell me about Ro"))
        model.prepare(request("tell me about Rome"))
        assert await answer(model, request("tell me about Rome and")) == "You said tell me about Rome and."

    using(Echo(), talk)


def test_reading_ahead_ends_for_a_request():
    engine = Echo()

    async def talk(model: LlamaModel) -> None:
        engine.may_eval.clear()
        model.prepare(request("b" * 50 * STEP))
        await asyncio.to_thread(engine.evaluating.wait, 20)
        asked = asyncio.ensure_future(answer(model, request("hello")))
        await asyncio.sleep(0)
        engine.may_eval.set()
        assert await asked == "You said hello."
        assert sum(engine.evals) < 3 * STEP

    using(engine, talk)


def test_calls_in_its_text_are_calls_and_not_spoken():
    engine = Echo('One moment. <tool_call>\n{"name": "set_timer", "arguments": {"minutes": 5}}\n</tool_call>')

    async def talk(model: LlamaModel) -> list[Piece]:
        return await pieces(model, request("five minutes", tools=(TIMER,)))

    found = using(engine, talk)
    assert "".join(piece.text for piece in found) == "One moment. "
    assert [piece.call for piece in found if piece.call] == [CallRequest("set_timer", '{"minutes": 5}')]


def test_a_call_that_must_be_is_begun_for_it():
    engine = Echo('<tool_call>\n{"name": "set_timer", "arguments": {"minutes": 7}}</tool_call>')

    async def talk(model: LlamaModel) -> list[Piece]:
        return await pieces(model, request("seven", tools=(TIMER,), choice="set_timer"))

    assert using(engine, talk) == [Piece(call=CallRequest("set_timer", '{"minutes": 7}'))]


@pytest.mark.parametrize(
    ("asked", "model", "kind", "text"),
    [
        (request("a", tools=(TIMER,)), {"takes_tools": False}, "refused", "tools: this model's chat template"),
        (request("a", tools=(TIMER,), choice="required"), {"forced": False}, "refused", "tool_choice:"),
        (request("a" * 5000), {}, "overflow", "context size: 50"),
        (ChatRequest(({"role": "user", "content": [{"type": "text"}]},)), {}, "refused", "pictures:"),
    ],
)
def test_what_it_cannot_take_is_named(asked, model, kind, text):
    async def talk(it: LlamaModel) -> None:
        with pytest.raises(ModelTrouble, match=text) as trouble:
            await answer(it, asked)
        assert trouble.value.kind == kind
        assert await answer(it, request("go on")) == "You said go on."

    using(Echo(), talk, **model)


def test_an_engine_that_fails_is_asked_anew_from_nothing():
    engine = Echo()

    async def talk(model: LlamaModel) -> None:
        await answer(model, request("one"))
        engine.broken = True
        with pytest.raises(ModelTrouble, match="out of memory") as trouble:
            await answer(model, request("two"))
        assert trouble.value.kind == "broken"
        model.prepare(request("three"))
        engine.broken = False
        assert await answer(model, request("four")) == "You said four."

    using(engine, talk)


def test_a_template_that_takes_no_system_message_has_the_user_say_it():
    def picky(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
        if any(message["role"] == "system" for message in messages):
            raise ValueError("System role not supported")
        return template(messages, tools)

    async def talk(model: LlamaModel) -> str:
        return await answer(model, request("hello"))

    assert using(Echo(), talk, picky) == "You said Be brief.\n\nhello."


def test_a_template_that_takes_nothing_refuses():
    def closed(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
        raise ValueError("roles must alternate")

    async def talk(model: LlamaModel) -> None:
        with pytest.raises(ModelTrouble, match="roles must alternate") as trouble:
            await answer(model, request("hello"))
        assert trouble.value.kind == "refused"

    using(Echo(), talk, closed)


# --- in a brain, and from a file ----------------------------------------------------------------------------------


class Ahead(ScriptedChat):
    def __init__(self) -> None:
        super().__init__(Script(()))
        self.read: list[ChatRequest] = []

    def prepare(self, request: ChatRequest) -> None:
        self.read.append(request)


def test_a_brain_has_its_rules_read_at_once_and_a_turn_as_it_grows():
    model = Ahead()
    brain = ChatHandler(model, ChatSettings("a.gguf", instructions="Be a lamp.", orders=False))
    (opening,) = model.read
    assert opening.messages[0]["content"].startswith("Be a lamp.")

    async def half() -> None:
        ask = Ask(1, "what is the", "spoken", True, Context(0, 0))
        assert [part async for part in brain.handle(ask)]

    asyncio.run(half())
    assert len(model.read) == 2
    assert model.read[1].messages[0] == opening.messages[0]
    assert "what is the" in model.read[1].messages[-1]["content"]
    assert not model.requests


def fake_llama(template: str | None) -> tuple[Any, Any]:
    """Stand-ins for llama_cpp and its chat formats: what `load_llama` uses of them."""

    class Llama(Echo):
        def __init__(self, path: str, **settings: Any) -> None:
            super().__init__()
            if "corrupt" in path:
                raise ValueError("Failed to load model from file")
            self.metadata = {} if template is None else {"tokenizer.chat_template": template}
            self._model = types.SimpleNamespace(token_eot=lambda: -1)

        def token_eos(self) -> int:
            return END

        def token_bos(self) -> int:
            return -1

    class Formatter:
        def __init__(self, template: str, eos: str, bos: str, stop_token_ids: list[int]) -> None:
            assert (template, eos, bos, stop_token_ids) == ("a template", "\0", "", [END])

        def __call__(self, *, messages: Sequence[Message], tools: Sequence[Any] = (), **_: Any) -> Any:
            return types.SimpleNamespace(prompt=globals()["template"](messages, tools))

    module: Any = types.ModuleType("llama_cpp")
    module.Llama = Llama
    chat_format: Any = types.ModuleType("llama_cpp.llama_chat_format")
    chat_format.Jinja2ChatFormatter = Formatter
    return module, chat_format


def with_llama(monkeypatch, template: str | None) -> None:
    module, chat_format = fake_llama(template)
    monkeypatch.setitem(sys.modules, "llama_cpp", module)
    monkeypatch.setitem(sys.modules, "llama_cpp.llama_chat_format", chat_format)


def test_a_file_is_loaded_and_answers(monkeypatch, tmp_path):
    with_llama(monkeypatch, "a template")
    path = tmp_path / "a.gguf"
    path.touch()
    model = open_model(ChatSettings(str(path)))
    assert isinstance(model, LlamaModel)

    async def talk() -> str:
        found = await answer(model, request("hello"))
        await model.close()
        return found

    assert asyncio.run(talk()) == "You said hello."


def test_a_file_that_will_not_do_is_named(monkeypatch, tmp_path):
    with_llama(monkeypatch, None)
    with pytest.raises(ValueError, match=r"none\.gguf: there is no such file"):
        load_llama(ChatSettings(str(tmp_path / "none.gguf")))
    for name, text in (("plain.gguf", "has no chat template"), ("corrupt.gguf", "cannot be loaded: ValueError")):
        (tmp_path / name).touch()
        with pytest.raises(ValueError, match=text):
            load_llama(ChatSettings(str(tmp_path / name)))


def test_without_the_extra_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    path = tmp_path / "a.gguf"
    path.touch()
    with pytest.raises(ImportError, match=r"pip install 'duetto\[llama\]'"):
        open_model(ChatSettings(str(path)))
