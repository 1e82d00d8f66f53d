"""The stock `google-genai` package (pip install google-genai) talks to duetto over Gemini Live.

It insists on TLS, so point it at the https port, and tell it of the certificate authority that `duetto serve` made:

SSL_CERT_FILE=duetto-ca.pem python gemini_live.py --url https://127.0.0.1:8443
"""

from __future__ import annotations

import asyncio

from google import genai
from google.genai import types

from speech import keep, options, say, speech


async def main() -> None:
    given = options("google-genai, Live", "https://127.0.0.1:8443")
    sound = speech(given, 16_000)
    client = genai.Client(api_key=given.key, http_options=types.HttpOptions(base_url=given.url))
    config = types.LiveConnectConfig(
        response_modalities=["AUDIO"],
        input_audio_transcription=types.AudioTranscriptionConfig(),
        output_audio_transcription=types.AudioTranscriptionConfig(),
    )
    parts: list[bytes] = []
    async with client.aio.live.connect(model="duetto", config=config) as session:

        async def send(data: bytes) -> None:
            await session.send_realtime_input(audio=types.Blob(data=data, mime_type="audio/pcm;rate=16000"))

        async def listen() -> None:
            while True:  # `receive` ends with each turn
                async for message in session.receive():
                    content = message.server_content
                    if message.data:
                        parts.append(message.data)
                    if content and content.input_transcription:
                        print("user:", content.input_transcription.text)
                    if content and content.output_transcription:
                        print("duetto:", content.output_transcription.text)

        listening = asyncio.create_task(listen())
        await say(sound, 16_000, given.seconds, send)
        listening.cancel()
    keep(given.out, parts)


if __name__ == "__main__":
    asyncio.run(main())
