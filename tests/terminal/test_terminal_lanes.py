"""What the terminal shows of a session: gathered, drawn live, and as plain lines."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from terminal_script import Script, conversation

from duetto.interaction import action as do
from duetto.terminal.book import BINS, LaneBook
from duetto.terminal.lanes import LiveLanes
from duetto.terminal.lines import PlainLines
from duetto.terminal.panel import draw
from duetto.terminal.progress import ProgressBar
from duetto.terminal.words import clock_time, decision, sight
from duetto.timeline.clock import ms, s
from duetto.timeline.order import Moment, Order
from duetto.timeline.payload import Colours, Face, Light, Motion, Scene, Voicing, Word


def console(width=100, terminal=False):
    return Console(
        file=io.StringIO(), width=width, force_terminal=terminal, color_system="truecolor" if terminal else None
    )


def drawn(book, width=100, total=None):
    screen = console(width)
    screen.print(draw(book, width, total))
    return screen.file.getvalue()


def booked(micro_turns):
    book = LaneBook()
    for micro_turn in micro_turns:
        book.take(micro_turn)
    return book


# --- gathered -------------------------------------------------------------------------------------------------


def test_words_are_as_they_were_last_known(micro_turns):
    book = booked(micro_turns)
    first, second = book.utterances
    assert [i.payload.text for i in first.words.values()] == ["what", "is", "seven", "times", "eight"]
    assert {i.status for i in first.words.values()} == {"committed"}
    assert [(i.payload.text, i.status) for i in second.words.values()] == [("stop", "added")]


def test_a_clause_is_heard_word_by_word_and_cut_where_it_was_cut():
    book = LaneBook()
    seen = set()
    for micro_turn in conversation():
        book.take(micro_turn)
        if book.clauses:
            seen.add((" ".join(book.clauses[0].heard), book.clauses[0].unsaid, book.clauses[0].state))
    assert ("Seven times", "eight is fifty six.", "planned") in seen
    assert ("Seven times eight is fifty six.", "", "said") in seen
    cut = book.clauses[1]
    assert (cut.heard, cut.unsaid, cut.state) == (["Anything", "else"], "I can work out for you?", "cut")


def test_a_clause_of_which_nothing_was_heard_leaves_no_trace():
    from duetto.timeline.payload import Planned

    script = Script()
    id = script.add("voice", Planned("Never said.", 1, 1))
    book = booked([script.tick()])
    assert len(book.clauses) == 1
    script.revoke(id, "voice")
    book.take(script.tick())
    assert len(book.clauses) == 0


def test_floor_and_voice_follow_the_session():
    book = LaneBook()
    seen = []
    for micro_turn in conversation():
        book.take(micro_turn)
        if not seen or seen[-1] != (book.floor, book.voice):
            seen.append((book.floor, book.voice))
    assert seen == [
        ("nobody", "full"),
        ("user", "full"),
        ("nobody", "full"),
        ("agent", "full"),
        ("both", "low"),
        ("user", "held"),
    ]


def test_pictures_and_typing(micro_turns):
    book = booked(micro_turns)
    assert list(book.in_view.values()) == ["a face, middle"]
    assert [d.text for d in book.seen] == [
        "it is bright",
        "a face, middle",
        "motion, left third",
        "motion, left third: no more",
    ]
    assert [d.text for d in book.lines] == ["also add milk"]
    assert book.typing == "and bre"
    assert [d.text for d in book.notices] == ["recogniser: it does not answer; words are not heard"]


def test_timing_is_summed_up(micro_turns):
    book = booked(micro_turns)
    assert book.compute(0.5) == ms(4)
    assert book.compute(1.0) == ms(95)
    assert book.late(1.0) == ms(3)
    assert book.overruns == 1
    assert book.behind == {"recogniser": 2}
    assert LaneBook().compute(0.99) == 0


def test_the_voice_stands_where_it_is_heard():
    script = Script()
    silent, loud = script.tick(voice=0), script.tick(voice=8000)
    book = booked([silent, loud, script.tick(), script.tick()])
    # the second micro-turn is [80, 160) ms, its voice is for [160, 240) ms
    levels = {number: column.voice_db for number, column in book._columns.items() if column.voice_db > -90}
    assert set(levels) == {1, 2}
    assert levels[2] == pytest.approx(-12, abs=6)


def test_an_hour_needs_the_room_of_a_minute():
    script = Script()
    book = LaneBook()
    for _ in range(BINS * 3):
        script.add("mic", Word("so", 0.9, script.index), committed=True)
        script.actions = [do.Duck(), do.Restore()]
        book.take(script.tick(voice=100))
    assert len(book._columns) <= BINS + 4
    assert len(book.utterances) == 4
    assert len(book.decisions) == 5


# --- drawn ----------------------------------------------------------------------------------------------------


def test_the_lanes_show_all_of_it(micro_turns):
    picture = drawn(booked(micro_turns), total=s(30))
    for words in (
        "duetto 0:03.68",
        "0:30.00",
        "speaking: you",
        "voice held",
        "0:00.40  what is seven times eight",
        "Anything else I can work out for you?",
        "now  a face, middle",
        "also add milk ↵",
        "and bre▏",
        "order, every 4 s: Drink some water.",
        "recogniser: it does not answer",
        "micro-turn p50 4.0 ms, p99 95.0 ms · late p99 3.0 ms · 1 overran · waiting: recogniser 2",
    ):
        assert words in picture
    rows = picture.splitlines()
    axis, you, duetto = rows[1:4]
    assert "0:02" in axis
    assert len(you.rstrip()) == len(duetto.rstrip()) == 99
    assert "▇" in you
    assert "█" in duetto


@pytest.mark.parametrize("width", [20, 40, 80, 300])
def test_any_width_will_do(micro_turns, width):
    rows = drawn(booked(micro_turns), width=max(width, 40), total=s(30)).splitlines()
    assert max(len(row.rstrip()) for row in rows) <= min(max(width, 40), 120)
    assert drawn(LaneBook(), width=width)


def test_words_that_are_heard_or_sure_stand_out(micro_turns):
    screen = console(terminal=True)
    screen.print(draw(booked(micro_turns), 100))
    shown = screen.file.getvalue()
    assert "\x1b[1mAnything else" in shown
    assert "\x1b[9;90mI can work out for you?" in shown  # struck out
    assert "\x1b[3;90mstop" in shown  # a guess


def test_live_lanes_leave_the_last_picture(micro_turns):
    screen = console(terminal=True)
    lanes = LiveLanes(screen, total=s(30))
    for micro_turn in micro_turns:
        lanes.on_micro_turn(micro_turn)
    lanes.close()
    lanes.close()
    assert "also add milk" in screen.file.getvalue()
    assert screen.file.getvalue().endswith("\x1b[?25h")  # the cursor is back


# --- plain ----------------------------------------------------------------------------------------------------


def test_plain_lines_tell_what_is_settled(micro_turns):
    lines = []
    plain = PlainLines(lines.append)
    for micro_turn in micro_turns:
        plain.on_micro_turn(micro_turn)
    plain.close()
    assert [line.split(maxsplit=2)[1:] for line in lines] == [
        ["word", "what             0.40-0.56 s"],
        ["word", "is               0.64-0.80 s"],
        ["word", "seven            0.88-1.04 s"],
        ["word", "times            1.12-1.28 s"],
        ["word", "eight            1.48-1.68 s"],
        ["seen", "it is bright"],
        ["seen", "a face, middle"],
        ["seen", "motion, left third"],
        ["said", "Seven times eight is fifty six."],
        ["typed", "also add milk"],
        ["seen", "motion, left third: no more"],
        ["said", "Anything else - cut off"],
        ["notice", "recogniser: it does not answer; words are not heard"],
        ["shown", "7 × 8 = 56"],
    ]
    times = [float(line.split()[0]) for line in lines]
    assert times == sorted(times)
    assert times[0] == 1.76


def test_partial_words_on_request(micro_turns):
    lines = []
    plain = PlainLines(lines.append, partials=True)
    for micro_turn in micro_turns:
        plain.on_micro_turn(micro_turn)
    words = [line.split()[1:3] for line in lines if line.split()[1].startswith("word")]
    assert words[:7] == [
        ["word?", "what"],
        ["word?", "is"],
        ["word?", "seven"],
        ["word?", "times"],
        ["word?", "ate"],
        ["word-", "ate"],
        ["word?", "eight"],
    ]
    assert words[-1] == ["word?", "stop"]


def test_the_bar_goes_with_media_time(micro_turns):
    screen = console(width=80, terminal=True)
    bar = ProgressBar(screen, s(8))
    bar.base = s(2)
    for micro_turn in micro_turns:
        bar.on_micro_turn(micro_turn)
    assert bar._progress.tasks[0].completed == s(2) + micro_turns[-1].span.end
    bar.base = s(20)
    bar.on_micro_turn(micro_turns[-1])
    assert bar._progress.tasks[0].completed == s(8)
    bar.close()
    assert "0:08.00 of 0:08.00" in screen.file.getvalue()


# --- words ----------------------------------------------------------------------------------------------------


def test_everything_has_its_words():
    assert clock_time(s(3605.25)) == "60:05.25"
    assert [
        sight(p) for p in (Scene(0.5), Face((0.7, 0, 0.2, 0.2)), Light(0.1, "dark"), Motion("whole picture", 1.0))
    ] == [
        "the scene changes",
        "a face, right",
        "it is dark",
        "motion, whole picture",
    ]
    assert sight(Colours(("red", "blue"))) == "colours red, blue"
    assert sight(Colours(())) is None
    assert sight(Voicing()) is None
    order = Order("tea", Moment(s(60)), "Tea is ready.")
    assert [
        decision(a)
        for a in (
            do.AskBrain(1, "what", "typed", False),
            do.KeepReply(1),
            do.PlanClause(1, 1, "Yes.", place="next", held=True),
            do.Restore(),
            do.Resume(),
            do.Show("56"),
            do.Watch(order),
            do.Unwatch("tea"),
            do.Tell("voice", "gone"),
        )
    ] == [
        "ask: what",
        "keep reply 1",
        "get ready, next: Yes.",
        "full voice",
        "go on",
        "show: 56",
        "order, at 1:00.00: Tea is ready.",
        "no longer watch for tea",
        "tell: voice",
    ]
