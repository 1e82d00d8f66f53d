from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.brain.chat.wholeness import AMBIGUOUS, ASKS, ORDERS, SHORT, STRANDED, TURNS_ROUND, UNFINISHED, wholeness

HELD = sorted(UNFINISHED - SHORT)


@pytest.mark.parametrize(
    "text",
    [
        "what is the capital of france",
        "where are you from",
        "what can you do",
        "could you help me",
        "tell me a story",
        "set a timer for ten minutes",
        "well please tell me a story",
        "book a table please",
        "thanks",
        "oh okay",
        "never mind",
        "no no forget it",
        "ok thank you",
        "who are you",
        "how are you",
        "sorry in hamburg instead",
    ],
)
def test_whole_requests_that_hardly_go_on(text):
    assert wholeness(text) == ("whole", False)


@pytest.mark.parametrize("text", ["the red one", "yes", "no", "music", "what time", "play jazz", "i live in berlin"])
def test_whole_requests_that_may_well_go_on(text):
    assert wholeness(text) == ("whole", True)


@pytest.mark.parametrize(
    "text", ["what is the", "set a timer for", "i want to", "and then um", "is the", "the", "please tell me the"]
)
def test_what_plainly_breaks_off_is_half(text):
    assert wholeness(text) == ("half", False)


@pytest.mark.parametrize("typed", [False, True])
@pytest.mark.parametrize("text", ["", "  ", "...", "?!"])
def test_without_words_there_is_nothing(text, typed):
    assert wholeness(text, typed=typed) == ("none", False)


def test_what_was_sent_is_whole_whatever_it_says():
    assert wholeness("what is the", typed=True) == ("whole", False)
    assert wholeness("what is the")[0] == "half"


@pytest.mark.parametrize("last", sorted(STRANDED & UNFINISHED))
def test_a_question_may_end_with_a_word_that_another_turn_may_not(last):
    assert wholeness(f"what are they {last}")[0] == "whole"
    assert wholeness(f"they live {last}")[0] == "half"


@given(st.sampled_from(["tell me of tea", "i see him", "some tea"]), st.sampled_from(HELD))
def test_no_turn_ends_with_these_words(begun, last):
    assert wholeness(f"{begun} {last}") == ("half", False)


@given(st.sampled_from(sorted((ASKS | TURNS_ROUND) - {"do"})), st.sampled_from(["tea", "him", "berlin"]))
def test_a_short_question_may_go_on_and_a_longer_one_hardly(first, last):
    assert wholeness(f"{first} {last}") == ("whole", True)
    assert wholeness(f"{first} they see {last}") == ("whole", False)


def test_an_order_with_its_object_is_done():
    verbs = ORDERS - {"wait"}  # it may lead on to another: "wait, what time is it"
    assert {wholeness(f"{verb} the red things") for verb in verbs} == {("whole", False)}
    assert {wholeness(f"{verb} things") for verb in verbs} == {("whole", True)}


def test_words_that_may_as_well_end_a_turn_as_lead_on_leave_it_open():
    assert {wholeness(f"tell me of {last}") for last in AMBIGUOUS - STRANDED} == {("whole", True)}


@given(st.lists(st.sampled_from(sorted(UNFINISHED | ORDERS | SHORT | {"tea", "berlin"})), min_size=1, max_size=6))
def test_capitals_and_signs_change_nothing(words):
    text = " ".join(words)
    assert wholeness(text.upper().replace("'", "’").replace(" ", ", ") + "?") == wholeness(text)
