"""The user's side of the story: their turns, and the words in them."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from duetto.interaction.action import AskBrain, EndTurn, Hold, KeepReply, Restore, Resume
from duetto.models.model import MicroTurn, Output
from duetto.timeline.arrival import Hypothesis
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment
from duetto.timeline.job import Listen
from duetto.timeline.payload import Voicing, Word
from duetto.wire.happening import Happening, TurnBegan, TurnEnded, TurnWords

FINAL_WITHIN: Final = s(2)
"""How long (ns) after a turn its final words are waited for; then those that there are are final."""
CLAIMS_AFTER: Final = ms(400)
"""How long (ns) duetto has been silent for a voice when that voice is told as a turn: a sound of listening is over by
then, and duetto has gone on."""
MOST_TURNS: Final = 16
"""Turns whose words are followed at once."""


@dataclass(slots=True)
class _Turn:
    """words: by increment, in the order of their beginnings. told: the user has been said to have begun it. passing: it
    ended as no turn: a sound of listening, or words for somebody else over duetto's own.
    """

    number: int
    at: int
    words: dict[int, tuple[int, str]] = field(default_factory=dict)
    told: bool = False
    ended: int | None = None
    shown: str = ""
    finished: bool = False

    @property
    def text(self) -> str:
        return " ".join(text for _, text in sorted(self.words.values()))


class Hearing:
    """Reads turns out of micro-turns.

    While duetto speaks, that the user has begun is told only once it is known to be a claim to the floor: clients throw
    away on it what they have not played, and a sound of listening is no reason to. duetto itself has been silent for a
    while then, and goes on if it was none.
    """

    def __init__(self) -> None:
        self._turns: OrderedDict[int, _Turn] = OrderedDict()
        self._began = 0  # onset of the latest voice, ns
        self._ended: int | None = 0  # its end, None while it lasts
        self._held: int | None = None  # since when duetto is silent for it

    def follow(self, micro_turn: MicroTurn, output: Output, *, sounding: bool, answers: bool) -> list[Happening]:
        """What one round brought. sounding: duetto's voice was heard when it began. answers: as in `Manner`."""
        found: list[Happening] = []
        now = micro_turn.span.end
        for edit in output.edits:
            self._edit(edit)
        for action in output.actions:
            if isinstance(action, Hold):
                self._held = now
            elif isinstance(action, Resume | Restore):
                self._held = None
        claims = not sounding if self._held is None else now - self._held >= CLAIMS_AFTER
        matters = claims or _matters(output, answers)
        uncounted = {a.utterance for a in output.actions if isinstance(a, EndTurn) and not a.counts}
        # One that was closed because it grew too long ends before the next begins: their jobs are in that order.
        for job in output.jobs:
            if not isinstance(job, Listen):
                continue
            turn = self._turns.get(job.utterance)
            if turn is None:
                turn = self._turns[job.utterance] = _Turn(job.utterance, max(self._began, min(job.start, now)))
                while len(self._turns) > MOST_TURNS:
                    self._turns.popitem(last=False)
            if job.last and turn.ended is None:
                found += self._end(turn, now, tell=matters, discarded=turn.number in uncounted)
        for turn in self._turns.values():
            if claims and not turn.told and turn.ended is None:
                turn.told = True
                found.append(TurnBegan(turn.number, turn.at))
        return found

    def words(self, micro_turn: MicroTurn) -> list[Happening]:
        """After all rounds: how the words stand."""
        found: list[Happening] = []
        final = {a.utterance for t in micro_turn.turns for a in t.arrivals if isinstance(a, Hypothesis) and a.final}
        for turn in list(self._turns.values()):
            late = turn.ended is not None and micro_turn.span.end - turn.ended >= FINAL_WITHIN
            if turn.ended is not None and (turn.number in final or late):
                found.append(TurnWords(turn.number, turn.text, final=True))
                del self._turns[turn.number]
            elif turn.text != turn.shown:
                turn.shown = turn.text
                found.append(TurnWords(turn.number, turn.text))
        return found

    def _edit(self, edit: Increment) -> None:
        if edit.stream != "mic":
            return
        match edit.payload:
            case Voicing() if edit.status == "added":
                self._began, self._ended = edit.span.start, None
            case Voicing() if edit.status == "committed":
                self._ended = edit.span.end
            case Word(utterance=number):
                turn = self._turns.get(number)
                if turn is None:
                    return
                if edit.status == "revoked":
                    turn.words.pop(edit.id, None)
                else:
                    turn.words[edit.id] = (edit.span.start, edit.payload.text)

    def _end(self, turn: _Turn, now: int, *, tell: bool, discarded: bool) -> list[Happening]:
        """A turn is over. tell: it is one; a sound that was never told, and leads to nothing, was none."""
        found: list[Happening] = []
        turn.ended = now
        if tell and not turn.told:
            turn.told = True
            found.append(TurnBegan(turn.number, turn.at))
        if turn.told:
            at = now if self._ended is None else min(now, max(turn.at, self._ended))
            found.append(TurnEnded(turn.number, at, discarded))
        return found


def _matters(output: Output, answers: bool) -> bool:
    """Does something come of the turn that ends here?"""
    return any(
        isinstance(action, KeepReply)
        or (isinstance(action, AskBrain) and not action.draft)
        or (isinstance(action, EndTurn) and bool(action.text) and not answers)
        for action in output.actions
    )
