"""Standing orders stated in words: what was said, and the order that comes of it."""

from __future__ import annotations

import pytest

from duetto.brain.embedded.language import language
from duetto.timeline.clock import s
from duetto.timeline.job import StandingOrder
from duetto.timeline.order import (
    After,
    AllOf,
    AnyOf,
    Interval,
    Moment,
    Nth,
    Reads,
    Repeats,
    Sight,
    Silence,
    Words,
)
from duetto.timeline.order_problem import problem
from duetto.timeline.order_words import describe_order

NOW = s(10)


def heard(*phrases):
    return Words(phrases)


def typed(*phrases):
    return Words(phrases, "typed")


def every(seconds):
    return Interval(NOW, s(seconds))


def silent(seconds, who="user"):
    return Silence(s(seconds), who)


STATED = [
    # words
    ("every time i say basically say stop", heard("basically"), "Stop.", {}),
    ("when I say goodbye say see you", heard("goodbye"), "See you.", {}),
    ("whenever i mention a banana say yellow", heard("banana"), "Yellow.", {}),
    ("when i talk about the money say stop", heard("money"), "Stop.", {}),
    ("say decide whenever i say perhaps", heard("perhaps"), "Decide.", {}),
    ("stop me when i talk about money", heard("money"), "Stop, you said {word}.", {}),
    ("every time i say basically stop me", heard("basically"), "Stop, you said {word}.", {}),
    ("if i say um tell me", heard("um"), "You said {word}.", {}),
    ("tell me when i say actually", heard("actually"), "You said {word}.", {}),
    ("when i type done say well done", typed("done"), "Well done.", {}),
    ("when i say red or blue say colour", heard("red", "blue"), "Colour.", {}),
    ("when i say the word red say apple", heard("red"), "Apple.", {}),
    ("whenever i say suddenly say oh no", heard("suddenly"), "Oh no.", {}),
    ("every time i say very say how very", heard("very"), "How very.", {}),
    ("every time i say sorry say no need", heard("sorry"), "No need.", {}),
    ("when i say listen say i am listening", heard("listen"), "I am listening.", {}),
    ("when i say at the end of the day say it is night", heard("at the end of the day"), "It is night.", {}),
    ("every time i say you know say i know", heard("you know"), "I know.", {}),
    ("count how often i say like", heard("like"), "{n}", {}),
    ("count every time i say so", heard("so"), "{n}", {}),
    ("tell me when i have said actually three times", Nth(heard("actually"), 3), "You have said actually 3 times.",
     {"limit": 1}),
    ("tell me when i have said you know twice", Nth(heard("you know"), 2), "You have said you know 2 times.",
     {"limit": 1}),
    ("tell me when i say right for the fifth time", Nth(heard("right"), 5), "You have said right 5 times.",
     {"limit": 1}),
    # counting
    ("count my push ups", Repeats("push-up"), "{n}", {}),
    ("Count my push-ups!", Repeats("push-up"), "{n}", {}),
    ("count the squats", Repeats("squat"), "{n}", {}),
    ("count my arm raises", Repeats("arm raise"), "{n}", {}),
    ("count all my jumping jacks", Repeats("jumping jack"), "{n}", {}),
    ("count my waves", Repeats("wave"), "{n}", {}),
    ("count how often i wave", Repeats("wave"), "{n}", {}),
    ("count how many squats i do", Repeats("squat"), "{n}", {}),
    ("count my lunges", Repeats("movement"), "{n}", {}),
    ("count with me", Repeats("movement"), "{n}", {}),
    ("count my squats silently", Repeats("squat"), "{n}", {"manner": "text"}),
    ("count my squats until i say enough", Repeats("squat"), "{n}", {"until": heard("enough")}),
    ("tell me when i have done ten squats", Nth(Repeats("squat"), 10), "You have done 10 squats.", {"limit": 1}),
    # seen
    ("say hello when someone comes in", Sight("person"), "Hello.", {}),
    ("say goodbye when someone leaves", Sight("person-gone"), "Goodbye.", {}),
    ("when somebody enters say welcome", Sight("person"), "Welcome.", {}),
    ("tell me whenever someone comes in", Sight("person"), "Someone has come in.", {}),
    ("tell me when somebody raises a hand", Sight("hand"), "I see a raised hand.", {"limit": 1}),
    ("say yes when i raise my hand", Sight("hand"), "Yes.", {}),
    ("tell me when it gets dark", Sight("dark"), "It has become dark.", {"limit": 1}),
    ("say so when it gets dark", Sight("dark"), "It has become dark.", {"limit": 1}),
    ("tell me whenever the picture changes", Sight("scene"), "The picture has changed.", {}),
    ("tell me when my screen changes", Sight("scene", None, "screen"), "Your screen has changed.", {"limit": 1}),
    ("say quiet when nothing moves on my screen", Sight("still", None, "screen"), "Quiet.", {}),
    ("say stopped when i stop moving", Sight("stops"), "Stopped.", {}),
    ("tell me when i start walking", Sight("starts"), "You have started.", {"limit": 1}),
    # read
    ("tell me when my screen says failed", Reads(("failed",)), "Your screen says {word}.", {"limit": 1}),
    ("say red when the screen shows error", Reads(("error",)), "Red.", {}),
    ("say done when my screen says zero zero zero", Reads(("zero zero zero", "000")), "Done.", {}),
    ("when my screen says twenty five say half", Reads(("twenty five", "25")), "Half.", {}),
    ("tell me when build failed appears on the screen", Reads(("build failed",)), "Your screen says {word}.",
     {"limit": 1}),
    # silence
    ("if i say nothing for seven seconds ask are you there", silent(7), "Are you there?", {}),
    ("if i say nothing for ten seconds ask me if i am there", silent(10), "Are you there?", {}),
    ("say wake up when i am silent for nine seconds", silent(9), "Wake up.", {}),
    ("when nobody talks for five seconds say is anybody there", silent(5, "anyone"), "Is anybody there.", {}),
    # time
    ("in ten seconds say good morning", Moment(NOW + s(10)), "Good morning.", {}),
    ("in seven seconds tell me to lift my arms", Moment(NOW + s(7)), "Lift your arms.", {}),
    ("say hello in six seconds", Moment(NOW + s(6)), "Hello.", {}),
    ("every four seconds tell me to lift my arms", every(4), "Lift your arms.", {}),
    ("say tick every three seconds three times", every(3), "Tick.", {"limit": 3}),
    ("remind me to breathe every four seconds until i say stop", every(4), "Breathe.", {"until": heard("stop")}),
    ("remind me to breathe every minute until it gets dark", every(60), "Breathe.", {"until": Sight("dark")}),
    ("count down from ten seconds", every(1), "{left}", {"limit": 10}),
    ("start a countdown of nine minutes", Moment(NOW + s(540)), "Your timer of 9 minutes is up.", {}),
    # terms
    ("every time i say basically say stop at most once a minute", heard("basically"), "Stop.", {"rest": s(60)}),
    ("every time i say basically say stop three times", heard("basically"), "Stop.", {"limit": 3}),
    ("say hello when someone comes in but do not interrupt me", Sight("person"), "Hello.", {"manner": "gap"}),
    ("write done when i type finished", typed("finished"), "Done.", {"manner": "text"}),
    ("say drink every minute silently", every(60), "Drink.", {"manner": "text"}),
    # two things
    ("when i type done wait five seconds then say well done", After(typed("done"), s(5)), "Well done.", {}),
    ("when i say red or someone comes in say now", AnyOf((Sight("person"), heard("red"))), "Now.", {}),
    ("when i say red and someone comes in say both", AllOf((heard("red"), Sight("person")), s(60)), "Both.", {}),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "when", "say", "terms"), STATED)
def test_the_order_that_is_meant(talk, request_, when, say, terms):
    order = talk.say(request_, "typed").order
    if isinstance(when, AnyOf | AllOf):
        assert type(order.when) is type(when)
        assert isinstance(order.when, AnyOf | AllOf)
        assert set(order.when.of) == set(when.of)
    else:
        assert order.when == when
    assert order.say == say
    expected = {"limit": None, "manner": "over", "rest": 0, "until": None, **terms}
    assert {name: getattr(order, name) for name in expected} == expected
    assert problem(order, now=NOW) is None
    assert describe_order(order)


@pytest.mark.parametrize(
    ("request_", "what", "clauses"),
    [
        ("count my push ups", "I count your push-ups", "All right, | I will count your push-ups."),
        (
            "every time i say basically say stop",
            "I say stop each time you say basically",
            "All right, | I will say stop each time you say basically.",
        ),
        (
            "tell me when someone comes in",
            "I tell you when someone comes in",
            "All right, | I will tell you when someone comes in.",
        ),
        (
            "if i say nothing for ten seconds ask me if i am there",
            "I ask if you are there each time you say nothing for 10 seconds",
            "All right, | I will ask if you are there | each time you say nothing for 10 seconds.",
        ),
        (
            "remind me to call my mother in twelve seconds",
            "I remind you to call your mother in 12 seconds",
            "All right, | in 12 seconds.",
        ),
        (
            "say tick every three seconds three times",
            "I say tick every 3 seconds, 3 times",
            "All right, | every 3 seconds | 3 times.",
        ),
    ],
)
def test_how_it_is_confirmed_and_spoken_of(talk, request_, what, clauses):
    said = talk.say(request_)
    assert said.order.what == what
    assert " | ".join(said.clauses) == clauses


@pytest.mark.parametrize(
    "doing",
    ["doing push ups", "squats", "raising my arms", "waving", "walking"],
)
def test_both_ends_of_a_movement(talk, doing):
    said = talk.say(f"say start when i start {doing} and stop when i stop")
    assert said.act is not None
    assert [(order.when, order.say) for order in said.act.orders] == [
        (Sight("starts"), "Start."),
        (Sight("stops"), "Stop."),
    ]
    assert len({order.name for order in said.act.orders}) == 2
    told = talk.say(f"tell me when i start and stop {doing}")
    assert told.act is not None
    assert [order.say for order in told.act.orders] == ["You have started.", "You have stopped."]


def test_other_words_for_both_ends(talk):
    said = talk.say("say off we go when i start waving and that was it when i stop", "typed")
    assert said.act is not None
    assert [order.say for order in said.act.orders] == ["Off we go.", "That was it."]


def test_two_moments_in_one_sentence(talk):
    said = talk.say("remind me to drink in seven seconds and to stretch in thirteen seconds")
    assert said.act is not None
    assert [(order.when, order.say) for order in said.act.orders] == [
        (Moment(NOW + s(7)), "You wanted to drink."),
        (Moment(NOW + s(13)), "You wanted to stretch."),
    ]
    assert said.text == "All right, in 7 seconds and in 13 seconds."
    assert len(talk.brain.memory.orders) == 2


# --- changed, told, withdrawn ---------------------------------------------------------------------------------


def test_no_puts_another_in_its_place(talk):
    talk.say("remind me to eat in nine seconds")
    said = talk.say("no remind me to eat in twelve seconds")
    assert said.act is not None
    assert said.act.withdraw == ("reminder 1",)
    assert said.order.when == Moment(s(15) + s(12))
    assert talk.orders == ("reminder 2",)


def test_an_interval_is_changed(talk):
    talk.say("remind me to breathe every four seconds until i say stop")
    said = talk.say("make it every five seconds")
    assert (said.order.name, said.order.when) == ("reminder 1", Interval(s(15), s(5)))
    assert (said.order.say, said.order.until) == ("Breathe.", heard("stop"))
    assert said.text == "All right, every 5 seconds."
    assert talk.say("what reminders do i have").text == "One thing is set: breathe, every 5 seconds."


def test_a_timer_is_changed(talk):
    talk.say("set a timer for ten minutes")
    said = talk.say("make it five minutes")
    assert (said.order.name, said.order.when) == ("timer 1", Moment(s(15) + s(300)))
    assert said.order.say == "Your timer of 5 minutes is up."
    assert len(talk.brain.memory.orders) == 1


def test_nothing_to_change(talk):
    said = talk.say("make it every five seconds")
    assert (said.text, said.act) == ("There is nothing that I could change.", None)


def test_cancel_that_is_about_the_last_one(talk):
    talk.say("set a timer for ten minutes")
    talk.say("every time i say basically say stop")
    assert talk.say("cancel that").act.withdraw == ("cue 2",)
    assert talk.orders == ("timer 1",)


def test_withdrawn_by_kind(talk):
    talk.say("count my squats")
    talk.say("say hello when someone comes in")
    talk.say("when i say red say apple")
    talk.say("remind me every minute to drink")
    assert talk.say("stop counting").act.withdraw == ("count 1",)
    assert talk.say("stop watching").act.withdraw == ("watch 2",)
    assert talk.say("stop listening").act.withdraw == ("cue 3",)
    assert talk.say("no more reminders").act.withdraw == ("reminder 4",)
    assert talk.orders == ()


def test_a_plain_stop_leaves_what_listens(talk):
    talk.say("when i say red say apple")
    talk.say("count my squats")
    assert talk.say("stop").act.withdraw == ("count 2",)
    assert talk.orders == ("cue 1",)


def test_forgotten_by_what_it_is_about(talk):
    talk.say("every time i say money say stop")
    talk.say("count my push-ups")
    assert talk.say("forget about the door").text == "I know of nothing about the door."
    assert talk.say("forget about the push ups").act.withdraw == ("count 2",)
    assert talk.say("forget about the money").act.withdraw == ("cue 1",)


def test_orders_of_the_application_are_told_and_forgotten(talk, monkeypatch):
    given = StandingOrder("door", "I say so when the door opens", "when the door opens", "The door.", 0)
    context = talk.context

    def with_given():
        import msgspec

        return msgspec.structs.replace(context(), orders=("door",), standing=(given,))

    monkeypatch.setattr(talk, "context", with_given)
    assert talk.say("what orders do i have").text == "One thing is set: I say so when the door opens."
    assert talk.say("forget about the door").act.withdraw == ("door",)


# --- refused, and asked back ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (
            "every time i say stop say go until i say stop",
            "I can not do that: it would end with the very thing that it waits for.",
        ),
        ("count down from ten hours", "That is a lot of numbers. I count 200 at most."),
        (
            "tell me when the build turns red",
            "To see that I need a language model. I can watch for movement, people and words on the screen.",
        ),
        (
            "say so when i smile",
            "To see that I need a language model. I can watch for movement, people and words on the screen.",
        ),
    ],
)
def test_what_can_not_be_watched_is_refused(talk, request_, text):
    said = talk.say(request_)
    assert (said.text, said.act) == (text, None)
    assert said.gist.understood == "whole"


@pytest.mark.parametrize(
    ("half", "back", "rest", "say"),
    [
        ("when someone comes in say", "What shall I say then?", "hello", "Hello."),
        ("tell me when", "Tell you when what happens?", "it gets dark", "It has become dark."),
        ("count how often", "Count what?", "i say like", "{n}"),
        ("in ten seconds say", "What shall I say then?", "good morning", "Good morning."),
    ],
)
def test_half_an_order_is_asked_back(talk, half, back, rest, say):
    said = talk.say(half)
    assert (said.gist.understood, said.text) == ("half", back)
    assert talk.say(rest).order.say == say


def test_what_is_seldom_said_is_not_listened_for():
    spoken = " ".join(language().phrases)
    assert "wait <wait>" not in spoken
    assert "<unseen>" not in spoken
    assert "count <how_often> <happening>" in spoken
