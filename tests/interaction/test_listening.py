"""Sounds of listening: where they are due, and where not. How the user's ways are learnt."""

from __future__ import annotations

import pytest

from duetto.interaction import listening, ways
from duetto.interaction.percept import Ears, Mouth, Percept
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.state import Reply, State, UserTurn, Ways
from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import ms, s

TURN = UserTurn(1, since=s(1), draft=1)


def paused(state: State, *, silence: int = ms(200), talked: int = s(4), text: str = "so we went home") -> State:
    ended = s(1) + talked
    words = tuple(TimedWord(word, 0, 0) for word in text.split())
    ears = Ears(since=s(1), ended=ended, utterance=1, words=words, caught_up=True)
    return listening.show(state, Percept(ended + silence, ms(80), ears))[0]


def with_draft(understood: str, text: str = "so we went home") -> State:
    draft = Reply(1, "spoken", text, True, understood)  # type: ignore[arg-type]
    return State(turn=TURN, replies=(draft,), next_reply=2)


def gave(state: State) -> list[str]:
    return [reply.clauses[0].text for reply in state.replies if reply.origin == "listening"]


def test_one_is_given_in_a_pause_of_a_long_turn_and_the_next_is_another():
    state = paused(with_draft("none"))
    assert gave(state) == [listening.SOUNDS[0]] and state.turn is not None and state.turn.given == 1
    reply = next(reply for reply in state.replies if reply.origin == "listening")
    assert reply.over, "it is meant to be heard beside the user"
    assert gave(paused(State(turn=state.turn, replies=state.replies[:1], next_reply=3), talked=s(9))) == [
        listening.SOUNDS[1]
    ]


@pytest.mark.parametrize(
    ("state", "more"),
    [
        (with_draft("whole"), {}),
        (with_draft("none"), {"talked": s(1)}),
        (with_draft("none"), {"silence": ms(40)}),
        (with_draft("none"), {"silence": ms(880)}),
        (with_draft("none", "so um"), {"text": "so um"}),
        (State(InteractionSettings(listens=False), turn=TURN), {}),
        (State(turn=UserTurn(1, since=s(1), over=True)), {}),
        (State(turn=TURN, replies=(Reply(2, "spoken", "", False),)), {}),
        (State(), {}),
    ],
)
def test_none_is_given(state, more):
    assert gave(paused(state, **more)) == []


def test_pauses_and_level_of_the_user_are_learnt_and_bounded():
    state, turn = State(), UserTurn(1)
    for n in range(1, 30):
        state, turn = ways.paused(state, turn, Ears(ended=s(n)))
        state, turn = ways.paused(state, turn, Ears(voice=True, since=s(n) + ms(600), ended=s(n)))
    assert ways.own_pause(state.ways) == ms(600) and len(state.ways.pauses) == state.settings.most_pauses
    state = ways.answered(state, Ears(level=-20.0))
    state = ways.answered(state, Ears(level=-30.0))
    assert state.ways.level == pytest.approx(-23.0)
    assert ways.quiet(state, Ears(level=-27.0)) and not ways.quiet(state, Ears(level=-24.0))
    assert not ways.quiet(State(), Ears(level=-60.0)), "nobody's usual level is known"


def test_a_question_of_duetto_s_is_remembered_until_something_follows():
    percept = Percept(s(3), ms(80), mouth=Mouth(sounding=True, begun=("For how long?",)))
    state = ways.follow(State(), percept)
    assert state.ways == Ways(asked=s(3), spoke=s(3))
    later = Percept(s(5), ms(80), mouth=Mouth(sounding=True, begun=("All right.",)))
    assert ways.follow(state, later).ways.asked is None
