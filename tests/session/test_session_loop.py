"""The session's loop alone: a model that writes down what it is given, a clock that does as it is told."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from duetto.interaction.action import Fire
from duetto.models.cascade import Cascade
from duetto.models.model import Output
from duetto.orders import every
from duetto.perception.audio.input import AudioInput
from duetto.session import Inputs, Session, SessionSettings
from duetto.testing.handlers import BrokenHandler
from duetto.timeline.arrival import Clause, Fault
from duetto.timeline.clock import VirtualClock, ms, s
from duetto.timeline.increment import Span
from duetto.timeline.job import Ask, Context
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, samples_before
from duetto.workers.crew import Crew
from duetto.workers.inline import InlineWorker


class Notes:
    """A model that keeps its turns. busy_until: media time (ns). at: what to do at the turn of an index."""

    def __init__(self, *, busy_until: int = 0, at=None) -> None:
        self.turns, self.voiced = [], []
        self._busy_until, self._at = busy_until, at or {}

    def step(self, turn):
        self.turns.append(turn)
        jobs = self._at[turn.index](turn) if turn.index in self._at else None
        return Output(turn.span.end, jobs=tuple(jobs or ()))

    @property
    def busy(self):
        return self.turns[-1].span.end < self._busy_until

    def costs(self):
        return {"notes": 1}

    def sights(self):
        return {}

    pieces = ()

    def voice(self, span):
        self.voiced.append(span)
        return np.zeros(samples_before(span.end, VOICE_RATE) - samples_before(span.start, VOICE_RATE), np.int16)


class JumpyClock(VirtualClock):
    """Wakes later than asked. late: extra ns by the time asked for."""

    def __init__(self, late: dict[int, int]) -> None:
        super().__init__()
        self._late = late

    def sleep_until(self, when: int) -> None:
        super().sleep_until(when)
        self.advance(self._late.get(when, 0))


class Watcher:
    def __init__(self, fails_at: int | None = None, fails_to_close: bool = False) -> None:
        self.seen, self.closed = [], 0
        self._fails_at, self._fails_to_close = fails_at, fails_to_close

    def on_micro_turn(self, micro_turn) -> None:
        self.seen.append(micro_turn)
        if micro_turn.index == self._fails_at:
            raise OSError("no space left")

    def close(self) -> None:
        self.closed += 1
        if self._fails_to_close:
            raise OSError("still no space left")


class Supply:
    """A feeder: calls `give` each time; finished from media time `until` (ns) on."""

    def __init__(self, until: int, give=lambda until: None, notice: Fault | None = None) -> None:
        self.until, self.give, self.asked, self.closed = until, give, [], 0
        self._notice = notice

    def feed(self, until: int) -> None:
        self.asked.append(until)
        self.give(until)

    @property
    def finished(self) -> bool:
        return self.asked[-1] >= self.until

    def notices(self):
        notice, self._notice = self._notice, None
        return () if notice is None else (notice,)

    def close(self) -> None:
        self.closed += 1


class Handler:
    """Two clauses for each question."""

    def __init__(self) -> None:
        self.closed = False

    def handle(self, job):
        yield Clause(job.reply, 0, "Well.")
        yield Clause(job.reply, 1, "Yes.")

    def close(self) -> None:
        self.closed = True


def session(model, *, feeders=(), observers=(), clock=None, inputs=None, handler=None, **settings) -> Session:
    clock = clock or VirtualClock()
    workers = [InlineWorker("brain", handler)] if handler else []
    return Session(
        model,
        clock=clock,
        crew=Crew(workers, threading.Event(), realtime=clock.realtime),
        inputs=inputs or Inputs(),
        feeders=feeders,
        observers=observers,
        settings=SessionSettings(**{"delta": ms(80), **settings}),
    )


def spans(model: Notes) -> list[tuple[int, int]]:
    return [(t.span.start // ms(1), t.span.end // ms(1)) for t in model.turns]


# --- micro-turns ----------------------------------------------------------------------------------------------


def test_every_micro_turn_has_its_slice_and_its_voice():
    model, watcher = Notes(), Watcher()
    assert session(model, observers=[watcher], tail=ms(300)).run() == ms(400)
    assert spans(model) == [(0, 80), (80, 160), (160, 240), (240, 320), (320, 400)]
    assert [t.index for t in model.turns] == [m.index for m in watcher.seen] == [0, 1, 2, 3, 4]
    assert all(len(t.samples) == 1280 and not t.samples.any() for t in model.turns), "no microphone is silence"
    assert model.voiced == [Span(t.span.end, t.span.end + ms(80)) for t in model.turns]
    assert [m.span for m in watcher.seen] == [t.span for t in model.turns]
    assert all(m.timing.late == 0 and m.timing.parts == {"notes": 1} and m.timing.compute > 0 for m in watcher.seen)


@pytest.mark.parametrize("delta", [ms(20), ms(33), ms(1000)])
def test_slices_of_any_length_lose_no_sample(delta):
    mic = AudioInput(MIC_RATE)
    sound = np.arange(40_000, dtype=np.int64).astype(np.int16)
    mic.push(sound)
    mic.close()
    model = Notes()
    session(model, inputs=Inputs(mic=mic), delta=delta, tail=0).run()
    heard = np.concatenate([t.samples for t in model.turns])
    assert np.array_equal(heard[:40_000], sound) and not heard[40_000:].any()
    assert len(heard) == samples_before(model.turns[-1].span.end, MIC_RATE)


def test_an_overrun_gives_one_larger_slice_on_the_grid():
    model, watcher = Notes(), Watcher()
    clock = JumpyClock({ms(160): ms(79), ms(240): ms(245), ms(560): ms(80)})
    assert session(model, clock=clock, observers=[watcher], tail=ms(700)).run() == ms(800)
    assert spans(model) == [(0, 80), (80, 160), (160, 480), (480, 640), (640, 720), (720, 800)]
    assert [m.timing.late // ms(1) for m in watcher.seen] == [0, 79, 245, 80, 0, 0]
    assert [len(t.samples) for t in model.turns] == [1280, 1280, 5120, 2560, 1280, 1280]


def test_the_voice_has_no_gap_when_the_clock_jumps():
    model, watcher = Notes(), Watcher()
    session(model, clock=JumpyClock({ms(80): ms(170), ms(480): ms(90)}), observers=[watcher], tail=ms(700)).run()
    first, *others = model.voiced
    assert first == Span(ms(240), ms(320)), "the first one begins at the end of its slice"
    for before, after in zip(model.voiced, others, strict=False):
        assert after.start == before.end
    assert all(span.end == turn.span.end + ms(80) for span, turn in zip(model.voiced, model.turns, strict=True))
    assert sum(len(m.voice) for m in watcher.seen) == 2 * samples_before(others[-1].end - first.start, VOICE_RATE)


def ask(turn):
    return [Ask(7, "so?", "typed", False, Context(turn.span.end, 0))] if turn.round == 0 else []


def test_what_arrives_at_once_is_used_in_rounds_of_the_same_micro_turn():
    model, watcher, handler = Notes(at={1: ask}), Watcher(), Handler()
    session(model, observers=[watcher], handler=handler, tail=ms(200)).run()
    assert [(t.index, t.round) for t in model.turns] == [(0, 0), (1, 0), (1, 1), (2, 0), (3, 0)]
    later = model.turns[2]
    assert [a.text for a in later.arrivals] == ["Well.", "Yes."] and later.mic == b""
    assert later.span == model.turns[1].span
    assert [len(m.turns) for m in watcher.seen] == [len(m.outputs) for m in watcher.seen] == [1, 2, 1, 1]
    assert handler.closed


def test_rounds_are_bounded_and_what_is_left_comes_next():
    again = lambda turn: [Ask(turn.round + 1, "so?", "typed", False, Context(0, 0))]  # noqa: E731
    model = Notes(at={0: again})
    session(model, handler=Handler(), rounds=3, tail=ms(80)).run()
    assert [(t.index, t.round) for t in model.turns] == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert [a.reply for a in model.turns[-1].arrivals] == [3, 3]


def test_a_part_that_breaks_is_an_arrival():
    model = Notes(at={0: ask})
    session(model, handler=BrokenHandler(), tail=ms(80)).run()
    (fault,) = model.turns[1].arrivals
    assert fault.part == "brain" and fault.reply == 7 and "broken on purpose" in fault.text


# --- inputs ---------------------------------------------------------------------------------------------------


def lagging(settings: dict, give) -> tuple[Notes, AudioInput]:
    """A microphone filled by `give(mic, until)`."""
    mic, model = AudioInput(MIC_RATE), Notes()
    feeder = Supply(ms(800), lambda until: give(mic, until))
    session(model, inputs=Inputs(mic=mic), feeders=[feeder], **settings).run()
    return model, mic


def test_a_microphone_may_lag_a_little_without_a_gap():
    sound = np.arange(1, 12_801).astype(np.int16)
    given = 0

    def give(mic, until):
        nonlocal given
        late = samples_before(max(0, until - ms(100)), MIC_RATE)
        if given < len(sound):
            mic.push(sound[given:late])
            given = min(late, len(sound))
            if given == len(sound):
                mic.close()

    model, _ = lagging({"tail": ms(160)}, give)
    heard = np.concatenate([t.samples for t in model.turns])
    assert [len(t.samples) for t in model.turns[:3]] == [0, 960, 1280]
    assert np.array_equal(heard[:12_800], sound) and not heard[12_800:].any()
    assert len(heard) == samples_before(model.turns[-1].span.end, MIC_RATE)


def test_a_microphone_that_is_silent_for_long_is_padded():
    model, mic = lagging({"linger": 0}, lambda mic, until: mic.close() if until >= ms(800) else None)
    sizes = [len(t.samples) for t in model.turns]
    assert sizes[:4] == [0, 2560, 1280, 1280], "within 120 ms it is waited for, once"
    assert sum(sizes) == samples_before(model.turns[-1].span.end, MIC_RATE) and mic.finished


class Patient(AudioInput):
    """Its sound is on its way, it says, for so long."""

    patience = ms(320)


def test_sound_that_is_on_its_way_is_waited_for_as_long_as_its_source_says():
    sound = np.arange(1, 25_601, dtype=np.int32).astype(np.int16)
    given = 0

    def give(mic, until):
        nonlocal given
        if ms(400) < until <= ms(720):  # the network stalls for 0.32 s
            return
        if given < len(sound):
            mic.push(sound[given : samples_before(until, MIC_RATE)])
            given = samples_before(until, MIC_RATE)
            if given == len(sound):
                mic.close()

    mic, model = Patient(MIC_RATE), Notes()
    session(model, inputs=Inputs(mic=mic), feeders=[Supply(s(1.6), lambda until: give(mic, until))], tail=0).run()
    assert [len(t.samples) for t in model.turns[4:11]] == [1280, 0, 0, 0, 0, 5 * 1280, 1280]
    assert np.array_equal(np.concatenate([t.samples for t in model.turns])[: len(sound)], sound)


def test_notices_of_feeders_are_arrivals_of_the_same_micro_turn():
    model = Notes()
    feeder = Supply(ms(160), notice=Fault("mic", "it was pulled out"))
    session(model, feeders=[feeder], tail=0).run()
    assert model.turns[0].arrivals == (Fault("mic", "it was pulled out"),)
    assert feeder.asked == [ms(80), ms(160)], "each is fed up to the end of the slice, and the last is the end"


# --- the end --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("busy_until", "end"),
    [(0, 160 + 480), (ms(900), 960), (s(100), 160 + 1600)],
    ids=["idle: the tail", "busy: until it is not", "busy for ever: the limit"],
)
def test_it_goes_on_for_what_is_still_being_said_but_not_for_ever(busy_until, end):
    feeder = Supply(ms(160))
    found = session(Notes(busy_until=busy_until), feeders=[feeder], tail=ms(480), linger=ms(1600)).run()
    assert found == ms(end)


def test_it_does_not_end_while_an_input_or_a_feeder_goes_on():
    mic = AudioInput(MIC_RATE)
    mic.push(np.zeros(8000, np.int16))
    mic.close()
    assert session(Notes(), inputs=Inputs(mic=mic), feeders=[Supply(ms(160))], tail=0).run() == ms(560)
    assert session(Notes(), feeders=[Supply(ms(80)), Supply(ms(480))], tail=0).run() == ms(480)


def test_stop_ends_it_from_another_thread():
    reached = threading.Event()
    model = Notes(at={50: lambda turn: reached.set()})
    watcher, feeder = Watcher(), Supply(s(10**6))
    running = session(model, observers=[watcher], feeders=[feeder])
    ends = []
    thread = threading.Thread(target=lambda: ends.append(running.run()))
    thread.start()
    assert reached.wait(20)
    running.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert ends == [model.turns[-1].span.end]
    assert (watcher.closed, feeder.closed) == (1, 1)


def test_stopped_before_it_begins_it_only_closes():
    watcher, model = Watcher(), Notes()
    stopped = session(model, observers=[watcher])
    stopped.stop()
    assert stopped.run() == 0 and model.turns == [] and watcher.closed == 1


def test_when_the_model_fails_everything_is_closed():
    def fail(turn):
        raise ZeroDivisionError("model")

    watcher, feeder, handler = Watcher(), Supply(s(10)), Handler()
    with pytest.raises(ZeroDivisionError, match="model"):
        session(Notes(at={3: fail}), observers=[watcher], feeders=[feeder], handler=handler).run()
    assert (watcher.closed, feeder.closed, handler.closed) == (1, 1, True)
    assert len(watcher.seen) == 3


def test_what_cannot_be_closed_keeps_nothing_else_open():
    bad, good, handler = Watcher(fails_to_close=True), Watcher(), Handler()
    with pytest.raises(ExceptionGroup, match="not every part of it could be closed") as caught:
        session(Notes(), observers=[bad, good], handler=handler, tail=0).run()
    assert [str(e) for e in caught.value.exceptions] == ["still no space left"]
    assert good.closed == 1 and handler.closed


@pytest.mark.parametrize("fails_to_close", [False, True])
def test_an_observer_that_fails_is_left_out_whatever_its_end(fails_to_close):
    bad, good, model = Watcher(2, fails_to_close), Watcher(), Notes()
    session(model, observers=[bad, good], tail=ms(400)).run()
    assert len(bad.seen) == 3 and bad.closed == 1
    assert len(good.seen) == len(model.turns) == 6
    assert model.turns[3].arrivals == (Fault("Watcher", "it failed and was left out: no space left"),)


@pytest.mark.parametrize("delta", [ms(19.9), ms(1000.1), 0, -1])
def test_a_micro_turn_has_limits(delta):
    with pytest.raises(ValueError, match="delta: a micro-turn has 20 to 1000 ms"):
        SessionSettings(delta=delta)


def test_a_micro_turn_has_a_round():
    with pytest.raises(ValueError, match=r"rounds: a micro-turn has at least 1 \(got 0\)"):
        SessionSettings(rounds=0)


def test_a_program_gives_standing_orders_and_sees_what_is_in_force():
    talk = session(Cascade(epoch_ns=0))
    talk.orders.when(every(1)).say("Breathe.", name="breathe", limit=1, manner="text")
    fired, listed = [], []
    for _ in range(20):
        talk.step(talk.begin(talk.due))
        fired += [action for output in talk.end().outputs for action in output.actions if isinstance(action, Fire)]
        listed.append([order.name for order in talk.orders.list()])
    talk.close()
    assert [(action.order, action.text) for action in fired] == [("breathe", "Breathe.")]
    assert listed[0] == ["breathe"] and listed[-1] == []
