"""A server of OpenAI Realtime over WebRTC as a target of the bench: sound goes over tracks, events over a channel."""

from __future__ import annotations

import asyncio
import queue
import random
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

import httpx
import msgspec
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy
from av import AudioCodecContext, AudioFormat, AudioFrame, AudioLayout, CodecContext, Packet

from bench.shaping import Shape
from duetto.bench.cast import Cast
from duetto.bench.scenario import Scenario
from duetto.bench.targets.listener import Came, Sounded, Wrote
from duetto.bench.targets.openai_realtime import error_text
from duetto.bench.targets.target import Take
from duetto.bench.targets.wire import PATIENCE, Message, WireFailed, take
from duetto.perception.audio.resampler import Resampler
from duetto.server.rtc.ice import settle
from duetto.server.rtc.settings import RtcSettings
from duetto.timeline.clock import Clock, Deadline, WallClock
from duetto.timeline.turn import VOICE_RATE, Samples

RATE: Final = 48_000
FRAME: Final = RATE // 50
STREAM: Final = "stream"
"""What its one reply, which never ends, is called: the server plays, so a listener hears all that comes."""
_SOUND: Final = "sound of the track"


@dataclass(slots=True)
class RealtimeTracks:
    """One conversation. Its sound is one stream; its words come when their clause begins."""

    rate: int = RATE

    @property
    def greetings(self) -> Sequence[Message]:
        return ()

    def greeted(self, message: Message) -> Sequence[Message] | None:
        if message.get("type") == "error":
            raise WireFailed(error_text(message))
        return None if message.get("type") == "session.created" else ()

    def sound(self, data: bytes) -> Message:
        return {"type": _SOUND, "data": data}

    def line(self, text: str) -> Sequence[Message]:
        content = [{"type": "input_text", "text": text}]
        item = {"type": "message", "role": "user", "content": content}
        return [{"type": "conversation.item.create", "item": item}, {"type": "response.create"}]

    def read(self, message: Message) -> Iterable[Came]:
        match message.get("type"):
            case "sound of the track":
                yield Sounded(STREAM, message["samples"])
            case "response.output_audio_transcript.delta":
                yield Wrote(STREAM, message["delta"])
            case _:
                pass

    def cut(self, reply: str, played: int) -> Sequence[Message]:
        return ()

    @property
    def farewell(self) -> Sequence[Message]:
        return ()


@dataclass(frozen=True, slots=True)
class RtcTarget:
    """http: address of the server. shape: of the network on the way in; None for a good one."""

    http: str
    shape: Shape | None = None
    quiet: float = 4.0

    @property
    def name(self) -> str:
        return f"openai-realtime over WebRTC, {self.http}"

    def take(self, scenario: Scenario, cast: Cast) -> Take:
        return take(RtcConnection(self.http, self.shape), scenario, cast, self.quiet)


class _Mouth(MediaStreamTrack):
    """The user's voice: what is put in, in multiples of 20 ms, encoded as a browser does it.

    That is 32 kbit/s in the codec's mode for telephony, each packet with what is needed of the one before (libwebrtc
    does so when the other side can use it and tells of losses).
    """

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.frames: asyncio.Queue[Samples] = asyncio.Queue()
        self._at = 0
        codec = CodecContext.create("libopus", "w")
        assert isinstance(codec, AudioCodecContext)
        codec.sample_rate, codec.layout, codec.format = RATE, AudioLayout("mono"), AudioFormat("s16")
        codec.bit_rate, codec.time_base = 32_000, Fraction(1, RATE)
        codec.options = {"application": "voip", "frame_duration": "20", "fec": "1", "packet_loss": "5"}
        self._codec = codec
        self._packets: deque[bytes] = deque()

    async def recv(self) -> Packet[Any]:
        if self.readyState != "live":
            raise MediaStreamError
        while not self._packets:
            samples = await self.frames.get()
            for start in range(0, len(samples), FRAME):
                frame = AudioFrame.from_ndarray(samples[None, start : start + FRAME], format="s16", layout="mono")
                frame.sample_rate, frame.pts, frame.time_base = RATE, None, Fraction(1, RATE)
                self._packets += map(bytes, self._codec.encode(frame))
        packet: Packet[Any] = Packet(self._packets.popleft())
        packet.pts, packet.time_base = self._at, Fraction(1, RATE)
        self._at += FRAME
        return packet


@dataclass(slots=True)
class RtcConnection:
    """A connection, on a loop in a thread of its own (`duetto.bench.targets.wire.Line`)."""

    http: str
    shape: Shape | None = None
    dialect: RealtimeTracks = field(default_factory=RealtimeTracks)
    _clock: WallClock = field(default_factory=WallClock)
    _messages: queue.Queue[tuple[int, Message] | WireFailed] = field(default_factory=queue.Queue)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None
    _peer: Any = None
    _channel: Any = None
    _mouth: _Mouth | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def begin(self) -> None:
        """Set the conversation up; its time begins. Raises WireFailed."""
        self._thread = threading.Thread(target=self._loop.run_forever, name="duetto-bench-rtc", daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._connect(), self._loop).result(PATIENCE)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            raise WireFailed(f"{self.http}: {error!r}") from None
        deadline = Deadline(PATIENCE)
        while True:
            try:
                found = self._messages.get(timeout=deadline.left())
            except queue.Empty:
                raise WireFailed(f"no conversation within {PATIENCE:g} s") from None
            if isinstance(found, WireFailed):
                raise found
            if self.dialect.greeted(found[1]) is None:
                break
        if self.shape is not None:
            self._spoil(self.shape)
        self._clock.start()

    @property
    def clock(self) -> Clock:
        return self._clock

    def send(self, *messages: Message) -> None:
        for message in messages:
            if message["type"] == _SOUND:
                samples = np.frombuffer(message["data"], "<i2").astype(np.int16)
                assert self._mouth is not None
                self._loop.call_soon_threadsafe(self._mouth.frames.put_nowait, samples)
            else:
                self._loop.call_soon_threadsafe(self._channel.send, msgspec.json.encode(message).decode())

    def arrived(self) -> Iterable[tuple[int, Message]]:
        """What has come, with when."""
        while True:
            try:
                found = self._messages.get_nowait()
            except queue.Empty:
                return
            if isinstance(found, WireFailed):
                raise found
            yield found

    def close(self) -> None:
        if self._thread is None:
            return
        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # --- on the loop --------------------------------------------------------------------------------------------

    async def _connect(self) -> None:
        peer = self._peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self._mouth = _Mouth()
        peer.addTrack(self._mouth)
        self._channel = peer.createDataChannel("oai-events")
        self._channel.on("message", self._on_message)
        peer.on("track", self._on_track)
        await peer.createOffer()
        settle(peer, RtcSettings(hosts=("127.0.0.1",)))
        await peer.setLocalDescription()
        async with httpx.AsyncClient() as client:
            answer = await client.post(
                f"{self.http}/v1/realtime/calls",
                content=peer.localDescription.sdp,
                headers={"Content-Type": "application/sdp"},
                timeout=PATIENCE,
            )
        if answer.status_code != 201:
            raise OSError(f"HTTP {answer.status_code}: {answer.text[:200]}")
        await peer.setRemoteDescription(RTCSessionDescription(answer.text, "answer"))

    def _on_message(self, text: str) -> None:
        self._messages.put((self._clock.now(), msgspec.json.decode(text, type=Message)))

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._tasks.add(self._loop.create_task(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        resampler = Resampler(RATE, VOICE_RATE)
        with suppress(MediaStreamError):
            while True:
                frame: Any = await track.recv()
                mono = np.ascontiguousarray(frame.to_ndarray().reshape(-1, 2)[:, 0])
                sound = {"type": _SOUND, "samples": resampler.push(mono)}
                self._messages.put((self._clock.now(), sound))

    def _spoil(self, shape: Shape) -> None:
        """From now on media on the way to the server is lost, and held up, at random: later packets overtake."""
        ice = self._peer.sctp.transport.transport
        send, dice = ice._send, random.Random(1)

        async def sending(data: bytes) -> None:
            with suppress(ConnectionError):
                await send(data)

        def now(data: bytes) -> None:
            task = self._loop.create_task(sending(data))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        async def spoiled(data: bytes) -> None:
            if not 127 < data[0] < 192:  # RFC 7983: these are media
                await send(data)
            elif dice.random() >= shape.loss:
                self._loop.call_later(dice.uniform(0, shape.jitter_s), now, data)

        ice._send = spoiled

    async def _hang_up(self) -> None:
        await self._peer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
