"""The scripted model in process: it plays its time, so that a conversation runs on the virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from duetto.brain.chat.model import ChatRequest, ModelTrouble, Piece
from duetto.testing.model.script import Asked, Performance, Script
from duetto.timeline.clock import s


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked, for which reply, and how it was to be answered."""

    asked: Asked
    performance: Performance
    reply: int = 0


class ScriptedChat:
    """A `ChatModel` without a wire. Each piece says when it comes, so nothing waits.

    patience: ns after which a hang or a stall counts as trouble, as the brain's own limits would have it on a real
    clock. `requests`: what was asked, in order, the
    last `keep` and one of them.
    """

    def __init__(self, script: Script, *, patience: int = s(4), keep: int = 10_000) -> None:
        self._script = script
        self._keep = keep
        self._patience = patience
        self.requests: list[Request] = []

    async def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        asked = Asked(request.messages, tuple(one.name for one in request.tools))
        played = self._script.perform(asked)
        del self.requests[: -self._keep or None]
        self.requests.append(Request(asked, played, request.reply))
        after = played.first
        half = len(played.tokens) // 2
        match played.fault:
            case "busy":
                raise ModelTrouble("busy", "429: try again", wait_s=0.2, after=played.gap)
            case "refused":
                raise ModelTrouble("refused", "401: no such key", after=played.gap)
            case "overflow":
                raise ModelTrouble("overflow", "400: maximum context length exceeded", after=played.gap)
            case "broken":
                raise ModelTrouble("broken", "500: broken on purpose", after=played.gap)
            case "hang":
                raise ModelTrouble("broken", "nothing came", after=self._patience)
        for index, token in enumerate(played.tokens):
            if index == half and played.fault in ("cut", "stall", "nonsense"):
                waited = self._patience if played.fault == "stall" else 0
                raise ModelTrouble("broken", f"{played.fault} on purpose", after=after + waited)
            yield Piece(token, after=after)
            after += played.gap
        for call in played.calls:
            yield Piece(call=call, after=after)
            after += played.gap

    async def close(self) -> None:
        """Nothing to release."""
