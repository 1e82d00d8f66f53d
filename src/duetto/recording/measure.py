"""How quick and how punctual duetto was, measured on a recording: sound by its samples, moments by the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from duetto.interaction.action import Fire, Unwatch, Watch
from duetto.models.model import MicroTurn
from duetto.recording.picture.facts import Facts, gather
from duetto.recording.picture.latency import HALT_WITHIN, PAUSE, REPLY_WITHIN, speech
from duetto.recording.reader import Recording
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.order import Interval, Moment, Order
from duetto.timeline.payload import Planned


@dataclass(slots=True)
class Measures:
    """All in ns, one value per event.

    reply: end of the user's voice to the first sample of a reply. duck: the user begins over duetto, to ducked.
    silent: the same, to duetto's last sample. barged: replies begun inside a span of the user's speech, which no
    standing order called for. order: how far from its moment a standing order's first sample was (with its sign).
    compute, late: of each micro-turn. parts: processor time of each part in all. span: media time of the session.
    """

    span: int = 0
    reply: list[int] = field(default_factory=list)
    duck: list[int] = field(default_factory=list)
    silent: list[int] = field(default_factory=list)
    barged: list[int] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    compute: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    parts: dict[str, int] = field(default_factory=dict)


def percentile(values: Sequence[int], percent: float) -> float:
    """Of the values, linearly interpolated; nan for none."""
    return float(np.percentile(values, percent)) if values else float("nan")


def measure(recording: Recording, user: Sequence[Span] | None = None) -> Measures:
    """Measure a whole recording.

    user: the true spans of the user's speech (ns), where they are known; otherwise those that were perceived.
    """
    orders = _Orders()
    measures = Measures()
    facts = gather(_watched(recording, measures, orders), 0, 2**62)
    voicings = list(user) if user is not None else facts.voicings
    spoken = speech(facts.voice, 0)
    measures.span = facts.span.end
    measures.order = orders.errors()
    for place, span in enumerate(voicings):
        until = voicings[place + 1].start if place + 1 < len(voicings) else facts.span.end
        _reply(measures, facts, spoken, span, until)
        _overlap(measures, facts, spoken, span)
    return measures


def _reply(measures: Measures, facts: Facts, spoken: list[Span], user: Span, until: int) -> None:
    def by_itself(start: int) -> bool:
        return any(0 <= start - at < ms(1000) for at in facts.by_itself)

    measures.barged += [s.start for s in spoken if user.start + ms(300) < s.start < user.end and not by_itself(s.start)]
    if any(s.start < user.end < s.end for s in spoken):
        return
    first = next((s.start for s in spoken if s.start >= user.end), None)
    if first is not None and first <= until and first - user.end <= REPLY_WITHIN and not by_itself(first):
        measures.reply.append(first - user.end)


def _overlap(measures: Measures, facts: Facts, spoken: list[Span], user: Span) -> None:
    over = next((s for s in spoken if s.start < user.start < s.end), None)
    if over is None:
        return
    ducked = next((at for at in facts.ducks if user.start <= at < user.start + HALT_WITHIN), None)
    if ducked is not None:
        measures.duck.append(ducked - user.start)
    if any(user.start <= at <= over.end + PAUSE for at in facts.halts) and over.end - user.start <= HALT_WITHIN:
        measures.silent.append(over.end - user.start)


class _Orders:
    """Standing orders with a moment: when each was due, and when what it says was first heard."""

    def __init__(self) -> None:
        self._watched: list[tuple[Order, int, list[int]]] = []  # order, given at, withdrawn at
        self._fired: dict[str, set[str]] = {}  # what it said when it was met
        self._said: list[tuple[str, int]] = []

    def see(self, micro_turn: MicroTurn) -> None:
        for output in micro_turn.outputs:
            for action in output.actions:
                match action:
                    case Watch(order):
                        self._watched.append((order, output.at, []))
                    case Fire(name, _, text):
                        self._fired.setdefault(name, set()).add(text)
                    case Unwatch(name):
                        for order, _, ends in self._watched:
                            if order.name == name and not ends:
                                ends.append(output.at)
            for edit in output.edits:
                if isinstance(edit.payload, Planned) and edit.status == "committed":
                    self._said.append((edit.payload.text, edit.span.start))

    def errors(self) -> list[int]:
        found: list[int] = []
        for order, given, ends in self._watched:
            end = ends[0] if ends else 2**62
            for text, at in self._said:
                said = text == order.say or text in self._fired.get(order.name, ())
                if not said or not given <= at <= end + ms(1000):
                    continue
                match order.when:
                    case Moment(due):
                        found.append(at - due)
                    case Interval(start, period):
                        found.append((at - start + period // 2) % period - period // 2)
                    case _:
                        pass
        return found


def _watched(recording: Recording, measures: Measures, orders: _Orders) -> Iterable[MicroTurn]:
    for micro_turn in recording:
        measures.compute.append(micro_turn.timing.compute)
        measures.late.append(micro_turn.timing.late)
        for part, cost in micro_turn.timing.parts.items():
            measures.parts[part] = measures.parts.get(part, 0) + cost
        orders.see(micro_turn)
        yield micro_turn
