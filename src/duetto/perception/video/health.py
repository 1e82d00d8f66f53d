"""A stream that gives pictures in which there is nothing to see: black, frozen, or of another shape than before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2

from duetto.perception.video.jpeg import Picture
from duetto.timeline.clock import in_s, ms
from duetto.timeline.turn import Frame


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """When a picture is of no use, and when its user is told."""

    black: float = 10.0
    """Grey levels (of 255) that no part of a black picture reaches."""
    black_ms: float = 1000.0
    """Milliseconds for which it must be black before that is told."""
    frozen_ms: float = 10_000.0
    """Milliseconds for which a camera's picture must be the same to the byte: no sensor is without noise."""
    lively: int = 50
    """Frames that must have differed from the one before, and ten times as many as did not: of a drawn picture, or one
    that a program leaves out, nothing is said when it stays."""
    size_ms: float = 60_000.0
    """Milliseconds between two words about the size of the picture: some networks change it all the time."""


class Health:
    """Looks at each frame, and has at most one sentence about it."""

    def __init__(self, stream: Literal["camera", "screen"], settings: HealthSettings | None = None) -> None:
        self.settings = settings or HealthSettings()
        self.black = False
        """The picture is black, and that has been told."""
        self._stream = stream
        self._black_since: int | None = None
        self._size: tuple[int, int] | None = None
        self._size_told: int | None = None
        self._same: bytes = b""
        self._same_since = 0
        self._run = 0  # frames like the present one, after it
        self._repeated = 0  # frames of earlier runs
        self._changed = 0
        self._frozen = False

    def reshaped(self, frame: Frame) -> tuple[bool, str]:
        """Whether the picture shows a field of another shape than before; and what to say of its size, or ""."""
        before, self._size = self._size, (frame.width, frame.height)
        if before is None or before == self._size or 0 in (*before, *self._size):
            return False, ""
        ratio = (self._size[0] * before[1]) / (self._size[1] * before[0])
        told = self._size_told
        if told is not None and frame.at - told < ms(self.settings.size_ms):
            return abs(ratio - 1) > 0.03, ""
        self._size_told = frame.at
        now, was = (f"{wide}×{high}" for wide, high in (self._size, before))
        return abs(ratio - 1) > 0.03, f"The picture from the {self._stream} is now {now}; it was {was}."

    def see(self, frame: Frame, grey: Picture) -> str:
        """What is to be said of a frame, with its small grey picture, uint8 (90, 160); "" for nothing."""
        return self._blackness(frame.at, grey) or self._freeze(frame)

    def _blackness(self, at: int, grey: Picture) -> str:
        if int(cv2.resize(grey, (16, 9), interpolation=cv2.INTER_AREA).max()) > self.settings.black:
            since, self._black_since = self._black_since, None
            if not self.black or since is None:
                return ""
            self.black = False
            return f"The {self._stream} shows something again after {in_s(at - since):.1f} seconds."
        if self._black_since is None:
            self._black_since = at
        if self.black or at - self._black_since < ms(self.settings.black_ms):
            return ""
        self.black = True
        return f"The picture from the {self._stream} is black."

    def _freeze(self, frame: Frame) -> str:
        if frame.jpeg != self._same:
            self._same, self._same_since = frame.jpeg, frame.at
            if not self._frozen:
                self._repeated += self._run
            self._run = 0
            self._changed += 1
            was, self._frozen = self._frozen, False
            return f"The picture from the {self._stream} moves again." if was else ""
        self._run += 1
        if self._stream != "camera" or self._frozen or self.black:
            return ""
        if self._changed < self.settings.lively or self._repeated * 10 > self._changed:
            return ""
        if frame.at - self._same_since < ms(self.settings.frozen_ms):
            return ""
        self._frozen = True
        return f"The picture from the {self._stream} has not changed by a pixel for a while; it may be frozen."
