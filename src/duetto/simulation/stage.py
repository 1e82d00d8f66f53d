"""What the simulated user's camera shows: a room and a simple figure that walks and waves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.timeline.clock import in_s, s

Picture = NDArray[np.uint8]

WALL: Final = (196, 205, 210)
FLOOR: Final = (128, 150, 168)
WINDOW: Final = (235, 222, 190)
FRAME: Final = (90, 100, 110)
SKIN: Final = (150, 180, 225)
SHIRT: Final = (60, 70, 190)
TROUSERS: Final = (110, 70, 40)
HAIR: Final = (40, 50, 70)
"""Colours as blue, green, red."""


@dataclass(frozen=True, slots=True)
class Walk:
    """From one place to another in a span of media time (ns); places are shares of the picture's width."""

    start: int
    end: int
    origin: float
    target: float


class Stage:
    """Draws the picture at any media time: a function of what was set in motion, nothing else.

    width, height: pixels. Outside the picture (place −0.2 or 1.2) the figure is not seen.
    """

    def __init__(self, width: int = 640, height: int = 360) -> None:
        self.width, self.height = width, height
        self._walks: list[Walk] = []
        self._waves: list[tuple[int, int]] = []
        self._room = self._draw_room()

    def walk(self, start: int, seconds: float, target: float) -> None:
        """Walk from wherever the figure is at `start` (ns) to `target`."""
        self._walks.append(Walk(start, start + s(seconds), self._place(start), target))

    def wave(self, start: int, seconds: float) -> None:
        """Wave an arm for so long."""
        self._waves.append((start, start + s(seconds)))

    def picture(self, at: int) -> Picture:
        """The picture at media time `at` (ns): uint8, shape (height, width, 3), blue-green-red."""
        image = self._room.copy()
        place = self._place(at)
        if -0.2 < place < 1.2:
            walking = any(walk.start <= at < walk.end for walk in self._walks)
            waving = any(start <= at < end for start, end in self._waves)
            self._draw_figure(image, place * self.width, in_s(at), walking, waving)
        return image

    def _place(self, at: int) -> float:
        place = -0.2
        for walk in self._walks:
            if at >= walk.end:
                place = walk.target
            elif at >= walk.start:
                place = walk.origin + (walk.target - walk.origin) * (at - walk.start) / (walk.end - walk.start)
        return place

    def _draw_room(self) -> Picture:
        w, h = self.width, self.height
        room = np.empty((h, w, 3), np.uint8)
        room[:] = WALL
        room[int(h * 0.78) :] = FLOOR
        left, right, top, bottom = int(w * 0.64), int(w * 0.88), int(h * 0.14), int(h * 0.52)
        cv2.rectangle(room, (left, top), (right, bottom), WINDOW, -1)
        cv2.rectangle(room, (left, top), (right, bottom), FRAME, 4)
        cv2.line(room, ((left + right) // 2, top), ((left + right) // 2, bottom), FRAME, 3)
        cv2.line(room, (0, int(h * 0.78)), (w, int(h * 0.78)), FRAME, 2)
        return room

    def _draw_figure(self, image: Picture, x: float, time: float, walking: bool, waving: bool) -> None:
        h = self.height
        unit = h / 360
        stride = math.sin(time * 7) * 22 * unit if walking else 6 * unit
        hip, neck, head = h * 0.62, h * 0.40, h * 0.31

        def point(dx: float, y: float) -> tuple[int, int]:
            return round(x + dx), round(y)

        thick = max(2, round(13 * unit))
        for side in (-1, 1):
            cv2.line(image, point(side * 8 * unit, hip), point(side * stride, h * 0.88), TROUSERS, thick, cv2.LINE_AA)
        cv2.line(image, point(0, neck), point(0, hip), SHIRT, round(40 * unit), cv2.LINE_AA)
        cv2.line(image, point(-18 * unit, neck + 6), point(-30 * unit, hip - 8), SHIRT, thick, cv2.LINE_AA)
        if waving:
            swing = math.sin(time * 9) * 26 * unit
            elbow = point(46 * unit, neck - 4 * unit)
            cv2.line(image, point(18 * unit, neck + 6), elbow, SHIRT, thick, cv2.LINE_AA)
            cv2.line(image, elbow, point(46 * unit + swing, neck - 58 * unit), SKIN, thick, cv2.LINE_AA)
        else:
            cv2.line(image, point(18 * unit, neck + 6), point(30 * unit, hip - 8), SHIRT, thick, cv2.LINE_AA)
        cv2.circle(image, point(0, head), round(24 * unit), SKIN, -1, cv2.LINE_AA)
        cv2.ellipse(image, point(0, head - 6 * unit), (round(25 * unit), round(20 * unit)), 0, 180, 360, HAIR, -1)
        for side in (-1, 1):
            cv2.circle(image, point(side * 8 * unit, head + 2 * unit), max(1, round(2.4 * unit)), HAIR, -1, cv2.LINE_AA)
        mouth = point(0, head + 12 * unit)
        cv2.ellipse(image, mouth, (round(8 * unit), round(4 * unit)), 0, 0, 180, (70, 70, 160), 2, cv2.LINE_AA)
