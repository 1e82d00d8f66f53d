"""A server of the GPT-Live protocol, over WebSocket: one stream of sound each way, and no turns.

Source: OpenAI, "Live API".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import pybase64

from duetto.bench.targets.listener import Came, Sounded, Wrote
from duetto.bench.targets.openai_realtime import error_text, pcm
from duetto.bench.targets.wire import Message, WireFailed
from duetto.timeline.clock import NS_PER_MS
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE

STREAM: Final = "stream"
"""What its one reply, which never ends, is called."""


@dataclass(slots=True)
class GPTLive:
    """One conversation. model: as the server calls it. Its words are placed by ms of its sound."""

    model: str = "gpt-live-1"
    rate: int = VOICE_RATE

    @property
    def greetings(self) -> Sequence[Message]:
        session = {"model": self.model, "audio": {"format": {"type": "audio/pcm", "rate": self.rate}}}
        return [{"type": "session.start", "session": session}]

    def greeted(self, message: Message) -> Sequence[Message] | None:
        match message.get("type"):
            case "session.started":
                return None
            case "error":
                raise WireFailed(error_text(message))
            case _:
                return ()

    def sound(self, data: bytes) -> Message:
        return {"type": "session.input_audio.append", "audio": pybase64.b64encode(data).decode()}

    def line(self, text: str) -> Sequence[Message]:
        raise WireFailed("GPT-Live has nothing for what a user types")

    def read(self, message: Message) -> Iterable[Came]:
        match message.get("type"):
            case "session.output_audio.delta":
                yield Sounded(STREAM, pcm(message["delta"]))
            case "session.output_transcript.delta":
                start, end = int(message["start_ms"]), int(message["end_ms"])
                yield Wrote(STREAM, message["delta"], Span(start * NS_PER_MS, max(start, end) * NS_PER_MS))
            case _:
                pass

    def cut(self, reply: str, played: int) -> Sequence[Message]:
        return ()

    @property
    def farewell(self) -> Sequence[Message]:
        return [{"type": "session.close"}]
