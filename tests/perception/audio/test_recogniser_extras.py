"""The recognisers that are extras, with doubles of their libraries: no weights, no network."""

from __future__ import annotations

import tarfile
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
import pytest

from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.perception.audio.recognisers import models, sherpa, whisper
from duetto.timeline.clock import ms, s

TENTH = np.zeros(1600, np.int16)


# --- sherpa-onnx ----------------------------------------------------------------------------------------------


@dataclass
class Transducer:
    """Says one token for every tenth of a second that it was given."""

    tokens: list[str]
    heard: int = 0
    decoded: int = 0
    loudest: float = 0.0
    over: bool = False

    def create_stream(self):
        self.heard = self.decoded = 0
        return self

    def accept_waveform(self, rate, samples):
        assert (rate, samples.dtype) == (16_000, np.float32)
        self.heard += len(samples)
        self.loudest = max(self.loudest, float(np.abs(samples).max()))

    def input_finished(self):
        self.over = True

    def is_ready(self, stream):
        return self.decoded < min(len(self.tokens), self.heard // 1600)

    def decode_stream(self, stream):
        self.decoded += 1

    def get_result_all(self, stream):
        tokens = self.tokens[: self.decoded]
        return SimpleNamespace(tokens=tokens, timestamps=[0.1 * n for n in range(len(tokens))], ys_probs=[])


def test_sherpa_joins_tokens_to_words_with_their_times():
    recogniser = sherpa.SherpaRecogniser(Transducer([" COUNT", " TO", " TW", "ENTY"]))
    recogniser.start(s(2))
    assert [w.text for w in recogniser.feed(TENTH)] == ["count"]
    assert recogniser.feed(TENTH[:800]) is None
    assert [w.text for w in recogniser.feed(np.full(2400, -32768, np.int16))] == ["count", "to", "tw"]
    words = recogniser.finish()
    assert [w.text for w in words] == ["count", "to", "twenty"]
    assert (words[2].start, words[2].end) == (s(2) + ms(200), s(2) + ms(300) + sherpa.LAST_TOKEN)
    recogniser.start(0)
    assert [w.start for w in recogniser.feed(TENTH)] == [0]


def test_sherpa_confidence_is_the_mean_of_its_pieces():
    words = sherpa.words_of(["▁a", "▁b", "c"], [0.0, 0.1, 0.2], [0.0, np.log(0.5), np.log(0.25)], at=0)
    assert [(w.text, w.confidence) for w in words] == [("a", 1.0), ("bc", 0.375)]


def test_sherpa_takes_the_8_bit_files_of_a_folder(tmp_path):
    with pytest.raises(models.ModelMissing, match="encoder"):
        sherpa.find_files(tmp_path)
    for name in ("encoder-1.onnx", "encoder-1.int8.onnx", "decoder-1.onnx", "joiner-1.onnx"):
        (tmp_path / name).touch()
    with pytest.raises(models.ModelMissing, match=r"tokens\.txt"):
        sherpa.find_files(tmp_path)
    (tmp_path / "tokens.txt").touch()
    assert sherpa.find_files(tmp_path)["encoder"].endswith("encoder-1.int8.onnx")


def test_sherpa_without_a_model_says_where_it_looks(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(models.ModelMissing, match="set download"):
        sherpa.model_folder(RecogniserSettings("sherpa"))
    with pytest.raises(models.ModelMissing, match="no folder"):
        sherpa.model_folder(RecogniserSettings("sherpa", model=str(tmp_path / "none")))


# --- faster-whisper -------------------------------------------------------------------------------------------


@dataclass
class Whisper:
    """Gives one line of words after another, and notes how much sound it heard."""

    lines: list[str]
    heard: list[int] = field(default_factory=list)

    def transcribe(self, sound, **options):
        assert options["word_timestamps"]
        self.heard.append(len(sound))
        words = [
            SimpleNamespace(word=f" {text}", start=0.2 * n, end=0.2 * n + 0.1, probability=0.9)
            for n, text in enumerate(self.lines.pop(0).split())
        ]
        return iter([SimpleNamespace(words=words)]), None


def feed(recogniser, seconds: float):
    return [w for _ in range(round(seconds * 10)) if (w := recogniser.feed(TENTH)) is not None]


def test_whisper_keeps_what_two_passes_agree_on():
    engine = Whisper(["Set a thyme", "Set a timer,", "Said a timer for ten.", "No more sense"])
    recogniser = whisper.WhisperRecogniser(engine)
    recogniser.start(s(1))
    passes = [[w.text for w in words] for words in feed(recogniser, 1.5)]
    assert passes == [["set", "a", "thyme"], ["set", "a", "timer"], ["set", "a", "timer", "for", "ten"]]
    assert engine.heard == [8000, 16_000, 24_000]
    assert recogniser.feed(TENTH) is None
    assert [w.text for w in recogniser.finish()][:2] == ["set", "a"]
    assert recogniser.finish()[1].start == s(1) + ms(200)


def test_whisper_hears_at_most_its_window():
    engine = Whisper(["a"] * 100)
    recogniser = whisper.WhisperRecogniser(engine)
    recogniser.start(0)
    feed(recogniser, 31)
    recogniser.finish()
    assert max(engine.heard) == whisper.LONGEST


# --- models ---------------------------------------------------------------------------------------------------


def bundle(tmp_path, *folders: str) -> str:
    for folder in folders:
        (tmp_path / "in" / folder).mkdir(parents=True)
        (tmp_path / "in" / folder / "tokens.txt").write_text(folder)
    with tarfile.open(tmp_path / "model.tar.bz2", "w:bz2") as archive:
        for folder in folders:
            archive.add(tmp_path / "in" / folder, folder)
    return (tmp_path / "model.tar.bz2").as_uri()


def test_a_model_is_fetched_whole(tmp_path):
    models.fetch_archive(bundle(tmp_path, "zipformer"), tmp_path / "cache" / "m", limit_s=10)
    assert (tmp_path / "cache" / "m" / "tokens.txt").read_text() == "zipformer"
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["m"]


@pytest.mark.parametrize("what", ["missing", "two folders", "no archive"])
def test_a_download_that_fails_leaves_nothing(tmp_path, what):
    url = (tmp_path / "none.tar.bz2").as_uri()
    if what == "two folders":
        url = bundle(tmp_path, "a", "b")
    elif what == "no archive":
        (tmp_path / "none.tar.bz2").write_bytes(b"<html>")
    with pytest.raises(models.ModelMissing, match="could not be fetched"):
        models.fetch_archive(url, tmp_path / "cache" / "m", limit_s=10)
    assert not list((tmp_path / "cache").iterdir())


def test_a_download_has_an_end(tmp_path):
    with pytest.raises(models.ModelMissing, match="the limit"):
        models.fetch_archive(bundle(tmp_path, "a"), tmp_path / "cache" / "m", limit_s=0)
    never = threading.Event()
    with pytest.raises(models.ModelMissing, match=r"within 0\.01 s"):
        models.within(never.wait, limit_s=0.01, what="the model")
    never.set()


def test_a_library_s_own_error_is_told():
    with pytest.raises(models.ModelMissing, match="no such model"):
        models.within(lambda: {}["no such model"], limit_s=5, what="it")
    assert models.within(lambda: 7, limit_s=5, what="it") == 7
