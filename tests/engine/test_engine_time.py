"""When an engine's conversations have their slices."""

from __future__ import annotations

from duetto.timeline.clock import VirtualClock, in_ms, ms


class HandClock(VirtualClock):
    """Passes when told, and counts as one that passes by itself."""

    @property
    def realtime(self) -> bool:
        return True


def test_a_timer_that_goes_off_a_little_early_makes_no_conversation_wait_for_the_next_tick(hall) -> None:
    house = hall("")
    engine = house.engine
    engine.clock = HandClock()
    guests = [house.guest() for _ in range(4)]
    ends: list[list[float]] = []
    for number in range(1, 9):
        engine.clock.advance(number * ms(20) - ms(0.4) - engine.clock.now())
        engine.settle(engine.tick())
        ends.append([in_ms(guest.seat.now + guest.seat.start) for guest in guests])
    assert sorted(ends[-1]) == [140.0, 140.0, 160.0, 160.0]
    assert engine.load.lateness(1.0) == 0
