"""What comes in from outside between two micro-turns: sound at any pace, pictures, keys, commands."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from duetto.engine.opening import Refused
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
STALL_LONGEST: Final = ms(1000)
"""A gap in the sound up to this long (ns) is a stall of the network, and what was put in its place is taken out again
where the user is silent; a longer one is a pause of the client's."""
_BLOCK: Final = MIC_RATE // 100
_BACKLOG: Final = MIC_RATE * 60 // 1000
_MOST_KEPT: Final = MIC_RATE * 400 // 1000
"""Samples that are kept waiting at most, where a network stalls again and again."""
_WINDOW: Final = MIC_RATE * 5
"""Samples within which a further stall means that more will come; what was not needed in so many is kept no more."""
_QUIET: Final = 10 ** (-50 / 20) * 32768


class SoundIntake:
    """One conversation's sound: pushed at any rate, in any blocks, taken as slices of media time.

    limit_s: seconds that may wait. A network that stalls delivers late what silence has stood in for: it is caught up
    with by leaving out as much silence, so that the user is not heard later and later. Where it stalls again and again,
    as much as the stalls are long is kept waiting (0.4 s at most), so that they do not cut into words.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._rate: int | None = None
        self._input: AudioInput | None = None
        self._before: deque[AudioInput] = deque()  # of other rates, to be heard first
        self._taken = 0
        self._gap = 0  # samples that silence stood in for since the last sound
        self._owed = 0
        self._kept = _BACKLOG
        self._least = _MOST_KEPT  # samples that waited in this window, at the least
        self._window = 0
        self._stalled: int | None = None  # samples taken since the latest stall
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

    def take(self, count: int) -> Samples:
        """Up to `count` samples. Fewer mean that the sound is late; the session puts silence in for them or waits."""
        begun = self._taken > 0
        sound = self._read(count)
        if len(sound):
            if self._gap and samples_at(self._gap, MIC_RATE) <= STALL_LONGEST:
                self._owed += self._gap
                if begun:
                    self._stall()
            self._gap = 0
        if self._owed and self.available > self._kept:
            sound = self._shorten(sound, count)
        self._watch(count)
        return sound

    def _stall(self) -> None:
        """One is over. The first is taken for the only one."""
        if self._stalled is not None and self._stalled < _WINDOW:
            self._kept = min(_MOST_KEPT, self._kept + self._gap)
            self._least, self._window = _MOST_KEPT, 0
        self._stalled = 0

    def _watch(self, count: int) -> None:
        """What has not been needed for a while need not be kept."""
        if self._stalled is not None:
            self._stalled += count
        self._least = min(self._least, self.available)
        self._window += count
        if self._window >= _WINDOW:
            self._kept = max(_BACKLOG, self._kept - self._least)
            self._least, self._window = _MOST_KEPT, 0

    def missed(self, count: int) -> None:
        """Silence was put in for `count` samples."""
        self._gap += count

    def _shorten(self, sound: Samples, count: int) -> Samples:
        """Leave out quiet blocks, as many as silence is owed."""
        kept: list[Samples] = []
        have = 0
        while len(sound):
            for first in range(0, len(sound), _BLOCK):
                block = sound[first : first + _BLOCK]
                quiet = len(block) == _BLOCK and float(np.abs(block).max()) < _QUIET
                if quiet and self._owed >= _BLOCK and self.available > self._kept:
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
