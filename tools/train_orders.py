"""Fit the model that finds what an order says (`duetto.brain.embedded.labels`) to `orders.tsv`, and write it beside it.

python tools/train_orders.py

Each line of the table is a sentence and, in JSON, the orders in it: {"seconds": 20, "say": "stretch"} at a moment from
now, {"every": 30, "say": …, "until": … or "times": …}, {"silence": 5, "say": …}, {"phrase": "um", "say": …}, with
"times": 3 only at the third time, with "count": true to be counted. [] is none. What is told must stand in the
sentence; a line of which it does not is left out, and told.
"""

from __future__ import annotations

import csv
import random
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pycrfsuite

from duetto.brain.embedded import labels, lengths, numbers
from duetto.brain.embedded.labels import Name, Slot
from duetto.brain.embedded.language import ORDERS
from duetto.brain.embedded.words import tokens

L1, L2 = 0.3, 0.05
"""What weights of the labels cost, by their size and its square: of six pairs the best on sentences left out."""
GIST_L1, GIST_L2 = 0.1, 0.3
"""The same of those that tell whether it is an order."""
LEAST: Final = 0.005
"""Weights of the latter that are smaller are left out."""
ROUNDS: Final = 120
"""Of the fit (L-BFGS), at most."""
LEADS_TO_SPEECH: Final = frozenset(
    "say shout yell ask whisper remind tell reply answer go announce call with to".split()
)
"""What stands before the words that are to be said, where these stand in the sentence twice."""
_TIMES: Final[dict[str, Name]] = {"seconds": "moment", "every": "every", "silence": "silence"}


class Unaligned(ValueError):
    """What an order says does not stand in its sentence."""


def rows(path: Path = ORDERS) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Sentences with their orders."""
    with path.open() as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield row["sentence"], msgspec.json.decode(row["orders"])


def aligned(sentence: str, orders: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Words and their labels. Raises Unaligned."""
    words = [token.text for token in tokens(sentence)]
    free = [True] * len(words)
    found: list[Slot] = []

    def take(name: Name, start: int, end: int) -> None:
        found.append(Slot(name, start, end))
        free[start:end] = [False] * (end - start)

    def places(text: str) -> list[tuple[int, int]]:
        wanted = [token.text for token in tokens(text)]
        starts = range(len(words) - len(wanted) + 1) if wanted else range(0)
        every = [(at, at + len(wanted)) for at in starts]
        hits = [(a, b) for a, b in every if words[a:b] == wanted and all(free[a:b])]
        if not hits:
            raise Unaligned(f"{text!r} does not stand in it")
        return hits

    for order in orders:
        if "phrase" in order:
            take("counted" if order.get("count") else "phrase", *places(order["phrase"])[0])
    for order in orders:
        for key, name in _TIMES.items():
            if order.get(key) is not None:
                take(name, *_length(words, free, Fraction(order[key]).limit_denominator(100)))
    for order in orders:
        if order.get("say"):
            hits = places(order["say"])
            take("say", *max(hits, key=lambda hit: (hit[0] > 0 and words[hit[0] - 1] in LEADS_TO_SPEECH, hit[0])))
        if order.get("until"):
            take("until", *places(order["until"])[-1])
        if "times" in order:
            at = _count(words, free, order["times"])
            take("nth" if "phrase" in order else "times", at, at + 1)
    return words, labels.labels(len(words), found)


def _length(words: Sequence[str], free: Sequence[bool], wanted: Fraction) -> tuple[int, int]:
    hits = [(a, b) for a, b, seconds in lengths.spans(words) if abs(seconds - wanted) < 0.01 and all(free[a:b])]
    if not hits:  # "in ten seconds … and in twenty"
        for start in range(len(words)):
            for end in range(start + 1, min(len(words), start + 5) + 1):
                many = lengths.amount(words[start:end])
                units = set(lengths.UNITS.values())
                named = words[start:end] not in (["a"], ["an"], ["each"], ["every"])
                if many and named and all(free[start:end]) and wanted in {many * unit for unit in units}:
                    hits.append((start, end))
    if not hits:
        raise Unaligned(f"no words in it say {float(wanted):g} seconds")
    return max(hits, key=lambda hit: (hit[1] - hit[0], -hit[0]))


def _count(words: Sequence[str], free: Sequence[bool], wanted: int) -> int:
    hits = [
        at
        for at, word in enumerate(words)
        if free[at] and (numbers.value((word,)) or numbers.OFTEN.get(word)) == wanted
    ]
    if not hits:
        raise Unaligned(f"no word in it says {wanted}")
    return hits[-1]


Example = tuple[list[str], list[str], bool]
"""Words, their labels, and whether they are an order."""


def learned(examples: Iterable[tuple[Sequence[Sequence[str]], Sequence[str]]], l1: float, l2: float) -> Any:
    """What CRFsuite learns from features and labels: its own account of a model."""
    trainer = pycrfsuite.Trainer(verbose=False)
    settings = {"c1": l1, "c2": l2, "max_iterations": ROUNDS, "feature.possible_transitions": True}
    trainer.set_params(settings)
    for features, found in examples:
        trainer.append(features, found)
    with tempfile.TemporaryDirectory() as folder:
        trainer.train(str(Path(folder) / "model"))
        tagger = pycrfsuite.Tagger()
        tagger.open(str(Path(folder) / "model"))
        return tagger.info()


def fields(examples: Sequence[Example]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Features, their weights, and those of labels that follow each other."""
    found = learned(((labels.features(words), each) for words, each, _ in examples), L1, L2)
    places = {label: at for at, label in enumerate(labels.LABELS)}
    names = sorted({name for name, _ in found.state_features})
    rows = {name: row for row, name in enumerate(names)}
    weights = np.zeros((len(names), len(places)), np.float32)
    for (name, label), weight in found.state_features.items():
        weights[rows[name], places[label]] = weight
    follows = np.zeros((len(places), len(places)), np.float32)
    for (before, after), weight in found.transitions.items():
        follows[places[before], places[after]] = weight
    return names, weights, follows


def labeller(examples: Sequence[Example]) -> labels.Labeller:
    """One that has learned from these."""
    names, weights, follows = fields(examples)
    return labels.Labeller({name: row for row, name in enumerate(names)}, weights, follows)


def asks(examples: Sequence[Example]) -> dict[str, float]:
    """Weights of what tells that it is an order, with slots as they are found in what was not learned from."""
    halves = examples[0::2], examples[1::2]
    told = []
    for one, other in (halves, halves[::-1]):
        finds = labeller(other)
        for words, _, order in one:
            slots = finds.likeliest(labels.features(words)).slots
            told.append(([labels.gist(words, slots)], ["order" if order else "none"]))
    found: dict[str, float] = {}
    for (name, label), weight in learned(told, GIST_L1, GIST_L2).state_features.items():
        found[name] = found.get(name, 0.0) + (weight if label == "order" else -weight)
    return {name: found[name] for name in sorted(found) if abs(found[name]) > LEAST}


def main() -> int:
    examples: list[Example] = []
    left_out = 0
    for sentence, orders in rows():
        try:
            examples.append((*aligned(sentence, orders), bool(orders)))
        except Unaligned as why:
            left_out += 1
            print(f"left out: {sentence}: {why}", file=sys.stderr)
    random.Random(1).shuffle(examples)  # its lists are by kind
    labels.save(*fields(examples), asks(examples))
    print(f"{len(examples)} sentences, {left_out} left out; {labels.WEIGHTS.stat().st_size // 1024} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
