"""Steady: whatever the network does, sound keeps the sender's time."""

import heapq
import random
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from duetto.server.rtc.conceal import Concealer
from duetto.server.rtc.decimate import Decimator
from duetto.server.rtc.jitter import Steady, SteadySettings
from duetto.timeline.clock import ms, s

RATE = 48000
FRAME = 960
TICK = ms(20)


class Plain:
    """Packets that are samples; nothing tells what was lost."""

    def __call__(self, packet: bytes) -> np.ndarray:
        return np.frombuffer(packet, np.int16)

    def before(self, packet: bytes, count: int) -> np.ndarray | None:
        return None


class Telling(Plain):
    """Each packet tells what was in the one before it."""

    def before(self, packet: bytes, count: int) -> np.ndarray | None:
        told = np.full(FRAME, np.frombuffer(packet, np.int16)[0] - 1, np.int16)
        return told if count == FRAME else None


decode = Plain()


def frame(number: int, length: int = FRAME) -> bytes:
    """A frame of one value that says which it is."""
    return np.full(length, 1 + number % 30000, np.int16).tobytes()


@dataclass
class Line:
    """A sender, a network and a receiver on one made-up clock."""

    frames: int
    first_timestamp: int = 0
    ppm: float = 0.0
    loss: float = 0.0
    jitter_ms: float = 0.0
    twice: float = 0.0
    gaps: tuple[tuple[int, int], ...] = ()
    """Frames (from, to) that are not sent: DTX."""
    seed: int = 0
    lost: set[int] = field(default_factory=set)

    def run(self, steady: Steady) -> np.ndarray:
        chance = random.Random(self.seed)
        arrivals: list[tuple[int, int, int]] = []
        last = self.frames - 1
        for number in range(self.frames):
            dtx = any(a <= number < b for a, b in self.gaps)
            # The first fixes where the stream begins, the last where it ends.
            if number not in (0, last) and (dtx or chance.random() < self.loss):
                self.lost.add(number)
                continue
            sent = round(s(100) + number * ms(20) * (1 - self.ppm / 1e6))
            for copy in range(1 + (chance.random() < self.twice)):
                wait = 0 if number in (0, last) else ms(chance.uniform(0, self.jitter_ms))
                heapq.heappush(arrivals, (sent + wait, number, copy))
        now, out = s(100), []
        while steady.out < self.frames * FRAME and now < s(100) + self.frames * ms(21) + s(3):
            while arrivals and arrivals[0][0] <= now:
                at, number, _ = heapq.heappop(arrivals)
                steady.put((self.first_timestamp + number * FRAME) % (1 << 32), frame(number), FRAME, at)
            out.append(steady.take(now))
            assert steady.held <= 110
            now += TICK
        return np.concatenate(out)

    def true_frames(self, out: np.ndarray) -> list[bool]:
        """For each frame: is its middle, at its own place, its own sound?"""
        return [out[n * FRAME + FRAME // 2] == 1 + n % 30000 for n in range(min(self.frames, len(out) // FRAME))]


def test_a_clean_stream_passes_unchanged() -> None:
    line, steady = Line(200), Steady(decode)
    out = line.run(steady)
    assert np.array_equal(out[: 200 * FRAME], np.concatenate([decode(frame(n)) for n in range(200)]))
    assert (steady.concealed, steady.late) == (len(out) - 200 * FRAME, 0)
    assert steady.delay_ms <= 61


@settings(max_examples=60, deadline=None)
@given(
    first=st.one_of(st.integers(0, (1 << 32) - 1), st.just((1 << 32) - 5000)),
    ppm=st.floats(-200, 200),
    loss=st.floats(0, 0.05),
    jitter=st.floats(0, 200),
    twice=st.floats(0, 0.1),
    gap=st.tuples(st.integers(20, 150), st.integers(0, 90)),
    seed=st.integers(0, 1 << 30),
)
def test_time_is_kept(first, ppm, loss, jitter, twice, gap, seed) -> None:
    """Each sample stands where the sender's clock says; what is not true sound was lost or late, and counted."""
    line = Line(400, first, ppm, loss, jitter, twice, ((gap[0], gap[0] + gap[1]),), seed)
    steady = Steady(decode)
    out = line.run(steady)
    true = line.true_frames(out)
    assert len(true) == 400
    missing = {n for n, good in enumerate(true) if not good}
    assert line.lost <= missing
    # No copy of a frame that was in time may be missing; a late copy of one that was not lost is counted as late.
    assert len(missing - line.lost) <= steady.late
    assert len(missing - line.lost) <= 0.06 * 400
    assert steady.delay_ms <= 400
    assert steady.strange == steady.broken == 0


def test_as_much_sound_as_time_at_every_moment() -> None:
    steady, chance, now = Steady(decode), random.Random(3), 0
    for number in range(1500):
        now = number * TICK
        if chance.random() > 0.05:
            steady.put(number * FRAME, frame(number), FRAME, now)
        steady.take(now)
        assert 0 <= number * FRAME - steady.out <= RATE * 0.085


def test_200_ms_of_jitter_loses_next_to_nothing() -> None:
    line, steady = Line(1500, loss=0.05, jitter_ms=200, seed=1), Steady(decode)
    true = line.true_frames(line.run(steady))
    missing = sum(not good for good in true[100:]) - sum(n >= 100 for n in line.lost)
    assert missing <= 0.02 * 1400
    assert 180 <= steady.delay_ms <= 260


def test_what_was_lost_is_told_by_the_packet_after_it() -> None:
    line, steady = Line(1500, loss=0.05, jitter_ms=100, seed=1), Steady(Telling())
    true = line.true_frames(line.run(steady))
    alone = {number for number in line.lost if not {number - 1, number + 1} & line.lost}
    assert len(alone) > 50
    restored = sum(true[number] for number in alone)
    assert restored >= 0.95 * len(alone)
    assert restored * FRAME <= steady.restored <= (len(line.lost) + steady.late) * FRAME


def test_a_packet_that_comes_after_it_was_told_is_left_out() -> None:
    steady = Steady(Telling(), SteadySettings(first_ms=20, least_ms=0))
    for number in range(60):
        now = number * TICK
        if number != 50:
            steady.put(number * FRAME, frame(number), FRAME, now)
        steady.take(now)
    for part in range(20):  # the delay holds back 20 ms: 50 was heard while 51 was there
        now = 59 * TICK + part * TICK // 20
        if part == 10:
            steady.put(50 * FRAME, frame(50), FRAME, now)
        steady.take(now)
    assert steady.restored == FRAME and steady.late == 1 and steady.held <= 1


def test_the_delay_shrinks_again() -> None:
    steady = Steady(decode, SteadySettings(window=100))
    for number in range(300):
        wait = ms(150) if number < 100 and number % 3 else 0
        steady.put(number * FRAME, frame(number), FRAME, number * TICK + wait)
        steady.take(number * TICK)
        if number == 100:
            most = steady.delay_ms
    for number in range(300, 900):
        steady.put(number * FRAME, frame(number), FRAME, number * TICK)
        steady.take(number * TICK)
    assert most > 150
    assert steady.delay_ms < 25


def test_an_hour_of_a_slow_clock_drifts_by_nothing() -> None:
    steady = Steady(decode)
    tick = round(TICK * (1 + 200e-6))
    for number in range(0, 180_000, 50):
        now = number * tick
        steady.put(number * FRAME % (1 << 32), b"", FRAME * 50, now)
        steady.take(now)
    assert abs(number * FRAME - steady.out) < RATE * 0.1
    assert steady.late == steady.strange == 0


def test_a_burst_after_a_pause_of_the_network() -> None:
    steady, out = Steady(decode), []
    for number in range(300):
        now = number * TICK
        if not 100 <= number < 125:
            steady.put(number * FRAME, frame(number), FRAME, now)
        if number == 125:
            for late in range(100, 125):
                steady.put(late * FRAME, frame(late), FRAME, now)
        out.append(steady.take(now))
    sound = np.concatenate(out)
    good = [sound[n * FRAME + 480] == n + 1 for n in range(len(sound) // FRAME)]
    assert all(good[:100]) and all(good[125:])
    assert len(sound) > 290 * FRAME - RATE * 0.4
    assert steady.late > 0


def test_another_time_is_believed_when_it_lasts() -> None:
    """The timestamps jump (another source): the stream goes on, as long as the time that really passed."""
    steady = Steady(decode)
    for number in range(200):
        jump = 1_000_000_000 if number >= 100 else 0
        steady.put(jump + number * FRAME, frame(number), FRAME, number * TICK)
        steady.take(number * TICK)
    assert 199 * FRAME - steady.out < RATE * 0.1
    assert 5 <= steady.strange <= 8
    before = steady.concealed
    for number in range(200, 250):
        steady.put(1_000_000_000 + number * FRAME, frame(number), FRAME, number * TICK)
        assert (steady.take(number * TICK) > 0).all()
    assert steady.concealed == before


def test_a_single_wild_packet_changes_nothing() -> None:
    steady = Steady(decode)
    for number in range(100):
        steady.put(number * FRAME, frame(number), FRAME, number * TICK)
        if number == 50:
            steady.put(5 * 48000 + 12345, frame(7777), FRAME, number * TICK)
        steady.take(number * TICK)
    assert steady.strange == 1 and steady.concealed == 0


def test_what_is_held_is_bounded() -> None:
    steady = Steady(decode)
    steady.put(0, frame(0), FRAME, 0)
    for place in range(1, 5000):
        steady.put(place * 7, frame(1), FRAME, 0)
    assert steady.held <= 1024
    assert steady.broken > 0


def test_a_stream_that_stops_goes_on_as_silence() -> None:
    steady = Steady(decode)
    for number in range(50):
        steady.put(number * FRAME, frame(9000), FRAME, number * TICK)
        steady.take(number * TICK)
    out = np.concatenate([steady.take(number * TICK) for number in range(50, 150)])
    assert abs(len(out) - 100 * FRAME) <= 480
    assert not out[RATE // 2 :].any()


def test_packets_that_cannot_be_decoded_are_concealed() -> None:
    class Broken(Plain):
        def __call__(self, packet: bytes) -> np.ndarray:
            raise ValueError("no")

    steady = Steady(Broken())
    for number in range(50):
        steady.put(number * FRAME, b"x", FRAME, number * TICK)
        steady.take(number * TICK)
    assert steady.broken > 40 and steady.out > 45 * FRAME


def test_concealment_goes_on_in_pitch_and_fades() -> None:
    time = np.arange(RATE // 10) / RATE
    tone = np.rint(8000 * np.sin(2 * np.pi * 150 * time)).astype(np.int16)
    conceal = Concealer(RATE)
    conceal.sound(tone)
    made_up = np.concatenate([conceal.missing(FRAME) for _ in range(5)])
    true = 8000 * np.sin(2 * np.pi * 150 * (len(tone) + np.arange(FRAME)) / RATE)
    similarity = np.corrcoef(made_up[:FRAME], true)[0, 1]
    assert similarity > 0.98
    assert abs(int(made_up[0]) - int(tone[-1])) < 400
    assert not made_up[RATE * 60 // 1000 :].any()
    joined = conceal.sound(tone)
    assert np.array_equal(joined[200:], tone[200:])


def test_silence_is_concealed_by_silence() -> None:
    conceal = Concealer(RATE)
    assert not conceal.missing(FRAME).any()
    conceal.sound(np.zeros(FRAME, np.int16))
    assert not conceal.missing(FRAME).any()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=10))
def test_decimation_is_exact_in_length_and_seamless(blocks) -> None:
    sound = np.random.default_rng(1).integers(-20000, 20000, sum(blocks) * 3).astype(np.int16)
    decimate, parts, at = Decimator(), [], 0
    for block in blocks:
        parts.append(decimate(sound[at : at + block * 3]))
        at += block * 3
    assert np.array_equal(np.concatenate(parts), Decimator()(sound))
    assert sum(map(len, parts)) == sum(blocks)


def test_decimation_keeps_speech_and_stops_the_rest() -> None:
    time = np.arange(RATE) / RATE

    def power(hertz: float) -> float:
        out = Decimator()(np.rint(10000 * np.sin(2 * np.pi * hertz * time)).astype(np.int16))[100:]
        return 20 * np.log10(out.std() / (10000 / 2**0.5) + 1e-9)

    assert all(abs(power(hertz)) < 0.2 for hertz in (100, 1000, 3000, 5500))
    assert all(power(hertz) < -45 for hertz in (9000, 12000, 20000))
