"""The stock `openai-agents` package (pip install openai-agents) talks to duetto: only the URL differs.

python openai_agents.py --url "ws://127.0.0.1:8000/v1/realtime?model=duetto"
"""

from __future__ import annotations

import asyncio

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner

from speech import keep, options, say, speech


@function_tool
def table(guests: int) -> str:
    """Whether a table for so many guests is free tonight."""
    return f"a table for {guests} is free at eight"


async def main() -> None:
    given = options("openai-agents-python", "ws://127.0.0.1:8000/v1/realtime?model=duetto")
    sound = speech(given, 24_000)
    agent = RealtimeAgent(name="duetto", instructions="You are helpful.", tools=[table])
    parts: list[bytes] = []
    session = await RealtimeRunner(agent).run(model_config={"url": given.url, "api_key": given.key})
    async with session:

        async def listen() -> None:
            async for event in session:
                match event.type:
                    case "audio":
                        parts.append(event.audio.data)
                    case "history_updated":
                        said = [part.transcript or "" for item in event.history[-1:] for part in item.content]
                        print("…", *said)
                    case "audio_interrupted" | "tool_start" | "tool_end" | "error":
                        print(event.type, getattr(event, "error", ""))

        listening = asyncio.create_task(listen())
        await say(sound, 24_000, given.seconds, session.send_audio)
        listening.cancel()
    keep(given.out, parts)


if __name__ == "__main__":
    asyncio.run(main())
