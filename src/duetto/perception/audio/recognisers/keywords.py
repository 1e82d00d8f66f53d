"""Phrases as chains of parts of phones, and how well each frame of sound fits each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pocketsphinx

from duetto.perception.audio.recognisers.acoustic import BEGIN, END, INSIDE, PARTS, SINGLE, WIDTH, Acoustics, Floats
from duetto.perception.audio.recognisers.pronunciation import pronunciations
from duetto.timeline.phrase import words_of

MOST_WAYS: Final = 12
"""Ways of saying a phrase that are listened for."""
VOWELS: Final = tuple("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())
NO_SPEECH: Final = ("+NSN+", "+SPN+")


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say a phrase. phones: by number. places: where in its word each stands."""

    phrase: str
    phones: tuple[int, ...]
    places: tuple[int, ...]

    def said(self, model: Acoustics) -> tuple[str, ...]:
        """As `way_of` takes it."""
        words: list[list[str]] = []
        for phone, place in zip(self.phones, self.places, strict=True):
            if place in (BEGIN, SINGLE):
                words.append([])
            words[-1].append(model.phones[phone])
        return tuple(" ".join(word) for word in words)


def ways_of(phrase: str, model: Acoustics) -> tuple[Way, ...]:
    """How a phrase may sound, () where nobody can tell."""
    words = words_of(phrase)
    said, silent = pronunciations(words, Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))
    if silent or not words:
        return ()
    found: list[tuple[str, ...]] = [()]
    for word in words:
        found = [(*before, way) for way in said[word] for before in found][:MOST_WAYS]
    return tuple(way_of(phrase, said, model) for said in found)


def way_of(phrase: str, said: Sequence[str], model: Acoustics) -> Way:
    """A phrase of which each word is said in these phones (ARPAbet, with spaces between them)."""
    phones: list[int] = []
    places: list[int] = []
    for word in said:
        its = [model.number(phone) for phone in word.split()]
        phones += its
        places += [SINGLE] if len(its) == 1 else [BEGIN, *[INSIDE] * (len(its) - 2), END]
    return Way(phrase, tuple(phones), tuple(places))


def other_vowels(said: Sequence[str]) -> list[tuple[str, ...]]:
    """The same words, each with one vowel that is another."""
    found: list[tuple[str, ...]] = []
    for at, word in enumerate(said):
        phones = word.split()
        for place, phone in enumerate(phones):
            others = [vowel for vowel in VOWELS if vowel != phone] if phone in VOWELS else []
            for vowel in others:
                changed = " ".join([*phones[:place], vowel, *phones[place + 1 :]])
                found.append((*said[:at], changed, *said[at + 1 :]))
    return found


def parts_of(way: Way, model: Acoustics) -> Floats:
    """Weights of its parts: float32 (3 a phone, 3, 128). What comes before and after it may be anything."""
    around = (None, *way.phones, None)
    return np.concatenate(
        [
            model.mixtures(phone, around[at], around[at + 2], place)
            for at, (phone, place) in enumerate(zip(way.phones, way.places, strict=True))
        ]
    )


class Scorer:
    """Log likelihoods of parts. phones: of each, the number of its phone. weights: float32 (n, 3, 128).

    Parts of a phone share its Gaussians, so what many parts cost is the Gaussians once and little more.
    """

    def __init__(self, model: Acoustics, phones: Sequence[int], weights: Floats) -> None:
        used = sorted(set(phones))
        count = len(used)
        at = {phone: place for place, phone in enumerate(used)}
        members: list[list[int]] = [[] for _ in used]
        for part, phone in enumerate(phones):
            members[at[phone]].append(part)
        most = max(map(len, members))
        self._weights = np.zeros((count, 3, most, 128), np.float32)
        place = np.zeros(len(phones), np.intp)
        for book, its in enumerate(members):
            for slot, part in enumerate(its):
                self._weights[book, :, slot] = weights[part]
                place[part] = book * most + slot
        self._place = place
        # -(x-m)²/2v as one product: x² by -1/2v, x by m/v, and the rest
        precisions, means = model.precisions[used], model.means[used]
        squares, crosses = -0.5 * precisions, precisions * means
        rest = model.offsets[used] - 0.5 * (precisions * means**2).sum(axis=-1)
        self._forms = np.concatenate(
            [
                squares.transpose(1, 3, 0, 2).reshape(3, WIDTH, -1),
                crosses.transpose(1, 3, 0, 2).reshape(3, WIDTH, -1),
                rest.transpose(1, 0, 2).reshape(3, 1, -1),
            ],
            axis=1,
        ).astype(np.float32)
        self._count = count

    def __call__(self, features: Floats) -> Floats:
        """Of features, (n, 39): float32 (n, parts)."""
        n = len(features)
        x = features.reshape(n, 3, WIDTH).transpose(1, 0, 2)
        x = np.concatenate([x**2, x, np.ones((3, n, 1), np.float32)], axis=2)
        densities = (x @ self._forms).reshape(3, n, self._count, 128)
        peaks = densities.max(axis=3, keepdims=True)
        shares = np.exp(densities - peaks).transpose(2, 0, 3, 1)  # (books, 3, 128, n)
        mixed = np.log(self._weights @ shares + np.float32(1e-30)).sum(axis=1)  # (books, slots, n)
        mixed += peaks[..., 0].sum(axis=0).T[:, None, :]
        found: Floats = mixed.reshape(-1, n)[self._place].T
        return found


def any_phone(model: Acoustics) -> tuple[list[int], Floats]:
    """The parts of all phones without context, silence among them: their phones, and weights (n, 3, 128)."""
    numbers = [at for at, name in enumerate(model.phones) if name not in NO_SPEECH]
    weights = np.concatenate([model.weights[model.whole[number]] for number in numbers])
    return [number for number in numbers for _ in range(PARTS)], weights
