"""Replay: the recorded turns through the same code again. What it decides must come out the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, Literal

import numpy as np

from duetto.models.model import InteractionModel, MicroTurn
from duetto.recording.format import SessionInfo
from duetto.recording.reader import Recording
from duetto.recording.soundtrack import VoiceSpans
from duetto.recording.trace import describe_action, describe_edit
from duetto.timeline.clock import in_ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, samples_at, samples_before


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a replay went another way.

    at: media time (ns). round: of the micro-turn. recorded and replayed: in words, "nothing" where a side has none.
    """

    what: Literal["action", "edit", "voice"]
    at: int
    micro_turn: int
    round: int
    recorded: str
    replayed: str

    def __str__(self) -> str:
        where = f"at {in_ms(self.at):.0f} ms (micro-turn {self.micro_turn}, round {self.round})"
        return f"first different {self.what} {where}: recorded {self.recorded}, replayed {self.replayed}"


@dataclass(slots=True)
class Tally:
    """compared: how many the recording has. different: how many of them, or too many of the replay's, differ."""

    compared: int = 0
    different: int = 0
    first: Difference | None = None


@dataclass(slots=True)
class ReplayReport:
    """What a replay found. until: media time (ns) that it reached. voice counts samples."""

    micro_turns: int = 0
    rounds: int = 0
    until: int = 0
    truncated: bool = False
    actions: Tally = field(default_factory=Tally)
    edits: Tally = field(default_factory=Tally)
    voice: Tally = field(default_factory=Tally)

    @property
    def same(self) -> bool:
        """Every action came out the same."""
        return self.actions.different == 0

    @property
    def identical(self) -> bool:
        """Every action, every edit of the timeline and every sample of the voice came out the same."""
        return self.same and self.edits.different == 0 and self.voice.different == 0


def replay(
    recording: Recording,
    make_model: Callable[[SessionInfo], InteractionModel],
    *,
    progress: Callable[[MicroTurn], None] | None = None,
) -> ReplayReport:
    """Feed the recorded turns, round by round, to a fresh model and compare what it does. Needs no workers.

    progress: called after each micro-turn. What the model raises comes through, with the media time in a note.
    """
    model = make_model(recording.info)
    report = ReplayReport(truncated=recording.truncated)
    spans = VoiceSpans(recording.info.delta)
    for micro_turn in recording:
        try:
            _rounds(report, model, micro_turn)
            _voice(report, model, micro_turn, spans.next(micro_turn))
        except Exception as error:
            error.add_note(f"{recording.path}: in micro-turn {micro_turn.index}, {in_ms(micro_turn.span.end):.0f} ms")
            raise
        report.micro_turns += 1
        report.until = micro_turn.span.end
        if progress is not None:
            progress(micro_turn)
    return report


def _rounds(report: ReplayReport, model: InteractionModel, micro_turn: MicroTurn) -> None:
    for turn, recorded in zip(micro_turn.turns, micro_turn.outputs, strict=True):
        replayed = model.step(turn)
        place = (recorded.at, micro_turn.index, turn.round)
        _compare(report.actions, "action", place, recorded.actions, replayed.actions, describe_action)
        _compare(report.edits, "edit", place, recorded.edits, replayed.edits, describe_edit)
        report.rounds += 1


def _compare(
    tally: Tally,
    what: Literal["action", "edit"],
    place: tuple[int, int, int],
    recorded: Sequence[Any],
    replayed: Sequence[Any],
    describe: Callable[[Any], str],
) -> None:
    tally.compared += len(recorded)
    for old, new in zip_longest(recorded, replayed):
        if old == new:
            continue
        tally.different += 1
        if tally.first is None:
            sides = ["nothing" if side is None else describe(side) for side in (old, new)]
            tally.first = Difference(what, *place, *sides)


def _voice(report: ReplayReport, model: InteractionModel, micro_turn: MicroTurn, span: Span) -> None:
    old = np.frombuffer(micro_turn.voice, dtype="<i2")
    new = model.voice(span)
    report.voice.compared += len(old)
    both = min(len(old), len(new))
    unlike = np.flatnonzero(old[:both] != new[:both])
    report.voice.different += len(unlike) + abs(len(old) - len(new))
    if report.voice.first is None and (len(unlike) or len(old) != len(new)):
        where = int(unlike[0]) if len(unlike) else both
        at = samples_at(samples_before(span.start, VOICE_RATE) + where, VOICE_RATE)
        sides = [f"sample {side[where]}" if where < len(side) else "nothing" for side in (old, new)]
        report.voice.first = Difference("voice", at, micro_turn.index, 0, *sides)
