"""How a server serves: small frozen dataclasses, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

MIB: Final = 1024 * 1024


def _at_least(least: float, **values: float) -> None:
    for name, value in values.items():
        if not value >= least:
            raise ValueError(f"{name}: at least {least:g} is needed (got {value:g})")


@dataclass(frozen=True, slots=True)
class Rate:
    """A token bucket: so much a second on average, and so much at once after a quiet time."""

    per_second: float
    """Refill, units a second."""
    burst: float
    """Units that may come at once."""

    def __post_init__(self) -> None:
        if self.per_second <= 0 or self.burst <= 0:
            raise ValueError(f"rate: more than 0 is needed (got {self.per_second:g} a second, {self.burst:g} at once)")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection, one key and all together may take. Each bound has its own clear refusal."""

    sessions: int = 200
    """Conversations open at once in this process."""
    sessions_per_key: int = 50
    """Conversations open at once with one API key; without keys it does not count."""
    connections: int = 1000
    """WebSocket connections open at once in this process, with and without a conversation."""
    message_bytes: int = 15 * MIB
    """Size of one WebSocket message, bytes; the connection is closed with 1009 beyond it. It bounds what a message
    can decode to as well: nothing is compressed, and base64 only shrinks."""
    body_bytes: int = 2 * MIB
    """Size of the body of an HTTP request, bytes."""
    messages: Rate = Rate(500, 2000)
    """Messages a second on one connection. Beyond it the connection is read more slowly; nothing is lost."""
    bytes: Rate = Rate(4 * MIB, 32 * MIB)
    """Bytes a second on one connection, in the same way."""
    key_messages: Rate = Rate(10_000, 40_000)
    """Messages a second of all connections of one API key together."""
    key_bytes: Rate = Rate(64 * MIB, 256 * MIB)
    """Bytes a second of all connections of one API key together."""
    requests: Rate = Rate(50, 200)
    """HTTP requests that make something (client secrets, calls, sessions) a second, of one API key or, without keys,
    of all. Beyond it: 429."""
    outbox_bytes: int = 4 * MIB
    """Bytes that may wait for a reader that is slow. Beyond it the connection is closed with 1008."""
    sound_age_s: float = 2.0
    """Seconds that sound may wait for a slow reader; older sound would come too late and is not sent."""
    ping_s: float = 20.0
    """Seconds between pings. A connection without an answer for as long again is closed."""
    opening_s: float = 30.0
    """Seconds in which a new connection must have begun its conversation."""
    hello_s: float = 0.0
    """Seconds that a Realtime connection may take to speak first where its address does not say that it will
    (`duetto=1`). A client of duetto's extension then has its say in how the conversation begins, and a client that
    comes back needs no new one; others wait for us to begin."""
    farewell_s: float = 5.0
    """Seconds that a closing connection may take to send what still waits."""

    def __post_init__(self) -> None:
        _at_least(1, sessions=self.sessions, sessions_per_key=self.sessions_per_key, connections=self.connections)
        _at_least(1024, message_bytes=self.message_bytes, body_bytes=self.body_bytes, outbox_bytes=self.outbox_bytes)
        _at_least(0.01, sound_age_s=self.sound_age_s, ping_s=self.ping_s, opening_s=self.opening_s)
        _at_least(0, farewell_s=self.farewell_s, hello_s=self.hello_s)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where and for whom a server serves."""

    host: str = "127.0.0.1"
    """Address to bind to. One that other machines can reach needs `keys`."""
    port: int = 8000
    """Port of HTTP; 0 for any that is free."""
    https_port: int | None = 8443
    """Port of HTTPS; 0 for any that is free, None for no HTTPS."""
    names: tuple[str, ...] = ()
    """Further host names and addresses that the server is reached by: for its certificate and the check of `Host`."""
    keys: Path | None = None
    """File of API keys. None: open, on loopback only."""
    origins: tuple[str, ...] = ()
    """Origins (https://app.example) whose pages may use the server, beside its own; "*" for all."""
    state: Path | None = None
    """Folder of what the server keeps between starts, None for the platform's own."""
    recordings: Path | None = None
    """Folder for recordings of sessions that ask for one. None: nothing is ever recorded."""
    studio: Path | None = None
    """Folder of the page at `/`; None for no page."""
    models: tuple[str, ...] = ("duetto",)
    """Names in the list of models. A client may ask for any name: it gets the same."""
    workers: int = 1
    """Processes that serve behind the one port."""
    drain_s: float = 20.0
    """Seconds that conversations may go on after SIGTERM."""
    grace_s: float = 30.0
    """Seconds that a conversation goes on without its client, where the client asked to be able to come back."""
    checkpoints: bool = True
    """Keep in the state folder what another process needs to go on with such a conversation when its own has died."""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        for name, port in (("port", self.port), ("https_port", self.https_port)):
            if port is not None and not 0 <= port <= 65535:
                raise ValueError(f"{name}: 0 to 65535 (got {port})")
        if self.port and self.port == self.https_port:
            raise ValueError(f"https_port: it must differ from port (got {self.port} for both)")
        if not 1 <= self.workers <= 256:
            raise ValueError(f"workers: 1 to 256 processes (got {self.workers})")
        _at_least(0, drain_s=self.drain_s, grace_s=self.grace_s)
        for origin in self.origins:
            if origin != "*" and not is_origin(origin):
                raise ValueError(f"origins: https://host or https://host:port is needed (got {origin!r})")
        if self.keys is None and not is_loopback(self.host):
            raise ValueError(
                f"host: {self.host} can be reached from other machines, so API keys are needed: "
                "make one with `duetto serve keys add NAME`, or bind to 127.0.0.1"
            )


def is_loopback(host: str) -> bool:
    """Only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def is_origin(text: str) -> bool:
    """A scheme, a host and perhaps a port, as browsers send it."""
    scheme, found, rest = text.partition("://")
    return bool(found and scheme.isalnum() and rest) and not any(mark in rest for mark in "/?# ,")
