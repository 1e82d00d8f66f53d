"""Ends of turns by their sound: what a model is given, when it is asked, and what it says when it is not there."""

from __future__ import annotations

import numpy as np
import pytest
from spoken_sound import room, speech

from duetto.perception.audio.endpointing import HEARD, EndpointerSettings, EndpointHandler, SmartTurn
from duetto.perception.audio.mel import log_mel
from duetto.perception.audio.pipeline import AudioPipeline, AudioSettings
from duetto.testing.endpointer import ScriptedEndpointer
from duetto.timeline.arrival import Finished
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.job import Forget, JudgeEnd, Listen
from duetto.timeline.payload import Ending, Voicing
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import MIC_RATE, Turn, samples_before


def test_a_tone_is_loudest_in_the_band_of_its_pitch():
    """Bands 20 and 60 of Slaney's scale have their middles at 741 and 3735 Hz (45.25 mels in 81 steps to 8 kHz)."""
    at = np.arange(MIC_RATE) / MIC_RATE
    for band, hertz in ((19, 746), (59, 3744)):
        spectrogram = log_mel(np.sin(2 * np.pi * hertz * at).astype(np.float32))
        assert spectrogram.shape == (80, 100)
        assert set(spectrogram[:, 5:-5].argmax(axis=0)) <= {band, band + 1}


def test_silence_lies_two_below_the_loudest_and_twice_as_loud_is_a_constant_more():
    rng = np.random.default_rng(7)
    sound = np.concatenate([np.zeros(8000), rng.normal(0, 0.1, 8000)]).astype(np.float32)
    one, louder = log_mel(sound), log_mel(2 * sound)
    assert one[:, :40].max() == pytest.approx(one.max() - 2)
    assert np.allclose(louder - one, np.log10(4) / 4, atol=1e-5)


class Ears:
    """An audio pipeline with an endpointer, fed 80 ms at a time."""

    def __init__(self, sound: np.ndarray, endpointer: ScriptedEndpointer | None) -> None:
        self.pipeline = AudioPipeline(AudioSettings(judges_ends=endpointer is not None))
        handler = EndpointHandler(endpointer) if endpointer is not None else None
        timeline = Timeline()
        self.asked: list[JudgeEnd] = []
        self.listened: list[Listen] = []
        self.edits: list = []
        self.finished: list[float | None] = []
        arrivals: tuple = ()
        for start in range(0, len(sound) * 1000 // MIC_RATE, 80):
            span = Span(ms(start), ms(start + 80))
            piece = sound[samples_before(span.start, MIC_RATE) : samples_before(span.end, MIC_RATE)]
            jobs = self.pipeline.step(Turn(0, 0, span, mic=piece.tobytes(), arrivals=arrivals), timeline)
            asked = [job for job in jobs if isinstance(job, JudgeEnd)]
            arrivals = tuple(found for job in asked for found in handler.handle(job)) if handler else ()
            self.asked += asked
            self.listened += [job for job in jobs if isinstance(job, Listen)]
            self.edits += timeline.drain()
            self.finished.append(self.pipeline.hearing.finished)

    def of(self, kind: type) -> list:
        return [edit for edit in self.edits if isinstance(edit.payload, kind) and edit.status == "committed"]


@pytest.fixture(scope="module")
def paused() -> np.ndarray:
    return room(5, (0.5, speech("remind me to")), (2.2, speech("call my brother"))).sound


def test_it_is_asked_once_in_each_pause_about_the_turn_so_far(paused):
    ears = Ears(paused, ScriptedEndpointer([0.1, 0.9]))
    ends = [voicing.span.end for voicing in ears.of(Voicing)]
    assert [job.at for job in ears.asked] == ends and len(ends) == 2
    first = samples_before(ears.listened[0].start, MIC_RATE)
    for job in ears.asked:
        last = first + len(job.sound)
        assert np.array_equal(job.sound, paused[first:last]), "the microphone's own sound, from the turn's beginning"
        assert 0 <= last / MIC_RATE - job.at / 1e9 < 0.3, "up to now"


def test_what_it_says_holds_until_the_voice_goes_on(paused):
    ears = Ears(paused, ScriptedEndpointer([0.1, 0.9]))
    said = [found for found in ears.finished if found is not None]
    assert said == sorted(said) and set(said) == {0.1, 0.9}
    between = ears.finished[ears.finished.index(0.1) : ears.finished.index(0.9)]
    assert None in between, "while the user speaks, nobody has said"
    assert [edit.payload.probability for edit in ears.of(Ending)] == [0.1, 0.9]


def test_nobody_asks_where_nobody_listens_for_ends(paused):
    ears = Ears(paused, None)
    assert not ears.asked and set(ears.finished) == {None}


def test_a_judgement_that_comes_too_late_is_of_no_pause(paused):
    ears = Ears(paused[: 3 * MIC_RATE], ScriptedEndpointer([0.1]))
    late = Finished(1, ears.asked[0].at, 0.8)
    ears.pipeline.step(Turn(0, 1, Span(ms(3040), ms(3040)), arrivals=(late,)), Timeline())
    assert ears.pipeline.hearing.voice and ears.pipeline.hearing.finished is None


def test_a_long_turn_is_judged_by_its_last_eight_seconds():
    words = speech("one two three four five six seven eight nine ten")
    sound = room(12, *((0.3 + n * len(words) / MIC_RATE, words) for n in range(int(10 * MIC_RATE / len(words))))).sound
    (job, *_) = Ears(sound, ScriptedEndpointer([0.9])).asked[-1:]
    assert len(job.sound) == HEARD


def test_a_model_that_is_not_there_says_how_to_get_it(tmp_path):
    with pytest.raises(ValueError, match=r"smart turn: .*python -m duetto\.perception\.audio\.smart_turn_files"):
        SmartTurn(EndpointerSettings(folder=str(tmp_path)))


def test_other_jobs_are_not_for_it():
    with pytest.raises(TypeError, match="JudgeEnd"):
        list(EndpointHandler(ScriptedEndpointer([])).handle(Forget(1)))
