from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.brain.chat.clauses import FIRST_WORDS, LATER_WORDS, MOST_WORDS, Cutter, sayable

TOKENS = st.sampled_from(
    [
        *(" alpha", " beta", " don't", " I", " 42", " 3.14", " Dr.", " e.g.", " 5 p.m.", " naïve"),
        *(".", ",", "!", "?", ";", " –", "…", '"', " (so)", " 7.", " **bold**", " `code`", " 😀", "—"),
        *("\n", "\n\n", "\n- ", "\n2. ", "\n# ", "1. "),
    ]
)
TEXTS = st.lists(TOKENS, max_size=60)


def cut(*pieces: str) -> list[str]:
    cutter = Cutter()
    found = [clause for piece in pieces for clause in cutter.push(piece)]
    return found + cutter.rest()


def words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("Pi is 3.14 or so. Yes.", ["Pi is 3.14 or so.", "Yes."]),
        ("Ask Dr. Smith today. Bye.", ["Ask Dr. Smith today.", "Bye."]),
        ("Take fruit (e.g. plums) at 5 p.m. today.", ["Take fruit (e.g. plums) at 5 p.m. today."]),
        ("Really? Wow! Fine…", ["Really?", "Wow!", "Fine…"]),
        ("One line\nand one more", ["One line", "and one more"]),
        ("1. Two eggs.\n2. Some milk.\n10) Salt.", ["Two eggs.", "Some milk.", "Salt."]),
        ("# Plan\n- **First** this\n* then `that`\n", ["Plan", "First this", "then that"]),
        ("Read [the page](http://a.b/c.html) now. Then go.", ["Read the page now.", "Then go."]),
        ("Well done 😀. See you ❤️ soon!", ["Well done .", "See you soon!"]),
    ],
)
def test_a_text_is_cut_where_it_is_said_so_at_once_or_letter_by_letter(text, clauses):
    assert cut(text) == clauses
    assert cut(*text) == clauses


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("42. Anything else?", ["42.", "Anything else?"]),
        ("The answer is: 42. Anything else?", ["The answer is:", "42.", "Anything else?"]),
        ("That is easy. 7. Right?", ["That is easy.", "7.", "Right?"]),
    ],
)
def test_a_number_that_is_the_answer_is_no_list(text, clauses):
    assert cut(text) == cut(*text) == clauses
    assert words(sayable(text)) == words(text)


def test_the_first_clause_may_be_shorter_than_later_ones():
    text = "Of course, here it is, as you wanted it yesterday, all of it."
    first, second, third = cut(text)
    assert first == "Of course," and len(first.split()) == FIRST_WORDS
    assert second == "here it is, as you wanted it yesterday," and len(second.split()) >= LATER_WORDS
    assert third == "all of it."
    assert cut("Well, I do not know that.") == ["Well, I do not know that."], "one word is too little to begin with"


def test_a_sentence_is_given_as_soon_as_it_ends():
    cutter = Cutter()
    assert cutter.push("I see") == []
    assert cutter.push(".") == ["I see."]
    assert cutter.push(" So be") == []
    assert cutter.push(" it.\n") == ["So be it."]
    assert cutter.rest() == []


def test_what_may_go_on_is_waited_for():
    cutter = Cutter()
    assert cutter.push("It is 3.") == []
    assert cutter.push("14 says Mr.") == [], "neither a decimal point nor a title ends a sentence"
    assert cutter.push(" Brown has 1,") == [], "it may be 1,000"
    assert cutter.push("000 and") == []
    assert cutter.push(" more,") == ["It is 3.14 says Mr. Brown has 1,000 and more,"], "nothing goes on after a letter"
    assert cutter.push(" so") == [] and cutter.rest() == ["so"]


def test_a_link_is_never_cut_in_its_address():
    assert cut("See [it](http://a.", "b/c). Good.") == ["See it.", "Good."]


@pytest.mark.parametrize("end", ["", "."])
def test_who_never_pauses_is_cut_all_the_same(end):
    text = " ".join(["word"] * (2 * MOST_WORDS + 3)) + end
    assert [len(clause.split()) for clause in cut(text)] == [MOST_WORDS, MOST_WORDS, 3]
    assert cut(*text) == cut(text)


@pytest.mark.parametrize("text", ["", "   ", "...", "😀", "**", "\n\n", "- \n", " – "])
def test_what_has_no_words_is_no_clause(text):
    assert cut(text) == cut(*text) == []


@given(TEXTS, st.data())
def test_where_the_pieces_end_between_words_does_not_matter(tokens, data):
    text = "".join(tokens)
    spaces = [match.start() for match in re.finditer(r"\s+", text)]
    at = sorted(data.draw(st.sets(st.sampled_from(spaces)))) if spaces else []
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    assert cut(*pieces) == cut(text)


@given(TEXTS, st.data())
def test_no_word_is_lost_or_said_twice_wherever_the_pieces_end(tokens, data):
    text = "".join(tokens)
    at = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    clauses = cut(*pieces)
    assert words(" ".join(clauses)) == words(sayable(text))
    assert all(words(clause) and len(clause.split()) <= MOST_WORDS + 2 for clause in clauses)
    assert not any(sign in clause for clause in clauses for sign in ("*", "`", "\n", "😀"))


def test_a_beginning_is_plain_words_that_are_whole_each_twice_as_long():
    cutter = Cutter()
    assert cutter.push("There are") == [] and cutter.beginning(2) is None, "it may be 'area'"
    assert cutter.push(" five") == [] and cutter.beginning(2) == "There are"
    assert cutter.push(" trains to Prague") == [] and cutter.beginning(2) is None
    assert cutter.push(" and home today") == [] and cutter.beginning(2) == "five trains to Prague"
    assert cutter.push(" if all goes well ") == [] and cutter.beginning(2) is None, "the clause is long enough to wait"
    assert cutter.push("now.") == ["and home today if all goes well now."]
    assert cutter.push(" That is it ") == [] and cutter.beginning(2) is None, "only of the first"


@pytest.mark.parametrize(
    "text", ["1. Two eggs now", "# A plan for ", "**So** it is ", "[see it](a) now ", "No, it is ", "It. Is so "]
)
def test_what_is_more_than_plain_words_is_no_beginning(text):
    cutter = Cutter()
    cutter.push(text)
    assert cutter.beginning(2) is None


@given(TEXTS, st.integers(1, 4))
def test_with_beginnings_no_word_is_lost_or_said_twice(tokens, count):
    cutter = Cutter()
    found = []
    for token in tokens:
        found += cutter.push(token)
        found += [begun for begun in [cutter.beginning(count)] if begun]
    found += cutter.rest()
    assert words(" ".join(found)) == words(" ".join(cut("".join(tokens))))


def test_a_text_that_goes_round_in_circles_ends():
    cutter = Cutter()
    said = cutter.push("One, two. " + "You are asked to write it down, and then to read it. " * 9)
    assert said.count("You are asked to write it down,") == 3 and said.count("and then to read it.") == 3
    assert cutter.circles
    assert cutter.push("Something else is said now. ") == [] and cutter.rest() == []


def test_short_words_may_come_again():
    cutter = Cutter()
    said = cutter.push("Left, right. " * 9)
    assert len(said) == 9 and not cutter.circles
