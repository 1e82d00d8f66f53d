"""What a WebRTC session costs the server: ms of processor time per second of session.

    python -m bench.rtc_cost [seconds]

The clients are in another process. Sound both ways all the time, and with pictures VP8 at 320 x 240 and 30 a second,
of which 5 are handed on. Nothing is done with what comes: this is the transport alone.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from fractions import Fraction
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray

from duetto.server.rtc.aiortc_peer import AiortcPeerFactory
from duetto.server.rtc.ice import settle
from duetto.server.rtc.peer import Picture, Sound, VideoStream
from duetto.server.rtc.settings import RtcSettings
from duetto.timeline.turn import VOICE_RATE

SETTINGS = RtcSettings(hosts=("127.0.0.1",))
SLICE_S = 0.04
CASES = ((1, False), (4, False), (1, True))
"""Sessions, with pictures."""


def hum(count: int, rate: int) -> NDArray[np.int16]:
    """Something like speech: harmonics that swell, and noise."""
    time = np.arange(count) / rate
    tone = sum(np.sin(2 * np.pi * 120 * n * time) / n for n in range(1, 15))
    noise = np.random.default_rng(1).standard_normal(count)
    return np.rint(3000 * tone * (1 + np.sin(2 * np.pi * 3 * time)) / 2 + 150 * noise).astype(np.int16)


class Hum(AudioStreamTrack):
    """The user, humming."""

    def __init__(self) -> None:
        super().__init__()
        self._sound = hum(8000, 8000)

    async def recv(self) -> AudioFrame:
        frame = await super().recv()
        assert isinstance(frame, AudioFrame) and frame.pts is not None
        at = frame.pts % 8000
        frame.planes[0].update(self._sound[at : at + 160].tobytes())
        return frame


class Drift(VideoStreamTrack):
    """A pattern that moves."""

    def __init__(self) -> None:
        super().__init__()
        self._pattern = np.random.default_rng(2).integers(0, 255, (24, 32, 3)).repeat(10, 0).repeat(10, 1)

    async def recv(self) -> VideoFrame:
        pts, base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(np.roll(self._pattern, pts // 3000, 1).astype(np.uint8), format="bgr24")
        frame.pts, frame.time_base = pts, Fraction(base.numerator, base.denominator)
        return frame


class Nothing:
    """A handler that counts."""

    def __init__(self) -> None:
        self.samples = 0
        self.pictures = 0

    def on_open(self) -> None: ...

    def on_message(self, text: str) -> None: ...

    def on_audio(self, samples: Sound) -> None:
        self.samples += len(samples)

    def on_video(self, picture: Picture, stream: VideoStream) -> None:
        self.pictures += 1

    def on_problem(self, text: str) -> None: ...

    def on_closed(self, reason: str) -> None: ...


def clients(pipe: Connection, count: int, pictures: bool) -> None:
    """The other process: offers, then lives until told to stop."""

    async def main() -> None:
        peers = []
        for _ in range(count):
            peer = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
            peer.addTrack(Hum())
            if pictures:
                peer.addTrack(Drift())
            peer.createDataChannel("oai-events")
            await peer.createOffer()
            settle(peer, SETTINGS)
            await peer.setLocalDescription()
            pipe.send(peer.localDescription.sdp)
            answer = await asyncio.to_thread(pipe.recv)
            await peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
            peers.append(peer)
        await asyncio.to_thread(pipe.recv)
        await asyncio.gather(*(peer.close() for peer in peers))

    asyncio.run(main())


def processor_ms() -> float:
    """Of this process so far, all its threads."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (used.ru_utime + used.ru_stime) * 1000


async def measure(pipe: Connection, count: int, seconds: float) -> dict[str, Any]:
    """Serve `count` sessions for so long."""
    loop = asyncio.get_running_loop()
    factory, handlers = AiortcPeerFactory(SETTINGS), [Nothing() for _ in range(count)]
    peers = []
    for handler in handlers:
        peer = await factory.connect(await asyncio.to_thread(pipe.recv), handler)
        pipe.send(peer.answer)
        peers.append(peer)
    voice = hum(VOICE_RATE, VOICE_RATE)
    size = round(VOICE_RATE * SLICE_S)
    while not all(handler.samples for handler in handlers):  # noqa: ASYNC110 (what is waited for tells nobody)
        await asyncio.sleep(0.05)
    begin, before, heard = loop.time(), processor_ms(), sum(handler.samples for handler in handlers)
    for number in range(round(seconds / SLICE_S)):
        at = number * size % VOICE_RATE
        for peer in peers:
            peer.send_voice(voice[at : at + size])
        await asyncio.sleep(max(0.0, begin + (number + 1) * SLICE_S - loop.time()))
    passed, used = loop.time() - begin, processor_ms() - before
    heard = sum(handler.samples for handler in handlers) - heard
    stats = [peer.stats for peer in peers]
    await factory.close()
    return {
        "ms of processor per s": round(used / passed, 1),
        "heard / passed": round(heard / 16000 / passed / count, 3),
        "pictures per s": round(sum(handler.pictures for handler in handlers) / passed, 1),
        "delay ms": round(max(stat.delay_ms for stat in stats)),
        "late packets": sum(stat.late for stat in stats),
    }


def main() -> None:
    """Each case, a line."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    context = get_context("spawn")
    for count, pictures in CASES:
        ours, theirs = context.Pipe()
        process = context.Process(target=clients, args=(theirs, count, pictures))
        process.start()
        result = asyncio.run(measure(ours, count, seconds))
        ours.send("stop")
        process.join(10)
        print(f"{count} session(s){', pictures' if pictures else ''}: {result}")


if __name__ == "__main__":
    main()
