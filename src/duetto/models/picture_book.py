"""The pictures of a conversation that a brain may be shown: few, the newest among them."""

from __future__ import annotations

from collections import deque
from typing import Literal

from duetto.timeline.job import Picture
from duetto.timeline.turn import Turn


class PictureBook:
    """Keeps, of camera and screen each, pictures at least `gap` ns apart, and the newest. most: how many are shown."""

    def __init__(self, most: int, gap: int) -> None:
        self._most = most
        self._gap = gap
        self._spaced: dict[Literal["camera", "screen"], deque[Picture]] = {
            "camera": deque(maxlen=max(1, most)),
            "screen": deque(maxlen=max(1, most)),
        }
        self._newest: dict[str, Picture] = {}
        self._given: deque[tuple[str, Picture]] = deque(maxlen=max(1, most))  # each with its source

    def take(self, turn: Turn) -> None:
        """Look at what a micro-turn brought."""
        if not self._most:
            return
        for stream, spaced in self._spaced.items():
            frames = turn.camera if stream == "camera" else turn.screen
            if not frames:
                continue
            picture = Picture(stream, frames[-1].at, frames[-1].jpeg)
            self._newest[stream] = picture
            if not spaced or picture.at - spaced[-1].at >= self._gap:
                spaced.append(picture)

    def give(self, at: int, jpeg: bytes, source: str = "") -> None:
        """A picture that the application gives at media time `at` (ns). source: by which it is erased."""
        if self._most:
            self._given.append((source, Picture("given", at, jpeg)))

    def erase(self, source: str) -> None:
        """Show what the application gave under this source no more."""
        kept = [given for given in self._given if given[0] != source]
        self._given = deque(kept, maxlen=self._given.maxlen)

    @property
    def shown(self) -> tuple[Picture, ...]:
        """The newest of each stream, then the newest of the others, at most `most` in all; oldest first."""
        given = [picture for _, picture in self._given]
        newest = sorted([*self._newest.values(), *given], key=lambda picture: picture.at, reverse=True)
        others = [picture for spaced in self._spaced.values() for picture in spaced if picture not in newest]
        others.sort(key=lambda picture: picture.at, reverse=True)
        return tuple(sorted([*newest, *others][: self._most], key=lambda picture: picture.at))
