"""What a Gemini Live client asks for in its setup, and what comes of it."""

from __future__ import annotations

import json

import pytest
from gemini_rig import MODEL, Rig

from duetto.testing.seat import FakeHost
from duetto.timeline.clock import ms
from duetto.timeline.command import Brief, Manner, Offer
from duetto.wire.seat import Refused


def opened(**setup) -> tuple[Brief, Manner]:
    return Rig().set_up(**setup).opening.first


def refused(**setup) -> str:
    rig = Rig()
    assert rig.say(setup={"model": MODEL, **setup}) == []
    ((code, reason),) = rig.faults
    assert code == 1007
    assert not rig.host.seats
    return reason


def detection(**inside) -> dict:
    return {"realtimeInputConfig": {"automaticActivityDetection": inside}}


def test_setup_complete_comes_first_and_alone():
    rig = Rig()
    assert rig.say(setup={"model": MODEL}) == [{"setupComplete": {"sessionId": "seat1"}}]
    assert rig.wire.seat is rig.seat
    assert rig.happen() == []


def test_the_least_setup_is_a_spoken_conversation_that_duetto_conducts():
    brief, manner = opened()
    assert brief == Brief()
    assert manner == Manner()


def test_names_in_snake_case_at_any_depth_are_the_same():
    camel = {
        "generationConfig": {
            "responseModalities": ["TEXT"],
            "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}}},
        },
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "realtimeInputConfig": {"automaticActivityDetection": {"silenceDurationMs": 700}},
    }
    snake = {
        "generation_config": {
            "response_modalities": ["text"],
            "speech_config": {"voice_config": {"prebuilt_voice_config": {"voice_name": "Puck"}}},
        },
        "system_instruction": {"parts": [{"text": "Be brief."}]},
        "realtime_input_config": {"automatic_activity_detection": {"silence_duration_ms": "700"}},
    }
    one, other = Rig().set_up(**camel).opening, Rig().set_up(**snake).opening
    assert one == other
    assert one.voice == "Puck"
    assert one.title == MODEL
    brief, manner = one.first
    assert brief.instructions == "Be brief."
    assert manner == Manner(silence=ms(700), speaks=False)


def test_a_field_given_in_both_spellings_is_refused():
    assert refused(explicitVadSignal=True, explicit_vad_signal=True) == "setup.explicitVadSignal: given twice"


def test_nulls_and_unspecified_values_say_nothing():
    brief, manner = opened(
        systemInstruction=None,
        tools=None,
        generationConfig={"responseModalities": ["MODALITY_UNSPECIFIED"], "temperature": None},
        realtimeInputConfig={
            "activityHandling": "ACTIVITY_HANDLING_UNSPECIFIED",
            "turnCoverage": "TURN_COVERAGE_UNSPECIFIED",
            "automaticActivityDetection": {
                "silenceDurationMs": 0,
                "startOfSpeechSensitivity": "START_SENSITIVITY_UNSPECIFIED",
                "endOfSpeechSensitivity": "END_SENSITIVITY_UNSPECIFIED",
            },
        },
    )
    assert (brief, manner) == (Brief(), Manner())


def test_fields_that_nothing_needs_are_taken():
    opened(
        proactivity={"proactiveAudio": True},
        contextWindowCompression={"triggerTokens": "1000", "slidingWindow": {}},
        safetySettings=[{"category": "X"}],
        labels={"a_b": "c"},
        generationConfig={"temperature": 0.5, "topK": 40, "thinkingConfig": {"thinkingBudget": 0}, "seed": 3},
        somethingNew={"a": 1},
    )


@pytest.mark.parametrize(
    ("name", "patience"),
    [("END_SENSITIVITY_HIGH", 0.7), ("end_sensitivity_low", 1.6)],
)
def test_sensitivity_to_the_end_is_patience(name, patience):
    _, manner = opened(**detection(endOfSpeechSensitivity=name))
    assert manner.patience == patience


def test_manual_activity_and_no_interruption():
    _, manner = opened(
        realtimeInputConfig={
            "automaticActivityDetection": {"disabled": True},
            "activityHandling": "NO_INTERRUPTION",
        }
    )
    assert manner == Manner(ends="told", answers=False, yields=False)


def test_system_instruction_as_text_or_paragraphs():
    assert opened(systemInstruction="Be brief.")[0].instructions == "Be brief."
    parts = {"role": "system", "parts": [{"text": "One."}, {"text": "Two."}]}
    assert opened(systemInstruction=parts)[0].instructions == "One.\n\nTwo."


def test_functions_become_offers():
    brief, _ = opened(
        tools=[
            {
                "functionDeclarations": [
                    {
                        "name": "light",
                        "description": "Turns a light on.",
                        "behavior": "NON_BLOCKING",
                        "parameters": {
                            "type": "OBJECT",
                            "required": ["room_name"],
                            "property_ordering": ["room_name"],
                            "properties": {
                                "room_name": {"type": "STRING", "enum": ["hall"], "nullable": True},
                                "levels": {
                                    "type": "ARRAY",
                                    "min_items": "1",
                                    "items": {"any_of": [{"type": "NUMBER"}]},
                                },
                            },
                        },
                    },
                    {"name": "time"},
                ]
            },
            {"function_declarations": [{"name": "go", "parameters_json_schema": {"type": "object", "x_y": 1}}]},
        ]
    )
    light, time, go = brief.offers
    assert (light.name, light.description, light.behind) == ("light", "Turns a light on.", True)
    assert json.loads(light.parameters) == {
        "type": "object",
        "required": ["room_name"],
        "properties": {
            "room_name": {"type": ["string", "null"], "enum": ["hall", None]},
            "levels": {"type": "array", "minItems": 1, "items": {"anyOf": [{"type": "number"}]}},
        },
    }
    assert time == Offer("time", parameters='{"type":"object","properties":{}}')
    assert json.loads(go.parameters) == {"type": "object", "x_y": 1}


@pytest.mark.parametrize(
    ("setup", "field"),
    [
        ({"model": 3.5}, "setup.model: "),
        ({"generationConfig": []}, "setup.generationConfig: "),
        (
            {"generationConfig": {"responseModalities": ["AUDIO", "TEXT"]}},
            "setup.generationConfig.responseModalities: ",
        ),
        ({"generationConfig": {"responseModalities": ["IMAGE"]}}, "setup.generationConfig.responseModalities: "),
        ({"generationConfig": {"temperature": 3}}, "setup.generationConfig.temperature: from 0.0 to 2.0"),
        ({"generationConfig": {"temperature": "NaN"}}, "setup.generationConfig.temperature: from 0.0 to 2.0"),
        ({"generationConfig": {"translationConfig": {}}}, "setup.generationConfig.translationConfig: "),
        ({"avatarConfig": {"avatarName": "x"}}, "setup.avatarConfig: "),
        ({"systemInstruction": {"parts": [{"text": "a"}, {"inlineData": {}}]}}, "setup.systemInstruction.parts[1]: "),
        ({"systemInstruction": "x" * 200_001}, "setup.systemInstruction: 200001 characters, the limit is 200000"),
        ({"tools": {}}, "setup.tools: "),
        ({"tools": [{"googleSearch": {}}]}, "setup.tools[0].googleSearch: not offered here"),
        (
            {"tools": [{"functionDeclarations": [{"name": "a b"}]}]},
            "setup.tools[0].functionDeclarations[0].name: ",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "a"}, {"name": "a"}]}]},
            "setup.tools[0].functionDeclarations[1].name: a is declared twice",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "a", "behavior": "X"}]}]},
            "setup.tools[0].functionDeclarations[0].behavior: one of BLOCKING, NON_BLOCKING",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "a", "parameters": {"type": "THING"}}]}]},
            "setup.tools[0].functionDeclarations[0].parameters.type: one of ARRAY",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "a", "parameters": {"type": "STRING"}}]}]},
            "setup.tools[0].functionDeclarations[0].parameters.type: OBJECT",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": "a", "parameters": {"properties": {"b": 1}}}]}]},
            "setup.tools[0].functionDeclarations[0].parameters.properties.b: an object is needed",
        ),
        (
            {"tools": [{"functionDeclarations": [{"name": f"f{i}"} for i in range(129)]}]},
            "setup.tools: more than 128 functions",
        ),
        (
            detection(silenceDurationMs=-1),
            "setup.realtimeInputConfig.automaticActivityDetection.silenceDurationMs: from 0 to 60000 (got -1)",
        ),
        (
            detection(silenceDurationMs="long"),
            "setup.realtimeInputConfig.automaticActivityDetection.silenceDurationMs: ",
        ),
        (
            detection(endOfSpeechSensitivity="MEDIUM"),
            "setup.realtimeInputConfig.automaticActivityDetection.endOfSpeechSensitivity: one of END_SENSITIVITY_HIGH",
        ),
        ({"realtimeInputConfig": {"activityHandling": "X"}}, "setup.realtimeInputConfig.activityHandling: one of "),
        ({"sessionResumption": {"handle": 5.5}}, "setup.sessionResumption.handle: "),
    ],
)
def test_what_is_wrong_is_named(setup, field):
    reason = refused(**setup)
    # A close frame has room for 123 bytes only.
    assert reason.removesuffix("…").startswith(field[: len(reason) - 1]) or reason.startswith(field)
    assert len(reason.encode()) <= 123


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        (b"\xff\xfe{}", "not JSON"),
        ("\ud800", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not an object"),
        ("{}", "exactly one of setup"),
        ('{"nothing": {}}', "nothing: no such message"),
        ('{"setup": {}, "nothing": {}}', "nothing: no such message"),
        ('{"setup": {}, "clientContent": {}}', "exactly one of setup"),
        ('{"setup": 3}', "setup: expected object"),
        ('{"setup": null}', "exactly one of setup"),
        ('{"realtimeInput": {"text": "hello"}}', "setup: must be the first message"),
        ('{"setup": {"labels": ' + "[" * 60 + "]" * 60 + "}}", "setup.labels: nested more than 48 deep"),
        ('{"setup": {"a": ' + "[" * 60 + "]" * 60 + "}}", "nested more than 48 deep"),
    ],
)
def test_a_message_that_is_none_closes_with_a_reason(message, reason):
    rig = Rig()
    assert rig.raw(message) == []
    ((code, said),) = rig.faults
    assert code == 1007
    assert reason in said


def test_a_message_beyond_the_limit_is_not_read():
    rig = Rig()
    rig.raw('{"setup": {"model": "' + "x" * 8 * 1024 * 1024 + '"}}')
    assert "the limit is 8388608" in rig.reason


def test_after_a_fault_nothing_is_read_or_sent():
    rig = Rig()
    rig.raw("{")
    assert rig.say(setup={"model": MODEL}) == []
    assert rig.happen() == []
    assert len(rig.faults) == 1


def test_a_second_setup_is_refused_and_ends_the_conversation():
    rig = Rig()
    seat = rig.set_up()
    rig.say(setup={"model": MODEL})
    assert rig.faults == [(1007, "setup: only the first message may be one")]
    assert seat.closed
    assert rig.wire.seat is None


@pytest.mark.parametrize(
    ("kind", "field", "code", "reason"),
    [
        ("full", "", 1013, "setup: no room for another conversation now"),
        ("setting", "voice", 1007, "voice: no room for another conversation now"),
        ("over", "", 1011, "setup: no room for another conversation now"),
    ],
)
def test_a_refusal_of_the_host_has_its_close_code(kind, field, code, reason):
    rig = Rig(host=FakeHost(refuse=Refused(kind, "no room for another conversation now", field)))
    rig.say(setup={"model": MODEL})
    assert rig.faults == [(code, reason)]
