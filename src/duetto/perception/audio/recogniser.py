"""The seam between a session and whatever turns speech into words."""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import msgspec
import numpy as np

from duetto.perception.audio.agreement import Agreement, AnyWords
from duetto.timeline.arrival import Arrival, Fault, Hypothesis, Spotted, TimedWord
from duetto.timeline.job import Job, Listen, Spot
from duetto.timeline.language import Language
from duetto.timeline.phrase import words_of
from duetto.timeline.turn import MIC_RATE, Samples, samples_at

ENGINES: Final = {
    "pocketsphinx": "duetto.perception.audio.recognisers.pocketsphinx:make_recogniser",
    "sherpa": "duetto.perception.audio.recognisers.sherpa:make_recogniser",
    "whisper": "duetto.perception.audio.recognisers.whisper:make_recogniser",
}
"""Engine names and the factories behind them."""


class Recogniser(Protocol):
    """Streaming recognition of one utterance after another, plain and synchronous."""

    def start(self, at: int) -> None:
        """A new utterance begins; its first sample is at media time `at` (ns). Ends an unfinished one."""
        ...

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        """The next sound, int16 (n,) at MIC_RATE. Returns all words of the utterance so far, None if unchanged.

        quiet: nobody speaks at its end. The utterance may be over, so the words should be as good as at its end.
        """
        ...

    def finish(self) -> Sequence[TimedWord]:
        """The utterance is over: its final words."""
        ...

    def close(self) -> None: ...


class HearsAny(Protocol):
    """A recogniser that can search any words beside what it listens for."""

    watched: tuple[str, ...]
    """Phrases to be heard among them; () for none, and it does not search."""

    @property
    def any_words(self) -> AnyWords | None:
        """As of the latest sound; None where that cannot be said."""
        ...


@dataclass(frozen=True, slots=True)
class RecogniserSettings:
    """Which recogniser listens, and for what."""

    engine: str = "pocketsphinx"
    """"pocketsphinx" (embedded), "sherpa", "whisper", or "package.module:factory" of a plug-in."""
    language: Language | None = None
    """What is likely to be said, for engines that can be told; None for the brain's own language."""
    open_vocabulary: bool = False
    """Recognise any words instead of the language's only. Embedded: most words come out wrong."""
    model: str = ""
    """Folder of the engine's model files, or the name of a model it knows; "" for its own default."""
    download: bool = False
    """Whether missing model files may be fetched from the engine's publisher."""
    download_limit_s: float = 600.0
    """Longest a download may take, in seconds."""


def open_recogniser(settings: RecogniserSettings) -> Recogniser:
    """The recogniser that `settings` name. Raises ValueError for an unknown engine, ImportError for a missing extra."""
    path = ENGINES.get(settings.engine, settings.engine)
    module, _, factory = path.partition(":")
    if not factory:
        known = ", ".join(ENGINES)
        raise ValueError(f'engine: one of {known}, or "package.module:factory" (got {settings.engine!r})')
    make = cast("Callable[[RecogniserSettings], Recogniser]", getattr(importlib.import_module(module), factory))
    return make(settings)


@dataclass(frozen=True, slots=True)
class Example:
    """How the user said a phrase.

    fit: how well it fits a spotter's model, above the least that counts of any voice; log likelihood (base e) a frame,
    of its phones on the mean and of the worst. said: phones of each of its words (ARPAbet), where they fit better than
    a dictionary's; else ().
    """

    fit: float
    said: tuple[str, ...] = ()


class Spotter(Protocol):
    """Hears phrases in sound, whatever else is said. silent: those that it cannot listen for.

    examples: what it has learnt of phrases, for whoever listens for them next.
    """

    silent: tuple[str, ...]
    examples: dict[str, Example]

    def learn(self, phrase: str, samples: Samples, start: int, end: int) -> None:
        """The user said it from `start` to `end` (ns from the first sample) in this sound, int16 (n,) at MIC_RATE."""
        ...

    def feed(self, utterance: int, start: int, samples: Samples) -> Sequence[Spotted]:
        """The next sound, int16 (n,) at MIC_RATE, from media time `start` (ns): the phrases that end in it."""
        ...


MakeSpotter = Callable[[Sequence[str], Mapping[str, Example]], Spotter]
"""From phrases, and from what was learnt of them."""
LEARNT_FROM: Final = 12 * MIC_RATE
"""Samples of an utterance, its latest, in which an order's phrases are looked for as the user said them."""


def spotting(settings: RecogniserSettings) -> MakeSpotter | None:
    """What listens for the phrases of orders beside a recogniser that does not know all words. None: it needs nobody.

    An open vocabulary does: most words of it come out wrong.
    """
    if settings.engine != "pocketsphinx":
        return None
    from duetto.perception.audio.recognisers.spotting import PhraseSpotter

    return PhraseSpotter


class RecogniserHandler:
    """Runs in a worker: each `Listen` brings exactly one `Hypothesis`, after the phrases that were spotted in it.

    spotting: makes what listens for phrases; without it they are found among the recogniser's words. If it fails, the
    recogniser goes on. What it spots is told when a search of any words agrees (`agreement`), if the recogniser has it.
    """

    def __init__(self, recogniser: Recogniser, spotting: MakeSpotter | None = None) -> None:
        self._recogniser = recogniser
        self._hears_any = cast("HearsAny", recogniser) if hasattr(recogniser, "any_words") else None
        self._make_spotter = spotting
        self._spotter: Spotter | None = None
        self._agreement = Agreement(())
        self._utterance: int | None = None
        self._words: tuple[TimedWord, ...] = ()
        self._sound: deque[tuple[int, Samples]] = deque()  # of the latest utterance, with media times
        self._kept = 0  # samples of it

    def handle(self, job: Job) -> Iterator[Arrival]:
        """Raises TypeError for a job of another part."""
        if isinstance(job, Spot):
            yield from self._look_out(job.phrases)
            return
        if not isinstance(job, Listen):
            raise TypeError(f"job: a recogniser does Listen (got {type(job).__name__})")
        if job.utterance != self._utterance:
            self._recogniser.start(job.start)  # one of many may have to wait here, with nothing changed (`NotNow`)
            self._utterance, self._words = job.utterance, ()
            self._sound.clear()
            self._kept = 0
        samples = job.sound
        if self._make_spotter is not None and len(samples):
            self._keep(job.start, samples)
        spotted = self._spot(job, samples)
        try:
            heard = self._recogniser.feed(samples, job.quiet) if len(samples) else None
            if job.last:
                heard = self._recogniser.finish()
        except Exception:
            self._utterance = None
            raise
        yield from self._told(job.utterance, spotted)
        if heard is not None:
            self._words = tuple(heard)
        if job.last:
            self._utterance = None
        yield Hypothesis(job.utterance, self._words, job.start + samples_at(len(samples), MIC_RATE), job.last)

    def close(self) -> None:
        self._recogniser.close()

    def _told(self, utterance: int, spotted: Iterable[Arrival]) -> Iterator[Arrival]:
        """What was spotted and is told now, and what else there is to tell of it."""
        phrases = [one for one in spotted if isinstance(one, Spotted)]
        yield from (one for one in spotted if not isinstance(one, Spotted))
        if self._spotter is not None:
            heard = None if self._hears_any is None else self._hears_any.any_words
            yield from self._agreement.take(utterance, phrases, heard)

    def _look_out(self, phrases: tuple[str, ...]) -> Iterable[Arrival]:
        learnt = {} if self._spotter is None else self._spotter.examples
        self._spotter = None
        self._agreement = Agreement(phrases)
        if self._hears_any is not None:
            self._hears_any.watched = phrases
        if self._make_spotter is None or not phrases:
            return ()
        try:
            self._spotter = self._make_spotter(phrases, {p: one for p, one in learnt.items() if p in phrases})
            self._learn(phrase for phrase in phrases if phrase not in learnt)
        except Exception as error:
            return (Fault("spotting", f"the phrases of orders are not listened for: {type(error).__name__}: {error}"),)
        silent = self._spotter.silent
        named = ", ".join(f'"{phrase}"' for phrase in silent)
        return (Fault("spotting", f"cannot listen for {named}: nobody can tell how it sounds"),) if silent else ()

    def _keep(self, start: int, samples: Samples) -> None:
        """For examples of phrases: an order is known only when its utterance is over."""
        self._sound.append((start, samples))
        self._kept += len(samples)
        while self._kept > LEARNT_FROM:
            self._kept -= len(self._sound.popleft()[1])

    def _learn(self, phrases: Iterable[str]) -> None:
        """How the user has said those that are among the latest words."""
        assert self._spotter is not None
        said = [word.text.lower() for word in self._words]
        for phrase in phrases:
            wanted = list(words_of(phrase))
            at = next((at for at in range(len(said)) if wanted and said[at : at + len(wanted)] == wanted), None)
            if at is None or not self._sound or self._words[at].start < (begins := self._sound[0][0]):
                continue
            sound = np.concatenate([samples for _, samples in self._sound])
            first, last = self._words[at], self._words[at + len(wanted) - 1]
            self._spotter.learn(phrase, sound, first.start - begins, last.end - begins)

    def _spot(self, job: Listen, samples: Samples) -> Iterable[Arrival]:
        if self._spotter is None or not len(samples):
            return ()
        try:
            return tuple(self._spotter.feed(job.utterance, job.start, samples))
        except Exception as error:
            self._spotter = None
            return (Fault("spotting", f"phrases are not listened for any more: {type(error).__name__}: {error}"),)


def make_handler(settings_json: str) -> RecogniserHandler:
    """The handler for a worker, from `RecogniserSettings` as JSON ("" for the defaults)."""
    settings = msgspec.json.decode(settings_json, type=RecogniserSettings) if settings_json else RecogniserSettings()
    return RecogniserHandler(open_recogniser(settings), spotting(settings))
