"""Engines on the virtual clock, with scripted ears, voice and brain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from engine_rig import Guest

from duetto.assembly import Settings
from duetto.brain.brain import Brain, BrainHandler
from duetto.brain.embedded.embedded import EmbeddedBrain
from duetto.engine import Engine, EngineSettings, Opening
from duetto.perception.audio.recogniser import RecogniserHandler
from duetto.perception.video.faces import VisionHandler
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceHandler, VoiceSettings
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.staff import InlineStaff
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.clock import VirtualClock, ms, s
from duetto.timeline.job import Part
from duetto.timeline.turn import VOICE_RATE, Samples
from duetto.workers.worker import Handler


@dataclass
class Hall:
    """An engine, and time that passes when a test says so."""

    hears: list[str]
    brain: Callable[[], Brain] = EmbeddedBrain
    settings: Settings = field(default_factory=Settings)
    limits: EngineSettings = field(default_factory=lambda: EngineSettings(most=8, headroom=1.0))

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.staff = InlineStaff(self._handlers)
        self.engine = Engine(self.settings, self.staff, clock=self.clock, engine=self.limits)

    def _handlers(self, settings: Settings) -> Sequence[tuple[Part, Handler]]:
        return [
            ("recogniser", RecogniserHandler(ScriptedRecogniser(self.hears))),
            ("brain", BrainHandler(self.brain())),
            ("voice", VoiceHandler(ScriptedVoice())),
            ("vision", VisionHandler()),
        ]

    def guest(self, opening: Opening | None = None) -> Guest:
        return Guest(self.engine.open(opening or Opening()))

    def run(self, seconds: float) -> None:
        until = self.clock.now() + s(seconds)
        while self.clock.now() < until:
            self.engine.settle(self.engine.tick())

    def say(self, guest: Guest, sound: Samples, *, then: float = 0.0) -> None:
        """Speak at the pace of time, in blocks of 20 ms, then be silent for so many seconds."""
        block = VOICE_RATE // 50
        silence = np.zeros(round(then * VOICE_RATE), np.int16)
        both = np.concatenate([sound, silence])
        for first in range(0, len(both), block):
            guest.seat.hear(both[first : first + block], VOICE_RATE)
            until = self.clock.now() + ms(20)
            while self.clock.now() < until:
                self.engine.settle(self.engine.tick())


@pytest.fixture(scope="session")
def spoken() -> Callable[[str], Samples]:
    made: dict[str, Samples] = {}

    def speak(text: str) -> Samples:
        if text not in made:
            with reading(VoiceSettings(name="en-gb+f2", words_per_minute=160)) as reader:
                made[text] = reader(text)
        return made[text]

    return speak


@pytest.fixture
def hall() -> Iterator[Callable[..., Hall]]:
    halls: list[Hall] = []

    def make(*hears: str, **named: object) -> Hall:
        halls.append(Hall(list(hears), **named))  # type: ignore[arg-type]
        return halls[-1]

    yield make
    for each in halls:
        each.engine.close()
