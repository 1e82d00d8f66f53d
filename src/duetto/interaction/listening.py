"""Sounds of listening in the user's long turns: short, quiet, at their pauses, and never a claim to the floor.

A listener gives them where the speaker pauses after a stretch of speech (Ward & Tsukahara 2000: after a region of low
pitch, at least 700 ms into an utterance, not within 800 ms of the one before). Here it is the pause itself, once it
is noticed and the words do not make it the turn's end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from duetto.interaction import replies
from duetto.interaction.patience import patience
from duetto.interaction.percept import Percept
from duetto.interaction.settings import HESITATIONS
from duetto.interaction.state import State
from duetto.interaction.turn_end import evidence

SOUNDS: Final = ("Uh-huh.", "Okay.", "Right.")
"""What is said, in turn: what the embedded voice can say (it spells "mhm")."""


def show(state: State, percept: Percept) -> replies.Decision:
    """Give a sound of listening if one is due."""
    ears, settings, turn = percept.ears, state.settings, state.turn
    if not (settings.listens and state.manner.speaks) or turn is None or turn.over or ears.voice or ears.ended is None:
        return state, ()
    if percept.mouth.sounding or any(not reply.draft for reply in state.replies):
        return state, ()
    if any("clause" in standing.needs.kinds for standing in state.orders):
        return state, ()  # what is said or shown behind the user's speech tells them that it is heard
    talked = ears.ended - max(turn.since, turn.listened)
    silence = percept.silence
    if talked < settings.listen_after or silence < settings.listen_silence:
        return state, ()
    known = evidence(state, percept)
    limit = patience(settings, known)
    if known.understood == "whole" or limit - silence < settings.listen_room or known.last.lower() in HESITATIONS:
        return state, ()
    text = SOUNDS[turn.given % len(SOUNDS)]
    state = replace(state, turn=replace(turn, listened=percept.now, given=turn.given + 1))
    return replies.say(state, text, "listening", over=True)
