"""Items and trials made by hand: what happened is known, so what a score must be is known too."""

from __future__ import annotations

from duetto.bench.scenario import Expect, Scenario, Step
from duetto.bench.scores import Taken, judge
from duetto.bench.trial import AgentWord, Trial, UserSpeech
from duetto.timeline.clock import s
from duetto.timeline.increment import Span


def span(start: float, end: float) -> Span:
    return Span(s(start), s(end))


def said(step: int, text: str, *pieces: tuple[float, float], who: str = "user") -> UserSpeech:
    return UserSpeech(step, text, who, tuple(span(*piece) for piece in pieces))


def spoken(*stretches: tuple[float, float, str]) -> tuple[tuple[Span, ...], tuple[AgentWord, ...]]:
    """Stretches of speech with their words, evenly spread."""
    words: list[AgentWord] = []
    for start, end, text in stretches:
        parts = text.split()
        each = (end - start) / max(1, len(parts))
        words += [AgentWord(word, span(start + n * each, start + (n + 1) * each)) for n, word in enumerate(parts)]
    return tuple(span(start, end) for start, end, _ in stretches), tuple(words)


def taken(
    steps: tuple[Step, ...],
    expect: tuple[Expect, ...],
    user: tuple[UserSpeech, ...],
    *agent: tuple[float, float, str],
    suite: str = "made",
    name: str = "up",
    half: str = "dev",
    duration: float = 12.0,
    ducked: tuple[float, ...] = (),
    ended: tuple[float, ...] = (),
) -> Taken:
    scenario = Scenario(about="made by hand", steps=steps, expect=expect, suite=suite, name=name)
    speech, words = spoken(*agent)
    told = tuple(s(moment) for moment in ducked), tuple(s(moment) for moment in ended)
    trial = Trial(scenario.id, half, "nobody", s(duration), user, speech, words, told[0], ended=told[1])
    return judge(scenario, trial)
