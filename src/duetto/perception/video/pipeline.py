"""A camera, on the tick: cheap looks at every frame, dear ones beside the tick on change, all as increments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np

from duetto.perception.video.colours import ColourNamer, ColourSettings
from duetto.perception.video.faces import FaceChange, FaceTracker
from duetto.perception.video.jpeg import MAX_PIXELS, Picture, UnreadablePicture, decode_small
from duetto.perception.video.light import LightMeter, LightSettings
from duetto.perception.video.looks import LookSchedule, LookSettings
from duetto.perception.video.motion import MotionChange, MotionDetector, MotionSettings
from duetto.perception.video.scene import SceneDetector, SceneSettings
from duetto.perception.video.seeing import Seeing
from duetto.timeline.arrival import Faces, Fault
from duetto.timeline.clock import in_s, ms
from duetto.timeline.increment import Span
from duetto.timeline.job import Job, Look
from duetto.timeline.payload import Colours, Face, Light, Motion, Notice, Region, Scene
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Frame, Turn


@dataclass(frozen=True, slots=True)
class VideoSettings:
    """How a camera or a screen is watched."""

    motion: MotionSettings = field(default_factory=MotionSettings)
    """When a region counts as moving."""
    scene: SceneSettings = field(default_factory=SceneSettings)
    """When the whole picture counts as changed."""
    light: LightSettings = field(default_factory=LightSettings)
    """Where dark, dim and bright begin."""
    colours: ColourSettings = field(default_factory=ColourSettings)
    """What counts as a main colour."""
    looks: LookSettings = field(default_factory=LookSettings)
    """How often a worker looks for faces."""
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
        self._motion = MotionDetector(self.settings.motion)
        self._light = LightMeter(self.settings.light)
        self._colours = ColourNamer(self.settings.colours)
        self._faces = FaceTracker(self.settings.most_faces)
        self._looks = LookSchedule(self.settings.looks)
        self._searching = self.settings.faces and stream == "camera"
        self._open_motions: dict[Region, int] = {}
        self._open_faces: dict[int, int] = {}
        self._frame_at: int | None = None
        self._stalled = False
        self._unreadable = False

    @property
    def seeing(self) -> Seeing:
        """What is seen now."""
        return Seeing(
            frame_at=self._frame_at,
            stalled=self._stalled,
            motions=self._motion.moving,
            faces=self._faces.boxes,
            light=self._light.name,
            brightness=self._light.brightness,
            colours=self._colours.names,
            scene_at=self._scene.changed_at,
        )

    @property
    def faces(self) -> bool:
        """A face is in the picture."""
        return bool(self._faces.boxes)

    def step(self, turn: Turn, timeline: Timeline) -> tuple[Job, ...]:
        """Take in the frames and looks of one round and write what they show to the timeline.

        Returns at most one `Look`. Never raises for a bad picture: it is skipped, and a notice tells of the first.
        """
        now = turn.span.end
        for arrival in turn.arrivals:
            if isinstance(arrival, Faces) and self._searching:
                self._looks.answered()
                if not self._stalled:
                    self._write_faces(self._faces.see(arrival), now, timeline)
            elif isinstance(arrival, Fault) and arrival.part == "vision":
                self._looks.answered()
        newest: Frame | None = None
        for frame in turn.camera if self.stream == "camera" else turn.screen:
            if self._perceive(frame, now, timeline):
                newest = frame
        self._check_stall(now, timeline)
        if newest is None or not self._searching:
            return ()
        if not self._looks.due(newest.at, here=bool(self._faces.boxes), unsure=self._faces.unsure):
            return ()
        self._looks.sent(newest.at)
        return (Look(at=newest.at, jpeg=newest.jpeg),)

    # --- one frame --------------------------------------------------------------------------------------------

    def _perceive(self, frame: Frame, now: int, timeline: Timeline) -> bool:
        """False when the frame is of no use."""
        if self._frame_at is not None and frame.at <= self._frame_at:
            return False
        try:
            bgr = decode_small(frame.jpeg, max_pixels=self.settings.max_pixels)
        except UnreadablePicture as error:
            if not self._unreadable:
                self._unreadable = True
                self._tell(f"A picture from the {self.stream} cannot be used: {error}.", now, timeline)
            return False
        grey = np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), np.uint8)
        self._come_back(frame.at, now, timeline)
        self._frame_at = frame.at
        self._watch(frame.at, bgr, grey, now, timeline)
        light = self._light.see(frame.at, grey)
        if light:
            self._add(Light(light.brightness, light.name), light.since, frame.at, now, timeline, "light")
        colours = self._colours.see(frame.at, bgr)
        if colours:
            self._add(Colours(colours.names), colours.since, frame.at, now, timeline, "colours")
        return True

    def _watch(self, at: int, bgr: Picture, grey: Picture, now: int, timeline: Timeline) -> None:
        """A change of the whole picture is a scene, and then no motion."""
        verdict = self._scene.see(at, bgr, grey)
        if verdict == "same":
            self._write_motion(self._motion.see(at, grey), now, timeline)
        elif verdict != "unsure":
            self._write_motion(self._motion.stop(), now, timeline)
            self._looks.stir()
        if verdict == "changed" and self._scene.latest:
            scene = self._scene.latest
            self._add(Scene(scene.difference), scene.since, at, now, timeline, "scene")
        if self._motion.moving:
            self._looks.stir()

    # --- a camera that stalls ---------------------------------------------------------------------------------

    def _check_stall(self, now: int, timeline: Timeline) -> None:
        if self._stalled or self._frame_at is None or now - self._frame_at < ms(self.settings.stall_ms):
            return
        self._stalled = True
        self._write_motion(self._motion.stop(), now, timeline)
        self._write_faces(self._faces.clear(), now, timeline)
        since = in_s(now - self._frame_at)
        self._tell(f"No picture from the {self.stream} for {since:.1f} seconds.", now, timeline)

    def _come_back(self, at: int, now: int, timeline: Timeline) -> None:
        if not self._stalled or self._frame_at is None:
            return
        self._stalled = self._unreadable = False
        self._looks.answered()
        self._looks.stir()
        self._tell(f"The {self.stream} is back after {in_s(at - self._frame_at):.1f} seconds.", now, timeline)

    # --- writing ----------------------------------------------------------------------------------------------

    def _write_motion(self, changes: tuple[MotionChange, ...], now: int, timeline: Timeline) -> None:
        for change in changes:
            moving = change.moving
            span = Span(moving.since, moving.last)
            payload = Motion(moving.region, round(moving.level, 4))
            if change.change == "began":
                added = timeline.add(self.stream, span, payload, at=now, source="motion")
                self._open_motions[moving.region] = added.id
            else:
                opened = self._open_motions.pop(moving.region)
                timeline.commit(opened, self.stream, at=now, span=span, payload=payload)

    def _write_faces(self, changes: tuple[FaceChange, ...], now: int, timeline: Timeline) -> None:
        for change in changes:
            span = Span(change.since, change.last)
            payload = Face(change.box)
            if change.change == "appeared":
                added = timeline.add(self.stream, span, payload, at=now, source="faces")
                self._open_faces[change.number] = added.id
            else:
                opened = self._open_faces.pop(change.number)
                timeline.commit(opened, self.stream, at=now, span=span, payload=payload)

    def _add(
        self, payload: Light | Colours | Scene, start: int, end: int, now: int, timeline: Timeline, source: str
    ) -> None:
        timeline.add(self.stream, Span(start, end), payload, at=now, source=source, committed=True)

    def _tell(self, text: str, now: int, timeline: Timeline) -> None:
        notice = Notice(part=self.stream, text=text)
        timeline.add("acts", Span(now, now), notice, at=now, source=self.stream, committed=True)
