"""The duetto extension from the server's side: what a client may say, what it is told, what is wrong with the rest."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duetto.interaction.action import Unwatch, Watch
from duetto.models.model import MicroTurn, Output, Timing
from duetto.testing.seat import FakeHost, FakeSeat
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Give, TakeBack, Unsay
from duetto.timeline.increment import Increment, Span
from duetto.timeline.order import Interval, Order, Words
from duetto.timeline.payload import Sound, Voicing, Word
from duetto.timeline.turn import VOICE_RATE
from duetto.wire.extension import About, Extension, opening_for
from duetto.wire.happening import ReplyEnded, ReplyHeard, ReplySound
from duetto.wire.journal import Journal
from duetto.wire.openai_realtime.wire import RealtimeWire, Setup
from duetto.wire.seat import Opening, Refused

DELTA = ms(40)
UM = {"name": "um", "when": {"kind": "words", "phrases": ["um"]}, "say": "One."}


class Rig:
    """An extension on a fake seat, with what it sends."""

    def __init__(self, **about) -> None:
        self.sent: list[dict] = []
        self.errors: list[tuple[str, str]] = []
        self.seat = FakeSeat()
        self.welcomed = 0
        self.journal = Journal(lambda message: self.sent.append(json.loads(message)), make_token=lambda: "token")
        self.extension = Extension(
            self.seat,
            self.journal,
            error=lambda message, param: self.errors.append((message, param)),
            reply_of={"resp_5": 5, "resp_6": 6}.get,
            about=About(**about),
            welcomed=self._welcome,
        )
        self.index = 0

    def _welcome(self) -> None:
        self.welcomed += 1

    def tell(self, kind: str, **fields) -> None:
        self.extension.receive(json.dumps({"type": f"duetto.{kind}", **fields}))

    def hello(self, **fields) -> None:
        self.tell("hello", **fields)
        self.sent.clear()

    def turn(self, *edits: Increment, happenings=(), voice: bool = False, actions=()) -> list[dict]:
        """One micro-turn, and what was sent of it."""
        self.sent.clear()
        span = Span(self.index * DELTA, (self.index + 1) * DELTA)
        samples = np.full(960, 900 if voice else 0, "<i2").tobytes()
        timing = Timing(ms(3), ms(7), 0, {}, {})
        output = Output(span.end, edits, actions)
        self.extension.happen(happenings, MicroTurn(self.index, span, (), (output,), samples, timing))
        self.index += 1
        return self.sent


def edit(payload, number: int = 1, status="added", stream="mic", start: int = 0, end: int = DELTA) -> Increment:
    return Increment(number, stream, Span(start, end), payload, status, end, "test")


def test_before_the_hello_nothing_is_sent_and_nothing_is_taken():
    rig = Rig()
    rig.tell("line", text="hi")
    assert rig.errors == [("duetto.hello must come before any other event of the extension", "type")]
    assert rig.turn(edit(Word("hello", 1.0, 1))) == [] and not rig.extension.on and rig.seat.order == []


def test_the_hello_is_answered_with_all_that_a_client_needs():
    rig = Rig(horizon=ms(300), grace=s(30), epoch_ns=s(1_000), brain="some-model")
    rig.tell("hello", event_id="e1", increments=False)
    (told,) = rig.sent
    assert told == {
        "event_id": "duetto_1",
        "type": "duetto.welcome",
        "session_id": "seat1",
        "token": "token",
        "delta_ms": 40.0,
        "horizon_ms": 300.0,
        "grace_s": 30.0,
        "epoch_ms": 1_000_000.0,
        "brain": "some-model",
        "seq": 1,
    }
    assert rig.turn(edit(Word("hello", 1.0, 1))) == [], "it wanted none"
    rig.tell("hello", increments=True)
    assert rig.turn(edit(Word("hello", 1.0, 1))) and rig.welcomed == 1


def test_only_a_first_message_says_how_the_conversation_is_opened():
    wanted = opening_for('{"type":"duetto.hello","delta_ms":80,"horizon_ms":200}', Opening(voice="x"))
    assert wanted == Opening(voice="x", delta=ms(80), horizon=ms(200))
    for other in ('{"type":"session.update"}', '{"type":"duetto.hello","delta_ms":5}', "no", b"\xff", {"type": 3}):
        assert opening_for(other, Opening()) == Opening()


def test_what_is_typed_and_shown_reaches_the_seat():
    rig = Rig()
    rig.hello()
    rig.tell("key", op="insert", text="h", position=0)
    rig.tell("key", op="send")
    rig.tell("line", text="a whole line")
    rig.tell("frame", stream="screen", image=base64.b64encode(b"jpeg").decode())
    rig.extension.receive({"type": "duetto.frame", "image": base64.b64encode(b"two").decode()})
    rig.tell("ping", id="p1")
    assert rig.seat.keys == [("insert", "h", 0, 0), ("send", "", 0, 0)]
    assert rig.seat.lines == ["a whole line"] and rig.seat.seen == [("screen", b"jpeg"), ("camera", b"two")]
    assert rig.sent[-1]["type"] == "duetto.pong" and rig.sent[-1]["id"] == "p1" and not rig.errors


def test_standing_orders_are_given_withdrawn_and_told_of():
    rig = Rig()
    um, breathe = Order("um", Words(("um",)), "One."), Order("breathe", Interval(0, s(4)), "Breathe.")
    rig.turn(actions=(Watch(um),))
    rig.hello()
    rig.tell("order", order=UM)
    rig.tell("withdraw", names=["um"])
    rig.tell("withdraw")
    assert rig.seat.commands == [Give(um), TakeBack(("um",)), TakeBack(("*",))] and not rig.errors
    told = [event for event in rig.turn(actions=(Watch(breathe),)) if event["type"] == "duetto.orders"]
    assert [order["name"] for order in told[0]["orders"]] == ["um", "breathe"], "those of before the hello too"
    assert told[0]["orders"][1]["described"] == 'every 4 s say "Breathe."'
    assert not [event for event in rig.turn() if event["type"] == "duetto.orders"], "nothing has changed"
    told = [event for event in rig.turn(actions=(Unwatch("um"),)) if event["type"] == "duetto.orders"]
    assert [order["name"] for order in told[0]["orders"]] == ["breathe"]


@pytest.mark.parametrize(
    ("event", "text", "param"),
    [
        ({"type": "duetto.key", "op": "insert", "position": -1}, ">= 0", "position"),
        ({"type": "duetto.key", "op": "undo"}, "Invalid enum value", "op"),
        ({"type": "duetto.key"}, "missing required field", "op"),
        ({"type": "duetto.line", "text": 7}, "Expected `str`", "text"),
        ({"type": "duetto.line", "text": "x", "txt": "y"}, "unknown field", "txt"),
        ({"type": "duetto.dance"}, "Invalid value 'duetto.dance'", "type"),
        ({"type": "duetto.frame", "image": "!!"}, "not Base64", "image"),
        ({"type": "duetto.played", "response_id": "resp_9", "played_ms": 3}, "there is no response", "response_id"),
        ({"type": "duetto.order", "order": {"name": "x"}}, "missing required field", "order"),
        (
            {"type": "duetto.order", "order": UM | {"say": " "}},
            "order: there is nothing to say when it is met",
            "order",
        ),
        ({"type": "duetto.order", "order": UM | {"when": {"kind": "wish"}}}, "Invalid value 'wish'", "order.when.kind"),
        ({"type": "duetto.withdraw", "names": "um"}, "Expected `array`", "names"),
        ({"type": "duetto.ack", "seq": 99}, "seq: from 0 to", "seq"),
        ({"type": "duetto.resume", "session_id": "s", "token": "t", "seq": 1}, "only as the first message", "type"),
        ({"type": "duetto.hello", "delta_ms": 5}, ">= 20", "delta_ms"),
        ([], "Expected `object`", ""),
    ],
)
def test_what_is_wrong_is_named_and_the_conversation_goes_on(event, text, param):
    rig = Rig()
    rig.hello()
    rig.extension.receive(json.dumps(event))
    ((message, field),) = rig.errors
    assert text in message and field == param
    rig.tell("line", text="still here")
    assert rig.seat.lines == ["still here"]


def test_what_the_seat_refuses_is_passed_on():
    rig = Rig()
    rig.hello()
    rig.seat.refuse = Refused("over", "the conversation has ended")
    rig.tell("line", text="x")
    rig.seat.refuse = None

    def type_line(text: str) -> None:
        raise ValueError("text: at most 10 characters (got 11)")

    rig.seat.type_line = type_line
    rig.tell("line", text="x")
    rig.extension.receive(b"\xff\xfe")
    assert rig.errors[:2] == [
        ("the conversation has ended", ""),
        ("text: at most 10 characters (got 11)", "text"),
    ]
    assert rig.errors[2][0].startswith("not JSON")


def test_increments_say_who_has_the_floor_and_what_changed():
    rig = Rig()
    rig.hello()
    (told,) = rig.turn(edit(Voicing(), 1), edit(Word("hel", 0.5, 3), 2, start=ms(10), end=ms(30)))
    assert (told["now_ms"], told["floor"], told["late_ms"], told["compute_ms"]) == (40.0, "user", 3.0, 7.0)
    assert told["edits"][1] == {
        "id": 2,
        "stream": "mic",
        "status": "added",
        "start_ms": 10.0,
        "end_ms": 30.0,
        "kind": "word",
        "text": "hel",
        "confidence": 0.5,
        "utterance": 3,
    }
    assert not rig.turn(voice=True), "what is handed out is heard in the next micro-turn"
    assert rig.turn(voice=True)[0]["floor"] == "both"
    assert rig.turn(edit(Voicing(), 1, "committed"), voice=True)[0]["floor"] == "agent"
    silent = [list(rig.turn()) for _ in range(2)]
    assert silent[0] == [], "its last sound is still heard"
    assert silent[1][0]["floor"] == "nobody" and silent[1][0]["edits"] == []


def test_in_silence_a_sign_of_life_comes_while_somebody_listens():
    rig = Rig()
    rig.hello()
    told = [len(rig.turn()) for _ in range(30)]
    assert sum(told) == 4 and max(told) == 1, "each 280 ms, the first micro-turn after 250"
    rig.journal.detach()
    for _ in range(30):
        rig.turn()
    assert rig.journal.seq == 5, "to nobody, nothing"


def test_the_microphone_s_sound_is_thinned_to_ten_a_second():
    rig = Rig()
    rig.hello()
    count = 0
    for n in range(50):
        sound = edit(Sound(0.1, -60.0, None), n, start=n * DELTA, end=(n + 1) * DELTA)
        count += sum(len(told["edits"]) for told in rig.turn(sound))
    assert count == 20


def speak(rig: Rig, seconds: float, *ends: float) -> None:
    rig.turn(happenings=[ReplySound(5, 0, bytes(2 * round(seconds * VOICE_RATE)))])
    rig.turn(happenings=[ReplyHeard(5, f"word{n}", Span(0, s(end)), s(end)) for n, end in enumerate(ends)])


def test_what_was_not_played_was_not_heard():
    rig = Rig()
    rig.hello()
    speak(rig, 2.0, 0.5, 1.0, 1.5)
    rig.tell("played", response_id="resp_5", played_ms=1_000)
    assert rig.seat.commands == [Unsay(5, 2)]
    rig.tell("played", response_id="resp_5", played_ms=999.9)
    assert rig.seat.commands[-1] == Unsay(5, 1)
    rig.tell("played", response_id="resp_5", played_ms=0)
    assert rig.seat.commands[-1] == Unsay(5, 0)


def test_a_reply_played_to_its_end_needs_no_correction():
    rig = Rig()
    rig.hello()
    speak(rig, 2.0, 0.5, 1.0, 2.0)
    rig.turn(happenings=[ReplyEnded(5, "done")])
    rig.tell("played", response_id="resp_5", played_ms=1_990)
    rig.tell("played", response_id="resp_6", played_ms=100)
    assert rig.seat.commands == [] and not rig.errors, "of reply 6 no sound was ever given"


def test_what_is_remembered_of_replies_is_bounded():
    rig = Rig()
    rig.hello()
    for number in range(500):
        rig.turn(happenings=[ReplySound(number, 0, bytes(2)), ReplyHeard(number, "x", Span(0, 1), 1)])
    rig.turn(happenings=[ReplyHeard(499, "x", Span(0, 1), 1)] * 9_000)
    assert len(rig.extension._replies) == 64
    assert len(rig.extension._replies[499].ends) == 4_096


def test_with_the_wire_itself_errors_name_the_event_and_everything_is_numbered():
    sent: list[dict] = []
    host = FakeHost()
    journal = Journal(lambda message: sent.append(json.loads(message)))
    wire = RealtimeWire(
        host,
        Setup(),
        journal.send,
        extension=lambda seat, error, reply_of: Extension(seat, journal, error=error, reply_of=reply_of),
    )
    assert [event["type"] for event in sent] == ["session.created"] and "seq" not in sent[0]
    wire.receive('{"type":"duetto.hello"}')
    wire.receive('{"type":"duetto.key","op":"insert","text":"h","position":0}')
    wire.receive('{"type":"duetto.key","op":"undo","event_id":"mine"}')
    wire.receive('{"type":"duetto.played","response_id":"none","played_ms":1}')
    wire.receive('{"type":"input_audio_buffer.clear"}')
    assert host.seats[0].keys == [("insert", "h", 0, 0)]
    welcome, wrong, unknown, cleared = sent[1:]
    assert welcome["type"] == "duetto.welcome" and cleared["type"] == "input_audio_buffer.cleared"
    assert wrong["type"] == "error" and wrong["error"]["param"] == "op" and wrong["error"]["event_id"] == "mine"
    assert unknown["error"]["param"] == "response_id"
    assert [event["seq"] for event in sent[1:]] == [1, 2, 3, 4]
    span = Span(0, DELTA)
    wire.happen((), MicroTurn(0, span, (), (Output(DELTA, (edit(Voicing()),)),), bytes(1_920), Timing(0, 0, 0, {}, {})))
    assert sent[-1]["type"] == "duetto.increments" and sent[-1]["seq"] == len(sent) - 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["hello", "key", "line", "frame", "played", "ack", "resume", "ping", "x"])
FIELDS = st.sampled_from(
    ["op", "text", "position", "count", "image", "stream", "response_id", "played_ms", "seq", "id", "delta_ms"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(KINDS, st.dictionaries(FIELDS, VALUES, max_size=4)), max_size=5), st.binary(max_size=40))
def test_no_event_whatever_breaks_it(events, noise):
    rig = Rig()
    rig.hello()
    rig.extension.receive(noise)
    for kind, fields in events:
        before = len(rig.errors) + len(rig.seat.order) + len(rig.sent)
        rig.extension.receive({"type": f"duetto.{kind}", **fields})
        answered = len(rig.errors) + len(rig.seat.order) + len(rig.sent)
        assert answered == before + 1 or kind in ("ack", "played")
    rig.tell("line", text="still here")
    assert rig.seat.lines[-1] == "still here"
