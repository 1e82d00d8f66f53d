"""What was said in a conversation, oldest first: bounded, and open to correction by the application."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from typing import Final

import msgspec

from duetto.speech.words import split_words
from duetto.timeline.job import Remark

MOST_CUT: Final = 64
"""Replies that are remembered not to have been heard beyond a word; no more of them are being said at once."""
MOST_CHARACTERS: Final = 1_000_000
"""Characters of all remarks; the oldest go first."""


class History:
    """The latest `most` remarks."""

    def __init__(self, most: int) -> None:
        self._remarks: deque[Remark] = deque(maxlen=most)
        self._size = 0
        self._room: OrderedDict[str, int] = OrderedDict()  # by source: words of it that may still be added

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return tuple(self._remarks)

    def add(self, remark: Remark) -> None:
        room = self._room.get(remark.source)
        if room is not None:  # the last of a reply that was being said when it was taken back
            self._room[remark.source] = max(0, room - len(split_words(remark.text)))
            remark = msgspec.structs.replace(remark, text=_first(remark.text, room))
            if not remark.text:
                return
        self._append(remark)

    def correct(self, remark: Remark) -> None:
        """What came from its source was this, as is known by now."""
        if not any(old.source == remark.source for old in self._remarks):
            self._append(remark)
            return
        self._put(
            msgspec.structs.replace(old, text=remark.text) if old.source == remark.source else old
            for old in self._remarks
        )

    def erase(self, source: str) -> None:
        """Forget what came from `source`."""
        self._put(remark for remark in self._remarks if remark.source != source)
        if source.startswith("reply:"):
            self._leave_room(source, 0)

    def shorten(self, source: str, words: int) -> None:
        """Of what came from `source`, a reply, only the first `words` words were heard."""
        kept: list[Remark] = []
        left = words
        for remark in self._remarks:
            if remark.source != source:
                kept.append(remark)
                continue
            if left > 0:
                kept.append(msgspec.structs.replace(remark, text=_first(remark.text, left)))
            left -= len(split_words(remark.text))
        self._put(kept)
        self._leave_room(source, max(0, left))

    def _leave_room(self, source: str, words: int) -> None:
        self._room[source] = min(words, self._room.get(source, words))
        self._room.move_to_end(source)
        while len(self._room) > MOST_CUT:
            self._room.popitem(last=False)

    def _append(self, remark: Remark) -> None:
        if self._remarks and len(self._remarks) == self._remarks.maxlen:
            self._size -= len(self._remarks.popleft().text)
        self._remarks.append(remark)
        self._size += len(remark.text)
        while self._size > MOST_CHARACTERS and len(self._remarks) > 1:
            self._size -= len(self._remarks.popleft().text)

    def _put(self, remarks: Iterable[Remark]) -> None:
        self._remarks = deque(remarks, maxlen=self._remarks.maxlen)
        self._size = sum(len(remark.text) for remark in self._remarks)


def _first(text: str, words: int) -> str:
    """Its first `words` words."""
    found = split_words(text)[: max(0, words)]
    return text[: found[-1].end] if found else ""
