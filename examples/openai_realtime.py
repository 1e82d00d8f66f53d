"""The stock `openai` package talks to duetto over the Realtime protocol: only the base URL differs.

python openai_realtime.py --url http://127.0.0.1:8000/v1
"""

from __future__ import annotations

import asyncio
import base64

from openai import AsyncOpenAI

from speech import keep, options, say, speech


async def main() -> None:
    given = options("openai-python, Realtime", "http://127.0.0.1:8000/v1")
    sound = speech(given, 24_000)
    client = AsyncOpenAI(api_key=given.key, base_url=given.url)
    parts: list[bytes] = []
    async with client.realtime.connect(model="duetto") as connection:
        pcm = {"type": "audio/pcm", "rate": 24_000}
        listening = {"format": pcm, "transcription": {"model": "whisper-1"}, "turn_detection": {"type": "server_vad"}}
        audio = {"input": listening, "output": {"format": pcm}}
        await connection.session.update(session={"type": "realtime", "audio": audio})

        async def send(data: bytes) -> None:
            await connection.input_audio_buffer.append(audio=base64.b64encode(data).decode())

        async def listen() -> None:
            async for event in connection:
                match event.type:
                    case "conversation.item.input_audio_transcription.completed":
                        print("user:", event.transcript)
                    case "response.output_audio_transcript.done":
                        print("duetto:", event.transcript)
                    case "response.output_audio.delta":
                        parts.append(base64.b64decode(event.delta))
                    case "error":
                        print("error:", event.error.message)

        listening_to_it = asyncio.create_task(listen())
        await say(sound, 24_000, given.seconds, send)
        listening_to_it.cancel()
    keep(given.out, parts)


if __name__ == "__main__":
    asyncio.run(main())
