"""The pictures of a screen's track: a window of a build, an editor, a terminal or a clock, whose text changes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.bench.stage.schedule import length_of_screen, screen_end
from duetto.bench.track import Change, Screen

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

WIDTH: Final = 1280
HEIGHT: Final = 720
TITLES: Final = {
    "build": "Build 4711 - main",
    "editor": "notes.txt - Editor",
    "terminal": "user@workstation: ~",
    "clock": "Countdown",
}
_FONT: Final = cv2.FONT_HERSHEY_DUPLEX
_STEP: Final = 44
"""Pixels from line to line."""
_MOST: Final = 12
"""Lines that a window shows."""
_GOOD: Final = ("passed", "passing", "ok", "done", "success")
_BAD: Final = ("failed", "error", "fatal", "denied", "offline")
_LOG: Final = (
    "compiling module {n} of 240",
    "linking object {n}",
    "fetched package {n}",
    "writing block {n}",
    "checked file {n}",
    "copied {n} kilobytes",
)


@dataclass(frozen=True, slots=True)
class _Look:
    ground: Colour
    window: Colour
    bar: Colour
    ink: Colour
    faint: Colour


_DARK: Final = _Look((58, 48, 44), (36, 32, 30), (72, 64, 60), (220, 222, 224), (140, 140, 140))
_LIGHT: Final = _Look((214, 208, 196), (252, 252, 252), (226, 222, 218), (40, 36, 34), (130, 130, 130))


class Pages:
    """Draws a screen's pictures: uint8 (720, 1280, 3), blue-green-red."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.length = length_of_screen(screen)

    def picture(self, time: float) -> Picture:
        """The picture at that time, seconds."""
        return _drawn(self.screen.page, self.screen.dark, self.screen.seed, lines_at(self.screen, time)).copy()


def lines_at(screen: Screen, time: float) -> tuple[str, ...]:
    """The lines that stand in the window at that time, the latest last."""
    lines = list(screen.lines)
    for change in sorted(screen.changes, key=lambda one: one.at):
        if time >= change.at:
            _apply(screen, change, time, lines)
    return tuple(lines[-_MOST:])


def _apply(screen: Screen, change: Change, time: float, lines: list[str]) -> None:
    if change.types:
        lines.append(change.types[: int((time - change.at) / change.pace)])
    elif change.scrolls:
        done = min(change.scrolls, int((time - change.at) / change.pace) + 1)
        dice = random.Random(f"{screen.seed}:{change.at}")
        lines += [dice.choice(_LOG).format(n=100 + 7 * n) for n in range(done)]
    elif change.runs:
        left = max(0, round(change.runs - int(time - change.at)))
        lines.append(f"{left // 60}:{left % 60:02}" if time < screen_end(change) else "0:00")
    elif change.replaces:
        place = next((n for n in reversed(range(len(lines))) if change.replaces in lines[n]), None)
        if place is None:
            lines.append(change.shows)
        else:
            lines[place] = lines[place].replace(change.replaces, change.shows)
    else:
        lines.append(change.shows)


@lru_cache(maxsize=8)
def _drawn(page: str, dark: bool, seed: int, lines: tuple[str, ...]) -> Picture:
    look = _DARK if dark else _LIGHT
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    image[:] = look.ground
    dice = random.Random(f"{seed}:window")
    left, top = dice.randint(40, 120), dice.randint(30, 60)
    right, bottom = WIDTH - dice.randint(40, 160), HEIGHT - dice.randint(30, 50)
    cv2.rectangle(image, (left, top), (right, bottom), look.window, -1)
    cv2.rectangle(image, (left, top), (right, top + 44), look.bar, -1)
    for n, colour in enumerate(((90, 90, 235), (80, 190, 240), (90, 200, 110))):
        cv2.circle(image, (left + 26 + 30 * n, top + 22), 9, colour, -1, cv2.LINE_AA)
    cv2.putText(image, TITLES[page], (left + 140, top + 31), _FONT, 0.75, look.faint, 1, cv2.LINE_AA)
    if page == "clock":
        text = lines[-1] if lines else ""
        size = cv2.getTextSize(text, _FONT, 4.5, 6)[0]
        at = ((left + right - size[0]) // 2, (top + bottom + size[1]) // 2)
        cv2.putText(image, text, at, _FONT, 4.5, look.ink, 6, cv2.LINE_AA)
        return image
    gutter = 70 if page == "editor" else 30
    for n, line in enumerate(lines):
        y = top + 44 + _STEP * (n + 1)
        if page == "editor":
            cv2.putText(image, str(n + 1), (left + 14, y), _FONT, 0.7, look.faint, 1, cv2.LINE_AA)
        x = left + gutter
        if page == "build":
            cv2.circle(image, (x + 8, y - 10), 9, _ink(line, look), -1, cv2.LINE_AA)
            x += 34
        cv2.putText(image, line, (x, y), _FONT, 0.95, _ink(line, look), 1, cv2.LINE_AA)
    return image


def _ink(line: str, look: _Look) -> Colour:
    low = line.lower()
    if any(word in low for word in _BAD):
        return (70, 70, 230) if look is _DARK else (40, 40, 190)
    if any(word in low for word in _GOOD):
        return (110, 200, 120) if look is _DARK else (50, 130, 60)
    return look.ink
