from __future__ import annotations

from typing import Any

import pytest
from live_rig import MODEL, SETUP, Ear, Rig

from duetto.testing.seat import FakeHost
from duetto.timeline.command import Brief, Offer, Remember
from duetto.wire.gpt_live import LiveSetup, LiveWire, Wrong, error_event
from duetto.wire.gpt_live.setting import DELEGATE
from duetto.wire.seat import Refused

TOOL = {"type": "function", "name": "get_weather", "description": "Of a place.", "parameters": {"type": "object"}}


def responses(**fields: Any) -> dict[str, Any]:
    return {"type": "responses", "responses": {"model": "gpt-5.5", **fields}}


def test_a_session_begins_with_its_resolved_setting() -> None:
    rig = Rig()
    rig.send("session.start", event_id="mine", session={"model": MODEL, "instructions": "Be brief."})
    (event,) = rig.take()
    assert event["client_event_id"] == "mine"
    session = event["session"]
    assert session["id"] == "live_seat1" == rig.wire.id
    assert session["expires_at"] == int(SETUP.epoch_s) + 3600
    assert session["status"] == "active" and session["model"] == MODEL and session["store"] is False
    assert session["audio"] == {"output": {"voice": "marin"}, "format": {"type": "audio/pcm", "rate": 24000}}
    assert session["delegation"] == {"type": "client"}
    assert session["instructions"] == "Be brief."
    brief = rig.seat.opening.first[0]
    assert isinstance(brief, Brief) and brief.instructions == "Be brief." and brief.choice == "auto"
    assert [offer.name for offer in brief.offers or ()] == [DELEGATE]


def test_history_voice_and_format_reach_the_seat() -> None:
    rig = Rig()
    history = [
        {"role": "developer", "content": [{"type": "input_text", "text": "The order is late."}]},
        {"type": "message", "role": "user", "content": [{"text": "Hello."}]},
        {"role": "assistant", "content": [{"type": "output_text", "text": "Hi!"}]},
    ]
    audio = {"format": {"type": "audio/pcmu", "rate": 8000}, "output": {"voice": {"id": "voice_7"}}}
    session = rig.start(input=history, audio=audio)
    assert session["audio"] == {"format": {"type": "audio/pcmu", "rate": 8000}, "output": {"voice": "voice_7"}}
    assert [one["content"] for one in session["input"]] == [one["content"] for one in history]
    opening = rig.seat.opening
    assert opening.voice == "voice_7" and not opening.record
    assert opening.first[1:] == (
        Remember("input:0", "system", "The order is late."),
        Remember("input:1", "user", "Hello."),
        Remember("input:2", "duetto", "Hi!"),
    )


def test_the_backend_s_tools_are_offers_and_its_instructions_are_told_as_well() -> None:
    rig = Rig()
    delegation = responses(
        instructions="Use tools.", tools=[TOOL], tool_choice={"type": "function", "name": "get_weather"}
    )
    session = rig.start(instructions="Be brief.", delegation=delegation)
    assert session["delegation"] == delegation
    assert rig.seat.opening.first == (
        Brief("Be brief.\n\nUse tools.", (Offer("get_weather", "Of a place.", '{"type":"object"}'),), "get_weather"),
    )


def test_a_server_may_leave_the_delegating_out() -> None:
    rig = Rig(LiveSetup(delegates=False))
    rig.start(delegation={"type": "client", "acknowledgement_delay_ms": 100})
    assert rig.seat.opening.first == (Brief(None, (), "auto"),)


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.model"),
        ({"model": " "}, "invalid_value", "session.model"),
        ({"model": 5}, "invalid_type", "session.model"),
        ({"model": "m", "voice": "marin"}, "unknown_parameter", "session.voice"),
        ({"model": "m", "audio": {"input": {}}}, "unknown_parameter", "session.audio.input"),
        ({"model": "m", "audio": {"format": {"type": "audio/opus"}}}, "invalid_value", "session.audio.format.type"),
        (
            {"model": "m", "audio": {"format": {"type": "audio/pcm", "rate": 8000}}},
            "invalid_value",
            "session.audio.format.rate",
        ),
        ({"model": "m", "instructions": "x" * 98_305}, "string_above_max_length", "session.instructions"),
        ({"model": "m", "store": True}, "unsupported_value", "session.store"),
        ({"model": "m", "triggers": [{}]}, "unsupported_value", "session.triggers"),
        ({"model": "m", "delegation": {"type": "nobody"}}, "invalid_value", "session.delegation.type"),
        ({"model": "m", "delegation": {"type": "decisions"}}, "unsupported_value", "session.delegation.type"),
        (
            {"model": "m", "delegation": {"type": "responses"}},
            "missing_required_parameter",
            "session.delegation.responses",
        ),
        (
            {"model": "m", "delegation": {"type": "responses", "responses": {}}},
            "missing_required_parameter",
            "session.delegation.responses.model",
        ),
        (
            {"model": "m", "delegation": responses(temperature=1)},
            "unknown_parameter",
            "session.delegation.responses.temperature",
        ),
        (
            {"model": "m", "delegation": responses(tools=[TOOL, {"type": "web_search"}])},
            "unsupported_value",
            "session.delegation.responses.tools[1].type",
        ),
        (
            {"model": "m", "delegation": responses(tools=[TOOL, TOOL])},
            "invalid_value",
            "session.delegation.responses.tools[1].name",
        ),
        (
            {"model": "m", "delegation": responses(tools=[{"type": "function", "name": "a b"}])},
            "invalid_value",
            "session.delegation.responses.tools[0].name",
        ),
        (
            {"model": "m", "delegation": responses(tools=[TOOL], tool_choice={"type": "function", "name": "other"})},
            "invalid_value",
            "session.delegation.responses.tool_choice.name",
        ),
        (
            {"model": "m", "input": [{"role": "user", "content": [{"text": "a"}]}] * 129},
            "array_above_max_length",
            "session.input",
        ),
        (
            {"model": "m", "input": [{"role": "user", "content": [{"text": "a" * 49_153}]}]},
            "string_above_max_length",
            "session.input",
        ),
        (
            {"model": "m", "input": [{"role": "user", "content": [{"text": "a"}, {"text": "b"}]}]},
            "invalid_value",
            "session.input[0].content",
        ),
        (
            {"model": "m", "input": [{"role": "user", "content": [{"type": "output_text", "text": "a"}]}]},
            "invalid_value",
            "session.input[0].content[0].type",
        ),
        ({"model": "m", "input": [{"role": "system", "content": []}]}, "invalid_value", "session.input[0].role"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_field_and_another_may_follow(
    session: dict[str, Any], code: str, param: str
) -> None:
    rig = Rig()
    rig.send("session.start", event_id="mine", session=session)
    error = rig.error()
    assert (error["type"], error["code"], error["param"]) == ("invalid_request_error", code, param)
    assert param in error["message"] and error["client_event_id"] == "mine"
    assert not rig.host.seats
    rig.start()


def test_nothing_comes_before_the_start_and_there_is_one_start() -> None:
    rig = Rig()
    for kind, fields in (("session.input_audio.append", {"audio": ""}), ("session.close", {}), ("response.create", {})):
        rig.send(kind, **fields)
        assert rig.error()["code"] == "session_not_started"
    rig.start()
    rig.send("session.start", session={"model": MODEL})
    assert rig.error()["code"] == "session_already_started"


def test_a_full_server_says_so() -> None:
    rig = Rig(host=FakeHost(refuse=Refused("full", "no headroom")))
    rig.send("session.start", session={"model": MODEL})
    error = rig.error()
    assert (error["type"], error["code"], error["message"]) == ("server_error", "server_overloaded", "no headroom")
    rig.host.refuse = None
    rig.start()


@pytest.mark.parametrize(
    ("message", "code", "param"),
    [
        ("", "invalid_json", None),
        ("{", "invalid_json", None),
        ('{"type": "session.close", "more": ' + "[" * 5000, "invalid_json", None),
        ("[]", "invalid_type", None),
        ('{"no": 1}', "missing_required_parameter", "type"),
        ('{"type": 1}', "invalid_type", "type"),
        ('{"type": "session.stop"}', "unknown_event", "type"),
        ('{"type": "decision.create", "event_id": "e"}', "unsupported_event", "type"),
        ('{"type": "session.close", "event_id": 5}', "invalid_type", "event_id"),
        ('{"type": "session.close", "now": true}', "unknown_parameter", "now"),
        ('{"type": "session.close", "event_id": "' + "x" * 600 + '"}', "string_above_max_length", "event_id"),
        ('{"type": "session.input_audio.append", "audio": 5}', "invalid_type", "audio"),
        ('{"type": "session.input_audio.append", "audio": "?"}', "invalid_value", "audio"),
        ('{"type": "session.input_audio.append", "audio": "AAAA"}', "invalid_value", "audio"),
        ('{"type": "session.thinking.append"}', "missing_required_parameter", "content"),
        ("x" * 4_194_305, "message_too_large", None),
        (b"\xff\xfe", "invalid_json", None),
    ],
)
def test_a_message_that_is_wrong_is_answered_and_the_session_goes_on(message: Any, code: str, param: str) -> None:
    rig = Rig()
    rig.start()
    rig.wire.receive(message)
    error = rig.error()
    assert (error["code"], error["param"]) == (code, param)
    rig.send("session.input_audio.mute")
    assert rig.types() == ["session.input_audio.muted"]


def test_a_media_session_begins_from_the_body_of_its_request() -> None:
    rig = Rig(session={"model": MODEL, "audio": {"output": {"voice": "cedar"}}, "idle_timeout_s": 60})
    started, info = rig.take()
    assert started["session"]["audio"] == {"output": {"voice": "cedar"}} and info["code"] == "idle_timeout_ignored"
    for kind, fields in (
        ("session.start", {"session": {"model": MODEL}}),
        ("session.input_audio.append", {"audio": ""}),
    ):
        rig.send(kind, **fields)
        assert rig.error()["code"] == "unsupported_event"
    rig.step(voice=7)
    assert not rig.events and rig.wire.sound[:2] == b"\x07\x00"


@pytest.mark.parametrize(
    ("session", "param"),
    [
        (b"{", "session"),
        ({"model": MODEL, "audio": {"format": {"type": "audio/pcm", "rate": 24000}}}, "session.audio.format"),
        ({"model": MODEL, "idle_timeout_s": 0}, "session.idle_timeout_s"),
        (
            {"model": MODEL, "client": {"data_channel": {"allowed_server_events": [{"type": "response.event"}]}}},
            "session.client.data_channel.allowed_server_events[0].response_event",
        ),
    ],
)
def test_a_media_session_that_cannot_be_is_refused_before_it_begins(session: Any, param: str) -> None:
    with pytest.raises(Wrong) as caught:
        Rig(session=session)
    assert error_event(caught.value)["error"]["param"] == param


def test_what_happens_before_the_data_channel_is_open_waits_for_it() -> None:
    host = FakeHost()
    wire = LiveWire.media(host, SETUP, f'{{"model": "{MODEL}"}}')
    wire.receive('{"type": "session.input_audio.mute"}')
    ear = Ear()
    wire.connect(ear)
    wire.receive('{"type": "session.input_audio.unmute"}')
    assert ear.types() == ["session.started", "session.input_audio.muted", "session.input_audio.unmuted"]


def test_a_page_may_send_and_see_no_more_than_its_session_allows() -> None:
    channel = {
        "allowed_client_events": ["session.input_audio.mute"],
        "allowed_server_events": [
            {"type": "error"},
            {"type": "response.event", "response_event": "response.completed"},
        ],
    }
    delegation = responses(tools=[TOOL])
    rig = Rig(session={"model": MODEL, "client": {"data_channel": channel}, "delegation": delegation})
    _, aside = rig.attach()
    rig.send("session.input_audio.mute")
    assert not rig.events and aside.types()[-1] == "session.input_audio.muted"
    rig.send("session.close")
    assert rig.error()["code"] == "event_not_allowed"
    rig.send("response.create")
    assert rig.error()["code"] == "event_not_allowed"
