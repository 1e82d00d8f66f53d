"""The embedded recogniser: pocketsphinx with the American English model in its wheel (BSD), nothing to download.

Two ways to listen. With a brain's `Language` it searches a grammar of the phrases: most words come out right at about
an eighth of a core; what fills an open slot is then heard a second time, as any words (`free_words`). With an open
vocabulary it searches the bundled trigram model alone: any words, at more cost, and more than half of them wrong on
human speech.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pocketsphinx

from duetto.perception.audio.agreement import AnyWords
from duetto.perception.audio.recogniser import RecogniserSettings
from duetto.perception.audio.recognisers import grammar
from duetto.perception.audio.recognisers.acoustic import write_both
from duetto.perception.audio.recognisers.free_words import Filled, FreeWords, Gap, Piece, Where, joined
from duetto.perception.audio.recognisers.front_end import FRAME, PER_FRAME, NoiseFloor, RunningMean
from duetto.perception.audio.recognisers.grammar import FREE
from duetto.perception.audio.recognisers.phone_loop import PhoneLoop
from duetto.perception.audio.recognisers.pronunciation import base, dictionary_lines, pronunciations
from duetto.timeline.arrival import TimedWord
from duetto.timeline.language import Language
from duetto.timeline.turn import MIC_RATE, Samples, samples_at

SEARCH: Final[dict[str, Any]] = {"beam": 1e-50, "wbeam": 1e-30, "pbeam": 1e-50, "pip": 0.8, "wip": 0.03}
"""Search of the grammar, chosen on requests of six synthetic voices: beams between the default, which lost a fifth of
them, and 1e-60, which cost half as much again and understood no more; prices on words and sounds, for numbers grew
words at their end without."""
LOOSE: Final = 1e-10
"""Weight of a word in an open slot against one of a phrase: as likely, it would swallow phrases."""
UNKNOWN: Final = 1e-7
"""Weight of a sound that is no word: a way out where the words of the language fit badly. At 0.1 it took four in a
hundred requests for unknown."""
SURE: Final = 2
"""Words outside of open slots that the grammar's path must have before its slots are heard a second time: talk for
others mostly has none."""
ANY: Final = "*"
"""At the end of a word in the dictionary that may stand in any open slot. FREE: it is listed for just that one."""
STANDS: Final = 0.9
"""Confidence from which known words in open slots stand: of the bench's orders, 5 in 100 are wrong then."""
LISTED_STANDS: Final = 0.2
"""Confidence from which a slot of nothing but words that are listed for it stands."""
CONFIRMED: Final = 0.1
"""Confidence at least, where the words of the phrase are among what was heard as any words: sounds that the grammar has
no words for make it doubt all of an order."""
DOUBTED: Final = 0.1
"""Confidence below which no phrase of the grammar was said: all of it is heard again, as any words, at a pause."""
DOUBTED_LEAST: Final = MIC_RATE
"""Samples of an utterance that is heard so, at least."""
DOUBTED_AHEAD: Final = 2 * MIC_RATE
"""Samples from which on the search begins before there is a pause, so that it has caught up by then."""
ENDS_BEFORE: Final = 50
"""A slot that ends in so many last frames before a pause may be the one that the pause belongs to."""
LONGEST_WORD: Final = 150
"""Frames of a word at most. Where one seems longer, what follows in it is something that the grammar has no words for:
so it is left untold."""
CUT_SHORT: Final = 1e-16
"""Weight of ending inside a phrase: the words so far are kept, unless a whole phrase fits about as well."""
SETTLES_UP_TO: Final = 5 * MIC_RATE
"""Samples of an utterance that may be searched again after a pause, at a twelfth of their length and more on a busy
machine; in a longer one the words at a pause are the best so far."""
_PHONES: Final = (
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The grammar as pocketsphinx takes it. silent: words left out, for nobody can tell how they sound.

    free: it has open slots.
    """

    dictionary: str
    transitions: tuple[tuple[int, int, float, str] | tuple[int, int, float], ...]
    end: int
    silent: tuple[str, ...]
    free: bool


def vocabulary(language: Language) -> Vocabulary:
    """Words and arcs for a language. Raises ValueError for one that cannot be read or has no phrases."""
    if not language.phrases:
        raise ValueError("language: it has no phrases; give it some, or set open_vocabulary")
    graph = grammar.build(language)
    free_slots = any(word is None for _, _, word in graph.arcs)
    loose = tuple(dict.fromkeys(language.open_words)) if free_slots else ()
    ways, silent = pronunciations({*graph.words, *loose}, Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")))
    sounds = [f"++{phone}++" for phone in _PHONES]
    said_there = {word for _, _, word in graph.arcs if word is not None} | {word + ANY for word in loose}
    entries = [(word, ways[plain]) for word in sorted(said_there) if (plain := word.rstrip(FREE + ANY)) in ways]
    lines = dictionary_lines(entries)
    lines += [f"{sound} {phone}" for sound, phone in zip(sounds, _PHONES, strict=True)]
    end, noise = graph.states, graph.states + 1
    arcs: list[tuple[int, int, float, str] | tuple[int, int, float]] = []
    for start, target, word in graph.arcs:
        if word is None:
            arcs += [(start, target, LOOSE, free + ANY) for free in loose if free in ways]
            arcs += [(start, target, UNKNOWN, sound) for sound in sounds]
        elif word.removesuffix(FREE) in ways:
            arcs.append((start, target, 1.0, word))
    arcs += [(state, end, 1.0 if state in graph.finals else CUT_SHORT) for state in range(1, graph.states)]
    arcs += [(0, noise, 1.0), (noise, end, 1.0), *((noise, noise, UNKNOWN, sound) for sound in sounds)]
    return Vocabulary("\n".join(lines) + "\n", tuple(arcs), end, silent, free_slots)


class PocketsphinxRecogniser:
    """Streaming recognition with pocketsphinx; the same sound in the same pieces gives the same words.

    language: what is listened for; None for an open vocabulary. Raises ValueError for a language that cannot be used.
    silent: words of the language that it cannot hear. shared: it goes from voice to voice, so an utterance leaves to
    the next only what is in `carried`. Without it pocketsphinx's noise tracker stays with the one voice that it hears,
    which finds words sooner: replies begin 30 ms earlier in the median (`duetto bench run`).
    """

    def __init__(self, language: Language | None) -> None:
        self.silent: tuple[str, ...] = ()
        self.shared = False
        with tempfile.TemporaryDirectory(prefix="duetto-", ignore_cleanup_errors=True) as name:
            folder = Path(name)
            write_both(folder)
            common: dict[str, Any] = {"hmm": name, "loglevel": "FATAL", "fwdflat": False, "bestpath": False}
            self._phones = None if language is None else PhoneLoop(**common)
            self._free: FreeWords | None = None
            self._requests: FreeWords | None = None
            if language is None:
                self._decoder = pocketsphinx.Decoder(**common)
            else:
                found = vocabulary(language)
                self.silent = found.silent
                path = folder / "words.dict"
                path.write_text(found.dictionary, encoding="utf-8")
                self._decoder = pocketsphinx.Decoder(**common, **SEARCH, lm=None, dict=str(path))
                self._decoder.add_fsg("language", self._decoder.create_fsg("language", 0, found.end, found.transitions))
                self._decoder.activate_search("language")
                self._free = FreeWords(folder, **common) if found.free else None
                self._requests = FreeWords(folder, language.sentences, **common) if language.sentences else None
        self._floor = NoiseFloor()
        self._mean = RunningMean(self._decoder)
        self._at = 0
        self._running = False
        self._words: list[TimedWord] = []
        self._sound: list[tuple[bytes, bool]] | None = []  # of the utterance, None where there is too much of it
        self._held: list[bytes] = []  # of the silence since it was settled
        self._settled = False
        self._filled: list[Filled] = []  # its open slots, as heard at a pause
        self.watched: tuple[str, ...] = ()
        self._fed = 0  # samples of the utterance

    @property
    def carried(self) -> tuple[float, ...]:
        """What one utterance leaves to the next: all of the state that outlives it. () for a new voice."""
        return self._mean.carried

    @carried.setter
    def carried(self, carried: tuple[float, ...]) -> None:
        """For the utterance that starts next: whose voice it is."""
        self._mean.carried = carried

    def start(self, at: int) -> None:
        if self._running:
            self._decoder.end_utt()
        if self.shared:
            self._decoder.reinit_feat()  # its noise tracker remembers the utterance before
        self._floor.restart()
        self._at, self._words, self._filled = at, [], []
        self._mean.restart()
        self._sound, self._held, self._settled = [], [], False
        self._fed = 0
        self._decoder.start_utt()
        self._running = True
        if self._phones is not None:
            self._phones.start(self._mean.text, anew=self.shared)
        for search in self._searches:
            search.forget()

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        sound = self._floor.under(samples).tobytes()
        begins = self._at + samples_at(self._fed, MIC_RATE)
        self._fed += len(samples)
        if self._settled and quiet:
            self._held.append(sound)
            return None
        if self._settled:
            self._go_on()
        if self._free is not None and self.watched and not self._free.listens:
            self._free.start(self._mean.text, anew=self.shared)
        self._decode(sound)
        self._compare(sound)
        for search in self._searches:
            if search.listens:
                search.feed(sound, self._mean.text, begins)
                search.work()
        if quiet and self._sound is not None:
            self._settle()
        found = self._found()
        if found == self._words:
            return None
        self._words = found
        return found

    @property
    def any_words(self) -> AnyWords | None:
        """Of the sound since the utterance began, or since a pause in which an open slot was filled."""
        free = self._free
        if free is None or not self.watched or not free.listens:
            return None
        words = tuple(TimedWord(word, free.when(start), free.when(end)) for word, start, end in free.heard())
        unknown = tuple(phrase for phrase in self.watched if not free.knows(phrase))
        return AnyWords(words, free.when(free.frames), unknown)

    def finish(self) -> Sequence[TimedWord]:
        if self._running:
            self._decoder.end_utt()
        self._running = self._settled = False
        self._words = self._found() or self._words
        return self._words

    def close(self) -> None:
        if self._running:
            self._decoder.end_utt()
            self._running = False
        if self._phones is not None:
            self._phones.end()
        for search in self._searches:
            search.forget()

    def _decode(self, sound: bytes, silence: bool = False) -> None:
        """silence: nothing is said in it, so that the search of any words, which would find some, is not to hear it."""
        self._decoder.process_raw(sound)
        self._mean.update()
        if self._sound is not None:
            self._sound.append((sound, silence))
            if sum(len(piece) for piece, _ in self._sound) > 2 * SETTLES_UP_TO:
                self._sound = None

    def _compare(self, sound: bytes) -> None:
        if self._phones is not None:
            self._phones.feed(sound, self._mean.text)

    def _settle(self) -> None:
        """Search to the end, as if nothing more came: only then do whole phrases count for more than cut off ones."""
        self._decoder.end_utt()
        self._running, self._settled = False, True

    def _go_on(self) -> None:
        """More came. pocketsphinx cannot take an end back, so the utterance is searched again, with a better mean."""
        for search in self._searches:
            if search.ended:
                search.forget()  # it cannot take an end back either
        spoken = self._decoder.n_frames()
        silent = sum(map(len, self._held)) // (2 * PER_FRAME)
        self._filled = [
            replace(one, until=spoken + silent) if one.gap.end >= spoken - ENDS_BEFORE else one for one in self._filled
        ]
        again = [*(self._sound or ()), *((sound, True) for sound in self._held)]
        for sound in self._held:
            self._compare(sound)
        self._sound, self._held, self._settled = [], [], False
        self._mean.restart()
        self._decoder.start_utt()
        self._running = True
        for sound, silence in again:
            self._decode(sound, silence)

    def _found(self) -> list[TimedWord]:
        """The best path so far. The confidence of its words is that of all of it together."""
        best = self._decoder.hyp()
        if best is None:
            return self._as_any_words()
        heard: list[Piece] = []
        frames = 0
        for segment in self._decoder.seg():
            word = base(str(segment.word))
            if word[0] in "<([":
                continue
            frames += segment.end_frame - segment.start_frame + 1
            where: Where = "phrase"
            if word.startswith("++") or word.endswith(ANY):
                where = "slot"
            elif word.endswith(FREE):
                where = "listed"
            text = "" if word.startswith("++") else word.rstrip(FREE + ANY)
            heard.append(Piece(text, segment.start_frame, segment.end_frame + 1, where))
        confidence = 1.0 if self._phones is None else self._phones.confidence(best.score, frames)
        if confidence < DOUBTED or not any(piece.word for piece in heard):
            if freely := self._as_any_words(confidence):
                return freely
        words, confirmed = self._second_hearing(heard, confidence)
        if words is None:
            words = [(piece.word, piece.start, piece.end) for piece in heard if piece.word]
        if confirmed:
            confidence = max(confidence, CONFIRMED)
        ends = ((word, start, min(end, start + LONGEST_WORD)) for word, start, end in words)
        return [
            TimedWord(word, self._at + start * FRAME, self._at + end * FRAME, confidence) for word, start, end in ends
        ]

    @property
    def _searches(self) -> tuple[FreeWords, ...]:
        """Those beside the grammar's."""
        return tuple(search for search in (self._free, self._requests) if search is not None)

    def _as_any_words(self, confidence: float = 0.0) -> list[TimedWord]:
        """All of what a search of any words has heard, once there is a pause: the grammar has no words for it. They
        are as little sure as those that it had, and what makes sense of them may trust them all the same.
        """
        free = self._requests or self._free
        if free is None or self._fed < (DOUBTED_AHEAD if self._running else DOUBTED_LEAST):
            return []
        if not self._has_heard_all(free):
            return []
        sure = min(confidence, DOUBTED / 2)
        return [TimedWord(word, free.when(start), free.when(end), sure) for word, start, end in free.all_heard()]

    def _has_heard_all(self, free: FreeWords) -> bool:
        """There is a pause, and the search of any words was fed the utterance from its first sound on.

        If it was not, it is now, as long as its sound is kept.
        """
        if not self._hears_all(free) and self._sound is not None:
            free.start(self._mean.text, anew=self.shared)
            begins = self._at
            for sound, silence in self._sound:
                if not silence:
                    free.feed(sound, self._mean.text, begins)
                begins += samples_at(len(sound) // 2, MIC_RATE)
        return not self._running and self._hears_all(free)

    def _hears_all(self, free: FreeWords) -> bool:
        """The search of any words has been fed the utterance from its first sound on."""
        return free.listens and free.begins == self._at

    def _second_hearing(
        self, heard: Sequence[Piece], confidence: float
    ) -> tuple[list[tuple[str, int, int]] | None, bool]:
        """All words, those in open slots heard as any words; None before a pause, and where the first are as good.

        And whether the others were heard there too.
        """
        free = self._free
        sure = sum(piece.where == "phrase" for piece in heard)
        if free is None or sure < SURE or sure == len(heard):
            return None, False
        if not self._has_heard_all(free):
            return None, False
        path = joined(heard, keep_listed=confidence >= LISTED_STANDS)
        gaps = [part for part, _, _ in path if isinstance(part, Gap)]
        if not gaps or (confidence >= STANDS and all(gap.whole for gap in gaps)):
            return None, False
        paused = self._sound is None or any(silence for _, silence in self._sound)
        fills, confirmed = free.fill([part for part, _, _ in path], timed=not paused)
        # What was heard at a pause stays: with the pause and what follows there are more ways to mishear it.
        before = self._filled
        self._filled = [
            Filled(gap, next((old.words for old in before if old.is_at(gap)), said))
            for gap, said in zip(gaps, fills, strict=True)
        ]
        rest = iter(self._filled)
        words: list[tuple[str, int, int]] = []
        for part, start, end in path:
            said = [part] if isinstance(part, str) else next(rest).words
            letters = sum(map(len, said))
            for word in said:  # how long each of them is, nobody tells: as long as it is written
                until = end if letters == len(word) else start + (end - start) * len(word) // letters
                words.append((word, start, until))
                start, letters = until, letters - len(word)
        return words, confirmed


def make_recogniser(settings: RecogniserSettings) -> PocketsphinxRecogniser:
    """For `recogniser.open_recogniser`. Without a language it listens for any words.

    Raises ValueError for a model of one's own (the wheel's is the only one) and for a language that cannot be used.
    """
    if settings.model:
        raise ValueError(f'model: pocketsphinx brings its own, leave it "" (got {settings.model!r})')
    return PocketsphinxRecogniser(None if settings.open_vocabulary else settings.language)
