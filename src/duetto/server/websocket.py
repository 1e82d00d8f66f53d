"""Between one WebSocket and its line: read at a bounded pace, written as it takes it, ended in a bounded time."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from duetto.server.limits import Pace
from duetto.server.line import Line
from duetto.server.outlet import POLICY, Outlet

log = logging.getLogger("duetto.server")

AT_ONCE: Final = 16
"""Messages of one connection that are taken in before others have their turn."""
MOST_PAUSE_S: Final = 2.0
"""A connection above its rate is not read for so many seconds at most, at a time: its answers to pings wait too."""
MOST_REASON: Final = 123
"""Bytes that a close frame has for its reason (RFC 6455, 5.5)."""


async def converse(
    websocket: WebSocket, line: Line, outlet: Outlet, receive: Callable[[str], None], gone: Callable[[], None]
) -> None:
    """Carry messages both ways on an accepted WebSocket, until either side ends.

    receive: takes what comes. gone: is told that the connection is over. Neither raises.
    """
    house = line.house
    timer = asyncio.get_running_loop().call_later(house.limits.opening_s, _late, line, outlet)
    house.metrics.connections.inc()
    reading = asyncio.create_task(_read(websocket, line, receive))
    writing = asyncio.create_task(_write(websocket, line, outlet))
    ending = asyncio.create_task(outlet.ended.wait())
    tasks: set[asyncio.Task[Any]] = {reading, writing, ending}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if outlet.ending is not None and not reading.done():  # what waits may still go out, for a while
            await asyncio.wait({reading, writing}, timeout=house.limits.farewell_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        timer.cancel()
        house.metrics.connections.dec()
        for task in tasks:
            task.cancel()
        gone()
        await asyncio.wait(tasks)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("%s: a connection failed", line.kind, exc_info=error)


def _late(line: Line, outlet: Outlet) -> None:
    if line.seat is None:
        outlet.finish(POLICY, f"no conversation was begun within {line.house.limits.opening_s:g} s")


async def _read(websocket: WebSocket, line: Line, receive: Callable[[str], None]) -> None:
    house = line.house
    now, limits, metrics = house.now, house.limits, house.metrics
    messages, size = metrics.way(line.kind, "in")
    slowed = metrics.slowed.labels(line.kind)
    own = Pace(limits.messages, limits.bytes, now())
    taken = 0
    while True:
        event = await websocket.receive()
        if event["type"] != "websocket.receive":
            return
        text: str | None = event.get("text")
        if text is None:
            text = event["bytes"].decode(errors="replace")  # JSON in a binary frame; nonsense is for the wire to refuse
        length = len(text)
        messages.inc()
        size.inc(length)
        receive(text)
        taken += 1
        pause = own.take(length, now())
        if line.identity.owner:
            pause = max(pause, house.allowances.pace(line.identity.owner).take(length, now()))
        if pause > 0:
            pause = min(pause, MOST_PAUSE_S)
            slowed.inc(pause)
            await asyncio.sleep(pause)
        elif taken % AT_ONCE == 0:
            await asyncio.sleep(0)


async def _write(websocket: WebSocket, line: Line, outlet: Outlet) -> None:
    messages, size = line.house.metrics.way(line.kind, "out")
    with contextlib.suppress(WebSocketDisconnect, OSError):
        while (message := await outlet.next()) is not None:
            messages.inc()
            size.inc(len(message))
            await websocket.send_text(message if isinstance(message, str) else message.decode())
        if outlet.ending is not None and websocket.application_state is WebSocketState.CONNECTED:
            code, reason = outlet.ending
            await websocket.close(code, cut(reason))


def cut(reason: str) -> str:
    """As much of a reason as a close frame has room for."""
    data = reason.encode()
    return reason if len(data) <= MOST_REASON else data[: MOST_REASON - 3].decode(errors="ignore") + "…"
