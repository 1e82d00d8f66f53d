"""Reading and where it is, recall, and seeing: from what was really heard, said and seen."""

from __future__ import annotations

import pytest

from duetto.brain.embedded.skills.reading import CLAUSE_WORDS, STORY, bare, clauses
from duetto.timeline.arrival import Clause
from duetto.timeline.clock import s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Ask, Remark
from duetto.timeline.payload import Colours, Face, Light, Motion, Scene


def seen(payload, start, end=None, number=1):
    status = "added" if end is None else "committed"
    return Increment(number, "camera", Span(s(start), s(end or start)), payload, status, s(start), "test")


# --- reading --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [STORY, "word " * 50, "One. Two, three; four: five!", "a\nb\n\nc"])
def test_clauses_hold_the_whole_text(text):
    pieces = clauses(text)
    assert " ".join(pieces).split() == text.split()
    assert all(0 < len(piece.split()) <= CLAUSE_WORDS for piece in pieces)


def test_a_typed_text_is_read(talk):
    said = talk.say("read: Once upon a time. There was a fox, and it slept.", "typed")
    assert said.clauses == ["Once upon a time.", "There was a fox,", "and it slept."]
    assert said.gist.understood == "whole"


def test_the_last_typed_line_is_read(talk):
    talk.history = (
        Remark("user", "The fox slept. The moon came out.", s(1), "typed"),
        Remark("user", "read me what i typed please now", s(2), "spoken"),
        Remark("user", "hello", s(3), "typed"),
    )
    assert talk.say("read this").clauses == ["The fox slept.", "The moon came out."]


def test_a_long_typed_line_is_kept_for_reading(talk):
    text = "The quick brown fox jumped over the lazy dog while nobody in the village was looking at all."
    assert talk.say(text, "typed").text == "I have your text. Say read this, and I read it."
    assert " ".join(talk.say("read this").clauses) == text


def test_where_it_is_and_going_on(talk):
    story = talk.say("read me the story", heard=24).clauses
    assert talk.say("where are you").clauses == ["I am a fifth of the way through,", "after: count came to one."]
    rest = talk.say("go on from there", heard=3).clauses
    assert rest == story[4:]
    assert talk.say("go on").clauses == rest
    assert talk.say("go on").text == "That was all of it."
    assert talk.say("where are you").text == "I am through with it."
    assert talk.say("start again from the beginning").clauses == story


def test_a_text_is_cut_where_one_breathes_and_long_stretches_before_a_little_word():
    text = "Every evening the lighthouse keeper climbed one hundred and twelve steps, and he counted them. Yes."
    assert clauses(text) == (
        "Every evening the lighthouse keeper climbed",
        "one hundred and twelve steps,",
        "and he counted them.",
        "Yes.",
    )
    assert clauses("we went down to the old mill by the river in the rain") == (
        "we went down to the old mill",
        "by the river in the rain",
    )
    assert all(len(part.split()) <= CLAUSE_WORDS for part in clauses("word " * 100))


def test_only_the_end_of_a_sentence_falls(talk):
    """A clause that was cut out of the middle keeps its melody up."""
    ask = Ask(1, "read me the story", "spoken", False, talk.context())
    told = [part for part in talk.brain.reply(ask) if isinstance(part, Clause)]
    assert [part.goes_on for part in told[:3]] == [True, False, False]


def test_nothing_heard_is_the_beginning(talk):
    story = talk.say("read me the story", heard=0).clauses
    assert talk.say("where are you").text == "At the very beginning."
    assert talk.say("continue").clauses == story


def test_where_it_is_while_it_reads(talk):
    said = talk.ask("read me the story")
    talk.brain.keep(talk.reply)
    talk.saying, talk.heard = talk.reply, " ".join(said.text.split()[:20])
    assert talk.ask("where are you", draft=True).clauses[1] == "after: them One night the."


def test_history_in_pieces_is_as_good(talk):
    said = talk.ask("read me the story")
    talk.brain.keep(talk.reply)
    talk.history = tuple(Remark("duetto", text, talk.now + s(n)) for n, text in enumerate(said.clauses[:4]))
    talk.now += s(30)
    assert talk.say("go on").clauses == said.clauses[4:]


def test_an_interruption_between_does_not_lose_the_place(talk):
    story = talk.say("read me the story", heard=24).clauses
    talk.say("what is twelve times seven")
    talk.say("remind me every four seconds to breathe")
    assert talk.say("go on").clauses == story[4:]


def test_counting_goes_on(talk):
    talk.say("count to ten", heard=4)
    assert talk.say("where are you").text == "At four."
    assert talk.say("keep counting").clauses == ["five,", "six,", "seven,", "eight,", "nine,", "ten."]


def test_repeating(talk):
    talk.say("what is twelve times seven")
    assert talk.say("say that again").text == "12 times 7 is 84."
    story = talk.say("read me the story", heard=len(bare(" ".join(STORY.split(".")[:2])))).clauses
    assert talk.say("what was that").clauses[0] == story[4]


# --- recall ---------------------------------------------------------------------------------------------------


@pytest.fixture
def after_talk(talk):
    talk.now = s(20)
    talk.history = (
        Remark("user", "hello", s(1)),
        Remark("duetto", "Hello.", s(2)),
        Remark("user", "the door is blue", s(8), "typed"),
        Remark("user", "what time is it", s(12)),
        Remark("duetto", "It is ten", s(14)),
    )
    talk.typing = "dear ada"
    return talk


@pytest.mark.parametrize(
    ("request_", "clauses"),
    [
        ("what did i say", ["8 seconds ago you said:", "what time is it."]),
        ("what did i say first", ["19 seconds ago you said:", "hello."]),
        ("what did i say before that", ["19 seconds ago you said:", "hello."]),
        ("when did i say that", ["8 seconds ago."]),
        ("when did i say hello", ["19 seconds ago."]),
        ("when did i say banana", ["I did not hear you say banana."]),
        ("what did you say", ["6 seconds ago I said:", "It is ten."]),
        ("what did i type", ["12 seconds ago you typed:", "the door is blue."]),
        ("what am i typing", ["You are typing:", "dear ada."]),
    ],
)
def test_recall(after_talk, request_, clauses):
    assert after_talk.ask(request_).clauses == clauses


# --- seeing ---------------------------------------------------------------------------------------------------

FACE = Face((0.4, 0.2, 0.2, 0.3))
BRIGHT, DARK = Light(0.7, "bright"), Light(0.1, "dark")


@pytest.mark.parametrize(
    ("picture", "request_", "clauses"),
    [
        ((), "what do you see", ["I see nothing,", "I have no picture."]),
        (
            (seen(BRIGHT, 1), seen(Colours(("blue", "grey")), 1)),
            "what do you see",
            ["Nobody, and nothing is moving.", "The picture is mostly blue and grey."],
        ),
        (
            (seen(BRIGHT, 1), seen(FACE, 2), seen(Motion("left third", 0.2), 9)),
            "what do you see",
            ["I see a face in the middle.", "Something is moving on the left."],
        ),
        ((seen(DARK, 1), seen(FACE, 2)), "what do you see", ["I see a face in the middle.", "It is dark."]),
        ((seen(FACE, 2),), "is anybody there", ["Yes, I see a face in the middle."]),
        ((seen(FACE, 2), seen(FACE, 3, number=2)), "how many people do you see", ["Yes, I see two faces."]),
        ((seen(BRIGHT, 1),), "can you see me", ["I see nobody."]),
        ((seen(FACE, 1, 4),), "is anybody there", ["Not now. I saw someone 6 seconds ago."]),
        ((seen(Motion("left third", 0.2), 9),), "is something moving", ["Something is moving on the left."]),
        (
            (seen(Motion("left third", 0.2), 5, 8),),
            "is something moving",
            ["Not now, but a moment ago something moved on the left."],
        ),
        ((seen(BRIGHT, 1),), "is something moving", ["No, nothing is moving."]),
        (
            (seen(Motion("right third", 0.2), 1, 3), seen(Scene(0.9), 8, 8)),
            "what happened",
            ["A moment ago the whole picture changed.", "7 seconds ago something moved on the right."],
        ),
        ((seen(BRIGHT, 1),), "what happened", ["Nothing has happened."]),
        ((seen(Colours(("red", "black")), 1),), "what color is it", ["Mostly red and black."]),
        ((seen(BRIGHT, 1),), "what color is it", ["I cannot make out a colour."]),
        ((seen(DARK, 1),), "is it dark", ["It is dark."]),
        ((seen(BRIGHT, 1, 5), seen(DARK, 6, number=2)), "how bright is it", ["It is dark."]),
        ((seen(FACE, 2),), "is it dark", ["I cannot tell."]),
        ((seen(Motion("whole picture", 0.5), 2),), "where is it", ["Something is moving all over the picture."]),
        ((seen(BRIGHT, 1),), "where is it", ["I do not see anything to point at."]),
    ],
)
def test_seeing(talk, picture, request_, clauses):
    talk.seen = picture
    assert talk.ask(request_).clauses == clauses
