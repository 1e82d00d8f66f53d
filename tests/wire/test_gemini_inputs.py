"""What a Gemini Live client sends, as it reaches the conversation."""

from __future__ import annotations

import numpy as np
import pytest
from gemini_rig import CUT, Rig, audio, b64, picture

from duetto.timeline.clock import s
from duetto.timeline.command import Answer, Brief, Offer, Over, Remember, Stop
from duetto.wire.happening import CallMade, CallWithdrawn, ReplyEnded, ReplySound
from duetto.wire.seat import Refused

MANUAL = {"realtimeInputConfig": {"automaticActivityDetection": {"disabled": True}}}
ANSWER = Answer(tag="gemini")


def ready(**setup) -> Rig:
    rig = Rig()
    rig.set_up(**setup)
    return rig


def told(rig: Rig) -> list:
    """Commands, without the names of what is remembered."""
    return [
        Remember("", command.who, command.text, command.picture) if isinstance(command, Remember) else command
        for command in rig.seat.commands
    ]


def tools(*names: str, behind: bool = False) -> list[dict]:
    behaviour = {"behavior": "NON_BLOCKING"} if behind else {}
    return [{"functionDeclarations": [{"name": name, **behaviour} for name in names]}]


def calling(behind: bool = True) -> Rig:
    rig = ready(tools=tools("light", behind=behind))
    rig.happen(CallMade(7, 1, "light", "{}", own=True))
    return rig


def respond(rig: Rig, **response) -> list[dict]:
    return rig.say(toolResponse={"functionResponses": [{"id": "function-call-7", "name": "light", **response}]})


# --- sound ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url_safe", [False, True])
@pytest.mark.parametrize("name", ["realtimeInput", "realtime_input"])
def test_sound_is_heard(url_safe, name):
    rig = ready()
    samples = [-1, 1022, -257, 0]  # + and / in base64
    rig.say(**{name: {"audio": audio(samples, url_safe=url_safe)}})
    ((heard, rate),) = rig.seat.heard
    assert heard.tolist() == samples
    assert rate == 16_000


@pytest.mark.parametrize(
    ("mime", "rate"),
    [("", 16_000), ("audio/pcm", 16_000), ("audio/pcm; Rate=24000", 24_000), ("audio/l16;rate=8000;channels=1", 8_000)],
)
def test_the_type_of_sound_says_its_rate(mime, rate):
    rig = ready()
    rig.say(realtimeInput={"audio": {"data": b64(b"\0\0"), "mime_type": mime}})
    assert [rate for _, rate in rig.seat.heard] == [rate]


def test_base64_needs_no_padding():
    rig = ready()
    rig.say(realtimeInput={"audio": {"data": "AQA"}})
    assert rig.seat.heard[0][0].tolist() == [1]


def test_media_chunks_are_sound_and_pictures():
    rig = ready()
    jpeg = picture()
    rig.say(realtimeInput={"mediaChunks": [audio(), {"data": b64(jpeg), "mimeType": "image/jpeg"}]})
    assert rig.seat.order == ["hear", "see"]
    assert rig.seat.seen == [("camera", jpeg)]


def test_the_end_of_the_microphone_ends_the_turn():
    rig = ready()
    rig.say(realtimeInput={"audio": audio(), "audioStreamEnd": True})
    assert rig.seat.order == ["hear", "command"]
    assert rig.seat.commands == [Over()]


def test_more_sound_than_may_wait_closes_and_says_so():
    rig = ready()
    rig.seat.refuse = Refused("flood", "more than 30 s of sound waits", "audio")
    rig.say(realtimeInput={"audio": audio()})
    assert rig.faults == [(1008, "realtimeInput.audio: more than 30 s of sound waits")]


# --- sight ------------------------------------------------------------------------------------------------------


def test_a_jpeg_is_seen_as_it_is_and_a_png_decoded():
    rig = ready()
    jpeg, png = picture(), picture(".png")
    rig.say(realtimeInput={"video": {"data": b64(jpeg), "mimeType": "image/jpeg"}})
    rig.say(realtimeInput={"video": {"data": b64(png, url_safe=True), "mimeType": "image/png"}})
    (_, first), (_, second) = rig.seat.seen
    assert first == jpeg
    assert second.shape == (24, 32, 3)
    assert second[0, 31].tolist() == [10, 200, 90]


def bomb() -> bytes:
    """A PNG that says it is 65,535 pixels wide and high."""
    png = bytearray(picture(".png"))
    png[16:24] = bytes([0, 0, 255, 255] * 2)
    return bytes(png)


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        ({"data": "", "mimeType": "image/webp"}, "video.mimeType: image/jpeg or image/png is needed"),
        ({"data": "!", "mimeType": "image/png"}, "video.data: "),
        ({"data": "", "mimeType": "image/png"}, "video.data: "),
        ({"data": b64(b"\x89PNG\r\n\x1a\n"), "mimeType": "image/png"}, "video.data: a PNG without a size"),
        ({"data": b64(bomb()), "mimeType": "image/png"}, "video.data: 65535×65535 pixels, the limit is 8294400"),
        ({"data": b64(picture(".png")[:40]), "mimeType": "image/png"}, "video.data: a PNG that cannot be decoded"),
        ({"data": b64(picture()[:60]), "mimeType": "image/jpeg"}, "video.data: "),
        ({"data": b64(b"GIF89a"), "mimeType": "image/jpeg"}, "video.data: not a JPEG"),
        (
            {"data": b64(bytes(2**22 + 1)), "mimeType": "image/jpeg"},
            "video.data: 4194305 bytes, the limit is 4194304",
        ),
    ],
)
def test_what_is_no_picture_is_refused(blob, reason):
    rig = ready()
    rig.say(realtimeInput={"video": blob})
    assert rig.reason.startswith(f"realtimeInput.{reason}")
    assert not rig.seat.seen


def test_more_text_than_may_wait_closes_and_says_so():
    rig = ready()
    rig.seat.refuse = Refused("flood", "more keys are waiting than may", "op")
    rig.say(realtimeInput={"text": "Hello."})
    assert rig.faults == [(1008, "realtimeInput.text: more keys are waiting than may")]


def test_what_the_conversation_cannot_see_names_its_field():
    rig = ready()
    rig.seat.see = lambda found: (_ for _ in ()).throw(ValueError("picture: too large"))
    rig.say(realtimeInput={"video": {"data": b64(picture()), "mimeType": "image/jpeg"}})
    assert rig.faults == [(1007, "realtimeInput.video.data: picture: too large")]


# --- text and activity ------------------------------------------------------------------------------------------


def test_text_is_typed():
    rig = ready()
    rig.say(realtimeInput={"text": "Hello."})
    rig.say(realtimeInput={"text": "  "})
    assert rig.seat.lines == ["Hello."]


def test_manual_activity_is_a_turn_with_the_sound_in_it():
    rig = ready(**MANUAL)
    rig.say(realtimeInput={"audio": audio([9])})  # before the activity: no part of it
    rig.say(realtime_input={"activity_start": {}})
    rig.say(realtimeInput={"audio": audio([1])})
    rig.say(realtimeInput={"audio": audio([2]), "text": "and this"})
    rig.say(realtimeInput={"activityEnd": {}})
    assert [heard.tolist() for heard, _ in rig.seat.heard] == [[1], [2]]
    assert told(rig) == [Stop(), Remember("", "user", "and this"), Over(), ANSWER]
    assert not rig.seat.lines
    assert not rig.faults


def test_manual_activity_without_interruption_and_with_all_sound():
    config = {**MANUAL["realtimeInputConfig"], "activityHandling": "NO_INTERRUPTION", "turnCoverage": "x"}
    config["turnCoverage"] = "TURN_INCLUDES_ALL_INPUT"
    rig = ready(realtimeInputConfig=config)
    rig.say(realtimeInput={"audio": audio([9])})
    rig.say(realtimeInput={"activityStart": {}})
    rig.say(realtimeInput={"audioStreamEnd": True})
    assert len(rig.seat.heard) == 1
    assert rig.seat.commands == []


def test_text_outside_a_manual_activity_is_answered_at_once():
    rig = ready(**MANUAL)
    rig.say(realtimeInput={"text": "Hello."})
    assert told(rig) == [Remember("", "user", "Hello."), ANSWER]


@pytest.mark.parametrize(
    ("setup", "messages", "reason"),
    [
        ({}, [{"activityStart": {}}], "realtimeInput.activityStart: only with"),
        ({}, [{"activityEnd": {}}], "realtimeInput.activityEnd: only with"),
        (MANUAL, [{"activityEnd": {}}], "realtimeInput.activityEnd: no activity has been started"),
        (MANUAL, [{"activityStart": {}}] * 2, "realtimeInput.activityStart: an activity has been started already"),
        ({}, [{}], "realtimeInput: one of audio"),
        ({}, [{"vidoe": {}}], "realtimeInput: one of audio"),
        ({}, [{"audio": "x"}], "realtimeInput.audio: expected object"),
        ({}, [{"audio": {"data": "A", "mimeType": "audio/pcm"}}], "realtimeInput.audio.data: "),
        ({}, [{"audio": {"data": b64(b"abc")}}], "realtimeInput.audio.data: "),
        ({}, [{"audio": {"data": "", "mimeType": "audio/wav"}}], "realtimeInput.audio.mimeType: audio/pcm;rate=16000"),
        ({}, [{"audio": audio(rate=7)}], "realtimeInput.audio.mimeType: rate from 8000 to 96000"),
        ({}, [{"mediaChunks": [audio(), {"mimeType": "text/plain"}]}], "realtimeInput.mediaChunks[1].mimeType: "),
    ],
)
def test_realtime_input_that_makes_no_sense_is_named(setup, messages, reason):
    rig = ready(**setup)
    for message in messages:
        rig.say(realtimeInput=message)
    assert rig.reason.startswith(reason)
    assert rig.faults[0][0] == 1007


# --- turns ------------------------------------------------------------------------------------------------------


def test_content_is_remembered_and_answered():
    rig = ready()
    turns = [
        {"role": "user", "parts": [{"text": "What is"}, {"text": "this?"}]},
        {"role": "model", "parts": [{"thought": True, "text": "hm"}, {"text": "A house."}]},
        {"parts": [{"text": "And now?"}, {"inlineData": {"mimeType": "image/jpeg", "data": b64(picture())}}]},
    ]
    rig.say(client_content={"turns": turns, "turn_complete": True})
    assert told(rig) == [
        Stop(),
        Remember("", "user", "What is\nthis?"),
        Remember("", "duetto", "A house."),
        Remember("", "user", "And now?", picture()),
        ANSWER,
    ]
    names = [command.source for command in rig.seat.commands if isinstance(command, Remember)]
    assert len(set(names)) == 3


def test_content_that_is_not_complete_is_not_answered():
    rig = ready()
    rig.say(clientContent={"turns": [{"role": "user", "parts": [{"text": "Hello."}]}]})
    rig.say(clientContent={"turnComplete": True})
    assert told(rig) == [Stop(), Remember("", "user", "Hello."), Stop(), ANSWER]


def test_the_history_before_the_conversation_is_not_answered():
    rig = ready(historyConfig={"initialHistoryInClientContent": True})
    rig.say(clientContent={"turns": [{"role": "user", "parts": [{"text": "I am Ann."}]}]})
    rig.say(clientContent={"turns": [{"role": "model", "parts": [{"text": "Hello Ann."}]}], "turnComplete": True})
    assert told(rig) == [Remember("", "user", "I am Ann."), Remember("", "duetto", "Hello Ann.")]
    rig.say(clientContent={"turnComplete": True})
    assert told(rig)[2:] == [Stop(), ANSWER]


def test_a_picture_is_kept_as_jpeg_each_by_itself():
    rig = ready()
    png = {"inlineData": {"mimeType": "image/png", "data": b64(picture(".png"))}}
    rig.say(clientContent={"turns": [{"parts": [png, png, {"text": "Which?"}]}]})
    _, first, second = rig.seat.commands
    assert (first.text, second.text) == ("", "Which?")
    assert first.picture[:2] == second.picture[:2] == b"\xff\xd8"


def test_earlier_calls_are_told_to_the_brain():
    rig = ready()
    call = {"functionCall": {"name": "light", "args": {"room_name": "hall"}}}
    outcome = {"functionResponse": {"name": "light", "response": {"output": "on"}}}
    rig.say(clientContent={"turns": [{"role": "model", "parts": [call]}, {"role": "user", "parts": [outcome]}]})
    assert told(rig)[1:] == [
        Remember("", "system", 'light was called with {"room_name":"hall"}.'),
        Remember("", "system", 'light gave {"output":"on"}.'),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({"turns": {}}, "clientContent.turns: expected array"),
        ({"turns": [{"role": "duetto"}]}, "clientContent.turns[0].role: user or model"),
        ({"turns": [{"parts": [{"text": 3.5}]}]}, "clientContent.turns[0].parts[0].text: "),
        ({"turns": [{"parts": [{}]}]}, "clientContent.turns[0].parts[0]: text, inlineData"),
        ({"turns": [{"parts": [{"fileData": {"fileUri": "x"}}]}]}, "clientContent.turns[0].parts[0]: text, inlineData"),
        ({"turns": [{"parts": [{"inlineData": audio()}]}]}, "clientContent.turns[0].parts[0].inlineData.mimeType: "),
        ({"turns": [{"parts": [{"text": "x" * 100_001}]}]}, "clientContent.turns[0]: 100001 characters"),
        ({"turns": [{}] * 513}, "clientContent.turns: 513 turns, the limit is 512"),
    ],
)
def test_content_that_makes_no_sense_is_named(content, reason):
    rig = ready()
    rig.say(clientContent=content)
    assert rig.reason.startswith(reason)
    assert not rig.seat.commands


# --- tools and context ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("response", "outcome"),
    [
        ({"output": "on"}, ("on", False)),
        ({"output": {"a_b": 1}}, ('{"a_b":1}', False)),
        ({"error": "no such room"}, ("no such room", True)),
        ({"result": "ok", "n": None}, ('{"result":"ok","n":null}', False)),
        ({}, ("{}", False)),
    ],
)
@pytest.mark.parametrize("behind", [False, True])
def test_the_outcome_of_a_call(response, outcome, behind):
    rig = calling(behind)
    respond(rig, response=response)
    assert rig.seat.outcomes == [(7, *outcome)]
    assert not rig.seat.silent
    assert not rig.seat.commands


def test_an_outcome_may_be_silent_or_interrupt():
    rig = calling()
    respond(rig, response={"output": "on"}, scheduling="SILENT")
    assert rig.seat.silent == [7]
    rig = calling()
    respond(rig, response={"output": "on"}, scheduling="interrupt")
    assert rig.seat.order[-2:] == ["command", "outcome"]
    assert rig.seat.commands == [Stop()]


def test_scheduling_means_nothing_where_the_talk_waits():
    rig = calling(behind=False)
    respond(rig, response={"output": "on"}, scheduling="SILENT", willContinue=True)
    assert rig.seat.outcomes == [(7, "on", False)]
    assert not rig.seat.silent


def test_an_outcome_may_come_in_pieces():
    rig = calling()
    respond(rig, response={"output": "half way"}, willContinue=True)
    respond(rig, response={"output": "nearly"}, willContinue=True, scheduling="SILENT")
    assert told(rig) == [
        Remember("", "system", "light says so far: half way"),
        ANSWER,
        Remember("", "system", "light says so far: nearly"),
    ]
    assert not rig.seat.outcomes
    respond(rig, response={"output": "done"})
    assert rig.seat.outcomes == [(7, "done", False)]


def test_an_outcome_that_comes_too_late_is_nothing():
    rig = calling()
    rig.happen(CallWithdrawn(7))
    respond(rig, response={"output": "on"})
    assert not rig.seat.outcomes
    rig = calling()
    respond(rig, response={"output": "on"})
    respond(rig, response={"output": "on"})
    assert len(rig.seat.outcomes) == 1
    assert not rig.faults


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ([], "toolResponse.functionResponses: from 1 to 128 (got 0)"),
        ([{"name": "light"}], "toolResponse.functionResponses[0].id: the id of the call is needed"),
        ([{"id": "function-call-8"}], "toolResponse.functionResponses[0].id: no call 'function-call-8'"),
        ([{"id": "x"}], "toolResponse.functionResponses[0].id: no call 'x'"),
        ([{"id": "function-call-7", "response": "on"}], "toolResponse.functionResponses[0].response: expected object"),
        ([{"id": "function-call-7", "scheduling": "SOON"}], "toolResponse.functionResponses[0].scheduling: one of "),
    ],
)
def test_a_response_that_makes_no_sense_is_named(response, reason):
    rig = calling()
    rig.say(toolResponse={"functionResponses": response})
    assert rig.reason.startswith(reason)


def test_the_context_can_change():
    rig = ready(tools=tools("light"))
    rig.say(contextUpdate={"systemInstruction": {"parts": [{"text": "Be kind."}]}})
    rig.say(context_update={"tools": {"tools": tools("fan", behind=True)}})
    rig.say(contextUpdate={"tools": []})
    schema = '{"type":"object","properties":{}}'
    assert rig.seat.commands == [
        Brief(instructions="Be kind."),
        Brief(offers=(Offer("fan", parameters=schema, behind=True),)),
        Brief(offers=()),
    ]
    rig.say(contextUpdate={"tools": {"tools": [{"codeExecution": {}}]}})
    assert rig.reason.startswith("contextUpdate.tools.tools[0].codeExecution: not offered here")


def test_a_tool_that_came_later_has_its_behaviour():
    rig = ready()
    rig.say(contextUpdate={"tools": {"tools": tools("light", behind=True)}})
    rig.happen(CallMade(7, 1, "light", "{}", own=True))
    respond(rig, scheduling="SILENT")
    assert rig.seat.silent == [7]


# --- interplay --------------------------------------------------------------------------------------------------


def test_content_interrupts_and_then_is_answered():
    rig = ready()
    rig.happen(ReplySound(1, 0, b"\0\0"))
    rig.say(clientContent={"turns": [{"parts": [{"text": "Wait."}]}], "turnComplete": True})
    assert rig.happen(ReplyEnded(1, "cut")) == CUT


def test_a_reply_asked_for_that_never_comes_ends_the_wait():
    rig = ready()
    rig.say(clientContent={"turnComplete": True})
    assert rig.happen(after=s(19)) == []
    assert rig.happen(after=s(1)) == [
        {"serverContent": {"waitingForInput": True}},
        {
            "serverContent": {
                "turnComplete": True,
                "interactionStatus": "IDLE",
                "turnCompleteReason": "NEED_MORE_INPUT",
            }
        },
    ]
    assert rig.happen(after=s(30)) == []


def test_the_sound_given_is_the_sound_heard():
    rig = ready()
    rng = np.random.default_rng(5)
    samples = rng.integers(-(2**15), 2**15, 1600)
    rig.say(realtimeInput={"audio": audio(samples)})
    assert np.array_equal(rig.seat.heard[0][0], samples)
