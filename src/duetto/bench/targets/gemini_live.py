"""A server of the Gemini Live protocol (BidiGenerateContent), over WebSocket.

Source: Google, "Live API". Its messages have no ids: a reply ends where a turn is complete, or interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pybase64

from duetto.bench.targets.listener import Came, Cut, Done, Sounded, Wrote
from duetto.bench.targets.openai_realtime import error_text, pcm
from duetto.bench.targets.wire import Message, WireFailed
from duetto.timeline.turn import MIC_RATE


@dataclass(slots=True)
class GeminiLive:
    """One conversation. model: as the server calls it."""

    model: str = "models/gemini-live"
    rate: int = MIC_RATE
    reply: int = 1

    @property
    def greetings(self) -> Sequence[Message]:
        setup = {"generationConfig": {"responseModalities": ["AUDIO"]}, "outputAudioTranscription": {}}
        return [{"setup": {"model": self.model, **setup}}]

    def greeted(self, message: Message) -> Sequence[Message] | None:
        if "setupComplete" in message:
            return None
        if "error" in message:
            raise WireFailed(error_text(message))
        return ()

    def sound(self, data: bytes) -> Message:
        audio = {"data": pybase64.b64encode(data).decode(), "mimeType": f"audio/pcm;rate={self.rate}"}
        return {"realtimeInput": {"audio": audio}}

    def line(self, text: str) -> Sequence[Message]:
        return [{"realtimeInput": {"text": text}}]

    def read(self, message: Message) -> Iterable[Came]:
        content = message.get("serverContent") or {}
        for part in (content.get("modelTurn") or {}).get("parts") or ():
            data = (part.get("inlineData") or {}).get("data")
            if data:
                yield Sounded(str(self.reply), pcm(data))
        written = (content.get("outputTranscription") or {}).get("text")
        if written:
            yield Wrote(str(self.reply), written)
        if content.get("interrupted"):
            yield Cut()
        elif content.get("generationComplete") or content.get("turnComplete"):
            yield Done(str(self.reply))
        if content.get("turnComplete"):
            self.reply += 1

    def cut(self, reply: str, played: int) -> Sequence[Message]:
        return ()

    @property
    def farewell(self) -> Sequence[Message]:
        return ()
