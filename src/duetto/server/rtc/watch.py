"""Decoded pictures of a peer's tracks to its handler: a few each second, and only those are converted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

from duetto.server.rtc.peer import Picture, VideoStream
from duetto.server.rtc.pictures import Sampler


def _as_bgr(frame: VideoFrame) -> Picture:
    return np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)


class Watch:
    """Reads tracks. rate: pictures per second of each. now: ns. wanted: whether pictures are passed on at all."""

    def __init__(
        self,
        rate: float,
        now: Callable[[], int],
        wanted: Callable[[], bool],
        pass_on: Callable[[Picture, VideoStream], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._rate = rate
        self._now = now
        self._wanted = wanted
        self._pass_on = pass_on
        self._failed = failed
        self._samplers: list[Sampler] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.pictures = 0
        """Passed on."""

    @property
    def skipped(self) -> int:
        """Pictures decoded, but too many."""
        return sum(sampler.skipped for sampler in self._samplers)

    def begin(self, track: MediaStreamTrack, stream: VideoStream) -> None:
        """Watch one more track."""
        sampler = Sampler(self._rate)
        self._samplers.append(sampler)
        task = asyncio.get_running_loop().create_task(self._watch(track, stream, sampler))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, track: MediaStreamTrack, stream: VideoStream, sampler: Sampler) -> None:
        with suppress(MediaStreamError):
            while True:
                frame = await track.recv()
                if not isinstance(frame, VideoFrame) or not self._wanted() or not sampler(self._now()):
                    continue
                picture = await asyncio.to_thread(_as_bgr, frame)
                if self._wanted():
                    self.pictures += 1
                    self._pass_on(picture, stream)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed(error)
