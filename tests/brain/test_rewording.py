"""An order put in other words is the same order; and what is none stays none."""

from __future__ import annotations

import pytest

from duetto.brain.embedded.embedded import EmbeddedBrain
from duetto.timeline.arrival import Act, Gist
from duetto.timeline.job import Ask, Context
from duetto.timeline.order import Order


def orders(text: str) -> tuple[Order, ...]:
    parts = list(EmbeddedBrain().reply(Ask(1, text, "typed", False, Context(0, 0))))
    assert isinstance(parts[0], Gist)
    return tuple(order for part in parts if isinstance(part, Act) for order in part.orders)


def given(text: str) -> list[tuple[object, ...]]:
    """What matters of its orders."""
    return [(order.when, order.say, order.limit, order.until) for order in orders(text)]


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("hey could you give me a shout in about half a minute to look up", "in thirty seconds remind me to look up"),
        ("okay so i'm going to nap say wakey wakey after thirty seconds", "in thirty seconds say wakey wakey"),
        ("wait eleven seconds and then read out the word banana", "in eleven seconds say banana"),
        ("the second five minutes runs out say stretch", "in five minutes say stretch"),
        ("holler lights out seven seconds from now", "in seven seconds say lights out"),
        ("it takes eight minutes so say dumplings when that is over", "in eight minutes say dumplings"),
        ("start a five minute timer and when it goes off say pizza", "in five minutes say pizza"),
        ("an hour and a quarter from now tell me to take a walk", "in seventy five minutes tell me to take a walk"),
        ("once every quarter of a minute yell faster", "every fifteen seconds say faster"),
        ("say steady three times eight seconds apart", "say steady every eight seconds three times"),
        ("four times an hour say look up", "every fifteen minutes say look up"),
        ("keep telling me to smile every minute till you hear cut", "every minute tell me to smile until i say cut"),
        ("the minute budget comes out of my mouth shout cha ching", "when i say budget say cha ching"),
        ("jump in with bless you when i go achoo", "when i say achoo say bless you"),
        ("here's the deal i say tomato you say potato", "when i say tomato say potato"),
        ("my trigger word is pineapple and when you hear it say juice", "when i say pineapple say juice"),
        ("on hearing the words ready steady say go", "when i say ready steady say go"),
        ("if you don't hear a peep out of me for a minute say hello", "if i am silent for a minute say hello"),
        ("should there be no talking for five seconds say go on", "if it is silent for five seconds say go on"),
    ],
)  # fmt: skip
def test_an_order_in_other_words_is_the_same_order(said, plain):
    assert given(plain), plain
    assert given(said) == given(plain)


@pytest.mark.parametrize(
    "text",
    [
        "i waited for ten minutes and then i went home",
        "the man said that it would take an hour and a half to get there",
        "she told me to call her when the film was over",
        "peter can you close the door",
        "every time we went there it was raining",
        "yesterday i was silent for a whole minute",
        "my brother shouts at the dog every morning",
        "it was a quarter of an hour before anybody came",
    ],
)
def test_what_is_no_order_stays_none(text):
    assert not orders(text)


def test_what_is_said_as_a_skill_has_it_is_left_as_it_is():
    (order,) = orders("remind me in five minutes to call my mother")
    assert order.say == "You wanted to call your mother."
    (order,) = orders("in ten seconds say just do it now please")
    assert order.say.startswith("Just do it now")


def test_another_until_than_the_usual_ones():
    (order,) = orders("every four seconds say breathe until i say that is plenty")
    assert order.until is not None and "that is plenty" in str(order.until)
