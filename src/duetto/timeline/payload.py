"""What an increment can say: one small frozen struct per kind, for every stream.

They are `msgspec` structs with a tag, so that the journal writes and reads them with their types.
"""

from __future__ import annotations

from typing import Literal

import msgspec


class _Payload(msgspec.Struct, frozen=True, tag_field="kind", gc=False):
    """Not the garbage collector's business: it holds no cycles, and a session keeps thousands."""


# --- mic ------------------------------------------------------------------------------------------------------


class Sound(_Payload, frozen=True, tag="sound"):
    """What the microphone gave in one micro-turn.

    probability: that someone speaks, 0 to 1, the highest in the span (Silero). level_db: RMS in dB of full scale.
    pitch_hz: fundamental frequency, or None where the sound is unvoiced.
    """

    probability: float
    level_db: float
    pitch_hz: float | None


class Voicing(_Payload, frozen=True, tag="voicing"):
    """The user is speaking: added at the onset with a span that grows, committed when the voice has ended."""


class Ending(_Payload, frozen=True, tag="ending"):
    """A pause was judged by how the turn sounded: how probable it is that the user has finished, 0 to 1."""

    probability: float


class Word(_Payload, frozen=True, tag="word"):
    """A recognised word. Added while partial, revoked and added anew when revised, committed when it stays."""

    text: str
    confidence: float
    utterance: int


# --- camera, screen -------------------------------------------------------------------------------------------

Region = Literal["left third", "middle third", "right third", "whole picture"]


class Motion(_Payload, frozen=True, tag="motion"):
    """Something moves in a region: added when it begins, committed with its whole span when it ends.

    level: share of the region's pixels that changed at the increment's last update, 0 to 1.
    """

    region: Region
    level: float


class Scene(_Payload, frozen=True, tag="scene"):
    """The whole picture changed at once: a cut, a camera turned, a light switched."""

    difference: float


class Face(_Payload, frozen=True, tag="face"):
    """A face is in the picture: added when it appears, committed when it has left.

    box: left, top, width, height as shares of the picture, 0 to 1, where it was last seen.
    """

    box: tuple[float, float, float, float]


class Light(_Payload, frozen=True, tag="light"):
    """How bright the picture is: a new increment only when it has changed clearly. brightness: 0 to 1."""

    brightness: float
    name: Literal["dark", "dim", "bright"]


class Colours(_Payload, frozen=True, tag="colours"):
    """The main colours, the largest area first: a new increment only when they have changed."""

    names: tuple[str, ...]


class Person(_Payload, frozen=True, tag="person"):
    """A person is in the picture: added when they appear, committed when they have left. box: as of `Face`."""

    box: tuple[float, float, float, float]


class Movement(_Payload, frozen=True, tag="movement"):
    """A lasting movement: added when it starts, revised with each repetition, committed when it stops.

    name: as of `order.MovementName`. count: repetitions that are complete.
    """

    name: str
    count: int


class RaisedHand(_Payload, frozen=True, tag="raised-hand"):
    """A hand is raised: added when it goes up, committed when it is down again."""

    side: Literal["left", "right"]


class Reading(_Payload, frozen=True, tag="reading"):
    """A line of text in the picture: added when it is read, committed when it is gone. box: as of `Face`."""

    text: str
    box: tuple[float, float, float, float]


# --- keys -----------------------------------------------------------------------------------------------------


class Typing(_Payload, frozen=True, tag="typing"):
    """The unsent line as it stands. Revised (revoked and added) with each edit; committed never: see `Line`.

    paused: no key for a while, the line stands as it is.
    """

    text: str
    paused: bool


class Line(_Payload, frozen=True, tag="line"):
    """A line that the user sent."""

    text: str


# --- tools ----------------------------------------------------------------------------------------------------


class Called(_Payload, frozen=True, tag="called"):
    """A call of a tool: added when it begins, committed with its whole span at its end, revoked when withdrawn.

    arguments: JSON. text: what it returned, or has reported last. failed: it did not do what it should.
    """

    call: int
    name: str
    arguments: str
    text: str = ""
    failed: bool = False


# --- out ------------------------------------------------------------------------------------------------------


class Planned(_Payload, frozen=True, tag="planned"):
    """A clause that duetto means to say (stream `voice`): committed when all of it was heard, revoked if cut."""

    text: str
    reply: int
    clause: int


class Heard(_Payload, frozen=True, tag="heard"):
    """One word of duetto's own voice that has really been played (stream `voice`)."""

    text: str
    reply: int
    clause: int


class Shown(_Payload, frozen=True, tag="shown"):
    """A line of text that duetto showed (stream `text`). reply: of the reply that it is part of and that is not spoken,
    else None.
    """

    text: str
    reply: int | None = None


class Notice(_Payload, frozen=True, tag="notice"):
    """Something about the session itself that its user should know (stream `acts`): a part that failed or came back.

    part: "recogniser", "camera", "voice", "brain", "mic", …
    """

    part: str
    text: str


class Fired(_Payload, frozen=True, tag="fired"):
    """A standing order was met (stream `acts`), for the n-th time. text: what is said, "" for nothing."""

    order: str
    n: int
    text: str


Payload = (
    Sound
    | Voicing
    | Word
    | Ending
    | Motion
    | Scene
    | Face
    | Light
    | Colours
    | Typing
    | Line
    | Called
    | Planned
    | Heard
    | Shown
    | Notice
    | Person
    | Movement
    | RaisedHand
    | Reading
    | Fired
)
