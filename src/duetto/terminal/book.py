"""What the terminal shows of a session: gathered from its micro-turns, bounded, free of any drawing."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from duetto.interaction import action as do
from duetto.models.model import MicroTurn, Output
from duetto.terminal.words import decision, sight
from duetto.timeline.clock import ms
from duetto.timeline.increment import Increment
from duetto.timeline.payload import Heard, Line, Notice, Planned, Shown, Sound, Typing, Voicing, Word
from duetto.timeline.turn import VOICE_RATE, samples_at, samples_before

BIN: Final = ms(100)
"""Media time (ns) of one column of the strips."""
BINS: Final = 256
"""Columns kept."""
SILENCE_DB: Final = -96.0
"""Level of no sound at all, dB of full scale."""
TICKS: Final = 750
"""Micro-turns whose timing is kept: half a minute of 40 ms."""

VoiceState = Literal["full", "low", "held"]


@dataclass(slots=True)
class Column:
    """What happened in one bin of media time."""

    mic_db: float = SILENCE_DB
    speaking: bool = False
    voice_db: float = SILENCE_DB
    voice_low: bool = False
    seen: bool = False
    typed: Literal["", "key", "line"] = ""
    decided: Literal["", "think", "say", "yield"] = ""


@dataclass(slots=True)
class Utterance:
    """The words of one utterance by the id of their increment."""

    number: int
    words: dict[int, Increment] = field(default_factory=dict)


@dataclass(slots=True)
class Clause:
    """A clause that duetto means to say. at: since when (ns). heard: its words that were played."""

    number: int
    text: str
    at: int
    heard: list[str] = field(default_factory=list)
    state: Literal["planned", "said", "cut"] = "planned"

    @property
    def unsaid(self) -> str:
        """The words that were not heard."""
        return " ".join(self.text.split()[len(self.heard) :])


@dataclass(frozen=True, slots=True)
class Dated:
    """A text with its media time (ns)."""

    at: int
    text: str


class LaneBook:
    """Follows a session's observers' view of it. Every list in it has a limit; the oldest goes first."""

    def __init__(self) -> None:
        self.now = 0
        self.utterances: deque[Utterance] = deque(maxlen=4)
        self.clauses: deque[Clause] = deque(maxlen=6)
        self.lines: deque[Dated] = deque(maxlen=3)
        self.seen: deque[Dated] = deque(maxlen=4)
        self.decisions: deque[Dated] = deque(maxlen=5)
        self.notices: deque[Dated] = deque(maxlen=3)
        self.in_view: dict[int, str] = {}
        self.typing = ""
        self.voice: VoiceState = "full"
        self.user_speaks = False
        self.agent_speaks = False
        self.mic_db = SILENCE_DB
        self.voice_db = SILENCE_DB
        self.behind: dict[str, int] = {}
        self.overruns = 0
        self._voiced = 0
        self._columns: dict[int, Column] = {}
        self._compute: deque[int] = deque(maxlen=TICKS)
        self._late: deque[int] = deque(maxlen=TICKS)

    # --- in ---------------------------------------------------------------------------------------------------

    def take(self, micro_turn: MicroTurn) -> None:
        """Take in one micro-turn."""
        self.now = micro_turn.span.end
        for output in micro_turn.outputs:
            for edit in output.edits:
                self._edit(edit)
            self._decide(output)
        self._hear_voice(micro_turn)
        timing = micro_turn.timing
        self._compute.append(timing.compute)
        self._late.append(timing.late)
        self.overruns += timing.compute > micro_turn.span.duration
        self.behind = {part: count for part, count in timing.behind.items() if count}
        oldest = self.now // BIN - BINS
        for number in [n for n in self._columns if n < oldest]:
            del self._columns[number]

    def _column(self, at: int) -> Column:
        return self._columns.setdefault(at // BIN, Column())

    def _edit(self, edit: Increment) -> None:
        payload = edit.payload
        match payload:
            case Sound():
                self.mic_db = payload.level_db
                for number in range(max(edit.span.start // BIN, self.now // BIN - BINS), -(-edit.span.end // BIN)):
                    column = self._column(number * BIN)
                    column.mic_db = max(column.mic_db, payload.level_db)
                    column.speaking |= self.user_speaks
            case Voicing():
                self.user_speaks = edit.status == "added"
            case Word():
                self._word(edit, payload)
            case Typing():
                self.typing = payload.text if edit.status == "added" else ""
                if edit.status == "added" and not payload.paused:
                    self._column(edit.at).typed = "key"
            case Line():
                self.typing = ""
                self.lines.append(Dated(edit.at, payload.text))
                self._column(edit.at).typed = "line"
            case Planned():
                self._plan(edit, payload)
            case Heard():
                if (clause := self._clause(payload.clause)) is not None:
                    clause.heard.append(payload.text)
            case Shown():
                self.decisions.append(Dated(edit.at, f"show: {payload.text}"))
            case Notice():
                self.notices.append(Dated(edit.at, f"{payload.part}: {payload.text}"))
            case _:
                self._see(edit)

    def _word(self, edit: Increment, word: Word) -> None:
        utterance = next((u for u in self.utterances if u.number == word.utterance), None)
        if utterance is None:
            utterance = Utterance(word.utterance)
            self.utterances.append(utterance)
        if edit.status == "revoked":
            utterance.words.pop(edit.id, None)
        else:
            utterance.words[edit.id] = edit

    def _clause(self, number: int) -> Clause | None:
        return next((clause for clause in self.clauses if clause.number == number), None)

    def _plan(self, edit: Increment, planned: Planned) -> None:
        clause = self._clause(planned.clause)
        if edit.status == "added" and clause is None:
            self.clauses.append(Clause(planned.clause, planned.text, edit.at))
        elif edit.status == "added" and clause is not None:
            clause.text, clause.state = planned.text, "planned"
        elif clause is not None and edit.status == "revoked" and not clause.heard:
            self.clauses.remove(clause)
        elif clause is not None:
            clause.state = "said" if edit.status == "committed" else "cut"

    def _see(self, edit: Increment) -> None:
        text = sight(edit.payload)
        if text is None:
            return
        self._column(edit.at).seen = True
        if edit.status == "added":
            self.in_view[edit.id] = text
        elif self.in_view.pop(edit.id, None) is None:
            self.seen.append(Dated(edit.at, text))  # it was settled at once, and stays in no view
            return
        self.seen.append(Dated(edit.at, text if edit.status == "added" else f"{text}: no more"))

    def _decide(self, output: Output) -> None:
        for action in output.actions:
            column = self._column(output.at)
            match action:
                case do.Duck():
                    self.voice, column.decided = "low", "yield"
                case do.Hold():
                    self.voice, column.decided = "held", "yield"
                case do.Restore() | do.Resume():
                    self.voice, column.decided = "full", "say"
                case do.AskBrain():
                    column.decided = column.decided or "think"
                case do.ReleaseReply():
                    column.decided = "say"
                case do.DropReply():
                    column.decided = "yield"
                case do.KeepReply() | do.Show() | do.Tell():
                    continue  # said by what follows from them
                case _:
                    pass
            self.decisions.append(Dated(output.at, decision(action)))

    def _hear_voice(self, micro_turn: MicroTurn) -> None:
        """The voice follows the last one without a gap; the first is for the slice after its micro-turn."""
        voice = np.frombuffer(micro_turn.voice, dtype="<i2").astype(np.float32)
        first = self._voiced or samples_before(micro_turn.span.end, VOICE_RATE)
        self._voiced = first + len(voice)
        self.agent_speaks = bool(voice.any())
        self.voice_db = _level(voice)
        step = samples_before(BIN, VOICE_RATE)
        begin = 0
        while begin < len(voice):
            end = min(len(voice), (first + begin) // step * step + step - first)
            column = self._column(samples_at(first + begin, VOICE_RATE))
            column.voice_db = max(column.voice_db, _level(voice[begin:end]))
            column.voice_low |= self.voice != "full"
            begin = end

    # --- out --------------------------------------------------------------------------------------------------

    @property
    def floor(self) -> Literal["nobody", "user", "agent", "both"]:
        """Who is speaking."""
        if self.user_speaks:
            return "both" if self.agent_speaks else "user"
        return "agent" if self.agent_speaks else "nobody"

    def columns(self, count: int) -> Iterator[Column]:
        """The latest `count` columns up to now, oldest first; empty ones where nothing was."""
        last = max(0, self.now - 1) // BIN
        empty = Column()
        for number in range(last - count + 1, last + 1):
            yield self._columns.get(number, empty)

    def compute(self, quantile: float) -> int:
        """Compute time of the micro-turns, ns, at a quantile of 0 to 1."""
        return _quantile(self._compute, quantile)

    def late(self, quantile: float) -> int:
        """How late the micro-turns began, ns, at a quantile of 0 to 1."""
        return _quantile(self._late, quantile)


def _quantile(values: deque[int], quantile: float) -> int:
    ordered = sorted(values)
    return ordered[round(quantile * (len(ordered) - 1))] if ordered else 0


def _level(samples: np.typing.NDArray[np.float32]) -> float:
    """RMS in dB of full scale."""
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return max(SILENCE_DB, 10 * math.log10(power / 32768**2)) if power else SILENCE_DB
