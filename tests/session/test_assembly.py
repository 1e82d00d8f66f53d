"""Settings as a recording carries them, and workers that stand all together or not at all."""

from __future__ import annotations

import threading
from dataclasses import replace

import msgspec
import pytest

from duetto import assembly
from duetto.assembly import Settings, build_session, make_cascade, model_of, session_info, start_workers
from duetto.models.cascade import Cascade
from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.session import Inputs, SessionSettings
from duetto.speech.voice import VoiceSettings
from duetto.timeline.clock import VirtualClock, ms
from duetto.timeline.language import Language
from duetto.workers.worker import WorkerFailed

LANGUAGE = Language(
    phrases=("say <what> [please]",), slots={"what": ("one", "two")}, open_slots=("note",), open_words=("tea",)
)
SETTINGS = Settings(
    session=SessionSettings(delta=ms(40)),
    recogniser=RecogniserSettings(engine="whisper", language=LANGUAGE, model="base", open_vocabulary=True),
    voice=VoiceSettings(name="en-gb+f2", words_per_minute=160),
)


@pytest.mark.parametrize("settings", [Settings(), SETTINGS])
def test_settings_survive_being_recorded(settings):
    plain = msgspec.to_builtins(settings)
    assert msgspec.convert(plain, Settings) == settings
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(plain)), Settings) == settings


def test_what_a_recording_says_of_its_session_leads_back_to_the_model():
    clock = VirtualClock()
    info = session_info(SETTINGS, clock, title="tea", sources={"mic": "a.wav"})
    assert (info.delta, info.epoch_ns, info.title, info.sources) == (ms(40), clock.epoch_ns, "tea", {"mic": "a.wav"})
    assert isinstance(model_of(info), Cascade)
    with pytest.raises(msgspec.ValidationError, match="delta"):
        model_of(msgspec.structs.replace(info, settings={"session": {"delta": "long"}}))


class FakeProcess:
    """Stands in for a worker process, and keeps who was made, by part."""

    made: dict[str, FakeProcess]
    fails = ""

    def __init__(self, part, factory, settings, bell, *, nice=0):
        if self.fails == f"{part} begins":
            raise OSError("no more processes")
        self.part, self.settings, self.nice, self.closed = part, settings, nice, 0
        self.made[part] = self

    def wait_ready(self):
        if self.fails == f"{self.part} stands":
            self.close()
            raise WorkerFailed(f"{self.part}: it did not start")

    def close(self):
        self.closed += 1


class FakeThread(FakeProcess):
    def __init__(self, part, make, bell):
        super().__init__(part, "", "", bell)


@pytest.fixture
def fakes(monkeypatch):
    monkeypatch.setattr(FakeProcess, "made", {}, raising=False)
    monkeypatch.setattr(assembly, "ProcessWorker", FakeProcess)
    monkeypatch.setattr(assembly, "ThreadWorker", FakeThread)
    return monkeypatch


def test_there_is_a_worker_for_each_part(fakes):
    workers = start_workers(SETTINGS, threading.Event())
    assert {w.part for w in workers} == {"recogniser", "voice", "brain", "vision", "reader"} == set(FakeProcess.made)
    hears = msgspec.json.decode(FakeProcess.made["recogniser"].settings, type=RecogniserSettings)
    assert hears == SETTINGS.recogniser
    assert msgspec.json.decode(FakeProcess.made["voice"].settings, type=VoiceSettings) == SETTINGS.voice
    assert FakeProcess.made["recogniser"].nice > 0 == FakeProcess.made["voice"].nice
    assert not any(w.closed for w in FakeProcess.made.values())


def test_without_a_language_of_its_own_the_recogniser_gets_the_brain_s(fakes):
    start_workers(Settings(), threading.Event())
    hears = msgspec.json.decode(FakeProcess.made["recogniser"].settings, type=RecogniserSettings)
    assert hears.language is not None and len(hears.language.phrases) > 10
    assert replace(hears, language=None) == Settings().recogniser


@pytest.mark.parametrize(
    ("fails", "error"),
    [
        ("recogniser stands", WorkerFailed),
        ("voice stands", WorkerFailed),
        ("voice begins", OSError),
        ("vision begins", OSError),
    ],
)
def test_when_one_cannot_start_the_others_are_ended(fakes, fails, error):
    fakes.setattr(FakeProcess, "fails", fails)
    with pytest.raises(error):
        start_workers(Settings(), threading.Event())
    assert FakeProcess.made and all(worker.closed for worker in FakeProcess.made.values())


def test_a_real_voice_that_does_not_exist_is_named():
    settings = Settings(
        recogniser=RecogniserSettings(language=Language(phrases=("stop",))), voice=VoiceSettings(name="nobody")
    )
    with pytest.raises(WorkerFailed, match=r"voice: .*espeak-ng has no voice 'nobody'"):
        start_workers(settings, threading.Event())


def test_no_worker_is_started_for_a_model_that_cannot_be_made(monkeypatch):
    def fail(settings, epoch_ns):
        raise ValueError("horizon: too long")

    monkeypatch.setattr(assembly, "make_cascade", fail)
    started = []
    with pytest.raises(ValueError, match="horizon"):
        build_session(Settings(), VirtualClock(), Inputs(), workers=lambda *_: started.append(1) or [])
    assert started == []
    assert isinstance(make_cascade(Settings(), 0), Cascade)
