"""Who is there: silhouettes, faces and bodies joined into people who come in and leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from duetto.timeline.arrival import Box
from duetto.timeline.clock import ms

_SAME: Final = 0.4
"""Share of the smaller of two boxes that the other covers from which on both are the same person's."""


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """When somebody is there."""

    appear_ms: float = 300.0
    """Milliseconds for which a person must be found before they have come in."""
    leave_ms: float = 500.0
    """Milliseconds for which they must be missing before they have left."""
    most: int = 4
    """People followed at once, at most."""
    comes: float = 0.1
    """Share of the picture by which a silhouette must have moved on to be a person's: a curtain stays where it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """What may be a person. sure: it is one. whole: it is not only what may be the rest of one who leaves."""

    box: Box
    sure: bool
    whole: bool = True


@dataclass(slots=True)
class _Track:
    number: int
    box: Box
    since: int
    last: int
    hits: int = 1
    came: Box = (0.0, 0.0, 0.0, 0.0)
    sure: bool = False
    here: bool = False


@dataclass(frozen=True, slots=True)
class PersonChange:
    """Somebody appeared or left. since, last: media time (ns) at which they were first and last seen."""

    change: Literal["appeared", "left"]
    number: int
    since: int
    last: int
    box: Box


class PersonTracker:
    """Follows boxes from picture to picture. A person is one that stays, and has a face or a body or has come."""

    def __init__(self, settings: PersonSettings | None = None) -> None:
        self.settings = settings or PersonSettings()
        self._tracks: list[_Track] = []
        self._next = 1

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where the people are who are here, in the order in which they appeared."""
        return tuple(track.box for track in self._tracks if track.here)

    def see(self, at: int, found: Iterable[Found]) -> tuple[PersonChange, ...]:
        """Take in the boxes of one picture of media time `at` (ns), as they were found."""
        free = list(self._tracks)
        for one in _merged(found):
            box = one.box
            nearest = max(free, key=lambda track: _shared(track.box, box), default=None)
            if nearest is not None and _shared(nearest.box, box) > 0.25:
                free.remove(nearest)
                nearest.box, nearest.last = box, at
                nearest.hits += 1
                nearest.sure = nearest.sure or one.sure or _apart(nearest.came, box) >= self.settings.comes
            elif one.whole and len(self._tracks) < self.settings.most:
                self._tracks.append(_Track(self._next, box, at, at, came=box, sure=one.sure))
                self._next += 1
        return self._settle(at)

    def clear(self) -> tuple[PersonChange, ...]:
        """All leave: the camera gives nothing, or shows another scene."""
        left = tuple(_change("left", track) for track in self._tracks if track.here)
        self._tracks.clear()
        return left

    def _settle(self, at: int) -> tuple[PersonChange, ...]:
        changes: list[PersonChange] = []
        kept: list[_Track] = []
        for track in self._tracks:
            # One who has not appeared yet must not be missed at all for long.
            patience = self.settings.leave_ms if track.here else self.settings.appear_ms
            if at - track.last >= ms(patience):
                if track.here:
                    changes.append(_change("left", track))
                continue
            lasting = at - track.since >= ms(self.settings.appear_ms) and track.hits >= 3
            known = any(other.here and _shared(other.box, track.box) > _SAME for other in self._tracks)
            if not track.here and lasting and track.sure and not known:
                track.here = True
                changes.append(_change("appeared", track))
            kept.append(track)
        self._tracks = kept
        return tuple(changes)


def _merged(found: Iterable[Found]) -> list[Found]:
    """One for each person: a face, a body and a silhouette may all be of the same."""
    people: list[Found] = []
    for one in found:
        same = [one, *(other for other in people if _shared(other.box, one.box) > _SAME)]
        people = [other for other in people if other not in same]
        left, top = min(each.box[0] for each in same), min(each.box[1] for each in same)
        right = max(each.box[0] + each.box[2] for each in same)
        bottom = max(each.box[1] + each.box[3] for each in same)
        box = (left, top, right - left, bottom - top)
        people.append(Found(box, any(each.sure for each in same), any(each.whole for each in same)))
    return people


def _change(change: Literal["appeared", "left"], track: _Track) -> PersonChange:
    return PersonChange(change, track.number, track.since, track.last, track.box)


def _shared(a: Box, b: Box) -> float:
    """What they share, as a part of the smaller of the two, 0 to 1."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / max(min(a[2] * a[3], b[2] * b[3]), 1e-9)


def _apart(a: Box, b: Box) -> float:
    """How far the middles are apart across the picture, as a share of its width."""
    return abs(a[0] + a[2] / 2 - b[0] - b[2] / 2)
