"""What is measured on a recording, against conversations whose times are known to the sample."""

from __future__ import annotations

import math

import numpy as np
import pytest

from duetto.interaction.action import Action, DropReply, Duck, Hold, PlanClause, Unwatch, Watch
from duetto.models.model import MicroTurn, Output, Timing
from duetto.recording.measure import Measures, measure, percentile
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.order import Interval, Moment, Order, Sight
from duetto.timeline.payload import Planned, Voicing
from duetto.timeline.turn import VOICE_RATE, Turn, samples_before

DELTA = ms(80)


def measured(
    *,
    voice: list[tuple[float, float]] = (),
    user: list[tuple[float, float]] | None = None,
    actions: list[tuple[float, Action]] = (),
    said: list[tuple[float, str]] = (),
    voicings: list[tuple[float, float]] = (),
    seconds: float = 10,
) -> Measures:
    """Times in seconds. voice: when duetto sounds. said: clauses that were heard. voicings: as perceived."""
    sound = np.zeros(samples_before(s(seconds + 1), VOICE_RATE), np.int16)
    for start, end in voice:
        sound[round(start * VOICE_RATE) : round(end * VOICE_RATE)] = 4000
    edits = [
        Increment(n, "voice", Span(s(at), s(at + 0.5)), Planned(text, 1, n), "committed", s(at + 0.5), "plan")
        for n, (at, text) in enumerate(said)
    ]
    edits += [
        Increment(100 + n, "mic", Span(s(start), s(end)), Voicing(), "committed", s(end), "silero")
        for n, (start, end) in enumerate(voicings)
    ]
    made = []
    for index in range(s(seconds) // DELTA):
        span = Span(index * DELTA, (index + 1) * DELTA)
        output = Output(
            span.end,
            tuple(e for e in edits if span.start <= e.at < span.end),
            tuple(a for at, a in actions if span.start < s(at) <= span.end),
        )
        heard = sound[samples_before(span.end, VOICE_RATE) : samples_before(span.end + DELTA, VOICE_RATE)]
        timing = Timing(index % 2 * ms(1), ms(2), 0, {"ears": 3, "mouth": 1}, {})
        made.append(MicroTurn(index, span, (Turn(index, 0, span),), (output,), heard.tobytes(), timing))
    true = None if user is None else [Span(s(a), s(b)) for a, b in user]
    return measure(made, true)  # type: ignore[arg-type]


def in_ms(values: list[int]) -> list[int]:
    return [round(v / 1e6) for v in values]


def test_a_reply_counts_from_the_end_of_the_voice_to_its_first_sample():
    found = measured(user=[(1, 2), (5, 6.25)], voice=[(2.36, 4), (6.75, 8)])
    assert in_ms(found.reply) == [360, 500]
    assert (found.barged, found.duck, found.silent) == ([], [], [])


def test_what_comes_late_or_belongs_to_the_next_words_is_no_reply():
    assert measured(user=[(1, 2)], voice=[(4.6, 5)]).reply == []
    assert in_ms(measured(user=[(1, 2), (2.5, 3)], voice=[(3.4, 5)]).reply) == [400]


def test_speech_that_goes_on_over_the_end_is_no_reply():
    assert measured(user=[(1, 2)], voice=[(0.5, 3), (3.5, 4)]).reply == []


def test_without_the_true_spans_the_perceived_ones_count():
    assert in_ms(measured(voicings=[(1.0, 2.0)], voice=[(2.4, 3)]).reply) == [400]
    assert measured(voicings=[(1.0, 2.0)], user=[], voice=[(2.4, 3)]).reply == []


def test_a_reply_inside_the_user_s_speech_is_barging():
    found = measured(user=[(1, 3)], voice=[(2, 2.5)])
    assert in_ms(found.barged) == [2000]
    assert measured(user=[(1, 3)], voice=[(1.2, 1.25)]).barged == [], "at the very beginning they just collide"


def test_a_standing_order_may_speak_into_the_user_s_speech():
    by_itself = PlanClause(1, 77, "Breathe.")
    assert measured(user=[(1, 3)], voice=[(2, 2.5)], actions=[(1.92, by_itself)]).barged == []
    assert measured(user=[(1, 2)], voice=[(2.5, 3)], actions=[(2.4, by_itself)]).reply == []


def test_cutting_in_is_measured_to_the_duck_and_to_the_last_sample():
    found = measured(user=[(2, 3)], voice=[(1, 2.6)], actions=[(2.16, Duck()), (2.4, DropReply(1))])
    assert in_ms(found.duck) == [160]
    assert in_ms(found.silent) == [600]
    held = measured(user=[(2, 3)], voice=[(1, 2.6)], actions=[(2.4, Hold())])
    assert (held.duck, in_ms(held.silent)) == ([], [600])


def test_a_voice_that_ends_by_itself_did_not_give_way():
    found = measured(user=[(2, 3)], voice=[(1, 2.6)], actions=[(2.16, Duck())])
    assert (in_ms(found.duck), found.silent) == ([160], [])
    assert measured(user=[(2, 3)], voice=[(1, 5)], actions=[(2.4, Hold())]).silent == []


def order(when, name: str = "o", say: str = "Breathe.") -> Order:
    return Order(name, when, say)


def test_an_order_s_error_has_its_sign():
    found = measured(actions=[(1, Watch(order(Moment(s(4)))))], said=[(4.03, "Breathe.")])
    assert in_ms(found.order) == [30]
    found = measured(actions=[(1, Watch(order(Interval(s(1), s(2)))))], said=[(2.99, "Breathe."), (5.02, "Breathe.")])
    assert in_ms(found.order) == [-10, 20]


def test_only_what_the_order_says_while_it_stands_counts():
    watch = (1.0, Watch(order(Interval(s(1), s(2)))))
    found = measured(actions=[watch, (4.0, Unwatch("o"))], said=[(3.01, "Breathe."), (7.5, "Breathe."), (3.3, "Yes.")])
    assert in_ms(found.order) == [10]
    assert measured(actions=[(1, Watch(order(Sight("motion"))))], said=[(3, "Breathe.")]).order == []


def test_work_and_lateness_are_those_of_every_micro_turn():
    found = measured(seconds=2)
    assert found.span == s(2) and len(found.compute) == len(found.late) == 25
    assert set(found.compute) == {ms(2)} and sum(found.late) == 12 * ms(1)
    assert found.parts == {"ears": 75, "mouth": 25}


def test_percentiles():
    assert percentile([4, 1, 3, 2], 50) == 2.5
    assert percentile([4, 1], 100) == 4
    assert math.isnan(percentile([], 50))


def test_an_empty_recording_has_nothing_to_measure():
    assert measure([]) == Measures()  # type: ignore[arg-type]


@pytest.mark.parametrize("user", [[], [(1, 2)]])
def test_silence_answers_nothing(user):
    found = measured(user=user)
    assert (found.reply, found.barged, found.duck, found.silent, found.order) == ([], [], [], [], [])
