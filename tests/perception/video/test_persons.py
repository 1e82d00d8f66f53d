"""People followed by silhouettes, and by faces and bodies that are found late."""

from __future__ import annotations

import pytest

from duetto.perception.video.persons import Known, PersonTracker, Shape
from duetto.timeline.clock import ms

STEP = ms(100)
WIDE, HIGH = 0.08, 0.5


def body(x: float) -> tuple[float, float, float, float]:
    """One whose middle is there."""
    return (x - WIDE / 2, 0.4, WIDE, HIGH)


class Room:
    """Plays pictures to a tracker, each 100 ms after the one before."""

    def __init__(self) -> None:
        self.tracker = PersonTracker()
        self.at = 0
        self.changes: list[tuple[str, int]] = []

    def show(self, *shapes, known=(), looked=None):
        self.at += STEP
        found = [Shape(one) if isinstance(one, tuple) else one for one in shapes]
        self.changes += [(c.change, c.number) for c in self.tracker.see(self.at, found, known, looked)]

    @property
    def told(self):
        return [change for change, _ in self.changes]


def walking(n: int, pace: float = 0.07) -> float:
    return 0.02 + pace * n


@pytest.mark.parametrize("late", [0, 1, 2, 4])
def test_one_who_walks_is_one_however_late_their_body_is_found(late):
    room = Room()
    for n in range(12):
        x, then = walking(n), max(0, n - late)
        room.show(body(x), known=[Known(body(walking(then)), (then + 1) * STEP)], looked=(then + 1) * STEP)
    assert room.changes == [("appeared", 1)]
    assert abs(room.tracker.boxes[0][0] + WIDE / 2 - walking(11)) < 1e-9


def test_upper_body_and_legs_that_are_found_apart_are_one_person():
    room = Room()
    for n in range(10):
        x = walking(n)
        room.show((x - 0.04, 0.3, 0.08, 0.25), (x - 0.05, 0.7, 0.1, 0.2))
    assert room.changes == [("appeared", 1)]


def test_a_face_and_a_body_of_one_are_one():
    room = Room()
    for _ in range(10):
        room.show(known=[Known((0.2, 0.4, 0.7, 0.6), room.at + STEP), Known((0.17, 0.23, 0.7, 0.77), room.at + STEP)])
    assert room.changes == [("appeared", 1)]


def test_one_leaves_at_the_edge_soon_and_is_waited_for_in_the_middle():
    room = Room()
    for n in range(13):
        room.show(body(0.05 + 0.07 * (12 - n)))
    gone = room.at
    while room.told[-1] != "left":
        room.show()
    assert ms(400) <= room.at - gone <= ms(600)
    room = Room()
    for n in range(8):
        room.show(body(walking(n)))
    gone = room.at
    for _ in range(7):  # before something of their colour
        room.show()
    room.show(body(walking(8)))
    assert room.changes == [("appeared", 1)]


def test_what_sways_at_the_edge_is_nobody_where_bodies_are_looked_for():
    room, alone = Room(), Room()
    for n in range(40):
        sways = (0.0, 0.1, 0.05 + 0.22 * (n // 4 % 2), 0.6)
        room.show(sways, looked=room.at + STEP)
        alone.show(sways)
    assert room.changes == []
    assert alone.told[:1] == ["appeared"], "without looks it cannot be told from somebody who comes"


def test_one_whom_the_looks_miss_at_the_edge_has_left_whatever_sways_there():
    room = Room()
    for n in range(12):
        x = 0.05 + 0.07 * (11 - n)
        room.show(body(x), known=[Known(body(x), room.at + STEP)], looked=room.at + STEP)
    for _ in range(6):
        room.show((0.0, 0.1, 0.16, 0.6), looked=room.at + STEP)
    assert room.told == ["appeared", "left"]


def test_a_silhouette_that_was_one_with_a_curtains_parts_from_it():
    room = Room()
    curtain = (0.0, 0.1, 0.05, 0.6)
    for n in range(3):
        room.show((0.0, 0.1, 0.12 + 0.03 * n, 0.8), known=[Known(body(0.1 + 0.03 * n), room.at + STEP)])
    for n in range(12):
        x = 0.2 + 0.05 * n
        room.show(curtain, body(x), known=[Known(body(x), room.at + STEP)], looked=room.at + STEP)
    assert room.changes == [("appeared", 1)]
    assert room.tracker.boxes[0][0] > 0.6


def test_two_who_walk_towards_each_other_are_two():
    room = Room()
    for n in range(12):
        left, right = body(0.05 + 0.03 * n), body(0.95 - 0.03 * n)
        room.show(left, right, known=[Known(left, room.at + STEP), Known(right, room.at + STEP)], looked=room.at + STEP)
    assert sorted(room.changes) == [("appeared", 1), ("appeared", 2)]
