"""What was heard of each reply, word by word: what a truncation is reckoned by."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

MOST_REPLIES: Final = 64
"""Replies that are remembered."""
MOST_WORDS: Final = 4_096
"""Words of one reply that are remembered."""


@dataclass(slots=True)
class _Reply:
    """sound: ns of it so far. ends, words: where each word that was played ends in it, in order."""

    sound: int = 0
    ends: list[int] = field(default_factory=list)
    words: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Heard:
    """Bounded: MOST_REPLIES, the oldest is forgotten."""

    replies: OrderedDict[int, _Reply] = field(default_factory=OrderedDict)

    def _reply(self, number: int) -> _Reply:
        found = self.replies.setdefault(number, _Reply())
        while len(self.replies) > MOST_REPLIES:
            self.replies.popitem(last=False)
        return found

    def sound(self, number: int, length: int) -> int:
        """The next stretch of its sound, ns. Returns ns of it before."""
        reply = self._reply(number)
        reply.sound += length
        return reply.sound - length

    def word(self, number: int, word: str, offset: int) -> None:
        reply = self._reply(number)
        if len(reply.ends) < MOST_WORDS:
            reply.ends.append(max(offset, reply.ends[-1] if reply.ends else 0))
            reply.words.append(word)

    def length(self, number: int) -> int:
        """Ns of its sound so far."""
        return self.replies[number].sound if number in self.replies else 0

    def count(self, number: int, until: int) -> int:
        """Words of it that were over by `until` (ns of its sound)."""
        return bisect_right(self.replies[number].ends, until) if number in self.replies else 0

    def text(self, number: int, start: int, end: int) -> str:
        """Words that ended after `start` and by `end` (ns of its sound)."""
        reply = self.replies.get(number)
        if reply is None:
            return ""
        first = bisect_right(reply.ends, start) if start else 0
        return " ".join(reply.words[first : bisect_right(reply.ends, end)])
