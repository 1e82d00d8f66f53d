"""What happens in a conversation, in the words that every protocol needs: micro-turns read as a story."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duetto.timeline.increment import Span


@dataclass(frozen=True, slots=True)
class TurnBegan:
    """The user has begun to speak, at media time `at` (ns). turn: number of the utterance."""

    turn: int
    at: int


@dataclass(frozen=True, slots=True)
class TurnWords:
    """All the words of a turn so far; they may still change, unless `final`. Comes once with `final` for each turn that
    ended, after `TurnEnded`. Of what was said over duetto and proved to be no turn the words alone are told.
    """

    turn: int
    text: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class TurnEnded:
    """The user's turn is over; the voice ended at media time `at` (ns). discarded: it does not count."""

    turn: int
    at: int
    discarded: bool = False


@dataclass(frozen=True, slots=True)
class ReplyBegan:
    """A reply will be given. tag: of the `Answer` or `Say` that called for it, "" for none. spoken: not shown only.

    From here to `ReplyEnded` everything of it carries its number. Several may be open at once.
    """

    reply: int
    tag: str = ""
    spoken: bool = True


@dataclass(frozen=True, slots=True)
class ReplyText:
    """The next clause of a reply: its sound begins now, or it is shown."""

    reply: int
    text: str


@dataclass(frozen=True, slots=True)
class ReplySound:
    """The next sound of a reply: int16 little-endian mono at VOICE_RATE. at: media time (ns) at which it is heard by a
    listener without delay.
    """

    reply: int
    at: int
    samples: bytes


@dataclass(frozen=True, slots=True)
class ReplyHeard:
    """A word of a reply has been played, in `span` of media time. offset: ns of the reply's own sound to its end."""

    reply: int
    word: str
    span: Span
    offset: int


@dataclass(frozen=True, slots=True)
class ReplyEnded:
    """Nothing more of a reply comes. how "cut": the user took the floor, or it was stopped; "failed": see `why`."""

    reply: int
    how: Literal["done", "cut", "failed"]
    why: str = ""


@dataclass(frozen=True, slots=True)
class CallMade:
    """A tool is called. own: one of the application's own, which owes the outcome. arguments: JSON."""

    call: int
    reply: int
    name: str
    arguments: str
    own: bool


@dataclass(frozen=True, slots=True)
class CallWithdrawn:
    """The outcome of a call is not wanted any more."""

    call: int


@dataclass(frozen=True, slots=True)
class Noticed:
    """A part of the conversation failed, or works again."""

    part: str
    text: str
    working: bool = False


@dataclass(frozen=True, slots=True)
class Used:
    """What a request to a language model took: characters, and pieces (about tokens)."""

    reply: int
    prompt: int
    stable: int
    text: int
    pieces: int


Happening = (
    TurnBegan
    | TurnWords
    | TurnEnded
    | ReplyBegan
    | ReplyText
    | ReplySound
    | ReplyHeard
    | ReplyEnded
    | CallMade
    | CallWithdrawn
    | Noticed
    | Used
)
