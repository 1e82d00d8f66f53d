"""Many conversations on one tick, and what each is told of its own."""

from __future__ import annotations

import numpy as np
import pytest

from duetto.engine import EngineSettings, Opening, Refused
from duetto.timeline.clock import in_s, ms
from duetto.timeline.command import Answer, Brief, Discard, Manner, Offer, Over, Remember, Say, Stop
from duetto.timeline.turn import VOICE_RATE
from duetto.wire.happening import (
    ReplyBegan,
    ReplyEnded,
    ReplyHeard,
    ReplySound,
    ReplyText,
    TurnBegan,
    TurnEnded,
    TurnWords,
)


def test_a_conversation_is_heard_and_answered_and_told_as_a_story(hall, spoken) -> None:
    house = hall("what is two plus two")
    guest = house.guest()
    house.say(guest, spoken("what is two plus two"), then=3.0)
    kinds = [type(h) for h in guest.story if not isinstance(h, ReplySound | ReplyHeard)]
    assert kinds[0] is TurnBegan
    assert kinds.index(TurnEnded) < kinds.index(ReplyBegan) < kinds.index(ReplyText) < kinds.index(ReplyEnded)
    words = guest.all(TurnWords)
    assert words[-1].final and words[-1].text == "what is two plus two"
    assert [w.final for w in words].count(True) == 1
    assert "".join(t.text for t in guest.all(ReplyText)).count("is 4") == 1
    (ended,) = guest.all(ReplyEnded)
    assert ended.how == "done"
    sound = sum(len(h.samples) // 2 for h in guest.all(ReplySound))
    heard = guest.all(ReplyHeard)
    assert heard and in_s(heard[-1].offset) <= sound / VOICE_RATE + 0.001
    assert [h.offset for h in heard] == sorted(h.offset for h in heard)


def test_conversations_do_not_hear_each_other(hall, spoken) -> None:
    house = hall("what is two plus two")
    first, second = house.guest(), house.guest()
    house.say(first, spoken("what is two plus two"), then=2.0)
    assert first.all(ReplyText) and not second.all(ReplyText)
    assert not second.all(TurnBegan)
    assert {len(first.turns), len(second.turns)} <= {len(first.turns), len(first.turns) - 1, len(first.turns) + 1}


def test_they_decide_the_same_in_a_batch_as_alone(hall, spoken) -> None:
    def play(others: int) -> list[tuple[object, ...]]:
        house = hall("what is two plus two")
        guest = house.guest()
        for _ in range(others):
            house.guest()
        house.say(guest, spoken("what is two plus two"), then=2.0)
        return [output.actions for turn in guest.turns for output in turn.outputs if output.actions]

    assert play(0) == play(3)


def test_the_same_delta_is_spread_over_its_ticks(hall) -> None:
    house = hall("")
    phases = {house.guest().seat.start % ms(40) for _ in range(4)}
    assert phases == {0, ms(20)}


def test_one_that_fails_ends_alone_and_says_why(hall) -> None:
    house = hall("")
    well, ill = house.guest(), house.guest()
    why: list[str] = []
    ill.seat.on_close(why.append)
    ill.seat.cascade.step = lambda turn: 1 / 0  # type: ignore[method-assign]
    house.run(0.5)
    assert why == ["the conversation failed: division by zero"]
    assert well.seat.ended is None and len(well.turns) > 8
    with pytest.raises(Refused, match="failed") as refused:
        ill.seat.type_line("hello")
    assert refused.value.kind == "over"


def test_more_than_the_limit_are_refused_and_a_place_that_is_left_is_free_again(hall) -> None:
    house = hall("", limits=EngineSettings(most=2, headroom=1.0))
    first, _ = house.guest(), house.guest()
    with pytest.raises(Refused, match="the limit") as refused:
        house.guest()
    assert refused.value.kind == "full"
    first.seat.close()
    house.guest()
    house.run(0.2)


def test_a_busy_engine_refuses_before_it_is_slow(hall) -> None:
    house = hall("", limits=EngineSettings(most=8, headroom=0.05))
    house.guest()
    house.engine.load._share = 0.06
    with pytest.raises(Refused, match="works 6% of its time"):
        house.guest()


@pytest.mark.parametrize("delta", [0, ms(10), ms(30), ms(2000)])
def test_a_delta_off_the_grid_is_refused_by_name(hall, delta) -> None:
    house = hall("")
    with pytest.raises(Refused, match="delta") as refused:
        house.guest(Opening(delta=delta))
    assert refused.value.field == "delta"


def test_a_turn_that_is_told_to_be_over_waits_for_no_silence_and_an_answer_follows(hall, spoken) -> None:
    house = hall("what is two plus two")
    guest = house.guest(Opening(first=(Manner(ends="told", answers=False, yields=False),)))
    house.say(guest, spoken("what is two plus two"), then=3.0)
    assert not guest.all(TurnEnded) and not guest.all(ReplyBegan)
    guest.seat.command(Over(), Answer(tag="a1"))
    house.run(2.0)
    assert len(guest.all(TurnEnded)) == 1
    assert guest.all(ReplyBegan)[0].tag == "a1"
    assert "is 4" in " ".join(t.text for t in guest.all(ReplyText))


def test_a_command_counts_once_the_sound_before_it_was_heard(hall, spoken) -> None:
    house = hall("what is two plus two")
    guest = house.guest(Opening(first=(Manner(ends="told", answers=False, yields=False),)))
    sound = spoken("what is two plus two")
    guest.seat.hear(sound, VOICE_RATE)
    guest.seat.command(Over(), Answer(tag="a1"))
    house.run(len(sound) / VOICE_RATE - 0.3)
    assert not guest.all(ReplyBegan)
    house.run(3.0)
    assert "is 4" in " ".join(t.text for t in guest.all(ReplyText))


def test_what_is_discarded_is_not_answered(hall, spoken) -> None:
    house = hall("what is two plus two", "what is three plus three")
    guest = house.guest()
    sound = spoken("what is two plus two")
    house.say(guest, sound[: len(sound) // 2])
    guest.seat.forget_sound()
    guest.seat.command(Discard())
    house.run(2.0)
    assert [t.discarded for t in guest.all(TurnEnded)] == [True]
    assert not guest.all(ReplyBegan)


def test_a_reply_may_be_shown_instead_of_spoken(hall) -> None:
    house = hall("")
    guest = house.guest(Opening(first=(Manner(speaks=False),)))
    guest.seat.type_line("what is two plus two")
    house.run(1.0)
    (began,) = guest.all(ReplyBegan)
    assert not began.spoken and not guest.all(ReplySound)
    assert "is 4" in guest.all(ReplyText)[0].text
    assert guest.all(ReplyEnded)[0].how == "done"


def test_an_item_is_answered_when_it_is_asked_for(hall) -> None:
    house = hall("")
    guest = house.guest(Opening(first=(Manner(answers=False),)))
    guest.seat.command(Remember("item1", "user", "what is two plus two"))
    house.run(1.0)
    assert not guest.all(ReplyBegan)
    guest.seat.command(Answer(tag="x"))
    house.run(1.5)
    assert "is 4" in guest.all(ReplyText)[0].text


def test_a_reply_apart_is_told_nothing_and_remembered_by_nobody(hall) -> None:
    house = hall("")
    guest = house.guest()
    guest.seat.command(Answer(tag="x", apart=True, about="what is two plus two"))
    house.run(1.0)
    assert not guest.all(ReplyBegan)[0].spoken
    assert "is 4" in guest.all(ReplyText)[0].text
    assert guest.seat.cascade._talk.remarks == ()


def test_words_are_said_as_they_are_given_and_can_be_stopped(hall) -> None:
    house = hall("")
    guest = house.guest()
    guest.seat.command(Say("One two three four five six seven eight nine ten.", tag="s"))
    house.run(1.0)
    (began,) = guest.all(ReplyBegan)
    assert began.tag == "s"
    guest.seat.command(Stop())
    house.run(1.0)
    (ended,) = guest.all(ReplyEnded)
    assert ended.how == "cut"
    heard = [h.word for h in guest.all(ReplyHeard)]
    assert 0 < len(heard) < 10


def test_sound_beyond_the_limit_is_refused_by_name(hall) -> None:
    house = hall("", limits=EngineSettings(most=2, headroom=1.0, sound_limit_s=1.0))
    guest = house.guest()
    with pytest.raises(Refused, match="1 s of sound") as refused:
        for _ in range(20):
            guest.seat.hear(np.zeros(2400, np.int16), 24_000)
    assert (refused.value.kind, refused.value.field) == ("flood", "audio")
    house.run(1.5)
    guest.seat.hear(np.zeros(2400, np.int16), 24_000)


def test_a_stalled_network_makes_nobody_late_for_good(hall, spoken) -> None:
    house = hall("what is two plus two")
    guest = house.guest()
    quiet = np.zeros(VOICE_RATE // 50, np.int16)
    for _ in range(25):
        guest.seat.hear(quiet, VOICE_RATE)
        house.run(0.02)
    house.run(0.4)  # nothing comes
    for _ in range(20):  # then all of it at once
        guest.seat.hear(quiet, VOICE_RATE)
    for _ in range(25):
        guest.seat.hear(quiet, VOICE_RATE)
        house.run(0.02)
    assert guest.seat.waiting <= ms(80)


def test_an_outcome_that_is_owed_and_never_comes_has_failed(hall) -> None:
    house = hall("")
    guest = house.guest(Opening(first=(Brief(offers=(Offer("weather"),)),)))
    house.run(0.2)
    guest.seat._owed[7] = guest.seat.now + ms(500)
    house.run(1.0)
    arrived = [a for turn in guest.turns for t in turn.turns for a in t.arrivals]
    assert [(a.call, a.failed) for a in arrived] == [(7, True)]
