"""What happens in a conversation, as the events that tell of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from duetto.models.model import MicroTurn
from duetto.timeline.clock import NS_PER_MS, NS_PER_S
from duetto.timeline.payload import Called
from duetto.wire.gpt_live.delegations import Delegations
from duetto.wire.gpt_live.outlet import Outlet
from duetto.wire.gpt_live.transcript import InputTranscript, Piece
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    Happening,
    Noticed,
    ReplyBegan,
    ReplyEnded,
    ReplyHeard,
    ReplyText,
    TurnBegan,
    TurnWords,
)


class Telling:
    """Tells the words of both, the delegations, and what fails. usage_s: between two reports of what was used."""

    def __init__(self, outlet: Outlet, delegations: Delegations, usage_s: int) -> None:
        self._outlet = outlet
        self._delegations = delegations
        self._usage_every = usage_s * NS_PER_S
        self._usage_due = self._usage_every
        self._input = InputTranscript()
        self._said = {"session.input_transcript.delta": False, "session.output_transcript.delta": False}

    def tell(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        """Tell of a micro-turn."""
        now = micro_turn.span.end
        self._input.heard(micro_turn)
        calls = [happening for happening in happenings if isinstance(happening, CallMade)]
        for happening in happenings:
            self._one(happening, now)
        if calls:
            self._delegations.made(calls)
        self._ended_calls(micro_turn)
        self._words("session.input_transcript.delta", self._input.tick(now))
        if now >= self._usage_due:
            self._usage_due = now + self._usage_every
            self._outlet.emit({"type": "session.usage.updated", "usage": usage(now)})

    def _one(self, happening: Happening, now: int) -> None:
        match happening:
            case TurnBegan(turn=turn, at=at):
                self._input.began(turn, at)
            case TurnWords(turn=turn, text=text, final=final):
                self._words("session.input_transcript.delta", self._input.words(turn, text, now, final))
            case ReplyHeard(word=word, span=span):
                self._words("session.output_transcript.delta", [Piece(word, span)])
            case ReplyBegan():
                self._delegations.began(happening)
            case ReplyText():
                self._delegations.said(happening)
            case ReplyEnded():
                self._delegations.over(happening)
            case CallWithdrawn(call=call):
                self._delegations.withdrawn(call)
            case Noticed(part=part, text=text, working=working):
                code = f"{part}_working" if working else f"{part}_failed"
                self._outlet.emit({"type": "info", "code": code, "message": text})
            case _:
                pass  # of no matter to a protocol without turns

    def _words(self, kind: str, pieces: Sequence[Piece]) -> None:
        """Fragments carry the space before them, so that they are put together by putting them one after the other."""
        for piece in pieces:
            if not piece.word:
                continue
            space = " " if self._said[kind] else ""
            self._said[kind] = True
            event = {"type": kind, "delta": space + piece.word}
            self._outlet.emit(event | in_ms(piece.span.start, piece.span.end))

    def _ended_calls(self, micro_turn: MicroTurn) -> None:
        for output in micro_turn.outputs:
            for edit in output.edits:
                if edit.status == "committed" and isinstance(edit.payload, Called):
                    self._delegations.ended(edit.payload.call, edit.payload.text, edit.payload.failed)


def usage(now: int) -> dict[str, Any]:
    """What a session has used by media time `now` (ns): whole seconds."""
    return {"seconds": now // NS_PER_S}


def in_ms(start: int, end: int) -> dict[str, int]:
    """A stretch of the session's time (ns) as the protocol has it."""
    return {"start_ms": start // NS_PER_MS, "end_ms": end // NS_PER_MS}
