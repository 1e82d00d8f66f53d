"""The embedded voice: espeak-ng, loaded from the wheel `espeakng-loader`.

espeak-ng is GPL-3 and a C library with one state per process. In the product it is loaded by the voice's worker,
a process of its own; nothing in the main process may import this module. Tests and the bench's helper processes may.

API: espeak-ng's `speak_lib.h`. The library cannot make two clauses in turns, so each call makes one piece of text
whole (about 0.002 of real time) and what is taken from it later costs nothing.
"""

from __future__ import annotations

import ctypes
import re
import threading
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Final

import espeakng_loader
import numpy as np
import soxr

from duetto.speech.shaping import QUIET
from duetto.speech.voice import Chunk
from duetto.speech.words import Token, pieces, split_words, spread
from duetto.timeline.arrival import SpokenWord
from duetto.timeline.turn import Samples

if TYPE_CHECKING:
    from duetto.speech.voice import VoiceSettings

TEXT_LIMIT: Final = 10_000
"""Characters that one clause may have."""
_PIECE_LIMIT: Final = 300
"""Characters made in one call, about 20 s of sound."""
_PIECE_SECONDS: Final = 120
"""Seconds of sound after which a piece is cut off: no text of its length takes as long."""
_CHUNK: Final = 4096

_SYNCHRONOUS, _UTF8, _END_PAUSE, _CHARACTERS = 2, 1, 0x1000, 1
_RATE, _VOLUME, _PITCH = 1, 2, 3
_WORD = 1
_SEED: Final = 1
"""Of the noise in consonants, which the library seeds with the time of day: the same texts, said one after the other
by a fresh process, sound the same to the sample. (What was said before moves the phase of what is said next.)"""
_NEXT: Final = "today"
"""Stands for what comes after a beginning: a word with stress, so that it has an event of its own."""
_NAME: Final = re.compile(r"[A-Za-z0-9_/-]{1,40}(\+[A-Za-z0-9_ -]{1,40})?")
_BY_LANGUAGE: Final = {"en-gb": "en"}  # names of languages that the library does not take as names of voices


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


class _Library:
    """The one espeak-ng of this process."""

    def __init__(self) -> None:
        self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
        self._lib.espeak_Synth.argtypes = (
            *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
            *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
        )
        self._lib.espeak_ng_SetRandSeed.argtypes = (ctypes.c_long,)
        self.rate: int = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0x8000)
        if self.rate <= 0:
            raise RuntimeError("espeak-ng did not start: its data folder could not be read")
        self._lock = threading.Lock()
        self._sound: list[bytes] = []
        self._marks: list[tuple[int, int]] = []
        self._made = 0
        self._callback = _Callback(self._collect)
        self._lib.espeak_SetSynthCallback(self._callback)

    def check(self, voice: str) -> None:
        with self._lock:
            self._select(voice)

    def make(self, text: str, voice: str, rate: int, pitch: int, volume: int) -> tuple[Samples, list[tuple[int, int]]]:
        """The samples of a piece of text, and (character, sample) for each word event."""
        with self._lock:
            self._select(voice)
            for parameter, value in ((_RATE, rate), (_PITCH, pitch), (_VOLUME, volume)):
                self._lib.espeak_SetParameter(parameter, value, 0)
            self._sound, self._marks, self._made = [], [], 0
            data = text.encode()
            self._lib.espeak_ng_SetRandSeed(_SEED)
            status = self._lib.espeak_Synth(data, len(data) + 1, 0, _CHARACTERS, 0, _UTF8 | _END_PAUSE, None, None)
            if status != 0:
                raise RuntimeError(f"espeak-ng could not make sound (status {status})")
            return np.frombuffer(b"".join(self._sound), dtype=np.int16), self._marks

    def _select(self, voice: str) -> None:
        base, plus, variant = voice.partition("+")
        name = _BY_LANGUAGE.get(base, base) + plus + variant
        if not _NAME.fullmatch(voice) or self._lib.espeak_SetVoiceByName(name.encode()) != 0:
            raise ValueError(f"name: espeak-ng has no voice {voice!r}")

    def _collect(self, samples: int | None, count: int, events: ctypes._Pointer[_Event]) -> int:
        if samples and count > 0:
            self._sound.append(ctypes.string_at(samples, 2 * count))
            self._made += count
        for i in range(10_000):  # the list ends with an event of type 0
            event = events[i]
            if event.type == 0:
                break
            if event.type == _WORD:
                self._marks.append((event.text_position - 1, event.sample))
        return int(self._made > _PIECE_SECONDS * self.rate)


_library = cache(_Library)


class EspeakVoice:
    """One espeak-ng voice, such as "en-us", "en-gb", "en-us+f3". Raises ValueError for a name it does not know."""

    def __init__(self, name: str = "en-us", *, words_per_minute: int = 175, pitch: int = 50, volume: int = 100) -> None:
        self._library = _library()
        self._library.check(name)
        self._how = (name, words_per_minute, pitch, volume)

    @property
    def rate(self) -> int:
        return self._library.rate

    def say(self, text: str, *, goes_on: bool = False) -> Iterator[Chunk]:
        if len(text) > TEXT_LIMIT:
            raise ValueError(f"text: at most {TEXT_LIMIT} characters (got {len(text)})")
        clean = "".join(c if c.isprintable() else " " for c in text.replace("\ufffd", " "))
        return self._say(clean, goes_on)

    def close(self) -> None:
        """Nothing to do: the library stays loaded for the life of its process."""

    def _beginning(self, text: str) -> tuple[Samples, list[tuple[int, int]]]:
        """As `_Library.make`, spoken as what goes on: with a word after it, and cut where that begins."""
        samples, marks = self._library.make(f"{text} {_NEXT}", *self._how)
        cut = next((sample for at, sample in marks if at > len(text)), samples.size)
        return samples[:cut], [(at, sample) for at, sample in marks if at <= len(text)]

    def _say(self, text: str, goes_on: bool) -> Iterator[Chunk]:
        before = 0
        for tokens in pieces(split_words(text), _PIECE_LIMIT):
            first, last = tokens[0].start, tokens[-1].end
            if goes_on and not text[last:].strip():
                samples, marks = self._beginning(text[first:last])
            else:
                samples, marks = self._library.make(text[first:last], *self._how)
            words = _words(tokens, [(first + at, sample) for at, sample in marks], samples)
            for start in range(0, samples.size, _CHUNK):
                end = start + _CHUNK
                begun = (w for w in words if start <= w.start < end or (end >= samples.size <= w.start))
                moved = tuple(SpokenWord(w.text, before + w.start, before + w.end) for w in begun)
                yield Chunk(samples[start:end], moved)
            before += samples.size


def _words(tokens: tuple[Token, ...], marks: list[tuple[int, int]], samples: Samples) -> tuple[SpokenWord, ...]:
    """One spoken word per token. Tokens without an event of their own ("of the") share their predecessor's time."""
    groups: list[tuple[int, int]] = [(0, 0)]  # (index of the group's first token, its sample), in rising order
    for at, sample in marks:
        index = next((i for i, token in enumerate(tokens) if token.start <= at < token.end), None)
        if index is not None and index > groups[-1][0] and sample >= groups[-1][1]:
            groups.append((index, sample))
    spoken: list[SpokenWord] = []
    for number, (index, start) in enumerate(groups):
        last = number + 1 == len(groups)
        until, end = (len(tokens), samples.size) if last else groups[number + 1]
        loud = np.flatnonzero(np.abs(samples[start:end].astype(np.int32)) > QUIET)
        end = start + int(loud[-1]) + 1 if loud.size else end  # a pause belongs to no word
        spoken += spread([token.text for token in tokens[index:until]], start, end)
    return tuple(spoken)


def make_voice(settings: VoiceSettings) -> EspeakVoice:
    """The voice for a worker."""
    how = settings.words_per_minute, settings.pitch, settings.volume
    return EspeakVoice(settings.name, words_per_minute=how[0], pitch=how[1], volume=how[2])


def synthesise(
    text: str, voice: str = "en-us", rate: int = 24_000, *, words_per_minute: int = 175, pitch: int = 50
) -> tuple[Samples, tuple[SpokenWord, ...]]:
    """Speak a whole text in this process: for tests, the bench and the demo's simulated user.

    Returns int16 (n,) mono at `rate` Hz and one word per `split_words(text)`, in samples of that rate. Raises
    ValueError for an unknown voice, a text above TEXT_LIMIT, or a rate below 1.
    """
    if rate < 1:
        raise ValueError(f"rate: at least 1 Hz (got {rate})")
    made = EspeakVoice(voice, words_per_minute=words_per_minute, pitch=pitch)
    chunks = list(made.say(text))
    samples = np.concatenate([np.zeros(0, np.int16), *(chunk.samples for chunk in chunks)])
    words = (word for chunk in chunks for word in chunk.words)
    if rate == made.rate:
        return samples, tuple(words)
    scale = rate / made.rate
    moved = tuple(SpokenWord(w.text, round(w.start * scale), round(w.end * scale)) for w in words)
    return soxr.resample(samples, made.rate, rate).astype(np.int16), moved
