"""Duetto's side of the story: its replies, from the moment they will be given until nothing more of them comes."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final, Literal

from duetto.interaction.action import AskBrain, CallTool, DropReply, KeepReply, PlanClause, Show, TrimReply
from duetto.models.model import MicroTurn, Output
from duetto.timeline.arrival import Arrival, Clause, Fault, ReplyEnd
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import Heard, Planned
from duetto.timeline.turn import VOICE_RATE, samples_at, samples_before
from duetto.wire.happening import (
    CallMade,
    Happening,
    ReplyBegan,
    ReplyEnded,
    ReplyHeard,
    ReplySound,
    ReplyText,
)

MOST_REPLIES: Final = 64
"""Replies that are followed at once."""
MOST_ASIDES: Final = 64
"""Sounds of listening that are remembered as such, until all of their sound is through."""
_SAMPLE: Final = 2


@dataclass(slots=True)
class _Reply:
    """owed: clauses that the brain gave; planned: of them and others, those that were planned or shown; open: planned
    and not over yet. draft: it may still come to nothing. ended: the brain, or whoever else, has said all of it.
    ending: how it ends, once it is silent. sounds: stretches of its sound as (media time, ns of its sound before them,
    ns).
    """

    number: int
    tag: str = ""
    shown: bool = False
    draft: bool = False
    begun: bool = False
    owed: int = 0
    planned: int = 0
    texts: dict[int, str] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    ended: bool = False
    ending: Literal["", "cut", "failed"] = ""
    why: str = ""
    sounds: list[tuple[int, int, int]] = field(default_factory=list)

    @property
    def length(self) -> int:
        """Ns of sound so far."""
        return self.sounds[-1][1] + self.sounds[-1][2] if self.sounds else 0

    def add(self, at: int, length: int) -> None:
        """The next stretch of its sound."""
        if self.sounds and at - sum(self.sounds[-1][::2]) <= 1000:  # it goes on from the last, but for rounding
            start, before, _ = self.sounds[-1]
            self.sounds[-1] = (start, before, at + length - start)
        else:
            self.sounds.append((at, self.length, length))

    def offset(self, at: int) -> int:
        """Ns of its own sound that lie before media time `at`."""
        for start, before, length in reversed(self.sounds):
            if start < at:
                return before + min(length, at - start)
        return 0

    @property
    def over(self) -> bool:
        return self.ended and not self.draft and not self.open and self.planned >= self.owed


class Speaking:
    """Reads replies out of micro-turns. Sounds of listening are none."""

    def __init__(self) -> None:
        self._replies: OrderedDict[int, _Reply] = OrderedDict()
        self._asides: deque[int] = deque(maxlen=MOST_ASIDES)
        self._voiced: int | None = None
        self.sounding = False
        """The latest micro-turn had sound of a reply."""

    def arrive(self, arrivals: tuple[Arrival, ...]) -> None:
        """What slow work sent."""
        for arrival in arrivals:
            reply = self._replies.get(getattr(arrival, "reply", None) or 0)
            if reply is None:
                continue
            match arrival:
                case Clause():
                    reply.owed += 1
                case ReplyEnd():
                    reply.ended = True
                case Fault():
                    reply.ended, reply.ending, reply.why = True, "failed", arrival.text

    def follow(self, output: Output, own: frozenset[str]) -> list[Happening]:
        """What one round decided. own: names of the application's tools."""
        found: list[Happening] = []
        for edit in output.edits:
            found += self._edit(edit)
        for action in output.actions:
            match action:
                case AskBrain():
                    reply = self._reply(action.reply, action.tag, action.shown)
                    reply.draft = action.draft
                    if action.tag:
                        found += self._begin(reply)
                case PlanClause(aside=True):
                    self._asides.append(action.clause)
                case KeepReply():
                    kept = self._replies.get(action.reply)
                    if kept is not None:
                        kept.draft = False
                case PlanClause():
                    reply = self._reply(action.reply, action.tag, ended=True)
                    reply.texts[action.clause] = action.text
                    reply.open.add(action.clause)
                    reply.planned += 1
                    if action.tag:
                        found += self._begin(reply)
                case Show(reply=int() as number):
                    reply = self._reply(number, shown=True, ended=True)
                    reply.planned += 1
                    found += [*self._begin(reply), ReplyText(number, action.text)]
                case CallTool():
                    calls = self._replies.get(action.reply)
                    if calls is not None:  # else it is over, and the user has now agreed to what it asked
                        found += self._begin(calls)
                    known = action.name in own
                    found.append(CallMade(action.call, action.reply, action.name, action.arguments, known))
                case DropReply() | TrimReply():
                    dropped = self._replies.get(action.reply)
                    if dropped is not None:
                        dropped.ended, dropped.draft = True, False
                        dropped.owed = dropped.planned
                        dropped.ending = dropped.ending or "cut"
        return found

    def sound(self, micro_turn: MicroTurn) -> list[Happening]:
        """After all rounds: the voice, and which replies are over with it."""
        found: list[Happening] = []
        start = micro_turn.span.end if self._voiced is None else self._voiced
        first = samples_before(start, VOICE_RATE)
        self._voiced = samples_at(first + len(micro_turn.voice) // _SAMPLE, VOICE_RATE)
        self.sounding = False
        loud: set[int] = set()
        for piece in micro_turn.pieces:
            if piece.clause in self._asides:
                continue
            self.sounding = True
            loud.add(piece.reply)
            reply = self._reply(piece.reply)
            found += self._begin(reply)
            text = reply.texts.pop(piece.clause, "")
            if text:
                found.append(ReplyText(piece.reply, text))
            at = samples_at(first + piece.start, VOICE_RATE)
            length = samples_at(piece.end - piece.start, VOICE_RATE)
            reply.add(at, length)
            sound = micro_turn.voice[piece.start * _SAMPLE : piece.end * _SAMPLE]
            found.append(ReplySound(piece.reply, at, sound))
        for reply in list(self._replies.values()):
            if reply.over and reply.number not in loud:
                del self._replies[reply.number]
                if reply.begun:
                    found.append(ReplyEnded(reply.number, reply.ending or "done", reply.why))
        return found

    def _edit(self, edit: Increment) -> list[Happening]:
        match edit.payload:
            case Planned(reply=number, clause=clause) if edit.status != "added":
                reply = self._replies.get(number)
                if reply is not None:
                    reply.open.discard(clause)
            case Heard(text=word, reply=number):
                reply = self._replies.get(number)
                if reply is not None and reply.begun:
                    return [ReplyHeard(number, word, Span(edit.span.start, edit.span.end), reply.offset(edit.span.end))]
        return []

    def _reply(self, number: int, tag: str = "", shown: bool = False, *, ended: bool = False) -> _Reply:
        """The reply of this number. One that nobody was asked for (ended) has its words already."""
        reply = self._replies.get(number)
        if reply is None:
            reply = self._replies[number] = _Reply(number, tag, shown, ended=ended)
            while len(self._replies) > MOST_REPLIES:
                self._replies.popitem(last=False)
        return reply

    def _begin(self, reply: _Reply) -> list[Happening]:
        if reply.begun:
            return []
        reply.begun = True
        return [ReplyBegan(reply.number, reply.tag, not reply.shown)]
