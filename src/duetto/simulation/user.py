"""The simulated user itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from duetto.models.model import MicroTurn
from duetto.simulation.script import (
    After,
    At,
    Cue,
    Deed,
    Ended,
    Hears,
    Pauses,
    Quiet,
    Says,
    Speaking,
    Spoken,
    Types,
    Walks,
    Waves,
)
from duetto.simulation.sound import AUDIBLE, Sound, stretches
from duetto.simulation.stage import Picture, Stage
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import NS_PER_S, ms, s
from duetto.timeline.payload import Heard
from duetto.timeline.turn import VOICE_RATE, Key, Samples, samples_at, samples_before

CLAUSE_GAP = ms(120)
"""Silence (ns) in duetto's voice that a listener takes for the end of a clause; words have shorter gaps."""


class SoundIn(Protocol):
    """Where the user's voice goes: samples (n,) int16 at VOICE_RATE."""

    def push(self, samples: Samples) -> object: ...
    def close(self) -> None: ...


class PicturesIn(Protocol):
    """Where the camera's pictures go."""

    def push(self, at: int, picture: Picture) -> object: ...
    def close(self) -> None: ...


class KeysIn(Protocol):
    """Where the typing goes."""

    def push(self, key: Key) -> object: ...
    def close(self) -> None: ...


class SimulatedUser:
    """Plays a script into a session's inputs and reacts to what it hears.

    speak: text to its sound (int16 at VOICE_RATE). others: the same for further people, by the name that `Says.who`
    gives them. noise_db: level of the room's noise in dB of full scale. frame_rate: pictures per second.
    The session must have it both as feeder and as observer; for anything else that speaks there is `hear`.
    """

    def __init__(
        self,
        script: Sequence[Cue],
        speak: Callable[[str], Samples],
        *,
        others: Mapping[str, Callable[[str], Samples]] | None = None,
        mic: SoundIn,
        camera: PicturesIn | None = None,
        keys: KeysIn | None = None,
        noise_db: float = -66.0,
        frame_rate: float = 10.0,
        seed: int = 1,
    ) -> None:
        self._script = list(script)
        self._mic, self._camera, self._keys = mic, camera, keys
        self.stage = Stage()
        voices = {**(others or {}), "user": speak}
        self._sounds = {
            deed: Sound.of(deed, voices[deed.who]) for cue in script for deed in cue.does if isinstance(deed, Says)
        }
        self._noise = np.random.default_rng(seed)
        self._noise_level = 32767 * 10 ** (noise_db / 20)
        self._frame_period = round(NS_PER_S / frame_rate)
        self._pushed = 0  # samples of sound
        self._next_frame = 0
        self._speech: list[tuple[int, Samples]] = []  # first sample number, sound
        self._typing: list[Key] = []
        self._line = ""
        self._began = 0  # of the last cue
        self._done_at = 0  # end of its deeds
        self._cues = 0  # begun
        self._voice_until = 0  # duetto's
        self._speaking_since: int | None = None
        self._pauses = 0
        self._paused = True
        self._heard: list[str] = []
        self._closed = False
        self.spoken: list[Spoken] = []
        """What was said so far, or is being said."""
        self.typed: list[Spoken] = []
        """Lines that were typed and sent, or are being typed: each one piece, from the first key to the sending."""

    # --- Feeder -----------------------------------------------------------------------------------------------

    def feed(self, until: int) -> None:
        if self._closed:
            return
        begins = samples_at(self._pushed, VOICE_RATE)
        while self._script and self._due(self._script[0], begins):
            cue = self._script.pop(0)
            self._began, self._heard = begins, []
            self._speaking_since, self._pauses, self._paused = None, 0, True
            self._cues += 1
            for deed in cue.does:
                self._do(deed, begins)
        self._push_sound(until)
        self._push_pictures(until)
        while self._typing and self._keys is not None and self._typing[0].at < until:
            self._keys.push(self._typing.pop(0))
        if self.finished:
            self._closed = True
            for stream in (self._mic, self._camera, self._keys):
                if stream is not None:
                    stream.close()

    @property
    def finished(self) -> bool:
        """The script is done, and a little time has passed. The session itself waits for what is still being said."""
        now = samples_at(self._pushed, VOICE_RATE)
        return not self._script and not self._typing and now >= self._done_at + s(1.5)

    def notices(self) -> tuple[Fault, ...]:
        return ()

    # --- Observer ---------------------------------------------------------------------------------------------

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        """Hear what duetto said."""
        words = [
            edit.payload.text
            for output in micro_turn.outputs
            for edit in output.edits
            if isinstance(edit.payload, Heard)
        ]
        self.hear(micro_turn.span.end, np.frombuffer(micro_turn.voice, "<i2"), words)

    def hear(self, start: int, voice: Samples, words: Sequence[str] = ()) -> None:
        """Hear duetto's next sound: int16 (n,) at VOICE_RATE from media time `start` (ns) on.

        words: those that have wholly sounded by `start`.
        """
        loud = np.flatnonzero(np.abs(voice.astype(np.int32)) > AUDIBLE)
        for first, last in stretches(loud, samples_before(CLAUSE_GAP, VOICE_RATE)):
            begins = start + samples_at(first, VOICE_RATE)
            if begins - self._voice_until >= CLAUSE_GAP and self._speaking_since is not None and not self._paused:
                self._pauses += 1
            if self._speaking_since is None:
                self._speaking_since = begins
            self._paused = False
            self._voice_until = start + samples_at(last + 1, VOICE_RATE)
        silent_for = start + samples_at(len(voice), VOICE_RATE) - self._voice_until
        if not self._paused and silent_for >= CLAUSE_GAP:
            self._pauses += 1
            self._paused = True
        self._heard += [word.strip(".,!?;:").lower() for word in words]

    def close(self) -> None:
        """Nothing to release."""

    # --- inside -----------------------------------------------------------------------------------------------

    def _due(self, cue: Cue, now: int) -> bool:
        match cue.when:
            case At(time):
                met = now >= time
            case After(time):
                met = now >= self._began + time
            case Quiet(time):
                met = now >= max(self._done_at, self._voice_until) + time
            case Ended(time):
                met = now >= self._done_at + time
            case Speaking(time):
                since = self._speaking_since
                met = since is not None and now >= since + time and now < self._voice_until + CLAUSE_GAP
            case Pauses(times):
                met = self._pauses >= times
            case Hears(word, times):
                met = self._heard.count(word) >= times
        return met or now >= max(self._done_at, self._began) + cue.limit

    def _do(self, deed: Deed, now: int) -> None:
        end = now
        match deed:
            case Says(text):
                sound = self._sounds[deed]
                first = self._pushed + samples_before(deed.delay, VOICE_RATE)
                self._speech.append((first, sound.samples))
                pieces = tuple(
                    (samples_at(first + begin, VOICE_RATE), samples_at(first + stop, VOICE_RATE))
                    for begin, stop in sound.pieces
                )
                spoken = Spoken(text, pieces, deed.who, self._cues - 1)
                self.spoken.append(spoken)
                end = spoken.end
            case Types(text, rate, send):
                period = NS_PER_S / rate
                begins = now if not self._typing else max(now, self._typing[-1].at + round(period))  # one by one
                keys = [Key(begins + round(n * period), "insert", c, n) for n, c in enumerate(text)]
                if send:
                    keys.append(Key(begins + round((len(text) + 2) * period), "send"))
                self._typing.extend(keys)
                end = self._typing[-1].at
                if send:
                    self.typed.append(Spoken(text, ((round(begins), end),), "user", self._cues - 1))
            case Walks(to, seconds):
                self.stage.walk(now, seconds, to)
            case Waves(seconds):
                self.stage.wave(now, seconds)
        self._done_at = max(self._done_at, end)

    def _push_sound(self, until: int) -> None:
        first, last = self._pushed, samples_before(until, VOICE_RATE)
        if last <= first:
            return
        mixed = self._noise.normal(0.0, self._noise_level, last - first)
        for start, sound in self._speech:
            low, high = max(first, start), min(last, start + len(sound))
            if low < high:
                mixed[low - first : high - first] += sound[low - start : high - start]
        self._speech = [(start, sound) for start, sound in self._speech if start + len(sound) > last]
        self._mic.push(np.clip(mixed, -32768, 32767).astype(np.int16))
        self._pushed = last

    def _push_pictures(self, until: int) -> None:
        while self._camera is not None and self._next_frame < until:
            self._camera.push(self._next_frame, self.stage.picture(self._next_frame))
            self._next_frame += self._frame_period
