"""Every beginning of every sentence: a request is whole where it is marked with "|" and at its end, nowhere else.

The marks were set by hand: "what is two plus three" can be answered, "what is two plus" cannot.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duetto.brain.embedded import EmbeddedBrain, EmbeddedSettings, language
from duetto.brain.embedded.skills import skills
from duetto.brain.embedded.understand import Understander
from duetto.brain.embedded.words import NUMBER, tokens
from duetto.timeline.arrival import Clause, Gist
from duetto.timeline.job import Ask, Context

SENTENCES = """
what is twelve times seven
what is two plus three | times four
what is twelve plus seven | times three
how much is a hundred and five minus six
what is ten percent of fifty
what is the square root of nine
what is five squared
what is three point five times two
twelve divided by four
divide ten by zero
add five and seven
subtract three from ten
half of ten
what is twice twenty | one
convert ten miles to kilometers
how many feet are in a mile
how many minutes are there in a day
what is twenty degrees celsius in fahrenheit
fifty miles per hour in kilometers per hour
a mile in kilometers
two pounds in kilograms
what time is it
can you tell me what time it is
what is the time | please
do you know the time
what day is it
what day of the week is it
what is the date
what is today's date
what day is tomorrow
what year is it
how long until midnight
how long until half past five
how long until christmas
how long is it until friday
set a timer for ten seconds
set a timer for two minutes | and thirty seconds
could you start a timer for half a minute
set a ten minute timer
how long is left
how much time is left | on the timer
remind me in ten seconds to drink | water
remind me to drink water in ten seconds
in two minutes remind me to call | my mother
remind me in five minutes that the tea | is ready
remind me every four seconds to breathe
remind me every four seconds to breathe | until i say stop
every ten seconds remind me to sit | straight
remind me to stretch every minute
say hello every five seconds
remind me at half past five to leave
set an alarm for seven | thirty
wake me up at eight
what reminders do i have
list my timers
cancel the timer
cancel all reminders
stop | reminding | me
cancel everything
cancel timer | two
stop
stop | it
be quiet
that is enough
tell me when you see something | move
tell me when you see something | move | on the left
let me know when something moves
tell me when someone comes | in
tell me whenever you see a face
tell me when it gets dark
let me know if the light goes off
watch for movement
add milk to my shopping list
put bread and butter on the shopping list
what is on my shopping list
read me my shopping list
remove milk from my shopping list
take eggs off the list
clear my shopping list
how many things are on my list
note that the door | code | is four | five | six
remember that the meeting | is on | monday
make a note that the key | is in | the box
write down call | the bank
what did i note
read my notes
my name is ada
call me peter
what is my name
do you know my name
who am i
read me the story
read this
read this | aloud
read what i typed
tell me a story
where are you
where were you
how far are you
go on
go on | from there
continue | reading
keep going
start again
start over | from the beginning
repeat that
say that | again
what was that
count to twenty
count to twenty | by twos
count from five to ten
count down from ten
count down from ten | to five
count from ten to one | hundred | by tens
what do you see
what can you see
what is in front of the camera
is anybody there
can you see me
how many people do you see
what color is it
what colors do you see
is something moving
did something move
what happened
what just happened
is it dark
how bright is it
where is it
what moved
what did i say
what did i just say
what did i say | first
what did i say | before | that
when did i say that
when did i say hello
what did you say
what did i type
what am i typing
help
help | me
what can you do
hello
good | morning
thank you
thanks | a lot
goodbye
how are you
who are you
what is your name
can you hear me
yes
no
what is eight minus twelve
what is ten divided by three
what is one thousand two hundred and thirty four plus six
what is two to the power of ten
what is five cubed
what is the square root of sixteen | plus four
what is two point five plus two | point five
calculate nine times nine
work out ninety nine over three
multiply five by seven
double twenty | one
convert zero degrees fahrenheit to celsius
how many kilometers are in ten miles
how many cups are there in a gallon
convert ninety minutes to hours
how many seconds are in an hour
wake me in an hour | and a half
set a timer for an hour | and a half
set a timer for two and a half minutes
set a timer for zero seconds
set a timer for one hundred hours
remind me every second to smile
remind me every half a minute to look | up
remind me every two minutes to drink | some water
say breathe every four seconds | until i say stop
tell me every time you see something | move
warn me when there is movement | in the middle
tell me when the picture changes
look out for people
tell me when it gets bright
what is on my packing list
is there any milk on my list
delete my list
forget my notes
count to ten | by twos
count to three
count from three to one
count down from three
count to ten | thousand
count to zero
count from one to nine | in steps of two
whats your name
nope
thank you | very much
remind me at noon to eat
wake me up at quarter to seven | in the morning
how long until quarter past ten
how long until the weekend
how long until the new year
what day was yesterday
what month is it
is it bright
what is half a mile in kilometers
what is two and a half times four
count to five | hundred
what is one divided by seven
what is one divided by one | thousand
two and a half miles in kilometers
"""

BEGINNINGS = {"a", "could", "could you", "in", "my", "that", "i", "i would"}
"""Words that many sentences begin with which mean nothing to duetto."""


@pytest.fixture(scope="module")
def understander():
    return Understander(skills())


@pytest.mark.parametrize("marked", SENTENCES.strip().splitlines())
def test_a_beginning_is_whole_only_where_it_is_one(understander, marked):
    spoken: list[str] = []
    words = marked.split()
    for word, following in zip(words, (*words[1:], "|"), strict=True):
        if word == "|":
            continue
        spoken.append(word)
        said = " ".join(spoken)
        expected = "whole" if following == "|" else "none" if said in BEGINNINGS else "half"
        assert understander.understand(tokens(said)).understood == expected, said


@pytest.mark.parametrize(
    "request_",
    [
        "count to ten",  # by twos
        "what is twelve plus seven",  # times three
        "what is twelve times twenty",  # one
        "remind me every four seconds to breathe",  # until i say stop
        "remind me in ten seconds to drink",  # water
        "note that the door code is four",  # five six
        "tell me when you see something move",  # on the left
        "set an alarm for seven",  # thirty
        "what did i say",  # first
        "my name is ada",  # lovelace
        "hello",  # what time is it
    ],
)
def test_what_may_well_go_on_is_open_ended(understander, request_):
    found = understander.understand(tokens(request_))
    assert (found.understood, found.open_ended) == ("whole", True)


@pytest.mark.parametrize(
    "request_",
    [
        "what time is it",
        "what is on my shopping list",
        "convert ten miles to kilometers",
        "set a timer for ten seconds",
        "remind me every four seconds to breathe until i say stop",
        "count to ten by twos",
        "read me the story",
        "where are you",
        "go on",
        "what do you see",
        "thank you",
    ],
)
def test_what_is_finished_is_not_open_ended(understander, request_):
    found = understander.understand(tokens(request_))
    assert (found.understood, found.open_ended) == ("whole", False)


# --- the whole brain, not only its understanding --------------------------------------------------------------

CONTEXT = Context(now=10_000_000_000, epoch_ns=1_767_261_600_000_000_000)
VOCABULARY = sorted(
    Understander(skills()).automaton.words - {NUMBER} | set(language().open_words) | {"3", "2.5", "banana"}
)


def _answered(brain, number, text):
    parts = list(brain.reply(Ask(number, text, "spoken", True, CONTEXT)))
    assert isinstance(parts[0], Gist)
    clauses = [part.text for part in parts if isinstance(part, Clause)]
    assert all(clause.strip() == clause and clause for clause in clauses)
    if parts[0].understood == "half":
        assert clauses, text


def test_every_beginning_is_answered():
    brain = EmbeddedBrain(EmbeddedSettings(zone="UTC"))
    beginnings = set()
    for marked in SENTENCES.strip().splitlines():
        words = marked.replace("| ", "").split()
        beginnings |= {" ".join(words[:count]) for count in range(1, len(words) + 1)}
    for number, text in enumerate(sorted(beginnings)):
        _answered(brain, number, text)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(SENTENCES.replace("|", "").split()), min_size=1, max_size=6),
    st.lists(st.sampled_from(VOCABULARY), max_size=8),
)
def test_whatever_is_said_is_answered(beginning, rest):
    """Also when it follows a question that was asked back."""
    brain = EmbeddedBrain(EmbeddedSettings(zone="UTC"))
    _answered(brain, 1, " ".join(beginning))
    brain.keep(1)
    _answered(brain, 2, " ".join(rest))
    brain.keep(2)
    _answered(brain, 3, " ".join(beginning + rest))


@pytest.mark.parametrize(
    ("request_", "more"),
    [
        ("count to ten", "maybe"),
        ("set a timer for ten minutes", "no"),
        ("remind me every ten seconds to breathe", "likely"),
        ("remind me every ten seconds to breathe until i say stop", "no"),
        ("note that the key is under the mat", "likely"),
        ("stop", "likely"),
    ],
)
def test_what_people_mostly_go_on_from_is_told_from_what_they_may_go_on_from(talk, request_, more):
    assert talk.ask(request_, draft=True).gist.more == more


def test_stop_means_what_is_being_said_at_once(talk):
    talk.saying, talk.heard = 3, "one, two, three,"
    assert talk.ask("stop", draft=True).gist.more == "no"


def test_an_answer_that_begins_another_request_is_waited_for(talk):
    asked = talk.ask("remind me in five minutes to call that")
    assert asked.gist.understood == "half", asked
    assert talk.ask("count", draft=True).gist.more == "likely"
    assert talk.ask("my mother", draft=True).gist.more != "likely"
