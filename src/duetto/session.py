"""One conversation: a model of interaction run in micro-turns on a clock, between streams in and observers out."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from duetto.models.model import InteractionModel, MicroTurn, Observer, Output, Timing
from duetto.timeline.arrival import Arrival, Fault
from duetto.timeline.clock import Clock, Stopwatch, ms, s
from duetto.timeline.increment import Span
from duetto.timeline.turn import DELTA, MIC_RATE, Frame, Key, Samples, Turn, samples_before
from duetto.workers.crew import Crew


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """How a session passes through time."""

    delta: int = DELTA
    """Length of a micro-turn, ns of media time; 20 to 1000 ms."""
    grace: int = ms(12)
    """Machine time (ns) a micro-turn may wait for quick slow work (embedded brain and voice), so that what they give
    is still used in it."""
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


@dataclass(frozen=True, slots=True)
class Inputs:
    """The input streams of a session; None where there is none of a kind."""

    mic: MicInput | None = None
    camera: PictureInput | None = None
    screen: PictureInput | None = None
    keys: KeyInput | None = None

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
    """Runs one conversation from its first micro-turn to its last, on the calling thread.

    Live and virtual sessions differ only in their clock, and in where `inputs` come from. `stop()` may be called
    from any thread, or a signal handler. Whatever ends the session, feeders, workers and observers are closed.
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
        self._faults: list[Fault] = []
        self._finished_at: int | None = None

    def stop(self) -> None:
        """End after the present micro-turn."""
        self._stopping.set()

    def run(self) -> int:
        """Converse until `stop()`, or until every input has ended and what it called for was said.

        Returns the media time (ns) at which the session ended.
        """
        index, end, voiced = 0, 0, 0
        delta = self.settings.delta
        try:
            while not self._stopping.is_set():
                start, end = end, end + delta
                self.clock.sleep_until(end)
                late = max(0, self.clock.now() - end)
                if late >= delta:  # overrun: one larger slice, on the same grid
                    end += late // delta * delta
                voice_span = Span(voiced, end + delta) if index else Span(end, end + delta)
                self._micro_turn(index, Span(start, end), voice_span, late)
                voiced = voice_span.end
                index += 1
                if self._over(end):
                    break
        finally:
            self._close()
        return end

    # --- one micro-turn ---------------------------------------------------------------------------------------

    def _micro_turn(self, index: int, span: Span, voice_span: Span, late: int) -> None:
        for feeder in self._feeders:  # what a file or a simulated user costs is not the session's
            feeder.feed(span.end)
            self._faults.extend(feeder.notices())
        wait = Stopwatch()
        arrivals = self._crew.arrivals(span.end)  # on a virtual clock this waits for what is due
        waited = wait.wall_ns()
        watch = Stopwatch()
        settling = 0
        turns: list[Turn] = []
        outputs: list[Output] = []
        turn = self._gather(index, span, arrivals)
        while True:
            output = self._model.step(turn)
            turns.append(turn)
            outputs.append(output)
            self._crew.submit(output.jobs, span.end)
            if len(turns) >= self.settings.rounds:
                break
            wait = Stopwatch()
            settled = self._crew.settle(span.end, self.settings.grace)
            arrivals = self._crew.arrivals(span.end) if settled else ()
            waited += wait.wall_ns()
            settling += wait.wall_ns()
            if not arrivals:
                break
            turn = Turn(index, len(turns), span, arrivals=arrivals)
        voice = self._model.voice(voice_span)
        timing = Timing(late, watch.wall_ns() - settling, waited, self._model.costs(), self._crew.behind())
        self._show(MicroTurn(index, span, tuple(turns), tuple(outputs), voice.tobytes(), timing))

    def _gather(self, index: int, span: Span, arrived: tuple[Arrival, ...]) -> Turn:
        inputs = self._inputs
        arrivals: tuple[Arrival, ...] = (*self._faults, *arrived)
        self._faults.clear()
        return Turn(
            index,
            0,
            span,
            mic=self._take_mic(span.end),
            camera=inputs.camera.take(span.end) if inputs.camera else (),
            screen=inputs.screen.take(span.end) if inputs.screen else (),
            keys=inputs.keys.take(span.end) if inputs.keys else (),
            arrivals=arrivals,
        )

    def _take_mic(self, until: int) -> bytes:
        """The sound up to media time `until`: less when microphone or resampler lag a little, silence when a lot."""
        wanted = samples_before(until, MIC_RATE) - self._mic_taken
        mic = self._inputs.mic
        sound = mic.take(wanted) if mic is not None else np.zeros(0, np.int16)
        missing = wanted - len(sound)
        slack = samples_before(self.settings.mic_slack, MIC_RATE)
        if missing and (mic is None or mic.finished or missing > slack):
            sound = np.concatenate([sound, np.zeros(missing, np.int16)])
        self._mic_taken += len(sound)
        return sound.astype("<i2", copy=False).tobytes()

    def _show(self, micro_turn: MicroTurn) -> None:
        for observer in tuple(self._observers):
            try:
                observer.on_micro_turn(micro_turn)
            except Exception as error:
                self._observers.remove(observer)
                self._faults.append(Fault(type(observer).__name__, f"it failed and was left out: {error}"))
                with contextlib.suppress(Exception):  # what could not write cannot always end well either
                    observer.close()

    # --- the end ----------------------------------------------------------------------------------------------

    def _over(self, now: int) -> bool:
        if not (self._inputs.finished and all(feeder.finished for feeder in self._feeders)):
            return False
        if self._finished_at is None:
            self._finished_at = now
        since = now - self._finished_at
        return since >= self.settings.linger or (since >= self.settings.tail and not self._model.busy)

    def _close(self) -> None:
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
