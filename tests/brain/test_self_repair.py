"""A request as it was meant, where the user took something back."""

from __future__ import annotations

import pytest

from duetto.brain.embedded import EmbeddedBrain
from duetto.brain.embedded.repair import repaired
from duetto.brain.embedded.words import tokens
from duetto.timeline.arrival import Clause
from duetto.timeline.job import Ask, Context


def answer(text: str) -> str:
    brain = EmbeddedBrain()
    return " ".join(p.text for p in brain.reply(Ask(1, text, "spoken", False, Context(0, 0))) if isinstance(p, Clause))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("set a timer for five no six minutes", "set a timer for six minutes"),
        ("set a timer for five minutes um no six minutes", "set a timer for six minutes"),
        ("add milk no bread to my shopping list", "add bread to my shopping list"),
        ("add bread i mean butter to my shopping list", "add butter to my shopping list"),
        ("count to five no wait count to four", "count to four"),
        ("no count to four", "count to four"),
        ("what is twelve times seven no eight", "what is twelve times eight"),
        ("how many inches no how many feet are in two miles", "how many feet are in two miles"),
        ("remind me in five um in six minutes to call anna", "remind me in six minutes to call anna"),
        ("what is five no six no seven plus one", "what is seven plus one"),
    ],
)
def test_what_was_taken_back_is_not_answered(said, meant):
    assert answer(said) == answer(meant)


@pytest.mark.parametrize(
    ("said", "expected"), [("no thank you", ""), ("no", ""), ("note that there is no milk", "Noted.")]
)
def test_what_is_no_repair_stays_as_it_is(said, expected):
    assert answer(said) == expected


def test_the_least_is_taken_back_first_and_the_number_of_readings_is_bounded():
    words = tokens("a b c d e f g h i j no k")
    readings = [" ".join(token.text for token in reading) for reading in repaired(words)]
    assert readings[0] == "a b c d e f g h i k" and readings[-1] == "k" and len(readings) <= 8
    assert list(repaired(tokens("a b c"))) == []
