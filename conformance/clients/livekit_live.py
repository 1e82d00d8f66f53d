"""LiveKit Agents with its openai plug-in's GPTLiveModel, in an AgentSession without a room."""

from __future__ import annotations

import asyncio

from livekit.agents import Agent, AgentSession, function_tool
from livekit.plugins import openai
from livekit_ends import wire
from steps import HTTP, Talk


async def main() -> None:
    talk = Talk(signals=False)

    @function_tool
    async def set_timer(minutes: int) -> str:
        """Set a timer."""
        return talk.called(minutes)

    model = openai.realtime.GPTLiveModel(base_url=f"http://{HTTP}/v1", api_key="none")
    session = AgentSession(llm=model)
    ear = wire(session, talk)
    agent = Agent(instructions="You are helpful.", tools=[set_timer])
    await session.start(agent=agent)

    def came(event: dict) -> None:
        match event.get("type"):
            case "session.started":
                talk.connected.set()
            case "session.output_transcript.delta":
                talk.said(event["delta"])
            case "error":
                talk.trouble(event["error"]["message"])

    agent.duplex_session.on("openai_server_event_received", came)

    async def close() -> None:
        await session.aclose()
        await model.aclose()

    await talk.hold(ear.send, close)


asyncio.run(main())
