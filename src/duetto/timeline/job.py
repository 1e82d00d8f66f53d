"""Work to be done beside the tick: what a session hands to its workers.

Each job goes to one part (`Job.part`); what it yields comes back as `Arrival`s in a later round or micro-turn.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from duetto.timeline.arrival import Box
from duetto.timeline.command import Offer
from duetto.timeline.increment import Increment
from duetto.timeline.order import Watched

Part = Literal["recogniser", "endpointer", "vision", "reader", "brain", "voice", "tools"]


class _Job(msgspec.Struct, frozen=True, tag_field="kind"):
    pass


# --- recogniser, endpointer, vision ---------------------------------------------------------------------------


class Listen(_Job, frozen=True, tag="listen"):
    """The next sound of an utterance, int16 little-endian mono at MIC_RATE, beginning at media time `start` (ns).

    A number not heard before begins an utterance. quiet: nobody speaks at the end of the sound. last: this is its end;
    the final `Hypothesis` is wanted.
    """

    part: ClassVar[Part] = "recogniser"
    utterance: int
    start: int
    samples: bytes
    quiet: bool = False
    last: bool = False

    @property
    def sound(self) -> NDArray[np.int16]:
        """The samples: shape (n,), int16."""
        return np.frombuffer(self.samples, dtype="<i2")


class Spot(_Job, frozen=True, tag="spot"):
    """From now on tell each time that one of these phrases is heard; () for none. Nothing comes back at once."""

    part: ClassVar[Part] = "recogniser"
    phrases: tuple[str, ...]


class JudgeEnd(_Job, frozen=True, tag="judge-end"):
    """Say whether whoever speaks has finished, by how the turn sounds up to now. One `Finished` comes back.

    at: end of the voice (ns). samples: as in `Listen`.
    """

    part: ClassVar[Part] = "endpointer"
    utterance: int
    at: int
    samples: bytes

    @property
    def sound(self) -> NDArray[np.int16]:
        """The samples: shape (n,), int16."""
        return np.frombuffer(self.samples, dtype="<i2")


class Look(_Job, frozen=True, tag="look"):
    """Find these things in this frame (JPEG, media time `at` in ns): `Faces`, `Bodies` or `Texts` comes back.

    regions: where text is to be looked for, () for everywhere. Reading is the work of a part of its own: it takes up
    to a second, and movements must not wait for it.
    """

    at: int
    jpeg: bytes
    what: Literal["faces", "bodies", "text"] = "faces"
    stream: Watched = "camera"
    regions: tuple[Box, ...] = ()

    @property
    def part(self) -> Part:
        return "reader" if self.what == "text" else "vision"


# --- brain ----------------------------------------------------------------------------------------------------


class Remark(msgspec.Struct, frozen=True):
    """Something that was said or typed, or that duetto said and that was really heard, at media time `at` (ns).

    since: when duetto began to say it; `at` is when it was over. who "system": a word from the application. source:
    what it comes from, as in `command.Erase`.
    """

    who: Literal["user", "duetto", "system"]
    text: str
    at: int
    how: Literal["spoken", "typed"] = "spoken"
    since: int | None = None
    source: str = ""


class ToolUse(msgspec.Struct, frozen=True):
    """A tool that was called, and what came of it; outcome is what it has reported last while it runs.

    call: the call's number in its session. arguments: JSON. began, ended: media time (ns), ended None while it runs.
    """

    call: int
    name: str
    arguments: str
    began: int
    state: Literal["running", "done", "failed", "withdrawn", "declined"] = "running"
    outcome: str = ""
    ended: int | None = None


class Picture(msgspec.Struct, frozen=True):
    """A picture that a brain is shown: JPEG, of media time `at` (ns). "given": by the application, of no stream."""

    stream: Literal["camera", "screen", "given"]
    at: int
    jpeg: bytes


class StandingOrder(msgspec.Struct, frozen=True):
    """A standing order in force, as a brain is told it.

    what: how it is spoken of, "" for by its name. when, say: in words; asks: `say` is what the brain is told. given:
    since when it is in force (ns). fired: how often it was met, skipped: how often of these there was no room to speak.
    due: when it is met by the clock next (ns).
    """

    name: str
    what: str
    when: str
    say: str
    given: int
    fired: int = 0
    skipped: int = 0
    limit: int | None = None
    asks: bool = False
    due: int | None = None


class Context(msgspec.Struct, frozen=True):
    """What a brain may know when it is asked: only what was heard, seen and typed. Bounded.

    now: media time in ns. epoch_ns: unix time of media time 0. history: oldest first, the present request not in
    it. typing: the line being typed and not sent. seen: standing vision increments, oldest first.
    saying: the reply that is being spoken, if any; heard and unsaid: its words up to now, and those still to come.
    finishing: words of `unsaid` that will be said whatever comes: the rest of the clause that is being said.
    orders: names of the standing orders in force; standing: the same with what they are. tools: calls of tools,
    pictures: both oldest first.
    instructions: who duetto is to be, None where the application has not said; note: for this reply alone, "" for
    nothing. offers, choice: as in `command.Brief`.
    """

    now: int
    epoch_ns: int
    history: tuple[Remark, ...] = ()
    typing: str = ""
    seen: tuple[Increment, ...] = ()
    saying: int | None = None
    heard: str = ""
    unsaid: str = ""
    finishing: str = ""
    orders: tuple[str, ...] = ()
    tools: tuple[ToolUse, ...] = ()
    pictures: tuple[Picture, ...] = ()
    instructions: str | None = None
    note: str = ""
    offers: tuple[Offer, ...] = ()
    choice: str = "auto"
    standing: tuple[StandingOrder, ...] = ()


class Ask(_Job, frozen=True, tag="ask"):
    """Answer these words. draft: the user may not have finished; nothing that the reply does may count yet.

    how "tool": there are no words; say what the outcome of the latest call, in the context, calls for. "told": the
    application wants a reply to the conversation as it is; the text repeats what of it is unanswered. may_call: tools
    may be called. aloud: the reply is to be spoken, not shown.
    """

    part: ClassVar[Part] = "brain"
    reply: int
    text: str
    how: Literal["spoken", "typed", "tool", "told"]
    draft: bool
    context: Context
    may_call: bool = True
    aloud: bool = True


class Keep(_Job, frozen=True, tag="keep"):
    """The reply is being given: what it changes in the brain's memory counts from now on."""

    part: ClassVar[Part] = "brain"
    reply: int


class Forget(_Job, frozen=True, tag="forget"):
    """The reply will not be given, or no further: stop working on it. What was not kept never happened."""

    part: ClassVar[Part] = "brain"
    reply: int


class Weigh(_Job, frozen=True, tag="weigh"):
    """Say whether it is so: a question of a standing order's about the words of the context, or its newest picture of
    `stream`. One `Weighed` comes back.
    """

    part: ClassVar[Part] = "brain"
    number: int
    question: str
    context: Context
    stream: Watched | None = None


# --- tools ----------------------------------------------------------------------------------------------------


class Call(_Job, frozen=True, tag="call"):
    """Call a tool with arguments in JSON. Any number of `Progress` and one `Outcome` come back.

    context: what is known, for a tool that asks another model; else None.
    """

    part: ClassVar[Part] = "tools"
    call: int
    name: str
    arguments: str
    context: Context | None = None


class Abort(_Job, frozen=True, tag="abort"):
    """The outcome of this call is not wanted any more: end it. Nothing comes back."""

    part: ClassVar[Part] = "tools"
    call: int


# --- voice ----------------------------------------------------------------------------------------------------


class Speak(_Job, frozen=True, tag="speak"):
    """Make sound for a clause, at first only `samples` of it (VOICE_RATE). One `Speech` comes back.

    voice, speed: as in `SpeakAs`. goes_on: as in `Clause`.
    """

    part: ClassVar[Part] = "voice"
    clause: int
    text: str
    samples: int
    voice: str = ""
    speed: float = 1.0
    goes_on: bool = False


class More(_Job, frozen=True, tag="more"):
    """The next `samples` of a clause. One `Speech` comes back."""

    part: ClassVar[Part] = "voice"
    clause: int
    samples: int


class Hush(_Job, frozen=True, tag="hush"):
    """No more of this clause is wanted. Nothing comes back."""

    part: ClassVar[Part] = "voice"
    clause: int


Job = Listen | Spot | JudgeEnd | Look | Ask | Weigh | Keep | Forget | Call | Abort | Speak | More | Hush
