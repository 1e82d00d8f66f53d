"""The seam between a session and whatever turns speech into words."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, cast

import msgspec

from duetto.timeline.arrival import Arrival, Hypothesis, TimedWord
from duetto.timeline.job import Job, Listen, Spot
from duetto.timeline.language import Language
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


class RecogniserHandler:
    """Runs in a worker: each `Listen` brings exactly one `Hypothesis`."""

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser
        self._utterance: int | None = None
        self._words: tuple[TimedWord, ...] = ()

    def handle(self, job: Job) -> Iterator[Arrival]:
        """Raises TypeError for a job of another part."""
        if isinstance(job, Spot):
            return  # phrases of orders are found among its words
        if not isinstance(job, Listen):
            raise TypeError(f"job: a recogniser does Listen (got {type(job).__name__})")
        if job.utterance != self._utterance:
            self._recogniser.start(job.start)  # one of many may have to wait here, with nothing changed (`NotNow`)
            self._utterance, self._words = job.utterance, ()
        try:
            samples = job.sound
            heard = self._recogniser.feed(samples, job.quiet) if len(samples) else None
            if job.last:
                heard = self._recogniser.finish()
        except Exception:
            self._utterance = None
            raise
        if heard is not None:
            self._words = tuple(heard)
        if job.last:
            self._utterance = None
        yield Hypothesis(job.utterance, self._words, job.start + samples_at(len(samples), MIC_RATE), job.last)

    def close(self) -> None:
        self._recogniser.close()


def make_handler(settings_json: str) -> RecogniserHandler:
    """The handler for a worker, from `RecogniserSettings` as JSON ("" for the defaults)."""
    settings = msgspec.json.decode(settings_json, type=RecogniserSettings) if settings_json else RecogniserSettings()
    return RecogniserHandler(open_recogniser(settings))
