"""From settings to a session, whole: the one place that knows which parts there are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version

import msgspec

from duetto.brain.brain import BrainHandler
from duetto.brain.chat.chat import ChatHandler
from duetto.brain.chat.model import ChatModel
from duetto.brain.chat.opening import open_model
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.embedded import EmbeddedBrain, language
from duetto.brain.tools import Tool, ToolHandler, as_tools
from duetto.models.cascade import Cascade, CascadeSettings
from duetto.models.model import Observer
from duetto.perception.audio.endpointing import EndpointerSettings, EndpointHandler, SmartTurn
from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.perception.video.faces import VisionHandler
from duetto.perception.video.ocr import ReadingHandler
from duetto.recording.format import SessionInfo
from duetto.session import Feeder, Inputs, Session, SessionSettings
from duetto.speech.voice import VoiceSettings
from duetto.speech.voices import GOES_ON
from duetto.timeline.clock import Clock, ms, s
from duetto.workers.crew import Crew, CrewSettings
from duetto.workers.loop import LoopWorker
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
    endpointer: EndpointerSettings | None = None
    """Who judges ends of turns by their sound, None for nobody. See `with_endpointer`."""
    chat: ChatSettings | None = None
    """The language model that decides what to say; None for the embedded brain. See `with_chat`."""


CHAT_LIMIT = s(90)
"""Media time (ns) without a sign of life after which a chat brain as a whole hangs: each of its requests has limits of
its own, far below."""
CHAT_QUIET_FLOOR = ms(400)
"""How long (ns) quiet words over duetto's own must last to take the floor: a language model tells by itself (`[wait]`)
whether they were meant for it, so giving way too often costs a pause, and too seldom a correction."""
CHAT_HISTORY = 400
"""Remarks that a language model may be told; its own limits cut them in blocks (`ChatSettings.characters`)."""
CHAT_OPEN = ms(420)
"""Silence (ns) after which free words have ended a turn that are whole but may well go on: of what a language model is
told much more goes on than of the embedded brain's requests."""
CHAT_PREPARES = ms(600)
"""Silence (ns) up to which a turn that may end stays open until the model's first words are there: of words that are
heard 140 ms after they end, those of a model with 300 ms to its first token are there after 350 to 450 ms. A slower one
has the turn end then, so that what follows from it (a word that fills the gap, tools) is not late."""
CHAT_DRAFTS = 8
"""Drafts at most while the user speaks in one turn: each is a request to a model."""


def with_chat(settings: Settings, chat: ChatSettings) -> Settings:
    """These settings with a language model as the brain, and with what else then is better set otherwise.

    The embedded recogniser hears any words, not only those that the embedded brain understands.
    """
    interaction = replace(
        settings.cascade.interaction,
        replans=True,
        filler_after=chat.filler_after,
        draft_stable=chat.draft_stable,
        open_silence=CHAT_OPEN,
        prepares_for=CHAT_PREPARES,
        held_stays=True,
        drafts_per_turn=CHAT_DRAFTS,
        quiet_floor_after=CHAT_QUIET_FLOOR,
    )
    recogniser = settings.recogniser
    if recogniser.language is None:
        recogniser = replace(recogniser, open_vocabulary=True)
    return replace(
        settings,
        chat=chat,
        cascade=replace(settings.cascade, interaction=interaction, pictures=chat.pictures, history=CHAT_HISTORY),
        recogniser=recogniser,
        crew=replace(settings.crew, brain_limit=CHAT_LIMIT),
    )


def with_endpointer(settings: Settings, endpointer: EndpointerSettings) -> Settings:
    """These settings with Smart Turn, which judges each pause once by how the turn sounds."""
    audio = replace(settings.cascade.audio, judges_ends=True)
    return replace(settings, endpointer=endpointer, cascade=replace(settings.cascade, audio=audio))


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


def chat_of(settings: Settings) -> ChatSettings:
    """How the language model is asked that these settings have: for whole clauses, where the voice needs them.

    Raises ValueError where they have none.
    """
    if settings.chat is None:
        raise ValueError("chat: a language model is needed")
    return settings.chat if settings.voice.engine in GOES_ON else replace(settings.chat, first_words=0)


def thinkers(
    settings: Settings,
    bell: threading.Event,
    *,
    tools: Sequence[Tool] = (),
    model: Callable[[ChatSettings], ChatModel] | None = None,
) -> list[Worker]:
    """The workers that decide what to say: the brain, and the tools that it may call.

    model: makes the language model; None for the one that `settings.chat` names. Raises ValueError for settings
    that cannot be: tools without a language model, a model without a name.
    """
    if settings.chat is None:
        if tools:
            raise ValueError("tools: the embedded brain calls none; a language model is needed (settings.chat)")
        return [ThreadWorker("brain", lambda: BrainHandler(EmbeddedBrain()), bell)]
    chat = chat_of(settings)
    make = model or open_model
    brain = LoopWorker("brain", lambda: ChatHandler(make(chat), chat, tools), bell)
    return [brain, LoopWorker("tools", lambda: ToolHandler(tools), bell)]


def start_workers(
    settings: Settings,
    bell: threading.Event,
    *,
    tools: Sequence[Tool] = (),
    model: Callable[[ChatSettings], ChatModel] | None = None,
) -> list[Worker]:
    """Start the workers that these settings ask for, and wait until they stand.

    bell: rung whenever one of them has a result. tools, model: as for `thinkers`. Raises WorkerFailed when one cannot
    start; the others are ended then.
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
        threads.extend(thinkers(settings, bell, tools=tools, model=model))
        if (listens := settings.endpointer) is not None:
            threads.append(ThreadWorker("endpointer", lambda: EndpointHandler(SmartTurn(listens)), bell))
        threads.append(ThreadWorker("vision", VisionHandler, bell))
        threads.append(ThreadWorker("reader", ReadingHandler, bell))
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
    tools: Iterable[Tool | Callable[..., object]] = (),
    workers: Callable[[Settings, threading.Event], list[Worker]] | None = None,
) -> Session:
    """A session ready to `run()`: workers started, nothing heard yet.

    tools: functions that the language model may call, or `Tool`s. workers: other workers than `start_workers` starts.
    observers: or what makes them, called only when the workers stand: so that a session which cannot begin
    overwrites no earlier recording.
    """
    model = make_cascade(settings, clock.epoch_ns)
    bell = threading.Event()
    start = workers or partial(start_workers, tools=as_tools(tools))
    crew = Crew(start(settings, bell), bell, realtime=clock.realtime, settings=settings.crew)
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
