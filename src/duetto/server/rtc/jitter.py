"""Packets that come late, twice, in bursts, out of order or not at all, to sound that keeps the sender's time.

Each packet says at which moment of the sender's clock it is heard (its RTP timestamp). `Steady` plays them at those
moments, a delay later that it fits to what the network does: most packets have come by then. What has not is restored
from the packet after it, where that tells, or made up, and ignored when it comes after all. So as much sound goes out
as time has passed at the sender, whatever was lost on the way. No sockets and no clock in here; the caller says what
time it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np

from duetto.server.rtc.conceal import Concealer
from duetto.server.rtc.peer import Sound
from duetto.timeline.clock import NS_PER_S

NEARLY_ALL: Final = 0.97
"""Share of the packets that shall have come when their moment is played."""
STRANGERS: Final = 3
"""Packets far from where they should be, alike among themselves, before they are believed."""
STRANGE_MS: Final = 100
"""The time such packets must span: a burst of late ones does not last."""
ALIKE_MS: Final = 250
"""By how much the delay of such packets may differ."""
STEP: Final = 5
"""The delay is worked out anew after so many packets."""


class Decoder(Protocol):
    """Packets in their order to int16 (n,) at the rate, and what they tell of one that is missing."""

    def __call__(self, packet: bytes) -> Sound:
        """Raises ValueError for a packet that cannot be decoded: it counts as lost."""
        ...

    def before(self, packet: bytes, count: int) -> Sound | None:
        """The `count` samples missing before this packet, the next to be decoded; None if it tells nothing of them."""
        ...


@dataclass(frozen=True, slots=True)
class SteadySettings:
    """How long packets are waited for."""

    rate: int = 48000
    """Ticks of RTP timestamps per second, and samples."""
    block_ms: int = 10
    """Sound goes out in multiples of this."""
    least_ms: int = 20
    """Kept on top of the delay that nearly all packets need."""
    first_ms: int = 60
    """Delay while little is known of the network."""
    most_ms: int = 400
    """Delay at most, beyond that of the fastest packet."""
    window: int = 250
    """Packets that the delay is worked out from: 5 s at 20 ms each. So long a single hiccup is paid for."""
    known: int = 100
    """Packets after which `first_ms` no longer counts."""
    catch_up: float = 0.1
    """When less delay is enough, sound goes out faster by this share. Nobody hears it: who listens counts samples."""
    far_ms: int = 2000
    """A packet further than this from the moment played is not of this stream's time."""
    most_held: int = 1024
    """Packets that may wait; more are not kept. `far_ms` of packets of 2.5 ms are 800."""


def _signed(ticks: int) -> int:
    """A difference of 32-bit timestamps as a number that may be negative."""
    return (ticks + (1 << 31)) % (1 << 32) - (1 << 31)


@dataclass(slots=True)
class _Stranger:
    """Packets that claim another time than this stream's. timestamp, now: of the first. count: of them."""

    timestamp: int
    now: int
    count: int


class Steady:
    """One stream. `put` what comes, `take` what is due."""

    def __init__(self, decode: Decoder, settings: SteadySettings | None = None) -> None:
        self._settings = settings = settings or SteadySettings()
        self._decode = decode
        self._conceal = Concealer(settings.rate)
        self._block = settings.rate * settings.block_ms // 1000
        self._anchor: tuple[int, int] | None = None
        """A timestamp and its place: samples since the stream began."""
        self._places: list[int] = []
        self._packets: list[tuple[bytes, int]] = []
        """What is held, in the order of `_places`: packet and length."""
        self._rest: Sound = np.zeros(0, np.int16)
        """Decoded, not played yet; it goes on at `_out`."""
        self._out = 0
        self._waits: deque[float] = deque(maxlen=settings.window)
        """Of the last packets: samples from their place to their arrival, on a scale of our own clock."""
        self._offset = 0.0
        """The place played at moment `now` is now - _offset."""
        self._target = 0.0
        self._moved = 0
        self._strange: _Stranger | None = None
        self.received = 0
        """Packets that came."""
        self.late = 0
        """Packets that came when their moment had begun or passed."""
        self.duplicate = 0
        self.strange = 0
        """Packets of another time."""
        self.concealed = 0
        """Samples made up."""
        self.restored = 0
        """Samples of lost packets that the packets after them told."""
        self.broken = 0
        """Packets that could not be decoded, or not be kept."""

    @property
    def out(self) -> int:
        """Samples that have gone out."""
        return self._out

    @property
    def held(self) -> int:
        """Packets that wait for their moment."""
        return len(self._places)

    @property
    def delay_ms(self) -> float:
        """How long sound is held back now, beyond what the fastest packet took."""
        return (self._offset - min(self._waits)) * 1000 / self._settings.rate if self._waits else 0.0

    def put(self, timestamp: int, packet: bytes, length: int, now: int) -> None:
        """A packet has come. timestamp: 32 bits. length: its samples. now: ns, never less than before."""
        self.received += 1
        if self._anchor is None:
            self._anchor = (timestamp, 0)
            self._waits.append(self._ticks(now))
            self._retarget()
            self._offset, self._moved = self._target, now
        anchor, anchored = self._anchor
        place = anchored + _signed(timestamp - anchor)
        if abs(place - self._due(now)) > self._settings.rate * self._settings.far_ms // 1000:
            self.strange += 1
            if not self._believed(timestamp, now):
                return
            # A new time (another source, or a clock that was set): it goes on where ours stands.
            place = round(self._ticks(now) - min(self._waits))
        self._strange = None
        self._anchor = (timestamp, place)
        self._waits.append(self._ticks(now) - place)
        late = place < self._out
        if late or self.received % STEP == 0 or len(self._waits) < STEP:
            self._retarget()
        if late:
            self.late += 1
        if place + length <= self._out:
            return
        at = bisect_left(self._places, place)
        if at < len(self._places) and self._places[at] == place:
            self.duplicate += 1
            return
        if len(self._places) >= self._settings.most_held:
            self.broken += 1
            return
        self._places.insert(at, place)
        self._packets.insert(at, (packet, length))

    def take(self, now: int) -> Sound:
        """The sound due at `now` (ns) that has not been taken: int16 (n,), n a multiple of 10 ms, up to a second."""
        if self._anchor is None:
            return self._rest
        self._move(now)
        count = max(0, min(self._due(now) - self._out, self._settings.rate)) // self._block * self._block
        end = self._out + count
        parts: list[Sound] = []
        while self._out < end:
            part = self._next(end - self._out)
            self._out += len(part)
            parts.append(part)
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    def _ticks(self, now: int) -> float:
        return now * self._settings.rate / NS_PER_S

    def _due(self, now: int) -> int:
        return int(self._ticks(now) - self._offset)

    def _next(self, most: int) -> Sound:
        """Some of the next samples, 1 to `most`."""
        while not len(self._rest):
            if not self._places or self._places[0] > self._out:
                self._rest = self._instead(most)
            else:
                self._unpack()
        part, self._rest = self._rest[:most], self._rest[most:]
        return part

    def _instead(self, most: int) -> Sound:
        """In place of what is missing now: all of it, if the packet after it tells what it was, else `most` at most."""
        if self._places:
            gap = self._places[0] - self._out
            if (told := self._decode.before(self._packets[0][0], gap)) is not None:
                self.restored += len(told)
                return self._conceal.sound(told)
            most = min(most, gap)
        self.concealed += most
        return self._conceal.missing(most)

    def _unpack(self) -> None:
        """Decode the first packet held; `_rest` is what of it has not been passed."""
        place = self._places.pop(0)
        packet, length = self._packets.pop(0)
        if place + length <= self._out:
            return
        try:
            sound = self._decode(packet)[:length]
        except ValueError:
            self.broken += 1
            return
        left = sound[max(0, self._out - place) :]
        if len(left):
            self._rest = self._conceal.sound(left)

    def _retarget(self) -> None:
        """Work out the offset that nearly all of the last packets kept."""
        settings, waits = self._settings, np.fromiter(self._waits, np.float64)
        ms = settings.rate / 1000
        fastest = float(waits.min())
        rank = int(NEARLY_ALL * (len(waits) - 1))
        wanted = float(np.partition(waits, rank)[rank]) + settings.least_ms * ms
        if len(waits) < settings.known:
            wanted = max(wanted, fastest + settings.first_ms * ms)
        self._target = min(wanted, fastest + settings.most_ms * ms)

    def _move(self, now: int) -> None:
        """More delay counts at once, less little by little."""
        step = self._settings.catch_up * self._ticks(now - self._moved)
        self._moved = now
        self._offset = max(self._target, self._offset - step)

    def _believed(self, timestamp: int, now: int) -> bool:
        """Whether this and the strange packets before it are the stream's new time."""
        first = self._strange
        if first is not None:
            apart = self._ticks(now - first.now) - _signed(timestamp - first.timestamp)
            if abs(apart) <= self._settings.rate * ALIKE_MS / 1000:
                first.count += 1
                return first.count >= STRANGERS and (now - first.now) * 1000 >= STRANGE_MS * NS_PER_S
        self._strange = _Stranger(timestamp, now, 1)
        return False
