"""A network that stalls: what was late is heard, silence cuts into words but twice, and time is made up."""

from __future__ import annotations

import numpy as np

from duetto.engine.intake import SoundIntake
from duetto.timeline.turn import MIC_RATE

BLOCK = MIC_RATE // 50
TURN = MIC_RATE * 80 // 1000


class User:
    """Speaks at the pace of time, 0.4 s of every 0.6 s, over a network that a test may stall."""

    def __init__(self) -> None:
        self.intake = SoundIntake(10.0)
        self.put_in = 0
        self.heard: list[np.ndarray] = []
        self._blocks = 0
        self._late: list[np.ndarray] = []

    def turn(self, stalled: bool = False) -> None:
        for _ in range(4):
            loud = self._blocks % 30 < 20
            self._blocks += 1
            self._late.append(np.full(BLOCK, 5_000 if loud else 0, np.int16))
        if not stalled:
            for block in self._late:
                self.intake.push(block, MIC_RATE)
            self._late.clear()
        sound = self.intake.take(TURN)
        self.heard.append(sound)
        if len(sound) < TURN:
            self.put_in += TURN - len(sound)
            self.intake.missed(TURN - len(sound))

    def run(self, seconds: float, stall_every: float = 0.0) -> int:
        """Samples of silence put in meanwhile. A stall is 0.24 s."""
        before, every = self.put_in, round(stall_every / 0.08)
        for number in range(round(seconds / 0.08)):
            self.turn(bool(every) and number % every < 3)
        return self.put_in - before


def test_only_the_first_stalls_cut_into_what_is_said() -> None:
    user = User()
    assert user.run(2.0) == 0
    assert user.run(2.0, stall_every=1.0) >= 5 * TURN
    assert user.run(8.0, stall_every=1.0) <= 2 * TURN
    loud = sum(int(np.count_nonzero(sound)) for sound in user.heard)
    assert abs(loud - (user._blocks // 30) * 20 * BLOCK) <= 20 * BLOCK + 4 * TURN  # no word is lost for it


def test_time_is_made_up_when_the_network_is_good_again() -> None:
    user = User()
    user.run(1.0)
    user.run(6.5, stall_every=1.0)
    assert user.intake.available > MIC_RATE * 0.15
    user.run(20.0)
    assert user.intake.available <= MIC_RATE * 0.08


def test_a_client_that_sends_only_speech_is_not_kept_waiting() -> None:
    intake = SoundIntake(10.0)
    for _ in range(12):  # 0.64 s of sound, 0.64 s of nothing
        for _ in range(8):
            intake.push(np.full(TURN, 5_000, np.int16), MIC_RATE)
            assert len(intake.take(TURN)) == TURN
        for _ in range(8):
            assert not len(intake.take(TURN))
            intake.missed(TURN)
    assert intake.available == 0
