"""What comes in from outside between two micro-turns: sound at any pace, pictures, keys, commands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from duetto.engine.opening import Refused
from duetto.engine.stalls import STALL_LONGEST, Stalls
from duetto.perception.audio.input import AudioInput
from duetto.timeline.arrival import Arrival, Outcome
from duetto.timeline.clock import ms
from duetto.timeline.command import Command
from duetto.timeline.stream import StreamFull
from duetto.timeline.turn import MIC_RATE, Samples, samples_at

MOST_COMMANDS: Final = 1024
"""Commands that may wait for the sound before them to be heard."""
MOST_RATES: Final = 8
"""Changes of the sound's rate that may wait to be heard."""
PATIENCE: Final = ms(480)
"""How long (ns) sound is waited for at most, on a network that has stalled about as long."""
BROKEN_OFF: Final = ms(320)
"""How long (ns) it is waited for on any network where it broke off loud: people's sounds die away."""
_BLOCK: Final = MIC_RATE // 100
_BACKLOG: Final = MIC_RATE * 60 // 1000
"""Samples that may go on waiting when time is made up."""
_LEAST_STALL: Final = MIC_RATE * 40 // 1000
"""Samples: what comes in blocks of so many comes in time."""
_TAIL: Final = MIC_RATE * 80 // 1000
_LOUD: Final = 10 ** (-40 / 20) * 32768
_QUIET: Final = 10 ** (-50 / 20) * 32768


class SoundIntake:
    """One conversation's sound: pushed at any rate, in any blocks, taken as slices of media time.

    limit_s: seconds that may wait. What a network that stalls has delivered late is heard at once: nobody listens in
    between, and silence that was not there is not heard within words. Only where a stall lasts longer than was to be
    expected, silence stands in for the sound; what comes after all is heard later then, and as much silence of the
    user's left out, so that they are not heard later and later.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._rate: int | None = None
        self._input: AudioInput | None = None
        self._before: deque[AudioInput] = deque()  # of other rates, to be heard first
        self._taken = 0
        self._lags = 0  # samples of media time that have neither come nor been stood in for
        self._gap = 0  # samples that silence stood in for since the last sound
        self._owed = 0
        self._position = 0  # as of the last time
        self._stalls = Stalls()
        self._last = np.zeros(0, np.int16)  # sound that was taken
        self.caught_up = 0
        """Samples of silence left out so far."""

    def push(self, samples: NDArray[Any], rate: int) -> None:
        """Raises Refused("flood") at the limit, ValueError for what is no sound."""
        if self._input is None or rate != self._rate:
            if len(self._before) >= MOST_RATES:
                raise Refused("flood", f"the sound that waits has changed its rate {MOST_RATES} times", "audio")
            if self._input is not None:
                self._input.close()
                self._before.append(self._input)
            self._rate, self._input = rate, AudioInput(rate, limit_s=self._limit_s)
        if samples_at(self.available, MIC_RATE) > self._limit_s * 1e9:
            raise Refused("flood", f"more than {self._limit_s:g} s of sound are waiting to be heard", "audio")
        try:
            self._input.push(samples)
        except StreamFull:
            raise Refused("flood", f"more than {self._limit_s:g} s of sound are waiting to be heard", "audio") from None

    def clear(self) -> None:
        """Throw away what is waiting."""
        self._before.clear()
        if self._input is not None:
            self._input.clear()
        self._position = self._taken

    @property
    def position(self) -> int:
        """Samples (MIC_RATE) up to the end of all that was pushed."""
        return self._taken + self.available

    @property
    def taken(self) -> int:
        """Samples (MIC_RATE) of what was pushed that have been heard."""
        return self._taken

    # --- MicInput ---------------------------------------------------------------------------------------------

    @property
    def available(self) -> int:
        return sum(part.available for part in self._before) + (self._input.available if self._input else 0)

    @property
    def finished(self) -> bool:
        return False

    @property
    def patience(self) -> int:
        """How long sound that is late is to be waited for, ns."""
        if not self._taken or self._gap:  # there is none yet, or too much time has passed already
            return 0
        longest = self._stalls.longest
        learnt = min(PATIENCE, samples_at(2 * longest, MIC_RATE)) if longest > _LEAST_STALL else 0
        loud = float(np.abs(self._last[-_TAIL:].astype(np.float32)).mean()) > _LOUD
        return max(learnt, BROKEN_OFF) if loud else learnt

    def take(self, count: int) -> Samples:
        """Up to `count` samples. Fewer mean that the sound is late; the session puts silence in for them or waits."""
        position = self.position
        if self._taken:
            self._stalls.pass_time(count - self._lags, position - self._position, max(0, self.available - count))
        self._position = position
        sound = self._read(count)
        if len(sound):
            if self._gap and samples_at(self._gap, MIC_RATE) <= STALL_LONGEST:
                self._owed += self._gap
            self._gap = 0
            self._last = sound
        if self._owed and self.available > _BACKLOG:
            sound = self._shorten(sound, count)
        self._lags = count - len(sound)
        return sound

    def missed(self, count: int) -> None:
        """Silence was put in for `count` samples."""
        self._gap += count
        self._lags -= count

    def _shorten(self, sound: Samples, count: int) -> Samples:
        """Leave out quiet blocks, as many as silence is owed."""
        kept: list[Samples] = []
        have = 0
        while len(sound):
            for first in range(0, len(sound), _BLOCK):
                block = sound[first : first + _BLOCK]
                quiet = len(block) == _BLOCK and float(np.abs(block).max()) < _QUIET
                if quiet and self._owed >= _BLOCK and self.available > _BACKLOG:
                    self._owed -= _BLOCK
                    self.caught_up += _BLOCK
                else:
                    kept.append(block)
                    have += len(block)
            sound = self._read(count - have) if have < count else sound[:0]
        return np.concatenate(kept) if kept else np.zeros(0, np.int16)

    def _read(self, count: int) -> Samples:
        parts: list[Samples] = []
        while self._before and count > 0:
            part = self._before[0].take(count)
            parts.append(part)
            count -= len(part)
            if self._before[0].finished:
                self._before.popleft()
        if self._input is not None and count > 0:
            parts.append(self._input.take(count))
        sound = np.concatenate(parts) if parts else np.zeros(0, np.int16)
        self._taken += len(sound)
        return sound


class CommandIntake:
    """Commands, and arrivals from outside, that wait until the sound given before them has been heard."""

    def __init__(self, sound: SoundIntake) -> None:
        self._sound = sound
        self._waiting: deque[tuple[int, Command | Outcome]] = deque()
        self.arrive: Callable[[Arrival], None] | None = None
        """Takes the arrivals: they count after the commands before them."""

    def push(self, *commands: Command | Outcome) -> None:
        """Raises Refused("flood") at the limit."""
        if len(self._waiting) + len(commands) > MOST_COMMANDS:
            raise Refused("flood", f"more than {MOST_COMMANDS} commands are waiting")
        self._waiting.extend((self._sound.position, command) for command in commands)

    def take(self) -> tuple[Command, ...]:
        """An arrival counts in the micro-turn after: so do the commands behind it, which may ask what comes of it."""
        found: list[Command] = []
        arrived = False
        while self._waiting and self._waiting[0][0] <= self._sound.taken:
            given = self._waiting[0][1]
            if isinstance(given, Outcome):
                arrived = True
                if self.arrive is not None:
                    self.arrive(given)
            elif arrived:
                break
            else:
                found.append(given)
            self._waiting.popleft()
        return tuple(found)

    def sound_cleared(self) -> None:
        """What was waiting to be heard is gone: nothing waits for it."""
        self._waiting = deque((min(at, self._sound.position), command) for at, command in self._waiting)
