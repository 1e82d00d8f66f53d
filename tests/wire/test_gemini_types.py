"""What is sent and taken is what the types of the google-genai package say; skipped where that is not installed."""

from __future__ import annotations

import json
import warnings

import pytest
from gemini_rig import Rig, Store, audio, picture

from duetto.timeline.clock import ms, s
from duetto.timeline.command import Answer, Brief, Manner, Offer, Remember, Stop
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    ReplyBegan,
    ReplyEnded,
    ReplySound,
    ReplyText,
    TurnBegan,
    TurnEnded,
    TurnWords,
    Used,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    types = pytest.importorskip("google.genai.types")

TOOLS = [{"functionDeclarations": [{"name": "light"}, {"name": "look", "behavior": "NON_BLOCKING"}]}]


def everything() -> Rig:
    """A connection that was sent every kind of message."""
    rig = Rig(Store())
    rig.set_up(
        tools=TOOLS,
        inputAudioTranscription={},
        outputAudioTranscription={},
        explicitVadSignal=True,
        sessionResumption={"transparent": True},
    )
    rig.say(realtimeInput={"audio": audio()})
    rig.happen(TurnBegan(1, 0), TurnWords(1, "turn on"))
    rig.happen(TurnEnded(1, s(1)), TurnWords(1, "turn on the light", final=True))
    rig.happen(
        ReplyBegan(1), ReplyText(1, "Yes."), ReplySound(1, 0, b"\1\2"), CallMade(1, 1, "light", '{"on":1}', True)
    )
    rig.happen(ReplyEnded(1, "done"))
    rig.say(toolResponse={"functionResponses": [{"id": "function-call-1", "response": {"output": "on"}}]})
    rig.happen(ReplyBegan(2), ReplySound(2, 0, b"\1\2"), Used(2, 400, 100, 9, 3))
    rig.happen(ReplyEnded(2, "done"))
    rig.happen(CallMade(2, 1, "look", "{}", True))
    rig.happen(CallWithdrawn(2))
    rig.happen(ReplyBegan(3, spoken=False), ReplyText(3, "Shown."))
    rig.happen(ReplyEnded(3, "cut"))
    rig.happen(ReplyBegan(4), ReplyEnded(4, "failed"))
    rig.say(clientContent={"turnComplete": True})
    rig.happen(after=s(20))
    rig.wire.drain(5)
    assert not rig.faults
    return rig


def test_every_message_sent_is_one_that_the_package_knows():
    seen: set[str] = set()
    inside: set[str] = set()
    for message in everything().sent:
        found = types.LiveServerMessage.model_validate(message)  # unknown fields are errors
        again = json.loads(found.model_dump_json(by_alias=True, exclude_none=True))
        assert set(again) == set(message)
        seen.update(message)
        inside.update(message.get("serverContent", {}))
    assert seen == {
        "setupComplete",
        "serverContent",
        "toolCall",
        "toolCallCancellation",
        "usageMetadata",
        "goAway",
        "sessionResumptionUpdate",
        "voiceActivity",
    }
    assert inside == {
        "modelTurn",
        "generationComplete",
        "turnComplete",
        "turnCompleteReason",
        "interactionStatus",
        "interrupted",
        "inputTranscription",
        "interimInputTranscription",
        "outputTranscription",
        "waitingForInput",
    }


def test_enumerations_are_the_packages():
    known = {status.value for status in types.InteractionStatus}
    reasons = {reason.value for reason in types.TurnCompleteReason}
    activities = {kind.value for kind in types.VoiceActivityType}
    for message in everything().sent:
        content = message.get("serverContent", {})
        assert content.get("interactionStatus", "IDLE") in known
        assert content.get("turnCompleteReason", "NEED_MORE_INPUT") in reasons
        assert message.get("voiceActivity", {"voiceActivityType": "ACTIVITY_START"})["voiceActivityType"] in activities


def as_sent(**message) -> str:
    return types.LiveClientMessage(**message).model_dump_json(by_alias=True, exclude_none=True)


def test_what_the_package_builds_is_taken():
    rig = Rig()
    setup = types.LiveClientSetup(
        model="models/m",
        generation_config=types.GenerationConfig(
            response_modalities=[types.Modality.AUDIO],
            speech_config=types.SpeechConfig(
                voice_config=types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
            ),
        ),
        system_instruction=types.Content(parts=[types.Part(text="Be brief.")]),
        tools=[
            types.Tool(
                function_declarations=[
                    types.FunctionDeclaration(
                        name="light",
                        behavior=types.Behavior.NON_BLOCKING,
                        parameters=types.Schema(
                            type=types.Type.OBJECT,
                            properties={"room_name": types.Schema(type=types.Type.STRING, min_length=1)},
                        ),
                    )
                ]
            )
        ],
        context_window_compression=types.ContextWindowCompressionConfig(sliding_window=types.SlidingWindow()),
        input_audio_transcription=types.AudioTranscriptionConfig(),
        proactivity=types.ProactivityConfig(proactive_audio=True),
    )
    realtime = types.RealtimeInputConfig(
        automatic_activity_detection=types.AutomaticActivityDetection(
            end_of_speech_sensitivity=types.EndSensitivity.END_SENSITIVITY_HIGH, silence_duration_ms=300
        ),
        turn_coverage=types.TurnCoverage.TURN_INCLUDES_ALL_INPUT,
    )
    message = json.loads(as_sent(setup=setup))
    # The package has no type that holds this one: its client puts it into the message itself.
    message["setup"]["realtimeInputConfig"] = json.loads(realtime.model_dump_json(by_alias=True, exclude_none=True))
    rig.say(**message)
    brief, manner = rig.seat.opening.first
    assert manner == Manner(silence=ms(300), patience=0.7)
    assert rig.seat.opening.voice == "Kore"
    schema = '{"type":"object","properties":{"room_name":{"minLength":1,"type":"string"}}}'
    assert brief == Brief("Be brief.", (Offer("light", parameters=brief.offers[0].parameters, behind=True),))
    assert json.loads(brief.offers[0].parameters) == json.loads(schema)

    rig.happen(CallMade(1, 1, "light", "{}", True))
    sound = types.Blob(data=b"\xff\xfe" * 4, mime_type="audio/pcm;rate=16000")
    rig.raw(as_sent(realtime_input=types.LiveClientRealtimeInput(audio=sound)))
    rig.raw(as_sent(realtime_input=types.LiveClientRealtimeInput(media_chunks=[sound], audio_stream_end=True)))
    shown = types.Blob(data=picture(), mime_type="image/jpeg")
    rig.raw(as_sent(realtime_input=types.LiveClientRealtimeInput(video=shown)))
    rig.raw(as_sent(client_content=types.LiveClientContent(turns=[types.UserContent("Hello.")], turn_complete=True)))
    outcome = types.FunctionResponse(
        id="function-call-1",
        name="light",
        response={"output": "on"},
        scheduling=types.FunctionResponseScheduling.SILENT,
    )
    rig.raw(as_sent(tool_response=types.LiveClientToolResponse(function_responses=[outcome])))
    rig.raw(as_sent(context_update=types.LiveClientContextUpdate(tools=types.LiveClientContextUpdateTools(tools=[]))))
    assert not rig.faults
    assert rig.seat.order == ["hear", "hear", "command", "see", "command", "outcome", "command"]
    assert rig.seat.heard[0][0].tolist() == [-257] * 4
    assert rig.seat.seen == [("camera", picture())]
    assert rig.seat.silent == [1]
    _, stop, said, answer, brief = rig.seat.commands
    assert (stop, answer, brief) == (Stop(), Answer(tag="gemini"), Brief(offers=()))
    assert isinstance(said, Remember)
    assert said.text == "Hello."
