"""Orders as people also say them; two in one sentence; and what they say to change or withdraw one."""

from __future__ import annotations

import pytest

from duetto.brain.embedded.language import language
from duetto.timeline.clock import s
from duetto.timeline.order import Interval, Moment, Nth, Silence, Words

NOW = s(10)


def heard(*phrases):
    return Words(phrases)


def after(seconds):
    return Moment(NOW + s(seconds))


def every(seconds):
    return Interval(NOW, s(seconds))


def silent(seconds):
    return Silence(s(seconds), "user")


STATED = [
    # a moment
    ("tell me when twelve seconds have passed", after(12), "12 seconds are over.", {}),
    ("let me know once a minute is up", after(60), "1 minute is over.", {}),
    ("when a minute's up tell me to drink", after(60), "Drink.", {}),
    ("after forty five seconds have passed tell me the tea is done", after(45), "The tea is done.", {}),
    ("five seconds from now say go", after(5), "Go.", {}),
    ("tell me that lunch is ready in twenty seconds", after(20), "Lunch is ready.", {}),
    ("poke me when it's been half a minute", after(30), "Beep.", {}),
    ("wait five seconds and then say go", after(5), "Go.", {}),
    ("let fifty seconds go by and then say switch sides", after(50), "Switch sides.", {}),
    ("start a countdown of nine seconds and then say go", after(9), "Go.", {}),
    ("put twenty seconds on the clock", after(20), "Your timer of 20 seconds is up.", {}),
    ("ask what i am doing in ten seconds", after(10), "What are you doing?", {}),
    # again and again
    ("beep at me every six seconds", every(6), "Beep.", {}),
    ("each ten seconds say breathe", every(10), "Breathe.", {}),
    ("every five seconds say next only three times", every(5), "Next.", {"limit": 3}),
    ("keep saying focus every eight seconds for two minutes", every(8), "Focus.", {"until": after(120)}),
    ("for the next minute say squeeze every eight seconds", every(8), "Squeeze.", {"until": after(60)}),
    # silence
    ("whenever i pause for longer than four seconds say go on", silent(4), "Go on.", {}),
    ("should i go quiet for half a minute ask if i am okay", silent(30), "Are you okay?", {}),
    ("after i stop talking for eight seconds say thank you", silent(8), "Thank you.", {}),
    # words
    ("ping me each time i say actually", heard("actually"), "Beep.", {}),
    ("call me out whenever i use the word literally", heard("literally"), "You said {word}.", {}),
    ("interrupt me if i start talking about politics", heard("politics"), "Stop, you said {word}.", {}),
    ("every time you hear me say sorry say that is okay", heard("sorry"), "That is okay.", {}),
    ("when i say marco you say polo", heard("marco"), "Polo.", {}),
    ("respond with woof any time i say dog", heard("dog"), "Woof.", {}),
    ("the moment i say lights out say good night", heard("lights out"), "Good night.", {}),
    ("next time i mention money say let it go", heard("money"), "Let it go.", {"limit": 1}),
    ("the second time i say pizza say enough", Nth(heard("pizza"), 2), "Enough.", {"limit": 1}),
    ("keep track of how many times i say right", heard("right"), "{n}", {}),
    ("whenever i say um say stop but not more than three times", heard("um"), "Stop.", {"limit": 3}),
    ("when the word deadline comes up say deep breath", heard("deadline"), "Deep breath.", {}),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "when", "say", "terms"), STATED, ids=[each[0] for each in STATED])
def test_the_order_that_is_meant(talk, request_, when, say, terms):
    said = talk.ask(request_)
    assert said.gist.understood == "whole"
    (order,) = said.act.orders
    assert (order.when, order.say) == (when, say)
    assert {name: getattr(order, name) for name in ("limit", "manner", "rest", "until")} == {
        "limit": None,
        "manner": "over",
        "rest": 0,
        "until": None,
    } | terms


@pytest.mark.parametrize(
    ("request_", "whens", "clauses"),
    [
        (
            "in six seconds say tea and in eleven seconds say cake",
            (after(6), after(11)),
            ["All right,", "in 6 seconds", "and in 11 seconds."],
        ),
        (
            "remind me about the pasta in two minutes and also beep every time i say like",
            (after(120), heard("like")),
            ["All right,", "in 2 minutes", "and I will beep each time you say like."],
        ),
        (
            "count how often i say um and tell me when i say actually",
            (heard("um"), heard("actually")),
            ["All right,", "I will count how often you say um", "and I will tell you each time you say actually."],
        ),
    ],
)
def test_two_in_one_sentence(talk, request_, whens, clauses):
    said = talk.say(request_)
    assert tuple(order.when for order in said.act.orders) == whens
    assert said.clauses == clauses
    assert talk.say("what are you waiting for").clauses[0] == "Two things are set:"


@pytest.mark.parametrize(
    ("request_", "say"),
    [
        ("in ten seconds say salt and pepper", "Salt and pepper."),
        ("when i say red say stop and go home now", "Stop and go home now."),
    ],
)
def test_an_and_is_not_always_between_two(talk, request_, say):
    (order,) = talk.ask(request_).act.orders
    assert order.say == say


def test_where_one_of_two_is_refused_neither_is_given(talk):
    said = talk.ask("in ten seconds say tea and in ninety hours say cake")
    assert said.act is None and said.text == "That is too long for me. I can wait one day at most."


@pytest.mark.parametrize(
    "withdrawal",
    [
        "forget it do not say tea",
        "do not say tea",
        "never mind the tea",
        "forget that",
        "scrap that",
        "drop the reminder",
        "stop saying tea",
    ],
)
def test_withdrawn_in_passing(talk, withdrawal):
    talk.say("count how often i say like")
    talk.say("in thirty seconds say tea")
    assert talk.ask(withdrawal).act.withdraw == ("reminder 2",)


@pytest.mark.parametrize(
    ("change", "when", "say"),
    [
        ("no in six seconds say lunch", Moment(s(15) + s(6)), "Lunch."),
        ("no say dinner in six seconds", Moment(s(15) + s(6)), "Dinner."),
        ("no in six seconds", Moment(s(15) + s(6)), "Lunch."),
        ("not in fifteen seconds but in twenty seconds", Moment(s(15) + s(20)), "Lunch."),
        ("no say dinner instead", after(15), "Dinner."),
        ("change it to dinner", after(15), "Dinner."),
    ],
)
def test_changed_in_passing(talk, change, when, say):
    talk.say("in fifteen seconds say lunch")
    given = talk.say(change).act
    (order,) = given.orders
    assert (order.when, order.say) == (when, say)
    assert order.name == "reminder 1" or given.withdraw == ("reminder 1",), "in place of the other"
    assert len(talk.brain.memory.orders) == 1


def test_an_interval_is_changed_in_passing(talk):
    talk.say("every four seconds say breathe")
    (order,) = talk.ask("not every four seconds but every six seconds").act.orders
    assert (order.name, order.when) == ("reminder 1", Interval(s(15), s(6)))


@pytest.mark.parametrize(
    "asked",
    ["what have i asked you to do", "remind me what you're listening for", "run through all my orders", "what is set"],
)
def test_asked_what_there_is(talk, asked):
    talk.say("count how often i say like")
    assert talk.ask(asked).clauses[0] == "One thing is set:"


def test_a_recogniser_is_built_for_what_everybody_says():
    """What is understood in many words is listened for in few: its grammar hears those the better."""
    spoken = language()
    assert spoken.slots["later"] == ("in <duration>",) and spoken.slots["every"] == ("every",)
    assert "nudge" not in spoken.slots and "for_time" not in spoken.slots
    assert "(tell me | let me know) when <duration> <gone>" in " ".join(spoken.phrases)
