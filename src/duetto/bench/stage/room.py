"""What is behind: a room with some furniture and texture, drawn once; and a curtain that can sway."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.bench.track import Room

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

HORIZON: Final = 0.72
"""Where the floor begins, as a share of the picture's height."""
_WALLS: Final[dict[str, tuple[Colour, Colour]]] = {
    "wall": ((205, 210, 214), (150, 160, 168)),
    "living room": ((186, 200, 208), (98, 128, 158)),
    "gym": ((150, 150, 148), (84, 78, 74)),
    "office": ((214, 214, 208), (120, 118, 116)),
    "garden": ((222, 196, 150), (92, 148, 104)),
}


@lru_cache(maxsize=8)
def room_of(room: Room, seed: int, width: int, height: int) -> Picture:
    """The empty room: uint8 (height, width, 3), blue-green-red. It is shared: copy it before drawing into it."""
    dice = np.random.default_rng(abs(hash_of(f"{room}:{seed}")))
    wall, floor = _WALLS[room]
    image = np.empty((height, width, 3), np.float32)
    horizon = int(height * HORIZON)
    image[:horizon] = wall
    image[horizon:] = floor
    shade = np.linspace(1.06, 0.9, width, dtype=np.float32)[None, :, None]
    image *= shade if seed % 2 else shade[:, ::-1]
    for cell, strength in ((90, 7.0), (24, 4.0), (5, 3.0)):
        coarse = dice.normal(0, 1, (height // cell + 2, width // cell + 2)).astype(np.float32)
        image += strength * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)[:, :, None]
    picture = np.clip(image, 0, 255).astype(np.uint8)
    _floor(picture, room, horizon, dice)
    _furniture(picture, room, horizon, dice)
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), 0.9), np.uint8)


def hash_of(text: str) -> int:
    """A number of a text, the same in every process."""
    number = 0
    for letter in text:
        number = (number * 131 + ord(letter)) % (1 << 31)
    return number


def _floor(image: Picture, room: str, horizon: int, dice: np.random.Generator) -> None:
    height, width = image.shape[:2]
    if room == "garden":
        for _ in range(1400):
            x, y = int(dice.integers(0, width)), int(dice.integers(horizon, height))
            tone = int(dice.integers(-26, 26))
            cv2.line(image, (x, y), (x + int(dice.integers(-2, 3)), y - 5), (82 + tone, 140 + tone, 96 + tone), 1)
        return
    for n in range(-12, 13):
        x = width / 2 + n * width * 0.055
        end = (round(width / 2 + n * width * 0.16), height)
        cv2.line(image, (round(x), horizon), end, tuple(int(c * 0.86) for c in _WALLS[room][1]), 1, cv2.LINE_AA)
    cv2.line(image, (0, horizon), (width, horizon), tuple(int(c * 0.6) for c in _WALLS[room][0]), 3, cv2.LINE_AA)


def _furniture(image: Picture, room: str, horizon: int, dice: np.random.Generator) -> None:
    height, width = image.shape[:2]

    def box(x: float, y: float, w: float, h: float, colour: Colour, edge: float = 0.7) -> None:
        a, b = (round(x * width), round(y * height)), (round((x + w) * width), round((y + h) * height))
        cv2.rectangle(image, a, b, colour, -1)
        cv2.rectangle(image, a, b, tuple(int(c * edge) for c in colour), 2, cv2.LINE_AA)

    shift = float(dice.uniform(-0.05, 0.05))
    match room:
        case "living room":
            box(0.66 + shift, 0.10, 0.24, 0.36, (228, 214, 186))
            box(0.775 + shift, 0.10, 0.01, 0.36, (120, 130, 140))
            box(0.03, 0.46, 0.30, 0.34, (110, 96, 138))
            box(0.03, 0.60, 0.30, 0.20, (124, 108, 150))
            box(0.10, 0.12, 0.14, 0.18, (90, 120, 150))
            cv2.circle(image, (round(width * 0.17), round(height * 0.21)), round(height * 0.06), (160, 180, 90), -1)
        case "gym":
            for n in range(4):
                box(0.06 + 0.07 * n, 0.56 - 0.02 * n, 0.05, 0.18 + 0.02 * n, (50, 50, 58))
            box(0.62 + shift, 0.14, 0.32, 0.44, (190, 186, 176))
            box(0.02, 0.08, 0.02, 0.66, (60, 60, 160))
        case "office":
            for n in range(4):
                box(0.70, 0.12 + 0.14 * n, 0.24, 0.02, (96, 116, 140))
                for k in range(7):
                    tone = tuple(int(v) for v in dice.integers(60, 210, 3))
                    box(0.71 + 0.031 * k, 0.03 + 0.14 * n, 0.024, 0.09, (tone[0], tone[1], tone[2]))
            box(0.04, 0.58, 0.30, 0.04, (104, 128, 150))
            box(0.10, 0.36, 0.18, 0.20, (60, 58, 56))
        case "garden":
            for n in range(9):
                x, y = int(width * (0.05 + 0.115 * n)), int(horizon - height * 0.06)
                radius = int(height * dice.uniform(0.08, 0.16))
                cv2.circle(image, (x, y), radius, (60, 112 + 5 * (n % 4), 66), -1, cv2.LINE_AA)
        case _:
            box(0.08 + shift, 0.16, 0.12, 0.20, (150, 170, 190))


def curtain(image: Picture, time: float, seed: int) -> None:
    """A curtain at the picture's edge, where it is at this time of its swaying, seconds."""
    height, width = image.shape[:2]
    left = bool(seed % 2)
    top, bottom = int(height * 0.06), int(height * 0.66)
    ys = np.linspace(top, bottom, 24)
    swing = np.sin(ys / height * 5 - 2.4 * time) * (ys - top) / height * width * 0.05
    for n in range(4):
        base = width * (0.02 + 0.03 * n)
        inner = base + width * 0.03 + swing
        outer = np.full_like(ys, base) + swing
        xs = np.concatenate((outer, inner[::-1]))
        xs = xs if left else width - xs
        polygon = np.stack((xs, np.concatenate((ys, ys[::-1]))), axis=1).round().astype(np.int32)
        tone = (150, 140, 180) if n % 2 else (128, 120, 160)
        cv2.fillPoly(image, [polygon], tone, cv2.LINE_AA)


def breeze(time: float) -> float:
    """How far into its swaying a curtain is that has moved for so long; the beginning is gentle."""
    return time - math.sin(time) if time < math.pi else time
