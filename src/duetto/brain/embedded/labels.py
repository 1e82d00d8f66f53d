"""Which words of an order say what: slot filling by a linear-chain conditional random field.

After Lafferty, McCallum & Pereira (2001), with the features that are usual in spoken language understanding (Raymond &
Riccardi 2007). The likeliest labels are looked for among those that make whole orders only: each condition with what is
to be said then. Whether it is an order at all, and no talk that has a time or a word in it, a maximum-entropy
classifier says (Berger, Della Pietra & Della Pietra 1996), by the words around the slots.

The weights come with the package; `tools/train_orders.py` fits them to `orders.tsv`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from duetto.brain.embedded import lengths, numbers

WEIGHTS: Final = Path(__file__).parent / "orders.npz"
Name = Literal["moment", "every", "silence", "phrase", "counted", "say", "until", "times", "nth"]
"""What words may say: the time from now, between remarks, or of silence; what is listened for, or counted; what duetto
is to say; the words that end it; how many remarks; at which time that something is said."""
NAMES: Final[tuple[Name, ...]] = get_args(Name)
LABELS: Final = ("-", *(f"{place}:{name}" for name in NAMES for place in "BI"))
"""Of a word that says nothing of the kind; of the first word of a slot; of its others."""
MOST: Final = 2
"""Conditions in one sentence, and things to say."""
ANSWERED: Final[tuple[Name, ...]] = ("moment", "every", "silence", "phrase")
"""Conditions at which something is said; what is counted is counted aloud."""
_KEYS: Final = frozenset(
    "silent silence quiet talk talking speak speaking nothing nobody hear hush peep sound word words noise say said "
    "saying every each whenever count how many often tally track until till times time after in when then again keep "
    "next number total once if later now and".split()
)
"""Words that tell, wherever they stand, what the others may be."""
_ORDINALS: Final = frozenset("second third fourth fifth sixth seventh eighth ninth tenth once twice thrice".split())
_NEAR: Final = (-3, -2, -1, 1, 2, 3)

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Slot:
    """Words from `start` to before `end` that say this."""

    name: Name
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """The likeliest slots, in their order. probability: that all of them are right. order: that it is an order."""

    slots: tuple[Slot, ...]
    probability: float
    order: float = 0.0


def label(words: Sequence[str]) -> Labelled:
    """Slots of a request: lower-case words, contractions written out (`words.tokens`). Some 40 µs a word."""
    if not words:
        return Labelled((), 1.0)
    labeller, asks = _models()
    found = labeller.likeliest(features(words))
    score = sum(asks.get(feature, 0.0) for feature in gist(words, found.slots))
    return replace(found, order=1 / (1 + math.exp(-score)))


def slots(labels: Sequence[str]) -> list[Slot]:
    """The slots that these labels mark."""
    found: list[Slot] = []
    for at, each in enumerate(labels):
        name = next((name for name in NAMES if each[2:] == name), None)
        if name is None:
            continue
        if each.startswith("I:") and found and found[-1].name == name and found[-1].end == at:
            found[-1] = Slot(name, found[-1].start, at + 1)
        else:
            found.append(Slot(name, at, at + 1))
    return found


def labels(count: int, slots: Sequence[Slot]) -> list[str]:
    """The labels of so many words that mark these slots."""
    found = [LABELS[0]] * count
    for slot in slots:
        found[slot.start : slot.end] = [f"{'I' if at else 'B'}:{slot.name}" for at in range(slot.end - slot.start)]
    return found


def features(words: Sequence[str]) -> list[list[str]]:
    """What the model is told about each word: itself, those near it, and which of those that tell stand where."""
    kinds = [_kind(word) for word in words]
    keys = sorted(_KEYS.intersection(words))
    timed = [""] * len(words)  # whether a length of time begins or goes on there
    for start, end, _ in lengths.spans(words):
        for at in range(start, end):
            timed[at] = timed[at] or ("begins" if at == start else "goes on")

    def near(at: int) -> str:
        return words[at] if 0 <= at < len(words) else ("<" if at < 0 else ">")

    found: list[list[str]] = []
    for at, word in enumerate(words):
        kind, before, after = kinds[at], near(at - 1), near(at + 1)
        here = ["any", f"word {word}", f"kind {kind}", f"ends in {word[-3:]}"]
        here += [f"word{by:+} {near(at + by)}" for by in _NEAR]
        here += [f"kind{by:+} {kinds[at + by] if 0 <= at + by < len(words) else ''}" for by in _NEAR]
        here += [f"to {before} {word}", f"from {word} {after}", f"around {before} {after}"]
        here += [f"before {near(at - 2)} {before}", f"after {after} {near(at + 2)}"]
        here.append(f"long before {near(at - 3)} {near(at - 2)} {before}")
        here += [f"first {at == 0}", f"left {min(4, len(words) - 1 - at)}", f"again {word in words[:at]}"]
        here += [f"key {key} {kind != 'word'}" for key in keys]
        here += [f"key before {key}" for key in sorted(_KEYS.intersection(words[:at]))]
        here += [f"key after {key}" for key in sorted(_KEYS.intersection(words[at + 1 :]))]
        here += [f"unit before {'unit' in kinds[:at]}", f"unit after {'unit' in kinds[at + 1 :]}"]
        if timed[at]:
            here += [f"time {timed[at]}", *(f"time and {key}" for key in keys)]
        found.append(here)
    return found


def gist(words: Sequence[str], slots: Sequence[Slot]) -> list[str]:
    """What tells whether it is an order: words, two and three of them in a row, each slot being one."""
    row: list[str] = []
    at = 0
    for slot in slots:
        row += [*words[at : slot.start], f"<{slot.name}>"]
        at = slot.end
    row += words[at:]
    ends = ["^", *row, "$"]
    found = {"any", f"first {row[0]}", f"long {min(len(words) // 4, 6)}"}
    found.update(f"1 {word}" for word in row)
    found.update(" ".join(("2", *pair)) for pair in pairwise(ends))
    found.update(" ".join(("skip", *pair)) for pair in zip(ends, ends[2:], strict=False))
    found.update(" ".join(("3", *three)) for three in zip(ends, ends[1:], ends[2:], strict=False))
    found.add(" ".join(("slots", *sorted({slot.name for slot in slots}))))
    return sorted(found)


def _kind(word: str) -> str:
    if word in lengths.UNITS:
        return "unit"
    if word in _ORDINALS:
        return "ordinal"
    return "number" if numbers.value((word,)) is not None and word != "a" else "word"


class Labeller:
    """The random field. features: their rows; weights: what they count for each label, (features, labels); follows: the
    same of a label (row) that is followed by another.

    Within the search, labels are followed together with how many conditions and how many things to say there have been:
    arrays are (conditions, says, labels).
    """

    def __init__(self, features: dict[str, int], weights: NDArray[np.float32], follows: NDArray[np.float32]) -> None:
        self._features, self._weights = features, weights
        self._follows = np.full((len(LABELS), len(LABELS)), -np.inf)
        for before, first in enumerate(LABELS):
            for after, second in enumerate(LABELS):
                if not second.startswith("I:") or first[2:] == second[2:]:
                    self._follows[before, after] = follows[before, after]
        self._starts = np.array([-np.inf if label.startswith("I:") else 0.0 for label in LABELS])
        self._conditions = np.array([label[2:] in ANSWERED and label.startswith("B:") for label in LABELS])
        self._says = np.array([label == "B:say" for label in LABELS])
        counts = np.indices((MOST + 1, MOST + 1))
        # All conditions have something to be said, or the only one has not: "tell me when the time is up".
        self._whole = (counts[0] == counts[1]) | ((counts[0] == 1) & (counts[1] == 0))

    def likeliest(self, found: Sequence[Sequence[str]]) -> Labelled:
        """Of a sentence, told by the features of each word: at least one."""
        scores = np.array([self._score(here) for here in found])
        best = np.full((MOST + 1, MOST + 1, len(LABELS)), -np.inf)
        best[0, 0] = self._starts + scores[0]
        best = self._counted(best)
        total, back = best, []
        for here in scores[1:]:
            from_each = best[..., :, None] + self._follows
            back.append(from_each.argmax(axis=2))
            best = self._counted(from_each.max(axis=2) + here)
            total = self._counted(_log_sum(total[..., :, None] + self._follows, axis=2) + here)
        ends = np.where(self._whole[..., None], best, -np.inf)
        conditions, says, last = (int(at) for at in np.unravel_index(ends.argmax(), ends.shape))
        most = float(ends[conditions, says, last])
        every = float(_log_sum(np.where(self._whole[..., None], total, -np.inf).reshape(-1), axis=0))
        path = [last]
        for each in reversed(back):
            conditions, says = conditions - int(self._conditions[last]), says - int(self._says[last])
            last = int(each[conditions, says, last])
            path.append(last)
        return Labelled(tuple(slots([LABELS[at] for at in reversed(path)])), float(np.exp(most - every)))

    def _score(self, here: Sequence[str]) -> Scores:
        rows = [row for feature in here if (row := self._features.get(feature)) is not None]
        found: Scores = self._weights[rows].sum(axis=0, dtype=np.float64)
        return found

    def _counted(self, scores: Scores) -> Scores:
        """With the labels that begin a condition, or what is to be said, among those with one more of them."""
        found = np.where(self._conditions | self._says, -np.inf, scores)
        found[1:, :, self._conditions] = scores[:-1][..., self._conditions]
        found[:, 1:, self._says] = scores[:, :-1][..., self._says]
        return found


def _log_sum(scores: Scores, axis: int) -> Scores:
    most = scores.max(axis=axis, keepdims=True)
    most = np.where(np.isfinite(most), most, 0.0)
    with np.errstate(divide="ignore"):
        found: Scores = np.log(np.exp(scores - most).sum(axis=axis)) + most.squeeze(axis)
    return found


def save(
    features: Sequence[str], weights: NDArray[np.float32], follows: NDArray[np.float32], asks: dict[str, float]
) -> None:
    """Write what was learned: as in `Labeller`, the features in the order of their rows; and of what `gist` tells."""
    np.savez_compressed(
        WEIGHTS,
        features=_packed(features),
        weights=weights.astype(np.float16),
        follows=follows,
        gist=_packed(list(asks)),
        asks=np.array(list(asks.values()), np.float16),
    )


def _packed(names: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(names).encode(), np.uint8)


def _unpacked(names: NDArray[np.uint8]) -> list[str]:
    return names.tobytes().decode().split("\n")


@cache
def _models() -> tuple[Labeller, dict[str, float]]:
    with np.load(WEIGHTS) as file:
        rows = {name: row for row, name in enumerate(_unpacked(file["features"]))}
        asks = dict(zip(_unpacked(file["gist"]), file["asks"].astype(float).tolist(), strict=True))
        return Labeller(rows, file["weights"].astype(np.float32), file["follows"]), asks
