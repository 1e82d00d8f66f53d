"""Replies on their way: asked for, drafted, kept, planned, released, dropped.

Nothing unconfirmed escapes: the clauses of a draft are planned but held, and its acts wait, until `keep`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from duetto.interaction.action import (
    Action,
    AskBrain,
    DropReply,
    KeepReply,
    PlanClause,
    ReleaseReply,
    Show,
)
from duetto.interaction.orders import book
from duetto.interaction.percept import Percept
from duetto.interaction.state import Origin, Reply, State
from duetto.timeline.arrival import Act, Clause
from duetto.timeline.command import Answer

Decision = tuple[State, tuple[Action, ...]]
LONGEST: Final = 1000
"""Characters of a clause; a longer text is several."""


def ask(
    state: State,
    text: str,
    origin: Literal["spoken", "typed", "tool", "told"],
    *,
    draft: bool,
    now: int,
    depth: int = 0,
    answer: Answer | None = None,
    order: str = "",
    over: bool = False,
    shown: bool = False,
) -> tuple[State, int, tuple[Action, ...]]:
    """Begin a reply by asking the brain. Returns its number; the oldest unsaid reply goes when there are too many.

    depth: how many outcomes of tools lead from the user's words to it. answer: the command that calls for it. order:
    the name of the standing order that does; over: it may be said while the user speaks, shown: it is not spoken.
    """
    state, dropped = _make_room(state)
    wanted = answer or Answer()
    shown = shown or wanted.apart or not (state.manner.speaks if wanted.speaks is None else wanted.speaks)
    reply = Reply(
        state.next_reply,
        "order" if order else origin,
        order or text,
        draft,
        since=None if draft or order else now,
        depth=depth,
        tag=wanted.tag,
        shown=shown,
        apart=wanted.apart,
        over=over or (answer is not None and not state.manner.yields),
    )
    state = replace(state.with_reply(reply), next_reply=reply.id + 1)
    may_call = wanted.may_call and depth < state.settings.most_rounds
    asked = AskBrain(reply.id, text, origin, draft, may_call, wanted.tag, wanted.instructions, wanted.apart, shown)
    return state, reply.id, (*dropped, asked)


def say(
    state: State,
    text: str,
    origin: Origin,
    *,
    about: str = "",
    over: bool = False,
    tag: str = "",
    shown: bool = False,
) -> Decision:
    """Begin a reply whose words are known already: a standing order's (about: its name), or a word about a fault."""
    state, dropped = _make_room(state)
    id = state.next_reply
    shown = shown or not state.manner.speaks
    said = clauses(id, 0, text)
    reply = Reply(id, origin, about, draft=False, clauses=said, ended=True, over=over, tag=tag, shown=shown)
    return replace(state.with_reply(reply), next_reply=id + 1), dropped


def clauses(reply: int, first: int, text: str, goes_on: bool = False) -> tuple[Clause, ...]:
    """A text as clauses of at most `LONGEST`: cut after a sentence, else after a word, else anywhere.

    goes_on: of the last, as in `Clause`.
    """
    found: list[Clause] = []
    while len(text) > LONGEST:
        head = text[:LONGEST]
        sentence = max(head.rfind(end) for end in (". ", "! ", "? ")) + 1
        cut = sentence or head.rfind(" ") + 1 or LONGEST
        found.append(Clause(reply, first + len(found), text[:cut]))
        text = text[cut:].lstrip()
    return (*found, Clause(reply, first + len(found), text, goes_on))


def keep(state: State, id: int, now: int) -> Decision:
    """The guess that a draft was made on holds: from now on it counts."""
    reply = state.reply(id)
    if reply is None or not reply.draft:
        return state, ()
    state = state.with_reply(replace(reply, draft=False, acts=(), since=now))
    state, acted = act(state, reply.id, reply.acts, now)
    return state, (KeepReply(id), *acted)


def drop(state: State, ids: Iterable[int]) -> Decision:
    """These replies will not be given, or no further."""
    known = tuple(reply.id for reply in state.replies if reply.id in frozenset(ids))
    return state.without_replies(frozenset(known)), tuple(DropReply(id) for id in known)


def retire(state: State, percept: Percept) -> State:
    """Forget replies of which nothing is left to say: heard to their end, failed by the voice, or without words. And
    know which one is being heard.
    """
    if not state.replies:
        return state
    saying = state.reply(percept.mouth.reply) if percept.mouth.finishing is not None else None
    if saying is not None and not saying.begun:
        state = state.with_reply(replace(saying, begun=True))
    left = dict(percept.mouth.left)
    gone = frozenset(
        reply.id
        for reply in state.replies
        if reply.ended and not reply.draft and reply.planned == len(reply.clauses) and reply.id not in left
    )
    return state.without_replies(gone)


def plan(state: State, percept: Percept) -> Decision:
    """Put new clauses into the plan of speech, and release what may be heard.

    A typed line's reply, an outcome's and a standing order's come next, after the clause being said; an order's that
    speaks at once after the word being said, where much of the clause is left. What duetto was saying then goes on,
    unless it was trimmed. A spoken turn's reply finds the plan empty: whoever took the floor has ended what was being
    said.
    """
    actions: list[Action] = []
    breaks_in = _breaks_in(state, percept)
    floor_is_free = not percept.ears.voice and state.overlap is None
    for reply in state.replies:
        current = reply
        if current.follows and _awaits(state, current):
            continue
        if current.shown:
            if not current.draft:
                actions.extend(Show(clause.text, reply.id) for clause in current.clauses[current.planned :])
                state = state.with_reply(replace(current, planned=len(current.clauses), released=True))
            continue
        if not current.released and not current.draft and (floor_is_free or current.over):
            current = replace(current, released=True)
            if reply.planned:
                actions.append(ReleaseReply(reply.id))
        ends = current.follows or current.origin in ("spoken", "told", "said")
        place: Literal["end", "next", "now"] = "end" if ends else "next"
        if breaks_in and current.origin == "order" and current.over and not current.follows:
            place = "now"
        clause_id = state.next_clause
        ahead = state.settings.plan_ahead - dict(percept.mouth.left).get(reply.id, 0)
        upto = current.planned + max(0, ahead)
        for clause in current.clauses[current.planned : upto]:
            aside = current.origin == "listening"
            held = not current.released
            how = (place, held, aside, current.tag, clause.goes_on)
            actions.append(PlanClause(clause_id, reply.id, clause.text, *how))
            clause_id += 1
        planned = min(upto, len(current.clauses))
        if planned != current.planned:
            current = replace(current, planned=planned)
        if current is not reply:
            state = replace(state.with_reply(current), next_clause=clause_id)
    return state, tuple(actions)


def _breaks_in(state: State, percept: Percept) -> bool:
    """A standing order that speaks at once does not wait for the end of what duetto itself is saying, if that is far:
    it is said after the present word, but for other orders' remarks.
    """
    finishing, saying = percept.mouth.finishing, state.reply(percept.mouth.reply)
    if finishing is None or saying is None or saying.origin == "order":
        return False
    return len(finishing.split()) > state.settings.waits_for


def _awaits(state: State, reply: Reply) -> bool:
    """Is there an earlier one of the same order that is not yet all planned?"""
    earlier = (one for one in state.replies if one.follows and one.text == reply.text and one.id < reply.id)
    return any(not one.ended or one.planned < len(one.clauses) for one in earlier)


def act(state: State, id: int, acts: tuple[Act, ...], now: int) -> Decision:
    """What a reply does besides speaking takes effect."""
    actions: list[Action] = []
    for act in acts:
        if act.stop:
            others = (reply.id for reply in state.replies if reply.id != id and not reply.draft)
            state, dropped = drop(state, others)
            actions.extend(dropped)
        state, more = book.withdraw(state, act.withdraw)
        actions.extend(more)
        for order in act.orders:
            state, more = book.give(state, order, now)
            actions.extend(more)
    return state, tuple(actions)


def _make_room(state: State) -> Decision:
    if len(state.replies) < state.settings.most_replies:
        return state, ()
    waiting = [reply.id for reply in state.replies if not reply.released]
    return drop(state, waiting[:1] or [state.replies[0].id])
