"""Partial words are a guess: what a standing order did on words that were none is undone, if nobody has heard it."""

from __future__ import annotations

from orders_rig import DropReply, Rig, Unfire, Watch

from duetto.interaction.percept import Mouth, Sighting
from duetto.timeline.arrival import Hypothesis, Spotted, TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.command import TakeBack
from duetto.timeline.order import AllOf, Interval, Nth, Sight, Then, Words

PERSON = Sighting("person")


def other(rig: Rig, text: str = "uncle") -> None:
    """The recogniser writes another word in the place of the last."""
    last = rig.words[-1]
    rig.words = [*rig.words[:-1], TimedWord(text, last.start, last.end)]
    rig.turn()


def test_a_remark_on_words_that_were_none_is_dropped_and_not_counted() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}")
    rig.hear("so um")
    assert rig.fired == ["1"] and rig.state.replies
    other(rig)
    assert rig.fired == [] and rig.state.replies == () and rig.of(DropReply) and rig.of(Unfire)
    assert rig.state.orders[0].fired == 0
    rig.hear("um")
    assert rig.fired == ["1"]


def test_a_remark_that_is_being_heard_stays_and_is_not_made_again() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}")
    rig.hear("so um")
    reply = rig.state.replies[0].id
    rig.mouth = Mouth(True, reply, ((reply, 1),), finishing="1")
    rig.turn()
    said = rig.words[-1]
    other(rig)
    assert rig.fired == ["1"] and not rig.of(Unfire)
    rig.words[-1] = said
    rig.turn()
    assert rig.fired == ["1"] and rig.state.orders[0].fired == 1


def test_a_line_that_was_shown_stays() -> None:
    rig = Rig()
    rig.give(Words(("um",)), "{n}", manner="text")
    rig.hear("um")
    other(rig)
    assert rig.fired == ["1"]


def test_what_was_spotted_in_the_sound_stands() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}")
    rig.hear("so um")
    rig.turn(Spotted(1, "um", rig.words[-1].start, rig.words[-1].end))
    other(rig)
    assert rig.fired == ["1"]


def test_the_final_words_of_a_turn_correct_it_too() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}")
    rig.hear("so um")
    words = (rig.words[0], TimedWord("arm", rig.words[1].start, rig.words[1].end))
    rig.hush()
    assert rig.fired == ["1"]
    rig.turn(Hypothesis(1, words, rig.now, True))
    assert rig.fired == []


def test_a_count_is_taken_back_and_goes_on_from_there() -> None:
    rig = Rig(mute=True)
    rig.give(Nth(Words(("um",)), 2), "{n}")
    rig.hear("um")
    other(rig)
    rig.hear("um")
    assert rig.fired == []
    rig.hear("um")
    assert rig.fired == ["1"]
    other(rig)
    assert rig.fired == []
    rig.hear("um")
    assert rig.fired == ["1"], "one of the two still counted"


def test_what_began_before_a_word_that_was_none_still_waits_for_it() -> None:
    for when in (Then(Sight("person"), Words(("hi",)), s(20)), AllOf((Sight("person"), Words(("hi",))), s(20))):
        rig = Rig(mute=True)
        rig.give(when)
        rig.turn(seen=(PERSON,))
        rig.wait(0.5)
        rig.hear("hi")
        assert len(rig.fired) == 1
        other(rig, "high")
        assert rig.fired == []
        rig.hear("hi")
        assert len(rig.fired) == 1


def test_an_order_that_was_ended_by_words_that_were_none_goes_on() -> None:
    rig = Rig()
    rig.give(Interval(0, s(1)), until=Words(("stop",)))
    rig.wait(1)
    rig.hear("stop")
    assert rig.state.orders == ()
    other(rig, "stopover")
    assert [o.order.name for o in rig.state.orders] == ["it"] and len(rig.of(Watch)) == 2
    fired = len(rig.fired)
    rig.wait(3)
    assert len(rig.fired) >= fired + 3
    rig.hear("stop")
    assert rig.state.orders == ()


def test_an_order_that_was_used_up_by_words_that_were_none_goes_on() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}", limit=1)
    rig.hear("um")
    assert rig.state.orders == () and rig.fired == ["1"]
    other(rig)
    assert rig.fired == [] and len(rig.state.orders) == 1
    rig.hear("um")
    assert rig.fired == ["1"] and rig.state.orders == ()


def test_an_order_that_is_withdrawn_meanwhile_does_not_come_back() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}", limit=1)
    rig.give(Words(("uh",)), name="second")
    rig.hear("um")
    rig.turn(commands=(TakeBack(("it",)),))
    rig.turn(commands=(TakeBack(("*",)),))
    other(rig)
    assert rig.state.orders == ()


def test_giving_and_withdrawing_other_orders_takes_nothing_back() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}", until=Words(("basta",)))
    rig.give(Words(("ok",)), name="other")
    rig.hear("um ok")
    rig.turn(commands=(TakeBack(("other",)),))
    rig.hear("so")
    assert rig.fired[0] == "1" and not rig.of(Unfire)
    rig.hear("basta")
    rig.hear("then")
    assert rig.state.orders == ()


def test_a_word_that_comes_and_goes_is_told_only_while_it_stands() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "{n}")
    rig.hear("um")
    word = rig.words[-1]
    for n in range(6):
        rig.words = [word] if n % 2 else [TimedWord("on", word.start, word.end + ms(20))]
        rig.turn()
    assert rig.fired == ["1"] and rig.state.orders[0].fired == 1
