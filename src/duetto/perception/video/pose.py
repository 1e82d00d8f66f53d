"""Bodies and their joints, beside the tick: BlazePose (Bazarevsky et al. 2020) on LiteRT, of the extra `vision`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import MAX_PIXELS, Picture, decode
from duetto.perception.video.pose_files import DETECTOR, FILES, LANDMARKS
from duetto.timeline.arrival import Joint

Floats = NDArray[np.float32]

MISSING: Final = "To see the joints of bodies"
"""How every `NoPose` begins."""

JOINTS: Final[tuple[str, ...]] = (
    "nose",
    "left eye (inner)",
    "left eye",
    "left eye (outer)",
    "right eye (inner)",
    "right eye",
    "right eye (outer)",
    "left ear",
    "right ear",
    "mouth (left)",
    "mouth (right)",
    "left shoulder",
    "right shoulder",
    "left elbow",
    "right elbow",
    "left wrist",
    "right wrist",
    "left pinky",
    "right pinky",
    "left index",
    "right index",
    "left thumb",
    "right thumb",
    "left hip",
    "right hip",
    "left knee",
    "right knee",
    "left ankle",
    "right ankle",
    "left heel",
    "right heel",
    "left foot index",
    "right foot index",
)
"""The points of the model in its order; left and right are the person's own."""
TOLD: Final = frozenset(
    {"nose"}
    | {
        f"{side} {part}"
        for side in ("left", "right")
        for part in ("ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    }
)
"""Those of them that are told."""

_DETECT_SIDE: Final = 224
_POSE_SIDE: Final = 256
_LOOK_SIDE: Final = 512


class NoPose(RuntimeError):
    """Bodies cannot be looked for here."""


@dataclass(frozen=True, slots=True)
class PoseSettings:
    """How bodies are looked for."""

    sure: float = 0.5
    """How sure the search must be of a body, 0 to 1."""
    present: float = 0.5
    """How sure the second step must be that the body is really there, 0 to 1."""
    most: int = 2
    """Bodies told at once, at most; the surest. Each costs about half of a look."""
    folder: str = ""
    """Folder of the model files, "" for the usual places: see `pose_files`."""


class PoseFinder:
    """Two models one after the other: where bodies are, and the joints of each. It keeps nothing from look to look."""

    def __init__(self, settings: PoseSettings | None = None) -> None:
        """Raises NoPose where the runtime or the model files are missing; it says what to do."""
        self.settings = settings or PoseSettings()
        # OpenCV's own threads would take the core that the tick needs; it knows only all of the process.
        cv2.setNumThreads(1)
        folder = FILES.find(self.settings.folder)
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise NoPose(f"{MISSING}, install duetto[vision]: pip install 'duetto[vision]'") from None
        if folder is None:
            raise NoPose(f"{MISSING}, fetch the model files once: python -m duetto.perception.video.pose_files")
        self._detector = _Model(Interpreter, folder / DETECTOR)
        self._landmarks = _Model(Interpreter, folder / LANDMARKS)
        self._anchors = _anchors()

    def find(self, jpeg: bytes) -> tuple[dict[str, Joint], ...]:
        """The joints of each body, in shares of the picture. Raises UnreadablePicture."""
        rgb = cv2.cvtColor(decode(jpeg, side=_LOOK_SIDE, max_pixels=MAX_PIXELS), cv2.COLOR_BGR2RGB)
        picture = np.asarray(rgb, np.uint8)
        bodies = []
        for middle, size, angle in self._regions(picture):
            body = self._joints(picture, middle, size, angle)
            if body is not None:
                bodies.append(body)
        return tuple(bodies)

    def _regions(self, picture: Picture) -> list[tuple[Floats, float, float]]:
        """Middle (x, y), side and rotation (radians) of the square around each body, in pixels."""
        height, width = picture.shape[:2]
        side = max(height, width)
        square = np.zeros((_DETECT_SIDE, _DETECT_SIDE, 3), np.float32)
        by = _DETECT_SIDE / side
        wide, high = max(1, round(width * by)), max(1, round(height * by))
        left, top = (_DETECT_SIDE - wide) // 2, (_DETECT_SIDE - high) // 2
        small = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA)
        square[top : top + high, left : left + wide] = small / 127.5 - 1.0
        boxes, scores = self._detector(square[None])
        chances = 1.0 / (1.0 + np.exp(-np.clip(scores[0, :, 0].astype(np.float64), -100, 100)))
        order = [int(n) for n in np.argsort(-chances) if chances[n] >= self.settings.sure]
        taken: list[tuple[Floats, float]] = []
        regions: list[tuple[Floats, float, float]] = []
        for n in order[:40]:
            points = boxes[0, n, 4:12].reshape(4, 2) + self._anchors[n] * _DETECT_SIDE
            points = (points - (left, top)) / by
            hips, top_of_circle = points[0], points[1]
            reach = float(np.hypot(*(top_of_circle - hips)))
            if any(np.hypot(*(hips - other)) < 0.5 * max(reach, size) for other, size in taken):
                continue
            taken.append((hips, reach))
            angle = np.pi / 2 - np.arctan2(-(top_of_circle[1] - hips[1]), top_of_circle[0] - hips[0])
            regions.append((np.asarray(hips, np.float32), 2.5 * reach, float(angle)))
            if len(regions) == self.settings.most:
                break
        return regions

    def _joints(self, picture: Picture, middle: Floats, size: float, angle: float) -> dict[str, Joint] | None:
        if size < 8:
            return None
        by = size / _POSE_SIDE
        cos, sin = np.cos(angle) * by, np.sin(angle) * by
        half = _POSE_SIDE / 2
        # From the square to the picture.
        way = np.array(
            [
                [cos, -sin, middle[0] - cos * half + sin * half],
                [sin, cos, middle[1] - sin * half - cos * half],
            ],
            np.float32,
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        square = cv2.warpAffine(picture, way, (_POSE_SIDE, _POSE_SIDE), flags=flags)
        points, present = self._landmarks(np.asarray(square[None] / 255.0, np.float32))[:2]
        if float(present.ravel()[0]) < self.settings.present:
            return None
        five = points.reshape(-1, 5)[: len(JOINTS)]
        places = five[:, :2] @ way[:, :2].T + way[:, 2]
        height, width = picture.shape[:2]
        sure = 1.0 / (1.0 + np.exp(-np.clip(five[:, 3].astype(np.float64), -100, 100)))
        return {
            name: Joint(round(float(x) / width, 4), round(float(y) / height, 4), round(float(chance), 3))
            for name, (x, y), chance in zip(JOINTS, places, sure, strict=True)
            if name in TOLD
        }


class _Model:
    """One model file on one thread."""

    def __init__(self, interpreter: Any, path: Path) -> None:
        self._run = interpreter(str(path), num_threads=1)
        self._run.allocate_tensors()
        self._in = self._run.get_input_details()[0]["index"]
        self._out = [detail["index"] for detail in self._run.get_output_details()]

    def __call__(self, data: Floats) -> list[Floats]:
        self._run.set_tensor(self._in, data)
        self._run.invoke()
        return [np.asarray(self._run.get_tensor(index), np.float32) for index in self._out]


def _anchors() -> Floats:
    """Middles of the detector's anchors in shares: float32 (2254, 2). Strides 8, 16, 32, 32, 32; two a place each."""
    rows: list[Floats] = []
    for stride, each in ((8, 2), (16, 2), (32, 6)):
        count = _DETECT_SIDE // stride
        y, x = np.mgrid[0:count, 0:count]
        middles = (np.stack([x, y], axis=-1).reshape(-1, 2) + 0.5) / count
        rows.append(np.repeat(middles, each, axis=0).astype(np.float32))
    return np.concatenate(rows)
