"""Sound files as a microphone: every format, and every way in which one can be broken."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from duetto.media.audio_file import LEAD, AudioFileFeeder
from duetto.media.problem import MediaError
from duetto.timeline.clock import ms, s
from duetto.timeline.turn import samples_before


class Ear:
    """Keeps what is pushed."""

    def __init__(self, rate, channels=1, name="mic"):
        if rate > 192_000:
            raise ValueError(f"rate: at most 192000 Hz (got {rate})")
        self.rate, self.channels, self.name = rate, channels, name
        self.blocks = []
        self.closed = False

    def push(self, samples):
        assert not self.closed
        self.blocks.append(samples)

    def close(self):
        self.closed = True

    @property
    def sound(self):
        blocks = [b.astype(np.float64) / (32768 if b.dtype == np.int16 else 1) for b in self.blocks]
        return np.concatenate(blocks) if blocks else np.zeros((0, self.channels))


def tone(seconds: float, rate: int, channels: int = 1) -> np.ndarray:
    t = np.arange(round(seconds * rate)) / rate
    return np.stack([0.4 * np.sin(2 * np.pi * 300 * (c + 1) * t) for c in range(channels)], axis=1)


def drain(feeder, step=ms(80), most=10_000):
    until = 0
    for _ in range(most):
        if feeder.finished:
            return until
        until += step
        feeder.feed(until)
    raise AssertionError("the feeder does not end")


def encode(path: Path, codec: str, rate: int, seconds: float, *, options=None, begin_s: float = 0, hole_s: float = 0):
    with av.open(str(path), "w", options=options or {}) as out:
        stream = out.add_stream(codec, rate=rate, layout="mono")
        fifo = av.AudioFifo()
        sound = (tone(seconds, rate)[:, 0] * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(sound.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = rate
        resampler = av.AudioResampler(stream.format.name, "mono", rate)
        for part in resampler.resample(frame) + resampler.resample(None):
            part.pts = None
            fifo.write(part)
        pts, size = round(begin_s * rate), stream.codec_context.frame_size or 1024
        while piece := fifo.read(size, partial=True):
            piece.pts = pts + (round(hole_s * rate) if pts - begin_s * rate > seconds * rate / 2 else 0)
            pts += piece.samples
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


@pytest.mark.parametrize(("suffix", "rate", "channels"), [("wav", 8000, 1), ("flac", 44_100, 2), ("ogg", 22_050, 1)])
def test_what_is_in_the_file_arrives(tmp_path, suffix, rate, channels):
    path = tmp_path / f"a.{suffix}"
    sound = tone(0.7, rate, channels)
    soundfile.write(path, sound, rate)
    feeder = AudioFileFeeder(path, Ear)
    assert (feeder.input.rate, feeder.input.channels, feeder.input.name) == (rate, channels, "mic")
    assert feeder.duration == pytest.approx(s(0.7), abs=ms(1))
    drain(feeder)
    assert feeder.input.closed
    assert feeder.input.sound.shape == sound.shape
    assert np.abs(feeder.input.sound - sound).max() < (1e-4 if suffix != "ogg" else 0.1)
    assert feeder.notices() == ()


def test_sixteen_bit_sound_stays_as_it_is(tmp_path):
    sound = np.random.default_rng(1).integers(-32768, 32768, 5000).astype(np.int16)
    soundfile.write(tmp_path / "a.wav", sound, 16_000)
    feeder = AudioFileFeeder(tmp_path / "a.wav", Ear)
    drain(feeder)
    assert feeder.input.blocks[0].dtype == np.int16
    assert np.array_equal(np.concatenate(feeder.input.blocks)[:, 0], sound)


def test_only_what_belongs_before_the_time_is_pushed(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(60, 16_000), 16_000)
    feeder = AudioFileFeeder(tmp_path / "a.wav", Ear)
    for until, latest in ((ms(80), ms(80)), (ms(81), ms(81)), (ms(80), ms(81)), (s(2), s(2))):
        feeder.feed(until)
        assert len(feeder.input.sound) == samples_before(latest + LEAD, 16_000)
    assert max(len(b) for b in feeder.input.blocks) <= 4096
    assert not feeder.finished
    feeder.close()
    assert feeder.finished
    assert feeder.input.closed


@pytest.mark.parametrize(
    ("name", "codec", "rate"), [("a.mp3", "mp3", 44_100), ("a.m4a", "aac", 48_000), ("a.webm", "libopus", 48_000)]
)
def test_compressed_sound_comes_through_ffmpeg(tmp_path, name, codec, rate):
    encode(tmp_path / name, codec, rate, 1.5)
    feeder = AudioFileFeeder(tmp_path / name, Ear)
    drain(feeder)
    heard = feeder.input.sound[:, 0]
    assert len(heard) / rate == pytest.approx(1.5, abs=0.1)
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard))))
    assert np.argmax(spectrum) * rate / len(heard) == pytest.approx(300, abs=3)
    assert feeder.notices() == ()


def test_a_hole_in_the_time_stamps_is_silence(tmp_path):
    encode(tmp_path / "a.mka", "flac", 16_000, 1.0, hole_s=0.5)
    feeder = AudioFileFeeder(tmp_path / "a.mka", Ear)
    drain(feeder)
    heard = feeder.input.sound[:, 0]
    assert len(heard) / 16_000 == pytest.approx(1.5, abs=0.01)
    silent = np.flatnonzero(np.abs(heard) < 1e-6)
    assert len(silent) / 16_000 == pytest.approx(0.5, abs=0.02)


def header(rate: int, channels: int, data: bytes) -> bytes:
    import struct

    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return (
        struct.pack("<4sI4s4sI16s4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, form, b"data", len(data)) + data
    )


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (None, "file: it does not exist"),
        (b"", "file: it is empty"),
        (b"this is a letter, not a sound\n" * 20, "format: no sound could be read from it"),
        (b"RIFF", "format: no sound could be read from it"),
        (header(0, 1, bytes(3200)), "sample rate: it is 0 Hz"),
        (header(16_000, 0, bytes(3200)), "channels: it has 0 of them"),
        (header(16_000, 1, b""), "sound: it holds not a single sample"),
        (header(4_000_000, 1, bytes(3200)), "sound: rate: at most 192000 Hz"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_field(tmp_path, content, field):
    path = tmp_path / "mic.wav"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaError) as caught:
        AudioFileFeeder(path, Ear)
    assert str(caught.value).startswith(f"{path}: {field}")
    assert caught.value.source == str(path)


def test_a_directory_and_a_silent_film_are_no_sound(tmp_path):
    with pytest.raises(MediaError, match="it is not a file"):
        AudioFileFeeder(tmp_path, Ear)
    with av.open(str(tmp_path / "film.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        out.mux(stream.encode(None))
    with pytest.raises(MediaError, match="it has no sound track"):
        AudioFileFeeder(tmp_path / "film.mp4", Ear)


@pytest.mark.parametrize("name", ["cut.wav", "cut.flac", "cut.mp3"])
def test_a_file_cut_off_is_used_as_far_as_it_goes(tmp_path, name):
    path = tmp_path / name
    sound = tone(4, 16_000) + np.random.default_rng(2).normal(0, 0.05, (64_000, 1))
    if name.endswith("mp3"):
        encode(path, "mp3", 16_000, 4)
    else:
        soundfile.write(path, sound, 16_000)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2 + 1])
    feeder = AudioFileFeeder(path, Ear)
    drain(feeder)
    assert 1.2 < len(feeder.input.sound) / 16_000 < 2.8
    (notice,) = feeder.notices()
    assert notice.part == "mic"
    assert notice.text.startswith(name)
    assert f"its sound up to {len(feeder.input.sound) / 16_000:.2f} s was used" in notice.text
    assert feeder.notices() == ()


def test_a_wav_whose_length_was_not_known_is_no_problem(tmp_path):
    whole = bytearray(header(16_000, 1, (tone(1, 16_000)[:, 0] * 30_000).astype("<i2").tobytes()))
    whole[40:44] = b"\xff\xff\xff\xff"
    (tmp_path / "piped.wav").write_bytes(whole)
    feeder = AudioFileFeeder(tmp_path / "piped.wav", Ear)
    drain(feeder)
    assert len(feeder.input.sound) == 16_000
    assert feeder.notices() == ()
