import numpy as np
import pytest
from speech_rig import Rig

from duetto.speech.ledger import ClauseCut, ClauseDone, ClauseStarted, Ledger, WordHeard
from duetto.speech.plan import PlanFull
from duetto.speech.playout import Playout, PlayoutSettings
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Speech, SpokenWord
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.job import Hush, More, Speak

# ScriptedVoice: 60 ms a letter, 40 ms between words, 200 ms after a sentence. "one two." lasts 180+40+180+200 ms.
NEAR = ms(1)  # the quiet edges of a tone count as silence


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples.astype(float))))) if samples.size else 0.0


def between(sound, start_ms, end_ms):
    return sound[24 * start_ms : 24 * end_ms]


def test_one_clause_is_heard_with_its_words_at_their_times():
    rig = Rig()
    rig.step()
    rig.playout.plan(1, 7, "one two.")
    rig.run_out()
    *events, done = rig.events
    assert events == [
        ClauseStarted(1, 7, ms(80)),
        WordHeard(1, 7, 0, "one", Span(ms(80), ms(260))),
        WordHeard(1, 7, 1, "two.", Span(ms(300), ms(480))),
    ]
    assert done == ClauseDone(1, 7, "one two.", Span(ms(80), done.span.end))
    assert done.span.end == pytest.approx(ms(680), abs=NEAR)
    tone = rig.voice.tone("one")
    np.testing.assert_array_equal(between(rig.sound, 80, 260)[300:], tone[300:])
    assert not rig.sound[: 80 * 24].any()
    assert not between(rig.sound, 480, 2000).any()


def test_clauses_follow_each_other_with_their_own_pauses():
    rig = Rig()
    rig.playout.plan(1, 1, "so,")
    rig.playout.plan(2, 1, "two.")
    rig.playout.plan(3, 1, "six.")
    rig.run_out()
    starts = [event.at for event in rig.events if isinstance(event, ClauseStarted)]
    assert starts == pytest.approx([0, ms(120 + 120), ms(240 + 180 + 200)], abs=NEAR)
    assert rig.playout.ledger.heard(1) == "so, two. six."
    assert rig.playout.silent_since == pytest.approx(ms(620 + 180 + 200), abs=NEAR)
    assert rig.playout.underruns == 0


@pytest.mark.parametrize("delta", [20, 33, 80, 97, 250, 1000])
def test_slices_are_exact_and_never_drift_at_any_delta(delta):
    rig = Rig(delta=ms(delta) + 1)  # an odd number of ns
    rig.playout.plan(1, 1, "many words are said here one by one.")
    rig.run_out()
    assert rig.sound.size == rig.now * 24_000 // 1_000_000_000
    assert rig.playout.underruns == 0
    assert rig.words == "many words are said here one by one.".split()
    starts = [event.span.start for event in rig.events if isinstance(event, WordHeard)]
    assert starts[1] - starts[0] == pytest.approx(ms(280), abs=ms(0.1))


def test_the_voice_is_asked_for_no_more_than_the_horizon_and_leaves_room_for_a_draft():
    playout = Playout(PlayoutSettings(horizon=ms(600)))
    playout.plan(1, 1, "a long clause")
    playout.plan(2, 1, "another one")
    playout.plan(3, 2, "a draft", held=True)
    playout.plan(4, 3, "another draft", held=True)
    assert playout.jobs() == (Speak(1, "a long clause", 9600), Speak(3, "a draft", 4800))
    assert playout.jobs() == ()  # one open request each
    playout.supply(Speech(1, bytes(2 * 9600), (), False))
    assert playout.ahead() == 9600
    assert playout.jobs() == ()
    playout.slice(Span(0, ms(80)))
    assert playout.jobs() == (More(1, 80 * 24),)
    assert playout.remaining() == ms(320)


def test_the_next_clause_is_asked_for_as_soon_as_the_end_of_this_one_is_known():
    playout = Playout()
    playout.plan(1, 1, "short")
    playout.plan(2, 1, "next")
    assert [job.clause for job in playout.jobs()] == [1]
    playout.supply(Speech(1, bytes(2 * 2400), (), True))
    (job,) = playout.jobs()
    assert job == Speak(2, "next", 6400 - 2400)


def test_a_held_draft_is_prepared_and_sounds_in_the_slice_after_its_release():
    rig = Rig(latency=1)
    rig.playout.plan(1, 1, "draft", held=True)
    rig.step(5)
    assert not rig.sound.any()
    assert rig.playout.current is None
    rig.playout.release(1)
    slice_ = rig.step()
    assert rms(slice_) > 1000
    rig.run_out()
    assert rig.words == ["draft"]
    assert rig.playout.underruns == 0


def test_hold_ends_at_the_word_boundary_within_reach_and_resume_goes_on_with_the_next_word():
    rig = Rig()
    rig.playout.plan(1, 1, "one two six.")
    rig.step(2)  # 160 of the first word's 180 ms are handed out
    rig.playout.hold()
    assert rig.playout.held
    assert rig.playout.sounding
    rig.step(3)
    assert not rig.playout.sounding
    assert rig.words == ["one"]
    assert rms(between(rig.sound, 160, 168)) > 3000  # the word is finished
    assert not between(rig.sound, 181, 400).any()
    assert rig.playout.silent_since == ms(180)
    rig.playout.resume()
    rig.run_out()
    assert rig.words == ["one", "two", "six."]
    two = next(event for event in rig.events if isinstance(event, WordHeard) and event.index == 1)
    assert two.span == Span(ms(400), ms(580))  # at once, without the pause that was interrupted


def test_hold_far_from_a_boundary_fades_at_once_and_the_cut_word_is_said_again_whole():
    rig = Rig()
    rig.playout.plan(1, 1, "elephant walks.")  # 480 ms
    rig.step(2)
    rig.playout.hold()
    rig.step(2)
    assert not between(rig.sound, 160 + 12 + 1, 320).any()
    assert rms(between(rig.sound, 150, 160)) > 3000
    assert rig.words == []
    assert rig.playout.ledger.heard(1) == ""
    assert rig.playout.ledger.unsaid(1) == "elephant walks."
    rig.playout.resume()
    rig.run_out()
    assert rig.words == ["elephant", "walks."]
    assert rig.playout.ledger.heard(1) == "elephant walks."
    again = between(rig.sound, 320, 800)
    np.testing.assert_array_equal(again[600:], rig.voice.tone("elephant")[600:])


def test_hold_in_the_pause_between_words_says_neither_again():
    rig = Rig(PlayoutSettings(boundary_reach=0))
    rig.playout.plan(1, 1, "one two.")
    rig.step(delta=ms(200))
    rig.playout.hold()
    rig.step()
    rig.playout.resume()
    rig.run_out()
    assert rig.words == ["one", "two."]


def test_hold_after_the_last_word_lets_the_clause_be_done():
    rig = Rig()
    rig.playout.plan(1, 1, "one.")
    rig.playout.plan(2, 1, "two.")
    rig.step(delta=ms(200))
    rig.playout.hold()
    rig.step()
    assert rig.done == [1]
    rig.step(3)
    assert rig.words == ["one."]
    rig.playout.resume()
    rig.run_out()
    assert rig.words == ["one.", "two."]


def test_a_word_longer_than_the_horizon_goes_on_from_where_its_sound_is_kept():
    rig = Rig(voice=ScriptedVoice(ms_per_letter=300))
    rig.playout.plan(1, 1, "elephant.")  # 2.4 s
    rig.step(15)
    rig.playout.hold()
    rig.step(2)
    rig.playout.resume()
    rig.run_out()
    (word,) = [event for event in rig.events if isinstance(event, WordHeard)]
    rest = 2400 - (1200 - 400)  # said up to 1200 ms, of which 400 are kept
    assert word.span.duration == pytest.approx(ms(rest), abs=ms(20))


def test_a_word_that_ends_inside_the_fade_but_out_of_reach_is_said_again():
    rig = Rig(PlayoutSettings(boundary_reach=0))
    rig.playout.plan(1, 1, "one two.")
    rig.step(delta=ms(175))  # the word ends 5 ms later, the fade 12
    rig.playout.hold()
    rig.step(2)
    assert rig.words == []
    rig.playout.resume()
    rig.run_out()
    assert rig.words == ["one", "two."]
    np.testing.assert_array_equal(between(rig.sound, 335, 515)[600:], rig.voice.tone("one")[600:])


def test_a_voice_without_word_times_goes_on_where_it_began_to_fade():
    playout = Playout()
    playout.plan(1, 1, "no times")
    playout.jobs()
    sound = np.arange(6400, dtype="<i2")
    playout.supply(Speech(1, sound.tobytes(), (), False))
    playout.slice(Span(0, ms(80)))
    playout.hold()
    playout.slice(Span(ms(80), ms(160)))
    playout.resume()
    again = playout.slice(Span(ms(160), ms(240)))
    assert again[-1] == 2 * 1920 - 1  # what faded out is heard again, nothing is left out


def test_hold_and_resume_in_quick_turns_do_not_click():
    rig = Rig(voice=ScriptedVoice(ms_per_letter=400))
    rig.playout.plan(1, 1, "aaaaaaaa")
    rig.step()
    for quick in (3, 7, 5, 14, 4, 9):
        rig.playout.hold()
        rig.step(delta=ms(15))
        rig.playout.resume()
        rig.step(delta=ms(quick))
    assert np.abs(np.diff(rig.sound.astype(int))).max() < 650


def test_nothing_starts_while_held_and_hold_twice_is_hold_once():
    rig = Rig()
    rig.playout.hold()
    rig.playout.hold()
    rig.playout.plan(1, 1, "one.")
    rig.step(4)
    assert not rig.sound.any()
    rig.playout.resume()
    rig.run_out()
    assert rig.words == ["one."]


def test_duck_and_restore_are_smooth_and_as_deep_as_said():
    rig = Rig(voice=ScriptedVoice(ms_per_letter=400))
    rig.playout.plan(1, 1, "aaaaaaaa")
    rig.step(2)
    rig.playout.duck()
    assert rig.playout.ducked
    rig.step(2)
    rig.playout.restore()
    rig.step(2)
    full, low, again = (rms(between(rig.sound, a, b)) for a, b in ((80, 160), (200, 320), (360, 480)))
    assert 20 * np.log10(low / full) == pytest.approx(-14, abs=0.2)
    assert again == pytest.approx(full, rel=0.02)
    assert np.abs(np.diff(rig.sound.astype(int))).max() < 600


def test_drop_silences_at_a_boundary_and_returns_what_was_not_said():
    rig = Rig()
    rig.playout.plan(1, 1, "one two.")
    rig.playout.plan(2, 1, "more.")
    rig.playout.plan(3, 2, "other.")
    rig.step(2)
    assert rig.playout.drop(1) == (1, 2)
    assert rig.playout.drop(1) == ()
    assert rig.playout.ledger.unsaid(1) == ""
    rig.run_out()
    assert rig.words == ["one", "other."]
    assert [e for e in rig.events if isinstance(e, ClauseCut)] == [
        ClauseCut(2, 1, "", ms(160)),
        ClauseCut(1, 1, "one", ms(180)),
    ]
    assert rig.playout.ledger.heard(1) == "one"


def test_drop_while_held_and_drop_while_falling_silent():
    rig = Rig()
    rig.playout.plan(1, 1, "one two.")
    rig.step(2)
    rig.playout.hold()
    assert rig.playout.drop(1) == (1,)
    rig.playout.resume()
    rig.step(4)
    assert rig.words == ["one"]
    assert rig.playout.clauses == ()
    rig.playout.plan(2, 2, "elephant two.")
    rig.step(3)
    rig.playout.hold()
    rig.step(3)
    assert rig.playout.drop(2) == (2,)
    rig.step()
    assert rig.events[-1] == ClauseCut(2, 2, "", rig.now - rig.delta)


def test_drop_in_the_last_pause_counts_the_clause_as_said():
    rig = Rig()
    rig.playout.plan(1, 1, "one.")
    rig.step(delta=ms(200))
    assert rig.playout.drop(1) == ()
    rig.step()
    assert rig.done == [1]


def test_a_dropped_clause_is_hushed_and_late_sound_of_it_ignored():
    playout = Playout()
    playout.plan(1, 1, "one")
    playout.jobs()
    playout.drop(1)
    assert playout.jobs() == (Hush(1),)
    playout.supply(Speech(1, bytes(200), (), True))
    assert playout.ahead() == 0


def test_next_goes_after_the_clause_being_said_and_keeps_its_order():
    rig = Rig()
    rig.playout.plan(1, 1, "one.")
    rig.playout.plan(2, 1, "last.")
    rig.step()
    rig.playout.plan(3, 2, "ab.", "next")
    rig.playout.plan(4, 2, "cd.", "next")
    rig.playout.plan(5, 3, "ef.", "next")
    assert [clause.id for clause in rig.playout.clauses] == [1, 5, 3, 4, 2]
    rig.run_out()
    assert rig.words == ["one.", "ef.", "ab.", "cd.", "last."]
    assert rig.playout.underruns == 0


def test_now_breaks_in_after_a_word_and_the_rest_goes_on():
    rig = Rig()
    rig.playout.plan(1, 1, "one two three four five six.")
    rig.playout.plan(2, 1, "last.")
    while rig.words[-1:] != ["two"]:
        rig.step()
    rig.playout.plan(3, 2, "ab cd.", "now")
    rig.playout.plan(4, 2, "ef.", "now")
    rig.run_out()
    assert rig.words == ["one", "two", "ab", "cd.", "ef.", "three", "four", "five", "six.", "last."]
    assert rig.playout.ledger.heard(1) == "one two three four five six. last."


def test_what_was_broken_into_can_be_dropped():
    rig = Rig()
    rig.playout.plan(1, 1, "one two three four five six.")
    while rig.words[-1:] != ["two"]:
        rig.step()
    rig.playout.plan(2, 2, "ab cd.", "now")
    rig.step(2)
    assert rig.playout.drop(1) == (1,)
    rig.run_out()
    assert rig.words[-2:] == ["ab", "cd."] and "four" not in rig.words


def test_sound_prepared_for_a_later_clause_gives_way_to_an_earlier_one():
    rig = Rig()
    rig.playout.plan(1, 1, "later words.")
    rig.ask()
    assert rig.playout.ahead() == 6400
    rig.playout.plan(2, 1, "first of all this.", "next")
    rig.playout.plan(3, 3, "x", held=True)
    rig.step(30)
    assert rig.words == ["first", "of", "all", "this.", "later", "words."]
    assert Hush(1) in rig.jobs


def test_an_answer_to_a_forgotten_request_is_not_taken_for_the_new_one():
    playout = Playout()
    playout.plan(1, 1, "draft", held=True)
    playout.jobs()
    playout.plan(2, 2, "an earlier draft", "next", held=True)
    assert playout.jobs() == (Hush(1), Speak(2, "an earlier draft", 3200))
    playout.drop(2)
    assert playout.jobs() == (Hush(2), Speak(1, "draft", 3200))
    playout.supply(Speech(1, bytes(2 * 100), (), True))
    assert playout.ahead() == 0
    assert playout.fail(1)  # now the answer to the second request
    assert playout.clauses == ()


def test_a_voice_that_is_late_within_a_clause_is_counted_and_does_not_click():
    playout = Playout()
    voice = ScriptedVoice()
    playout.plan(1, 1, "aaaa")
    playout.jobs()
    tone = voice.tone("aaaa")
    playout.supply(Speech(1, tone[:1000].tobytes(), (SpokenWord("aaaa", 0, tone.size),), False))
    first = playout.slice(Span(0, ms(80)))
    second = playout.slice(Span(ms(80), ms(160)))
    assert playout.underruns == 1
    assert playout.starved == pytest.approx(ms(160) - 1000 / 24 * ms(1), abs=2)
    (job,) = playout.jobs()
    playout.supply(Speech(1, tone[1000 : 1000 + job.samples].tobytes(), (), True))
    third = playout.slice(Span(ms(160), ms(240)))
    sound = np.concatenate([first, second, third]).astype(int)
    assert not second[288:].any()
    assert third.any()
    assert np.abs(np.diff(sound)).max() < 600


def test_a_slice_that_drains_the_sound_exactly_does_not_click_when_held():
    playout = Playout()
    playout.plan(1, 1, "aaaa")
    playout.jobs()
    tone = ScriptedVoice().tone("aaaaaaaa")
    playout.supply(Speech(1, tone[:1940].tobytes(), (SpokenWord("aaaaaaaa", 0, tone.size),), False))
    first = playout.slice(Span(0, ms(80)))
    playout.hold()  # 20 samples are left, fewer than the fade
    second = playout.slice(Span(ms(80), ms(160)))
    assert np.abs(np.diff(np.concatenate([first, second]).astype(int))).max() < 600
    assert not second[320:].any()


def test_a_clause_that_fails_leaves_the_plan_and_the_rest_goes_on():
    rig = Rig(voice=ScriptedVoice(fails_on="bad", chunk=24_000))
    rig.playout.plan(1, 1, "fine so far bad")
    rig.playout.plan(2, 1, "good.")
    rig.run_out()
    assert rig.words[-1] == "good."
    assert any(isinstance(event, ClauseCut) and event.clause == 1 for event in rig.events)
    assert not rig.playout.fail(99)


def test_a_clause_without_sound_is_done_and_holds_nothing_up():
    rig = Rig()
    rig.playout.plan(1, 1, "...")
    rig.playout.plan(2, 1, "one.")
    rig.run_out()
    assert rig.done == [1, 2]
    assert rig.playout.ledger.heard(1) == "... one."


def test_a_word_that_runs_past_the_end_of_its_clause_is_heard_with_it():
    playout = Playout(ledger=(ledger := Ledger()))
    playout.plan(1, 1, "long")
    playout.jobs()
    playout.supply(Speech(1, bytes(200), (SpokenWord("long", 0, 9999),), True))
    playout.slice(Span(0, ms(80)))
    assert [type(event) for event in ledger.advance(ms(80))] == [ClauseStarted, WordHeard, ClauseDone]


def test_wrong_use_is_refused_with_the_field_and_its_limit():
    playout = Playout(PlayoutSettings(plan_limit=2, text_limit=10))
    playout.plan(1, 1, "a")
    with pytest.raises(ValueError, match="clause: 1 is already planned"):
        playout.plan(1, 1, "a")
    with pytest.raises(ValueError, match="text: a clause has at most 10"):
        playout.plan(2, 1, "a" * 11)
    playout.plan(2, 1, "b")
    with pytest.raises(PlanFull, match="2 clauses"):
        playout.plan(3, 1, "c")
    with pytest.raises(ValueError, match="samples: clause 1 brought 10"):
        playout.supply(Speech(1, bytes(20), (), False))
    playout.slice(Span(0, ms(80)))
    with pytest.raises(ValueError, match="span"):
        playout.slice(Span(ms(40), ms(120)))
    for field, value in (("horizon", 0), ("duck_db", 3.0), ("draft_share", 2.0), ("plan_limit", 0)):
        with pytest.raises(ValueError, match=field):
            PlayoutSettings(**{field: value})
