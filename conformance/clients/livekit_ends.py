"""What a LiveKit room would be: the user's voice in, and a player that plays at the pace of time."""

from __future__ import annotations

import asyncio
import time

from livekit import rtc
from livekit.agents import AgentSession
from livekit.agents.voice import io
from steps import Talk


class Ear(io.AudioInput):
    """Frames of the user's voice."""

    def __init__(self) -> None:
        super().__init__(label="conformance")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()

    async def send(self, data: bytes) -> None:
        self._frames.put_nowait(rtc.AudioFrame(data, 24_000, 1, len(data) // 2))


class Mouth(io.AudioOutput):
    """Says that sound was played when it would have been."""

    def __init__(self, talk: Talk) -> None:
        super().__init__(label="conformance", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=24_000)
        self._talk = talk
        self._began = 0.0
        self._length = 0.0
        self._ending: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self._talk.sound(bytes(frame.data))
        if not self._length:
            self._began = time.monotonic()
        self._length += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._length and self._ending is None:
            self._ending = asyncio.create_task(self._end())

    def clear_buffer(self) -> None:
        if self._length:
            self._talk.stopped()
            self._finish(min(self._length, time.monotonic() - self._began), interrupted=True)

    async def _end(self) -> None:
        await asyncio.sleep(max(0.0, self._began + self._length - time.monotonic()))
        self._ending = None
        self._finish(self._length, interrupted=False)

    def _finish(self, position: float, *, interrupted: bool) -> None:
        self._length = 0.0
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None
        self.on_playback_finished(playback_position=position, interrupted=interrupted)


def wire(session: AgentSession, talk: Talk) -> Ear:
    """Join a session to a talk. Returns where the user's voice goes."""
    ear = Ear()
    session.input.audio, session.output.audio = ear, Mouth(talk)

    def transcribed(event: object) -> None:
        if getattr(event, "is_final", True):
            talk.heard(getattr(event, "transcript", ""))

    session.on("user_input_transcribed", transcribed)
    session.on("error", lambda event: talk.trouble(event.error))
    return ear
