"""One conversation of an engine, from outside and from inside."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, Final, Literal

from numpy.typing import NDArray

from duetto.engine.intake import CommandIntake, SoundIntake
from duetto.engine.opening import Refused
from duetto.interaction import action as do
from duetto.models.cascade import Cascade
from duetto.models.model import MicroTurn
from duetto.orders import Orders
from duetto.perception.text.input import KeysInput
from duetto.perception.video.input import VideoInput
from duetto.session import Session
from duetto.timeline.arrival import Outcome
from duetto.timeline.clock import s
from duetto.timeline.command import Brief, Command
from duetto.timeline.job import Remark
from duetto.timeline.stream import StreamFull
from duetto.timeline.turn import MIC_RATE, Key, Turn, samples_at

OUTCOME_WITHIN: Final = s(120)
"""How long (ns) the application may take for the outcome of a call; then it has failed, for no wait is without end."""


class Intakes:
    """Everything that comes in from outside."""

    def __init__(self, sound_limit_s: float) -> None:
        self.sound = SoundIntake(sound_limit_s)
        self.commands = CommandIntake(self.sound)
        """Outcomes wait here too, so that they come in their order."""
        self.camera = VideoInput("camera")
        self.screen = VideoInput("screen", max_rate=4.0, max_side=1280)
        self.keys = KeysInput()


class Seat:
    """A conversation as its application holds it: see `duetto.wire.seat.Seat`. All on the engine's thread.

    start: ns of the engine's time at which its media time 0 is. row: its place in the voice activity model's batch.
    """

    def __init__(self, id: str, session: Session, cascade: Cascade, intakes: Intakes, *, start: int, row: int) -> None:
        self.id = id
        self.session = session
        self.cascade = cascade
        self.start = start
        self.row = row
        self.now = 0
        self.shed = 0
        """Pictures not looked at, because the engine was too busy."""
        self.busy = False
        """The engine has no time for pictures now."""
        self.turn: Turn | None = None
        """The round to be done next."""
        self.ended: str | None = None
        """Why it has ended, if it has."""
        self._intakes = intakes
        self._line = ""
        self._followers: list[Callable[[MicroTurn], None]] = []
        self._closers: list[Callable[[str], None]] = []
        self._own: frozenset[str] = frozenset()
        self._owed: dict[int, int] = {}  # call -> until when (ns) its outcome is owed
        intakes.commands.arrive = session.inject
        self.orders = Orders(self.command, session.kept)
        """Its standing orders, given, listed and withdrawn by the program; they count after the sound before them."""

    @property
    def delta(self) -> int:
        return self.session.settings.delta

    @property
    def due(self) -> int:
        """Ns of the engine's time at which its next micro-turn is due."""
        return self.start + self.session.due

    @property
    def remarks(self) -> tuple[Remark, ...]:
        return self.cascade.remarks

    # --- what the application gives -----------------------------------------------------------------------------

    def hear(self, samples: NDArray[Any], rate: int) -> None:
        self._check()
        self._intakes.sound.push(samples, rate)

    @property
    def waiting(self) -> int:
        return samples_at(self._intakes.sound.available, MIC_RATE)

    def forget_sound(self) -> None:
        self._check()
        self._intakes.sound.clear()
        self._intakes.commands.sound_cleared()

    def see(self, picture: NDArray[Any] | bytes, stream: Literal["camera", "screen"] = "camera") -> None:
        self._check()
        if self.busy:
            self.shed += 1
            return
        into = self._intakes.camera if stream == "camera" else self._intakes.screen
        into.push(self.now, picture)

    def key(self, op: Literal["insert", "delete", "send"], text: str = "", position: int = 0, count: int = 0) -> None:
        self._check()
        if op not in ("insert", "delete", "send"):
            raise ValueError(f"op: insert, delete or send (got {op!r})")
        try:
            self._intakes.keys.push(Key(self.now, op, text, position, count))
        except StreamFull:
            raise Refused("flood", "more keys are waiting than may", "op") from None

    def type_line(self, text: str) -> None:
        self.key("insert", text)
        self.key("send")

    def command(self, *commands: Command) -> None:
        self._check()
        self._intakes.commands.push(*commands)

    def outcome(self, call: int, text: str, failed: bool = False, silent: bool = False) -> None:
        self._check()
        if call in self._owed:
            self._intakes.commands.push(Outcome(call, text, failed, silent))
            del self._owed[call]

    # --- what it is told ----------------------------------------------------------------------------------------

    def follow(self, follower: Callable[[MicroTurn], None]) -> None:
        self._check()
        self._followers.append(follower)

    def on_close(self, closed: Callable[[str], None]) -> None:
        if self.ended is not None:
            closed(self.ended)
        else:
            self._closers.append(closed)

    def close(self) -> None:
        self.end("the conversation was closed")

    # --- what the engine does ------------------------------------------------------------------------------------

    def end(self, why: str) -> None:
        """End it, once."""
        if self.ended is not None:
            return
        self.ended = why
        with contextlib.suppress(Exception):  # its parts are gone, whatever they say
            self.session.close()
        closers, self._closers = self._closers, []
        self._followers.clear()
        for closed in closers:
            with contextlib.suppress(Exception):
                closed(why)

    def tell(self, micro_turn: MicroTurn) -> None:
        """A micro-turn is over."""
        self.now = micro_turn.span.end
        self._watch_calls(micro_turn)
        for follower in tuple(self._followers):
            if self.ended is None:  # one may have closed it
                follower(micro_turn)

    def _watch_calls(self, micro_turn: MicroTurn) -> None:
        for turn, output in zip(micro_turn.turns, micro_turn.outputs, strict=True):
            for command in turn.commands:
                if isinstance(command, Brief) and command.offers is not None:
                    self._own = frozenset(offer.name for offer in command.offers)
            for action in output.actions:
                match action:
                    case do.CallTool(call=call, name=name) if name in self._own:
                        self._owed[call] = self.now + OUTCOME_WITHIN
                    case do.AbortCall(call=call):
                        self._owed.pop(call, None)
        for call, until in list(self._owed.items()):
            if self.now >= until:
                del self._owed[call]
                text = f"there was no outcome within {OUTCOME_WITHIN / 1e9:g} s"
                self.session.inject(Outcome(call, text, failed=True))

    def _check(self) -> None:
        if self.ended is not None:
            raise Refused("over", self.ended)
