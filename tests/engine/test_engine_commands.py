"""What applications tell, on an engine: in its order, once, and whatever else happens just then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest

from duetto.assembly import Settings
from duetto.brain.chat.prompt import Prompter
from duetto.engine import EngineSettings, Opening, Refused
from duetto.engine.intake import MOST_COMMANDS, CommandIntake, SoundIntake
from duetto.interaction.action import EndTurn
from duetto.models.history import History
from duetto.timeline.arrival import Arrival, Outcome
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
    SpeakAs,
    Stop,
    Unsay,
)
from duetto.timeline.job import Ask, Context, Remark, Speak
from duetto.timeline.turn import MIC_RATE, VOICE_RATE
from duetto.wire.happening import ReplyBegan, ReplyEnded, ReplyHeard, ReplyText, TurnBegan, TurnEnded, TurnWords
from duetto.workers.worker import Worker, WorkerFailed

TOLD = Manner(ends="told", answers=False, yields=False)
COUNTS = "One two three four five six seven eight nine ten eleven twelve."
MONOLOGUE = "I would like to tell you about a very long story that has no end and goes on and on without any pause"


def said(guest) -> list[tuple[str, str]]:
    return [(remark.who, remark.text) for remark in guest.seat.cascade._talk.remarks]


def short_utterances() -> Settings:
    settings = Settings()
    audio = replace(settings.cascade.audio, utterance_longest=s(2))
    return replace(settings, cascade=replace(settings.cascade, audio=audio))


# --- the order of things --------------------------------------------------------------------------------------


def intake() -> tuple[SoundIntake, CommandIntake, list[Arrival]]:
    sound = SoundIntake(10.0)
    commands = CommandIntake(sound)
    arrived: list[Arrival] = []
    commands.arrive = arrived.append
    return sound, commands, arrived


def test_a_command_behind_an_outcome_counts_once_that_is_known() -> None:
    """`Answer` after an outcome is asked with it: an arrival counts one micro-turn later than a command."""
    _, commands, arrived = intake()
    first, second, third = Over(), Answer("a"), Stop()
    commands.push(first, Outcome(1, "rain"), Outcome(2, "sun"), second, third)
    assert commands.take() == (first,) and [a.text for a in arrived] == ["rain", "sun"]  # type: ignore[union-attr]
    assert commands.take() == (second, third) and commands.take() == ()


def test_commands_wait_for_the_sound_before_them_and_for_no_more() -> None:
    sound, commands, _ = intake()
    sound.push(np.ones(1600, np.int16), MIC_RATE)
    commands.push(Over())
    sound.push(np.ones(1600, np.int16), MIC_RATE)
    commands.push(Stop())
    sound.take(1599)
    assert commands.take() == ()
    sound.take(1)
    assert commands.take() == (Over(),)
    sound.clear()
    commands.sound_cleared()
    assert commands.take() == (Stop(),)


def test_a_rate_that_changes_with_every_block_is_refused_after_a_while() -> None:
    sound = SoundIntake(10.0)
    with pytest.raises(Refused, match="changed its rate 8 times") as refused:
        for number in range(1000):
            sound.push(np.ones(1, np.int16), (8_000, 24_000)[number % 2])
    assert (refused.value.kind, refused.value.field) == ("flood", "audio")
    sound.take(MIC_RATE)
    sound.push(np.ones(160, np.int16), 8_000)


def test_more_commands_than_may_wait_are_refused_and_none_of_them_counts() -> None:
    sound, commands, _ = intake()
    sound.push(np.ones(1600, np.int16), MIC_RATE)
    commands.push(*[Over()] * (MOST_COMMANDS - 1))
    with pytest.raises(Refused, match="1024 commands") as refused:
        commands.push(Stop(), Stop())
    assert refused.value.kind == "flood"
    sound.take(1600)
    assert commands.take() == (Over(),) * (MOST_COMMANDS - 1)


def test_an_outcome_that_finds_no_room_is_still_owed(hall) -> None:
    house = hall("")
    guest = house.guest()
    guest.seat._owed[7] = s(100)
    guest.seat.hear(np.zeros(VOICE_RATE, np.int16), VOICE_RATE)
    guest.seat.command(*[Stop()] * MOST_COMMANDS)
    with pytest.raises(Refused):
        guest.seat.outcome(7, "rain")
    house.run(1.5)
    guest.seat.outcome(7, "rain")
    assert 7 not in guest.seat._owed


# --- what belongs to the conversation -------------------------------------------------------------------------


def test_what_is_told_is_remembered_in_its_order_and_taken_back_in_its_order(hall) -> None:
    house = hall("")
    guest = house.guest(Opening(first=(TOLD,)))
    guest.seat.command(
        Remember("a", "user", "one"),
        Remember("b", "system", "two"),
        Remember("c", "duetto", "three"),
        Erase("told:a"),
        Remember("a", "user", "four"),
        Erase("told:nothing"),
    )
    house.run(0.1)
    assert said(guest) == [("system", "two"), ("duetto", "three"), ("user", "four")]
    remarks = guest.seat.cascade._talk.remarks
    assert len({remark.at for remark in remarks}) == 3 and [r.at for r in remarks] == sorted(r.at for r in remarks)
    guest.seat.command(Erase("told:b"), Erase("told:a"), Answer("x"))
    house.run(0.1)
    assert said(guest) == [("duetto", "three")]


def test_a_picture_goes_with_what_it_belongs_to(hall) -> None:
    settings = Settings()
    settings = replace(settings, cascade=replace(settings.cascade, pictures=2))
    house = hall("", settings=settings)
    guest = house.guest()
    guest.seat.command(Remember("a", "user", "", b"one"), Remember("b", "user", "", b"two"))
    house.run(0.1)
    assert [picture.jpeg for picture in guest.seat.cascade._pictures.shown] == [b"one", b"two"]
    guest.seat.command(Erase("told:a"))
    house.run(0.1)
    assert [picture.jpeg for picture in guest.seat.cascade._pictures.shown] == [b"two"]


def test_what_was_not_heard_is_not_history_though_a_word_is_still_sounding(hall) -> None:
    for taken_back in (Unsay(1, 2), Erase("reply:1")):
        house = hall("")
        guest = house.guest()
        guest.seat.command(Say(COUNTS))
        while len(guest.all(ReplyHeard)) < 4:
            house.run(0.02)
        house.run(0.16)  # into a word
        guest.seat.command(taken_back, Stop(1))
        house.run(2.0)
        assert said(guest) == ([("duetto", "One two")] if isinstance(taken_back, Unsay) else [])
        assert guest.all(ReplyEnded)[0].how == "cut"


def test_more_may_have_been_heard_than_is_known_yet() -> None:
    history = History(10)
    history.add(Remark("duetto", "One – two,", 1, source="reply:1"))
    history.shorten("reply:1", 4)
    history.add(Remark("duetto", "three four five", 2, source="reply:1"))
    history.add(Remark("duetto", "six", 3, source="reply:1"))
    history.add(Remark("duetto", "another", 3, source="reply:2"))
    assert [remark.text for remark in history.remarks] == ["One – two,", "three four", "another"]
    history.shorten("reply:1", 1)
    assert [remark.text for remark in history.remarks] == ["One –", "another"]
    history.shorten("reply:2", 9)
    history.add(Remark("duetto", "and so on", 4, source="reply:2"))
    assert [remark.text for remark in history.remarks] == ["One –", "another", "and so on"]


def test_words_are_counted_as_the_voice_counts_them() -> None:
    history = History(10)
    history.add(Remark("duetto", "今日 50 % – sunny.", 1, source="reply:1"))
    history.shorten("reply:1", 4)
    assert history.remarks[0].text == "今日 50 % –"


def test_the_memory_of_what_was_not_heard_is_bounded() -> None:
    history = History(10)
    for number in range(1000):
        history.shorten(f"reply:{number}", 1)
        history.erase(f"reply:{number}")
    assert len(history._room) <= 64


def test_long_remarks_leave_room_for_fewer() -> None:
    history = History(10)
    for number in range(30):
        history.add(Remark("user", str(number % 10) * 200_000, number, source=f"told:{number}"))
        assert sum(len(remark.text) for remark in history.remarks) <= 1_000_000
    assert len(history.remarks) == 5
    history.erase("told:29")
    history.add(Remark("user", "x" * 5_000_000, 31))
    assert len(history.remarks) == 1, "the latest stays, however long"
    for number in range(30):
        history.add(Remark("user", "short", 32 + number))
    assert len(history.remarks) == 10 and history._size == 50


def test_a_long_past_that_is_told_at_once_is_not_forgotten_at_once(hall) -> None:
    """A model's prompt drops what is oldest by its time, all of one time together."""
    house = hall("")
    past = tuple(Remember(str(n), "user" if n % 2 else "duetto", f"remark {n} " + "x" * 100) for n in range(300))
    guest = house.guest(Opening(first=past))
    house.run(0.1)
    context = Context(guest.seat.now, 0, history=guest.seat.cascade._talk.remarks)
    messages = Prompter("", characters=16_000, tools=False).messages(Ask(1, "hello", "typed", False, context))
    assert "remark 299" in str(messages) and "remark 0 " not in str(messages)


def test_what_was_said_before_the_conversation_began_is_told_too(hall) -> None:
    house = hall("")
    past = (Remember("a", "user", "hello", ago=s(90)), Remember("b", "duetto", "hi", ago=s(30)))
    guest = house.guest(Opening(first=past))
    house.run(0.1)
    context = Context(guest.seat.now, 0, history=guest.seat.cascade._talk.remarks)
    messages = Prompter("", characters=16_000, tools=False).messages(Ask(1, "so", "typed", False, context))
    assert [message["content"] for message in messages[1:3]] == ["(-1:29) hello", "hi"]


# --- the last words of a turn ---------------------------------------------------------------------------------


def test_the_last_words_of_a_turn_are_history_though_they_come_after_it(hall, spoken) -> None:
    house = hall("what is two plus two equal to in/then")
    guest = house.guest(Opening(first=(TOLD,)))
    house.say(guest, spoken("what is two plus two")[:24_000])
    guest.seat.command(Over())
    house.run(1.5)
    assert guest.all(TurnWords)[-1].text == "what is two plus two equal to then"
    assert said(guest) == [("user", "what is two plus two equal to then")]
    (ended,) = [a for t in guest.turns for o in t.outputs for a in o.actions if isinstance(a, EndTurn)]
    assert len(ended.text) < len(said(guest)[0][1]), "they had not come"


def test_the_last_words_of_a_turn_that_was_taken_out_stay_out(hall, spoken) -> None:
    house = hall("what is two plus two", "what is it")
    guest = house.guest(Opening(first=(TOLD,)))
    house.say(guest, spoken("what is two plus two"))
    guest.seat.command(Over(), Erase("turn:1"))
    house.run(1.0)
    assert said(guest) == []
    house.say(guest, spoken("what is two plus two"))
    guest.seat.command(Discard())
    house.run(1.0)
    assert said(guest) == [] and guest.all(TurnEnded)[-1].discarded


def test_speech_without_a_pause_is_cut_into_utterances_and_no_finer(hall, spoken) -> None:
    for first in ((), (TOLD,)):
        house = hall(*["one two three four five six seven eight nine ten"] * 40, settings=short_utterances())
        guest = house.guest(Opening(first=first))
        sound = spoken(MONOLOGUE)
        house.say(guest, sound, then=3.0)
        most = len(sound) / VOICE_RATE / 2 + 2
        began, ended = guest.all(TurnBegan), guest.all(TurnEnded)
        assert 2 <= len(began) <= most, [turn.at for turn in began]
        assert [turn.turn for turn in began] == list(range(1, len(began) + 1))
        order = [(type(h).__name__, h.turn) for h in guest.story if isinstance(h, TurnBegan | TurnEnded)]
        assert order[:4] == [("TurnBegan", 1), ("TurnEnded", 1), ("TurnBegan", 2), ("TurnEnded", 2)]
        assert abs(began[1].at - s(2)) < ms(100) and abs(ended[0].at - s(2)) < ms(100)
        assert [turn.at for turn in began] == sorted(turn.at for turn in began)


# --- what is said ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["a" * 9000, "Hello there. " * 500, "", " ", "...", "。"])
def test_whatever_is_told_to_be_said_the_conversation_goes_on(hall, text: str) -> None:
    house = hall("")
    guest = house.guest()
    guest.seat.command(Say(text, tag="s"))
    house.run(1.0)
    assert guest.seat.ended is None and [began.tag for began in guest.all(ReplyBegan)] == ["s"]
    guest.seat.command(Stop())
    house.run(1.0)
    assert len(guest.all(ReplyEnded)) == 1
    guest.seat.type_line("what is two plus two")
    house.run(2.0)
    assert "is 4" in guest.all(ReplyText)[-1].text
    assert not guest.seat.cascade._clauses


def test_an_answer_to_what_is_erased_is_an_answer_to_the_rest(hall) -> None:
    house = hall("")
    guest = house.guest(Opening(first=(TOLD,)))
    guest.seat.command(Remember("a", "user", "tell me a joke"), Remember("b", "user", "what is two plus two"))
    house.run(0.1)
    guest.seat.command(Erase("told:a"), Answer("x"))
    house.run(1.0)
    assert "is 4" in guest.all(ReplyText)[0].text


def test_only_the_present_offers_are_owed_by_the_application(hall) -> None:
    """An offer counts from the micro-turn on in which it is taken, not from when it was told."""
    house = hall("")
    guest = house.guest(Opening(first=(Brief(offers=(Offer("weather"),)),)))
    house.run(0.1)
    assert guest.seat._own == {"weather"}
    guest.seat.hear(np.zeros(VOICE_RATE, np.int16), VOICE_RATE)
    guest.seat.command(Brief(offers=()))
    house.run(0.5)
    assert guest.seat._own == {"weather"}
    house.run(1.0)
    assert guest.seat._own == frozenset()


# --- seats that come and go -----------------------------------------------------------------------------------


def test_an_opening_with_too_much_to_tell_takes_no_place(hall) -> None:
    house = hall("", limits=EngineSettings(most=1, headroom=1.0))
    with pytest.raises(Refused, match="1024 commands"):
        house.guest(Opening(first=(Stop(),) * (MOST_COMMANDS + 1)))
    assert house.engine.seats == ()
    house.guest()


def test_staff_that_has_no_room_is_a_refusal(hall) -> None:
    house = hall("")

    def seat(*_: object) -> Sequence[Worker]:
        raise WorkerFailed("voice: at most 3 conversations share it")

    house.staff.seat = seat
    with pytest.raises(Refused, match="at most 3") as refused:
        house.guest()
    assert refused.value.kind == "full" and house.engine.seats == ()


def test_nobody_is_told_anything_after_the_end(hall) -> None:
    house = hall("")
    guest, other = house.guest(), house.guest()
    told: list[str] = []
    guest.seat.follow(lambda turn: (guest.seat.close(), other.seat.close()) and None)
    guest.seat.follow(lambda turn: told.append("the one that was closed"))
    steps = other.seat.cascade.step
    other.seat.cascade.step = lambda turn: told.append("stepped") or steps(turn)  # type: ignore[method-assign]
    house.run(0.06)
    told.clear()
    house.run(0.5)
    assert told == [] and house.engine.seats == ()
    uses: tuple[Callable[[], object], ...] = (
        lambda: guest.seat.hear(np.zeros(480, np.int16), VOICE_RATE),
        lambda: guest.seat.command(Stop()),
        lambda: guest.seat.outcome(1, "x"),
        lambda: guest.seat.key("insert", "x"),
        lambda: guest.seat.type_line("x"),
        lambda: guest.seat.see(b"x"),
        lambda: guest.seat.forget_sound(),
        lambda: guest.seat.follow(print),
    )
    for use in uses:
        with pytest.raises(Refused) as refused:
            use()
        assert refused.value.kind == "over"
    guest.seat.close()
    why: list[str] = []
    guest.seat.on_close(why.append)
    assert why == ["the conversation was closed"]


def test_one_that_closes_another_in_the_same_tick_does_not_disturb_it(hall) -> None:
    house = hall("")
    guests = [house.guest(Opening(delta=ms(20))) for _ in range(3)]
    house.run(0.04)
    guests[0].seat.follow(lambda turn: guests[2].seat.close())
    before = len(guests[2].turns)
    house.run(0.1)
    assert len(guests[2].turns) <= before and len(guests[1].turns) > before
    fresh = house.guest(Opening(delta=ms(20)))
    house.run(0.1)
    assert len(fresh.turns) >= 3


def test_commands_are_told_from_any_of_them(hall) -> None:
    """All kinds at once, twice: nothing of it ends the conversation."""
    every: tuple[Command, ...] = (
        Brief("x", (Offer("f"),), "auto"),
        Manner(),
        Remember("a", "user", "hello"),
        Erase("told:a"),
        Erase("nonsense"),
        Erase("turn:x"),
        Unsay(1, -1),
        Over(),
        Discard(),
        Answer("t"),
        Stop(),
        Stop(-1),
        Say("Hello.", "u"),
    )
    house = hall("")
    guest = house.guest(Opening(first=every))
    guest.seat.command(*every)
    house.run(3.0)
    assert guest.seat.ended is None
    assert len(guest.all(ReplyBegan)) == len(guest.all(ReplyEnded))


def test_another_voice_speaks_what_has_not_begun(hall):
    room = hall()
    guest = room.guest()
    guest.seat.command(Say("One."))
    room.run(0.3)
    guest.seat.command(SpeakAs("her", 1.5), Say("Two."))
    room.run(3.0)
    jobs = [job for turn in guest.turns for output in turn.outputs for job in output.jobs if isinstance(job, Speak)]
    assert [(job.text, job.voice, job.speed) for job in jobs] == [("One.", "", 1.0), ("Two.", "her", 1.5)]
