"""A recogniser that hears what it was told to."""

from __future__ import annotations

from collections.abc import Sequence

from duetto.timeline.arrival import TimedWord
from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, Samples, samples_at


class ScriptedRecogniser:
    """The n-th utterance has the words of the n-th text; past the last text it hears nothing.

    A word appears `pace` ns after the one before. A word written "wrong/right" is heard as `wrong` first and revised
    when the next word appears, or at the end.
    """

    def __init__(self, texts: Sequence[str], *, pace: int = ms(250)) -> None:
        self._texts = list(texts)
        self._pace = pace
        self._words: list[str] = []
        self._at = 0
        self._fed = 0
        self._shown: list[str] = []

    def start(self, at: int) -> None:
        self._words = self._texts.pop(0).split() if self._texts else []
        self._at, self._fed, self._shown = at, 0, []

    def feed(self, samples: Samples, quiet: bool = False) -> Sequence[TimedWord] | None:
        self._fed += len(samples)
        return self._show(min(len(self._words), samples_at(self._fed, MIC_RATE) // self._pace))

    def finish(self) -> Sequence[TimedWord]:
        self._shown = [word.split("/")[-1] for word in self._words]
        return self._timed()

    def close(self) -> None:
        """Nothing to release."""

    def _show(self, count: int) -> Sequence[TimedWord] | None:
        shown = [word.split("/")[-1] for word in self._words[:count]]
        if shown and count < len(self._words):
            shown[-1] = self._words[count - 1].split("/")[0]
        if shown == self._shown:
            return None
        self._shown = shown
        return self._timed()

    def _timed(self) -> Sequence[TimedWord]:
        return [
            TimedWord(text, self._at + n * self._pace, self._at + (n + 1) * self._pace)
            for n, text in enumerate(self._shown)
        ]
