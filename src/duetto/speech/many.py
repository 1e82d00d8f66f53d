"""The voices of many conversations in one worker process: each has its own, and what is the same is loaded once.

Clauses of different voices may be half made at the same time. espeak-ng, one library with one state for its process,
makes a piece of text whole in one call, with voice, rate, pitch and loudness set anew before it; what is half made
is only taken from. So nothing of one conversation's voice gets into another's but the phase of its periods and the
flutter of its pitch, which depend on what the library said before, as they do within one conversation.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import msgspec

from duetto.speech.voice import Chunk, Voice, VoiceHandler, VoiceSettings
from duetto.speech.voices import open_voice
from duetto.workers.many import ManyHandler

IDLE_VOICES: Final = 4
"""Voices that stay loaded though nobody speaks with them."""


class Lent:
    """A voice that others speak with too. close() gives it back."""

    def __init__(self, voice: Voice, back: Callable[[], None]) -> None:
        self._voice = voice
        self._back: Callable[[], None] | None = back

    @property
    def rate(self) -> int:
        return self._voice.rate

    def say(self, text: str, *, goes_on: bool = False) -> Iterator[Chunk]:
        return self._voice.say(text, goes_on=goes_on)

    def close(self) -> None:
        back, self._back = self._back, None
        if back is not None:
            back()


class Voices:
    """Lends voices by their settings, each opened once. Of those that nobody has, `IDLE_VOICES` stay open."""

    def __init__(self, opens: Callable[[VoiceSettings], Voice] = open_voice) -> None:
        self._opens = opens
        self._lock = threading.Lock()
        self._open: OrderedDict[VoiceSettings, Voice] = OrderedDict()  # the one lent last comes last
        self._users: dict[VoiceSettings, int] = {}

    def lend(self, settings: VoiceSettings) -> Lent:
        """Raises what opening the voice raises."""
        usual = VoiceSettings()  # these fields are the handler's, not the voice's
        key = replace(
            settings,
            clause_pause=usual.clause_pause,
            sentence_pause=usual.sentence_pause,
            open_clauses=usual.open_clauses,
        )
        with self._lock:
            voice = self._open.get(key)
            if voice is None:
                voice = self._open[key] = self._opens(settings)
            self._open.move_to_end(key)
            self._users[key] = self._users.get(key, 0) + 1
        return Lent(voice, lambda: self._back(key))

    def close(self) -> None:
        """Close all, lent or not."""
        with self._lock:
            while self._open:
                self._open.popitem()[1].close()

    def _back(self, key: VoiceSettings) -> None:
        with self._lock:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key]
            idle = [key for key in self._open if key not in self._users]
            for key in idle[: max(0, len(idle) - IDLE_VOICES)]:
                self._open.pop(key).close()


def make_many(settings_json: str) -> ManyHandler:
    """For a worker that many conversations share. settings_json: `VoiceSettings` of those that bring none of their own.

    A conversation that names a voice that there is not gets the usual one: stock clients name those of their vendors.
    Raises what `speech.voice.make_handler` does.
    """
    usual = _settings(settings_json, VoiceSettings())
    voices = Voices()
    voices.lend(usual)  # it can speak, or says why not, before the first conversation; and it stays

    def lend(settings: VoiceSettings) -> Lent:
        try:
            return voices.lend(settings)
        except ValueError:
            if settings.name == usual.name:
                raise
            return voices.lend(replace(settings, name=usual.name))

    def make(text: str) -> VoiceHandler:
        settings = _settings(text, usual)
        return VoiceHandler(lend(settings), settings, lend)

    return ManyHandler(make, end=voices.close)


def _settings(text: str, usual: VoiceSettings) -> VoiceSettings:
    return msgspec.json.decode(text, type=VoiceSettings) if text else usual
