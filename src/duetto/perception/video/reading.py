"""Reading a screen, or what is held before a camera: on the tick when to look and where, and what the looks bring.

A pipeline has a `TextReader`, and writes what it tells. The work is done beside the tick, by
`duetto.perception.video.ocr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from duetto.perception.video.jpeg import MAX_PIXELS, UnreadablePicture
from duetto.perception.video.reading_change import Change, ChangeFinder, ChangeSettings, Mask
from duetto.perception.video.reading_lines import LineChange, LineSettings, LineTracker
from duetto.timeline.arrival import Box, Texts
from duetto.timeline.clock import ms
from duetto.timeline.job import Look
from duetto.timeline.order import Watched
from duetto.timeline.turn import Frame


@dataclass(frozen=True, slots=True)
class ReadingSettings:
    """How often and how exactly is read."""

    every_ms: float = 200.0
    """Milliseconds between two looks, or two comparisons of pictures, at least."""
    share: float = 0.5
    """Share of the time, 0 to 1, in which the reader may be busy with this stream: it rests after each look before it
    makes another large one."""
    small: float = 0.1
    """Share of the picture, 0 to 1, up to which a look is small, and made at once."""
    patience_ms: float = 6000.0
    """Milliseconds after which a look that gave no answer, or no further part of one, is given up."""
    rest_ms: float = 2000.0
    """Milliseconds of rest after a look that failed, twice as long after each further one."""
    longest_rest_ms: float = 60_000.0
    """Milliseconds of rest at most."""
    change: ChangeSettings = field(default_factory=ChangeSettings)
    """What counts as a change."""
    lines: LineSettings = field(default_factory=LineSettings)
    """What lines are followed."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """The look that is on its way. at: of its frame; sent: when; heard: when its latest part came. Media time (ns)."""

    at: int
    sent: int
    change: Change
    heard: int


class TextReader:
    """Which lines of text stand in one stream's pictures.

    A pipeline calls `want` when it changes whether an order needs the text; in each micro-turn
    `take` with each `Texts`, and `failed` with each `Fault` of the part "reader" that is not `working`; then `see` with
    the newest frame, which gives at most one `Look` to hand out; and `clear` when the stream stalls.

    Looks are made only where something has changed, one at a time, at a bounded rate; what changes meanwhile is in the
    next look. While nothing changes there are none.
    """

    def __init__(
        self, settings: ReadingSettings | None = None, stream: Watched = "screen", max_pixels: int = MAX_PIXELS
    ) -> None:
        self.settings = settings or ReadingSettings()
        self.stream: Watched = stream
        self._finder = ChangeFinder(self.settings.change, max_pixels)
        self._tracker = LineTracker(self.settings.lines, steady=stream == "screen")
        self._wanted = False
        self._asked: _Asked | None = None
        self._due = 0
        self._rested = 0
        self._failures = 0
        self._latest = -1
        self._seen = 0

    @property
    def wanted(self) -> bool:
        return self._wanted

    @property
    def texts(self) -> tuple[str, ...]:
        """The lines that stand now, in the order in which they appeared. Data, whatever they say."""
        return self._tracker.texts

    def want(self, wanted: bool) -> tuple[LineChange, ...]:
        """Whether an order needs the text. When none does any more, all lines are gone."""
        if wanted == self._wanted:
            return ()
        self._wanted = wanted
        return () if wanted else self.clear()

    def clear(self) -> tuple[LineChange, ...]:
        """The stream gives nothing any more, or is not read any more; begin anew with its next frame."""
        self._asked = None
        self._finder.forget()
        return self._tracker.clear(self._seen)

    def see(self, frame: Frame, at: int) -> Look | None:
        """A look at what of the frame has changed, if it is time for one at media time `at` (ns).

        A picture that cannot be decoded is passed over.
        """
        if not self._wanted or frame.at <= self._latest:
            return None
        self._seen = max(self._seen, frame.at)
        if self._asked is not None:
            if at - self._asked.heard < ms(self.settings.patience_ms):
                return None
            self._fail(at)
        if at < self._due:
            return None
        self._due = at + ms(self.settings.every_ms)
        try:
            mask = self._finder.see(frame.jpeg)
        except UnreadablePicture:
            return None
        if mask is None:
            return None
        change = self._finder.change(mask, self._tracker.boxes)
        if at < self._rested and change.share > self.settings.small:
            return None
        self._finder.reads()
        self._asked, self._latest = _Asked(frame.at, at, change, at), frame.at
        return Look(at=frame.at, jpeg=frame.jpeg, what="text", stream=self.stream, regions=change.regions)

    def take(self, texts: Texts, at: int) -> tuple[LineChange, ...]:
        """What a look brought, which arrived at media time `at` (ns). One that was not asked for is passed over."""
        asked = self._asked
        if asked is None or texts.stream != self.stream or texts.at != asked.at:
            return ()
        changes = self._tracker.see(texts, asked.change)
        if texts.more:
            self._asked = replace(asked, heard=at)
        else:
            self._asked, self._failures = None, 0
            self._rested = at + round((at - asked.sent) * (1 / max(self.settings.share, 0.01) - 1))
            if self._tracker.doubtful:
                self._finder.missed(self._doubts(asked.change.mask.shape))
        return changes

    def failed(self, at: int) -> None:
        """The reader told of a fault at media time `at` (ns): what it was asked for is asked again, after a rest."""
        if self._asked is not None:
            self._fail(at)

    def _fail(self, at: int) -> None:
        assert self._asked is not None
        self._finder.missed(self._asked.change.mask)
        self._tracker.give_up()
        self._asked = None
        rest = min(self.settings.rest_ms * 2 ** min(self._failures, 16), self.settings.longest_rest_ms)
        self._failures += 1
        self._due = at + ms(rest)

    def _doubts(self, shape: tuple[int, ...]) -> Mask:
        """The blocks of lines of which another look is needed."""
        mask = np.zeros(shape, np.bool_)
        for box in self._tracker.doubtful:
            left, top, right, bottom = _blocks(box, shape)
            mask[top:bottom, left:right] = True
        return mask


def _blocks(box: Box, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    high, wide = shape
    left, top = int(box[0] * wide), int(box[1] * high)
    return left, top, max(left + 1, round((box[0] + box[2]) * wide)), max(top + 1, round((box[1] + box[3]) * high))
