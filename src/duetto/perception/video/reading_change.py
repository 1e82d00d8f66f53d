"""Which parts of a picture have changed since they were last read: on the tick, so cheap."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from duetto.perception.video.jpeg import MAX_PIXELS, SMALL_WIDTH, Picture, decode
from duetto.timeline.arrival import Box

Mask = NDArray[np.bool_]

WHOLE: Final[Box] = (0.0, 0.0, 1.0, 1.0)
_QUARTILE_OF_NOISE: Final = 0.3186
"""The lower quartile of |x| for normal noise of standard deviation 1."""


@dataclass(frozen=True, slots=True)
class ChangeSettings:
    """What counts as a change of written text."""

    least_step: float = 3.0
    """Grey levels (of 255) by which the mean of a block of 4 to 8 pixels each way must change at least: less than the
    exchange of one small letter does."""
    noise_factor: float = 6.0
    """Standard deviations of the picture's noise, measured in the block means, by which it must change."""
    margin: float = 0.012
    """What is read around a change, as a share of the picture's longer side."""
    most_regions: int = 4
    """Regions of one look; where there would be more, one that holds them all."""
    whole_share: float = 0.6
    """From this share of the picture on, 0 to 1, all of it is read."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be read anew. mask: changed blocks, shape (h, w). regions: boxes around them, () for everywhere."""

    mask: Mask
    regions: tuple[Box, ...]

    def touches(self, box: Box) -> bool:
        """A block has changed inside the box of a line, or where a letter before or after it would stand."""
        return bool(_cut(self.mask, _row(box, self.mask)).any())

    @property
    def share(self) -> float:
        """Of the picture, what is to be read, 0 to 1."""
        return sum(box[2] * box[3] for box in self.regions) if self.regions else 1.0

    def covers(self, box: Box) -> float:
        """Share of the box that is read, 0 to 1."""
        return max((shared(box, region) for region in self.regions or (WHOLE,)), default=0.0)


class ChangeFinder:
    """Compares block means, as a JPEG decoded at an eighth of its size gives them for next to nothing.

    Always with the picture that was read, not the one before: what changes slowly is found too, what has changed back
    is none.
    """

    def __init__(self, settings: ChangeSettings | None = None, max_pixels: int = MAX_PIXELS) -> None:
        self.settings = settings or ChangeSettings()
        self._max_pixels = max_pixels
        self._read: Picture | None = None
        self._now: Picture | None = None
        self._latest = b""
        self._jpeg = b""  # a picture in which nothing differs from what was read
        self._missed: Mask | None = None

    def see(self, jpeg: bytes) -> Mask | None:
        """The blocks that differ from what was read; None where none does. Raises UnreadablePicture."""
        if jpeg == self._jpeg and self._missed is None:
            return None  # a screen at rest often comes byte for byte as it was
        self._now = decode(jpeg, side=SMALL_WIDTH, max_pixels=self._max_pixels, grey=True)
        self._latest = jpeg
        if self._read is None or self._read.shape != self._now.shape:
            return np.ones(self._now.shape, np.bool_)
        difference = np.asarray(cv2.absdiff(self._now, self._read), np.uint8)
        limit = max(self.settings.least_step, self.settings.noise_factor * _noise(difference))
        mask: Mask = np.asarray(difference >= limit, np.bool_)
        if self._missed is not None:
            mask = mask | self._missed
        if mask.any():
            return mask
        self._jpeg = jpeg
        return None

    def reads(self) -> None:
        """What was seen last is being read: later pictures are compared with it."""
        self._read, self._missed, self._jpeg = self._now, None, self._latest

    def missed(self, mask: Mask) -> None:
        """These blocks were to be read and were not: they are still due."""
        if self._read is not None and self._read.shape == mask.shape:
            self._missed = mask if self._missed is None else self._missed | mask
            self._jpeg = b""

    def forget(self) -> None:
        """All is to be read anew."""
        self._read = self._missed = None
        self._jpeg = b""

    def change(self, mask: Mask, lines: Iterable[Box]) -> Change:
        """What to read for this mask. A line (of those known) in which something has changed is read whole."""
        settings = self.settings
        if mask.mean() >= settings.whole_share:
            return Change(mask, ())
        high, wide = mask.shape
        by = round(settings.margin * max(high, wide)) or 1
        near = cv2.dilate(mask.astype(np.uint8), np.ones((2 * by + 1, 2 * by + 1), np.uint8))
        count, _, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
        boxes = [
            (float(x) / wide, float(y) / high, float(w) / wide, float(h) / high)
            for x, y, w, h in stats[1:count, :4].tolist()
        ]
        for line in lines:
            if _cut(mask, _row(line, mask)).any():
                boxes = [join(box, line) if shared(_row(line, mask), box) > 0 else box for box in boxes]
        boxes = _merged(boxes)
        if len(boxes) > settings.most_regions:
            whole = boxes[0]
            for box in boxes[1:]:
                whole = join(whole, box)
            boxes = [whole]
        if sum(box[2] * box[3] for box in boxes) >= settings.whole_share:
            return Change(mask, ())
        return Change(mask, tuple(boxes))


# --- boxes ----------------------------------------------------------------------------------------------------


def shared(box: Box, other: Box) -> float:
    """Share of the box that lies in the other, 0 to 1."""
    wide = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
    high = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
    area = box[2] * box[3]
    return wide * high / area if wide > 0 and high > 0 and area > 0 else 0.0


def join(box: Box, other: Box) -> Box:
    """The box around both."""
    left, top = min(box[0], other[0]), min(box[1], other[1])
    right, bottom = max(box[0] + box[2], other[0] + other[2]), max(box[1] + box[3], other[1] + other[3])
    return (left, top, right - left, bottom - top)


def _merged(boxes: list[Box]) -> list[Box]:
    """Boxes that overlap are one."""
    done: list[Box] = []
    for box in boxes:
        while (other := next((one for one in done if shared(box, one) > 0), None)) is not None:
            done.remove(other)
            box = join(box, other)
        done.append(box)
    return done


def _row(line: Box, mask: Mask) -> Box:
    """A line with room for a letter or two at both of its ends."""
    room = line[3] * mask.shape[0] / mask.shape[1]
    return (line[0] - room, line[1], line[2] + 2 * room, line[3])


def _cut(mask: Mask, box: Box) -> Mask:
    """The mask's blocks whose middle lies in the box; at least one each way."""
    high, wide = mask.shape
    left, top = round(box[0] * wide), round(box[1] * high)
    right, bottom = round((box[0] + box[2]) * wide), round((box[1] + box[3]) * high)
    left, top = min(max(left, 0), wide - 1), min(max(top, 0), high - 1)
    return mask[top : max(bottom, top + 1), left : max(right, left + 1)]


def _noise(difference: Picture) -> float:
    """Standard deviation of the noise in grey levels. Written text that changes is little of the picture."""
    counts = np.bincount(difference[::2, ::2].ravel(), minlength=256)
    below = np.cumsum(counts)
    wanted = below[-1] / 4
    level = int(np.searchsorted(below, wanted))
    # Values are rounded: level k holds what lies from k-0.5 to k+0.5, level 0 half of that.
    lower, width = (0.0, 0.5) if level == 0 else (level - 0.5, 1.0)
    before = float(below[level - 1]) if level else 0.0
    quartile = lower + width * float(wanted - before) / float(counts[level])
    return quartile / _QUARTILE_OF_NOISE
