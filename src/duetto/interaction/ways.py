"""How this user talks: learnt as they do, for what is a pause to one is an end to another."""

from __future__ import annotations

from dataclasses import replace
from statistics import median
from typing import Final

from duetto.interaction.percept import Ears, Percept
from duetto.interaction.state import State, UserTurn, Ways

SPOKE_WITHIN: Final = 200_000_000
"""ns to which it is known when duetto last spoke: what asks for it thinks in seconds."""


def follow(state: State, percept: Percept) -> State:
    """Whether duetto speaks, and whether what it says is a question."""
    ways = state.ways
    if percept.mouth.sounding and (ways.spoke is None or percept.now - ways.spoke >= SPOKE_WITHIN):
        saying = state.reply(percept.mouth.reply)
        # Neither a sound of listening nor a standing order's remark is one to which the user's next would be a reply.
        if saying is None or saying.origin not in ("listening", "order"):
            ways = replace(ways, spoke=percept.now)
    for text in percept.mouth.begun:
        ways = replace(ways, asked=percept.now if text.rstrip().endswith("?") else None)
    return state if ways is state.ways else replace(state, ways=ways)


def paused(state: State, turn: UserTurn, ears: Ears) -> tuple[State, UserTurn]:
    """Learn a pause inside a turn when the voice is back from it."""
    if not ears.voice:
        new = ears.ended is not None and ears.ended != turn.paused
        return state, replace(turn, paused=ears.ended) if new else turn
    if turn.paused is None or ears.since is None or ears.since <= turn.paused:
        return state, turn
    pauses = (*state.ways.pauses, ears.since - turn.paused)[-state.settings.most_pauses :]
    return replace(state, ways=replace(state.ways, pauses=pauses)), replace(turn, paused=None)


def answered(state: State, ears: Ears) -> State:
    """Learn the level of a turn that was meant for duetto."""
    if ears.level is None:
        return state
    usual = state.ways.level
    level = ears.level if usual is None else usual + state.settings.level_follows * (ears.level - usual)
    return replace(state, ways=replace(state.ways, level=level, asked=None))


def quiet(state: State, ears: Ears) -> bool:
    """Is this voice so much below the user's usual one that it is hardly meant for duetto?"""
    usual = state.ways.level
    return usual is not None and ears.level is not None and ears.level < usual - state.settings.aside_db


def another(state: State, now: int) -> bool:
    """Is all that was said in this turn so much below it that it is hardly the user who speaks?"""
    usual, turn = state.ways.level, state.turn
    if usual is None or turn is None or turn.level is None or now - turn.since < state.settings.another_after:
        return False
    return turn.level < usual - state.settings.another_db


def own_pause(ways: Ways) -> int | None:
    """How long (ns) this user's pauses inside a turn are, None before one was heard."""
    return round(median(ways.pauses)) if ways.pauses else None
