"""Verdicts and scores on items made by hand."""

from __future__ import annotations

import pytest
from trials import said, taken

from duetto.bench.scenario import Expect, Step
from duetto.bench.scores import summarise
from duetto.bench.scores.coherence import said_twice, wrong_starts
from duetto.bench.scores.eva import score
from duetto.bench.scores.fdb import behaviour, takes_over, timing
from duetto.bench.scores.figure import median, share
from duetto.bench.scores.floor import waits
from duetto.bench.scores.words import plain
from duetto.bench.scores.words import said as is_said
from duetto.timeline.clock import s

ASK = Step(at=1.0, says="what is … two plus two")
OVER = Step(speaking=1.0, says="stop")
REPLY = Expect(kind="reply", says=("4",), within=(0.0, 1.0))


def answered(*agent: tuple[float, float, str], expect: tuple[Expect, ...] = (REPLY,), ended: tuple[float, ...] = ()):
    return taken((ASK,), expect, (said(0, ASK.says, (1.0, 1.5), (2.2, 3.0)),), *agent, ended=ended)


def overlapped(kind: str, *agent: tuple[float, float, str], step: Step = OVER, says: tuple[str, ...] = (), **more):
    expect = Expect(kind=kind, step=1, within=(0.0, 1.0), says=says)  # type: ignore[arg-type]
    user = (said(0, "count", (1.0, 2.0)), said(1, step.says, (4.0, 4.4), who=step.who))
    return taken((Step(at=1.0, says="count"), step), (expect,), user, *agent, **more)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Twenty-one apples!", ("21", "apples")),
        ("It is 1,250.50 now.", ("it", "is", "1250.5", "now")),
        ("a hundred and five", ("105",)),
        ("one, two, three", ("1", "2", "3")),
        ("oh no", ("oh", "no")),
    ],
)
def test_numbers_are_compared_by_value(text, words):
    assert plain(text) == words


def test_words_are_said_in_order_with_others_between():
    assert is_said(plain("12 times 7 is eighty four."), "is 84")
    assert not is_said(plain("84 is 12 times 7"), "is 84")


def test_a_reply_is_judged_by_its_time_and_its_words():
    (good,) = answered((3.4, 4.0, "That is four.")).verdicts
    assert good.met and good.content and good.latency_ns == s(0.4) and not good.failed
    (late,) = answered((5.4, 6.0, "That is four.")).verdicts
    assert not late.met and late.content and late.failed
    (wrong,) = answered((3.4, 4.0, "That is five.")).verdicts
    assert wrong.met and wrong.content is False and "five" in wrong.why
    (none,) = answered().verdicts
    assert none.failed and none.latency_ns is None


def test_a_reply_s_latency_is_the_silence_that_ends_the_turn_and_the_time_from_then():
    told = waits([answered((3.4, 4.0, "Four."), ended=(1.9, 3.15)), answered((3.6, 4.0, "Four."), ended=(3.25,))])
    assert [figure.value for figure in told.values()] == [200, 300]
    untold = waits([answered((3.4, 4.0, "Four.")), answered(ended=(3.1,))])
    assert [figure.n for figure in untold.values()] == [0, 0], "nothing is told of turns without end or reply"


def test_what_begins_in_a_pause_did_not_wait_but_a_sound_of_listening_may():
    wait = (Expect(kind="wait"),)
    assert answered((3.4, 4.0, "Four."), expect=wait).verdicts[0].met
    assert not answered((1.8, 2.4, "What is"), expect=wait).verdicts[0].met
    assert answered((1.7, 2.1, "Uh-huh."), expect=wait).verdicts[0].met
    assert not answered((1.7, 2.9, "Uh-huh."), expect=wait).verdicts[0].met, "too long for one"


def test_sounds_of_listening_are_wanted_only_where_they_are():
    due = (Expect(kind="backchannel"),)
    assert answered((1.7, 2.1, "Okay."), expect=due).verdicts[0].met
    assert "no sound" in answered(expect=due).verdicts[0].why
    assert "took the turn" in answered((1.7, 2.1, "What else?"), expect=due).verdicts[0].why


def test_giving_way_and_going_on():
    assert overlapped("yield", (2.5, 4.2, "one two three")).verdicts[0].latency_ns == s(0.2)
    assert not overlapped("yield", (2.5, 8.0, "one two three")).verdicts[0].met
    assert overlapped("go_on", (2.5, 8.0, "one two three")).verdicts[0].met
    assert not overlapped("go_on", (2.5, 4.3, "one two"), (5.2, 8.0, "three")).verdicts[0].met
    finished = overlapped("go_on", (2.5, 4.5, "one two three"), says=("2",))
    assert not finished.verdicts[0].met, "it was said before"
    assert overlapped("go_on", (2.5, 4.5, "one two three"), says=("3",)).verdicts[0].met, "it was at its end"
    assert not overlapped("yield").verdicts[0].applies


def test_eva_s_curve():
    assert [score(None), score(s(-0.5)), score(0), score(s(1)), score(s(2.75)), score(s(9))] == [0, 0, 0.5, 1, 0.5, 0]


def test_taking_over_as_full_duplex_bench_has_it():
    words = answered((3.4, 4.0, "well yes then")).trial.words
    assert not takes_over(()) and not takes_over(words)
    assert takes_over(answered((3.4, 4.0, "well yes then now")).trial.words), "more than three words"
    assert takes_over(answered((3.4, 4.5, "well")).trial.words), "a second or more"


def test_behaviour_and_timing_under_overlap():
    one = overlapped("yield", (2.5, 4.2, "one two"), (5.0, 6.0, "All right."))
    assert behaviour(one, one.scenario.expect[0]) == "respond"
    assert timing(one, one.trial.user[1]) == pytest.approx((0.2, 0.6))
    goes = overlapped("go_on", (2.5, 8.0, "one two three"), says=("3",))
    assert behaviour(goes, goes.scenario.expect[0]) == "resume"


def test_shares_and_medians_have_intervals():
    figure = share([True] * 9 + [False])
    assert (figure.value, figure.n) == (0.9, 10)
    assert figure.low == pytest.approx(0.596, abs=1e-3) and figure.high == pytest.approx(0.982, abs=1e-3)
    assert share([]).value is None
    middle = median([1.0, 2.0, 3.0, 4.0, 100.0])
    assert middle.value == 3.0 and middle.low is not None and middle.low <= 3.0
    assert median([1.0, 2.0, 3.0]) == median([1.0, 2.0, 3.0]), "the bootstrap is seeded"


def test_haste_is_counted():
    assert wrong_starts(answered((1.8, 2.4, "What is"), (3.4, 4.0, "Four."))) == [True]
    assert said_twice(answered((3.4, 6.0, "it is it is four four"))) == 3
    assert said_twice(answered((3.4, 6.0, "one two three"))) == 0


def test_a_summary_shows_both_sides_and_each_half_by_suite():
    items = [
        answered((3.4, 4.0, "Four.")),
        overlapped("yield", (2.5, 4.2, "one"), ducked=(4.1,), suite="other"),
        overlapped("go_on", (2.5, 8.0, "one"), suite="other", step=Step(speaking=1.0, says="tea?", to="other")),
    ]
    summary = summarise(items)
    assert list(summary) == ["dev"] and set(summary["dev"]) == {"all", "made", "other"}
    floor = summary["dev"]["all"]["yields and goes on"]
    assert floor["yielded"].value == 1.0 and floor["went on under others"].value == 1.0
    assert floor["onset to silent, median ms"].value == 200.0 and floor["onset to ducked, median ms"].value == 100.0
    assert summary["dev"]["all"]["joint"]["items all right"].value == 1.0
