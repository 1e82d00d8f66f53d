"""The talk that every Python client holds, step by step, whatever it speaks through. Standard library only: each client
runs in an environment of its own.

A client script makes a `Talk`, tells it what it hears of the server, and calls `hold` with what sends sound and what
closes the connection. Each step is a line of JSON on standard output: {"step", "ok", "detail"}.
"""

from __future__ import annotations

import array
import asyncio
import json
import os
import random
import time
import traceback
import wave
from collections.abc import Awaitable, Callable

HTTP = os.environ["DUETTO_HTTP"]
"""host:port that takes plain connections."""
HTTPS = os.environ["DUETTO_HTTPS"]
AUTHORITY = os.environ["DUETTO_CA"]
SPEECH = os.environ["DUETTO_SPEECH"]
BLOCK_S = 0.04
LOUD = 400
"""Samples beyond this are speech: duetto's silence is digital."""
PATIENCE_S = 20.0
TIMER = {
    "type": "function",
    "name": "set_timer",
    "description": "Set a timer.",
    "parameters": {"type": "object", "properties": {"minutes": {"type": "integer"}}, "required": ["minutes"]},
}
TIMER_SET = "the timer runs"
"""What the client's function gives back."""


class Talk:
    """What was seen so far. A client calls `heard`, `said`, `sound`, `stopped` and `called` as things come."""

    def __init__(self, rate: int = 24_000, *, signals: bool = True) -> None:
        """rate: of the user's sound, Hz. signals: the protocol tells its client when to stop playing."""
        self.rate = rate
        self.signals = signals
        self.connected = asyncio.Event()
        self.user = ""
        self.agent = ""
        self.loud_s = 0.0
        self.sounds = 0
        self.last_loud = 0.0
        self.stops: list[float] = []
        self.calls: list[object] = []
        self.problems: list[str] = []
        self._queue: list[bytes] = []
        self._room = random.Random(1)

    # --- what the client sees -------------------------------------------------------------------------------------

    def heard(self, text: str | None) -> None:
        """Words of the user, as the server understood them."""
        self.user = " ".join([*self.user.split(), *(text or "").lower().split()])

    def said(self, text: str | None) -> None:
        """Words of the answer."""
        self.agent = " ".join([*self.agent.split(), *(text or "").lower().split()])

    def sound(self, data: bytes, rate: int = 24_000) -> None:
        """Sound of the answer: int16 mono."""
        samples = array.array("h", data[: len(data) // 2 * 2])
        self.sounds += 1
        for first in range(0, len(samples), 240):
            block = samples[first : first + 240]
            if max(max(block), -min(block)) > LOUD:
                self.loud_s += len(block) / rate
                self.last_loud = time.monotonic()

    def stopped(self) -> None:
        """The client was told to play no more."""
        self.stops.append(time.monotonic())

    def called(self, arguments: object) -> str:
        """The client's function was called. Returns its outcome."""
        self.calls.append(arguments)
        return TIMER_SET

    def trouble(self, text: object) -> None:
        """Something the server should not have sent, or the client could not take."""
        self.problems.append(str(text))

    # --- the talk -------------------------------------------------------------------------------------------------

    async def hold(self, send: Callable[[bytes], Awaitable[object]], close: Callable[[], Awaitable[object]]) -> None:
        """All steps, once the client has begun to connect. send: takes 40 ms of sound."""
        await self._step("connect", self._connect())
        microphone = asyncio.create_task(self._microphone(send))
        try:
            await self._step("transcript", self._transcript())
            await self._step("answer", self._answer())
            await self._step("interrupt", self._interrupt())
            await self._step("tool", self._tool())
        finally:
            microphone.cancel()
            await asyncio.wait([microphone])
        await self._step("close", self._close(close))

    async def _connect(self) -> str:
        began = time.monotonic()
        await asyncio.wait_for(self.connected.wait(), PATIENCE_S)
        return f"{(time.monotonic() - began) * 1000:.0f} ms"

    async def _transcript(self) -> str:
        await asyncio.sleep(0.5)  # nobody speaks in the moment in which they are connected
        await self._say("sum")
        await self._until(lambda: "twelve" in self.user and "seven" in self.user, "the user's words")
        return self.user.strip()

    async def _answer(self) -> str:
        await self._until(lambda: "eighty" in self.agent and self.loud_s > 0.5, "the answer")
        await self._quiet()
        return f"{self.agent.strip()!r}, {self.loud_s:.1f} s of speech"

    async def _interrupt(self) -> str:
        agent, loud = len(self.agent), self.loud_s
        await self._say("count")
        await self._until(lambda: self.loud_s - loud > 1.0, "a long answer")
        stops, began = len(self.stops), time.monotonic()
        await self._say("over")
        if self.signals:
            await self._until(lambda: len(self.stops) > stops, "the word that playing is to stop")
        await self._until(lambda: "noon" in self.agent[agent:], "the answer to what was said over it")
        await self._quiet()
        said = self.agent[agent:]
        if "nineteen" in said:
            raise AssertionError(f"it spoke on: {said!r}")
        told = ""
        if self.signals:
            told = f"told to stop {(self.stops[stops] - began) * 1000:.0f} ms after it was spoken over; "
        return f"{told}{said.strip()!r}"

    async def _tool(self) -> str:
        agent, loud = len(self.agent), self.loud_s
        await self._say("timer")
        await self._until(lambda: bool(self.calls), "a call of the function")
        await self._until(
            lambda: "timer is set" in self.agent[agent:] and self.loud_s > loud, "the reply to its outcome"
        )
        await self._quiet()
        if len(self.calls) != 1:
            raise AssertionError(f"called {len(self.calls)} times")
        if self.agent[agent:].count("timer is set") != 1:
            raise AssertionError(f"said more than once: {self.agent[agent:]!r}")
        return f"{self.calls[0]} -> {self.agent[agent:].strip()!r}"

    async def _close(self, close: Callable[[], Awaitable[object]]) -> str:
        await asyncio.wait_for(close(), PATIENCE_S)
        if self.problems:
            raise AssertionError("; ".join(self.problems[:4]))
        return ""

    async def _step(self, name: str, work: Awaitable[str]) -> None:
        try:
            detail, ok = await work, True
        except Exception as error:
            detail, ok = f"{type(error).__name__}: {error} [heard {self.user!r}, said {self.agent!r}]", False
            traceback.print_exc()
        print(json.dumps({"step": name, "ok": ok, "detail": detail}), flush=True)
        if not ok and name == "connect":
            raise SystemExit(1)

    # --- sound and time -------------------------------------------------------------------------------------------

    async def _say(self, name: str) -> None:
        """Say it, to its end."""
        with wave.open(f"{SPEECH}/{name}-{self.rate}.wav") as file:
            data = file.readframes(file.getnframes())
        size = 2 * round(self.rate * BLOCK_S)
        self._queue += [data[first : first + size].ljust(size, b"\0") for first in range(0, len(data), size)]
        await self._until(lambda: not self._queue, "its own speech")

    async def _microphone(self, send: Callable[[bytes], Awaitable[object]]) -> None:
        """A microphone is never still: what is to be said, else a little noise."""
        size, began, sent = round(self.rate * BLOCK_S), time.monotonic(), 0
        while True:
            await asyncio.sleep(began + sent * BLOCK_S - time.monotonic())
            noise = array.array("h", (round(self._room.gauss(0, 8)) for _ in range(size))).tobytes()
            try:
                await send(self._queue.pop(0) if self._queue else noise)
            except Exception as error:
                self.trouble(f"sending failed: {error!r}")
                return
            sent += 1

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: not within {PATIENCE_S:.0f} s")
            await asyncio.sleep(0.02)

    async def _quiet(self) -> None:
        """Until nothing has been said for a second."""
        await self._until(lambda: time.monotonic() - self.last_loud > 1.0, "silence")
