"""How long a silence ends a turn: each piece of evidence by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from duetto.interaction.patience import Evidence, patience
from duetto.interaction.settings import InteractionSettings
from duetto.timeline.clock import ms, s

SETTINGS = InteractionSettings()
WHOLE, HALF, NONE = Evidence("whole", last="seven"), Evidence("half", last="times"), Evidence("none", last="salt")


def test_the_more_is_missing_the_longer_it_is_waited():
    kinds = (WHOLE, replace(WHOLE, more="maybe"), replace(WHOLE, more="likely"), NONE, HALF)
    silences = [patience(SETTINGS, kind) for kind in kinds]
    assert silences == sorted(silences) and len(set(silences)) == 5
    assert patience(SETTINGS, Evidence()) == SETTINGS.unknown_silence, "the brain has not said yet"


@pytest.mark.parametrize("last", ["um", "Uh"])
def test_a_hesitation_holds_the_turn_whatever_came_before(last):
    assert patience(SETTINGS, replace(WHOLE, last=last)) == SETTINGS.hesitation_silence


def test_a_word_that_leads_on_holds_it_unless_the_request_is_whole():
    assert patience(SETTINGS, replace(NONE, last="and")) == SETTINGS.hesitation_silence
    assert patience(SETTINGS, replace(WHOLE, last="that")) == SETTINGS.whole_silence


def test_an_answer_to_a_question_needs_less():
    assert patience(SETTINGS, replace(NONE, asked=True)) < SETTINGS.unknown_silence
    assert patience(SETTINGS, replace(HALF, asked=True)) == SETTINGS.half_silence


def test_unsure_words_and_long_turns_are_waited_for():
    assert patience(SETTINGS, replace(WHOLE, sure=0.3)) == SETTINGS.unsure_silence
    assert patience(SETTINGS, replace(WHOLE, listened=True)) == SETTINGS.unsure_silence
    assert patience(SETTINGS, replace(HALF, sure=0.3)) == SETTINGS.half_silence


def test_a_user_of_long_pauses_gets_longer_ones_where_the_words_leave_it_open():
    slow = SETTINGS.own_pause_factor * ms(1000)
    assert patience(SETTINGS, replace(NONE, own_pause=ms(1000))) == round(slow)
    assert patience(SETTINGS, replace(WHOLE, own_pause=ms(1000))) == SETTINGS.whole_silence
    assert patience(SETTINGS, replace(NONE, own_pause=s(9))) == SETTINGS.hesitation_silence, "bounded"


def test_a_level_pitch_holds_and_a_moved_one_does_not():
    settings = replace(SETTINGS, level_pitch_factor=1.5)
    assert patience(settings, replace(WHOLE, ending=0.1)) == round(1.5 * settings.whole_silence)
    assert patience(settings, replace(WHOLE, ending=-3.0)) == settings.whole_silence
    assert patience(settings, replace(WHOLE, ending=4.0)) == settings.whole_silence


def test_whoever_types_or_has_turned_away_is_waited_for():
    for elsewhere in (replace(WHOLE, typing=True), replace(WHOLE, facing=False)):
        assert patience(SETTINGS, elsewhere) == round(SETTINGS.elsewhere_factor * SETTINGS.whole_silence)
    assert patience(SETTINGS, replace(WHOLE, facing=True)) == SETTINGS.whole_silence


def test_words_that_end_long_before_the_voice_are_not_all_of_them():
    assert patience(SETTINGS, replace(WHOLE, untold=ms(400))) == SETTINGS.whole_silence
    assert patience(SETTINGS, replace(WHOLE, untold=ms(600))) == SETTINGS.unsure_silence


def test_words_that_hardly_are_the_words_are_waited_for_as_if_they_were_none():
    assert patience(SETTINGS, replace(WHOLE, sure=SETTINGS.sure / 2)) == SETTINGS.unknown_silence
    assert patience(SETTINGS, replace(WHOLE, sure=SETTINGS.sure_of_end - 0.01)) == SETTINGS.unsure_silence
    paused = replace(WHOLE, sure=SETTINGS.sure_of_end - 0.01, own_pause=ms(900))
    assert patience(SETTINGS, paused) == round(SETTINGS.own_pause_factor * ms(900)), "and this user takes long pauses"
    assert patience(SETTINGS, replace(paused, sure=1.0)) == SETTINGS.whole_silence


def test_how_the_turn_sounds_makes_a_silence_shorter_or_longer():
    done, not_done = (patience(SETTINGS, replace(HALF, finished=found)) for found in (0.9, 0.2))
    assert done < SETTINGS.half_silence < not_done
    assert patience(SETTINGS, replace(HALF, finished=None)) == SETTINGS.half_silence
    assert patience(SETTINGS, replace(HALF, finished=0.9, own_pause=s(1))) >= s(1), "not within this user's own pauses"
