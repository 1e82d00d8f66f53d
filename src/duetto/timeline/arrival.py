"""Results of slow work that come back as input, each in the micro-turn in which it arrived.

Recogniser, dear vision, brain and voice run beside the tick. What they return is one more input: it is in the
`Turn`, so it is in the recording, and a replay needs none of them.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class _Arrival(msgspec.Struct, frozen=True, tag_field="kind"):
    pass


# --- recogniser, dear vision ----------------------------------------------------------------------------------


class TimedWord(msgspec.Struct, frozen=True):
    """A recognised word with its media time (ns) and the recogniser's confidence, 0 to 1."""

    text: str
    start: int
    end: int
    confidence: float = 1.0


class Hypothesis(_Arrival, frozen=True, tag="hypothesis"):
    """The best words for one utterance so far: all of them, not what changed.

    until: media time (ns) up to which the recogniser had heard the sound. final: no better one will come.
    """

    utterance: int
    words: tuple[TimedWord, ...]
    until: int
    final: bool


Box = tuple[float, float, float, float]


class Faces(_Arrival, frozen=True, tag="faces"):
    """Faces found in the frame at media time `at` (ns): boxes of left, top, width, height in shares, 0 to 1."""

    at: int
    boxes: tuple[Box, ...]


# --- brain ----------------------------------------------------------------------------------------------------


class Moment(msgspec.Struct, frozen=True, tag="moment", tag_field="kind"):
    """Once, at media time `at` (ns)."""

    at: int


class Interval(msgspec.Struct, frozen=True, tag="interval", tag_field="kind"):
    """Every `period` ns, first one period after media time `start` (ns)."""

    start: int
    period: int


class Sight(msgspec.Struct, frozen=True, tag="sight", tag_field="kind"):
    """Each time something is seen to begin. region: None for anywhere in the picture."""

    what: Literal["motion", "face", "scene", "dark", "bright"]
    region: str | None = None


Condition = Moment | Interval | Sight


class Order(msgspec.Struct, frozen=True):
    """A standing order: when to speak by oneself, and what to say.

    name: unique in its session, what the user may call it by. limit: how often at most, None for no limit.
    over: say it even while the user speaks.
    """

    name: str
    when: Condition
    say: str
    limit: int | None = None
    over: bool = True


class Gist(_Arrival, frozen=True, tag="gist"):
    """How far the brain understands the words it was asked about; the first part of each reply.

    whole: a complete request. half: part of it is clear and something is missing. none: it means nothing to the brain.
    open_ended: the same words may well go on ("count to ten" … "by twos"). put_off: the brain thinks of an answer only
    when it is asked for one that is no draft.
    """

    reply: int
    understood: Literal["whole", "half", "none"]
    open_ended: bool = False
    put_off: bool = False


class Clause(_Arrival, frozen=True, tag="clause"):
    """The next speakable piece of a reply, with the punctuation that gives it its melody."""

    reply: int
    index: int
    text: str


class Act(_Arrival, frozen=True, tag="act"):
    """What a reply does besides speaking. It takes effect when the reply is confirmed, not before.

    orders: standing orders given. withdraw: names of orders to end, "*" for all. stop: end whatever is being said.
    """

    reply: int
    orders: tuple[Order, ...] = ()
    withdraw: tuple[str, ...] = ()
    stop: bool = False


class ToolCall(_Arrival, frozen=True, tag="tool-call"):
    """A reply calls a tool. arguments: JSON.

    effects: it changes something outside, so it waits until the reply is confirmed. question: what the user is to be
    asked before, "" for nothing. behind: nobody waits for it; the talk goes on.
    """

    reply: int
    name: str
    arguments: str
    effects: bool = False
    question: str = ""
    behind: bool = False


class Withdraw(_Arrival, frozen=True, tag="withdraw"):
    """A reply withdraws a call that runs, or all (0): its outcome is not wanted any more. It waits for confirmation."""

    reply: int
    call: int = 0


class GoOn(_Arrival, frozen=True, tag="go-on"):
    """After this reply, what it came in the place of is to be said as it was planned."""

    reply: int


class Usage(_Arrival, frozen=True, tag="usage"):
    """What a request to a language model took.

    prompt: characters sent; stable: how many of them, from the first on, were the same in the request before. text:
    characters that came back, pieces: in how many pieces (about one a token). first: ns until the first of them, None
    if none came. requests: with those that were made again.
    """

    reply: int
    prompt: int
    stable: int
    text: int
    pieces: int
    first: int | None
    requests: int = 1


class ReplyEnd(_Arrival, frozen=True, tag="reply-end"):
    """The brain has said all of this reply."""

    reply: int


# --- tools ----------------------------------------------------------------------------------------------------


class Progress(_Arrival, frozen=True, tag="progress"):
    """A tool says how far it is."""

    call: int
    text: str


class Outcome(_Arrival, frozen=True, tag="outcome"):
    """A tool has ended. text: what it returned (JSON or plain), or why it failed. silent: nothing is said of it."""

    call: int
    text: str
    failed: bool = False
    silent: bool = False


# --- voice ----------------------------------------------------------------------------------------------------


class SpokenWord(msgspec.Struct, frozen=True):
    """A word of a clause and the samples `[start, end)` of the clause's sound in which it is said (VOICE_RATE)."""

    text: str
    start: int
    end: int


class Speech(_Arrival, frozen=True, tag="speech"):
    """The next samples of a clause: int16 little-endian mono at VOICE_RATE, with the words that begin in them.

    end: the clause has no more.
    """

    clause: int
    samples: bytes
    words: tuple[SpokenWord, ...]
    end: bool


# --- when it goes wrong ---------------------------------------------------------------------------------------


class Fault(_Arrival, frozen=True, tag="fault"):
    """A part failed, or recovered, or an input stream ended badly. The session goes on.

    part: "recogniser", "vision", "brain", "voice", "tools", "mic", "camera", "keys". text: one plain sentence.
    reply: the reply it ends, if it ends one. clause: the clause it ends, if any; call: the call of a tool. working: the
    part works again.
    """

    part: str
    text: str
    reply: int | None = None
    clause: int | None = None
    call: int | None = None
    working: bool = False


Arrival = (
    Hypothesis
    | Faces
    | Gist
    | Clause
    | Act
    | ToolCall
    | Withdraw
    | GoOn
    | Usage
    | ReplyEnd
    | Progress
    | Outcome
    | Speech
    | Fault
)
