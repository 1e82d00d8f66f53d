"""Standing orders given, refused, withdrawn; how they speak; and that many of them stay bounded."""

from __future__ import annotations

import pytest
from msgspec import structs
from orders_rig import DELTA, Fire, Rig, Show

from duetto.interaction.action import AskBrain, Duck, PlanClause, ReleaseReply, Resume
from duetto.interaction.orders import conditions
from duetto.interaction.orders.happening import Slice
from duetto.interaction.orders.needs import wanted
from duetto.interaction.percept import Mouth, Sighting
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.standing import Memory
from duetto.interaction.state import Overlap
from duetto.timeline.arrival import Clause, Fault, Gist, ReplyEnd
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Give, TakeBack
from duetto.timeline.order import (
    AllOf,
    AnyOf,
    Condition,
    Interval,
    Moment,
    Nth,
    Order,
    Reads,
    Repeats,
    Sight,
    Silence,
    Then,
    Unless,
    Words,
)
from duetto.timeline.order_problem import problem

PERSON = Sighting("person", "left third")
DEEP: Condition = Words(("um",))
for _ in range(6):
    DEEP = Nth(DEEP, 2)


# --- given, refused, withdrawn --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (Order("a", Words(("um",)), ""), "nothing to say"),
        (Order("a", Words(("um",)), "x" * 401), "more than 400"),
        (Order("", Words(("um",)), "x"), "needs a name"),
        (Order("*", Words(("um",)), "x"), "needs a name"),
        (Order("a", Words(()), "x"), "empty"),
        (Order("a", Words(("um", " ?! ")), "x"), "empty"),
        (Order("a", Words(tuple(f"w{n}" for n in range(17))), "x"), "more than 16 phrases"),
        (Order("a", Reads(("y" * 401,)), "x"), "a phrase has more"),
        (Order("a", Interval(0, ms(499)), "x"), "half a second"),
        (Order("a", Silence(ms(299)), "x"), "0.3 s"),
        (Order("a", DEEP, "x"), "deeper than 6"),
        (Order("a", AnyOf(tuple(Words((f"w{n}",)) for n in range(40))), "x"), "more than 32"),
        (Order("a", AnyOf(()), "x"), "at least one"),
        (Order("a", AllOf((Sight("hand"),), s(1)), "x"), "at least two"),
        (Order("a", AllOf((Sight("hand"), Sight("person")), 0), "x"), "from more than nothing"),
        (Order("a", AllOf((Moment(s(10)), Moment(s(90))), s(5)), "x"), "further apart"),
        (Order("a", Then(Sight("hand"), Sight("person"), -1), "x"), "from more than nothing"),
        (Order("a", Unless(Sight("hand"), Sight("hand"), s(1)), "x"), "never be met"),
        (Order("a", Nth(Sight("hand"), 0), "x"), "count"),
        (Order("a", Nth(Moment(s(9)), 2), "x"), "only once"),
        (Order("a", Sight("hand"), "x", limit=0), "limit"),
        (Order("a", Sight("hand"), "x", rest=-1), "rest"),
        (Order("a", Sight("hand"), "x", until=Sight("hand")), "the very thing"),
        (Order("a", Sight("hand"), "x", until=Nth(Sight("hand"), 0)), "count"),
        (Order("a", Moment(-s(5)), "x"), "has passed"),
    ],
)
def test_what_cannot_be_watched_is_refused_with_a_sentence(order: Order, said: str) -> None:
    assert said in (problem(order, now=0) or "")
    rig = Rig()
    rig.turn(commands=(Give(order),))
    assert rig.state.orders == () and len(rig.told) == 1 and said in rig.told[0] and rig.told[0].endswith(".")


def test_too_many_are_refused_and_the_limit_is_256() -> None:
    rig = Rig()
    for n in range(260):
        rig.give(Words((f"word{n}",)), name=f"o{n}")
    assert len(rig.state.orders) == 256 and len(rig.told) == 4 and "the limit" in rig.told[0]


def test_an_order_takes_the_place_of_one_of_its_name_and_is_withdrawn_by_it() -> None:
    rig = Rig()
    rig.give(Interval(0, s(1)), "One.")
    rig.give(Interval(0, s(1)), "Two.")
    rig.give(Interval(0, s(1)), "Other.", name="other")
    rig.wait(1.5)
    assert sorted(rig.fired) == ["Other.", "Two."]
    rig.turn(commands=(TakeBack(("it", "unknown")),))
    rig.wait(1)
    assert sorted(rig.fired) == ["Other.", "Other.", "Two."]
    rig.turn(commands=(TakeBack(("*",)),))
    assert rig.state.orders == ()


def test_perception_is_told_what_is_needed_and_no_more() -> None:
    rig = Rig()
    assert wanted(rig.state.orders) == wanted(())
    rig.give(Sight("motion"), name="motion")
    assert wanted(rig.state.orders) == wanted(())
    rig.give(AnyOf((Sight("hand"), Words(("Um,", "uh"), "heard"))), name="a", until=Reads(("done",)))
    rig.give(Repeats("movement"), name="b")
    rig.give(Words(("typed",), "typed"), name="c")
    found = wanted(rig.state.orders)
    assert found.camera == {"bodies", "movement"} and found.screen == {"text"} and found.phrases == ("uh", "um")
    rig.turn(commands=(TakeBack(("*",)),))
    assert wanted(rig.state.orders) == wanted(())


# --- how it speaks --------------------------------------------------------------------------------------------


def plans(rig: Rig) -> list[PlanClause]:
    return [a for a in rig.of(PlanClause) if isinstance(a, PlanClause)]


def test_over_is_said_at_once_while_the_user_speaks_and_gap_waits_until_they_do_not() -> None:
    rig = Rig(mute=True)
    rig.give(Words(("um",)), "over", name="over")
    rig.give(Words(("um",)), "gap", name="gap", manner="gap")
    rig.hear("so um")
    assert [(c.text, c.held) for c in plans(rig)] == [("over", False), ("gap", True)]
    rig.hear("and so on")
    assert not rig.of(ReleaseReply)
    rig.hush()
    assert rig.of(ReleaseReply) == [ReleaseReply(plans(rig)[1].reply)]


def test_nobody_ducks_for_a_remark_that_is_meant_and_the_users_turn_is_none_over_duetto() -> None:
    rig = Rig()
    rig.give(Interval(0, s(1)), "Breathe.")
    while not rig.state.replies:
        rig.turn()
    reply = rig.state.replies[0].id
    rig.mouth = Mouth(True, reply, ((reply, 1),), finishing="Breathe.")
    rig.hear("I")
    assert not rig.of(Duck) and rig.state.turn is not None and not rig.state.turn.over


def test_a_remark_is_heard_though_duetto_has_fallen_silent_for_the_user() -> None:
    rig = Rig()
    rig.give(Words(("um",)), "Um!")
    rig.turn(lines=("tell me a story",))
    (ask,) = [a for a in rig.of(AskBrain) if isinstance(a, AskBrain)]
    rig.turn(Gist(ask.reply, "whole"), Clause(ask.reply, 0, "Once upon a time."), ReplyEnd(ask.reply))
    rig.mouth = Mouth(True, ask.reply, ((ask.reply, 1),), finishing="upon a time.")
    rig.turn()
    rig.hear("no")
    rig.wait(0.5)
    assert isinstance(rig.state.overlap, Overlap) and rig.state.overlap.stage == "held"
    rig.hear("um")
    assert rig.of(Resume) and rig.state.overlap is None
    assert [r.origin for r in rig.state.replies if r.released] == ["order"]


def test_text_is_shown_and_not_spoken() -> None:
    rig = Rig()
    rig.give(Sight("person"), "Someone, {n}.", manner="text")
    rig.turn(seen=(PERSON,))
    assert [a.text for a in rig.of(Show) if isinstance(a, Show)] == ["Someone, 1."] and not plans(rig)


def test_the_brain_is_asked_with_what_has_happened_and_speaks_in_the_orders_manner() -> None:
    rig = Rig()
    rig.give(Sight("person"), "Greet whoever came into the {region}.", asks=True)
    rig.hear("well")
    rig.turn(seen=(PERSON,))
    (ask,) = [a for a in rig.of(AskBrain) if isinstance(a, AskBrain) and not a.draft]
    assert ask.how == "told" and "Greet whoever came into the left third." in ask.note and "each time" in ask.note
    assert rig.fired == [""]
    rig.turn(seen=(PERSON,))
    assert len([a for a in rig.of(AskBrain) if isinstance(a, AskBrain) and not a.draft]) == 1, "one at a time"
    rig.turn(Gist(ask.reply, "whole"), Clause(ask.reply, 0, "Hello there."), ReplyEnd(ask.reply))
    assert [(c.text, c.held) for c in plans(rig)] == [("Hello there.", False)]


def test_a_brain_that_fails_an_order_says_nothing_to_the_user() -> None:
    rig = Rig()
    rig.give(Sight("person"), "Say hello.", asks=True)
    rig.turn(seen=(PERSON,))
    rig.turn(Fault("brain", "it broke", reply=rig.state.replies[0].id))
    rig.wait(0.2)
    assert not plans(rig) and rig.state.replies == () and rig.told == ["it broke"]


def test_templates_are_filled_in_once() -> None:
    rig = Rig()
    rig.give(Sight("person"), "{n} {left} {region} {word} {other}", limit=5)
    rig.turn(seen=(PERSON,))
    rig.turn(seen=(Sighting("person"),))
    assert rig.fired == ["1 4 left third  {other}", "2 3 picture  {other}"]


# --- floods -----------------------------------------------------------------------------------------------------


def test_the_newest_count_takes_the_place_of_one_that_waits() -> None:
    rig = Rig(mute=True)
    rig.give(Repeats("squat"), "{n}")
    for _ in range(5):
        rig.turn(seen=(Sighting("repeat", name="squat"),))
    assert [r.clauses[0].text for r in rig.state.replies] == ["5"]
    reply = rig.state.replies[0].id
    rig.mouth = Mouth(True, reply, ((reply, 1),), finishing="5")
    rig.turn()
    rig.turn(seen=(Sighting("repeat", name="squat"),))
    assert [r.clauses[0].text for r in rig.state.replies] == ["5", "6"], "one is said and one waits"


def test_the_same_remark_is_not_said_again_while_it_is_said() -> None:
    rig = Rig(mute=True)
    rig.give(Interval(0, ms(500)), "A long sentence that takes more than half a second.")
    rig.wait(10)
    assert len(rig.fired) == 20 and len([text for text in rig.fired if text]) == 1
    assert rig.state.orders[0].skipped == 19 and rig.state.orders[0].fired == 20


def test_many_orders_at_once_leave_room_for_replies_and_it_is_told_once() -> None:
    rig = Rig(mute=True)
    for n in range(40):
        rig.give(Sight("person"), f"Someone, says {n}.", name=f"o{n}")
    for _ in range(20):
        rig.turn(seen=(PERSON,))
    settings = InteractionSettings()
    assert len(rig.state.replies) == settings.most_remarks_waiting
    assert len(rig.told) == 1 and "left out" in rig.told[0]
    assert sum(one.skipped for one in rig.state.orders) > 700


def test_so_many_remarks_a_minute_and_no_more() -> None:
    rig = Rig(InteractionSettings(most_remarks=10))
    rig.give(Sight("person"), "{n}")
    for _ in range(200):
        rig.turn(seen=(PERSON,))
    assert len([text for text in rig.fired if text]) == 10
    rig.wait(61)
    rig.turn(seen=(PERSON,))
    assert rig.fired[-1] == "201"


# --- cost and memory --------------------------------------------------------------------------------------------


def test_an_order_is_not_touched_where_nothing_of_it_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig()
    for n in range(200):
        kinds: tuple[Condition, ...] = (
            Words((f"word{n}",)),
            Sight("person"),
            Interval(s(n), s(3600)),
            Silence(s(100 + n), "user"),
            Then(Sight("hand"), Words((f"then{n}",)), s(5)),
        )
        rig.give(kinds[n % 5], name=f"o{n}")
    rig.turn()
    stepped: list[Condition] = []
    true_step = conditions.step

    def step(condition: Condition, memory: Memory, now: Slice) -> conditions.Stepped:
        stepped.append(condition)
        return true_step(condition, memory, now)

    monkeypatch.setattr(conditions, "step", step)
    for _ in range(100):
        rig.turn(seen=(Sighting("motion"),))
    assert stepped == []
    rig.hear("word5")
    assert stepped == [Words(("word5",))]


def test_an_hour_of_talk_needs_no_more_than_five_minutes() -> None:
    def size(minutes: int) -> int:
        rig = Rig()
        rig.give(Words(("um",)), name="um")
        rig.give(Then(Words(("um",)), Sight("hand"), s(5)), name="then")
        rig.give(Nth(Words(("um",)), 1000), name="nth")
        for n in range(minutes):
            rig.now += s(50)
            rig.hear("so um and um and um")
            rig.hush()
            rig.typed = "um" * (n % 2)
            rig.turn(seen=(Sighting("hand"),), lines=("um",))
            rig.log.clear()
        return len(repr((rig.state.book, rig.state.orders)))

    assert size(60) < size(10) * 1.2


def test_the_time_of_a_firing_is_within_half_a_micro_turn_of_its_moment() -> None:
    rig = Rig()
    rig.give(Moment(s(1.7)), name="a")
    rig.give(Interval(ms(13), ms(777)), name="b")
    rig.wait(3)
    at = [(a.order, at) for at, a in rig.log if isinstance(a, Fire)]
    assert abs(dict(at)["a"] - s(1.7)) <= DELTA // 2
    for n, moment in enumerate([at for name, at in at if name == "b"], 1):
        assert abs(moment - (ms(13) + n * ms(777))) <= DELTA // 2


def test_a_remark_is_no_talk_with_the_user_whose_words_may_be_for_others() -> None:
    rig = Rig()
    rig.give(Words(("um",)), "Um!")
    rig.hear("so um")
    reply = rig.state.replies[0].id
    rig.mouth = Mouth(True, reply, ((reply, 1),), finishing="Um!")
    rig.turn()
    assert rig.state.ways.spoke is None


@pytest.mark.parametrize(("phrase", "answered"), [("lake", False), ("sea", True)])
def test_doubtful_words_in_which_an_order_has_spoken_are_left_alone(phrase: str, answered: bool) -> None:
    rig = Rig()
    rig.give(Words((phrase,)), "Stop.")
    rig.hear("we drove down to the lake at noon")
    rig.words = [structs.replace(word, confidence=0.15) for word in rig.words]
    rig.talking, rig.ended = False, rig.now
    rig.turn()
    (ask,) = [action for action in rig.of(AskBrain) if isinstance(action, AskBrain)]
    rig.turn(Gist(ask.reply, "whole"), Clause(ask.reply, 0, "Two over ten is 0.2."), ReplyEnd(ask.reply))
    rig.wait(4)
    assert bool(rig.fired) is not answered
    released = [action.reply for action in rig.of(ReleaseReply) if isinstance(action, ReleaseReply)]
    assert (ask.reply in released) is answered
