"""The user speaks while duetto does: reversible first. Duck at once, then decide what it is.

A sound of listening, or speech for somebody else: duetto comes back up and goes on. A claim to the floor: it falls
silent at a word. What is being heard is judged anew in every micro-turn, by its level, its length, its words and what
the brain makes of them. Giving way for good is not decided here: a turn that ends with a reply of its own drops what
was being said (`turn_end`).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from duetto.interaction import calls, replies, ways
from duetto.interaction.action import Action, Duck, EndTurn, Hold, Restore, Resume
from duetto.interaction.percept import Ears, Percept
from duetto.interaction.sameness import still_fits
from duetto.interaction.settings import BACKCHANNELS, InteractionSettings
from duetto.interaction.state import Overlap, State

Meaning = Literal["floor", "aside", "open"]


def only_listens(ears: Ears) -> bool:
    """Are all its words sounds of listening?"""
    return all(word.text.lower() in BACKCHANNELS for word in ears.words)


def passing_remark(state: State, ears: Ears) -> bool:
    """Is what the user said over duetto only a sound, or one of listening? Then it is no turn of theirs."""
    if state.overlap is None or ears.since is None or ears.voice or ears.ended is None:
        return False
    if state.manner.ends == "told" or state.over is not None:
        return False  # what is a turn is not for duetto to say
    if calls.agrees(state, ears.text):
        return False  # duetto has asked for just that word
    return only_listens(ears) and ears.ended - state.overlap.since <= state.settings.backchannel_longest


def meaning(state: State, ears: Ears, now: int) -> Meaning:
    """What the speech over duetto's own is, as far as it has been heard."""
    settings = state.settings
    assert state.overlap is not None
    if ears.since is None or ears.since < state.overlap.since - settings.onset_slack:
        return "open"
    lasts = (now - ears.behind if ears.voice or ears.ended is None else ears.ended) - ears.since
    quiet = ways.quiet(state, ears)
    if ears.words and only_listens(ears) and lasts <= settings.backchannel_longest:
        return "aside"
    if ears.words and _foreign(settings, ears, lasts):
        return "aside"
    draft = state.reply(state.turn.draft) if state.turn is not None else None
    if ears.words and draft is not None and still_fits(draft, ears.text) and draft.understood is not None:
        heard = ears.sure >= settings.sure_of_whole and lasts >= settings.quiet_floor_after
        if draft.understood == "whole" and (heard or not quiet or not ears.voice):
            return "floor"
        if draft.understood == "half" and (heard or not quiet):
            return "floor"
        if draft.understood == "none" and (lasts >= settings.foreign_after or not ears.voice):
            return "aside"
    if quiet:
        return "open" if state.overlap.stage == "held" and settings.held_stays else "aside"
    return "floor" if ears.voice and lasts >= settings.hold_after else "open"


def _foreign(settings: InteractionSettings, ears: Ears, lasts: int) -> bool:
    if ears.voice:
        return ears.sure < settings.hardly and lasts >= settings.hardly_after
    return ears.sure < settings.sure


def yield_or_go_on(state: State, percept: Percept) -> replies.Decision:
    """One step under overlap. Speech that is meant to be over the user's (a standing order's) does not give way."""
    ears = percept.ears
    overlap = state.overlap
    if not state.manner.yields:
        return (state, ()) if overlap is None else (replace(state, overlap=None), _back(overlap))
    if overlap is None:
        speaking = state.reply(percept.mouth.reply)
        meant = speaking is not None and speaking.over
        if not ((ears.voice or ears.stirring) and percept.mouth.sounding) or meant:
            return state, ()
        since = ears.since if ears.voice and ears.since is not None else percept.now
        return replace(state, overlap=Overlap(since, "ducked")), (Duck(),)

    if overlap.stage == "ducked" and percept.mouth.finishing is not None:
        speaking = state.reply(percept.mouth.reply)
        if speaking is not None and speaking.origin == "order" and speaking.over:
            return replace(state, overlap=None), _back(overlap)  # a standing order speaks now: it is meant to be heard

    if ears.voice:
        found = meaning(state, ears, percept.now)
        if overlap.stage == "ducked" and found == "floor":
            return replace(state, overlap=replace(overlap, stage="held")), (Hold(),)
        if overlap.stage == "held" and found == "aside":
            return replace(state, overlap=replace(overlap, stage="ducked")), (Resume(),)
        return state, ()

    unsaid = any(reply.released and not reply.draft for reply in state.replies)
    known = ears.caught_up or state.turn is None
    silence = percept.silence
    if passing_remark(state, ears) and known and silence >= state.settings.resume_silence:
        actions: list[Action] = []
        if state.turn is not None:
            actions.append(EndTurn(state.turn.utterance, state.turn.text, state.turn.began))
            if state.turn.draft is not None:
                state, dropped = replies.drop(state, (state.turn.draft,))
                actions.extend(dropped)
        return replace(state, turn=None, overlap=None), (*actions, *_back(overlap))
    if state.turn is None or not unsaid:
        return replace(state, overlap=None), _back(overlap)
    if known and meaning(state, ears, percept.now) == "aside":
        if overlap.stage == "held":
            return replace(state, overlap=replace(overlap, stage="ducked")), (Resume(),)
        if silence >= state.settings.aside_silence:
            return replace(state, overlap=None), _back(overlap)
    return state, ()


def _back(overlap: Overlap) -> tuple[Action, ...]:
    return (Resume(), Restore()) if overlap.stage == "held" else (Restore(),)
