"""A brain that answers what it was told to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from duetto.timeline.arrival import Act, Clause, Gist
from duetto.timeline.job import Ask
from duetto.timeline.language import Language


class ScriptedBrain:
    """replies: request to clauses. halves: requests of which something is missing. acts: what a request does besides.

    Other words mean nothing to it. `asked`, `kept` and `forgotten` tell what happened, in order.
    """

    def __init__(
        self,
        replies: Mapping[str, Sequence[str]],
        *,
        halves: Sequence[str] = (),
        acts: Mapping[str, Act] | None = None,
    ) -> None:
        self._replies = dict(replies)
        self._halves = set(halves)
        self._acts = dict(acts or {})
        self.asked: list[Ask] = []
        self.kept: list[int] = []
        self.forgotten: list[int] = []

    def reply(self, ask: Ask) -> Iterator[Gist | Clause | Act]:
        self.asked.append(ask)
        if ask.text in self._halves:
            yield Gist(ask.reply, "half")
            yield Clause(ask.reply, 0, "And then?")
            return
        clauses = self._replies.get(ask.text)
        if clauses is None:
            yield Gist(ask.reply, "none")
            yield Clause(ask.reply, 0, "I did not understand.")
            return
        yield Gist(ask.reply, "whole")
        act = self._acts.get(ask.text)
        if act is not None:
            yield Act(ask.reply, act.orders, act.withdraw, act.stop)
        for index, text in enumerate(clauses):
            yield Clause(ask.reply, index, text)

    def keep(self, reply: int) -> None:
        self.kept.append(reply)

    def forget(self, reply: int) -> None:
        self.forgotten.append(reply)

    def language(self) -> Language:
        return Language(phrases=tuple(self._replies))
