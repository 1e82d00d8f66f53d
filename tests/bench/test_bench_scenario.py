"""Scenario files: what ships can be read, and what cannot be read says why."""

from __future__ import annotations

from collections import Counter

import pytest

from duetto.bench.cast import VOICES, cast_for, script_for
from duetto.bench.runner import items_of
from duetto.bench.scenario import BadScenario, half, load, load_all
from duetto.simulation.script import At, Hears, Says, Speaking

GOOD = """about = "a question"
[[steps]]
at = 0.5
says = "what is … two plus two"
[[expect]]
kind = "reply"
says = ["4"]
"""


def written(tmp_path, text: str):
    path = tmp_path / "suite" / "item.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_at_least_twenty_items_of_each_suite_ship_and_half_of_them_are_held_out():
    items = items_of(load_all())
    suites = Counter(item.scenario.suite for item in items)
    assert len(suites) == 9 and min(suites.values()) >= 20
    held_out = Counter(item.scenario.suite for item in items if half(item.place) == "held-out")
    assert all(held_out[suite] == count // 2 for suite, count in suites.items())


def test_at_least_four_voices_speak_every_suite_and_both_halves_have_the_same():
    for half_name in ("dev", "held-out"):
        by_suite: dict[str, set[str]] = {}
        for item in items_of(load_all()):
            if half(item.place) == half_name:
                voice = cast_for(item.scenario, item.place, 1).user.name
                by_suite.setdefault(item.scenario.suite, set()).add(voice)
        assert all(len(voices) >= 4 and voices <= set(VOICES) for voices in by_suite.values())


def test_a_cast_is_the_same_for_the_same_seed_and_another_for_another():
    item = items_of(load_all(suites=["pause"]))[3]
    assert cast_for(item.scenario, item.place, 1) == cast_for(item.scenario, item.place, 1)
    assert cast_for(item.scenario, item.place, 1) != cast_for(item.scenario, item.place, 2)


def test_a_script_is_what_the_steps_say(tmp_path):
    text = GOOD + '[[steps]]\nhears = "four"\nsays = "yes"\nlevel = -6\n[[steps]]\nspeaking = 0.4\nsays = "no"\n'
    scenario = load(written(tmp_path, text))
    cast = cast_for(scenario, 0, 1)
    first, second, third = script_for(scenario, cast)
    assert isinstance(first.when, At) and isinstance(second.when, Hears) and isinstance(third.when, Speaking)
    (says,) = second.does
    assert isinstance(says, Says) and says.gain_db == pytest.approx(cast.gain - 6)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("at = 0.5", ""), "exactly one of at, after"),
        (("at = 0.5", "at = 0.5\nquiet = 1"), "got at, quiet"),
        (('says = "what is … two plus two"', ""), "says or types is needed"),
        (("at = 0.5", "at = 0.5\npause = 99"), r"steps\[0\].pause: from 0.05 to 10 s"),
        (("at = 0.5", "at = 0.5\nlevel = 40"), r"steps\[0\].level: from -40 to 12 dB"),
        (('kind = "reply"', 'kind = "reply"\nstep = 3'), r"expect\[0\].step: there are steps 0 to 0"),
        (('kind = "reply"', 'kind = "applause"'), "applause"),
        (('kind = "reply"', 'kind = "reply"\nwithin = [2, 1]'), "the second must be above the first"),
        (("at = 0.5", 'at = 0.5\nsound = "none.wav"'), "there is no file none.wav"),
        (("at = 0.5", "at = 0.5\nloudness = 3"), "loudness"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(tmp_path, change, problem):
    path = written(tmp_path, GOOD.replace(*change))
    with pytest.raises(BadScenario, match=problem) as error:
        load(path)
    assert str(path) in str(error.value)


def test_an_unknown_suite_names_those_there_are(tmp_path):
    written(tmp_path, GOOD)
    with pytest.raises(BadScenario, match="there is no suite floor; there are: suite"):
        load_all(tmp_path, ["floor"])
