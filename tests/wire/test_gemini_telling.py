"""What a Gemini Live client is told, in the order in which the protocol has it."""

from __future__ import annotations

import base64

from gemini_rig import CUT, DONE, Rig, content, part

from duetto.timeline.clock import ms, s
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    Noticed,
    ReplyBegan,
    ReplyEnded,
    ReplySound,
    ReplyText,
    TurnBegan,
    TurnEnded,
    TurnWords,
    Used,
)

SOUND = b"\1\0\2\0"
HEARD = part(inlineData={"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(SOUND).decode()})
SPOKEN = {"inputAudioTranscription": {}, "outputAudioTranscription": {}}
LIGHT = [{"functionDeclarations": [{"name": "light"}, {"name": "look", "behavior": "NON_BLOCKING"}]}]


def ready(**setup) -> Rig:
    rig = Rig()
    rig.set_up(**setup)
    return rig


def sound(reply: int) -> ReplySound:
    return ReplySound(reply, 0, SOUND)


def call(number: int, name: str = "light", arguments: str = '{"room_name": "hall"}') -> CallMade:
    return CallMade(number, 1, name, arguments, own=True)


def tool_call(number: int, name: str = "light", args=None) -> dict:
    made = {"id": f"function-call-{number}", "name": name, "args": args or {"room_name": "hall"}}
    return {"toolCall": {"functionCalls": [made]}}


def test_a_spoken_reply():
    rig = ready(**SPOKEN)
    assert rig.happen(ReplyBegan(1)) == []
    assert rig.happen(ReplyText(1, "Hello."), sound(1)) == [content(outputTranscription={"text": "Hello."}), HEARD]
    assert rig.happen(sound(1)) == [HEARD]
    assert rig.happen(ReplyText(1, "How are you?")) == [content(outputTranscription={"text": " How are you?"})]
    assert rig.happen(ReplyEnded(1, "done")) == DONE


def test_transcripts_come_only_when_asked_for():
    rig = ready()
    assert rig.happen(TurnBegan(1, 0), TurnWords(1, "hello"), TurnEnded(1, 5), TurnWords(1, "hello", final=True)) == []
    assert rig.happen(ReplyBegan(1), ReplyText(1, "Hello.")) == []


def test_a_written_reply():
    rig = ready(generationConfig={"responseModalities": ["TEXT"]})
    assert rig.happen(ReplyBegan(1, spoken=False), ReplyText(1, "One."), ReplyText(1, "Two.")) == [
        part(text="One."),
        part(text=" Two."),
    ]
    assert rig.happen(ReplyEnded(1, "done")) == DONE


def test_what_the_user_says_is_transcribed():
    rig = ready(**SPOKEN)
    interim = [content(interimInputTranscription={"text": text}) for text in ("turn", "turn the")]
    assert rig.happen(TurnBegan(1, 0)) == []
    assert rig.happen(TurnWords(1, "turn"), TurnWords(1, "turn")) == interim[:1]
    assert rig.happen(TurnWords(1, "turn the")) == interim[1:]
    assert rig.happen(TurnEnded(1, 5), TurnWords(1, "turn that", final=True)) == [
        content(inputTranscription={"text": "turn that", "finished": True})
    ]
    assert rig.happen(TurnBegan(2, 0), TurnEnded(2, 9), TurnWords(2, "", final=True)) == []


def test_an_interrupted_turn_has_no_generation_complete():
    rig = ready()
    rig.happen(ReplyBegan(1), sound(1))
    assert rig.happen(ReplyEnded(1, "cut")) == CUT
    assert rig.happen() == []


def test_the_client_stops_playing_as_soon_as_the_user_takes_the_floor():
    rig = ready()
    rig.happen(ReplyBegan(1), sound(1))
    assert rig.happen(TurnBegan(4, 0)) == CUT
    assert rig.happen() == []
    assert rig.happen(ReplyEnded(1, "cut")) == []
    assert rig.happen(ReplyBegan(2), sound(2), ReplyEnded(2, "done")) == [HEARD, *DONE]


def test_a_reply_that_goes_on_after_all_is_a_new_turn():
    rig = ready(**SPOKEN)
    rig.happen(ReplyBegan(1), ReplyText(1, "One"), sound(1))
    assert rig.happen(TurnBegan(4, 0)) == CUT
    assert rig.happen(ReplyText(1, "two."), sound(1)) == [content(outputTranscription={"text": "two."}), HEARD]
    assert rig.happen(ReplyEnded(1, "done")) == DONE


def test_without_interruption_the_reply_goes_on():
    rig = ready(realtimeInputConfig={"activityHandling": "NO_INTERRUPTION"})
    rig.happen(ReplyBegan(1), sound(1))
    assert rig.happen(TurnBegan(4, 0), sound(1)) == [HEARD]


def test_several_replies_that_are_cut_are_one_interruption():
    rig = ready()
    rig.happen(ReplyBegan(1), sound(1), ReplyBegan(2))
    assert rig.happen(ReplyEnded(1, "cut"), ReplyEnded(2, "cut")) == CUT


def test_the_reply_after_a_cut_one_is_a_turn_of_its_own():
    rig = ready()
    rig.happen(ReplyBegan(1), sound(1))
    assert rig.happen(ReplyEnded(1, "cut"), ReplyBegan(2), sound(2)) == [*CUT, HEARD]
    assert rig.happen(ReplyEnded(2, "done")) == DONE


def test_a_reply_in_the_place_of_another_interrupts_nothing():
    rig = ready()
    rig.happen(ReplyBegan(1), sound(1))
    assert rig.happen(ReplyBegan(2), sound(2), ReplyEnded(1, "cut")) == [HEARD]
    assert rig.happen(ReplyEnded(2, "done")) == DONE


def test_a_reply_of_nothing_completes_its_turn():
    rig = ready()
    assert rig.happen(ReplyBegan(1), ReplyEnded(1, "done")) == DONE


def test_a_reply_that_failed_completes_its_turn():
    rig = ready()
    rig.happen(ReplyBegan(1))
    (told,) = rig.happen(Noticed("brain", "no answer"), ReplyEnded(1, "failed", "no answer"))
    assert told["serverContent"]["turnComplete"] is True
    assert told["serverContent"]["turnCompleteReason"] == "RESPONSE_REJECTED"


def test_usage_comes_with_the_end_of_the_turn():
    rig = ready()
    rig.happen(ReplyBegan(1), sound(1), Used(1, 401, 40, 9, 0), Used(1, 8, 0, 9, 5))
    *_, last = rig.happen(ReplyEnded(1, "done"))
    assert last["usageMetadata"] == {
        "promptTokenCount": 103,
        "cachedContentTokenCount": 10,
        "responseTokenCount": 8,
        "totalTokenCount": 111,
    }
    assert last["serverContent"]["turnComplete"] is True
    assert rig.happen(Used(2, 4, 0, 0, 1)) == [
        {"usageMetadata": {"promptTokenCount": 1, "responseTokenCount": 1, "totalTokenCount": 2}}
    ]


# --- tools ------------------------------------------------------------------------------------------------------


def test_a_turn_goes_on_over_a_call_that_the_talk_waits_for():
    rig = ready(tools=LIGHT)
    assert rig.happen(ReplyBegan(1), call(3), ReplyEnded(1, "done")) == [tool_call(3)]
    assert rig.happen(after=s(9)) == []
    rig.say(toolResponse={"functionResponses": [{"id": "function-call-3", "response": {"output": "on"}}]})
    assert rig.seat.outcomes == [(3, "on", False)]
    assert rig.happen() == []
    assert rig.happen(ReplyBegan(2), sound(2)) == [HEARD]
    assert rig.happen(ReplyEnded(2, "done")) == DONE


def test_an_outcome_that_comes_while_the_reply_still_sounds():
    rig = ready(tools=LIGHT)
    rig.happen(ReplyBegan(1), sound(1), call(3))
    rig.say(toolResponse={"functionResponses": [{"id": "function-call-3"}]})
    assert rig.happen(ReplyEnded(1, "done")) == []
    assert rig.happen(ReplyBegan(2), sound(2), ReplyEnded(2, "done")) == [HEARD, *DONE]


def test_an_outcome_to_which_nothing_is_said_ends_the_turn_in_the_end():
    rig = ready(tools=LIGHT)
    rig.happen(ReplyBegan(1), call(3), ReplyEnded(1, "done"))
    rig.say(toolResponse={"functionResponses": [{"id": "function-call-3"}]})
    assert rig.happen(after=s(9)) == []
    assert rig.happen(after=s(1)) == DONE


def test_a_turn_of_the_users_overtakes_the_wait():
    rig = ready(tools=LIGHT)
    rig.happen(ReplyBegan(1), call(3), ReplyEnded(1, "done"))
    assert rig.happen(TurnBegan(2, 0)) == []
    assert rig.happen(TurnEnded(2, 0)) == DONE


def test_calls_of_one_micro_turn_come_together():
    rig = ready(tools=LIGHT)
    first, second = tool_call(3)["toolCall"]["functionCalls"], tool_call(4)["toolCall"]["functionCalls"]
    assert rig.happen(call(3), call(4)) == [{"toolCall": {"functionCalls": [*first, *second]}}]


def test_a_call_behind_the_talk_does_not_hold_the_turn():
    rig = ready(tools=LIGHT)
    rig.happen(ReplyBegan(1), sound(1))
    assert rig.happen(call(3, "look", ""), ReplyEnded(1, "done")) == [
        {"toolCall": {"functionCalls": [{"id": "function-call-3", "name": "look", "args": {}}]}},
        *DONE,
    ]


def test_tools_of_the_server_are_not_told():
    rig = ready(tools=LIGHT)
    assert rig.happen(CallMade(3, 1, "search", "{}", own=False), CallWithdrawn(3)) == []


def test_a_call_that_is_not_wanted_any_more_is_cancelled():
    rig = ready(tools=LIGHT)
    rig.happen(ReplyBegan(1), call(3), ReplyEnded(1, "done"))
    assert rig.happen(CallWithdrawn(3)) == [{"toolCallCancellation": {"ids": ["function-call-3"]}}, *DONE]
    assert rig.happen(CallWithdrawn(3)) == []
    assert rig.happen(call(4), CallWithdrawn(4)) == []


def test_a_call_without_an_outcome_is_given_up():
    rig = ready(tools=LIGHT)
    rig.happen(ReplyBegan(1), call(3), ReplyEnded(1, "done"))
    assert rig.happen(after=s(119)) == []
    assert rig.happen(after=s(1)) == [{"toolCallCancellation": {"ids": ["function-call-3"]}}]
    assert rig.happen(ReplyBegan(2), ReplyEnded(2, "done")) == DONE
    rig.say(toolResponse={"functionResponses": [{"id": "function-call-3"}]})
    assert not rig.seat.outcomes
    assert not rig.faults


def test_arguments_that_are_no_object_are_put_into_one():
    rig = ready(tools=LIGHT)
    for arguments, args in [("[1]", {"arguments": [1]}), ("{", {"arguments": "{"})]:
        assert rig.happen(call(3, "light", arguments)) == [tool_call(3, args=args)]


# --- signals ----------------------------------------------------------------------------------------------------


def test_voice_activity_is_told_when_asked_for():
    rig = ready(explicitVadSignal=True)
    rig.happen(after=ms(400))
    rig.say(realtimeInput={"audio": {"data": "AAA="}})
    assert rig.happen(TurnBegan(1, ms(1600))) == [
        {"voiceActivity": {"voiceActivityType": "ACTIVITY_START", "audioOffset": "1.2s"}}
    ]
    assert rig.happen(TurnEnded(1, ms(2400))) == [
        {"voiceActivity": {"voiceActivityType": "ACTIVITY_END", "audioOffset": "2s"}}
    ]


def test_a_turn_that_is_not_answered_waits_for_more():
    rig = ready()
    rig.happen(TurnBegan(1, 0))
    rig.happen(TurnEnded(1, 0))
    assert rig.happen(after=s(8)) == [content(waitingForInput=True)]
    assert rig.happen(after=s(8)) == []
    rig.happen(TurnBegan(2, 0), TurnEnded(2, 0, discarded=True))
    assert rig.happen(after=s(8)) == []


def test_a_server_that_goes_down_says_so():
    rig = ready()
    rig.wire.drain(9.5)
    assert rig.sent[-1] == {"goAway": {"timeLeft": "9.5s"}}
    rig.seat.end("the server goes down")
    assert rig.faults == [(1001, "the server goes down")]


def test_a_connection_to_a_server_that_goes_down_hears_it_after_its_setup():
    rig = Rig()
    rig.wire.drain(10)
    assert rig.sent == []
    rig.set_up()
    assert rig.sent == [{"setupComplete": {"sessionId": "seat1"}}, {"goAway": {"timeLeft": "10s"}}]


def test_a_conversation_that_the_server_ends_closes_with_its_reason():
    rig = ready()
    rig.seat.end("the conversation has lasted an hour, the limit")
    assert rig.faults == [(1011, "the conversation has lasted an hour, the limit")]
    assert rig.happen(sound(1)) == []


def test_a_reason_fits_into_a_close_frame():
    rig = ready()
    rig.seat.end("ä\n" * 200)
    ((_, reason),) = rig.faults
    assert len(reason.encode()) <= 123
    assert reason.endswith("…")
    assert "\n" not in reason
