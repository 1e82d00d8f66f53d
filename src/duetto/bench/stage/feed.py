"""Feeds an item's pictures into a session's inputs, each at its media time: drawn ones, or those of a video file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from duetto.bench.stage.film import Film
from duetto.bench.stage.page import Pages
from duetto.bench.stage.schedule import length_of_camera, length_of_screen
from duetto.bench.track import LONGEST_TRACK, Camera, Screen
from duetto.media.video_file import VideoFileFeeder
from duetto.session import Feeder
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import in_s, s

Picture = NDArray[np.uint8]


class PicturesIn(Protocol):
    """Where pictures go: media time (ns), and uint8 (h, w, 3)."""

    def push(self, at: int, picture: Picture, /) -> object: ...
    def close(self) -> None: ...


class Drawn:
    """Pushes pictures as they are drawn, `rate` a second, up to `length` seconds."""

    def __init__(self, picture: Callable[[float], Picture], rate: float, length: float, into: PicturesIn) -> None:
        self._picture = picture
        self._period = round(s(1.0) / rate)
        self._end = s(length)
        self._into = into
        self._next = 0
        self._ended = False

    def feed(self, until: int) -> None:
        """Draw and push what is due before media time `until` (ns)."""
        while self._next < min(until, self._end):
            self._into.push(self._next, self._picture(in_s(self._next)))
            self._next += self._period
        if until >= self._end:
            self.close()

    @property
    def finished(self) -> bool:
        return self._ended

    def notices(self) -> tuple[Fault, ...]:
        return ()

    def close(self) -> None:
        if not self._ended:
            self._ended = True
            self._into.close()


class Later:
    """An input for a video that begins later, at `begins` (ns)."""

    def __init__(self, into: PicturesIn, begins: int) -> None:
        self._into, self._begins = into, begins

    def push(self, at: int, picture: Picture, /) -> object:
        return self._into.push(at + self._begins, picture)

    def close(self) -> None:
        self._into.close()


class Played:
    """A video file from `begins` seconds on; its first picture before that, twice a second.

    lasts: seconds after which no more of it is shown, 0 for all of it.
    """

    def __init__(self, path: Path, begins: float, into: PicturesIn, lasts: float = 0.0) -> None:
        self._begins = s(begins)
        self._ends = s(lasts) if lasts else None
        self._into = into
        self._file: VideoFileFeeder[Later] = VideoFileFeeder(path, Later(into, self._begins))
        self._first = first_picture(path)
        self._next = 0

    @property
    def length(self) -> float:
        """Seconds in all, with what comes before."""
        duration = self._file.duration
        whole = in_s(self._begins + duration) if duration else LONGEST_TRACK
        return whole if self._ends is None else min(whole, in_s(self._ends))

    def feed(self, until: int) -> None:
        """Push what is due before media time `until` (ns)."""
        while self._next < min(until, self._begins):
            self._into.push(self._next, self._first)
            self._next += s(0.5)
        if self._ends is not None and until >= self._ends:
            self._file.close()
        else:
            self._file.feed(until - self._begins)

    @property
    def finished(self) -> bool:
        return self._file.finished

    def notices(self) -> tuple[Fault, ...]:
        return self._file.notices()

    def close(self) -> None:
        self._file.close()


class _Kept:
    def __init__(self) -> None:
        self.first: Picture | None = None

    def push(self, at: int, picture: Picture, /) -> None:
        if self.first is None:
            self.first = picture

    def close(self) -> None:
        """Nothing to release."""


def first_picture(path: Path) -> Picture:
    """The first picture of a video file. Raises MediaError."""
    kept = _Kept()
    feeder = VideoFileFeeder(path, kept)
    until = 0
    while kept.first is None:
        until += s(0.1)
        feeder.feed(until)
    feeder.close()
    return kept.first


def camera_feeder(camera: Camera, folder: str, into: PicturesIn) -> tuple[Feeder, float]:
    """What feeds a camera's track into an input, and its length in seconds. folder: where its video lies.

    Raises MediaError where that cannot be played.
    """
    if camera.video:
        played = Played(Path(folder) / camera.video, camera.begins, into, camera.lasts or LONGEST_TRACK)
        return played, min(played.length + 1.0, LONGEST_TRACK)
    film = Film(camera)
    return Drawn(film.picture, camera.rate, film.length, into), length_of_camera(camera)


def screen_feeder(screen: Screen, into: PicturesIn) -> tuple[Feeder, float]:
    """What feeds a screen's track into an input, and its length in seconds."""
    pages = Pages(screen)
    return Drawn(pages.picture, screen.rate, pages.length, into), length_of_screen(screen)
