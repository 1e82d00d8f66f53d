"""A bad network in front of a server: what comes in is held up, in order, as TCP has it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Shape:
    """jitter_s: each message is held up by 0 to so many seconds. loss: share of packets that are lost.

    Over UDP a lost packet does not come, and those that are held up longer come after later ones. TCP loses nothing and
    keeps the order: a lost message comes `again_s` later, the least that Linux waits before it sends again, and so does
    all that is behind it.
    """

    loss: float = 0.05
    jitter_s: float = 0.2
    again_s: float = 0.2


@contextmanager
def shaped(ws: str, shape: Shape, seed: int = 1) -> Iterator[str]:
    """A proxy before the server at `ws`, a thread of this process: its address."""
    host, _, port = ws.rpartition("/")[2].partition(":")
    loop = asyncio.new_event_loop()
    tasks: set[asyncio.Task[None]] = set()
    dice = random.Random(seed)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            there, back = await asyncio.open_connection(host, int(port))
            way = _Held(writer=back, shape=shape, dice=dice)
            pumps = {
                asyncio.create_task(_pump(reader, way)),
                asyncio.create_task(way.run()),
                asyncio.create_task(_straight(there, writer)),
            }
            tasks.update(pumps)
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            tasks.difference_update(pumps)
            back.close()
        writer.close()

    async def begin() -> asyncio.Server:
        return await asyncio.start_server(connected, "127.0.0.1", 0)

    async def end() -> None:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0.1)

    thread = threading.Thread(target=loop.run_forever, name="bad-network", daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(10)
    try:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class _Held:
    """What is on its way to the server, with when it may go on."""

    def __init__(self, writer: asyncio.StreamWriter, shape: Shape, dice: random.Random) -> None:
        self._writer = writer
        self._shape = shape
        self._dice = dice
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._came = asyncio.Event()
        self._ended = False

    def put(self, data: bytes) -> None:
        held = self._dice.uniform(0, self._shape.jitter_s)
        if self._dice.random() < self._shape.loss:
            held += self._shape.again_s
        self._waiting.append((asyncio.get_running_loop().time() + held, data))
        self._came.set()

    def end(self) -> None:
        self._ended = True
        self._came.set()

    async def run(self) -> None:
        while self._waiting or not self._ended:
            if not self._waiting:
                self._came.clear()
                await self._came.wait()
                continue
            at, data = self._waiting.popleft()
            await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
            self._writer.write(data)
            await self._writer.drain()


async def _pump(reader: asyncio.StreamReader, way: _Held) -> None:
    while data := await reader.read(CHUNK):
        way.put(data)
    way.end()
    await asyncio.Event().wait()


async def _straight(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(CHUNK):
        writer.write(data)
        await writer.drain()
