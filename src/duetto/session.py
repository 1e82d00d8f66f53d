"""One conversation: a model of interaction run in micro-turns on a clock, between streams in and observers out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from duetto.models.model import InteractionModel, MicroTurn, Observer, Output, Timing
from duetto.orders import Kept, Orders
from duetto.timeline.arrival import Arrival, Fault
from duetto.timeline.clock import Clock, Stopwatch, ms, s
from duetto.timeline.command import Command
from duetto.timeline.increment import Span
from duetto.timeline.turn import DELTA, MIC_RATE, Frame, Key, Samples, Turn, samples_at, samples_before
from duetto.workers.crew import Crew


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How a session passes through time."""

    delta: int = DELTA
    """Length of a micro-turn, ns of media time; 20 to 1000 ms."""
    grace: int = ms(12)
    """Machine time (ns) a micro-turn may wait for quick slow work (embedded recogniser, brain and voice), so that what
    they give is still used in it."""
    rounds: int = 5
    """Rounds a micro-turn may have at most: the slice, then up to four of arrivals."""
    mic_slack: int = ms(120)
    """How far (ns) a microphone may lag before silence is put in its place."""
    tail: int = s(1.5)
    """Media time (ns) the session goes on at least after its last input has ended."""
    linger: int = s(30)
    """Media time (ns) it goes on at most after that, for a reply that is still being given."""

    def __post_init__(self) -> None:
        if not ms(20) <= self.delta <= ms(1000):
            raise ValueError(f"delta: a micro-turn has 20 to 1000 ms (got {self.delta / 1e6:g} ms)")
        if self.rounds < 1:
            raise ValueError(f"rounds: a micro-turn has at least 1 (got {self.rounds})")


class MicInput(Protocol):
    """Sound on its way in, already mono int16 at MIC_RATE."""

    @property
    def available(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    def take(self, count: int) -> Samples: ...

    @property
    def patience(self) -> int:
        """How long (ns) sound that is late is waited for in any case: it is on its way."""
        ...

    def missed(self, count: int) -> None:
        """Silence was put in for `count` samples that have not come."""
        ...


class PictureInput(Protocol):
    """Pictures on their way in."""

    @property
    def finished(self) -> bool: ...
    def take(self, before: int) -> tuple[Frame, ...]: ...


class KeyInput(Protocol):
    """Typing on its way in."""

    @property
    def finished(self) -> bool: ...
    def take(self, before: int) -> tuple[Key, ...]: ...


class CommandInput(Protocol):
    """What the application tells on its way in."""

    def take(self) -> tuple[Command, ...]:
        """All that counts now: once the microphone's slice has been taken."""
        ...


@dataclass(frozen=True, slots=True)
class Inputs:
    """The input streams of a session; None where there is none of a kind."""

    mic: MicInput | None = None
    camera: PictureInput | None = None
    screen: PictureInput | None = None
    keys: KeyInput | None = None
    commands: CommandInput | None = None

    @property
    def finished(self) -> bool:
        """All that there are have ended and been taken."""
        return all(i.finished for i in (self.mic, self.camera, self.screen, self.keys) if i is not None)


class Feeder(Protocol):
    """Fills an input stream: from a file in step with media time, or from a device by itself."""

    def feed(self, until: int) -> None:
        """Push what belongs before media time `until` (ns). A live device does nothing here."""
        ...

    @property
    def finished(self) -> bool: ...

    def notices(self) -> tuple[Fault, ...]:
        """Problems since the last call, each once."""
        ...

    def close(self) -> None: ...


class Session:
    """One conversation, micro-turn by micro-turn: `begin`, `step`, as many `more` as come, `end`.

    Whoever runs it says when: `run()` does on the calling thread, for one conversation; an engine does for many.
    Live and virtual sessions differ only in their clock, and in where `inputs` come from. Whatever ends the session,
    feeders, workers and observers are closed by `close`.
    """

    def __init__(
        self,
        model: InteractionModel,
        *,
        clock: Clock,
        crew: Crew,
        inputs: Inputs,
        feeders: Sequence[Feeder] = (),
        observers: Sequence[Observer] = (),
        settings: SessionSettings | None = None,
    ) -> None:
        self.settings = settings or SessionSettings()
        self.clock = clock
        self._model = model
        self._crew = crew
        self._inputs = inputs
        self._feeders = list(feeders)
        self._observers = list(observers)
        self._stopping = threading.Event()
        self._mic_taken = 0
        self._mic_still = False
        """Silence was put in for sound that did not come."""
        self._injected: list[Arrival] = []
        self._told: list[Command] = []
        self.kept = Kept()
        """The standing orders in force."""
        self.orders = Orders(self.command, self.kept)
        """Its standing orders, given, listed and withdrawn by the program."""
        self._finished_at: int | None = None
        self._index = 0
        self._end = 0  # of the latest slice of input, media time in ns
        self._voiced = 0  # until when the voice has been handed out
        self._open: _Open | None = None

    def stop(self) -> None:
        """End after the present micro-turn. May be called from any thread, or a signal handler."""
        self._stopping.set()

    def run(self) -> int:
        """Converse until `stop()`, or until every input has ended and what it called for was said.

        Returns the media time (ns) at which the session ended.
        """
        try:
            while not self._stopping.is_set():
                self.clock.sleep_until(self._end + self.settings.delta)
                turn: Turn | None = self.begin(self.clock.now())
                while turn is not None:
                    self.step(turn)
                    turn = self.more(self.settings.grace)
                self.end()
                if self.over:
                    break
        finally:
            self.close()
        return self._end

    # --- one micro-turn ---------------------------------------------------------------------------------------

    @property
    def due(self) -> int:
        """Media time (ns) at which the next micro-turn begins: the end of the slice that it takes in."""
        return self._end + self.settings.delta

    def begin(self, now: int) -> Turn:
        """Begin the micro-turn that was due; now: media time (ns). Returns its first round."""
        delta = self.settings.delta
        start, end = self._end, self._end + delta
        late = max(0, now - end)
        if late >= delta:  # overrun: one larger slice, on the same grid
            end += late // delta * delta
        self._end = end
        span = Span(start, end)
        for feeder in self._feeders:  # what a file or a simulated user costs is not the session's
            feeder.feed(end)
            self._injected.extend(feeder.notices())
        wait = Stopwatch()
        arrivals = self._crew.arrivals(end)  # on a virtual clock this waits for what is due
        self._open = _Open(span, late, waited=wait.wall_ns())
        return self._gather(span, arrivals)

    def inject(self, arrival: Arrival) -> None:
        """One more thing has arrived, from outside the session's own workers: it counts in the next micro-turn."""
        self._injected.append(arrival)

    def command(self, *commands: Command) -> None:
        """Steer the conversation: they count in the next micro-turn, after those of `inputs`."""
        self._told.extend(commands)

    def step(self, turn: Turn) -> None:
        """Do one round."""
        now = self._now()
        watch = Stopwatch()
        output = self._model.step(turn)
        now.turns.append(turn)
        now.outputs.append(output)
        self.kept.follow(output.actions)
        self._crew.submit(output.jobs, now.span.end)
        now.computed += watch.wall_ns()

    def more(self, grace: int) -> Turn | None:
        """The next round, with what has come of quick work meanwhile; None where nothing has, or there were enough.

        grace: ns of machine time that it may be waited for.
        """
        now = self._now()
        if len(now.turns) >= self.settings.rounds:
            return None
        wait = Stopwatch()
        settled = self._crew.settle(now.span.end, grace)
        arrivals = self._crew.arrivals(now.span.end) if settled else ()
        now.waited += wait.wall_ns()
        return Turn(self._index, len(now.turns), now.span, arrivals=arrivals) if arrivals else None

    def waits(self) -> bool:
        """Quick work is in hand that may still come within this micro-turn."""
        now = self._now()
        return len(now.turns) < self.settings.rounds and self._crew.quick(now.span.end)

    def end(self) -> MicroTurn:
        """No more rounds: hand out the voice, and show the whole micro-turn to all observers."""
        now = self._now()
        watch = Stopwatch()
        first = now.span.end if self._index == 0 else self._voiced
        span = Span(first, now.span.end + self.settings.delta)
        voice = self._model.voice(span)
        self._voiced = span.end
        compute = now.computed + watch.wall_ns()
        model = self._model
        timing = Timing(now.late, compute, now.waited, model.costs(), self._crew.behind(), model.sights())
        turns, outputs = tuple(now.turns), tuple(now.outputs)
        made = MicroTurn(self._index, now.span, turns, outputs, voice.tobytes(), timing, self._model.pieces)
        self._open = None
        self._index += 1
        self._show(made)
        return made

    def _now(self) -> _Open:
        assert self._open is not None, "no micro-turn has begun"
        return self._open

    def _gather(self, span: Span, arrived: tuple[Arrival, ...]) -> Turn:
        inputs = self._inputs
        arrivals: tuple[Arrival, ...] = (*self._injected, *arrived)
        self._injected.clear()
        told = tuple(self._told)
        self._told.clear()
        return Turn(
            self._index,
            0,
            span,
            mic=self._take_mic(span.end),
            camera=inputs.camera.take(span.end) if inputs.camera else (),
            screen=inputs.screen.take(span.end) if inputs.screen else (),
            keys=inputs.keys.take(span.end) if inputs.keys else (),
            arrivals=arrivals,
            commands=(*(inputs.commands.take() if inputs.commands else ()), *told),
        )

    def _take_mic(self, until: int) -> bytes:
        """The sound up to media time `until`: less when microphone or resampler lag a little, silence when a lot."""
        wanted = samples_before(until, MIC_RATE) - self._mic_taken
        mic = self._inputs.mic
        sound = mic.take(wanted) if mic is not None else np.zeros(0, np.int16)
        missing = wanted - len(sound)
        still = self._mic_still and not len(sound)  # it has been waited for once
        self._mic_still = False
        if missing and not self._waits_for(samples_at(missing, MIC_RATE), still):
            self._mic_still = True
            sound = np.concatenate([sound, np.zeros(missing, np.int16)])
            if mic is not None:
                mic.missed(missing)
        self._mic_taken += len(sound)
        return sound.astype("<i2", copy=False).tobytes()

    def _waits_for(self, missing: int, still: bool) -> bool:
        """Whether so much late sound (ns) may still come. still: silence stands in already."""
        mic = self._inputs.mic
        if mic is None or mic.finished:
            return False
        return missing <= mic.patience or not (missing > self.settings.mic_slack or still)

    def _show(self, micro_turn: MicroTurn) -> None:
        for observer in tuple(self._observers):
            try:
                observer.on_micro_turn(micro_turn)
            except Exception as error:
                self._observers.remove(observer)
                self._injected.append(Fault(type(observer).__name__, f"it failed and was left out: {error}"))
                with contextlib.suppress(Exception):  # what could not write cannot always end well either
                    observer.close()

    # --- the end ----------------------------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Every input has ended, and what it called for was said."""
        if not (self._inputs.finished and all(feeder.finished for feeder in self._feeders)):
            return False
        if self._finished_at is None:
            self._finished_at = self._end
        since = self._end - self._finished_at
        return since >= self.settings.linger or (since >= self.settings.tail and not self._model.busy)

    def close(self) -> None:
        """Close everything. Raises ExceptionGroup, after all, when something could not be."""
        problems: list[Exception] = []
        closes: list[Callable[[], None]] = [feeder.close for feeder in self._feeders]
        closes += [self._crew.close, *(observer.close for observer in self._observers)]
        for close in closes:
            try:
                close()
            except Exception as error:
                problems.append(error)
        if problems:
            raise ExceptionGroup("the session ended, but not every part of it could be closed", problems)


@dataclass(slots=True)
class _Open:
    """A micro-turn under way. late, computed, waited: ns of machine time, as in `Timing`."""

    span: Span
    late: int
    waited: int
    computed: int = 0
    turns: list[Turn] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
