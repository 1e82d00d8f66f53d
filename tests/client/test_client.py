"""The client against a small server on loopback, which has the real extension and journal."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
from small_server import SmallServer

import duetto
from duetto.client import (
    Called,
    Client,
    ClientError,
    ClientSettings,
    Closed,
    ConversationOver,
    Ended,
    Heard,
    Increments,
    Problem,
    Resumed,
    Said,
    Sound,
    Standing,
)
from duetto.client.mailbox import Mailbox
from duetto.client.reading import Reading
from duetto.client.settings import realtime_url
from duetto.interaction.action import Watch
from duetto.orders import every, heard
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Give, TakeBack, Unsay
from duetto.timeline.increment import Increment, Span
from duetto.timeline.order import Interval, Order, Words
from duetto.timeline.payload import Word
from duetto.wire.happening import ReplyHeard, ReplySound

QUICK = ClientSettings(retry_s=0.01)


def conversation(work, **how):
    """Run `work(server, talk)` in a conversation with a small server."""

    async def main():
        async with asyncio.timeout(10), SmallServer.running() as server:
            async with Client(server.url, settings=how.pop("settings", QUICK), **how) as talk:
                return await work(server, talk)

    return asyncio.run(main())


async def until(talk: Client, kind: type, count: int = 1) -> list:
    """All events until the one that is so many-th of its kind."""
    found = []
    async for event in talk:
        found.append(event)
        count -= isinstance(event, kind)
        if not count:
            return found
    raise AssertionError(f"closed before {kind.__name__}: {found}")


def word(text: str, number: int, start: int, status: str = "added", utterance: int = 1) -> Increment:
    payload = Word(text, 1.0, utterance)
    return Increment(number, "mic", Span(ms(start), ms(start + 100)), payload, status, 0, "test")


def test_it_says_hello_and_sets_the_conversation_up():
    async def work(server: SmallServer, talk: Client):
        assert talk.welcome.session_id == "seat1" and talk.welcome.delta == 40.0 and talk.welcome.brain == "embedded"
        session = server.talk.got[0]["session"]
        assert session["instructions"] == "Be brief." and session["audio"]["output"]["voice"] == "amber"
        assert session["type"] == "realtime" and session["audio"]["input"]["format"]["rate"] == 24_000
        assert session["max_output_tokens"] == 100 and "tools" not in session
        assert server.paths == ["/v1/realtime?model=m&duetto=1"]
        assert server.headers[0]["Authorization"] == "Bearer secret"

    settings = ClientSettings("m", "Be brief.", "amber", session={"max_output_tokens": 100})
    conversation(work, key="secret", settings=settings)


def test_sound_typing_and_pictures_reach_the_server():
    async def work(server: SmallServer, talk: Client):
        await talk.hear(np.full(2_400, 1_000, np.int16), 24_000)
        await talk.hear(np.full((1_600, 2), 0.5), 16_000)
        await talk.key("insert", "h", position=0)
        await talk.type("hello")
        await talk.see(b"\xff\xd8jpeg", "screen")
        await talk.update(instructions="Other.")
        await talk.stop()
        await talk.send({"type": "input_audio_buffer.clear"})
        await talk.ping()
        seat = server.talk.seat
        assert seat.keys == [("insert", "h", 0, 0)] and seat.lines == ["hello"]
        assert seat.seen == [("screen", b"\xff\xd8jpeg")]
        appended = [base64.b64decode(event["audio"]) for event in await server.talk.until("input_audio_buffer.append")]
        assert [len(part) // 2 for part in appended[:3]] == [960, 960, 480]
        assert np.frombuffer(appended[0], "<i2").tolist() == [1_000] * 960
        kinds = [event["type"] for event in server.talk.got]
        assert kinds[-3:] == ["session.update", "response.cancel", "input_audio_buffer.clear"]

    conversation(work)


def test_standing_orders_are_given_listed_and_withdrawn():
    async def work(server: SmallServer, talk: Client):
        name = talk.orders.when(heard("um")).say("One.")
        talk.orders.when(every(4)).say("Breathe.", name="breathe")
        talk.orders.withdraw(name)
        talk.orders.withdraw()
        await talk.ping()
        um, breathe = Order(name, Words(("um",), "heard"), "One."), Order("breathe", Interval(0, s(4)), "Breathe.")
        assert server.talk.seat.commands == [Give(um), Give(breathe), TakeBack((name,)), TakeBack(("*",))]
        assert talk.orders.list() == ()
        server.talk.turn(actions=(Watch(um), Watch(breathe)))
        events = await until(talk, Standing)
        assert events[-1] == Standing((um, breathe)) and talk.orders.list() == (um, breathe)
        with pytest.raises(ValueError, match="an interval is from half a second"):
            talk.orders.when(every(0.1)).say("No.")
        await talk.close()
        with pytest.raises(ConversationOver):
            talk.orders.withdraw()

    conversation(work)


@pytest.mark.parametrize(
    ("samples", "rate", "text"),
    [
        (np.zeros((2, 2, 2)), 16_000, r"samples: shape"),
        (np.zeros(8, np.int64), 16_000, r"samples: int16 or float"),
        (np.zeros(8), 10, r"rate: from 1000 to 384000"),
    ],
)
def test_sound_that_cannot_be_is_refused(samples, rate, text):
    async def work(server: SmallServer, talk: Client):
        with pytest.raises(ValueError, match=text):
            await talk.hear(samples, rate)
        with pytest.raises(ValueError, match="jpeg: not a JPEG"):
            await talk.see(b"png")

    conversation(work)


def test_what_happens_comes_as_events_in_its_order():
    async def work(server: SmallServer, talk: Client):
        side = server.talk
        side.turn(word("tell", 1, 100))
        side.turn(word("knee", 2, 200))
        side.turn(word("knee", 2, 200, "revoked"), word("me", 3, 200))
        side.turn(word("tell", 1, 100, "committed"))
        side.emit("conversation.item.input_audio_transcription.completed", item_id="i", transcript="Tell me.")
        side.say("resp_5", "Once upon a time", np.arange(4, dtype="<i2").tobytes())
        side.emit("response.output_text.delta", response_id="resp_6", delta="shown")
        side.emit("something.unknown", x=1)
        side.emit("error", error={"type": "x", "code": "bad", "message": "no", "param": "session.voice"})
        side.end("resp_5", "cancelled")
        events = await until(talk, Ended)
        assert [event for event in events if isinstance(event, Heard)] == [
            Heard("tell"),
            Heard("tell knee"),
            Heard("tell me"),
            Heard("Tell me.", final=True),
        ]
        increments = [event for event in events if isinstance(event, Increments)]
        assert increments[0].floor == "nobody" and increments[0].now == 40.0
        assert increments[0].edits[0].fields == {"text": "tell", "confidence": 1.0, "utterance": 1}
        rest = [event for event in events if not isinstance(event, Heard | Increments)]
        assert rest[0] == Said("Once upon a time", "resp_5")
        assert isinstance(rest[1], Sound) and rest[1].samples.tolist() == [0, 1, 2, 3]
        assert rest[2:] == [
            Said("shown", "resp_6", spoken=False),
            Problem("no", "bad", "session.voice"),
            Ended("resp_5", "cancelled"),
        ]

    conversation(work)


def test_a_drop_is_bridged_and_nothing_is_missed_or_doubled():
    async def work(server: SmallServer, talk: Client):
        side = server.talk
        for n in range(120):
            side.emit("response.output_text.delta", response_id="r", delta=str(n))
            if n in (10, 50, 51, 100):
                server.drop()
            if n % 20 == 19:
                await talk.type(f"line {n}")
        texts, resumed = [], 0
        async for event in talk:
            if isinstance(event, Said):
                texts.append(event.text)
            resumed += isinstance(event, Resumed)
            if len(texts) == 120:
                break
        assert texts == [str(n) for n in range(120)] and resumed >= 1
        await talk.ping()
        assert side.seat.lines == [f"line {n}" for n in range(19, 120, 20)]
        assert len(server.talks) == 1 and side.journal.size < 120 * 100, "and what came was acknowledged"

    conversation(work)


@pytest.mark.parametrize("seed", range(6))
def test_drops_at_any_moment_lose_and_double_nothing_either_way(seed):
    dice = random.Random(seed)

    async def work(server: SmallServer, talk: Client):
        async def server_speaks() -> None:
            for n in range(200):
                server.talk.emit("response.output_text.delta", response_id="r", delta=str(n))
                if dice.random() < 0.05:
                    server.drop()
                if dice.random() < 0.3:
                    await asyncio.sleep(dice.choice([0, 0, 0.001]))

        async def client_types() -> None:
            for n in range(100):
                await talk.type(str(n))
                if dice.random() < 0.3:
                    await asyncio.sleep(0)
                if dice.random() < 0.1:
                    with suppress(TimeoutError):  # given up in the midst of it
                        await asyncio.wait_for(talk.key("send"), 0)

        async with asyncio.TaskGroup() as group:
            group.create_task(server_speaks())
            group.create_task(client_types())
        await talk.ping()
        texts = [event.text async for event in until_quiet(talk) if isinstance(event, Said)]
        assert texts == [str(n) for n in range(200)]
        assert server.talk.seat.lines == [str(n) for n in range(100)] and len(server.talks) == 1
        assert len(server.connections) > 1, "it did drop"

    async def until_quiet(talk: Client):
        await talk.close()
        async for event in talk:
            yield event

    conversation(work)


def test_where_the_server_does_not_take_it_up_again_it_is_over():
    async def work(server: SmallServer, talk: Client):
        server.known.forget("seat1")
        server.drop()
        *_, last = [event async for event in talk]
        assert isinstance(last, Closed) and "there is no such conversation" in last.why
        with pytest.raises(ConversationOver, match="the conversation is over"):
            await talk.type("x")

    conversation(work)


def test_when_the_server_ends_it_whoever_waits_is_told():
    async def work(server: SmallServer, talk: Client):
        server.talk.extension.receive = lambda event: None
        waiting = asyncio.create_task(talk.ping())
        await server.connections[0].close(1000, "the conversation has ended")
        with pytest.raises(ConversationOver, match="1000 the conversation has ended"):
            await waiting
        assert [event async for event in talk] == [
            Closed("the server closed the connection (1000 the conversation has ended)")
        ]

    conversation(work)


def test_closing_twice_is_harmless_and_the_last_event_says_so():
    async def work(server: SmallServer, talk: Client):
        await talk.close()
        await talk.close()
        assert [event async for event in talk][-1] == Closed("closed by the client")

    conversation(work)


def test_tools_run_here_and_the_next_response_is_asked_for_once():
    @duetto.tool
    async def weather(city: str) -> str:
        """The weather of a city."""
        return f"sunny in {city}"

    def broken() -> str:
        """Never works."""
        raise OSError("no line")

    async def work(server: SmallServer, talk: Client):
        side = server.talk
        (tool, _) = side.got[0]["session"]["tools"]
        assert tool["name"] == "weather" and tool["parameters"]["required"] == ["city"]
        side.call("r1", "c1", "weather", '{"city":"Oslo"}')
        side.call("r1", "c2", "broken", "{}")
        side.call("r1", "c3", "weather", '{"town":1}')
        side.call("r1", "c4", "nothing", "{}")
        outputs = await side.until("conversation.item.create", 4)
        assert not [event for event in side.got if event["type"] == "response.create"], "the response goes on"
        side.end("r1")
        await side.until("response.create")
        given = {event["item"]["call_id"]: event["item"]["output"] for event in outputs}
        assert given["c1"] == "sunny in Oslo" and given["c2"] == "failed: OSError: no line"
        assert given["c3"].startswith("failed: arguments: ") and "there is no tool 'nothing'" in given["c4"]
        events = await until(talk, Called, 4)
        assert Called("weather", '{"city":"Oslo"}', "sunny in Oslo") in events
        side.end("r2")
        await talk.ping()
        assert len(await side.until("response.create")) == 1

    conversation(work, tools=[weather, broken])


def test_a_tool_that_asks_first_cannot_be_a_client_s():
    @duetto.tool(confirm="Shall I?")
    def order() -> str:
        """Order."""
        return ""

    with pytest.raises(ValueError, match="tools: order asks the user first"):
        Client("ws://127.0.0.1:1", tools=[order])


def test_what_the_loudspeaker_played_is_acknowledged():
    async def work(server: SmallServer, talk: Client):
        side = server.talk
        player = talk.playback()
        side.turn(happenings=[ReplySound(5, 0, bytes(2 * 24_000))])
        side.turn(happenings=[ReplyHeard(5, "one", Span(0, 1), ms(100)), ReplyHeard(5, "two", Span(0, 1), ms(900))])
        side.say("resp_5", "one two", np.full(24_000, 7, "<i2").tobytes())
        await until(talk, Sound)
        assert player.take(12_000).tolist() == [7] * 12_000 and player.waiting == 12_000
        side.end("resp_5", "cancelled")
        await until(talk, Ended)
        assert player.waiting == 0 and player.take(3).tolist() == [0, 0, 0]
        await asyncio.sleep(0)
        await talk.ping()
        assert side.seat.commands == [Unsay(5, 1)]
        side.say("resp_5", "again", np.full(240, 7, "<i2").tobytes())
        side.end("resp_5")
        await until(talk, Ended)
        player.take(480)
        await talk.ping()
        await talk.ping()
        assert side.seat.commands[-1] == Unsay(5, 0), "all that was played of it, 10 ms, at its end"

    conversation(work)


def test_one_that_never_reads_its_events_does_not_grow():
    async def work(server: SmallServer, talk: Client):
        for n in range(300):
            server.talk.turn(word("x", n, n))
        server.talk.emit("response.output_text.delta", response_id="r", delta="kept")
        await talk.ping()
        assert talk.missed > 200
        await talk.close()
        events = [event async for event in talk]
        assert Said("kept", "r", spoken=False) in events and len(events) == 16

    conversation(work, settings=ClientSettings(events=16))
    with pytest.raises(ValueError, match="limit: a mailbox holds at least 2"):
        Mailbox(1)


def test_where_no_conversation_can_be_begun_the_reason_is_told():
    async def refused():
        async with SmallServer.running() as server:
            server.refuses = "Invalid value: 'duetto.hello'"
            with pytest.raises(ClientError, match=r"not a conversation with duetto's extension: Invalid value"):
                async with Client(server.url):
                    pass
            port = server.port
        with pytest.raises(ClientError, match=f"ws://127.0.0.1:{port}/v1/realtime"):
            async with Client(f"http://127.0.0.1:{port}"):
                pass

    asyncio.run(refused())
    for url in ("127.0.0.1:8000", "ftp://x", "ws://"):
        with pytest.raises(ValueError, match="url: as in ws://"):
            Client(url)
    with pytest.raises(RuntimeError, match="has not begun"):
        _ = Client("ws://127.0.0.1:1").welcome


def test_addresses_are_completed():
    assert realtime_url("ws://h:1", "m") == "ws://h:1/v1/realtime?model=m&duetto=1"
    assert realtime_url("https://h/", "m") == "wss://h/v1/realtime?model=m&duetto=1"
    assert realtime_url("ws://h/x?model=a&b=1", "m") == "ws://h/x?model=a&b=1&duetto=1"


@pytest.mark.parametrize(
    "message",
    [
        b"\xff",
        "no",
        "[]",
        '{"type":1}',
        '{"type":"response.output_audio.delta","delta":"!!"}',
        '{"type":"response.output_audio.delta","delta":"AA=="}',
        '{"type":"duetto.increments","now_ms":0,"floor":"user","edits":[{}]}',
        '{"type":"error"}',
    ],
)
def test_what_cannot_be_read_is_a_problem_and_no_end(message):
    reading = Reading()
    (problem,) = reading.read(message)
    assert isinstance(problem, Problem) and "cannot be read" in problem.text
    assert reading.read('{"type":"duetto.pong","id":"x","seq":5}') and reading.seq == 5
    assert reading.read(json.dumps({"type": "duetto.pong", "id": "x", "seq": 5})) == [], "not twice"


def test_it_is_exported_and_importing_duetto_alone_costs_nothing():
    assert duetto.Client is Client
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = duetto.Nothing
    code = "import sys, duetto; print([m for m in ('numpy', 'asyncio', 'websockets') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "[]"
