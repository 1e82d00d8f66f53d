"""What one decision may know: a small frozen view of everything perceived so far."""

from __future__ import annotations

from typing import Literal

import msgspec

from duetto.timeline.arrival import Arrival, TimedWord
from duetto.timeline.command import Command
from duetto.timeline.order import SightKind, Watched


class Sighting(msgspec.Struct, frozen=True):
    """Something that was seen to happen in this micro-turn.

    what: as in `order.Sight`; "repeat": a movement was made once more, `name` says which, `count` how often by now;
    "text": `name` has come to stand there; was: the lines that did before, one below the other.
    """

    what: SightKind | Literal["repeat", "text"]
    region: str | None = None
    stream: Watched = "camera"
    name: str = ""
    count: int = 0
    was: str = ""


class Ears(msgspec.Struct, frozen=True):
    """The user's voice and words.

    voice: speaking now. stirring: or perhaps beginning to, which is enough to duck: that is undone at no cost. since:
    onset of the voice, ended: end of the latest voice, both back-dated media times (ns). utterance: number of the
    open utterance, None between utterances. words: its words so far. stable: for how long (ns) they have not changed.
    caught_up: the recogniser has heard past the end of the voice. level: of the loudest part of this voice, dB of full
    scale. ending: semitones by which its pitch ended above its median; None where nothing is known. finished: how
    probable it is, by the sound, that they have finished; None where nobody has said. behind: by how much (ns) the
    sound is late: what was said meanwhile is still on its way.
    """

    voice: bool = False
    stirring: bool = False
    since: int | None = None
    ended: int | None = None
    utterance: int | None = None
    words: tuple[TimedWord, ...] = ()
    stable: int = 0
    caught_up: bool = False
    level: float | None = None
    ending: float | None = None
    finished: float | None = None
    behind: int = 0

    @property
    def sure(self) -> float:
        """The recogniser's confidence in its words, 0 to 1."""
        return self.words[-1].confidence if self.words else 1.0

    @property
    def untold(self) -> int:
        """How long before the end of the latest voice the last word ended (ns): what was said since has no words."""
        return max(0, self.ended - self.words[-1].end) if self.words and self.ended is not None else 0

    @property
    def text(self) -> str:
        """The words so far as one line."""
        return " ".join(word.text for word in self.words)


class Mouth(msgspec.Struct, frozen=True):
    """Duetto's own voice.

    sounding: its sound is being handed out. reply: the one being said, or the next in the plan. left: replies in the
    plan, in its order, each with its number of clauses not wholly heard. begun: texts of clauses whose first sound
    has just been heard, and of those that the voice could not say. finishing: what is left of the clause that has
    begun, None if none has.
    """

    sounding: bool = False
    reply: int | None = None
    left: tuple[tuple[int, int], ...] = ()
    begun: tuple[str, ...] = ()
    finishing: str | None = None


class Percept(msgspec.Struct, frozen=True):
    """Everything `decide` is told in one round of a micro-turn.

    now: media time (ns) at which the decision takes effect. delta: length of a micro-turn (ns).
    lines: lines the user has just sent. seen: what has just begun to be seen. arrivals: of slow work, in order. typing:
    the user is at a line just now; typed: the line as it stands, unsent. facing: a face is in the picture; None as long
    as none has been. commands: what the application tells. moving: streams in which something moves.
    """

    now: int
    delta: int
    ears: Ears = Ears()
    mouth: Mouth = Mouth()
    lines: tuple[str, ...] = ()
    seen: tuple[Sighting, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    typing: bool = False
    facing: bool | None = None
    commands: tuple[Command, ...] = ()
    typed: str = ""
    moving: tuple[Watched, ...] = ()

    @property
    def silence(self) -> int:
        """For how long (ns) the user has been heard to be silent since their latest voice; 0 before the first."""
        return 0 if self.ears.ended is None else self.now - self.ears.behind - self.ears.ended
