"""Lines of text followed from look to look, so that a line that stays is one line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from rapidfuzz.distance import Levenshtein

from duetto.perception.video.reading_change import Change, join, shared
from duetto.timeline.arrival import Box, TextLine, Texts
from duetto.timeline.order_text import plain

_SAME_PLACE: Final = 0.35
_OTHER_WORDS: Final = 0.75


@dataclass(frozen=True, slots=True)
class LineSettings:
    """What is followed."""

    most: int = 200
    """Lines followed at once, at most; what is read beyond them is passed over."""
    most_characters: int = 200
    """Characters of a line that are kept."""
    least_sure: float = 0.6
    """How sure the letters of a line must be, 0 to 1."""


@dataclass(slots=True)
class Line:
    """A line that stands. since, last: media time (ns) at which it was first and last known to.

    doubt: what it seemed to be when it was read last; missed: looks in a row in which it was not found.
    """

    number: int
    text: str
    box: Box
    since: int
    last: int
    doubt: str = ""
    missed: int = 0


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line came to stand, or is gone. A line that now says something else is gone, and another appeared."""

    change: Literal["appeared", "gone"]
    number: int
    since: int
    last: int
    text: str
    box: Box


class LineTracker:
    """Matches the lines of a look to those before, by what they say and where they stand.

    A line in which no pixel has changed says what it said, however it is read now. steady: the picture stands still, as
    a screen's does: what changed has been written. If not, a letter that is read otherwise, or a line that is not
    found, counts only when two looks agree.
    """

    def __init__(self, settings: LineSettings | None = None, *, steady: bool = True) -> None:
        self.settings = settings or LineSettings()
        self._steady = steady
        self._lines: list[Line] = []
        self._found: set[int] = set()
        self._waiting: list[TextLine] = []
        self._next = 1

    @property
    def boxes(self) -> tuple[Box, ...]:
        return tuple(line.box for line in self._lines)

    @property
    def texts(self) -> tuple[str, ...]:
        """What stands now, in the order in which it appeared."""
        return tuple(line.text for line in self._lines)

    @property
    def doubtful(self) -> tuple[Box, ...]:
        """Where another look would tell whether a line has changed, or is gone."""
        return tuple(line.box for line in self._lines if line.doubt or line.missed)

    def see(self, texts: Texts, change: Change) -> tuple[LineChange, ...]:
        """Take in what was read where `change` said to; what appeared and went by it."""
        changes: list[LineChange] = []
        free = [line for line in self._lines if line.number not in self._found]
        left: list[TextLine] = []
        for read in texts.lines:
            line = self._same(read, free, change)
            if line is None:
                left.append(read)
            else:
                free.remove(line)
                self._stays(line, read, texts.at)
        left, self._waiting = [*self._waiting, *left], []
        for read in left:
            line = self._in_place(read, free)
            if line is not None and texts.more:
                # What stood there may have moved: to be found in what is still to come.
                self._waiting.append(read)
            elif line is not None:
                free.remove(line)
                changes.extend(self._differs(line, read, texts.at))
            elif read.sure >= self.settings.least_sure and read.text.strip() and not self._kept(read, change):
                changes.extend(self._appears(read, texts.at))
        if not texts.more:
            changes.extend(self._miss(change, texts.at))
        return tuple(changes)

    def clear(self, at: int = 0) -> tuple[LineChange, ...]:
        """All are gone: nothing is to be read any more, or the picture ended at media time `at` (ns)."""
        gone = tuple(_gone(line, at) for line in self._lines)
        self._lines.clear()
        self.give_up()
        return gone

    def give_up(self) -> None:
        """The rest of the look that is being taken in will not come."""
        self._found.clear()
        self._waiting.clear()

    # --- matching ---------------------------------------------------------------------------------------------

    def _same(self, read: TextLine, free: list[Line], change: Change) -> Line | None:
        """The line that this is: it stands there untouched, or says the same, there or elsewhere in what was read."""
        best = self._in_place(read, free)
        if best is not None and not change.touches(best.box):
            return best
        says = plain(read.text)
        alike = [line for line in free if plain(line.text) == says and change.covers(line.box) > 0.5]
        return min(alike, key=lambda line: _apart(line.box, read.box), default=None) if says else None

    def _in_place(self, read: TextLine, free: list[Line]) -> Line | None:
        best = max(free, key=lambda line: _place(line.box, read.box), default=None)
        return best if best is not None and _place(best.box, read.box) >= _SAME_PLACE else None

    def _kept(self, read: TextLine, change: Change) -> bool:
        """It is a piece of a line that is known and has not changed: of one at the edge of what was looked at."""
        return any(shared(read.box, line.box) > 0.5 and not change.touches(line.box) for line in self._lines)

    # --- what became of a line --------------------------------------------------------------------------------

    def _stays(self, line: Line, read: TextLine, at: int) -> None:
        line.last, line.box, line.doubt, line.missed = at, read.box, "", 0
        self._found.add(line.number)

    def _differs(self, line: Line, read: TextLine, at: int) -> list[LineChange]:
        """Another text in its place. One that is not sure enough to count is at least there."""
        text = read.text.strip()[: self.settings.most_characters]
        before, now = plain(line.text), plain(text)
        if read.sure < self.settings.least_sure or not now:
            self._stays(line, TextLine(line.text, line.box, read.sure), at)
            return []
        alike = Levenshtein.normalized_similarity(before, now) >= _OTHER_WORDS and _digits(line.text) == _digits(text)
        if not self._steady and alike and plain(line.doubt) != now:
            line.last, line.doubt, line.missed = at, text, 0
            self._found.add(line.number)
            return []
        self._lines.remove(line)
        return [_gone(line, at), *self._appears(read, at)]

    def _appears(self, read: TextLine, at: int) -> list[LineChange]:
        if len(self._lines) >= self.settings.most:
            return []
        text = read.text.strip()[: self.settings.most_characters]
        line = Line(self._next, text, read.box, at, at)
        self._next += 1
        self._lines.append(line)
        self._found.add(line.number)
        return [LineChange("appeared", line.number, line.since, line.last, line.text, line.box)]

    def _miss(self, change: Change, at: int) -> list[LineChange]:
        """The look is over: what it should have found and did not."""
        gone: list[LineChange] = []
        for line in tuple(self._lines):
            if line.number in self._found or change.covers(line.box) < 0.7 or not change.touches(line.box):
                continue
            line.missed += 1
            if self._steady or line.missed > 1:
                self._lines.remove(line)
                gone.append(_gone(line, at))
        self._found.clear()
        return gone


def _gone(line: Line, at: int) -> LineChange:
    """It stood until the picture in which it was not found any more, for nothing had changed before."""
    return LineChange("gone", line.number, line.since, max(line.last, at), line.text, line.box)


def _place(a: Box, b: Box) -> float:
    """How far two lines stand in the same place, 0 to 1: they may be of different length, and begin alike."""
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    if high <= 0 or wide <= 0:
        return 0.0
    return high / join(a, b)[3] * wide / max(min(a[2], b[2]), 1e-9)


def _apart(a: Box, b: Box) -> float:
    return abs(a[0] - b[0]) + abs(a[1] - b[1])


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit() and letter not in "01")
