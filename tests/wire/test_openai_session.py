import json

import msgspec
import pytest
from realtime_rig import Rig

from duetto.testing.seat import FakeHost
from duetto.timeline.clock import ms
from duetto.timeline.command import Brief, Manner, Offer, SpeakAs
from duetto.wire.extension import Extension
from duetto.wire.happening import ReplyBegan, ReplySound
from duetto.wire.journal import Journal
from duetto.wire.openai_realtime import RealtimeWire, Setup, Wrong
from duetto.wire.openai_realtime import config as c
from duetto.wire.openai_realtime.events import MOST_EVENT
from duetto.wire.seat import Opening, Refused

WEATHER = {"type": "function", "name": "weather", "description": "d", "parameters": {"type": "object"}}


def manner(rig):
    (found,) = [command for command in rig.commands() if isinstance(command, Manner)]
    return found


def detection(rig, value):
    rig.commands()
    rig.update(audio={"input": {"turn_detection": value}})
    return manner(rig)


# --- beginning ----------------------------------------------------------------------------------------------------


def test_session_created_comes_first_and_is_whole():
    rig = Rig(model="m1", expires_at=1_800_000_000)
    (event,) = rig.take()
    assert event["type"] == "session.created"
    session = event["session"]
    assert session == {
        "type": "realtime",
        "object": "realtime.session",
        "id": "sess_seat1",
        "expires_at": 1_800_000_000,
        "model": "m1",
        "output_modalities": ["audio"],
        "instructions": "",
        "tools": [],
        "tool_choice": "auto",
        "max_output_tokens": "inf",
        "tracing": None,
        "truncation": "auto",
        "prompt": None,
        "include": None,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24000},
                "transcription": None,
                "noise_reduction": None,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": 0.5,
                    "prefix_padding_ms": 300,
                    "silence_duration_ms": 500,
                    "idle_timeout_ms": None,
                    "create_response": True,
                    "interrupt_response": True,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "duetto", "speed": 1.0},
        },
    }


def test_the_seat_is_opened_with_what_the_client_secret_says():
    session = {
        "type": "realtime",
        "model": "from-secret",
        "instructions": "Be kind.",
        "tools": [WEATHER],
        "audio": {"output": {"voice": "cedar", "speed": 1.25}, "input": {"turn_detection": None}},
    }
    rig = Rig(session, model="from-url", opening=Opening(title="t", delta=ms(80)))
    opening = rig.seat.opening
    assert (opening.voice, opening.speed, opening.title, opening.delta) == ("cedar", 1.25, "t", ms(80))
    assert opening.first == (
        Brief("Be kind.", (Offer("weather", "d", '{"type":"object"}'),), "auto"),
        Manner(ends="told", answers=False, yields=False),
    )
    assert rig.take()[0]["session"]["model"] == "from-secret"


def test_no_seat_is_the_servers_matter():
    with pytest.raises(Refused, match="full"):
        Rig(host=FakeHost(refuse=Refused("full", "the server is full")))


def test_a_setting_that_cannot_be_is_refused_at_once():
    with pytest.raises(Wrong) as caught:
        Rig({"type": "realtime", "tools": [{"type": "mcp", "server_label": "x"}]})
    assert caught.value.param == "session.tools[0].type"


def test_the_ids_of_events_differ():
    rig = Rig()
    rig.take()
    rig.update(instructions="a")
    rig.send("nonsense")
    assert len(rig.order.names) == 3


# --- session.update -----------------------------------------------------------------------------------------------


def test_what_is_left_out_keeps_its_value():
    rig = Rig()
    rig.take()
    rig.update(instructions="One.", tools=[WEATHER], audio={"input": {"transcription": {"model": "whisper-1"}}})
    session = rig.update(audio={"input": {"turn_detection": {"type": "semantic_vad", "eagerness": "low"}}})
    assert session["instructions"] == "One." and session["tools"] == [WEATHER]
    assert session["audio"]["input"]["transcription"] == {"model": "whisper-1"}
    assert session["audio"]["input"]["turn_detection"] == {
        "type": "semantic_vad",
        "eagerness": "low",
        "create_response": True,
        "interrupt_response": True,
    }
    session = rig.update(tools=[], instructions="", audio={"input": {"turn_detection": None}})
    assert session["tools"] == [] and session["instructions"] == ""
    assert session["audio"]["input"]["turn_detection"] is None


def test_of_turn_detection_too_only_what_is_said_changes():
    rig = Rig()
    rig.take()
    rig.update(audio={"input": {"turn_detection": {"type": "server_vad", "threshold": 0.7}}})
    session = rig.update(audio={"input": {"turn_detection": {"type": "server_vad", "create_response": False}}})
    found = session["audio"]["input"]["turn_detection"]
    assert (found["threshold"], found["create_response"], found["silence_duration_ms"]) == (0.7, False, 500)


def test_the_conversation_is_told_only_what_changed():
    rig = Rig()
    rig.take()
    rig.update(instructions="Be kind.")
    rig.update(instructions="Be kind.")
    rig.update(tools=[WEATHER], tool_choice={"type": "function", "name": "weather"})
    rig.update(output_modalities=["text"])
    rig.update(instructions="")
    offer = Offer("weather", "d", '{"type":"object"}')
    assert rig.commands() == [
        Brief("Be kind."),
        Brief(None, (offer,), "weather"),
        Manner(speaks=False),
        Brief(""),
    ]


def test_turn_detection_becomes_manner():
    rig = Rig()
    rig.take()
    assert rig.seat.opening.first[-1] == Manner()
    assert detection(rig, {"type": "server_vad", "silence_duration_ms": 700}) == Manner(silence=ms(700))
    assert detection(rig, {"type": "server_vad", "create_response": False}) == Manner(silence=ms(700), answers=False)
    assert detection(rig, {"type": "semantic_vad", "eagerness": "low"}) == Manner(patience=2.0)
    assert detection(rig, {"type": "semantic_vad", "eagerness": "high"}) == Manner(patience=0.5)
    assert detection(rig, {"type": "semantic_vad", "eagerness": "auto", "interrupt_response": False}) == Manner(
        yields=False
    )
    assert detection(rig, None) == Manner(ends="told", answers=False, yields=False)


def test_what_stock_clients_send_is_taken_and_shown():
    rig = Rig(model="m")
    rig.take()
    sent = {
        "model": "gpt-realtime-2",  # not ours: stock clients name their default
        "output_modalities": ["audio"],
        "instructions": "Be kind.",
        "tool_choice": "required",
        "parallel_tool_calls": True,
        "max_output_tokens": 1024,
        "include": ["item.input_audio_transcription.logprobs"],
        "prompt": {"id": "p", "variables": {"a": "b"}},
        "reasoning": {"effort": "low"},
        "tracing": {"workflow_name": "w"},
        "truncation": {"type": "retention_ratio", "retention_ratio": 0.8},
        "audio": {
            "input": {
                "format": {"type": "audio/pcmu"},
                "noise_reduction": {"type": "near_field"},
                "transcription": {"model": "gpt-4o-mini-transcribe", "language": "en", "prompt": "x"},
                "turn_detection": {"type": "server_vad", "idle_timeout_ms": 6000},
            },
            "output": {"format": {"type": "audio/pcma"}, "voice": {"id": "voice_1"}, "speed": 1.2},
        },
    }
    session = rig.update(**sent)
    assert session["model"] == "m"
    for name in ("instructions", "prompt", "reasoning", "tracing", "truncation", "include", "max_output_tokens"):
        assert session[name] == sent[name]
    assert session["audio"]["input"]["transcription"] == sent["audio"]["input"]["transcription"]
    assert session["audio"]["output"] == sent["audio"]["output"]
    assert SpeakAs("voice_1", 1.2) in rig.seat.commands


def test_null_stands_for_the_default():
    rig = Rig()
    (created,) = rig.take()
    names = ["output_modalities", "instructions", "tools", "tool_choice", "max_output_tokens", "truncation", "audio"]
    session = rig.update(**dict.fromkeys(names))
    assert session == created["session"]
    session = rig.update(audio={"input": {"format": None, "transcription": None}, "output": {"voice": None}})
    assert session == created["session"]
    assert rig.commands() == []


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.type"),
        ({"type": "other"}, "invalid_value", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"type": "realtime", "input_audio_format": "pcm16"}, "unknown_parameter", "session.input_audio_format"),
        ({"type": "realtime", "output_modalities": ["text", "audio"]}, "invalid_value", "session.output_modalities"),
        ({"type": "realtime", "output_modalities": []}, "invalid_value", "session.output_modalities"),
        ({"type": "realtime", "instructions": 3}, "invalid_type", "session.instructions"),
        ({"type": "realtime", "max_output_tokens": 0}, "invalid_value", "session.max_output_tokens"),
        ({"type": "realtime", "tool_choice": "maybe"}, "invalid_value", "session.tool_choice"),
        (
            {"type": "realtime", "tool_choice": {"type": "function", "name": "x"}},
            "invalid_value",
            "session.tool_choice.name",
        ),
        ({"type": "realtime", "tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        ({"type": "realtime", "tools": [WEATHER, WEATHER]}, "invalid_value", "session.tools[1].name"),
        (
            {"type": "realtime", "tools": [{**WEATHER, "name": "no spaces"}]},
            "invalid_value",
            "session.tools[0].name",
        ),
        (
            {"type": "realtime", "audio": {"input": {"format": {"type": "audio/pcm", "rate": 16000}}}},
            "invalid_value",
            "session.audio.input.format.rate",
        ),
        (
            {"type": "realtime", "audio": {"input": {"turn_detection": {"type": "server_vad", "threshold": 2}}}},
            "invalid_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (
            {"type": "realtime", "audio": {"output": {"speed": 9}}},
            "invalid_value",
            "session.audio.output.speed",
        ),
    ],
)
def test_a_bad_setting_is_refused_by_name_and_changes_nothing(session, code, param):
    rig = Rig()
    (created,) = rig.take()
    rig.send("session.update", session=session, event_id="mine")
    error = rig.error()
    assert (error["type"], error["code"], error["param"], error["event_id"]) == (
        "invalid_request_error",
        code,
        param,
        "mine",
    )
    assert rig.commands() == []
    assert rig.update() == created["session"]


def test_the_voice_stays_once_it_was_heard():
    rig = Rig()
    rig.take()
    assert rig.update(audio={"output": {"voice": "cedar"}})["audio"]["output"]["voice"] == "cedar"
    rig.step(ReplyBegan(1), ReplySound(1, 0, bytes(1920)))
    rig.take()
    rig.update(audio={"output": {"voice": "cedar"}}, instructions="more")
    rig.send("session.update", session={"type": "realtime", "audio": {"output": {"voice": "marin"}}})
    error = rig.error()
    assert (error["code"], error["param"]) == ("cannot_update_voice", "session.audio.output.voice")


def test_nesting_without_end_is_refused():
    rig = Rig()
    rig.take()
    deep = {}
    for _ in range(100):
        deep = {"x": deep}
    rig.send("session.update", session={"type": "realtime", "tools": [{**WEATHER, "parameters": deep}]})
    assert rig.error()["param"] == "session.tools"


# --- events as such -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("", "invalid_json", None),
        ("{", "invalid_json", None),
        ("\ud800", "invalid_json", None),
        (b"\xff\xfe", "invalid_json", None),
        ("[]", "invalid_type", None),
        ("{}", "missing_required_parameter", "type"),
        ('{"type": 3}', "invalid_type", "type"),
        ('{"type": "response.audio.delta"}', "unknown_event", "type"),
        ('{"type": "duetto.hello"}', "unknown_event", "type"),
        ('{"type": "input_audio_buffer.append"}', "missing_required_parameter", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "!!!"}', "invalid_value", "audio"),
        ('{"type": "input_audio_buffer.append", "audio": "AAAA"}', "invalid_value", "audio"),
        ('{"type": "conversation.item.truncate", "item_id": "x"}', "missing_required_parameter", "content_index"),
        (
            '{"type": "conversation.item.truncate", "item_id": "x", "content_index": 0, "audio_end_ms": -1}',
            "invalid_value",
            "audio_end_ms",
        ),
        ('{"type": "response.create", "response": {"nonsense": 1}}', "unknown_parameter", "response.nonsense"),
        ('{"a":' * 100_000, "invalid_json", None),
    ],
)
def test_bad_events_are_answered_and_the_session_goes_on(message, code, param):
    rig = Rig()
    rig.take()
    rig.wire.receive(message)
    error = rig.error()
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    rig.update(instructions="still here")


def test_the_event_that_was_wrong_is_named():
    rig = Rig()
    rig.take()
    for message in ({"event_id": "e1", "type": "nonsense"}, {"event_id": "e1", "type": 4}, {"event_id": "e1"}):
        rig.wire.receive(json.dumps(message))
        assert rig.error()["event_id"] == "e1"
    rig.send("response.cancel", event_id=5)
    assert rig.error()["param"] == "event_id"


def test_an_event_has_a_largest_size():
    rig = Rig()
    rig.take()
    rig.wire.receive(b" " * (MOST_EVENT + 1))
    assert rig.error()["code"] == "event_too_large"


def test_events_of_the_extension_go_to_it():
    seen = []

    class Seen:
        def __init__(self, seat, error, reply_of):
            self.error, self.reply_of = error, reply_of

        def receive(self, event):
            seen.append(msgspec.json.decode(event)["type"])
            self.error("x: is wrong", "x")

        def happen(self, happenings, micro_turn):
            seen.append(len(happenings))

    rig = Rig(extension=Seen)
    rig.take()
    rig.send("duetto.hello", event_id="e1")
    error = rig.error()
    assert (error["param"], error["event_id"]) == ("x", "e1")
    rig.step(ReplyBegan(7))
    assert seen == ["duetto.hello", 1]
    response = rig.of("response.created")["response"]["id"]
    assert rig.wire._extension.reply_of(response) == 7
    assert rig.wire._extension.reply_of("resp_none") is None


def test_the_end_of_the_conversation_is_told():
    rig = Rig()
    rig.take()
    rig.seat.end("60 minutes are over")
    assert rig.error()["code"] == "session_expired"
    rig.send("response.create")
    rig.step(ReplyBegan(1))
    assert rig.take() == []


def test_closed_by_the_client_nothing_is_sent():
    rig = Rig()
    rig.take()
    rig.wire.close()
    assert rig.seat.closed
    rig.send("response.create")
    rig.seat.end()
    assert rig.take() == []


def test_a_seat_that_takes_no_more_is_an_error_and_no_end():
    rig = Rig()
    rig.take()
    rig.seat.refuse = Refused("over", "the conversation has ended")
    rig.send("response.create")
    assert rig.error()["code"] == "session_expired"


def test_a_flood_of_sound_is_told_once_a_second():
    rig = Rig()
    rig.take()
    rig.seat.refuse = Refused("flood", "30 s of sound are waiting", "audio")
    for _ in range(5):
        rig.append()
    error = rig.error()
    assert (error["type"], error["code"], error["param"]) == ("rate_limit_error", "input_audio_buffer_full", "audio")
    rig.wait(1000)
    rig.append()
    assert rig.error()["code"] == "input_audio_buffer_full"


# --- transcription ------------------------------------------------------------------------------------------------


def test_a_transcription_session():
    rig = Rig(transcription=True)
    (event,) = rig.take()
    session = event["session"]
    assert session["type"] == "transcription" and session["object"] == "realtime.transcription_session"
    assert "model" not in session and "output" not in session["audio"]
    assert rig.seat.opening.first == (Manner(answers=False, speaks=False),)
    rig.send(
        "session.update",
        session={
            "type": "transcription",
            "audio": {
                "input": {"transcription": {"model": "gpt-transcribe", "language": "en"}, "turn_detection": None}
            },
        },
    )
    session = rig.of("session.updated")["session"]
    assert session["audio"]["input"]["transcription"] == {"model": "gpt-transcribe", "language": "en"}
    assert manner(rig) == Manner(ends="told", answers=False, yields=False, speaks=False)
    rig.take()
    rig.send("response.create")
    assert rig.error()["param"] == "type"


def test_reading_a_setting_does_not_depend_on_its_form():
    sent = {"type": "realtime", "audio": {"input": {"turn_detection": None}}}
    assert c.read(sent) == c.read(json.dumps(sent)) == c.read(json.dumps(sent).encode())
    assert Setup(session=c.read(sent)).session == c.read(sent)


def test_the_real_extension_fits():
    sent = []
    journal = Journal(sent.append)
    host = FakeHost()
    wire = RealtimeWire(
        host,
        Setup(),
        journal.send,
        extension=lambda seat, error, reply_of: Extension(seat, journal, error=error, reply_of=reply_of),
    )
    wire.receive('{"type":"duetto.hello","increments":false}')
    wire.receive('{"type":"duetto.line","text":"hello"}')
    wire.receive('{"type":"duetto.played","response_id":"none","played_ms":1}')
    created, welcome, error = (json.loads(event) for event in sent)
    assert "seq" not in created and (welcome["type"], welcome["seq"]) == ("duetto.welcome", 1)
    assert (error["error"]["param"], error["seq"]) == ("response_id", 2)
    assert host.seats[0].lines == ["hello"]
