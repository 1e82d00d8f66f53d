"""LiveKit Agents (pip install "livekit-agents[openai]") with duetto as its realtime model.

As an agent in a LiveKit room only `llm=` is needed; here sound comes from a file, so that no room is.

python livekit_agent.py --url http://127.0.0.1:8000/v1
"""

from __future__ import annotations

import asyncio

from livekit import rtc
from livekit.agents import Agent, AgentSession
from livekit.agents.voice import io
from livekit.plugins import openai

from speech import keep, options, say, speech


class FileIn(io.AudioInput):
    """The user's voice."""

    def __init__(self) -> None:
        super().__init__(label="file")
        self.frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    async def __anext__(self) -> rtc.AudioFrame:
        return await self.frames.get()


class FileOut(io.AudioOutput):
    """The agent's voice; it counts as played as soon as it is there."""

    def __init__(self) -> None:
        super().__init__(label="file", capabilities=io.AudioOutputCapabilities(pause=False), sample_rate=24_000)
        self.parts: list[bytes] = []
        self.seconds = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        self.parts.append(bytes(frame.data))
        self.seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        self._finished(interrupted=False)

    def clear_buffer(self) -> None:
        self._finished(interrupted=True)

    def _finished(self, *, interrupted: bool) -> None:
        if self.seconds:
            self.on_playback_finished(playback_position=self.seconds, interrupted=interrupted)
            self.seconds = 0.0


async def main() -> None:
    given = options("LiveKit Agents", "http://127.0.0.1:8000/v1")
    sound = speech(given, 24_000)
    model = openai.realtime.RealtimeModel(base_url=given.url, api_key=given.key, model="duetto")
    session = AgentSession(llm=model)
    ear, mouth = FileIn(), FileOut()
    session.input.audio, session.output.audio = ear, mouth
    session.on("user_input_transcribed", lambda event: print("user:", event.transcript))
    session.on("conversation_item_added", lambda event: print(f"{event.item.role}:", event.item.text_content))
    await session.start(agent=Agent(instructions="You are helpful."))

    async def send(data: bytes) -> None:
        ear.frames.put_nowait(rtc.AudioFrame(data, 24_000, 1, len(data) // 2))

    await say(sound, 24_000, given.seconds, send)
    await session.aclose()
    keep(given.out, mouth.parts)


if __name__ == "__main__":
    asyncio.run(main())
