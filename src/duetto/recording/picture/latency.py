"""How quick duetto was, read off the sound: from the user's end to the reply, from overlap to duck and to silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from duetto.recording.picture.facts import Facts
from duetto.timeline.clock import in_ms, ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, Samples, samples_at

AUDIBLE: Final = 100
"""int16 steps: a voice sample louder than this is heard (-50 dB of full scale)."""
PAUSE: Final = ms(320)
"""Silence longer than this ends a stretch of speech; words and clauses have shorter gaps."""
REPLY_WITHIN: Final = ms(2500)
"""A voice that begins later than this after the user's end is no reply to it."""
HALT_WITHIN: Final = ms(2000)
"""A voice that falls silent later than this after the user cut in did not stop for it."""


@dataclass(frozen=True, slots=True)
class Latency:
    """A stretch of media time with what it took: "reply after 320 ms"."""

    span: Span
    what: str

    @property
    def label(self) -> str:
        return f"{self.what} {in_ms(self.span.duration):.0f} ms"


def speech(voice: Samples, start: int) -> list[Span]:
    """Where duetto's voice is heard, pauses below `PAUSE` included. voice: int16 at VOICE_RATE from `start` (ns) on."""
    loud = np.flatnonzero(np.abs(voice.astype(np.int32)) > AUDIBLE)
    if not len(loud):
        return []
    gaps = np.flatnonzero(np.diff(loud) > PAUSE * VOICE_RATE // 1_000_000_000)
    first = loud[np.concatenate([[0], gaps + 1])]
    last = loud[np.concatenate([gaps, [len(loud) - 1]])]
    return [
        Span(start + samples_at(int(a), VOICE_RATE), start + samples_at(int(b) + 1, VOICE_RATE))
        for a, b in zip(first, last, strict=True)
    ]


def latencies(facts: Facts) -> list[Latency]:
    """All that can be measured in this stretch, by the moment they begin."""
    spoken = speech(facts.voice, facts.span.start)
    found: list[Latency] = []
    for place, voicing in enumerate(facts.voicings):
        until = facts.voicings[place + 1].start if place + 1 < len(facts.voicings) else facts.span.end
        found += _overlap(facts, voicing, spoken)
        reply = next((s.start for s in spoken if s.start >= voicing.end), None)
        talking = any(s.start < voicing.end < s.end for s in spoken)
        if reply is None or talking or reply - voicing.end > REPLY_WITHIN or reply > until:
            continue
        if not any(0 <= reply - at < ms(1000) for at in facts.by_itself):
            found.append(Latency(Span(voicing.end, reply), "reply after"))
    return sorted(found, key=lambda latency: (latency.span.start, -latency.span.end))


def _overlap(facts: Facts, voicing: Span, spoken: list[Span]) -> list[Latency]:
    """The user begins while duetto speaks: how long until it ducks, and until it is silent if it gives way."""
    over = next((s for s in spoken if s.start < voicing.start < s.end), None)
    if over is None:
        return []
    found: list[Latency] = []
    ducked = next((at for at in facts.ducks if voicing.start <= at < min(over.end, voicing.start + HALT_WITHIN)), None)
    if ducked is not None:
        found.append(Latency(Span(voicing.start, ducked), "ducks after"))
    gave_way = any(voicing.start <= at <= over.end + PAUSE for at in facts.halts)
    if gave_way and over.end - voicing.start <= HALT_WITHIN and over.end < facts.span.end:
        found.append(Latency(Span(voicing.start, over.end), "silent after"))
    return found
