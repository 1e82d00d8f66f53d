"""The words of a clause: what is heard one by one, and where each stands in the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from duetto.timeline.arrival import SpokenWord

# Han, Hiragana and Katakana are written without spaces: each sign counts as a word.
_PIECE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_SAID: Final = frozenset("%&+=<>$€£¥#@*/°^~")


class Token(NamedTuple):
    """A word in its original spelling, with the punctuation that clings to it: `text[start:end]`."""

    text: str
    start: int
    end: int


def split_words(text: str) -> tuple[Token, ...]:
    """The words of `text`. Punctuation that stands alone belongs to the word before it, or to the first word."""
    spans: list[tuple[int, int]] = []
    opening: int | None = None
    for piece in _PIECE.finditer(text):
        start, end = piece.span()
        if _is_said(piece.group()):
            spans.append((start if opening is None else opening, end))
            opening = None
        elif spans:
            spans[-1] = (spans[-1][0], end)
        elif opening is None:
            opening = start
    return tuple(Token(text[start:end], start, end) for start, end in spans)


def pieces(tokens: tuple[Token, ...], limit: int) -> Iterator[tuple[Token, ...]]:
    """Cut a text of more than `limit` characters: after a sentence where one ends, else after a comma, else a word."""
    while tokens:
        fitting = 1
        while fitting < len(tokens) and tokens[fitting].end - tokens[0].start <= limit:
            fitting += 1
        cut = fitting
        if fitting < len(tokens):
            ends = (_last_end(tokens[:fitting], marks) for marks in (".!?…。！？", ",;:、，；："))
            cut = next((end for end in ends if end), fitting)
        yield tokens[:cut]
        tokens = tokens[cut:]


def ends_sentence(text: str) -> bool:
    """Whether the punctuation at its end ends a sentence, quotes and brackets aside."""
    return _ends_with(text, ".!?…。！？")


def spread(texts: Sequence[str], start: int, end: int) -> tuple[SpokenWord, ...]:
    """Lay words over the samples `[start, end)` by their letters: a guess, where a voice tells no times."""
    weights = [1 + sum(map(str.isalnum, text)) for text in texts]
    total = sum(weights)
    spoken: list[SpokenWord] = []
    done = 0
    for text, weight in zip(texts, weights, strict=True):
        begin = start + (end - start) * done // total
        done += weight
        spoken.append(SpokenWord(text, begin, start + (end - start) * done // total))
    return tuple(spoken)


def _is_said(piece: str) -> bool:
    """Whether a voice has something to say for it: letters, digits, signs with a name, pictographs."""
    return any(c.isalnum() or c in _SAID or ord(c) >= 0x2190 for c in piece)


def _ends_with(text: str, marks: str) -> bool:
    return text.rstrip(" \n\t\"')]}»”’").endswith(tuple(marks))


def _last_end(tokens: tuple[Token, ...], marks: str) -> int:
    """The number of tokens up to the last that ends with one of the marks, 0 if none does."""
    return max((i + 1 for i, token in enumerate(tokens) if _ends_with(token.text, marks)), default=0)
