"""A trial with its scenario and its verdicts, and the questions that several scores ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from duetto.bench.scenario import Expect, Kind, Scenario
from duetto.bench.scores.words import plain
from duetto.bench.trial import AgentWord, Trial, UserSpeech
from duetto.bench.verdict import Verdict
from duetto.interaction.settings import BACKCHANNELS
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span

Overlapping = Literal["interruption", "backchannel", "others", "background"]
EARLY: Final = ms(500)
"""A reply may begin so long before the user's end and still be one (EVA scores it 0 from there on)."""
WORD_LEAD: Final = ms(250)
"""ns by which a word's span may begin before its sound is heard."""
LISTENING_LONGEST: Final = s(1.0)
"""ns; a longer sound is a turn, after Full-Duplex-Bench."""
LISTENING: Final = BACKCHANNELS | {"hmm", "mmm", "mhmm", "uh-huh", "aha", "see", "i"}
"""Words of listening; "I see" is two of them."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One item as it was taken and judged."""

    scenario: Scenario
    trial: Trial
    verdicts: tuple[Verdict, ...]

    def expected(self, *kinds: Kind) -> Iterator[tuple[Expect, Verdict, UserSpeech]]:
        """Expectations of these kinds, with verdict and what the user said; those whose step was not reached are not
        among them.
        """
        for expect, verdict in zip(self.scenario.expect, self.verdicts, strict=True):
            if expect.kind in kinds and (speech := spoken(self.trial, expect.step)) is not None:
                yield expect, verdict, speech

    def overlapping(self, step: int) -> Overlapping:
        """What a step that is spoken over the agent is, by who speaks, to whom, and what is expected then."""
        what = self.scenario.steps[step]
        if what.who == "background":
            return "background"
        if not what.addressed:
            return "others"
        gives_way = any(expect.step == step and expect.kind == "yield" for expect in self.scenario.expect)
        return "interruption" if gives_way else "backchannel"


def spoken(trial: Trial, step: int) -> UserSpeech | None:
    """What was said in a step."""
    return next((speech for speech in trial.user if speech.step == step), None)


def covering(trial: Trial, moment: int) -> Span | None:
    """The stretch of the agent's speech in which the moment (ns) lies."""
    return next((span for span in trial.speech if span.start < moment < span.end), None)


def begun(trial: Trial, start: int, end: int, listens_until: int = 0) -> Span | None:
    """The first stretch of the agent's speech that begins in [start, end), ns.

    Sounds of listening are passed over if they begin before `listens_until`.
    """
    return next(
        (
            span
            for span in trial.speech
            if start <= span.start < end and not (span.start < listens_until and listening(trial, span))
        ),
        None,
    )


def listening(trial: Trial, span: Span) -> bool:
    """A stretch of speech that only says "I am listening": short, and of words that say no more (Yngve 1970)."""
    if span.duration > LISTENING_LONGEST:
        return False
    words = [word for text in words_in(trial, span.start - WORD_LEAD, span.end) for word in plain(text.text)]
    return bool(words) and all(word in LISTENING for word in words)


def next_turn(trial: Trial, scenario: Scenario, after: int) -> int:
    """Onset (ns) of the user's next turn that is meant for the agent, or the item's end."""
    onsets = (u.span.start for u in trial.user if u.span.start > after and scenario.steps[u.step].addressed)
    return min(onsets, default=trial.duration)


def words_in(trial: Trial, start: int, end: int) -> tuple[AgentWord, ...]:
    """The agent's words that begin in [start, end), ns."""
    return tuple(word for word in trial.words if start <= word.span.start < end)


def sounds_in(trial: Trial, start: int, end: int) -> tuple[Span, ...]:
    """The agent's speech within [start, end), cut to it."""
    return tuple(
        Span(max(span.start, start), min(span.end, end))
        for span in trial.speech
        if span.end > start and span.start < end
    )
