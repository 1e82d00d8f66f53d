"""openai-python over GPT-Live, with a function of the application's behind the delegated work."""

from __future__ import annotations

import asyncio
import base64

from openai import AsyncOpenAI
from steps import HTTP, TIMER, Talk

SESSION = {
    "model": "gpt-live-1",
    "instructions": "You are helpful.",
    "audio": {"format": {"type": "audio/pcm", "rate": 24_000}},
    "delegation": {"type": "responses", "responses": {"model": "gpt-5.4-mini", "tools": [TIMER]}},
}


async def main() -> None:
    talk = Talk(signals=False)
    client = AsyncOpenAI(api_key="none", base_url=f"http://{HTTP}/v1")
    async with client.live.connect() as connection:

        async def listen() -> None:
            async for event in connection:
                match event.type:
                    case "session.started":
                        talk.connected.set()
                    case "session.input_transcript.delta":
                        talk.heard(event.delta)
                    case "session.output_transcript.delta":
                        talk.said(event.delta)
                    case "session.output_audio.delta":
                        talk.sound(base64.b64decode(event.delta))
                    case "response.event" if event.event["type"] == "response.output_item.done":
                        item = event.event["item"]
                        if item["type"] == "function_call":
                            outcome = talk.called(item["arguments"])
                            output = {"type": "function_call_output", "call_id": item["call_id"], "output": outcome}
                            await connection.response.item.create(item=output)
                            await connection.response.create()
                    case "error":
                        talk.trouble(event.error.message)
                    case "session.closed":
                        return

        async def send(data: bytes) -> None:
            await connection.session.input_audio.append(audio=base64.b64encode(data).decode())

        async def close() -> None:
            await connection.session.close()
            await listening

        listening = asyncio.create_task(listen())
        await connection.session.start(session=SESSION)
        await talk.hold(send, close)


asyncio.run(main())
