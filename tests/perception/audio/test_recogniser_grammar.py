"""A language as an automaton, and how its words sound."""

from __future__ import annotations

from pathlib import Path

import pocketsphinx
import pytest

from duetto.perception.audio.recognisers import grammar
from duetto.perception.audio.recognisers.pocketsphinx import vocabulary
from duetto.perception.audio.recognisers.pronunciation import base, pronunciations, spelled, variants
from duetto.timeline.language import Language

DICTIONARY = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))


def accepts(graph: grammar.Graph, text: str) -> bool:
    states = {0}
    for word in text.split():
        states = {b for a, b, label in graph.arcs if a in states and label in (word, None)}
    return bool(states & graph.finals)


def test_alternatives_options_and_slots():
    graph = grammar.build(Language(("(what | how much) is <n> [please]",), {"n": ("one", "twenty [one]")}))
    for text in ("what is one", "how much is twenty", "what is twenty one please"):
        assert accepts(graph, text)
    for text in ("what is", "how is one", "what is one one", "please", ""):
        assert not accepts(graph, text)


def test_repeats_loop_over_one_item_alone():
    graph = grammar.build(Language(("go (very)* far+ now",)))
    for text in ("go far now", "go very very far far now"):
        assert accepts(graph, text)
    for text in ("go now", "go far go far now", "go far now now"):
        assert not accepts(graph, text)


def test_an_open_slot_takes_any_words_but_not_none():
    graph = grammar.build(Language(("note <item> twice",), open_slots=("item",), open_words=("milk",)))
    assert accepts(graph, "note this that twice")
    assert not accepts(graph, "note twice")


def test_common_beginnings_and_endings_are_shared():
    graph = grammar.build(Language(("turn it on now", "turn it off now", "turn that on now")))
    assert len(graph.arcs) == 7  # of 12
    assert graph.words == {"turn", "it", "that", "on", "off", "now"}
    assert graph == grammar.build(Language(("turn it on now", "turn it off now", "turn that on now")))


@pytest.mark.parametrize(
    ("phrase", "complaint"),
    [
        ("say (this", "not closed"),
        ("say this)", "closes nothing"),
        ("say <nothing>", "<nothing>"),
        ("* say", "stands alone"),
        ("<again>", "nested deeper"),
    ],
)
def test_what_cannot_be_read_names_the_phrase(phrase, complaint):
    with pytest.raises(ValueError, match="language: ") as error:
        grammar.build(Language((phrase,), {"again": ("<again> once",)}))
    assert complaint in str(error.value)


def test_accents_that_the_dictionary_lacks():
    assert "B AH D ER" in set(variants("B AH T ER"))  # butter, flapped
    assert "T W EH N IY" in set(variants("T W EH N T IY"))  # twenty
    assert "M IH OW K" in set(variants("M IH L K"))  # milk
    assert "F AO" in set(variants("F AO R"))  # four, without R
    assert not list(variants("S IY"))


def test_unlisted_words_are_spelled_out_and_signs_left_out():
    ways, silent = pronunciations(["read", "blorptide", "§7"], DICTIONARY)
    assert set(ways["read"]) >= {"R EH D", "R IY D"}
    assert ways["blorptide"][0] == "B L AO R P T IH D"
    assert silent == ("§7",)
    assert spelled("§7") == ""
    assert base("read(2)") == "read"


def test_words_that_cannot_be_said_are_told():
    assert vocabulary(Language(("say §7", "say seven"))).silent == ("§7",)
