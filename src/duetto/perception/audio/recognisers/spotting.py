"""Phrases heard inside of free speech, at once: a word is told when its last sound is, whatever goes on around it.

Keyword hidden Markov models against any phones, frame by frame (Rose & Paul 1990, "A hidden Markov model based keyword
recognition system"): a part of a phone in its context gains where it fits as well as the best part of any phone, and
loses where it does not. A phrase counts by its phones, each with the same weight however long it is, and the worst
of them once more: a word that only begins like it has phones that do not fit at all.

How well a phrase fits differs more from voice to voice, and from phrase to phrase, than from one time to the next: as
the user has said it in giving the order, how well it fitted then says what to expect.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from duetto.perception.audio.recogniser import Example
from duetto.perception.audio.recognisers.acoustic import PARTS, Acoustics, Floats, adapted
from duetto.perception.audio.recognisers.cepstra import Cepstra, Differences
from duetto.perception.audio.recognisers.front_end import CARRIED_FRAMES, FRAME, USUAL_MEAN, NoiseFloor
from duetto.perception.audio.recognisers.keywords import (
    Scorer,
    Way,
    any_phone,
    other_vowels,
    parts_of,
    way_of,
    ways_of,
)
from duetto.timeline.arrival import Spotted
from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, Samples, samples_at

WORST: Final = -10.0
"""What a frame may lose at most: a click inside of a word does not unsay it."""
GAIN: Final = 2.0
"""What a frame gains that fits its part as well as any other: a chain goes on rather than begin anew."""
WORST_PHONE: Final = 0.5
"""Weight of the worst phone beside the mean of all."""
LEAST: Final = ((2, 1.5), (3, -1.0), (4, -3.0), (5, -4.4), (6, -5.0), (7, -5.5), (8, -6.2), (10, -6.8), (14, -7.5))
"""By number of phones, the fit that counts."""
CARRIED_AT_MOST: Final = 1500
"""Frames that the mean of a voice may weigh."""
STEEP: Final = 0.5
"""How the log odds of having been said grow with the fit."""
CERTAIN: Final = 1.24
"""Fit above even odds that is as sure as `agreement.SURE`."""
UNHEARD: Final = 2.5
"""Fit above the threshold that is as sure as that, of a phrase that the user has given no example of."""
BELOW: Final = 0.75
"""How far below the fit of their example another is as sure as that, from LOOSEST to UNHEARD above the threshold."""
LOOSEST: Final = 0.5
SHORT: Final = 4
"""Phones up to which a phrase stands in longer words ("like" in "unlike"): no example makes it sure sooner."""
FAINTER: Final = 1.0
"""How far below that it may have been said, from FAINTEST to 0 above the threshold. All of these are chosen on the list
for tuning (`bench/spotting.py`) by other voices than those reported: of 135 cues 115 are found after spoken orders, 109
after typed ones, and none is false; with one threshold for all it was 107, and one false."""
FAINTEST: Final = -2.5
AROUND: Final = ms(200)
"""Sound (ns) before an example in which it may have begun, for a recogniser does not know that better."""
EXAMPLE_ENDS: Final = ms(300)
"""Sound (ns) after an example in which its best fit may come."""
GOOD: Final = 3.0
"""Fit of an example below which it is tried with other vowels: this voice says them otherwise than dictionaries do."""
BETTER: Final = 0.5
"""Gain of fit for which a vowel is taken for another one."""
TURNS: Final = 3
"""Vowels of a phrase that may be others, at most."""
FOLLOWS: Final = ms(1)
"""Sound that begins this far (ns) from where the last ended, at most, goes on with it."""


def threshold(way: Way) -> float:
    """The least fit that counts: the more phones, the less of a fit is there by chance."""
    counts, fits = zip(*LEAST, strict=True)
    return float(np.interp(len(way.phones), counts, fits))


class Chains:
    """All ways of all phrases, searched together: one token for each part, which knows when its phones began."""

    def __init__(self, ways: Sequence[Way]) -> None:
        phones = np.array([len(way.phones) for way in ways])
        sizes = PARTS * phones
        self._phones = phones
        self._most = int(phones.max())
        self._first = np.cumsum(sizes) - sizes
        self._last = np.cumsum(sizes) - 1
        count = int(sizes.sum())
        self._stay = np.arange(count)
        self._come = self._stay - 1
        self._come[self._first] = self._first
        self._begins = np.flatnonzero(np.concatenate([np.arange(size) % PARTS == 0 for size in sizes]))
        self._nth = np.concatenate([np.arange(number) for number in phones])
        self._unused = np.arange(self._most) >= phones[:, None]
        self._rows = np.arange(len(ways))
        self.restart()

    def restart(self) -> None:
        """Nothing has been heard."""
        count = len(self._stay)
        self._fit = np.full(count, -1e9)
        self._fits = np.zeros((count, self._most), np.float32)  # as each phone began
        self._frames = np.zeros((count, self._most), np.int32)  # in which it did
        self._frame = 0

    def step(self, gains: Floats) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
        """One frame's gain for each part. Returns for each way how well it fits if it ends here, and its first frame.

        -99 for one that cannot have been said yet.
        """
        came = self._fit[self._come]
        came[self._first] = 0.0
        moves = came >= self._fit
        source = np.where(moves, self._come, self._stay)
        before = np.where(moves, came, self._fit)
        self._fits, self._frames = self._fits[source], self._frames[source]
        fresh = moves[self._begins]
        part, nth = self._begins[fresh], self._nth[fresh]
        self._fits[part, nth] = before[part]
        self._frames[part, nth] = self._frame
        self._fit = before + gains
        self._frame += 1
        total = self._fit[self._last]
        fits, frames = self._fits[self._last], self._frames[self._last]
        ends, until = np.roll(fits, -1, axis=1).astype(np.float64), np.roll(frames, -1, axis=1)
        ends[self._rows, self._phones - 1] = total
        until[self._rows, self._phones - 1] = self._frame
        each = (ends - fits) / np.maximum(until - frames, 1) - GAIN
        mean = np.where(self._unused, 0.0, each).sum(axis=1) / self._phones
        worst = np.where(self._unused, math.inf, each).min(axis=1)
        return np.where(total < -1e8, -99.0, mean + WORST_PHONE * worst), frames[:, 0]


class _Search:
    """All ways of some phrases, followed frame by frame."""

    def __init__(self, ways: Sequence[Way], model: Acoustics) -> None:
        phones, weights = any_phone(model)
        self._any = len(phones)
        phones += [phone for way in ways for phone in way.phones for _ in range(PARTS)]
        self._scorer = Scorer(model, phones, np.concatenate([weights, *(parts_of(way, model) for way in ways)]))
        self._chains = Chains(ways)
        self._thresholds = np.array([threshold(way) for way in ways])

    def restart(self) -> None:
        self._chains.restart()

    def follow(self, features: Floats) -> Iterator[tuple[NDArray[np.float64], NDArray[np.int32]]]:
        """For each frame, how well each way fits if it ends in it, above its threshold, and its first frame."""
        if not len(features):
            return
        fit = self._scorer(features)
        gains = np.maximum(fit[:, self._any :] - fit[:, : self._any].max(axis=1, keepdims=True), WORST) + GAIN
        for frame in gains:
            fits, since = self._chains.step(frame)
            yield fits - self._thresholds, since


class _Features:
    """Of one voice's sound, in pieces."""

    def __init__(self) -> None:
        self._floor, self._cepstra, self._differences = NoiseFloor(), Cepstra(), Differences()
        self._sum, self._weight = np.array(USUAL_MEAN) * CARRIED_FRAMES, float(CARRIED_FRAMES)

    def restart(self) -> None:
        """The sound does not go on from the last; the voice is the same."""
        for part in (self._floor, self._cepstra, self._differences):
            part.restart()

    def feed(self, samples: Samples) -> Floats:
        """The next sound, int16 (n,): float32 (frames, 39)."""
        return self._differences.feed(self._centred(self._cepstra.feed(self._floor.under(samples))))

    def _centred(self, cepstra: Floats) -> Floats:
        self._sum += cepstra.sum(axis=0)
        self._weight += len(cepstra)
        if self._weight > CARRIED_AT_MOST:
            self._sum *= CARRIED_AT_MOST / self._weight
            self._weight = float(CARRIED_AT_MOST)
        return (cepstra - self._sum / self._weight).astype(np.float32)


class PhraseSpotter:
    """Listens for phrases in one voice's sound. silent: those that it cannot: nobody can tell how they sound.

    examples: of phrases, as the user said them. A phrase is told when it may have been said, and once more when that
    has become sure. The same sound in the same pieces gives the same.
    """

    def __init__(
        self, phrases: Sequence[str], examples: Mapping[str, Example] | None = None, *, model: Acoustics | None = None
    ) -> None:
        self._model = model or adapted()
        self._dictionary = {phrase: ways_of(phrase, self._model) for phrase in dict.fromkeys(phrases)}
        self.examples = {phrase: one for phrase, one in (examples or {}).items() if self._dictionary.get(phrase)}
        self.silent = tuple(phrase for phrase, its in self._dictionary.items() if not its)
        self._features = _Features()
        self._search: _Search | None = None  # made when sound comes: examples may come before
        self._next: int | None = None

    def feed(self, utterance: int, start: int, samples: Samples) -> list[Spotted]:
        """The next sound, int16 (n,) at MIC_RATE from media time `start` (ns): the phrases that end in it."""
        if len(self.silent) == len(self._dictionary) or not len(samples):
            return []
        if self._search is None:
            self._search = self._make_search()
        if self._next is None or abs(start - self._next) > FOLLOWS:
            self._begin(self._search, start)
        self._next = start + samples_at(len(samples), MIC_RATE)
        return self._told(self._search, self._features.feed(samples), utterance)

    def learn(self, phrase: str, samples: Samples, start: int, end: int) -> None:
        """The user said it from `start` to `end` (ns from the first sample) in this sound, int16 (n,) at MIC_RATE."""
        ways = self._dictionary.get(phrase)
        if not ways:
            return
        features = _Features().feed(samples)[max(0, (start - AROUND) // FRAME) : (end + EXAMPLE_ENDS) // FRAME]
        if not len(features):
            return
        way, fit = self._closest(ways, features)
        for _ in range(TURNS if fit < GOOD else 0):
            others = [way_of(phrase, said, self._model) for said in other_vowels(way.said(self._model))]
            if not others:
                break
            other, better = self._closest(others, features)
            if better < fit + BETTER:
                break
            way, fit = other, better
        self.examples[phrase] = Example(round(fit, 2), () if way in ways else way.said(self._model))
        self._search = self._next = None

    def _closest(self, ways: Sequence[Way], features: Floats) -> tuple[Way, float]:
        """The way that fits best somewhere, and how well, above its threshold."""
        found = np.array([fits for fits, _ in _Search(ways, self._model).follow(features)]).max(axis=0)
        best = int(found.argmax())
        return ways[best], float(found[best])

    def _make_search(self) -> _Search:
        """For every way, and what to expect of each: the fit from which on it counts, and that of even odds."""
        self._ways: list[Way] = []
        least, even = [], []
        for phrase, ways in self._dictionary.items():
            one = self.examples.get(phrase)
            if one is not None and one.said:
                ways = (*ways, way_of(phrase, one.said, self._model))
            sure = UNHEARD if one is None else min(UNHEARD, max(LOOSEST, one.fit - BELOW))
            self._ways += ways
            least += [0.0 if one is None else min(0.0, max(FAINTEST, one.fit - BELOW - FAINTER))] * len(ways)
            even += [(UNHEARD if len(way.phones) <= SHORT else sure) - CERTAIN for way in ways]
        self._least, self._even = np.array(least), np.array(even)
        return _Search(self._ways, self._model)

    def _begin(self, search: _Search, start: int) -> None:
        self._features.restart()
        search.restart()
        self._at, self._frame = start, 0
        self._since: dict[tuple[str, bool], int] = {}  # frame before which a phrase was told, and that it is sure

    def _told(self, search: _Search, features: Floats, utterance: int) -> list[Spotted]:
        found: list[Spotted] = []
        for fits, since in search.follow(features):
            self._frame += 1
            odds = fits - self._even
            for at in np.argsort(-odds, kind="stable"):
                if fits[at] < self._least[at]:
                    continue
                phrase, sure = self._ways[at].phrase, bool(odds[at] >= CERTAIN)
                if since[at] < max(self._since.get((phrase, level), 0) for level in {sure, True}):
                    continue
                self._since[phrase, sure] = self._frame
                begin, end = (self._at + int(count) * FRAME for count in (since[at], self._frame))
                probability = 1 / (1 + math.exp(-STEEP * float(odds[at])))
                found.append(Spotted(utterance, phrase, begin, end + FRAME, round(probability, 2)))
        return found
