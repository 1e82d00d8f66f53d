"""What was said in a conversation, oldest first: bounded, and open to correction by the application."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

import msgspec

from duetto.timeline.job import Remark


class History:
    """The latest `most` remarks."""

    def __init__(self, most: int) -> None:
        self._remarks: deque[Remark] = deque(maxlen=most)

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return tuple(self._remarks)

    def add(self, remark: Remark) -> None:
        self._remarks.append(remark)

    def erase(self, source: str) -> None:
        """Forget what came from `source`."""
        self._put(remark for remark in self._remarks if remark.source != source)

    def shorten(self, source: str, words: int) -> None:
        """Of what came from `source` only the first `words` words were heard."""
        kept: list[Remark] = []
        left = words
        for remark in self._remarks:
            if remark.source != source:
                kept.append(remark)
                continue
            said = remark.text.split()
            if left > 0:
                kept.append(msgspec.structs.replace(remark, text=" ".join(said[:left])))
            left -= len(said)
        self._put(kept)

    def _put(self, remarks: Iterable[Remark]) -> None:
        self._remarks = deque(remarks, maxlen=self._remarks.maxlen)
