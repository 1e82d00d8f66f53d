"""The application steers: every command in every situation, decision by decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from duetto.interaction import replies
from duetto.interaction.action import (
    AbortCall,
    Action,
    AskBrain,
    CallTool,
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
    TrimReply,
)
from duetto.interaction.direction import MOST_ASKED
from duetto.interaction.microturn import decide
from duetto.interaction.percept import Ears, Mouth, Percept
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.state import Overlap, State
from duetto.interaction.turn_end import CATCH_UP, MOST_UNANSWERED
from duetto.timeline.arrival import Arrival, Clause, Fault, Gist, Hypothesis, Outcome, ReplyEnd, TimedWord, ToolCall
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

DELTA = ms(40)
TOLD = Manner(ends="told", answers=False)


@dataclass
class Talk:
    """A state, its time, and a mouth that says a clause in ten micro-turns."""

    state: State = field(default_factory=State)
    now: int = 0
    plan: list[PlanClause] = field(default_factory=list)
    released: set[int] = field(default_factory=set)
    said: int = 0
    held: bool = False
    log: list[Action] = field(default_factory=list)
    begun: tuple[str, ...] = ()
    last: Ears = Ears()  # noqa: RUF009
    """What is heard where a situation ends."""
    reply: int = 0
    """The reply that a situation has."""

    def turn(self, *told: Command | Arrival, ears: Ears | None = None, lines: tuple[str, ...] = ()) -> list[Action]:
        """One micro-turn, in which the mouth moves on."""
        self.now += DELTA
        self._speak()
        return self.again(*told, ears=ears, lines=lines)

    def again(self, *told: Command | Arrival, ears: Ears | None = None, lines: tuple[str, ...] = ()) -> list[Action]:
        commands = tuple(one for one in told if isinstance(one, Command))
        arrivals = tuple(one for one in told if not isinstance(one, Command))
        percept = Percept(self.now, DELTA, ears or Ears(), self._mouth(), lines, arrivals=arrivals, commands=commands)
        self.begun = ()
        self.state, actions = decide(self.state, percept)
        for action in actions:
            self._do(action)
        self.log.extend(actions)
        return list(actions)

    def _sayable(self) -> PlanClause | None:
        return next((clause for clause in self.plan if not clause.held or clause.reply in self.released), None)

    def _speak(self) -> None:
        clause = self._sayable()
        if clause is None or self.held:
            return
        if not self.said:
            self.begun = (clause.text,)
        self.said += 1
        if self.said == 10:
            self.plan.remove(clause)
            self.said = 0

    def _mouth(self) -> Mouth:
        clause = self._sayable()
        left = {clause.reply: 0 for clause in self.plan}
        for one in self.plan:
            left[one.reply] += 1
        return Mouth(
            sounding=bool(self.said) and not self.held,
            reply=clause.reply if clause else None,
            left=tuple(left.items()),
            begun=self.begun,
            finishing="rest" if self.said else None,
        )

    def _do(self, action: Action) -> None:
        match action:
            case PlanClause(place=place):
                assert len(action.text) <= replies.LONGEST
                self.plan.insert(min(1, len(self.plan)) if place == "next" and self.said else len(self.plan), action)
            case ReleaseReply():
                self.released.add(action.reply)
            case DropReply():
                current = self._sayable()
                if current is not None and current.reply == action.reply:
                    self.said = 0
                self.plan = [clause for clause in self.plan if clause.reply != action.reply]
            case TrimReply():
                keep = self._sayable() if self.said else None
                self.plan = [clause for clause in self.plan if clause.reply != action.reply or clause is keep]
            case Hold():
                self.held = True
            case Resume():
                self.held = False

    def settle(self) -> None:
        """Nothing more is said or told: all that is asked is answered, and the user falls silent."""
        ears = self.last
        if ears.voice:
            ears = msgspec.structs.replace(ears, voice=False, ended=self.now)
        for number in range(2000):
            if number > 200 or any(isinstance(action, EndTurn) for action in self.log):
                ears = Ears(since=ears.since, ended=ears.ended)
            owed = [r.id for r in self.state.replies if not r.ended]
            answers = (part for reply in owed for part in answer(reply, "Well then."))
            self.turn(*answers, ears=msgspec.structs.replace(ears, caught_up=True))
            if number > 205 and not (self.state.replies or self.state.turn):
                return


def words(text: str) -> tuple[TimedWord, ...]:
    return tuple(TimedWord(word, 0, 0) for word in text.split())


def speaking(text: str = "what is two", since: int = 0, utterance: int = 1) -> Ears:
    return Ears(voice=True, since=since, utterance=utterance, words=words(text), stable=s(1))


def silent(text: str, ended: int, utterance: int = 1, since: int = 0, caught_up: bool = True) -> Ears:
    return Ears(since=since, ended=ended, utterance=utterance, words=words(text), stable=s(1), caught_up=caught_up)


def answer(reply: int, *clauses: str, understood: str = "whole") -> tuple[Arrival, ...]:
    return (
        Gist(reply, understood),  # type: ignore[arg-type]
        *(Clause(reply, n, text) for n, text in enumerate(clauses)),
        ReplyEnd(reply),
    )


def of(kind: type, actions: list[Action]) -> list:
    return [action for action in actions if isinstance(action, kind)]


def ask(actions: list[Action]) -> AskBrain:
    (found,) = of(AskBrain, actions)
    return found


# --- situations -----------------------------------------------------------------------------------------------


def idle() -> Talk:
    return Talk()


def user_speaks() -> Talk:
    talk = Talk()
    talk.last = speaking()
    talk.turn(ears=talk.last)
    return talk


def with_a_draft() -> Talk:
    talk = Talk()
    talk.turn(ears=speaking())
    talk.last = silent("what is two", talk.now)
    found = ask(talk.turn(ears=talk.last) or talk.log)
    talk.again(*answer(found.reply, "Two.", understood="half"), ears=talk.last)
    talk.reply = found.reply
    return talk


def duetto_speaks() -> Talk:
    talk = Talk()
    found = ask(talk.turn(lines=("count",)))
    talk.again(*answer(found.reply, "One.", "Two.", "Three.", "Four."))
    talk.reply = found.reply
    talk.turn()
    talk.turn()
    return talk


def ducked() -> Talk:
    talk = duetto_speaks()
    talk.last = speaking("", talk.now)
    assert of(Duck, talk.turn(ears=talk.last))
    return talk


def held() -> Talk:
    talk = ducked()
    talk.last = speaking("what is", talk.now - DELTA)
    for _ in range(6):
        talk.turn(ears=talk.last)
    assert talk.state.overlap is not None and talk.state.overlap.stage == "held"
    return talk


def tool_runs() -> Talk:
    talk = Talk()
    found = ask(talk.turn(lines=("weather",)))
    talk.again(Gist(found.reply, "whole"), Clause(found.reply, 0, "Wait."), ToolCall(found.reply, "weather", "{}"))
    talk.reply = found.reply
    talk.turn(ReplyEnd(found.reply))
    return talk


def is_thinking() -> Talk:
    talk = Talk()
    talk.turn(lines=("hello",))
    return talk


SITUATIONS = (idle, user_speaks, with_a_draft, duetto_speaks, ducked, held, tool_runs, is_thinking)
COMMANDS: tuple[tuple[Command, ...], ...] = (
    (Brief("A parrot.", (Offer("weather"),), "required"),),
    (Manner(),),
    (TOLD,),
    (Manner(answers=False),),
    (Manner(yields=False),),
    (Manner(speaks=False),),
    (Manner(silence=0),),
    (Manner(silence=s(5)),),
    (Manner(patience=3.0),),
    (Manner(ends="told", yields=False, speaks=False),),
    (Remember("a", "user", "hello"),),
    (Remember("a", "duetto", "hello"),),
    (Remember("a", "system", "hello"),),
    (Remember("a", "user", ""),),
    (Erase("told:a"),),
    (Erase("turn:1"),),
    (Unsay(1, 1),),
    (Unsay(99, 1),),
    (Over(),),
    (Over(), Answer("x")),
    (Answer("x"), Over()),
    (Over(), Over(), Answer(), Answer()),
    (Discard(),),
    (Discard(), Answer("x")),
    (Over(), Discard(), Answer("x")),
    (Answer("x"),),
    (Answer("x", apart=True, about="what is it"),),
    (Answer("x", speaks=False),),
    (Stop(),),
    (Stop(1),),
    (Stop(99),),
    (Answer("x"), Stop()),
    (Stop(), Answer("x")),
    (Say("Hello there.", "s"),),
    (Say(""),),
    (Say("A long story. " * 400),),
    (Say("a" * 9000),),
    tuple(Answer(str(n)) for n in range(40)),
    tuple(Say(str(n)) for n in range(40)),
    tuple(Remember(str(n), "user", str(n)) for n in range(40)),
)


@pytest.mark.parametrize("commands", COMMANDS, ids=lambda each: " ".join(type(one).__name__ for one in each)[:40])
@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda each: each.__name__)
def test_any_command_may_come_at_any_time_and_all_of_it_has_an_end(
    situation: Callable[[], Talk], commands: tuple[Command, ...]
) -> None:
    talk = situation()
    talk.turn(*commands, ears=talk.last)
    state = talk.state
    assert len(state.replies) <= state.settings.most_replies
    assert len(state.asked) <= MOST_ASKED and len(state.unanswered) <= MOST_UNANSWERED
    talk.settle()
    state = talk.state
    assert not state.replies, state.replies
    assert state.turn is None and state.over is None and not state.asked and state.overlap is None
    assert not talk.plan and not talk.held
    ducks = [type(a) for a in talk.log if isinstance(a, Duck | Restore)]
    assert ducks.count(Duck) == ducks.count(Restore)
    assert all(call.stage == "running" and call.name == "weather" for call in state.calls)


# --- who ends the user's turn ---------------------------------------------------------------------------------


def test_a_turn_that_is_ended_when_told_outlasts_any_silence_and_needs_no_silence() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking())
    for _ in range(500):
        assert not talk.turn(ears=silent("what is two", ms(40)))
    assert talk.turn(Over(), ears=silent("what is two", ms(40))) == [EndTurn(1, "what is two")]
    assert [said.text for said in talk.state.unanswered] == ["what is two"]


def test_a_turn_that_is_told_to_be_over_waits_for_its_last_word_but_not_for_ever() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking("what is"))
    ears = silent("what is", talk.now, caught_up=False)
    assert not talk.turn(Over(), Answer("x"), ears=ears)
    ended = talk.turn(ears=silent("what is two", ears.ended or 0))
    assert ended[0] == EndTurn(1, "what is two")
    assert ask(ended).text == "what is two" and ask(ended).tag == "x"

    talk = Talk()
    talk.turn(TOLD, ears=speaking("what is"))
    ears = silent("what is", talk.now, caught_up=False)
    since = talk.now + DELTA
    talk.turn(Over(), Answer("x"), ears=ears)
    while not (actions := talk.turn(ears=ears)):
        assert talk.now < since + CATCH_UP
    assert talk.now == since + CATCH_UP and ask(actions).text == "what is"


def test_over_ends_a_turn_in_the_middle_of_a_word_after_a_moment() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking("what is"))
    talk.turn(Over(), Answer("x"), ears=speaking("what is"))
    since = talk.now
    while not (actions := talk.turn(ears=speaking("what is two"))):
        pass
    assert talk.now - since == CATCH_UP and ask(actions).text == "what is two"


def test_over_without_a_turn_does_nothing_and_the_next_turn_is_not_over() -> None:
    talk = Talk()
    assert not talk.turn(TOLD, Over())
    for _ in range(50):
        assert not talk.turn(ears=silent("what is two", 0))


def test_over_without_a_turn_and_an_answer_is_answered_at_once_with_what_there_is() -> None:
    talk = Talk()
    talk.turn(TOLD, Remember("a", "user", "what is two"))
    assert ask(talk.turn(Over(), Answer("x"))) == AskBrain(1, "what is two", "told", False, tag="x")
    assert ask(talk.turn(Answer("y"))).text == ""


def test_an_answer_that_comes_before_over_in_one_micro_turn_still_waits_for_the_turn() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking("what is"))
    assert not talk.turn(Answer("x"), Over(), ears=silent("what is", talk.now, caught_up=False))
    assert ask(talk.turn(ears=silent("what is two", 0))).text == "what is two"


def test_an_answer_while_the_user_speaks_leaves_their_turn_alone() -> None:
    talk = Talk()
    talk.turn(TOLD, Remember("a", "user", "hello"), ears=speaking("what is"))
    found = talk.turn(Answer("x"), ears=speaking("what is"))
    assert ask(found).text == "hello" and talk.state.turn is not None
    talk.turn(*answer(1, "Hi."), ears=speaking("what is two"))
    assert not of(ReleaseReply, talk.log)
    assert talk.turn(Over(), ears=silent("what is two", 0))[0] == EndTurn(1, "what is two")


def test_a_manner_with_a_silence_of_its_own_ends_turns_after_just_that() -> None:
    for silence in (0, ms(200), s(3)):
        talk = Talk()
        talk.turn(Manner(silence=silence, answers=False), ears=speaking("so and"))
        ended = talk.now
        while not of(EndTurn, talk.turn(ears=silent("so and", ended))):
            pass
        assert talk.now - ended == max(DELTA, silence)


@pytest.mark.parametrize(("patience", "times"), [(0.5, 0.5), (1.0, 1.0), (3.0, 3.0)])
def test_patience_is_so_many_times_duettos_own(patience: float, times: float) -> None:
    talk = Talk()
    talk.turn(Manner(patience=patience, answers=False), ears=speaking("so it is"))
    ended = talk.now
    while not of(EndTurn, talk.turn(ears=silent("so it is", ended))):
        pass
    wanted = InteractionSettings().unknown_silence * times
    assert wanted <= talk.now - ended < wanted + DELTA


def test_told_and_then_heard_again_a_long_silence_ends_the_turn_at_once() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking())
    for _ in range(60):
        talk.turn(ears=silent("what is two", ms(40)))
    assert of(EndTurn, talk.turn(Manner(answers=False), ears=silent("what is two", ms(40))))


def test_a_short_yes_over_duetto_is_a_turn_where_turns_are_told() -> None:
    talk = duetto_speaks()
    talk.turn(TOLD)
    talk.turn(ears=speaking("yeah", talk.now))
    since = talk.now - DELTA
    for _ in range(20):
        found = talk.turn(ears=silent("yeah", talk.now - DELTA if not talk.state.turn else since + ms(80), since=since))
        assert not of(EndTurn, found)
    assert talk.state.turn is not None and talk.state.overlap is None
    ended = talk.turn(Over(), Answer("x"), ears=silent("yeah", since + ms(80), since=since))
    assert of(EndTurn, ended) and ask(ended).text == "yeah"


def test_over_is_not_lost_on_a_sound_of_listening_whose_words_are_still_owed() -> None:
    talk = duetto_speaks()
    talk.turn(ears=speaking("", talk.now))
    since = talk.now - DELTA
    deaf = silent("", talk.now, since=since, caught_up=False)
    talk.turn(Over(), Answer("x"), ears=deaf)
    while not of(EndTurn, found := talk.turn(ears=deaf)):
        assert talk.now <= since + CATCH_UP + s(1)
    assert ask(found).tag == "x"


def test_an_utterance_that_grew_too_long_is_part_of_what_was_told() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking("one two"))
    assert talk.turn(ears=speaking("", 0, utterance=2)) == [EndTurn(1, "one two")]
    talk.turn(Hypothesis(1, words("one two three"), 0, True), ears=speaking("four", 0, utterance=2))
    found = talk.turn(Over(), Answer("x"), ears=silent("four", talk.now, utterance=2))
    assert ask(found).text == "one two three four"


def test_what_grew_too_long_is_not_answered_in_the_middle_of_a_told_turn() -> None:
    talk = Talk()
    talk.turn(Manner(ends="told"), ears=speaking("one two"))
    draft = ask(talk.log)
    assert draft.draft
    talk.turn(*answer(draft.reply, "Two."), ears=speaking("one two"))
    found = talk.turn(ears=speaking("", 0, utterance=2))
    assert found[:2] == [EndTurn(1, "one two"), DropReply(draft.reply)] and not of(KeepReply, found)
    assert not talk.state.replies


# --- who has turns answered -----------------------------------------------------------------------------------


def test_without_answers_nothing_is_drafted_and_a_turn_waits_for_the_application() -> None:
    talk = Talk()
    talk.turn(Manner(answers=False), ears=speaking())
    for _ in range(40):
        talk.turn(ears=silent("what is two", ms(40)) if not of(EndTurn, talk.log) else None)
    talk.turn(lines=("and three",))
    assert not of(AskBrain, talk.log) and len(of(EndTurn, talk.log)) == 1
    assert ask(talk.turn(Answer("x"))).text == "what is two and three"


def test_a_draft_of_a_turn_that_is_not_to_be_answered_any_more_goes() -> None:
    talk = with_a_draft()
    draft = talk.reply
    talk.turn(Manner(answers=False), ears=talk.last)
    for _ in range(40):
        found = talk.turn(ears=talk.last)
        if of(EndTurn, found):
            break
    assert DropReply(draft) in found and not talk.state.replies and not talk.plan


def test_answers_are_for_the_one_who_wants_them_now() -> None:
    """A turn that duetto answers by itself answers what was told before; nothing of it is asked twice."""
    talk = Talk()
    talk.turn(Remember("a", "user", "hello"), ears=speaking())
    while not of(EndTurn, found := talk.turn(ears=silent("what is two", ms(40)))):
        for each in of(AskBrain, found):
            talk.again(*answer(each.reply, "Two."), ears=silent("what is two", ms(40)))
    assert of(KeepReply, found)
    assert ask(talk.turn(Answer("x"))).text == ""


def test_a_typed_line_that_is_answered_answers_what_was_told_before() -> None:
    talk = Talk()
    talk.turn(Remember("a", "user", "hello"))
    assert ask(talk.turn(lines=("what is two",))).text == "what is two"
    assert ask(talk.turn(Answer("x"))).text == ""


def test_what_is_erased_is_not_answered() -> None:
    talk = Talk()
    talk.turn(TOLD, Remember("a", "user", "one"), Remember("b", "user", "two"), ears=speaking("three"))
    talk.turn(Over(), ears=silent("three", talk.now))
    talk.turn(Erase("told:a"), Erase("turn:1"))
    assert ask(talk.turn(Answer("x"))).text == "two"


def test_erased_and_told_again_it_counts() -> None:
    talk = Talk()
    talk.turn(TOLD, Remember("a", "user", "one"))
    assert ask(talk.turn(Erase("told:a"), Remember("a", "user", "two"), Answer("x"))).text == "two"


def test_what_duetto_is_remembered_to_have_said_was_the_answer() -> None:
    talk = Talk()
    talk.turn(TOLD, Remember("a", "user", "one"), Remember("b", "duetto", "1"), Remember("c", "user", "two"))
    assert ask(talk.turn(Answer("x"))).text == "two"


def test_a_turn_that_is_not_answered_still_takes_the_floor() -> None:
    talk = held()
    talk.turn(Manner(answers=False), ears=talk.last)
    ended = silent("what is two plus two", talk.now, since=talk.last.since or 0)
    while not of(EndTurn, found := talk.turn(ears=ended)):
        pass
    assert of(DropReply, found)
    talk.turn()
    assert talk.state.overlap is None and not talk.held and not talk.state.replies


def test_an_answer_while_another_is_under_way_follows_it() -> None:
    talk = Talk()
    first = ask(talk.turn(TOLD, Answer("a")))
    second = ask(talk.turn(Answer("b")))
    assert first.reply != second.reply
    talk.turn(*answer(second.reply, "B."), *answer(first.reply, "A."))
    talk.settle()
    assert {clause.text for clause in of(PlanClause, talk.log)} == {"A.", "B."} and not talk.state.replies


def test_the_words_of_a_turn_whose_last_ones_come_late_are_corrected_until_they_are_answered() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking("what is"))
    talk.turn(Over(), ears=silent("what is", talk.now))
    talk.turn(Hypothesis(1, words("what is two"), 0, True))
    assert ask(talk.turn(Answer("x"))).text == "what is two"
    talk.turn(Hypothesis(1, words("what is three"), 0, True))
    assert not talk.state.unanswered


# --- what does not count --------------------------------------------------------------------------------------


def test_a_turn_that_is_discarded_takes_its_draft_and_its_call_with_it() -> None:
    talk = Talk()
    talk.turn(ears=speaking())
    ears = silent("what is two", talk.now)
    draft = ask(talk.log)
    talk.turn(Gist(draft.reply, "half"), Clause(draft.reply, 0, "Let me see."), ears=ears)
    talk.again(ToolCall(draft.reply, "look", "{}"), ToolCall(draft.reply, "weather", "{}", effects=True), ears=ears)
    assert [call.name for call in of(CallTool, talk.log)] == ["look"]
    found = talk.turn(Discard(), ears=ears)
    assert found == [EndTurn(1, "", counts=False), DropReply(draft.reply), AbortCall(1)]
    assert not talk.state.calls and not talk.state.replies and talk.state.turn is None
    assert not talk.turn(Outcome(1, "late"))


def test_a_discarded_voice_that_goes_on_leaves_duetto_speaking() -> None:
    talk = held()
    found = talk.turn(Discard(), ears=talk.last)
    assert EndTurn(1, "", counts=False) in found
    going_on = Ears(voice=True, since=talk.last.since)
    for _ in range(5):
        talk.turn(ears=going_on)
    talk.turn(ears=Ears(since=talk.last.since, ended=talk.now))
    assert talk.state.overlap is None and not talk.held
    talk.settle()
    assert not talk.state.replies


def test_over_and_then_discard_is_discarded() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking())
    found = talk.turn(Over(), Discard(), ears=silent("what is two", talk.now))
    assert found == [EndTurn(1, "", counts=False)] and not talk.state.unanswered and talk.state.over is None


# --- what is said ---------------------------------------------------------------------------------------------


def test_a_stop_ends_what_is_said_and_what_is_thought_and_no_draft() -> None:
    talk = duetto_speaks()
    thinking = ask(talk.turn(Answer("x"))).reply
    talk.turn(ears=speaking("what is", talk.now))
    talk.turn(ears=speaking("what is two", talk.now))
    draft = next(reply.id for reply in talk.state.replies if reply.draft)
    found = talk.turn(Stop(), ears=speaking("what is two", talk.now))
    assert {drop.reply for drop in of(DropReply, found)} == {talk.reply, thinking}
    assert [reply.id for reply in talk.state.replies] == [draft]


def test_a_stop_of_one_leaves_the_others() -> None:
    talk = duetto_speaks()
    other = ask(talk.turn(Answer("x"))).reply
    assert of(DropReply, talk.turn(Stop(talk.reply))) == [DropReply(talk.reply)]
    assert [reply.id for reply in talk.state.replies] == [other]


def test_a_stopped_answer_that_waits_for_the_last_words_is_not_given() -> None:
    talk = Talk()
    talk.turn(TOLD, ears=speaking())
    talk.turn(Over(), Answer("x"), ears=silent("what", talk.now, caught_up=False))
    talk.turn(Stop(), ears=silent("what", talk.now, caught_up=False))
    talk.turn(ears=silent("what", talk.now))
    assert not of(AskBrain, talk.log) and len(of(EndTurn, talk.log)) == 1


def test_a_stop_while_a_tool_runs_leaves_the_call_and_its_outcome_is_told() -> None:
    talk = tool_runs()
    talk.turn(Stop())
    assert not talk.state.replies and len(talk.state.calls) == 1
    assert ask(talk.turn(Outcome(1, "rain"))).how == "tool"
    assert not talk.state.calls


def test_a_silent_outcome_leads_to_nothing() -> None:
    talk = tool_runs()
    talk.turn(Stop())
    assert not talk.turn(Outcome(1, "rain", silent=True)) and not talk.state.calls


def test_unsay_ends_the_reply_that_is_being_said() -> None:
    talk = duetto_speaks()
    assert of(DropReply, talk.turn(Unsay(talk.reply, 1))) == [DropReply(talk.reply)]


def test_what_is_told_to_be_said_waits_until_nobody_speaks() -> None:
    talk = user_speaks()
    talk.turn(Say("Dinner.", "s"), ears=talk.last)
    (plan,) = of(PlanClause, talk.log)
    assert plan.held and plan.tag == "s"
    talk = duetto_speaks()
    talk.turn(Say("Dinner."))
    assert talk.plan[-1].text == "Dinner." and talk.plan[0].text != "Dinner."


def test_a_text_too_long_for_a_clause_is_several() -> None:
    for text in ("One sentence. " * 300, "word " * 900, "a" * 3000):
        talk = Talk()
        talk.turn(Say(text))
        while talk.state.replies:
            talk.turn()
        parts = [clause.text for clause in of(PlanClause, talk.log)]
        assert len(parts) > 2 and all(len(part) <= replies.LONGEST for part in parts)
        assert "".join("".join(parts).split()) == "".join(text.split())
        assert text[0] == "a" or all(part.rstrip()[-1] in ".d" for part in parts), "it is cut between words"


def test_a_clause_and_a_question_of_the_brain_may_be_too_long_too() -> None:
    talk = Talk()
    found = ask(talk.turn(lines=("hello",)))
    talk.turn(Clause(found.reply, 0, "a" * 5000), ToolCall(found.reply, "send", "{}", True, "Shall I? " * 900))
    for _ in range(70):
        talk.turn(ReplyEnd(found.reply))
    asked = [clause.text for clause in of(PlanClause, talk.log)][-1]
    assert len(asked) == replies.LONGEST
    assert talk.state.calls[0].stage == "asked", "the user has begun to hear the question"


# --- who gives way --------------------------------------------------------------------------------------------


def test_a_voice_that_does_not_yield_is_neither_ducked_nor_dropped() -> None:
    talk = duetto_speaks()
    talk.turn(Manner(yields=False))
    for _ in range(10):
        talk.turn(ears=speaking("what is two plus two", talk.now))
    assert not of(Duck, talk.log) and not of(DropReply, talk.log)


def test_a_voice_that_has_given_way_comes_back_when_it_is_not_to_yield_any_more() -> None:
    for situation in (ducked, held):
        talk = situation()
        found = talk.turn(Manner(yields=False), ears=talk.last)
        assert of(Restore, found) and talk.state.overlap is None and not talk.held


def test_an_answer_that_does_not_yield_is_said_while_the_user_speaks() -> None:
    talk = Talk()
    found = ask(talk.turn(Manner(ends="told", answers=False, yields=False), Answer("x")))
    talk.turn(*answer(found.reply, "One."), ears=speaking())
    (plan,) = of(PlanClause, talk.log)
    assert not plan.held


# --- shown instead of spoken ----------------------------------------------------------------------------------


def test_what_is_shown_is_shown_whoever_speaks_and_nothing_of_it_is_spoken() -> None:
    talk = Talk(last=speaking())
    found = ask(talk.turn(Manner(answers=False, speaks=False), Answer("x"), ears=talk.last))
    assert found.shown
    shown = talk.turn(*answer(found.reply, "One.", "Two."), ears=talk.last)
    assert of(Show, shown) == [Show("One.", found.reply), Show("Two.", found.reply)]
    talk.settle()
    assert not of(PlanClause, talk.log) and not talk.state.replies


def test_a_beginning_that_is_spoken_is_planned_as_one() -> None:
    talk = Talk()
    talk.turn(lines=("which trains",))
    reply = ask(talk.log).reply
    talk.turn(Gist(reply, "whole"), Clause(reply, 0, "There are", goes_on=True), Clause(reply, 1, "two trains."))
    assert [(plan.text, plan.goes_on) for plan in of(PlanClause, talk.log)] == [
        ("There are", True),
        ("two trains.", False),
    ]


def test_an_interrupted_reply_that_is_shown_is_not_shown_any_further() -> None:
    talk = Talk()
    talk.turn(Manner(speaks=False), lines=("count",))
    first = ask(talk.log).reply
    talk.turn(Gist(first, "whole"), Clause(first, 0, "One."))
    talk.turn(ears=speaking("what is two plus two"))
    ears = silent("what is two plus two", talk.now)
    draft = max(each.reply for each in of(AskBrain, talk.log))
    talk.turn(*answer(draft, "Four."), ears=ears)
    while not of(EndTurn, found := talk.turn(ears=ears)):
        pass
    assert of(KeepReply, found) == [KeepReply(draft)] and DropReply(first) in found
    assert Show("Four.", draft) in found
    assert not of(Show, talk.turn(Clause(first, 1, "Two.")))


def test_a_draft_is_not_shown() -> None:
    talk = Talk()
    talk.turn(Manner(speaks=False), ears=speaking())
    draft = ask(talk.log)
    assert draft.draft and draft.shown
    assert not of(Show, talk.turn(*answer(draft.reply, "Two."), ears=speaking()))


def test_nobody_who_only_shows_says_that_he_listens_or_takes_a_moment() -> None:
    talk = Talk(State(InteractionSettings(filler_after=ms(400))))
    talk.turn(Manner(speaks=False, silence=s(30)), ears=speaking("so then", 0))
    talk.now = s(5)
    for _ in range(30):
        talk.turn(ears=silent("so then", s(5)))
    assert not of(Show, talk.log) and not of(PlanClause, talk.log)
    talk.turn(lines=("hello",))
    for _ in range(30):
        talk.turn()
    assert not of(Show, talk.log)


# --- apart ----------------------------------------------------------------------------------------------------


def apart() -> tuple[Talk, int]:
    talk = Talk(State(InteractionSettings(replans=True, filler_after=ms(400))))
    return talk, ask(talk.turn(Answer("x", apart=True, about="sum it up"))).reply


def test_a_reply_apart_is_none_of_the_users_business() -> None:
    talk, number = apart()
    assert talk.log == [AskBrain(number, "sum it up", "told", False, True, "x", "", True, True)]
    talk.turn(lines=("hello",))
    assert not of(DropReply, talk.log) and talk.state.reply(number) is not None
    for _ in range(20):
        talk.turn()
    assert not [show for show in of(Show, talk.log) if show.reply == number]
    shown = talk.turn(*answer(number, "Short."))
    assert Show("Short.", number) in shown


@pytest.mark.parametrize("clauses", [(), ("Well,",)])
def test_a_reply_apart_that_fails_is_nothing_to_apologise_for(clauses: tuple[str, ...]) -> None:
    talk, number = apart()
    talk.turn(*(Clause(number, 0, text) for text in clauses))
    talk.turn(Fault("brain", "gone", reply=number))
    talk.turn()
    assert [show.text for show in of(Show, talk.log)] == list(clauses)
    assert not of(PlanClause, talk.log) and not talk.state.replies


def test_the_end_of_a_reply_apart_leaves_what_was_set_aside() -> None:
    talk, number = apart()
    talk.state = replace(talk.state, aside=("The rest.",))
    talk.turn(*answer(number, "Short."))
    assert talk.state.aside == ("The rest.",)


def test_a_reply_apart_does_not_answer_what_the_user_said() -> None:
    talk = Talk()
    talk.turn(TOLD, Remember("a", "user", "hello"), Answer("x", apart=True, about="sum it up"))
    assert ask(talk.turn(Answer("y"))).text == "hello"


# --- bounds ---------------------------------------------------------------------------------------------------


def test_an_hour_of_commands_leaves_a_small_state() -> None:
    talk = Talk()
    talk.turn(TOLD)
    for number in range(400):
        for commands in COMMANDS[10:28]:
            talk.turn(*commands)
        talk.turn(*(part for found in of(AskBrain, talk.log) for part in answer(found.reply, "So.")))
        talk.log.clear()
        state = talk.state
        assert len(state.replies) <= 16 and len(state.asked) <= MOST_ASKED, number
        assert len(state.unanswered) <= MOST_UNANSWERED and len(state.aside) <= 64


def test_the_state_can_be_compared_so_that_a_replay_can_be() -> None:
    assert State() == State() and Overlap(0, "held") == Overlap(0, "held")
