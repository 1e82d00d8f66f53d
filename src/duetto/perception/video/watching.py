"""The dearer levels of watching joined: lasting movement, people, raised hands. Off until an order needs them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

from duetto.perception.video.bodies import BodySettings, BodyWatcher
from duetto.perception.video.costs import Costs
from duetto.perception.video.jpeg import Picture
from duetto.perception.video.movement import MovementChange, MovementSettings, MovementWatcher
from duetto.perception.video.persons import Known, PersonChange, PersonSettings, PersonTracker, Shape
from duetto.perception.video.silhouettes import Heads, Silhouette, SilhouetteFinder, SilhouetteSettings
from duetto.perception.video.stage import Stage, StageSettings
from duetto.perception.video.swings import PushUpCounter, PushUpSettings, WaveCounter, WaveSettings
from duetto.timeline.arrival import Bodies, Box
from duetto.timeline.clock import ms
from duetto.timeline.order import MovementName

Side = Literal["left", "right"]
FoundFace = tuple[Box, int]
"""A face and the media time (ns) of the look that last found it."""
SIDES: tuple[Side, ...] = ("left", "right")


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How movement, people and hands are watched."""

    stage: StageSettings = field(default_factory=StageSettings)
    """How the picture is prepared."""
    movement: MovementSettings = field(default_factory=MovementSettings)
    """When a movement is a lasting one."""
    silhouettes: SilhouetteSettings = field(default_factory=SilhouetteSettings)
    """What stands out before the background."""
    persons: PersonSettings = field(default_factory=PersonSettings)
    """When somebody is there."""
    bodies: BodySettings = field(default_factory=BodySettings)
    """What is made of joints."""
    waves: WaveSettings = field(default_factory=WaveSettings)
    """When a hand waves."""
    push_ups: PushUpSettings = field(default_factory=PushUpSettings)
    """When somebody does push-ups."""
    hand_ms: float = 250.0
    """Milliseconds for which a hand must be up to be raised, and down to be no more."""


@dataclass(frozen=True, slots=True)
class HandChange:
    """A hand went up, or is down again. since, last: media time (ns) at which it was first and last up."""

    change: Literal["raised", "lowered"]
    side: Side
    since: int
    last: int


Change = MovementChange | PersonChange | HandChange


class Watching:
    """`movement` and `bodies` say which levels run; what is seen comes back as changes, to be written."""

    def __init__(self, settings: WatchSettings | None = None) -> None:
        self.settings = settings or WatchSettings()
        self.movement = self.bodies = False
        self.lively = False
        """Something moves in the newest picture."""
        self._stage = Stage(self.settings.stage)
        self._mover = MovementWatcher(self.settings.movement)
        self._finder = SilhouetteFinder(self.settings.silhouettes)
        self._heads = Heads()
        self._persons = PersonTracker(self.settings.persons)
        self._body = BodyWatcher(self.settings.bodies)
        self._waves = WaveCounter(self.settings.waves)
        self._push_ups = PushUpCounter(self.settings.push_ups)
        self._hands = {side: _Hand(side, ms(self.settings.hand_ms)) for side in SIDES}
        self._by_joints = self._rested = False
        self._count = 0
        self._pictured = 0
        self._name: MovementName = "movement"
        self._stopped: int | None = None
        self._open: int | None = None

    @property
    def persons(self) -> tuple[Box, ...]:
        """Where the people are who are here."""
        return self._persons.boxes

    @property
    def moving(self) -> bool:
        """A lasting movement is being made."""
        return self._open is not None

    @property
    def hasty(self) -> bool:
        """A hand is held up that may wave, which is soon done."""
        return self.movement and self.bodies and self._waves.up

    def want(self, *, movement: bool, bodies: bool) -> tuple[Change, ...]:
        """Which levels are to run from now on. What was open of one that ends is ended."""
        ended: list[Change] = []
        if self.movement and not movement:
            ended += self._end_movement()
        if self.bodies and not bodies:
            ended += self._end_bodies()
        if (movement or bodies) and not (self.movement or self.bodies):
            self._stage.clear()
        if bodies and not self.bodies:
            self._finder.clear()
        self.movement, self.bodies = movement, bodies
        return tuple(ended)

    def clear(self) -> tuple[Change, ...]:
        """Another scene, another size, or no picture: what was seen is over, and all begins anew."""
        changes: list[Change] = [*self._end_movement(), *self._end_bodies()]
        self._stage.clear()
        self._finder.clear()
        self._heads.clear()
        self.lively = False
        return tuple(changes)

    def same_place(self, grey: Picture) -> bool:
        """Whether a small picture that is quite another shows the same place in another light."""
        return self.wanted and self._stage.same_place(grey)

    @property
    def wanted(self) -> bool:
        """A level runs."""
        return self.movement or self.bodies

    def see(
        self, at: int, bgr: Picture, grey: Picture, faces: tuple[FoundFace, ...], costs: Costs | None = None
    ) -> tuple[Change, ...]:
        """Take in a small picture of media time `at` (ns), and the faces that are in it as far as is known."""
        staged = self._stage.see(at, bgr, grey)
        self.lively = int(staged.moved.sum()) >= self.settings.movement.movers.cells
        changes: list[Change] = []
        if self.movement:
            changes += [counted for change in self._mover.see(staged) for counted in self._counted(change, at)]
            changes += self._rest(at)
        if costs is not None:
            costs.lap("movement")
        if self.bodies:
            shapes = self._finder.see(staged)
            changes += self._see_persons(at, shapes, faces)
            changes += self._see_hands(at, shapes)
            if costs is not None:
                costs.lap("bodies")
        return tuple(changes)

    def take(self, bodies: Bodies) -> tuple[Change, ...]:
        """Take in a look at bodies."""
        if not self.bodies:
            return ()
        before = self._body.counter.count
        self._body.see(bodies)
        counted = self._body.counter.count - before
        if not self.movement:
            return ()
        for known in (self._waves, self._push_ups):
            if known.see(bodies.at, self._body.body) and (known is self._waves or self._body.steady):
                return (*self._start(known.since, bodies.at), self._repeat(known.name))
        if counted <= 0 or not self._by_joints or self._mover.since is None or self._told(bodies.at):
            return ()
        return (self._repeat(self._body.name, counted),)

    # --- movement ---------------------------------------------------------------------------------------------

    def _counted(self, change: MovementChange, at: int) -> tuple[MovementChange, ...]:
        """The picture's change with the count that holds: where there are joints they count, being the body's alone."""
        if change.change == "started":
            self._pictured = 0
            if not self._resumed(change.since):
                self._rested = self._body.restart(change.since)
            self._by_joints = self._rested and self._body.counting(at)
            return self._start(change.since, change.last)
        if change.change == "stopped":
            self._stopped = change.last
            return () if self._waves.active(at) else self._stop(change.last)
        done, self._pictured = change.count - self._pictured, change.count
        if self._told(at) or (self._by_joints and self._body.counting(at)):
            return ()
        # The body is seen no more: the picture goes on counting from here.
        self._by_joints = False
        self._count += done
        self._name = change.name if change.name != "movement" else self._name
        return (replace(change, since=self._open or change.since, count=self._count),)

    def _start(self, since: int, last: int) -> tuple[MovementChange, ...]:
        """A movement has started, unless one is being made already."""
        if self._open is not None:
            return ()
        self._open, self._count, self._name = since, 0, "movement"
        return (MovementChange("started", since, last, 0, "movement"),)

    def _repeat(self, name: MovementName, times: int = 1) -> MovementChange:
        assert self._open is not None
        self._count += times
        self._name = name
        return MovementChange("repeated", self._open, max(self._open, self._last), self._count, name)

    def _stop(self, last: int) -> tuple[MovementChange, ...]:
        if self._open is None:
            return ()
        since, self._open = self._open, None
        return (MovementChange("stopped", since, last, self._count, self._name),)

    @property
    def _last(self) -> int:
        """Media time (ns) at which the movement was seen last."""
        return max(self._mover.last, self._waves.last, self._push_ups.last)

    def _told(self, at: int) -> bool:
        """A movement that joints tell by themselves is being made: no other way of counting is needed."""
        return self._waves.active(at) or (self._push_ups.active(at) and self._body.steady)

    def _rest(self, at: int) -> tuple[MovementChange, ...]:
        """What joints told and the picture did not show is over."""
        goes_on = self._mover.since is not None or self._waves.active(at) or self._push_ups.goes_on(at)
        return () if goes_on else self._stop(self._last)

    def _resumed(self, since: int) -> bool:
        return self._stopped is not None and since - self._stopped <= ms(1000 * self.settings.movement.resume_s)

    # --- people and hands -------------------------------------------------------------------------------------

    def _see_persons(
        self, at: int, shapes: tuple[Silhouette, ...], faces: tuple[FoundFace, ...]
    ) -> tuple[PersonChange, ...]:
        looked = self._body.at if self._body.stands(at) else None
        known = [] if looked is None else [Known(box, looked) for box in self._body.boxes]
        known += [Known(_under(box), then) for box, then in faces]
        return self._persons.see(at, [Shape(shape.box, shape.whole) for shape in shapes], known, looked)

    def _see_hands(self, at: int, shapes: tuple[Silhouette, ...]) -> list[HandChange]:
        up: tuple[str, ...] = ()
        if self._body.stands(at):
            up = self._body.hands
        else:
            here = [
                shape for shape in shapes if shape.whole and any(_within(shape.box, box) for box in self._persons.boxes)
            ]
            if here:
                # One who faces the camera has the right hand on the left of the picture.
                up = tuple("left" if above.right else "right" for above in self._heads.see(at, here[0]))
            else:
                self._heads.clear()
        return [change for side in SIDES if (change := self._hands[side].see(at, side in up)) is not None]

    def _end_movement(self) -> list[Change]:
        stopped = self._stop(self._last)
        self._stopped = None
        self._mover.clear()
        self._waves.clear()
        self._push_ups.clear()
        return list(stopped)

    def _end_bodies(self) -> list[Change]:
        changes: list[Change] = list(self._persons.clear())
        changes += [change for hand in self._hands.values() if (change := hand.clear()) is not None]
        self._body.clear()
        self._waves.clear()
        self._push_ups.clear()
        self._by_joints = self._rested = False
        return changes


class _Hand:
    def __init__(self, side: Side, lasting: int) -> None:
        self._side: Side = side
        self._lasting = lasting
        self._since: int | None = None
        self._last = 0
        self._raised = False

    def see(self, at: int, up: bool) -> HandChange | None:
        if up:
            self._since = at if self._since is None else self._since
            self._last = at
            if not self._raised and at - self._since >= self._lasting:
                self._raised = True
                return HandChange("raised", self._side, self._since, at)
        elif self._since is not None and at - self._last >= self._lasting:
            return self.clear()
        return None

    def clear(self) -> HandChange | None:
        since, self._since = self._since, None
        if not self._raised or since is None:
            return None
        self._raised = False
        return HandChange("lowered", self._side, since, self._last)


def _under(face: Box) -> Box:
    """Where the body of a face is, head and trunk."""
    left, top, wide, high = face
    return (max(0.0, left - 0.5 * wide), top, min(1.0, 2 * wide), min(1.0 - top, 4 * high))


def _within(inner: Box, outer: Box) -> bool:
    return (
        inner[0] >= outer[0] - 1e-6
        and inner[1] >= outer[1] - 1e-6
        and inner[0] + inner[2] <= outer[0] + outer[2] + 1e-6
        and inner[1] + inner[3] <= outer[1] + outer[3] + 1e-6
    )
