"""google-genai in Python over Gemini Live. It insists on TLS: SSL_CERT_FILE names the authority."""

from __future__ import annotations

import asyncio

from google import genai
from google.genai import types
from steps import HTTPS, Talk

TIMER = types.FunctionDeclaration(
    name="set_timer",
    description="Set a timer.",
    parameters=types.Schema(type="OBJECT", properties={"minutes": types.Schema(type="INTEGER")}, required=["minutes"]),
)
CONFIG = types.LiveConnectConfig(
    response_modalities=["AUDIO"],
    system_instruction="You are helpful.",
    tools=[types.Tool(function_declarations=[TIMER])],
    input_audio_transcription=types.AudioTranscriptionConfig(),
    output_audio_transcription=types.AudioTranscriptionConfig(),
)


async def main() -> None:
    talk = Talk(16_000)
    client = genai.Client(api_key="none", http_options=types.HttpOptions(base_url=f"https://{HTTPS}"))
    async with client.aio.live.connect(model="duetto", config=CONFIG) as session:
        talk.connected.set()

        async def listen() -> None:
            while True:  # `receive` ends with each turn
                async for message in session.receive():
                    content = message.server_content
                    for part in content.model_turn.parts or () if content and content.model_turn else ():
                        if part.inline_data:
                            talk.sound(part.inline_data.data)
                    if content and content.input_transcription:
                        talk.heard(content.input_transcription.text)
                    if content and content.output_transcription:
                        talk.said(content.output_transcription.text)
                    if content and content.interrupted:
                        talk.stopped()
                    if message.tool_call:
                        answers = [
                            types.FunctionResponse(
                                id=call.id, name=call.name, response={"output": talk.called(call.args)}
                            )
                            for call in message.tool_call.function_calls
                        ]
                        await session.send_tool_response(function_responses=answers)

        async def send(data: bytes) -> None:
            await session.send_realtime_input(audio=types.Blob(data=data, mime_type="audio/pcm;rate=16000"))

        async def close() -> None:
            listening.cancel()
            await asyncio.wait([listening])
            if not listening.cancelled() and listening.exception():
                talk.trouble(repr(listening.exception()))
            await session.close()

        listening = asyncio.create_task(listen())
        await talk.hold(send, close)


asyncio.run(main())
