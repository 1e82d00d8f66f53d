"""Serve: sockets, HTTP and HTTPS in one process and on one loop, signals, drain."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import uvicorn
from starlette.applications import Starlette

from duetto.server.app import make_app
from duetto.server.neighbours import Neighbours
from duetto.server.patience import PatientHTTP
from duetto.server.service import Service
from duetto.server.settings import Limits

log = logging.getLogger("duetto.server")
BACKLOG: Final = 2048
DEAD_S: Final = 30
"""Seconds after which a peer that takes nothing any more is given up, whatever waits for it (TCP_USER_TIMEOUT)."""
RENEWAL_S: Final = 24 * 3600.0


@dataclass(frozen=True)
class Listener:
    """A socket that is bound, and how TLS is spoken on it, if it is."""

    socket: socket.socket
    context: ssl.SSLContext | None = None

    @property
    def address(self) -> tuple[str, int]:
        host, port, *_ = self.socket.getsockname()
        return host, port


def bind(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket bound to an address, not listening yet. shared: other processes of ours bind to it too.

    Raises OSError that names the address.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is accepted has these too
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_S * 1000)
        made.bind(address)
    except OSError as error:
        made.close()
        raise OSError(f"{host}:{port} cannot be used: {error.strerror or error}") from None
    made.setblocking(False)
    return made


def bind_local(path: Path) -> socket.socket:
    """A socket of this machine's own, for this user only. One that was left there is replaced."""
    path.unlink(missing_ok=True)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.bind(str(path))
    path.chmod(0o600)
    made.setblocking(False)
    return made


async def serve(
    service: Service,
    listeners: Sequence[Listener],
    *,
    stop: asyncio.Event,
    hurry: asyncio.Event,
    started: Callable[[], None] = lambda: None,
    neighbours: Neighbours | None = None,
    renew: Callable[[], None] | None = None,
) -> bool:
    """Serve until `stop`, then drain until `hurry` at most. False when the engine failed.

    started: is called when connections are accepted. neighbours: other processes behind the same port.
    renew: loads certificates anew; called once a day.
    """
    app, own = make_app(service, neighbours), make_app(service, local=True)
    limits = service.settings.limits
    servers = [_Server(_config(app, listener, limits)) for listener in listeners]
    if neighbours is not None:
        service.auth.elsewhere = neighbours.secret
        local = Listener(bind_local(neighbours.own_socket))
        listeners = [*listeners, local]
        servers.append(_Server(_config(own, local, limits)))
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(service.running())
        serving = [
            asyncio.create_task(server.serve([listener.socket]))
            for server, listener in zip(servers, listeners, strict=True)
        ]
        renewing = asyncio.create_task(_renew(renew)) if renew is not None else None
        try:
            ready: asyncio.Future[Any] = asyncio.gather(*(server.ready.wait() for server in servers))
            await asyncio.wait([ready, *serving], return_when=asyncio.FIRST_COMPLETED)
            if ready.done():
                started()
            waits: list[asyncio.Task[Any]] = [asyncio.create_task(event.wait()) for event in (stop, service.failed)]
            await asyncio.wait([*waits, *serving], return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
            await service.drain(hurry)
        finally:
            if renewing is not None:
                renewing.cancel()
            for server in servers:
                server.should_exit = True
            await asyncio.gather(*serving)
    return not service.health.failed


@contextlib.contextmanager
def signals(stop: asyncio.Event, hurry: asyncio.Event, *, interrupts: bool = True) -> Iterator[None]:
    """Within: SIGTERM and, where it is ours, SIGINT set `stop`; the second one `hurry`."""
    loop = asyncio.get_running_loop()

    def on_signal() -> None:
        (hurry if stop.is_set() else stop).set()

    numbers = (signal.SIGTERM, signal.SIGINT) if interrupts else (signal.SIGTERM,)
    for number in numbers:
        loop.add_signal_handler(number, on_signal)
    if not interrupts:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


class _Server(uvicorn.Server):
    """Signals are ours: they drain first. ready: connections are accepted."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(app: Starlette, listener: Listener, limits: Limits) -> uvicorn.Config:
    config = uvicorn.Config(
        app,
        http=PatientHTTP,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=limits.message_bytes,
        ws_ping_interval=limits.ping_s,
        ws_ping_timeout=limits.ping_s,
        lifespan="off",
        log_config=None,  # its lines would show keys in queries
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=2,
    )
    config.load()
    config.ssl = listener.context
    return config


async def _renew(renew: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(RENEWAL_S)
        try:
            await asyncio.to_thread(renew)
        except Exception:
            log.exception("the certificate could not be renewed")
