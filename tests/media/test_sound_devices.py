"""Microphone and loudspeaker, with a double in PortAudio's place."""

from __future__ import annotations

import numpy as np
import pytest

from duetto.media import portaudio
from duetto.media.microphone import MicrophoneFeeder
from duetto.media.problem import MediaError
from duetto.media.speaker import SpeakerObserver
from duetto.media.voice_buffer import VoiceBuffer
from duetto.models.model import MicroTurn, Timing
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span
from duetto.timeline.stream import StreamFull


class FakePortAudio:
    """sounddevice as far as it is used: a test calls `stream.callback` in the place of PortAudio's thread."""

    class PortAudioError(Exception):
        pass

    def __init__(self, rate=48_000, devices=("Built-in",), takes_voice_rate=True, opens=True):
        self.rate, self.devices, self.takes, self.opens = rate, devices, takes_voice_rate, opens
        self.stream = None

    def query_devices(self, device=None, kind=None):
        each = [
            {"name": n, "default_samplerate": float(self.rate), "max_input_channels": 1, "max_output_channels": 2}
            for n in self.devices
        ]
        if kind is None:
            return each
        if not each:
            raise self.PortAudioError("Error querying device -1")
        if device is not None and device not in self.devices:
            raise ValueError(f"No {kind} device matching {device!r}")
        return each[0]

    def check_output_settings(self, **settings):
        if not self.takes:
            raise self.PortAudioError("Invalid sample rate")

    def InputStream(self, **settings):
        self.stream = FakeStream(self, settings)
        return self.stream

    OutputStream = InputStream


class FakeStream:
    latency = 0.02

    def __init__(self, system, settings):
        self.system, self.settings = system, settings
        self.callback = settings["callback"]
        self.open = False

    def start(self):
        if not self.system.opens:
            raise self.system.PortAudioError("Device unavailable [PaErrorCode -9985]")
        self.open = True

    def abort(self, ignore_errors=True):
        self.settings["finished_callback"]()

    def close(self, ignore_errors=True):
        self.open = False


class Ear:
    def __init__(self, rate, channels=1, name="mic"):
        self.rate, self.channels = rate, channels
        self.pushed = np.zeros((0, 1), np.int16)
        self.available = 0
        self.closed = False
        self.full = False

    def push(self, samples):
        if self.full:
            raise StreamFull("mic: full")
        self.pushed = np.concatenate([self.pushed, samples.reshape(-1, 1)])
        self.available += len(samples) * 16_000 // self.rate

    def close(self):
        self.closed = True


def speak(system, value, seconds=0.01):
    system.stream.callback(np.full((round(system.rate * seconds), 1), value, np.int16), 0, None, 0)


# --- microphone -----------------------------------------------------------------------------------------------


def test_sound_counts_from_the_first_micro_turn_on():
    system = FakePortAudio()
    mic = MicrophoneFeeder(Ear, system=system)
    for value in range(1, 51):
        speak(system, value)
    assert len(mic.input.pushed) == 0
    mic.feed(ms(80))
    assert len(mic.input.pushed) == 48 * 80
    assert mic.input.pushed[[0, -1], 0].tolist() == [43, 50]
    speak(system, 51)
    assert mic.input.pushed[-1, 0] == 51
    assert (mic.input.rate, mic.input.channels) == (48_000, 1)
    mic.close()
    assert mic.input.closed
    assert mic.finished
    assert not system.stream.open
    assert mic.notices() == ()


def test_a_fast_microphone_is_caught_up_in_quiet_only():
    system = FakePortAudio(rate=16_000)
    mic = MicrophoneFeeder(Ear, system=system)
    mic.feed(ms(80))
    mic.input.available = 16 * 300
    mic.feed(ms(160))  # 300 ms wait where 80 are wanted
    before = len(mic.input.pushed)
    speak(system, 5000)
    assert len(mic.input.pushed) == before + 160
    for _ in range(30):
        speak(system, 3)
    left_out = 30 * 160 + before + 160 - len(mic.input.pushed)
    assert left_out / 16 == pytest.approx(100, abs=11)  # ms: down to the 120 that may wait


def test_a_microphone_that_falls_silent_says_so_and_comes_back():
    system = FakePortAudio()
    mic = MicrophoneFeeder(Ear, system=system, stall=0)
    (notice,) = mic.notices()
    assert (notice.part, notice.text, notice.working) == ("mic", "the microphone Built-in gives no sound", False)
    assert mic.notices() == ()
    mic._stall = s(1000)
    (notice,) = mic.notices()
    assert (notice.text, notice.working) == ("the microphone Built-in gives sound again", True)


def test_lost_blocks_and_a_pulled_plug_are_told():
    system = FakePortAudio()
    mic = MicrophoneFeeder(Ear, system=system)
    mic.feed(ms(80))
    mic.input.full = True
    speak(system, 1)
    assert [n.text for n in mic.notices()] == ["the microphone Built-in lost sound 1 times; the machine is too busy"]
    speak(system, 1)
    assert len(mic.notices()) == 1
    speak(system, 1)
    assert mic.notices() == ()
    system.stream.settings["finished_callback"]()
    assert "has gone" in mic.notices()[0].text
    assert mic.finished
    assert mic.input.closed
    speak(system, 1)
    mic.close()


@pytest.mark.parametrize(
    ("system", "device", "problem"),
    [
        (FakePortAudio(devices=()), None, "device: the default one cannot be used .*this machine has none"),
        (FakePortAudio(), "Headset", "device: 'Headset' cannot be used .*there are: Built-in"),
        (FakePortAudio(opens=False), None, r"device: it cannot be opened \(Device unavailable"),
        (FakePortAudio(rate=0), None, "sample rate: Built-in gives it as 0 Hz"),
    ],
)
def test_what_is_wrong_with_a_device_is_said(system, device, problem):
    with pytest.raises(MediaError, match=f"^microphone: {problem}"):
        MicrophoneFeeder(Ear, device, system=system)


@pytest.mark.parametrize(
    ("error", "words"), [(ImportError, r"pip install 'duetto\[mic\]'"), (OSError, "PortAudio library is not installed")]
)
def test_the_missing_extra_is_named(monkeypatch, error, words):
    def fail(name):
        raise error(name)

    monkeypatch.setattr(portaudio.importlib, "import_module", fail)
    with pytest.raises(MediaError, match=f"^speaker: extra mic: .*{words}"):
        SpeakerObserver()


# --- loudspeaker ----------------------------------------------------------------------------------------------


def micro_turn(voice):
    timing = Timing(late=0, compute=0, waited=0, parts={}, behind={})
    return MicroTurn(0, Span(0, ms(80)), (), (), voice.astype("<i2").tobytes(), timing)


def ask(system, frames):
    out = np.empty((frames, 1), np.int16)
    system.stream.callback(out, frames, None, 0)
    return out[:, 0]


def test_the_voice_is_played_after_its_margin():
    system = FakePortAudio()
    speaker = SpeakerObserver(margin_ms=10, system=system)
    assert not ask(system, 100).any()
    assert speaker.notices() == ()
    speaker.on_micro_turn(micro_turn(np.arange(1, 1921)))
    played = ask(system, 240 + 1920)
    assert not played[:240].any()
    assert played[240:].tolist() == list(range(1, 1921))
    assert speaker.delay == ms(20)
    ask(system, 1)
    (notice,) = speaker.notices()
    assert notice.part == "speaker"
    assert "ran out of sound 1 times" in notice.text
    speaker.close()
    assert not system.stream.open
    assert speaker.notices() == ()
    assert speaker.finished


def test_a_device_with_another_rate_gets_that_rate():
    system = FakePortAudio(rate=48_000, takes_voice_rate=False)
    speaker = SpeakerObserver(margin_ms=0, system=system)
    assert speaker.rate == 48_000
    tone = 8000 * np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000)
    speaker.on_micro_turn(micro_turn(tone))
    played = ask(system, len(speaker.buffer)).astype(float)
    assert len(played) == pytest.approx(48_000, rel=0.02)
    assert np.argmax(np.abs(np.fft.rfft(played))) * 48_000 / len(played) == pytest.approx(440, abs=2)


def test_a_voice_that_is_late_is_caught_up_in_pauses_never_in_words():
    buffer = VoiceBuffer(1000, margin_ms=0)
    word, pause = np.full(100, 900, np.int16), np.zeros(100, np.int16)
    buffer.write(word)
    assert len(buffer.read(130)) == 130  # 30 samples of silence were heard in the voice's place
    assert buffer.underruns == 1
    buffer.write(word)
    assert len(buffer) == 100
    buffer.write(pause)
    assert len(buffer) == 170
    buffer.write(pause)
    assert len(buffer) == 270
    assert int((buffer.read(270) == 900).sum()) == 100


def test_too_much_voice_loses_its_oldest():
    buffer = VoiceBuffer(1000, margin_ms=0, limit_ms=250)
    for value in range(1, 6):
        buffer.write(np.full(100, value, np.int16))
    assert len(buffer) == 200
    assert buffer.dropped == 300
    assert buffer.read(200)[0] == 4
    with pytest.raises(ValueError, match="margin_ms"):
        VoiceBuffer(1000, margin_ms=300, limit_ms=300)
