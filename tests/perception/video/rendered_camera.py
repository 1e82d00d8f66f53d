"""Rendered pictures and a small loop that plays them through the input and the pipeline, micro-turn by micro-turn."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.input import VideoInput
from duetto.perception.video.pipeline import VideoPipeline, VideoSettings
from duetto.timeline.arrival import Arrival, Faces
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Look
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Frame, Turn

Picture = NDArray[np.uint8]

WIDTH, HEIGHT = 320, 180
DELTA = ms(80)


def room(seed: int = 7, low: int = 40, high: int = 200) -> Picture:
    """A soft, textured background."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(low, high, (12, 20, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def flat(bgr: tuple[int, int, int]) -> Picture:
    return np.full((HEIGHT, WIDTH, 3), bgr, np.uint8)


def figure(background: Picture, x: float, y: int = 70) -> Picture:
    """A figure 30 pixels wide whose left side is at `x`."""
    picture, left = background.copy(), round(x)
    cv2.rectangle(picture, (left, y), (left + 30, y + 60), (40, 220, 240), -1)
    cv2.circle(picture, (left + 15, y - 12), 12, (40, 220, 240), -1)
    return picture


class Noise:
    """A noisy sensor, from a pool: the same each time, and quick."""

    def __init__(self, sigma: float, seed: int = 1) -> None:
        self._rng = np.random.default_rng(seed)
        self._pool = [self._rng.normal(0, sigma, (HEIGHT, WIDTH, 3)).astype(np.int16) for _ in range(8)]

    def __call__(self, picture: Picture) -> Picture:
        return np.clip(picture + self._pool[self._rng.integers(8)], 0, 255).astype(np.uint8)


def film(seconds: float, at: Callable[[float], Picture], rate: float = 10.0) -> Iterable[tuple[int, Picture]]:
    """`at(t)` gives the picture at `t` seconds."""
    for number in range(round(seconds * rate)):
        yield s(number / rate), at(number / rate)


@dataclass
class Watched:
    """What came of it. pipeline, timeline: as they stood at the end. looks: the media times of all looks, in ns."""

    pipeline: VideoPipeline
    timeline: Timeline
    edits: list[Increment] = field(default_factory=list)
    looks: list[int] = field(default_factory=list)

    def of(self, kind: type, status: str | None = None) -> list[Increment]:
        return [e for e in self.edits if isinstance(e.payload, kind) and status in (None, e.status)]


def watch(
    pictures: Iterable[tuple[int, Picture]],
    *,
    settings: VideoSettings | None = None,
    faces: Callable[[int], tuple[tuple[float, float, float, float], ...]] | None = lambda at: (),
    until: float | None = None,
) -> Watched:
    """Play pictures; `faces(at)` answers each look one micro-turn later, None never answers."""
    camera = VideoInput()
    watched = Watched(VideoPipeline(settings), Timeline())
    answers: list[Arrival] = []
    waiting = iter(pictures)
    following = next(waiting, None)
    index = 0
    while following is not None or (until is not None and index * DELTA < s(until)):
        span = Span(index * DELTA, (index + 1) * DELTA)
        while following is not None and following[0] < span.end:
            camera.push(*following)
            following = next(waiting, None)
        turn = Turn(index, 0, span, camera=camera.take(span.end), arrivals=tuple(answers))
        answers = []
        for job in watched.pipeline.step(turn, watched.timeline):
            assert isinstance(job, Look)
            watched.looks.append(job.at)
            if faces is not None:
                answers.append(Faces(job.at, faces(job.at)))
        watched.edits.extend(watched.timeline.drain())
        index += 1
    return watched


def as_frame(at: int, picture: Picture, quality: int = 80) -> Frame:
    done, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    return Frame(at, picture.shape[1], picture.shape[0], jpeg.tobytes())
