"""What is seen, written to the timeline: one open increment for each thing that is there, committed when it is over."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from duetto.perception.video.faces import FaceChange
from duetto.perception.video.motion import MotionChange
from duetto.perception.video.movement import MovementChange
from duetto.perception.video.persons import PersonChange
from duetto.perception.video.reading_lines import LineChange
from duetto.perception.video.watching import HandChange
from duetto.timeline.increment import Span
from duetto.timeline.order import Watched
from duetto.timeline.payload import Face, Motion, Movement, Notice, Payload, Person, RaisedHand, Reading
from duetto.timeline.timeline import Timeline

Change = MotionChange | FaceChange | MovementChange | PersonChange | HandChange | LineChange


class Writer:
    """Remembers which increments of a stream are open."""

    def __init__(self, stream: Watched) -> None:
        self._stream: Watched = stream
        self._open: dict[Hashable, int] = {}

    def write(self, changes: Iterable[Change], now: int, timeline: Timeline) -> None:
        """Each change, known since media time `now` (ns)."""
        for change in changes:
            match change:
                case MotionChange(change=what, moving=moving):
                    payload: Payload = Motion(moving.region, round(moving.level, 4))
                    self._put(("motion", moving.region), what, moving.since, moving.last, payload, now, timeline)
                case FaceChange(change=what, number=number):
                    self._put(("faces", number), what, change.since, change.last, Face(change.box), now, timeline)
                case MovementChange(change=what):
                    payload = Movement(change.name, change.count)
                    self._put(("movement", 0), what, change.since, change.last, payload, now, timeline)
                case PersonChange(change=what, number=number):
                    self._put(("persons", number), what, change.since, change.last, Person(change.box), now, timeline)
                case HandChange(change=what, side=side):
                    self._put(("hands", side), what, change.since, change.last, RaisedHand(side), now, timeline)
                case LineChange(change=what, number=number):
                    payload = Reading(change.text, change.box)
                    self._put(("reading", number), what, change.since, change.last, payload, now, timeline)

    def add(self, payload: Payload, span: Span, now: int, timeline: Timeline, source: str) -> None:
        """Something that stands at once."""
        timeline.add(self._stream, span, payload, at=now, source=source, committed=True)

    def tell(self, text: str, now: int, timeline: Timeline) -> None:
        """A notice about the stream."""
        notice = Notice(part=self._stream, text=text)
        timeline.add("acts", Span(now, now), notice, at=now, source=self._stream, committed=True)

    def _put(
        self,
        key: tuple[str, Hashable],
        what: str,
        since: int,
        last: int,
        payload: Payload,
        now: int,
        timeline: Timeline,
    ) -> None:
        span = Span(since, max(since, last))
        if what in ("began", "appeared", "started", "raised"):
            self._open[key] = timeline.add(self._stream, span, payload, at=now, source=key[0]).id
        elif what == "repeated":
            self._open[key] = timeline.revise(self._open[key], self._stream, span, payload, at=now).id
        else:
            timeline.commit(self._open.pop(key), self._stream, at=now, span=span, payload=payload)
