"""A WebRTC peer by aiortc, which does the connection, the encryption and the data channel.

What comes in is taken from it packet by packet (`taps`), and the voice is given to it packet by packet.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from aiortc import RTCConfiguration, RTCDataChannel, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcconfiguration import RTCBundlePolicy
from numpy.typing import NDArray

from duetto.server.rtc.decimate import Decimator
from duetto.server.rtc.ice import ice_connections, settle
from duetto.server.rtc.jitter import Steady, SteadySettings
from duetto.server.rtc.offer import Offer, asking_for_spare, read_offer
from duetto.server.rtc.opus import RTP_RATE, OpusDecoder
from duetto.server.rtc.peer import PeerHandler, PeerStats, VideoStream
from duetto.server.rtc.pictures import PictureBuffer
from duetto.server.rtc.settings import RtcSettings
from duetto.server.rtc.taps import SoundTap, backlog, codecs, stand_in
from duetto.server.rtc.voice_queue import VoiceQueue, VoiceQueueSettings
from duetto.server.rtc.voice_track import VoiceTrack
from duetto.server.rtc.watch import Watch
from duetto.timeline.clock import Clock, WallClock, ms
from duetto.timeline.turn import VOICE_RATE

log = logging.getLogger(__name__)

CHANNEL: Final = "oai-events"
"""Label of the data channel that carries the protocol."""
TICK: Final = ms(20)
"""Sound goes in and out once per tick."""
DRAIN_S: Final = 0.5
"""Seconds given to messages on their way out when the server closes."""
STREAMS: Final[tuple[VideoStream, ...]] = ("camera", "screen")
MS_PER_SAMPLE: Final = 1000 / RTP_RATE


class AiortcPeer:
    """One client. Made by `AiortcPeerFactory`."""

    def __init__(
        self,
        offer: Offer,
        handler: PeerHandler,
        settings: RtcSettings,
        clock: Clock,
        forget: Callable[[AiortcPeer], None],
    ) -> None:
        self._handler = handler
        self._forget = forget
        self._settings = settings
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._connection = RTCPeerConnection(
            RTCConfiguration(
                iceServers=[
                    RTCIceServer(server.url, server.username or None, server.credential or None)
                    for server in settings.ice_servers
                ],
                bundlePolicy=RTCBundlePolicy.MAX_BUNDLE,
            )
        )
        self._channel: RTCDataChannel | None = None
        self._other_channels = 0
        self._reason: str | None = None
        self._shutting: asyncio.Task[None] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._ticking: asyncio.TimerHandle | None = None
        self._next_tick = 0
        self._told_large = False
        self._watch = Watch(settings.picture_rate, clock.now, self._listening, handler.on_video, self._failed)
        self._steady = Steady(OpusDecoder(), SteadySettings(rate=RTP_RATE, most_ms=settings.delay_most_ms))
        self._decimate = Decimator() if settings.audio_rate != RTP_RATE else None
        self._voice = VoiceQueue(VoiceQueueSettings(settings.voice_ahead_ms, settings.voice_limit_ms))
        self._track = VoiceTrack(self._voice, settings.voice_bit_rate) if offer.audio else None
        self._arrange(offer)

    def _arrange(self, offer: Offer) -> None:
        """Transceivers in the order of the offer's m-lines, each with its one codec."""
        connection = self._connection
        if self._track is not None:
            audio = connection.addTransceiver(self._track, "sendrecv")
            audio.setCodecPreferences(codecs("audio", "audio/opus"))
            stand_in(audio.receiver, SoundTap(self._steady, self._clock.now))
        for _ in range(offer.videos):
            video = connection.addTransceiver("video", "recvonly")
            video.setCodecPreferences(codecs("video", "video/VP8", "video/rtx"))
            buffer = PictureBuffer(
                self._settings.picture_pixels, backlog(video.receiver), self._clock.now, self._on_too_large
            )
            stand_in(video.receiver, buffer)
        connection.on("track", self._on_track)
        connection.on("datachannel", self._on_channel)
        connection.on("connectionstatechange", self._on_state)

    async def negotiate(self, sdp: str) -> None:
        """Answer the offer. Raises ValueError, ConnectionError; the peer is of no use then."""
        try:
            await self._connection.setRemoteDescription(RTCSessionDescription(sdp, "offer"))
            description = await self._connection.createAnswer()
        except Exception as error:  # aiortc raises whatever it trips over
            raise ValueError(f"the SDP offer cannot be answered ({type(error).__name__}: {str(error)[:100]})") from None
        settle(self._connection, self._settings, self._on_lost)
        try:
            async with asyncio.timeout(self._settings.gather_s):
                await self._connection.setLocalDescription(description)
        except TimeoutError:
            raise ConnectionError(
                f"the addresses of this server could not be found within {self._settings.gather_s:g} s"
            ) from None
        if not any(connection.local_candidates for connection in ice_connections(self._connection)):
            raise ConnectionError("this server has no free address and port for media")
        later = self._loop.call_later
        self._timers += [
            later(self._settings.connect_s, self._expect_connected),
            later(self._settings.open_s, self._expect_open),
        ]
        self._next_tick = self._clock.now()
        self._tick()

    @property
    def answer(self) -> str:
        return asking_for_spare(self._connection.localDescription.sdp)

    @property
    def stats(self) -> PeerStats:
        steady, voice = self._steady, self._voice
        return PeerStats(
            received=steady.received,
            late=steady.late,
            duplicate=steady.duplicate,
            concealed_ms=steady.concealed * MS_PER_SAMPLE,
            restored_ms=steady.restored * MS_PER_SAMPLE,
            delay_ms=steady.delay_ms,
            pictures=self._watch.pictures,
            skipped=self._watch.skipped,
            voice_dry=voice.dry,
            voice_dropped_ms=voice.dropped * 1000 / VOICE_RATE,
            voice_waiting_ms=len(voice) * 1000 / VOICE_RATE,
        )

    def send_message(self, text: str) -> bool:
        channel = self._channel
        if channel is None or self._reason is not None or channel.readyState != "open":
            return False
        waiting = channel.bufferedAmount
        if waiting > self._settings.message_bytes:
            self._end(f"the client does not read its messages: {waiting} bytes wait")
            return False
        channel.send(text)
        return True

    def send_voice(self, samples: NDArray[Any]) -> None:
        if self._reason is None and self._track is not None:
            self._voice.write(np.asarray(samples, np.int16))

    def flush_voice(self) -> int:
        return self._voice.flush()

    async def close(self, reason: str = "the server closed the connection") -> None:
        self._end(reason, drain=True)
        assert self._shutting is not None
        await asyncio.shield(self._shutting)

    async def abandon(self) -> None:
        """The offer could not be answered: take down what there is, and tell nobody."""
        self._reason = "not answered"
        await self._shut(drain=False)

    # From here on: what happens to the peer.

    def _call(self, call: Callable[..., None], *args: Any) -> None:
        """Do something that may fail, the handler's part above all. An error ends this peer, not the loop."""
        try:
            call(*args)
        except Exception as error:
            self._failed(error)

    def _failed(self, error: BaseException) -> None:
        log.error("a WebRTC peer failed", exc_info=error)
        self._end("an error in the server")

    def _end(self, reason: str, *, drain: bool = False) -> None:
        """Close once, for this reason. drain: let messages go out first."""
        if self._reason is not None:
            return
        self._reason = reason
        for timer in self._timers:
            timer.cancel()
        if self._ticking is not None:
            self._ticking.cancel()
        self._shutting = self._loop.create_task(self._shut(drain))
        self._call(self._handler.on_closed, reason)

    async def _shut(self, drain: bool) -> None:
        channel = self._channel
        if drain and channel is not None:
            # Its own bookkeeping of what is on the way is all that aiortc offers.
            for _ in range(round(DRAIN_S / 0.02)):
                if channel.readyState != "open" or not (channel.bufferedAmount or channel.transport._outbound_queue):
                    break
                await asyncio.sleep(0.02)
        await self._watch.close()
        if self._track is not None:
            self._track.stop()
        try:
            await self._connection.close()
        except Exception:  # whatever is wrong in there, this peer is closed
            log.exception("aiortc could not close a connection")
        self._forget(self)

    def _expect_connected(self) -> None:
        if self._connection.connectionState != "connected":
            self._end(f"no connection within {self._settings.connect_s:g} s")

    def _expect_open(self) -> None:
        if self._channel is None:
            self._end(f'the data channel "{CHANNEL}" was not opened within {self._settings.open_s:g} s')

    def _on_lost(self) -> None:
        self._end("the connection to the client was lost")

    def _on_state(self) -> None:
        state = self._connection.connectionState
        if state == "failed":
            self._on_lost()
        elif state == "closed":
            self._end("the client closed the connection")

    def _on_channel(self, channel: RTCDataChannel) -> None:
        if self._reason is not None:
            return
        if channel.label != CHANNEL or self._channel is not None:
            self._other_channels += 1
            if self._other_channels > self._settings.channels:
                self._end(f"more than {self._settings.channels} other data channels")
            return
        self._channel = channel
        channel.on("message", self._on_message)
        channel.on("close", self._on_channel_close)
        self._call(self._handler.on_open)

    def _listening(self) -> bool:
        """Whether the handler is told anything now."""
        return self._channel is not None and self._reason is None

    def _on_message(self, message: str | bytes) -> None:
        if self._reason is None:
            text = message if isinstance(message, str) else message.decode("utf-8", "replace")
            self._call(self._handler.on_message, text)

    def _on_channel_close(self) -> None:
        self._end("the client closed the data channel")

    def _on_too_large(self, width: int, height: int) -> None:
        if not self._told_large and self._listening():
            self._told_large = True
            most = self._settings.picture_pixels
            text = f"video: pictures of {width} x {height} are not looked at, at most {most} pixels are taken"
            self._call(self._handler.on_problem, text)

    def _on_track(self, track: MediaStreamTrack) -> None:
        if track.kind != "video":
            return
        receivers = [t.receiver for t in self._connection.getTransceivers() if t.kind == "video"]
        place = next(n for n, receiver in enumerate(receivers) if receiver.track is track)
        self._watch.begin(track, STREAMS[place])

    def _tick(self) -> None:
        """Every 20 ms by the clock: sound in, voice out. When the loop stood still, the grid is kept."""
        now = self._clock.now()
        ticks = 1 + max(0, now - self._next_tick) // TICK
        self._next_tick += ticks * TICK
        self._ticking = self._loop.call_later(max(0, self._next_tick - now) / 1e9, self._tick)
        self._call(self._sound, now, ticks)

    def _sound(self, now: int, ticks: int) -> None:
        if self._track is not None:
            self._track.tick(ticks)
        sound = self._steady.take(now)
        if len(sound) and self._listening():
            self._handler.on_audio(self._decimate(sound) if self._decimate else sound)


class AiortcPeerFactory:
    """Makes peers, and closes those that are left."""

    def __init__(self, settings: RtcSettings | None = None, clock: Clock | None = None) -> None:
        self._settings = settings or RtcSettings()
        self._clock = clock or WallClock()
        self._peers: set[AiortcPeer] = set()

    async def connect(self, offer: str, handler: PeerHandler) -> AiortcPeer:
        read = read_offer(offer, self._settings)
        peer = AiortcPeer(read, handler, self._settings, self._clock, self._peers.discard)
        self._peers.add(peer)
        try:
            await peer.negotiate(read.sdp)
        except BaseException:
            await peer.abandon()
            raise
        return peer

    async def close(self) -> None:
        await asyncio.gather(*(peer.close("the server is shutting down") for peer in list(self._peers)))
