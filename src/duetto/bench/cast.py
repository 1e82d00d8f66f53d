"""Who speaks an item: voice, rate, pitch, level, length of pauses, and when within a micro-turn. Seeded.

Synthetic voices carry little of the melody by which people end a turn: they judge timing and words.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from duetto.bench.scenario import LONGEST, Scenario, Step, ns
from duetto.simulation.script import (
    At,
    Cue,
    Deed,
    Ended,
    Hears,
    Pauses,
    Quiet,
    Says,
    Speaking,
    Types,
    When,
)
from duetto.speech.voice import VoiceSettings

VOICES: Final = ("en-us+f1", "en-gb+m1", "en-us+m2", "en-gb+f2", "en-us+m6")
"""Voices of espeak-ng that users have."""
OTHERS: Final = {"other": "en-gb+f4", "background": "en-us+m5"}
"""Whose voices the others in the room have."""


@dataclass(frozen=True, slots=True)
class Cast:
    """user: the user's voice. gain: dB added to its level. pauses: factor on every pause. lag: ns after each cue."""

    user: VoiceSettings
    others: dict[str, VoiceSettings]
    gain: float
    pauses: float
    lag: int

    @property
    def label(self) -> str:
        return f"{self.user.name} {self.user.words_per_minute}/min {self.gain:+.0f} dB"


def cast_for(scenario: Scenario, place: int, seed: int) -> Cast:
    """The cast of an item: the same for the same seed. place: the item's place in its suite, so that voices take turns.

    Two items beside each other, one of each half, have the same voice.
    """
    dice = random.Random(f"{seed}:{scenario.id}")
    return Cast(
        user=VoiceSettings(
            name=VOICES[(place // 2 + seed) % len(VOICES)],
            words_per_minute=dice.randint(145, 185),
            pitch=dice.randint(38, 62),
        ),
        others={who: VoiceSettings(name=name) for who, name in OTHERS.items()},
        gain=dice.uniform(-8.0, 2.0),
        pauses=dice.uniform(0.85, 1.2),
        lag=dice.randrange(0, ns(0.08)),
    )


def script_for(scenario: Scenario, cast: Cast) -> Sequence[Cue]:
    """The scenario as what a simulated user plays, in this cast's manner."""
    cues: list[Cue] = []
    for step in scenario.steps:
        deeds: list[Deed] = []
        lag = ns(step.delay) + cast.lag
        if step.says:
            pause = round(ns(step.pause) * cast.pauses)
            sound = str(Path(scenario.folder) / step.sound) if step.sound else ""
            gain = step.level if sound else cast.gain + step.level
            deeds.append(Says(step.says, pause, lag, step.who, gain, sound))
        if step.types:
            deeds.append(Types(step.types))
        cues.append(Cue(_when(step), tuple(deeds), limit=ns(step.limit)))
    if scenario.lasts:  # the user waits to see what comes
        cues.append(Cue(At(ns(scenario.lasts)), (), limit=ns(2 * LONGEST)))
    return tuple(cues)


def _when(step: Step) -> When:
    if step.at is not None:
        return At(ns(step.at))
    if step.after is not None:
        return Ended(ns(step.after))
    if step.quiet is not None:
        return Quiet(ns(step.quiet))
    if step.speaking is not None:
        return Speaking(ns(step.speaking))
    if step.clause_end is not None:
        return Pauses(step.clause_end)
    assert step.hears is not None
    return Hears(step.hears)
