"""A recogniser that hears what it was told to."""

from __future__ import annotations

from collections.abc import Sequence

from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, Samples, samples_at


class ScriptedRecogniser:
    """The n-th utterance has the words of the n-th text; past the last text it hears nothing.

    A word appears `pace` ns after the one before, and the last one lasts as long as the voice. A word written
    "wrong/right" is heard as `wrong` first and revised when the next word appears, or at the end.
    """

    def __init__(self, texts: Sequence[str], *, pace: int = ms(250)) -> None:
        self._texts = list(texts)
        self._pace = pace
        self._words: list[str] = []
        self._at = 0
        self._fed = 0
        self._voice = 0  # how much of it was no silence, up to the latest such sound (ns)
        self._heard: list[TimedWord] = []

    def start(self, at: int) -> None:
        self._words = self._texts.pop(0).split() if self._texts else []
        self._at, self._fed, self._voice, self._heard = at, 0, 0, []

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        self._fed += len(samples)
        fed = samples_at(self._fed, MIC_RATE)
        self._voice = self._voice if quiet else fed
        heard = self._timed(min(len(self._words), fed // self._pace))
        if heard == self._heard:
            return None
        self._heard = heard
        return heard

    def finish(self) -> Sequence[TimedWord]:
        return self._timed(len(self._words))

    def close(self) -> None:
        """Nothing to release."""

    def _timed(self, count: int) -> list[TimedWord]:
        shown = [word.split("/")[-1] for word in self._words[:count]]
        if shown and count < len(self._words):
            shown[-1] = self._words[count - 1].split("/")[0]
        ends = [(n + 1) * self._pace for n in range(count)]
        if count and count == len(self._words):
            ends[-1] = max(ends[-1], self._voice)
        return [
            TimedWord(text, self._at + n * self._pace, self._at + end)
            for n, (text, end) in enumerate(zip(shown, ends, strict=True))
        ]
