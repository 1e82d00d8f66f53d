from __future__ import annotations

import numpy as np
import pytest

from duetto.perception.audio.resampler import Resampler

RATES = [(24_000, 16_000), (48_000, 16_000), (44_100, 16_000), (8_000, 16_000), (16_000, 24_000), (24_000, 8_000)]


def tone(frequency: float, rate: int, seconds: float = 1.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def pushed(resampler: Resampler, sound: np.ndarray, step: int) -> np.ndarray:
    pieces = [resampler.push(sound[first : first + step]) for first in range(0, len(sound), step)]
    return np.concatenate([*pieces, resampler.flush()])


@pytest.mark.parametrize(("rate", "to"), RATES)
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_all_comes_in_its_place_and_a_millisecond_or_two_are_held_back(rate, to, dtype):
    resampler = Resampler(rate, to, dtype)
    given = sum(len(resampler.push(np.zeros(rate // 50, dtype))) for _ in range(50))
    assert 0 <= to - given <= 17 * max(1, to / rate)
    assert given + len(resampler.flush()) == pytest.approx(to, abs=1)
    sound = np.zeros(rate, dtype)
    sound[rate // 2] = 20_000 if dtype is np.int16 else 0.6
    found = pushed(resampler, sound, 441)
    assert found.dtype == dtype and np.abs(found.astype(np.float32)).argmax() == pytest.approx(to // 2, abs=1)


@pytest.mark.parametrize("step", [1, 37, 480, 24_000])
def test_in_pieces_it_is_the_same_sound(step):
    sound = tone(700, 24_000, 0.2)
    whole = pushed(Resampler(24_000, 16_000, np.float32), sound, len(sound))
    assert np.allclose(pushed(Resampler(24_000, 16_000, np.float32), sound, step), whole, atol=1e-6)


@pytest.mark.parametrize("frequency", [200, 3_000, 6_500])
def test_speech_passes_as_it_is(frequency):
    found = pushed(Resampler(24_000, 16_000, np.float32), tone(frequency, 24_000), 480)
    assert np.abs(found[400:-400] - tone(frequency, 16_000)[: len(found)][400:-400]).max() < 0.01


@pytest.mark.parametrize("frequency", [9_200, 11_000])
def test_what_the_lower_rate_cannot_carry_is_gone(frequency):
    found = pushed(Resampler(24_000, 16_000, np.float32), tone(frequency, 24_000), 480)
    assert np.abs(found[400:-400]).max() < 0.001


@pytest.mark.parametrize(("rate", "to"), [(0, 16_000), (24_000, 0), (-1, 8_000)])
def test_rates_that_cannot_be_are_refused(rate, to):
    with pytest.raises(ValueError, match="rate: at least 1"):
        Resampler(rate, to)
