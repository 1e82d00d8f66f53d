"""Is what was said in the language at all? The same sound against any sequence of phones, as a measure.

A grammar finds words in any sound. Where it fits much worse than free phones do, the words are not what was said: the
likelihood ratio against a phone loop (Rose & Paul 1990, "A hidden Markov model based keyword recognition system").
"""

from __future__ import annotations

import math
from typing import Any, Final

import pocketsphinx

PER_SCORE: Final = 62.7
PER_FRAME: Final = 0.0297
BIAS: Final = 20.9
"""Log odds of being in the language: of the two searches' difference in score, and of frames of speech. Fitted on 111
requests that were heard right and 124 other sentences, whole and parts of them, from five synthetic voices that the
acoustic model was not adapted to, each judged by a fit to the other four: 86 % of the other sentences and 4 % of the
requests come out below a quarter. Half-way into a sentence it tells little."""


LONGEST: Final = 250
"""Frames of speech beyond which more do not count there: pocketsphinx's scores are likelihoods, so that the difference
is nothing in long speech, and the fit had none longer."""
MIDDLE: Final = -51.0
STEEP: Final = 0.5
"""Log odds of longer speech: of the difference in log likelihood (base 1.0001) per frame of speech, at which as much
speaks for as against, and how fast they change with it. Of 40 tales of 8 s and 70 orders, five synthetic voices, the
tales have -51 to -91 (half of them below -58), orders in the language -21 to -45, and with any words in them -36 to
-58."""
_LOG: Final = math.log(1.0001)


class PhoneLoop:
    """A search of free phones beside the one of the grammar, at 0.07 of a core while somebody speaks."""

    def __init__(self, **common: Any) -> None:
        self._decoder = pocketsphinx.Decoder(**common, lm=None, allphone_ci=True, pip=1.0)
        self._decoder.add_allphone_file("phones", None)
        self._decoder.activate_search("phones")
        self._running = False

    def start(self, mean: str, *, anew: bool) -> None:
        """A new utterance. mean: cepstral mean, as pocketsphinx writes it. anew: perhaps by another voice."""
        self.end()
        if anew:
            self._decoder.reinit_feat()  # nothing of the utterance before is left in its noise tracker
        self._decoder.set_cmn(mean)
        self._decoder.start_utt()
        self._running = True

    def feed(self, sound: bytes, mean: str) -> None:
        """The next sound, int16 little-endian, heard with the mean of before; `mean` is for what follows."""
        self._decoder.process_raw(sound)
        self._decoder.set_cmn(mean)

    def end(self) -> None:
        """The utterance is over."""
        if self._running:
            self._decoder.end_utt()
            self._running = False

    def confidence(self, score: float, frames: int) -> float:
        """The probability that the grammar's words were said. score: of its search; frames: of speech in it."""
        found = self._decoder.hyp()
        if found is None:
            return 1.0
        odds = PER_SCORE * (score - found.score) + PER_FRAME * min(frames, LONGEST) + BIAS
        # What the grammar takes for silence counts too, if it is none: that is in the scores, and not in the frames.
        if self._decoder.n_frames() > LONGEST and frames and score > 0 and found.score > 0:
            odds = min(odds, STEEP * (math.log(score / found.score) / _LOG / frames - MIDDLE))
        return round(1 / (1 + math.exp(-max(-30.0, min(30.0, odds)))), 2)
