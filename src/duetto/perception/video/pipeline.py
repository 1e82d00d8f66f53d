"""A camera, on the tick: cheap looks at every frame, dear ones beside the tick on change, all as increments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from duetto.perception.video.colours import ColourNamer, ColourSettings
from duetto.perception.video.costs import Cost, Costs, Level
from duetto.perception.video.faces import FaceTracker
from duetto.perception.video.health import Health, HealthSettings
from duetto.perception.video.jpeg import MAX_PIXELS, Picture, UnreadablePicture, decode_small
from duetto.perception.video.light import LightMeter, LightSettings
from duetto.perception.video.looks import LookSchedule, LookSettings
from duetto.perception.video.motion import MotionDetector, MotionSettings
from duetto.perception.video.pose import MISSING
from duetto.perception.video.reading import ReadingSettings, TextReader
from duetto.perception.video.scene import SceneDetector, SceneSettings
from duetto.perception.video.seeing import Seeing
from duetto.perception.video.watching import Watching, WatchSettings
from duetto.perception.video.writing import Change, Writer
from duetto.timeline.arrival import Arrival, Bodies, Faces, Fault, Texts
from duetto.timeline.clock import in_s, ms
from duetto.timeline.increment import Span
from duetto.timeline.job import Job, Look
from duetto.timeline.payload import Colours, Light, Scene
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Frame, Turn


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """How a camera or a screen is watched."""

    motion: MotionSettings = field(default_factory=MotionSettings)
    """When a region of the camera's picture counts as moving."""
    screen_motion: MotionSettings = field(default_factory=lambda: MotionSettings(begin_ms=1200.0, end_ms=1200.0))
    """When one of the screen's does: what runs through it goes by steps, with a pause between them."""
    scene: SceneSettings = field(default_factory=SceneSettings)
    """When the whole picture counts as changed."""
    light: LightSettings = field(default_factory=LightSettings)
    """Where dark, dim and bright begin."""
    colours: ColourSettings = field(default_factory=ColourSettings)
    """What counts as a main colour."""
    looks: LookSettings = field(default_factory=LookSettings)
    """How often a worker looks for faces."""
    body_looks: LookSettings = field(default_factory=lambda: LookSettings(every_ms=100.0, heartbeat_ms=1000.0))
    """How often it looks for bodies, while an order needs them."""
    watching: WatchSettings = field(default_factory=WatchSettings)
    """How movement, people and hands are watched, while an order needs it."""
    reading: ReadingSettings = field(default_factory=ReadingSettings)
    """How text is read, while an order needs it."""
    health: HealthSettings = field(default_factory=HealthSettings)
    """When a picture is of no use."""
    faces: bool = True
    """Look for faces in the camera. A screen is never searched for them."""
    most_faces: int = 8
    """Faces followed at once, at most."""
    stall_ms: float = 2000.0
    """Milliseconds of media time without a picture after which the stream has stalled."""
    max_pixels: int = MAX_PIXELS
    """The largest picture that is decoded, in pixels in all."""


class VideoPipeline:
    """Watches one stream of frames. Its increments are on `stream`, its notices on `acts`."""

    def __init__(self, settings: VideoSettings | None = None, stream: Literal["camera", "screen"] = "camera") -> None:
        self.settings = settings or VideoSettings()
        self.stream: Literal["camera", "screen"] = stream
        self._scene = SceneDetector(self.settings.scene)
        self._motion = MotionDetector(self.settings.motion if stream == "camera" else self.settings.screen_motion)
        self._light = LightMeter(self.settings.light)
        self._colours = ColourNamer(self.settings.colours)
        self._faces = FaceTracker(self.settings.most_faces)
        self._watching = Watching(self.settings.watching)
        self._reader = TextReader(self.settings.reading, stream, self.settings.max_pixels)
        self._health = Health(stream, self.settings.health)
        self._looks = LookSchedule(self.settings.looks)
        self._body_looks = LookSchedule(self.settings.body_looks)
        self._searching = self.settings.faces and stream == "camera"
        self._no_bodies = False
        self._writer = Writer(stream)
        self._ended: list[Change] = []
        self._costs = Costs()
        self._frame_at: int | None = None
        self._stalled = False
        self._unreadable = False

    @property
    def seeing(self) -> Seeing:
        """What is seen now."""
        return Seeing(
            frame_at=self._frame_at,
            stalled=self._stalled,
            black=self._health.black,
            motions=self._motion.moving,
            faces=self._faces.boxes,
            persons=self._watching.persons,
            light=self._light.name,
            brightness=self._light.brightness,
            colours=self._colours.names,
            scene_at=self._scene.changed_at,
        )

    @property
    def faces(self) -> bool:
        """A face is in the picture."""
        return bool(self._faces.boxes)

    @property
    def begun(self) -> bool:
        """There has been a picture."""
        return self._frame_at is not None

    @property
    def stalled(self) -> bool:
        """No picture has come for a while."""
        return self._stalled

    def take_costs(self) -> dict[Level, Cost]:
        """How often each level has run since this was last called, and what it cost."""
        return self._costs.take()

    def want(self, levels: frozenset[str]) -> None:
        """Look for what these levels give from now on, and for nothing dearer.

        movement: lasting movement and its repetitions. bodies: people, raised hands, and which movement it is. text:
        lines of text. Motion, scene, light, colours and faces are always looked for.
        """
        self._ended += self._watching.want(movement="movement" in levels, bodies="bodies" in levels)
        self._ended += self._reader.want("text" in levels)

    def step(self, turn: Turn, timeline: Timeline) -> tuple[Job, ...]:
        """Take in the frames and looks of one round and write what they show to the timeline.

        Returns at most one `Look` of each kind. Never raises for a bad picture: it is skipped, and a notice tells of
        the first.
        """
        now = turn.span.end
        if self._ended:
            self._writer.write(self._ended, now, timeline)
            self._ended = []
        for arrival in turn.arrivals:
            self._take(arrival, now, timeline)
        newest: Frame | None = None
        for frame in turn.camera if self.stream == "camera" else turn.screen:
            if self._perceive(frame, now, timeline):
                newest = frame
        self._check_stall(now, timeline)
        return () if newest is None else self._look(newest, now)

    # --- beside the tick --------------------------------------------------------------------------------------

    def _take(self, arrival: Arrival, now: int, timeline: Timeline) -> None:
        changes: tuple[Change, ...] = ()
        useless = self._stalled or self._health.black
        match arrival:
            case Faces() if self._searching:
                self._looks.answered()
                self._costs.answered("look for faces", now)
                changes = () if useless else self._faces.see(arrival)
            case Bodies() if self.stream == "camera":
                self._body_looks.answered()
                self._costs.answered("look for bodies", now)
                changes = () if useless else self._watching.take(arrival)
            case Texts():
                if arrival.stream == self.stream and not arrival.more:
                    self._costs.answered("look for text", now)
                changes = self._reader.take(arrival, now)
            case Fault(part="vision"):
                self._looks.answered()
                self._body_looks.answered()
                self._no_bodies = self._no_bodies or arrival.text.startswith(MISSING)
            case Fault(part="reader", working=False):
                self._reader.failed(now)
            case _:
                return
        self._writer.write(changes, now, timeline)

    def _look(self, newest: Frame, now: int) -> tuple[Look, ...]:
        looks: list[Look] = []
        here = bool(self._faces.boxes)
        if self._searching and self._looks.due(newest.at, here=here, unsure=self._faces.unsure):
            self._looks.sent(newest.at)
            self._costs.asked("look for faces", now)
            looks.append(Look(at=newest.at, jpeg=newest.jpeg))
        if self._watching.bodies and self.stream == "camera" and not self._no_bodies:
            if self._watching.lively or self._watching.hasty:
                self._body_looks.stir()
            if self._body_looks.due(newest.at, here=True, unsure=False, hasty=self._watching.hasty):
                self._body_looks.sent(newest.at)
                self._costs.asked("look for bodies", now)
                looks.append(Look(at=newest.at, jpeg=newest.jpeg, what="bodies"))
        if self._reader.wanted:
            self._costs.start()
            look = self._reader.see(newest, now)
            self._costs.lap("text")
            if look is not None:
                self._costs.asked("look for text", now)
                looks.append(look)
        return tuple(looks)

    # --- one frame --------------------------------------------------------------------------------------------

    def _perceive(self, frame: Frame, now: int, timeline: Timeline) -> bool:
        """False when the frame is of no use."""
        if self._frame_at is not None and frame.at <= self._frame_at:
            return False
        self._costs.start()
        try:
            bgr = decode_small(frame.jpeg, max_pixels=self.settings.max_pixels)
        except UnreadablePicture as error:
            if not self._unreadable:
                self._unreadable = True
                text = f"A picture from the {self.stream} cannot be used: {error}."
                self._writer.tell(text, now, timeline)
            return False
        grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
        self._come_back(frame.at, now, timeline)
        self._frame_at = frame.at
        self._check_health(frame, grey, now, timeline)
        self._costs.lap("picture")
        self._watch(frame.at, bgr, grey, now, timeline)
        light = self._light.see(frame.at, grey)
        if light:
            payload = Light(light.brightness, light.name)
            self._writer.add(payload, Span(light.since, frame.at), now, timeline, "light")
        colours = self._colours.see(frame.at, bgr)
        if colours:
            span = Span(colours.since, frame.at)
            self._writer.add(Colours(colours.names), span, now, timeline, "colours")
        return not self._health.black

    def _watch(self, at: int, bgr: Picture, grey: Picture, now: int, timeline: Timeline) -> None:
        """A change of the whole picture is a scene, and then no motion."""
        changes: list[Change] = []
        verdict = self._scene.see(at, bgr, grey)
        relit = verdict in ("changed", "unsettled") and self._watching.same_place(grey)
        if verdict == "same":
            changes += self._motion.see(at, grey)
        elif verdict != "unsure":
            changes += self._motion.stop()
            changes += () if relit else self._watching.clear()
            self._looks.stir()
            self._body_looks.stir()
        if verdict == "changed" and self._scene.latest:
            scene = self._scene.latest
            self._writer.add(Scene(scene.difference), Span(scene.since, at), now, timeline, "scene")
        if self._motion.moving:
            self._looks.stir()
        self._costs.lap("motion")
        if (verdict == "same" or relit) and not self._health.black and self._watching.wanted:
            changes += self._watching.see(at, bgr, grey, self._faces.found, self._costs)
        self._writer.write(changes, now, timeline)

    # --- a stream that stalls, or gives what is of no use -----------------------------------------------------

    def _check_health(self, frame: Frame, grey: Picture, now: int, timeline: Timeline) -> None:
        reshaped, size = self._health.reshaped(frame)
        was_black = self._health.black
        state = self._health.see(frame, grey)
        for text in (size, state):
            if text:
                self._writer.tell(text, now, timeline)
        if reshaped or self._health.black != was_black:
            self._forget(now, timeline)

    def _forget(self, now: int, timeline: Timeline) -> None:
        """What was seen is over; all begins anew with the next picture."""
        self._scene.forget()
        changes: list[Change] = [*self._motion.stop(), *self._faces.clear()]
        changes += self._watching.clear()
        changes += self._reader.clear()
        self._writer.write(changes, now, timeline)
        self._looks.stir()
        self._body_looks.stir()

    def _check_stall(self, now: int, timeline: Timeline) -> None:
        if self._stalled or self._frame_at is None or now - self._frame_at < ms(self.settings.stall_ms):
            return
        self._stalled = True
        self._forget(now, timeline)
        since = in_s(now - self._frame_at)
        self._writer.tell(f"No picture from the {self.stream} for {since:.1f} seconds.", now, timeline)

    def _come_back(self, at: int, now: int, timeline: Timeline) -> None:
        if not self._stalled or self._frame_at is None:
            return
        self._stalled = self._unreadable = False
        for looks in (self._looks, self._body_looks):
            looks.answered()
            looks.stir()
        text = f"The {self.stream} is back after {in_s(at - self._frame_at):.1f} seconds."
        self._writer.tell(text, now, timeline)
