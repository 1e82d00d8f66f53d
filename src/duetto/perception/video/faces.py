"""Faces: found beside the tick by OpenCV's bundled cascade, and followed on the tick from look to look.

The handler of the part that sees is here too; bodies it has found by `duetto.perception.video.pose`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import msgspec
import numpy as np
from cv2.data import haarcascades

from duetto.perception.video.jpeg import MAX_PIXELS, Picture, decode
from duetto.perception.video.pose import NoPose, PoseFinder, PoseSettings
from duetto.timeline.arrival import Arrival, Bodies, Box, Faces, Fault
from duetto.timeline.job import Job, Look

_LOOK_WIDTH: Final = 320
_TILTS: Final = (-25.0, 25.0)


@dataclass(frozen=True, slots=True)
class FaceSettings:
    """How faces are looked for."""

    cascade: str = "haarcascade_frontalface_default.xml"
    """File name of a cascade in OpenCV's own data folder."""
    scale: float = 1.15
    """Ratio of successive sizes of the search."""
    neighbours: int = 5
    """Overlapping hits that a face needs."""
    least_size: float = 0.08
    """The smallest face, as a share of the picture's width."""
    most: int = 8
    """Faces reported and followed at once, at most; the largest first."""


# --- beside the tick ------------------------------------------------------------------------------------------


class VisionHandler:
    """Finds upright faces (Viola & Jones 2001, as `cv2.CascadeClassifier`) in a picture 320 pixels wide.

    The cascade loses a head that is tilted by more than some 15 degrees. Where a face was in the look before and is
    not found upright, that part of the picture alone is searched again, turned by 25 degrees either way.
    """

    def __init__(
        self,
        settings: FaceSettings | None = None,
        bodies: Callable[[], PoseFinder] = lambda: PoseFinder(PoseSettings()),
    ) -> None:
        """bodies: makes what finds bodies, at the first look for them; raises NoPose where that cannot be."""
        self.settings = settings or FaceSettings()
        self._make_bodies = bodies
        self._bodies: PoseFinder | None = None
        self._missing = ""
        # OpenCV's own threads would take the core that the tick needs; for the whole process, it knows no other way.
        cv2.setNumThreads(1)
        self._cascade = cv2.CascadeClassifier()
        if not self._cascade.load(haarcascades + self.settings.cascade):
            raise ValueError(f"cascade: OpenCV has no {self.settings.cascade!r}")
        self._seen: tuple[Box, ...] = ()

    def handle(self, job: Job) -> Iterator[Arrival]:
        """`Look` to one `Faces` or `Bodies`. Raises UnreadablePicture, and TypeError for another kind of job.

        Where bodies cannot be looked for, a `Fault` says what to install.
        """
        if not isinstance(job, Look) or job.what == "text":
            raise TypeError(f"vision: cannot do a {type(job).__name__}")
        yield self._look_for_bodies(job) if job.what == "bodies" else Faces(at=job.at, boxes=self.find(job.jpeg))

    def close(self) -> None:
        self._bodies = None

    def find(self, jpeg: bytes) -> tuple[Box, ...]:
        """Faces in a JPEG, the largest first: left, top, width, height in shares, 0 to 1. Raises UnreadablePicture."""
        grey = decode(jpeg, side=_LOOK_WIDTH, max_pixels=MAX_PIXELS, grey=True)
        height = max(1, round(_LOOK_WIDTH * grey.shape[0] / grey.shape[1]))
        if grey.shape[1] != _LOOK_WIDTH:
            way = cv2.INTER_AREA if grey.shape[1] > _LOOK_WIDTH else cv2.INTER_LINEAR
            grey = np.asarray(cv2.resize(grey, (_LOOK_WIDTH, height), interpolation=way), np.uint8)
        found = self._detect(grey)
        for box in self._seen:
            if not any(_overlap(box, other) > 0.1 for other in found):
                found.extend(self._tilted(grey, box))
        found.sort(key=lambda box: -box[2] * box[3])
        self._seen = tuple(found[: self.settings.most])
        return self._seen

    def _look_for_bodies(self, look: Look) -> Arrival:
        if self._bodies is None and not self._missing:
            try:
                self._bodies = self._make_bodies()
            except NoPose as error:
                self._missing = str(error)
        if self._bodies is None:
            return Fault("vision", self._missing)
        return Bodies(at=look.at, bodies=self._bodies.find(look.jpeg))

    def _detect(self, grey: Picture) -> list[Box]:
        height, width = grey.shape
        least = max(12, round(self.settings.least_size * _LOOK_WIDTH))
        if min(height, width) < least:
            return []
        hits = self._cascade.detectMultiScale(
            grey, self.settings.scale, self.settings.neighbours, minSize=(least, least)
        )
        return [_shares(x, y, w, h, width, height) for x, y, w, h in hits]

    def _tilted(self, grey: Picture, box: Box) -> list[Box]:
        """The face that was in `box`, if it is still near there with its head tilted: one box or none."""
        height, width = grey.shape
        left, top, wide, high = box[0] * width, box[1] * height, box[2] * width, box[3] * height
        x0, y0 = max(0, round(left - wide / 2)), max(0, round(top - high / 2))
        part = grey[y0 : round(top + 1.5 * high), x0 : round(left + 1.5 * wide)]
        if min(part.shape) < 1:
            return []
        part_height, part_width = part.shape
        centre = (part_width / 2, part_height / 2)
        for degrees in _TILTS:
            turn = cv2.getRotationMatrix2D(centre, degrees, 1.0)
            turned = cv2.warpAffine(part, turn, (part_width, part_height), borderMode=cv2.BORDER_REPLICATE)
            hits = self._detect(np.asarray(turned, np.uint8))
            if hits:
                x, y, w, h = max(hits, key=lambda hit: hit[2] * hit[3])
                middle = np.array([(x + w / 2) * part_width, (y + h / 2) * part_height, 1.0])
                back = cv2.invertAffineTransform(turn) @ middle
                w, h = w * part_width, h * part_height
                return [_shares(x0 + back[0] - w / 2, y0 + back[1] - h / 2, w, h, width, height)]
        return []


def make_handler(settings_json: str) -> VisionHandler:
    """From the JSON of `FaceSettings`, or "" for the defaults. Raises ValueError."""
    return VisionHandler(msgspec.json.decode(settings_json, type=FaceSettings) if settings_json else None)


def _shares(x: float, y: float, w: float, h: float, width: int, height: int) -> Box:
    left, top = min(max(x / width, 0.0), 1.0), min(max(y / height, 0.0), 1.0)
    wide, high = min(w / width, 1.0 - left), min(h / height, 1.0 - top)
    return (round(float(left), 4), round(float(top), 4), round(float(wide), 4), round(float(high), 4))


def _overlap(a: Box, b: Box) -> float:
    """Intersection over union, 0 to 1."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    both = wide * high
    return both / (a[2] * a[3] + b[2] * b[3] - both)


# --- on the tick ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Track:
    """A face followed from look to look. since, last: media time (ns) at which it was first and last found."""

    number: int
    box: Box
    since: int
    last: int
    looks: tuple[bool, ...]
    here: bool = False


@dataclass(frozen=True, slots=True)
class FaceChange:
    """A face appeared or left."""

    change: Literal["appeared", "left"]
    number: int
    since: int
    last: int
    box: Box


class FaceTracker:
    """Appears when found in two of three looks, leaves when missed in two of three: a detector flickers."""

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._tracks: list[Track] = []
        self._next = 1
        self._latest = 0

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where the faces that are here were last seen, in the order in which they appeared."""
        return tuple(track.box for track in self._tracks if track.here)

    @property
    def found(self) -> tuple[tuple[Box, int], ...]:
        """The same, each with the media time (ns) of the look that last found it."""
        return tuple((track.box, track.last) for track in self._tracks if track.here)

    @property
    def unsure(self) -> bool:
        """A face was found once, or missed once: another look would tell."""
        return any(not track.here or not track.looks[-1] for track in self._tracks)

    def see(self, faces: Faces) -> tuple[FaceChange, ...]:
        """Take in one look's result; what appeared or left by it. A look older than the one before is passed over."""
        if faces.at < self._latest:
            return ()
        self._latest = faces.at
        found = list(faces.boxes[: self._most])
        for track in self._tracks:
            nearest = min(found, key=lambda box: _distance(track.box, box), default=None)
            hit = nearest is not None and _distance(track.box, nearest) < 1.0
            track.looks = (*track.looks[-2:], hit)
            if hit and nearest is not None:
                found.remove(nearest)
                track.box, track.last = nearest, faces.at
        for box in found[: self._most - len(self._tracks)]:
            self._tracks.append(Track(self._next, box, faces.at, faces.at, (True,)))
            self._next += 1
        return self._settle()

    def clear(self) -> tuple[FaceChange, ...]:
        """All leave: the camera gives nothing, or shows another scene."""
        left = tuple(_change("left", track) for track in self._tracks if track.here)
        self._tracks.clear()
        return left

    def _settle(self) -> tuple[FaceChange, ...]:
        changes: list[FaceChange] = []
        kept: list[Track] = []
        for track in self._tracks:
            if track.looks.count(False) >= 2:
                if track.here:
                    changes.append(_change("left", track))
                continue
            if not track.here and track.looks.count(True) >= 2:
                track.here = True
                changes.append(_change("appeared", track))
            kept.append(track)
        self._tracks = kept
        return tuple(changes)


def _change(change: Literal["appeared", "left"], track: Track) -> FaceChange:
    return FaceChange(change, track.number, track.since, track.last, track.box)


def _distance(a: Box, b: Box) -> float:
    """Between the centres, in mean box sizes: below 1 the two can be the same face a few hundred ms apart."""
    dx = (a[0] + a[2] / 2) - (b[0] + b[2] / 2)
    dy = (a[1] + a[3] / 2) - (b[1] + b[3] / 2)
    wide, high = max((a[2] + b[2]) / 2, 1e-6), max((a[3] + b[3]) / 2, 1e-6)
    return float(np.hypot(dx / wide, dy / high))
