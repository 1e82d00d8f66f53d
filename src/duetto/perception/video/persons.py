"""Who is there: silhouettes, faces and bodies joined into people who come in and leave."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from duetto.timeline.arrival import Box
from duetto.timeline.clock import in_s, ms, s

_SAME: Final = 0.4
"""Share of the smaller of two boxes that the other covers from which on both are the same person's."""
_TOUCHES: Final = 0.25
"""The same for a person and where they were expected to be."""
_PACE_OVER: Final = s(0.25)
"""Time (ns) over which it is measured how fast somebody goes."""


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """When somebody is there."""

    appear_ms: float = 300.0
    """Milliseconds for which a person must be found before they have come in."""
    leave_ms: float = 500.0
    """Milliseconds for which they must be missing before they have left at the picture's left or right edge."""
    lost_ms: float = 1000.0
    """The same inside of the picture, where few can leave and many look like what is behind them."""
    edge: float = 0.08
    """How near to the picture's edge that is, as a share of its width."""
    most: int = 4
    """People followed at once, at most."""
    comes: float = 0.1
    """Share of the picture by which a silhouette must have moved on to be a person's: a curtain stays where it is."""
    far: float = 0.25
    """The same where bodies are looked for and none was found in it."""
    missed_ms: float = 400.0
    """Milliseconds for which looks must have missed a body at the picture's edge before it has left, whatever sways
    there."""
    strays: float = 0.06
    """Share of the picture's width by which somebody may be beside where they were expected."""
    turns: float = 0.3
    """And so much more for each second since they were seen."""
    stacked: float = 0.2
    """Share of the picture's height by which two parts of one silhouette, one above the other, are apart at most."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What stands out and may be a person. whole: it is not only what may be the rest of one who leaves."""

    box: Box
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Known:
    """A face or a body: somebody was there at media time `at` (ns), which holds until another look."""

    box: Box
    at: int


@dataclass(slots=True)
class _Track:
    """began: where they were first. came: how far they have come from there. known: their face or body, as it was
    last seen; held: media time (ns) of the latest picture in which that held. went: where they were, and when.
    """

    number: int
    box: Box
    since: int
    last: int
    hits: int = 1
    began: Box = (0.0, 0.0, 0.0, 0.0)
    came: float = 0.0
    known: Known | None = None
    held: int = 0
    here: bool = False
    went: deque[tuple[int, Box]] = field(default_factory=lambda: deque(maxlen=40))

    def was(self, at: int) -> tuple[int, Box]:
        """Where they were nearest to that media time (ns)."""
        return min(self.went, key=lambda one: abs(one[0] - at))

    def expected(self, at: int) -> Box:
        """Where they are at media time `at` (ns) if they go on as before, for half a second at most."""
        latest, box = self.went[-1]
        before = next((one for one in reversed(self.went) if latest - one[0] >= _PACE_OVER), self.went[0])
        if latest == before[0]:
            return box
        pace = (_middle(box) - _middle(before[1])) / (latest - before[0])
        return (box[0] + pace * min(at - latest, s(0.5)), *box[1:])

    def moves(self, at: int, box: Box) -> None:
        self.box = box
        self.went.append((at, box))


@dataclass(frozen=True, slots=True)
class PersonChange:
    """Somebody appeared or left. since, last: media time (ns) at which they were first and last seen."""

    change: Literal["appeared", "left"]
    number: int
    since: int
    last: int
    box: Box


class PersonTracker:
    """Follows silhouettes from picture to picture. A person is one that stays, and has a face or a body or has come.

    A face or a body is found beside the tick and comes late: it says where somebody was, and is theirs who was there.
    """

    def __init__(self, settings: PersonSettings | None = None) -> None:
        self.settings = settings or PersonSettings()
        self._tracks: list[_Track] = []
        self._next = 1

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where the people are who are here, in the order in which they appeared."""
        return tuple(track.box for track in self._tracks if track.here)

    def see(
        self, at: int, shapes: Iterable[Shape], known: Iterable[Known] = (), looked: int | None = None
    ) -> tuple[PersonChange, ...]:
        """Take in the silhouettes of one picture of media time `at` (ns), and what is known of the time before.

        looked: media time (ns) of the latest look for bodies, None where there are none.
        """
        parts = self._joined(shapes)
        pairs = [
            (self._beside(track.expected(at), part.box, at - track.last), t, p)
            for t, track in enumerate(self._tracks)
            for p, part in enumerate(parts)
        ]
        taken = _pairs(pairs)
        for t, p in taken:
            track, box = self._tracks[t], parts[p].box
            track.last = at
            track.hits += 1
            track.moves(at, box)
            track.came = max(track.came, _apart(track.began, box))
        followed = {p for _, p in taken}
        for p, part in enumerate(parts):
            if p not in followed and part.whole:
                self._begin(part.box, at)
        self._recognise(at, list(known))
        return self._settle(at, looked)

    def clear(self) -> tuple[PersonChange, ...]:
        """All leave: the camera gives nothing, or shows another scene."""
        left = tuple(_change("left", track) for track in self._tracks if track.here)
        self._tracks.clear()
        return left

    def _begin(self, box: Box, at: int) -> _Track | None:
        if len(self._tracks) >= self.settings.most:
            return None
        track = _Track(self._next, box, at, at, began=box)
        track.moves(at, box)
        self._tracks.append(track)
        self._next += 1
        return track

    def _recognise(self, at: int, known: Sequence[Known]) -> None:
        """Whose faces and bodies these are; each is of somebody, and keeps them there while it holds."""
        each: list[Known] = []
        for one in known:  # a face and a body may be of the same
            if all(_shared(other.box, one.box) <= _SAME for other in each):
                each.append(one)
        pairs = []
        for t, track in enumerate(self._tracks):
            for k, one in enumerate(each):
                far = [apart for apart in (self._was(track, one), self._again(track, one)) if apart is not None]
                # Who had a face or a body before has it again, rather than what is beside them.
                other = 0.0 if track.known is not None else self.settings.far
                pairs.append((min(far) + other if far else None, t, k))
        whose = {k: self._tracks[t] for t, k in _pairs(pairs)}
        for k, one in enumerate(each):
            mine = whose.get(k) or self._begin(one.box, one.at)
            if mine is None:
                continue
            if self._was(mine, one) is None:
                self._exchange(mine, one)
            mine.held = at
            if mine.known is None or mine.known.at <= one.at:
                mine.known = one
            if mine.last < at:
                mine.last = at
                mine.hits += 1
                if one.at > mine.went[-1][0]:
                    mine.moves(one.at, one.box)

    def _was(self, track: _Track, one: Known) -> float | None:
        """How far from there they were at that time."""
        then, box = track.was(one.at)
        return self._beside(box, one.box, abs(one.at - then))

    def _again(self, track: _Track, one: Known) -> float | None:
        """How far from there their face or body was when it was seen before."""
        before = track.known
        return None if before is None else self._beside(before.box, one.box, abs(one.at - before.at))

    def _exchange(self, track: _Track, one: Known) -> None:
        """Their silhouette was one with another's, and has parted from it: each goes on with its own."""
        near = [
            (apart, other) for other in self._tracks if not other.here and (apart := self._was(other, one)) is not None
        ]
        if near:
            other = min(near, key=lambda pair: pair[0])[1]
            track.box, other.box = other.box, track.box
            track.went, other.went = other.went, track.went
            track.last, other.last = other.last, track.last
            track.hits, other.hits = other.hits, track.hits

    def _beside(self, expected: Box, box: Box, gap: int) -> float | None:
        """How far a box is from where it was expected `gap` ns after the last one, None where it is another's."""
        settings = self.settings
        apart = _apart(expected, box)
        if _shared(expected, box) > _TOUCHES:
            return apart
        high = min(expected[1] + expected[3], box[1] + box[3]) - max(expected[1], box[1])
        if high < 0.3 * min(expected[3], box[3]):
            return None
        strays = settings.strays + settings.turns * in_s(min(gap, ms(settings.lost_ms)))
        return apart if apart <= strays + (expected[2] + box[2]) / 4 else None

    def _joined(self, shapes: Iterable[Shape]) -> list[Shape]:
        """One for each person: what overlaps, and what stands one above the other."""
        people: list[Shape] = []
        for one in shapes:
            same = [one, *(other for other in people if self._one(other.box, one.box))]
            people = [other for other in people if other not in same]
            people.append(Shape(_around([each.box for each in same]), any(each.whole for each in same)))
        return people

    def _one(self, a: Box, b: Box) -> bool:
        wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
        gap = max(a[1], b[1]) - min(a[1] + a[3], b[1] + b[3])
        return _shared(a, b) > _SAME or (wide >= 0.5 * min(a[2], b[2]) and gap <= self.settings.stacked)

    def _settle(self, at: int, looked: int | None) -> tuple[PersonChange, ...]:
        changes: list[PersonChange] = []
        kept: list[_Track] = []
        for track in self._tracks:
            if at - track.last >= self._patience(track) or self._missed(track, at, looked):
                if track.here:
                    changes.append(_change("left", track))
                continue
            lasting = at - track.since >= ms(self.settings.appear_ms) and track.hits >= 3
            comes = self.settings.comes if looked is None else self.settings.far
            sure = track.known is not None or track.came >= comes
            other = any(other.here and _shared(other.box, track.box) > _SAME for other in self._tracks)
            if not track.here and lasting and sure and not other:
                track.here = True
                changes.append(_change("appeared", track))
            kept.append(track)
        self._tracks = kept
        return tuple(changes)

    def _missed(self, track: _Track, at: int, looked: int | None) -> bool:
        """The looks go on, and find no body any more where one went to the picture's edge."""
        if not track.here or track.known is None or track.held == at or looked is None:
            return False
        return self._outside(track) and looked - track.known.at >= ms(self.settings.missed_ms)

    def _outside(self, track: _Track) -> bool:
        """They may be on the way out."""
        return track.box[0] <= self.settings.edge or track.box[0] + track.box[2] >= 1 - self.settings.edge

    def _patience(self, track: _Track) -> int:
        if not track.here:  # one who has not appeared yet must not be missed at all for long
            return ms(self.settings.appear_ms)
        return ms(self.settings.leave_ms if self._outside(track) else self.settings.lost_ms)


def _pairs(costs: Iterable[tuple[float | None, int, int]]) -> list[tuple[int, int]]:
    """The cheapest pairs first, each row and each column once."""
    taken: list[tuple[int, int]] = []
    rows: set[int] = set()
    columns: set[int] = set()
    for _, row, column in sorted((cost, row, column) for cost, row, column in costs if cost is not None):
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            taken.append((row, column))
    return taken


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[0] + box[2] for box in boxes), max(box[1] + box[3] for box in boxes)
    return (left, top, right - left, bottom - top)


def _change(change: Literal["appeared", "left"], track: _Track) -> PersonChange:
    return PersonChange(change, track.number, track.since, track.last, track.box)


def _shared(a: Box, b: Box) -> float:
    """What they share, as a part of the smaller of the two, 0 to 1."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / max(min(a[2] * a[3], b[2] * b[3]), 1e-9)


def _middle(box: Box) -> float:
    return box[0] + box[2] / 2


def _apart(a: Box, b: Box) -> float:
    """How far the middles are apart across the picture, as a share of its width."""
    return abs(_middle(a) - _middle(b))
