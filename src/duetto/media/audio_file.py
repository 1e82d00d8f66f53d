"""A sound file as a microphone."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from duetto.media.audio_source import open_audio
from duetto.media.problem import MediaError, Notices
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import ms
from duetto.timeline.turn import samples_at, samples_before

LEAD: Final = ms(200)
"""How far ahead of its time (ns) sound is pushed: resampling holds some back (up to 100 ms of 8 kHz), and the slice
that is taken is to be whole. Below 8 kHz in proportion more."""
BLOCK: Final = 4096
"""Sample frames read at a time: what a damaged spot can cost at most, and all that is in memory."""


class SoundInput(Protocol):
    """What a sound is pushed into, as perception's `AudioInput`."""

    def push(self, samples: NDArray[np.int16] | NDArray[np.float32], /) -> object: ...

    def close(self) -> None: ...


In = TypeVar("In", bound=SoundInput)
In_co = TypeVar("In_co", bound=SoundInput, covariant=True)


class MakeSoundInput(Protocol[In_co]):
    """Makes an input for sound of this rate (samples per second) and number of channels."""

    def __call__(self, rate: int, channels: int = ..., *, name: str = ...) -> In_co: ...


class AudioFileFeeder(Generic[In]):
    """Feeds the sound of a file into an input at the pace of media time, a block at a time.

    Reads whatever libsndfile or FFmpeg reads, the sound track of a video too. Raises MediaError when the file cannot
    be used. A file that is damaged or cut off later is used up to there, and a notice says so.
    """

    def __init__(self, path: str | Path, make_input: MakeSoundInput[In], *, name: str = "mic") -> None:
        self.path = Path(path)
        self._source = open_audio(path)
        self.rate = self._source.rate
        self.channels = self._source.channels
        try:
            self.input: In = make_input(self.rate, channels=self.channels, name=name)
        except ValueError as error:
            self._source.close()
            raise MediaError(path, "sound", str(error)) from None
        self._lead = LEAD * max(8000, self.rate) // self.rate
        self._notices = Notices(name)
        self._pushed = 0
        self._finished = False

    @property
    def duration(self) -> int | None:
        """Length in ns by the file's header, None where it does not say."""
        return None if self._source.frames is None else samples_at(self._source.frames, self.rate)

    def feed(self, until: int) -> None:
        """Push the samples that begin before media time `until` (ns), or soon after. At the end, close the input."""
        while not self._finished and (wanted := samples_before(until + self._lead, self.rate) - self._pushed) > 0:
            block = self._source.read(min(wanted, BLOCK))
            if not len(block):
                self._end()
                return
            self.input.push(block)
            self._pushed += len(block)

    def _end(self) -> None:
        self._finished = True
        if self._source.problem:
            used = self._pushed / self.rate
            self._notices.add(f"{self.path.name}: {self._source.problem}; its sound up to {used:.2f} s was used")
        self._source.close()
        self.input.close()

    @property
    def finished(self) -> bool:
        """All of the file has been pushed."""
        return self._finished

    def notices(self) -> tuple[Fault, ...]:
        """Problems since the last call."""
        return self._notices.fetch()

    def close(self) -> None:
        """Give up the file, wherever it stands."""
        if not self._finished:
            self._finished = True
            self._source.close()
            self.input.close()
