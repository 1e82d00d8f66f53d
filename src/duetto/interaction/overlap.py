"""The user speaks while duetto does: reversible first. Duck, then fall silent, then go on or give way.

Giving way is not decided here: a turn that ends with a reply of its own drops what was being said (`turn_end`).
"""

from __future__ import annotations

from dataclasses import replace

from duetto.interaction import replies
from duetto.interaction.action import Action, Duck, EndTurn, Hold, Restore, Resume
from duetto.interaction.percept import Ears, Percept
from duetto.interaction.settings import BACKCHANNELS
from duetto.interaction.state import Overlap, State


def passing_remark(state: State, ears: Ears) -> bool:
    """Is what the user says over duetto only a sound or a backchannel so far? Then it is no turn of theirs."""
    if state.overlap is None or ears.since is None:
        return False
    if any(word.text.lower() not in BACKCHANNELS for word in ears.words):
        return False
    end = ears.ended if not ears.voice and ears.ended is not None else None
    return end is not None and end - state.overlap.since <= state.settings.backchannel_longest


def yield_or_go_on(state: State, percept: Percept) -> replies.Decision:
    """One step under overlap. Speech that is meant to be over the user's (a standing order's) does not give way."""
    ears, settings = percept.ears, state.settings
    overlap = state.overlap
    if overlap is None:
        speaking = state.reply(percept.mouth.reply)
        meant = speaking is not None and speaking.over
        if not ((ears.voice or ears.stirring) and percept.mouth.sounding) or meant:
            return state, ()
        since = ears.since if ears.voice and ears.since is not None else percept.now
        return replace(state, overlap=Overlap(since, "ducked")), (Duck(),)

    if ears.voice:
        if overlap.stage == "ducked" and percept.now - (ears.since or percept.now) >= settings.hold_after:
            return replace(state, overlap=replace(overlap, stage="held")), (Hold(),)
        return state, ()

    unsaid = any(reply.released and not reply.draft for reply in state.replies)
    silence = percept.now - ears.ended if ears.ended is not None else 0
    turn_over = state.turn is None
    if passing_remark(state, ears) and silence >= settings.resume_silence:
        actions: list[Action] = []
        if state.turn is not None:
            actions.append(EndTurn(state.turn.utterance))
            if state.turn.draft is not None:
                state, dropped = replies.drop(state, (state.turn.draft,))
                actions.extend(dropped)
        return replace(state, turn=None, overlap=None), (*actions, *_back(overlap))
    if turn_over or not unsaid:
        return replace(state, overlap=None), _back(overlap)
    return state, ()


def _back(overlap: Overlap) -> tuple[Action, ...]:
    return (Resume(), Restore()) if overlap.stage == "held" else (Restore(),)
