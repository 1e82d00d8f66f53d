"""Phrases heard inside of free speech, at once: a word is told when its last sound is, whatever goes on around it.

Keyword hidden Markov models against any phones, frame by frame (Rose & Paul 1990, "A hidden Markov model based keyword
recognition system"): a part of a phone in its context gains where it fits as well as the best part of any phone, and
loses where it does not. A phrase counts by its phones, each with the same weight however long it is, and the worst
of them once more: a word that only begins like it has phones that do not fit at all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from duetto.perception.audio.recognisers.acoustic import PARTS, Acoustics, Floats, adapted
from duetto.perception.audio.recognisers.cepstra import Cepstra, Differences
from duetto.perception.audio.recognisers.front_end import CARRIED_FRAMES, FRAME, USUAL_MEAN, NoiseFloor
from duetto.perception.audio.recognisers.keywords import Scorer, Way, any_phone, parts_of, ways_of
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
"""How the log odds of having been said grow with the fit above the threshold."""
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


class PhraseSpotter:
    """Listens for phrases in one voice's sound. silent: those that it cannot: nobody can tell how they sound.

    The same sound in the same pieces gives the same.
    """

    def __init__(self, phrases: Sequence[str], model: Acoustics | None = None) -> None:
        model = model or adapted()
        ways = {phrase: ways_of(phrase, model) for phrase in dict.fromkeys(phrases)}
        self.silent = tuple(phrase for phrase, its in ways.items() if not its)
        self._ways = [way for its in ways.values() for way in its]
        self._least = np.array([threshold(way) for way in self._ways])
        self._floor, self._cepstra, self._differences = NoiseFloor(), Cepstra(), Differences()
        self._sum, self._weight = np.array(USUAL_MEAN) * CARRIED_FRAMES, float(CARRIED_FRAMES)
        self._next: int | None = None
        if self._ways:
            phones, weights = any_phone(model)
            self._any = len(phones)
            phones += [phone for way in self._ways for phone in way.phones for _ in range(PARTS)]
            self._scorer = Scorer(
                model, phones, np.concatenate([weights, *(parts_of(way, model) for way in self._ways)])
            )
            self._chains = Chains(self._ways)

    def feed(self, utterance: int, start: int, samples: Samples) -> list[Spotted]:
        """The next sound, int16 (n,) at MIC_RATE from media time `start` (ns): the phrases that end in it."""
        if not self._ways or not len(samples):
            return []
        if self._next is None or abs(start - self._next) > FOLLOWS:
            self._begin(start)
        self._next = start + samples_at(len(samples), MIC_RATE)
        cepstra = self._cepstra.feed(self._floor.under(samples))
        features = self._differences.feed(self._centred(cepstra))
        return self._search(features, utterance) if len(features) else []

    def _begin(self, start: int) -> None:
        for part in (self._floor, self._cepstra, self._differences, self._chains):
            part.restart()
        self._at, self._frame = start, 0
        self._since: dict[str, int] = {}  # frame before which a phrase has been told

    def _centred(self, cepstra: Floats) -> Floats:
        self._sum += cepstra.sum(axis=0)
        self._weight += len(cepstra)
        if self._weight > CARRIED_AT_MOST:
            self._sum *= CARRIED_AT_MOST / self._weight
            self._weight = float(CARRIED_AT_MOST)
        return (cepstra - self._sum / self._weight).astype(np.float32)

    def _search(self, features: Floats, utterance: int) -> list[Spotted]:
        fit = self._scorer(features)
        gains = np.maximum(fit[:, self._any :] - fit[:, : self._any].max(axis=1, keepdims=True), WORST) + GAIN
        found: list[Spotted] = []
        for frame in gains:
            fits, since = self._chains.step(frame)
            self._frame += 1
            over = fits - self._least
            for at in np.argsort(-over, kind="stable"):
                if over[at] < 0:
                    break
                phrase = self._ways[at].phrase
                if since[at] < self._since.get(phrase, 0):
                    continue
                self._since[phrase] = self._frame
                begin, end = (self._at + int(count) * FRAME for count in (since[at], self._frame))
                sure = 1 / (1 + math.exp(-STEEP * float(over[at])))
                found.append(Spotted(utterance, phrase, begin, end + FRAME, round(sure, 2)))
        return found
