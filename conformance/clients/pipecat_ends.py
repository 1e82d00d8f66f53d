"""The ends of a Pipecat pipeline, in a transport's place."""

from __future__ import annotations

import asyncio

from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMRunFrame,
    SpeechOutputAudioRawFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from steps import Talk


class Watch(FrameProcessor):
    """Tells the talk of frames that pass."""

    def __init__(self, talk: Talk, *, out: bool) -> None:
        super().__init__()
        self._talk, self._out = talk, out

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        match frame:
            case TTSAudioRawFrame() | SpeechOutputAudioRawFrame() if self._out:
                self._talk.sound(frame.audio)
            case TTSTextFrame() if self._out:
                self._talk.said(frame.text)
            case InterruptionFrame() if self._out:
                self._talk.stopped()
            case TranscriptionFrame() if not self._out:
                self._talk.heard(frame.text)
            case ErrorFrame() if not self._out:
                self._talk.trouble(frame.error)
        await self.push_frame(frame, direction)


async def hold(talk: Talk, service: FrameProcessor, context: LLMContext, aggregators: LLMContextAggregatorPair) -> None:
    """Run the pipeline, and hold the talk."""
    parts = [aggregators.user(), Watch(talk, out=False), service, Watch(talk, out=True), aggregators.assistant()]
    rates = PipelineParams(audio_in_sample_rate=24_000, audio_out_sample_rate=24_000)
    task = PipelineTask(Pipeline(parts), params=rates)

    async def send(data: bytes) -> None:
        await task.queue_frame(InputAudioRawFrame(audio=data, sample_rate=24_000, num_channels=1))

    async def close() -> None:
        await task.queue_frame(EndFrame())
        await running

    running = asyncio.create_task(PipelineRunner(handle_sigint=False).run(task))
    await task.queue_frame(LLMRunFrame())
    await talk.hold(send, close)
