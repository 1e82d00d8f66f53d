"""The microphone, on the tick: voice activity, level, pitch; utterances out to the recogniser, its words back in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from duetto.perception.audio.endpointing import HEARD
from duetto.perception.audio.melody import Melody
from duetto.perception.audio.prosody import SILENCE_DB, SPAN, level, pitch
from duetto.perception.audio.utterance import Utterance
from duetto.perception.audio.vad import WINDOW, Floats, SileroBatch, VoiceActivity, VoiceActivitySettings
from duetto.timeline.arrival import Fault, Finished, Hypothesis, TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.job import Job, JudgeEnd, Listen
from duetto.timeline.payload import Ending, Sound, Voicing
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import MIC_RATE, Samples, Turn, samples_at, samples_before

PIECE: Final = MIC_RATE * 80 // 1000
"""Samples judged at once: a long slice may hold a voice's onset and its end, or the end of one and the next onset."""
LOUDNESS: Final = MIC_RATE * 40 // 1000
"""Samples over which the level of a voice is taken: over more it is lower, by 1 to 2 dB over twice as many."""
_NO_WINDOWS: Final = np.zeros((0, WINDOW), np.float32)
MOST_ENDED: Final = 8
"""Utterances that may wait for their final words; past it the oldest keeps the words that it has."""


@dataclass(frozen=True, slots=True)
class AudioSettings:
    """How the microphone is heard."""

    activity: VoiceActivitySettings = field(default_factory=VoiceActivitySettings)
    """When a voice begins and ends."""
    pre_roll: int = ms(300)
    """Sound (ns) before an onset that the recogniser is given too: soft beginnings lie before it."""
    utterance_silence: int = ms(2500)
    """Silence (ns) after which an utterance is closed even if nobody has decided that the turn is over."""
    utterance_longest: int = s(30)
    """Length (ns) at which an utterance is closed and the next begins, without a sample lost between them."""
    word_delay: int = ms(60)
    """How far (ns) past the end of the voice the recogniser must have heard before its words count as all of them:
    a word of the embedded one appears about 110 ms after it ends, hangover and micro-turn included."""
    late: int = ms(60)
    """How far (ns) the sound may lag behind time and is still taken for all of it: it comes in blocks."""
    judges_ends: bool = False
    """An endpointer judges each pause by how the turn sounds."""


class Hearing(msgspec.Struct, frozen=True):
    """What is heard now.

    voice: somebody speaks. stirring: or perhaps begins to. since, ended: onset of the present or latest voice, end of
    the latest (ns). utterance: the open one. words: its words so far. stable: for how long (ns) they have not
    changed. caught_up: the recogniser has heard past the end of the voice. level: of the loudest piece of the present
    or latest voice, dB of full scale. ending: semitones by which its pitch ended above its median, None if not known.
    finished: how probable an endpointer finds it that the user has finished, None where it has not (yet) said.
    """

    voice: bool = False
    stirring: bool = False
    since: int | None = None
    ended: int | None = None
    utterance: int | None = None
    words: tuple[TimedWord, ...] = ()
    stable: int = 0
    caught_up: bool = False
    level: float = SILENCE_DB
    ending: float | None = None
    finished: float | None = None


class AudioPipeline:
    """Perceives one microphone. Media time of a sample is its number in the stream over MIC_RATE.

    model, row: the voice activity model and the session's place in its batch; its own model by default, made when it is
    first needed. An engine takes the windows of many sessions with `windows`, judges them as one batch, and gives
    each its share with `judged` before `step`.
    """

    def __init__(self, settings: AudioSettings | None = None, model: SileroBatch | None = None, row: int = 0) -> None:
        self.settings = settings or AudioSettings()
        self._model = model
        self._row = row
        self._activity = VoiceActivity(self.settings.activity)
        self._recent = np.zeros(0, np.int16)  # the latest sound, for pre-roll and pitch
        heard = HEARD if self.settings.judges_ends else SPAN
        self._kept = max(samples_before(self.settings.pre_roll, MIC_RATE), heard) + MIC_RATE // 2
        self._count = 0  # samples heard
        self._sent = 0  # of them, to the recogniser
        self._melody = Melody()
        self._ahead: list[Floats] = []  # the windows of each piece of the slice to come, taken ahead
        self._judged: list[tuple[Floats, Floats]] | None = None  # the same with what they were judged to be
        self._voicing: Increment | None = None  # open
        self._number = 0
        self._open: Utterance | None = None
        self._ended: dict[int, Utterance] = {}  # waiting for their final words
        self._discarded: int | None = None  # onset of the voice that is not to count
        self._judged_end: int | None = None  # end of the latest voice that an endpointer was asked about
        self._finished: Finished | None = None
        self.patient = False
        """A silence does not close an utterance, however long."""

    @property
    def hearing(self) -> Hearing:
        """What is heard, as of the latest `step`."""
        activity, utterance = self._activity, self._open
        now = samples_at(self._count, MIC_RATE)
        if utterance is None:
            return Hearing(activity.active, activity.stirring, activity.since, activity.ended, level=self._melody.level)
        past = (activity.ended or 0) + self.settings.word_delay
        return Hearing(
            activity.active,
            activity.stirring,
            activity.since,
            activity.ended,
            utterance.number,
            utterance.words,
            max(0, now - utterance.changed),  # a microphone may lag behind the moment at which words come
            not activity.active and utterance.heard_until >= past,
            self._melody.level,
            self._melody.ending,
            self._heard_finished(),
        )

    def behind(self, now: int) -> int:
        """By how much (ns) the sound is late at media time `now`; a slice that is not quite whole yet is in time."""
        late = now - samples_at(self._count, MIC_RATE)
        return late if late > self.settings.late else 0

    def _heard_finished(self) -> float | None:
        """What the endpointer found of the present pause."""
        found, activity = self._finished, self._activity
        return found.probability if found is not None and not activity.active and found.at == activity.ended else None

    def windows(self, samples: Samples) -> Floats:
        """The windows that the slice to come completes: float32 (k, 512). `judged` is to follow, then its `step`."""
        if len(samples) <= PIECE:
            only = self._activity.pending(samples) if len(samples) else _NO_WINDOWS
            self._ahead = [only]
            return only
        pieces = [samples[first : first + PIECE] for first in range(0, len(samples), PIECE)]
        self._ahead = [self._activity.pending(piece) for piece in pieces]
        return np.concatenate(self._ahead)

    def judged(self, probabilities: Floats) -> None:
        """The probabilities, shape (k,), of what `windows` gave last."""
        self._judged = []
        for windows in self._ahead:
            self._judged.append((windows, probabilities[: len(windows)]))
            probabilities = probabilities[len(windows) :]

    def step(self, turn: Turn, timeline: Timeline) -> tuple[Job, ...]:
        """One round: sound is judged and sent to the recogniser, hypotheses become `Word`s.

        Returns at most a few `Listen` jobs. Rounds without sound only take in what arrived.
        """
        now = turn.span.end
        jobs: list[Job] = []
        samples = turn.samples
        if len(samples):
            jobs += self._listen(samples, now, timeline)
        for arrival in turn.arrivals:
            if isinstance(arrival, Hypothesis):
                self._take_in(arrival, now, timeline)
            elif isinstance(arrival, Finished):
                self._finished = arrival
                end = Span(arrival.at, arrival.at)
                timeline.add("mic", end, Ending(arrival.probability), at=now, source="endpointer", committed=True)
            elif isinstance(arrival, Fault) and arrival.part == "recogniser" and not arrival.working:
                self._settle_ended(now, timeline, left=0)
        self._settle_ended(now, timeline, left=MOST_ENDED)
        return tuple(jobs)

    def knows(self, hypothesis: Hypothesis) -> bool:
        """Has it, in the midst of a voice, the words that were heard already? What else it says can wait."""
        utterance = self._open
        if utterance is None or hypothesis.final or hypothesis.utterance != utterance.number:
            return False
        return self._activity.active and utterance.has(hypothesis)

    def end_utterance(self, now: int, number: int | None = None) -> tuple[Job, ...]:
        """The turn is over: ask for the final words. Speech from here on is a new utterance.

        number: of the utterance that is meant, where the next may be open already; None for whichever is.
        """
        utterance = self._open
        if utterance is None or number not in (None, utterance.number):
            return ()
        self._open = None
        self._ended[utterance.number] = utterance
        return (Listen(utterance.number, samples_at(self._sent, MIC_RATE), b"", last=True),)

    def discard_utterance(self, now: int) -> tuple[Job, ...]:
        """What is being said is not to count, to the end of its voice."""
        if self._activity.active:
            self._discarded = self._activity.since
        return self.end_utterance(now)

    # --- sound ------------------------------------------------------------------------------------------------

    def _listen(self, samples: Samples, now: int, timeline: Timeline) -> list[Job]:
        start = samples_at(self._count, MIC_RATE)
        probability = 0.0
        loud: float | None = None  # of all of it
        heard: float | None = None
        jobs: list[Job] = []
        for first in range(0, len(samples), PIECE):
            piece = samples[first : first + PIECE]
            probability = max(probability, self._judge(first // PIECE, piece))
            self._recent = np.concatenate([self._recent, piece])[-self._kept :]
            self._count += len(piece)
            self._write_voicing(now, timeline)
            heard = None
            if self._activity.active:
                heard, loud = pitch(self._recent), level(piece)
                usual = len(piece) == LOUDNESS  # at Δ = 40 ms it is known already
                self._melody.add(loud if usual else self._loudest(len(piece)), heard)
            jobs += self._utter(now)
        self._judged = None
        if loud is None or len(samples) > PIECE:
            loud = level(samples)
        sound = Sound(round(probability, 3), round(loud, 1), None if heard is None else round(heard, 1))
        span = Span(start, samples_at(self._count, MIC_RATE))
        timeline.add("mic", span, sound, at=now, source="silero", committed=True)
        return jobs

    def _loudest(self, count: int) -> float:
        """The level of the loudest LOUDNESS samples of the latest `count`: the same in whatever pieces they came."""
        ends = range(len(self._recent), len(self._recent) - count, -LOUDNESS)
        return max(level(self._recent[max(0, end - LOUDNESS) : end]) for end in ends)

    def _judge(self, number: int, piece: Samples) -> float:
        """How probable it is that somebody speaks in this piece of the slice."""
        if self._judged is None:
            if self._model is None:
                self._model = SileroBatch()
            return self._activity.step(piece, self._model, self._row)
        windows, probabilities = self._judged[number]
        self._activity.update(windows, probabilities)
        return max(probabilities.tolist(), default=0.0)

    def _write_voicing(self, now: int, timeline: Timeline) -> None:
        activity = self._activity
        voicing = self._voicing
        if voicing is not None and not (activity.active and activity.since == voicing.span.start):
            assert activity.ended is not None
            timeline.commit(voicing.id, "mic", at=now, span=Span(voicing.span.start, activity.ended))
            self._voicing = None
        if activity.active and self._voicing is None and activity.since is not None:
            self._melody.begin()
            span = Span(activity.since, max(activity.since, now))
            self._voicing = timeline.add("mic", span, Voicing(), at=now, source="silero")

    # --- utterances -------------------------------------------------------------------------------------------

    def _utter(self, now: int) -> list[Job]:
        activity = self._activity
        jobs: list[Job] = []
        utterance = self._open
        if utterance is not None:
            heard = samples_at(self._count, MIC_RATE)
            silent = 0 if activity.active or activity.ended is None else heard - activity.ended
            if silent >= self.settings.utterance_silence and not self.patient:
                return [*self._rest(utterance), *self.end_utterance(now)]
            if now - utterance.start >= self.settings.utterance_longest:
                jobs += [*self._rest(utterance), *self.end_utterance(now)]
                utterance = None
        if utterance is None and activity.active and activity.since != self._discarded:
            assert activity.since is not None
            first = samples_before(max(0, activity.since - self.settings.pre_roll), MIC_RATE)
            self._sent = max(first, self._sent, self._count - len(self._recent))
            self._number += 1
            utterance = self._open = Utterance(self._number, samples_at(self._sent, MIC_RATE))
        if utterance is not None:
            jobs += self._rest(utterance)
            jobs += self._judge_end(utterance)
        return jobs

    def _judge_end(self, utterance: Utterance) -> list[Job]:
        """Once in each pause, an endpointer is asked whether the user has finished."""
        ended = self._activity.ended
        if not self.settings.judges_ends or self._activity.active or ended is None or ended == self._judged_end:
            return []
        self._judged_end = ended
        of_turn = self._count - samples_before(utterance.start, MIC_RATE)
        sound = self._recent[-min(of_turn, HEARD) :].astype("<i2", copy=False).tobytes()
        return [JudgeEnd(utterance.number, ended, sound)]

    def _rest(self, utterance: Utterance) -> list[Job]:
        """The sound that the recogniser has not been given yet."""
        missing = self._count - self._sent
        if missing <= 0:
            return []
        start = samples_at(self._sent, MIC_RATE)
        sound = self._recent[-missing:].astype("<i2", copy=False).tobytes()
        self._sent = self._count
        return [Listen(utterance.number, start, sound, quiet=not self._activity.active)]

    # --- words ------------------------------------------------------------------------------------------------

    def _take_in(self, hypothesis: Hypothesis, now: int, timeline: Timeline) -> None:
        number = hypothesis.utterance
        utterance = self._ended.get(number)
        if utterance is None and self._open is not None and self._open.number == number:
            utterance = self._open
        if utterance is None:
            return
        utterance.revise(hypothesis, now, timeline)
        if hypothesis.final:
            utterance.settle(now, timeline)
            self._ended.pop(number, None)

    def _settle_ended(self, now: int, timeline: Timeline, *, left: int) -> None:
        """Final words that the recogniser still owes will not come, but for the latest `left`. What was heard stays."""
        while len(self._ended) > left:
            self._ended.pop(next(iter(self._ended))).settle(now, timeline)
