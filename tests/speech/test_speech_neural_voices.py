"""The optional voices, with their libraries played by stand-ins of the same signatures."""

import io
import sys
import types
from dataclasses import dataclass

import numpy as np
import pytest

from duetto.speech.voice import VoiceHandler, VoiceSettings
from duetto.speech.voices import open_voice, sentences
from duetto.timeline.job import Speak


def tone(text, rate):
    return 0.5 * np.sin(2 * np.pi * 200 * np.arange(rate * len(text) // 20) / rate).astype(np.float32)


class Kokoro:
    def __init__(self, model_path, voices_path, espeak_config=None, vocab_config=None):
        self.paths = model_path, voices_path

    def create(self, text, voice, speed=1.0, lang="en-us", is_phonemes=False, trim=True):
        self.asked = text, voice, speed, lang
        return tone(text, 24_000), 24_000


@dataclass
class SynthesisConfig:
    speaker_id: int | None = None
    length_scale: float | None = None
    noise_scale: float | None = None
    noise_w_scale: float | None = None
    normalize_audio: bool = True
    volume: float = 1.0


class PiperVoice:
    config = types.SimpleNamespace(sample_rate=22_050)

    @staticmethod
    def load(model_path, config_path=None, use_cuda=False):
        assert str(config_path) == f"{model_path}.json"
        return PiperVoice()

    def synthesize(self, text, syn_config=None):
        self.asked = syn_config
        yield types.SimpleNamespace(audio_float_array=tone(text, 22_050))


@pytest.fixture
def kokoro(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "kokoro_onnx", types.SimpleNamespace(Kokoro=Kokoro))
    for name in ("kokoro-v1.0.onnx", "voices-v1.0.bin"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


@pytest.fixture
def piper(monkeypatch, tmp_path):
    module = types.SimpleNamespace(PiperVoice=PiperVoice, SynthesisConfig=SynthesisConfig)
    monkeypatch.setitem(sys.modules, "piper", module)
    for ending in ("", ".json"):
        (tmp_path / f"en_US-lessac-medium.onnx{ending}").write_bytes(b"x")
    return tmp_path


def test_kokoro_speaks_with_the_language_of_its_voice(kokoro):
    voice = open_voice(VoiceSettings("kokoro", "bf_emma", words_per_minute=350, volume=50, model=str(kokoro)))
    (chunk,) = voice.say("Hello there.")
    assert voice._engine.asked == ("Hello there.", "bf_emma", 2.0, "en-gb")
    assert [word.text for word in chunk.words] == ["Hello", "there."]
    assert chunk.words[0].end == chunk.words[1].start < chunk.words[1].end <= chunk.samples.size
    assert 8000 < np.abs(chunk.samples).max() <= 8200
    voice.close()


def test_kokoro_refuses_a_name_without_a_language(kokoro):
    with pytest.raises(ValueError, match="name: a Kokoro voice"):
        open_voice(VoiceSettings("kokoro", "Zoe", model=str(kokoro)))


def test_piper_speaks_at_its_own_rate_and_a_long_text_by_sentences(piper):
    settings = VoiceSettings("piper", "en_US-lessac-medium", words_per_minute=350, model=str(piper))
    voice = open_voice(settings)
    assert voice.rate == 22_050
    text = "This is a sentence of some length. " * 10
    chunks = list(voice.say(text))
    assert len(chunks) > 1
    assert sum(len(chunk.words) for chunk in chunks) == 70
    assert chunks[1].words[0].start >= chunks[0].samples.size
    assert voice._engine.asked.length_scale == 0.5
    (speech,) = VoiceHandler(voice).handle(Speak(1, "Hi.", 240))
    assert len(speech.samples) == 480
    with pytest.raises(ValueError, match="text: at most"):
        next(voice.say("x" * 10_001))
    voice.close()


def test_piper_refuses_a_name_that_is_none_of_its(piper):
    with pytest.raises(ValueError, match="name: a Piper voice"):
        open_voice(VoiceSettings("piper", "../../etc", model=str(piper)))


@pytest.mark.parametrize(("engine", "module"), [("kokoro", "kokoro_onnx"), ("piper", "piper")])
def test_a_missing_extra_says_how_to_get_it(monkeypatch, engine, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=rf"pip install 'duetto\[{engine}\]'"):
        open_voice(VoiceSettings(engine))


def test_missing_files_are_named_with_their_source_and_nothing_is_fetched_unasked(kokoro):
    (kokoro / "voices-v1.0.bin").unlink()
    with pytest.raises(FileNotFoundError, match=r"voices-v1.0.bin is missing.*https://"):
        open_voice(VoiceSettings("kokoro", "af_heart", model=str(kokoro)))


def test_a_download_is_whole_or_not_there(monkeypatch, tmp_path):
    monkeypatch.setattr(sentences.urllib.request, "urlopen", lambda url, timeout: io.BytesIO(b"model" * 1000))
    path = tmp_path / "deep" / "model.onnx"
    how = {"download": True, "limit_s": 60.0}
    assert sentences.need_file(path, "https://example.org/model", **how) == path
    assert path.read_bytes() == b"model" * 1000
    other = tmp_path / "late.onnx"
    with pytest.raises(TimeoutError, match="longer than 0"):
        sentences.need_file(other, "https://example.org/model", download=True, limit_s=0.0)
    assert list(tmp_path.iterdir()) == [tmp_path / "deep"]


def test_the_cache_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert sentences.model_folder("", "piper") == tmp_path / "duetto" / "piper"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert sentences.model_folder("", "piper").parts[-3:] == (".cache", "duetto", "piper")


def test_what_is_not_a_number_is_silence():
    assert sentences.to_int16(np.array([[np.nan, 2.0, -2.0, 0.0]])).tolist() == [0, 32767, -32767, 0]
