"""Phrases as they are compared, said or typed: by their words, without case and punctuation."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """Its words, as they are compared: lower case, without punctuation."""
    return tuple(word.replace("’", "'") for word in _WORD.findall(text.lower()))


@lru_cache(maxsize=4096)
def normal(phrase: str) -> str:
    """A phrase as it is compared."""
    return " ".join(words_of(phrase))


@lru_cache(maxsize=4096)
def normal_all(phrases: tuple[str, ...]) -> frozenset[str]:
    """Phrases as they are compared."""
    return frozenset(normal(phrase) for phrase in phrases)
