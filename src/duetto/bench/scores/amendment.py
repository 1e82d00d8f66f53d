"""What becomes of a new fact: how soon it is spoken, what is said twice for it, what is left wrong, what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from duetto.bench.scores.figure import Figure, mean, median, share
from duetto.bench.scores.taken import Taken, spoken, words_in
from duetto.bench.scores.words import plain, said_again
from duetto.timeline.clock import in_ms


def amendment(taken: Sequence[Taken]) -> Mapping[str, Figure]:
    """Of the steps that bring a new fact."""
    facts = [(one, verdict) for one in taken for verdict in one.verdicts if verdict.kind == "fact" and verdict.applies]
    return {
        "fact spoken in time": share(verdict.met for _, verdict in facts),
        "fact latency, median ms": median(in_ms(v.latency_ns) for _, v in facts if v.latency_ns is not None),
        "words said again per step": mean(repeated(one, verdict.step) for one, verdict in facts),
        "wrong words left standing": share(verdict.left for _, verdict in facts if verdict.left is not None),
        "content right after it": share(verdict.content is not False for _, verdict in facts),
    }


def model_use(taken: Sequence[Taken]) -> Mapping[str, Figure]:
    """What was asked of a language model. Tokens wasted: those of drafts that were never used."""
    used = [one.trial.model for one in taken if one.trial.model is not None]
    tokens = sum(use.tokens for use in used)
    wasted = sum(use.wasted for use in used)
    return {
        "requests per item": mean(use.requests for use in used),
        "tokens per item": mean(use.tokens for use in used),
        "prompt characters per item": mean(use.characters for use in used if use.characters),
        "tokens wasted": Figure(round(wasted / tokens, 4) if tokens else None, tokens),
    }


def repeated(one: Taken, step: int) -> int:
    """Words that were heard before the step's end and are said again after it."""
    speech = spoken(one.trial, step)
    if speech is None:
        return 0
    cut = speech.span.end
    before = plain(" ".join(word.text for word in words_in(one.trial, 0, cut)))
    after = plain(" ".join(word.text for word in words_in(one.trial, cut, one.trial.duration)))
    return said_again(before, after)
