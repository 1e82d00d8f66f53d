"""Where recorded sound belongs in time. Each stream of it has no gaps, so counting samples tells.

A micro-turn's span does not: a microphone may lag a little and give the rest later, and after a tick that came late
the voice makes up for what was missed, so its slice begins before the micro-turn's end.
"""

from __future__ import annotations

from duetto.models.model import MicroTurn
from duetto.timeline.increment import Span
from duetto.timeline.turn import VOICE_RATE, samples_at, samples_before


class Track:
    """A gapless stream of mono int16 at `rate` Hz that begins at media time `start` (ns)."""

    def __init__(self, rate: int, start: int) -> None:
        self._rate = rate
        self._count = samples_before(start, rate)

    def place(self, samples: bytes) -> int:
        """The media time (ns) at which these, the next samples, begin."""
        at = samples_at(self._count, self._rate)
        self._count += len(samples) // 2
        return at


class VoiceSpans:
    """The spans that a session asked its model's voice for, micro-turn by micro-turn. delta: Δ in ns."""

    def __init__(self, delta: int) -> None:
        self._delta = delta
        self._voiced: int | None = None

    def next(self, micro_turn: MicroTurn) -> Span:
        """From where the last one ended to Δ after the micro-turn; its samples decide if they say otherwise."""
        start = micro_turn.span.end if self._voiced is None else self._voiced
        end = max(start, micro_turn.span.end + self._delta)
        first, count = samples_before(start, VOICE_RATE), len(micro_turn.voice) // 2
        if samples_before(end, VOICE_RATE) - first != count:
            end = max(start, samples_at(first + count, VOICE_RATE))
        self._voiced = end
        return Span(start, end)
