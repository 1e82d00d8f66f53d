"""The suites on what is seen: their files, their scores on cases made by hand, and agents that are made by hand."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from oracle import Oracle, Silent, Talker, write_clip
from trials import spoken
from typer.testing import CliRunner

from duetto.bench.media import load_media
from duetto.bench.report import write_report
from duetto.bench.results import load_results, results_of, save
from duetto.bench.runner import items_of, take
from duetto.bench.scenario import BadScenario, Expect, Scenario, Step, half, load, load_all
from duetto.bench.scores import judge, summarise
from duetto.bench.scores.count import counted
from duetto.bench.scores.remarks import numbers_said, remarks
from duetto.bench.scores.span import iou
from duetto.bench.scores.watch import per_ten_minutes, watched
from duetto.bench.stage.schedule import events_of
from duetto.bench.targets.duetto import DuettoTarget
from duetto.bench.text import lines
from duetto.bench.track import Camera, Change, Event, Screen
from duetto.bench.trial import Trial
from duetto.cli import app
from duetto.timeline.clock import s
from duetto.timeline.increment import Span

SUITES = ("count", "span", "watch")
ORDER = Step(at=0.5, types="count my squats")


def trial(*agent: tuple[float, float, str], duration: float = 60.0) -> Trial:
    speech, words = spoken(*agent)
    return Trial("made/up", "dev", "nobody", s(duration), speech=speech, words=words)


def seen(expect: tuple[Expect, ...], *events: tuple[str, float], name: str = "squat") -> Scenario:
    """An item with these events, as of a video."""
    labels = tuple(Event(what=what, at=at, name=name) for what, at in events)  # type: ignore[arg-type]
    camera = Camera(video="none.mp4", begins=0.0, events=labels)
    return Scenario(about="made by hand", steps=(ORDER,), expect=expect, camera=camera, suite="made", name="up")


# --- the files ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suite", SUITES)
def test_a_suite_has_forty_items_in_two_halves_typed_and_spoken_in_each(suite):
    items = items_of(load_all(suites=[suite]))
    assert len(items) >= 40
    for name in ("dev", "held-out"):
        mine = [item.scenario for item in items if half(item.place) == name]
        typed = sum(bool(one.steps[0].types) for one in mine)
        assert len(mine) >= 20 and len(mine) // 3 <= typed <= 2 * len(mine) // 3
        kinds = Counter(event.what for one in mine for event in events_of(one.camera, one.screen))
        assert kinds["repeat"] or kinds["enter"]
    assert {item.scenario.suite for item in items_of(load_all())}.isdisjoint(SUITES), "only by name"


def test_events_of_a_watch_item_are_far_enough_apart_to_be_told_one_by_one():
    for one in load_all(suites=["watch"]):
        for expect in one.expect:
            if expect.kind == "watch":
                events = [e for e in events_of(one.camera, one.screen) if e.what == expect.event]
                mine = [event.at for event in events if event.at > expect.since]
                assert mine and all(b - a > expect.within[1] + 1 for a, b in pairwise(mine)), one.id


GOOD = """about = "squats"
[[steps]]
at = 0.5
types = "count my squats"
[camera]
[[camera.acts]]
does = "squat"
at = 5.0
times = 4
[[expect]]
kind = "count"
"""


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('does = "squat"', 'does = "somersault"'), "somersault"),
        (("times = 4", "times = 400"), r"camera.acts\[0\].times: from 1 to 60 \(got 400\)"),
        (("times = 4", "times = 4\npauses = [[4, 2.0]]"), r"camera.acts\[0\].pauses: after 1 to 3"),
        (("times = 4", "pace = 9.0"), r"camera.acts\[0\].pace: from 0.4 to 6"),
        (("[camera]", "[camera]\nsize = 3.0"), "camera.size: from 0.2 to 1.2"),
        (("[camera]", '[camera]\nroom = "moon"'), "moon"),
        (("[camera]", "[camera]\nblur = 3"), "blur"),
        (("[camera]", '[camera]\nvideo = "none.mp4"'), "camera.acts: with a video nothing is drawn"),
        (('[[camera.acts]]\ndoes = "squat"\nat = 5.0\ntimes = 4', ""), "camera.acts: at least one is needed"),
        (('kind = "count"', 'kind = "watch"'), r"expect\[0\]: watch needs event and says"),
        (('kind = "count"', 'kind = "span"'), r"expect\[0\]: span needs says and ends"),
        (('kind = "count"', 'kind = "reply"'), "step 0 is not spoken"),
        (("[[expect]]", "[screen]\n[[expect]]"), "screen.changes: lines or changes are needed"),
        (("[[expect]]", '[screen]\n[[screen.changes]]\nat = 3\nshows = "a"\ntypes = "b"\n[[expect]]'), "shows, types"),
        (("[[expect]]", "[screen]\n[[screen.changes]]\nat = 300\nscrolls = 3\n[[expect]]"), "at: from 0 to 115"),
    ],
)
def test_what_is_wrong_with_a_track_is_said(tmp_path, change, problem):
    path = tmp_path / "suite" / "item.toml"
    path.parent.mkdir()
    path.write_text(GOOD)
    assert load(path).camera is not None
    path.write_text(GOOD.replace(*change))
    with pytest.raises(BadScenario, match=problem) as error:
        load(path)
    assert str(path) in str(error.value)


def test_what_is_seen_needs_something_to_see(tmp_path):
    path = tmp_path / "suite" / "item.toml"
    path.parent.mkdir()
    path.write_text(GOOD[: GOOD.index("[camera]")] + GOOD[GOOD.index("[[expect]]") :])
    with pytest.raises(BadScenario, match=r"expect\[0\].kind: count needs a \[camera\] or a \[screen\]"):
        load(path)


# --- what was said --------------------------------------------------------------------------------------------


def test_remarks_part_at_sentences_and_silences_and_numbers_are_found_in_them():
    talk = trial((1.0, 2.0, "All right. I count."), (3.0, 3.8, "Twenty-one, twenty two"), (6.0, 7.0, "now that's five"))
    assert [r.text for r in remarks(talk)] == ["All right.", "I count.", "Twenty-one, twenty two", "now that's five"]
    assert [number for number, _ in numbers_said(talk)] == [21, 22, 5]
    first, second = numbers_said(talk)[0][1], numbers_said(talk)[1][1]
    assert first == s(3.0) and s(3.2) < second < s(3.4)
    assert [number for number, _ in numbers_said(talk, s(5.0))] == [5]


def test_what_another_reply_says_is_another_remark_though_a_comma_goes_before():
    talk = trial((1.0, 2.0, "ten, eleven, You wanted to drink. twelve,"))
    assert [r.text for r in remarks(talk)] == ["ten, eleven, You wanted to drink.", "twelve,"]
    of = dict(enumerate((1, 1, 2, 2, 2, 2, 1)))
    told = msgspec.structs.replace(
        talk, words=tuple(msgspec.structs.replace(word, reply=of[at]) for at, word in enumerate(talk.words))
    )
    assert [r.text for r in remarks(told)] == ["ten, eleven,", "You wanted to drink.", "twelve,"]


COUNT = (Expect(kind="count", since=1.0),)
FOUR = tuple(("repeat", at) for at in (4.0, 6.0, 8.0, 10.0))


@pytest.mark.parametrize(
    ("said", "final", "right"),
    [
        ([(4.2, 4.5, "one"), (6.2, 6.5, "two"), (8.2, 8.5, "three"), (10.2, 10.5, "four")], 4, True),
        ([(8.2, 8.5, "three")], 3, True),
        ([(8.2, 8.5, "two")], 2, False),
        ([(7.9, 8.3, "four")], None, False),  # before the last but one was complete
        ([(10.5, 10.8, "five"), (12.0, 12.3, "six")], 6, False),
        ([(0.2, 0.6, "four")], None, False),  # before anything counts
        ([(9.0, 9.5, "go on")], None, False),
    ],
)
def test_the_last_number_after_the_true_penultimate_repetition_counts(said, final, right):
    scenario = seen(COUNT, *FOUR)
    found = counted(COUNT[0], scenario, trial(*said))
    assert (found.final, found.right) == (final, right)
    (verdict,) = judge(scenario, trial(*said)).verdicts
    assert verdict.failed is not right and verdict.met is (final is not None)


def test_figures_of_counting():
    scenario = seen(COUNT, *FOUR)
    good = judge(scenario, trial(*((at + 0.2, at + 0.5, str(n)) for n, at in enumerate((4.0, 6.0, 8.0, 10.0), 1))))
    bad = judge(scenario, trial((4.6, 4.9, "one"), (9.0, 9.3, "two")))
    figures = summarise([good, bad], halves=False)["all"]["all"]["counting"]
    assert figures["within one"].value == 0.5 and figures["mean absolute error"].value == 1.0
    assert figures["exact"].value == 0.5
    assert figures["number behind repetition, median ms"].value == 200  # 200, 200, 200, 200, 600, 3000
    assert figures["numbers in time"].value == round(5 / 8, 4)


SPAN = (Expect(kind="span", says=("start",), ends=("stop",), since=1.0),)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ([(10.0, 10.3, "Start."), (20.0, 20.3, "Stop.")], 1.0),
        ([(12.0, 12.3, "Start."), (20.0, 20.3, "Stop.")], 0.8),
        ([(5.0, 5.3, "Start."), (25.0, 25.3, "Stop.")], 0.5),
        ([(10.0, 10.3, "Start.")], 0.0),
        ([(10.0, 10.3, "Stop.")], 0.0),
        ([(21.0, 21.3, "Start."), (25.0, 25.3, "Stop.")], 0.0),
        ([(10.0, 10.3, "Start."), (15.0, 15.3, "Stop."), (16.0, 16.3, "Start."), (20.0, 20.3, "Stop.")], 0.5),
        ([(2.0, 4.0, "I will say start when you start and stop."), (10.0, 10.3, "Start."), (20, 20.3, "Stop.")], 1.0),
    ],
)
def test_overlap_of_what_was_said_and_what_was(said, value):
    taken = judge(seen(SPAN, ("starts", 10.0), ("stops", 20.0)), trial(*said))
    figures = summarise([taken], halves=False)["all"]["all"]["start and stop"]
    assert figures["mean IoU"].value == pytest.approx(value)
    assert taken.verdicts[0].met is (value >= 0.5)


def test_intersection_over_union():
    assert iou(Span(0, 10), Span(5, 20)) == 0.25
    assert iou(Span(0, 10), Span(10, 20)) == 0.0


WATCH = (
    Expect(kind="watch", event="enter", says=("hello",), within=(-0.5, 3.0), since=8.0),
    Expect(kind="watch", event="leave", says=("goodbye",), within=(0.0, 2.0), since=8.0),
    Expect(kind="calm", since=8.0),
)
DOOR = (("enter", 10.0), ("leave", 20.0), ("enter", 30.0), ("enter", 4.0))


def door(*said: tuple[float, float, str]):
    return judge(seen(WATCH, *DOOR, name=""), trial(*said, duration=68.0))


def test_events_are_told_in_their_windows_and_all_else_is_an_alarm():
    good = door((2.0, 4.0, "All right."), (10.6, 11, "Hello."), (20.4, 21, "Goodbye."), (31.2, 31.6, "Hello."))
    assert not any(verdict.failed for verdict in good.verdicts)
    figures = summarise([good], halves=False)["all"]["all"]["watching"]
    assert figures["events told"].value == 1.0 and figures["events told"].n == 3
    assert figures["event to first sample, median ms"].value == 600
    assert figures["PAUC"].value == pytest.approx((1 - 0.6 / 3 + 1 - 0.4 / 2 + 1 - 1.2 / 3) / 3, abs=1e-3)
    assert figures["false alarms in 10 minutes"].value == 0.0


@pytest.mark.parametrize(
    ("said", "told", "alarms"),
    [
        ([], [0, 0], 0),
        ([(10.6, 11, "Goodbye."), (20.4, 21, "Hello.")], [0, 0], 2),  # the wrong ones
        ([(13.5, 14, "Hello.")], [0, 0], 1),  # too late
        ([(9.7, 10.0, "Hello.")], [1, 0], 0),  # half a second before the middle is in
        ([(10.6, 11, "Hello."), (12.2, 12.6, "Hello.")], [1, 0], 1),  # twice
        ([(10.6, 11, "Hello."), (11.4, 11.8, "Hello.")], [1, 0], 1),  # twice, soon
        ([(20.1, 20.4, "goodbye"), (20.8, 21.2, "hello")], [0, 1], 1),  # a gap parts them, and the second is wrong
        ([(10.6, 11.4, "Hello. Come in.")], [1, 0], 0),  # one remark of two sentences
        ([(15.0, 15.4, "What?"), (40.0, 40.4, "Hello.")], [0, 0], 2),
    ],
)
def test_what_is_told_and_what_is_false(said, told, alarms):
    taken = door(*said)
    found = watched(taken.scenario, taken.trial)
    assert [sum(one.delay is not None for one in some) for some in found.seen] == told
    assert len(found.alarms) == alarms and taken.verdicts[2].met is (alarms == 0)


@pytest.mark.parametrize(("at", "told"), [(10.9, 0), (11.3, 1), (14.9, 1), (15.4, 0)])
def test_of_a_line_that_is_typed_the_words_that_were_asked_for_are_told_when_they_stand_there(at, told):
    expect = Expect(kind="watch", event="text", says=("deadline",), within=(0.0, 4.0), since=1.0)
    screen = Screen(changes=(Change(at=10.0, types="the deadline is on friday", pace=0.1),))
    scenario = Scenario(about="made by hand", steps=(ORDER,), expect=(expect,), screen=screen, suite="made", name="up")
    found = watched(scenario, trial((at, at + 0.5, "Your screen says deadline.")))
    assert sum(one.delay is not None for one in found.all) == told and len(found.alarms) == 1 - told


def test_alarms_are_told_for_ten_minutes():
    assert per_ten_minutes([(1, 60.0), (0, 60.0)]).value == 5.0
    assert per_ten_minutes([]).value is None


# --- agents ---------------------------------------------------------------------------------------------------


def figures_of(agent: Oracle, folder, every: int = 4):
    (folder / "sounds").mkdir(exist_ok=True)
    items = [item for suite in SUITES for item in items_of(load_all(suites=[suite]))[1::every]]
    trials = [take(agent, item, 1, folder) for item in items]
    assert not any(trial.error for trial in trials), trials[0].error
    return results_of(agent.name, "", "", [item.scenario for item in items], trials, halves=False)


def test_whoever_says_the_right_things_at_the_right_times_gets_full_marks(tmp_path):
    results = figures_of(Oracle(), tmp_path)
    figures = results.summary["all"]["all"]
    assert figures["joint"]["items all right"].value == 1.0
    assert figures["counting"]["within one"].value == 1.0 and figures["counting"]["mean absolute error"].value == 0.0
    assert figures["counting"]["number behind repetition, median ms"].value == pytest.approx(300, abs=2)
    assert figures["start and stop"]["mean IoU"].value > 0.9
    assert figures["watching"]["events told"].value == 1.0
    assert figures["watching"]["false alarms in 10 minutes"].value == 0.0
    assert figures["watching"]["event to first sample, median ms"].value == pytest.approx(300, abs=2)
    shown = "\n".join(lines(results))
    assert "counting:" in shown and "events told 1" in shown
    write_report(tmp_path / "report.html", json.loads(save(results, tmp_path).read_text()), lambda _: None)
    assert load_results(tmp_path).items[0].scenario.camera is not None


@pytest.mark.parametrize("agent", [Silent(), Talker()])
def test_silence_and_talk_without_end_get_none(agent, tmp_path):
    figures = figures_of(agent, tmp_path, 8).summary["all"]["all"]
    assert figures["counting"]["within one"].value == 0.0
    assert figures["start and stop"]["mean IoU"].value == 0.0
    assert figures["joint"]["items all right"].value < 0.1
    alarms = figures["watching"]["false alarms in 10 minutes"].value
    assert (alarms == 0.0) if agent.name == "silent" else (alarms > 100)


def test_who_is_late_is_late(tmp_path):
    figures = figures_of(Oracle(lag=1.5), tmp_path, 8).summary["all"]["all"]
    assert figures["counting"]["numbers in time"].value == 0.0
    assert figures["watching"]["PAUC"].value < 0.65


class Blind:
    name = "blind"

    def take(self, scenario, cast):
        raise AssertionError("it must not be asked")


def test_who_sees_nothing_is_not_asked(tmp_path):
    found = take(Blind(), items_of(load_all(suites=["count"]))[0], 1, tmp_path)
    assert "blind is given no pictures" in found.error


# --- videos ---------------------------------------------------------------------------------------------------

LABELS = """[[clips]]
video = "a.mp4"
task = "count"
of = "squat"
count = 4
start = 1.0
stop = 9.0
[[clips]]
video = "a.mp4"
task = "span"
start = 1.0
stop = 9.0
[[clips]]
video = "a.mp4"
task = "watch"
events = [{ what = "enter", at = 2.0 }, { what = "leave", at = 8.0 }]
"""


@pytest.fixture
def videos(tmp_path):
    write_clip(tmp_path / "a.mp4", [np.full((360, 640, 3), 10 * n, np.uint8) for n in range(20)])
    (tmp_path / "labels.toml").write_text(LABELS)
    return tmp_path


def test_a_folder_of_videos_with_labels_gives_items_like_those_drawn(videos):
    count, span, watch = load_media(videos)
    assert [one.suite for one in (count, span, watch)] == list(SUITES)
    assert count.steps[0].types == "count my squats"
    assert [e.at - count.camera.begins for e in events_of(count.camera, None)] == [3.0, 5.0, 7.0, 9.0]
    assert len(watch.steps) == 2 and [e.kind for e in watch.expect] == ["watch", "watch", "calm"]
    lines_of = [(e.at + 0.3, f"{n}.") for n, e in enumerate(events_of(count.camera, None), 1)]
    said = trial(*((at, at + 0.3, text) for at, text in lines_of))
    assert not judge(count, said).verdicts[0].failed


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (('"a.mp4"', '"b.mp4"'), r"clips\[0\].video: there is no file b.mp4"),
        (("count = 4", "count = 4\ntimes = [1.0]"), r"clips\[0\].times: either these"),
        (("stop = 9.0", "stop = 0.5"), r"clips\[0\].count: needs start and stop"),
        (('what = "enter"', 'what = "text"'), r"clips\[2\].events: at least one of enter, .*\(got text"),
        (('task = "span"', 'task = "dance"'), "dance"),
    ],
)
def test_what_is_wrong_with_labels_is_said(videos, change, problem):
    (videos / "labels.toml").write_text(LABELS.replace(*change))
    with pytest.raises(BadScenario, match=problem):
        load_media(videos)


def test_a_folder_without_labels_is_one_clear_line(tmp_path):
    result = CliRunner().invoke(app, ["bench", "run", "--media", str(tmp_path), "--out", str(tmp_path)])
    assert result.exit_code == 2 and "labels.toml: cannot be read" in result.output


# --- duetto itself --------------------------------------------------------------------------------------------

MOVES = """about = "Someone walks in."
[[steps]]
at = 0.4
types = "tell me when something moves"
[camera]
size = 0.7
lasts = 8.5
rate = 10.0
[[camera.acts]]
does = "enter"
at = 5.0
lasts = 2.0
[[expect]]
kind = "watch"
event = "enter"
says = ["moving"]
within = [-0.5, 2.5]
since = 4.5
"""


def test_duetto_is_shown_the_pictures_and_tells_what_moves(tmp_path):
    (tmp_path / "small").mkdir()
    (tmp_path / "sounds").mkdir()
    (tmp_path / "small" / "door.toml").write_text(MOVES)
    (item,) = items_of(load_all(tmp_path))
    found = take(DuettoTarget(), item, 1, tmp_path)
    assert not found.error and found.duration > s(8.5)
    (verdict,) = judge(item.scenario, found).verdicts
    assert verdict.met and verdict.latency_ns is not None and verdict.latency_ns < s(1.5), verdict.why


def test_duetto_is_shown_a_video(tmp_path):
    dark, bright = np.full((360, 640, 3), 20, np.uint8), np.full((360, 640, 3), 210, np.uint8)
    write_clip(tmp_path / "lamp.mp4", [dark] * 10 + [bright] * 10)
    (tmp_path / "labels.toml").write_text(
        '[[clips]]\nvideo = "lamp.mp4"\ntask = "watch"\norder = "tell me when the picture changes"\n'
        'events = [{ what = "enter", at = 1.0 }]\n'
    )
    (tmp_path / "sounds").mkdir()
    (item,) = items_of(load_media(tmp_path))
    assert item.scenario.steps[0].types == "tell me when the picture changes"
    found = take(DuettoTarget(), item, 1, tmp_path)
    begins = item.scenario.camera.begins
    told = [remark for remark in remarks(found, s(begins)) if remark.says(["changed"])]
    assert not found.error and len(told) == 1 and 0 < told[0].start - s(begins + 1.0) < s(1.5)
