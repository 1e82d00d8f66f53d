"""Phrases that are spotted, told when a search of any words agrees."""

from __future__ import annotations

import pytest

from duetto.perception.audio.agreement import SURE, WAITS, Agreement, AnyWords
from duetto.timeline.arrival import Spotted, TimedWord
from duetto.timeline.clock import ms, s


def spot(phrase: str = "coffee", start: int = s(1), end: int = s(1.3), sure: float = 0.55) -> Spotted:
    return Spotted(1, phrase, start, end, sure)


def heard(until: int, *words: tuple[str, float, float], unknown: tuple[str, ...] = ()) -> AnyWords:
    return AnyWords(tuple(TimedWord(word, s(start), s(end)) for word, start, end in words), until, unknown)


def test_what_is_sure_is_told_at_once_whatever_else_was_heard() -> None:
    one = spot(sure=SURE)
    assert Agreement(["coffee"]).take(1, [one], heard(s(1.3), ("coughing", 1.0, 1.3))) == [one]


def test_without_another_search_all_is_told_at_once() -> None:
    one = spot()
    assert Agreement(["coffee"]).take(1, [one], None) == [one]


def test_a_word_that_the_search_does_not_have_is_told_at_once() -> None:
    one = spot("achoo")
    assert Agreement(["achoo"]).take(1, [one], heard(s(1.3), ("at", 1.0, 1.3), unknown=("achoo",))) == [one]


def test_it_is_told_when_the_search_has_gone_on_and_hears_it_too() -> None:
    agreement, one = Agreement(["coffee"]), spot()
    assert agreement.take(1, [one], heard(s(1.34), ("coffee", 1.0, 1.3))) == [], "it may become another word"
    assert agreement.take(1, [], heard(s(1.42), ("coffee", 1.0, 1.3), ("and", 1.3, 1.4))) == [one]
    assert agreement.take(1, [], heard(s(2), ("coffee", 1.0, 1.3), ("and", 1.3, 1.4))) == [], "once"


def test_it_is_not_told_where_the_search_hears_another_word() -> None:
    agreement, one = Agreement(["coffee"]), spot()
    for later in range(0, 600, 40):
        assert agreement.take(1, [one] if not later else [], heard(s(1.3) + ms(later), ("coughing", 1.0, 1.4))) == []
    assert agreement.take(1, [], None) == []


def test_it_is_not_told_of_another_place_where_it_was_said() -> None:
    agreement = Agreement(["so"])
    assert agreement.take(1, [spot("so")], heard(s(1.3) + WAITS, ("so", 0.2, 0.4), ("sold", 1.0, 1.4))) == []


def test_what_waits_is_not_told_in_another_utterance() -> None:
    agreement = Agreement(["coffee"])
    assert agreement.take(1, [spot()], heard(s(1.3))) == []
    assert agreement.take(2, [], None) == []


@pytest.mark.parametrize("words", [[("good", 1.0, 1.1), ("night", 1.1, 1.4)], [("goodnight", 1.0, 1.4)]])
def test_a_phrase_may_be_written_in_one_word(words: list[tuple[str, float, float]]) -> None:
    one = spot("good night", s(1), s(1.4))
    assert Agreement(["good night"]).take(1, [one], heard(s(1.5), *words)) == [one]


def test_what_only_the_search_hears_is_told_when_it_stands() -> None:
    agreement, banana = Agreement(["banana", "like"]), ("banana", 1.0, 1.4)
    assert agreement.take(1, [], heard(s(1.5), banana)) == []
    assert agreement.take(1, [], heard(s(1.6), banana)) == []
    (told,) = agreement.take(1, [], heard(s(1.64), banana))
    assert (told.phrase, told.start, told.end) == ("banana", s(1), s(1.4)) and told.sure < SURE
    assert agreement.take(1, [spot("banana", s(1), s(1.4), 0.9)], heard(s(1.7), banana)) == [], "it is the same one"
    again = spot("banana", s(3), s(3.4), 0.9)
    assert agreement.take(1, [again], heard(s(3.4), banana)) == [again]


def test_a_short_word_that_only_the_search_hears_is_not_told() -> None:
    agreement, like = Agreement(["like"]), ("like", 1.0, 1.2)
    assert [agreement.take(1, [], heard(s(at), like)) for at in (1.5, 1.6, 1.7)] == [[], [], []]


def test_what_changes_its_place_does_not_stand() -> None:
    agreement = Agreement(["banana"])
    assert agreement.take(1, [], heard(s(1.7), ("banana", 1.0, 1.4))) == []
    assert agreement.take(1, [], heard(s(1.8), ("banana", 1.1, 1.4))) == []
