"""Whole conversations on the virtual clock: synthetic speech, scripted ears and voice, everything else real."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from duetto.assembly import Settings, build_session, session_info, thinkers, with_chat
from duetto.brain.brain import Brain, BrainHandler
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.embedded.embedded import EmbeddedBrain
from duetto.brain.tools import Tool
from duetto.perception.audio.input import AudioInput
from duetto.perception.audio.recogniser import RecogniserHandler
from duetto.perception.text.input import KeysInput
from duetto.perception.video.faces import VisionHandler
from duetto.perception.video.input import VideoInput
from duetto.recording.journal import Journal
from duetto.recording.reader import Recording
from duetto.recording.trace import trace
from duetto.session import CommandInput, Inputs
from duetto.simulation.script import Cue, Says
from duetto.simulation.user import SimulatedUser
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceHandler, VoiceSettings
from duetto.testing.model import ScriptedChat
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.clock import VirtualClock
from duetto.timeline.turn import VOICE_RATE, Samples
from duetto.workers.inline import InlineWorker
from duetto.workers.worker import Handler, Worker


class _Spoken:
    """Speech of the simulated user, made once per text, each by a fresh voice: so that it never depends on the rest."""

    def __init__(self) -> None:
        self._made: dict[str, Samples] = {}

    def __call__(self, text: str) -> Samples:
        if text not in self._made:
            with reading(VoiceSettings(name="en-gb+f2", words_per_minute=160)) as reader:
                self._made[text] = reader(text)
        return self._made[text]


@pytest.fixture(scope="session")
def spoken() -> _Spoken:
    return _Spoken()


@dataclass
class Stage:
    """Plays scripts. Parts may be replaced: a handler of one's own, or None for no such part."""

    spoken: _Spoken
    folder: Path
    settings: Settings = field(default_factory=Settings)
    brain: Brain = field(default_factory=EmbeddedBrain)
    replaced: dict[str, Worker] = field(default_factory=dict)
    bell: threading.Event = field(default_factory=threading.Event)
    model: ScriptedChat | None = None
    tools: Sequence[Tool] = ()
    commands: CommandInput | None = None

    def play(
        self, script: Sequence[Cue], *, hears: Sequence[str] | None = None, name: str = "conversation"
    ) -> Recording:
        """Hold the conversation and return its recording. hears: what the recogniser makes of each utterance."""
        says = [deed.text for cue in script for deed in cue.does if isinstance(deed, Says)]
        texts = says if hears is None else hears
        handlers: dict[str, Handler] = {
            "recogniser": RecogniserHandler(ScriptedRecogniser([text.replace("… ", "") for text in texts])),
            "vision": VisionHandler(),
            "brain": BrainHandler(self.brain),
            "voice": VoiceHandler(ScriptedVoice()),
        }

        def workers(settings: Settings, bell: threading.Event) -> list[Worker]:
            self.bell.clear()
            made: list[Worker] = [
                InlineWorker(part, handler)  # type: ignore[arg-type]
                for part, handler in handlers.items()
                if part not in self.replaced
            ]
            if self.model is not None:
                model = self.model
                made = [worker for worker in made if worker.part != "brain"]
                made += thinkers(settings, bell, tools=self.tools, model=lambda _: model)
            return [*made, *self.replaced.values()]

        clock = VirtualClock()
        mic, camera, keys = AudioInput(VOICE_RATE), VideoInput(), KeysInput()
        user = SimulatedUser(script, self.spoken, mic=mic, camera=camera, keys=keys)
        path = self.folder / f"{name}.mcap"
        settings = self.settings if self.model is None else with_chat(self.settings, ChatSettings("scripted"))
        journal = Journal(path, session_info(settings, clock))
        session = build_session(
            settings,
            clock,
            Inputs(mic, camera, None, keys, self.commands),
            feeders=[user],
            observers=[user, journal],
            workers=workers,
        )
        session.run()
        return Recording.open(path)

    def trace(self, script: Sequence[Cue], *, hears: Sequence[str] | None = None) -> str:
        """The trace of events of the conversation."""
        return trace(self.play(script, hears=hears))


@pytest.fixture
def stage(spoken: _Spoken, tmp_path: Path) -> Stage:
    return Stage(spoken, tmp_path)
