"""Waves and push-ups by their joints, and how they are told with what the picture counts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from duetto.perception.video.swings import PushUpCounter, Swings, SwingSettings, WaveCounter
from duetto.perception.video.watching import Watching
from duetto.timeline.arrival import Bodies, Joint
from duetto.timeline.clock import s

TRUNK = 0.2
SHARE = 9 / 16


def standing(left: tuple[float, float], right: tuple[float, float], sure: float = 0.95) -> dict[str, Joint]:
    """Somebody in the middle of the picture. left, right: wrists beside and above the shoulders, in trunks."""
    joints = {"nose": Joint(0.5, 0.3, 0.99)}
    for side, sign, (x, y) in (("left", 1, left), ("right", -1, right)):
        joints[f"{side} shoulder"] = Joint(0.5 + 0.04 * sign, 0.4, 0.99)
        joints[f"{side} hip"] = Joint(0.5 + 0.03 * sign, 0.4 + TRUNK, sure)
        wrist = Joint(0.5 + 0.04 * sign + SHARE * TRUNK * x, 0.4 - TRUNK * y, 0.95)
        elbow = Joint((wrist.x + 0.5 + 0.04 * sign) / 2, 0.4 - TRUNK * (y - 0.45), 0.95)
        joints |= {f"{side} wrist": wrist, f"{side} elbow": elbow}
        joints |= {f"{side} {part}": Joint(0.5 + 0.03 * sign, y, 0.9) for part, y in (("knee", 0.75), ("ankle", 0.9))}
        joints[f"{side} ear"] = Joint(0.5 + 0.02 * sign, 0.3, 0.9)
    return joints


def lying(down: float) -> dict[str, Joint]:
    """Somebody on hands and feet, seen from the side; down: how far, 0 to 1."""
    joints = {"nose": Joint(0.75, 0.72 + 0.12 * down, 0.95)}
    for side in ("left", "right"):
        joints[f"{side} ear"] = Joint(0.74, 0.7 + 0.12 * down, 0.9)
        for part, x, y, by in (
            ("shoulder", 0.7, 0.7, 0.12),
            ("elbow", 0.7, 0.78, 0.05),
            ("wrist", 0.7, 0.88, 0.0),
            ("hip", 0.5, 0.72, 0.08),
            ("knee", 0.4, 0.78, 0.04),
            ("ankle", 0.3, 0.84, 0.0),
        ):
            joints[f"{side} {part}"] = Joint(x, y + by * down, 0.9 if side == "right" else 0.3)
    return joints


def hanging(sign: int) -> tuple[float, float]:
    return (0.1 * sign, -1.0)


def waves(counter: WaveCounter, count: int, period: float, rate: float, noise: float = 0.03) -> int:
    dice = np.random.default_rng(3)
    found = 0
    for n in range(round((count * period + 0.2) * rate)):
        time = n / rate
        aside = 0.3 * -math.cos(2 * math.pi * min(time / period, count)) + dice.normal(0, noise)
        found += counter.see(s(1 + time), standing((0.2 + aside, 0.5 + dice.normal(0, noise)), hanging(-1)))
    return found


@pytest.mark.parametrize("period", [0.6, 0.8, 1.2])
@pytest.mark.parametrize("rate", [6.0, 10.0])
def test_waves_are_counted_as_they_are_made(period, rate):
    assert abs(waves(WaveCounter(), 10, period, rate) - 10) <= 1


def test_a_hand_that_is_taken_for_the_other_is_the_same_hand():
    counter, found = WaveCounter(), 0
    for n in range(80):
        aside = 0.3 * -math.cos(2 * math.pi * n / 8)
        up, down = (0.2 + aside, 0.5), (0.0, -1.0)
        turned = (up[0] + 0.08 / (SHARE * TRUNK), up[1])
        found += counter.see(s(n / 10), standing(up, down) if n % 3 else standing(down, turned))
    assert 9 <= found <= 10


def test_arms_that_are_raised_and_a_hand_that_is_held_up_do_not_wave():
    counter = WaveCounter()
    for n in range(120):
        angle = math.pi * (0.5 - 0.5 * math.cos(2 * math.pi * n / 20))
        arm = (1.1 * math.sin(angle), -1.1 * math.cos(angle))
        assert not counter.see(s(n / 10), standing(arm, (-arm[0], arm[1])))
        assert not counter.see(s(n / 10 + 0.05), standing(arm, hanging(-1)))
    dice = np.random.default_rng(5)
    for n in range(120):
        assert not counter.see(s(20 + n / 10), standing((0.2 + dice.normal(0, 0.03), 0.8), hanging(-1)))
    assert counter.up


def test_push_ups_are_counted_from_the_first_and_getting_down_is_none():
    counter, found = PushUpCounter(), []
    for n in range(100):
        time = n / 5
        if time < 1:
            body = standing(hanging(1), hanging(-1))
        else:
            body = lying(0.5 - 0.5 * math.cos(math.pi * (time - 1)) if time < 15 else 0.0)
        if counter.see(s(time), body):
            found.append(time)
    assert len(found) == 7
    assert all(abs(at - (3 + 2 * n)) <= 0.6 for n, at in enumerate(found))


def test_a_number_that_is_lost_begins_anew():
    swings = Swings(SwingSettings(0.2))
    assert not any(swings.see(s(n), value) for n, value in enumerate((0.0, 1.0, 0.0, 1.0, 0.0)))
    assert [swings.see(s(10 + n / 10), value) for n, value in enumerate((0.0, 1.0, 0.0, 1.0, 0.0))] == [
        False,
        False,
        True,
        False,
        True,
    ]


# --- joined ---------------------------------------------------------------------------------------------------


def test_waves_that_the_picture_does_not_show_are_a_movement_that_starts_repeats_and_stops():
    watching = Watching()
    watching.want(movement=True, bodies=True)
    picture = np.full((90, 160, 3), 120, np.uint8)
    told = []
    for n in range(90):
        at = s(n / 10)
        aside = 0.3 * -math.cos(2 * math.pi * n / 8) if n < 50 else -0.3
        up = (0.2 + aside, 0.5) if n < 50 else hanging(1)
        told += watching.take(Bodies(at, (standing(up, hanging(-1)),)))
        told += watching.see(at, picture, picture[:, :, 0], ())
    kinds = [change.change for change in told if hasattr(change, "count")]
    assert kinds[0] == "started" and kinds[-1] == "stopped" and set(kinds[1:-1]) == {"repeated"}
    assert told[-1].name == "wave" and told[-1].count == 6
    assert not watching.moving


def test_push_ups_that_the_picture_does_not_show_are_one_movement():
    watching = Watching()
    watching.want(movement=True, bodies=True)
    picture = np.full((90, 160, 3), 120, np.uint8)
    told = []
    for n in range(100):
        at, down = s(n / 5), 0.5 - 0.5 * math.cos(math.pi * n / 5) if n <= 60 else 0.0
        told += watching.take(Bodies(at, (lying(down),)))
        told += watching.see(at, picture, picture[:, :, 0], ())
    counted = [change for change in told if hasattr(change, "count")]
    assert [change.change for change in counted] == ["started", *["repeated"] * 6, "stopped"]
    assert counted[-1].count == 6 and counted[-1].name == "push-up"


def test_a_hand_that_is_up_is_looked_at_in_each_picture_while_movements_are_counted():
    watching = Watching()
    up = Bodies(s(1), (standing((0.2, 0.5), hanging(-1)),))
    watching.want(movement=False, bodies=True)
    watching.take(up)
    assert not watching.hasty
    watching.want(movement=True, bodies=True)
    watching.take(Bodies(s(2), up.bodies))
    assert watching.hasty


def test_of_one_who_sits_at_a_table_joints_count_no_movement():
    watching = Watching()
    watching.want(movement=True, bodies=True)
    for n in range(60):
        high = math.sin(n / 3)
        watching.take(Bodies(s(n / 10), (standing((0.1, high), (-0.1, high), sure=0.02),)))
    assert watching._body.counter.count == 0
