"""Has the user's turn ended? By evidence: how whole the words are, and how long the silence.

While the answer is open, a draft of the reply is prepared on the words so far; it is used if they still mean the same.
"""

from __future__ import annotations

from dataclasses import replace

from duetto.interaction import amend, calls, intake, replies, ways
from duetto.interaction.action import Action, EndTurn
from duetto.interaction.overlap import passing_remark
from duetto.interaction.patience import Evidence, patience
from duetto.interaction.percept import Ears, Percept
from duetto.interaction.sameness import still_fits
from duetto.interaction.state import CHANGEABLE, Reply, State, Unanswered, UserTurn

CATCH_UP = 2_000_000_000
"""How much longer (ns) a turn may stay open for words that the recogniser still owes: one that hears whole utterances
again and again may need so long on a busy machine, and a turn that ends before its words is never answered."""
MOST_UNANSWERED = 16
"""Turns of the user that may wait for the application to have them answered; the oldest goes."""


def follow(state: State, percept: Percept) -> replies.Decision:
    """Draft, wait, or end the turn and keep the reply."""
    ears = percept.ears
    actions: list[Action] = []
    turn = state.turn
    if turn is not None and turn.utterance != ears.utterance:
        # The utterance was closed below us (too long, or silent for too long): its turn is over with what it had.
        state, ended = _conclude(state, turn, None, percept)
        actions.extend(ended)
        turn = None
    if ears.utterance is None:
        nothing = state.turn is None and state.over is None
        return state if nothing else replace(state, turn=None, over=None), tuple(actions)
    saying = state.reply(percept.mouth.reply)
    meant = saying is not None and saying.origin == "order" and saying.over  # it is not spoken over: it speaks over
    turn = turn or UserTurn(
        ears.utterance,
        over=(percept.mouth.sounding and not meant) or state.overlap is not None,
        since=percept.now if ears.since is None else ears.since,
    )
    text = ears.text
    if ears.words and (text != turn.text or ears.words[0].start != turn.began):
        turn = replace(turn, text=text, began=ears.words[0].start)
    if ears.level is not None and (turn.level is None or ears.level > turn.level):
        turn = replace(turn, level=ears.level)
    state, turn = ways.paused(state, turn, ears)
    if passing_remark(state, ears):
        return (state if turn is state.turn else replace(state, turn=turn)), tuple(actions)

    draft = state.reply(turn.draft)
    asked_for = text == turn.asked or (turn.asked and draft is not None and still_fits(draft, text))
    if text and not asked_for and _may_draft(state, ears, turn):
        if draft is not None:
            state, dropped = replies.drop(state, (draft.id,))
            actions.extend(dropped)
        state, id, asked = replies.ask(state, text, "spoken", draft=True, now=percept.now)
        actions.extend(asked)
        cost_nothing = draft is not None and draft.put_off
        turn = replace(turn, asked=text, draft=id, drafts=turn.drafts + (not cost_nothing))
        draft = state.reply(id)
    if turn is not state.turn:
        state = replace(state, turn=turn)

    if not _is_over(state, percept):
        return state, tuple(actions)
    state, ended = _conclude(state, turn, ears, percept)
    return replace(state, turn=None, over=None), (*actions, *ended)


def _is_over(state: State, percept: Percept) -> bool:
    ears, manner = percept.ears, state.manner
    if state.over is not None:  # told so, and only the last words may still be missing
        waited = percept.now - state.over
        return (ears.caught_up and not ears.voice) or waited >= CATCH_UP
    if manner.ends == "told" or ears.voice or ears.ended is None:
        return False
    silence = percept.silence
    limit = manner.silence
    if limit is None:
        limit = round(patience(state.settings, evidence(state, percept)) * manner.patience)
    if silence < limit or not (ears.caught_up or silence >= limit + CATCH_UP):
        return False
    if manner.silence is not None or silence >= state.settings.prepares_for:
        return True
    return _has_answer(state, ears) and not ears.stirring


def _has_answer(state: State, ears: Ears) -> bool:
    """Is there something to be said or done once the turn is over, or nothing that could still come?"""
    draft = state.reply(state.turn.draft) if state.turn is not None else None
    if draft is None or draft.put_off or calls.agrees(state, ears.text):
        return True
    return bool(draft.ended or draft.clauses or draft.acts or draft.wishes)


def _may_draft(state: State, ears: Ears, turn: UserTurn) -> bool:
    if not state.manner.answers:
        return False
    if not ears.voice:
        return True
    return ears.stable >= state.settings.draft_stable and turn.drafts < state.settings.drafts_per_turn


def evidence(state: State, percept: Percept) -> Evidence:
    """What is known about the end of the turn in hand."""
    ears, asked = percept.ears, state.ways.asked
    draft = state.reply(state.turn.draft) if state.turn is not None else None
    fits = draft is not None and still_fits(draft, ears.text) and not _doubted(state, state.turn, ears)
    current = draft if fits else None
    return Evidence(
        understood=None if current is None else current.understood,
        more="no" if current is None or current.text != ears.text else current.more,  # courtesy closes a request
        sure=ears.sure,
        untold=ears.untold,
        listened=state.turn is not None and state.turn.given > 0,
        last=ears.words[-1].text if ears.words else "",
        ending=ears.ending,
        finished=ears.finished,
        asked=asked is not None and percept.now - asked < state.settings.engaged_for,
        own_pause=ways.own_pause(state.ways),
        typing=percept.typing,
        facing=percept.facing,
    )


def _calls_for_nothing(draft: Reply) -> bool:
    """The words mean nothing to the brain, or it has neither an answer to them nor anything to do."""
    nothing = not (draft.clauses or draft.acts or draft.wishes)
    return draft.understood == "none" or (draft.ended and nothing and not draft.put_off)


def _doubted(state: State, turn: UserTurn | None, ears: Ears | None) -> bool:
    """The words of this turn are hardly what was said. Over duetto's own voice they are doubted sooner, and so are
    those that a standing order has spoken in: whoever tells something long is seldom asking for anything.
    """
    if ears is None:
        return False
    if turn is not None and _spoken_into(state, turn) and ears.untold >= state.settings.untold_longest:
        return True  # a long tale, of which a few words were understood
    if _over(state, turn):
        return ears.sure < state.settings.sure
    return ears.sure < state.settings.sure_alone and not _gives_orders(state, turn)


def _gives_orders(state: State, turn: UserTurn | None) -> bool:
    """Its words, unsure as they are, make a whole order: what is no order hardly happens to be heard as one."""
    draft = state.reply(turn.draft) if turn is not None else None
    return draft is not None and draft.understood == "whole" and any(act.orders for act in draft.acts)


def _over(state: State, turn: UserTurn | None) -> bool:
    """Whether duetto speaks or spoke in this turn: as it began, or for a standing order since."""
    if state.overlap is not None or turn is None:
        return state.overlap is not None
    return turn.over or _spoken_into(state, turn)


def _spoken_into(state: State, turn: UserTurn) -> bool:
    """Whether a standing order has spoken in this turn."""
    return any(s.spoke is not None and s.spoke > turn.since for s in state.orders)


def _for_others(state: State, turn: UserTurn, ears: Ears | None, draft: Reply, now: int) -> bool:
    """Words that duetto can do nothing with, in a situation in which they need not be meant for it."""
    doubted = _doubted(state, turn, ears)
    if not doubted and not _calls_for_nothing(draft):
        return ears is not None and draft.understood == "half" and ways.quiet(state, ears)
    if _over(state, turn) or (ears is not None and ways.quiet(state, ears)):
        return True
    spoke = state.ways.spoke
    return (doubted or draft.understood == "none") and (spoke is None or now - spoke > state.settings.engaged_for)


def _conclude(state: State, turn: UserTurn, ears: Ears | None, percept: Percept) -> replies.Decision:
    """End the turn: keep the draft if it was made on the final words, ask anew if not, and clear the floor for it."""
    actions: list[Action] = [EndTurn(turn.utterance, turn.text, turn.began)]
    draft = state.reply(turn.draft)
    if not state.manner.answers or (ears is None and state.manner.ends == "told"):
        return _unanswered(state, turn, tuple(actions))
    if ears is None and draft is None:
        return state, tuple(actions)
    if ears is not None and not ears.text:  # no words, or words that proved to be none
        state, dropped = replies.drop(state, () if draft is None else (draft.id,))
        return state, (*actions, *dropped)
    agrees = not _doubted(state, turn, ears) and calls.agrees(state, "" if ears is None else ears.text)
    if draft is not None and not agrees and _for_others(state, turn, ears, draft, percept.now):
        state, dropped = replies.drop(state, (draft.id,))
        return state, (*actions, *dropped)
    if draft is not None and _doubted(state, turn, ears):
        # Meant for duetto, it seems, but these are hardly the words.
        state, dropped = replies.drop(state, (draft.id,))
        state, more = replies.say(state, "Sorry, I did not get that.", "apology")
        return state, (*actions, *dropped, *more)
    text = ears.text if ears is not None else draft.text if draft is not None else ""
    state, called, agreed = calls.answered(state, text)
    actions.extend(called)
    # What was said before is in the conversation that the brain is told: this is the answer to it too.
    state = state if agreed else replace(amend.set_aside(state, percept), unanswered=())
    if agreed:
        answer = None
        if draft is not None:
            state, dropped = replies.drop(state, (draft.id,))
            actions.extend(dropped)
    elif draft is not None and (ears is None or still_fits(draft, ears.text)) and not draft.put_off:
        answer = draft.id
        state, kept = intake.keep(state, answer, percept.now)
        actions.extend(kept)
        if draft.understood == "whole":
            state = ways.answered(state, percept.ears)
    else:
        if draft is not None:
            state, dropped = replies.drop(state, (draft.id,))
            actions.extend(dropped)
        state, answer, asked = replies.ask(state, text, "spoken", draft=False, now=percept.now)
        actions.extend(asked)
    state, dropped = _clear(state, answer)
    return state, (*actions, *dropped)


def _clear(state: State, answer: int | None) -> replies.Decision:
    """The floor is the new reply's: what else was being said ends, if it is to give way."""
    if not state.manner.yields:
        return state, ()
    gives_way = (*CHANGEABLE, "apology", "said")
    others = (r.id for r in state.replies if r.id != answer and r.origin in gives_way and not r.apart)
    return replies.drop(state, others)


def _unanswered(state: State, turn: UserTurn, actions: tuple[Action, ...]) -> replies.Decision:
    """The turn ends, and the application says whether it is answered."""
    draft = () if turn.draft is None else (turn.draft,)  # it was to be answered until just now
    state, dropped = replies.drop(state, draft)
    if not turn.text:
        return state, (*actions, *dropped)
    state, cleared = _clear(state, None)
    said = Unanswered(f"turn:{turn.utterance}", turn.text)
    return replace(state, unanswered=(*state.unanswered, said)[-MOST_UNANSWERED:]), (*actions, *dropped, *cleared)
