"""From settings to a session, whole: the one place that knows which parts there are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version

import msgspec

from duetto.brain.brain import BrainHandler
from duetto.brain.embedded import EmbeddedBrain, language
from duetto.models.cascade import Cascade, CascadeSettings
from duetto.models.model import Observer
from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.perception.video.faces import VisionHandler
from duetto.recording.format import SessionInfo
from duetto.session import Feeder, Inputs, Session, SessionSettings
from duetto.speech.voice import VoiceSettings
from duetto.timeline.clock import Clock
from duetto.workers.crew import Crew, CrewSettings
from duetto.workers.process import ProcessWorker
from duetto.workers.thread import ThreadWorker
from duetto.workers.worker import Worker

BESIDE = 5
"""Added to the niceness of the recogniser's process: hearing words must never take a core from the tick."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting of a session, in one tree; what a recording carries."""

    session: SessionSettings = field(default_factory=SessionSettings)
    """Micro-turns."""
    cascade: CascadeSettings = field(default_factory=CascadeSettings)
    """Perception, interaction, speech."""
    recogniser: RecogniserSettings = field(default_factory=RecogniserSettings)
    """Who turns speech into words. Without a language of its own it gets the brain's."""
    voice: VoiceSettings = field(default_factory=VoiceSettings)
    """Who speaks."""
    crew: CrewSettings = field(default_factory=CrewSettings)
    """Bounds on slow work."""


def session_info(
    settings: Settings, clock: Clock, *, title: str = "", sources: dict[str, str] | None = None
) -> SessionInfo:
    """What a recording of a session with these settings says about it."""
    return SessionInfo(
        duetto=version("duetto"),
        delta=settings.session.delta,
        epoch_ns=clock.epoch_ns,
        settings=msgspec.to_builtins(settings),
        title=title,
        sources=sources or {},
    )


def make_cascade(settings: Settings, epoch_ns: int) -> Cascade:
    """The model of interaction that these settings describe."""
    return Cascade(settings.cascade, epoch_ns=epoch_ns, delta=settings.session.delta)


def model_of(info: SessionInfo) -> Cascade:
    """The model that a recording was made with, as it was at its beginning: what a replay runs.

    Raises msgspec.ValidationError when the recording's settings do not fit this version.
    """
    return make_cascade(msgspec.convert(info.settings, Settings), info.epoch_ns)


def start_workers(settings: Settings, bell: threading.Event) -> list[Worker]:
    """Start the workers that these settings ask for, and wait until they stand.

    bell: rung whenever one of them has a result. Raises WorkerFailed when one cannot start; the others are ended then.
    """
    recogniser = settings.recogniser
    if recogniser.language is None:
        recogniser = replace(recogniser, language=language())
    hears, speaks = "duetto.perception.audio.recogniser:make_handler", "duetto.speech.voice:make_handler"
    processes: list[ProcessWorker] = []
    threads: list[Worker] = []
    try:
        text = msgspec.json.encode(recogniser).decode()
        processes.append(ProcessWorker("recogniser", hears, text, bell, nice=BESIDE))
        text = msgspec.json.encode(settings.voice).decode()
        processes.append(ProcessWorker("voice", speaks, text, bell))
        threads.append(ThreadWorker("brain", lambda: BrainHandler(EmbeddedBrain()), bell))
        threads.append(ThreadWorker("vision", VisionHandler, bell))
        for process in processes:
            process.wait_ready()
    except BaseException:
        for worker in [*threads, *processes]:
            worker.close()
        raise
    return [*processes, *threads]


def build_session(
    settings: Settings,
    clock: Clock,
    inputs: Inputs,
    *,
    feeders: Sequence[Feeder] = (),
    observers: Sequence[Observer] | Callable[[], Sequence[Observer]] = (),
    workers: Callable[[Settings, threading.Event], list[Worker]] = start_workers,
) -> Session:
    """A session ready to `run()`: workers started, nothing heard yet.

    observers: or what makes them, called only when the workers stand: so that a session which cannot begin
    overwrites no earlier recording.
    """
    model = make_cascade(settings, clock.epoch_ns)
    bell = threading.Event()
    crew = Crew(workers(settings, bell), bell, realtime=clock.realtime, settings=settings.crew)
    try:
        watching = observers() if callable(observers) else observers
    except BaseException:
        crew.close()
        raise
    return Session(
        model,
        clock=clock,
        crew=crew,
        inputs=inputs,
        feeders=feeders,
        observers=watching,
        settings=settings.session,
    )
