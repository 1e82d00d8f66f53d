"""What was said where any words may be said, heard a second time: with the commonest words of English.

A grammar's open slots know a few hundred words, or the search of everything else would suffer. So where the grammar
has found an open slot, the same sound is also searched with the trigram model that comes with pocketsphinx, and the
words beside the slot, which the grammar is sure of, pick from what that search has found (N-best rescoring after
Schwartz & Austin 1991).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby, islice
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import pocketsphinx

from duetto.perception.audio.recognisers.front_end import FRAME, PER_FRAME
from duetto.perception.audio.recognisers.ngrams import trigrams
from duetto.perception.audio.recognisers.pronunciation import base, dictionary_lines, pronunciations
from duetto.timeline.phrase import words_of
from duetto.timeline.turn import MIC_RATE

_LOG: Final = math.log(1.0001)
COMMON: Final = 20_000
"""Words that it knows, the likeliest of the trigram model's. Of 195 words and short phrases said by three synthetic
voices 115 came out right with as many, 107 with 5,000 and 114 with all 126,000, at 1.4 times the cost; with the
pronunciations of accents (`pronunciation.variants`) 126."""
COMMON_BESIDE: Final = 5_000
"""The same where it knows sentences, beside their own words. Of 143 orders that it had not learned from, 61 came out
right with as many, 61 with 3,000 and 59 with 20,000, which cost a fifth more."""
TRIED: Final = 100
"""Ways to hear the utterance that are looked at, the likeliest first."""
PER_WORD: Final = 300
"""What each word in a gap costs, in pocketsphinx's logarithms (base 1.0001): it hears little words that are none."""
AGREED: Final = 400
"""What it counts that the grammar heard the same in a gap. Both fitted on the development half of the bench's orders
and on orders of any words (`python -m bench spoken_orders`), by five voices: 362 of 435 come out right with them, 346
without, 274 without a second hearing."""

AT_ONCE: Final = 4
"""Pieces of sound that are searched for each new one, while it catches up."""
NEAR: Final = 10
"""Frames by which a slot may begin elsewhere when the utterance has gone on."""

Where = Literal["phrase", "listed", "slot"]
"""A word of a phrase; one of those listed for an open slot; anything else in an open slot."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A word on the grammar's path, frames from `start` to `end`; "" for a sound that is none."""

    word: str
    start: int
    end: int
    where: Where


@dataclass(frozen=True, slots=True)
class Gap:
    """An open slot on the grammar's path, frames from `start` to `end`.

    words: what the grammar, with the few that it knows, has found there. whole: that is all of the sound.
    """

    start: int
    end: int
    words: tuple[str, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Filled:
    """What was heard in a gap. until: the frame at which speech went on after it, if it was the last before a pause."""

    gap: Gap
    words: list[str]
    until: int = 0

    def is_at(self, gap: Gap) -> bool:
        """That is the same slot, on the path of an utterance of which more has come."""
        latest = max(self.gap.end, self.until) + 2 * NEAR
        return abs(gap.start - self.gap.start) <= NEAR and self.gap.end - 2 * NEAR <= gap.end <= latest


class FreeWords:
    """A search of any words beside the grammar's, a twelfth of a core while it runs. folder: for its dictionary.

    sentences: which words follow which is learned from these, instead of from the model that comes with pocketsphinx.
    """

    def __init__(self, folder: Path, sentences: Sequence[str] = (), **common: Any) -> None:
        dictionary = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict"))
        model = pocketsphinx.get_model_path("en-us/en-us.lm.bin")
        likely = dict(islice(commonest(dictionary, model).items(), COMMON_BESIDE if sentences else COMMON))
        said = [words_of(sentence) for sentence in sentences]
        ways, _ = pronunciations({*likely, *(word for words in said for word in words)}, dictionary)
        self._known = frozenset(ways)
        name = "requests" if said else "free"
        path = folder / f"{name}.dict"
        path.write_text("\n".join(dictionary_lines(ways.items())) + "\n", encoding="utf-8")
        if said:
            model = str(folder / f"{name}.arpa")
            Path(model).write_text(trigrams(said, likely), encoding="utf-8")
        self._decoder = pocketsphinx.Decoder(**{**common, "bestpath": True, "lm": model, "dict": str(path)})
        # The first search of all reads the model from the disk: not while somebody waits.
        self._decoder.start_utt()
        self._decoder.process_raw(np.random.default_rng(1).normal(0, 2000, MIC_RATE).astype("<i2").tobytes())
        self._decoder.end_utt()
        self._decoder.reinit_feat()
        self._waiting: deque[tuple[bytes, str]] = deque()  # of the utterance, at most what the recogniser keeps of it
        self._running = False
        self._runs: list[tuple[int, int]] = []  # first frame and media time of each piece without a gap
        self._fed = 0  # samples
        self.listens = False
        """It hears what is fed."""

    @property
    def begins(self) -> int | None:
        """Media time (ns) of the first sound that it was fed, None before any."""
        return self._runs[0][1] if self._runs else None

    def start(self, mean: str, *, anew: bool) -> None:
        """From the utterance's first sound on. mean: cepstral mean, as pocketsphinx writes it. anew: another voice."""
        self.forget()
        if anew:
            self._decoder.reinit_feat()
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()
        self._running = self.listens = True
        self._runs, self._fed = [], 0

    @property
    def ended(self) -> bool:
        """It has been asked what it heard: nothing more can be added."""
        return not self._running

    def feed(self, sound: bytes, mean: str, at: int) -> None:
        """The next sound, int16 little-endian, heard with the mean of before; `mean` is for what follows.

        at: media time (ns) of its beginning: silence may have been left out before it.
        """
        frame = self._fed // PER_FRAME
        if not self._runs or abs(at - self.when(frame)) > FRAME:
            self._runs.append((frame, at))
        self._fed += len(sound) // 2
        self._waiting.append((sound, mean))

    def when(self, frame: int) -> int:
        """Media time (ns) of a frame."""
        first, at = next((run for run in reversed(self._runs) if run[0] <= frame), (0, 0))
        return at + (frame - first) * FRAME

    def work(self, most: int = AT_ONCE) -> None:
        """Search up to so many pieces of what was fed: who begins late catches up without holding anybody up."""
        while self._running and self._waiting and most > 0:
            sound, mean = self._waiting.popleft()
            self._decoder.process_raw(sound)
            self._decoder.set_cmn(mean)
            most -= 1

    def knows(self, phrase: str) -> bool:
        """It can hear it: it has all of its words."""
        return self._known.issuperset(words_of(phrase))

    def heard(self) -> list[tuple[str, int, int]]:
        """The likeliest words so far, each with its first frame and the one after its last."""
        if self._decoder.hyp() is None:
            return []
        return [
            (base(str(segment.word)), segment.start_frame, segment.end_frame + 1)
            for segment in self._decoder.seg()
            if segment.word[0] not in "<[("
        ]

    def all_heard(self) -> list[tuple[str, int, int]]:
        """The same, searched to the end of what was fed."""
        self._end()
        return self.heard()

    @property
    def frames(self) -> int:
        """How many have been searched."""
        return int(self._decoder.n_frames())

    def forget(self) -> None:
        """The utterance is over, or goes on after a pause as another."""
        self._waiting.clear()
        self._end()
        self.listens = False

    def fill(self, path: Sequence[str | Gap], *, timed: bool) -> tuple[list[list[str]], bool]:
        """What fills each gap of the path, as far as the utterance has gone, and whether its other words were heard.

        Of the likeliest utterances with the path's own words and something in each gap the best; without any, what the
        grammar heard or, where that was not all, what of the likeliest of all lies in the gap's time. timed: its frames
        are those of the path; nothing was left out that the grammar has heard.
        """
        self._end()
        gaps = [part for part in path if isinstance(part, Gap)]
        if self._decoder.hyp() is None:
            return [list(gap.words) for gap in gaps], False
        best, most = None, -math.inf
        for words, score in islice(self._likeliest(), TRIED):
            if (found := between(words, path)) is None:
                continue
            score -= PER_WORD * sum(map(len, found))
            score += AGREED * sum(tuple(said) == gap.words for said, gap in zip(found, gaps, strict=True))
            if score > most:
                best, most = found, score
        if best is not None:
            return best, True
        return [list(gap.words) if gap.whole or not timed else self._within(gap) for gap in gaps], False

    def _within(self, gap: Gap) -> list[str]:
        """Words of the likeliest utterance whose middle lies in the gap."""
        return [word for word, start, end in self.heard() if gap.start <= (start + end - 1) / 2 <= gap.end]

    def _end(self) -> None:
        self.work(len(self._waiting))
        if self._running:
            self._decoder.end_utt()
            self._running = False

    def _likeliest(self) -> Iterator[tuple[list[str], float]]:
        for hypothesis in self._decoder.nbest():
            if hypothesis is not None and hypothesis.hypstr and hypothesis.score > 0:
                words = [base(word) for word in hypothesis.hypstr.split() if word[0] not in "<["]
                yield words, math.log(hypothesis.score) / _LOG


@cache
def commonest(dictionary: Path, model: str) -> Mapping[str, float]:
    """The COMMON likeliest words of a trigram model, the likeliest first, with how likely each is."""
    config = pocketsphinx.Config(lm=None, dict=None, loglevel="FATAL")
    ngrams = pocketsphinx.NGramModel(config, pocketsphinx.LogMath(), model)
    with dictionary.open(encoding="utf-8") as lines:
        words = {base(line.partition(" ")[0]) for line in lines}
    ranked = sorted(((ngrams.prob([word]), word) for word in words), key=lambda one: (-one[0], one[1]))
    return {word: math.exp(chance * _LOG) for chance, word in ranked[:COMMON]}


def between(words: Sequence[str], path: Sequence[str | Gap]) -> list[list[str]] | None:
    """What stands in each gap, if the words are the path's with one or more in each; the first gaps take the least."""
    if not path:
        return None if words else []
    first = path[0]
    if isinstance(first, str):
        return between(words[1:], path[1:]) if words and words[0] == first else None
    for size in range(1, len(words) + 1):
        if (rest := between(words[size:], path[1:])) is not None:
            return [list(words[:size]), *rest]
    return None


def joined(heard: Iterable[Piece], *, keep_listed: bool) -> list[tuple[str | Gap, int, int]]:
    """The grammar's path with gaps for what is in open slots. keep_listed: not for one of nothing but listed words."""
    path: list[tuple[str | Gap, int, int]] = []
    for in_slot, pieces in groupby(heard, lambda piece: piece.where != "phrase"):
        run = list(pieces)
        if not in_slot or (keep_listed and all(piece.where == "listed" for piece in run)):
            path += [(piece.word, piece.start, piece.end) for piece in run]
            continue
        start, end = run[0].start, run[-1].end
        words = tuple(piece.word for piece in run if piece.word)
        path.append((Gap(start, end, words, all(piece.word for piece in run)), start, end))
    return path
