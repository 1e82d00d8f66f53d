"""One user who talks with the embedded brain: each request is asked and, unless it is a draft, kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from duetto.brain.embedded import EmbeddedBrain, EmbeddedSettings
from duetto.timeline.arrival import Act, Clause, Gist
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, s
from duetto.timeline.increment import Increment
from duetto.timeline.job import Ask, Context, Remark
from duetto.timeline.order import Order


@dataclass
class Said:
    gist: Gist
    clauses: list[str]
    act: Act | None

    @property
    def text(self) -> str:
        return " ".join(self.clauses)

    @property
    def order(self) -> Order:
        assert self.act is not None
        return self.act.orders[0]


@dataclass
class Talk:
    """`heard`: how much of each reply is played before the next request, in words; None for all of it."""

    brain: EmbeddedBrain = field(default_factory=lambda: EmbeddedBrain(EmbeddedSettings(zone="UTC")))
    now: int = s(10)
    step: int = s(5)
    reply: int = 0
    seen: tuple[Increment, ...] = ()
    typing: str = ""
    history: tuple[Remark, ...] = ()
    orders: tuple[str, ...] = ()
    saying: int | None = None
    heard: str = ""

    def context(self) -> Context:
        return Context(
            now=self.now,
            epoch_ns=VIRTUAL_EPOCH_NS,
            history=self.history,
            typing=self.typing,
            seen=self.seen,
            saying=self.saying,
            heard=self.heard,
            orders=self.orders,
        )

    def ask(self, text: str, how: str = "spoken", *, draft: bool = False) -> Said:
        self.reply += 1
        parts = list(self.brain.reply(Ask(self.reply, text, how, draft, self.context())))
        assert isinstance(parts[0], Gist)
        assert {part.reply for part in parts} == {self.reply}
        clauses = [part for part in parts if isinstance(part, Clause)]
        assert [clause.index for clause in clauses] == list(range(len(clauses)))
        acts = [part for part in parts if isinstance(part, Act)]
        assert len(acts) <= 1
        return Said(parts[0], [clause.text for clause in clauses], acts[0] if acts else None)

    def say(self, text: str, how: str = "spoken", heard: int | None = None) -> Said:
        """Ask, keep, and let it be played: all of it, or the first `heard` words."""
        said = self.ask(text, how)
        self.brain.keep(self.reply)
        self.history += (Remark("user", text, self.now, how),)
        played = " ".join(said.text.split()[:heard])
        if played:
            self.history += (Remark("duetto", played, self.now + s(1)),)
        if said.act is not None:
            gone = said.act.withdraw
            self.orders = () if "*" in gone else tuple(name for name in self.orders if name not in gone)
            self.orders += tuple(order.name for order in said.act.orders)
        self.now += self.step
        return said


@pytest.fixture
def talk() -> Talk:
    return Talk()
