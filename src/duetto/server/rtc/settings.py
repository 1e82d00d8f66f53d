"""What a WebRTC peer may use and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class IceServer:
    """A STUN or TURN server. url: e.g. "stun:host:3478" or "turn:host:3478?transport=udp"; the rest for TURN only."""

    url: str
    username: str = ""
    credential: str = ""


@dataclass(frozen=True, slots=True)
class RtcSettings:
    """Addresses, rates and limits of a WebRTC peer. Raises ValueError that names the field."""

    hosts: tuple[str, ...] = ()
    """Addresses of this machine to listen on for media; () for all but loopback, or loopback if there is no other."""
    ports: tuple[int, int] | None = None
    """First and last UDP port for media; a session takes one on each address. None: any free port."""
    announce: str = ""
    """Address told to clients in place of that of `hosts`, behind a one-to-one NAT; "" for none."""
    ice_servers: tuple[IceServer, ...] = ()
    """STUN and TURN servers, the first of each counts; none by default."""
    audio_rate: Literal[16000, 48000] = 16000
    """Samples per second of the sound handed on."""
    picture_rate: float = 5.0
    """Pictures handed on per second and stream, at most."""
    picture_pixels: int = 1920 * 1080
    """Pixels of a picture, at most; greater ones are not decoded."""
    offer_bytes: int = 64 * 1024
    """Length of an SDP offer, at most."""
    candidates: int = 16
    """Addresses of a client that are tried, at most; the rest is passed over."""
    message_bytes: int = 1024 * 1024
    """Bytes of messages that may wait for a client that does not read."""
    channels: int = 4
    """Data channels of a client beside oai-events, at most. Nothing of them is read."""
    voice_bit_rate: int = 32_000
    """Bits per second that the voice sent aims at; in speech it takes about half as much again."""
    voice_ahead_ms: int = 40
    """ms of voice kept ready, against a micro-turn that comes late."""
    voice_limit_ms: int = 1000
    """ms of voice that may wait; beyond it the oldest is dropped."""
    delay_most_ms: int = 400
    """ms that sound is held back against jitter, at most. What comes later still counts as lost."""
    gather_s: float = 5.0
    """Seconds to find the addresses of this machine, with those that STUN and TURN servers give."""
    connect_s: float = 15.0
    """Seconds from the answer until the connection stands."""
    open_s: float = 30.0
    """Seconds from the answer until the data channel oai-events is open."""

    def __post_init__(self) -> None:
        if self.audio_rate not in (16000, 48000):
            raise ValueError(f"audio_rate: 16000 or 48000 (got {self.audio_rate})")
        if self.ports is not None and not 1 <= self.ports[0] <= self.ports[1] <= 65535:
            raise ValueError(f"ports: first and last, 1 to 65535 (got {self.ports[0]} to {self.ports[1]})")
        if not 0 < self.picture_rate <= 60:
            raise ValueError(f"picture_rate: above 0 to 60 per second (got {self.picture_rate})")
        if not 20 <= self.voice_ahead_ms < self.voice_limit_ms:
            raise ValueError(f"voice_ahead_ms: 20 to less than voice_limit_ms (got {self.voice_ahead_ms})")
        if not 60 <= self.delay_most_ms <= 2000:
            raise ValueError(f"delay_most_ms: 60 to 2000 (got {self.delay_most_ms})")
