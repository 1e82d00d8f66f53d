"""The application steers: who decides what, what counts, and that a reply is wanted now, or no more."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from duetto.interaction import replies, turn_end
from duetto.interaction.action import Action, EndTurn
from duetto.interaction.orders import book
from duetto.interaction.percept import Percept
from duetto.interaction.state import State, Unanswered
from duetto.timeline.arrival import Hypothesis
from duetto.timeline.command import Answer, Discard, Erase, Give, Manner, Over, Remember, Say, Stop, TakeBack, Unsay

MOST_ASKED = 16
"""Replies that the application may be waiting for to begin; one more takes the place of the oldest."""


def take(state: State, percept: Percept) -> replies.Decision:
    """Everything that it tells, in its order."""
    actions: list[Action] = []
    more: tuple[Action, ...] = ()
    for command in percept.commands:
        more = ()
        match command:
            case Manner():
                state = replace(state, manner=command)
            case Remember(who="user"):
                state = leave(state, command.text, f"told:{command.source}")
            case Remember(who="duetto"):
                state = replace(state, unanswered=())  # it was the answer
            case Erase():
                left = tuple(said for said in state.unanswered if said.source != command.source)
                state = replace(state, unanswered=left)
            case Over():
                state = replace(state, over=percept.now)
            case Discard():
                state, more = _discard(state, percept)
            case Answer():
                state = replace(state, asked=(*state.asked, command)[-MOST_ASKED:])
            case Say():
                state, more = replies.say(state, command.text, "said", tag=command.tag)
            case Give():
                state, more = book.give(state, command.order, percept.now)
            case TakeBack():
                state, more = book.withdraw(state, command.names)
            case Unsay():
                state, more = replies.drop(state, (command.reply,))
            case Stop(reply=None):
                state, more = replies.drop(replace(state, asked=()), _on_their_way(state))
            case Stop(reply=int() as reply):
                state, more = replies.drop(state, (reply,))
            case _:
                pass  # of no matter to when and whether something is said
        actions.extend(more)
    return state, tuple(actions)


def without_discarded(percept: Percept) -> Percept:
    """What is perceived, without a turn that is told not to count."""
    if not any(isinstance(command, Discard) for command in percept.commands):
        return percept
    ears = msgspec.structs.replace(percept.ears, utterance=None, words=())
    return msgspec.structs.replace(percept, ears=ears)


def leave(state: State, text: str, source: str = "") -> State:
    """The user has said this, and the application says whether it is answered."""
    if not text:
        return state
    return replace(state, unanswered=(*state.unanswered, Unanswered(source, text))[-turn_end.MOST_UNANSWERED :])


def correct(state: State, percept: Percept) -> State:
    """The last word on what was said in a turn that waits to be answered."""
    if not state.unanswered:
        return state
    final = {
        f"turn:{arrival.utterance}": " ".join(word.text for word in arrival.words)
        for arrival in percept.arrivals
        if isinstance(arrival, Hypothesis) and arrival.final and arrival.words
    }
    if not final:
        return state
    said = tuple(replace(one, text=final.get(one.source, one.text)) for one in state.unanswered)
    return replace(state, unanswered=said)


def answer(state: State, percept: Percept) -> replies.Decision:
    """Begin the replies that are wanted, once the turn that is told to be over has its last words."""
    if not state.asked or state.over is not None:
        return state, ()
    actions: list[Action] = []
    for wanted in state.asked:
        text = wanted.about if wanted.apart else " ".join(said.text for said in state.unanswered)
        if not wanted.apart:
            state = replace(state, unanswered=())
        state, _, asked = replies.ask(state, text, "told", draft=False, now=percept.now, answer=wanted)
        actions.extend(asked)
    return replace(state, asked=()), tuple(actions)


def _discard(state: State, percept: Percept) -> replies.Decision:
    """The turn in hand never was."""
    utterance = percept.ears.utterance
    if utterance is None:
        return replace(state, over=None), ()
    turn = state.turn
    draft = () if turn is None or turn.draft is None else (turn.draft,)
    state, dropped = replies.drop(state, draft)
    return replace(state, turn=None, over=None), (EndTurn(utterance, counts=False), *dropped)


def _on_their_way(state: State) -> tuple[int, ...]:
    return tuple(reply.id for reply in state.replies if not reply.draft and reply.origin != "listening")
