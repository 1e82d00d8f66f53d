"""A draft has no effect until its reply is kept, and what is asked back is completed by what follows."""

from __future__ import annotations

import threading

import msgspec
import pytest

from duetto.brain.brain import BrainHandler
from duetto.brain.embedded import EmbeddedBrain, EmbeddedSettings, make_handler
from duetto.brain.embedded.embedded import MAX_DRAFTS
from duetto.brain.embedded.memory import MAX_ITEMS, MAX_LISTS, MAX_ORDERS, MAX_TEXT
from duetto.timeline.arrival import Act, Clause, Gist, ReplyEnd
from duetto.timeline.clock import s
from duetto.timeline.job import Ask, Context, Forget, Keep, Look, Remark

CHANGING = [
    "add milk to my shopping list",
    "note that the door code is four five six",
    "my name is ada",
    "set a timer for ten seconds",
    "remind me every four seconds to breathe",
    "read me the story",
    "count to ten",
    "what is twelve times seven",
    "what is twelve times",
    "the weather is nice today",
]


@pytest.mark.parametrize("request_", CHANGING)
def test_a_forgotten_draft_never_was(talk, request_):
    before = talk.brain.memory
    talk.ask(request_, draft=True)
    assert talk.brain.memory is before
    talk.brain.forget(talk.reply)
    talk.brain.keep(talk.reply)
    assert talk.brain.memory is before


@pytest.mark.parametrize("request_", CHANGING)
def test_a_kept_draft_counts_once(talk, request_):
    before = talk.brain.memory
    talk.ask(request_, draft=True)
    talk.brain.keep(talk.reply)
    after = talk.brain.memory
    assert after != before
    talk.brain.keep(talk.reply)
    assert talk.brain.memory is after


@pytest.mark.parametrize("request_", CHANGING)
def test_what_is_no_draft_counts_at_once(talk, request_):
    before = talk.brain.memory
    talk.ask(request_, "typed")
    after = talk.brain.memory
    assert after != before
    talk.brain.keep(talk.reply)
    assert talk.brain.memory is after


def test_two_orders_that_were_typed_have_names_of_their_own(talk):
    first = talk.ask("say hello when someone comes in", "typed").order
    second = talk.ask("say goodbye when someone leaves", "typed").order
    assert first.name != second.name


def test_drafts_on_the_way_to_a_request_leave_only_the_request(talk):
    words = "add milk and eggs to my shopping list".split()
    for count in range(1, len(words) + 1):
        talk.ask(" ".join(words[:count]), draft=True)
        if count < len(words):
            talk.brain.forget(talk.reply)
    talk.brain.keep(talk.reply)
    assert talk.brain.memory.lists == (("shopping list", ("milk", "eggs")),)
    assert talk.brain.memory.pending is None


def test_two_drafts_from_the_same_memory_both_count(talk):
    talk.ask("add milk to my list", draft=True)
    talk.ask("add eggs to my list", draft=True)
    talk.brain.keep(1)
    talk.brain.keep(2)
    assert talk.brain.memory.items("list") == ("milk", "eggs")


def test_an_order_keeps_the_name_under_which_it_was_given(talk):
    talk.ask("add milk to my list", draft=True)
    first = talk.ask("set a timer for ten seconds", draft=True).order
    talk.brain.keep(1)
    talk.brain.keep(2)
    assert [given.name for given in talk.brain.memory.orders] == [first.name]


def test_a_draft_may_be_kept_before_it_was_thought(talk):
    parts = talk.brain.reply(Ask(1, "my name is ada", "spoken", True, talk.context()))
    talk.brain.keep(1)
    list(parts)
    assert talk.brain.memory.name == "Ada"


def test_drafts_are_bounded(talk):
    for _ in range(MAX_DRAFTS + 1):
        talk.ask("my name is ada", draft=True)
    talk.brain.keep(1)
    assert talk.brain.memory.name == ""
    talk.brain.keep(2)
    assert talk.brain.memory.name == "Ada"


@pytest.mark.parametrize("keep", [False, True])
def test_forgetting_ends_a_running_reply_from_another_thread(talk, keep):
    parts = talk.brain.reply(Ask(1, "count to two hundred", "spoken", True, talk.context()))
    assert [type(next(parts)) for _ in range(3)] == [Gist, Clause, Clause]
    if keep:
        talk.brain.keep(1)
    other = threading.Thread(target=talk.brain.forget, args=(1,))
    other.start()
    other.join()
    assert list(parts) == []


def test_the_handler_does_the_brains_jobs():
    handler = make_handler('{"zone": "UTC"}')
    assert isinstance(handler, BrainHandler)
    ask = Ask(7, "set a timer for ten seconds", "spoken", False, Context(now=0, epoch_ns=0))
    arrivals = list(handler.handle(ask))
    assert [type(arrival) for arrival in arrivals] == [Gist, Act, Clause, Clause, ReplyEnd]
    assert list(handler.handle(Keep(7))) == []
    assert list(handler.handle(Forget(7))) == []
    assert len(handler.brain.memory.orders) == 1
    with pytest.raises(TypeError, match="Look"):
        list(handler.handle(Look(0, b"")))
    handler.close()


def test_bad_settings_say_which():
    with pytest.raises(ValueError, match="zone: there is no time zone 'Moon/Base'"):
        EmbeddedBrain(EmbeddedSettings(zone="Moon/Base"))
    with pytest.raises(msgspec.ValidationError, match="zone"):
        make_handler('{"zone": 3}')
    with pytest.raises(msgspec.ValidationError, match="colour"):
        make_handler('{"colour": "red"}')


# --- questions back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("half", "rest", "reply"),
    [
        ("what is twelve times", "seven", "12 times 7 is 84."),
        ("what is twelve", "plus three", "12 plus 3 is 15."),
        ("remind me every four seconds", "breathe", "All right, every 4 seconds from now on."),
        (
            "remind me every four seconds",
            "to breathe until i say stop",
            "All right, every 4 seconds until you say stop.",
        ),
        ("remind me in ten seconds", "to drink water", "All right, in 10 seconds."),
        ("remind me to call my mother", "in ten seconds", "All right, in 10 seconds."),
        ("remind me to call my mother", "ten seconds", "All right, in 10 seconds."),
        ("set a timer", "for ten seconds", "10 seconds, starting now."),
        ("set a timer for ten", "seconds", "10 seconds, starting now."),
        ("set a timer for ten", "yes", "10 minutes, starting now."),
        ("convert ten miles", "to meters", "10 miles is 16093.44 meters."),
        ("convert ten miles", "yes", "10 miles is about 16.09 kilometers."),
        ("convert ten miles", "no meters", "10 miles is 16093.44 meters."),
        ("add milk", "the shopping list", "Milk is on your shopping list."),
        ("add milk", "yes please", "Milk is on your shopping list."),
        ("add milk", "no", "All right."),
        ("count to", "three", "one, two, three."),
        ("count down", "from three", "three, two, one."),
        ("my name is", "ada", "Hello, Ada."),
        ("how long until", "midnight", "13 hours and 59 minutes until midnight."),
        ("tell me when", "something moves", "All right, I will tell you when I see something moving."),
    ],
)
def test_a_question_back_is_answered(talk, half, rest, reply):
    assert talk.say(half).gist.understood == "half"
    assert talk.say(rest).text == reply
    assert talk.brain.memory.pending is None


def test_an_answer_may_come_in_pieces(talk):
    assert talk.say("remind me").text == "Remind you of what, and when?"
    assert talk.say("to breathe").text == "When shall I remind you to breathe?"
    assert talk.say("every four seconds").order.say == "Breathe."


def test_a_question_back_may_be_ignored_and_is_forgotten(talk):
    talk.say("what is twelve times")
    assert talk.say("what day is it").text == "It is Thursday."
    assert talk.say("yes").text == ""
    talk.say("what is twelve times")
    talk.now += s(61)
    assert talk.say("seven").gist.understood == "half"


def test_other_talk_after_a_question_back_is_not_more_of_it(talk):
    talk.say("what is twelve times")
    assert talk.say("the weather is nice today").gist.understood == "none"


# --- memory ---------------------------------------------------------------------------------------------------


def test_lists(talk):
    talk.say("add milk and eggs to my shopping list")
    assert talk.say("put a hammer on my list").text == "Hammer is on your list."
    assert talk.say("what's on my shopping list").clauses == ["On your shopping list:", "milk,", "and eggs."]
    assert talk.say("how many things are on the shopping list").text == "There are two things on your shopping list."
    assert talk.say("remove egg from the shopping list").text == "Eggs is off your shopping list."
    assert talk.say("is there any milk on my shopping list").text == "Yes, milk."
    assert talk.say("add milk to my shopping list").text == "That is on your shopping list already."
    talk.say("clear my shopping list")
    assert talk.say("read my shopping list").text == "Your shopping list is empty."
    assert talk.say("what is on my list").text == "On your list: hammer."


def test_notes_and_names(talk):
    talk.say("Note that my door code is 456", "typed")
    talk.say("note that the tea is green")
    assert talk.say("what did i note").clauses == ["You noted:", "Your door code is 456.", "The tea is green."]
    assert talk.say("what did i note about the door code").clauses == ["You noted:", "Your door code is 456."]
    talk.say("forget my notes")
    assert talk.say("read my notes").text == "You have noted nothing yet."
    talk.say("My name is Ada Lovelace", "typed")
    assert talk.say("what is my name").text == "Your name is Ada Lovelace."
    assert talk.say("hello").text == "Hello, Ada Lovelace."


def test_memory_is_bounded(talk):
    talk.say("note that " + "very " * 30 + "long", "typed")
    talk.say("note that " + "x" * 1000, "typed")
    assert all(len(note) <= MAX_TEXT for note in talk.brain.memory.notes)
    for count in range(MAX_ITEMS + 5):
        talk.say(f"note that box {count} is full", "typed")
        talk.say(f"add box {count} to my list", "typed")
    assert len(talk.brain.memory.notes) == MAX_ITEMS == len(talk.brain.memory.items("list"))
    assert talk.say("note that it is full").text == f"I have {MAX_ITEMS} notes, and that is all I can keep."
    for _ in range(MAX_ORDERS + 5):
        talk.say("set a timer for ten seconds")
    assert len(talk.brain.memory.orders) == MAX_ORDERS
    assert len(talk.brain.memory.lists) <= MAX_LISTS


def test_going_on_from_a_result(talk):
    talk.say("what is twelve plus seven")
    assert talk.say("times three").text == "19 times 3 is 57."
    assert talk.say("divided by two").text == "57 divided by 2 is 28.5."
    assert talk.say("and that squared").text == "28.5 squared is 812.25."
    assert talk.say("what is that divided by zero").text == "Dividing by zero has no answer, I am afraid."


# --- orders ---------------------------------------------------------------------------------------------------


def test_timers_are_told_and_cancelled(talk):
    talk.say("set a timer for one minute")
    talk.say("set a timer for ten minutes")
    talk.say("remind me in half an hour to drink my tea")
    assert talk.say("how long is left").text == "45 seconds and 9 minutes and 50 seconds."
    assert talk.say("what timers are running").clauses == [
        "Three things are set:",
        "a timer of 1 minute, in 40 seconds;",
        "a timer of 10 minutes, in 9 minutes and 45 seconds;",
        "a reminder: drink your tea, in 29 minutes and 50 seconds.",
    ]
    assert talk.say("cancel timer two").act == Act(6, withdraw=("timer 2",))
    assert talk.say("cancel the timer").act == Act(7, withdraw=("timer 1",))
    assert talk.orders == ("reminder 3",)
    assert talk.say("cancel everything").act == Act(8, withdraw=("*",))
    assert talk.say("what reminders do i have").text == "Nothing is set at the moment."


def test_an_order_that_has_run_out_is_not_told(talk):
    talk.say("set a timer for ten seconds")
    talk.orders = ()
    assert talk.say("how long is left").text == "No timer is running."


def test_stop_ends_what_repeats_and_leaves_timers(talk):
    talk.say("set a timer for ten minutes")
    talk.say("remind me every four seconds to breathe")
    talk.say("tell me whenever something moves")
    said = talk.say("stop")
    assert said.act == Act(4, withdraw=("reminder 2", "watch 3"), stop=True)
    assert talk.orders == ("timer 1",)


def test_stop_while_something_is_said_ends_that_first(talk):
    talk.say("remind me every four seconds to breathe")
    talk.saying = 99
    said = talk.say("stop")
    assert (said.act, said.clauses) == (Act(2, stop=True), [])
    talk.saying = None
    assert talk.say("stop").act == Act(3, withdraw=("reminder 1",), stop=True)


def test_stop_ends_at_once_what_was_to_last_until_stop(talk):
    talk.say("remind me every four seconds to breathe until i say stop")
    talk.saying = 99
    assert talk.say("stop").act == Act(2, withdraw=("reminder 1",), stop=True)


def test_stop_reminding_me_leaves_what_is_said_alone(talk):
    talk.say("remind me every four seconds to breathe")
    assert talk.say("stop reminding me").act == Act(2, withdraw=("reminder 1",))


def test_history_alone_is_no_memory(talk):
    talk.history = (Remark("user", "my name is ada", s(1)),)
    assert talk.say("what is my name").text == "You have not told me your name."
