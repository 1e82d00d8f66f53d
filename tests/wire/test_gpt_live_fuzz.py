"""Whatever a client sends, in whatever order, the wire answers in its protocol, and the session goes on."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_rig import MODEL, Rig

from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.wire.gpt_live import Wrong
from duetto.wire.gpt_live.events import ELSEWHERE, EVENTS
from duetto.wire.gpt_live.setting import DELEGATE
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    Happening,
    Noticed,
    ReplyBegan,
    ReplyEnded,
    ReplyHeard,
    ReplyText,
    TurnBegan,
    TurnEnded,
    TurnWords,
    Used,
)

EXAMPLES = int(os.environ.get("DUETTO_FUZZ", "300"))
fuzzed = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
ids = st.sampled_from(["dlg_seat1_1", "call_seat1_2", "call_seat1_3", "resp_seat1_1", "x"])
sounds = st.binary(max_size=64).map(lambda data: base64.b64encode(data).decode())
items = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["function_call_output", "message", "reasoning"]) | anything,
        "call_id": ids | anything,
        "output": st.text(max_size=8) | anything,
        "role": st.sampled_from(["user", "system", "assistant"]) | anything,
        "content": st.text(max_size=8) | anything,
    },
)
tools = st.lists(
    st.fixed_dictionaries(
        {}, optional={"type": st.just("function") | anything, "name": st.just("f") | anything, "parameters": anything}
    ),
    max_size=2,
)
delegations = (
    st.just({"type": "client"})
    | st.fixed_dictionaries(
        {"type": st.just("responses")},
        optional={
            "responses": st.fixed_dictionaries({}, optional={"model": st.just("m"), "tools": tools, "text": anything})
        },
    )
    | anything
)
sessions = (
    st.fixed_dictionaries(
        {},
        optional={
            "model": st.just(MODEL) | anything,
            "instructions": st.text(max_size=8) | anything,
            "audio": st.just({"format": {"type": "audio/pcmu", "rate": 8000}}) | anything,
            "delegation": delegations,
            "input": st.just([{"role": "user", "content": [{"text": "hi"}]}]) | anything,
            "store": st.booleans() | anything,
        },
    )
    | anything
)
fields = {
    "session": sessions,
    "audio": sounds | anything,
    "content": st.text(min_size=1, max_size=8) | anything,
    "delegation_id": st.none() | ids | anything,
    "item": items | anything,
    "event_id": st.text(max_size=6) | anything,
    "type": st.sampled_from([*EVENTS, *ELSEWHERE, "session.stop"]) | anything,
}


@st.composite
def messages(draw: st.DrawFn) -> str | bytes:
    """A message that is right, nearly right, or not at all."""
    kind = draw(st.sampled_from(["event", "event", "event", "some", "text", "bytes", "broken"]))
    if kind == "text":
        return draw(st.text(max_size=40))
    if kind == "bytes":
        return draw(st.binary(max_size=40))
    if kind == "some":
        return json.dumps(draw(anything))
    name = draw(st.sampled_from(sorted(EVENTS)))
    wanted = {
        "session.start": ["session"],
        "session.update": ["session"],
        "session.input_audio.append": ["audio"],
        "session.output_audio.fixture.play": ["audio"],
        "response.item.create": ["item"],
    }.get(name, ["content", "delegation_id"] if name.endswith(".append") else [])
    event: dict[str, Any] = {"type": name, **{field: draw(fields[field]) for field in wanted}}
    if draw(st.booleans()):
        field = draw(st.sampled_from(sorted(fields)))
        event[field] = draw(fields[field])
    text = json.dumps(event)
    return text if kind == "event" else text[: draw(st.integers(0, len(text)))]


numbers = st.integers(1, 4)
words = st.lists(st.sampled_from(["a", "b", "c", "A,"]), max_size=5).map(" ".join)
names = st.sampled_from([DELEGATE, "f"])
happenings: st.SearchStrategy[Happening] = st.one_of(
    st.builds(TurnBegan, numbers, st.integers(0, ms(100))),
    st.builds(TurnWords, numbers, words, st.booleans()),
    st.builds(TurnEnded, numbers, st.integers(0, ms(100)), st.booleans()),
    st.builds(ReplyBegan, numbers, ids, st.booleans()),
    st.builds(ReplyText, numbers, words),
    st.builds(ReplyHeard, numbers, words, st.just(Span(0, ms(10))), st.just(0)),
    st.builds(ReplyEnded, numbers, st.sampled_from(["done", "cut", "failed"]), words),
    st.builds(CallMade, numbers, numbers, names, st.just("{}"), st.booleans()),
    st.builds(CallWithdrawn, numbers),
    st.builds(Noticed, st.just("voice"), words, st.booleans()),
    st.builds(Used, numbers, numbers, numbers, numbers, numbers),
)


@fuzzed
@given(st.lists(messages() | st.lists(happenings, max_size=4), max_size=12), st.booleans(), st.booleans())
def test_no_message_is_too_much(steps: list[Any], begun: bool, functions: bool) -> None:
    """The rig checks every event that comes by the openai package's types."""
    rig = Rig()
    if begun:
        responses = {"type": "responses", "responses": {"model": "m", "tools": [{"type": "function", "name": "f"}]}}
        rig.start(delegation=responses if functions else None)
    for step in steps:
        if isinstance(step, list):
            if rig.host.seats:
                rig.step(*step)
            continue
        rig.take()
        rig.wire.receive(step)
        for event in rig.of("error"):
            error = event["error"]
            assert error["message"] and error["code"]
            assert error["param"] or error["code"] in WHOLE, error
    rig.take()
    if not rig.wire.closed:
        if not rig.host.seats:
            rig.start()
        rig.send("session.input_audio.mute")
        assert rig.types() == ["session.input_audio.muted"]


WHOLE = {"invalid_json", "invalid_type", "function_call_output_missing", "message_too_large", "session_closed"}
"""Errors that are of no one field."""


@fuzzed
@given(sessions)
def test_a_request_for_a_media_session_is_taken_or_refused(session: Any) -> None:
    try:
        rig = Rig(session=session)
    except Wrong as error:
        assert str(error) and error.code and error.param.startswith("session")
    else:
        assert rig.events[0]["type"] == "session.started"


@fuzzed
@given(st.lists(st.lists(st.sampled_from("abc"), max_size=6), max_size=8))
def test_a_transcript_only_grows_and_ends_with_the_last_words(hypotheses: list[list[str]]) -> None:
    rig = Rig()
    rig.start()
    rig.step(TurnBegan(1, 0))
    said = ""
    for hypothesis in hypotheses:
        rig.step(TurnWords(1, " ".join(hypothesis)))
        rig.wait(320)
        assert rig.said("input").startswith(said)
        said = rig.said("input")
    final = hypotheses[-1] if hypotheses else []
    rig.step(TurnWords(1, " ".join(final), final=True))
    given_words = rig.said("input").split()
    assert rig.said("input").startswith(said) and len(given_words) <= 8 * 6
    if not said:
        assert given_words == final
