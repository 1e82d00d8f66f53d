"""What the interaction remembers from one micro-turn to the next: frozen, small, bounded."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from duetto.interaction.settings import InteractionSettings
from duetto.interaction.standing import Book, Standing
from duetto.timeline.arrival import Act, Clause, More, ToolCall, Understood, Withdraw
from duetto.timeline.command import Answer, Manner

Floor = Literal["user", "agent", "both", "nobody"]
Origin = Literal["spoken", "typed", "tool", "told", "said", "order", "apology", "listening"]


CHANGEABLE: Final[frozenset[Origin]] = frozenset({"spoken", "typed", "tool", "told"})
"""Replies that the brain thinks out: what is unsaid of them can be made anew."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply on its way from an idea to something heard.

    understood, more, put_off: as in `Gist`.
    text: the words it answers, or the name of the order it is said for. draft: made on a guess; nothing of it counts.
    clauses: what the brain has given so far. planned: how many of them are in the plan of speech. released: they may
    be heard. over: may be said while the user speaks. wishes: calls that wait until it is confirmed. goes_on: what it
    came in the place of follows it. since: when it began to count (ns). filled: a short word announced it. depth: how
    many outcomes of tools lead from the user's words to it. tag: of the command that called for it. shown: it is not
    spoken. apart: it belongs to no conversation. begun: some of it has been heard. follows: it is said, or shown, after
    all others of its order that are on their way.
    """

    id: int
    origin: Origin
    text: str
    draft: bool
    understood: Understood | None = None
    more: More = "no"
    put_off: bool = False
    clauses: tuple[Clause, ...] = ()
    acts: tuple[Act, ...] = ()
    planned: int = 0
    released: bool = False
    ended: bool = False
    over: bool = False
    wishes: tuple[ToolCall | Withdraw, ...] = ()
    goes_on: bool = False
    since: int | None = None
    filled: bool = False
    depth: int = 0
    tag: str = ""
    shown: bool = False
    apart: bool = False
    begun: bool = False
    follows: bool = False


@dataclass(frozen=True, slots=True)
class UserTurn:
    """The user's turn in hand: the utterance, the words that a draft was last asked for, the draft and how many.

    over: it began while duetto spoke. since: onset of its first voice; paused: end of its latest voice that was
    followed by a pause; listened: when duetto last gave a sound of listening in it (ns); given: how many of them. text:
    its latest words; began: media time (ns) of the first. level: of its loudest voice, dB of full scale.
    """

    utterance: int
    asked: str = ""
    draft: int | None = None
    drafts: int = 0
    over: bool = False
    since: int = 0
    paused: int | None = None
    listened: int = 0
    given: int = 0
    text: str = ""
    began: int = 0
    level: float | None = None


@dataclass(frozen=True, slots=True)
class Ways:
    """What is known of how this user talks, and of how the talk stands.

    level: usual level of what they say to duetto, dB of full scale. pauses: the latest inside their turns, ns.
    asked: when duetto began to say a question that nothing has followed yet; spoke: when it last spoke (ns), to within
    `ways.SPOKE_WITHIN`.
    """

    level: float | None = None
    pauses: tuple[int, ...] = ()
    asked: int | None = None
    spoke: int | None = None


@dataclass(frozen=True, slots=True)
class Overlap:
    """The user speaks over duetto: since when (media time, ns), and how far duetto has given way."""

    since: int
    stage: Literal["ducked", "held"]


@dataclass(frozen=True, slots=True)
class Calling:
    """A call of a tool in hand.

    stage "asking": the user is to be asked `question`, whether it may be made; "asked": they have begun to hear that.
    behind: nobody waits for it. guess: its reply is a draft. depth: as of its reply.
    """

    id: int
    reply: int
    name: str
    arguments: str
    stage: Literal["asking", "asked", "running"]
    behind: bool = False
    guess: bool = False
    depth: int = 0
    question: str = ""


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Something that the user said or typed. source: as in `command.Erase`, "" for a line."""

    source: str
    text: str


@dataclass(frozen=True, slots=True)
class State:
    """Everything `decide` knows besides its percept.

    aside: clauses of what was broken off, as far as they were not heard: until a reply goes on with them, or ends
    without.
    owed: depth of a reply to an outcome that came while the user spoke: what it calls for may not have been said.
    book: what the standing orders share.
    manner: who decides what, as the application has it. over: since when (ns) the user's turn is told to be over.
    asked: replies that the application wants and that have not begun. unanswered: what the user said since, unanswered.
    """

    settings: InteractionSettings = field(default_factory=InteractionSettings)
    floor: Floor = "nobody"
    turn: UserTurn | None = None
    overlap: Overlap | None = None
    ways: Ways = Ways()
    replies: tuple[Reply, ...] = ()
    orders: tuple[Standing, ...] = ()
    book: Book = field(default_factory=Book)
    calls: tuple[Calling, ...] = ()
    aside: tuple[str, ...] = ()
    owed: int | None = None
    manner: Manner = field(default_factory=Manner)
    over: int | None = None
    asked: tuple[Answer, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    next_reply: int = 1
    next_clause: int = 1
    next_call: int = 1

    def reply(self, id: int | None) -> Reply | None:
        """The reply of this number, if it is still on its way."""
        for reply in self.replies:
            if reply.id == id:
                return reply
        return None

    def with_reply(self, reply: Reply) -> State:
        """This state with the reply added, or put in the place of the one with its number."""
        if self.reply(reply.id) is None:
            return replace(self, replies=(*self.replies, reply))
        return replace(self, replies=tuple(reply if r.id == reply.id else r for r in self.replies))

    def without_replies(self, ids: frozenset[int]) -> State:
        """This state without the replies of these numbers."""
        if not ids:
            return self
        return replace(self, replies=tuple(r for r in self.replies if r.id not in ids))
