"""Level and pitch against sounds whose level and pitch are known."""

from __future__ import annotations

import numpy as np
import pytest
from spoken_sound import speech

from duetto.perception.audio.prosody import SILENCE_DB, SPAN, level, pitch
from duetto.timeline.turn import MIC_RATE


def tone(hertz: float, harmonics: int, amplitude: float = 8000, samples: int = 2 * SPAN) -> np.ndarray:
    t = np.arange(samples) / MIC_RATE
    wave = sum(np.sin(2 * np.pi * hertz * k * t + k) / k for k in range(1, harmonics + 1))
    return np.rint(amplitude * wave / np.abs(wave).max()).astype(np.int16)


@pytest.mark.parametrize("harmonics", [1, 8])
@pytest.mark.parametrize("hertz", [*range(80, 401, 40), 97, 213.5])
def test_pitch_of_tones_is_right_within_two_percent(hertz, harmonics):
    assert pitch(tone(hertz, harmonics)) == pytest.approx(hertz, rel=0.02)


@pytest.mark.parametrize("hertz", [110, 220])
def test_pitch_is_found_through_noise_and_with_a_missing_fundamental(hertz):
    noise = np.random.default_rng(1).normal(0, 1000, 2 * SPAN)
    assert pitch((tone(hertz, 6) + noise).astype(np.int16)) == pytest.approx(hertz, rel=0.02)
    t = np.arange(2 * SPAN) / MIC_RATE
    missing = sum(3000 * np.cos(2 * np.pi * hertz * k * t) for k in (2, 3, 4))
    assert pitch(np.rint(missing).astype(np.int16)) == pytest.approx(hertz, rel=0.02)


def test_only_the_end_of_the_sound_counts():
    assert pitch(np.concatenate([tone(300, 4), tone(120, 4)])) == pytest.approx(120, rel=0.02)


@pytest.mark.parametrize("seed", range(10))
def test_noise_has_no_pitch(seed):
    assert pitch(np.random.default_rng(seed).normal(0, 3000, SPAN).astype(np.int16)) is None


def test_quiet_short_and_silent_sounds_have_no_pitch():
    assert pitch(tone(200, 1, amplitude=20)) is None
    assert pitch(tone(200, 1)[: SPAN - 1]) is None
    assert pitch(np.zeros(SPAN, np.int16)) is None
    assert pitch(np.full(SPAN, 9000, np.int16)) is None


def test_pitch_of_a_voice_is_a_voice_s():
    sound = speech("where are you now", "en-us")
    found = [pitch(sound[:end]) for end in range(SPAN, len(sound), 800)]
    voiced = [hertz for hertz in found if hertz is not None]
    assert len(voiced) > len(found) / 2
    assert 70 < np.median(voiced) < 180


def test_level_is_rms_in_db_of_full_scale():
    assert level(tone(200, 1, amplitude=32767)) == pytest.approx(-3.01, abs=0.05)
    assert level(tone(200, 1, amplitude=3276.7)) == pytest.approx(-23.01, abs=0.05)
    assert level(np.full(100, -32768, np.int16)) == pytest.approx(0, abs=1e-6)
    assert level(np.zeros(100, np.int16)) == level(np.zeros(0, np.int16)) == SILENCE_DB
