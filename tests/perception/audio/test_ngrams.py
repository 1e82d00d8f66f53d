"""Which words follow which, as probabilities that sum up to one."""

from __future__ import annotations

import pytest

from duetto.perception.audio.recognisers.ngrams import END, START, trigrams

SAID = ["say go in a minute".split(), "say go in ten seconds".split(), "say stop".split()]


def read(text: str) -> dict[tuple[str, ...], tuple[float, float]]:
    """n-grams with their probability and what is left to those that were not seen."""
    found = {}
    order = 0
    for line in text.splitlines():
        if line.endswith("-grams:"):
            order = int(line[1])
        elif order and line and not line.startswith("\\"):
            parts = line.split()
            left = 10 ** float(parts[order + 1]) if len(parts) > order + 1 else 1.0
            found[tuple(parts[1 : order + 1])] = (10 ** float(parts[0]), left)
    return found


def chance(model: dict[tuple[str, ...], tuple[float, float]], history: tuple[str, ...], word: str) -> float:
    """By the rule of the format: as it stands, else what is left of the history times that of a shorter one."""
    if (known := model.get((*history, word))) is not None:
        return known[0]
    left = model.get(history, (0.0, 1.0))[1]
    return left * chance(model, history[1:], word)


@pytest.fixture(scope="module")
def model():
    return read(trigrams(SAID, {"house": 3.0, "go": 1.0}))


@pytest.mark.parametrize("history", [(), ("say",), ("go", "in"), ("house",), (START, "say"), ("never", "seen")])
def test_after_any_words_the_others_share_all_there_is(model, history):
    words = {gram[0] for gram in model if len(gram) == 1} - {START}
    assert {"house", "minute", END} <= words
    assert sum(chance(model, history, word) for word in words) == pytest.approx(1.0, abs=2e-3)


def test_what_was_seen_is_likelier(model):
    assert chance(model, ("say", "go"), "in") > chance(model, ("say", "go"), "ten") > 0
    assert chance(model, (START, "say"), "go") > chance(model, (START, "say"), "stop")
    assert chance(model, (), "house") > 0
