"""What is said where any words may be said."""

from __future__ import annotations

from itertools import pairwise

import pytest
from spoken_sound import room, speech

from duetto.perception.audio.recogniser import RecogniserSettings, open_recogniser
from duetto.perception.audio.recognisers import grammar
from duetto.perception.audio.recognisers.free_words import Gap, Piece, between, joined
from duetto.perception.audio.recognisers.pocketsphinx import DOUBTED
from duetto.timeline.clock import s
from duetto.timeline.language import Language
from duetto.timeline.turn import MIC_RATE

LANGUAGE = Language(
    phrases=("when i say <cue> say <reply>", "remind me to <thing> in <number> seconds", "stop", "what is <number>"),
    slots={"number": ("five | ten | twenty",), "reply": ("go on", "you again")},
    open_slots=("cue", "reply", "thing"),
    open_words=("milk", "bread"),
)


@pytest.fixture(scope="module")
def recogniser():
    recogniser = open_recogniser(RecogniserSettings(language=LANGUAGE))
    recogniser.shared = True
    yield recogniser
    recogniser.close()


def heard(recogniser, text: str, voice: str = "en-us+f1", *, pause: float = 0.4) -> list[str]:
    """The words at each change, in the end with the pause after them."""
    said = speech(text, voice)
    sound = room(len(said) / MIC_RATE + 0.3 + pause, (0.3, said)).sound
    end = round(0.3 * MIC_RATE) + len(said)
    recogniser.carried = ()
    recogniser.start(0)
    found = []
    for first in range(0, len(sound), 640):
        words = recogniser.feed(sound[first : first + 640], quiet=first > end)
        if words is not None:
            found.append(" ".join(word.text for word in words))
    found.append(" ".join(word.text for word in recogniser.finish()))
    return found


def test_words_that_no_list_has(recogniser):
    for text in ("when i say holiday say congratulations", "remind me to charge my phone in ten seconds"):
        assert heard(recogniser, text)[-1] == text


def test_they_are_there_at_the_pause_and_in_their_place(recogniser):
    found = heard(recogniser, "when i say holiday say congratulations", pause=1.0)
    at_the_pause = found.index("when i say holiday say congratulations")
    assert found[at_the_pause:] == [found[-1]] * (len(found) - at_the_pause)
    words = recogniser.finish()
    assert [word.text for word in words] == found[-1].split()
    assert all(a.start < a.end <= b.start for a, b in pairwise(words))
    assert words[-1].end < s(0.3) + s(len(speech(found[-1], "en-us+f1")) / MIC_RATE) + s(0.1)


def test_listed_words_stay_and_phrases_are_as_before(recogniser):
    for text in ("when i say milk say go on", "what is twenty", "stop"):
        assert heard(recogniser, text)[-1] == text


def test_the_same_sound_gives_the_same_words_and_nothing_stays_of_it(recogniser):
    first = heard(recogniser, "when i say holiday say congratulations")
    assert heard(recogniser, "what is ten")[-1] == "what is ten"
    assert heard(recogniser, "when i say holiday say congratulations") == first


def test_after_a_pause_the_order_goes_on(recogniser):
    before, after = speech("remind me to charge my phone", "en-us+f1"), speech("in ten seconds", "en-us+f1")
    again = 0.3 + len(before) / MIC_RATE + 0.5
    sound = room(again + len(after) / MIC_RATE + 0.4, (0.3, before), (again, after)).sound
    ends = round(0.3 * MIC_RATE) + len(before), round(again * MIC_RATE) + len(after)
    recogniser.carried = ()
    recogniser.start(0)
    texts = []
    for first in range(0, len(sound), 640):
        quiet = ends[0] < first < round(again * MIC_RATE) - 640 or first > ends[1]
        words = recogniser.feed(sound[first : first + 640], quiet=quiet)
        texts += [] if words is None else [" ".join(word.text for word in words)]
    assert "remind me to charge my phone" in texts
    assert " ".join(word.text for word in recogniser.finish()) == "remind me to charge my phone in ten seconds"


def test_a_language_without_open_slots_has_no_second_hearing():
    assert open_recogniser(RecogniserSettings(language=Language(("stop", "go on"))))._free is None


def test_between_takes_the_first_gaps_short():
    path = ("when", "i", "say", Gap(0, 1), "say", Gap(2, 3))
    assert between("when i say please say thank you".split(), path) == [["please"], ["thank", "you"]]
    assert between("when i say say what say no".split(), path) == [["say", "what"], ["no"]]
    assert between("when i say say no".split(), path) is None
    assert between("when you say a say b".split(), path) is None
    assert between([], ()) == []


def test_what_is_in_one_open_slot_is_one_gap():
    pieces = [
        Piece("say", 0, 10, "phrase"),
        Piece("milk", 10, 20, "slot"),
        Piece("", 20, 25, "slot"),
        Piece("when", 25, 30, "phrase"),
        Piece("go", 30, 40, "listed"),
    ]
    parts = [part for part, _, _ in joined(pieces, keep_listed=False)]
    assert parts == ["say", Gap(10, 25, ("milk",), whole=False), "when", Gap(30, 40, ("go",))]
    assert [part for part, _, _ in joined(pieces, keep_listed=True)][-1] == "go"


def test_words_listed_for_an_open_slot_are_marked():
    graph = grammar.build(LANGUAGE)
    labels = {label for _, _, label in graph.arcs}
    assert {"go" + grammar.FREE, "again" + grammar.FREE, None, "twenty"} <= labels
    assert "go" not in labels and "twenty" + grammar.FREE not in labels
    assert {"go", "twenty"} <= graph.words


def test_what_the_grammar_has_no_words_for_is_heard_as_any_words_and_doubted(recogniser):
    text = "the children are playing in the garden this afternoon"
    assert {"children", "are", "playing", "in", "this", "afternoon"} <= set(heard(recogniser, text)[-1].split())
    words = recogniser.finish()
    assert all(word.confidence < DOUBTED for word in words)
    assert all(a.start < a.end <= b.start for a, b in pairwise(words))


def test_what_the_grammar_has_is_not_doubted(recogniser):
    assert heard(recogniser, "what is twenty")[-1] == "what is twenty"
    assert recogniser.finish()[-1].confidence >= DOUBTED
