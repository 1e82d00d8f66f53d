"""A wire tap: passes bytes on between a client and the server unchanged, and knows afterwards what the server said."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Final

MOST: Final = 256 << 20
"""Bytes of the server's that are kept."""


class Tap:
    """Listens on a free port of the loopback interface; `port` is what the client is pointed at."""

    def __init__(self, to_port: int) -> None:
        self._to = to_port
        self._kept: list[bytearray] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self.port = 0

    def __enter__(self) -> Tap:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    def messages(self) -> list[bytes]:
        """Whole text messages of all the WebSockets that went through, in order."""
        return [message for kept in self._kept for message in websocket_messages(bytes(kept))]

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        kept = bytearray()
        self._kept.append(kept)
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pass(reader, to_server, None), _pass(from_server, writer, kept))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray | None) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            if kept is not None and len(kept) < MOST:
                kept += data
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


def websocket_messages(data: bytes) -> list[bytes]:
    """Text messages in what a server sent on one connection (RFC 6455, 5.2); none where it is plain HTTP."""
    head, found, rest = data.partition(b"\r\n\r\n")
    if not found or b" 101 " not in head.split(b"\r\n", 1)[0]:
        return []
    messages, part, at = [], b"", 0
    while len(rest) - at >= 2:
        first, length = rest[at], rest[at + 1] & 0x7F
        at += 2
        if length > 125:
            size = 2 if length == 126 else 8
            length = int.from_bytes(rest[at : at + size], "big")
            at += size
        payload = rest[at : at + length]
        at += length
        if len(payload) < length:
            break  # cut off
        if first & 0x0F in (0, 1):
            part += payload
            if first & 0x80:
                messages.append(part)
                part = b""
    return messages
