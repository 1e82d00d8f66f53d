"""Tools in the conversation: when a call may begin, and what is done with its outcome.

A call without effects may begin on a guess; one with effects waits until the guess is confirmed, and one with a
question until the user has said yes. While it runs everything else goes on. Its outcome is input: the brain is asked
what it calls for, with all that was said meanwhile. An outcome that nobody wants any more is dropped here.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from duetto.interaction import replies
from duetto.interaction.action import AbortCall, Action, CallTool, DeclineCall, Tell
from duetto.interaction.percept import Percept
from duetto.interaction.state import CHANGEABLE, Calling, Reply, State
from duetto.timeline.arrival import Clause, Fault, Outcome, ToolCall, Withdraw

YES: Final = frozenset("yes yeah yep yup sure absolutely definitely".split())
"""Words that a yes begins with, whatever else is said then but for what is in NO and RESERVES."""
AGREES: Final = YES | frozenset("ok okay please do right correct exactly ahead course fine good great perfect".split())
"""Words that are a yes where nothing is said besides them and PARTICLES."""
PARTICLES: Final = frozenset("it that so go then and i uh um oh well thank thanks you of".split())
NO: Final = frozenset("no nope don't dont not stop cancel never wait".split())
RESERVES: Final = frozenset(
    "but what how when where why who which if instead except first rather only actually make".split()
)
"""Words by which a yes is none to just this: the brain hears of it, and may ask anew."""


def wish(state: State, reply: int, wished: ToolCall | Withdraw) -> replies.Decision:
    """A reply calls a tool, or withdraws a call: now, or when it is confirmed."""
    found = state.reply(reply)
    if found is None:
        return state, ()
    if found.draft and (isinstance(wished, Withdraw) or wished.effects or wished.question):
        return state.with_reply(replace(found, wishes=(*found.wishes, wished))), ()
    if isinstance(wished, Withdraw):
        mine = frozenset(call.id for call in state.calls if call.reply != reply and wished.call in (0, call.id))
        return _abort(state, mine)
    question = wished.question[: replies.LONGEST]
    if len(state.calls) >= state.settings.most_calls:
        return state, (Tell("tools", f"{wished.name}: {state.settings.most_calls} calls are in hand, the limit"),)
    call = Calling(
        state.next_call,
        reply,
        wished.name,
        wished.arguments,
        "asking" if question else "running",
        wished.behind,
        found.draft,
        found.depth,
        question,
    )
    state = replace(state, calls=(*state.calls, call), next_call=call.id + 1)
    if call.stage == "asking":
        asking = Clause(reply, len(found.clauses), question)
        return state.with_reply(replace(found, clauses=(*found.clauses, asking))), ()
    return state, (CallTool(call.id, reply, wished.name, wished.arguments),)


def confirmed(state: State, reply: int) -> replies.Decision:
    """A reply counts from now on: what it wished for while it was a draft is done."""
    found = state.reply(reply)
    if found is None:
        return state, ()
    calls = tuple(replace(call, guess=False) if call.reply == reply else call for call in state.calls)
    state = replace(state.with_reply(replace(found, wishes=())), calls=calls)
    actions: list[Action] = []
    for wished in found.wishes:
        state, more = wish(state, reply, wished)
        actions.extend(more)
    return state, tuple(actions)


def put(state: State, percept: Percept) -> State:
    """Questions that the user has begun to hear: what they say from now on is an answer to them."""
    for text in percept.mouth.begun:
        call = next((call for call in state.calls if call.stage == "asking" and call.question == text), None)
        if call is not None:
            asked = replace(call, stage="asked")
            state = replace(state, calls=tuple(asked if c.id == call.id else c for c in state.calls))
    return state


def answered(state: State, text: str) -> tuple[State, tuple[Action, ...], bool]:
    """The user has said or typed this: is it the yes to a question about a call? Any other words decline it.

    A yes to a question that they have not heard is none.
    """
    agreed = agrees(state, text)
    calls: list[Calling] = []
    actions: list[Action] = []
    for call in state.calls:
        if call.stage == "running":
            calls.append(call)
        elif agreed and call.stage == "asked":
            calls.append(replace(call, stage="running"))
            actions.append(CallTool(call.id, call.reply, call.name, call.arguments))
        else:
            actions.append(DeclineCall(call.id, call.name, call.arguments))
    return replace(state, calls=tuple(calls)), tuple(actions), agreed


def agrees(state: State, text: str) -> bool:
    """Is this the yes to a question about a call that has been put, or is being put?"""
    return any(call.stage == "asked" for call in state.calls) and _is_yes(text)


def _is_yes(text: str) -> bool:
    words = re.findall(r"[\w']+", text.lower().replace("’", "'"))
    if not words or NO.intersection(words):
        return False
    if words[0] in YES:
        return not RESERVES.intersection(words)
    return not AGREES.isdisjoint(words) and (AGREES | PARTICLES).issuperset(words)


def sweep(state: State) -> replies.Decision:
    """What was begun on a guess that did not hold is ended; what the user will not be asked any more is not made."""
    if not state.calls:
        return state, ()
    lost = [call for call in state.calls if state.reply(call.reply) is None]
    unasked = [call for call in lost if call.stage == "asking"]
    state = replace(state, calls=tuple(call for call in state.calls if call not in unasked))
    state, aborted = _abort(state, frozenset(call.id for call in lost if call.guess))
    return state, (*aborted, *(DeclineCall(call.id, call.name, call.arguments) for call in unasked))


def follow(state: State, percept: Percept) -> replies.Decision:
    """Outcomes that have come: ask the brain what each calls for, once nothing of the same reply is still awaited."""
    actions: list[Action] = []
    for arrival in percept.arrivals:
        if not isinstance(arrival, Outcome | Fault) or arrival.call is None:
            continue
        call = next((call for call in state.calls if call.id == arrival.call), None)
        if call is None:
            continue
        state = replace(state, calls=tuple(other for other in state.calls if other.id != call.id))
        if isinstance(arrival, Outcome) and arrival.silent:
            continue
        if not call.behind and any(_awaited(other, call) for other in state.calls):
            continue
        if state.turn is not None and state.turn.asked:
            # The user has the floor: the reply to them is drafted anew, with the outcome known. Whether it says what
            # the outcome calls for is asked afterwards.
            state = replace(state, turn=replace(state.turn, asked=""), owed=call.depth + 1)
            continue
        if call.guess:
            continue  # the reply that called it is a draft without a turn: on its way out
        depth = max(call.depth + 1, state.owed or 0)
        state, _, asked = replies.ask(state, "", "tool", draft=False, now=percept.now, depth=depth)
        state = replace(state, owed=None)  # it is told of every outcome
        actions.extend(asked)
    if state.owed is not None and state.turn is None and not any(_thought_out(reply) for reply in state.replies):
        state, _, asked = replies.ask(state, "", "tool", draft=False, now=percept.now, depth=state.owed)
        state = replace(state, owed=None)
        actions.extend(asked)
    return state, tuple(actions)


def _thought_out(reply: Reply) -> bool:
    return not (reply.draft or reply.apart) and reply.origin in CHANGEABLE


def _awaited(other: Calling, call: Calling) -> bool:
    return other.reply == call.reply and other.stage == "running" and not other.behind


def _abort(state: State, ids: frozenset[int]) -> replies.Decision:
    gone = tuple(call for call in state.calls if call.id in ids)
    kept = tuple(call for call in state.calls if call.id not in ids)
    return replace(state, calls=kept), tuple(AbortCall(call.id) for call in gone if call.stage == "running")
