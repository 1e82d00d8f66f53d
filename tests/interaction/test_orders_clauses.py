"""Speech behind speech: clauses of what the user says, revised while nothing was said on them, and never after."""

from __future__ import annotations

import pytest
from orders_rig import DropReply, Rig, Show

from duetto.interaction.action import AskBrain, PlanClause
from duetto.interaction.percept import Mouth
from duetto.timeline.arrival import Clause, Fault, Hypothesis, ReplyEnd, TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.order import Clauses, Order, parts
from duetto.timeline.order_problem import problem
from duetto.timeline.order_words import describe_order

LONG = "the house was built in spring and the roof came later because of the rain"


def rig(say: str = "{word}", *, asks: bool = False, manner: str = "over", mute: bool = False) -> Rig:
    made = Rig(mute=mute)
    made.give(Clauses(), say, asks=asks, manner=manner)  # type: ignore[arg-type]
    return made


def change(made: Rig, *texts: str) -> None:
    """The words of the utterance in hand are these by now, each where the one before was."""
    made.words = [TimedWord(text, old.start, old.end) for text, old in zip(texts, made.words, strict=True)]
    made.turn()


def final(utterance: int, words: tuple[TimedWord, ...]) -> Hypothesis:
    return Hypothesis(utterance, words, words[-1].end, final=True)


def asked(made: Rig) -> list[AskBrain]:
    return [one for one in made.of(AskBrain) if isinstance(one, AskBrain) and one.how == "told"]


def test_long_speech_is_cut_before_the_words_that_begin_a_clause() -> None:
    made = rig()
    made.hear(LONG)
    assert made.fired == ["the house was built in spring", "and the roof came later"]
    words = tuple(made.words)
    made.hush()
    made.turn(final(1, words))
    assert made.fired[2:] == ["because of the rain"]


def test_a_pause_ends_a_clause_and_what_is_left_comes_with_the_last_words() -> None:
    made = rig()
    made.hear("it is late")
    words = tuple(made.words)
    assert made.fired == []
    made.now += ms(400)
    made.hear("i am going home")
    assert made.fired == ["it is late"]
    words = tuple(made.words)
    made.hush()
    made.turn(final(1, words))
    assert made.fired == ["it is late", "i am going home"]
    made.turn(final(1, words))
    assert len(made.fired) == 2, "each once"


def test_the_recognisers_stops_end_clauses_and_hesitations_are_none() -> None:
    made = rig()
    made.hear("well yes, um. it is so. no. and")
    assert made.fired == ["well yes,", "um. it is so."]


def test_very_long_clauses_are_cut() -> None:
    made = rig()
    made.hear(" ".join(f"w{n}" for n in range(40)))
    assert [len(text.split()) for text in made.fired] == [14, 14]


def test_what_has_not_been_heard_is_said_anew_when_the_words_change() -> None:
    made = rig("Say in German: {word}", asks=True)
    made.hear("the house was built in spring and the roof")
    (first,) = asked(made)
    assert "Say in German: the house was built in spring" in first.note and first.text == ""
    change(made, *"the horse was built in spring and the roof".split())
    assert DropReply(first.reply) in made.of(DropReply)
    first, second = asked(made)
    assert "the horse was built in spring" in second.note
    assert made.state.reply(second.reply) is not None and made.state.reply(first.reply) is None


def test_what_has_been_heard_stands_and_nothing_of_it_is_said_again() -> None:
    made = rig(mute=True)
    made.hear("the house was built in spring and the roof")
    (reply,) = [one for one in made.state.replies if one.origin == "order"]
    made.mouth = Mouth(sounding=True, reply=reply.id, left=((reply.id, 1),), finishing="the house")
    made.turn()
    change(made, *"the horse was built in spring and the roof".split())
    made.mouth = None
    assert made.of(DropReply) == [] and made.fired == ["the house was built in spring"]
    made.hear("came later because of the rain")
    assert made.fired == ["the house was built in spring", "and the roof came later"]


def test_what_comes_behind_keeps_its_order_whatever_is_answered_first() -> None:
    made = rig("Say in German: {word}", asks=True)
    made.hear(LONG)
    first, second = (one.reply for one in asked(made))
    made.turn(Clause(second, 0, "und das Dach kam später"), ReplyEnd(second))
    assert made.planned == []
    made.turn(Clause(first, 0, "das Haus wurde"))
    assert made.planned == ["das Haus wurde"]
    made.turn(Clause(first, 1, "im Frühling gebaut"), ReplyEnd(first))
    assert made.planned == ["das Haus wurde", "im Frühling gebaut", "und das Dach kam später"]
    plans = [one for one in made.of(PlanClause) if isinstance(one, PlanClause)]
    assert {one.place for one in plans} == {"end"} and not any(one.held for one in plans), "it is said at once"


def test_a_clause_that_fails_does_not_keep_the_next_one_waiting() -> None:
    made = rig("Say in German: {word}", asks=True)
    made.hear(LONG)
    first, second = (one.reply for one in asked(made))
    made.turn(Clause(second, 0, "und das Dach"), ReplyEnd(second))
    made.turn(Fault("brain", "no answer", reply=first))
    made.turn()
    assert made.planned == ["und das Dach"]


def test_captions_are_shown_clause_by_clause_and_not_changed_afterwards() -> None:
    made = rig(manner="text")
    made.hear("the house was built in spring and the roof")
    change(made, *"the horse was built in spring and the roof".split())
    shown = [one.text for one in made.of(Show)]  # type: ignore[attr-defined]
    assert shown == ["the house was built in spring"] and made.planned == []


def test_what_was_said_before_the_order_is_not_taken_up() -> None:
    made = Rig()
    made.hear(LONG)
    made.give(Clauses(), "{word}")
    made.hear("that came until we had a roof")
    assert made.fired == ["because of the rain that came"], "the one in hand is"


def test_memory_is_bounded_and_an_hour_of_speech_is_followed() -> None:
    made = rig(mute=True)
    for _ in range(60):
        made.hear("this is one more clause of mine and here is the next one of them")
        words = tuple(made.words)
        made.hush()
        made.turn(final(made.utterance - 1, words))
    assert len(made.state.book.clauses) <= 24 and len(made.state.replies) <= 16
    assert any("left out" in text for text in made.told), "nobody hears anything: what waits is bounded"


@pytest.mark.parametrize("order", [Order("all", Clauses(), "{word}", manner="text")])
def test_it_is_described_and_can_be_watched(order: Order) -> None:
    assert problem(order, now=s(1)) is None and parts(order.when) == (Clauses(),)
    assert describe_order(order) == 'each time you have said a clause say "{word}" as text'
