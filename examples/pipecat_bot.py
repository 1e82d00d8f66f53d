"""Pipecat (pip install "pipecat-ai[openai]") with duetto as its speech-to-speech service.

In a bot the two ends of the pipeline are a transport's; here they are a file's.

python pipecat_bot.py --url ws://127.0.0.1:8000/v1/realtime
"""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService

from speech import keep, options, say, speech


class FileOut(FrameProcessor):
    """Keeps the bot's voice, and prints the words."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[bytes] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case TTSAudioRawFrame():
                self.parts.append(frame.audio)
            case TTSTextFrame():
                print("duetto:", frame.text)
            case TranscriptionFrame():
                print("user:", frame.text)
        await self.push_frame(frame, direction)


async def main() -> None:
    given = options("Pipecat", "ws://127.0.0.1:8000/v1/realtime")
    sound = speech(given, 24_000)
    service = OpenAIRealtimeLLMService(api_key=given.key, base_url=given.url)
    out = FileOut()
    rates = PipelineParams(audio_in_sample_rate=24_000, audio_out_sample_rate=24_000)
    task = PipelineTask(Pipeline([service, out]), params=rates)

    async def send(data: bytes) -> None:
        await task.queue_frame(InputAudioRawFrame(audio=data, sample_rate=24_000, num_channels=1))

    running = asyncio.create_task(PipelineRunner(handle_sigint=False).run(task))
    await say(sound, 24_000, given.seconds, send)
    await task.queue_frame(EndFrame())
    await running
    keep(given.out, out.parts)


if __name__ == "__main__":
    asyncio.run(main())
