from __future__ import annotations

import pytest

from duetto.timeline.clock import (
    VIRTUAL_EPOCH_NS,
    Deadline,
    Laps,
    Stopwatch,
    VirtualClock,
    WallClock,
    in_ms,
    in_s,
    ms,
    s,
)


def test_units_are_integer_nanoseconds() -> None:
    assert (ms(80), s(1.5), in_ms(ms(80)), in_s(s(2))) == (80_000_000, 1_500_000_000, 80.0, 2.0)


def test_a_virtual_clock_passes_only_when_told() -> None:
    clock = VirtualClock()
    assert clock.now() == 0 and not clock.realtime and clock.epoch_ns == VIRTUAL_EPOCH_NS
    clock.sleep_until(s(3600))
    assert clock.now() == s(3600)
    clock.sleep_until(s(1))
    assert clock.now() == s(3600), "it never runs backwards"
    assert clock.advance(5) == s(3600) + 5


def test_a_virtual_clock_refuses_to_run_backwards() -> None:
    with pytest.raises(ValueError, match="by"):
        VirtualClock().advance(-1)


def test_a_wall_clock_begins_at_its_first_reading() -> None:
    clock = WallClock()
    first = clock.now()
    clock.sleep_until(first)
    assert clock.realtime and 0 <= first <= clock.now() and clock.epoch_ns > VIRTUAL_EPOCH_NS // 2


@pytest.mark.wallclock
def test_a_wall_clock_sleeps_until_the_moment() -> None:
    clock = WallClock()
    clock.start()
    clock.sleep_until(ms(5))
    assert clock.now() >= ms(5)


def test_stopwatch_and_deadline() -> None:
    watch, deadline = Stopwatch(), Deadline(0.0)
    assert watch.wall_ns() >= 0
    assert deadline.passed() and deadline.left() == 0.0
    assert not Deadline(60).passed()


def test_laps_add_up_by_part_and_are_taken_once() -> None:
    laps = Laps()
    laps.start()
    for part in ("audio", "speech", "audio"):
        laps.lap(part)
    taken = laps.take()
    assert list(taken) == ["audio", "speech"] and all(spent >= 0 for spent in taken.values())
    assert laps.take() == {}
