"""The main colours of the picture, by name, told when they have changed for good."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import Picture
from duetto.timeline.clock import ms

NAMES: Final = (
    "black",
    "grey",
    "white",
    "red",
    "orange",
    "brown",
    "yellow",
    "green",
    "turquoise",
    "blue",
    "purple",
    "pink",
)


@dataclass(frozen=True, slots=True)
class ColourSettings:
    """What counts as a main colour."""

    enter_share: float = 0.15
    """Share of the picture from which on a colour is a main one, 0 to 1."""
    leave_share: float = 0.09
    """Share of the picture below which it no longer is."""
    most: int = 3
    """Main colours named at once, at most."""
    persist_ms: float = 500.0
    """Milliseconds for which new main colours must stay before they are told."""


@dataclass(frozen=True, slots=True)
class ColourChange:
    """New main colours, the largest area first. since: media time (ns) of the first frame that showed them."""

    since: int
    names: tuple[str, ...]


class ColourNamer:
    """Counts pixels by colour name. An order that changes among the same colours is no change."""

    def __init__(self, settings: ColourSettings | None = None) -> None:
        self.settings = settings or ColourSettings()
        self.names: tuple[str, ...] = ()
        self._coming: frozenset[str] = frozenset()
        self._since: int | None = None
        _table()  # built here, so that the first frame costs no more than the others

    def see(self, at: int, bgr: Picture) -> ColourChange | None:
        """Take in a picture, uint8 BGR (h, w, 3), of media time `at` (ns)."""
        names = self._main(shares(bgr))
        found = frozenset(names)
        if not names or found == frozenset(self.names):
            self._since = None
            return None
        if self._since is None or found != self._coming:
            self._coming, self._since = found, at
        if self.names and at - self._since < ms(self.settings.persist_ms):
            return None
        since, self.names, self._since = self._since, names, None
        return ColourChange(since, names)

    def _main(self, share_of: NDArray[np.float64]) -> tuple[str, ...]:
        settings = self.settings
        order = np.argsort(-share_of, kind="stable")[: settings.most]
        enough = [settings.leave_share if NAMES[i] in self.names else settings.enter_share for i in order]
        return tuple(NAMES[i] for i, least in zip(order, enough, strict=True) if share_of[i] >= least)


def shares(bgr: Picture) -> NDArray[np.float64]:
    """Share of the picture that each of `NAMES` covers: float64, shape (12,), sum 1. bgr: uint8 (h, w, 3)."""
    fives = (bgr >> 3).reshape(-1, 3).astype(np.intp)
    index = (fives[:, 0] << 10) | (fives[:, 1] << 5) | fives[:, 2]
    counts = np.bincount(_table()[index], minlength=len(NAMES))
    return np.asarray(counts / len(index), np.float64)


@functools.cache
def _table() -> NDArray[np.uint8]:
    """The name (its place in `NAMES`) of every BGR colour of 5 bits a channel: uint8, shape (32768,).

    By hue, saturation and value; where names end follows common usage (Berlin and Kay's eleven basic terms, and
    turquoise between green and blue).
    """
    five = np.arange(32768, dtype=np.uint16)
    bgr = np.stack([five >> 10, (five >> 5) & 31, five & 31], axis=1).astype(np.uint8) * 8 + 4
    hsv = np.asarray(cv2.cvtColor(bgr[None], cv2.COLOR_BGR2HSV), np.float32)[0]
    hue, saturation, value = hsv[:, 0] * 2, hsv[:, 1] / 255, hsv[:, 2] / 255
    borders = ((14, "red"), (42, "orange"), (70, "yellow"), (162, "green"), (198, "turquoise"), (258, "blue"))
    upper = np.array([border for border, _ in borders] + [292, 336], np.float32)
    hues = [NAMES.index(name) for name in (*(n for _, n in borders), "purple", "pink", "red")]
    named = np.array(hues, np.uint8)[np.searchsorted(upper, hue, side="right")]
    warm = (hue < 48) & (hue >= 14)
    named[warm & (value < 0.62)] = NAMES.index("brown")
    named[(hue < 14) & (value < 0.5) & (saturation < 0.6)] = NAMES.index("brown")
    named[((hue < 14) | (hue >= 336)) & (value > 0.75) & (saturation < 0.5)] = NAMES.index("pink")
    # Colour is hard to see in what is pale or dark.
    pale = saturation < np.where(value > 0.4, 0.16, 0.28)
    named[pale] = NAMES.index("grey")
    named[pale & (value > 0.8)] = NAMES.index("white")
    named[(value < 0.18) | (pale & (value < 0.24))] = NAMES.index("black")
    return np.asarray(named, np.uint8)
