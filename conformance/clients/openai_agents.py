"""openai-agents-python: its RealtimeRunner, which checks every event strictly and drives interruption by itself."""

from __future__ import annotations

import asyncio

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from steps import HTTP, Talk


async def main() -> None:
    talk = Talk()

    @function_tool
    def set_timer(minutes: int) -> str:
        """Set a timer."""
        return talk.called(minutes)

    agent = RealtimeAgent(name="duetto", instructions="You are helpful.", tools=[set_timer])
    url = f"ws://{HTTP}/v1/realtime?model=duetto"
    settings = {"input_audio_transcription": {"model": "whisper-1"}}
    model = {"url": url, "api_key": "none", "initial_model_settings": settings}
    session = await RealtimeRunner(agent).run(model_config=model)
    told: dict[str, str] = {}

    async def listen() -> None:
        async for event in session:
            match event.type:
                case "audio":
                    talk.sound(event.audio.data)
                case "audio_interrupted":
                    talk.stopped()
                case "raw_model_event":
                    raw = event.data
                    match raw.type:
                        case "connection_status" if raw.status == "connected":
                            talk.connected.set()
                        case "raw_server_event" if raw.data.get("type") == "session.updated":
                            talk.connected.set()
                        case "input_audio_transcription_completed":
                            talk.heard(raw.transcript)
                        case "transcript_delta":
                            told[raw.item_id] = told.get(raw.item_id, "") + raw.delta
                            talk.said(raw.delta)
                        case "error" | "exception":
                            talk.trouble(raw)
                case "error":
                    talk.trouble(event.error)

    async with session:
        listening = asyncio.create_task(listen())
        await talk.hold(session.send_audio, session.close)
    listening.cancel()


asyncio.run(main())
