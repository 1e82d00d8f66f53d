"""What slow work sent finds its place: clauses join their replies, calls begin, faults are told."""

from __future__ import annotations

from dataclasses import replace

from duetto.interaction import amend, calls, replies
from duetto.interaction.action import Action, Tell
from duetto.interaction.percept import Percept
from duetto.interaction.state import CHANGEABLE, Reply, State
from duetto.timeline.arrival import Act, Clause, Fault, Gist, GoOn, ReplyEnd, ToolCall, Withdraw

REGRET = "Sorry, I could not think of an answer just now."
"""Said when a brain fails."""
BROKEN_OFF = "Sorry, I lost the thread there."
"""Said when it fails in the middle of a reply."""


def take_in(state: State, percept: Percept) -> replies.Decision:
    """Everything that has arrived, in its order."""
    actions: list[Action] = []
    for arrival in percept.arrivals:
        if isinstance(arrival, Fault):
            state, more = _fault(state, arrival)
            actions.extend(more)
            continue
        reply = state.reply(getattr(arrival, "reply", None))
        if reply is None:
            continue
        match arrival:
            case Gist():
                gist = {name: getattr(arrival, name) for name in ("understood", "more", "put_off")}
                state = state.with_reply(replace(reply, **gist))
            case Clause():
                more_of_it = replies.clauses(reply.id, len(reply.clauses), arrival.text, arrival.goes_on)
                state = state.with_reply(replace(reply, clauses=(*reply.clauses, *more_of_it)))
                if reply.origin == "tool" and not reply.clauses:
                    state, more = amend.outcome_speaks(state, reply.id, percept)
                    actions.extend(more)
            case Act() if _unasked(reply):
                # Whatever was read, looked up or remarked gives no orders, and ends none.
                state, more = replies.act(state, reply.id, (Act(reply.id, stop=arrival.stop),), percept.now)
                actions.extend(more)
            case Act() if reply.draft:
                state = state.with_reply(replace(reply, acts=(*reply.acts, arrival)))
            case Act():
                state, more = replies.act(state, reply.id, (arrival,), percept.now)
                actions.extend(more)
            case ToolCall() | Withdraw():
                state, more = calls.wish(state, reply.id, arrival)
                actions.extend(more)
            case GoOn() if reply.draft:
                state = state.with_reply(replace(reply, goes_on=True))
            case GoOn():
                state = amend.go_on(state, reply.id)
            case ReplyEnd():
                state = state.with_reply(replace(reply, ended=True))
                if not reply.draft and not reply.apart and reply.origin in CHANGEABLE:
                    state = replace(state, aside=())  # it came in the place of that, for good
            case _:
                pass
    return state, tuple(actions)


def _unasked(reply: Reply) -> bool:
    """Has the user not asked for this reply?"""
    return reply.apart or reply.origin in ("order", "tool")


def keep(state: State, id: int, now: int) -> replies.Decision:
    """The guess that a draft was made on holds: what it wished to do is done."""
    state, kept = replies.keep(state, id, now)
    state, called = calls.confirmed(state, id)
    reply = state.reply(id)
    if reply is not None and reply.goes_on:
        state = amend.go_on(state, id)
    elif reply is not None and reply.ended:
        state = replace(state, aside=())
    return state, (*kept, *called)


def fill(state: State, percept: Percept) -> State:
    """A reply is long in coming: say so in a word, once."""
    after = state.settings.filler_after
    if after is None or percept.ears.voice or percept.mouth.sounding:
        return state
    for reply in state.replies:
        begun = reply.draft or reply.clauses or reply.ended or reply.filled
        waits = not (begun or reply.shown) and reply.since is not None
        if waits and percept.now - (reply.since or 0) >= after and reply.depth == 0:
            filler = Clause(reply.id, 0, "One moment.")
            state = state.with_reply(replace(reply, clauses=(filler,), filled=True))
    return state


def _fault(state: State, fault: Fault) -> replies.Decision:
    actions: tuple[Action, ...] = (Tell(fault.part, fault.text),)
    reply = state.reply(fault.reply)
    if reply is None:
        return state, actions
    if reply.apart or (reply.origin == "order" and not reply.clauses):  # the user does not wait for it
        return state.with_reply(replace(reply, ended=True)), actions
    if reply.clauses and not reply.draft:
        # Some of it has been said, or will be: it ends there, and says so.
        regret = Clause(reply.id, len(reply.clauses), BROKEN_OFF)
        state = state.with_reply(replace(reply, clauses=(*reply.clauses, regret), ended=True))
        return replace(state, aside=()), actions
    state, dropped = replies.drop(state, (reply.id,))
    if not reply.draft:
        state, more = replies.say(state, REGRET, "apology")
        if state.aside:
            state = amend.go_on(state, state.next_reply - 1)
        dropped = (*dropped, *more)
    return state, (*actions, *dropped)
