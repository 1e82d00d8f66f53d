"""The floor in a few figures, two sides of each trade beside each other: one alone can be gamed."""

from __future__ import annotations

from collections.abc import Sequence

from duetto.bench.scores.figure import Figure, mean, median, p90, share
from duetto.bench.scores.taken import EARLY, Taken
from duetto.bench.verdict import Verdict
from duetto.timeline.clock import in_ms, s


def fast_and_patient(taken: Sequence[Taken]) -> dict[str, Figure]:
    """How soon a reply begins, beside how often speech begins before the user's end."""
    latencies = [in_ms(v.latency_ns) for v in _verdicts(taken, "reply") if v.latency_ns is not None]
    return {
        "reply latency, median ms": median(latencies),
        "began in a pause": share(not v.met for v in _verdicts(taken, "wait")),
        "reply latency, p90 ms": p90(latencies),
        "replied in time": share(v.met for v in _verdicts(taken, "reply")),
    }


def waits(taken: Sequence[Taken]) -> dict[str, Figure]:
    """What a reply's latency is made of, where the target tells when it takes a turn to be over: the silence until
    then, and the time from then to the reply's first sound.
    """
    silences: list[float] = []
    rests: list[float] = []
    for one in taken:
        for _, verdict, speech in one.expected("reply"):
            if not verdict.applies or verdict.latency_ns is None:
                continue
            begun = speech.span.end + verdict.latency_ns
            ended = [at for at in one.trial.ended if speech.span.end - EARLY <= at <= begun]
            if ended:
                silences.append(in_ms(ended[-1] - speech.span.end))
                rests.append(in_ms(begun - ended[-1]))
    return {"silence to the turn's end, median ms": median(silences), "turn's end to reply, median ms": median(rests)}


def yields_and_holds(taken: Sequence[Taken]) -> dict[str, Figure]:
    """How surely and soon it gives way to an interruption, beside how often it rightly does not give way."""
    yields = [(v, speech) for one in taken for e, v, speech in one.expected("yield") if v.applies]
    silent = [in_ms(v.latency_ns) for v, _ in yields if v.latency_ns is not None and v.met]
    goes_on: dict[str, list[bool]] = {"backchannel": [], "others": [], "background": []}
    for one in taken:
        for expect, verdict, _ in one.expected("go_on"):
            if verdict.applies and (kind := one.overlapping(expect.step)) in goes_on:
                goes_on[kind].append(verdict.met)
    kinds = {f"went on under {kind}": share(met) for kind, met in goes_on.items()}
    shares = [figure.value for figure in kinds.values() if figure.value is not None]
    n = sum(figure.n for figure in kinds.values())
    selectivity = Figure(round(sum(shares) / len(shares), 4), n) if len(shares) == len(kinds) else Figure(None, n)
    return {
        "yielded": share(v.met for v, _ in yields),
        "selectivity, mean of three": selectivity,
        "onset to silent, median ms": median(silent),
        "onset to ducked, median ms": median(_ducked(taken)),
        **kinds,
    }


def listens(taken: Sequence[Taken]) -> dict[str, Figure]:
    """How often it gives a sound of listening where one is due, beside how often it takes the turn there."""
    verdicts = [v for one in taken for _, v, _ in one.expected("backchannel")]
    return {
        "gave a backchannel": share(v.met for v in verdicts),
        "took the turn instead": share(v.why.startswith("took") for v in verdicts),
    }


def drafts(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Replies prepared on a guess: how often one was given, and how many were not."""
    told = [one.trial.drafts for one in taken if one.trial.drafts is not None]
    made, used = sum(d.made for d in told), sum(d.used for d in told)
    return {
        "drafts used": share([True] * used + [False] * (made - used)),
        "drafts wasted per item": mean(d.made - d.used for d in told),
    }


def _ducked(taken: Sequence[Taken]) -> list[float]:
    """From the onset (ms) of each interruption to the lowering of the voice, where the target tells of it."""
    found: list[float] = []
    for one in taken:
        for _, verdict, speech in one.expected("yield"):
            onset = speech.span.start
            at = next((at for at in one.trial.ducked if onset <= at < onset + s(1)), None)
            if verdict.applies and at is not None:
                found.append(in_ms(at - onset))
    return found


def _verdicts(taken: Sequence[Taken], kind: str) -> list[Verdict]:
    return [v for one in taken for v in one.verdicts if v.kind == kind and v.applies]
