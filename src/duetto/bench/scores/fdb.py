"""The measures of Full-Duplex-Bench v1 (Lin et al. 2025, arXiv 2503.04721) and v1.5 (arXiv 2507.23159).

Computed as its published scripts do, from the same words and sounds that `export` writes for them. Which of its tasks
an item belongs to follows from what is expected in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from duetto.bench.scenario import Expect
from duetto.bench.scores.figure import Figure, mean, share
from duetto.bench.scores.taken import Overlapping, Taken, sounds_in, words_in
from duetto.bench.scores.words import plain, said
from duetto.bench.trial import AgentWord, UserSpeech
from duetto.timeline.clock import in_s, ms, s
from duetto.timeline.increment import Span

SHORT: Final = s(1.0)
"""ns: with at most `FEW` words, speech below it takes no turn."""
FEW: Final = 3
LONG: Final = s(3.0)
"""ns: a stretch of speech above it takes the turn, whatever it says."""
WINDOW: Final = 0.2
"""s: backchannels are counted in windows of this length."""
TINY: Final = 1e-10
USER_GAP: Final = ms(600)
"""ns of silence that do not part the user's speech in v1.5's timing; `AGENT_GAP` the agent's."""
AGENT_GAP: Final = ms(500)

Behaviour = Literal["respond", "resume", "unknown"]
RIGHT: Final[dict[Overlapping, Behaviour]] = {
    "interruption": "respond",
    "backchannel": "resume",
    "others": "resume",
    "background": "resume",
}


def takes_over(words: Sequence[AgentWord]) -> bool:
    """Whether these words take the turn."""
    if not words:
        return False
    return words[-1].span.end - words[0].span.start >= SHORT or len(words) > FEW


# --- v1 ---------------------------------------------------------------------------------------------------------


def pauses(taken: Sequence[Taken]) -> Iterator[tuple[Taken, UserSpeech]]:
    """The items of its task "pause handling", with the turn that has the pauses."""
    for one in taken:
        for _, _, speech in one.expected("wait"):
            yield one, speech


def turn_ends(taken: Sequence[Taken]) -> Iterator[tuple[Taken, UserSpeech]]:
    """The items of "smooth turn taking": one turn, no pause in it, and a reply."""
    for one in taken:
        if len(one.scenario.steps) == 1 and not any(one.expected("wait", "backchannel")):
            yield from ((one, speech) for _, _, speech in one.expected("reply"))


def interruptions(taken: Sequence[Taken]) -> Iterator[tuple[Taken, UserSpeech]]:
    """The items of "user interruption", with the turn that interrupts and is answered."""
    for one in taken:
        answered = {expect.step for expect, _, _ in one.expected("reply")}
        for expect, verdict, speech in one.expected("yield"):
            if verdict.applies and expect.step in answered:
                yield one, speech


def long_turns(taken: Sequence[Taken]) -> Iterator[tuple[Taken, UserSpeech]]:
    """The items of "backchannel", with the long turn."""
    for one in taken:
        for _, _, speech in one.expected("backchannel"):
            yield one, speech


def in_turn(one: Taken, speech: UserSpeech) -> tuple[AgentWord, ...]:
    """The agent's words while the user has the turn."""
    return words_in(one.trial, speech.span.start, speech.span.end)


def since(one: Taken, moment: int) -> tuple[AgentWord, ...]:
    """The agent's words from a moment (ns) on."""
    return words_in(one.trial, moment, one.trial.duration)


def v1(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Take-over rates with latencies, and the figures of backchannels."""
    ends = [(since(one, speech.span.start), speech.span.end) for one, speech in turn_ends(taken)]
    stops = [(since(one, speech.span.end), speech.span.end) for one, speech in interruptions(taken)]
    listens = list(long_turns(taken))
    sounds = [sounds_in(one.trial, speech.span.start, speech.span.end) for one, speech in listens]
    return {
        "pause take-over": share(takes_over(in_turn(one, speech)) for one, speech in pauses(taken)),
        "turn end take-over": share(takes_over(words) for words, _ in ends),
        "turn end latency s": mean(_latency(words, end) for words, end in ends if takes_over(words)),
        "interruption take-over": share(takes_over(words) for words, _ in stops),
        "interruption latency s": mean(_latency(words, end) for words, end in stops if takes_over(words)),
        "backchannel take-over": share(
            backchannel_takes_over(found, in_turn(one, speech))
            for (one, speech), found in zip(listens, sounds, strict=True)
        ),
        "backchannels per s": mean(
            len(found) / in_s(speech.span.duration) for (_, speech), found in zip(listens, sounds, strict=True)
        ),
        "backchannel timing distance": mean(
            distance(found, speech.span, due(speech)) for (_, speech), found in zip(listens, sounds, strict=True)
        ),
    }


def _latency(words: Sequence[AgentWord], end: int) -> float:
    return in_s(max(0, words[0].span.start - end))


def backchannel_takes_over(sounds: Sequence[Span], words: Sequence[AgentWord]) -> bool:
    """Whether the last stretch of speech, or any long one, is more than a sound of listening."""
    taken = False
    for sound in sounds:
        if sound.duration > LONG:
            return True
        count = sum(word.span.start <= sound.end and word.span.end > sound.start for word in words)
        taken = count > 2 or sound.duration >= SHORT
    return taken


def due(speech: UserSpeech) -> NDArray[np.float64]:
    """Where a backchannel is due in a long turn: in the second from the end of each part of it, in windows.

    It stands for Full-Duplex-Bench's distribution of people's backchannels, which there are none of for our items.
    """
    windows = np.zeros(int(in_s(speech.span.duration) / WINDOW) + 1)
    for piece in speech.pieces[:-1]:
        first = int(in_s(piece.end - speech.span.start) / WINDOW)
        windows[first : first + round(1.0 / WINDOW)] += 1
    windows += TINY
    return np.asarray(windows / windows.sum(), np.float64)


def distance(sounds: Sequence[Span], turn: Span, people: NDArray[np.float64]) -> float:
    """Jensen-Shannon distance (0 to 0.83) of when the sounds are to when they are due; 1 if there are none."""
    if not sounds:
        return 1.0
    counts = np.zeros(int(in_s(turn.duration) / WINDOW) + 1)
    for sound in sounds:
        first, last = (int(in_s(moment - turn.start) / WINDOW) for moment in (sound.start, sound.end))
        counts[first : last + 1] += 1
    ours = (counts + TINY) / (counts + TINY).sum()
    theirs = np.interp(np.linspace(0, 1, len(ours)), np.linspace(0, 1, len(people)), people)
    theirs = theirs / theirs.sum()
    middle = (ours + theirs) / 2
    divergence = (np.sum(ours * np.log(ours / middle)) + np.sum(theirs * np.log(theirs / middle))) / 2
    return float(np.sqrt(max(0.0, divergence)))


# --- v1.5 -------------------------------------------------------------------------------------------------------


def overlaps(taken: Sequence[Taken]) -> Iterator[tuple[Taken, Expect, UserSpeech]]:
    """The steps that are spoken over the agent."""
    for one in taken:
        for expect, verdict, speech in one.expected("yield", "go_on"):
            if verdict.applies:
                yield one, expect, speech


def v15(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Right behaviour under each kind of overlap and on average, and the two latencies."""
    right: dict[Overlapping, list[bool]] = {kind: [] for kind in RIGHT}
    stops: list[float] = []
    responses: list[float] = []
    for one, expect, speech in overlaps(taken):
        kind = one.overlapping(expect.step)
        right[kind].append(behaviour(one, expect) == RIGHT[kind])
        if kind == "interruption":
            stop, response = timing(one, speech)
            stops += [] if stop is None else [stop]
            responses += [] if response is None else [response]
    shares = {f"right under {kind}": share(met) for kind, met in right.items()}
    known = [figure.value for figure in shares.values() if figure.value is not None]
    return {
        **shares,
        "right, mean": Figure(
            round(sum(known) / len(known), 4) if known else None, sum(figure.n for figure in shares.values())
        ),
        "stop latency s": mean(stops),
        "response latency s": mean(responses),
    }


def behaviour(one: Taken, expect: Expect) -> Behaviour:
    """What the agent did about a step spoken over it, by rule where Full-Duplex-Bench asks a language model.

    It responds if it says what the reply to the step should say, or what it should never say there. It resumes if it
    neither falls silent nor says such a thing, or goes on later with what remains.
    """
    verdict = next(v for e, v in zip(one.scenario.expect, one.verdicts, strict=True) if e is expect)
    if expect.kind == "yield":
        answers = [v for e, v, _ in one.expected("reply") if e.step == expect.step]
        if not answers:
            return "respond" if verdict.met else "resume"
        return "respond" if answers[0].content is not False and answers[0].latency_ns is not None else "unknown"
    if verdict.content is False:
        speech = next(u for u in one.trial.user if u.step == expect.step)
        words = plain(" ".join(word.text for word in since(one, speech.span.start)))
        return "respond" if any(said(words, text) for text in expect.never) else "unknown"
    return "resume" if verdict.met or verdict.content else "unknown"


def timing(one: Taken, speech: UserSpeech) -> tuple[float | None, float | None]:
    """Stop and response latency in s: how long both speak, and from the user's end to the agent's next beginning."""
    user = merged(speech.pieces, USER_GAP)
    agent = merged(one.trial.speech, AGENT_GAP)
    both = [(max(u.start, a.start), min(u.end, a.end)) for u in user for a in agent]
    stop = next((in_s(end - start) for start, end in both if end > start), None)
    begins = next((span.start for span in agent if span.start > user[-1].end), None)
    return stop, None if begins is None else in_s(begins - user[-1].end)


def merged(spans: Sequence[Span], gap: int) -> list[Span]:
    """The spans in order, those with no longer gap (ns) between them joined."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start - found[-1].end <= gap:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found
