"""What `decide` can decide: one small frozen struct per kind. The runtime around it carries them out."""

from __future__ import annotations

from typing import Literal

import msgspec

from duetto.timeline.order import Order, Watched


class _Action(msgspec.Struct, frozen=True, tag_field="kind"):
    pass


# --- what to say ----------------------------------------------------------------------------------------------


class AskBrain(_Action, frozen=True, tag="ask"):
    """Ask the brain for a reply to these words. draft: the user may not have finished.

    how, may_call: as in `Ask`. tag, note: of the `Answer` that called for it, with its instructions. apart: it belongs
    to no conversation. shown: it will not be spoken.
    """

    reply: int
    text: str
    how: Literal["spoken", "typed", "tool", "told"]
    draft: bool
    may_call: bool = True
    tag: str = ""
    note: str = ""
    apart: bool = False
    shown: bool = False


class KeepReply(_Action, frozen=True, tag="keep"):
    """The reply is given: what it changes counts."""

    reply: int


class DropReply(_Action, frozen=True, tag="drop"):
    """The reply, or what is left of it, will not be given. All of it that is unsaid is revoked."""

    reply: int


class TrimReply(_Action, frozen=True, tag="trim"):
    """The clause being said ends as it is; all that was to follow of this reply is revoked, for it is made anew."""

    reply: int


# --- tools ----------------------------------------------------------------------------------------------------


class CallTool(_Action, frozen=True, tag="call"):
    """A call of a tool begins. arguments: JSON. reply: the one that called it."""

    call: int
    reply: int
    name: str
    arguments: str


class AbortCall(_Action, frozen=True, tag="abort"):
    """The outcome of a call is not wanted any more."""

    call: int


class DeclineCall(_Action, frozen=True, tag="decline"):
    """A call that the user was asked about is not made."""

    call: int
    name: str
    arguments: str


# --- how it sounds --------------------------------------------------------------------------------------------


class PlanClause(_Action, frozen=True, tag="plan"):
    """Put a clause into the plan of speech. place: "end" after all that is planned, "next" after the present clause,
    "now" after its present word: its rest follows.

    held: prepare its sound but keep it back until `ReleaseReply`. aside: a sound of listening: it is said more quietly,
    and is nothing that was said. tag: of the `Say` that it is for. goes_on: as in `Clause`.
    """

    clause: int
    reply: int
    text: str
    place: Literal["end", "next", "now"] = "end"
    held: bool = False
    aside: bool = False
    tag: str = ""
    goes_on: bool = False


class ReleaseReply(_Action, frozen=True, tag="release"):
    """The held clauses of this reply may be heard from now on."""

    reply: int


class Duck(_Action, frozen=True, tag="duck"):
    """Lower the voice: the user may be taking the floor. Undone by `Restore`."""


class Restore(_Action, frozen=True, tag="restore"):
    """Back to full voice."""


class Hold(_Action, frozen=True, tag="hold"):
    """Fall silent at a word boundary if one is near, at once if not. The plan stays. Undone by `Resume`."""


class Resume(_Action, frozen=True, tag="resume"):
    """Go on after `Hold` with what has not been heard."""


class Show(_Action, frozen=True, tag="show"):
    """Show a line of text. reply: the one that it is part of, where that is not spoken."""

    text: str
    reply: int | None = None


# --- listening ------------------------------------------------------------------------------------------------


class EndTurn(_Action, frozen=True, tag="end-turn"):
    """The user's turn is over: settle its words and listen for a new utterance.

    text: its words as they were taken. since: media time (ns) of the first. counts: it belongs to the conversation.
    """

    utterance: int
    text: str = ""
    since: int = 0
    counts: bool = True


# --- standing orders, the session itself ----------------------------------------------------------------------


class Watch(_Action, frozen=True, tag="watch"):
    """A standing order is in force from now on."""

    order: Order


class Unwatch(_Action, frozen=True, tag="unwatch"):
    """A standing order has ended."""

    name: str


class Fire(_Action, frozen=True, tag="fire"):
    """A standing order was met, for the n-th time. text: what is said, "" for nothing (or for what the brain says).

    sure: False where it rests on words that the recogniser may still take back.
    """

    order: str
    n: int
    text: str
    sure: bool = True


class Unfire(_Action, frozen=True, tag="unfire"):
    """A standing order was not met for the n-th time: the words were others, and nothing of it was heard."""

    order: str
    n: int


class Inquire(_Action, frozen=True, tag="inquire"):
    """Put an order's question to the brain. stream: the picture it is about, None for what the user has said."""

    number: int
    question: str
    stream: Watched | None = None


class Tell(_Action, frozen=True, tag="tell"):
    """Put a notice about the session into its `acts`: a part failed, or works again."""

    part: str
    text: str


Action = (
    AskBrain
    | KeepReply
    | DropReply
    | TrimReply
    | CallTool
    | AbortCall
    | DeclineCall
    | PlanClause
    | ReleaseReply
    | Duck
    | Restore
    | Hold
    | Resume
    | Show
    | EndTurn
    | Watch
    | Unwatch
    | Fire
    | Unfire
    | Inquire
    | Tell
)
