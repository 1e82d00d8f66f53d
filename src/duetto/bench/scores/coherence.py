"""What haste costs: speech begun too soon, corrections that the user hears, words said twice, wrong content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from duetto.bench.scores.figure import Figure, mean, share
from duetto.bench.scores.taken import WORD_LEAD, Taken, begun, words_in
from duetto.bench.scores.words import plain

MOST_WORDS: Final = 6
"""Words in a row that are looked for a second time."""


def coherence(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Per item, and the share of answers whose content is right."""
    contents = [v.content for one in taken for v in one.verdicts if v.content is not None and v.applies]
    return {
        "wrong starts per item": mean(len(wrong_starts(one)) for one in taken),
        "corrections heard per item": mean(sum(wrong_starts(one)) for one in taken),
        "words said twice per item": mean(said_twice(one) for one in taken),
        "content right": share(content is True for content in contents),
    }


def wrong_starts(one: Taken) -> list[bool]:
    """Speech begun while the user has the turn, sounds of listening aside: for each, whether a word of it was heard."""
    found: list[bool] = []
    for speech in one.trial.user:
        if not one.scenario.steps[speech.step].addressed:
            continue
        at = speech.span.start
        while (span := begun(one.trial, at, speech.span.end, speech.span.end)) is not None:
            found.append(bool(words_in(one.trial, span.start - WORD_LEAD, span.end)))
            at = span.end
    return found


def said_twice(one: Taken) -> int:
    """Words that the agent says again at once, alone or up to six in a row."""
    words = plain(" ".join(word.text for word in one.trial.words))
    count = at = 0
    while at < len(words):
        longest = next((n for n in range(MOST_WORDS, 0, -1) if words[at : at + n] == words[at + n : at + 2 * n]), 0)
        count += longest
        at += longest or 1
    return count
