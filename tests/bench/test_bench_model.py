from __future__ import annotations

import pytest

from duetto.bench.cast import cast_for
from duetto.bench.runner import items_of, take
from duetto.bench.scenario import SHIPPED_MODEL, Expect, Scenario, Step, load_all
from duetto.bench.scores.amendment import amendment, model_use
from duetto.bench.scores.judge import judge
from duetto.bench.scores.words import begins, plain, said_again
from duetto.bench.targets.duetto import DuettoTarget
from duetto.bench.targets.model import script_of, tools_of
from duetto.bench.trial import AgentWord, ModelUse, Trial, UserSpeech
from duetto.testing.model import Asked
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span

STEPS = (Step(at=0.5, says="how warm is it"), Step(hears="twenty", says="in fahrenheit please"))
FACT = Expect(
    kind="fact",
    step=1,
    within=(-3.0, 1.5),
    says=("sixty eight",),
    never=("rain",),
    stale=("twenty degrees",),
    puts_right=("sixty eight",),
)
SCENARIO = Scenario(about="x", steps=STEPS, expect=(FACT,), suite="amendment", name="01")


def spoken(text: str, start: float) -> tuple[AgentWord, ...]:
    """A word each half second."""
    return tuple(AgentWord(word, Span(s(start + n / 2), s(start + n / 2 + 0.4))) for n, word in enumerate(text.split()))


def trial(after: str, at: float = 6.0) -> Trial:
    user = (
        UserSpeech(0, "how warm is it", "user", (Span(s(0.5), s(1.5)),)),
        UserSpeech(1, "in fahrenheit please", "user", (Span(s(4), s(5)),)),
    )
    words = (*spoken("It is twenty degrees", 2.0), *spoken(after, at))
    return Trial("amendment/01", "dev", "x", s(20), user, words=words, model=ModelUse(3, 40, 10))


def test_words_that_are_said_again_count_in_runs_only():
    before = plain("The high is twenty degrees tomorrow")
    assert said_again(before, plain("The high is eleven degrees")) == 3
    assert said_again(before, plain("Tomorrow the high was twenty")) == 0
    assert said_again(before, before) == len(before)


def test_a_fact_begins_with_its_first_word():
    words = spoken("That is sixty eight degrees", 6.0)
    assert begins(words, "sixty eight") == s(7)
    assert begins(words, "sixty nine") is None


@pytest.mark.parametrize(
    ("after", "at", "met", "content", "left"),
    [
        ("That is sixty eight degrees", 5.2, True, True, False),
        ("That is sixty eight degrees", 9.0, False, True, False),
        ("It may rain", 5.2, False, False, True),
        ("Sixty eight and rain", 5.2, True, False, False),
    ],
)
def test_a_new_fact_is_judged_by_when_it_is_spoken_and_by_what_is_left_wrong(after, at, met, content, left):
    one = judge(SCENARIO, trial(after, at))
    (verdict,) = one.verdicts
    assert (verdict.met, verdict.content, verdict.left) == (met, content, left)
    scored = amendment([one])
    assert scored["fact spoken in time"].value == met
    assert scored["wrong words left standing"].value == left
    assert model_use([one])["tokens wasted"].value == 0.25


def test_every_item_has_a_script_that_answers_its_own_words():
    for scenario in load_all(SHIPPED_MODEL):
        for restart in (False, True):
            script = script_of(scenario, restart=restart)
            played = script.perform(Asked(({"role": "user", "content": scenario.steps[0].says},)))
            assert "".join(played.tokens) != script.default, scenario.id
        assert {call.name for rule in scenario.model for call in rule.calls} <= {
            *(tool.name for tool in tools_of(scenario)),
            "withdraw_call",
        }


def test_an_item_is_taken_with_the_scripted_model(tmp_path):
    item = next(i for i in items_of(load_all(SHIPPED_MODEL, ["amendment"])) if "parcel" in i.scenario.name)
    (tmp_path / "sounds").mkdir()
    found = {
        restart: judge(item.scenario, take(DuettoTarget(restart=restart), item, 1, tmp_path))
        for restart in (False, True)
    }
    fact, again = (found[restart].verdicts[1] for restart in (False, True))
    assert fact.met and fact.content, fact.why
    assert again.latency_ns is not None and fact.latency_ns is not None
    assert fact.latency_ns + ms(500) < again.latency_ns
    use = found[False].trial.model
    assert use is not None and use.requests >= 2 and use.wasted < use.tokens
    assert cast_for(item.scenario, item.place, 1).label == found[False].trial.voice
