"""Whatever a client sends and whatever happens: nothing is raised, and what is sent keeps the protocol's order.

DUETTO_FUZZ: how many cases of each; 300 unless told otherwise.
"""

from __future__ import annotations

import copy
import json
import os

from gemini_rig import MODEL, Rig, Store, audio, b64, picture
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duetto.timeline.clock import ms, s
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
from duetto.wire.seat import Refused

CASES = settings(
    max_examples=int(os.environ.get("DUETTO_FUZZ", "300")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# --- messages: right ones, with anything in the place of anything ------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
JPEG, PNG = b64(picture()), b64(picture(".png"))
BLOBS = st.sampled_from(
    [
        audio(),
        audio(rate=24_000, url_safe=True),
        {"data": JPEG, "mimeType": "image/jpeg"},
        {"data": PNG, "mime_type": "image/png"},
        {"data": PNG[:60], "mimeType": "image/png"},
        {"data": "AAA", "mimeType": "audio/pcm;rate="},
    ]
)
PARTS = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(max_size=8),
        "inlineData": BLOBS,
        "thought": st.booleans(),
        "functionCall": st.just({"name": "light", "args": {"a_b": 1}}),
    },
)
CONTENTS = st.fixed_dictionaries(
    {}, optional={"role": st.sampled_from(["user", "model", "MODEL", "x"]), "parts": st.lists(PARTS, max_size=3)}
)
TOOLS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "functionDeclarations": st.lists(
                st.fixed_dictionaries(
                    {"name": st.sampled_from(["light", "look", "a b"])},
                    optional={
                        "behavior": st.sampled_from(["NON_BLOCKING", "BLOCKING", "x"]),
                        "parameters": st.fixed_dictionaries(
                            {},
                            optional={
                                "type": st.sampled_from(["OBJECT", "string", "x"]) | ANYTHING,
                                "properties": st.dictionaries(st.text(max_size=4), ANYTHING, max_size=2),
                                "min_items": ANYTHING,
                                "nullable": ANYTHING,
                                "enum": ANYTHING,
                            },
                        ),
                    },
                ),
                max_size=2,
            ),
            "googleSearch": st.just({}),
        },
    ),
    max_size=2,
)
SETUPS = st.fixed_dictionaries(
    {"model": st.just(MODEL)},
    optional={
        "generationConfig": st.fixed_dictionaries(
            {},
            optional={
                "responseModalities": st.lists(st.sampled_from(["AUDIO", "TEXT"]), max_size=2),
                "temperature": ANYTHING,
            },
        ),
        "systemInstruction": CONTENTS | st.text(max_size=4),
        "tools": TOOLS,
        "realtime_input_config": st.fixed_dictionaries(
            {},
            optional={
                "automatic_activity_detection": st.fixed_dictionaries(
                    {}, optional={"disabled": st.booleans(), "silenceDurationMs": st.integers(-1, 900)}
                ),
                "activityHandling": st.sampled_from(["NO_INTERRUPTION", "START_OF_ACTIVITY_INTERRUPTS", "x"]),
            },
        ),
        "sessionResumption": st.fixed_dictionaries({}, optional={"handle": st.just("x"), "transparent": st.booleans()}),
        "inputAudioTranscription": st.just({}),
        "outputAudioTranscription": st.just({}),
        "explicitVadSignal": st.booleans(),
        "historyConfig": st.just({"initialHistoryInClientContent": True}),
    },
)
REALTIME = st.fixed_dictionaries(
    {},
    optional={
        "audio": BLOBS,
        "video": BLOBS,
        "media_chunks": st.lists(BLOBS, max_size=2),
        "text": st.text(max_size=6),
        "activityStart": st.just({}),
        "activityEnd": st.just({}),
        "audio_stream_end": st.booleans(),
    },
)
RESPONSES = st.fixed_dictionaries(
    {"id": st.integers(0, 4).map(lambda call: f"function-call-{call}")},
    optional={
        "response": st.dictionaries(st.sampled_from(["output", "error", "x"]), ANYTHING, max_size=2),
        "scheduling": st.sampled_from(["SILENT", "WHEN_IDLE", "INTERRUPT", "x"]),
        "willContinue": st.booleans(),
    },
)
OUTCOMES = st.lists(RESPONSES, max_size=2).map(lambda responses: {"toolResponse": {"functionResponses": responses}})
MESSAGES = st.one_of(
    st.fixed_dictionaries({"realtimeInput": REALTIME}),
    st.fixed_dictionaries(
        {
            "clientContent": st.fixed_dictionaries(
                {}, optional={"turns": st.lists(CONTENTS, max_size=2), "turnComplete": st.booleans()}
            )
        }
    ),
    OUTCOMES,
    st.fixed_dictionaries({"contextUpdate": st.fixed_dictionaries({}, optional={"tools": TOOLS})}),
    st.fixed_dictionaries({"setup": SETUPS}),
)


@st.composite
def spoilt(draw) -> object:
    """A right message with something in the place of one of its values, or of the whole."""
    message = copy.deepcopy(draw(MESSAGES))
    at, key = None, None
    inside = message
    while isinstance(inside, dict | list) and inside:
        at, key = inside, draw(st.sampled_from(sorted(inside) if isinstance(inside, dict) else range(len(inside))))
        inside = at[key]
        if draw(st.booleans()):
            break
    if at is not None:
        at[key] = draw(ANYTHING)
    return message


def well(rig: Rig) -> bool:
    """What holds of everything that was sent. True if the model's turn is not complete."""
    assert len(rig.faults) <= 1
    for code, reason in rig.faults:
        assert 1000 <= code < 5000
        assert 0 < len(reason.encode()) <= 123
        assert rig.wire.seat is None
    assert all(isinstance(message, dict) for message in rig.sent)
    assert [("setupComplete" in message) for message in rig.sent] == [i == 0 for i in range(len(rig.sent))]
    interrupted = generated = False
    open_turn = False
    for message in rig.sent:
        content = message.get("serverContent", {})
        assert len(set(message) - {"usageMetadata"}) == 1 or set(message) == {"usageMetadata"}
        if content.get("interrupted"):
            assert not interrupted
            assert not generated
            interrupted = True
        elif content.get("generationComplete"):
            assert not interrupted
            assert not generated
            generated = True
        elif content.get("turnComplete"):
            assert content["interactionStatus"] == "IDLE"
            assert interrupted or generated or "turnCompleteReason" in content
            interrupted = generated = open_turn = False
        elif "modelTurn" in content or "outputTranscription" in content:
            assert not interrupted
            assert not generated
            open_turn = True
        elif "toolCall" in message:
            assert not generated
    assert not interrupted
    assert not generated
    return open_turn


@CASES
@given(st.lists(st.text() | st.binary() | ANYTHING.map(json.dumps), max_size=4), st.booleans())
def test_anything_may_come(messages, set_up):
    rig = Rig()
    if set_up:
        rig.set_up()
    for message in messages:
        rig.wire.receive(message)
    well(rig)


@CASES
@given(SETUPS, st.lists(MESSAGES | spoilt(), max_size=6))
def test_messages_may_be_wrong_in_any_place(setup, messages):
    rig = Rig(Store())
    rig.say(setup=setup)
    for message in messages:
        rig.raw(json.dumps(message))
        if rig.host.seats:
            rig.happen()
    rig.wire.close()
    well(rig)


# --- conversations: anything in any order -------------------------------------------------------------------------

REPLY = st.integers(1, 3)
CALL = st.integers(0, 4)
HAPPENINGS = st.one_of(
    st.builds(ReplyBegan, REPLY, st.just(""), st.booleans()),
    st.builds(ReplyText, REPLY, st.text(max_size=4)),
    st.builds(ReplySound, REPLY, st.just(0), st.just(b"\0\0")),
    st.builds(ReplyEnded, REPLY, st.sampled_from(["done", "cut", "failed"])),
    st.builds(TurnBegan, REPLY, st.integers(0, s(2))),
    st.builds(TurnWords, REPLY, st.text(max_size=4), st.booleans()),
    st.builds(TurnEnded, REPLY, st.integers(0, s(2)), st.booleans()),
    st.builds(CallMade, CALL, REPLY, st.sampled_from(["light", "look"]), st.sampled_from(["{}", "["]), st.booleans()),
    st.builds(CallWithdrawn, CALL),
    st.builds(Used, REPLY, *[st.integers(0, 99)] * 4),
)
GOOD = {
    "tools": [{"functionDeclarations": [{"name": "light"}, {"name": "look", "behavior": "NON_BLOCKING"}]}],
    "inputAudioTranscription": {},
    "outputAudioTranscription": {},
    "explicitVadSignal": True,
    "sessionResumption": {},
}
STEPS = st.one_of(
    st.lists(HAPPENINGS, max_size=4),
    st.sampled_from([ms(40), s(8), s(20), s(120)]),
    OUTCOMES,
    st.just({"clientContent": {"turnComplete": True}}),
    st.just({"realtimeInput": {"audio": audio()}}),
    st.sampled_from(["drain", "let go", "close", "end", "flood"]),
)


@CASES
@given(st.lists(STEPS, max_size=12), st.booleans(), st.booleans())
def test_conversations_keep_the_order_of_the_protocol(steps, interrupts, written):
    rig = Rig(Store())
    rig.set_up(
        **GOOD,
        generationConfig={"responseModalities": ["TEXT" if written else "AUDIO"]},
        realtimeInputConfig={"activityHandling": "START_OF_ACTIVITY_INTERRUPTS" if interrupts else "NO_INTERRUPTION"},
    )
    for step in steps:
        match step:
            case list():
                rig.happen(*step)
            case int():
                rig.happen(after=step)
            case dict():
                rig.say(**step)
            case "drain":
                rig.wire.drain(3)
            case "let go":
                rig.wire.let_go()
            case "close":
                rig.wire.close()
            case "end":
                rig.seat.end()
            case "flood":
                rig.seat.refuse = Refused("flood", "too much")
    well(rig)
    rig.happen(*[ReplyEnded(reply, "done") for reply in (1, 2, 3)])
    rig.happen(after=s(120))  # calls without an outcome are given up,
    rig.happen(after=s(10))  # and then nothing is said to it
    assert not well(rig) or rig.wire.seat is None  # no turn is left open for ever
    sent = len(rig.sent)
    rig.wire.close()
    rig.happen(ReplySound(1, 0, b"\0\0"))
    assert len(rig.sent) == sent
