"""Whatever a client sends and whatever happens: nothing raises, every event is valid, and all are in order.

DUETTO_FUZZ: how many examples each test takes, 300 without it.
"""

import json
import os

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from realtime_rig import Rig, sound

from duetto.timeline.clock import ms
from duetto.timeline.command import Over
from duetto.timeline.increment import Span
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
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
from duetto.wire.seat import Refused

EXAMPLES = int(os.environ.get("DUETTO_FUZZ", "300"))
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)

PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwAD"
    "hgGAWjR9awAAAABJRU5ErkJggg=="
)
TOOL = {"type": "function", "name": "weather", "parameters": {"type": "object"}}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def maybe(**fields):
    """Some of the fields, and sometimes another value for one."""
    return st.fixed_dictionaries(
        {}, optional={name: st.one_of(value, value, value, anything) for name, value in fields.items()}
    )


few = st.integers(1, 4)
ids = st.sampled_from(["a", "b", "root", "?0", "?1", "?2", "?3", "call?0", "call?1", "resp?0", "resp?1"])
texts = st.sampled_from(["", "hello", "hello there", "hello there you", "x" * 50])
formats = st.sampled_from([{"type": "audio/pcm", "rate": 24000}, {"type": "audio/pcmu"}, {"type": "audio/pcma"}, None])
detection = st.none() | st.one_of(
    maybe(
        type=st.just("server_vad"),
        threshold=st.floats(0, 1),
        silence_duration_ms=st.integers(0, 2000),
        idle_timeout_ms=st.sampled_from([1000, 5000, None]),
        create_response=st.booleans(),
        interrupt_response=st.booleans(),
    ),
    maybe(type=st.just("semantic_vad"), eagerness=st.sampled_from(["low", "medium", "high", "auto"])),
)
modalities = st.sampled_from([["audio"], ["text"]])
choices = st.sampled_from(["auto", "none", "required", {"type": "function", "name": "weather"}])
audio = maybe(
    input=maybe(format=formats, turn_detection=detection, transcription=st.sampled_from([None, {"model": "m"}])),
    output=maybe(format=formats, voice=st.sampled_from(["cedar", {"id": "v"}]), speed=st.floats(0.25, 1.5)),
)
session = maybe(
    type=st.sampled_from(["realtime", "realtime", "realtime", "transcription"]),
    model=texts,
    instructions=texts,
    output_modalities=modalities,
    tools=st.sampled_from([[], [TOOL], None]),
    tool_choice=choices,
    max_output_tokens=st.sampled_from([1, "inf"]),
    audio=audio,
    tracing=st.sampled_from(["auto", None, {"workflow_name": "w"}]),
    truncation=st.sampled_from(["auto", {"type": "retention_ratio", "retention_ratio": 0.5}]),
)
part = maybe(
    type=st.sampled_from(["input_text", "output_text", "input_audio", "output_audio", "input_image"]),
    text=texts,
    transcript=texts,
    image_url=st.just(PNG),
)
item = maybe(
    id=ids,
    type=st.sampled_from(["message", "message", "function_call", "function_call_output", "item_reference"]),
    role=st.sampled_from(["user", "assistant", "system"]),
    content=st.lists(part, max_size=2),
    call_id=ids,
    name=texts,
    arguments=texts,
    output=texts,
)
response = maybe(
    conversation=st.sampled_from(["auto", "none"]),
    input=st.lists(item, max_size=2),
    instructions=texts,
    metadata=st.dictionaries(texts, texts, max_size=2),
    output_modalities=modalities,
    tools=st.sampled_from([[], [TOOL]]),
    tool_choice=choices,
    audio=audio,
)
whole_message = st.builds(
    lambda role, text: {
        "type": "message",
        "role": role,
        "content": [{"type": "output_text" if role == "assistant" else "input_text", "text": text}],
    },
    st.sampled_from(["user", "assistant", "system"]),
    texts,
)
whole_output = st.builds(
    lambda id, text: {"type": "function_call_output", "call_id": id, "output": text},
    st.sampled_from(["call?0", "call?1", "call?2"]),
    texts,
)
sent_audio = st.sampled_from(["", "AAAA", "AAAAAAAA" * 500, "A" * 6400, "!"])


def event(type, **fields):
    return maybe(event_id=texts, **fields).map(lambda found: {**found, "type": type})


events = st.one_of(
    event("session.update", session=session),
    st.builds(lambda s: {"type": "session.update", "session": {**s, "type": "realtime"}}, session),
    event("input_audio_buffer.append", audio=sent_audio),
    st.just({"type": "input_audio_buffer.append", "audio": "A" * 12_800}),
    event("input_audio_buffer.commit"),
    event("input_audio_buffer.clear"),
    event("output_audio_buffer.clear"),
    event("conversation.item.create", item=item, previous_item_id=ids),
    st.builds(lambda found: {"type": "conversation.item.create", "item": found}, whole_message | whole_output),
    event("conversation.item.retrieve", item_id=ids),
    event("conversation.item.delete", item_id=ids),
    st.builds(
        lambda id, end: {
            "type": "conversation.item.truncate",
            "item_id": id,
            "content_index": 0,
            "audio_end_ms": end,
        },
        ids,
        st.integers(0, 3000),
    ),
    event("response.create", response=response),
    st.just({"type": "response.create"}),
    st.just({"type": "response.create", "response": {"conversation": "none"}}),
    event("response.cancel", response_id=ids),
    st.just({"type": "response.cancel"}),
    event("nonsense"),
)

happenings = st.one_of(
    st.builds(lambda n, at: TurnBegan(n, ms(at)), few, st.integers(0, 5000)),
    st.builds(TurnWords, few, texts, st.booleans()),
    st.builds(lambda n, at, discarded: TurnEnded(n, ms(at), discarded), few, st.integers(0, 5000), st.booleans()),
    st.builds(ReplyBegan, few, st.sampled_from(["", "", "resp?0", "resp?1", "other"]), st.booleans()),
    st.builds(ReplyText, few, texts),
    st.builds(sound, few, st.integers(0, 5000), st.sampled_from([0, 1, 40, 80])),
    st.builds(lambda n, at: ReplyHeard(n, "w", Span(0, 1), ms(at)), few, st.integers(0, 300)),
    st.builds(ReplyEnded, few, st.sampled_from(["done", "cut", "failed"]), texts),
    st.builds(CallMade, few, few, st.just("weather"), st.just("{}"), st.booleans()),
    st.builds(CallWithdrawn, few),
    st.builds(Noticed, st.sampled_from(["recogniser", "brain"]), texts, st.booleans()),
    st.builds(Used, few, few, few, few, few),
)
steps = st.tuples(st.lists(happenings, max_size=4), st.booleans(), st.sampled_from([40, 40, 40, 1000, 11_000]))
refusals = st.sampled_from(["over", "flood", "full", "setting", None, None, None])
things = st.one_of(events, events, steps, steps, steps, refusals.map(lambda kind: ("refuse", kind)))


class Player(Rig):
    """Puts ids that were really given in the place of those that only a name was drawn for."""

    def __init__(self, **setup):
        self.known = {"": [], "resp": [], "call": []}
        super().__init__(**setup)

    def _sent(self, event):
        super()._sent(event)
        found = self.events[-1]
        if found["type"] == "conversation.item.added":
            self.known[""].append(found["item"]["id"])
            self.known["call"] += [found["item"]["call_id"]] if "call_id" in found["item"] else []
        elif found["type"] == "response.created":
            self.known["resp"].append(found["response"]["id"])

    def real(self, name):
        kind, _, index = name.partition("?")
        known = self.known.get(kind, []) if index else []
        return known[-1 - int(index)] if len(known) > int(index or 0) else name

    def named(self, value):
        if isinstance(value, dict):
            return {name: self.named(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self.named(one) for one in value]
        return self.real(value) if isinstance(value, str) and value.partition("?")[2].isdecimal() else value

    def play(self, thing):
        if isinstance(thing, dict):
            before = len(self.events)
            self.wire.receive(json.dumps(self.named(thing)))
            assert thing["type"] != "nonsense" or len(self.events) == before + 1
        elif thing[0] == "refuse":
            self.seat.refuse = None if thing[1] is None else Refused(thing[1], "no", "audio")
        else:
            found, over, length = thing
            told = [ReplyBegan(h.reply, self.real(h.tag), h.spoken) if isinstance(h, ReplyBegan) else h for h in found]
            self.step(*told, taken=[Over()] if over else [], by=ms(length))


@FUZZ
@given(
    st.lists(things, max_size=40),
    st.sampled_from([{}, {}, {"rtc": True}, {"transcription": True}]),
    st.sampled_from(["server", "none"]),
)
def test_any_sequence(played, setup, turn_detection):
    rig = Player(**setup)
    kind = "transcription" if setup.get("transcription") else "realtime"
    asked = {"transcription": {"model": "m"}} | ({"turn_detection": None} if turn_detection == "none" else {})
    asked_session = {"type": kind, "audio": {"input": asked}} | ({} if kind == "transcription" else {"tools": [TOOL]})
    rig.send("session.update", session=asked_session)
    for thing in played:
        rig.play(thing)
    rig.seat.refuse = None
    for number in range(1, 5):
        rig.step(ReplyEnded(number, "done"))
    rig.wait(31_000 if len(rig.order.responses) else 0)
    assert rig.order.responses == {}, "every response ends"
    rig.wire.close()
    assert rig.seat.closed


@FUZZ
@given(st.lists(st.text(max_size=40) | st.binary(max_size=40) | anything.map(json.dumps), max_size=10))
def test_anything_that_is_no_event(messages):
    rig = Rig()
    rig.take()
    for message in messages:
        rig.wire.receive(message)
        assert rig.error()["type"] == "invalid_request_error"


@FUZZ
@given(events, st.data())
def test_events_that_are_broken(good, data):
    text = json.dumps(good)
    at = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 5))
    rig = Rig()
    rig.wire.receive(text[:at] + data.draw(st.text(max_size=5)) + text[at + cut :])
    rig.step()
    rig.send("session.update", session={"type": "realtime"})
    assert rig.take()[-1]["type"] == "session.updated"
