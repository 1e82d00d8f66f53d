"""The one seam between a session and whatever converses in it."""

from __future__ import annotations

from typing import Protocol

import msgspec

from duetto.interaction.action import Action
from duetto.speech.speaking import Piece
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Job
from duetto.timeline.turn import Samples, Turn


class Output(msgspec.Struct, frozen=True):
    """What one round of a micro-turn led to, beside the voice.

    at: media time (ns) from which it counts, the end of the turn's span.
    edits: every increment that was added, committed or revoked, in order. actions: what was decided.
    jobs: work to do beside the tick. text: lines to show.
    """

    at: int
    edits: tuple[Increment, ...] = ()
    actions: tuple[Action, ...] = ()
    jobs: tuple[Job, ...] = ()
    text: tuple[str, ...] = ()


class InteractionModel(Protocol):
    """Perceives, decides and speaks, slice by slice. Deterministic: the same turns give the same outputs.

    The cascade of perception, interaction and speech is one; a native full-duplex model is another.
    """

    def step(self, turn: Turn) -> Output:
        """Take in one round of a micro-turn. Never blocks."""
        ...

    @property
    def busy(self) -> bool:
        """Something is being heard, thought about or said that input already taken in has called for."""
        ...

    def costs(self) -> dict[str, int]:
        """Processor time (ns) by part since the last call: for `Timing`, never for a decision."""
        ...

    def sights(self) -> dict[str, tuple[int, int]]:
        """How often each level of vision ran since the last call, and its time (ns), as in `costs.Cost`."""
        ...

    def voice(self, span: Span) -> Samples:
        """The voice for `span`, until Δ after the latest turn's span: called once a micro-turn, after its last round.

        Returns int16 mono at VOICE_RATE: shape (n,), exactly the span's samples.
        """
        ...

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Which of the samples that `voice` returned last belong to which reply; none where nobody can tell."""
        ...


class Timing(msgspec.Struct, frozen=True):
    """What a micro-turn cost, in ns of machine time. Not part of what a replay compares.

    late: how long after its due time the micro-turn began (0 on a virtual clock). compute: from then to its voice,
    without the time spent waiting for workers (waited). parts: processor time by part of the model.
    behind: jobs that each worker had not finished. sights: by stream and level of vision ("camera motion") how often it
    ran, and its time; of a look, media time until it was answered.
    """

    late: int
    compute: int
    waited: int
    parts: dict[str, int]
    behind: dict[str, int]
    sights: dict[str, tuple[int, int]] = {}


class MicroTurn(msgspec.Struct, frozen=True):
    """One micro-turn, whole: what an observer (journal, speaker, terminal, bench) is given.

    span: the slice of input it took in. Its voice (int16 little-endian mono at VOICE_RATE) goes on where the voice of
    the micro-turn before ended (the first one's begins at `span.end`) until Δ after `span.end`: it has no gaps.
    turns[i] led to outputs[i]. pieces: what of the voice is the sound of which reply; a recording does not keep them.
    """

    index: int
    span: Span
    turns: tuple[Turn, ...]
    outputs: tuple[Output, ...]
    voice: bytes
    timing: Timing
    pieces: tuple[Piece, ...] = ()


class Observer(Protocol):
    """Sees every micro-turn of a session, on the session's own thread: it must be quick. An error ends it, no more."""

    def on_micro_turn(self, micro_turn: MicroTurn) -> None: ...

    def close(self) -> None:
        """The session is over."""
        ...
