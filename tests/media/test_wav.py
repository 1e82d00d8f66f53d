"""The stereo recording: both channels in their places, readable at any moment."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import soundfile

from duetto.media import wav
from duetto.media.wav import StereoWavWriter
from duetto.models.model import MicroTurn, Timing
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import MIC_RATE, VOICE_RATE, Turn, samples_before

TIMING = Timing(late=0, compute=0, waited=0, parts={}, behind={})


def micro_turn(index, start, end, mic, voice):
    turn = Turn(index=index, round=0, span=Span(start, end), mic=mic.astype("<i2").tobytes())
    later = Turn(index=index, round=1, span=Span(start, end))
    return MicroTurn(index, Span(start, end), (turn, later), (), voice.astype("<i2").tobytes(), TIMING)


def turns(bounds, mic, voice):
    """Micro-turns between the bounds (ns), each with the voice for what comes next, as a session gives it."""
    delta = bounds[1] - bounds[0]
    voiced = bounds[1]
    for index, (start, end) in enumerate(itertools.pairwise(bounds)):
        heard = mic[samples_before(start, MIC_RATE) : samples_before(end, MIC_RATE)]
        until = end + delta
        yield micro_turn(
            index, start, end, heard, voice[samples_before(voiced, VOICE_RATE) : samples_before(until, VOICE_RATE)]
        )
        voiced = until


def click(at_s, rate, seconds=3.0):
    sound = np.zeros(round(seconds * rate))
    i = round(at_s * rate)
    sound[i - rate // 200 : i + rate // 200] = 12_000 * np.hanning(rate // 100)
    return sound


def centre(sound):
    sound = np.abs(sound.astype(float))
    return float((sound * np.arange(len(sound))).sum() / sound.sum())


@pytest.mark.parametrize("delta", [20, 80, 33.3, 1000])
def test_what_happened_at_one_moment_is_at_one_place_on_both_sides(tmp_path, delta):
    writer = StereoWavWriter(tmp_path / "a.wav")
    bounds = [ms(delta * i) for i in range(round(3000 / delta) + 1)]
    for each in turns(bounds, click(1.5, MIC_RATE), click(1.5, VOICE_RATE, 5)):
        writer.on_micro_turn(each)
    writer.close()
    sound, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert (rate, sound.shape[1]) == (24_000, 2)
    assert len(sound) == samples_before(bounds[-1] + bounds[1], VOICE_RATE)
    left, right = centre(sound[:, 0]), centre(sound[:, 1])
    assert right == pytest.approx(1.5 * VOICE_RATE, abs=1)
    assert left == pytest.approx(right, abs=12)  # half a millisecond


def test_the_file_can_be_read_after_every_micro_turn(tmp_path):
    writer = StereoWavWriter(tmp_path / "a.wav")
    mic, voice = click(0.5, MIC_RATE), click(1.0, VOICE_RATE)
    for i, each in enumerate(turns([ms(80 * i) for i in range(26)], mic, voice), 1):
        writer.on_micro_turn(each)
        sound, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
        assert len(sound) / VOICE_RATE == pytest.approx(0.08 * i, abs=0.05)
    assert np.abs(sound[:, 0]).max() > 10_000
    assert np.abs(sound[:, 1]).max() > 10_000
    writer.close()
    writer.close()


def test_a_late_micro_turn_shifts_nothing(tmp_path):
    writer = StereoWavWriter(tmp_path / "a.wav")
    bounds = [0, ms(80), ms(160), ms(480), ms(560), ms(640)]
    for each in turns(bounds, click(0.4, MIC_RATE), click(0.6, VOICE_RATE)):
        writer.on_micro_turn(each)
    writer.close()
    sound, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert centre(sound[:, 0]) == pytest.approx(0.4 * VOICE_RATE, abs=12)
    assert centre(sound[:, 1]) == pytest.approx(0.6 * VOICE_RATE, abs=1)


def test_a_microphone_that_lags_keeps_its_place(tmp_path):
    writer = StereoWavWriter(tmp_path / "a.wav")
    mic = click(0.4, MIC_RATE)
    taken = 0
    for i in range(10):  # 50 ms behind, as a live one is: its sound is whole, each slice a little late
        until = samples_before(ms(80 * (i + 1) - 50), MIC_RATE)
        writer.on_micro_turn(micro_turn(i, ms(80 * i), ms(80 * i + 80), mic[taken:until], np.zeros(1920)))
        taken = until
    writer.close()
    sound, _ = soundfile.read(tmp_path / "a.wav", dtype="int16")
    assert centre(sound[:, 0]) == pytest.approx(0.4 * VOICE_RATE, abs=12)


def test_the_limit_of_the_format_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(wav, "LONGEST", 3000)
    writer = StereoWavWriter(tmp_path / "a.wav")
    steps = turns([ms(80 * i) for i in range(4)], np.zeros(MIC_RATE), np.zeros(VOICE_RATE))
    writer.on_micro_turn(next(steps))
    with pytest.raises(OSError, match="at most 4 GB"):
        writer.on_micro_turn(next(steps))
    assert len(soundfile.read(tmp_path / "a.wav")[0]) <= 3000


def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        StereoWavWriter(tmp_path / "nowhere" / "a.wav")
