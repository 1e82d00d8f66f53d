"""How loud a voice is, and where its pitch goes at the end."""

from __future__ import annotations

import pytest

from duetto.perception.audio.melody import Melody
from duetto.perception.audio.prosody import SILENCE_DB


def heard(*pitches: float | None) -> Melody:
    melody = Melody()
    for pitch in pitches:
        melody.add(-30.0, pitch)
    return melody


def test_a_fall_of_an_octave_is_twelve_semitones():
    assert heard(200, 200, None, 200, 100, 100).ending == pytest.approx(-12)
    assert heard(100, 100, 100, 200, 200).ending == pytest.approx(12)
    assert heard(100, 101, 100, 101, 100).ending == pytest.approx(0, abs=0.2)


def test_too_little_says_nothing():
    assert heard(200, 100).ending is None and heard().ending is None


def test_the_level_is_of_the_loudest_piece_since_the_onset():
    melody = Melody()
    for level in (-40.0, -22.0, -35.0):
        melody.add(level, None)
    assert melody.level == -22.0
    melody.begin()
    assert melody.level == SILENCE_DB and melody.ending is None
