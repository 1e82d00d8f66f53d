"""Judges an item: each expectation is met or not, with a reason, by what was heard and when."""

from __future__ import annotations

from duetto.bench.scenario import Expect, Scenario, ns
from duetto.bench.scores.count import judged as count_judged
from duetto.bench.scores.proactive import judged as proactive_judged
from duetto.bench.scores.span import judged as span_judged
from duetto.bench.scores.taken import EARLY, WORD_LEAD, Taken, begun, covering, next_turn, sounds_in, spoken, words_in
from duetto.bench.scores.translated import judged as translated_judged
from duetto.bench.scores.watch import judged as watch_judged
from duetto.bench.scores.words import begins, plain, said
from duetto.bench.trial import Trial, UserSpeech
from duetto.bench.verdict import Verdict
from duetto.timeline.clock import in_s


def judge(scenario: Scenario, trial: Trial) -> Taken:
    """All verdicts on an item, in the order of its expectations."""
    return Taken(scenario, trial, tuple(_judge(expect, scenario, trial) for expect in scenario.expect))


def _judge(expect: Expect, scenario: Scenario, trial: Trial) -> Verdict:
    if trial.error:
        return Verdict(kind=expect.kind, step=expect.step, why=trial.error)
    match expect.kind:  # what is seen has its own time, whatever the user does
        case "count":
            return count_judged(expect, scenario, trial)
        case "span":
            return span_judged(expect, scenario, trial)
        case "watch" | "calm":
            return watch_judged(expect, scenario, trial)
        case "due" | "cue" | "hush":
            return proactive_judged(expect, scenario, trial)
        case "translated":
            return translated_judged(expect, scenario, trial)
        case _:
            return _on_step(expect, scenario, trial)


def _on_step(expect: Expect, scenario: Scenario, trial: Trial) -> Verdict:
    speech = spoken(trial, expect.step)
    if speech is None:
        return Verdict(kind=expect.kind, step=expect.step, applies=False, why="it did not come to this step")
    match expect.kind:
        case "reply":
            return _reply(expect, scenario, trial, speech)
        case "fact":
            return _fact(expect, scenario, trial, speech)
        case "wait":
            return _none_begins(expect, scenario, trial, speech, speech.span.end)
        case "silence":
            return _none_begins(expect, scenario, trial, speech, speech.span.end + ns(expect.within[1]))
        case "go_on" | "yield":
            return _overlap(expect, scenario, trial, speech)
        case _:
            return _listening(expect, trial, speech)


def _reply(expect: Expect, scenario: Scenario, trial: Trial, speech: UserSpeech) -> Verdict:
    end = speech.span.end
    until = next_turn(trial, scenario, speech.span.start)
    reply = begun(trial, max(speech.span.start, end - EARLY), until, end)
    if reply is None:
        content, why = _content(expect, scenario, trial, end)
        return Verdict(kind="reply", step=expect.step, content=content, why="no reply began" if content else why)
    latency = reply.start - end
    low, high = expect.within
    content, why = _content(expect, scenario, trial, reply.start)
    met = ns(low) <= latency <= ns(high)
    return Verdict(
        kind="reply",
        step=expect.step,
        met=met,
        content=content,
        latency_ns=latency,
        why=f"reply after {in_s(latency):.2f} s" + ("" if met else ", out of time") + why,
    )


def _fact(expect: Expect, scenario: Scenario, trial: Trial, speech: UserSpeech) -> Verdict:
    """The first word of the fact is what counts: it must be among words that come after the step began."""
    end = speech.span.end
    heard = words_in(trial, speech.span.start, next_turn(trial, scenario, speech.span.start))
    at = min((found for text in expect.says if (found := begins(heard, text)) is not None), default=None)
    content, why = _content(expect, scenario, trial, end)
    before = plain(" ".join(word.text for word in words_in(trial, 0, speech.span.end)))
    after = plain(" ".join(word.text for word in heard))
    left = None
    if any(said(before, text) for text in expect.stale):
        left = not any(said(after, text) for text in expect.puts_right)
        why += "; what was wrong was left standing" if left else ""
    if at is None:
        return Verdict(kind="fact", step=expect.step, content=content, left=left, why="the fact was not said" + why)
    latency = at - end
    return Verdict(
        kind="fact",
        step=expect.step,
        met=latency <= ns(expect.within[1]) and not left,
        content=content,
        latency_ns=latency,
        left=left,
        why=f"the fact after {in_s(latency):.2f} s" + why,
    )


def _none_begins(expect: Expect, scenario: Scenario, trial: Trial, speech: UserSpeech, until: int) -> Verdict:
    start = begun(trial, speech.span.start, until, until)
    content, why = _content(expect, scenario, trial, speech.span.start)
    if start is None:
        return Verdict(kind=expect.kind, step=expect.step, met=True, content=content, why="it kept silent" + why)
    heard = " ".join(word.text for word in words_in(trial, start.start, start.end))
    at = in_s(start.start - speech.span.start)
    return Verdict(
        kind=expect.kind,
        step=expect.step,
        content=content,
        why=f"began {at:.2f} s into the step: “{heard}”" + why,
    )


def _overlap(expect: Expect, scenario: Scenario, trial: Trial, speech: UserSpeech) -> Verdict:
    onset = speech.span.start
    over = covering(trial, onset)
    if over is None:
        return Verdict(kind=expect.kind, step=expect.step, applies=False, why="the agent was not speaking")
    content, why = _content(expect, scenario, trial, onset)
    lasts = over.end - onset
    silent = lasts <= ns(expect.within[1])
    # Whoever has said all there was to say by then did not give way.
    finished = expect.kind == "go_on" and silent and bool(expect.says) and content is True and _ends(trial, over.end)
    return Verdict(
        kind=expect.kind,
        step=expect.step,
        met=silent if expect.kind == "yield" else not silent or finished,
        content=content,
        latency_ns=lasts if expect.kind == "yield" else None,
        why=f"went on for {in_s(lasts):.2f} s from the user's onset" + why,
    )


def _ends(trial: Trial, moment: int) -> bool:
    return begun(trial, moment, trial.duration) is None


def _listening(expect: Expect, trial: Trial, speech: UserSpeech) -> Verdict:
    start, end = speech.span.start, speech.span.end
    sounds = sounds_in(trial, start, end)
    turn = begun(trial, start, end, end)
    if turn is not None:
        words = " ".join(word.text for word in words_in(trial, turn.start, turn.end))
        return Verdict(kind="backchannel", step=expect.step, why=f"took the turn: “{words}”")
    if not sounds:
        return Verdict(kind="backchannel", step=expect.step, why="no sound of listening")
    places = ", ".join(f"{in_s(sound.start - start):.1f} s" for sound in sounds)
    return Verdict(kind="backchannel", step=expect.step, met=True, why=f"{len(sounds)} at {places}")


def _content(expect: Expect, scenario: Scenario, trial: Trial, start: int) -> tuple[bool | None, str]:
    """Whether what was said from there on is right, and a word on it if not."""
    if not expect.says and not expect.never:
        return None, ""
    heard = words_in(trial, start - WORD_LEAD, next_turn(trial, scenario, start))
    words = plain(" ".join(word.text for word in heard))
    quoted = " ".join(word.text for word in heard[:14]) + (" …" if len(heard) > 14 else "")
    wrong = next((text for text in expect.never if said(words, text)), None)
    if wrong is not None:
        return False, f"; it said “{wrong}” in “{quoted}”"
    if expect.says and not any(said(words, text) for text in expect.says):
        return False, f"; it said “{quoted}”" if quoted else "; it said nothing"
    return True, ""
