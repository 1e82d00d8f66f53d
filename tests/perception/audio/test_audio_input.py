"""Sound on its way in: every form it may have, at its right time, and never more of it than the limit."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from duetto.perception.audio.input import AudioInput
from duetto.timeline.stream import StreamFull
from duetto.timeline.turn import MIC_RATE


def drained(audio: AudioInput) -> np.ndarray:
    audio.close()
    sound = audio.take(10**9)
    assert audio.finished
    return sound


def test_sixteen_kilohertz_int16_passes_bit_for_bit():
    sound = np.random.default_rng(1).integers(-32768, 32768, 5000).astype(np.int16)
    audio = AudioInput(MIC_RATE)
    for first in range(0, 5000, 333):
        audio.push(sound[first : first + 333])
    assert audio.available == 5000
    parts = [audio.take(700) for _ in range(8)]
    assert [len(p) for p in parts] == [700] * 7 + [100]
    assert np.array_equal(np.concatenate(parts), sound)
    assert audio.take(1).dtype == np.int16 and audio.available == 0 and not audio.finished


@pytest.mark.parametrize("rate", [8000, 11_025, 22_050, 44_100, 48_000, 96_000, 44_099.5])
@pytest.mark.parametrize("block", [0.02, 0.0973])
def test_a_click_stays_at_its_second(rate, block):
    sound = np.zeros(round(2 * rate), np.float32)
    sound[round(rate)] = 0.9
    audio = AudioInput(rate)
    step = round(block * rate)
    for first in range(0, len(sound), step):
        audio.push(sound[first : first + step])
    heard = drained(audio)
    assert len(heard) == pytest.approx(2 * MIC_RATE, abs=2)
    assert np.abs(heard.astype(np.int32)).argmax() == pytest.approx(MIC_RATE, abs=16)


def test_resampled_sound_is_the_same_sound_and_little_of_it_is_held_back():
    t = np.arange(48_000) / 48_000
    audio = AudioInput(48_000)
    for first in range(0, 48_000, 960):
        audio.push(0.5 * np.sin(2 * np.pi * 440 * t[first : first + 960]))
    assert MIC_RATE - audio.available <= 17, "1 ms"
    expected = 16_384 * np.sin(2 * np.pi * 440 * np.arange(MIC_RATE) / MIC_RATE)
    assert np.abs(drained(audio)[500:-500] - expected[500:-500]).max() < 60


def test_floats_int32_and_int16_mean_the_same():
    sound = np.array([0, 0.25, -0.5, 0.999], np.float64)
    heard = []
    for form in (sound, sound.astype(np.float32), (sound * 2**31).astype(np.int32), (sound * 2**15).astype(np.int16)):
        audio = AudioInput(MIC_RATE)
        audio.push(form)
        heard.append(drained(audio))
    assert np.abs(np.stack(heard).astype(int) - [0, 8192, -16384, 32735]).max() <= 1


def test_channels_are_mixed_to_one():
    audio = AudioInput(MIC_RATE, 2)
    audio.push(np.array([[8000, 4000], [-100, 100], [32767, 32767]], np.int16))
    audio.push(np.array([[0.5, 0]], np.float32))
    assert drained(audio).tolist() == [6000, 0, 32767, 8192]


def test_samples_that_are_no_numbers_are_silence_and_told_once():
    audio = AudioInput(MIC_RATE, name="headset")
    audio.push(np.array([0.5, np.nan, np.inf, -np.inf, 1e300, 0.25]))
    audio.push(np.array([np.nan], np.float32))
    (notice,) = audio.notices()
    assert notice == "The headset gave samples that are no numbers; they became silence."
    assert audio.notices() == ()
    assert drained(audio).tolist() == [16384, 0, 0, 0, 0, 8192, 0]


def test_sound_beyond_full_scale_is_clipped_and_told():
    audio = AudioInput(MIC_RATE)
    audio.push(np.array([1.0, -1.0]))
    assert audio.notices() == ()
    audio.push(np.array([1.5, -7, 0.5], np.float32))
    assert audio.notices() == ("The mic gave samples beyond full scale; they were clipped.",)
    assert drained(audio).tolist() == [32767, -32768, 32767, -32768, 16384]


def test_a_number_that_is_none_does_not_spoil_what_is_resampled_after_it():
    audio = AudioInput(48_000)
    audio.push(np.full(4800, np.nan, np.float32))
    audio.push(np.full(48_000, 0.5, np.float32))
    assert drained(audio)[-4000:-1000].tolist() == pytest.approx([16384] * 3000, abs=20)


@pytest.mark.parametrize("rate", [MIC_RATE, 48_000])
def test_at_the_limit_nothing_is_lost_and_nothing_is_taken_in(rate):
    audio = AudioInput(rate, limit_s=0.5)
    half = np.full(rate // 4, 1000, np.int16)
    audio.push(half)
    audio.push(half)
    waiting = audio.available
    with pytest.raises(StreamFull, match=r"mic: 0\.5 s of sound are waiting"):
        audio.push(half)
    assert audio.available == waiting
    audio.take(waiting // 2 + 100)
    audio.push(half)
    assert len(drained(audio)) == pytest.approx(3 * MIC_RATE // 4 - waiting // 2 - 100, abs=2)


@pytest.mark.parametrize(
    ("samples", "channels", "text"),
    [
        (np.zeros((4, 2), np.int16), 1, r"shape \(n, 1\) for 1 channels \(got \(4, 2\)\)"),
        (np.zeros(4, np.int16), 2, r"shape \(n, 2\)"),
        (np.zeros((2, 2, 2), np.int16), 2, r"shape \(n, 2\)"),
        (np.int16(3), 1, r"got \(\)"),
        (np.zeros(4, np.uint8), 1, "float, int16 or int32 \\(got uint8\\)"),
        (np.zeros(4, np.complex64), 1, "got complex64"),
    ],
)
def test_what_is_no_sound_is_refused(samples, channels, text):
    audio = AudioInput(MIC_RATE, channels)
    with pytest.raises(ValueError, match=text):
        audio.push(samples)
    assert audio.available == 0


@pytest.mark.parametrize(
    ("rate", "channels", "field"),
    [
        (999, 1, "rate"),
        (384_001, 1, "rate"),
        (np.nan, 1, "rate"),
        (MIC_RATE, 0, "channels"),
        (MIC_RATE, 65, "channels"),
    ],
)
def test_rates_and_channels_have_limits(rate, channels, field):
    with pytest.raises(ValueError, match=f"^{field}: from "):
        AudioInput(rate, channels)


def test_a_closed_stream_takes_no_more_and_closes_once():
    audio = AudioInput(24_000)
    audio.push(np.ones(2400, np.int16))
    audio.close()
    assert not audio.finished
    left = audio.available
    audio.close()
    assert audio.available == left == pytest.approx(1600, abs=2)
    with pytest.raises(RuntimeError, match="mic: the stream is closed"):
        audio.push(np.zeros(1, np.int16))


def test_no_samples_are_no_problem():
    audio = AudioInput(44_100, 2)
    audio.push(np.zeros((0, 2), np.float32))
    assert len(audio.take(100)) == len(audio.take(0)) == 0


def test_one_thread_pushes_while_another_takes():
    audio = AudioInput(MIC_RATE)
    sound = np.arange(20_000).astype(np.int16)

    def push() -> None:
        for first in range(0, len(sound), 100):
            audio.push(sound[first : first + 100])
        audio.close()

    thread = threading.Thread(target=push)
    thread.start()
    parts = []
    while not audio.finished:
        parts.append(audio.take(77))
    thread.join()
    assert np.array_equal(np.concatenate(parts), sound)
