"""duetto itself, in process: on the virtual clock, where a run is quick and always the same, or in real time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Event
from typing import ClassVar, Final

import msgspec
import numpy as np

from duetto.assembly import Settings, build_session, start_workers, thinkers
from duetto.bench.cast import Cast, script_for
from duetto.bench.scenario import LONGEST, Scenario
from duetto.bench.stage.feed import camera_feeder, screen_feeder
from duetto.bench.targets.model import model_settings, script_of, tools_of
from duetto.bench.targets.polling import ForgetfulHandler, Poller
from duetto.bench.targets.target import Take
from duetto.bench.trial import AgentWord, Drafts, ModelUse
from duetto.bench.uttered import places, uttered
from duetto.brain.brain import BrainHandler
from duetto.brain.embedded import EmbeddedBrain, language
from duetto.interaction.action import AskBrain, DropReply, Duck, EndTurn, KeepReply, Show, TrimReply
from duetto.models.model import MicroTurn
from duetto.perception.audio.endpointing import EndpointHandler, SmartTurn
from duetto.perception.audio.input import AudioInput
from duetto.perception.audio.recogniser import RecogniserHandler, RecogniserSettings, open_recogniser, spotting
from duetto.perception.text.input import KeysInput
from duetto.perception.video.faces import VisionHandler
from duetto.perception.video.input import VideoInput
from duetto.perception.video.ocr import ReadingHandler
from duetto.session import Feeder, Inputs
from duetto.simulation.script import At, Cue
from duetto.simulation.user import SimulatedUser
from duetto.simulation.voice import reading
from duetto.testing.model import Script, ScriptedChat
from duetto.testing.model.double import Request
from duetto.timeline.arrival import Texts
from duetto.timeline.clock import VirtualClock, WallClock, ms, s
from duetto.timeline.command import Command, Give, Manner
from duetto.timeline.increment import Span
from duetto.timeline.job import Job
from duetto.timeline.payload import Heard
from duetto.timeline.turn import VOICE_RATE, Samples, samples_before
from duetto.workers.inline import InlineWorker
from duetto.workers.process import ProcessWorker
from duetto.workers.worker import Worker

_warm: dict[bytes, RecogniserHandler] = {}


def warm(settings: Settings) -> None:
    """Load what takes long, once: a process forked from this one then has it at hand, in its first state."""
    recogniser = _with_language(settings.recogniser)
    _warm[msgspec.json.encode(recogniser)] = _ears(recogniser)
    EmbeddedBrain()


def _with_language(settings: RecogniserSettings) -> RecogniserSettings:
    return settings if settings.language is not None else replace(settings, language=language())


def _ears(settings: RecogniserSettings) -> RecogniserHandler:
    return RecogniserHandler(open_recogniser(settings), spotting(settings))


def _workers(settings: Settings, bell: Event) -> list[Worker]:
    """Recogniser, brain, vision and reader on the spot: nothing depends on the machine. The voice has its process."""
    recogniser = _with_language(settings.recogniser)
    ears = _warm.pop(msgspec.json.encode(recogniser), None) or _ears(recogniser)
    voice = ProcessWorker(
        "voice", "duetto.speech.voice:make_handler", msgspec.json.encode(settings.voice).decode(), bell
    )
    voice.wait_ready()
    listens = settings.endpointer
    return [
        *([InlineWorker("endpointer", EndpointHandler(SmartTurn(listens)))] if listens else []),
        InlineWorker("recogniser", ears),
        InlineWorker("brain", BrainHandler(EmbeddedBrain())),
        InlineWorker("vision", VisionHandler()),
        _Reader(),
        voice,
    ]


class _Reader(InlineWorker):
    """Reads on the spot; each line beyond those that the crew charges for takes its time as well."""

    PAID: Final = 3
    LINE: Final = ms(60)
    """A line of text on two shared cores, ns."""

    def __init__(self) -> None:
        super().__init__("reader", ReadingHandler())

    def submit(self, ticket: int, job: Job) -> None:
        kept = len(self._results)
        super().submit(ticket, job)
        lines = 0
        for place, result in enumerate(self._results[kept:], kept):
            lines += len(result.arrival.lines) if isinstance(result.arrival, Texts) else 0
            self._results[place] = replace(result, after=max(0, lines - self.PAID) * self.LINE)


@dataclass(frozen=True, slots=True)
class DuettoTarget:
    """duetto with these settings. realtime: on the machine's clock, with every part in its usual place.

    An item with a script for a model is taken with a chat brain on that. restart: its baseline, which is not told what
    was heard, and answers anew. drafts: whether replies are drafted before the turn has ended. polls: the baseline
    without standing orders, on the virtual clock: a model is asked once a second whether there is anything to say.
    """

    settings: Settings = field(default_factory=Settings)
    realtime: bool = False
    restart: bool = False
    drafts: bool = True
    polls: bool = False
    sees: ClassVar[bool] = True

    @property
    def name(self) -> str:
        if self.polls:
            return "asked once a second"
        return "duetto, real time" if self.realtime else "duetto, virtual clock"

    def take(self, scenario: Scenario, cast: Cast) -> Take:
        clock = WallClock() if self.realtime else VirtualClock()
        mic, keys = _Tape(AudioInput(VOICE_RATE)), KeysInput()
        sights = _Sights(scenario)
        with ExitStack() as stack:
            speak = stack.enter_context(reading(cast.user))
            whos = {step.who for step in scenario.steps} - {"user"}
            others: dict[str, Callable[[str], Samples]] = {
                who: stack.enter_context(reading(cast.others[who])) for who in sorted(whos)
            }
            found = places(scenario, speak.read)
            user = SimulatedUser(
                [*script_for(scenario, cast), *sights.waits],
                speak,
                others=others,
                mic=mic,
                keys=keys,
                noise_db=scenario.noise,
            )
        ear = _Ear()
        poller = Poller(scenario, user, found, ear.words, Script()) if self.polls else None
        settings, workers = self._parts(scenario, ear)
        session = build_session(
            settings,
            clock,
            Inputs(mic.input, sights.camera, sights.screen, keys, poller or _Application(scenario)),
            feeders=[user, *sights.feeders, *([poller] if poller else [])],
            observers=[user, ear, _Limit(lambda: session.stop())],
            workers=workers,
        )
        session.run()
        sound = np.concatenate([np.zeros(0, np.int16), *mic.sound])
        agent = ear.sound(len(sound))
        return Take(
            sound,
            agent,
            tuple(user.spoken),
            tuple(ear.words),
            tuple(ear.ducked),
            ear.drafts,
            poller.use if poller else ear.model,
            tuple(user.typed),
            uttered(user.spoken, found),
            tuple(ear.shown),
            tuple(ear.ended),
        )

    def _parts(self, scenario: Scenario, ear: _Ear) -> tuple[Settings, Callable[[Settings, Event], list[Worker]]]:
        """Settings and workers for an item."""
        if not scenario.model:
            if not self.polls:
                return self.settings, start_workers if self.realtime else _workers

            def forgetful(settings: Settings, bell: Event) -> list[Worker]:
                there = [worker for worker in _workers(settings, bell) if worker.part != "brain"]
                return [*there, InlineWorker("brain", ForgetfulHandler())]

            return self.settings, forgetful
        settings = model_settings(self.settings, restart=self.restart, drafts=self.drafts)
        ear.chat = chat = ScriptedChat(script_of(scenario, restart=self.restart))
        tools = tools_of(scenario)
        if self.realtime:
            return settings, partial(start_workers, tools=tools, model=lambda _: chat)

        def workers(settings: Settings, bell: Event) -> list[Worker]:
            there = [worker for worker in _workers(settings, bell) if worker.part != "brain"]
            return [*there, *thinkers(settings, bell, tools=tools, model=lambda _: chat)]

        return settings, workers


class _Sights:
    """The inputs for an item's pictures, as a server's, what feeds them, and that the user waits until they end."""

    def __init__(self, scenario: Scenario) -> None:
        self.camera = VideoInput("camera") if scenario.camera else None
        self.screen = VideoInput("screen", max_rate=4.0, max_side=1280) if scenario.screen else None
        self.feeders: list[Feeder] = []
        lasts = 0.0
        if scenario.camera and self.camera:
            feeder, lasts = camera_feeder(scenario.camera, scenario.folder, self.camera)
            self.feeders.append(feeder)
        if scenario.screen and self.screen:
            feeder, length = screen_feeder(scenario.screen, self.screen)
            self.feeders.append(feeder)
            lasts = max(lasts, length)
        lasts = min(lasts, LONGEST - 2.0)
        self.waits = (Cue(At(s(lasts)), (), limit=s(2 * LONGEST)),) if lasts else ()


class _Application:
    """What the application around an item has to tell, at the beginning."""

    def __init__(self, scenario: Scenario) -> None:
        self._commands: tuple[Command, ...] = tuple(Give(order) for order in scenario.orders)
        if not scenario.answers:
            self._commands += (Manner(answers=False),)

    def take(self) -> tuple[Command, ...]:
        commands, self._commands = self._commands, ()
        return commands


class _Tape:
    """Keeps what goes into the microphone."""

    def __init__(self, mic: AudioInput) -> None:
        self.input = mic
        self.sound: list[Samples] = []

    def push(self, samples: Samples) -> None:
        self.sound.append(samples)
        self.input.push(samples)

    def close(self) -> None:
        self.input.close()


class _Ear:
    """Hears the session: its voice, the words that were heard, its drafts; when it ducked, and when it ended a turn."""

    def __init__(self) -> None:
        self._voice: list[Samples] = []
        self._start: int | None = None
        self.words: list[AgentWord] = []
        self.ducked: list[int] = []
        self.shown: list[AgentWord] = []
        self.ended: list[int] = []
        self._drafts: set[int] = set()
        self._kept: set[int] = set()
        self._asked: dict[int, int] = {}
        self._dropped: dict[int, int] = {}
        self.chat: ScriptedChat | None = None

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        if self._start is None:
            self._start = samples_before(micro_turn.span.end, VOICE_RATE)
        self._voice.append(np.frombuffer(micro_turn.voice, "<i2"))
        for output in micro_turn.outputs:
            for edit in output.edits:
                if isinstance(edit.payload, Heard):
                    self.words.append(AgentWord(edit.payload.text, edit.span, edit.payload.reply))
            for action in output.actions:
                match action:
                    case Duck():
                        self.ducked.append(output.at)
                    case Show():
                        at = Span(output.at, output.at)
                        self.shown += [AgentWord(word, at) for word in action.text.split()]
                    case EndTurn(text=text, counts=True) if text:
                        self.ended.append(output.at)
                    case AskBrain():
                        self._asked[action.reply] = output.at
                        if action.draft:
                            self._drafts.add(action.reply)
                    case DropReply() | TrimReply():
                        self._dropped[action.reply] = output.at
                    case KeepReply():
                        self._kept.add(action.reply)
                    case _:
                        pass

    def close(self) -> None:
        """Nothing to release."""

    @property
    def drafts(self) -> Drafts:
        return Drafts(len(self._drafts), len(self._drafts & self._kept))

    @property
    def model(self) -> ModelUse | None:
        """What the scripted model was asked, and what of its tokens came to nothing."""
        if self.chat is None:
            return None
        tokens = wasted = 0
        for request in self.chat.requests:
            given = _tokens_given(request, self._asked.get(request.reply, 0), self._dropped.get(request.reply))
            tokens += given
            if request.reply in self._drafts and request.reply not in self._kept:
                wasted += given
        return ModelUse(len(self.chat.requests), tokens, wasted)

    def sound(self, length: int) -> Samples:
        """All of its voice from media time 0 on, at least `length` samples."""
        whole = np.concatenate([np.zeros(self._start or 0, np.int16), *self._voice])
        return np.concatenate([whole, np.zeros(max(0, length - len(whole)), np.int16)])


def _tokens_given(request: Request, asked: int, dropped: int | None) -> int:
    """Tokens that the model has made by the time it was told to stop, or all of them."""
    played = request.performance
    if dropped is None:
        return len(played.tokens)
    return min(len(played.tokens), max(0, (dropped - asked - played.first) // max(1, played.gap) + 1))


_END: Final = s(LONGEST)


class _Limit:
    """Ends a session that would go on for ever."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        if micro_turn.span.end >= _END:
            self._stop()

    def close(self) -> None:
        """Nothing to release."""
