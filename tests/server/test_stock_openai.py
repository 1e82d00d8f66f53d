"""openai-python as it comes, over Realtime and GPT-Live, against a server in this process: speech in, speech out.

Its sound is real speech, heard by the real voice activity model; the words, the answers and their voice are scripted.
Every event that comes is checked by the package's types. `make conformance` does this with more clients, and more real.
"""

from __future__ import annotations

import asyncio
import base64
import json
import time
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
from openai import AsyncOpenAI
from openai.types.live.server_event import ServerEvent
from openai.types.realtime.realtime_server_event import RealtimeServerEvent
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter
from server_rig import running
from websockets.exceptions import ConnectionClosedOK

from duetto.assembly import Settings, with_chat
from duetto.brain.chat.chat import ChatHandler
from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.tools import ToolHandler
from duetto.engine import Engine
from duetto.perception.audio.recogniser import RecogniserHandler
from duetto.server.joints import Facts, joined
from duetto.server.service import Service
from duetto.server.settings import ServerSettings
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceHandler, VoiceSettings
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.clock import ms
from duetto.timeline.turn import VOICE_RATE
from duetto.wire.follower import Follower
from duetto.workers.direct import Direct
from duetto.workers.shared import on_loop

pytestmark = pytest.mark.wallclock

PATIENCE_S = 10
BLOCK = VOICE_RATE // 25
SAID = ("what is two plus two", "count to twenty", "what time is it", "set a timer")
RULES = (
    Rule("set", "It is set.", outcome=True),
    Rule("plus", "Two plus two is four."),
    Rule("count", "One, two, three, four, five. Six, seven, eight, nine, ten. Eleven, twelve, thirteen."),
    Rule(r"\btime\b", "It is noon."),
    Rule("timer", calls=(CallRequest("set_timer", '{"minutes": 5}'),)),
)
TIMER = {
    "type": "function",
    "name": "set_timer",
    "description": "Set a timer.",
    "parameters": {"type": "object", "properties": {"minutes": {"type": "integer"}}, "required": ["minutes"]},
}
PCM = {"type": "audio/pcm", "rate": VOICE_RATE}


class Parts:
    """A staff whose ears and voice are scripted, and the brain a scripted language model."""

    def __init__(self, chat: ChatSettings):
        model = ScriptedChat(Script(RULES, first_token=0, rate=1000))
        self.hubs = [
            Direct("recogniser", lambda _: RecogniserHandler(ScriptedRecogniser(SAID, pace=ms(100)))),
            Direct("voice", lambda _: VoiceHandler(ScriptedVoice())),
            on_loop("brain", lambda _: ChatHandler(model, chat, ())),
            on_loop("tools", lambda _: ToolHandler(())),
        ]
        for hub in self.hubs:
            hub.wait_ready()

    def seat(self, seat, settings, ring):
        return [hub.worker(seat, None, ring) for hub in self.hubs]

    def close(self):
        for hub in self.hubs:
            hub.close()


def make_rig():
    chat = ChatSettings("scripted")
    engine = Engine(with_chat(Settings(), chat), Parts(chat))
    facts = Facts(time.time, brain="scripted", follows=True)
    service = Service(
        ServerSettings(drain_s=0),
        engine,
        lambda shelf, waiting: joined(facts, shelf, waiting),
        follower=Follower,
        now=time.monotonic,
        unix=time.time,
    )
    return SimpleNamespace(service=service)


@pytest.fixture(scope="module")
def url():
    with running(make_rig) as server:
        yield f"{server.http}/v1"


@pytest.fixture(scope="module")
def speech():
    """A word or two, as somebody says them."""
    with reading(VoiceSettings(name="en-gb+f2", words_per_minute=160)) as read:
        return read("hello there")


class Types:
    """Checks events by the package's types."""

    def __init__(self, union):
        union = get_args(union)[0] if hasattr(union, "__metadata__") else union
        self.known = {
            name: TypeAdapter(one) for one in get_args(union) for name in get_args(one.model_fields["type"].annotation)
        }

    def check(self, kind, event):
        self.known[kind].validate_json(event, strict=True)


REALTIME, LIVE, NESTED = Types(RealtimeServerEvent), Types(ServerEvent), Types(ResponseStreamEvent)


class Talk:
    """What a client has seen, and a microphone that is never still. A protocol has `parse`, `send`, `see`."""

    types: Types

    def __init__(self, connection, speech):
        self.connection = connection
        self.speech = [speech]
        self.user = self.agent = ""
        self.loud = 0.0
        self.kinds = []
        self.calls = []
        self.queue = []
        self.changed = asyncio.Condition()

    async def listen(self):
        """Take events until the end."""
        while True:
            data = await self.connection.recv_bytes()
            event = self.connection.parse_event(data)
            self.types.check(event.type, data)
            self.kinds.append(event.type)
            assert event.type != "error", event.error.message
            await self.see(event)
            async with self.changed:
                self.changed.notify_all()
            if event.type == "session.closed":
                return

    def hear(self, delta):
        sound = np.frombuffer(base64.b64decode(delta), "<i2")
        self.loud += np.count_nonzero(np.abs(sound) > 400) / VOICE_RATE

    async def microphone(self):
        noise = np.random.default_rng(1).normal(0, 8, BLOCK).astype(np.int16)
        began, sent = time.monotonic(), 0
        while True:
            sound, self.queue = np.concatenate(self.queue or [noise]), []  # whole: a busy machine cannot tear it
            await self.send(base64.b64encode(sound.tobytes()).decode())
            sent += -(-len(sound) // BLOCK)
            await asyncio.sleep(began + sent * 0.04 - time.monotonic())

    async def until(self, condition):
        try:
            async with asyncio.timeout(PATIENCE_S), self.changed:
                await self.changed.wait_for(condition)
        except TimeoutError:
            raise AssertionError(f"heard {self.user!r}, said {self.agent!r}, {self.loud:.1f} s of sound") from None

    async def hold(self):
        """Ask, be answered, speak over an answer, have a function called."""
        self.queue += self.speech
        await self.until(lambda: "two plus two" in self.user and "is four." in self.agent and self.loud > 0.3)
        await asyncio.sleep(0.5)
        agent, loud = len(self.agent), self.loud
        self.queue += self.speech
        await self.until(lambda: self.loud - loud > 1.0 and "two" in self.agent[agent:].lower())
        self.queue += self.speech
        await self.until(lambda: "noon." in self.agent)
        assert "thirteen" not in self.agent
        await asyncio.sleep(0.5)
        self.queue += self.speech
        await self.until(lambda: self.calls and "set." in self.agent)
        assert self.calls == ['{"minutes": 5}']
        assert self.agent.count("set.") == 1

    async def run(self, close):
        """Hold the talk beside listening and the microphone; whatever fails first is raised."""
        listening = asyncio.create_task(self.listen())
        helping = [listening, asyncio.create_task(self.microphone())]
        holding = asyncio.create_task(self.hold())
        try:
            await asyncio.wait([*helping, holding], return_when=asyncio.FIRST_COMPLETED)
            for task in helping:
                if task.done():
                    task.result()
            await holding
            helping[1].cancel()
            await close()
            async with asyncio.timeout(PATIENCE_S):
                await listening
        finally:
            for task in (*helping, holding):
                task.cancel()
            await asyncio.gather(*helping, holding, return_exceptions=True)


class RealtimeTalk(Talk):
    types = REALTIME
    stopped = ""
    item = ""

    def send(self, audio):
        return self.connection.input_audio_buffer.append(audio=audio)

    async def see(self, event):
        match event.type:
            case "conversation.item.input_audio_transcription.completed":
                self.user += f" {event.transcript}"
            case "response.output_audio_transcript.delta":
                self.item = event.item_id
                self.agent += f" {event.delta}"
            case "response.output_audio.delta":
                self.hear(event.delta)
            case "input_audio_buffer.speech_started" if "two," in self.agent and not self.stopped:
                self.stopped = self.item
                await self.connection.conversation.item.truncate(item_id=self.item, content_index=0, audio_end_ms=500)
            case "response.output_item.done" if event.item.type == "function_call":
                self.calls.append(event.item.arguments)
                output = {"type": "function_call_output", "call_id": event.item.call_id, "output": "set"}
                await self.connection.conversation.item.create(item=output)
                await self.connection.response.create()


class LiveTalk(Talk):
    types = LIVE

    def send(self, audio):
        return self.connection.session.input_audio.append(audio=audio)

    async def see(self, event):
        match event.type:
            case "session.input_transcript.delta":
                self.user += f" {event.delta.strip()}"
            case "session.output_transcript.delta":
                self.agent += f" {event.delta.strip()}"
            case "session.output_audio.delta":
                self.hear(event.delta)
            case "response.event":
                nested = event.event
                NESTED.check(nested["type"], json.dumps(nested))
                if nested["type"] == "response.output_item.done":
                    item = nested["item"]
                    self.calls.append(item["arguments"])
                    output = {"type": "function_call_output", "call_id": item["call_id"], "output": "set"}
                    await self.connection.response.item.create(item=output)
                    await self.connection.response.create()


def test_realtime(url, speech):
    async def client():
        async with (
            AsyncOpenAI(api_key="none", base_url=url) as openai,
            openai.realtime.connect(model="duetto") as connection,
        ):
            heard = {"format": PCM, "transcription": {"model": "whisper-1"}}
            await connection.session.update(session={"type": "realtime", "audio": {"input": heard}, "tools": [TIMER]})
            talk = RealtimeTalk(connection, speech)
            with pytest.raises(ConnectionClosedOK):
                await talk.run(connection.close)
            return talk

    talk = asyncio.run(client())
    assert talk.kinds[:2] == ["session.created", "session.updated"]
    assert talk.stopped and "conversation.item.truncated" in talk.kinds
    assert talk.kinds.count("response.created") == 5  # sum, count, time, call, its outcome


def test_live(url, speech):
    async def client():
        async with AsyncOpenAI(api_key="none", base_url=url) as openai, openai.live.connect() as connection:
            delegation = {"type": "responses", "responses": {"model": "gpt-5.4-mini", "tools": [TIMER]}}
            audio = {"format": PCM, "output": {"voice": "marin"}}
            await connection.session.start(session={"model": "gpt-live-1", "audio": audio, "delegation": delegation})
            data = await connection.recv_bytes()
            started = connection.parse_event(data)
            LIVE.check(started.type, data)
            assert started.type == "session.started"
            talk = LiveTalk(connection, speech)
            await talk.run(connection.session.close)
            return talk

    talk = asyncio.run(client())
    assert talk.kinds[-1] == "session.closed"
