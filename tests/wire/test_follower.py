"""What happens in a conversation is a well-formed story, whatever is said and told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from follower_rig import OFFERS, Talk
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from duetto.assembly import model_of
from duetto.brain.chat.model import CallRequest
from duetto.interaction.action import Hold, Resume
from duetto.recording.reader import Recording
from duetto.recording.replay import replay
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.testing.model import Rule
from duetto.timeline.clock import ms, s
from duetto.timeline.command import (
    Answer,
    Brief,
    Command,
    Discard,
    Erase,
    Manner,
    Offer,
    Over,
    Remember,
    Say,
    Stop,
    Unsay,
)
from duetto.timeline.turn import Samples
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    ReplyBegan,
    ReplyEnded,
    ReplySound,
    TurnBegan,
    TurnEnded,
    TurnWords,
)

STORIES = int(os.environ.get("DUETTO_STORIES", "8"))
"""Conversations that the property is tried on."""
SHORT, LONG = "yeah", "what is the weather going to be like"


@pytest.fixture(scope="session")
def spoken() -> Callable[[str], Samples]:
    made: dict[str, Samples] = {}

    def speak(text: str) -> Samples:
        if text not in made:
            with reading(VoiceSettings(name="en-gb+f2", words_per_minute=160)) as reader:
                made[text] = reader(text)
        return made[text]

    return speak


# --- anything may come ----------------------------------------------------------------------------------------

WORDS = (
    "what is the weather",
    "look it up",
    "watch that for me",
    "what time is it",
    "order that please",
    "yes please",
    "no",
    "tell me a story",
    "yeah",
    "uh huh",
    "wait",
    "go on",
    "this is broken",
    "the line is dead",
    "what is two plus two",
    "",
    "and then",
    "what/that is this",
    "end it",
)
numbers = st.integers(1, 6)
manners = st.builds(
    Manner,
    ends=st.sampled_from(["heard", "heard", "told"]),
    answers=st.booleans(),
    yields=st.booleans(),
    silence=st.sampled_from([None, 0, ms(200), ms(3000)]),
    patience=st.sampled_from([0.5, 1.0, 3.0]),
    speaks=st.sampled_from([True, True, False]),
)
names = st.sampled_from(["a", "b"])
commands: st.SearchStrategy[Command] = st.one_of(
    manners,
    st.just(Manner()),
    st.just(Over()),
    st.just(Discard()),
    st.just(Stop()),
    st.builds(Stop, reply=numbers),
    st.builds(
        Answer,
        tag=st.sampled_from(["", "x", "y"]),
        instructions=st.sampled_from(["", "Be brief."]),
        speaks=st.sampled_from([None, True, False]),
        apart=st.booleans(),
        about=st.sampled_from(["", *WORDS]),
        may_call=st.booleans(),
    ),
    st.builds(Say, text=st.sampled_from(["", "...", "One two three.", "Hello. " * 6]), tag=st.sampled_from(["", "s"])),
    st.builds(Remember, names, st.sampled_from(["user", "duetto", "system"]), st.sampled_from(WORDS)),
    st.builds(Erase, st.builds("{}:{}".format, st.sampled_from(["told", "turn", "reply"]), st.one_of(names, numbers))),
    st.builds(Unsay, numbers, st.integers(0, 5)),
    st.builds(
        Brief,
        instructions=st.sampled_from([None, "Be a parrot."]),
        offers=st.sampled_from([None, (), OFFERS, (Offer("clock"),)]),
        choice=st.sampled_from([None, "auto", "none", "required", "weather"]),
    ),
)
deeds = st.one_of(
    st.tuples(
        st.just("say"),
        st.sampled_from([SHORT, LONG, "what is two plus two"]),
        st.sampled_from([1.0, 0.5]),
        st.sampled_from([1, 1, 5]),
    ),
    st.tuples(st.just("quiet"), st.sampled_from([0.04, 0.2, 0.5, 1.0, 3.0])),
    st.tuples(st.just("line"), st.sampled_from(WORDS)),
    st.tuples(st.just("type"), st.sampled_from(["he", "llo"])),
    st.tuples(st.just("tell"), st.lists(commands, min_size=1, max_size=3)),
    st.tuples(st.just("outcome"), st.sampled_from(["fine", "again", "quiet"]), st.booleans(), st.booleans()),
    st.just(("forget",)),
)


def play(talk: Talk, script: list[tuple], spoken: Callable[[str], Samples]) -> None:
    for deed in script:
        match deed:
            case ("say", text, share, weaker):
                sound = spoken(text) // weaker
                talk.say(sound[: round(len(sound) * share)])
            case ("quiet", seconds):
                talk.quiet(seconds)
            case ("line", text):
                talk.seat.type_line(text)
            case ("type", text):
                talk.seat.key("insert", text)
            case ("tell", told):
                talk.seat.command(*told)
            case ("outcome", text, failed, silent):
                for call in [*sorted(talk.check.owed)[:1], 99]:
                    talk.seat.outcome(call, text, failed, silent)
            case ("forget",):
                talk.seat.forget_sound()
        talk.run(0.04)


@settings(
    max_examples=STORIES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    script=st.lists(deeds, min_size=3, max_size=12),
    hears=st.lists(st.sampled_from(WORDS), max_size=8),
    delta=st.sampled_from([ms(20), ms(40), ms(40), ms(100), ms(500)]),
    chats=st.booleans(),
    longest=st.sampled_from([s(30), s(30), s(1.5)]),
)
def test_every_story_is_well_formed_and_its_recording_replays(
    script: list[tuple],
    hears: list[str],
    delta: int,
    chats: bool,
    longest: int,
    spoken: Callable[[str], Samples],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("story") / "story.mcap"
    talk = Talk(hears, chats=chats, delta=delta, longest=longest, record=path)
    try:
        play(talk, script, spoken)
        talk.settle()
        assert not talk.closed, talk.closed
        talk.check.at_rest(talk)
    except BaseException:
        for one in talk.story:
            if not isinstance(one, ReplySound):
                note(str(one))
        raise
    finally:
        talk.engine.close()
    report = replay(Recording.open(path), model_of)
    assert report.identical, report
    path.unlink()


# --- what it was once wrong about -----------------------------------------------------------------------------


@pytest.fixture
def talk() -> Iterator[Callable[..., Talk]]:
    talks: list[Talk] = []

    def make(*hears: str, **named: object) -> Talk:
        talks.append(Talk(hears, **named))  # type: ignore[arg-type]
        return talks[-1]

    yield make
    for each in talks:
        each.engine.close()


def test_a_sound_of_listening_of_the_user_is_no_turn(talk, spoken) -> None:
    one = talk("what is two plus two", "uh huh", chats=False)
    one.say(spoken("what is two plus two"))  # the usual level of their voice
    one.settle()
    one.seat.command(Say("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.", "s"))
    one.quiet(1.0)
    one.say(spoken("yeah") // 4)
    one.settle()
    assert [turn.turn for turn in one.all(TurnBegan)] == [turn.turn for turn in one.all(TurnEnded)] == [1]
    assert [words.text for words in one.all(TurnWords) if words.final] == ["what is two plus two", "uh huh"]
    assert [ended.how for ended in one.all(ReplyEnded)] == ["done", "done"]
    one.check.at_rest(one)


def test_a_loud_sound_of_listening_is_no_turn_though_duetto_was_silent_for_it(talk, spoken) -> None:
    """It has gone on by the time that clients would be told, on which they throw away what they have not played."""
    one = talk("and/yeah yeah", chats=False)
    held = []
    one.seat.follow(lambda m: held.extend(type(a) for o in m.outputs for a in o.actions if type(a) in (Hold, Resume)))
    one.seat.command(Say("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.", "s"))
    one.quiet(1.0)
    one.say(spoken("yeah"))
    one.settle()
    assert held[:2] == [Hold, Resume] and not one.all(TurnBegan)
    assert [ended.how for ended in one.all(ReplyEnded)] == ["done"]
    one.check.at_rest(one)


def test_an_interruption_is_told_before_the_reply_that_it_cuts_is_over(talk, spoken) -> None:
    one = talk("tell me a story")
    one.seat.command(Say("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.", "s"))
    one.quiet(1.0)
    one.say(spoken(LONG))
    one.settle()
    order = [type(one) for one in one.story if isinstance(one, ReplyBegan | ReplyEnded | TurnBegan | TurnEnded)]
    assert order.index(ReplyBegan) < order.index(TurnBegan) < order.index(ReplyEnded)
    assert [ended.how for ended in one.all(ReplyEnded)] == ["cut", "done"]
    one.check.at_rest(one)


def test_a_draft_that_only_calls_a_function_is_one_reply(talk, spoken) -> None:
    """All that the brain has to say of it is there before the turn has ended; the call is made after that."""
    one = talk("give me the weather")
    one.model._script.rules = (Rule("weather", "", (CallRequest("weather", "{}"),)),)  # type: ignore[misc]
    one.say(spoken("what is two plus two"))
    one.quiet(3.0)
    (call,) = one.all(CallMade)
    assert call.own
    assert [began.reply for began in one.all(ReplyBegan)] == [ended.reply for ended in one.all(ReplyEnded)]
    one.settle()
    one.check.at_rest(one)


def test_a_draft_that_comes_to_nothing_takes_its_call_back_and_the_outcome_is_not_wanted(talk, spoken) -> None:
    one = talk("look it up please")
    one.seat.command(Manner(silence=s(3)))
    one.say(spoken("what is two plus two"))
    one.quiet(1.0)
    assert [call.name for call in one.all(CallMade)] == ["look"]
    one.say(spoken(LONG))
    one.seat.command(Discard())
    one.quiet(0.2)
    assert len(one.all(CallWithdrawn)) == 1 and not one.all(ReplySound)
    one.seat.outcome(1, "found")
    one.settle()
    assert len(one.all(CallMade)) == 1 and not one.all(ReplySound)
    one.check.at_rest(one)


def test_a_call_that_the_user_agrees_to_later_is_made_without_a_second_reply(talk) -> None:
    one = talk()
    one.seat.type_line("order that please")
    one.quiet(3.0)
    assert not one.all(CallMade)
    one.seat.type_line("yes")
    one.settle()
    (call,) = one.all(CallMade)
    assert (call.name, call.own) == ("order", False)
    assert len({began.reply for began in one.all(ReplyBegan)}) == len(one.all(ReplyBegan)) == len(one.all(ReplyEnded))
    one.check.at_rest(one)


def test_duettos_own_sounds_of_listening_are_no_replies_even_when_cut_off(talk, spoken) -> None:
    one = talk("so and then I thought that and")
    one.seat.command(Manner(silence=ms(2400)))
    sound = spoken("I would like to tell you about a very long story")
    one.say(sound)
    for _ in range(60):
        one.quiet(0.04)
        listening = [r for r in one.seat.cascade._state.replies if r.origin == "listening"]
        if listening and one.seat.cascade._speech.playout.sounding:
            break
    assert listening
    one.seat.command(Stop(listening[0].id))
    one.quiet(0.5)
    assert not one.all(ReplyBegan) and not one.all(ReplySound)
    one.settle()
    one.check.at_rest(one)


def test_an_answer_that_is_asked_for_after_an_outcome_is_told_of_it(talk) -> None:
    one = talk()
    one.seat.command(Manner(answers=False))
    one.seat.type_line("weather")
    one.seat.command(Answer("a"))
    one.quiet(3.0)
    (call,) = one.all(CallMade)
    one.seat.outcome(call.call, "it rains in Dresden", silent=True)
    one.seat.command(Answer("b"))
    one.quiet(1.0)
    assert "it rains in Dresden" in str(one.model.requests[-1].asked.messages)
    assert "runs since" not in str(one.model.requests[-1].asked.messages[-1])
    one.settle()
    one.check.at_rest(one)


def test_an_outcome_that_comes_after_its_reply_was_cut_is_told_all_the_same(talk) -> None:
    one = talk()
    one.seat.type_line("weather")
    one.quiet(0.9)
    (call,) = one.all(CallMade)
    one.seat.command(Stop())
    one.quiet(0.5)
    assert one.all(ReplyEnded)[-1].how == "cut"
    one.seat.outcome(call.call, "rain")
    one.settle()
    assert one.all(ReplyEnded)[-1].how == "done" and len(one.all(ReplyBegan)) == 2
    one.check.at_rest(one)


def test_calls_are_the_applications_own_only_while_they_are_offered(talk) -> None:
    one = talk()
    one.seat.type_line("what time is it")
    one.settle()
    one.seat.command(Brief(offers=(Offer("clock"),)))
    one.seat.type_line("what time is it")
    one.settle()
    one.seat.command(Brief(offers=()))
    one.seat.type_line("what time is it")
    one.settle()
    assert [call.own for call in one.all(CallMade)] == [False, True, False]
    one.check.at_rest(one)


def test_what_fails_says_so_once_in_its_reply(talk) -> None:
    one = talk()
    one.seat.command(Answer("x", apart=True, about="the line is dead"), Answer("y"))
    one.quiet(1.0)
    one.seat.command(Remember("a", "user", "the line is dead"), Answer("z"))
    one.settle()
    tags = {began.reply: began.tag for began in one.all(ReplyBegan)}
    ends = {tags[ended.reply]: ended for ended in one.all(ReplyEnded) if tags[ended.reply]}
    assert ends["x"].how == "failed" and "broken on purpose" in ends["x"].why
    assert ends["y"].how == "done" and ends["z"].how == "failed"
    one.check.at_rest(one)


def test_words_of_the_application_are_neither_the_users_nor_duettos(talk) -> None:
    one = talk()
    one.seat.command(
        Manner(answers=False),
        Brief(instructions="You are a parrot."),
        Remember("a", "user", "hello"),
        Remember("b", "system", "The door has opened."),
        Remember("c", "duetto", "Hi."),
        Remember("d", "user", "what was that"),
        Answer("x", instructions="Be loud."),
    )
    one.settle()
    messages = one.model.requests[-1].asked.messages
    assert [message["role"] for message in messages] == ["system", "user", "system", "assistant", "user"]
    assert messages[0]["content"].startswith("You are a parrot.")
    assert messages[2]["content"] == "The door has opened."
    assert "what was that" in messages[-1]["content"] and "for this reply: Be loud." in messages[-1]["content"]
    assert "hello" in messages[1]["content"], "it was said before"
    one.check.at_rest(one)
