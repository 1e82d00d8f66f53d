from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.brain.chat.marks import Mark, MarkReader

TOKENS = st.sampled_from(
    [
        "[wait]",
        "[go on]",
        "<continue>",
        "[",
        "]",
        "(",
        ")",
        "<",
        "wait",
        "go",
        " on",
        " yes",
        " (see 3)",
        "(0:21)",
        "(1:05, Friday 27 November 2026, 17:18; you were saying, heard: one",
        "(3:",
        "[1]",
        " 2 < 3",
    ]
)


def read(*pieces: str) -> list[str | Mark]:
    """All that is read, text that follows text joined."""
    reader = MarkReader()
    found: list[str | Mark] = []
    for part in [*(part for piece in pieces for part in reader.push(piece)), *reader.rest()]:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    return found


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        *(
            (text, Mark.wait)
            for text in ("[wait]", "[WAIT]", "<wait>", "(wait)", "<wait/>", "[ Waiting ]", "[silence]")
        ),
        *((text, Mark.go_on) for text in ("[go on]", "<go on>", "[GO_ON]", "[go-on]", "[continue]", "[resume]")),
    ],
)
def test_marks_are_read_however_small_models_spell_them(text, mark):
    assert read(text) == [mark]
    assert read(*text) == [mark]


@pytest.mark.parametrize(
    "text",
    ["wait", "go on", "[1]", "(see below)", "a < b and b > a", "[waiter]", "[wait", "wait]", "[]", "[wait a bit]"],
)
def test_everything_else_stays_text(text):
    assert read(text) == read(*text) == [text]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("(0:21) It is ten.", " It is ten."),
        ("(0:22, Friday 27 November 2026, 17:18; you were saying, heard: one) Two.", " Two."),
        ("( -1:05) Hello (0:03)", " Hello "),
        ("(see 3:15) and (3 of them)", "(see 3:15) and (3 of them)"),
        ("(0:21", "(0:21"),
    ],
)
def test_times_that_a_model_copies_are_not_said(text, said):
    assert "".join(map(str, read(text))) == said
    assert "".join(map(str, read(*text))) == said


def test_a_copied_time_that_never_ends_is_let_go():
    text = "(0:21 " + "and so on " * 30
    assert read(*text) == [text]


def test_a_mark_stands_between_the_words_around_it():
    assert read("At seven. [go on] And") == ["At seven. ", Mark.go_on, " And"]
    assert read("[wait][go on]") == [Mark.wait, Mark.go_on]


def test_what_may_become_a_mark_is_held_back_and_no_more():
    reader = MarkReader()
    assert reader.push("Yes [go") == ["Yes "]
    assert reader.push(" on") == []
    assert reader.push("] and") == [Mark.go_on, " and"]
    assert reader.push(" (so") == [" "]
    assert reader.rest() == ["(so"]
    assert reader.rest() == []


def test_a_bracket_that_has_become_too_long_for_a_mark_is_let_go():
    reader = MarkReader()
    long = "(which is a rather long remark"
    assert reader.push(long) == [long]


def test_an_open_bracket_before_it_hides_no_mark():
    before = "(a remark that was never closed "
    assert read(f"{before}[wai", "t]") == [before, Mark.wait]


@given(st.lists(TOKENS, max_size=20), st.data())
def test_the_same_is_read_wherever_the_pieces_end(tokens, data):
    text = "".join(tokens)
    at = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    pieces = [text[a:b] for a, b in zip([0, *at], [*at, len(text)], strict=True)]
    assert read(*pieces) == read(text)


@given(st.lists(st.text(max_size=12), max_size=8))
def test_no_letter_is_lost_or_moved(pieces):
    found = read(*pieces)
    if not any(isinstance(part, Mark) for part in found):
        assert "".join(part for part in found if isinstance(part, str)) == "".join(pieces)
