"""Draws a posed body: limbs with a round shade, clothes, hands, shoes, a head with a face."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.bench.stage.skeleton import TALL, J, Pose, unit

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]
Circle = tuple[float, float, float]

DISTANCE: Final = 4.5
"""Metres from the camera to the middle of a body."""
EYE: Final = 1.15
"""Height of the camera, metres."""
SKINS: Final[tuple[Colour, ...]] = ((150, 180, 228), (120, 155, 205), (85, 115, 165), (60, 82, 120), (165, 195, 235))
SHIRTS: Final[tuple[Colour, ...]] = (
    (60, 60, 190),
    (170, 110, 40),
    (70, 140, 60),
    (60, 170, 210),
    (200, 190, 185),
    (70, 60, 60),
)
TROUSERS: Final[tuple[Colour, ...]] = ((105, 75, 45), (60, 55, 55), (95, 105, 115), (50, 60, 90))
HAIRS: Final[tuple[Colour, ...]] = ((30, 35, 45), (40, 65, 105), (90, 140, 190), (95, 95, 100), (25, 40, 85))
"""Colours as blue, green, red."""


@dataclass(frozen=True, slots=True)
class Looks:
    """What a person looks like. girth: of the body, 1 is usual. sleeves, shorts: bare arms or legs below them."""

    skin: Colour
    shirt: Colour
    trousers: Colour
    hair: Colour
    shoes: Colour
    girth: float
    sleeves: bool
    shorts: bool
    long_hair: bool


@lru_cache(maxsize=32)
def looks_of(seed: int, who: int) -> Looks:
    """The looks of a person of a track."""
    dice = random.Random(f"{seed}:looks:{who}")
    skin = dice.choice(SKINS)
    return Looks(
        skin=skin,
        shirt=dice.choice(SHIRTS),
        trousers=dice.choice(TROUSERS),
        hair=dice.choice([hair for hair in HAIRS if sum(abs(a - b) for a, b in zip(hair, skin, strict=True)) > 90]),
        shoes=dice.choice(((235, 235, 235), (40, 40, 45), (60, 60, 170))),
        girth=dice.uniform(0.9, 1.15),
        sleeves=dice.random() < 0.35,
        shorts=dice.random() < 0.35,
        long_hair=dice.random() < 0.4,
    )


@dataclass(frozen=True, slots=True)
class View:
    """From a body's metres to pixels. x: of its middle, floor: of its feet. scale: pixels a metre. turn: radians."""

    x: float
    floor: float
    scale: float
    turn: float

    def project(self, points: Pose) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Pixels (n, 2), pixels a metre there (n,), and nearness to the camera in metres (n,)."""
        cosine, sine = math.cos(self.turn), math.sin(self.turn)
        across = points[:, 0] * cosine + points[:, 2] * sine
        near = -points[:, 0] * sine + points[:, 2] * cosine
        by = DISTANCE / (DISTANCE - near)
        y = self.floor - self.scale * (by * (points[:, 1] - EYE) + EYE)
        return np.stack((self.x + self.scale * by * across, y), axis=1), self.scale * by, near


class Pen:
    """Draws rounded shapes with fractions of pixels."""

    SHIFT: Final = 4

    def __init__(self, image: Picture) -> None:
        self.image = image

    def hull(self, circles: list[Circle], colour: Colour) -> None:
        """What a band around circles (x, y, radius) would hold."""
        angles = np.linspace(0, 2 * math.pi, 20, endpoint=False)
        ring = np.stack((np.cos(angles), np.sin(angles)), axis=1)
        points = np.concatenate([np.array((x, y)) + r * ring for x, y, r in circles]) * (1 << self.SHIFT)
        hull = cv2.convexHull(np.clip(points, -(1 << 20), 1 << 20).astype(np.int32))
        cv2.fillConvexPoly(self.image, hull, colour, cv2.LINE_AA, self.SHIFT)

    def shaded(self, circles: list[Circle], colour: Colour, light: float = 0.35) -> None:
        """The same, darker at its edges and lighter towards above and left, as something round is."""
        for shrink, tone, aside in ((1.0, 0.76, 0.0), (0.84, 0.89, 0.06), (0.62, 1.0, 0.14), (0.34, 1.1, 0.24)):
            moved = [(x - aside * r * light * 2, y - aside * r, r * shrink) for x, y, r in circles]
            self.hull(moved, toned(colour, tone))

    def ellipse(self, x: float, y: float, wide: float, high: float, turn: float, colour: Colour) -> None:
        at = (round(x * 16), round(y * 16))
        axes = (max(1, round(wide * 16)), max(1, round(high * 16)))
        cv2.ellipse(self.image, at, axes, turn, 0, 360, colour, -1, cv2.LINE_AA, self.SHIFT)


def toned(colour: Colour, by: float) -> Colour:
    """The colour, lighter or darker."""
    b, g, r = (min(255, round(part * by)) for part in colour)
    return (b, g, r)


def draw(image: Picture, pose: Pose, view: View, looks: Looks) -> None:
    """Draw a body into the picture, what is far first."""
    points, scales, near = view.project(pose)
    pen = Pen(image)
    _shadow(image, points, view)
    girth = looks.girth

    def circle(name: str, radius: float, towards: str = "", share: float = 0.0) -> Circle:
        at, scale = points[J[name]], scales[J[name]]
        if towards:
            at = at + share * (points[J[towards]] - at)
        return (float(at[0]), float(at[1]), float(scale * radius))

    parts: list[tuple[float, str, str]] = [(float(near[J["pelvis"]] + near[J["neck"]]) / 2 + 0.10, "torso", "")]
    for side in ("left", "right"):
        parts.append((float(near[J[f"{side} hip"]] + near[J[f"{side} knee"]]) / 2, "leg", side))
        parts.append((float(near[J[f"{side} elbow"]] + near[J[f"{side} wrist"]]) / 2 + 0.12, "arm", side))
    parts.append((float(near[J["head"]]), "head", ""))
    for _, part, side in sorted(parts):
        if part == "leg":
            bare = looks.skin if looks.shorts else looks.trousers
            foot = [circle(f"{side} ankle", 0.05), circle(f"{side} toe", 0.035)]
            pen.shaded(foot, looks.shoes)
            pen.shaded([circle(f"{side} knee", 0.058 * girth), circle(f"{side} ankle", 0.042)], bare)
            if looks.shorts:
                calf = circle(f"{side} knee", 0.055 * girth, f"{side} ankle", 0.3)
                pen.shaded([circle(f"{side} knee", 0.056 * girth), calf], bare)
            pen.shaded([circle(f"{side} hip", 0.092 * girth), circle(f"{side} knee", 0.064 * girth)], looks.trousers)
        elif part == "arm":
            below = looks.shirt if looks.sleeves else looks.skin
            hand = circle(f"{side} elbow", 0.034, f"{side} wrist", 1.22)
            tip = circle(f"{side} elbow", 0.026, f"{side} wrist", 1.5)
            pen.shaded([circle(f"{side} wrist", 0.028), hand, tip], looks.skin)
            pen.shaded([circle(f"{side} elbow", 0.043 * girth), circle(f"{side} wrist", 0.031)], below)
            upper = [circle(f"{side} shoulder", 0.060 * girth), circle(f"{side} elbow", 0.045 * girth)]
            pen.shaded(upper, below)
            sleeve = circle(f"{side} shoulder", 0.058 * girth, f"{side} elbow", 0.55)
            pen.shaded([circle(f"{side} shoulder", 0.066 * girth), sleeve], looks.shirt)
        elif part == "torso":
            _torso(pen, circle, looks)
        else:
            _head(pen, points, scales, pose, view, looks)


def _torso(pen: Pen, circle: Callable[..., Circle], looks: Looks) -> None:
    girth = looks.girth
    hem = [circle(f"{side} hip", 0.086 * girth, "neck", 0.10) for side in ("left", "right")]
    waist = [circle(f"{side} hip", 0.070 * girth, f"{side} shoulder", 0.45) for side in ("left", "right")]
    middle = circle("pelvis", 0.112 * girth, "neck", 0.40)
    chest = circle("pelvis", 0.128 * girth, "neck", 0.72)
    shoulders = [circle("left shoulder", 0.055), circle("right shoulder", 0.055), circle("neck", 0.06)]
    pen.shaded([*hem, *waist, middle], looks.shirt, 0.2)
    pen.shaded([*waist, middle, chest, *shoulders], looks.shirt, 0.2)


def _shadow(image: Picture, points: NDArray[np.float64], view: View) -> None:
    """A soft dark patch on the floor below the body."""
    left, right = float(points[:, 0].min()), float(points[:, 0].max())
    low = view.floor + 0.02 * view.scale
    wide, high = (right - left) / 2 + 0.10 * view.scale, 0.055 * view.scale
    x0, x1 = max(0, round((left + right) / 2 - wide)), min(image.shape[1], round((left + right) / 2 + wide))
    y0, y1 = max(0, round(low - high)), min(image.shape[0], round(low + high))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    patch = image[y0:y1, x0:x1]
    xs = (np.arange(x0, x1) - (left + right) / 2) / wide
    ys = (np.arange(y0, y1) - low) / high
    dark = np.clip(1 - (xs[None, :] ** 2 + ys[:, None] ** 2), 0, 1) * 0.45
    patch[:] = (patch * (1 - dark[:, :, None])).astype(np.uint8)


def _head(
    pen: Pen, points: NDArray[np.float64], scales: NDArray[np.float64], pose: Pose, view: View, looks: Looks
) -> None:
    """Neck, head, hair, and of the face what is turned to the camera."""
    scale = float(scales[J["head"]])
    up3 = unit(pose[J["head"]] - pose[J["neck"]])
    ahead3 = unit(np.array((0.0, 0.0, 1.0)) - up3 * up3[2])
    if abs(up3[2]) > 0.85:  # lying: it looks at the floor
        ahead3 = unit(np.array((0.0, -1.0, 0.0)) - up3 * -up3[1])
    left3 = np.cross(up3, ahead3)
    centre3 = pose[J["head"]]

    def at(left: float, up: float, ahead: float) -> Circle:
        pixel, _, near = view.project((centre3 + left * left3 + up * up3 + ahead * ahead3)[None, :])
        return float(pixel[0, 0]), float(pixel[0, 1]), float(near[0])

    x, y, near = at(0, 0, 0)
    neck = points[J["neck"]]
    pen.shaded([(float(neck[0]), float(neck[1]), 0.052 * scale), (x, y, 0.050 * scale)], toned(looks.skin, 0.92))
    facing = at(0, 0, 0.1)[2] - near > 0
    tilt = math.degrees(math.atan2(at(0, 0.1, 0)[0] - x, y - at(0, 0.1, 0)[1]))
    if looks.long_hair:
        bx, by, _ = at(0, -0.03, -0.035)
        pen.ellipse(bx, by, 0.098 * scale, 0.145 * scale, tilt, toned(looks.hair, 0.85))
    crown = at(0, 0.028, -0.018)
    if not facing:
        pen.ellipse(x, y, 0.082 * scale, 0.112 * scale, tilt, toned(looks.skin, 0.8))
        pen.ellipse(crown[0], crown[1], 0.090 * scale, 0.105 * scale, tilt, looks.hair)
        return
    pen.ellipse(crown[0], crown[1], 0.090 * scale, 0.104 * scale, tilt, looks.hair)
    for side in (1, -1):
        ex, ey, depth = at(0.082 * side, -0.005, -0.005)
        if depth > near - 0.06:
            pen.ellipse(ex, ey, 0.016 * scale, 0.028 * scale, tilt, toned(looks.skin, 0.85))
    fx, fy, _ = at(0, -0.018, 0.014)
    for share, tone in ((1.0, 0.80), (0.9, 0.95), (0.66, 1.04)):
        pen.ellipse(
            fx - 0.1 * (1 - share) * scale,
            fy,
            0.074 * share * scale,
            0.094 * share * scale,
            tilt,
            toned(looks.skin, tone),
        )
    brow = at(0, 0.075, 0.03)
    pen.ellipse(brow[0], brow[1], 0.066 * scale, 0.030 * scale, tilt, looks.hair)
    for side in (1, -1):
        ex, ey, depth = at(0.031 * side, 0.008, 0.074)
        if depth > near:
            turned = max(0.35, min(1.0, (depth - near) / 0.07))
            pen.ellipse(ex, ey, 0.0165 * turned * scale, 0.0095 * scale, tilt, (240, 240, 240))
            pen.ellipse(ex, ey, 0.0085 * turned * scale, 0.0085 * scale, tilt, (45, 40, 40))
            bx, by, _ = at(0.031 * side, 0.030, 0.074)
            pen.ellipse(bx, by, 0.019 * turned * scale, 0.0045 * scale, tilt, toned(looks.hair, 0.9))
    nx, ny, _ = at(0, -0.020, 0.096)
    hx, hy, _ = at(0, 0.004, 0.080)
    pen.hull([(hx, hy, 0.006 * scale), (nx, ny, 0.0125 * scale)], toned(looks.skin, 0.84))
    mx, my, _ = at(0, -0.055, 0.078)
    wide = max(0.008, 0.026 * math.cos(view.turn))
    pen.ellipse(mx, my, wide * scale, 0.007 * scale, tilt, (95, 90, 165))


def scale_for(size: float, height: int) -> float:
    """Pixels a metre for a body that takes this share of the picture's height."""
    return size * height / TALL
