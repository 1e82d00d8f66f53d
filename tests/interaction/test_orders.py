"""Standing orders: each condition, alone and in others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from orders_rig import DELTA, Inquire, Rig

from duetto.interaction.percept import Mouth, Sighting
from duetto.timeline.arrival import Spotted, TimedWord, Weighed
from duetto.timeline.clock import ms, s
from duetto.timeline.order import (
    After,
    AllOf,
    AnyOf,
    Interval,
    Meaning,
    Moment,
    Nth,
    Reads,
    Repeats,
    Shows,
    Sight,
    Silence,
    Then,
    Unless,
    Words,
)

PERSON = Sighting("person", "left third")
HAND = Sighting("hand")
STILL, MOTION = Sighting("still"), Sighting("motion", "left third")


# --- whose words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("level", "fired"), [(-21.0, ["Now."]), (-23.5, ["Now."]), (-25.0, []), (None, ["Now."])])
def test_a_phrase_is_waited_for_from_the_user_and_not_from_somebody_further_away(level, fired) -> None:
    rig = Rig(level=level)
    rig.state = replace(rig.state, ways=replace(rig.state.ways, level=-20.0))
    rig.give(Words(("holiday",)))
    rig.hear("as for them they are on holiday now")
    assert rig.fired == fired
    rig.level = -20.0
    rig.turn()
    assert rig.fired == fired, "what was not meant is not told later"


def test_a_turn_that_has_just_begun_may_be_quiet() -> None:
    rig = Rig(level=-30.0)
    rig.state = replace(rig.state, ways=replace(rig.state.ways, level=-20.0))
    rig.give(Words(("holiday",)))
    rig.hear("holiday")
    assert rig.fired == ["Now."]


def test_words_that_were_hardly_said_call_for_nothing() -> None:
    rig = Rig()
    rig.give(Words(("holiday",)))
    rig.talking, rig.now = True, s(2)
    rig.words = [TimedWord("holiday", s(1), s(1.5), 0.05)]
    rig.turn()
    assert rig.fired == []
    rig.words = [TimedWord("holiday", s(1), s(1.5), 0.5)]
    rig.turn()
    assert rig.fired == ["Now."]


# --- time -----------------------------------------------------------------------------------------------------


def test_a_moment_is_met_once_at_its_time_and_the_order_is_over() -> None:
    rig = Rig()
    rig.give(Moment(s(2)))
    rig.wait(5)
    assert len(rig.moments) == 1 and abs(rig.moments[0] - s(2)) <= DELTA // 2
    assert rig.ended_orders == ["it"] and rig.state.orders == ()


def test_an_interval_is_met_at_each_of_its_moments_for_an_hour_without_drift() -> None:
    rig = Rig()
    rig.give(Interval(0, s(7)), "Breathe. {n}")
    rig.wait(600)
    assert len(rig.moments) == 85
    assert all(abs(at - n * s(7)) <= DELTA // 2 for n, at in enumerate(rig.moments, 1))
    assert rig.fired[-1] == "Breathe. 85"


def test_a_countdown_says_how_often_it_still_will_be() -> None:
    rig = Rig()
    rig.give(Interval(0, s(1)), "{left}", limit=3)
    rig.wait(6)
    assert rig.fired == ["2", "1", "0"] and rig.ended_orders == ["it"]


def test_a_silence_of_the_users_is_met_once_in_each_and_only_when_it_is_long_enough() -> None:
    rig = Rig()
    rig.give(Silence(s(2), "user"))
    rig.wait(1.9)
    assert rig.fired == []
    rig.wait(5)
    assert rig.fired == ["Now."], "silence counts from when the order is given, and once"
    rig.hear("well")
    rig.hush()
    end = rig.ended
    assert end is not None
    rig.wait(4)
    assert len(rig.fired) == 2 and abs(rig.moments[-1] - (end + s(2))) <= DELTA


def test_what_duetto_says_ends_a_silence_of_anyone_but_none_of_the_users() -> None:
    found: dict[str, int] = {}
    for who in ("user", "anyone"):
        rig = Rig()
        rig.give(Silence(s(2), who))
        rig.wait(1)
        rig.mouth = Mouth(True, 99)
        rig.wait(0.5)
        rig.mouth = None
        rig.wait(0.8)
        found[who] = len(rig.fired)
        rig.wait(3)
        assert len(rig.fired) == 1
    assert found == {"user": 1, "anyone": 0}


def test_typing_is_no_silence() -> None:
    rig = Rig()
    rig.give(Silence(s(2), "user"))
    rig.typed = "hel"
    rig.wait(5)
    assert rig.fired == []
    rig.typed = ""
    rig.wait(3)
    assert rig.fired == ["Now."]


# --- words ----------------------------------------------------------------------------------------------------


def test_a_word_is_met_inside_the_users_speech_once_however_often_it_is_seen() -> None:
    rig = Rig()
    rig.give(Words(("um", "you know")), "{word}! {n}")
    rig.hear("so um")
    for _ in range(20):
        rig.turn()
    assert rig.fired == ["um! 1"] and rig.talking
    for text in ("I think", "you", "know", "it is", "um"):
        rig.hear(text)
    assert rig.fired == ["um! 1", "you know! 2", "um! 3"]
    rig.hush()
    rig.wait(2)
    assert len(rig.fired) == 3


def test_case_and_punctuation_do_not_count_and_parts_of_words_do_not() -> None:
    rig = Rig()
    rig.give(Words(("Basically,",)))
    rig.hear("BASICALLY umbrella basic")
    assert len(rig.fired) == 1
    other = Rig()
    other.give(Words(("um",)))
    other.hear("umbrella drum hum")
    assert other.fired == []


def test_a_word_that_moves_in_time_from_one_hypothesis_to_the_next_stays_one() -> None:
    rig = Rig()
    rig.give(Words(("um",)))
    rig.hear("so um")
    for shift in (60, -40, 90):
        rig.words = [type(w)(w.text, w.start + ms(shift), w.end + ms(shift)) for w in rig.words]
        rig.turn()
    assert len(rig.fired) == 1


@pytest.mark.parametrize("spotted_first", [True, False])
def test_a_word_that_is_heard_both_ways_counts_once(spotted_first: bool) -> None:
    rig = Rig()
    rig.give(Words(("um",)))
    rig.hear("so we")
    start, end = rig.now - ms(80), rig.now + ms(120)
    if spotted_first:
        rig.now += ms(200)
        rig.turn(Spotted(1, "um", start + ms(70), end + ms(90)))
        assert len(rig.fired) == 1
        rig.hear("um", long=0)
        rig.words[-1] = type(rig.words[-1])("um", start, end)
        rig.turn()
    else:
        rig.hear("um")
        rig.turn(Spotted(1, "um", rig.words[-1].start + ms(150), rig.words[-1].end + ms(150)))
    assert len(rig.fired) == 1


def test_two_spotted_words_are_two() -> None:
    rig = Rig()
    rig.give(Words(("um",)))
    rig.talking = True
    rig.wait(3)
    rig.turn(Spotted(1, "um", s(1), s(1.2)))
    rig.turn(Spotted(1, "um", s(1.1), s(1.25)))
    assert len(rig.fired) == 1, "the same, told twice"
    rig.turn(Spotted(1, "um", s(2), s(2.2)))
    assert len(rig.fired) == 2


def test_words_said_before_the_order_was_given_do_not_count() -> None:
    rig = Rig()
    rig.give(Words(("other",)), name="other")
    rig.hear("whenever I say um stop me")
    rig.give(Words(("um",)))
    rig.hear("please")
    assert rig.fired == []
    rig.hear("um")
    assert len(rig.fired) == 1


def test_a_longer_phrase_that_grows_out_of_a_shorter_is_one() -> None:
    rig = Rig()
    rig.give(Words(("good", "good morning")))
    rig.hear("good")
    rig.hear("morning")
    assert len(rig.fired) == 1


def test_typed_words_count_when_they_are_sent_or_have_stood_for_half_a_second() -> None:
    rig = Rig()
    rig.give(Words(("help",)), "{word} {n}")
    rig.typed = "i need hel"
    rig.wait(1)
    rig.typed = "i need help"
    rig.wait(0.4)
    assert rig.fired == []
    rig.wait(0.3)
    assert rig.fired == ["help 1"]
    rig.typed = ""
    rig.turn(lines=("i need help",))
    assert rig.fired == ["help 1"], "the sent line is the one that was typed"
    rig.turn(lines=("help, HELP!",))
    assert rig.fired == ["help 1", "help 2", "help 3"]


@pytest.mark.parametrize(("by", "heard", "typed"), [("heard", 1, 0), ("typed", 0, 1), ("either", 1, 1)])
def test_words_may_be_only_heard_or_only_typed(by: str, heard: int, typed: int) -> None:
    rig = Rig()
    rig.give(Words(("um",), by))  # type: ignore[arg-type]
    rig.hear("um")
    assert len(rig.fired) == heard
    rig.hush()
    rig.turn(lines=("um",))
    assert len(rig.fired) == heard + typed


def test_a_meaning_is_asked_at_the_end_of_each_turn_and_not_while_the_user_speaks() -> None:
    rig = Rig()
    rig.give(Meaning("Does this sound sad?"))
    rig.hear("everything is grey")
    rig.wait(1)
    assert rig.of(Inquire) == []
    rig.turn(lines=("everything is grey",))
    (asked,) = rig.of(Inquire)
    assert asked == Inquire(asked.number, "Does this sound sad?", None)  # type: ignore[union-attr]
    rig.turn(Weighed(asked.number, False))  # type: ignore[union-attr]
    assert rig.fired == []
    rig.turn(lines=("no hope",))
    rig.turn(Weighed(rig.of(Inquire)[-1].number, True))  # type: ignore[union-attr]
    assert rig.fired == ["Now."]
    rig.turn(Weighed(rig.of(Inquire)[-1].number, True))  # type: ignore[union-attr]
    assert rig.fired == ["Now."], "an answer counts once"


# --- seen -----------------------------------------------------------------------------------------------------


def test_each_thing_seen_is_met_where_it_is_asked_for() -> None:
    rig = Rig()
    rig.give(Sight("person", "left third"), "Someone in the {region}.", name="left")
    rig.give(Sight("person", stream="screen"), "On the screen.", name="screen")
    rig.turn(seen=(PERSON, Sighting("person", "right third"), HAND))
    assert rig.fired == ["Someone in the left third."]
    rig.turn(seen=(Sighting("person", "middle third", "screen"),))
    assert rig.fired[1:] == ["On the screen."]


def test_what_flickers_is_told_once_and_each_person_is_told() -> None:
    rig = Rig()
    rig.give(Sight("motion"), name="motion")
    rig.give(Sight("person"), "Person {n}.", name="person")
    for _ in range(25):
        rig.turn(seen=(MOTION,))
    for _ in range(3):
        rig.turn(seen=(PERSON,))
        rig.wait(0.3)
    assert rig.fired == ["Now.", "Person 1.", "Person 2.", "Person 3."]


def test_repetitions_are_counted_aloud() -> None:
    rig = Rig()
    rig.give(Repeats("squat"), "{n}")
    for count in range(1, 8):
        rig.turn(seen=(Sighting("repeat", name="squat", count=count), Sighting("repeat", name="wave", count=count)))
        rig.wait(1)
    assert rig.fired == list("1234567") and rig.planned == list("1234567")


def test_a_repetition_without_a_name_counts_for_the_named_one_and_another_name_does_not() -> None:
    rig = Rig()
    rig.give(Repeats("squat"), "{n}")
    for count, name in enumerate(("movement", "squat", "wave", "movement"), 1):
        rig.turn(seen=(Sighting("repeat", name=name, count=count),))
        rig.wait(1)
    assert rig.fired == list("123")


def test_a_text_that_comes_to_stand_is_met_and_not_while_it_stands() -> None:
    rig = Rig()
    rig.give(Reads(("build failed",)), "{word}")

    def line(text: str, was: str = "", stream: str = "screen") -> None:
        rig.turn(seen=(Sighting("text", None, stream, text, was=was),))  # type: ignore[arg-type]

    line("Build: passed")
    line("Build failed!", stream="camera")
    assert rig.fired == []
    line("12:04 BUILD FAILED (3)")
    assert rig.fired == ["build failed"]
    line("12:05 BUILD FAILED (4)", was="other\n12:04 BUILD FAILED (3)")
    assert len(rig.fired) == 1
    line("12:09 build failed", was="other")
    assert len(rig.fired) == 2


def test_a_question_about_a_picture_is_asked_on_change_seldom_and_met_when_no_turns_to_yes() -> None:
    rig = Rig()
    rig.give(Shows("Is the light red?"))

    def answer(yes: bool) -> None:
        rig.turn(Weighed(rig.of(Inquire)[-1].number, yes))  # type: ignore[union-attr]

    assert rig.of(Inquire) == [Inquire(1, "Is the light red?", "camera")]
    answer(False)
    rig.wait(10)
    assert len(rig.of(Inquire)) == 1, "nothing changes, and nothing is asked"
    rig.turn(seen=(Sighting("scene"),))
    answer(True)
    assert rig.fired == ["Now."]
    for _ in range(100):
        rig.turn(seen=(Sighting("scene"),))
        if len(rig.state.book.asked):
            answer(True)
    assert rig.fired == ["Now."] and 3 <= len(rig.of(Inquire)) <= 6
    rig.turn(seen=(Sighting("scene", stream="screen"),))
    asked = len(rig.of(Inquire))
    rig.wait(5)
    assert len(rig.of(Inquire)) <= asked + 1


def test_what_is_so_from_the_beginning_has_not_come_to_be_so() -> None:
    rig = Rig()
    rig.give(Shows("Is the light red?"))
    rig.turn(Weighed(1, True))
    assert rig.fired == []


def test_questions_are_few_at_once_and_given_up_when_nothing_comes_back() -> None:
    rig = Rig()
    for n in range(6):
        rig.give(Meaning(f"Is it {n}?"), name=f"m{n}")
    rig.turn(lines=("hello",))
    assert len(rig.of(Inquire)) == 2
    rig.wait(9.5)
    assert len(rig.of(Inquire)) == 2
    rig.wait(1)
    assert len(rig.of(Inquire)) == 4
    rig.wait(30)
    assert len(rig.of(Inquire)) == 6
    rig.wait(30)
    assert rig.state.book.asked == () and len(rig.of(Inquire)) == 6


# --- of others ------------------------------------------------------------------------------------------------


def test_any_of_several_and_the_same_words_only_once() -> None:
    rig = Rig()
    rig.give(AnyOf((Words(("um",)), Words(("um", "uh")), Sight("hand"))))
    rig.hear("um")
    assert len(rig.fired) == 1
    rig.turn(seen=(HAND,))
    assert len(rig.fired) == 2


@pytest.mark.parametrize("swapped", [False, True])
def test_all_of_several_in_any_order_within_their_time(swapped: bool) -> None:
    rig = Rig()
    rig.give(AllOf((Sight("hand"), Sight("person")), s(3)))
    first, second = (PERSON, HAND) if swapped else (HAND, PERSON)
    rig.turn(seen=(first,))
    rig.wait(5)
    rig.turn(seen=(second,))
    assert rig.fired == []
    rig.wait(1)
    rig.turn(seen=(first,))
    assert len(rig.fired) == 1
    rig.turn(seen=(second,))
    assert len(rig.fired) == 1, "each counts for one"


def test_one_thing_and_then_another_in_this_order_and_time() -> None:
    rig = Rig()
    rig.give(Then(Sight("person"), Sight("hand"), s(3)), "In the {region}")
    rig.turn(seen=(HAND,))
    rig.turn(seen=(PERSON, HAND))
    assert rig.fired == [], "what comes at the same moment does not follow"
    rig.turn(seen=(HAND,))
    assert rig.fired == ["In the left third"]
    rig.turn(seen=(HAND,))
    rig.turn(seen=(PERSON,))
    rig.wait(4)
    rig.turn(seen=(HAND,))
    assert len(rig.fired) == 1


def test_words_follow_each_other_even_if_they_are_known_in_one_moment() -> None:
    rig = Rig()
    rig.give(Then(Words(("knock",)), Words(("who",)), s(5)))
    rig.hear("who knock knock who is there")
    assert len(rig.fired) == 1


def test_a_wait_after_something_unless_another_thing_comes() -> None:
    rig = Rig()
    rig.give(After(Sight("still"), s(3), Sight("motion")))
    rig.turn(seen=(STILL,))
    since = rig.now
    rig.wait(4)
    assert len(rig.moments) == 1 and abs(rig.moments[0] - since - s(3)) <= DELTA // 2
    rig.turn(seen=(STILL,))
    rig.wait(2)
    rig.turn(seen=(MOTION,))
    rig.wait(4)
    assert len(rig.fired) == 1


def test_something_unless_another_thing_was_just_before() -> None:
    rig = Rig()
    rig.give(Unless(Sight("person"), Sight("hand"), s(2)))
    rig.turn(seen=(HAND,))
    rig.wait(1)
    rig.turn(seen=(PERSON,))
    assert rig.fired == []
    rig.wait(1.5)
    rig.turn(seen=(PERSON,))
    assert len(rig.fired) == 1


def test_every_nth_time() -> None:
    rig = Rig()
    rig.give(Nth(Words(("um",)), 3), "{n}")
    for _ in range(7):
        rig.hear("um")
    assert rig.fired == ["1", "2"]


def test_conditions_within_conditions() -> None:
    """Ten seconds after the third wave, unless someone has said hello."""
    rig = Rig()
    rig.give(After(Nth(Repeats("wave"), 3), s(10), AnyOf((Words(("hello",)), Sight("person-gone")))))
    for _ in range(3):
        rig.turn(seen=(Sighting("repeat", name="wave"),))
    rig.wait(9)
    assert rig.fired == []
    rig.wait(2)
    assert len(rig.fired) == 1
    for _ in range(3):
        rig.turn(seen=(Sighting("repeat", name="wave"),))
    rig.wait(5)
    rig.hear("hello")
    rig.wait(10)
    assert len(rig.fired) == 1


# --- until, limit, rest -----------------------------------------------------------------------------------------


def test_until_ends_it_at_once_and_unsaid() -> None:
    rig = Rig()
    rig.give(Interval(0, s(1)), until=Words(("stop",)))
    rig.wait(3.5)
    assert len(rig.fired) == 3
    rig.hear("please stop")
    rig.wait(5)
    assert len(rig.fired) <= 4 and rig.ended_orders == ["it"] and rig.state.orders == ()


def test_a_remark_that_waits_is_not_said_when_its_order_ends() -> None:
    rig = Rig(mute=True)
    rig.give(Sight("person"), manner="gap", until=Words(("stop",)))
    rig.hear("so")
    rig.turn(seen=(PERSON,))
    assert [r.origin for r in rig.state.replies] == ["order"]
    rig.hear("stop")
    assert rig.state.replies == () and rig.ended_orders == ["it"]


def test_rest_counts_and_says_nothing() -> None:
    rig = Rig()
    rig.give(Sight("person"), "{n}", rest=5)
    for _ in range(8):
        rig.turn(seen=(PERSON,))
        rig.wait(1)
    assert [text for text in rig.fired if text] == ["1", "6"] and len(rig.fired) == 8


def test_a_limit_ends_it() -> None:
    rig = Rig()
    rig.give(Sight("person"), "{n} {left}", limit=2)
    for _ in range(4):
        rig.turn(seen=(PERSON,))
        rig.wait(0.2)
    assert rig.fired == ["1 1", "2 0"] and rig.ended_orders == ["it"]
