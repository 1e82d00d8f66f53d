"""Reading text in a picture, beside the tick: where lines stand, then what each says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import MAX_PIXELS, Picture, decode
from duetto.perception.video.reading_change import WHOLE
from duetto.timeline.arrival import Arrival, Box, Fault, TextLine, Texts
from duetto.timeline.job import Job, Look

MISSING: Final = "To read text in pictures, install duetto[vision]: pip install 'duetto[vision]'"

Corners = NDArray[np.float32]
"""Of a line of text, shape (4, 2): x and y in pixels, clockwise from where it begins."""


@dataclass(frozen=True, slots=True)
class OcrSettings:
    """How text is read."""

    side: int = 960
    """Pixels of the longer side of what is searched for lines, at most; they are read in the picture itself."""
    longest: int = 1920
    """Pixels of the longer side that a picture keeps: one of twice as many is halved first."""
    most_lines: int = 100
    """Lines that are read in one look, at most; of others is only told that they are there."""
    batch: int = 8
    """Lines after which those read so far are handed on."""


class OcrMissing(RuntimeError):
    """What reads is not installed."""


class OcrEngine(Protocol):
    """Finds and reads lines of text. Pictures are uint8 BGR, shape (h, w, 3)."""

    def find(self, picture: Picture, side: int) -> list[Corners]:
        """Where lines of text stand. side: pixels of the longer side to which a larger picture is scaled for it."""
        ...

    def read(self, line: Picture) -> tuple[str, float]:
        """What a picture of one line says, and how sure that is, 0 to 1."""
        ...


def rapid_engine() -> OcrEngine:
    """RapidOCR with the models (PP-OCRv6) that its package carries, one for the whole process. Raises OcrMissing."""
    try:
        return _engine()
    except ImportError as error:
        raise OcrMissing(MISSING) from error


@cache
def _engine() -> _RapidEngine:
    return _RapidEngine()


class _RapidEngine:
    """RapidOCR on onnxruntime, on one core: the others are the tick's. For any thread."""

    def __init__(self) -> None:
        from rapidocr import RapidOCR

        self._lock = threading.Lock()
        self._ocr: Callable[..., Any] = RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.log_level": "critical",
                "Global.use_cls": False,  # text that stands on its head
                "Global.text_score": 0.0,  # how sure is sure enough is the tracker's to say
                "Det.limit_type": "max",
                "Det.limit_side_len": 100_000,  # scaled before, and never up
            }
        )

    def find(self, picture: Picture, side: int) -> list[Corners]:
        high, wide = picture.shape[:2]
        by = min(1.0, side / max(high, wide))
        if by < 1.0:
            size = (max(1, round(wide * by)), max(1, round(high * by)))
            picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
        with self._lock:
            found = self._ocr(picture, use_det=True, use_cls=False, use_rec=False).boxes
        return [] if found is None else [np.asarray(one, np.float32) / by for one in found]

    def read(self, line: Picture) -> tuple[str, float]:
        with self._lock:
            found = self._ocr(line, use_det=False, use_cls=False, use_rec=True)
        if not found.txts:
            return "", 0.0
        return str(found.txts[0]), float(found.scores[0])


@dataclass(frozen=True, slots=True)
class _Part:
    """A region of a picture. left, top: where it begins, in pixels."""

    left: int
    top: int
    picture: Picture


class ReadingHandler:
    """Runs in a worker: `Look(what="text")` to one or more `Texts`, each with the next lines, top to bottom.

    make: makes what reads, at the first look: it takes a second, and most sessions never read. Where it is missing, one
    `Fault` says what to install, and nothing comes back.
    """

    def __init__(self, settings: OcrSettings | None = None, make: Callable[[], OcrEngine] = rapid_engine) -> None:
        self.settings = settings or OcrSettings()
        self._make = make
        self._engine: OcrEngine | None = None
        self._missing = False

    def handle(self, job: Job) -> Iterator[Arrival]:
        """Raises UnreadablePicture, and TypeError for another kind of job."""
        if not isinstance(job, Look) or job.what != "text":
            raise TypeError(f"reader: cannot do a {type(job).__name__}")
        if self._missing:
            return
        if self._engine is None:
            # OpenCV's own threads would take the core that the tick needs; it knows only all of the process.
            cv2.setNumThreads(1)
            try:
                self._engine = self._make()
            except OcrMissing as error:
                self._missing = True
                yield Fault("reader", str(error))
                return
        yield from self._look(self._engine, job)

    def close(self) -> None:
        self._engine = None

    def _look(self, engine: OcrEngine, look: Look) -> Iterator[Texts]:
        settings = self.settings
        picture = decode(look.jpeg, side=settings.longest, max_pixels=MAX_PIXELS)
        size = (picture.shape[1], picture.shape[0])
        lines: list[tuple[Box, Picture, Corners]] = []
        for region in look.regions or (WHOLE,):
            part = _part(picture, region)
            for corners in engine.find(part.picture, settings.side):
                lines.append((_box(corners, part, size), part.picture, corners))
        lines.sort(key=lambda line: (line[0][1] + line[0][3] / 2, line[0][0]))
        unread = [TextLine("", box, 0.0) for box, _, _ in lines[settings.most_lines :]]
        lines = lines[: settings.most_lines]
        read: list[TextLine] = []
        for index, (box, source, corners) in enumerate(lines, 1):
            text, sure = engine.read(_straight(source, corners))
            read.append(TextLine(" ".join(text.split()), box, round(sure, 3)))
            if len(read) >= settings.batch and index < len(lines):
                yield Texts(look.stream, look.at, tuple(read), look.regions, more=True)
                read = []
        yield Texts(look.stream, look.at, (*read, *unread), look.regions)


def make_handler(settings_json: str) -> ReadingHandler:
    """From the JSON of `OcrSettings`, or "" for the defaults. Raises ValueError."""
    return ReadingHandler(msgspec.json.decode(settings_json, type=OcrSettings) if settings_json else None)


def _part(picture: Picture, region: Box) -> _Part:
    high, wide = picture.shape[:2]
    left, top = max(0, min(int(region[0] * wide), wide - 1)), max(0, min(int(region[1] * high), high - 1))
    right = max(left + 1, round((region[0] + region[2]) * wide))
    bottom = max(top + 1, round((region[1] + region[3]) * high))
    return _Part(left, top, picture[top:bottom, left:right])


def _box(corners: Corners, part: _Part, size: tuple[int, int]) -> Box:
    """Of the whole picture, in shares."""
    wide, high = size
    xs = np.clip((corners[:, 0] + part.left) / wide, 0.0, 1.0)
    ys = np.clip((corners[:, 1] + part.top) / high, 0.0, 1.0)
    left, right, top, bottom = float(xs.min()), float(xs.max()), float(ys.min()), float(ys.max())
    return (round(left, 4), round(top, 4), round(right - left, 4), round(bottom - top, 4))


def _straight(picture: Picture, corners: Corners) -> Picture:
    """The line cut out and, where it is slanted, turned level."""
    edges = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    wide, high = max(1, round(float(max(edges[0], edges[2])))), max(1, round(float(max(edges[1], edges[3]))))
    target = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32)
    turn = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    level = cv2.warpPerspective(picture, turn, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    if high >= 1.5 * wide:  # written downwards
        level = cv2.rotate(level, cv2.ROTATE_90_COUNTERCLOCKWISE)
    return np.asarray(level, np.uint8)
