"""Numbers, units, the notation, and the language that a recogniser is built from."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.brain.embedded import language, numbers
from duetto.brain.embedded.automaton import Automaton
from duetto.brain.embedded.notation import Alternatives, Option, Sequence, Slot, Word, parse
from duetto.brain.embedded.skill import Answer, Skill
from duetto.brain.embedded.skills.arithmetic import Unsaid, evaluate
from duetto.brain.embedded.skills.units import KINDS, convert
from duetto.brain.embedded.slots import duration
from duetto.brain.embedded.words import sound, tokens
from duetto.timeline.clock import s


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_numbers_come_back_from_their_words(count):
    assert numbers.value(numbers.spell(count).split()) == count


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("a hundred and five", 105),
        ("minus seven", -7),
        ("three point five", Fraction(7, 2)),
        ("zero point oh five", Fraction(1, 20)),
        ("point five", Fraction(1, 2)),
        ("two and a half", Fraction(5, 2)),
        ("half", Fraction(1, 2)),
        ("twenty first", 21),
        ("third", 3),
        ("sixteenth", 16),
        ("thirtieth", 30),
        ("two thousand and six", 2006),
        ("1,250.5", Fraction(2501, 2)),
        ("2 million", 2_000_000),
        ("seventy", 70),
        ("seven ten", None),
        ("twenty twelve", None),
        ("one two", None),
        ("point", None),
        ("point and", None),
        ("hundred", None),
        ("banana", None),
        ("", None),
        ("and", None),
    ],
)
def test_values(said, value):
    assert numbers.value(said.split()) == value


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (Fraction(84), ("84", True)),
        (Fraction(-4), ("minus 4", True)),
        (Fraction(1, 2), ("0.5", True)),
        (Fraction(1, 3), ("0.33", False)),
        (Fraction(1, 3000), ("0.00033", False)),
        (Fraction(10, 3), ("3.33", False)),
        (Fraction(10**18), ("1 times 10 to the power of 18", False)),
        (Fraction(0), ("0", True)),
    ],
)
def test_saying_a_number(number, said):
    assert numbers.say(number) == said


def test_too_large_to_spell():
    with pytest.raises(ValueError, match="1000000000000"):
        numbers.spell(10**12)


@given(
    st.lists(st.integers(0, 99), min_size=2, max_size=4),
    st.lists(st.sampled_from(["plus", "minus", "times"]), min_size=3, max_size=3),
)
def test_sums_are_those_of_arithmetic(values, operators):
    words, written = [numbers.spell(values[0])], str(values[0])
    for number, operator in zip(values[1:], operators, strict=False):
        words += [operator, numbers.spell(number)]
        written += {"plus": "+", "minus": "-", "times": "*"}[operator] + str(number)
    assert evaluate(tuple(" ".join(words).split())) == eval(written)


@pytest.mark.parametrize(
    "said",
    [
        "five divided by zero",
        "the square root of minus four",
        "two to the power of two thousand",
        "nine to the power of fifty times nine to the power of fifty",
        "zero to the power of minus one",
        "five plus",
    ],
)
def test_sums_without_a_result(said):
    with pytest.raises(Unsaid, match=r"\.$"):
        evaluate(tuple(said.split()))


def test_units_convert_there_and_back():
    for units in KINDS.values():
        for source in units:
            for target in units:
                there = convert(Fraction(7), source, target)
                assert there is not None
                assert convert(there, target, source) == 7
    assert convert(Fraction(1), "mile", "pounds") is None
    assert convert(Fraction(-40), "celsius", "fahrenheit") == -40
    assert convert(Fraction(0), "celsius", "kelvin") == Fraction("273.15")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("ten seconds", 10),
        ("a minute", 60),
        ("half an hour", 1800),
        ("an hour and a half", 5400),
        ("two and a half minutes", 150),
        ("two minutes and thirty seconds", 150),
        ("zero seconds", 0),
        ("ten", None),
    ],
)
def test_durations(said, seconds):
    assert duration(tuple(said.split())) == (None if seconds is None else s(seconds))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("What's 3*4?", "what is 3 times 4"),
        ("10km in miles", "10 kilometers in miles"),
        ("7pm", "7 p m"),
        ("20 °C", "20 degrees celsius"),
        ("3-1 and -2", "3 minus 1 and minus 2"),
        ("well-known", "well known"),
        ("1,250.5%", "1,250.5 percent"),
        ("I'm in the centre, let's go", "i am in the center let us go"),
        ("3x4 x", "3 times 4 x"),
    ],
)
def test_tokens(text, words):
    assert " ".join(token.text for token in tokens(text)) == words


def test_words_that_sound_alike():
    assert sound("night") == sound("nite")
    assert sound("kilometres") != sound("celsius")


# --- notation and language ------------------------------------------------------------------------------------


def test_notation():
    assert parse("add <item> (to | on) [my] list") == Sequence(
        (Word("add"), Slot("item"), Alternatives((Word("to"), Word("on"))), Option(Word("my")), Word("list"))
    )


@pytest.mark.parametrize("template", ["(a | b", "a | b)", "a ]", "[a)", "a | ", "()", "", "a * b", "<A>"])
def test_bad_notation_says_so(template):
    with pytest.raises(ValueError, match=re.escape(repr(template))):
        parse(template)


def _skill(template):
    return Skill("test", {"test": (template,)}, lambda match, context, memory: Answer())


def test_bad_slots_say_so():
    with pytest.raises(ValueError, match="slot <none>: is not defined"):
        Automaton([_skill("a <none>")], {})
    with pytest.raises(ValueError, match="slot <loop>: contains itself"):
        Automaton([_skill("<loop>")], {"loop": ("a <loop>",)})


def test_the_language_is_whole():
    spoken = language()
    assert len(spoken.phrases) == len(set(spoken.phrases)) > 100
    for template in (*spoken.phrases, *(t for templates in spoken.slots.values() for t in templates)):
        parse(template)
        for slot in re.findall(r"<([a-z_]+)>", template):
            assert slot in spoken.slots or slot in spoken.open_slots
    assert 250 <= len(spoken.open_words) <= 500
    assert len(" ".join(t for templates in spoken.slots.values() for t in templates)) < 14_000


def test_the_recogniser_knows_all_its_words():
    """Of the dictionary that pocketsphinx ships: a word that is not in it can never be heard."""
    pocketsphinx = pytest.importorskip("pocketsphinx")
    with open(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"), encoding="utf-8") as lines:
        known = {line.split(" ", 1)[0] for line in lines}
    spoken = language()
    templates = " ".join((*spoken.phrases, *(t for templates in spoken.slots.values() for t in templates)))
    words = set(re.sub(r"<[a-z_]+>|[()\[\]|]", " ", templates).split()) | set(spoken.open_words)
    assert words <= known
