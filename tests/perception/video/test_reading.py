from __future__ import annotations

import time

import numpy as np
import pytest
from drawn_screen import Screen, Watch, Written, halves

from duetto.perception.video.pipeline import VideoPipeline
from duetto.perception.video.reading import ReadingSettings, TextReader
from duetto.perception.video.reading_change import Change, ChangeFinder
from duetto.perception.video.reading_lines import LineSettings, LineTracker
from duetto.timeline.arrival import Arrival, Box, Fault, TextLine, Texts
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.job import Look
from duetto.timeline.payload import Reading
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Frame, Turn

BUILD = Screen.of("Build 4711 of main", "build: passing", "tests: 212 passed", "lint: clean", "deploy: waiting")


# --- the reader on screens ------------------------------------------------------------------------------------


def test_a_screen_is_read_once_and_then_left_alone() -> None:
    watch = Watch()
    assert watch.show(BUILD) == [("appeared", line.text) for line in BUILD.lines]
    for quality in (80, 60, 90, 80):
        assert watch.show(BUILD, BUILD.jpeg(quality)) == []
    assert len(watch.looks) == 1
    assert watch.looks[0].regions == () and watch.looks[0].what == "text" and watch.looks[0].part == "reader"
    assert watch.reader.texts == tuple(line.text for line in BUILD.lines)


@pytest.mark.parametrize("high", [8, 10, 16])
def test_a_build_that_fails_is_one_line_gone_and_one_come_and_only_it_is_read(high: int) -> None:
    before = Screen.of("Build 4711 of main", "build: passing", "tests: 212 passed", "lint: clean", high=high)
    watch = Watch()
    watch.show(before)
    failed = before.saying(1, "build: failed")
    assert watch.show(failed) == [("gone", "build: passing"), ("appeared", "build: failed")]
    (region,) = watch.looks[-1].regions
    assert region[2] * region[3] < 0.04
    assert watch.show(failed) == []


@pytest.mark.parametrize(("old", "new"), [("tests: 212 passed", "tests: 213 passed"), ("error: e", "error: c")])
@pytest.mark.parametrize("high", [9, 12])
def test_a_single_letter_that_changes_is_found(old: str, new: str, high: int) -> None:
    watch = Watch()
    watch.show(Screen.of("first", old, "last", high=high))
    assert watch.show(Screen.of("first", new, "last", high=high)) == [("gone", old), ("appeared", new)]


def test_a_line_that_is_being_written_grows_in_its_place() -> None:
    watch = Watch()
    text = "connection to the host was lost"
    watch.show(Screen.of("above", text[:6], "below"))
    for letters in range(9, len(text) + 1, 4):
        changes = watch.show(Screen.of("above", text[:letters], "below"))
        assert changes == [
            ("gone", text[: letters - 4 if letters > 9 else 6].strip()),
            ("appeared", text[:letters].strip()),
        ]
    assert "above" in watch.reader.texts and "below" in watch.reader.texts


def test_text_that_scrolls_stays_and_only_what_comes_and_goes_is_told() -> None:
    log = [f"{word} was done" for word in "alpha beta gamma delta epsilon zeta eta theta iota kappa".split()]
    watch = Watch()
    watch.show(Screen.of(*log[:6]))
    for first in range(1, 5):
        changes = watch.show(Screen.of(*log[first : first + 6]))
        assert sorted(changes) == [("appeared", log[first + 5]), ("gone", log[first - 1])]
    half = Screen.of(*log[4:10], top=60 - 17)
    assert watch.show(half) == []


def test_scrolling_down_is_the_same_when_a_look_comes_in_parts() -> None:
    log = [f"{word} was done" for word in "alpha beta gamma delta epsilon zeta eta theta".split()]
    watch = Watch()
    watch.show(Screen.of(*log[1:]))
    screen = Screen.of("the newest line", *log[1:-1])
    look = watch.see(screen.jpeg())
    assert look is not None
    changes = [change for part in halves(screen.read(look)) for change in watch.answer(part)]
    assert sorted(changes) == [("appeared", "the newest line"), ("gone", log[-1])]


def test_two_changes_far_apart_are_two_small_regions() -> None:
    screen = Screen((Written("clock 12:31", 1100, 30), Written("state: idle", 40, 680), Written("middle", 600, 360)))
    watch = Watch()
    watch.show(screen)
    assert watch.show(screen.saying(0, "clock 12:32").saying(1, "state: busy")) == [
        ("gone", "clock 12:31"),
        ("appeared", "clock 12:32"),
        ("gone", "state: idle"),
        ("appeared", "state: busy"),
    ]
    assert len(watch.looks[-1].regions) == 2
    assert sum(region[2] * region[3] for region in watch.looks[-1].regions) < 0.04


def test_a_noisy_picture_is_left_alone_and_a_change_in_it_is_read() -> None:
    watch = Watch()
    watch.show(BUILD, BUILD.jpeg(noise=8, seed=0))
    for seed in range(1, 9):
        assert watch.show(BUILD, BUILD.jpeg(noise=8, seed=seed)) == []
    assert len(watch.looks) == 1
    failed = BUILD.saying(1, "build: failed")
    assert watch.show(failed, failed.jpeg(noise=8, seed=20)) == [
        ("gone", "build: passing"),
        ("appeared", "build: failed"),
    ]


def test_a_screen_that_goes_blank_or_changes_its_size() -> None:
    watch = Watch()
    watch.show(BUILD)
    assert sorted(watch.show(Screen())) == sorted(("gone", line.text) for line in BUILD.lines)
    watch.show(BUILD)
    small = Screen((Written("only this"),), wide=960, high=540)
    changes = watch.show(small)
    assert watch.looks[-1].regions == ()
    assert ("appeared", "only this") in changes and list(watch.standing.values()) == ["only this"]


def test_nothing_is_looked_at_unless_wanted_and_all_is_gone_when_no_more() -> None:
    reader = TextReader()
    frame = Frame(ms(100), 1280, 720, BUILD.jpeg())
    assert reader.see(frame, ms(100)) is None
    watch = Watch()
    watch.show(BUILD)
    assert {change.change for change in watch.reader.want(False)} == {"gone"}
    assert watch.reader.texts == () and watch.see(BUILD.saying(0, "other").jpeg()) is None
    assert watch.reader.want(True) == () and watch.see(BUILD.jpeg()) is not None


def test_lines_are_increments_of_the_stream_committed_with_their_span_when_gone() -> None:
    stream, timeline = VideoPipeline(stream="screen"), Timeline()

    def turn(at: int, screen: Screen | None, *arrivals: Arrival) -> tuple[list[tuple[str, str, int, int]], list[Look]]:
        frames = () if screen is None else (Frame(ms(at), 1280, 720, screen.jpeg()),)
        jobs = stream.step(Turn(at, 0, Span(ms(at - 80), ms(at)), screen=frames, arrivals=arrivals), timeline)
        edits = timeline.drain()
        assert all(edit.stream == "screen" for edit in edits if isinstance(edit.payload, Reading))
        told = [(e.status, e.payload.text, e.span.start, e.span.end) for e in edits if isinstance(e.payload, Reading)]
        return told, [job for job in jobs if isinstance(job, Look)]

    assert turn(80, BUILD) == ([], [])
    stream.want(frozenset({"text"}))
    told, (look,) = turn(400, BUILD)
    assert told == []
    told, _ = turn(480, None, BUILD.read(look))
    assert told == [("added", line.text, ms(400), ms(400)) for line in BUILD.lines]
    assert turn(1000, BUILD) == ([], [])
    failed = BUILD.saying(1, "build: failed")
    _, (look,) = turn(1400, failed)
    assert turn(1440, None, Fault("reader", "it works again", working=True)) == ([], [])
    told, _ = turn(1480, None, failed.read(look))
    assert told == [
        ("committed", "build: passing", ms(400), ms(1400)),
        ("added", "build: failed", ms(1400), ms(1400)),
    ]
    stream.want(frozenset())
    told, _ = turn(1560, failed)
    assert [status for status, *_ in told] == ["committed"] * 5
    assert not any(isinstance(each.payload, Reading) for each in timeline.open("screen"))
    stream.want(frozenset({"text"}))
    _, (look,) = turn(2000, failed)
    turn(2080, None, failed.read(look))
    told, _ = turn(4080, None)  # it has stalled
    assert [status for status, *_ in told] == ["committed"] * 5


# --- when it looks --------------------------------------------------------------------------------------------


def test_one_look_at_a_time_and_the_newest_picture_wins() -> None:
    watch = Watch()
    first = watch.see(BUILD.jpeg())
    assert first is not None
    for number in range(5):
        assert watch.see(BUILD.saying(1, f"build: step {number}").jpeg(), after=100) is None
    watch.answer(BUILD.read(first))
    done = BUILD.saying(1, "build: done")
    assert watch.show(done, after=600) == [("gone", "build: passing"), ("appeared", "build: done")]
    assert len(watch.looks) == 2


def test_looks_keep_their_distance_and_large_ones_rest_as_long_as_they_took() -> None:
    watch = Watch(lag=1000.0)
    watch.show(BUILD)
    other = Screen.of(*[f"quite another text {n}" for n in range(18)])
    assert watch.see(other.jpeg(), after=1500) is None  # it took 1000 ms, and rests until 2000
    assert watch.see(other.jpeg(), after=300) is None  # byte for byte the same, and still due
    look = watch.see(other.jpeg(), after=300)
    assert look is not None
    watch.answer(other.read(look))
    line = watch.see(other.saying(3, "a line of it").jpeg(), after=1100)
    assert line is not None and len(line.regions) == 1  # a small one needs no rest
    quick = Watch(lag=1.0)
    quick.show(BUILD)
    assert quick.see(BUILD.saying(0, "a").jpeg(), after=150) is None
    assert quick.see(BUILD.saying(0, "a").jpeg(), after=60) is not None


def test_what_a_failed_look_was_to_read_is_read_after_a_rest_that_grows() -> None:
    watch = Watch()
    watch.show(BUILD)
    failed = BUILD.saying(1, "build: failed")
    times = []
    for _ in range(4):
        while watch.see(failed.jpeg(), after=100) is None:
            assert watch.at < 60_000
        times.append(watch.at)
        watch.reader.failed(ms(watch.at))
    rests = np.diff(times)
    assert list(np.round(rests / 1000)) == [2, 4, 8]
    while (look := watch.see(failed.jpeg(), after=100)) is None:
        assert watch.at < 60_000
    assert watch.answer(failed.read(look)) == [("gone", "build: passing"), ("appeared", "build: failed")]


def test_a_look_that_never_comes_back_is_given_up() -> None:
    watch = Watch(settings=ReadingSettings(patience_ms=1000, rest_ms=100))
    lost = watch.see(BUILD.jpeg())
    assert lost is not None
    assert watch.see(BUILD.jpeg(), after=900) is None
    watch.see(BUILD.jpeg(), after=200)
    look = watch.see(BUILD.jpeg(), after=200)
    assert look is not None
    assert watch.answer(BUILD.read(lost)) == []  # too late
    assert len(watch.answer(BUILD.read(look))) == len(BUILD.lines)


def test_pictures_that_cannot_be_read_and_frames_out_of_order_are_passed_over() -> None:
    watch = Watch()
    watch.show(BUILD)
    assert watch.see(b"no picture") is None
    assert watch.see(BUILD.jpeg()[:900]) is None
    late = Frame(ms(1), 1280, 720, BUILD.saying(0, "late").jpeg())
    assert watch.reader.see(late, ms(watch.at + 500)) is None
    assert watch.show(BUILD.saying(0, "on it goes")) == [("gone", "Build 4711 of main"), ("appeared", "on it goes")]


def test_a_screen_at_rest_costs_next_to_nothing() -> None:
    watch = Watch()
    watch.show(BUILD)
    one, other = BUILD.jpeg(80), BUILD.jpeg(81)
    spent = time.process_time()
    for number in range(40):
        assert watch.see(one if number % 2 else other, after=250) is None
    spent = time.process_time() - spent
    assert spent / 10 < 0.05  # of ten seconds of screen at four frames a second; some 0.004 on the machine it was made


# --- before a camera ------------------------------------------------------------------------------------------


def test_before_a_camera_a_flickering_letter_makes_no_line_and_a_new_text_does() -> None:
    tracker = LineTracker(steady=False)
    box: Box = (0.1, 0.1, 0.3, 0.05)
    everywhere = Change(np.ones((90, 160), np.bool_), ())

    def look(at: int, text: str | None) -> list[tuple[str, str]]:
        lines = () if text is None else (TextLine(text, box, 0.9),)
        return [(one.change, one.text) for one in tracker.see(Texts("camera", at, lines), everywhere)]

    assert look(1, "Emergency exit") == [("appeared", "Emergency exit")]
    assert look(2, "Emergencv exit") == [] and tracker.doubtful == (box,)
    assert look(3, "Emergency exit") == [] and tracker.doubtful == ()
    assert look(4, None) == [] and tracker.doubtful == (box,)
    assert look(5, "EMERGENCY EX1T") == []
    assert look(6, "Way out this way") == [("gone", "Emergency exit"), ("appeared", "Way out this way")]
    assert look(7, "Way cut this way") == []
    assert look(8, "Way cut this way") == [("gone", "Way out this way"), ("appeared", "Way cut this way")]
    assert look(9, None) == []
    assert look(10, None) == [("gone", "Way cut this way")]


def test_a_camera_looks_again_where_it_is_in_doubt() -> None:
    watch = Watch(stream="camera")
    watch.show(BUILD)
    wrong = BUILD.saying(2, "tests: 212 pasced")
    assert watch.show(wrong) == []
    assert watch.show(wrong) == [("gone", "tests: 212 passed"), ("appeared", "tests: 212 pasced")]
    assert watch.show(wrong) == [] and len(watch.looks) == 3


# --- lines ----------------------------------------------------------------------------------------------------


def test_a_line_that_did_not_change_says_what_it_said_however_it_is_read() -> None:
    tracker = LineTracker()
    box: Box = (0.1, 0.1, 0.3, 0.04)
    tracker.see(Texts("screen", 1, (TextLine("tests: 10 passed", box, 0.9),)), Change(np.ones((90, 160), np.bool_), ()))
    elsewhere = np.zeros((90, 160), np.bool_)
    elsewhere[40, 20] = True
    change = Change(elsewhere, ((0.0, 0.0, 1.0, 0.6),))
    assert tracker.see(Texts("screen", 2, (TextLine("tests: 10 pa", (0.1, 0.1, 0.2, 0.04), 0.9),)), change) == ()
    assert tracker.see(Texts("screen", 3, ()), change) == ()
    assert tracker.texts == ("tests: 10 passed",)


def test_lines_are_bounded_in_number_and_length_and_unsure_ones_make_none() -> None:
    tracker = LineTracker(LineSettings(most=5, most_characters=10))
    everywhere = Change(np.ones((90, 160), np.bool_), ())
    lines = tuple(TextLine(f"line {n} " + 40 * "x", (0.1, n / 20, 0.3, 0.04), 0.9) for n in range(12))
    assert len(tracker.see(Texts("screen", 1, lines), everywhere)) == 5
    assert all(len(text) == 10 for text in tracker.texts)
    tracker.clear()
    weak = (TextLine("scribble", (0.1, 0.1, 0.3, 0.04), 0.3), TextLine("", (0.1, 0.3, 0.3, 0.04), 0.0))
    assert tracker.see(Texts("screen", 2, weak), everywhere) == ()


def test_a_line_that_was_found_and_not_read_still_stands() -> None:
    tracker = LineTracker()
    box: Box = (0.1, 0.1, 0.3, 0.04)
    everywhere = Change(np.ones((90, 160), np.bool_), ())
    tracker.see(Texts("screen", 1, (TextLine("here to stay", box, 0.9),)), everywhere)
    assert tracker.see(Texts("screen", 2, (TextLine("", box, 0.0),)), everywhere) == ()
    (gone,) = tracker.see(Texts("screen", 3, ()), everywhere)
    assert (gone.change, gone.since, gone.last) == ("gone", 1, 3)


def test_what_changes_slowly_is_found_too() -> None:
    finder = ChangeFinder()
    shades = [Screen((Written("a notice"),), ink=ink) for ink in range(30, 222, 2)]
    assert finder.see(shades[0].jpeg()) is not None
    finder.reads()
    assert any(finder.see(shade.jpeg()) is not None for shade in shades[1:])


def test_many_small_changes_are_one_region_and_a_change_of_most_is_the_whole() -> None:
    finder = ChangeFinder()
    mask = np.zeros((90, 160), np.bool_)
    mask[10:80:12, 10:150:20] = True
    assert len(finder.change(mask, ()).regions) == 1
    assert finder.change(np.ones((90, 160), np.bool_), ()).regions == ()


@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_done_to_a_screen_what_stands_is_what_was_read(seed: int) -> None:
    dice = np.random.default_rng(seed)
    words = "alpha build broken commit deploy error failed green host idle join keep lint main new open".split()

    def sentence() -> str:
        return " ".join(words[int(n)] for n in dice.integers(0, len(words), int(dice.integers(1, 5))))

    texts = [f"{n} {sentence()}" for n in range(12)]
    watch = Watch()
    for step in range(40):
        deed, place = dice.integers(5), int(dice.integers(len(texts)))
        if deed == 0:
            texts = [*texts[1:], f"{step} {sentence()}"]
        elif deed == 1:
            texts = [f"{step} {sentence()}", *texts[:-1]]
        elif deed == 2:
            texts[place] = f"{step + 100} {sentence()}"
        elif deed == 3:
            texts[place] += " and"
        else:
            texts[place], texts[0] = texts[0], texts[place]
        screen = Screen.of(*texts, high=11)
        look = watch.see(screen.jpeg(int(dice.integers(60, 95))))
        for part in halves(screen.read(look)) if look else ():
            watch.answer(part)
        assert sorted(watch.standing.values()) == sorted(texts), (step, deed)
