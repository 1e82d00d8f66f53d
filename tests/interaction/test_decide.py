"""The interaction, driven percept by percept: no audio, no clock, no models."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import msgspec
import pytest

from duetto.interaction import microturn
from duetto.interaction.action import (
    Action,
    AskBrain,
    DropReply,
    Duck,
    EndTurn,
    Hold,
    KeepReply,
    PlanClause,
    ReleaseReply,
    Restore,
    Resume,
    Show,
    Tell,
    Unwatch,
    Watch,
)
from duetto.interaction.microturn import decide
from duetto.interaction.percept import Ears, Mouth, Percept, Sighting
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.state import State, Ways
from duetto.timeline.arrival import Act, Arrival, Clause, Fault, Gist, More, ReplyEnd, TimedWord, ToolCall
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Manner
from duetto.timeline.order import Interval, Moment, Order, Sight

DELTA = ms(80)


@dataclass
class Conversation:
    """A state and a moment, moved on percept by percept."""

    state: State = field(default_factory=State)
    now: int = 0
    log: list[tuple[int, Action]] = field(default_factory=list)

    def turn(
        self,
        ears: Ears = Ears(),  # noqa: B008
        mouth: Mouth | None = None,
        *arrivals: Arrival,
        lines: tuple[str, ...] = (),
        seen: tuple[Sighting, ...] = (),
    ) -> tuple[Action, ...]:
        """One micro-turn."""
        self.now += DELTA
        return self.again(ears, mouth, *arrivals, lines=lines, seen=seen)

    def again(
        self,
        ears: Ears = Ears(),  # noqa: B008
        mouth: Mouth | None = None,
        *arrivals: Arrival,
        lines: tuple[str, ...] = (),
        seen: tuple[Sighting, ...] = (),
    ) -> tuple[Action, ...]:
        """One more round of the same micro-turn."""
        if mouth is None:  # what was planned is still in the plan
            mouth = Mouth(left=tuple((reply.id, 1) for reply in self.state.replies if reply.planned))
        percept = Percept(self.now, DELTA, ears, mouth, lines, seen, arrivals)
        self.state, actions = decide(self.state, percept)
        self.log.extend((self.now, action) for action in actions)
        return actions


def words(text: str) -> tuple[TimedWord, ...]:
    return tuple(TimedWord(word, 0, 0) for word in text.split())


def speaking(text: str, since: int, *, stable: int = 0) -> Ears:
    return Ears(voice=True, since=since, utterance=1, words=words(text), stable=stable)


def silent(text: str, ended: int, *, since: int = 0, caught_up: bool = True) -> Ears:
    return Ears(since=since, ended=ended, utterance=1, words=words(text), stable=s(1), caught_up=caught_up)


def answer(reply: int, *clauses: str, understood: str = "whole", more: More = "no") -> tuple[Arrival, ...]:
    return (
        Gist(reply, understood, more),  # type: ignore[arg-type]
        *(Clause(reply, n, text) for n, text in enumerate(clauses)),
        ReplyEnd(reply),
    )


def of(kind: type, actions: tuple[Action, ...]) -> list[Action]:
    return [action for action in actions if isinstance(action, kind)]


def asked(actions: tuple[Action, ...]) -> AskBrain:
    (ask,) = of(AskBrain, actions)
    assert isinstance(ask, AskBrain)
    return ask


def say_something(c: Conversation, text: str = "One, two, three.", *more: str) -> int:
    """A typed line answered, so that duetto is speaking. Returns the reply's number."""
    ask = asked(c.turn(lines=("count",)))
    c.again(Ears(), None, *answer(ask.reply, text, *more))
    return ask.reply


# --- the end of a turn ----------------------------------------------------------------------------------------


def test_a_draft_is_made_in_the_pause_held_and_released_when_the_turn_has_ended() -> None:
    c = Conversation()
    c.turn(speaking("what is", 0))
    ask = asked(c.turn(silent("what is two plus two", c.now)))
    assert ask.draft and ask.text == "what is two plus two"
    ended = c.now - DELTA
    planned = c.again(silent("what is two plus two", ended), None, *answer(ask.reply, "Four."))
    assert planned == (PlanClause(1, ask.reply, "Four.", "end", held=True),), "a draft is prepared, and not heard"
    final = c.turn(silent("what is two plus two", ended))
    assert final == (EndTurn(1, "what is two plus two"), KeepReply(ask.reply), ReleaseReply(ask.reply))
    assert c.now - ended == ms(160)


def test_a_draft_on_words_that_changed_is_dropped_and_never_kept() -> None:
    c = Conversation()
    first = asked(c.turn(silent("what is two", 0)))
    c.again(silent("what is two", 0), None, *answer(first.reply, "Two.", understood="half"))
    c.turn(speaking("what is two", c.now))
    actions = c.turn(silent("what is two plus two", c.now))
    assert DropReply(first.reply) in actions
    second = asked(actions)
    c.again(silent("what is two plus two", c.now), None, *answer(second.reply, "Four."))
    for _ in range(6):
        c.turn(silent("what is two plus two", c.now - ms(200)))
    assert KeepReply(second.reply) in [a for _, a in c.log]
    assert KeepReply(first.reply) not in [a for _, a in c.log]


def end_of_turn(understood: str, *, more: More = "no", settings: InteractionSettings | None = None) -> int:
    """The silence (ns) after which a turn with such words ended."""
    c = Conversation(State(settings or InteractionSettings()))
    ask = asked(c.turn(silent("some words", DELTA)))
    c.again(silent("some words", DELTA), None, *answer(ask.reply, "Yes?", understood=understood, more=more))
    while not of(EndTurn, c.turn(silent("some words", DELTA))):
        assert c.now < s(3)
    return c.now - DELTA


def test_the_more_whole_the_words_the_shorter_the_wait() -> None:
    settings = InteractionSettings()
    waits = [
        end_of_turn("whole"),
        end_of_turn("whole", more="maybe"),
        end_of_turn("whole", more="likely"),
        end_of_turn("none"),
        end_of_turn("half"),
    ]
    assert waits == sorted(waits) and len(set(waits)) == 5
    for wait, limit in zip(
        waits,
        (
            settings.whole_silence,
            settings.open_silence,
            settings.likely_silence,
            settings.unknown_silence,
            settings.half_silence,
        ),
        strict=True,
    ):
        assert limit <= wait < limit + DELTA


PREPARES = InteractionSettings(prepares_for=ms(600))


def drafted(settings: InteractionSettings = PREPARES) -> tuple[Conversation, AskBrain]:
    """A whole request and a pause after it, of which the brain has only said that it is whole."""
    c = Conversation(State(settings))
    ask = asked(c.turn(silent("what is the weather in rome", DELTA)))
    c.again(silent("what is the weather in rome", DELTA), None, Gist(ask.reply, "whole"))
    return c, ask


def test_a_turn_stays_open_until_its_draft_has_something_to_say() -> None:
    c, ask = drafted()
    while c.now - DELTA < ms(400):
        assert not of(EndTurn, c.turn(silent("what is the weather in rome", DELTA)))
    actions = c.turn(silent("what is the weather in rome", DELTA), None, Clause(ask.reply, 0, "It is warm."))
    assert actions[:2] == (EndTurn(1, "what is the weather in rome"), KeepReply(ask.reply))


def test_whoever_goes_on_before_anything_could_be_said_is_in_the_same_turn() -> None:
    c, first = drafted()
    while c.now - DELTA < ms(320):
        c.turn(silent("what is the weather in rome", DELTA))
    c.turn(speaking("what is the weather in rome", c.now))
    ended = c.now
    ask = asked(c.turn(silent("what is the weather in rome no in oslo", ended)))
    actions = c.again(silent("what is the weather in rome no in oslo", ended), None, *answer(ask.reply, "It is cold."))
    while not of(EndTurn, actions):
        assert c.now - ended < ms(300)
        actions = c.turn(silent("what is the weather in rome no in oslo", ended))
    assert [action for _, action in c.log if isinstance(action, EndTurn | KeepReply)] == [
        EndTurn(1, "what is the weather in rome no in oslo"),
        KeepReply(ask.reply),
    ]
    assert DropReply(first.reply) in [action for _, action in c.log]


def test_a_brain_that_finds_the_words_unfinished_in_time_keeps_the_turn_open() -> None:
    c, ask = drafted()
    ears = silent("what is the weather in rome", DELTA)
    while c.now - DELTA < ms(320):
        c.turn(ears)
    actions = c.turn(ears, None, Gist(ask.reply, "half"), ReplyEnd(ask.reply))
    while not of(EndTurn, actions):
        actions = c.turn(ears)
    assert c.now - DELTA >= PREPARES.half_silence


def test_a_draft_that_is_long_in_coming_is_not_waited_for() -> None:
    c, ask = drafted()
    actions: tuple[Action, ...] = ()
    while not actions:
        actions = c.turn(silent("what is the weather in rome", DELTA))
    assert actions == (EndTurn(1, "what is the weather in rome"), KeepReply(ask.reply))
    assert PREPARES.prepares_for <= c.now - DELTA < PREPARES.prepares_for + DELTA


@pytest.mark.parametrize(
    "came", [ReplyEnd(1), Gist(1, "whole", put_off=True), Act(1), ToolCall(1, "sell", "{}", effects=True)]
)
def test_a_draft_that_has_no_words_to_come_is_not_waited_for(came: Arrival) -> None:
    c, _ = drafted()
    ears = silent("what is the weather in rome", DELTA)
    c.again(ears, None, came)
    c.turn(ears)
    assert of(EndTurn, c.turn(ears))


def test_a_voice_that_may_be_beginning_keeps_the_turn_open_for_a_moment() -> None:
    c, ask = drafted()
    ears = silent("what is the weather in rome", DELTA)
    while c.now - DELTA < ms(320):
        c.turn(ears)
    actions = c.turn(msgspec.structs.replace(ears, stirring=True), None, Clause(ask.reply, 0, "It is warm."))
    assert not of(EndTurn, actions)
    assert of(EndTurn, c.turn(ears)), "it was none"


def test_a_noise_that_goes_on_stirring_keeps_it_open_no_longer_than_that() -> None:
    c, ask = drafted()
    ears = msgspec.structs.replace(silent("what is the weather in rome", DELTA), stirring=True)
    actions = c.turn(ears, None, Clause(ask.reply, 0, "It is warm."))
    while not of(EndTurn, actions):
        actions = c.turn(ears)
    assert c.now - DELTA < PREPARES.prepares_for + DELTA


def test_a_silence_that_the_application_has_set_ends_the_turn_whatever_is_drafted() -> None:
    c = Conversation(State(PREPARES, manner=Manner(silence=ms(300))))
    asked(c.turn(silent("what is the weather in rome", DELTA)))
    while not of(EndTurn, c.turn(silent("what is the weather in rome", DELTA))):
        assert c.now - DELTA < ms(300) + DELTA


@pytest.mark.parametrize(("order", "answered"), [(True, True), (False, False)])
def test_words_that_were_hardly_heard_are_answered_only_if_they_make_an_order(order: bool, answered: bool) -> None:
    c = Conversation()
    text = "in ten seconds say go"
    ears = msgspec.structs.replace(silent(text, DELTA), words=tuple(TimedWord(w, 0, 0, 0.01) for w in text.split()))
    ask = asked(c.turn(ears))
    acts = (Act(ask.reply, (Order("one", Moment(s(10)), "Go."),)),) if order else ()
    gist, *rest = answer(ask.reply, "All right.")
    c.again(ears, None, gist, *acts, *rest)
    for _ in range(30):
        c.turn(ears)
    assert any(isinstance(action, ReleaseReply) for _, action in c.log) is answered


def test_sound_that_is_late_is_no_silence() -> None:
    c = Conversation()
    ask = asked(c.turn(silent("two plus two", DELTA)))
    c.again(silent("two plus two", DELTA), None, *answer(ask.reply, "Four."))
    for _ in range(20):
        late = msgspec.structs.replace(silent("two plus two", DELTA), behind=c.now)
        assert not of(EndTurn, c.turn(late))
    assert of(EndTurn, c.turn(silent("two plus two", DELTA)))  # it came, and was silence after all


def test_a_pause_inside_a_request_is_not_its_end() -> None:
    c = Conversation()
    ask = asked(c.turn(silent("remind me every four seconds", DELTA)))
    c.again(silent("remind me every four seconds", DELTA), None, *answer(ask.reply, "Of what?", understood="half"))
    for _ in range(10):
        actions = c.turn(silent("remind me every four seconds", DELTA))
        assert not of(EndTurn, actions) and not of(ReleaseReply, actions)


def test_words_that_the_recogniser_still_owes_are_waited_for_but_not_for_ever() -> None:
    c = Conversation()
    ask = asked(c.turn(silent("two plus", 0, caught_up=False)))
    c.again(silent("two plus", 0, caught_up=False), None, *answer(ask.reply, "Two."))
    for _ in range(3):
        assert not of(EndTurn, c.turn(silent("two plus", 0, caught_up=False)))
    while not of(EndTurn, c.turn(silent("two plus", 0, caught_up=False))):
        assert c.now < s(3)


def test_words_that_come_long_after_the_voice_has_ended_are_answered() -> None:
    c = Conversation()
    while c.now < s(1.6):
        assert not of(EndTurn, c.turn(silent("", 0, caught_up=False)))
    ask = asked(c.turn(silent("two plus two", 0)))
    assert ask.text == "two plus two"


def test_a_sound_without_words_ends_without_a_reply() -> None:
    c = Conversation()
    while not (end := of(EndTurn, c.turn(silent("", 0)))):
        assert c.now < s(2)
    assert end == [EndTurn(1)]
    assert not [a for _, a in c.log if isinstance(a, AskBrain | PlanClause)]


def test_an_utterance_closed_from_below_still_gets_its_reply() -> None:
    c = Conversation()
    ask = asked(c.turn(speaking("read me the story", 0, stable=s(1))))
    c.again(speaking("read me the story", 0, stable=s(1)), None, *answer(ask.reply, "Once."))
    actions = c.turn(Ears())
    assert EndTurn(1, ask.text) in actions and KeepReply(ask.reply) in actions


def test_drafts_while_the_user_speaks_are_bounded() -> None:
    c = Conversation()
    for n in range(40):
        c.turn(speaking(" ".join("word" for _ in range(n + 1)), 0, stable=s(1)))
    assert len([a for _, a in c.log if isinstance(a, AskBrain)]) == c.state.settings.drafts_per_turn


def test_no_act_of_a_draft_takes_effect_before_it_is_kept() -> None:
    c = Conversation()
    order = Order("tea", Moment(s(60)), "Tea is ready.")
    ask = asked(c.turn(silent("set a timer", DELTA)))
    actions = c.again(
        silent("set a timer", DELTA),
        None,
        Gist(ask.reply, "whole"),
        Act(ask.reply, orders=(order,)),
        Clause(ask.reply, 0, "Okay."),
        ReplyEnd(ask.reply),
    )
    assert not of(Watch, actions) and c.state.orders == ()
    while not of(KeepReply, actions := c.turn(silent("set a timer", DELTA))):
        assert c.state.orders == ()
    assert Watch(order) in actions


def test_text_is_shown_as_its_clause_begins() -> None:
    c = Conversation()
    say_something(c, "One.", "Two.")
    assert not [a for _, a in c.log if isinstance(a, Show)]
    assert Show("One.") in c.turn(Ears(), Mouth(True, 1, ((1, 2),), begun=("One.",)))


# --- typing ---------------------------------------------------------------------------------------------------


def test_a_typed_line_is_answered_next_and_what_was_being_said_goes_on() -> None:
    c = Conversation()
    story = say_something(c, "Once upon a time,", "there was a fox.")
    ask = asked(c.turn(Ears(), Mouth(True, story, ((story, 1),)), lines=("what is 3 times 4",)))
    assert ask.how == "typed" and not ask.draft
    actions = c.again(Ears(), Mouth(True, story, ((story, 1),)), *answer(ask.reply, "Twelve."))
    assert actions == (PlanClause(3, ask.reply, "Twelve.", "next"),)
    assert c.state.reply(story) is not None, "the story goes on"


def test_a_reply_waits_while_the_user_speaks() -> None:
    c = Conversation()
    ask = asked(c.turn(speaking("", 0), None, lines=("hello",)))
    actions = c.again(speaking("", 0), None, *answer(ask.reply, "Hello."))
    assert actions == (PlanClause(1, ask.reply, "Hello.", "next", held=True),)
    assert c.turn(silent("", c.now)) == (ReleaseReply(ask.reply),)


# --- overlap --------------------------------------------------------------------------------------------------


def overlapped(c: Conversation, reply: int) -> None:
    """The user has spoken over duetto until it fell silent."""
    since = c.now
    assert c.turn(speaking("", since), Mouth(True, reply, ((reply, 1),))) == (Duck(),)
    actions: tuple[Action, ...] = ()
    while Hold() not in actions:
        assert c.now - since < ms(250)
        actions = c.turn(speaking("", since), Mouth(True, reply, ((reply, 1),)))
    assert c.state.floor == "both"


def test_overlap_ducks_at_once_and_holds_soon() -> None:
    c = Conversation()
    overlapped(c, say_something(c))


def test_after_a_backchannel_duetto_goes_on_with_what_it_was_saying() -> None:
    c = Conversation()
    reply = say_something(c)
    overlapped(c, reply)
    ended = c.now
    actions: tuple[Action, ...] = ()
    while not actions:
        assert c.now - ended < ms(400)
        actions = c.turn(silent("yeah", ended, since=ended - ms(200)), Mouth(False, reply, ((reply, 1),)))
    assert actions == (EndTurn(1, "yeah"), Resume(), Restore())
    assert c.state.reply(reply) is not None


def test_what_may_be_a_voice_ducks_and_if_it_was_none_the_voice_comes_back_at_once() -> None:
    c = Conversation()
    reply = say_something(c)
    mouth = Mouth(True, reply, ((reply, 1),))
    assert c.turn(Ears(stirring=True), mouth) == (Duck(),)
    assert c.turn(Ears(), mouth) == (Restore(),)


def test_a_voice_that_comes_back_quietly_after_a_comma_keeps_the_floor() -> None:
    """… and with it the words that the brain has not yet said anything about."""
    resumed = {}
    for stays in (False, True):
        c = Conversation(State(InteractionSettings(held_stays=stays), ways=Ways(level=-20.0)))
        reply = say_something(c)
        overlapped(c, reply)
        mouth, since = Mouth(False, reply, ((reply, 1),)), c.now
        c.turn(msgspec.structs.replace(speaking("no", since), level=-28.0), mouth)
        c.turn(msgspec.structs.replace(speaking("no in", since), level=-28.0), mouth)
        resumed[stays] = any(isinstance(action, Resume) for _, action in c.log)
    assert resumed == {False: True, True: False}


def test_a_short_sound_only_ducks() -> None:
    c = Conversation()
    reply = say_something(c)
    c.turn(speaking("", c.now), Mouth(True, reply, ((reply, 1),)))
    ended = c.now
    for _ in range(5):
        c.turn(silent("", ended, since=ended - ms(60)), Mouth(True, reply, ((reply, 1),)))
    kinds = [type(a) for _, a in c.log]
    assert Hold not in kinds and kinds[-2:] == [EndTurn, Restore]


def test_an_interruption_ends_what_was_being_said_and_is_answered() -> None:
    c = Conversation()
    reply = say_something(c)
    overlapped(c, reply)
    ended = c.now
    ask = asked(c.turn(silent("what time is it", ended, since=ended - s(1)), Mouth(False, reply, ((reply, 1),))))
    c.again(silent("what time is it", ended), Mouth(False, reply, ((reply, 1),)), *answer(ask.reply, "Ten o'clock."))
    actions: tuple[Action, ...] = ()
    while not actions:
        actions = c.turn(silent("what time is it", ended, since=ended - s(1)), Mouth(False, reply, ((reply, 1),)))
    assert actions == (
        EndTurn(1, "what time is it"),
        KeepReply(ask.reply),
        DropReply(reply),
        Resume(),
        Restore(),
        ReleaseReply(ask.reply),
    )


def test_stop_ends_everything_and_needs_no_words_of_its_own() -> None:
    c = Conversation()
    reply = say_something(c)
    overlapped(c, reply)
    ended = c.now
    ask = asked(c.turn(silent("stop", ended, since=ended - ms(400)), Mouth(False, reply, ((reply, 1),))))
    c.again(
        silent("stop", ended), Mouth(False, reply, ((reply, 1),)), Gist(ask.reply, "whole"), Act(ask.reply, stop=True),
        ReplyEnd(ask.reply),
    )  # fmt: skip
    while c.state.turn is not None:
        c.turn(silent("stop", ended, since=ended - ms(400)), Mouth(False, reply, ((reply, 1),)))
        assert c.now < s(5)
    assert DropReply(reply) in [a for _, a in c.log]
    assert c.state.overlap is None
    c.turn(Ears())
    assert c.state.replies == (), "nothing is left behind"


def test_speech_that_means_nothing_to_duetto_is_for_somebody_else() -> None:
    c = Conversation()
    reply = say_something(c)
    overlapped(c, reply)
    ended = c.now
    ask = asked(c.turn(silent("pass the salt please", ended, since=ended - s(2)), Mouth(False, reply, ((reply, 1),))))
    c.again(silent("pass the salt please", ended), None, *answer(ask.reply, "Pardon?", understood="none"))
    while c.state.overlap is not None:
        actions = c.turn(silent("pass the salt please", ended, since=ended - s(2)), Mouth(False, reply, ((reply, 1),)))
        assert c.now < s(5)
    log = [action for _, action in c.log]
    assert Resume() in log and log.index(Resume()) < log.index(DropReply(ask.reply)), "it goes on before the turn ends"
    assert Restore() in actions
    assert c.state.reply(reply) is not None


# --- standing orders ------------------------------------------------------------------------------------------


def with_order(order: Order) -> Conversation:
    c = Conversation()
    ask = asked(c.turn(lines=("order",)))
    c.again(Ears(), None, Gist(ask.reply, "whole"), Act(ask.reply, orders=(order,)), ReplyEnd(ask.reply))
    return c


def test_an_interval_fires_at_its_moments_within_half_a_micro_turn() -> None:
    c = with_order(Order("breathe", Interval(0, s(4)), "Breathe. {n}"))
    fired: list[tuple[int, str]] = []
    while c.now < s(13):
        fired += [(c.now, a.text) for a in c.turn(Ears(), Mouth()) if isinstance(a, PlanClause)]
    assert [text for _, text in fired] == ["Breathe. 1", "Breathe. 2", "Breathe. 3"]
    for n, (at, _) in enumerate(fired, 1):
        assert abs(at - n * s(4)) <= DELTA // 2


def test_a_reminder_is_said_even_while_the_user_speaks_and_nobody_ducks_for_it() -> None:
    c = with_order(Order("breathe", Interval(0, s(4)), "Breathe."))
    while c.now < s(3.9):
        c.turn(speaking("", s(1)))
    actions: tuple[Action, ...] = ()
    while not of(PlanClause, actions):
        actions = c.turn(speaking("", s(1)))
    (clause,) = of(PlanClause, actions)
    assert isinstance(clause, PlanClause) and not clause.held
    assert not of(Duck, c.turn(speaking("", s(1)), Mouth(True, clause.reply, ((clause.reply, 1),))))


@pytest.mark.parametrize(
    ("left", "manner", "place"),
    [
        ("climbed one hundred and twelve steps,", "over", "now"),
        ("and twelve steps,", "over", "next"),
        ("climbed one hundred and twelve steps,", "gap", "next"),
    ],
)
def test_a_reminder_breaks_into_a_long_clause_of_duetto_s_own(left, manner, place) -> None:
    c = with_order(Order("tea", Moment(s(1)), "Tea.", manner=manner))
    story = say_something(c, "Every evening the keeper climbed one hundred and twelve steps,", "and counted them.")
    planned: list[Action] = []
    while not planned:
        planned += of(PlanClause, c.turn(Ears(), Mouth(True, story, ((story, 2),), finishing=left)))
    assert [a.place for a in planned if isinstance(a, PlanClause)] == [place]


def test_an_order_s_remark_does_not_break_into_another_s() -> None:
    c = Conversation()
    ask = asked(c.turn(lines=("order",)))
    orders = (Order("tea", Moment(s(1)), "Tea is ready in the big red pot."), Order("go", Moment(s(2)), "Go."))
    c.again(Ears(), None, Gist(ask.reply, "whole"), Act(ask.reply, orders=orders), ReplyEnd(ask.reply))
    planned: list[PlanClause] = []
    while len(planned) < 2:
        said = planned[0] if planned else None
        mouth = Mouth(True, said.reply, ((said.reply, 1),), finishing=said.text) if said else Mouth()
        planned += [action for action in c.turn(Ears(), mouth) if isinstance(action, PlanClause)]
    assert [(clause.text, clause.place) for clause in planned] == [(orders[0].say, "next"), ("Go.", "next")]


def test_an_order_not_meant_to_be_over_waits_for_the_gap() -> None:
    c = with_order(Order("tea", Moment(s(1)), "Tea.", manner="gap"))
    held: list[Action] = []
    while c.now < s(2):
        held += of(PlanClause, c.turn(speaking("", 0)))
    assert [a.held for a in held if isinstance(a, PlanClause)] == [True]
    assert of(ReleaseReply, c.turn(silent("", c.now)))


def test_a_moment_fires_once_and_is_gone() -> None:
    c = with_order(Order("tea", Moment(s(1)), "Tea."))
    while c.now < s(3):
        c.turn()
    kinds = [type(a) for _, a in c.log]
    assert kinds.count(PlanClause) == 1 and kinds.count(Unwatch) == 1 and c.state.orders == ()


def test_an_order_does_not_pile_up_while_it_cannot_be_said() -> None:
    c = with_order(Order("breathe", Interval(0, s(1)), "Breathe."))
    reply = say_something(c, "A very long clause that takes its time.")
    while c.now < s(6):
        order = [(r.id, 1) for r in c.state.replies if r.origin == "order"]
        c.turn(Ears(), Mouth(True, reply, ((reply, 1), *order)))
    assert len([a for _, a in c.log if isinstance(a, PlanClause) and a.text == "Breathe."]) == 1


def test_a_limit_ends_an_order() -> None:
    c = with_order(Order("twice", Interval(0, s(1)), "Now.", limit=2))
    while c.now < s(6):
        c.turn(Ears(), Mouth())
    assert [type(a) for _, a in c.log].count(PlanClause) == 2 and c.state.orders == ()


def test_something_seen_fires_an_order_in_its_region_and_not_in_a_flood() -> None:
    c = with_order(Order("watch", Sight("motion", "left third"), "I see it move on the {region}."))
    c.turn(Ears(), Mouth(), seen=(Sighting("motion", "right third"), Sighting("face")))
    said: list[str] = []
    for _ in range(50):
        actions = c.turn(Ears(), Mouth(), seen=(Sighting("motion", "left third"),))
        said += [a.text for a in actions if isinstance(a, PlanClause)]
    assert said == ["I see it move on the left third."] * 2


def test_withdrawing_ends_all_orders_and_too_many_are_refused() -> None:
    c = Conversation(State(InteractionSettings(most_orders=2)))
    orders = tuple(Order(f"o{n}", Interval(0, s(9)), "x") for n in range(3))
    ask = asked(c.turn(lines=("orders",)))
    actions = c.again(Ears(), None, Gist(ask.reply, "whole"), Act(ask.reply, orders=orders), ReplyEnd(ask.reply))
    assert len(of(Watch, actions)) == 2 and of(Tell, actions)
    ask = asked(c.turn(lines=("stop them",)))
    actions = c.again(Ears(), None, Gist(ask.reply, "whole"), Act(ask.reply, withdraw=("*",)), ReplyEnd(ask.reply))
    assert len(of(Unwatch, actions)) == 2 and c.state.orders == ()


# --- when it goes wrong, and bounds ---------------------------------------------------------------------------


def test_a_brain_that_fails_is_told_and_apologised_for_once() -> None:
    c = Conversation()
    ask = asked(c.turn(lines=("hello",)))
    actions = c.turn(Ears(), None, Fault("brain", "it broke", reply=ask.reply))
    assert actions[0] == Tell("brain", "it broke") and DropReply(ask.reply) in actions
    (clause,) = of(PlanClause, actions)
    assert isinstance(clause, PlanClause) and "Sorry" in clause.text
    assert not of(AskBrain, actions)


def test_a_draft_that_fails_is_told_and_not_apologised_for() -> None:
    c = Conversation()
    ask = asked(c.turn(silent("hello", DELTA)))
    actions = c.turn(silent("hello", DELTA), None, Fault("brain", "it broke", reply=ask.reply))
    assert not [a for a in of(PlanClause, actions) if isinstance(a, PlanClause) and "Sorry" in a.text]


def test_replies_are_bounded() -> None:
    c = Conversation()
    for n in range(100):
        c.turn(lines=(f"line {n}",))
        assert len(c.state.replies) <= c.state.settings.most_replies


def test_a_reply_that_has_been_heard_is_forgotten() -> None:
    c = Conversation()
    reply = say_something(c)
    c.turn(Ears(), Mouth(True, reply, ((reply, 1),)))
    assert c.state.reply(reply) is not None
    c.turn(Ears(), Mouth())
    assert c.state.replies == ()


def test_a_long_reply_is_planned_as_it_is_said() -> None:
    c = Conversation(State(InteractionSettings(plan_ahead=3)))
    ask = asked(c.turn(lines=("count",)))
    first = of(PlanClause, c.again(Ears(), Mouth(), *answer(ask.reply, *map(str, range(10)))))
    assert len(first) == 3
    assert not of(PlanClause, c.turn(Ears(), Mouth(True, ask.reply, ((ask.reply, 3),))))
    assert len(of(PlanClause, c.turn(Ears(), Mouth(True, ask.reply, ((ask.reply, 1),))))) == 2
    while c.state.replies:
        c.turn(Ears(), Mouth())
        assert c.now < s(5)
    said = [a.text for _, a in c.log if isinstance(a, PlanClause)]
    assert said == [str(n) for n in range(10)]


def test_the_same_percepts_give_the_same_decisions() -> None:
    def run() -> list[tuple[int, Action]]:
        c = with_order(Order("breathe", Interval(0, s(1)), "Breathe."))
        reply = say_something(c)
        for n in range(60):
            voice = n % 20 < 9
            ears = speaking("what is", c.now, stable=s(1)) if voice else silent("what is", c.now - ms(n % 5 * 80))
            c.turn(ears, Mouth(n % 3 > 0, reply, ((reply, 1),)))
        return c.log

    assert run() == run()


RESTING = (
    State(),
    State(aside=("and then",)),
    State(ways=Ways(level=-30.0, spoke=s(1), asked=s(1))),
    State(manner=Manner(yields=False, answers=False)),
)


@pytest.mark.parametrize("state", RESTING)
def test_at_rest_nothing_is_left_out(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is decided at rest without a look is what a look decides."""
    percepts = [
        Percept(s(3), DELTA),
        Percept(s(3), DELTA, ears=Ears(since=s(1), ended=s(2), level=-40.0)),
        Percept(s(30), DELTA, typing=True, typed="wha", facing=False, moving=("camera",)),
    ]
    at_once = [decide(state, percept) for percept in percepts]
    monkeypatch.setattr(microturn, "_at_rest", lambda state, percept: False)
    assert at_once == [decide(state, percept) for percept in percepts] == [(state, ())] * 3


def test_state_is_frozen() -> None:
    state = State()
    assert replace(state, floor="user").floor == "user" and state.floor == "nobody"
