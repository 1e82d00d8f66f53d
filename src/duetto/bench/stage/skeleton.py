"""A jointed body in metres: x to its left, y up, z ahead of it. Poses are arrays of joints, shape (17, 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Pose = NDArray[np.float64]

JOINTS: Final = (
    "pelvis",
    "neck",
    "head",
    "left shoulder",
    "left elbow",
    "left wrist",
    "left hip",
    "left knee",
    "left ankle",
    "left toe",
    "right shoulder",
    "right elbow",
    "right wrist",
    "right hip",
    "right knee",
    "right ankle",
    "right toe",
)
J: Final = {name: place for place, name in enumerate(JOINTS)}

SPINE: Final = 0.50
HEAD: Final = 0.20
SHOULDER: Final = 0.185
HIP: Final = 0.10
UPPER_ARM: Final = 0.285
FOREARM: Final = 0.26
THIGH: Final = 0.43
SHIN: Final = 0.42
ANKLE: Final = 0.08
FOOT: Final = 0.19
STANDING: Final = THIGH + SHIN + ANKLE - 0.006
"""Height of the hips of who stands, metres; the knees are never quite straight."""
TALL: Final = 1.75
"""Metres from the floor to the top of the head, by and large."""


def vec(x: float, y: float, z: float) -> Vector:
    return np.array((x, y, z))


def unit(v: Vector) -> Vector:
    length = float(np.linalg.norm(v))
    return v / length if length > 1e-9 else np.array((0.0, -1.0, 0.0))


def bend(start: Vector, end: Vector, first: float, second: float, towards: Vector) -> tuple[Vector, Vector]:
    """The middle joint of two bones from `start` to `end`, bent `towards`; and the end, drawn near if out of reach."""
    way = end - start
    far = float(np.linalg.norm(way))
    along = unit(way)
    reach = min(max(far, abs(first - second) + 0.01), first + second - 0.002)
    cosine = (first * first + reach * reach - second * second) / (2 * first * reach)
    out = towards - along * float(towards @ along)
    sine = float(np.sqrt(max(0.0, 1.0 - cosine * cosine)))
    return start + first * (cosine * along + sine * unit(out)), start + along * reach


@dataclass(frozen=True, slots=True)
class Limb:
    """Where a hand or foot is to be, and to where its elbow or knee points. joint: fixed instead, None for bent."""

    end: Vector
    towards: Vector
    joint: Vector | None = None


def hanging(side: int) -> Vector:
    """Direction of an arm that hangs. side: 1 left, -1 right."""
    return unit(vec(0.16 * side, -1.0, 0.06))


def shoulder(pelvis: Vector, spine: Vector, side: int) -> Vector:
    return pelvis + SPINE * spine - 0.035 * spine + vec(SHOULDER * side, 0, 0)


def assemble(
    pelvis: Vector,
    spine: Vector,
    arms: tuple[Limb, Limb],
    legs: tuple[Limb, Limb],
    *,
    head: Vector | None = None,
    toes: Vector | None = None,
) -> Pose:
    """All joints. spine: direction from pelvis to neck. head: direction from the neck. toes: direction of the feet."""
    pose = np.zeros((len(JOINTS), 3))
    neck = pelvis + SPINE * spine
    pose[J["pelvis"]], pose[J["neck"]] = pelvis, neck
    pose[J["head"]] = neck + HEAD * (unit(spine + vec(0, 0.6, 0.12)) if head is None else unit(head))
    ahead = vec(0, -0.15, 1.0) if toes is None else toes
    for name, side, arm, leg in (("left", 1, arms[0], legs[0]), ("right", -1, arms[1], legs[1])):
        high = shoulder(pelvis, spine, side)
        elbow, wrist = bend(high, arm.end, UPPER_ARM, FOREARM, arm.towards)
        if arm.joint is not None:
            elbow, wrist = arm.joint, arm.end
        hip = pelvis + vec(HIP * side, 0, 0)
        knee, ankle = bend(hip, leg.end, THIGH, SHIN, leg.towards)
        pose[J[f"{name} shoulder"]], pose[J[f"{name} elbow"]], pose[J[f"{name} wrist"]] = high, elbow, wrist
        pose[J[f"{name} hip"]], pose[J[f"{name} knee"]], pose[J[f"{name} ankle"]] = hip, knee, ankle
        pose[J[f"{name} toe"]] = ankle + FOOT * unit(ahead + vec(0.22 * side, 0, 0) * (toes is None))
    return pose
