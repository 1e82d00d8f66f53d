"""Lengths of time in any of the ways in which people put them."""

from __future__ import annotations

from fractions import Fraction

import pytest

from duetto.brain.embedded import lengths


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("ten seconds", 10),
        ("a minute", 60),
        ("half a minute", 30),
        ("half an hour", 1800),
        ("a minute and a half", 90),
        ("one and a half minutes", 90),
        ("two minutes thirty", 150),
        ("one minute and twenty seconds", 80),
        ("a quarter of an hour", 900),
        ("three quarters of an hour", 2700),
        ("an hour and a quarter", 4500),
        ("a couple of minutes", 120),
        ("a dozen seconds", 12),
        ("every other minute", 120),
        ("twice a minute", 30),
        ("three times an hour", 1200),
        ("hourly", 3600),
        ("five whole minutes", 300),
        ("90 secs", 90),
        ("zero hours", 0),
    ],
)
def test_a_length_of_time(said, seconds):
    assert lengths.seconds(said.split()) == seconds


@pytest.mark.parametrize("said", ["", "ten", "minutes ten", "minus two minutes", "about a minute"])
def test_what_is_none(said):
    assert lengths.seconds(said.split()) is None


def test_where_they_are():
    words = "in ten seconds say go and in half a minute say stop".split()
    found = {" ".join(words[start:end]): seconds for start, end, seconds in lengths.spans(words)}
    assert found["ten seconds"] == 10 and found["half a minute"] == 30


@pytest.mark.parametrize(("length", "put"), [(90, "90 seconds"), (60, "1 minute"), (7200, "2 hours"), (0.2, "")])
def test_as_every_skill_has_it(length, put):
    assert lengths.put(Fraction(length)) == put
