"""What neural voices share: they make a sentence at a time and tell no word times, and their files must be got."""

from __future__ import annotations

import os
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from duetto.speech.shaping import QUIET
from duetto.speech.voice import Chunk
from duetto.speech.words import pieces, split_words, spread
from duetto.timeline.clock import Deadline
from duetto.timeline.turn import Samples

SENTENCE_LIMIT: Final = 200
"""Characters above which a text is made piece by piece, so that the first sound does not wait for the last word."""
TEXT_LIMIT: Final = 10_000
"""Characters that one clause may have."""
_BLOCK: Final = 1 << 16


def say_pieces(text: str, make: Callable[[str], Samples]) -> Iterator[Chunk]:
    """Make a text piece by piece; words are laid over the sound of their piece in proportion to their letters.

    make: a piece of text to int16 (n,). Raises ValueError for a text above TEXT_LIMIT.
    """
    if len(text) > TEXT_LIMIT:
        raise ValueError(f"text: at most {TEXT_LIMIT} characters (got {len(text)})")
    before = 0
    for tokens in pieces(split_words(text), SENTENCE_LIMIT):
        samples = make(text[tokens[0].start : tokens[-1].end])
        loud = np.flatnonzero((samples > QUIET) | (samples < -QUIET))
        start, end = (int(loud[0]), int(loud[-1]) + 1) if loud.size else (0, samples.size)
        words = spread([token.text for token in tokens], before + start, before + end)
        yield Chunk(samples, words)
        before += samples.size


def to_int16(sound: np.ndarray) -> Samples:
    """Floats from -1 to 1, clipped, as int16 (n,). What is not a number is silence."""
    clean = np.nan_to_num(np.asarray(sound, dtype=np.float32).ravel())
    return np.rint(np.clip(clean, -1, 1) * 32767).astype(np.int16)


def model_folder(model: str, engine: str) -> Path:
    """The folder of an engine's files: `model`, or the user's cache (XDG Base Directory) where it is ""."""
    if model:
        return Path(model).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "duetto" / engine


def need_file(path: Path, url: str, *, download: bool, limit_s: float) -> Path:
    """The file, fetched from `url` if it is missing and that is allowed.

    Raises FileNotFoundError where it is missing and may not be fetched, TimeoutError past `limit_s` seconds, OSError
    where it cannot be fetched. A half-fetched file is never left under its name.
    """
    if path.is_file():
        return path
    if not download:
        raise FileNotFoundError(f"model: {path} is missing; set download, or put the file from {url} there")
    deadline = Deadline(limit_s)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    try:
        with urllib.request.urlopen(url, timeout=min(20.0, limit_s)) as source, partial.open("wb") as target:
            while block := source.read(_BLOCK):
                if deadline.passed():
                    raise TimeoutError(f"download_limit_s: {url} took longer than {limit_s} s")
                target.write(block)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return path
