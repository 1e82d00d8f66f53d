import pybase64
import pytest
from realtime_rig import Rig, sound

from duetto.timeline.clock import ms
from duetto.timeline.command import Answer, Remember, Stop
from duetto.timeline.increment import Span
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    ReplyBegan,
    ReplyEnded,
    ReplyHeard,
    ReplyText,
    TurnBegan,
    TurnEnded,
    Used,
)
from duetto.wire.openai_realtime.calls import HOLD, OWED
from duetto.wire.openai_realtime.responses import MOST_APART, PATIENCE

WEATHER = {"type": "function", "name": "weather", "description": "d", "parameters": {"type": "object"}}
AUDIO = "response.output_audio.delta"
BEGIN = [
    "response.created",
    "response.output_item.added",
    "conversation.item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
    AUDIO,
]
END = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "conversation.item.done",
    "response.output_item.done",
    "response.done",
    "rate_limits.updated",
]


def rig(**setup):
    found = Rig(**setup)
    found.take()
    found.update(tools=[WEATHER])
    found.commands()
    return found


def create(one, **response):
    one.send("response.create", response=response)


def sent(one):
    return b"".join(pybase64.b64decode(e["delta"]) for e in one.events if e["type"] == AUDIO)


def done(one):
    return one.of("response.done")["response"]


# --- a reply, from beginning to end -------------------------------------------------------------------------------


def test_a_spoken_reply():
    one = rig()
    first, second = sound(1, 40), sound(1, 80)
    one.step(ReplyBegan(1), ReplyText(1, "Hello,"), first)
    one.step(ReplyText(1, "how are you?"), second, Used(1, 400, 200, 19, 6))
    one.step(ReplyEnded(1, "done"))
    assert sent(one) == first.samples + second.samples
    created = one.of("response.created")["response"]
    assert created["conversation_id"] == "conv_seat1" and created["usage"] is None
    assert created["audio"]["output"] == {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "duetto"}
    assert one.of("response.output_audio_transcript.done")["transcript"] == "Hello, how are you?"
    assert one.of("conversation.item.added")["item"]["content"] == []
    assert one.of("conversation.item.added")["item"]["status"] == "in_progress"
    response = done(one)
    assert response["status"] == "completed" and response["status_details"] is None
    assert response["output_modalities"] == ["audio"]
    (item,) = response["output"]
    assert item["status"] == "completed"
    assert item["content"] == [{"type": "output_audio", "transcript": "Hello, how are you?"}]
    usage = response["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]) == (100, 6, 106)
    assert usage["input_token_details"]["cached_tokens"] == 50
    assert one.types() == [*BEGIN, "response.output_audio_transcript.delta", AUDIO, *END]


def test_a_shown_reply():
    one = rig()
    one.update(output_modalities=["text"])
    one.step(ReplyBegan(1, spoken=False), ReplyText(1, "Hello."), ReplyEnded(1, "done"))
    assert one.of("response.output_text.done")["text"] == "Hello."
    assert done(one)["output"][0]["content"] == [{"type": "output_text", "text": "Hello."}]
    assert done(one)["output_modalities"] == ["text"]
    assert [kind for kind in one.types() if "audio" in kind] == []


@pytest.mark.parametrize(("kind", "per_second"), [("audio/pcmu", 8000), ("audio/pcma", 8000)])
def test_sound_in_g711(kind, per_second):
    one = rig()
    one.update(audio={"output": {"format": {"type": kind}}})
    one.step(ReplyBegan(1), ReplyText(1, "x"))
    for at in range(25):
        one.step(sound(1, 40 * at))
    one.step(ReplyEnded(1, "done"))
    assert len(sent(one)) == per_second
    assert one.of("response.created")["response"]["audio"]["output"]["format"] == {"type": kind}


def test_a_reply_without_anything_is_a_response_too():
    one = rig()
    one.step(ReplyBegan(1), ReplyEnded(1, "done"))
    assert one.types() == ["response.created", "response.done", "rate_limits.updated"]


def test_a_reply_that_fails_says_why():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "We"), sound(1, 0), ReplyEnded(1, "failed", "the model is gone"))
    response = done(one)
    assert response["status"] == "failed"
    assert response["status_details"]["error"]["message"] == "the model is gone"
    assert response["output"][0]["status"] == "incomplete"


def test_an_interruption():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "A long story"), sound(1, 0))
    one.take()
    one.step(TurnBegan(1, ms(30)), ReplyEnded(1, "cut"))
    assert done(one)["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    assert one.types() == ["input_audio_buffer.speech_started", *END]


def test_a_reply_that_takes_the_place_of_a_cut_one_comes_after_its_cancellation():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "A long story"), sound(1, 0))
    one.step(TurnBegan(1, ms(30)))
    one.take()
    one.step(TurnEnded(1, ms(60)), ReplyBegan(2), ReplyText(2, "Sorry?"), sound(2, 80), ReplyEnded(1, "cut"))
    assert done(one)["status_details"] == {"type": "cancelled", "reason": "turn_detected"}
    kinds = one.types()
    assert kinds.index("response.done") < kinds.index("response.created")


def test_a_reply_that_begins_over_another_ends_its_response():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "one"), sound(1, 0))
    one.step(ReplyBegan(2), ReplyText(2, "two"), sound(2, 40))
    one.step(ReplyText(1, "goes on"), sound(1, 80))
    one.step(ReplyEnded(2, "done"))
    one.step(ReplyEnded(1, "done"))
    told = [e["response"]["output"] for e in one.take() if e["type"] == "response.done"]
    assert [[item["content"][0]["transcript"] for item in output] for output in told] == [["one"], ["two"], ["goes on"]]


def test_the_rest_of_a_reply_is_truncated_by_its_own_beginning():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "one"), sound(1, 0, 100), ReplyHeard(1, "one", Span(0, 1), ms(100)))
    one.step(ReplyBegan(2), ReplyText(2, "two"), sound(2, 100))
    one.take()
    one.step(ReplyText(1, "three four"), sound(1, 200, 200))
    one.step(*(ReplyHeard(1, w, Span(0, 1), ms(at)) for w, at in (("three", 200), ("four", 300))), ReplyEnded(1, "cut"))
    item = next(e for e in one.events if e["type"] == "conversation.item.added")["item"]["id"]
    one.commands()
    one.send("conversation.item.truncate", item_id=item, content_index=0, audio_end_ms=100)
    assert [(command.reply, command.words) for command in one.commands()] == [(1, 2)]
    one.send("conversation.item.retrieve", item_id=item)
    assert one.of("conversation.item.retrieved")["item"]["content"][0]["transcript"] == "three"


# --- response.create ----------------------------------------------------------------------------------------------


def test_a_response_is_asked_for_and_matched():
    one = rig()
    create(one, instructions="Be brief.", metadata={"client_event_id": "7"})
    created = one.of("response.created")["response"]
    assert created["metadata"] == {"client_event_id": "7"}
    assert one.commands() == [Answer(created["id"], "Be brief.")]
    one.step(ReplyBegan(1, created["id"]), ReplyText(1, "Yes."), sound(1, 0), ReplyEnded(1, "done"))
    assert done(one)["id"] == created["id"] and done(one)["metadata"] == {"client_event_id": "7"}
    one.take()
    one.send("response.create")
    assert one.types() == ["response.created"]


def test_what_a_response_may_be():
    one = rig()
    create(one, output_modalities=["text"], tool_choice="none", max_output_tokens=50)
    created = one.of("response.created")["response"]
    assert created["output_modalities"] == ["text"] and created["max_output_tokens"] == 50
    (answer,) = one.commands()
    assert answer.speaks is False and answer.may_call is False
    one.step(ReplyBegan(1, created["id"], spoken=False), ReplyEnded(1, "done"))
    create(
        one,
        output_modalities=["audio"],
        tools=[WEATHER],
        audio={"output": {"format": {"type": "audio/pcmu"}, "voice": "cedar"}},
        conversation="auto",
    )
    (answer,) = one.commands()
    assert answer.speaks is True and answer.may_call is True
    assert one.take()[-1]["response"]["audio"]["output"]["format"] == {"type": "audio/pcmu"}


@pytest.mark.parametrize(
    ("response", "param"),
    [
        ({"conversation": "other"}, "response.conversation"),
        ({"input": []}, "response.input"),
        ({"tools": [{**WEATHER, "name": "unknown"}]}, "response.tools[0].name"),
        ({"tools": [{"type": "mcp"}]}, "response.tools[0].type"),
        ({"tool_choice": {"type": "function", "name": "unknown"}}, "response.tool_choice.name"),
        ({"output_modalities": ["video"]}, "response.output_modalities[0]"),
        ({"metadata": {"a": 1}}, "response.metadata[...]"),
        ({"metadata": {str(i): "" for i in range(17)}}, "response.metadata"),
        ({"audio": {"output": {"format": {"type": "mp3"}}}}, "response.audio.output.format.type"),
        ({"conversation": "none", "input": [{"type": "item_reference", "id": "x"}]}, "response.input[0].id"),
        ({"conversation": "none", "input": [{"type": "mcp_call"}]}, "response.input[0].type"),
    ],
)
def test_responses_that_cannot_be(response, param):
    one = rig()
    create(one, **response)
    assert one.error()["param"] == param
    assert one.commands() == []


def test_one_response_at_a_time():
    one = rig()
    one.step(ReplyBegan(1))
    one.take()
    create(one)
    assert one.error()["code"] == "conversation_already_has_active_response"
    one.step(ReplyEnded(1, "done"))
    one.take()
    create(one)
    assert one.types() == ["response.created"]


def test_a_reply_to_the_user_takes_the_response_that_is_waited_for():
    one = rig()
    create(one)
    id = one.take()[0]["response"]["id"]
    one.step(TurnEnded(1, 0), ReplyBegan(5), sound(5, 0), ReplyEnded(5, "done"))
    assert done(one)["id"] == id


def test_a_reply_that_never_comes_is_a_failure():
    one = rig()
    create(one)
    id = one.take()[0]["response"]["id"]
    one.seat.waiting = ms(1)  # sound is still being heard
    one.wait(PATIENCE / 1e6 + 1000)
    assert one.take() == []
    one.seat.waiting = 0
    one.wait(PATIENCE / 1e6)
    assert done(one)["status"] == "failed"
    one.take()
    one.commands()
    one.step(ReplyBegan(1, id), sound(1, 0))
    assert one.take() == [] and one.commands() == [Stop(1)]


# --- response.cancel ----------------------------------------------------------------------------------------------


def test_cancel():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "A long"), sound(1, 0))
    one.take()
    one.send("response.cancel")
    assert one.commands() == [Stop(1)]
    assert done(one)["status_details"] == {"type": "cancelled", "reason": "client_cancelled"}
    assert one.types() == END
    one.step(ReplyText(1, "story"), sound(1, 40))
    one.step(ReplyEnded(1, "cut"))
    assert one.take() == []
    create(one)
    assert one.types() == ["response.created"]


def test_cancel_before_the_reply_has_begun():
    one = rig()
    create(one)
    id = one.take()[0]["response"]["id"]
    one.send("response.cancel", response_id=id)
    assert one.types() == ["response.done", "rate_limits.updated"]
    one.commands()
    one.step(ReplyBegan(1, id), ReplyText(1, "no"), sound(1, 0), ReplyEnded(1, "cut"))
    assert one.take() == [] and one.commands() == [Stop(1)]


@pytest.mark.parametrize("id", [None, "resp_x"])
def test_cancel_with_nothing_to_cancel(id):
    one = rig()
    one.send("response.cancel", **({} if id is None else {"response_id": id}))
    error = one.error()
    assert error["code"] == "response_cancel_not_active"
    assert error["param"] == ("response_id" if id else None)


# --- out of band --------------------------------------------------------------------------------------------------


def test_out_of_band():
    one = rig()
    one.send(
        "conversation.item.create",
        item={"type": "message", "role": "user", "content": [{"type": "input_text", "text": "I am Ann."}], "id": "a"},
    )
    one.step(ReplyBegan(1), ReplyText(1, "Hello Ann."), sound(1, 0))
    one.take()
    one.commands()
    inputs = [
        {"type": "item_reference", "id": "a"},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Who is it?"}]},
    ]
    create(one, conversation="none", input=inputs, instructions="Classify.", metadata={"topic": "name"})
    created = one.take()[0]["response"]
    assert created["conversation_id"] is None and created["output_modalities"] == ["text"]
    assert one.commands() == [
        Answer(created["id"], "Classify.", None, apart=True, about="user: I am Ann.\nuser: Who is it?", may_call=False)
    ]
    one.step(ReplyBegan(2, created["id"], spoken=False), ReplyText(2, "Ann"), sound(1, 40))
    one.step(ReplyEnded(2, "done"))
    assert done(one)["id"] == created["id"] and done(one)["metadata"] == {"topic": "name"}
    kinds = one.types()
    assert not any(kind.startswith("conversation.") for kind in kinds)
    assert kinds.count(AUDIO) == 1  # the other goes on beside it
    one.step(ReplyEnded(1, "done"))
    assert done(one)["status"] == "completed"


def test_out_of_band_about_all_that_was_said():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "Hello Ann."), sound(1, 0), ReplyEnded(1, "done"))
    one.commands()
    create(one, conversation="none")
    assert one.commands()[0].about == "assistant: Hello Ann."
    create(one, conversation="none", input=[])
    assert one.commands()[0].about == ""


def test_out_of_band_responses_are_cancelled_by_name():
    one = rig()
    create(one, conversation="none")
    id = one.take()[0]["response"]["id"]
    one.send("response.cancel")
    assert one.error()["code"] == "response_cancel_not_active"
    one.step(ReplyBegan(3, id, spoken=False))
    one.commands()
    one.send("response.cancel", response_id=id)
    assert one.commands() == [Stop(3)] and done(one)["status"] == "cancelled"


def test_out_of_band_responses_are_bounded():
    one = rig()
    for _ in range(MOST_APART):
        create(one, conversation="none")
    one.take()
    create(one, conversation="none")
    assert one.error()["param"] == "response.conversation"


# --- calls --------------------------------------------------------------------------------------------------------


def call(one, reply=1, number=9):
    one.step(ReplyBegan(reply), CallMade(number, reply, "weather", '{"city":"Ulm"}', own=True))
    return one.of("response.output_item.done")["item"]["call_id"]


def output(one, call_id, text="sunny"):
    item = {"type": "function_call_output", "call_id": call_id, "output": text}
    one.send("conversation.item.create", item=item)


def test_a_call():
    one = rig()
    call(one)
    one.step(ReplyEnded(1, "done"))
    delta = one.of("response.function_call_arguments.delta")
    arguments = one.of("response.function_call_arguments.done")
    item = one.of("response.output_item.done")["item"]
    assert one.of("response.output_item.added")["item"]["arguments"] == ""
    assert delta["delta"] == arguments["arguments"] == item["arguments"] == '{"city":"Ulm"}'
    assert arguments["name"] == item["name"] == "weather"
    assert delta["call_id"] == arguments["call_id"] == item["call_id"]
    assert done(one)["output"] == [item]
    assert one.types() == [
        "response.created",
        "response.output_item.added",
        "conversation.item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "conversation.item.done",
        "response.output_item.done",
        "response.done",
        "rate_limits.updated",
    ]


def test_calls_of_the_servers_own_tools_are_not_told():
    one = rig()
    one.step(ReplyBegan(1), CallMade(9, 1, "clock", "{}", own=False))
    assert one.types() == ["response.created"]


def test_what_is_being_said_goes_on_beside_a_call():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "One moment."), sound(1, 0))
    one.step(CallMade(9, 1, "weather", "{}", own=True))
    one.step(sound(1, 40), ReplyEnded(1, "done"))
    message, function = done(one)["output"]
    assert (message["type"], function["type"]) == ("message", "function_call")
    assert len(sent(one)) == 2 * 1920


@pytest.mark.parametrize("over", [True, False], ids=["after response.done", "before response.done"])
def test_the_outcome_and_the_request_after_it_are_one_response(over):
    one = rig()
    id = call(one)
    if over:
        one.step(ReplyEnded(1, "done"))
    one.take()
    output(one, id)
    assert one.types() == ["conversation.item.added", "conversation.item.done"]
    assert one.seat.outcomes == []  # for a moment
    if not over:
        one.step(ReplyEnded(1, "done"))
        one.take()
    create(one, metadata={"a": "b"}, instructions="Sing it.")
    created = one.take()[0]["response"]
    assert created["metadata"] == {"a": "b"}
    assert one.seat.outcomes == [(9, "sunny", False)] and one.seat.silent == [9]  # no second reply
    assert one.seat.order[-2:] == ["outcome", "command"]
    assert one.commands() == [Answer(created["id"], "Sing it.")]
    one.wait(1000)
    assert len(one.seat.outcomes) == 1
    one.step(ReplyBegan(2, created["id"]), ReplyText(2, "It is sunny."), sound(2, 0), ReplyEnded(2, "done"))
    assert done(one)["id"] == created["id"]


def test_an_outcome_without_a_request_is_handed_on():
    one = rig()
    id = call(one)
    one.step(ReplyEnded(1, "done"))
    output(one, id)
    one.take()
    one.wait(HOLD / 1e6)
    assert one.seat.outcomes == [(9, "sunny", False)] and one.seat.silent == []
    one.step(ReplyBegan(2), sound(2, 0), ReplyEnded(2, "done"))
    assert done(one)["status"] == "completed"


def test_a_late_request_still_takes_the_reply_to_the_outcome():
    one = rig()
    id = call(one)
    one.step(ReplyEnded(1, "done"))
    output(one, id)
    one.wait(1000)
    one.take()
    create(one)
    created = one.take()[0]["response"]
    assert one.commands() == []
    one.step(ReplyBegan(2), sound(2, 0), ReplyEnded(2, "done"))
    assert done(one)["id"] == created["id"]


def test_if_nothing_comes_of_an_outcome_a_reply_is_asked_for():
    one = rig()
    id = call(one)
    one.step(ReplyEnded(1, "done"))
    output(one, id)
    one.wait(1000)
    create(one)
    created = one.take()[-1]["response"]
    assert one.commands() == []
    one.wait(OWED / 1e6)
    assert one.commands() == [Answer(created["id"])]
    one.step(ReplyBegan(2, created["id"]), sound(2, 0), ReplyEnded(2, "done"))
    assert done(one)["id"] == created["id"]


def test_a_cancelled_request_after_an_outcome_stops_its_reply():
    one = rig()
    id = call(one)
    one.step(ReplyEnded(1, "done"))
    output(one, id)
    one.wait(1000)
    create(one)
    one.send("response.cancel")
    assert one.commands() == [Stop()]


def test_several_calls_of_one_reply():
    one = rig()
    one.step(
        ReplyBegan(1),
        CallMade(1, 1, "weather", "{}", own=True),
        CallMade(2, 1, "weather", "{}", own=True),
        ReplyEnded(1, "done"),
    )
    ids = [item["call_id"] for item in done(one)["output"]]
    for id in ids:
        output(one, id)
    create(one)
    assert one.seat.outcomes == [(1, "sunny", False), (2, "sunny", False)] and one.seat.silent == [1, 2]
    assert len(one.commands()) == 1


@pytest.mark.parametrize("order", ["end first", "reply first"])
def test_a_request_while_the_words_with_the_call_are_spoken_waits_for_their_end(order):
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "One moment."), sound(1, 0), CallMade(9, 1, "weather", "{}", own=True))
    call_id = one.of("response.function_call_arguments.done")["call_id"]
    one.take()
    output(one, call_id)
    create(one, metadata={"a": "b"})
    assert one.types() == ["conversation.item.added", "conversation.item.done"]
    assert one.seat.outcomes == [(9, "sunny", False)] and one.seat.silent == []  # it is thought about already
    create(one)
    assert one.error()["code"] == "conversation_already_has_active_response"
    one.step(sound(1, 40))
    if order == "end first":
        one.step(ReplyEnded(1, "done"))
    one.step(ReplyBegan(2), ReplyText(2, "It is sunny."), sound(2, 80), ReplyEnded(1, "done"))
    one.step(ReplyEnded(2, "done"))
    assert one.commands() == []
    first, second = [e["response"] for e in one.take() if e["type"] == "response.done"]
    assert len(first["output"]) == 2 and first["metadata"] is None
    assert second["metadata"] == {"a": "b"} and second["output"][0]["content"][0]["transcript"] == "It is sunny."


def test_with_the_words_that_go_with_a_call_the_request_after_it_is_cancelled_too():
    one = rig()
    one.step(ReplyBegan(1), ReplyText(1, "One moment."), sound(1, 0), CallMade(9, 1, "weather", "{}", own=True))
    output(one, one.of("response.function_call_arguments.done")["call_id"])
    create(one)
    one.take()
    one.send("response.cancel")
    assert done(one)["status"] == "cancelled"
    assert one.types().count("response.created") == 0


def test_of_two_replies_the_first_to_speak_takes_the_response():
    one = rig()
    create(one)
    id = one.take()[0]["response"]["id"]
    one.step(ReplyBegan(1, id))
    one.step(ReplyBegan(2), ReplyText(2, "It is noon."), sound(2, 0), ReplyEnded(2, "done"))
    assert done(one)["id"] == id
    one.take()
    one.step(ReplyText(1, "Hello."), sound(1, 40), ReplyEnded(1, "done"))
    assert done(one)["output"][0]["content"][0]["transcript"] == "Hello."


def test_a_reply_out_of_band_lets_an_outcome_wait():
    one = rig()
    id = call(one)
    one.step(ReplyEnded(1, "done"))
    output(one, id)
    create(one, conversation="none")
    assert one.seat.outcomes == []


def test_an_outcome_that_is_not_wanted_any_more_is_not_handed_on():
    one = rig()
    id = call(one)
    one.step(ReplyEnded(1, "cut"), CallWithdrawn(9))
    one.take()
    output(one, id)
    assert one.types() == ["conversation.item.added", "conversation.item.done"]
    one.wait(1000)
    assert one.seat.outcomes == []
    create(one)
    assert len(one.commands()) == 1


def test_a_second_outcome_is_told_in_words():
    one = rig()
    id = call(one)
    output(one, id)
    output(one, id, "no, rainy")
    (remember,) = one.commands()
    assert isinstance(remember, Remember) and "rainy" in remember.text


# --- WebRTC -------------------------------------------------------------------------------------------------------


def test_over_a_track_there_is_no_sound_in_events():
    one = rig(rtc=True)
    one.step(ReplyBegan(1), ReplyText(1, "Hello."), sound(1, 0))
    one.step(sound(1, 40))
    one.step(ReplyEnded(1, "done"))
    kinds = one.types()
    assert AUDIO not in kinds
    assert kinds.count("output_audio_buffer.started") == 1
    assert kinds[-3:] == ["response.done", "output_audio_buffer.stopped", "rate_limits.updated"]


@pytest.mark.parametrize("by", ["user", "cancel", "clear"])
def test_over_a_track_the_server_knows_what_was_played(by):
    one = rig(rtc=True)
    one.step(ReplyBegan(1), ReplyText(1, "Hello."), sound(1, 0, 120))
    one.take()
    if by == "user":
        one.step(TurnBegan(1, 0), ReplyEnded(1, "cut"))
    else:
        one.send("response.cancel" if by == "cancel" else "output_audio_buffer.clear")
    assert one.of("conversation.item.truncated")["audio_end_ms"] == 120
    reason = "turn_detected" if by == "user" else "client_cancelled"
    assert done(one)["status_details"]["reason"] == reason
    assert "output_audio_buffer.cleared" in one.types()
    one.send("output_audio_buffer.clear")
    assert one.take() == []


def test_the_output_buffer_is_the_clients_on_a_websocket():
    one = rig()
    one.send("output_audio_buffer.clear")
    assert one.error()["param"] == "type"
