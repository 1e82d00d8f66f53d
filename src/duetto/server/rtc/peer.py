"""What the server knows of WebRTC: a peer that sends and receives, the handler it calls, the factory that makes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.int16]
"""Mono samples, int16 (n,)."""
Picture = NDArray[np.uint8]
"""A picture, uint8 BGR (height, width, 3)."""
VideoStream = Literal["camera", "screen"]


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Counts since a peer began.

    received, late, duplicate: packets of the user's sound. concealed_ms: of it made up for what was lost, or silence.
    restored_ms: of it lost, and told by the packet after it.
    delay_ms: how long it is held back now, against jitter. pictures: handed on; skipped: decoded, but too many.
    voice_dry: times the voice sent had run dry within speech. voice_dropped_ms: of it dropped, too much waited.
    voice_waiting_ms: of it not sent yet.
    """

    received: int = 0
    late: int = 0
    duplicate: int = 0
    concealed_ms: float = 0.0
    restored_ms: float = 0.0
    delay_ms: float = 0.0
    pictures: int = 0
    skipped: int = 0
    voice_dry: int = 0
    voice_dropped_ms: float = 0.0
    voice_waiting_ms: float = 0.0


class PeerHandler(Protocol):
    """Is told what comes from a client, on the event loop. Nothing comes before `on_open`, nothing after `on_closed`.

    When one of these raises, the peer is closed.
    """

    def on_open(self) -> None:
        """The data channel oai-events is open: messages may be sent."""
        ...

    def on_message(self, text: str) -> None:
        """A message on oai-events. Bytes that are no UTF-8 are replaced, so that the protocol can complain."""
        ...

    def on_audio(self, samples: Sound) -> None:
        """The next sound of the user, int16 (n,) at `RtcSettings.audio_rate`: multiples of 10 ms, without a gap.

        Its clock is that of the client's RTP timestamps: as many samples as time has passed there. What was lost is
        concealed or silent.
        """
        ...

    def on_video(self, picture: Picture, stream: VideoStream) -> None:
        """A picture of now. The first video m-line of the offer is the camera, the second the screen."""
        ...

    def on_problem(self, text: str) -> None:
        """Something of the client's cannot be used, in a plain sentence; the session goes on."""
        ...

    def on_closed(self, reason: str) -> None:
        """The peer is closed: a plain sentence says why. Comes once, also after `Peer.close`."""
        ...


class Peer(Protocol):
    """One client's WebRTC connection. Used on the event loop."""

    @property
    def answer(self) -> str:
        """The SDP answer, with all candidates."""
        ...

    @property
    def stats(self) -> PeerStats: ...

    def send_message(self, text: str) -> bool:
        """Send on oai-events; false if it is not open. Raises ValueError for a message that the client cannot take.

        When more than `RtcSettings.message_bytes` wait because the client does not read, the peer closes.
        """
        ...

    def send_voice(self, samples: NDArray[Any]) -> None:
        """The next sound of the voice, int16 (n,) at 24 kHz. Goes out at the clock's pace; nothing is silence."""
        ...

    def flush_voice(self) -> int:
        """Throw away the voice not sent yet; returns how many samples that were."""
        ...

    async def close(self, reason: str = "the server closed the connection") -> None:
        """Send what messages wait, for half a second at most, and end the connection. Again is harmless."""
        ...


class PeerFactory(Protocol):
    """Makes peers."""

    async def connect(self, offer: str, handler: PeerHandler) -> Peer:
        """Answer a client's SDP offer. The peer exists from then on, and closes by itself if no connection comes.

        Raises ValueError: what is wrong with the offer; ConnectionError: this machine cannot be reached.
        """
        ...

    async def close(self) -> None:
        """Close all peers."""
        ...
