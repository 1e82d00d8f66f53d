"""Whatever is done to the plan, in whatever order: what must hold of the sound and of the ledger."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from speech_rig import Rig

from duetto.speech.ledger import ClauseCut, ClauseDone, ClauseStarted, WordHeard
from duetto.speech.playout import PlayoutSettings
from duetto.speech.words import split_words
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.clock import ms
from duetto.timeline.turn import VOICE_RATE, samples_at

TEXTS = ("go on,", "elephants walk slowly over there.", "a b c d", "one, two, three.", "well… yes", "!")
FADE = ms(12)
REACH = ms(80)

reply = st.integers(1, 4)
operation = st.one_of(
    st.tuples(st.just("plan"), reply, st.sampled_from(TEXTS), st.sampled_from(["end", "next", "now"]), st.booleans()),
    st.tuples(st.sampled_from(["release", "drop"]), reply),
    st.tuples(st.sampled_from(["hold", "resume", "duck", "restore", "fail"])),
    st.tuples(st.just("step"), st.integers(1, 6), st.sampled_from([None, 20, 33, 80, 131, 400])),
)


class Story:
    """Carries out operations and keeps account of what was allowed to sound, and when."""

    def __init__(self, latency, letters):
        self.rig = Rig(PlayoutSettings(), voice=ScriptedVoice(ms_per_letter=letters, lead_ms=30), latency=latency)
        self.texts = {}
        self.replies = {}
        self.unreleased = set()
        self.gone = {}  # clause -> when it was dropped
        self.released = {}  # clause -> when it was released
        self.silent = []  # spans in which nothing may sound
        self.held_since = None

    def do(self, operation):
        name, *arguments = operation
        playout, now = self.rig.playout, self.rig.now
        if name == "plan":
            self._plan(*arguments)
        elif name == "release":
            playout.release(arguments[0])
            for clause, owner in self.replies.items():
                if owner == arguments[0]:
                    self.released.setdefault(clause, now)
        elif name == "drop":
            self.gone.update(dict.fromkeys(playout.drop(arguments[0]), now))
        elif name == "fail":
            self.rig.break_next()
        elif name == "step":
            count, delta = arguments
            for _ in range(count):
                self.step(delta)
        else:
            getattr(playout, name)()
            if name == "hold" and self.held_since is None:
                self.held_since = now
            if name == "resume" and self.held_since is not None:
                self._end_hold(now)

    def _plan(self, reply, text, place, held):
        number = len(self.texts) + 1
        self.rig.playout.plan(number, reply, text, place, held=held)
        self.texts[number], self.replies[number] = text, reply
        if not held:
            self.released[number] = self.rig.now

    def _end_hold(self, now):
        start = self.held_since + REACH + 2 * FADE
        if start < now:
            self.silent.append((start, now))
        self.held_since = None

    def step(self, delta=None):
        slice_ = self.rig.step(delta=ms(delta) if delta else None)
        playout = self.rig.playout
        before = self.rig.now - (ms(delta) if delta else self.rig.delta)
        assert slice_.size == self.rig.now * VOICE_RATE // 10**9 - before * VOICE_RATE // 10**9
        going = [clause for clause in playout.clauses if not clause.begun or clause is playout.current]
        assert sum(clause.ahead + clause.asked for clause in going) <= 9600
        assert all(clause.kept <= 9600 + 12 * 24 for clause in playout.clauses)
        assert playout.remaining() >= 0

    def finish(self):
        self.do(("resume",))
        for number in sorted(set(self.replies.values())):
            self.do(("release", number))
        self.rig.run_out()
        self.gone.update(self.rig.failed)


def check(story):
    rig = story.rig
    sound = rig.sound.astype(int)
    # No click: a tone of 8000 at up to 460 Hz moves by 970 from sample to sample, its edges and all ramps by 160 more.
    assert not sound.size or np.abs(np.diff(sound, prepend=0)).max() <= 1150

    heard = [event for event in rig.events if isinstance(event, WordHeard)]
    spans = [event.span for event in heard]
    assert all(a.end <= b.start for a, b in pairwise(spans))
    for clause, text in story.texts.items():
        words = [token.text for token in split_words(text)]
        said = [(event.index, event.text) for event in heard if event.clause == clause]
        assert said == list(enumerate(words))[: len(said)]  # once each, in order, none left out
        ends = [e for e in rig.events if isinstance(e, ClauseDone | ClauseCut) and e.clause == clause]
        assert len(ends) == 1
        if clause in story.gone:
            assert isinstance(ends[0], ClauseCut)
            assert ends[0].at <= story.gone[clause] + REACH + FADE
        else:
            assert isinstance(ends[0], ClauseDone)
            assert len(said) == len(words)

    allowed = np.zeros(sound.size + VOICE_RATE, bool)
    for event in rig.events:
        if isinstance(event, ClauseStarted):
            assert story.released[event.clause] <= event.at
            end = next(
                e.span.end if isinstance(e, ClauseDone) else e.at
                for e in rig.events
                if isinstance(e, ClauseDone | ClauseCut) and e.clause == event.clause
            )
            assert event.clause not in story.gone or event.at <= story.gone[event.clause]
            allowed[event.at * VOICE_RATE // 10**9 : (end + FADE) * VOICE_RATE // 10**9 + 1] = True
    assert not sound[~allowed[: sound.size]].any()
    for start, end in story.silent:
        assert not sound[start * VOICE_RATE // 10**9 + 1 : end * VOICE_RATE // 10**9].any()


@settings(max_examples=120, deadline=None)
@given(st.lists(operation, max_size=25), st.integers(0, 4), st.sampled_from([15, 60, 110]))
def test_any_story_sounds_right(operations, latency, letters):
    story = Story(latency, letters)
    for one in operations:
        story.do(one)
    story.finish()
    check(story)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["hold", "step", "long"]), max_size=30))
def test_each_word_sounds_as_its_tone_when_the_ledger_says_it_was_heard(operations):
    story = Story(0, 60)
    story.do(("plan", 1, "the whale sings, and everyone listens quietly.", "end", False))
    for name in operations:
        story.do(("step", 4 if name == "long" else 1, None) if name in ("step", "long") else (name,))
        if name == "hold":
            story.do(("step", 2, None))
            story.do(("resume",))
    story.finish()
    check(story)
    for event in story.rig.events:
        if isinstance(event, WordHeard):
            start = round(event.span.start * VOICE_RATE / 10**9)
            tone = story.rig.voice.tone(event.text).astype(float)
            played = story.rig.sound[start : start + tone.size].astype(float)
            assert samples_at(tone.size, VOICE_RATE) <= event.span.duration + ms(1)
            assert np.dot(tone, played) / np.sqrt(np.dot(tone, tone) * np.dot(played, played)) > 0.9
