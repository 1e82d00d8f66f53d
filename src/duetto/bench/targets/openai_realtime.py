"""A server of the OpenAI Realtime protocol, over WebSocket, as a stock client uses it.

Source: OpenAI, "Realtime API" (GA). A stock client stops playing when the user begins to speak, and says how far it
was.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pybase64

from duetto.bench.targets.listener import Came, Cut, Done, Ended, Sounded, Wrote
from duetto.bench.targets.wire import Message, WireFailed
from duetto.timeline.clock import NS_PER_MS
from duetto.timeline.turn import VOICE_RATE


@dataclass(slots=True)
class OpenAIRealtime:
    """One conversation. Replies go by their item's id: that is what is truncated."""

    rate: int = VOICE_RATE
    _lines: int = field(default=0, repr=False)

    @property
    def greetings(self) -> Sequence[Message]:
        return ()

    def greeted(self, message: Message) -> Sequence[Message] | None:
        match message.get("type"):
            case "session.created":
                pcm = {"type": "audio/pcm", "rate": VOICE_RATE}
                audio = {"input": {"format": pcm}, "output": {"format": pcm}}
                session = {"type": "realtime", "output_modalities": ["audio"], "audio": audio}
                return [{"type": "session.update", "session": session}]
            case "session.updated":
                return None
            case "error":
                raise WireFailed(error_text(message))
            case _:
                return ()

    def sound(self, data: bytes) -> Message:
        return {"type": "input_audio_buffer.append", "audio": pybase64.b64encode(data).decode()}

    def line(self, text: str) -> Sequence[Message]:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]

    def read(self, message: Message) -> Iterable[Came]:
        item = str(message.get("item_id", ""))
        match message.get("type"):
            case "response.output_audio.delta":
                yield Sounded(item, pcm(message["delta"]))
            case "response.output_audio_transcript.delta":
                yield Wrote(item, message["delta"])
            case "response.output_audio.done":
                yield Done(item)
            case "input_audio_buffer.speech_started":
                yield Cut()
            case "input_audio_buffer.committed":
                yield Ended()
            case _:
                pass

    def cut(self, reply: str, played: int) -> Sequence[Message]:
        end = played // NS_PER_MS
        return [{"type": "conversation.item.truncate", "item_id": reply, "content_index": 0, "audio_end_ms": end}]

    @property
    def farewell(self) -> Sequence[Message]:
        return ()


def pcm(data: str) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    """16 bit little-endian samples in Base64. Raises WireFailed for what is not."""
    try:
        return np.frombuffer(pybase64.b64decode(data), "<i2").astype(np.int16)
    except ValueError as error:
        raise WireFailed(f"sound that is not 16 bit PCM in Base64: {error}") from None


def error_text(message: dict[str, Any]) -> str:
    error = message.get("error")
    told = error.get("message") if isinstance(error, dict) else error
    return f"the server answers: {told or message}"
