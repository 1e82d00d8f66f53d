"""`decide`: the whole interaction as one pure function, called in every micro-turn."""

from __future__ import annotations

from dataclasses import replace

from duetto.interaction import (
    amend,
    calls,
    direction,
    floor,
    intake,
    listening,
    overlap,
    replies,
    turn_end,
    ways,
)
from duetto.interaction.action import Action, EndTurn, Show
from duetto.interaction.orders import check
from duetto.interaction.percept import Percept
from duetto.interaction.state import State


def decide(state: State, percept: Percept) -> tuple[State, tuple[Action, ...]]:
    """What to do now, given what is perceived. No I/O, no clock, no randomness.

    In order: take in what slow work sent, and what the application tells; answer lines that were typed; see whether the
    user's turn has ended; give way or go on under overlap; show that one listens; say what standing orders call for;
    plan and release speech.
    """
    if _at_rest(state, percept):
        return state, ()
    # Text goes out with the voice, clause by clause; where the voice fails, text is what is left.
    actions: list[Action] = [Show(text) for text in percept.mouth.begun]

    state = calls.put(state, percept)
    state, more = intake.take_in(state, percept)
    actions.extend(more)
    state, more = calls.follow(state, percept)
    actions.extend(more)
    state = direction.correct(ways.follow(replies.retire(state, percept), percept), percept)
    state, more = direction.take(state, percept)
    actions.extend(more)
    percept = direction.without_discarded(percept)

    for line in percept.lines:
        state, more, agreed = calls.answered(state, line)
        actions.extend(more)
        if agreed:
            continue
        if not state.manner.answers:
            state = direction.leave(state, line)
            continue
        state, more = amend.make_way(replace(state, unanswered=()), percept)
        actions.extend(more)
        state, _, asked = replies.ask(state, line, "typed", draft=False, now=percept.now)
        actions.extend(asked)

    state, more = turn_end.follow(state, percept)
    actions.extend(more)
    state, more = direction.answer(state, percept)
    actions.extend(more)
    state, more = overlap.yield_or_go_on(state, percept)
    actions.extend(more)

    state, more = listening.show(state, percept)
    actions.extend(more)

    said = bool(percept.lines) or any(isinstance(a, EndTurn) and a.text and a.counts for a in actions)
    state, more = check.check(state, percept, said=said)
    actions.extend(more)

    state, more = calls.sweep(state)
    actions.extend(more)
    state, more = replies.plan(intake.fill(state, percept), percept)
    actions.extend(more)
    holder = floor.holder(percept)
    return state if holder == state.floor else replace(state, floor=holder), tuple(actions)


def _at_rest(state: State, percept: Percept) -> bool:
    """Nobody speaks, nothing is on its way and nothing has come: then there is nothing to decide."""
    ears, mouth = percept.ears, percept.mouth
    if ears.voice or ears.stirring or ears.utterance is not None or mouth.sounding or mouth.left or mouth.begun:
        return False
    if percept.arrivals or percept.commands or percept.lines or percept.seen:
        return False
    if state.orders or state.book.ended or state.replies or state.calls or state.asked or state.floor != "nobody":
        return False
    return state.turn is None and state.overlap is None and state.over is None and state.owed is None
