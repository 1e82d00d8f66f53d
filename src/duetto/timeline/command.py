"""What the application around a conversation tells it: one more input, in the turn in which it counts.

A client of a server, or a program that holds a session, steers by these. They are part of the `Turn`, so they are in
the recording, and a replay needs no client.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from duetto.timeline.order import Order


class _Command(msgspec.Struct, frozen=True, tag_field="kind"):
    pass


class Offer(msgspec.Struct, frozen=True):
    """A tool that the application carries out itself. parameters: JSON Schema of an object, as JSON.

    behind: the talk does not wait for its outcome. effects: it is called in confirmed turns only.
    """

    name: str
    description: str = ""
    parameters: str = "{}"
    behind: bool = False
    effects: bool = True


# --- how the conversation is to be held -----------------------------------------------------------------------


class Brief(_Command, frozen=True, tag="brief"):
    """Who duetto is to be, and what it may call. None: as it was.

    instructions: come first in what the brain is told. offers: tools of the application, all of them. choice: whether
    the brain may call them: "auto", "none", "required", or the name of the one it must call.
    """

    instructions: str | None = None
    offers: tuple[Offer, ...] | None = None
    choice: str | None = None


class Manner(_Command, frozen=True, tag="manner"):
    """Who decides what; all of it at once.

    ends "told": a turn of the user's ends with `Over` only, however long they are silent. answers: a turn that has
    ended is answered; without it only an `Answer` is. yields: duetto's voice gives way to the user's. silence: ns
    after which a turn has ended whatever its words; None for duetto's own judgement. patience: times every silence of
    that judgement. speaks: replies are spoken; without it they are shown as text.
    """

    ends: Literal["heard", "told"] = "heard"
    answers: bool = True
    yields: bool = True
    silence: int | None = None
    patience: float = 1.0
    speaks: bool = True


# --- what belongs to the conversation -------------------------------------------------------------------------


class Remember(_Command, frozen=True, tag="remember"):
    """Put something into the conversation as if it had been said. It is not answered.

    source: its name, by which `Erase` finds it; unique in its session. who "system": a word to the brain, from the
    application. picture: a JPEG that belongs to it, b"" for none. ago: ns before now at which it was said.
    """

    source: str
    who: Literal["user", "duetto", "system"]
    text: str
    picture: bytes = b""
    ago: int = 0
    how: Literal["spoken", "typed"] = "spoken"


class Erase(_Command, frozen=True, tag="erase"):
    """Take something out of the conversation. What is not there stays so.

    source: "turn:3" for what the user said in utterance 3, "reply:5" for what was heard of reply 5, "told:NAME" for
    the `Remember` of that source.
    """

    source: str


class Unsay(_Command, frozen=True, tag="unsay"):
    """Only the first `words` words of a reply were heard by the user: no more of it is history, or will be said."""

    reply: int
    words: int


# --- what is to happen now ------------------------------------------------------------------------------------


class Over(_Command, frozen=True, tag="over"):
    """The user's turn is over, with all the sound that was given before. Without a turn nothing happens."""


class Discard(_Command, frozen=True, tag="discard"):
    """What the user has been saying in the turn in hand is not to count."""


class Answer(_Command, frozen=True, tag="answer"):
    """Reply now, to the conversation as it stands; after the turn that is just ending, if one is.

    tag: handed back in `AskBrain.tag`. instructions: for this reply alone, "" for the session's. speaks: None for the
    session's manner. apart: it belongs to no conversation: it is told only `about`, is shown and not spoken, and is no
    history. may_call: tools may be called.
    """

    tag: str = ""
    instructions: str = ""
    speaks: bool | None = None
    apart: bool = False
    about: str = ""
    may_call: bool = True


class Stop(_Command, frozen=True, tag="stop"):
    """Say no more of this reply, or of all that are on their way (None). What was heard stays."""

    reply: int | None = None


class Say(_Command, frozen=True, tag="say"):
    """Speak these words, when nobody else does. tag: handed back in `PlanClause.tag`."""

    text: str
    tag: str = ""


class SpeakAs(_Command, frozen=True, tag="speak-as"):
    """Speak with another voice from now on; what is being said goes on with the one that it began with.

    voice: its engine's name for it, "" for the one that the conversation began with, as is one that there is not.
    speed: times the pace that it began with.
    """

    voice: str = ""
    speed: float = 1.0


# --- standing orders ------------------------------------------------------------------------------------------


class Give(_Command, frozen=True, tag="give"):
    """A standing order is in force from now on, in the place of one of the same name."""

    order: Order


class TakeBack(_Command, frozen=True, tag="take-back"):
    """Standing orders of these names end, "*" for all."""

    names: tuple[str, ...]


Command = Brief | Manner | Remember | Erase | Unsay | Over | Discard | Answer | Stop | Say | SpeakAs | Give | TakeBack
