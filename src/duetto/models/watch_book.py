"""Between perception and standing orders: what increments say was seen to happen, and what perception is to do."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from duetto.interaction import action as do
from duetto.interaction.orders.needs import Wanted, wanted
from duetto.interaction.percept import Sighting
from duetto.interaction.standing import Standing
from duetto.perception.video.pipeline import VideoPipeline
from duetto.timeline.clock import s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Job, Spot, StandingOrder
from duetto.timeline.order import Condition, SightKind, Watched
from duetto.timeline.order_words import describe
from duetto.timeline.payload import Face, Fired, Light, Motion, Movement, Person, RaisedHand, Reading, Scene
from duetto.timeline.timeline import Timeline

MOST_REPEATS: Final = 8
"""Repetitions that one revision of a movement may tell of."""
MOST_OPEN: Final = 256
"""Things of one kind that are remembered as standing in a stream: more than perception follows at once."""
MOST_UNSURE: Final = 32
"""Firings that words may still take back; the oldest is settled."""
UNSURE_FOR: Final = s(30)
"""How long (ns) that may be."""

_LASTING: Final = (Motion, Face, Person, Movement, RaisedHand, Reading)
_ENDS: Final[dict[type, SightKind]] = {Motion: "still", Face: "face-gone", Person: "person-gone"}
"""What is seen when the last of them has ended."""


class WatchBook:
    """Of one session: what stands in its pictures, what was wanted of perception, firings that may be taken back."""

    def __init__(self) -> None:
        self._open: dict[tuple[Watched, type], OrderedDict[int, Increment]] = {}
        self._wanted = Wanted()
        self._unsure: OrderedDict[tuple[str, int], Increment] = OrderedDict()

    # --- what was seen ------------------------------------------------------------------------------------------

    @property
    def moving(self) -> tuple[Watched, ...]:
        """Streams in which something moves."""
        return tuple(stream for (stream, kind), here in self._open.items() if kind is Motion and here)

    def sightings(self, perceived: Iterable[Increment], stalled: frozenset[str] = frozenset()) -> tuple[Sighting, ...]:
        """What increments that were just made known say was seen to happen.

        stalled: streams that give no pictures: what ends with the pictures has not been seen to end.
        """
        found: list[Sighting] = []
        ended: dict[tuple[Watched, type], None] = {}
        revised: dict[tuple[Watched, type, int], Increment] = {}
        lines: dict[Watched, str] = {}
        for increment in perceived:
            stream, payload = increment.stream, increment.payload
            if stream not in ("camera", "screen"):
                continue
            if not isinstance(payload, _LASTING):
                found += _at_once(increment, stream)
                continue
            kind = (stream, type(payload))
            here = self._open.setdefault(kind, OrderedDict())
            if isinstance(payload, Reading) and stream not in lines:
                lines[stream] = "\n".join(_text(line) for line in here.values())
            if increment.status == "added":
                before = revised.pop((*kind, increment.span.start), None)
                here[increment.id] = increment
                while len(here) > MOST_OPEN:
                    here.popitem(last=False)
                found += _begun(increment, stream, before, lines.get(stream, ""))
            else:
                was = here.pop(increment.id, None)
                if increment.status == "revoked":
                    revised[(*kind, increment.span.start)] = was or increment
                elif was is not None:
                    ended[kind] = None
                    if isinstance(payload, Movement):
                        found += _repeated(was, increment, stream)
                        found += [] if stream in stalled else [Sighting("stops", None, stream, payload.name)]
        for stream, what in ended:
            if what in _ENDS and not self._open[stream, what] and stream not in stalled:
                found.append(Sighting(_ENDS[what], None, stream))
        return tuple(found)

    # --- what perception is to do -------------------------------------------------------------------------------

    def want(self, orders: Iterable[Standing], camera: VideoPipeline, screen: VideoPipeline) -> tuple[Job, ...]:
        """The orders have changed: look for what they need, and for nothing that they do not."""
        before, self._wanted = self._wanted, wanted(orders)
        if self._wanted.camera != before.camera:
            camera.want(frozenset(self._wanted.camera))
        if self._wanted.screen != before.screen:
            screen.want(frozenset(self._wanted.screen))
        return (Spot(self._wanted.phrases),) if self._wanted.phrases != before.phrases else ()

    # --- what was met -------------------------------------------------------------------------------------------

    def fire(self, fired: do.Fire, now: int, timeline: Timeline) -> None:
        """An order was met: it is in `acts`, committed if it cannot be taken back any more."""
        payload = Fired(fired.order, fired.n, fired.text)
        span = Span(now, now)
        added = timeline.add("acts", span, payload, at=now, source="interaction", committed=fired.sure)
        if not fired.sure:
            self._unsure[fired.order, fired.n] = added

    def unfire(self, unfired: do.Unfire, now: int, timeline: Timeline) -> None:
        """It was not."""
        known = self._unsure.pop((unfired.order, unfired.n), None)
        if known is not None:
            timeline.revoke(known.id, "acts", at=now)

    def settle(self, now: int, timeline: Timeline) -> None:
        """What has stood for a while, stays."""
        while self._unsure:
            name, oldest = next(iter(self._unsure.items()))
            if len(self._unsure) <= MOST_UNSURE and now - oldest.at < UNSURE_FOR:
                return
            del self._unsure[name]
            timeline.commit(oldest.id, "acts", at=now)


def told(standing: Standing) -> StandingOrder:
    """An order as a brain is told it."""
    order = standing.order
    return StandingOrder(
        order.name,
        order.what,
        _described(order.when),
        order.say,
        standing.given,
        standing.fired,
        standing.skipped,
        order.limit,
        order.asks,
        standing.due,
    )


@lru_cache(maxsize=1024)
def _described(condition: Condition) -> str:
    return describe(condition)


def _text(line: Increment) -> str:
    return line.payload.text if isinstance(line.payload, Reading) else ""


def _begun(increment: Increment, stream: Watched, before: Increment | None, lines: str) -> list[Sighting]:
    """Something has begun, or goes on otherwise than before."""
    match increment.payload:
        case Movement(name=name):
            starts = [] if before is not None else [Sighting("starts", None, stream, name)]
            return [*starts, *_repeated(before, increment, stream)]
        case Reading(text=text):
            return [Sighting("text", None, stream, text, was=lines)]
        case _ if before is not None:
            return []
        case Motion(region=region):
            return [Sighting("motion", region, stream)]
        case Face(box=box):
            return [Sighting("face", _third(box), stream)]
        case Person(box=box):
            return [Sighting("person", _third(box), stream)]
        case RaisedHand(side=side):
            return [Sighting("hand", None, stream, side)]
        case _:
            return []


def _repeated(before: Increment | None, now: Increment, stream: Watched) -> list[Sighting]:
    had = before.payload.count if before is not None and isinstance(before.payload, Movement) else 0
    if not isinstance(now.payload, Movement):
        return []
    name, count = now.payload.name, now.payload.count
    first = max(had, count - MOST_REPEATS) + 1
    return [Sighting("repeat", None, stream, name, n) for n in range(first, count + 1)]


def _at_once(increment: Increment, stream: Watched) -> list[Sighting]:
    match increment.payload:
        case Scene():
            return [Sighting("scene", None, stream)]
        case Light(name="dark"):
            return [Sighting("dark", None, stream)]
        case Light(name="bright"):
            return [Sighting("bright", None, stream)]
        case _:
            return []


def _third(box: tuple[float, float, float, float]) -> str:
    centre = box[0] + box[2] / 2
    return "left third" if centre < 1 / 3 else "middle third" if centre < 2 / 3 else "right third"
