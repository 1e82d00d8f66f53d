"""The pictures of a camera's track, at any time: room, people, light, a hand that shakes, a sensor's noise.

A picture depends on track and time only, so the same item shows the same to the byte.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.bench.stage.acting import people
from duetto.bench.stage.figure import View, draw, looks_of, scale_for
from duetto.bench.stage.moves import smooth
from duetto.bench.stage.room import breeze, curtain, hash_of, room_of
from duetto.bench.stage.schedule import length_of_camera, schedule
from duetto.bench.track import Camera

Picture = NDArray[np.uint8]

WIDTH: Final = 640
HEIGHT: Final = 360
FLOOR: Final = 0.93
"""Where feet stand, as a share of the picture's height."""
DRIFT: Final = 23.0
"""Seconds in which light that drifts has come back."""


class Film:
    """Draws a camera's pictures: uint8 (360, 640, 3), blue-green-red."""

    def __init__(self, camera: Camera, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.camera = camera
        self.width, self.height = width, height
        self.length = length_of_camera(camera)
        self._curtains = [s for s in schedule(camera) if s.act.does == "curtain"]
        self._phases = np.random.default_rng(camera.seed).uniform(0, 2 * math.pi, 8)

    def picture(self, time: float) -> Picture:
        """The picture at that time, seconds."""
        camera = self.camera
        image = room_of(camera.room, camera.seed, self.width, self.height).copy()
        if self._curtains:
            curtain(image, self._swayed(time), camera.seed)
        scale = scale_for(camera.size, self.height)
        for person in sorted(people(camera, time), key=lambda one: -one.who):
            floor = self.height * FLOOR - 0.012 * self.height * person.who
            view = View(person.place * self.width, floor, scale, math.radians(person.turn))
            draw(image, person.pose, view, looks_of(camera.seed, person.who))
        image = np.asarray(cv2.GaussianBlur(image, (3, 3), 0.7), np.uint8)
        if camera.shake:
            image = self._shaken(image, time)
        light = self.light(time)
        if abs(light - 1) > 0.002:
            image = np.asarray(cv2.convertScaleAbs(image, alpha=light), np.uint8)
        return self._noisy(image, time) if camera.noise else image

    def light(self, time: float) -> float:
        """How bright it is, 1 is usual."""
        camera = self.camera
        light = camera.light
        for stretch in schedule(camera):
            if stretch.act.does == "lamp" and time > stretch.start:
                share = smooth((time - stretch.start) / (stretch.end - stretch.start))
                light += (stretch.act.level * camera.light - light) * share
        return light * (1 + camera.drift * math.sin(2 * math.pi * time / DRIFT + self._phases[0]))

    def _swayed(self, time: float) -> float:
        return sum(breeze(min(max(time, s.start), s.end) - s.start) for s in self._curtains)

    def _shaken(self, image: Picture, time: float) -> Picture:
        p = self._phases
        dx = math.sin(2.1 * time + p[1]) + 0.6 * math.sin(5.3 * time + p[2]) + 0.3 * math.sin(13.7 * time + p[3])
        dy = math.sin(1.7 * time + p[4]) + 0.6 * math.sin(6.1 * time + p[5]) + 0.3 * math.sin(15.1 * time + p[6])
        by = self.camera.shake / 1.9
        way = np.array([[1, 0, by * dx], [0, 1, by * dy]], np.float32)
        size = (image.shape[1], image.shape[0])
        moved = cv2.warpAffine(image, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
        return np.asarray(moved, np.uint8)

    def _noisy(self, image: Picture, time: float) -> Picture:
        tile = _noise(self.camera.noise, self.height, self.width)
        place = hash_of(f"{self.camera.seed}:{round(time * 1000)}")
        top, left = place % 61, place // 61 % 59
        noise = tile[top : top + self.height, left : left + self.width]
        return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)


@lru_cache(maxsize=4)
def _noise(level: float, height: int, width: int) -> NDArray[np.int16]:
    """Noise of a sensor, a little larger than the picture: brightness, and less of colour."""
    dice = np.random.default_rng(17)
    grey = dice.normal(0, level, (height + 64, width + 64, 1))
    colour = dice.normal(0, level * 0.5, (height + 64, width + 64, 3))
    return np.round(grey + colour).astype(np.int16)
