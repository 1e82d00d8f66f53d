"""LiveKit Agents under load: sessions without a room, Silero, and fakes at 0 ms, fed in process.

The lightest that it can be: a silence ends a turn (by default a model judges that; `--smart` for it), no room, no
recording, no log. Written for livekit-agents 1.8.
"""

# mypy: disable-error-code="import-not-found, misc, no-any-unimported, untyped-decorator"

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Any

from livekit import rtc
from livekit.agents import Agent, AgentSession, llm, stt, tts, vad
from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions
from livekit.agents.voice import io
from livekit.plugins import silero

from bench.peers.load import FRAME, RATE, TEXT, VOICE_RATE, Ear, Task, fake_voice, measure, report

VOICE = fake_voice()


class Ears(stt.STT):
    """Hears the same in every segment, at once."""

    def __init__(self) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(
                streaming=True, interim_results=False, offline_recognize=False, manual_flush=True
            )
        )

    async def _recognize_impl(self, *args: Any, **named: Any) -> stt.SpeechEvent:
        raise NotImplementedError

    def stream(
        self, *, language: Any = None, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> stt.RecognizeStream:
        return Hearing(stt=self, conn_options=conn_options, sample_rate=RATE)


class Hearing(stt.RecognizeStream):
    async def _run(self) -> None:
        async for given in self._input_ch:
            if isinstance(given, self._FlushSentinel):
                words = stt.SpeechData(language="en", text="what have you found out about it", confidence=1.0)
                self._event_ch.send_nowait(stt.SpeechEvent(stt.SpeechEventType.FINAL_TRANSCRIPT, "", [words]))


class Brain(llm.LLM):
    """Answers the same, at once."""

    def chat(
        self,
        *,
        chat_ctx: llm.ChatContext,
        tools: list[Any] | None = None,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
        **named: Any,
    ) -> llm.LLMStream:
        return Thought(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)


class Thought(llm.LLMStream):
    async def _run(self) -> None:
        delta = llm.ChoiceDelta(role="assistant", content=TEXT)
        self._event_ch.send_nowait(llm.ChatChunk(id="fake", delta=delta))


class Voice(tts.TTS):
    """Says the same, at once."""

    def __init__(self) -> None:
        super().__init__(capabilities=tts.TTSCapabilities(streaming=False), sample_rate=VOICE_RATE, num_channels=1)

    def synthesize(
        self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS
    ) -> tts.ChunkedStream:
        return Saying(tts=self, input_text=text, conn_options=conn_options)


class Saying(tts.ChunkedStream):
    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        output_emitter.initialize(
            request_id="fake", sample_rate=VOICE_RATE, num_channels=1, mime_type="audio/pcm", frame_size_ms=100
        )
        for chunk in VOICE:
            output_emitter.push(chunk)
        output_emitter.flush()


class Mic(io.AudioInput):
    """The user."""

    def __init__(self) -> None:
        super().__init__(label="mic")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    def push(self, frame: bytes) -> None:
        self._frames.put_nowait(rtc.AudioFrame(frame, RATE, 1, FRAME))

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()


class Speaker(io.AudioOutput):
    """Takes the voice at once and tells when it would have been heard: nothing is paced, which is cheap."""

    def __init__(self) -> None:
        super().__init__(label="speaker", capabilities=io.AudioOutputCapabilities(pause=True), sample_rate=VOICE_RATE)
        self.ear = Ear()
        self._loop = asyncio.get_running_loop()
        self._start: float | None = None
        self._pushed = 0.0
        self._paused_at: float | None = None
        self._lost = 0.0
        self._ending: asyncio.TimerHandle | None = None
        self._flushed = False

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._start is None:
            self._start, self._pushed, self._lost, self._flushed = self._loop.time(), 0.0, 0.0, False
            self.on_playback_started(created_at=time.time())
        self._pushed += frame.duration
        if self._paused_at is None:
            self.ear.sounded(self._loop.time(), self._start + self._lost + self._pushed - self._loop.time())

    def flush(self) -> None:
        super().flush()
        if self._start is not None:
            self._flushed = True
            self._await_end()

    def clear_buffer(self) -> None:
        if self._start is None:
            return
        now = self._loop.time() if self._paused_at is None else self._paused_at
        self.ear.silenced(now)
        self._end(min(self._pushed, now - self._start - self._lost), True)

    def pause(self) -> None:
        super().pause()
        if self._paused_at is None:
            self._paused_at = self._loop.time()
            self.ear.silenced(self._paused_at)
            self._cancel()

    def resume(self) -> None:
        super().resume()
        if self._paused_at is not None:
            now = self._loop.time()
            if self._start is not None:
                self._lost += now - max(self._paused_at, self._start)
                self.ear.sounded(now, self._start + self._lost + self._pushed - now)
            self._paused_at = None
            if self._flushed:
                self._await_end()

    def _await_end(self) -> None:
        self._cancel()
        if self._start is not None and self._paused_at is None:
            left = self._start + self._lost + self._pushed - self._loop.time()
            self._ending = self._loop.call_later(max(0.0, left), self._end, self._pushed, False)

    def _cancel(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            self._ending = None

    def _end(self, position: float, interrupted: bool) -> None:
        self._cancel()
        self._start = None
        self.on_playback_finished(playback_position=max(0.0, position), interrupted=interrupted)


class Guest:
    """One conversation."""

    def __init__(self, model: vad.VAD, smart: bool) -> None:
        turns: dict[str, Any] = {"interruption": {"mode": "vad"}}
        if not smart:
            turns["turn_detection"] = "vad"
        self.session: AgentSession[None] = AgentSession(
            stt=Ears(), vad=model, llm=Brain(), tts=Voice(), turn_handling=turns, aec_warmup_duration=None
        )
        self._mic, speaker = Mic(), Speaker()
        self.ear = speaker.ear
        self.session.input.audio = self._mic
        self.session.output.audio = speaker

    async def hear(self, frame: bytes) -> None:
        self._mic.push(frame)


async def talk(task: Task, smart: bool) -> dict[str, object]:
    model = silero.VAD.load()
    guests = [Guest(model, smart) for _ in range(task.sessions)]
    for guest in guests:
        await guest.session.start(Agent(instructions="Answer."), record=False)
    await asyncio.sleep(1.0)
    return await measure(task, guests)


def main() -> None:
    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--smart", action="store_true", help="a turn's end is judged by its model, as by default")

    task, given = Task.read(more)
    report(talk(task, given.smart))


if __name__ == "__main__":
    main()
