"""Servers behind a wire, taken by the bench: scripted ones on the virtual clock, and once over a real socket."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import suppress

import numpy as np
import pytest
from typer.testing import CliRunner
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import serve

from duetto.bench.cast import cast_for
from duetto.bench.scenario import ModelRule, Scenario, Step
from duetto.bench.targets.gemini_live import GeminiLive
from duetto.bench.targets.gpt_live import GPTLive
from duetto.bench.targets.listener import Cut, Done, Listener, Sounded, Wrote
from duetto.bench.targets.named import wire_target
from duetto.bench.targets.openai_realtime import OpenAIRealtime
from duetto.bench.targets.wire import Connection, Mouth, WireFailed, WireTarget, play
from duetto.cli import app
from duetto.recording.picture.latency import speech
from duetto.simulation.script import At, Cue, Hears, Says, Types
from duetto.simulation.user import SimulatedUser
from duetto.timeline.clock import VirtualClock, ms, s
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, Key


def tone(seconds: float, level: int = 3_000) -> np.ndarray:
    return (level * np.sin(np.arange(round(seconds * VOICE_RATE)) / 5)).astype(np.int16)


def data(samples) -> str:
    return base64.b64encode(samples.astype("<i2").tobytes()).decode()


class ScriptedLine:
    """A line on the virtual clock. script: (media time in s, message); got: what was sent to it, with when."""

    def __init__(self, dialect, script) -> None:
        self.dialect = dialect
        self.clock = VirtualClock()
        self.waiting = sorted(((s(at), message) for at, message in script), key=lambda one: one[0])
        self.got: list[tuple[int, dict]] = []

    def send(self, *messages) -> None:
        self.got += [(self.clock.now(), message) for message in messages]

    def arrived(self):
        while self.waiting and self.waiting[0][0] <= self.clock.now():
            yield self.waiting.pop(0)

    def of(self, kind: str) -> list[tuple[int, dict]]:
        return [(at, message) for at, message in self.got if message.get("type") == kind]


def taken(dialect, script, *cues: Cue):
    mouth = Mouth()
    user = SimulatedUser(cues, lambda text: tone(0.5), mic=mouth, keys=mouth)
    line = ScriptedLine(dialect, script)
    return line, play(line, user, mouth, -66.0, s(1))


HELLO = Cue(At(s(0.2)), (Says("hello"),))


def realtime(at: float, seconds: float, *texts: str, item: str = "item1", step: float = 0.2):
    """A reply over the OpenAI wire, its sound twice as quick as it is played."""
    common = {"item_id": item, "response_id": "r", "content_index": 0, "output_index": 0}
    whole = tone(seconds)
    size = round(step * VOICE_RATE)
    script = [(at, {"type": "response.output_audio_transcript.delta", "delta": text, **common}) for text in texts]
    for n, first in enumerate(range(0, len(whole), size)):
        part = {"type": "response.output_audio.delta", "delta": data(whole[first : first + size]), **common}
        script.append((at + n * step / 2, part))
    return [*script, (at + seconds, {"type": "response.output_audio.done", **common})]


def test_openai_realtime_is_heard_as_it_is_played():
    script = realtime(1.0, 1.2, "It is", " eigh", "ty-four.")
    line, take = taken(OpenAIRealtime(), script, HELLO)
    (span,) = speech(take.agent, 0)
    assert span.start == pytest.approx(s(1.0), abs=ms(2)) and span.duration == pytest.approx(s(1.2), abs=ms(2))
    assert [word.text for word in take.words] == ["It", "is", "eighty-four."]
    assert take.words[0].span.start == pytest.approx(s(1.0), abs=ms(20))
    assert take.words[-1].span.end == pytest.approx(s(2.2), abs=ms(20)), "spread over what is audible"
    sent = [base64.b64decode(message["audio"]) for _, message in line.of("input_audio_buffer.append")]
    assert np.array_equal(np.frombuffer(b"".join(sent), "<i2"), take.user) and len(take.user) == len(take.agent)
    assert take.spoken[0].start == s(0.2)
    assert take.ended == (), "the server did not say"
    assert len(take.user) / VOICE_RATE == pytest.approx(3.2, abs=0.05), "a second after both are silent"


def test_the_user_reacts_to_its_words_and_a_cut_throws_away_what_was_not_played():
    script = realtime(0.5, 4.0, "one two three four five six seven eight nine ten")
    script.append((1.5, {"type": "input_audio_buffer.speech_started", "item_id": "u", "audio_start_ms": 1}))
    line, take = taken(OpenAIRealtime(), script, Cue(Hears("three"), (Says("stop"),), limit=s(9)))
    assert take.spoken[0].start == pytest.approx(s(0.5 + 14 / 14.5), abs=ms(60))
    (_, cut), *_ = line.of("conversation.item.truncate")
    assert cut["item_id"] == "item1" and cut["audio_end_ms"] == 1_000
    before, _ = [word for word in take.words if word.span.start < s(1.5)], take
    assert [word.text for word in before][:3] == ["one", "two", "three"]
    assert not take.agent[round(1.5 * VOICE_RATE) : round(1.55 * VOICE_RATE)].any()


def test_when_the_server_takes_the_turn_to_be_over_is_kept():
    script = [
        *realtime(1.0, 1.2, "It is eighty-four."),
        (0.9, {"type": "input_audio_buffer.committed", "item_id": "u"}),
    ]
    _, take = taken(OpenAIRealtime(), sorted(script, key=lambda one: one[0]), HELLO)
    (at,) = take.ended
    assert at == pytest.approx(s(0.9), abs=ms(25))


def test_what_is_typed_is_sent_as_a_line():
    line, _ = taken(OpenAIRealtime(), [], Cue(At(0), (Types("hi", rate=50),)))
    ((_, item),) = line.of("conversation.item.create")
    assert item["item"]["content"] == [{"type": "input_text", "text": "hi"}]
    assert line.of("response.create")
    line, _ = taken(GeminiLive(), [], Cue(At(0), (Types("hi", rate=50),)))
    assert {"realtimeInput": {"text": "hi"}} in [message for _, message in line.got]
    with pytest.raises(WireFailed, match="nothing for what a user types"):
        taken(GPTLive(), [], Cue(At(0), (Types("hi", rate=50),)))


def test_gpt_live_is_one_stream_whose_words_have_their_times():
    script = [
        (0.1 * n, {"type": "session.output_audio.delta", "delta": data(tone(0.1) if 10 <= n < 16 else np.zeros(2_400))})
        for n in range(1, 60)
    ]
    words = {"type": "session.output_transcript.delta", "delta": "It is 84.", "start_ms": 900, "end_ms": 1_500}
    line, take = taken(GPTLive("m"), [*script, (1.0, words)], HELLO)
    (span,) = speech(take.agent, 0)
    assert span.start == pytest.approx(s(1.0), abs=ms(2)) and span.end == pytest.approx(s(1.6), abs=ms(2))
    assert [(word.text, word.span) for word in take.words] == [
        ("It", Span(s(1.0), s(1.2))),
        ("is", Span(s(1.2), s(1.4))),
        ("84.", Span(s(1.4), s(1.6))),
    ]
    assert line.of("session.input_audio.append") and line.got[-1][1] == {"type": "session.close"}


def gemini(**content):
    return {"serverContent": content}


def test_gemini_live_gets_16_khz_and_its_turns_are_replies():
    part = {"inlineData": {"data": data(tone(1.0)), "mimeType": "audio/pcm;rate=24000"}}
    script = [
        (1.0, gemini(modelTurn={"parts": [part, {"text": "thought"}]})),
        (1.0, gemini(outputTranscription={"text": "one two"})),
        (1.4, gemini(interrupted=True)),
        (1.4, gemini(turnComplete=True)),
        (2.0, gemini(modelTurn={"parts": [part]}, outputTranscription={"text": "three"})),
        (2.5, gemini(generationComplete=True)),
        (2.5, gemini(turnComplete=True)),
    ]
    line, take = taken(GeminiLive(), script, HELLO)
    first, second = speech(take.agent, 0)
    assert first.end == pytest.approx(s(1.4), abs=ms(2)) and second.start == pytest.approx(s(2.0), abs=ms(2))
    assert [word.text for word in take.words] == ["one", "two", "three"]
    sent = [message["realtimeInput"]["audio"] for _, message in line.got]
    assert {audio["mimeType"] for audio in sent} == {"audio/pcm;rate=16000"}
    samples = sum(len(base64.b64decode(audio["data"])) // 2 for audio in sent)
    assert samples == pytest.approx(len(take.user) * 2 / 3, abs=800)


def test_a_conversation_is_set_up_as_each_wire_wants_it():
    talk = OpenAIRealtime()
    assert talk.greetings == () and talk.greeted({"type": "rate_limits.updated"}) == ()
    (update,) = talk.greeted({"type": "session.created"})
    assert update["session"]["audio"]["output"]["format"] == {"type": "audio/pcm", "rate": 24_000}
    assert talk.greeted({"type": "session.updated"}) is None
    with pytest.raises(WireFailed, match="the server answers: no such voice"):
        talk.greeted({"type": "error", "error": {"message": "no such voice"}})
    live = GPTLive("m")
    assert live.greetings[0]["session"]["model"] == "m" and live.greeted({"type": "info"}) == ()
    assert live.greeted({"type": "session.started"}) is None
    gem = GeminiLive("models/x")
    assert gem.greetings[0]["setup"]["model"] == "models/x" and gem.greeted({}) == ()
    assert gem.greeted({"setupComplete": {}}) is None
    for one in (live, gem):
        with pytest.raises(WireFailed, match="the server answers: full"):
            one.greeted({"type": "error", "error": {"message": "full"}})
    with pytest.raises(WireFailed, match="not 16 bit PCM"):
        list(talk.read({"type": "response.output_audio.delta", "item_id": "i", "delta": "AA=="}))


def test_a_listener_s_player_plays_in_order_and_never_two_at_once():
    listener = Listener()
    listener.take(s(1), Sounded("a", tone(0.5)))
    listener.take(s(1), Sounded("b", tone(0.5)))
    listener.take(s(3), Sounded("b", tone(0.5)))
    for text in ("wo", "rd", " and", " more. ", "Then"):
        listener.take(s(3), Wrote("b", text))
    listener.take(s(3), Done("b"))
    assert [span.start for span in speech(listener.sound(0, s(5)), 0)] == pytest.approx([s(1), s(3)], abs=ms(2))
    assert listener.said(s(2)) == [] and listener.said(s(4)) == ["word", "and", "more.", "Then"]
    assert listener.said(s(9)) == [], "each once"
    assert listener.take(s(9), Cut()) == [], "all was played"
    assert listener.take(s(1.25), Cut()) == [("a", s(0.25)), ("b", 0)]
    assert listener.sounded_until == s(1.25) and listener.words() == []


def test_a_mouth_keeps_the_line_as_it_is_edited():
    mouth = Mouth()
    for key in (Key(0, "insert", "hallo", 0), Key(0, "delete", "", 1, 1), Key(0, "insert", "e", 1), Key(0, "send")):
        mouth.push(key)
    assert mouth.lines() == ["hello"] and mouth.lines() == []


@pytest.mark.parametrize(
    ("name", "url", "header"),
    [
        ("openai-realtime:ws://h:1", "ws://h:1/v1/realtime?model=gpt-realtime", "Authorization"),
        ("openai-realtime:http://h/x?model=m", "ws://h/x?model=m", "Authorization"),
        ("gpt-live:wss://h/?model=m", "wss://h/v1/live/sessions", "Authorization"),
        (
            "gemini-live:https://h",
            "wss://h/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
            "x-goog-api-key",
        ),
    ],
)
def test_targets_go_by_kind_and_address(name, url, header):
    target = wire_target(name, "secret")
    assert target.url == url and "secret" in target.headers[header] and "secret" not in repr(target) + target.name
    assert not wire_target(name).headers and target.dialect().rate in (16_000, 24_000)


@pytest.mark.parametrize("name", ["nothing:ws://h", "gpt-live:ftp://h", "gpt-live", "gemini-live:ws://h/?key=k"])
def test_a_target_that_cannot_be_is_one_clear_line(name, tmp_path):
    result = CliRunner().invoke(app, ["bench", "run", "--target", name, "--out", str(tmp_path)])
    assert result.exit_code == 2 and "--target" in result.output
    both = CliRunner().invoke(app, ["bench", "run", "--target", "gpt-live:ws://h", "--command", "{user} {agent}"])
    assert both.exit_code == 2 and "leave --command out" in both.output


def scenario(**more) -> Scenario:
    return Scenario(about="x", steps=(Step(at=0.0, says="hi"),), expect=(), suite="made", name="up", **more)


def test_an_item_with_a_scripted_model_is_not_for_a_wire():
    one = scenario(model=(ModelRule(words="x"),))
    with pytest.raises(WireFailed, match="in process only"):
        WireTarget("x", "ws://h", OpenAIRealtime).take(one, cast_for(one, 0, 1))


def test_a_server_that_is_not_there_or_refuses_is_told():
    with pytest.raises(WireFailed, match=r"^ws://127.0.0.1:9: "):
        Connection("ws://127.0.0.1:9", {}, OpenAIRealtime()).begin()

    def hang_up(socket):
        socket.send("[]" if socket.request.path == "/list" else '{"type":"session.created"}')
        with suppress(ConnectionClosed):
            socket.recv()

    with serve(hang_up, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.socket.getsockname()[1]
        for path, text in (("", "the server hung up"), ("list", "no JSON object")):
            line = Connection(f"ws://127.0.0.1:{port}/{path}", {}, OpenAIRealtime())
            with pytest.raises(WireFailed, match=text):
                line.begin()
            line.close()
        server.shutdown()


@pytest.mark.wallclock
def test_over_a_real_socket_in_real_time():
    def agent(socket):
        socket.send('{"type":"session.created"}')
        heard = 0
        for message in socket:
            event = json.loads(message)
            if event["type"] == "session.update":
                socket.send('{"type":"session.updated"}')
            heard += event["type"] == "input_audio_buffer.append"
            if heard == 25:
                heard += 1
                for _, told in realtime(0.0, 0.4, "hello"):
                    socket.send(json.dumps(told))

    with serve(agent, "127.0.0.1", 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        target = WireTarget("x", f"ws://127.0.0.1:{server.socket.getsockname()[1]}", OpenAIRealtime, quiet=0.2)
        one = scenario()
        take = target.take(one, cast_for(one, 0, 1))
        server.shutdown()
    (span,) = speech(take.agent, 0)
    assert span.start == pytest.approx(s(0.5), abs=ms(150)) and span.duration == pytest.approx(s(0.4), abs=ms(5))
    assert [word.text for word in take.words] == ["hello"] and take.spoken[0].text == "hi"
