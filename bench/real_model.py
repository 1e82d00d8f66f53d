"""A real language model, made on the spot, run by llama.cpp: in this process, and behind llama.cpp's own server.

Needs `pip install 'duetto[llama]' 'llama-cpp-python[server]' gguf`, which compiles llama.cpp: minutes.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.conversation import hold
from bench.tiny_model import make_tiny_model
from duetto.assembly import Settings, with_chat
from duetto.brain.chat.llama_model import LlamaModel, load_llama
from duetto.brain.chat.model import ChatModel, ChatRequest, Message
from duetto.brain.chat.opening import open_model
from duetto.brain.chat.servers import models_of
from duetto.brain.chat.settings import ChatSettings
from duetto.recording.measure import percentile
from duetto.simulation.script import At, Cue, Quiet, Says, Speaking
from duetto.speech.voice import VoiceSettings
from duetto.timeline.arrival import Fault, Usage
from duetto.timeline.clock import Deadline, Stopwatch, WallClock, in_ms, s
from duetto.timeline.payload import Planned

SENTENCE: Final = "I am a tiny model, made on the spot; with me you can try how it is to talk."
TALK: Final = (
    Cue(At(s(1.5)), (Says("who are you"),)),
    Cue(Quiet(s(1)), (Says("what can you do for me"),)),
    Cue(Speaking(s(1)), (Says("wait, say that again"),)),
    Cue(Quiet(s(1)), (Says("goodbye"),)),
)
RULES: Final = "You speak with one person, live, by voice. " * 20
START_S: Final = 60.0
"""Seconds that the server may take to load the model."""


def run(folder: Path) -> dict[str, Any]:
    """All of it. Raises ImportError without the packages."""
    rambling = make_tiny_model(folder / "rambling.gguf")
    speaking = make_tiny_model(folder / "speaking.gguf", says=SENTENCE)
    found: dict[str, Any] = {"model_mb": round(speaking.stat().st_size / 1e6, 1)}
    found["state_kept"] = asyncio.run(_state(rambling))
    here = ChatSettings(str(speaking), orders=False, temperature=0.0)
    found["in_process"] = {**asyncio.run(_cancelled(here)), **_converse(folder, here, "in-process")}
    with _server(speaking) as url:
        there = ChatSettings("tiny", url, orders=False, temperature=0.0)
        found["over_http"] = {**asyncio.run(_cancelled(there)), **_converse(folder, there, "over-http")}
    return found


async def _state(path: Path) -> dict[str, Any]:
    """Requests that go on, are changed and are cut short: is the answer what a model gives that has read nothing?"""
    settings = ChatSettings(str(path), temperature=0.0, most_tokens=24)
    kept, prompt, same, first_kept, first_anew = 0, 0, 0, [], []
    model = load_llama(settings)
    requests = list(_requests())
    for request in requests:
        answer, took = await _answer(model, request)
        kept, prompt = kept + model.reused, prompt + model.reused + model.fresh
        first_kept.append(took)
        anew = load_llama(settings)
        expected, took = await _answer(anew, request)
        first_anew.append(took)
        await anew.close()
        same += answer == expected
    await model.close()
    return {
        "requests": len(requests),
        "answers_the_same": same,
        "share_of_the_prompt_kept": round(kept / prompt, 3),
        "first_piece_ms_p50": round(in_ms(round(percentile(first_kept, 50))), 1),
        "first_piece_ms_p50_if_read_anew": round(in_ms(round(percentile(first_anew, 50))), 1),
    }


def _requests() -> Iterator[ChatRequest]:
    """A turn as it grows, a reply cut short where it was interrupted, and a guess that was wrong."""
    system: Message = {"role": "system", "content": RULES}
    for last in ("what is", "what is the time", "what is the time in Rome", "what was the time in Rome"):
        yield ChatRequest((system, {"role": "user", "content": last}))
    asked: Message = {"role": "user", "content": "what was the time in Rome"}
    for heard in ("It is ten past four, and", "It is ten", "It is ten past nine"):
        said: Message = {"role": "assistant", "content": heard}
        for more in ("no", "no in the evening", "and at home"):
            yield ChatRequest((system, asked, said, {"role": "user", "content": more}))


async def _answer(model: LlamaModel, request: ChatRequest) -> tuple[str, int]:
    """What it says, and after how many ns the first of it came."""
    watch, first, text = Stopwatch(), 0, ""
    async for piece in model.stream(request):
        first = first or watch.wall_ns()
        text += piece.text
    return text, first


async def _cancelled(settings: ChatSettings) -> dict[str, Any]:
    """An answer that is not wanted any more: how soon is the next one there?"""
    model: ChatModel = open_model(settings)
    request = ChatRequest(({"role": "system", "content": RULES}, {"role": "user", "content": "who are you"}))
    waits = []
    for _ in range(10):
        stream = model.stream(request)
        await anext(aiter(stream))
        await stream.aclose()  # type: ignore[attr-defined]
        watch = Stopwatch()
        again = model.stream(request)
        await anext(aiter(again))
        waits.append(watch.wall_ns())
        await again.aclose()  # type: ignore[attr-defined]
    await model.close()
    return {"first_piece_after_a_cancelled_one_ms_p50": round(in_ms(round(percentile(waits, 50))), 1)}


def _converse(folder: Path, chat: ChatSettings, name: str) -> dict[str, Any]:
    """A spoken conversation with it, in real time."""
    settings, voice = with_chat(Settings(), chat), VoiceSettings(name="en-us+f1")
    held = hold(TALK, folder, voice=voice, settings=settings, clock=WallClock(), name=name)
    turns = list(held.recording)
    arrivals = [arrival for turn in turns for round_ in turn.turns for arrival in round_.arrivals]
    usage = [arrival for arrival in arrivals if isinstance(arrival, Usage)]
    planned = [
        edit.payload.text
        for turn in turns
        for output in turn.outputs
        for edit in output.edits
        if isinstance(edit.payload, Planned) and edit.status == "added"
    ]
    m = held.measures
    return {
        "replies": len(m.reply),
        "reply_ms_p50": round(in_ms(round(percentile(m.reply, 50)))),
        "requests": len(usage),
        "first_piece_ms_p50": round(in_ms(round(percentile([one.first for one in usage if one.first], 50))), 1),
        "faults": [arrival.text for arrival in arrivals if isinstance(arrival, Fault)],
        "clauses": list(dict.fromkeys(planned)),
    }


@contextlib.contextmanager
def _server(path: Path) -> Iterator[str]:
    """llama.cpp's server with this model: its base URL."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        port = made.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(path), "--model_alias", "tiny"]
    command += ["--port", str(port), "--n_ctx", "8192", "--interrupt_requests", "true"]
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
    url = f"http://127.0.0.1:{port}/v1"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = Deadline(START_S)
    while not deadline.passed():
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError):
            if models_of(url):
                return
        time.sleep(0.1)
    raise RuntimeError("llama_cpp.server did not start: pip install 'llama-cpp-python[server]'")
