"""Standing orders, driven percept by percept: what is said, typed and seen, with no sound and no models."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from duetto.interaction.action import Action, DropReply, Fire, Inquire, PlanClause, Show, Tell, Unfire, Unwatch, Watch
from duetto.interaction.microturn import decide
from duetto.interaction.percept import Ears, Mouth, Percept, Sighting
from duetto.interaction.settings import InteractionSettings
from duetto.interaction.state import State
from duetto.timeline.arrival import Arrival, TimedWord
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Give, TakeBack
from duetto.timeline.order import Condition, Manner, Order

DELTA = ms(40)


@dataclass
class Rig:
    """A state and a moment. What is planned is heard to its end in the micro-turn after, unless `mute`."""

    settings: InteractionSettings = field(default_factory=InteractionSettings)
    now: int = 0
    log: list[tuple[int, Action]] = field(default_factory=list)
    words: list[TimedWord] = field(default_factory=list)
    utterance: int = 1
    talking: bool = False
    ended: int | None = None
    typed: str = ""
    mute: bool = False
    mouth: Mouth | None = None
    level: float | None = None

    def __post_init__(self) -> None:
        self.state = State(self.settings)

    def turn(
        self,
        *arrivals: Arrival,
        seen: Iterable[Sighting] = (),
        lines: tuple[str, ...] = (),
        commands: tuple[Give | TakeBack, ...] = (),
        moving: tuple[str, ...] = (),
    ) -> tuple[Action, ...]:
        """One micro-turn."""
        self.now += DELTA
        ears = Ears(
            voice=self.talking,
            since=0 if self.talking or self.ended is not None else None,
            ended=self.ended,
            utterance=self.utterance if self.words or self.talking else None,
            words=tuple(self.words),
            level=self.level,
        )
        mouth = self.mouth
        if mouth is None:
            mouth = Mouth(left=tuple((r.id, 1) for r in self.state.replies if r.planned)) if self.mute else Mouth()
        percept = Percept(
            self.now,
            DELTA,
            ears,
            mouth,
            lines,
            tuple(seen),
            arrivals,
            typing=bool(self.typed),
            commands=commands,
            typed=self.typed,
            moving=moving,  # type: ignore[arg-type]
        )
        self.state, actions = decide(self.state, percept)
        self.log.extend((self.now, action) for action in actions)
        return actions

    def wait(self, seconds: float) -> None:
        """Nothing happens for so long."""
        end = self.now + s(seconds)
        while self.now < end:
            self.turn()

    def give(
        self,
        when: Condition,
        say: str = "Now.",
        *,
        name: str = "it",
        limit: int | None = None,
        manner: Manner = "over",
        rest: float = 0,
        until: Condition | None = None,
        asks: bool = False,
    ) -> tuple[Action, ...]:
        """An order is given by a command."""
        return self.turn(commands=(Give(Order(name, when, say, limit, manner, s(rest), until, asks)),))

    def hear(self, text: str, *, long: float = 0.2) -> None:
        """More words of the utterance in hand, the last of which ended 100 ms ago; they are known at once."""
        self.talking = True
        for word in text.split():
            self.now += s(long)
            self.words.append(TimedWord(word, self.now - s(long) - ms(100), self.now - ms(100)))
        self.turn()

    def hush(self) -> None:
        """The user falls silent, and their utterance is over."""
        self.talking, self.ended = False, self.now - ms(100)
        self.utterance += 1
        self.words = []
        self.turn()

    # --- what came of it ----------------------------------------------------------------------------------------

    def of(self, kind: type[Action]) -> list[Action]:
        return [action for _, action in self.log if isinstance(action, kind)]

    @property
    def fired(self) -> list[str]:
        """What was said, or "" where nothing was, each time that an order was met and that was not taken back."""
        found: list[tuple[str, int, str]] = []
        for _, action in self.log:
            if isinstance(action, Fire):
                found.append((action.order, action.n, action.text))
            elif isinstance(action, Unfire):
                found = [one for one in found if one[:2] != (action.order, action.n)]
        return [text for _, _, text in found]

    @property
    def moments(self) -> list[int]:
        """When (ns) orders were met."""
        return [at for at, action in self.log if isinstance(action, Fire)]

    @property
    def told(self) -> list[str]:
        return [action.text for _, action in self.log if isinstance(action, Tell)]

    @property
    def ended_orders(self) -> list[str]:
        return [action.name for _, action in self.log if isinstance(action, Unwatch)]

    @property
    def planned(self) -> list[str]:
        return [action.text for _, action in self.log if isinstance(action, PlanClause)]


__all__ = ["DELTA", "DropReply", "Fire", "Inquire", "Rig", "Show", "Unfire", "Watch"]
