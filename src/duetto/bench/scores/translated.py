"""Speech behind speech: how far a running translation lags, what of it was heard and was wrong, what is missing.

An item knows the translation of each clause. A word that was heard cannot be changed any more: one that the right
translation does not have, where it was said, is a word wrong when heard, be it a slip, a repetition or a correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from duetto.bench.scenario import Expect, Scenario, ns
from duetto.bench.scores.figure import Figure, mean, median, share
from duetto.bench.scores.taken import Taken, spoken
from duetto.bench.scores.words import plain
from duetto.bench.trial import AgentWord, Trial
from duetto.bench.verdict import Verdict
from duetto.timeline.clock import in_ms, in_s, s

TAIL = s(8.0)
"""ns after the end of the user's speech until which what is heard belongs to its translation, at most."""


@dataclass(frozen=True, slots=True)
class Followed:
    """What became of the translation of one step. lags: by clause, ns from its end to the first word of its
    translation, None where that is not whole. wrong: words heard that belong to none. whole: all are, in order.
    """

    lags: tuple[int | None, ...]
    wrong: int
    whole: bool


def followed(expect: Expect, trial: Trial) -> Followed | None:
    """None where the step was not taken."""
    speech = spoken(trial, expect.step)
    if speech is None:
        return None
    after = [u.span.start for u in trial.user if u.span.start > speech.span.start]
    until = min([speech.span.end + TAIL, *after])
    told = trial.shown if expect.shown else trial.words
    heard = [word for word in told if speech.span.start <= word.span.start < until]
    words = [(part, word) for word in heard for part in plain(word.text)]
    wanted = [plain(text) for text in expect.says]
    pairs = dict(_matched([part for text in wanted for part in text], [part for part, _ in words]))
    lags: list[int | None] = []
    at = 0
    ends = [piece.end for piece in speech.pieces]
    for text, end in zip(wanted, ends, strict=False):
        places = [pairs.get(at + n) for n in range(len(text))]
        at += len(text)
        first = _first(places, words)
        lags.append(None if first is None else first.span.start - end)
    missing = len(wanted) - len(lags)
    lags += [None] * missing
    return Followed(tuple(lags), len(words) - len(pairs), all(lag is not None for lag in lags))


def _first(places: Sequence[int | None], words: Sequence[tuple[str, AgentWord]]) -> AgentWord | None:
    """The first word of a clause, if all of its words were heard."""
    found = [place for place in places if place is not None]
    return words[found[0]][1] if found and len(found) == len(places) else None


def _matched(wanted: Sequence[str], heard: Sequence[str]) -> list[tuple[int, int]]:
    """The longest common subsequence, as places in both."""
    longest = [[0] * (len(heard) + 1) for _ in range(len(wanted) + 1)]
    for a in range(len(wanted) - 1, -1, -1):
        for b in range(len(heard) - 1, -1, -1):
            same = longest[a + 1][b + 1] + 1 if wanted[a] == heard[b] else 0
            longest[a][b] = max(same, longest[a + 1][b], longest[a][b + 1])
    pairs: list[tuple[int, int]] = []
    a = b = 0
    while a < len(wanted) and b < len(heard):
        if wanted[a] == heard[b] and longest[a][b] == longest[a + 1][b + 1] + 1:
            pairs.append((a, b))
            a, b = a + 1, b + 1
        elif longest[a + 1][b] >= longest[a][b + 1]:
            a += 1
        else:
            b += 1
    return pairs


def judged(expect: Expect, scenario: Scenario, trial: Trial) -> Verdict:
    """All clauses were translated, in order and in time, and nothing else was heard."""
    found = followed(expect, trial)
    if found is None:
        return Verdict(kind="translated", step=expect.step, applies=False, why="it did not come to this step")
    low, high = ns(expect.within[0]), ns(expect.within[1])
    lags = [lag for lag in found.lags if lag is not None]
    told = ", ".join("–" if lag is None else f"{in_s(lag):.2f}" for lag in found.lags)
    return Verdict(
        kind="translated",
        step=expect.step,
        met=found.whole and all(low <= lag <= high for lag in lags),
        content=found.whole and not found.wrong,
        latency_ns=sorted(lags)[len(lags) // 2] if lags else None,
        why=f"behind each clause: {told} s; {found.wrong} words wrong when heard",
    )


def translating(taken: Sequence[Taken]) -> dict[str, Figure]:
    """How far behind it is, and what its haste cost."""
    some = [
        (expect, found)
        for one in taken
        for expect in one.scenario.expect
        if expect.kind == "translated" and (found := followed(expect, one.trial)) is not None
    ]
    lags = [(expect, lag) for expect, found in some for lag in found.lags]
    return {
        "clauses translated in time": share(lag is not None and _in_time(expect, lag) for expect, lag in lags),
        "words wrong when heard per item": mean(found.wrong for _, found in some),
        "clause's end to its translation, median ms": median(in_ms(lag) for _, lag in lags if lag is not None),
        "whole in order": share(found.whole for _, found in some),
    }


def _in_time(expect: Expect, lag: int) -> bool:
    return ns(expect.within[0]) <= lag <= ns(expect.within[1])
