"""A voice: text in, samples and the times of words out, a little at a time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

import msgspec

from duetto.speech.shaping import Shaper
from duetto.speech.voices import open_voice
from duetto.speech.words import ends_sentence
from duetto.timeline.arrival import Arrival, Fault, Speech, SpokenWord
from duetto.timeline.clock import ms
from duetto.timeline.job import Hush, Job, More, Speak
from duetto.timeline.turn import VOICE_RATE, Samples, samples_before


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next piece of a clause's sound.

    samples: int16 (n,), mono at the voice's rate. words: those that begin in it, in the order of the text, one for
    each of `split_words(text)` and spelled as there, with positions in samples from the clause's start.
    """

    samples: Samples
    words: tuple[SpokenWord, ...] = ()


class Voice(Protocol):
    """What speaks. A plug-in: see `duetto.speech.voices` for those that ship, `duetto.testing.voice` for a double."""

    @property
    def rate(self) -> int:
        """Samples per second of its chunks."""
        ...

    def say(self, text: str, *, goes_on: bool = False) -> Iterator[Chunk]:
        """Speak one clause of plain text. Closing the iterator ends the work at any sample.

        goes_on: it is the beginning of a clause, more of which is said right after it; a voice that can keeps its
        melody up.
        Text without anything to say gives no samples. Raises ValueError for text beyond the voice's limit.
        """
        ...

    def close(self) -> None:
        """Give back what the voice holds."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """Which voice speaks, and how. Wrong values raise ValueError with the field's name and limits."""

    engine: str = "espeak"
    """"espeak", "kokoro", "piper", or "package.module:factory" of a plug-in (called with these settings)."""
    name: str = "en-us"
    """The engine's name of the voice: "en-us+f3" (espeak-ng), "af_heart" (Kokoro), "en_US-lessac-medium" (Piper)."""
    words_per_minute: int = 175
    """Rate of speech, 80 to 450 words per minute."""
    pitch: int = 50
    """Pitch, 0 to 99; 50 is the voice's own. espeak-ng only."""
    volume: int = 100
    """Loudness, 0 to 100 percent of the voice's own."""
    model: str = ""
    """Folder of the engine's model files, for engines that need some; "" for its own cache."""
    download: bool = False
    """Whether missing model files may be fetched from the engine's publisher."""
    download_limit_s: float = 300.0
    """Longest a download may take, in seconds."""
    clause_pause: int = ms(120)
    """Silence after a clause, in ns of media time, 0 to 2 s."""
    sentence_pause: int = ms(200)
    """Silence after a clause that ends a sentence, in ns of media time, 0 to 2 s."""
    open_clauses: int = 8
    """Clauses whose sound may be half made at once; the one opened first gives way."""

    def __post_init__(self) -> None:
        for name, low, high in (
            ("words_per_minute", 80, 450),
            ("pitch", 0, 99),
            ("volume", 0, 100),
            ("clause_pause", 0, ms(2000)),
            ("sentence_pause", 0, ms(2000)),
            ("open_clauses", 1, 64),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name}: from {low} to {high} (got {value})")
        if self.download_limit_s <= 0:
            raise ValueError(f"download_limit_s: more than 0 (got {self.download_limit_s})")

    def other(self, name: str, speed: float) -> VoiceSettings:
        """Another voice ("" for the same) at so many times this pace, within what a voice can do."""
        pace = min(450, max(80, round(self.words_per_minute * speed)))
        return replace(self, name=name or self.name, words_per_minute=pace)


MOST_OTHERS: Final = 2
"""Voices besides its own that a conversation holds: the one it has changed to, and the one before."""


@dataclass(slots=True)
class _Open:
    """A clause whose sound is half made."""

    chunks: Iterator[Chunk]
    shaper: Shaper = field(repr=False)
    voice: Voice = field(repr=False)

    def take(self, count: int) -> tuple[Samples, tuple[SpokenWord, ...], bool]:
        # One sample more than wanted is made ready, so that the end is known with the last samples, not after them.
        while not self.shaper.finished and self.shaper.ready <= count:
            chunk = next(self.chunks, None)
            if chunk is None:
                self.shaper.finish()
            else:
                self.shaper.push(chunk.samples, chunk.words)
        return self.shaper.take(count)

    def close(self) -> None:
        close = getattr(self.chunks, "close", None)
        if close is not None:
            close()


class VoiceHandler:
    """Runs in a worker: `Speak` and `More` bring exactly one `Speech` (or, when the voice fails, one `Fault`) each."""

    def __init__(
        self,
        voice: Voice,
        settings: VoiceSettings | None = None,
        opens: Callable[[VoiceSettings], Voice] | None = None,
    ) -> None:
        """opens: makes another voice, where a job asks for one. Raises ValueError for one that there is not."""
        self._voice = voice
        self._settings = settings or VoiceSettings()
        self._opens = opens
        self._others: OrderedDict[tuple[str, float], Voice] = OrderedDict()  # the one opened last comes last
        self._open: OrderedDict[int, _Open] = OrderedDict()

    def handle(self, job: Job) -> Iterator[Arrival]:
        """Do one job. Raises TypeError for a job that is not a voice's."""
        if isinstance(job, Hush):
            self._close(job.clause)
            return
        if not isinstance(job, Speak | More):
            raise TypeError(f"job: a voice does Speak, More and Hush (got {type(job).__name__})")
        try:
            if isinstance(job, Speak):
                self._begin(job)
            clause = self._open.get(job.clause)
            if clause is None:
                raise LookupError(f"clause {job.clause} is not open; at most {self._settings.open_clauses} are")
            samples, words, end = clause.take(job.samples)
        except Exception as error:  # a voice is a plug-in: whatever it raises ends this clause and no other
            self._close(job.clause)
            yield Fault("voice", f"the voice could not say it: {error}", clause=job.clause)
            return
        if end:
            self._close(job.clause)
        yield Speech(job.clause, samples.astype("<i2").tobytes(), words, end)

    def close(self) -> None:
        while self._open:
            self._close(next(iter(self._open)))
        for voice in self._others.values():
            voice.close()
        self._others.clear()
        self._voice.close()

    def _begin(self, job: Speak) -> None:
        self._close(job.clause)
        if len(self._open) >= self._settings.open_clauses:
            self._close(next(iter(self._open)))
        settings = self._settings
        pause = settings.sentence_pause if ends_sentence(job.text) else settings.clause_pause
        pause = 0 if job.goes_on else pause
        voice = self._of(job)
        shaper = Shaper(voice.rate, samples_before(pause, VOICE_RATE))
        self._open[job.clause] = _Open(voice.say(job.text, goes_on=job.goes_on), shaper, voice)

    def _of(self, job: Speak) -> Voice:
        """The voice that is asked for; this one where there is no such."""
        asked = (job.voice, job.speed)
        if asked == ("", 1.0) or self._opens is None:
            return self._voice
        if asked not in self._others:
            try:
                made = self._opens(self._settings.other(*asked))
            except ValueError:
                return self._voice
            if len(self._others) >= MOST_OTHERS:
                self._drop(self._others.popitem(last=False)[1])
            self._others[asked] = made
        return self._others[asked]

    def _drop(self, voice: Voice) -> None:
        for clause in [clause for clause, found in self._open.items() if found.voice is voice]:
            self._close(clause)
        voice.close()

    def _close(self, clause: int) -> None:
        found = self._open.pop(clause, None)
        if found is not None:
            found.close()


def make_handler(settings_json: str) -> VoiceHandler:
    """The handler for a worker, from `VoiceSettings` as JSON ("" for the defaults).

    Raises msgspec.ValidationError for wrong settings, ImportError where an extra is missing.
    """
    settings = msgspec.json.decode(settings_json, type=VoiceSettings) if settings_json else VoiceSettings()
    return VoiceHandler(open_voice(settings), settings, open_voice)
