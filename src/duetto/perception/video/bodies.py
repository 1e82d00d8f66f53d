"""What joints say: hands that are raised, and which movement it is that is being made."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from duetto.perception.video.cycles import CycleCounter, CycleSettings, Vector
from duetto.timeline.arrival import Bodies, Box, Joint
from duetto.timeline.clock import ms
from duetto.timeline.order import MovementName

Body = dict[str, Joint]

_MOVING: Final = tuple(
    f"{side} {part}" for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
"""The joints that make up a pose."""
_TRUNK: Final = (("left shoulder", "right shoulder"), ("left hip", "right hip"))
"""Without one of each, as of one who sits at a table, the rest of the joints is guessed."""
_UNIT: Final = 100.0
"""A pose is in hundredths of the length of the trunk."""


@dataclass(frozen=True, slots=True)
class BodySettings:
    """What is made of joints."""

    sure: float = 0.4
    """How sure a joint must be to count, 0 to 1."""
    fresh_ms: float = 600.0
    """Milliseconds between two looks by which repetitions are counted, at most."""
    steady: float = 0.75
    """Share of the latest looks that must have found the body for that, 0 to 1."""
    stands_ms: float = 1600.0
    """Milliseconds for which a look at bodies stands: while nothing moves there are few."""
    noise: float = 4.0
    """Standard deviation of a joint in hundredths of the trunk's length."""
    floor: float = 45.0
    """Distance between two poses below which nothing was done, in the same unit."""
    lying: float = 50.0
    """Degrees from the upright beyond which a trunk lies."""
    sinks: float = 0.22
    """By how much, in lengths of the trunk, the hips must sink in a squat."""
    steps: float = 0.25
    """By how much the feet must part in a jumping jack, in the same unit."""
    lifts: float = 0.5
    """By how much a wrist must rise in an arm raise, in the same unit."""
    cycles: CycleSettings = field(default_factory=lambda: CycleSettings(least_ms=300.0))
    """What counts as a repetition."""


class BodyWatcher:
    """Follows the largest body from look to look."""

    def __init__(self, settings: BodySettings | None = None) -> None:
        self.settings = settings or BodySettings()
        self.counter = CycleCounter(self.settings.cycles)
        self.counter.noise, self.counter.floor = self.settings.noise, self.settings.floor
        self.name: MovementName = "movement"
        """What the last repetition was."""
        self.hands: tuple[str, ...] = ()
        """Sides of the hands that are up in the latest look."""
        self.boxes: tuple[Box, ...] = ()
        """Around the bodies of the latest look."""
        self.body: Body | None = None
        """The largest of them."""
        self._looks: deque[tuple[int, Body]] = deque(maxlen=128)
        self._found: deque[bool] = deque(maxlen=12)
        self._at: int | None = None

    @property
    def at(self) -> int:
        """Media time (ns) of the latest look, 0 before the first."""
        return self._at or 0

    def stands(self, at: int) -> bool:
        """The latest look still tells who is there at media time `at` (ns)."""
        return self._at is not None and at - self._at <= ms(self.settings.stands_ms)

    def counting(self, at: int) -> bool:
        """Looks come often enough at media time `at` (ns), each with a body, for repetitions to be counted by them."""
        return bool(self._looks) and at - self._looks[-1][0] <= ms(self.settings.fresh_ms) and self.steady

    @property
    def steady(self) -> bool:
        """Nearly all of the latest looks found the body: none of its movement is missed."""
        return sum(self._found) >= self.settings.steady * len(self._found)

    def see(self, bodies: Bodies) -> bool:
        """Take in a look. True when it completes a repetition."""
        if self._at is not None and bodies.at <= self._at:
            return False
        self._at, self.body = bodies.at, None
        self.boxes = tuple(_box(body) for body in bodies.bodies)
        largest = max(bodies.bodies, key=lambda body: _area(_box(body)), default=None)
        pose = self._pose(largest) if largest else None
        self._found.append(pose is not None)
        if largest is None or pose is None:
            self.hands = ()
            return False
        self.body = largest
        self.hands = _raised(largest, self.settings.sure)
        self._looks.append((bodies.at, largest))
        counted = self.counter.see(bodies.at, pose)
        if counted:
            self.name = self._named()
        return counted

    def restart(self, since: int) -> bool:
        """A movement has started at media time `since` (ns): the latest looks before it show the pose at rest.

        False where there was none.
        """
        self.counter.clear()
        rest = [pose for at, body in self._looks if at < since and (pose := self._pose(body)) is not None]
        self.counter.rest(rest[-3:])
        for at, body in self._looks:
            if at >= since and (pose := self._pose(body)) is not None:
                self.counter.see(at, pose)
        return bool(rest)

    def clear(self) -> None:
        """Begin anew: another scene, or nothing to be seen."""
        self.counter.clear()
        self._looks.clear()
        self._found.clear()
        self.hands, self.boxes, self.body, self._at, self.name = (), (), None, None, "movement"

    def _pose(self, body: Body) -> Vector | None:
        """Joints about the middle of the feet, in hundredths of the trunk; what is hidden stays where it was."""
        trunk = _trunk(body)
        if trunk < 0.02 or any(max(body[one].sure for one in pair) < self.settings.sure for pair in _TRUNK):
            return None
        before = self._looks[-1][1] if self._looks else body
        points = []
        for name in _MOVING:
            joint = body[name] if body[name].sure >= self.settings.sure else before[name]
            points += [joint.x, joint.y]
        return np.asarray(np.array(points) / trunk * _UNIT, np.float32)

    def _named(self) -> MovementName:
        """Which movement the looks of the last repetition show; "movement" where none of the known."""
        settings = self.settings
        began, ended = self.counter.began, self.counter.ended
        if began is None or ended is None:
            return "movement"
        took = [body for at, body in self._looks if max(began, ended - ms(6000)) <= at <= ended]
        if len(took) < 3:
            return "movement"
        trunk = float(np.median([_trunk(body) for body in took]))
        if float(np.median([_lean(body) for body in took])) > settings.lying:
            return "push-up" if _range(_heights(took, "shoulder")) > 0.12 * trunk else "movement"
        wrists = {side: np.array([_above(body, side) for body in took]) / trunk for side in ("left", "right")}
        rises = {side: float(np.ptp(values)) for side, values in wrists.items()}
        ankles = [abs(body["left ankle"].x - body["right ankle"].x) for body in took]
        seen = np.mean([min(body["left ankle"].sure, body["right ankle"].sure) for body in took])
        if min(rises.values()) > settings.lifts and _range(ankles) > settings.steps * trunk and seen > settings.sure:
            return "jumping jack"
        up = [side for side in wrists if float(wrists[side].min()) > -0.1]
        if up and rises[up[0]] < 0.8:
            return "wave"
        if (
            _range(_heights(took, "hip")) > settings.sinks * trunk
            and max(float(w.max()) for w in wrists.values()) < 0.6
        ):
            return "squat"
        return "arm raise" if max(rises.values()) > settings.lifts else "movement"


def _raised(body: Body, sure: float) -> tuple[str, ...]:
    """Sides whose wrist is above the nose, or well above its shoulder with the elbow under it; not of one who lies."""
    if _lean(body) > 50.0:
        return ()
    trunk = _trunk(body)
    found = []
    for side in ("left", "right"):
        wrist, shoulder = body[f"{side} wrist"], body[f"{side} shoulder"]
        if wrist.sure < sure or shoulder.sure < sure or wrist.y < -0.05:
            continue
        if wrist.y < min(body["nose"].y, shoulder.y - 0.25 * trunk):
            found.append(side)
    return tuple(found)


def _middle(body: Body, part: str) -> tuple[float, float]:
    left, right = body[f"left {part}"], body[f"right {part}"]
    return (left.x + right.x) / 2, (left.y + right.y) / 2


def _trunk(body: Body) -> float:
    """Length from shoulders to hips in shares of the picture, and no less than the width of the shoulders."""
    (sx, sy), (hx, hy) = _middle(body, "shoulder"), _middle(body, "hip")
    wide = abs(body["left shoulder"].x - body["right shoulder"].x)
    return float(max(np.hypot(sx - hx, sy - hy), wide))


def _lean(body: Body) -> float:
    """Degrees of the trunk from the upright."""
    (sx, sy), (hx, hy) = _middle(body, "shoulder"), _middle(body, "hip")
    # Shares of a picture that is wider than high: 16 to 9 in all but a few.
    return float(np.degrees(np.arctan2(abs(sx - hx) * 16 / 9, hy - sy)))


def _heights(bodies: list[Body], part: str) -> list[float]:
    return [_middle(body, part)[1] for body in bodies]


def _above(body: Body, side: str) -> float:
    return body[f"{side} shoulder"].y - body[f"{side} wrist"].y


def _range(values: list[float]) -> float:
    return float(np.ptp(values))


def _box(body: Body) -> Box:
    xs = [joint.x for joint in body.values() if joint.sure >= 0.3] or [0.0]
    ys = [joint.y for joint in body.values() if joint.sure >= 0.3] or [0.0]
    left, top = max(0.0, min(xs)), max(0.0, min(ys))
    return (left, top, max(0.0, min(1.0, max(xs)) - left), max(0.0, min(1.0, max(ys)) - top))


def _area(box: Box) -> float:
    return box[2] * box[3]
