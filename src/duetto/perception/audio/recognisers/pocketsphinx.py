"""The embedded recogniser: pocketsphinx with the American English model in its wheel (BSD), nothing to download.

Two ways to listen. With a brain's `Language` it searches a grammar of the phrases: most words come out right at about
an eighth of a core. With an open vocabulary it searches the bundled trigram model: any words, half a core while
someone speaks, and a third of the words wrong.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.perception.audio.recognisers import grammar
from duetto.perception.audio.recognisers.pronunciation import base, pronunciations
from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import ms
from duetto.timeline.language import Language
from duetto.timeline.turn import MIC_RATE, Samples

FRAME: Final = ms(10)
"""Length (ns) of pocketsphinx's frames."""
SEARCH: Final[dict[str, Any]] = {"beam": 1e-60, "wbeam": 1e-36, "pbeam": 1e-60, "pip": 1.0, "wip": 0.01}
"""Search of the grammar, chosen on 132 requests of three synthetic voices: beams between the default, which lost a
fifth of them, and 1e-80, which cost three times as much; a price on words, for numbers grew words at their end."""
LOOSE: Final = 1e-6
"""Weight of a word in an open slot against one of a phrase: as likely, it would swallow phrases."""
UNKNOWN: Final = 1e-7
"""Weight of a single sound where words of the language fit badly: what is not in the language comes out as none."""
CUT_SHORT: Final = 1e-8
"""Weight of ending inside a phrase: the words so far are kept, unless a whole phrase fits about as well."""
FLOOR_DB: Final = -34.0
"""Level of the noise under the sound, against the loudest speech so far. The model was trained on recordings that
have noise; on clean synthetic speech it makes three times the errors without."""
_PHONES: Final = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)
_BLOCK: Final = MIC_RATE // 50


class NoiseFloor:
    """Adds a faint, always equal noise (1/√f in amplitude) that follows the loudest 20 ms so far."""

    def __init__(self) -> None:
        white = np.random.default_rng(20261122).standard_normal(4 * MIC_RATE)
        spectrum = np.fft.rfft(white)
        slope = np.maximum(np.arange(len(spectrum)), len(spectrum) / 80)
        noise = np.fft.irfft(spectrum / np.sqrt(slope))
        self._noise: NDArray[np.float32] = (noise / noise.std()).astype(np.float32)
        self.restart()

    def restart(self) -> None:
        """A new utterance: nothing of the one before is left."""
        self._at = 0
        self._loudest = 0.0

    def under(self, samples: Samples) -> Samples:
        """The samples with the noise below them: int16 (n,)."""
        sound = samples.astype(np.float32)
        for start in range(0, len(sound), _BLOCK):
            self._loudest = max(self._loudest, float(np.sqrt(np.mean(np.square(sound[start : start + _BLOCK])))))
        noise = np.take(self._noise, np.arange(self._at, self._at + len(sound)), mode="wrap")
        self._at = (self._at + len(sound)) % len(self._noise)
        gain = max(1.0, self._loudest * 10 ** (FLOOR_DB / 20))
        return np.clip(np.rint(sound + gain * noise), -32768, 32767).astype(np.int16)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The grammar as pocketsphinx takes it. silent: words left out, for nobody can tell how they sound."""

    dictionary: str
    transitions: tuple[tuple[int, int, float, str] | tuple[int, int, float], ...]
    end: int
    silent: tuple[str, ...]


def vocabulary(language: Language) -> Vocabulary:
    """Words and arcs for a language. Raises ValueError for one that cannot be read or has no phrases."""
    if not language.phrases:
        raise ValueError("language: it has no phrases; give it some, or set open_vocabulary")
    graph = grammar.build(language)
    free_slots = any(word is None for _, _, word in graph.arcs)
    loose = tuple(dict.fromkeys(language.open_words)) if free_slots else ()
    ways, silent = pronunciations({*graph.words, *loose}, Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))
    sounds = [f"++{phone}++" for phone in _PHONES]
    lines = [
        f"{word if number == 1 else f'{word}({number})'} {phones}"
        for word, said in ways.items()
        for number, phones in enumerate(said, start=1)
    ]
    lines += [f"{sound} {phone}" for sound, phone in zip(sounds, _PHONES, strict=True)]
    end, noise = graph.states, graph.states + 1
    arcs: list[tuple[int, int, float, str] | tuple[int, int, float]] = []
    for start, target, word in graph.arcs:
        if word is None:
            arcs += [(start, target, LOOSE, free) for free in loose if free in ways]
            arcs += [(start, target, UNKNOWN, sound) for sound in sounds]
        elif word in ways:
            arcs.append((start, target, 1.0, word))
    arcs += [(state, end, 1.0 if state in graph.finals else CUT_SHORT) for state in range(1, graph.states)]
    arcs += [(0, noise, 1.0), (noise, end, 1.0), *((noise, noise, UNKNOWN, sound) for sound in sounds)]
    return Vocabulary("\n".join(lines) + "\n", tuple(arcs), end, silent)


class PocketsphinxRecogniser:
    """Streaming recognition with pocketsphinx; the same sound in the same pieces gives the same words.

    language: what is listened for; None for an open vocabulary. Raises ValueError for a language that cannot be used.
    silent: words of the language that it cannot hear.
    """

    def __init__(self, language: Language | None) -> None:
        self.silent: tuple[str, ...] = ()
        common: dict[str, Any] = {"loglevel": "FATAL", "fwdflat": False, "bestpath": False}
        if language is None:
            self._decoder = pocketsphinx.Decoder(**common)
        else:
            found = vocabulary(language)
            self.silent = found.silent
            with tempfile.TemporaryDirectory(prefix="duetto-") as folder:
                path = Path(folder) / "words.dict"
                path.write_text(found.dictionary, encoding="utf-8")
                self._decoder = pocketsphinx.Decoder(**common, **SEARCH, lm=None, dict=str(path))
            self._decoder.add_fsg("language", self._decoder.create_fsg("language", 0, found.end, found.transitions))
            self._decoder.activate_search("language")
        self._floor = NoiseFloor()
        self._at = 0
        self._running = False
        self._words: list[TimedWord] = []

    def start(self, at: int) -> None:
        if self._running:
            self._decoder.end_utt()
        self._floor.restart()
        self._at, self._words = at, []
        self._decoder.start_utt()
        self._running = True

    def feed(self, samples: Samples) -> Sequence[TimedWord] | None:
        self._decoder.process_raw(self._floor.under(samples).tobytes())
        found = self._found()
        if found == self._words:
            return None
        self._words = found
        return found

    def finish(self) -> Sequence[TimedWord]:
        self._decoder.end_utt()
        self._running = False
        self._words = self._found() or self._words
        return self._words

    def close(self) -> None:
        if self._running:
            self._decoder.end_utt()
            self._running = False

    def _found(self) -> list[TimedWord]:
        """The best path so far. A word's confidence is the share of the speech that words account for."""
        if self._decoder.hyp() is None:
            return []
        known: list[tuple[str, int, int]] = []
        unknown = 0
        for segment in self._decoder.seg():
            word = str(segment.word)
            if word.startswith("++"):
                unknown += segment.end_frame - segment.start_frame + 1
            elif word[0] not in "<([":
                known.append((base(word), segment.start_frame, segment.end_frame + 1))
        spoken = sum(end - start for _, start, end in known)
        share = spoken / (spoken + unknown) if spoken else 0.0
        return [
            TimedWord(word, self._at + start * FRAME, self._at + end * FRAME, round(share, 2))
            for word, start, end in known
        ]


def make_recogniser(settings: RecogniserSettings) -> PocketsphinxRecogniser:
    """For `recogniser.open_recogniser`. Without a language it listens for any words.

    Raises ValueError for a model of one's own (the wheel's is the only one) and for a language that cannot be used.
    """
    if settings.model:
        raise ValueError(f'model: pocketsphinx brings its own, leave it "" (got {settings.model!r})')
    return PocketsphinxRecogniser(None if settings.open_vocabulary else settings.language)
