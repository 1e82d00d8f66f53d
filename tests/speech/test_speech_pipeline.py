import pytest

from duetto.speech.ledger import Ledger
from duetto.speech.pipeline import SpeechPipeline
from duetto.speech.voice import VoiceHandler
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Speech
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.payload import Heard, Planned
from duetto.timeline.timeline import Timeline


class Stage:
    def __init__(self, **voice):
        self.pipeline = SpeechPipeline()
        self.timeline = Timeline()
        self.handler = VoiceHandler(ScriptedVoice(**voice))
        self.now = 0

    def step(self, count=1):
        """Returns the edits of `count` micro-turns."""
        for _ in range(count):
            self.pipeline.begin(self.now, self.timeline)
            self.ask()
            self.ask()
            self.pipeline.slice(Span(self.now, self.now + ms(80)))
            self.now += ms(80)
        self.pipeline.begin(self.now, self.timeline)
        return self.timeline.drain()

    def ask(self):
        for job in self.pipeline.jobs():
            for arrival in self.handler.handle(job):
                self.pipeline.supply(arrival) if isinstance(arrival, Speech) else self.pipeline.fail(arrival.clause)


def test_a_reply_from_plan_to_heard_in_the_timeline():
    stage = Stage()
    stage.pipeline.plan(1, 5, "one two.")
    edits = stage.step(9)
    assert [(edit.payload, edit.status) for edit in edits] == [
        (Planned("one two.", 5, 1), "added"),
        (Heard("one", 5, 1), "committed"),
        (Heard("two.", 5, 1), "committed"),
        (Planned("one two.", 5, 1), "committed"),
    ]
    assert edits[1].span == Span(0, ms(180))
    assert edits[1].at == ms(240)  # known at the first micro-turn after it was heard
    assert edits[3].span.end == pytest.approx(ms(600), abs=ms(1))
    assert {edit.stream for edit in edits} == {"voice"}


def test_write_shows_a_plan_and_its_end_in_the_same_round():
    stage = Stage()
    stage.pipeline.plan(1, 5, "one")
    stage.pipeline.write(0, stage.timeline)
    assert [edit.status for edit in stage.timeline.drain()] == ["added"]
    stage.pipeline.plan(2, 5, "two")
    assert stage.pipeline.drop(5) == (1, 2)
    stage.pipeline.write(0, stage.timeline)
    assert [edit.status for edit in stage.timeline.drain()] == ["added", "revoked", "revoked"]
    assert stage.timeline.open("voice") == ()
    stage.step(3)


def test_the_view_through_a_reply():
    stage = Stage()
    pipeline = stage.pipeline
    assert pipeline.speaking(0).silent_since == 0
    pipeline.plan(1, 5, "elephant two.")
    pipeline.plan(2, 5, "more")
    pipeline.plan(3, 6, "draft", held=True)
    stage.step(7)  # 560 ms: "elephant" took 480
    view = pipeline.speaking(stage.now)
    assert (view.sounding, view.begun, view.held, view.ducked) == (True, True, False, False)
    assert (view.reply, view.clause, view.clause_text) == (5, 1, "elephant two.")
    assert (view.heard, view.unsaid) == ("elephant", "two. more")
    assert view.left == ((5, 2), (6, 1))
    assert view.silent_since is None
    assert view.remaining > 0
    pipeline.hold()
    pipeline.duck()
    stage.step(3)
    view = pipeline.speaking(stage.now)
    assert (view.sounding, view.held, view.ducked) == (False, True, True)
    assert ms(560) < view.silent_since < ms(660)
    pipeline.resume()
    pipeline.restore()
    stage.step(20)
    view = pipeline.speaking(stage.now)
    assert view.ended == (5,)
    assert view.reply is None and view.left == ((6, 1),)
    assert pipeline.speaking(stage.now).ended == ()
    pipeline.release(6)
    assert pipeline.speaking(stage.now).clause_text == "draft"
    stage.step(12)
    assert pipeline.ledger.heard(6) == "draft"
    assert pipeline.speaking(stage.now).ended == (6,)


def test_a_cut_reply_keeps_its_heard_words_and_loses_its_plan():
    stage = Stage()
    stage.pipeline.plan(1, 5, "one elephant two.")
    stage.step(4)
    stage.pipeline.drop(5)
    edits = stage.step(2)
    assert [(edit.payload, edit.status) for edit in edits] == [(Planned("one elephant two.", 5, 1), "revoked")]
    assert stage.pipeline.ledger.heard(5) == "one"
    assert stage.pipeline.speaking(stage.now).ended == ()


@pytest.mark.parametrize(("steps", "said"), [(0, ""), (1, "one elephant two."), (4, "one elephant two.")])
def test_a_trimmed_reply_says_the_clause_that_has_begun_and_nothing_more(steps, said):
    stage = Stage()
    stage.pipeline.plan(1, 5, "one elephant two.")
    stage.pipeline.plan(2, 5, "three.")
    stage.pipeline.plan(3, 6, "four.")
    stage.step(steps)
    assert stage.pipeline.trim(5) == ((2,) if said else (1, 2))
    stage.step(60)
    assert stage.pipeline.ledger.heard(5) == said
    assert stage.pipeline.ledger.heard(6) == "four.", "other replies are left alone"


def test_what_was_heard_is_taken_once():
    stage = Stage()
    ledger = stage.pipeline.ledger
    assert ledger.take(5) == ""
    stage.pipeline.plan(1, 5, "one elephant two.")
    stage.step(4)
    assert ledger.take(5) == "one" and ledger.take(5) == ""
    stage.step(40)
    assert ledger.take(5) == "elephant two."
    stage.pipeline.plan(2, 5, "three four")
    stage.pipeline.plan(3, 5, "five.")
    stage.step(40)
    assert ledger.take(5) == "three four five." and ledger.take(5) == ""
    assert ledger.heard(5) == "one elephant two. three four five."


def test_a_voice_that_fails_revokes_the_clause():
    stage = Stage(fails_on="bad")
    stage.pipeline.plan(1, 5, "bad")
    edits = stage.step(2)
    assert [edit.status for edit in edits] == ["added", "revoked"]


def test_now_names_the_word_at_any_moment_of_what_is_handed_out():
    stage = Stage()
    stage.pipeline.plan(1, 5, "one two.")
    stage.pipeline.begin(0, stage.timeline)
    stage.ask()
    stage.pipeline.slice(Span(0, ms(400)))
    now = stage.pipeline.ledger.now
    assert [now(ms(t)) for t in (0, 100, 200, 230)] == [(1, 0), (1, 0), (1, 0), (1, 1)]
    assert now(-1) is None
    stage.now = ms(400)
    stage.step(6)
    assert now(stage.now) is None


def test_an_hour_of_talk_takes_no_more_than_a_minute():
    stage = Stage(ms_per_letter=5, gap_ms=5)
    sizes = []
    for number in range(600):
        stage.pipeline.plan(number, number, "some words to say.")
        stage.step(5)
        if number in (200, 599):
            ledger = stage.pipeline.ledger
            sizes.append((len(ledger._open), len(ledger._told), len(ledger._marks), len(stage.pipeline._planned)))
    assert sizes[0] == sizes[1]
    assert stage.pipeline.ledger.heard(0) == ""  # forgotten
    assert stage.pipeline.ledger.heard(599) == "some words to say."


def test_a_very_long_reply_keeps_its_last_words():
    ledger = Ledger()
    for clause in range(300):
        ledger.planned(clause, 1, f"{clause} " + "x" * 100)
        ledger.done(clause, clause)
        ledger.advance(clause)
    assert ledger.heard(1).startswith("108 ") or len(ledger.heard(1)) < 20_300
    assert ledger.heard(1).endswith("299 " + "x" * 100)


def test_a_word_spelled_otherwise_than_in_the_text_moves_nothing():
    ledger = Ledger()
    ledger.planned(1, 1, "it's 3 o'clock")
    ledger.started(1, 0)
    for index, word in enumerate(["it's", "three", "o'clock"]):
        ledger.word_said(1, index, word, Span(index, index + 1))
    ledger.advance(2)
    assert ledger.heard(1) == "it's"
    ledger.advance(3)
    assert ledger.heard(1) == "it's 3 o'clock"
