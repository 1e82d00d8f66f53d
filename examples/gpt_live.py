"""The stock `openai` package talks to duetto over GPT-Live: one stream of sound each way, and no turns.

python gpt_live.py --url http://127.0.0.1:8000/v1
"""

from __future__ import annotations

import asyncio
import base64

from openai import AsyncOpenAI

from speech import keep, options, say, speech


async def main() -> None:
    given = options("openai-python, GPT-Live", "http://127.0.0.1:8000/v1")
    sound = speech(given, 24_000)
    client = AsyncOpenAI(api_key=given.key, base_url=given.url)
    parts: list[bytes] = []
    started = asyncio.Event()
    async with client.live.connect() as connection:

        async def send(data: bytes) -> None:
            await connection.session.input_audio.append(audio=base64.b64encode(data).decode())

        async def listen() -> None:
            async for event in connection:
                match event.type:
                    case "session.started":
                        started.set()
                    case "session.input_transcript.delta":
                        print(f"{event.start_ms:6} ms  user: {event.delta}")
                    case "session.output_transcript.delta":
                        print(f"{event.start_ms:6} ms  duetto: {event.delta}")
                    case "session.output_audio.delta":
                        parts.append(base64.b64decode(event.delta))
                    case "error":
                        print("error:", event.error.message)
                    case "session.closed":
                        return

        listening = asyncio.create_task(listen())
        pcm = {"type": "audio/pcm", "rate": 24_000}
        await connection.session.start(session={"model": "gpt-live-1", "audio": {"format": pcm}})
        await asyncio.wait_for(started.wait(), 10)
        await say(sound, 24_000, given.seconds, send)
        await connection.session.close()
        await asyncio.wait_for(listening, 10)
    keep(given.out, parts)


if __name__ == "__main__":
    asyncio.run(main())
