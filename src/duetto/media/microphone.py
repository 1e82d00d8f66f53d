"""The machine's microphone."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Final, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from duetto.media.audio_file import MakeSoundInput, SoundInput
from duetto.media.portaudio import find_device, sound_system, start
from duetto.media.problem import MediaError, Notices
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import NS_PER_S, Stopwatch, ms, s
from duetto.timeline.stream import StreamFull
from duetto.timeline.turn import MIC_RATE, samples_before

BLOCK_MS: Final = 10
"""Length of the blocks asked of the device, in ms."""
WARM: Final = 100
"""Blocks kept from before the session began, of which the first micro-turn takes its part."""
AHEAD: Final = ms(120)
"""Sound (ns) that may wait beyond a micro-turn's own; from there on quiet blocks are left out."""
QUIET: Final = 150
"""Peak of a block (int16) that may be left out: -47 dB of full scale."""


class LiveSoundInput(SoundInput, Protocol):
    """An input that tells how many samples (MIC_RATE) wait in it."""

    @property
    def available(self) -> int: ...


In = TypeVar("In", bound=LiveSoundInput)


class MicrophoneFeeder(Generic[In]):
    """Feeds the microphone into an input, from a thread of PortAudio's.

    The first `feed` is the moment from which sound counts. The microphone's clock may run a little faster than the
    machine's: what piles up is left out where it is quiet. device: number or name, None for the default one. stall:
    ns of machine time without sound after which a notice says so. Raises MediaError when there is no microphone.
    """

    def __init__(
        self,
        make_input: MakeSoundInput[In],
        device: int | str | None = None,
        *,
        stall: int = s(2.0),
        system: Any = None,
    ) -> None:
        self._system = system if system is not None else sound_system("microphone")
        found = find_device(self._system, "input", device)
        self.name: str = found["name"]
        self.rate = round(found["default_samplerate"])
        if self.rate <= 0:
            raise MediaError("microphone", "sample rate", f"{self.name} gives it as {self.rate} Hz")
        self.input: In = make_input(self.rate, channels=1, name="mic")
        self._notices = Notices("mic")
        self._stall = stall
        self._lock = threading.Lock()
        self._warm: deque[NDArray[np.int16]] = deque(maxlen=WARM)
        self._live = False
        self._until = 0
        self._surplus = 0
        self._since = Stopwatch()
        self._stalled = False
        self._lost = 0
        self._tell_at = 1
        self._finished = False
        self._stream = start(
            self._system.InputStream,
            "microphone",
            self._system,
            samplerate=self.rate,
            blocksize=self.rate * BLOCK_MS // 1000,
            device=device,
            channels=1,
            dtype="int16",
            latency="low",
            callback=self._on_block,
            finished_callback=self._on_finished,
        )

    def feed(self, until: int) -> None:
        """Nothing, but the first time: what was recorded just before becomes the first micro-turn's sound."""
        with self._lock:
            waiting = self.input.available * NS_PER_S // MIC_RATE
            self._surplus = waiting - (until - self._until)
            self._until = until
            if self._live or self._finished:
                return
            self._live = True
            if self._warm:
                before = np.concatenate(self._warm)
                self._push(before[-samples_before(until, self.rate) :])
                self._warm.clear()

    def _on_block(self, block: NDArray[np.int16], _frames: int, _time: Any, status: Any) -> None:
        with self._lock:
            self._since = Stopwatch()
            self._lost += bool(status)
            if not self._live:
                self._warm.append(block.copy())
            elif self._surplus > AHEAD and np.abs(block.astype(np.int32)).max(initial=0) < QUIET:
                self._surplus -= len(block) * NS_PER_S // self.rate
            else:
                self._push(block.copy())

    def _push(self, block: NDArray[np.int16]) -> None:
        if self._finished:
            return
        try:
            self.input.push(block)
        except StreamFull:
            self._lost += 1

    def _on_finished(self) -> None:
        """PortAudio's word that the stream has stopped: the device is gone, unless it was closed here."""
        with self._lock:
            if not self._finished:
                self._finished = True
                self._notices.add(f"the microphone {self.name} has gone; there is no sound from now on")
                self.input.close()

    @property
    def finished(self) -> bool:
        """The device is gone, or was closed."""
        return self._finished

    def notices(self) -> tuple[Fault, ...]:
        """Problems since the last call: silence of the device, its return, blocks lost."""
        with self._lock:
            stalled = not self._finished and self._since.wall_ns() > self._stall
            if stalled != self._stalled and not self._finished:
                self._stalled = stalled
                text = "gives no sound" if stalled else "gives sound again"
                self._notices.add(f"the microphone {self.name} {text}", working=not stalled)
            if self._lost >= self._tell_at:
                self._tell_at = 2 * self._lost  # told at 1, 2, 4, 8, … so that a bad device is no flood
                self._notices.add(f"the microphone {self.name} lost sound {self._lost} times; the machine is too busy")
        return self._notices.fetch()

    def close(self) -> None:
        """Stop listening."""
        with self._lock:
            closed, self._finished = self._finished, True
        if not closed:
            self.input.close()
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)
