"""The voices that ship, by name. Each engine's module is imported when it is asked for, not before.

espeak-ng and Piper are GPL-3: duetto loads them in a worker process of their own.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

if TYPE_CHECKING:
    from duetto.speech.voice import Voice, VoiceSettings

ENGINES: Final = {
    "espeak": "duetto.speech.voices.espeak:make_voice",
    "kokoro": "duetto.speech.voices.kokoro:make_voice",
    "piper": "duetto.speech.voices.piper:make_voice",
}
"""Engine names and the factories behind them."""
GOES_ON: Final = frozenset({"espeak"})
"""Engines whose voices can say the beginning of a clause as one, with a melody that stays up; others end a sentence."""


def open_voice(settings: VoiceSettings) -> Voice:
    """The voice that `settings` name. ValueError: no such engine; ImportError: an extra is missing."""
    path = ENGINES.get(settings.engine, settings.engine)
    module, _, factory = path.partition(":")
    if not factory:
        known = ", ".join(ENGINES)
        raise ValueError(f'engine: one of {known}, or "package.module:factory" (got {settings.engine!r})')
    make = cast("Callable[[VoiceSettings], Voice]", getattr(importlib.import_module(module), factory))
    return make(settings)
