"""What is said when a standing order is met, and that many orders do not become a flood.

Of one order at most one remark is being said and one waits; a newer count takes the place of one that waits. Of all
together a few wait, and so many a minute begin. What is left out is counted. What is said of each clause of the user's
is a remark of its own, one after another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from duetto.interaction import amend, replies
from duetto.interaction.action import Action, Restore, Resume, Tell
from duetto.interaction.percept import Percept
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.standing import Met, Standing
from duetto.interaction.state import CHANGEABLE, Reply, State
from duetto.timeline.clock import s
from duetto.timeline.command import Answer
from duetto.timeline.order import Order
from duetto.timeline.order_words import describe

MINUTE: Final = s(60)
_SLOT: Final = re.compile(r"\{(n|left|region|word)\}")


@dataclass(slots=True)
class Room:
    """How many remarks there is room for in a micro-turn. spoken, told, flooded: as in the `Book`."""

    settings: InteractionSettings
    now: int
    spoken: tuple[int, ...]
    told: int | None
    flooded: int

    @classmethod
    def of(cls, state: State, now: int) -> Room:
        """As it stands."""
        book = state.book
        return cls(state.settings, now, book.spoken, book.told, book.flooded)

    def take(self, state: State) -> tuple[bool, tuple[Action, ...]]:
        """Is there room for one more? The first time in a minute that there is none, it is told."""
        now = self.now
        if self.spoken and now - self.spoken[0] >= MINUTE:
            self.spoken = tuple(at for at in self.spoken if now - at < MINUTE)
        waiting = sum(1 for reply in state.replies if reply.origin == "order" and not reply.begun)
        if waiting < self.settings.most_remarks_waiting and len(self.spoken) < self.settings.most_remarks:
            self.spoken = (*self.spoken, now)
            return True, ()
        self.flooded += 1
        if self.told is not None and now - self.told < MINUTE:
            return False, ()
        self.told = now
        return False, (Tell("orders", "More is met of the standing orders than can be said: some of it is left out."),)


def text_of(order: Order, met: Met, n: int) -> str:
    """What it says, or what the brain is told, when it is met for the n-th time."""
    values = {
        "n": str(n),
        "left": "" if order.limit is None else str(max(0, order.limit - n)),
        "region": met.region or "picture",
        "word": met.word,
    }
    return _SLOT.sub(lambda slot: values[slot[1]], order.say)


def speak(
    state: State, standing: Standing, met: Met, n: int, percept: Percept, room: Room
) -> tuple[State, str | None, int | None, tuple[Action, ...]]:
    """Begin the remark. Returns what is said ("" where the brain is asked), None if nothing is, and its reply."""
    order = standing.order
    follows = "clause" in standing.needs.kinds
    if not follows and standing.spoke is not None and percept.now - standing.spoke < order.rest:
        return state, None, None, ()
    text = text_of(order, met, n)
    mine = [r for r in state.replies if not follows and r.origin == "order" and r.text == order.name]
    waiting = [reply for reply in mine if not reply.begun]
    same = order.asks or any(_says(reply) == text for reply in mine)
    if mine and same:
        return state, None, None, ()
    actions: list[Action] = []
    if waiting:  # it would be told late: only the newest is worth saying
        state, dropped = replies.drop(state, [reply.id for reply in waiting])
        actions.extend(dropped)
    free, told = room.take(state)
    actions.extend(told)
    if not free:
        return state, None, None, tuple(actions)
    if order.manner == "over":
        state, more = _take_the_floor(state, percept)
        actions.extend(more)
    over, shown = order.manner == "over", order.manner == "text"
    if order.asks:
        answer = Answer(instructions=_behind(order, text) if follows else _note(order, met, n, text))
        state, id, more = replies.ask(
            state, "", "told", draft=False, now=percept.now, answer=answer, order=order.name, over=over, shown=shown
        )
        return _following(state, id) if follows else state, "", id, (*actions, *more)
    state, more = replies.say(state, text, "order", about=order.name, over=over, shown=shown)
    id = state.next_reply - 1
    return _following(state, id) if follows else state, text, id, (*actions, *more)


def _following(state: State, id: int) -> State:
    reply = state.reply(id)
    return state if reply is None else state.with_reply(replace(reply, follows=True))


def _says(reply: Reply) -> str:
    return " ".join(clause.text for clause in reply.clauses)


def _note(order: Order, met: Met, n: int, text: str) -> str:
    seen = f", in the {met.region}" if met.region else ""
    heard = f", by “{met.word}”" if met.word else ""
    return (
        f"Nobody has asked you just now: your standing order “{order.what or order.name}” "
        f"({describe(order.when)}) is met{seen}{heard}, time {n}. Say only what it calls for: {text}"
    )


def _behind(order: Order, text: str) -> str:
    return (
        f"They go on speaking, and your standing order “{order.what or order.name}” follows them clause by clause. "
        f"This comes after what you were saying. Say only what it calls for, and no more: {text}"
    )


def _take_the_floor(state: State, percept: Percept) -> replies.Decision:
    """It is to be heard now. What fell silent because the user speaks is set aside, or it would keep this waiting."""
    overlap = state.overlap
    if overlap is None or overlap.stage != "held":
        return state, ()
    state = amend.set_aside(state, percept)
    broken_off = [reply.id for reply in state.replies if reply.origin in CHANGEABLE and reply.begun]
    state, dropped = replies.drop(state, broken_off)
    return replace(state, overlap=None), (*dropped, Resume(), Restore())
