"""Amendment: new words, or an outcome, change what is not yet said of a reply while it is being said.

What was heard stays. The clause being said ends, or was cut at a word by the user's own voice. The rest is set aside;
the brain, which is told both, says what comes in its place, and nothing is said twice. Where it finds that nothing
changes (`GoOn`), what was set aside follows after all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from duetto.interaction import replies
from duetto.interaction.action import TrimReply
from duetto.interaction.percept import Percept
from duetto.interaction.state import CHANGEABLE, Reply, State
from duetto.timeline.arrival import Clause


def set_aside(state: State, percept: Percept) -> State:
    """The user has taken the floor from what is being said, or was to be said: remember what is unsaid of it."""
    if not state.settings.replans:
        return state
    kept = [reply for reply in state.replies if reply.origin in CHANGEABLE and not (reply.draft or reply.apart)]
    return replace(state, aside=(*_all(kept, percept), *state.aside))


def make_way(state: State, percept: Percept) -> replies.Decision:
    """A line has come while a reply is said, or before it has begun: the rest waits for what the line changes."""
    if not state.settings.replans:
        return state, ()
    saying = _saying(state, percept) if percept.mouth.sounding else None
    waiting = [
        reply
        for reply in state.replies
        if reply.origin in CHANGEABLE and not (reply.draft or reply.apart) and (saying is None or reply.id != saying.id)
    ]
    state = replace(state, aside=(*_all(waiting, percept), *state.aside))
    state, dropped = replies.drop(state, [reply.id for reply in waiting])
    if saying is None:
        return state, dropped
    state, trimmed = _trim(state, saying, percept)
    return state, (*dropped, *trimmed)


def outcome_speaks(state: State, id: int, percept: Percept) -> replies.Decision:
    """The reply to an outcome has its first words while another is said: they come in the place of its rest."""
    saying = _saying(state, percept) if percept.mouth.sounding else None
    if saying is None or saying.id == id or not _rest(saying, percept, finishing=True):
        return state, ()
    if any(call.stage == "asking" and call.reply == saying.id for call in state.calls):
        return state, ()  # the user is to be asked something: the outcome is said before that
    return _trim(state, saying, percept)


def go_on(state: State, id: int) -> State:
    """After this reply comes what was set aside."""
    reply = state.reply(id)
    if reply is None or not state.aside:
        return state
    first = len(reply.clauses)
    rest = tuple(Clause(id, first + n, text) for n, text in enumerate(state.aside))
    return replace(state.with_reply(replace(reply, clauses=(*reply.clauses, *rest))), aside=())


def _saying(state: State, percept: Percept) -> Reply | None:
    """The reply being said, if its rest can be made anew."""
    reply = state.reply(percept.mouth.reply)
    if not state.settings.replans or reply is None or reply.draft or reply.origin not in CHANGEABLE:
        return None
    return reply


def _trim(state: State, reply: Reply, percept: Percept) -> replies.Decision:
    """End a reply with the clause that is being said, and set the rest aside."""
    # What was set aside before was to follow this reply, or what came in the place of its rest.
    aside = (*_rest(reply, percept, finishing=True), *state.aside)
    kept = reply.planned - max(0, _left(reply, percept) - (percept.mouth.finishing is not None))
    # What leaves the plan counts as planned: the reply is over when its clause has been heard.
    ended = replace(reply, clauses=reply.clauses[:kept], planned=kept, ended=True)
    return replace(state.with_reply(ended), aside=aside), (TrimReply(reply.id),)


def _left(reply: Reply, percept: Percept) -> int:
    """How many of its planned clauses were not wholly heard."""
    return dict(percept.mouth.left).get(reply.id, 0)


def _all(broken_off: Iterable[Reply], percept: Percept) -> tuple[str, ...]:
    return tuple(text for reply in broken_off for text in _rest(reply, percept, finishing=False))


def _rest(reply: Reply, percept: Percept, *, finishing: bool) -> tuple[str, ...]:
    """The clauses that were not heard; of the one that has begun what is left, unless it will be said to its end."""
    planned = [clause.text for clause in reply.clauses[reply.planned - _left(reply, percept) : reply.planned]]
    waiting = [clause.text for clause in reply.clauses[reply.planned :]]
    if planned and reply.id == percept.mouth.reply and percept.mouth.finishing is not None:
        planned[0] = "" if finishing else percept.mouth.finishing
    return tuple(text for text in (*planned, *waiting) if text.strip())
