"""LiveKit Agents with its openai plug-in's RealtimeModel, in an AgentSession without a room."""

from __future__ import annotations

import asyncio

from livekit.agents import Agent, AgentSession, function_tool
from livekit.plugins import openai
from livekit_ends import wire
from steps import HTTP, Talk


async def main() -> None:
    talk = Talk()

    @function_tool
    async def set_timer(minutes: int) -> str:
        """Set a timer."""
        return talk.called(minutes)

    model = openai.realtime.RealtimeModel(base_url=f"http://{HTTP}/v1", api_key="none", model="duetto")
    session = AgentSession(llm=model)
    ear = wire(session, talk)
    agent = Agent(instructions="You are helpful.", tools=[set_timer])
    await session.start(agent=agent)
    inner = agent.realtime_llm_session

    def came(event: dict) -> None:
        match event.get("type"):
            case "session.updated":
                talk.connected.set()
            case "response.output_audio_transcript.delta":
                talk.said(event["delta"])
            case "error" if event["error"]["code"] != "response_cancel_not_active":  # it crossed our own end
                talk.trouble(event["error"]["message"])

    inner.on("openai_server_event_received", came)
    talk.connected.set()

    async def close() -> None:
        await session.aclose()
        await model.aclose()

    await talk.hold(ear.send, close)


asyncio.run(main())
