"""Said by itself: the right words at the right moment, none at any other, none of the user's lost meanwhile.

Credit is joint, per item, as TimeSpeak and CueSpeak are described (Thinking Machines, 2026; their data and windows are
unpublished): everything due in the item was said, in words and in time. Here, moreover, nothing false was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from duetto.bench.scenario import Expect, Scenario, ns, occurrences
from duetto.bench.scores.figure import Figure, mean, median, share
from duetto.bench.scores.remarks import Remark, remarks
from duetto.bench.scores.taken import LISTENING, LISTENING_LONGEST, Taken, spoken
from duetto.bench.scores.words import plain
from duetto.bench.trial import Trial, UserSpeech
from duetto.bench.verdict import Verdict
from duetto.timeline.clock import in_ms, in_s, ms, s

ANSWERING: Final = (-ms(500), s(3.0))
"""ns from the end of the user's words in which a remark that begins is an answer to them."""
GOES_ON: Final = s(1.0)
"""ns: a remark that begins so soon after another goes on with it."""


@dataclass(frozen=True, slots=True)
class Due:
    """Something that was due at a moment (ns). delay: ns from it to the first sample of the remark, None without one.

    heard: the remark. over: it began while the user spoke.
    """

    moment: int
    delay: int | None = None
    heard: Remark | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class Proactive:
    """What was said by itself in an item. due: by expectation; None where its moment did not come. false: remarks that
    nothing called for, where the item forbids them ("hush").
    """

    due: tuple[Due | None, ...]
    false: tuple[Remark, ...]

    @property
    def right(self) -> bool:
        return not self.false and all(one is not None and one.delay is not None for one in self.due)


def asked(scenario: Scenario) -> tuple[Expect, ...]:
    """The item's expectations on remarks at moments."""
    return tuple(expect for expect in scenario.expect if expect.kind in ("due", "cue"))


def moment_of(expect: Expect, speech: UserSpeech | None) -> int | None:
    """When (ns) it is due; None where the step was not taken, or the times of its words are not known."""
    if speech is None:
        return None
    if expect.kind == "due":
        return speech.span.end + ns(expect.later)
    there = occurrences([word.text for word in speech.words], expect.word)
    return speech.words[there[expect.nth - 1]].span.end if len(there) >= expect.nth else None


def said_or_typed(trial: Trial, step: int) -> UserSpeech | None:
    """What was said in a step, or typed."""
    return spoken(trial, step) or next((line for line in trial.typed if line.step == step), None)


def proactive(scenario: Scenario, trial: Trial) -> Proactive:
    """Each moment with the first remark in its window that says it; what is left and is no answer is false."""
    left = list(remarks(trial))
    hits: list[Remark] = []
    found: dict[int, Due | None] = {}
    wanted = [(n, e, moment_of(e, said_or_typed(trial, e.step))) for n, e in enumerate(asked(scenario))]
    for n, expect, moment in sorted(wanted, key=lambda one: (one[2] is None, one[2] or 0)):
        if moment is None:
            found[n] = None
            continue
        low, high = moment + ns(expect.within[0]), moment + ns(expect.within[1])
        speech = spoken(trial, expect.step) if expect.kind == "cue" else None
        if speech is not None:
            high = min(high, speech.span.end)
        hit = next((remark for remark in left if low <= remark.start <= high and remark.says(expect.says)), None)
        if hit is None:
            found[n] = Due(moment)
            continue
        left.remove(hit)
        hits.append(hit)
        over = any(u.who == "user" and u.span.start < hit.start < u.span.end for u in trial.user)
        found[n] = Due(moment, hit.start - moment, hit, over)
    return Proactive(tuple(found[n] for n in sorted(found)), _false(scenario, trial, left, hits))


def _false(scenario: Scenario, trial: Trial, left: Sequence[Remark], hits: Sequence[Remark]) -> tuple[Remark, ...]:
    """Remarks that nothing called for: no moment, no words just said, nothing they would go on with."""
    hushes = [expect for expect in scenario.expect if expect.kind == "hush"]
    until = min((_until(expect, trial) for expect in hushes), default=0)
    ends = [
        speech.span.end for speech in (*trial.user, *trial.typed) if scenario.steps[speech.step].addressed
    ]  # of the user's turns
    goes_on = [remark.end for remark in hits]
    false: list[Remark] = []
    for remark in left:  # in their order
        if remark.start >= until:
            break
        answers = any(ANSWERING[0] <= remark.start - end <= ANSWERING[1] for end in ends)
        if answers or any(0 <= remark.start - end < GOES_ON for end in goes_on):
            goes_on.append(remark.end)
        elif not _listening(remark):
            false.append(remark)
    return tuple(false)


def _until(expect: Expect, trial: Trial) -> int:
    """Up to when (ns) nothing false may be said."""
    speech = said_or_typed(trial, expect.step)
    return trial.duration if not expect.later or speech is None else speech.span.end + ns(expect.later)


def _listening(remark: Remark) -> bool:
    """It only says "I am listening"."""
    return remark.end - remark.start <= LISTENING_LONGEST and all(w in LISTENING for w in plain(remark.text))


def judged(expect: Expect, scenario: Scenario, trial: Trial) -> Verdict:
    """Of "due" and "cue": it was said in its window. Of "hush": nothing false was said."""
    found = proactive(scenario, trial)
    if expect.kind == "hush":
        quoted = "; ".join(f"“{remark.text}” at {in_s(remark.start):.1f} s" for remark in found.false[:3])
        why = f"{len(found.false)} false: {quoted}" if found.false else "nothing false was said"
        return Verdict(kind="hush", step=expect.step, met=not found.false, why=why)
    place = next(n for n, one in enumerate(asked(scenario)) if one is expect)
    due = found.due[place]
    if due is None:
        return Verdict(kind=expect.kind, step=expect.step, applies=False, why="its moment did not come")
    at = in_s(due.moment)
    if due.heard is None or due.delay is None:
        near = [r for r in remarks(trial) if abs(r.start - due.moment) < s(3)]
        told = ", ".join(f"“{r.text}” {in_s(r.start - due.moment):+.2f} s" for r in near[:3]) or "nothing"
        why = f"due at {at:.2f} s; near it was said: {told}"
        return Verdict(kind=expect.kind, step=expect.step, content=False, why=why)
    why = f"“{due.heard.text}” {in_s(due.delay):+.2f} s from its moment, {at:.2f} s"
    return Verdict(kind=expect.kind, step=expect.step, met=True, content=True, latency_ns=due.delay, why=why)


def is_cue(scenario: Scenario) -> bool:
    """The item is about a cue in the user's speech: one that comes, or one that does not."""
    return any(expect.kind == "cue" or (expect.kind == "hush" and expect.word) for expect in scenario.expect)


def on_time(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Remarks due at a moment, by TimeSpeak's rule, beside what was said falsely."""
    about = [one for one in taken if _about(one) and not is_cue(one.scenario)]
    return _figures(about, "moment")


def on_cue(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Remarks due on a word of the user's while they speak on, by CueSpeak's rule; whether their words were kept."""
    about = [one for one in taken if is_cue(one.scenario)]
    replies = [verdict for one in about for expect, verdict, _ in one.expected("reply") if expect.says]
    over = [due.over for one in about for due in proactive(one.scenario, one.trial).due if due and due.heard]
    return {
        **_figures(about, "cue's end"),
        "said over the user": share(over),
        "later request answered": share(not verdict.failed for verdict in replies),
    }


def _about(one: Taken) -> bool:
    return any(expect.kind in ("due", "hush") for expect in one.scenario.expect)


def _figures(about: Sequence[Taken], moment: str) -> dict[str, Figure]:
    found = [Proactive((None,), ()) if one.trial.error else proactive(one.scenario, one.trial) for one in about]
    dues = [due for one in found for due in one.due]
    # Who speaks too early is not quicker for it.
    delays = [abs(in_ms(due.delay)) for due in dues if due is not None and due.delay is not None]
    return {
        "right and in time": share(one.right for one in found),
        "false remarks per item": mean(len(one.false) for one in found),
        f"{moment} to first sample, median ms": median(delays),
        "moments met": share(due is not None and due.delay is not None for due in dues),
    }
