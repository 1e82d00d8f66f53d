"""Screens with lines of text, and one who reads them without error: what of them stands in a look's regions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.reading import ReadingSettings, TextReader
from duetto.perception.video.reading_lines import LineChange
from duetto.timeline.arrival import Box, TextLine, Texts
from duetto.timeline.clock import ms
from duetto.timeline.job import Look
from duetto.timeline.order import Watched
from duetto.timeline.turn import Frame

Picture = NDArray[np.uint8]
FONT = cv2.FONT_HERSHEY_SIMPLEX


@dataclass(frozen=True)
class Written:
    """A line of text: x and y of its left end on the ground line, and the height of its capitals, in pixels."""

    text: str
    x: int = 40
    y: int = 60
    high: int = 12

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, width, height in pixels, with a little room around the letters."""
        (wide, _), _ = cv2.getTextSize(self.text, FONT, self.high / 22, 1)
        return self.x - 3, self.y - self.high - 4, wide + 6, self.high + 10


@dataclass(frozen=True)
class Screen:
    lines: tuple[Written, ...] = ()
    wide: int = 1280
    high: int = 720
    ground: int = 30
    ink: int = 220

    @classmethod
    def of(cls, *texts: str, high: int = 12, top: int = 60, step: int = 34) -> Screen:
        return cls(tuple(Written(text, 40, top + n * step, high) for n, text in enumerate(texts)))

    def saying(self, number: int, text: str) -> Screen:
        lines = list(self.lines)
        lines[number] = replace(lines[number], text=text)
        return replace(self, lines=tuple(lines))

    def picture(self) -> Picture:
        picture = np.full((self.high, self.wide, 3), self.ground, np.uint8)
        for line in self.lines:
            ink = (self.ink, self.ink, self.ink)
            cv2.putText(picture, line.text, (line.x, line.y), FONT, line.high / 22, ink, 1, cv2.LINE_AA)
        return picture

    def jpeg(self, quality: int = 80, noise: float = 0.0, seed: int = 1) -> bytes:
        picture = self.picture()
        if noise:
            grain = np.random.default_rng(seed).normal(0, noise, picture.shape)
            picture = np.clip(picture + grain, 0, 255).astype(np.uint8)
        return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())

    def read(self, look: Look) -> Texts:
        """All lines that stand in the look's regions with more than a half; cut off where the region ends."""
        found: list[TextLine] = []
        for line in self.lines:
            left, top, wide, high = line.box
            for region in look.regions or ((0.0, 0.0, 1.0, 1.0),):
                x0, x1 = max(left, region[0] * self.wide), min(left + wide, (region[0] + region[2]) * self.wide)
                y0, y1 = max(top, region[1] * self.high), min(top + high, (region[1] + region[3]) * self.high)
                if y1 - y0 < high / 2 or x1 - x0 < high / 2:
                    continue
                letters = len(line.text)
                first, last = round((x0 - left) / wide * letters), round((x1 - left) / wide * letters)
                box: Box = (x0 / self.wide, y0 / self.high, (x1 - x0) / self.wide, (y1 - y0) / self.high)
                found.append(TextLine(line.text[first:last], box, 0.95))
        return Texts(look.stream, look.at, tuple(sorted(found, key=lambda one: one.box[1])), look.regions)


@dataclass
class Watch:
    """Shows screens to a reader and answers its looks, `lag` ms after they were sent."""

    stream: Watched = "screen"
    settings: ReadingSettings = field(default_factory=ReadingSettings)
    lag: float = 40.0
    at: float = 0.0
    looks: list[Look] = field(default_factory=list)
    standing: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.reader = TextReader(self.settings, self.stream)
        self.note(self.reader.want(True))

    def note(self, changes: tuple[LineChange, ...]) -> list[tuple[str, str]]:
        for change in changes:
            if change.change == "appeared":
                assert change.number not in self.standing
                self.standing[change.number] = change.text
            else:
                assert self.standing.pop(change.number) == change.text
        return [(change.change, change.text) for change in changes]

    def show(self, screen: Screen, jpeg: bytes | None = None, *, after: float = 400.0) -> list[tuple[str, str]]:
        """The next frame, and what came of it."""
        look = self.see(jpeg or screen.jpeg(), after=after)
        return [] if look is None else self.answer(screen.read(look))

    def see(self, jpeg: bytes, *, after: float = 400.0) -> Look | None:
        self.at += after
        look = self.reader.see(Frame(ms(self.at), 1280, 720, jpeg), ms(self.at))
        self.looks.extend([look] if look else [])
        return look

    def answer(self, texts: Texts) -> list[tuple[str, str]]:
        return self.note(self.reader.take(texts, ms(self.at + self.lag)))


def halves(texts: Texts) -> Iterator[Texts]:
    """As a look that hands its lines on in two parts."""
    middle = len(texts.lines) // 2
    yield Texts(texts.stream, texts.at, texts.lines[:middle], texts.regions, more=True)
    yield Texts(texts.stream, texts.at, texts.lines[middle:], texts.regions)
