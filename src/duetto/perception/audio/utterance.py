"""One utterance's words as increments: what changed is revoked and added anew, what did not is left alone."""

from __future__ import annotations

from duetto.timeline.arrival import Hypothesis, TimedWord
from duetto.timeline.increment import Span
from duetto.timeline.payload import Word
from duetto.timeline.timeline import Timeline

SOURCE = "recogniser"


class Utterance:
    """number: from 1 in a session. start: media time (ns) of its first sample."""

    def __init__(self, number: int, start: int) -> None:
        self.number = number
        self.start = start
        self.words: tuple[TimedWord, ...] = ()
        self.changed = start
        """Media time (ns) since which the words' texts are the same."""
        self.heard_until = start
        """Media time (ns) up to which the recogniser has heard it."""
        self._ids: list[int] = []

    def has(self, hypothesis: Hypothesis) -> bool:
        """Are its words' texts those that are known?"""
        old, new = self.words, hypothesis.words
        return len(old) == len(new) and all(one.text == other.text for one, other in zip(old, new, strict=True))

    def revise(self, hypothesis: Hypothesis, now: int, timeline: Timeline) -> None:
        """Take over the hypothesis's words: those before the first and after the last changed one stay as they are."""
        self.heard_until = max(self.heard_until, hypothesis.until)
        old, new = [w.text for w in self.words], [w.text for w in hypothesis.words]
        self.words = hypothesis.words
        if old == new:
            return
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        alike = 0
        while alike < min(len(old), len(new)) - same and old[-1 - alike] == new[-1 - alike]:
            alike += 1
        for id in self._ids[same : len(old) - alike]:
            timeline.revoke(id, "mic", at=now)
        fresh = [self._add(word, now, timeline) for word in hypothesis.words[same : len(new) - alike]]
        self._ids[same : len(old) - alike] = fresh
        self.changed = now

    def settle(self, now: int, timeline: Timeline) -> None:
        """The words stay: commit them, with their latest times."""
        for id, word in zip(self._ids, self.words, strict=True):
            timeline.commit(id, "mic", at=now, span=_span(word))
        self._ids.clear()

    def _add(self, word: TimedWord, now: int, timeline: Timeline) -> int:
        payload = Word(word.text, round(word.confidence, 3), self.number)
        return timeline.add("mic", _span(word), payload, at=now, source=SOURCE).id


def _span(word: TimedWord) -> Span:
    return Span(word.start, max(word.start, word.end))
