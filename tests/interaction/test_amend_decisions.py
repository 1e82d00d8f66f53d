"""Amendments, calls of tools and what slow work sends, as decisions: percept by percept, with a voice on paper."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest

from duetto.interaction.action import (
    AbortCall,
    Action,
    AskBrain,
    CallTool,
    DeclineCall,
    DropReply,
    EndTurn,
    KeepReply,
    PlanClause,
    ReleaseReply,
    Show,
    Tell,
    TrimReply,
)
from duetto.interaction.intake import BROKEN_OFF, REGRET
from duetto.interaction.microturn import decide
from duetto.interaction.percept import Ears, Mouth, Percept
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.state import State
from duetto.timeline.arrival import (
    Arrival,
    Clause,
    Fault,
    Gist,
    GoOn,
    Outcome,
    ReplyEnd,
    TimedWord,
    ToolCall,
    Withdraw,
)
from duetto.timeline.clock import ms, s

DELTA = ms(80)
STORY = ("Once there was a keeper,", "who lived by the sea.", "One night it blew hard,", "and the light went out.")
QUIET = Ears()


@dataclass
class _Planned:
    reply: int
    text: str
    held: bool
    words: int = 0


@dataclass
class Talk:
    """A state, a moment, and a plan of speech that says as many words as it is told to."""

    state: State = field(default_factory=lambda: State(InteractionSettings(replans=True)))
    now: int = 0
    plan: list[_Planned] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    log: list[Action] = field(default_factory=list)
    silent: bool = False
    over: Ears = QUIET
    turned: int = 0
    _begun: list[str] = field(default_factory=list)

    def turn(self, *arrivals: Arrival, line: str = "", ears: Ears = QUIET) -> tuple[Action, ...]:
        """One micro-turn, in which the voice says nothing."""
        self.now += DELTA
        begun, self._begun = tuple(self._begun), []
        first = next((clause for clause in self.plan if not clause.held), None)
        left = {clause.reply: sum(c.reply == clause.reply for c in self.plan) for clause in self.plan}
        mouth = Mouth(
            sounding=first is not None and not self.silent,
            reply=None if first is None else first.reply,
            left=tuple(left.items()),
            begun=begun,
            finishing=None if first is None or not first.words else " ".join(first.text.split()[first.words :]),
        )
        percept = Percept(self.now, DELTA, ears, mouth, (line,) if line else (), (), arrivals)
        self.state, actions = decide(self.state, percept)
        self.log.extend(actions)
        for action in actions:
            self._carry_out(action)
        return actions

    def says(self, count: int) -> None:
        """The voice says so many words of what may be heard."""
        for _ in range(count):
            clause = next(clause for clause in self.plan if not clause.held)
            if not clause.words:
                self._begun.append(clause.text)
            words = clause.text.split()
            self.heard.append(words[clause.words])
            clause.words += 1
            if clause.words == len(words):
                self.plan.remove(clause)
                self.turn()

    def says_all(self) -> str:
        """The voice says what there is to say. Returns all that was heard."""
        while any(not clause.held for clause in self.plan):
            self.says(1)
        self.turn()
        return " ".join(self.heard)

    def asks(self, line: str = "and then?") -> int:
        """A line is typed and the brain asked about it. Returns the reply's number."""
        return one(AskBrain, self.turn(line=line)).reply

    def tells(self, *clauses: str, over: bool = True) -> int:
        """A line is typed and answered. Returns the reply's number."""
        reply = self.asks("tell me")
        self.turn(*said(reply, *clauses, over=over))
        return reply

    def hears(self, text: str) -> int:
        """The user takes the floor and says this, and falls silent. Returns the draft's number."""
        since, self.turned = self.now, len(self.log)
        ears = Ears(voice=True, since=since, utterance=self.now, words=words(text))
        while self.plan and not self.silent:
            assert self.now - since < s(1)
            self.turn(ears=ears)
            self.silent = self.state.overlap is not None and self.state.overlap.stage == "held"
        self.over = Ears(
            since=since, ended=self.now + DELTA, utterance=ears.utterance, words=words(text), caught_up=True
        )
        return one(AskBrain, self.turn(ears=self.over)).reply

    def ends(self) -> tuple[Action, ...]:
        """The user's turn ends, if it has not yet. Returns all that was decided from its end on."""
        while not of(EndTurn, self.log[self.turned :]):
            assert self.now - (self.over.ended or 0) < s(3)
            self.turn(ears=self.over)
        self.silent = False
        self.turn()
        end = next(n for n in range(self.turned, len(self.log)) if isinstance(self.log[n], EndTurn))
        return tuple(self.log[end:])

    def _carry_out(self, action: Action) -> None:
        match action:
            case PlanClause():
                index = len(self.plan)
                if action.place == "next":
                    index = int(bool(self.plan) and self.plan[0].words > 0)
                    while index < len(self.plan) and self.plan[index].reply == action.reply:
                        index += 1
                self.plan.insert(index, _Planned(action.reply, action.text, action.held))
            case TrimReply(reply=reply):
                self.plan = [clause for clause in self.plan if clause.reply != reply or clause.words]
            case DropReply(reply=reply):
                self.plan = [clause for clause in self.plan if clause.reply != reply]
            case ReleaseReply(reply=reply):
                for clause in self.plan:
                    clause.held = clause.held and clause.reply != reply


def words(text: str) -> tuple[TimedWord, ...]:
    return tuple(TimedWord(word, 0, 0) for word in text.split())


def said(reply: int, *clauses: str, on: bool = False, over: bool = True, first: int = 0) -> tuple[Arrival, ...]:
    """A whole answer of a brain. on: with GoOn. over: with its end."""
    return (
        Gist(reply, "whole"),
        *(Clause(reply, first + n, text) for n, text in enumerate(clauses)),
        *((GoOn(reply),) if on else ()),
        *((ReplyEnd(reply),) if over else ()),
    )


def of(kind: type, actions: tuple[Action, ...] | list[Action]) -> list[Any]:
    return [action for action in actions if isinstance(action, kind)]


def one(kind: type, actions: tuple[Action, ...] | list[Action]) -> Any:
    (found,) = of(kind, actions)
    return found


def talking(count: int, **settings: Any) -> Talk:
    """A talk in which so many words of the story have been said."""
    talk = Talk(State(InteractionSettings(replans=True, **settings)))
    talk.tells(*STORY)
    talk.says(count)
    return talk


WORDS = " ".join(STORY).split()


# --- amendment ------------------------------------------------------------------------------------------------


def test_a_typed_line_lets_the_clause_end_and_sets_the_rest_aside() -> None:
    talk = talking(7)
    actions = talk.turn(line="no, shorter")
    assert [type(action) for action in actions if not isinstance(action, Show)] == [TrimReply, AskBrain]
    assert talk.state.aside == STORY[2:]
    talk.turn(*said(one(AskBrain, actions).reply, "The end."))
    assert talk.says_all() == " ".join((*STORY[:2], "The end."))
    assert talk.state.replies == () and talk.state.aside == ()


def test_a_line_between_two_clauses_sets_aside_the_one_that_has_not_begun() -> None:
    talk = talking(5)
    answer = talk.asks()
    assert talk.state.aside == STORY[1:]
    talk.turn(*said(answer, "No more."))
    assert talk.says_all() == f"{STORY[0]} No more."


def test_a_spoken_turn_sets_aside_from_the_word_at_which_the_clause_was_cut() -> None:
    talk = talking(7)
    draft = talk.hears("wait which one")
    assert talk.state.aside == (), "the user may not have finished"
    talk.turn(*said(draft, "The one in the west.", over=False), ears=talk.over)
    actions = talk.ends()
    assert KeepReply(draft) in actions and of(DropReply, actions)
    assert talk.state.aside == ("by the sea.", *STORY[2:])


@pytest.mark.parametrize("plan_ahead", [1, 2, 8])
@pytest.mark.parametrize("count", range(1, len(WORDS)))
def test_what_goes_on_after_a_line_is_exactly_what_was_unsaid(count: int, plan_ahead: int) -> None:
    talk = talking(count, plan_ahead=plan_ahead)
    answer = talk.asks()
    talk.turn(*said(answer, "Yes:", on=True))
    found = talk.says_all().split()
    assert [word for word in found if word != "Yes:"] == WORDS and found.count("Yes:") == 1


@pytest.mark.parametrize("plan_ahead", [1, 2, 8])
@pytest.mark.parametrize("count", range(1, len(WORDS)))
def test_what_goes_on_after_a_spoken_turn_is_exactly_what_was_unsaid(count: int, plan_ahead: int) -> None:
    talk = talking(count, plan_ahead=plan_ahead)
    draft = talk.hears("wait which one")
    talk.turn(*said(draft, "The first.", on=True), ears=talk.over)
    talk.ends()
    assert talk.says_all() == " ".join((*WORDS[:count], "The first.", *WORDS[count:]))


def test_without_words_of_its_own_a_reply_goes_on_too() -> None:
    talk = talking(7)
    talk.turn(*said(talk.asks(), on=True))
    assert talk.says_all().split() == WORDS


def test_what_still_comes_of_a_reply_that_was_trimmed_is_not_said() -> None:
    talk = Talk()
    story = talk.tells(*STORY[:2], over=False)
    talk.says(2)
    answer = talk.asks()
    assert TrimReply(story) in talk.log
    talk.turn(*said(answer, "No."))
    assert talk.says_all() == f"{STORY[0]} No."


def test_a_second_line_before_the_first_is_answered_loses_nothing() -> None:
    talk = talking(7)
    first = talk.asks("which one?")
    second = talk.asks("the one in the west?")
    assert DropReply(first) in talk.log
    talk.turn(*said(second, "Yes.", on=True))
    assert [word for word in talk.says_all().split() if word != "Yes."] == WORDS


def test_a_line_into_the_answer_to_a_line_loses_nothing_of_either() -> None:
    talk = talking(7)
    answer = talk.asks("which one?")
    talk.turn(*said(answer, "The one", "in the west.", over=False))
    talk.says(4)  # the clause of the story, and a word of the answer
    talk.turn(*said(talk.asks("really?"), "Yes.", on=True))
    assert talk.says_all() == " ".join((*STORY[:2], "The one Yes. in the west.", *STORY[2:]))


def test_a_line_while_nothing_sounds_loses_nothing_of_what_was_to_come() -> None:
    talk = talking(7)
    talk.silent = True  # held, or the voice is late
    answer = talk.asks()
    talk.silent = False
    talk.turn(*said(answer, "Yes:", on=True))
    assert talk.says_all() == " ".join((*WORDS[:7], "Yes:", *WORDS[7:]))


def test_a_reply_that_ends_without_going_on_is_in_the_place_of_the_rest_for_good() -> None:
    talk = talking(7)
    talk.turn(*said(talk.asks(), "No."))
    assert talk.state.aside == ()
    talk.says_all()
    talk.turn(*said(talk.asks(), "Well.", on=True))
    assert talk.says_all() == " ".join((*STORY[:2], "No. Well."))


def test_a_draft_that_is_dropped_changes_nothing_of_what_was_set_aside() -> None:
    talk = talking(7)
    answer = talk.asks()
    talk.says(3)
    draft = talk.hears("hm")
    talk.turn(*said(draft, "Pardon?"), ears=talk.over)
    talk.turn(ears=Ears(voice=True, since=talk.now, utterance=talk.over.utterance, words=words("hm and then")))
    talk.over = Ears(since=0, ended=talk.now, utterance=talk.over.utterance, words=words("hm and"), caught_up=True)
    talk.turn(ears=talk.over)
    assert DropReply(draft) in talk.log and talk.state.aside == STORY[2:]
    assert talk.state.reply(answer) is not None


def test_a_reply_that_breaks_off_in_the_middle_brings_nothing_back() -> None:
    talk = talking(7)
    answer = talk.asks()
    talk.turn(*said(answer, "The high is", over=False))
    talk.turn(Fault("brain", "it broke", reply=answer))
    assert talk.state.aside == ()
    assert talk.says_all() == " ".join((*STORY[:2], "The high is", BROKEN_OFF))


def test_after_a_reply_that_never_came_goes_on_what_it_was_to_replace() -> None:
    talk = talking(7)
    answer = talk.asks()
    talk.turn(Fault("brain", "it broke", reply=answer))
    assert talk.says_all() == " ".join((*STORY[:2], REGRET, *STORY[2:]))


def test_a_brain_that_does_not_replan_is_asked_in_between() -> None:
    talk = Talk(State())
    talk.tells(*STORY)
    talk.says(7)
    answer = talk.asks()
    assert not of(TrimReply, talk.log) and talk.state.aside == ()
    talk.turn(*said(answer, "Yes:"))
    assert talk.says_all() == " ".join((*STORY[:2], "Yes:", *STORY[2:]))
    draft = talk.hears("wait which one")
    talk.turn(*said(draft, "The first.", over=False), ears=talk.over)
    talk.ends()
    assert talk.state.aside == ()


# --- calls: when they begin -----------------------------------------------------------------------------------

LOOK = ToolCall(0, "look_up", '{"what":"trains"}')


def call(reply: int, **what: Any) -> ToolCall:
    return ToolCall(reply, "look_up", '{"what":"trains"}', **what)


def drafting(*arrivals: Any) -> tuple[Talk, int]:
    """A talk in which a draft has brought these, made with its number."""
    talk = Talk()
    draft = talk.hears("look up the trains")
    talk.turn(*(arrival(draft) for arrival in arrivals), ears=talk.over)
    return talk, draft


def test_a_call_without_effects_begins_on_a_guess() -> None:
    talk, draft = drafting(lambda reply: Gist(reply, "half"), call)
    assert one(CallTool, talk.log) == CallTool(1, draft, "look_up", '{"what":"trains"}')
    assert talk.state.calls[0].guess
    talk.ends()
    assert not talk.state.calls[0].guess and len(of(CallTool, talk.log)) == 1


def test_a_guess_that_does_not_hold_ends_its_call() -> None:
    talk, draft = drafting(lambda reply: Gist(reply, "half"), call)
    over = Ears(since=0, ended=talk.now, utterance=talk.over.utterance, words=words("look up the planes"))
    actions = talk.turn(ears=over)
    assert DropReply(draft) in actions and AbortCall(1) in actions and talk.state.calls == ()
    assert talk.turn(Outcome(1, "found"), ears=over) == (), "what comes all the same is nobody's"


def test_what_has_effects_waits_until_the_turn_has_ended() -> None:
    talk, draft = drafting(lambda reply: Gist(reply, "half"), lambda reply: call(reply, effects=True))
    assert not of(CallTool, talk.log) and talk.state.calls == ()
    actions = talk.ends()
    kinds = [type(action) for action in actions]
    assert kinds.index(KeepReply) < kinds.index(CallTool) and one(CallTool, actions).reply == draft


def test_a_draft_that_is_dropped_wished_for_nothing() -> None:
    talk, _ = drafting(lambda reply: Gist(reply, "half"), lambda reply: call(reply, effects=True))
    over = Ears(since=0, ended=talk.now, utterance=talk.over.utterance, words=words("never mind"), caught_up=True)
    draft = one(AskBrain, talk.turn(ears=over)).reply
    talk.turn(*said(draft, "Fine."), ears=over)
    talk.over = over
    talk.ends()
    assert not of(CallTool, talk.log)


def asking(*, heard: bool = True) -> Talk:
    """A talk in which the user is asked about a call."""
    talk = Talk()
    reply = talk.asks("order two pizzas")
    talk.turn(Clause(reply, 0, "Two."), call(reply, effects=True, question="Shall I order two?"), ReplyEnd(reply))
    assert not of(CallTool, talk.log)
    if heard:
        assert talk.says_all() == "Two. Shall I order two?"
    return talk


YES = ("yes please", "Yes.", "okay", "do it", "go ahead", "yeah sure", "of course", "Yes, order them", "please do")
NO = ("no", "no thanks", "yes no wait", "don't do it", "stop")
OTHER = (
    "what do they cost",
    "are you sure",
    "right now?",
    "and then",
    "yes but make it three",
    "okay tell me the price",
)


@pytest.mark.parametrize("text", YES)
def test_yes_makes_the_call_and_the_brain_is_not_asked(text: str) -> None:
    talk = asking()
    actions = talk.turn(line=text)
    assert actions == (CallTool(1, 1, "look_up", '{"what":"trains"}'),)
    assert talk.state.calls[0].stage == "running"


@pytest.mark.parametrize("text", [*NO, *OTHER])
def test_all_other_words_decline_it_and_are_answered(text: str) -> None:
    talk = asking()
    actions = talk.turn(line=text)
    assert actions[0] == DeclineCall(1, "look_up", '{"what":"trains"}')
    assert one(AskBrain, actions).text == text and talk.state.calls == ()
    talk.turn(line="yes")
    assert not of(CallTool, talk.log), "a yes that comes later is one to something else"


def test_a_spoken_yes_drops_the_draft_made_on_it() -> None:
    talk = asking()
    draft = talk.hears("yes please")
    talk.turn(*said(draft, "Yes what?"), ears=talk.over)
    actions = talk.ends()
    assert one(CallTool, actions).call == 1 and DropReply(draft) in actions
    assert talk.says_all() == "Two. Shall I order two?"


def test_a_yes_to_a_question_that_nobody_has_heard_is_none() -> None:
    talk = asking(heard=False)
    actions = talk.turn(line="yes")
    assert of(DeclineCall, actions) and not of(CallTool, talk.log) and of(AskBrain, actions)


def test_several_questions_are_answered_by_one_yes_as_far_as_they_were_heard() -> None:
    talk = Talk()
    reply = talk.asks("order")
    questions = ("Shall I order two?", "And a drink?")
    talk.turn(*(call(reply, effects=True, question=question) for question in questions), ReplyEnd(reply))
    talk.says(4)
    actions = talk.turn(line="yes")
    assert one(CallTool, actions).call == 1 and one(DeclineCall, actions).call == 2


# --- calls: withdrawn, refused --------------------------------------------------------------------------------


def running(count: int = 2, **what: Any) -> Talk:
    """A talk with so many calls of one reply."""
    talk = Talk()
    reply = talk.asks("look up the trains")
    talk.turn(*(call(reply, **what) for _ in range(count)), ReplyEnd(reply))
    return talk


@pytest.mark.parametrize(("number", "aborted"), [(1, [1]), (2, [2]), (0, [1, 2]), (7, [])])
def test_a_later_reply_withdraws_one_call_or_all(number: int, aborted: list[int]) -> None:
    talk = running()
    reply = talk.asks("never mind")
    actions = talk.turn(Withdraw(reply, number), call(reply))
    assert [action.call for action in of(AbortCall, actions)] == aborted
    assert one(CallTool, actions).call == 3, "its own it does not withdraw"
    assert [one.id for one in talk.state.calls] == [id for id in (1, 2, 3) if id not in aborted]


def test_a_draft_withdraws_nothing_before_it_is_kept() -> None:
    talk = running()
    draft = talk.hears("never mind the trains")
    talk.turn(Gist(draft, "half"), Withdraw(draft), ears=talk.over)
    assert len(talk.state.calls) == 2
    assert len(of(AbortCall, talk.ends())) == 2 and talk.state.calls == ()


def test_an_outcome_that_was_withdrawn_is_not_asked_about() -> None:
    talk = running(1)
    reply = talk.asks("never mind")
    talk.turn(Withdraw(reply), *said(reply, "Fine."))
    assert talk.turn(Outcome(1, "found")) == ()


def test_calls_in_hand_are_bounded_and_the_refused_one_is_told() -> None:
    talk = Talk(State(InteractionSettings(replans=True, most_calls=2)))
    reply = talk.asks("look up everything")
    actions = talk.turn(*(call(reply) for _ in range(3)), call(reply, effects=True, question="Really?"))
    assert len(of(CallTool, actions)) == 2 == len(talk.state.calls)
    assert [tell.part for tell in of(Tell, actions)] == ["tools", "tools"]


# --- calls: their outcomes ------------------------------------------------------------------------------------


def test_the_brain_is_asked_once_when_all_calls_of_a_reply_are_done() -> None:
    talk = running(3)
    assert talk.turn(Outcome(2, "b")) == ()
    assert talk.turn(Outcome(1, "a", failed=True)) == ()
    ask = one(AskBrain, talk.turn(Fault("tools", "it broke", call=3)))
    assert (ask.how, ask.text, ask.draft, ask.may_call) == ("tool", "", False, True)
    assert talk.state.calls == ()


def test_nobody_waits_for_a_call_behind_and_it_waits_for_nobody() -> None:
    talk = Talk()
    reply = talk.asks("order and look up")
    talk.turn(call(reply, behind=True), call(reply), call(reply), ReplyEnd(reply))
    assert of(AskBrain, talk.turn(Outcome(1, "ordered"))), "it is told at once"
    assert talk.turn(Outcome(2, "found")) == ()
    assert of(AskBrain, talk.turn(Outcome(3, "found")))


def test_a_running_call_behind_is_not_waited_for() -> None:
    talk = Talk()
    reply = talk.asks("order and look up")
    talk.turn(call(reply, behind=True), call(reply), ReplyEnd(reply))
    assert of(AskBrain, talk.turn(Outcome(2, "found")))


def test_an_unanswered_question_is_not_waited_for() -> None:
    talk = Talk()
    reply = talk.asks("order and look up")
    talk.turn(call(reply), call(reply, effects=True, question="Shall I?"), ReplyEnd(reply))
    assert of(AskBrain, talk.turn(Outcome(1, "found")))


def test_an_outcomes_reply_comes_in_the_place_of_the_rest_with_its_first_clause() -> None:
    talk = running(1)
    story = talk.tells(*STORY)
    talk.says(2)
    answer = one(AskBrain, talk.turn(Outcome(1, "found"))).reply
    talk.turn(Gist(answer, "whole"))
    assert not of(TrimReply, talk.log), "it has nothing to say yet"
    actions = talk.turn(Clause(answer, 0, "By the way: at nine."), GoOn(answer), ReplyEnd(answer))
    assert TrimReply(story) in actions
    assert talk.says_all() == " ".join((STORY[0], "By the way: at nine.", *STORY[1:]))


def test_an_outcomes_reply_does_not_come_in_the_place_of_a_question() -> None:
    talk = Talk()
    reply = talk.asks("look up and order")
    talk.turn(Clause(reply, 0, "Let me see."), call(reply))
    talk.turn(call(reply, effects=True, question="Shall I order?"), ReplyEnd(reply))
    talk.says(1)
    answer = one(AskBrain, talk.turn(Outcome(1, "found"))).reply
    talk.turn(*said(answer, "At nine."))
    assert talk.says_all() == "Let me see. At nine. Shall I order?"
    assert of(CallTool, talk.turn(line="yes"))


def test_what_the_user_will_not_be_asked_any_more_is_declined() -> None:
    talk = Talk(State(InteractionSettings(replans=True, most_replies=1)))
    talk.tells("Well.", over=False)
    talk.turn(call(1, effects=True, question="Shall I order?"))
    talk.turn(Outcome(7, "nobody's"))
    draft = talk.hears("and then")
    assert DropReply(1) in talk.log and of(DeclineCall, talk.log) and talk.state.calls == ()
    assert talk.state.reply(draft) is not None


def test_an_outcomes_reply_without_words_leaves_all_as_it_was() -> None:
    talk = running(1)
    talk.tells(*STORY)
    talk.says(2)
    answer = one(AskBrain, talk.turn(Outcome(1, "found"))).reply
    talk.turn(Gist(answer, "whole"), Gist(answer, "none"), ReplyEnd(answer))
    assert talk.says_all().split() == WORDS and not of(TrimReply, talk.log)


def test_an_outcomes_reply_at_the_last_clause_simply_follows() -> None:
    talk = running(1)
    talk.tells("The end is near.")
    talk.says(1)
    answer = one(AskBrain, talk.turn(Outcome(1, "found"))).reply
    talk.turn(*said(answer, "At nine."))
    assert not of(TrimReply, talk.log) and talk.says_all() == "The end is near. At nine."


def test_an_outcome_while_the_user_speaks_is_known_to_a_new_draft_and_asked_about_afterwards() -> None:
    talk = running(1)
    first = talk.hears("and the planes")
    talk.turn(*said(first, "One moment."), ears=talk.over)
    actions = talk.turn(Outcome(1, "found"), ears=talk.over)
    second = one(AskBrain, actions)
    assert DropReply(first) in actions
    assert (second.text, second.draft) == ("and the planes", True), "the same words, with the outcome known"
    talk.turn(*said(second.reply, "The planes are late."), ears=talk.over)
    assert not of(AskBrain, talk.ends()), "what is being said may have told it"
    talk.says_all()
    owed = talk.log[-1]
    assert isinstance(owed, AskBrain) and owed.how == "tool" and talk.state.owed is None


def test_a_draft_answers_what_courtesy_follows_too() -> None:
    talk = Talk()
    draft = talk.hears("what is the weather")
    talk.turn(*said(draft, "It rains."), ears=talk.over)
    talk.over = msgspec.structs.replace(talk.over, words=words("what is the weather please"))
    actions = talk.turn(ears=talk.over)
    assert not of(DropReply, actions) and not of(AskBrain, actions)
    assert KeepReply(draft) in talk.ends()


def test_a_draft_that_was_told_to_wait_is_asked_anew_with_courtesy_too() -> None:
    talk = Talk()
    draft = talk.hears("how do you spell")
    talk.turn(Gist(draft, "half"), ears=talk.over)
    talk.over = msgspec.structs.replace(talk.over, words=words("how do you spell please"))
    actions = talk.turn(ears=talk.over)
    assert DropReply(draft) in actions and one(AskBrain, actions).text == "how do you spell please"


@pytest.mark.parametrize("rounds", [1, 2, 4])
def test_a_brain_that_calls_without_end_must_answer_at_last(rounds: int) -> None:
    talk = Talk(State(InteractionSettings(replans=True, most_rounds=rounds)))
    reply = talk.asks("look up the trains")
    for number in range(1, rounds + 1):
        assert of(AskBrain, talk.log)[-1].may_call
        talk.turn(call(reply), ReplyEnd(reply))
        reply = one(AskBrain, talk.turn(Outcome(number, "found"))).reply
    assert not of(AskBrain, talk.log)[-1].may_call


# --- what slow work sends -------------------------------------------------------------------------------------


def test_a_reply_that_is_long_in_coming_is_announced_once() -> None:
    talk = Talk(State(InteractionSettings(replans=True, filler_after=s(1))))
    reply = talk.asks()
    begun = talk.now
    while not of(PlanClause, talk.turn()):
        assert talk.now - begun < s(2)
    assert talk.now - begun >= s(1)
    filler = one(PlanClause, talk.log).text
    talk.says_all()
    for _ in range(30):
        assert talk.turn() == ()
    talk.turn(*said(reply, "At nine.", first=1))
    assert talk.says_all() == f"{filler} At nine."


@pytest.mark.parametrize("filler_after", [None, s(1)])
def test_no_word_announces_what_has_come_or_is_nobodys_business(filler_after: int | None) -> None:
    talk = Talk(State(InteractionSettings(replans=True, filler_after=filler_after)))
    talk.hears("what is the")
    for _ in range(9):
        talk.turn(ears=talk.over)
    assert not of(PlanClause, talk.log), "a draft is announced by nothing"
    talk = Talk(State(InteractionSettings(replans=True, filler_after=filler_after)))
    talk.tells("At nine.", over=False)
    talk.says_all()
    for _ in range(30):
        talk.turn()
    assert talk.says_all() == "At nine."
    talk.turn(call(1))
    talk.turn(Outcome(1, "found"))
    for _ in range(30):
        talk.turn()
    assert talk.says_all() == "At nine.", "what comes by itself is not announced"


def test_a_fault_in_a_draft_is_told_and_no_more() -> None:
    talk = Talk()
    draft = talk.hears("look up the trains")
    actions = talk.turn(Fault("brain", "it broke", reply=draft), ears=talk.over)
    assert actions == (Tell("brain", "it broke"), DropReply(draft))


def test_a_turn_whose_draft_failed_is_asked_about_anew() -> None:
    talk = Talk()
    draft = talk.hears("look up the trains")
    talk.turn(Fault("brain", "it broke", reply=draft), ears=talk.over)
    ask = one(AskBrain, talk.ends())
    assert (ask.text, ask.draft) == ("look up the trains", False)


def test_a_fault_before_the_first_clause_is_apologised_for() -> None:
    talk = Talk()
    reply = talk.asks()
    actions = talk.turn(Fault("brain", "it broke", reply=reply))
    assert actions[:2] == (Tell("brain", "it broke"), DropReply(reply))
    assert talk.says_all() == REGRET


def test_a_fault_in_the_middle_ends_the_reply_with_a_word_about_it() -> None:
    talk = Talk()
    reply = talk.tells(*STORY[:2], over=False)
    talk.says(2)
    talk.turn(Fault("brain", "it broke", reply=reply))
    assert talk.says_all() == " ".join((*STORY[:2], BROKEN_OFF))
    assert talk.state.replies == ()


def test_a_fault_of_nobodys_reply_is_told() -> None:
    talk = talking(2)
    talk.turn()
    assert talk.turn(Fault("recogniser", "it broke")) == (Tell("recogniser", "it broke"),)
    assert talk.turn(Fault("brain", "it broke", reply=99)) == (Tell("brain", "it broke"),)


def test_what_was_put_off_is_asked_anew_when_the_turn_has_ended() -> None:
    talk = Talk()
    draft = talk.hears("what is the")
    talk.turn(Gist(draft, "half", put_off=True), ReplyEnd(draft), ears=talk.over)
    actions = talk.ends()
    ask = one(AskBrain, actions)
    assert (ask.text, ask.draft) == ("what is the", False)
    assert DropReply(draft) in actions and not of(KeepReply, talk.log)
    talk.turn(*said(ask.reply, "What is what?"))
    assert talk.says_all() == "What is what?"


def test_words_that_vanish_end_the_turn_without_a_question() -> None:
    talk = Talk()
    draft = talk.hears("hum")
    talk.turn(*said(draft, "Pardon?"), ears=talk.over)
    talk.over = Ears(since=0, ended=talk.over.ended, utterance=talk.over.utterance, caught_up=True)
    actions = talk.ends()
    assert DropReply(draft) in actions and not of(AskBrain, actions)
    assert talk.says_all() == "" and talk.state.replies == ()
