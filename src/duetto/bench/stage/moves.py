"""The poses of movements: how a body stands at each share of a movement, from 0, at rest, to 1, furthest from it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from duetto.bench.stage.skeleton import (
    ANKLE,
    FOREARM,
    HIP,
    SHIN,
    SPINE,
    STANDING,
    THIGH,
    UPPER_ARM,
    J,
    Limb,
    Pose,
    Vector,
    assemble,
    hanging,
    shoulder,
    unit,
    vec,
)

ARM: Final = UPPER_ARM + FOREARM
UP: Final = vec(0, 1, 0)


def smooth(share: float) -> float:
    """0 to 1 with a gentle beginning and end."""
    share = min(max(share, 0.0), 1.0)
    return share * share * (3 - 2 * share)


def _arm(pelvis: Vector, spine: Vector, side: int, way: Vector, *, reach: float = 0.97) -> Limb:
    return Limb(shoulder(pelvis, spine, side) + reach * ARM * unit(way), vec(0.7 * side, -0.1, -0.7))


def _hanging(pelvis: Vector, spine: Vector, side: int) -> Limb:
    return _arm(pelvis, spine, side, hanging(side))


def _leg(side: int, apart: float, ahead: float = 0.0, lift: float = 0.0) -> Limb:
    return Limb(vec(apart * side, ANKLE + lift, ahead), vec(0.35 * side, 0, 1))


def stand(time: float = 0.0) -> Pose:
    """Standing still: it breathes and sways a little. time: seconds."""
    breath = math.sin(2 * math.pi * time / 3.7)
    pelvis = vec(0.006 * math.sin(2 * math.pi * time / 5.3), STANDING, 0.004 * math.sin(2 * math.pi * time / 6.1))
    spine = unit(vec(0.004 * math.sin(2 * math.pi * time / 4.3), 1, 0.008 * breath))
    arms = (_hanging(pelvis, spine, 1), _hanging(pelvis, spine, -1))
    pose = assemble(pelvis, spine, arms, (_leg(1, 0.12), _leg(-1, 0.12)))
    pose[[J["left shoulder"], J["right shoulder"], J["neck"], J["head"]], 1] += 0.004 * breath
    return pose


def squat(share: float, _time: float) -> Pose:
    """Down to thighs about level, the arms going forward."""
    pelvis = vec(0, STANDING - 0.40 * share, -0.24 * share)
    lean = math.radians(34) * share
    spine = vec(0, math.cos(lean), math.sin(lean))
    arms = tuple(
        _arm(pelvis, spine, side, (1 - share) * hanging(side) + share * vec(0.05 * side, 0.02, 1.0)) for side in (1, -1)
    )
    return assemble(pelvis, spine, (arms[0], arms[1]), (_leg(1, 0.16), _leg(-1, 0.16)))


def arm_raise(share: float, time: float) -> Pose:
    """Both straight arms go sideways and up, over the head."""
    angle = math.radians(9 + 160 * share)
    pelvis = vec(0.005 * math.sin(time), STANDING, 0)
    way = [vec(side * math.sin(angle), -math.cos(angle), 0.10) for side in (1, -1)]
    arms = (_arm(pelvis, UP, 1, way[0]), _arm(pelvis, UP, -1, way[1]))
    return assemble(pelvis, UP, arms, (_leg(1, 0.12), _leg(-1, 0.12)))


def jumping_jack(share: float, _time: float) -> Pose:
    """Feet apart and hands over the head, with a jump on each way."""
    angle = math.radians(10 + 150 * share)
    hop = 0.10 * math.sin(math.pi * share) ** 2
    apart = 0.10 + 0.30 * share
    drop = math.sqrt((THIGH + SHIN) ** 2 - max(0.0, apart - HIP) ** 2) - (THIGH + SHIN)
    pelvis = vec(0, STANDING + drop + hop, 0)
    arms = tuple(_arm(pelvis, UP, side, vec(side * math.sin(angle), -math.cos(angle), 0.06)) for side in (1, -1))
    return assemble(pelvis, UP, (arms[0], arms[1]), (_leg(1, apart, 0, hop), _leg(-1, apart, 0, hop)))


def wave(side: int) -> Callable[[float, float], Pose]:
    """A hand beside the head goes to and fro. side: 1 left, -1 right."""

    def pose(share: float, time: float) -> Pose:
        pelvis = vec(0.004 * math.sin(time), STANDING, 0)
        angle = math.radians(-30 + 72 * share)
        elbow = shoulder(pelvis, UP, side) + UPPER_ARM * unit(vec(0.85 * side, -0.12, 0.42))
        hand = elbow + FOREARM * unit(vec(side * math.sin(angle), math.cos(angle), 0.18))
        waving = Limb(hand, UP, elbow)
        other = _hanging(pelvis, UP, -side)
        arms = (waving, other) if side > 0 else (other, waving)
        return assemble(pelvis, UP, arms, (_leg(1, 0.12), _leg(-1, 0.12)))

    return pose


def raised(side: int) -> Callable[[float, float], Pose]:
    """One arm goes up in front of the body, and stays there."""

    def pose(share: float, time: float) -> Pose:
        standing = stand(time)
        pelvis = standing[J["pelvis"]]
        angle = math.radians(8 + 166 * share)
        way = vec(side * (0.16 + 0.1 * math.sin(angle)), -math.cos(angle), 0.75 * math.sin(angle))
        going = _arm(pelvis, UP, side, way, reach=0.96 - 0.1 * math.sin(math.pi * share))
        other = _hanging(pelvis, UP, -side)
        arms = (going, other) if side > 0 else (other, going)
        return assemble(pelvis, UP, arms, (_leg(1, 0.12), _leg(-1, 0.12)))

    return pose


def push_up(share: float, _time: float) -> Pose:
    """On hands and toes, the body straight; seen from the side it goes to the floor and back."""
    length = SPINE + THIGH + SHIN
    high, low = math.asin((0.03 + 0.97 * ARM - 0.10) / length), math.asin(0.09 / length)
    angle = high + (low - high) * share
    spine = vec(0, math.sin(angle), math.cos(angle))
    ankle = vec(0, 0.10, -0.85)
    pelvis = ankle + (THIGH + SHIN - 0.006) * spine
    hands = ankle[2] + (length - 0.035) * math.cos(high) + 0.02
    arms = tuple(Limb(vec(0.25 * side, 0.05, hands), vec(0.5 * side, 0.35, -0.8)) for side in (1, -1))
    feet = tuple(Limb(ankle + vec(HIP * side, 0, 0), vec(0, -1, 0.01)) for side in (1, -1))
    head = spine + vec(0, 0.25, 0)
    return assemble(pelvis, spine, (arms[0], arms[1]), (feet[0], feet[1]), head=head, toes=vec(0, -0.95, 0.25))


def walk(phase: float) -> Pose:
    """A step of both feet for each whole phase."""
    swing = math.sin(2 * math.pi * phase)
    bob = 0.018 * math.cos(4 * math.pi * phase)
    pelvis = vec(0, STANDING - 0.03 + bob, 0)
    spine = unit(vec(0, 1, 0.05))
    lifts = [max(0.0, math.cos(2 * math.pi * phase + turn)) * 0.11 for turn in (0.0, math.pi)]
    legs = (_leg(1, 0.09, 0.30 * swing, lifts[0]), _leg(-1, 0.09, -0.30 * swing, lifts[1]))
    arms = tuple(
        Limb(
            shoulder(pelvis, spine, side) + 0.93 * ARM * unit(vec(0.08 * side, -1, -0.48 * side * swing + 0.08)),
            vec(0.2 * side, -0.2, -1),
        )
        for side in (1, -1)
    )
    return assemble(pelvis, spine, (arms[0], arms[1]), legs)
