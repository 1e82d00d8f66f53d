"""Whether an expectation of a scenario was met."""

from __future__ import annotations

import msgspec


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The judgement on one expectation.

    kind, step: those of the expectation. applies: there was occasion for it: whoever should go on or give way was
    speaking. met: it was, as far as time is concerned. content: what was said was right; None where nothing was asked.
    latency_ns: from the user's end to the reply or the fact, from the user's onset to silence (ns); None without one.
    left: what was heard and became wrong was left standing; None where nothing of it was heard. why: what happened, in
    words.
    """

    kind: str
    step: int = 0
    applies: bool = True
    met: bool = False
    content: bool | None = None
    latency_ns: int | None = None
    left: bool | None = None
    why: str = ""

    @property
    def failed(self) -> bool:
        """In time and content together."""
        return not self.met or self.content is False
