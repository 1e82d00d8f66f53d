"""Adapt pocketsphinx's acoustic model to synthetic voices: writes `recognisers/adapted.xz`.

    python tools/adapt_acoustics.py [--words 60] [--rounds 2]

Words drawn by chance from pocketsphinx's dictionary are read by voices that no reported measurement uses, each is
aligned with its pronunciations, and means and variances move towards what was heard, less so the rarer (Gauvain & Lee
1994, "Maximum a posteriori estimation for multivariate Gaussian mixture observations of Markov chains"). No sentence
is used.
"""

from __future__ import annotations

import argparse
import random
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pocketsphinx
import soxr

from duetto.perception.audio.recognisers.acoustic import (
    ADAPTED,
    BEGIN,
    END,
    INSIDE,
    SINGLE,
    Acoustics,
    acoustics,
    write,
)
from duetto.perception.audio.recognisers.cepstra import AHEAD, Cepstra, Differences
from duetto.perception.audio.recognisers.keywords import Scorer, Way, parts_of
from duetto.perception.audio.recognisers.pocketsphinx import USUAL_MEAN, NoiseFloor
from duetto.perception.audio.recognisers.pronunciation import pronunciations
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import MIC_RATE, VOICE_RATE

VARIANTS = ("m3", "m4", "m5", "m7", "m8", "f3", "f4", "f5")
ACCENTS = ("en-us", "en-gb")
DICTIONARY = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
PER_SENTENCE = 8
PIECE = 1280


class Sums:
    """What was heard of every Gaussian: how much, its sum, its sum of squares."""

    def __init__(self, model: Acoustics) -> None:
        self.count = np.zeros(model.means.shape[:3])
        self.first = np.zeros(model.means.shape)
        self.second = np.zeros(model.means.shape)


def features(samples: np.ndarray) -> np.ndarray:
    """As the spotter makes them: int16 (n,) to (frames, 39), with the mean as it is after the whole of it."""
    floor, cepstra = NoiseFloor(), Cepstra()
    found = np.concatenate(
        [cepstra.feed(floor.under(samples[at : at + PIECE])) for at in range(0, len(samples), PIECE)]
    )
    weight = 300
    mean = (np.array(USUAL_MEAN) * weight + found.sum(axis=0)) / (weight + len(found))
    found = (found - mean).astype(np.float32)
    return Differences().feed(np.concatenate([found, np.repeat(found[-1:], AHEAD, axis=0)]))


def align(fit: np.ndarray) -> tuple[float, np.ndarray]:
    """The best way through the parts, in order. fit: (frames, parts). Returns its mean fit, and each frame's part."""
    frames, parts = fit.shape
    best = np.full(parts, -np.inf)
    best[0] = fit[0, 0]
    moved = np.zeros((frames, parts), bool)
    for at in range(1, frames):
        before = np.concatenate([[-np.inf], best[:-1]])
        moved[at] = before > best
        best = np.maximum(before, best) + fit[at]
    path = np.zeros(frames, np.intp)
    part = parts - 1
    for at in range(frames - 1, -1, -1):
        path[at] = part
        part -= moved[at, part]
    return float(best[-1]) / frames, path


def add(sums: Sums, model: Acoustics, x: np.ndarray, phones: np.ndarray, weights: np.ndarray) -> None:
    """Frames (n, 39), each with the phone and the weights, (n, 3, 128), of its part."""
    x = x.reshape(len(x), 3, 1, -1)
    logs = model.offsets[phones] - 0.5 * (model.precisions[phones] * (x - model.means[phones]) ** 2).sum(axis=-1)
    shares = weights * np.exp(logs - logs.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    np.add.at(sums.count, phones, shares)
    np.add.at(sums.first, phones, shares[..., None] * x)
    np.add.at(sums.second, phones, shares[..., None] * x**2)


def moved(model: Acoustics, sums: Sums, weight: float) -> Acoustics:
    """weight: how many frames the means and variances of before count for."""
    total = (sums.count + weight)[..., None]
    means = (sums.first + weight * model.means) / total
    variances = (sums.second + weight * (1 / model.precisions + model.means**2)) / total - means**2
    variances = np.maximum(variances, 0.3 / model.precisions)
    offsets = -0.5 * np.log(2 * np.pi * variances).sum(axis=-1)
    return replace(
        model,
        means=means.astype(np.float32),
        precisions=(1 / variances).astype(np.float32),
        offsets=offsets.astype(np.float32),
    )


def spoken(count: int) -> list[tuple[np.ndarray, list[tuple[list[Way], int, int]]]]:
    """Sentences of words drawn by chance, by each voice: features, and each word's ways with its frames."""
    dice = random.Random(1126)
    known = [line.split(" ", 1)[0] for line in DICTIONARY.read_text().splitlines()]
    known = [word for word in known if re.fullmatch("[a-z]{3,11}", word)]
    model = acoustics("")
    found = []
    for variant in VARIANTS:
        for accent in ACCENTS:
            settings = VoiceSettings(
                name=f"{accent}+{variant}", words_per_minute=dice.randint(145, 185), pitch=dice.randint(38, 62)
            )
            with reading(settings) as reader:
                for _ in range(count):
                    words = dice.sample(known, PER_SENTENCE)
                    said, _ = pronunciations(words, DICTIONARY)
                    speech = reader.read(" ".join(words))
                    sound = soxr.resample(np.frombuffer(speech.samples, "<i2"), VOICE_RATE, MIC_RATE).astype(np.float64)
                    sound = np.concatenate([np.zeros(MIC_RATE // 4), sound * 10 ** (dice.uniform(-8, 2) / 20)])
                    x = features(np.clip(sound, -32768, 32767).astype(np.int16))
                    placed = []
                    for word in speech.words:
                        if word.text not in said:
                            continue
                        ways = []
                        for way in said[word.text]:
                            phones = tuple(model.number(phone) for phone in way.split())
                            inner = (INSIDE,) * (len(phones) - 2)
                            ways.append(Way(word.text, phones, (SINGLE,) if len(phones) == 1 else (BEGIN, *inner, END)))
                        first, last = (round(at / VOICE_RATE * 100 + 25) - 1 for at in (word.start, word.end))
                        placed.append((ways, first, min(last, len(x))))
                    found.append((x, placed))
            print(settings.name, flush=True)
    return found


def once(model: Acoustics, sentences: list, least: float) -> tuple[Sums, float]:
    """Align all and add up. least: share of the words, the worst, that are left out: said otherwise than listed."""
    aligned = []
    for x, placed in sentences:
        every = [way for ways, _, _ in placed for way in ways]
        weights = [parts_of(way, model) for way in every]
        phones = [phone for way in every for phone in way.phones for _ in range(3)]
        fit = Scorer(model, phones, np.concatenate(weights))(x)
        at = 0
        for ways, first, last in placed:
            best = None
            for way in ways:
                size = 3 * len(way.phones)
                if last - first > size:
                    score, path = align(fit[first:last, at : at + size])
                    if best is None or score > best[0]:
                        numbers = np.repeat(way.phones, 3)[path]
                        best = (score, x[first:last], numbers, way, path)
                at += size
            if best is not None:
                aligned.append(best)
    aligned.sort(key=lambda one: one[0])
    sums = Sums(model)
    for _, frames, numbers, way, path in aligned[int(least * len(aligned)) :]:
        add(sums, model, frames, numbers, parts_of(way, model)[path])
    return sums, float(np.mean([one[0] for one in aligned]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=60, help="sentences of each voice")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--weight", type=float, default=20.0)
    arguments = parser.parse_args()
    sentences = spoken(arguments.words)
    original = model = acoustics("")
    for number in range(arguments.rounds):
        sums, fit = once(model, sentences, 0.15)
        model = moved(original, sums, arguments.weight)
        print(f"round {number + 1}: mean fit {fit:.2f}", flush=True)
    write(model, original)
    print(f"{ADAPTED}: {ADAPTED.stat().st_size} bytes")


if __name__ == "__main__":
    main()
