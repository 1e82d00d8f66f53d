"""Who is there: silhouettes, faces and bodies joined into people who come in and leave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from duetto.timeline.arrival import Box
from duetto.timeline.clock import ms


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """When somebody is there."""

    appear_ms: float = 300.0
    """Milliseconds for which a person must be found before they have come in."""
    leave_ms: float = 500.0
    """Milliseconds for which they must be missing before they have left."""
    most: int = 4
    """People followed at once, at most."""


@dataclass(slots=True)
class _Track:
    number: int
    box: Box
    since: int
    last: int
    hits: int = 1
    stirred: int = 0
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
    """Follows boxes from picture to picture; a person is one that stays, and that has moved or has a face or a body."""

    def __init__(self, settings: PersonSettings | None = None) -> None:
        self.settings = settings or PersonSettings()
        self._tracks: list[_Track] = []
        self._next = 1

    @property
    def boxes(self) -> tuple[Box, ...]:
        """Where the people are who are here, in the order in which they appeared."""
        return tuple(track.box for track in self._tracks if track.here)

    def see(self, at: int, found: Iterable[tuple[Box, bool]]) -> tuple[PersonChange, ...]:
        """Take in the boxes of one picture of media time `at` (ns), each with whether it gives a sign of life."""
        free = list(self._tracks)
        for box, stirs in found:
            nearest = max(free, key=lambda track: _shared(track.box, box), default=None)
            if nearest is not None and _shared(nearest.box, box) > 0.25:
                free.remove(nearest)
                nearest.box, nearest.last = box, at
                nearest.hits += 1
                nearest.stirred += stirs
            elif any(_shared(track.box, box) > 0.5 for track in self._tracks):
                continue  # another sign of somebody who is known
            elif len(self._tracks) < self.settings.most:
                self._tracks.append(_Track(self._next, box, at, at, stirred=int(stirs)))
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
            if not track.here and lasting and track.stirred >= 3:
                track.here = True
                changes.append(_change("appeared", track))
            kept.append(track)
        self._tracks = kept
        return tuple(changes)


def _change(change: Literal["appeared", "left"], track: _Track) -> PersonChange:
    return PersonChange(change, track.number, track.since, track.last, track.box)


def _shared(a: Box, b: Box) -> float:
    """What they share, as a part of the smaller of the two, 0 to 1."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    if wide <= 0 or high <= 0:
        return 0.0
    return wide * high / max(min(a[2] * a[3], b[2] * b[3]), 1e-9)
