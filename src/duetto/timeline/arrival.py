"""Results of slow work that come back as input, each in the micro-turn in which it arrived.

Recogniser, dear vision, brain and voice run beside the tick. What they return is one more input: it is in the
`Turn`, so it is in the recording, and a replay needs none of them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from duetto.timeline.order import Order, Watched

Understood = Literal["whole", "half", "none"]
More = Literal["no", "maybe", "likely"]


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


class Spotted(_Arrival, frozen=True, tag="spotted"):
    """A phrase that standing orders wait for was heard, from media time `start` to `end` (ns), whatever else was said.

    sure: 0 to 1.
    """

    utterance: int
    phrase: str
    start: int
    end: int
    sure: float = 1.0


class Finished(_Arrival, frozen=True, tag="finished"):
    """How probable it is that the user has finished, by how the turn sounds up to the end `at` of the voice (ns)."""

    utterance: int
    at: int
    probability: float


Box = tuple[float, float, float, float]


class Faces(_Arrival, frozen=True, tag="faces"):
    """Faces found in the frame at media time `at` (ns): boxes of left, top, width, height in shares, 0 to 1."""

    at: int
    boxes: tuple[Box, ...]


class Joint(msgspec.Struct, frozen=True):
    """A point of a body: x and y in shares of the picture (0, 0 is left above), sure 0 to 1."""

    x: float
    y: float
    sure: float


class Bodies(_Arrival, frozen=True, tag="bodies"):
    """People found in the frame at media time `at` (ns): of each, its joints by name ("left wrist", "nose", ...)."""

    at: int
    bodies: tuple[dict[str, Joint], ...]


class TextLine(msgspec.Struct, frozen=True):
    """A line of text in a picture, where it stands, and how sure its letters are, 0 to 1.

    text "" (and sure 0): something is written there that was not read.
    """

    text: str
    box: Box
    sure: float


class Texts(_Arrival, frozen=True, tag="texts"):
    """What is to be read in the frame at media time `at` (ns), or only in `regions` of it: top to bottom.

    more: further lines of the same look follow in another one.
    """

    stream: Watched
    at: int
    lines: tuple[TextLine, ...]
    regions: tuple[Box, ...] = ()
    more: bool = False


# --- brain ----------------------------------------------------------------------------------------------------


class Gist(_Arrival, frozen=True, tag="gist"):
    """How far the brain understands the words it was asked about; the first part of each reply.

    whole: a complete request. half: part of it is clear and something is missing. none: it means nothing to the brain.
    more: whether more words may follow that change what is asked: "maybe" ("count to ten" … "by twos"), "likely" where
    people mostly say more ("remind me every minute to breathe" … "until I say stop"). put_off: the brain thinks of an
    answer only when it is asked for one that is no draft.
    """

    reply: int
    understood: Understood
    more: More = "no"
    put_off: bool = False


class Clause(_Arrival, frozen=True, tag="clause"):
    """The next speakable piece of a reply, with the punctuation that gives it its melody.

    goes_on: it is the beginning of one that is not whole yet: its melody stays up, and there is no pause after it.
    """

    reply: int
    index: int
    text: str
    goes_on: bool = False


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


class Weighed(_Arrival, frozen=True, tag="weighed"):
    """The answer to a question that a standing order puts to the brain. number: of the `Weigh`. yes: it is so.

    What it took: prompt, pictures: characters and pictures sent. pieces: as in `Usage`.
    """

    number: int
    yes: bool
    prompt: int = 0
    pictures: int = 0
    pieces: int = 0


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

    part: "recogniser", "spotting" (phrases of orders), "endpointer", "vision", "reader", "brain", "voice", "tools",
    "mic", "camera", "keys". text: a plain sentence. reply: the reply it ends, if it ends one. clause: the clause it
    ends, if any; call: the call of a tool. working: the part works again.
    """

    part: str
    text: str
    reply: int | None = None
    clause: int | None = None
    call: int | None = None
    working: bool = False


Arrival = (
    Hypothesis
    | Spotted
    | Finished
    | Faces
    | Bodies
    | Texts
    | Gist
    | Clause
    | Act
    | ToolCall
    | Withdraw
    | GoOn
    | Usage
    | ReplyEnd
    | Weighed
    | Progress
    | Outcome
    | Speech
    | Fault
)
