"""What a simulated user does, and when: a small script of cues."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class At:
    """At a media time (ns)."""

    time: int


@dataclass(frozen=True, slots=True)
class Quiet:
    """When neither side has spoken for so long (ns), counted from the end of the user's last deed at the earliest."""

    time: int


@dataclass(frozen=True, slots=True)
class After:
    """So long (ns) after the user's last cue began."""

    time: int


@dataclass(frozen=True, slots=True)
class Hears:
    """When duetto has said this word since the last cue, so many times."""

    word: str
    times: int = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """So long (ns) after the end of the user's latest deed."""

    time: int


@dataclass(frozen=True, slots=True)
class Speaking:
    """When duetto speaks and has done so, since the last cue, for so long (ns), short gaps included."""

    time: int


@dataclass(frozen=True, slots=True)
class Pauses:
    """When duetto has fallen silent between two clauses since the last cue, so many times."""

    times: int = 1


When = At | Quiet | After | Ended | Hears | Speaking | Pauses


@dataclass(frozen=True, slots=True)
class Says:
    """Speak. text: plain words, as the voice should read them. pause: silence (ns) at each "…" in the text.

    delay: ns after the cue, so that a voice can begin anywhere within a micro-turn. who: whose voice, "user" or one of
    the `others` that the simulation was given. gain_db: added to that voice's own level. sound: path of a recording of
    it, which is played instead; its pauses are its own.
    """

    text: str
    pause: int = 600_000_000
    delay: int = 0
    who: str = "user"
    gain_db: float = 0.0
    sound: str = ""


@dataclass(frozen=True, slots=True)
class Types:
    """Type a line and send it. rate: characters per second."""

    text: str
    rate: float = 9.0
    send: bool = True


@dataclass(frozen=True, slots=True)
class Walks:
    """Walk to a place (share of the picture's width; −0.2 and 1.2 are outside) within so many seconds."""

    to: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Waves:
    """Wave an arm for so many seconds."""

    seconds: float


Deed = Says | Types | Walks | Waves


@dataclass(frozen=True, slots=True)
class Cue:
    """At that moment, all of these begin. limit: media time (ns) after which it happens all the same."""

    when: When
    does: tuple[Deed, ...]
    limit: int = 20_000_000_000


@dataclass(frozen=True, slots=True)
class Spoken:
    """What was said, as it sounded: `pieces` are the media times (ns) of the sound's parts between its pauses."""

    text: str
    pieces: tuple[tuple[int, int], ...]
    who: str = "user"
    cue: int = 0

    @property
    def start(self) -> int:
        """Media time (ns) of its first sample."""
        return self.pieces[0][0]

    @property
    def end(self) -> int:
        """Media time (ns) after its last sample."""
        return self.pieces[-1][1]
