"""openai-python over the Realtime protocol. It plays as it should: cut off, it says how much was heard."""

from __future__ import annotations

import asyncio
import base64
import time

from openai import AsyncOpenAI
from steps import HTTP, TIMER, Talk

PCM = {"type": "audio/pcm", "rate": 24_000}
SESSION = {
    "type": "realtime",
    "instructions": "You are helpful.",
    "audio": {
        "input": {"format": PCM, "transcription": {"model": "whisper-1"}, "turn_detection": {"type": "server_vad"}},
        "output": {"format": PCM},
    },
    "tools": [TIMER],
}


async def main() -> None:
    talk = Talk()
    client = AsyncOpenAI(api_key="none", base_url=f"http://{HTTP}/v1")
    async with client.realtime.connect(model="duetto") as connection:
        item, began, length, coming = "", 0.0, 0.0, False
        truncated = asyncio.Event()

        async def listen() -> None:
            nonlocal item, began, length, coming
            async for event in connection:
                match event.type:
                    case "session.updated":
                        talk.connected.set()
                    case "conversation.item.input_audio_transcription.completed":
                        talk.heard(event.transcript)
                    case "response.output_audio_transcript.delta":
                        talk.said(event.delta)
                    case "response.output_audio.delta":
                        sound = base64.b64decode(event.delta)
                        if event.item_id != item:
                            item, began, length, coming = event.item_id, time.monotonic(), 0.0, True
                        length += len(sound) / 48_000
                        talk.sound(sound)
                    case "response.output_audio.done":
                        coming = False
                    # What plays: sound that was not heard yet, or an item of which more is to come.
                    case "input_audio_buffer.speech_started" if coming or time.monotonic() < began + length:
                        talk.stopped()
                        played = round(min(time.monotonic() - began, length) * 1000)
                        await connection.conversation.item.truncate(item_id=item, content_index=0, audio_end_ms=played)
                    case "conversation.item.truncated":
                        truncated.set()
                    case "response.output_item.done" if event.item.type == "function_call":
                        outcome = talk.called(event.item.arguments)
                        output = {"type": "function_call_output", "call_id": event.item.call_id, "output": outcome}
                        await connection.conversation.item.create(item=output)
                        await connection.response.create()
                    case "error":
                        talk.trouble(event.error.message)

        async def send(data: bytes) -> None:
            await connection.input_audio_buffer.append(audio=base64.b64encode(data).decode())

        async def close() -> None:
            await connection.close()
            await listening
            if not truncated.is_set():
                talk.trouble("no conversation.item.truncated")

        listening = asyncio.create_task(listen())
        await connection.session.update(session=SESSION)
        await talk.hold(send, close)


asyncio.run(main())
