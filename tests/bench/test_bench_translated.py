"""Speech behind speech: lags, words that were wrong when heard, and order, on cases made by hand."""

from __future__ import annotations

import msgspec
from trials import said, spoken

from duetto.bench.cast import cast_for
from duetto.bench.scenario import Expect, Scenario, Step, load
from duetto.bench.scores import Taken, judge, summarise
from duetto.bench.scores.translated import followed
from duetto.bench.targets.duetto import DuettoTarget
from duetto.bench.trial import Trial
from duetto.timeline.clock import s

STEP = Step(at=1.0, says="the train is late … we wait outside … it is cold")
GERMAN = Expect(
    kind="translated", within=(0.0, 2.5), says=("der Zug hat Verspätung", "wir warten draußen", "es ist kalt")
)
CLAUSES = ((1.0, 2.0), (2.5, 3.5), (4.0, 5.0))


def translated(*agent: tuple[float, float, str]) -> Taken:
    speech, words = spoken(*agent)
    scenario = Scenario(about="made", steps=(STEP,), expect=(GERMAN,), suite="translate", name="up")
    user = (said(0, STEP.says, *CLAUSES),)
    return judge(scenario, Trial(scenario.id, "dev", "nobody", s(20), user, speech, words))


RIGHT = (
    (2.4, 3.2, "Der Zug hat Verspätung."),
    (4.0, 4.6, "Wir warten draußen,"),
    (5.6, 6.2, "es ist kalt."),
)


def test_each_clause_lags_behind_its_own_end():
    one = translated(*RIGHT)
    found = followed(GERMAN, one.trial)
    assert found is not None and found.lags == (s(0.4), s(0.5), s(0.6)) and found.wrong == 0 and found.whole
    (verdict,) = one.verdicts
    assert verdict.met and verdict.content and verdict.latency_ns == s(0.5)


def test_a_word_that_was_heard_and_is_wrong_counts_once_for_each():
    slip = translated(
        (2.4, 3.2, "Der Zug hat Verspätung."), (4.0, 5.2, "Wir warten drinnen, draußen,"), (5.6, 6.2, "es ist kalt.")
    )
    found = followed(GERMAN, slip.trial)
    assert found is not None and found.wrong == 1 and found.whole
    assert slip.verdicts[0].met and slip.verdicts[0].content is False
    twice = translated(RIGHT[0], (3.3, 3.9, "Der Zug hat"), *RIGHT[1:])
    found = followed(GERMAN, twice.trial)
    assert found is not None and found.wrong == 3


def test_what_is_missing_or_out_of_order_is_not_whole():
    gap = followed(GERMAN, translated(RIGHT[0], RIGHT[2]).trial)
    assert gap is not None and gap.lags == (s(0.4), None, s(0.6)) and not gap.whole
    swapped = followed(
        GERMAN, translated(RIGHT[0], (4.0, 4.6, "es ist kalt,"), (5.6, 6.2, "wir warten draußen.")).trial
    )
    assert swapped is not None and not swapped.whole and swapped.wrong == 3
    nothing = translated()
    assert nothing.verdicts[0].failed and followed(GERMAN, nothing.trial) is not None
    late = translated(*RIGHT[:2], (7.7, 8.2, "es ist kalt."))
    assert not late.verdicts[0].met and late.verdicts[0].content


def test_only_what_belongs_to_the_step_is_judged():
    before = translated((0.1, 0.8, "All right, I translate."), *RIGHT)
    assert not before.verdicts[0].failed
    bare = msgspec.structs.replace(before.trial, user=())
    assert not judge(before.scenario, bare).verdicts[0].applies


def test_the_figures_of_several():
    groups = summarise([translated(*RIGHT), translated(RIGHT[0], RIGHT[2])])["dev"]["all"]["translating"]
    assert groups["clauses translated in time"].value == 0.8333 and groups["whole in order"].value == 0.5
    assert groups["words wrong when heard per item"].value == 0.0
    assert groups["clause's end to its translation, median ms"].value == 500.0


SHOWN = """about = "a line that is shown"
answers = false
lasts = 4.0
[[steps]]
at = 0.3
types = "what is two plus two"
[[expect]]
kind = "due"
says = ["4"]
[[orders]]
name = "line"
say = "It is time."
manner = "text"
[orders.when]
kind = "moment"
at = 3000000000
"""


def test_the_application_of_an_item_gives_orders_and_may_want_no_answers(tmp_path):
    path = tmp_path / "item.toml"
    path.write_text(SHOWN, encoding="utf-8")
    scenario = load(path)
    take = DuettoTarget().take(scenario, cast_for(scenario, 0, 1))
    assert " ".join(word.text for word in take.shown) == "It is time." and not take.words
    assert s(2.8) < take.shown[0].span.start < s(3.3)


def test_subtitles_are_judged_by_what_was_shown():
    expect = msgspec.structs.replace(GERMAN, shown=True)
    one = translated(*RIGHT)
    shown = msgspec.structs.replace(one.trial, words=(), shown=one.trial.words)
    found = followed(expect, shown)
    assert found is not None and found.whole and found.wrong == 0
    silent = followed(expect, one.trial)
    assert silent is not None and not any(silent.lags)
