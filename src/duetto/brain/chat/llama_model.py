"""A language model in this process: a GGUF file run by llama.cpp, the extra "llama" (llama-cpp-python 0.3).

What it has read stays in its attention cache from request to request. A request that goes on where the one before
stopped costs only its new words; what an interruption or a changed guess has made untrue is cut back to the first
token that differs. So a partial turn, read while the user still speaks, is no loss when more of it comes.
"""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol

from duetto.brain.chat.model import ChatRequest, Message, ModelTrouble, Piece, function_of
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.chat.tool_text import OPEN, ToolText
from duetto.workers.worker import describe

STEP: Final = 64
"""Tokens of a prompt that are read in one go: as soon as these are, a request that is not wanted any more ends."""

NICE: Final = 10
"""How far the model's thread steps back behind the others of the machine, 0 to 19."""

Template = Callable[[Sequence[Message], Sequence[dict[str, Any]]], str]
"""Messages and tools as the model's own text. Raises an exception where the model's template refuses them."""


class Engine(Protocol):
    """What is used of `llama_cpp.Llama`. n_tokens: how many of the tokens it was given last count."""

    n_tokens: int

    def n_ctx(self) -> int: ...
    def tokenize(self, text: bytes, add_bos: bool = True, special: bool = False) -> list[int]: ...
    def detokenize(self, tokens: list[int], prev_tokens: list[int] | None = None, special: bool = False) -> bytes: ...
    def eval(self, tokens: Sequence[int]) -> None: ...
    def sample(self, *, temp: float) -> int: ...
    def reset(self) -> None: ...
    def close(self) -> None: ...


class LlamaModel:
    """One model for one request at a time, the oldest first, in a thread of its own.

    ends: tokens that end an answer. takes_tools: its template has a place for tools, forced: and for `tool_choice`.
    cuts: its state can be cut back to any token; that of a recurrent model cannot, and is built anew.
    """

    def __init__(
        self,
        engine: Engine,
        template: Template,
        settings: ChatSettings,
        *,
        ends: frozenset[int],
        takes_tools: bool = True,
        forced: bool = True,
        cuts: bool = True,
    ) -> None:
        self._engine = engine
        self._template = template
        self._settings = settings
        self._ends = ends
        self._takes_tools = takes_tools
        self._forced = forced
        self._cuts = cuts
        self._read: list[int] = []  # the tokens that the engine's state stands for
        self._ahead = threading.Event()  # ends what is read ahead
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="duetto-llama", initializer=_step_back)
        self.reused = 0
        """Tokens of the latest request that had been read before."""
        self.fresh = 0
        """Tokens of it that were read for it."""

    async def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        loop = asyncio.get_running_loop()
        came: asyncio.Queue[Piece | ModelTrouble | None] = asyncio.Queue()
        stop = threading.Event()

        def tell(what: Piece | ModelTrouble | None) -> None:
            try:
                loop.call_soon_threadsafe(came.put_nowait, what)
            except RuntimeError:  # the loop has ended: nobody waits for more
                stop.set()

        self._ahead.set()
        self._thread.submit(self._answer, request, stop, tell)
        try:
            while (what := await came.get()) is not None:
                if isinstance(what, ModelTrouble):
                    raise what
                yield what
        finally:
            stop.set()

    def prepare(self, request: ChatRequest) -> None:
        """Read what is likely to be the beginning of the next request, until that comes."""
        self._ahead.set()
        self._ahead = stop = threading.Event()
        self._thread.submit(self._read_ahead, request, stop)

    async def close(self) -> None:
        self._ahead.set()
        self._thread.submit(self._engine.close)
        self._thread.shutdown(wait=False)

    # --- in the thread ----------------------------------------------------------------------------------------

    def _answer(
        self, request: ChatRequest, stop: threading.Event, tell: Callable[[Piece | ModelTrouble | None], None]
    ) -> None:
        try:
            for piece in self._pieces(request, stop):
                tell(piece)
            tell(None)
        except ModelTrouble as trouble:
            tell(trouble)
        except Exception as error:  # whatever the library raises: what state it is in nobody knows
            tell(ModelTrouble("broken", describe(error)))
            self._forget()

    def _read_ahead(self, request: ChatRequest, stop: threading.Event) -> None:
        try:
            self._take_in(self._tokens(request, ""), stop)
        except ModelTrouble:
            return  # the request itself will tell
        except Exception:
            self._forget()

    def _pieces(self, request: ChatRequest, stop: threading.Event) -> Iterator[Piece]:
        """An answer's pieces, as they are sampled. Raises ModelTrouble."""
        begun = "" if request.choice == "auto" or not request.tools else self._begun(request.choice)
        tokens = self._tokens(request, begun)
        if not self._take_in(tokens, stop):
            return
        text = ToolText(calls=bool(request.tools))
        written = codecs.getincrementaldecoder("utf-8")("replace")
        text.push(begun)
        temperature = 0.7 if self._settings.temperature is None else self._settings.temperature
        room = min(self._settings.most_tokens, self._engine.n_ctx() - len(tokens))
        for _ in range(room):
            token = self._engine.sample(temp=temperature)
            if stop.is_set() or token in self._ends:
                break
            new = written.decode(self._engine.detokenize([token], prev_tokens=self._read))
            for part in text.push(new):
                yield Piece(part) if isinstance(part, str) else Piece(call=part)
            self._eval([token])
        if not stop.is_set():
            for part in text.rest():
                yield Piece(part) if isinstance(part, str) else Piece(call=part)

    def _begun(self, choice: str) -> str:
        """The beginning of the answer, where a call is a must."""
        if not self._forced:
            raise ModelTrouble("refused", "tool_choice: this model cannot be made to call, only offered a tool")
        return OPEN + "\n" + ("" if choice == "required" else f'{{"name": "{choice}", "arguments": ')

    def _tokens(self, request: ChatRequest, begun: str) -> list[int]:
        """The request as tokens. Raises ModelTrouble where the model cannot take it."""
        if any(isinstance(message.get("content"), list) for message in request.messages):
            raise ModelTrouble("refused", "pictures: a model in this process is shown none (--llm-sees 0)")
        if request.tools and not self._takes_tools:
            raise ModelTrouble("refused", "tools: this model's chat template has no place for them")
        tools = [function_of(one) for one in request.tools]
        try:
            prompt = self._template(request.messages, tools)
        except Exception:
            try:  # many take no system message, or none but the first
                prompt = self._template(_without_system(request.messages), tools)
            except Exception as error:
                text = f"this model's chat template refuses the conversation: {describe(error)}"
                raise ModelTrouble("refused", text) from error
        tokens = self._engine.tokenize((prompt + begun).encode(), add_bos=False, special=True)
        most = self._engine.n_ctx()
        if len(tokens) + self._settings.most_tokens > most:
            text = f"context size: {len(tokens)} tokens and an answer of {self._settings.most_tokens}, of {most}"
            raise ModelTrouble("overflow", text)
        return tokens

    def _take_in(self, tokens: list[int], stop: threading.Event) -> bool:
        """Bring the engine to the end of these tokens: keep what it has read of them already, cut back the rest.

        False when it was stopped before.
        """
        kept = 0
        for have, want in zip(self._read, tokens[:-1], strict=False):  # the last is read anew: it gives the next
            if have != want:
                break
            kept += 1
        if kept < len(self._read) and not self._cuts:
            kept = 0
        self._cut_back(kept)
        self.reused, self.fresh = kept, 0
        for at in range(kept, len(tokens), STEP):
            if stop.is_set():
                return False
            self._eval(tokens[at : at + STEP])
            self.fresh += len(tokens[at : at + STEP])
        return not stop.is_set()

    def _cut_back(self, kept: int) -> None:
        if kept == len(self._read):
            return
        if kept == 0:
            self._forget()
            return
        self._engine.n_tokens = kept  # what it is given next takes the place of what comes after
        del self._read[kept:]

    def _eval(self, tokens: Sequence[int]) -> None:
        self._engine.eval(tokens)
        self._read += tokens

    def _forget(self) -> None:
        self._read = []
        self._engine.reset()


def _without_system(messages: Sequence[Message]) -> list[Message]:
    """The same, with what the system says told by the user, and what one side says in a row joined."""
    found: list[Message] = []
    for message in messages:
        role = "user" if message["role"] == "system" else message["role"]
        if found and found[-1]["role"] == role == "user":
            found[-1] = {**found[-1], "content": f"{found[-1]['content']}\n\n{message['content']}"}
        else:
            found.append({**message, "role": role})
    return found


def load_llama(settings: ChatSettings) -> LlamaModel:
    """Load the GGUF file that `settings.model` names.

    Raises ImportError without the extra, ValueError with the file's name where it is not there, cannot be loaded, or
    has no chat template.
    """
    path = Path(settings.model)
    if not path.is_file():
        raise ValueError(f"model: {path}: there is no such file")
    try:
        import llama_cpp
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter
    except ImportError as error:
        raise ImportError("a model in this process needs an extra: pip install 'duetto[llama]'") from error
    threads = max(1, (os.cpu_count() or 2) - 1)  # the tick and the voice have one core to themselves
    try:
        llama = llama_cpp.Llama(
            str(path),
            n_ctx=settings.context_tokens,
            n_batch=STEP,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=-1,
            verbose=False,
        )
    except Exception as error:
        raise ValueError(f"model: {path} cannot be loaded: {describe(error)}") from error
    written = llama.metadata.get("tokenizer.chat_template")
    if not written:
        llama.close()
        raise ValueError(f"model: {path} has no chat template: it was not made to converse")
    end = llama.token_eos()
    formatter = Jinja2ChatFormatter(written, _text(llama, end), _text(llama, llama.token_bos()), stop_token_ids=[end])

    def template(messages: Sequence[Message], tools: Sequence[dict[str, Any]]) -> str:
        given: dict[str, Any] = {"tools": list(tools)} if tools else {}
        return str(formatter(messages=list(messages), enable_thinking=False, **given).prompt)

    ends = frozenset(token for token in (end, llama._model.token_eot()) if token >= 0)
    cuts = not (getattr(llama, "_is_recurrent", False) or getattr(llama, "_is_hybrid", False))
    tools, forced = "tools" in written, OPEN in written
    return LlamaModel(llama, template, settings, ends=ends, takes_tools=tools, forced=forced, cuts=cuts)


def _step_back() -> None:
    """Let who hears, speaks and keeps time go first: this thread, and those that it starts, take what is left."""
    with contextlib.suppress(OSError):
        if sys.platform == "linux":  # elsewhere it would be the whole process
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)


def _text(llama: Any, token: int) -> str:
    """A special token as templates write it; "" for none."""
    return "" if token < 0 else llama.detokenize([token], special=True).decode(errors="replace")
