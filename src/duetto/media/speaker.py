"""The machine's loudspeaker."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from duetto.media.portaudio import find_device, sound_system, start
from duetto.media.problem import Notices
from duetto.media.voice_buffer import VoiceBuffer
from duetto.models.model import MicroTurn
from duetto.perception.audio.resampler import Resampler
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.turn import VOICE_RATE


class SpeakerObserver:
    """Observes a session and plays its voice, from a thread of PortAudio's.

    Given to a session as a feeder too, it tells its problems there (a feeder of nothing: it is always finished).
    device: number or name, None for the default one. margin_ms: silence before the first sound, against jitter; the
    voice is heard that much later than the session believes. Raises MediaError when there is no loudspeaker.
    """

    def __init__(self, device: int | str | None = None, *, margin_ms: int = 60, system: Any = None) -> None:
        self._system = system if system is not None else sound_system("speaker")
        found = find_device(self._system, "output", device)
        self.name: str = found["name"]
        self.rate = self._rate(device, found)
        self._resampler = Resampler(VOICE_RATE, self.rate)
        self.buffer = VoiceBuffer(self.rate, margin_ms=margin_ms)
        self._notices = Notices("speaker")
        self._tell_at = 1
        self._closed = False
        self._stream = start(
            self._system.OutputStream,
            "speaker",
            self._system,
            samplerate=self.rate,
            device=device,
            channels=1,
            dtype="int16",
            latency="low",
            callback=self._on_ask,
            finished_callback=self._on_finished,
        )

    def _rate(self, device: int | str | None, found: dict[str, Any]) -> int:
        """The voice's own rate if the device takes it, else the device's."""
        try:
            self._system.check_output_settings(device=device, channels=1, dtype="int16", samplerate=VOICE_RATE)
        except (ValueError, self._system.PortAudioError):
            return int(found["default_samplerate"])
        return VOICE_RATE

    @property
    def delay(self) -> int:
        """How long after its time the voice is heard, in ns: what waits in the buffer and in the device."""
        return int((len(self.buffer) / self.rate + float(self._stream.latency)) * NS_PER_S)

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        voice = np.frombuffer(micro_turn.voice, dtype="<i2")
        self.buffer.write(voice if self.rate == VOICE_RATE else self._resampler.push(voice))

    def _on_ask(self, out: NDArray[np.int16], frames: int, _time: Any, _status: Any) -> None:
        out[:, 0] = self.buffer.read(frames)

    def _on_finished(self) -> None:
        if not self._closed:
            self._notices.add(f"the speaker {self.name} has gone; nothing can be heard from now on")

    def feed(self, until: int) -> None:
        """Nothing."""

    @property
    def finished(self) -> bool:
        """Always: it feeds nothing."""
        return True

    def notices(self) -> tuple[Fault, ...]:
        """Problems since the last call: underruns, at 1, 2, 4, 8, … of them."""
        count = self.buffer.underruns
        if count >= self._tell_at and not self._closed:
            self._tell_at = 2 * count
            self._notices.add(f"the speaker {self.name} ran out of sound {count} times; the machine is too busy")
        return self._notices.fetch()

    def close(self) -> None:
        """Fall silent."""
        if not self._closed:
            self._closed = True
            self._stream.abort(ignore_errors=True)
            self._stream.close(ignore_errors=True)
