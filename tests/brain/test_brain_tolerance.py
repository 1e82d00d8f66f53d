"""Paraphrases, recognition errors and fillers come to the same request; other talk comes to nothing."""

from __future__ import annotations

from itertools import pairwise

import pytest

from duetto.brain.embedded.skills import skills
from duetto.brain.embedded.understand import MAX_STATES, Understander
from duetto.brain.embedded.words import MAX_WORDS, tokens

SAME = [
    # contractions, fillers, politeness
    ("what's the time", "what is the time"),
    ("um so what is uh the time please", "what is the time"),
    ("hello duetto what is the time", "what is the time"),
    ("could you please tell me the time", "tell me the time"),
    ("so um what is uh twelve times um seven", "what is twelve times seven"),
    ("whats twelve times seven", "what is twelve times seven"),
    ("i would like you to count to three", "count to three"),
    ("hey can you set a timer for ten seconds", "set a timer for ten seconds"),
    ("please read me a story", "read me a story"),
    # words that sound alike
    ("remind me every for seconds to breathe", "remind me every four seconds to breathe"),
    ("count two ten", "count to ten"),
    ("count too ten", "count to ten"),
    ("what do you sea", "what do you see"),
    ("tell me when something moves on the write", "tell me when something moves on the right"),
    ("what is to plus for", "what is two plus four"),
    ("what is ate times won", "what is eight times one"),
    ("red me the story", "read me the story"),
    # words that look or sound nearly alike
    ("sat a timer for tin seconds", "set a timer for ten seconds"),
    ("set a time for ten seconds", "set a timer for ten seconds"),
    ("what is twelve times heaven", "what is twelve times seven"),
    ("what is twelve time seven", "what is twelve times seven"),
    ("count to tan", "count to ten"),
    ("wot time is it", "what time is it"),
    ("converts ten miles two kilometers", "convert ten miles to kilometers"),
    ("mind me every four seconds to breathe", "remind me every four seconds to breathe"),
    ("remind me ever four seconds to breathe", "remind me every four seconds to breathe"),
    ("at milk to my shopping list", "add milk to my shopping list"),
    ("what did you said", "what did you say"),
    ("go on from here", "go on from there"),
    ("canceled the timer", "cancel the timer"),
    # words that were lost
    ("remind every four seconds to breathe", "remind me every four seconds to breathe"),
    ("set timer ten seconds", "set timer for ten seconds"),
    ("what on my shopping list", "what is on my shopping list"),
    ("what is square root of nine", "what is the square root of nine"),
    ("what time it is", "what time is it"),
    # words that were made up
    ("what is the twelve times seven", "what is twelve times seven"),
    ("count the to ten", "count to ten"),
    ("set a timer for the ten seconds", "set a timer for ten seconds"),
    ("what a is on my shopping list", "what is on my shopping list"),
]

OTHER_TALK = [
    "the weather is nice today",
    "what is the weather like",
    "what is the capital of france",
    "who won the world cup",
    "i went to the store yesterday and bought a bicycle",
    "play some music",
    "tell me a joke",
    "do you like cats",
    "open the window",
    "call the police",
    "my dog is very old",
    "how old are you",
    "what is love",
    "are you happy",
    "that is interesting",
    "what time is it in paris",
    "what is the time difference between here and tokyo",
    "he said that she would come at five",
    "well i think we should leave now because it is late",
    "who is the president",
    "is the train late",
    "is it raining",
    "where is my phone",
    "how long is the river",
    "set the table for ten",
    "to be or not to be that is the question",
    "put your hands up in the air now",
    "one two three",
    "um",
    "please",
]

HALVES = [
    ("what is", "I only caught the beginning."),
    ("what is twelve", "12 what?"),
    ("what is twelve times", "12 times what?"),
    ("add five to", "Add 5 to what?"),
    ("convert ten miles", "10 miles in what? Kilometers?"),
    ("twenty degrees", "20 degrees what?"),
    ("what is fifty miles per", "50 miles per what?"),
    ("what is a hundred and", "100 and what?"),
    ("how many feet are in", "How many feet are in what?"),
    ("set a timer", "For how long?"),
    ("set a timer for ten", "Ten what? Minutes?"),
    ("remind me", "Remind you of what, and when?"),
    ("remind me every four seconds", "Remind you every 4 seconds of what?"),
    ("remind me every minute", "Remind you every minute of what?"),
    ("remind me in ten seconds", "Remind you in 10 seconds of what?"),
    ("remind me in ten", "Ten what? Seconds?"),
    ("remind me to call my mother", "When shall I remind you to call your mother?"),
    ("how long until", "How long until what?"),
    ("add milk", "Add milk to which list? The shopping list?"),
    ("remove milk", "Take milk off which list?"),
    ("note that", "What shall I note?"),
    ("my name is", "What is your name?"),
    ("count to", "Count to what? Ten?"),
    ("count from five", "From five to what?"),
    ("count down", "Down from what? Ten?"),
    ("tell me when", "Tell you when what happens?"),
    ("watch for", "Watch for what? Movement?"),
    ("read me", "Read what? The story?"),
    ("cancel", "Cancel what?"),
]


@pytest.fixture(scope="module")
def understander():
    return Understander(skills())


@pytest.mark.parametrize(("said", "meant"), SAME)
def test_the_same_is_meant(understander, said, meant):
    found, wanted = understander.understand(tokens(said)), understander.understand(tokens(meant))
    assert found.understood == wanted.understood == "whole"
    assert found.match is not None and wanted.match is not None
    assert found.match.intent == wanted.match.intent
    assert _content(found.match) == _content(wanted.match)


def _content(match):
    """What fills the slots, but for words that make no difference."""
    kept = {name: filled for name, filled in match.slots.items() if name not in ("how", "until_stop")}
    return {name: [[word for word in words if word != "the"] for words in filled] for name, filled in kept.items()}


@pytest.mark.parametrize("said", OTHER_TALK)
def test_other_talk_is_not_understood(understander, said):
    assert understander.understand(tokens(said)).understood == "none"


@pytest.mark.parametrize(("said", "asked"), HALVES)
def test_half_of_a_request_is_asked_about(talk, said, asked):
    reply = talk.say(said)
    assert (reply.gist.understood, reply.clauses, reply.act) == ("half", [asked], None)


def test_not_understood_is_never_said_twice_the_same(talk):
    replies = [talk.say("the weather is nice today").clauses for _ in range(7)]
    assert all(first != second for first, second in pairwise(replies))
    assert {talk.ask("hm the weather").gist.understood} == {"none"}


def test_silence_and_symbols_are_nothing(talk):
    for nothing in ("", "   ", "...", "!?"):
        said = talk.say(nothing)
        assert (said.gist.understood, said.clauses) == ("none", [])


def test_understanding_is_bounded(understander):
    """Work grows with the words, not with what is said in them, and only the first MAX_WORDS count."""
    worst = [
        "what is two plus",
        "remind me to",
        "note that",
        "add",
        "five miles in",
        "what is the",
        "tell me when",
        "and",
    ]
    for words in worst:
        endless = " ".join([words] * 200)
        assert len(tokens(endless)) == MAX_WORDS
        assert understander.understand(tokens(endless)).work <= 250 * MAX_WORDS
    ordinary = "remind me every four seconds to breathe until i say stop"
    assert understander.understand(tokens(ordinary)).work <= 120 * len(ordinary.split())
    assert MAX_STATES <= 400


def test_a_misheard_to_is_not_said(talk):
    assert talk.say("remind me every for seconds two breathe").order.say == "Breathe."
