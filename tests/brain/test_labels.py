"""What the words of an order say, and whether it is one."""

from __future__ import annotations

import numpy as np
import pytest

from duetto.brain.embedded import labels
from duetto.brain.embedded.labels import LABELS, Labeller, Slot


def found(text: str) -> dict[str, str]:
    words = text.split()
    return {slot.name: " ".join(words[slot.start : slot.end]) for slot in labels.label(words).slots}


@pytest.mark.parametrize(
    ("said", "slots"),
    [
        ("give it eight seconds and then shout go go go", {"moment": "eight seconds", "say": "go go go"}),
        ("bark like a dog", {}),
        (
            "i would love to hear keep going every two minutes till i say enough",
            {"say": "keep going", "every": "every two minutes", "until": "enough"},
        ),
        ("whenever basically slips out of my mouth say stop it", {"phrase": "basically", "say": "stop it"}),
        ("keep a tally of how often i say like", {"counted": "like"}),
    ],
)
def test_the_slots_of_a_request(said, slots):
    assert found(said) == slots


def test_whether_it_is_an_order():
    asked = labels.label("would you say well done in ten seconds".split())
    told = labels.label("the bus comes every ten minutes and then we go home".split())
    assert asked.order > 0.8 > 0.5 > told.order


def test_nothing_is_nothing():
    assert labels.label(()).slots == ()


def test_labels_and_slots_are_the_same_thing():
    slots = (Slot("say", 1, 3), Slot("say", 3, 4), Slot("moment", 5, 7))
    assert labels.slots(labels.labels(8, slots)) == list(slots)


def test_only_whole_orders_are_looked_for():
    """Alone, each word is likeliest a condition; but two conditions of which one has nothing to say are none."""
    places = {label: at for at, label in enumerate(LABELS)}
    weights = np.zeros((3, len(LABELS)), np.float32)
    weights[0, places["B:moment"]] = 3
    weights[1, places["B:phrase"]], weights[1, places["B:say"]] = 2, 1.5
    weights[2, places["-"]] = 1
    follows = np.zeros((len(LABELS), len(LABELS)), np.float32)
    labeller = Labeller({"a": 0, "b": 1, "c": 2}, weights, follows)
    found = labeller.likeliest([["a"], ["c"], ["b"]])
    assert found.slots == (Slot("moment", 0, 1), Slot("say", 2, 3))
    assert 0 < found.probability < 1


def test_the_probability_is_that_among_whole_orders():
    """One word is nothing, or one of what goes without anything to say: all of them are as likely here."""
    labeller = Labeller({}, np.zeros((0, len(LABELS)), np.float32), np.zeros((len(LABELS), len(LABELS)), np.float32))
    alone = [label for label in LABELS if not label.startswith("I:") and label != "B:say"]
    assert labeller.likeliest([["unknown"]]).probability == pytest.approx(1 / len(alone))
