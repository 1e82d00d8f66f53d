"""What a conversation is in figures and spans, and conversations that wait for their clients."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from opentelemetry import trace
from server_rig import Rig, micro_turn

from duetto.interaction.action import AskBrain, DropReply, KeepReply
from duetto.models.model import Output, Timing
from duetto.server.auth import Identity
from duetto.server.metrics import MOST_PARTS, Metrics
from duetto.server.outlet import Outlet
from duetto.server.settings import Limits, ServerSettings
from duetto.server.shelf import Resuming
from duetto.server.story import Figure, Story
from duetto.server.tracing import SessionTrace
from duetto.timeline.arrival import Weighed
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import Turn
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
    Used,
)


def read(*parts, index=25, outputs=()):
    """The figures of one micro-turn that ends at (index + 1) * 40 ms, as name -> value."""
    return list(Story().read(parts, micro_turn(index, outputs=outputs)))


def test_the_latency_of_a_reply_is_from_the_end_of_the_voice_to_its_first_sound():
    story = Story()
    assert list(story.read([TurnEnded(1, ms(500))], micro_turn())) == [Figure("turn")]
    found = list(story.read([ReplyBegan(1), ReplySound(1, ms(800), b"")], micro_turn()))
    assert found == [Figure("reply", pytest.approx(0.3))]
    assert list(story.read([ReplySound(1, ms(840), b"")], micro_turn())) == []
    assert list(story.read([ReplyBegan(2), ReplySound(2, ms(900), b"")], micro_turn())) == [], "nobody had spoken"


def test_a_turn_that_does_not_count_is_not_measured():
    assert read(TurnEnded(1, 0, discarded=True), ReplySound(1, ms(9), b"")) == [Figure("turn")]


def test_a_reply_that_is_shown():
    found = read(TurnEnded(1, ms(1000)), ReplyBegan(1, spoken=False), ReplyText(1, "hi"), ReplyText(1, "there"))
    assert found == [Figure("turn"), Figure("text", pytest.approx(0.04))]


def test_yielding_is_from_the_users_start_over_the_voice_to_its_end():
    story = Story()
    list(story.read([ReplySound(1, ms(10), b"")], micro_turn()))
    list(story.read([TurnBegan(1, ms(900))], micro_turn()))
    found = list(story.read([ReplyEnded(1, "cut")], micro_turn(25)))
    assert found == [Figure("reply cut"), Figure("yield", pytest.approx(0.14))]
    assert list(story.read([ReplyEnded(2, "cut")], micro_turn(26))) == [Figure("reply cut")]


def test_drafts_used_and_wasted():
    asked = [AskBrain(number, "x", "spoken", draft=number < 3) for number in (1, 2, 3)]
    decided = (Output(0, actions=(*asked, KeepReply(1), DropReply(2), KeepReply(3), DropReply(1))),)
    assert read(outputs=decided) == [Figure("draft used"), Figure("draft wasted")]


def test_the_rest_is_counted():
    found = read(
        CallMade(1, 1, "f", "{}", True),
        Noticed("brain", "gone"),
        Noticed("brain", "back", working=True),
        Used(1, 100, 50, 10, 3),
        ReplyEnded(1, "failed", "no"),
    )
    names = [(figure.name, figure.value, figure.part) for figure in found]
    assert names == [
        ("call", 1, ""),
        ("failure", 1, "brain"),
        ("prompt", 100, ""),
        ("pieces", 3, ""),
        ("reply failed", 1, ""),
    ]


def test_figures_come_out_as_prometheus_reads_them():
    metrics = Metrics()
    metrics.figures(
        [
            Figure("reply", 0.3),
            Figure("yield", 0.1),
            Figure("draft used"),
            Figure("turn"),
            Figure("failure", part="brain"),
        ]
    )
    metrics.figures(
        [Figure("call"), Figure("prompt", 7), Figure("pieces", 2), Figure("reply done"), Figure("text", 1.0)]
    )
    seen = {"camera look for bodies": (2, ms(80)), "screen motion": (1, ms(1))}
    metrics.micro_turn(msgspec.structs.replace(micro_turn(), timing=Timing(ms(1), ms(2), 0, {"ears": ms(1)}, {}, seen)))
    metrics.ticked(ms(3), ms(9))
    text = metrics.text().decode()
    for line in (
        'duetto_latency_seconds_sum{kind="reply"} 0.3',
        'duetto_latency_seconds_count{kind="yield"} 1.0',
        'duetto_drafts_total{fate="used"} 1.0',
        'duetto_failures_total{part="brain"} 1.0',
        'duetto_replies_total{how="done"} 1.0',
        'duetto_model_seconds_total{part="ears"} 0.001',
        'duetto_vision_runs_total{level="look for bodies",stream="camera"} 2.0',
        'duetto_vision_seconds_total{level="look for bodies",stream="camera"} 0.08',
        'duetto_vision_runs_total{level="motion",stream="screen"} 1.0',
        "duetto_tick_seconds_sum 0.009",
        "duetto_micro_turn_seconds_sum 0.002",
        "duetto_prompt_characters_total 7.0",
    ):
        assert line in text


def test_names_of_parts_are_bounded():
    metrics = Metrics()
    metrics.figures(Figure("failure", part=f"part{number}") for number in range(MOST_PARTS + 5))
    assert 'duetto_failures_total{part="other"} 5.0' in metrics.text().decode()


class Spans:
    """A tracer that keeps its spans."""

    def __init__(self):
        self.made = []

    def start_span(self, name, context=None, attributes=None):
        span = KeptSpan(name, dict(attributes or {}))
        self.made.append(span)
        return span


class KeptSpan(trace.NonRecordingSpan):
    def __init__(self, name, attributes):
        super().__init__(trace.INVALID_SPAN_CONTEXT)
        self.name, self.attributes, self.events, self.ended, self.status = name, attributes, [], False, None

    def set_attribute(self, key, value):
        self.attributes[key] = value

    def set_attributes(self, attributes):
        self.attributes.update(attributes)

    def add_event(self, name, attributes=None, timestamp=None):
        self.events.append(name)

    def set_status(self, status, description=None):
        self.status = status

    def end(self, end_time=None):
        self.ended = True


def test_a_session_is_a_span_with_one_for_each_reply(monkeypatch):
    spans = Spans()
    monkeypatch.setattr(trace, "get_tracer", lambda name: spans)
    told = SessionTrace("s1", "realtime")
    told.read([TurnEnded(1, 0), ReplyBegan(1), ReplyText(1, "secret words"), ReplySound(1, 0, b"")])
    told.read([ReplySound(1, 0, b""), CallMade(1, 1, "f", "{}", True), Used(1, 9, 0, 0, 4), ReplyEnded(1, "failed")])
    told.read([ReplyBegan(2)])
    told.close("the client has gone")
    session, first, second = spans.made
    assert session.attributes["duetto.end"] == "the client has gone"
    assert first.events == ["clause", "first sound", "call"]
    assert first.attributes["duetto.pieces"] == 4
    assert first.status is trace.StatusCode.ERROR
    assert second.attributes["duetto.end"] == "open"
    assert all(span.ended for span in spans.made)
    assert "secret" not in str([vars(span) for span in spans.made])


def test_without_an_sdk_nothing_happens():
    told = SessionTrace("s1", "realtime")
    told.read([ReplyBegan(1), ReplyEnded(1, "done")])
    told.close("")


# --- conversations that wait ----------------------------------------------------------------------------------------


class WaitingWire:
    """Leaves its conversation where it can be taken up, as Gemini Live's does."""

    def __init__(self, line, shelf):
        self.line, self.resuming = line, Resuming(shelf, line)
        self.seat, self.happened, self.let = None, [], False

    def receive(self, message):
        found = self.resuming.resume(message) if message else None
        if message and found is None:
            self.line.finish(1008, "no such handle")
            return
        from duetto.wire.seat import Opening

        self.seat = found or self.line.open(Opening())
        self.line.send(self.resuming.issue(self.seat))

    def happen(self, happenings, micro_turn):
        self.happened += happenings

    def let_go(self):
        self.seat, self.let = None, True

    def close(self):
        seat, self.seat = self.seat, None
        if seat is not None and not self.resuming.detach(seat):
            seat.close()


def connected(rig, message="", owner=""):
    outlet = Outlet(Limits(), lambda: 0.0)
    line = rig.service.line(Identity(owner), "gemini", lambda line: WaitingWire(line, rig.service.shelf), outlet)
    line.receive(message)
    sent = outlet.outbox.take(0.0)
    return line, outlet, sent


def test_a_conversation_is_taken_up_on_another_line():
    async def run():
        rig = Rig()
        first, outlet, handle = connected(rig)
        first.gone(outlet)
        (seat,) = rig.engine.seats
        assert not seat.closed
        assert rig.service.lines == set()
        rig.script.next = [CallMade(1, 1, "f", "{}", True), CallMade(2, 1, "g", "{}", True)]
        seat.followers[0](micro_turn())
        rig.script.next = [CallWithdrawn(1)]
        seat.followers[0](micro_turn(1))
        assert connected(rig, handle, owner="somebody else")[2] is None
        second, outlet, again = connected(rig, handle)
        assert again == handle
        assert second.seat is seat
        assert [made.call for made in second.wire.happened] == [2], "what it was not told of"
        rig.script.next = [TurnBegan(1, 0)]
        seat.followers[0](micro_turn(2))
        assert second.wire.happened[1:] == [TurnBegan(1, 0)]
        third, _, _ = connected(rig, handle)  # the second is half open
        assert second.wire.let
        second.gone(outlet)
        assert not seat.closed
        assert third.seat is seat
        assert len(rig.engine.seats) == 1
        third.end("enough")
        assert not seat.closed, "it waits again"
        third.conversation.end("enough")
        assert connected(rig, handle)[2] is None

    asyncio.run(run())


def test_nobody_waits_for_ever():
    async def run():
        rig = Rig(ServerSettings(grace_s=0.01))
        line, outlet, handle = connected(rig)
        over = asyncio.Event()
        line.conversation.when_over(lambda conversation: over.set())
        line.gone(outlet)
        await asyncio.wait_for(over.wait(), 10)
        assert rig.engine.seats[0].closed
        assert connected(rig, handle)[2] is None
        assert rig.service.house.seats.total == 0

    asyncio.run(run())


def test_not_too_many_wait(monkeypatch):
    monkeypatch.setattr("duetto.server.shelf.MOST_WAITING", 2)

    async def run():
        rig = Rig()
        for _ in range(3):
            line, outlet, _ = connected(rig)
            line.gone(outlet)
        assert [seat.closed for seat in rig.engine.seats] == [True, False, False]
        for seat in rig.engine.seats:
            seat.end()

    asyncio.run(run())


def test_what_the_questions_of_standing_orders_cost_is_counted():
    span = Span(0, ms(40))
    turn = Turn(0, 0, span, arrivals=(Weighed(1, True, 200, 1, 2), Weighed(2, False, 100, 0, 1)))
    of = micro_turn()
    figures = list(Story().read((), msgspec.structs.replace(of, turns=(turn,))))
    assert [(figure.name, figure.value) for figure in figures] == [
        *(("question yes", 1), ("prompt", 200), ("pieces", 2), ("pictures", 1)),
        *(("question no", 1), ("prompt", 100), ("pieces", 1), ("pictures", 0)),
    ]
    metrics = Metrics()
    metrics.figures(figures)
    text = metrics.text().decode()
    assert 'duetto_order_questions_total{answer="yes"} 1.0' in text and "duetto_question_pictures_total 1.0" in text
    assert "duetto_prompt_characters_total 300.0" in text
