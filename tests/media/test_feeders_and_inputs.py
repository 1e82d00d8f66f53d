"""File feeders with the real inputs of perception: what a session takes, slice by slice."""

from __future__ import annotations

import av
import numpy as np
import pytest
import soundfile

from duetto.media.audio_file import AudioFileFeeder
from duetto.media.keys_file import KeysFileFeeder
from duetto.media.video_file import VideoFileFeeder
from duetto.perception.audio.input import AudioInput
from duetto.perception.text.input import KeysInput
from duetto.perception.video.input import VideoInput
from duetto.timeline.clock import ms, s
from duetto.timeline.turn import MIC_RATE, samples_before


@pytest.mark.parametrize("rate", [2000, 8000, 11_025, 16_000, 44_100, 48_000])
def test_every_slice_of_a_file_is_whole_and_in_its_place(tmp_path, rate):
    sound = np.zeros(rate * 2)
    sound[rate : rate + rate // 100] = 0.8 * np.hanning(rate // 100)  # a click at 1 s
    soundfile.write(tmp_path / "a.wav", sound, rate)
    feeder = AudioFileFeeder(tmp_path / "a.wav", AudioInput)
    slices = []
    for index in range(24):
        feeder.feed(ms(80 * (index + 1)))
        wanted = samples_before(ms(80 * (index + 1)), MIC_RATE) - samples_before(ms(80 * index), MIC_RATE)
        slices.append(feeder.input.take(wanted))
        assert len(slices[-1]) == wanted
    taken = np.abs(np.concatenate(slices).astype(float))
    centre = (taken * np.arange(len(taken))).sum() / taken.sum()
    assert centre / MIC_RATE == pytest.approx(1.005, abs=0.001)


def test_nan_in_a_file_never_gets_through(tmp_path):
    sound = np.full(16_000, 0.1, np.float32)
    sound[100:200] = np.nan
    sound[300:400] = 7.0
    soundfile.write(tmp_path / "a.wav", sound, 16_000, subtype="FLOAT")
    feeder = AudioFileFeeder(tmp_path / "a.wav", AudioInput)
    feeder.feed(ms(80))
    taken = feeder.input.take(1280)
    assert taken.dtype == np.int16
    assert not taken[100:200].any()
    assert taken[300:400].min() == 32_767


def test_pictures_and_keys_reach_their_slice(tmp_path):
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height = 1280, 720
        for _ in range(25):
            frame = av.VideoFrame.from_ndarray(np.full((720, 1280, 3), 90, np.uint8), format="bgr24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    (tmp_path / "c.jsonl").write_text('{"at": 0.5, "type": "hello", "cps": 100, "send": true}\n')
    video = VideoFileFeeder(tmp_path / "a.mp4", VideoInput())
    keys = KeysFileFeeder(tmp_path / "c.jsonl", KeysInput())
    frames, typed = [], []
    for index in range(14):
        until = ms(80 * (index + 1))
        for feeder, taken in ((video, frames), (keys, typed)):
            feeder.feed(until)
            new = feeder.input.take(until)
            assert all(until - ms(80) <= item.at < until for item in new)
            taken += new
    assert 9 <= len(frames) <= 11  # of 25, at the input's 10 a second
    assert (frames[0].width, frames[0].height) == (640, 360)
    assert "".join(key.text for key in typed) == "hello"
    assert video.input.finished
    assert keys.input.finished


def test_more_keys_than_a_slice_can_take_come_with_the_next(tmp_path):
    (tmp_path / "c.jsonl").write_text('{"at": 0, "insert": "x"}\n' * 50)
    keys = KeysFileFeeder(tmp_path / "c.jsonl", KeysInput(limit=30))
    keys.feed(s(1))
    assert not keys.finished
    assert len(keys.input.take(s(1))) == 30
    keys.feed(s(2))
    assert keys.finished
    assert len(keys.input.take(s(2))) == 20
