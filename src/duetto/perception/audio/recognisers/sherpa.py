"""sherpa-onnx, the extra "sherpa": streaming transducers (Zipformer and others), any words. Written for 1.10 to 2.0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from duetto.perception.audio.recognisers.models import ModelMissing, cache_folder, fetch_archive
from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.turn import MIC_RATE, Samples

if TYPE_CHECKING:
    from duetto.perception.audio.recogniser import RecogniserSettings

DEFAULT_MODEL: Final = "sherpa-onnx-streaming-zipformer-en-2023-06-26"
_RELEASE: Final = "https://github.com/k2-fsa/sherpa-onnx/releases/download/asr-models"
LAST_TOKEN: Final = ms(80)
"""Length (ns) given to a word's last token, of which only the beginning is known: two frames of the encoder."""
TAIL: Final = MIC_RATE // 2
"""Silence after an utterance (samples): the encoder looks ahead this far at most."""


class SherpaRecogniser:
    """Streaming recognition with a `sherpa_onnx.OnlineRecognizer`."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self._stream: Any = None
        self._at = 0
        self._tokens: list[str] = []

    def another(self) -> SherpaRecogniser:
        """One more, for another voice, with the same model."""
        return SherpaRecogniser(self._engine)

    def start(self, at: int) -> None:
        self._at, self._tokens = at, []
        self._stream = self._engine.create_stream()

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        self._stream.accept_waveform(MIC_RATE, samples.astype(np.float32) / 32768)
        return self._decoded()

    def finish(self) -> Sequence[TimedWord]:
        self._stream.accept_waveform(MIC_RATE, np.zeros(TAIL, np.float32))
        self._stream.input_finished()
        self._tokens = [""]  # whatever comes out is an answer
        return self._decoded() or []

    def close(self) -> None:
        self._stream = None

    def _decoded(self) -> list[TimedWord] | None:
        while self._engine.is_ready(self._stream):
            self._engine.decode_stream(self._stream)
        result = self._engine.get_result_all(self._stream)
        tokens = list(result.tokens)
        if tokens == self._tokens:
            return None
        self._tokens = tokens
        return words_of(tokens, list(result.timestamps), list(result.ys_probs), at=self._at)


def words_of(
    tokens: Sequence[str], seconds: Sequence[float], log_probabilities: Sequence[float], *, at: int
) -> list[TimedWord]:
    """Join word pieces: a piece that begins with a space (or SentencePiece's ▁) begins a word.

    seconds: where each piece begins, after `at` (ns). A word's confidence is the mean of its pieces' probabilities;
    without log probabilities it is 1.
    """
    words: list[TimedWord] = []
    text, first, certain = "", 0, list[float]()

    def end_word(until: int) -> None:
        if text.strip():
            confidence = round(sum(certain) / len(certain), 3) if certain else 1.0
            words.append(TimedWord(text.strip().lower(), first, max(first, until), confidence))

    last = at
    for index, token in enumerate(tokens):
        begin = at + s(seconds[index]) if index < len(seconds) else last
        if token[:1] in (" ", "▁") or not text:
            end_word(min(begin, last + LAST_TOKEN))
            text, first, certain = "", begin, []
        text += token.replace("▁", " ")
        if index < len(log_probabilities):
            certain.append(min(1.0, math.exp(log_probabilities[index])))
        last = begin
    end_word(last + LAST_TOKEN)
    return words


def find_files(folder: Path) -> dict[str, str]:
    """The four files of a streaming transducer in a folder, 8-bit ones where there are both.

    Raises ModelMissing, naming what is not there.
    """
    found: dict[str, str] = {}
    for part in ("encoder", "decoder", "joiner"):
        files = sorted(folder.glob(f"*{part}*.onnx"), key=lambda path: ("int8" not in path.name, path.name))
        if not files:
            raise ModelMissing(f"model: {folder} has no *{part}*.onnx")
        found[part] = str(files[0])
    if not (folder / "tokens.txt").is_file():
        raise ModelMissing(f"model: {folder} has no tokens.txt")
    found["tokens"] = str(folder / "tokens.txt")
    return found


def model_folder(settings: RecogniserSettings) -> Path:
    """The folder of the model, fetched if it may be. Raises ModelMissing."""
    name = settings.model or DEFAULT_MODEL
    given = Path(name).expanduser()
    if given.is_dir():
        return given
    if given.name != name:
        raise ModelMissing(f"model: there is no folder {given}")
    kept = cache_folder() / name
    if not kept.is_dir():
        if not settings.download:
            raise ModelMissing(f"model: {kept} is not there; put the model there, or set download")
        fetch_archive(f"{_RELEASE}/{name}.tar.bz2", kept, limit_s=settings.download_limit_s)
    return kept


def make_recogniser(settings: RecogniserSettings) -> SherpaRecogniser:
    """For `recogniser.open_recogniser`. model: a folder with encoder, decoder, joiner (.onnx) and tokens.txt, or the
    name of a streaming transducer among sherpa-onnx's `asr-models`.

    Raises ImportError without the extra, ModelMissing without the model.
    """
    try:
        import sherpa_onnx  # type: ignore[import-not-found,unused-ignore]
    except ImportError as error:
        raise ImportError("the recogniser sherpa needs an extra: pip install 'duetto[sherpa]'") from error
    files = find_files(model_folder(settings))
    return SherpaRecogniser(
        sherpa_onnx.OnlineRecognizer.from_transducer(**files, num_threads=1, sample_rate=MIC_RATE, provider="cpu")
    )
