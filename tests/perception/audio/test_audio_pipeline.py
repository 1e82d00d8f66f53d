"""The microphone on the tick: voices and words on the timeline, and not a sample lost or sent twice on the way out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from spoken_sound import Room, room, speech

from duetto.perception.audio.pipeline import MOST_ENDED, AudioPipeline, AudioSettings
from duetto.timeline.arrival import Fault, Hypothesis, TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span
from duetto.timeline.job import Listen
from duetto.timeline.payload import Sound, Voicing, Word
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import MIC_RATE, Turn, samples_at, samples_before


class Ear:
    """Feeds a pipeline slice by slice and keeps what comes out."""

    def __init__(self, settings: AudioSettings | None = None) -> None:
        self.pipeline = AudioPipeline(settings)
        self.timeline = Timeline()
        self.jobs: list[Listen] = []
        self.edits: list = []
        self.now = 0

    def hear(self, sound: np.ndarray, *, delta: int = ms(80), arrivals: tuple = ()) -> None:
        """Give it sound that goes on where the last ended, `delta` ns at a time."""
        done = samples_before(self.now, MIC_RATE)
        until = self.now + samples_at(len(sound), MIC_RATE)
        first = 0
        while self.now < until:
            span = Span(self.now, self.now + delta)
            last = samples_before(span.end, MIC_RATE) - done
            self.step(Turn(0, 0, span, mic=sound[first:last].tobytes(), arrivals=arrivals))
            arrivals, first = (), last

    def step(self, turn: Turn) -> None:
        self.now = turn.span.end
        self.jobs += self.pipeline.step(turn, self.timeline)
        self.edits += self.timeline.drain()

    def told(self, *arrivals) -> None:
        """A round of arrivals only."""
        self.step(Turn(0, 1, Span(self.now, self.now), arrivals=arrivals))

    def end_utterance(self) -> None:
        self.jobs += self.pipeline.end_utterance(self.now)

    def of(self, kind: type, *status: str) -> list:
        return [e for e in self.edits if isinstance(e.payload, kind) and (not status or e.status in status)]

    def utterances(self) -> dict[int, list[Listen]]:
        found: dict[int, list[Listen]] = {}
        for job in self.jobs:
            found.setdefault(job.utterance, []).append(job)
        return found


def sent(jobs: list[Listen]) -> tuple[int, np.ndarray]:
    """First sample and sound of jobs that must follow each other without gap or overlap."""
    first = samples_before(jobs[0].start, MIC_RATE)
    count = first
    for job in jobs:
        assert samples_before(job.start, MIC_RATE) == count
        count += len(job.sound)
    return first, np.concatenate([job.sound for job in jobs])


@pytest.fixture(scope="module")
def question() -> Room:
    return room(4.4, (1.0, speech("what is twelve times seven")))


@pytest.fixture(scope="module")
def two() -> Room:
    return room(4, (0.5, speech("seven")), (2.0, speech("hello there")))


def test_a_voice_is_added_at_its_onset_and_committed_with_its_true_span(question):
    ear = Ear()
    ear.hear(question.sound)
    (added,), (committed,) = ear.of(Voicing, "added"), ear.of(Voicing, "committed")
    ((onset, end),) = question.spans
    assert added.id == committed.id and not ear.of(Voicing, "revoked")
    assert abs(added.span.start - onset) < ms(64) and added.at - onset < ms(250)
    assert committed.span == Span(added.span.start, ear.pipeline.hearing.ended)
    assert abs(committed.span.end - end) < ms(96)


def test_every_slice_has_its_sound(question):
    ear = Ear()
    ear.hear(question.sound)
    sounds = ear.of(Sound)
    assert [i.span.start for i in sounds] == [n * ms(80) for n in range(len(sounds))]
    assert sounds[-1].span.end == samples_at(len(question.sound), MIC_RATE) and len(sounds) == 55
    spoken = [i.payload for i in sounds if ms(1100) < i.span.start < ms(2000)]
    quiet = [i.payload for i in sounds if i.span.end < ms(1000)]
    assert max(p.level_db for p in quiet) < -65 < -50 < min(p.level_db for p in spoken)
    assert all(p.pitch_hz is None for p in quiet) and any(p.pitch_hz is not None for p in spoken)


@pytest.mark.parametrize("delta", [ms(20), ms(80), ms(1000)])
def test_the_recogniser_gets_the_mic_s_own_samples_with_what_came_before_the_onset(question, delta):
    ear = Ear()
    ear.hear(question.sound, delta=delta)
    (jobs,) = ear.utterances().values()
    first, sound = sent(jobs)
    assert np.array_equal(sound, question.sound[first : first + len(sound)])
    onset = ear.of(Voicing)[0].span.start
    assert first == samples_before(onset - ms(300), MIC_RATE)
    assert [job.last for job in jobs[:-1]] == [False] * (len(jobs) - 1)


def test_silence_closes_an_utterance(question):
    ear = Ear(AudioSettings(utterance_silence=ms(500)))
    ear.hear(question.sound)
    (jobs,) = ear.utterances().values()
    assert jobs[-1].last and ear.pipeline.hearing.utterance is None
    ended = ear.pipeline.hearing.ended
    assert ended + ms(500) <= jobs[-1].start < ended + ms(580)


def test_the_next_utterance_sends_no_sample_again(two):
    ear = Ear(AudioSettings(pre_roll=ms(1500)))
    ear.hear(two.sound[:24_000])
    ear.end_utterance()
    ear.hear(two.sound[24_000:])
    one, other = ear.utterances().values()
    assert one[-1].last and not len(one[-1].sound)
    first, sound = sent(one)
    again, rest = sent(other)
    assert again == first + len(sound) == 24_000, "pre-roll would reach further back, but that was sent"
    assert np.array_equal(np.concatenate([sound, rest]), two.sound[first : again + len(rest)])


def test_pre_roll_is_bounded_and_begins_after_an_utterance_that_was_closed(two):
    ear = Ear(AudioSettings(utterance_silence=ms(400)))
    ear.hear(two.sound)
    one, other = ear.utterances().values()
    (first, sound), (again, rest) = sent(one), sent(other)
    onset = ear.of(Voicing, "added")[1].span.start
    assert again == samples_before(onset - ms(300), MIC_RATE) > first + len(sound)
    assert np.array_equal(rest, two.sound[again : again + len(rest)])


def test_a_long_utterance_is_split_without_a_lost_sample():
    word = speech("what is twelve times seven")
    heard = room(4, (0.3, word), (0.3 + len(word) / MIC_RATE, word))
    ear = Ear(AudioSettings(utterance_longest=s(1)))
    ear.hear(heard.sound)
    parts = ear.utterances()
    assert list(parts) == [1, 2, 3, 4][: len(parts)] and len(parts) >= 3
    assert all(jobs[-1].last for jobs in list(parts.values())[:-1])
    first, sound = sent(ear.jobs)
    assert np.array_equal(sound, heard.sound[first : first + len(sound)])
    assert all(len(sent(jobs)[1]) <= 1.2 * MIC_RATE for jobs in list(parts.values())[:-1])


def test_a_whole_voice_within_one_long_slice_is_not_missed():
    heard = room(3, (1.2, speech("seven")))
    ear = Ear()
    ear.hear(heard.sound, delta=s(1))
    assert ear.of(Voicing, "added")[0].at == s(2)
    (committed,) = ear.of(Voicing, "committed")
    ((onset, end),) = heard.spans
    assert abs(committed.span.start - onset) < ms(100) and abs(committed.span.end - end) < ms(100)
    _, sound = sent(ear.jobs)
    assert len(sound) > heard.places[0][1] - heard.places[0][0]


def test_a_voice_that_ends_and_another_that_begins_in_one_slice_are_two():
    word = speech("seven")
    length = len(word) / MIC_RATE
    heard = room(3, (0.5, word), (0.5 + length + 0.3, word))
    spans = []
    for delta in (ms(20), ms(400), s(3)):
        ear = Ear()
        ear.hear(heard.sound, delta=delta)
        spans.append([(i.span.start, i.span.end) for i in ear.of(Voicing, "committed")])
        assert len(ear.of(Voicing, "added")) == 2
    assert spans[0] == spans[1] == spans[2]


def test_slices_that_come_short_and_rounds_without_sound_are_fine(question):
    ear = Ear()
    ear.step(Turn(0, 0, Span(0, ms(80)), mic=b""))
    assert (ear.jobs, ear.edits) == ([], [])
    ear.step(Turn(1, 0, Span(ms(80), ms(160)), mic=question.sound[:5].tobytes()))
    assert [i.span for i in ear.of(Sound)] == [Span(0, samples_at(5, MIC_RATE))]


# --- words ----------------------------------------------------------------------------------------------------


def words(text: str, start: int = s(1)) -> tuple[TimedWord, ...]:
    return tuple(TimedWord(w, start + n * ms(200), start + n * ms(200) + ms(150)) for n, w in enumerate(text.split()))


@pytest.fixture
def speaking(question) -> Ear:
    """Somebody is in the middle of an utterance."""
    ear = Ear()
    ear.hear(question.sound[:32_000])
    assert ear.pipeline.hearing.utterance == 1 and ear.pipeline.hearing.voice
    ear.edits.clear()
    return ear


def changes(ear: Ear) -> list[str]:
    sign = {"added": "+", "revoked": "-", "committed": "="}
    found = [sign[e.status] + e.payload.text for e in ear.of(Word)]
    ear.edits.clear()
    return found


def test_words_come_are_revised_and_are_committed(speaking):
    speaking.told(Hypothesis(1, words("what his"), s(1.5), False))
    assert changes(speaking) == ["+what", "+his"]
    speaking.told(Hypothesis(1, words("what is twelve"), s(1.7), False))
    assert changes(speaking) == ["-his", "+is", "+twelve"]
    speaking.told(Hypothesis(1, words("what is twelve"), s(1.8), False))
    assert changes(speaking) == []
    speaking.told(Hypothesis(1, words("what was twelve"), s(1.9), False))
    assert changes(speaking) == ["-is", "+was"], "what stands after the changed word stays as it is"
    assert [w.text for w in speaking.pipeline.hearing.words] == ["what", "was", "twelve"]
    speaking.end_utterance()
    assert speaking.jobs[-1] == Listen(1, speaking.jobs[-1].start, b"", last=True)
    assert speaking.jobs[-1].start == samples_at(32_000, MIC_RATE)
    speaking.told(Hypothesis(1, words("what is twelve"), s(2), True))
    assert changes(speaking) == ["-was", "+is", "=what", "=is", "=twelve"]
    assert speaking.timeline.open("mic") != () and not any(
        isinstance(i.payload, Word) for i in speaking.timeline.open("mic")
    )


def test_committed_words_have_their_latest_times(speaking):
    speaking.told(Hypothesis(1, words("what is"), s(1.5), False))
    speaking.end_utterance()
    speaking.told(Hypothesis(1, words("what is", s(1.1)), s(2), True))
    assert [e.span.start for e in speaking.of(Word, "committed")] == [s(1.1), s(1.3)]
    assert [e.payload.utterance for e in speaking.of(Word)] == [1] * 4


def test_what_is_heard_says_how_long_the_words_have_stood(speaking):
    speaking.told(Hypothesis(1, words("what"), s(1.5), False))
    assert speaking.pipeline.hearing.stable == 0
    quiet = np.zeros(1280, np.int16)
    speaking.hear(quiet)
    speaking.hear(quiet, arrivals=(Hypothesis(1, words("what"), s(2), False),))
    assert speaking.pipeline.hearing.stable == ms(160)


def test_words_that_come_while_the_microphone_lags_have_stood_for_no_time(speaking):
    lag = Span(speaking.now, speaking.now + ms(80))
    words_come = (Hypothesis(1, words("what"), s(1.5), False),)
    speaking.step(Turn(0, 0, lag, mic=np.zeros(800, np.int16).tobytes(), arrivals=words_come))
    assert speaking.pipeline.hearing.stable == 0


def test_caught_up_once_the_recogniser_has_heard_past_the_end(question):
    ear = Ear()
    ear.hear(question.sound[: 3 * MIC_RATE + MIC_RATE // 2])
    hearing = ear.pipeline.hearing
    assert hearing.utterance == 1 and not hearing.voice and not hearing.caught_up
    ear.told(Hypothesis(1, words("what"), hearing.ended + ms(59), False))
    assert not ear.pipeline.hearing.caught_up
    ear.told(Hypothesis(1, words("what"), hearing.ended + ms(61), False))
    assert ear.pipeline.hearing.caught_up


def test_hypotheses_for_no_such_utterance_are_left_out(speaking):
    speaking.told(Hypothesis(7, words("what"), s(1), False))
    speaking.end_utterance()
    speaking.told(Hypothesis(1, words("yes"), s(2), True))
    changes(speaking)
    speaking.told(Hypothesis(1, words("no"), s(2), True))
    assert changes(speaking) == []


def test_without_an_utterance_there_is_nothing_to_end():
    ear = Ear()
    ear.end_utterance()
    assert ear.jobs == []


def test_a_recogniser_that_fails_leaves_the_words_that_there_are(speaking):
    speaking.told(Hypothesis(1, words("what is"), s(1.5), False))
    speaking.end_utterance()
    changes(speaking)
    speaking.told(Fault("brain", "it failed"))
    speaking.told(Fault("recogniser", "it works again", working=True))
    assert changes(speaking) == [], "neither concerns them: the final words may still come"
    speaking.told(Fault("recogniser", "it failed"))
    assert changes(speaking) == ["=what", "=is"]
    speaking.told(Hypothesis(1, words("what was"), s(2), True))
    assert changes(speaking) == []


def test_utterances_that_wait_for_a_silent_recogniser_are_bounded(question):
    ear = Ear(replace(AudioSettings(), utterance_longest=ms(80)))
    ear.hear(question.sound[: MIC_RATE * 3 // 2])
    ear.told(Hypothesis(1, words("what"), s(1.2), False))
    assert [e.payload.text for e in ear.of(Word)] == ["what"]
    ear.hear(question.sound[MIC_RATE * 3 // 2 :])
    assert ear.jobs[-1].utterance > MOST_ENDED + 1
    assert [e.status for e in ear.of(Word)] == ["added", "committed"], "the oldest keeps the words that it has"


def test_how_late_the_sound_is() -> None:
    ear = Ear()
    ear.hear(room(0.96).sound)
    for turns, late in ((1, ms(80)), (2, ms(160))):
        assert ear.pipeline.behind(ear.now + turns * ms(80)) == late
    assert ear.pipeline.behind(ear.now) == ear.pipeline.behind(ear.now + ms(40)) == 0


@pytest.mark.parametrize("size", [20, 80, 100, 300])
def test_a_voice_is_as_loud_in_whatever_pieces_it_comes(size: int) -> None:
    said = speech("read me the story", "en-gb+m1")
    sound = room(len(said) / MIC_RATE + 0.8, (0.4, said)).sound
    levels = []
    for delta in (ms(40), ms(size)):
        ear = Ear()
        heard = []
        for first in range(0, len(sound), samples_before(delta, MIC_RATE)):
            ear.hear(sound[first : first + samples_before(delta, MIC_RATE)], delta=delta)
            if ear.pipeline.hearing.voice:
                heard.append(ear.pipeline.hearing.level)
        levels.append(max(heard))
    assert levels[1] == pytest.approx(levels[0], abs=1.0)
