"""Movements that joints tell by themselves: a hand that waves, a body that lies and goes down and up.

The picture may hide the first in its noise, and neither needs a pose at rest: a number goes out and comes back.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from duetto.timeline.arrival import Joint
from duetto.timeline.clock import ms
from duetto.timeline.order import MovementName

Body = dict[str, Joint]

_SIDES: Final = ("left", "right")
_ASPECT: Final = 16 / 9
"""Joints are in shares of a picture that is wider than high: 16 to 9 in all but a few."""


@dataclass(frozen=True, slots=True)
class SwingSettings:
    """When a number has gone out and come back."""

    least: float
    """How far it goes out, at least."""
    out: int = 0
    """1 or -1: the direction in which it goes out; 0 for the first in which it goes."""
    turn: float = 0.4
    """Share of the usual way by which it has turned round."""
    back: float = 0.6
    """Share of the way out that it must come back."""
    gap_ms: float = 450.0
    """Milliseconds for which it may be unknown."""


class Swings:
    """Zigzag of a number from look to look. It says for each way back when that is as good as complete."""

    def __init__(self, settings: SwingSettings) -> None:
        self.settings = settings
        self._places: deque[tuple[int, float]] = deque(maxlen=64)
        self._from = self._far = self._before = 0
        self._way = self._out = 0
        self._usual = 0.0
        self._counted = False

    @property
    def began(self) -> int:
        """Media time (ns) at which the latest way out began."""
        return self._from if self._way == self._out else self._before

    def clear(self) -> None:
        """Begin anew."""
        self._places.clear()
        self._from = self._far = self._way = self._out = self._before = 0
        self._usual, self._counted = 0.0, False

    def see(self, at: int, value: float, scale: float = 1.0) -> bool:
        """Take in the number of media time `at` (ns). True when it is back. scale: what `least` is a share of."""
        if self._places and at - self._places[-1][0] > ms(self.settings.gap_ms):
            self.clear()
        self._places.append((at, value))
        where = dict(self._places)
        if self._from not in where or self._far not in where:
            self._from = self._far = self._before = at
            self._way, self._counted = 0, False
            return False
        least = max(scale * self.settings.least, self.settings.turn * self._usual)
        if self._way == 0:
            return self._set_out(at, value, where, least)
        if (value - where[self._far]) * self._way >= 0:
            self._far = at
            return self._way != self._out and self._returned(value, where)
        if abs(value - where[self._far]) < least:
            return False
        way = abs(where[self._far] - where[self._from])
        self._usual = way if self._usual == 0.0 else min(way, 1.5 * self._usual)
        self._before, self._from, self._far, self._way = self._from, self._far, at, -self._way
        if self._way == self._out:
            self._counted = False
            return False
        return self._returned(value, where)

    def _set_out(self, at: int, value: float, where: dict[int, float], least: float) -> bool:
        """It has gone nowhere yet: it sets out from what is furthest from here."""
        self._from = max(where, key=lambda then: abs(where[then] - value))
        way = 1 if value > where[self._from] else -1
        if abs(value - where[self._from]) >= least:
            self._way, self._out, self._far = way, self.settings.out or way, at
        return False

    def _returned(self, value: float, where: dict[int, float]) -> bool:
        if self._counted or abs(value - where[self._from]) < self.settings.back * self._usual:
            return False
        self._counted = True
        return True


@dataclass(frozen=True, slots=True)
class WaveSettings:
    """When a hand waves. Lengths are in lengths of the trunk."""

    swings: SwingSettings = field(default_factory=lambda: SwingSettings(0.2))
    """How far it goes to a side."""
    sure: float = 0.4
    """How sure a joint must be to count, 0 to 1."""
    upright: float = 0.8
    """How far it may go up or down meanwhile, as a share of its way to the side: who raises an arm does not wave."""
    apart: float = 0.4
    """How far two hands that are up may be apart for one that is taken now for the left, now for the right."""
    longest_ms: float = 3000.0
    """Milliseconds that a wave may take."""
    rest_ms: float = 1400.0
    """Milliseconds after the last wave for which it is still waving."""


class WaveCounter:
    """Follows the higher of two wrists while it is above its shoulder, and counts how often it goes out and back."""

    name: MovementName = "wave"

    def __init__(self, settings: WaveSettings | None = None) -> None:
        self.settings = settings or WaveSettings()
        self.up = False
        """A hand is held up in the latest look."""
        self.since = 0
        """Media time (ns) at which the first of these waves began."""
        self.last = 0
        """Media time (ns) at which the latest one was complete."""
        self._swings = Swings(self.settings.swings)
        self._places: deque[tuple[int, float, float]] = deque(maxlen=64)

    def active(self, at: int) -> bool:
        """Whether it waves at media time `at` (ns)."""
        return self.last > 0 and at - self.last <= ms(self.settings.rest_ms)

    def clear(self) -> None:
        """Begin anew."""
        self.up, self.last = False, 0
        self._swings.clear()

    def see(self, at: int, body: Body | None) -> bool:
        """Take in a look of media time `at` (ns). True when it completes a wave."""
        place = None if body is None else self._place(body)
        self.up = place is not None
        if place is None:
            if body is not None and self._both(body):
                self._swings.clear()
            return False
        self._places.append((at, *place))
        if not self._swings.see(at, place[0]):
            return False
        began = self._swings.began
        meanwhile = [(x, y) for then, x, y in self._places if began <= then <= at]
        aside, upward = (max(part) - min(part) for part in zip(*meanwhile, strict=True))
        if upward > self.settings.upright * aside or at - began > ms(self.settings.longest_ms):
            self._swings.clear()
            return False
        if not self.active(at):
            self.since = began
        self.last = at
        return True

    def _place(self, body: Body) -> tuple[float, float] | None:
        """Of the hand that is held up: how far to the side, and how far above the shoulders."""
        x, y, trunk = _shoulders(body)
        if trunk < 0.05 or _lies(body) or min(body[f"{side} shoulder"].sure for side in _SIDES) < self.settings.sure:
            return None
        wrists = (body[f"{side} wrist"] for side in _SIDES)
        up = [wrist for wrist in wrists if wrist.sure >= self.settings.sure and wrist.y <= y]
        if not up or abs(up[0].x - up[-1].x) * _ASPECT > self.settings.apart * trunk:
            return None
        wrist = min(up, key=lambda one: one.y)
        return (wrist.x - x) * _ASPECT / trunk, (y - wrist.y) / trunk

    def _both(self, body: Body) -> bool:
        """Both arms are out or up: that is no waving."""
        return all(
            body[f"{side} wrist"].sure >= self.settings.sure and body[f"{side} wrist"].y <= body[f"{side} shoulder"].y
            for side in _SIDES
        )


@dataclass(frozen=True, slots=True)
class PushUpSettings:
    """When a body does push-ups. Lengths are in lengths of the body from the head to the feet."""

    swings: SwingSettings = field(default_factory=lambda: SwingSettings(0.06, out=1, gap_ms=1500.0))
    """How far the shoulders go down."""
    sure: float = 0.4
    """How sure the surer shoulder must be to count, 0 to 1."""
    rest_ms: float = 1500.0
    """Milliseconds after the body was seen for which no other way of counting is needed."""
    lasts_ms: float = 2500.0
    """Milliseconds after the last one for which more may come."""


class PushUpCounter:
    """Follows the shoulders of one who lies, and counts how often they go down and up."""

    name: MovementName = "push-up"

    def __init__(self, settings: PushUpSettings | None = None) -> None:
        self.settings = settings or PushUpSettings()
        self.since = 0
        """Media time (ns) at which the latest one began."""
        self.last = 0
        """Media time (ns) at which the latest one was complete."""
        self._swings = Swings(self.settings.swings)
        self._lies = 0

    def active(self, at: int) -> bool:
        """Whether they were seen to lie about media time `at` (ns)."""
        return self._lies > 0 and at - self._lies <= ms(self.settings.rest_ms)

    def goes_on(self, at: int) -> bool:
        """Whether there was one shortly before media time `at` (ns)."""
        return self.last > 0 and at - self.last <= ms(self.settings.lasts_ms)

    def clear(self) -> None:
        """Begin anew."""
        self.last = self._lies = 0
        self._swings.clear()

    def see(self, at: int, body: Body | None) -> bool:
        """Take in a look of media time `at` (ns). True when it completes a push-up."""
        if body is None:
            return False
        if not _lies(body):
            self._swings.clear()
            self._lies = 0
            return False
        head, feet = body["nose"], [body[f"{side} ankle"] for side in _SIDES]
        long = max(math.hypot((foot.x - head.x) * _ASPECT, foot.y - head.y) for foot in feet)
        if long < 0.1 or max(body[f"{side} shoulder"].sure for side in _SIDES) < self.settings.sure:
            return False
        self._lies = at
        if not self._swings.see(at, _shoulders(body)[1], long):
            return False
        self.since = self._swings.began
        self.last = at
        return True


def _shoulders(body: Body) -> tuple[float, float, float]:
    """Middle of the shoulders (x, y), and how far they are above the hips."""
    left, right, hips = body["left shoulder"], body["right shoulder"], body["left hip"].y + body["right hip"].y
    return (left.x + right.x) / 2, (left.y + right.y) / 2, (hips - left.y - right.y) / 2


def _lies(body: Body) -> bool:
    """The trunk leans by more than some 55 degrees."""
    x, _, trunk = _shoulders(body)
    return abs(x - (body["left hip"].x + body["right hip"].x) / 2) * _ASPECT > 1.4 * trunk
