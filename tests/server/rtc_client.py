"""A WebRTC client for tests: plain aiortc on loopback, with a tone, rendered pictures and a data channel."""

import asyncio
import random
import time
from contextlib import suppress
from fractions import Fraction

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack, VideoStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy
from av import AudioFrame, VideoFrame

from duetto.server.rtc.ice import settle
from duetto.server.rtc.settings import RtcSettings

RATE = 48000
LOOPBACK = RtcSettings(hosts=("127.0.0.1",), picture_rate=10.0)


class Sound(MediaStreamTrack):
    """Samples, int16 at 48 kHz, then silence; 20 ms at a time."""

    kind = "audio"

    def __init__(self, samples: np.ndarray) -> None:
        super().__init__()
        self._samples = samples
        self._at = 0
        self._began: float | None = None

    async def recv(self) -> AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        self._began = self._began or time.monotonic()
        await asyncio.sleep(max(0.0, self._began + self._at / RATE - time.monotonic()))
        part = np.zeros(960, np.int16)
        here = self._samples[self._at : self._at + 960]
        part[: len(here)] = here
        frame = AudioFrame.from_ndarray(part[None], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._at, Fraction(1, RATE)
        self._at += 960
        return frame


class Pictures(VideoStreamTrack):
    """Pictures of one colour (B, G, R) at 30 a second."""

    def __init__(self, colour: tuple[int, int, int], size: tuple[int, int] = (160, 120)) -> None:
        super().__init__()
        self._picture = np.full((size[1], size[0], 3), colour, np.uint8)

    async def recv(self) -> VideoFrame:
        pts, base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(self._picture, format="bgr24")
        frame.pts, frame.time_base = pts, base
        return frame


class Handler:
    """Keeps what a peer says."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.messages: list[str] = []
        self.sound: list[np.ndarray] = []
        self.pictures: dict[str, list[np.ndarray]] = {"camera": [], "screen": []}
        self.problems: list[str] = []
        self.closed: list[str] = []

    def on_open(self) -> None:
        self.events.append("open")

    def on_message(self, text: str) -> None:
        self.events.append("message")
        self.messages.append(text)

    def on_audio(self, samples: np.ndarray) -> None:
        self.events.append("audio")
        self.sound.append(samples)

    def on_video(self, picture: np.ndarray, stream: str) -> None:
        self.events.append("video")
        self.pictures[stream].append(picture)

    def on_problem(self, text: str) -> None:
        self.problems.append(text)

    def on_closed(self, reason: str) -> None:
        self.events.append("closed")
        self.closed.append(reason)


class Client:
    """The other end."""

    def __init__(self, *tracks: MediaStreamTrack, channel: str | None = "oai-events") -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        for track in tracks:
            self.connection.addTrack(track)
        self.messages: list[str] = []
        self.heard: list[np.ndarray] = []
        self.channel = self.connection.createDataChannel(channel or "something-else")
        self.channel.on("message", self.messages.append)
        self.connection.on("track", self._on_track)
        self._listening: list[asyncio.Task[None]] = []

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind == "audio":
            self._listening.append(asyncio.ensure_future(self._listen(track)))

    async def _listen(self, track: MediaStreamTrack) -> None:
        try:
            while True:
                frame = await track.recv()
                self.heard.append(frame.to_ndarray().reshape(-1, 2)[:, 0])
        except MediaStreamError:
            pass

    async def offer(self) -> str:
        await self.connection.createOffer()
        settle(self.connection, LOOPBACK)
        await self.connection.setLocalDescription()
        return self.connection.localDescription.sdp

    def shape(self, loss: float, jitter_s: float) -> None:
        """From now on media on the way to the server is lost, and held up, at random."""
        ice, chance, loop = self.connection.sctp.transport.transport, random.Random(1), asyncio.get_running_loop()
        send, on_the_way = ice._send, set()

        async def sending(data: bytes) -> None:
            with suppress(ConnectionError):
                await send(data)

        def now(data: bytes) -> None:
            task = loop.create_task(sending(data))
            on_the_way.add(task)
            task.add_done_callback(on_the_way.discard)

        async def shaped(data: bytes) -> None:
            if not 127 < data[0] < 192:
                await send(data)
            elif chance.random() >= loss:
                loop.call_later(chance.uniform(0, jitter_s), now, data)

        ice._send = shaped

    async def accept(self, answer: str) -> None:
        await self.connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def close(self) -> None:
        await self.connection.close()
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)


async def until(condition, seconds: float = 4.0) -> None:
    """Wait until condition() holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what is waited for tells nobody)
            await asyncio.sleep(0.01)


async def no_task_left(seconds: float = 1.0) -> None:
    """Nothing may run on but the test itself."""
    await until(lambda: len(asyncio.all_tasks()) == 1, seconds)
