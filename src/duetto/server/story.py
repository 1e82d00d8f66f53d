"""What a conversation's happenings are in figures: latencies by kind, drafts, times. Pure, without a clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from duetto.interaction.action import AskBrain, DropReply, KeepReply
from duetto.models.model import MicroTurn
from duetto.timeline.arrival import Weighed
from duetto.timeline.clock import in_s
from duetto.wire.happening import (
    CallMade,
    Happening,
    Noticed,
    ReplyBegan,
    ReplyEnded,
    ReplySound,
    ReplyText,
    TurnBegan,
    TurnEnded,
    Used,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured. name "reply", "yield", "text": seconds of media time; "draft used", "draft wasted", "turn",
    "call", "failure", "reply done", "reply cut", "reply failed", "question yes", "question no": one more; "prompt",
    "pieces", "pictures": so many.

    part: of a failure.
    """

    name: str
    value: float = 1.0
    part: str = ""


class Story:
    """Reads the micro-turns of one conversation.

    reply: from the end of the user's voice to duetto's first sound as heard. text: to its first words shown.
    yield: from the user's start over duetto's voice to the last sound sent before it gave way.
    """

    def __init__(self) -> None:
        self._drafts: set[int] = set()
        self._ended: int | None = None
        self._over: int | None = None
        self._sounding: dict[int, int] = {}
        self._shown: set[int] = set()

    def read(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> Iterator[Figure]:
        yield from self._decided(micro_turn)
        for happening in happenings:
            match happening:
                case TurnBegan(at=at):
                    self._over = at if self._sounding else None
                case TurnEnded(at=at, discarded=discarded):
                    self._ended = None if discarded else at
                    yield Figure("turn")
                case ReplyBegan(reply=reply, spoken=spoken) if not spoken:
                    self._shown.add(reply)
                case ReplyText(reply=reply) if reply in self._shown and self._ended is not None:
                    yield Figure("text", in_s(micro_turn.span.end - self._ended))
                    self._ended = None
                case ReplySound(reply=reply, at=at, samples=samples):
                    if reply not in self._sounding and self._ended is not None:
                        yield Figure("reply", in_s(at - self._ended))
                        self._ended = None
                    self._sounding[reply] = at
                    del samples
                case ReplyEnded(reply=reply, how=how):
                    self._shown.discard(reply)
                    yield Figure(f"reply {how}")
                    if self._sounding.pop(reply, None) is not None and how == "cut" and self._over is not None:
                        yield Figure("yield", max(0.0, in_s(micro_turn.span.end - self._over)))
                        self._over = None
                case CallMade():
                    yield Figure("call")
                case Noticed(part=part, working=working) if not working:
                    yield Figure("failure", part=part)
                case Used(prompt=prompt, pieces=pieces):
                    yield Figure("prompt", prompt)
                    yield Figure("pieces", pieces)

        for turn in micro_turn.turns:
            for arrival in turn.arrivals:
                if isinstance(arrival, Weighed):
                    yield Figure(f"question {'yes' if arrival.yes else 'no'}")
                    yield Figure("prompt", arrival.prompt)
                    yield Figure("pieces", arrival.pieces)
                    yield Figure("pictures", arrival.pictures)

    def _decided(self, micro_turn: MicroTurn) -> Iterator[Figure]:
        for output in micro_turn.outputs:
            for action in output.actions:
                match action:
                    case AskBrain(reply=reply, draft=True):
                        self._drafts.add(reply)
                    case KeepReply(reply=reply) if reply in self._drafts:
                        self._drafts.discard(reply)
                        yield Figure("draft used")
                    case DropReply(reply=reply) if reply in self._drafts:
                        self._drafts.discard(reply)
                        yield Figure("draft wasted")
