"""The seam between the bench and whatever it measures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from duetto.bench.cast import Cast
from duetto.bench.scenario import Scenario
from duetto.bench.trial import AgentWord, Drafts, ModelUse, UserWord
from duetto.simulation.script import Spoken
from duetto.timeline.turn import Samples


@dataclass(frozen=True, slots=True)
class Take:
    """What came of one item.

    user, agent: both sounds on one time axis, int16 (n,) at VOICE_RATE. spoken: what the user said, and when.
    words: the agent's. ducked: moments (ns) at which it lowered its voice. drafts, model. All three where it tells.
    typed: lines that the user typed. uttered: of each of `spoken` its words, where their times are known. shown: words
    that the agent showed and did not say. ended: moments (ns) at which it took the user's turn to be over, where it
    tells.
    """

    user: Samples
    agent: Samples
    spoken: tuple[Spoken, ...]
    words: tuple[AgentWord, ...]
    ducked: tuple[int, ...] = ()
    drafts: Drafts | None = None
    model: ModelUse | None = None
    typed: tuple[Spoken, ...] = ()
    uttered: tuple[tuple[UserWord, ...], ...] = ()
    shown: tuple[AgentWord, ...] = ()
    ended: tuple[int, ...] = ()


class Target(Protocol):
    """A system under test. It is asked for one item at a time; nothing of one may be left in the next.

    One that shows the camera and the screen of an item to its system has `sees = True`; others get no such items.
    """

    @property
    def name(self) -> str:
        """What the report calls it."""
        ...

    def take(self, scenario: Scenario, cast: Cast) -> Take:
        """Let the user play the scenario. Raises an exception where it cannot be done: the item counts as failed."""
        ...
