"""Pipecat under load: a pipeline with its own transports' base classes, Silero, and fakes at 0 ms, fed in process.

The lightest that it can be: a silence ends a turn (by default a model judges that, at 60 to 200 ms a call; `--smart`
for it), no client protocol, no tracking of turns, no log. Written for pipecat-ai 1.14.
"""

# mypy: disable-error-code="import-not-found, misc, no-any-unimported, untyped-decorator"

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import AsyncIterator

from loguru import logger

logger.remove()
logger.add(sys.stderr, level="ERROR")

from pipecat.audio.vad.silero import SileroVADAnalyzer  # noqa: E402
from pipecat.frames.frames import (  # noqa: E402
    EndFrame,
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    StartFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
)
from pipecat.pipeline.pipeline import Pipeline  # noqa: E402
from pipecat.pipeline.worker import PipelineParams, PipelineWorker  # noqa: E402
from pipecat.processors.aggregators.llm_context import LLMContext  # noqa: E402
from pipecat.processors.aggregators.llm_response_universal import (  # noqa: E402
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor  # noqa: E402
from pipecat.services.settings import STTSettings, TTSSettings  # noqa: E402
from pipecat.services.stt_service import SegmentedSTTService  # noqa: E402
from pipecat.services.tts_service import TTSService  # noqa: E402
from pipecat.transports.base_input import BaseInputTransport  # noqa: E402
from pipecat.transports.base_output import BaseOutputTransport  # noqa: E402
from pipecat.transports.base_transport import TransportParams  # noqa: E402
from pipecat.turns.user_start import VADUserTurnStartStrategy  # noqa: E402
from pipecat.turns.user_stop import SpeechTimeoutUserTurnStopStrategy  # noqa: E402
from pipecat.turns.user_turn_strategies import UserTurnStrategies  # noqa: E402
from pipecat.workers.runner import WorkerRunner  # noqa: E402

from bench.peers.load import RATE, TEXT, VOICE_RATE, Ear, Task, fake_voice, measure, report  # noqa: E402

VOICE = fake_voice()


class Ears(SegmentedSTTService):
    """Hears the same in every segment, at once."""

    def __init__(self) -> None:
        super().__init__(settings=STTSettings(model=None, language=None), ttfs_p99_latency=0.0)

    @property
    def wants_wav_segments(self) -> bool:
        return False

    async def run_stt(self, audio: bytes) -> AsyncIterator[Frame]:
        yield TranscriptionFrame("what have you found out about it", "user", str(time.time()))


class Brain(FrameProcessor):
    """Answers the same, at once."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, LLMContextFrame):
            await self.push_frame(LLMFullResponseStartFrame())
            await self.push_frame(LLMTextFrame(TEXT))
            await self.push_frame(LLMFullResponseEndFrame())
        else:
            await self.push_frame(frame, direction)


class Voice(TTSService):
    """Says the same, at once."""

    def __init__(self) -> None:
        super().__init__(
            push_start_frame=True,
            push_stop_frames=True,
            sample_rate=VOICE_RATE,
            settings=TTSSettings(model=None, voice=None, language=None),
        )

    async def run_tts(self, text: str, context_id: str) -> AsyncIterator[Frame]:
        for chunk in VOICE:
            yield TTSAudioRawFrame(chunk, VOICE_RATE, 1, context_id=context_id)


class Mic(BaseInputTransport):
    """The user."""

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)


class Speaker(BaseOutputTransport):
    """Takes the voice at the pace at which it is heard, as the transports over a network do."""

    def __init__(self, params: TransportParams) -> None:
        super().__init__(params)
        self.ear = Ear()
        self._free_at = 0.0

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        now = asyncio.get_running_loop().time()
        await asyncio.sleep(max(0.0, self._free_at - now))
        now = max(self._free_at, now)
        seconds = len(frame.audio) / 2 / frame.sample_rate
        self._free_at = now + seconds
        if isinstance(frame, TTSAudioRawFrame):  # the rest is silence
            self.ear.sounded(now, seconds)
        return True


class Guest:
    """One conversation."""

    def __init__(self, smart: bool) -> None:
        heard = TransportParams(audio_in_enabled=True, audio_in_sample_rate=RATE)
        # Some transports need silence between replies; here there is none, which is cheaper.
        said = TransportParams(audio_out_enabled=True, audio_out_sample_rate=VOICE_RATE, audio_out_auto_silence=False)
        self._mic, speaker = Mic(heard), Speaker(said)
        self.ear = speaker.ear
        stops = None if smart else [SpeechTimeoutUserTurnStopStrategy()]
        user = LLMUserAggregatorParams(
            vad_analyzer=SileroVADAnalyzer(),
            user_turn_strategies=UserTurnStrategies(start=[VADUserTurnStartStrategy()], stop=stops),
        )
        pair = LLMContextAggregatorPair(LLMContext(), user_params=user)
        self.worker = PipelineWorker(
            Pipeline([self._mic, Ears(), pair.user(), Brain(), Voice(), speaker, pair.assistant()]),
            params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=VOICE_RATE),
            enable_rtvi=False,
            enable_turn_tracking=False,
            idle_timeout_secs=None,
        )

    async def hear(self, frame: bytes) -> None:
        await self._mic.push_audio_frame(InputAudioRawFrame(frame, RATE, 1))

    async def end(self) -> None:
        await self.worker.queue_frame(EndFrame())


async def talk(task: Task, smart: bool) -> dict[str, object]:
    guests = [Guest(smart) for _ in range(task.sessions)]
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(*(guest.worker for guest in guests))
    running = asyncio.create_task(runner.run(auto_end=False))
    await asyncio.sleep(1.0 + 0.2 * task.sessions)
    found = await measure(task, guests)
    running.cancel()
    return found


def main() -> None:
    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--smart", action="store_true", help="a turn's end is judged by its model, as by default")

    task, given = Task.read(more)
    report(talk(task, given.smart))


if __name__ == "__main__":
    main()
