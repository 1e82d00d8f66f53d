"""A network that stalls: what was late is heard whole and at once, and time that was lost is made up."""

from __future__ import annotations

import numpy as np

from duetto.engine.intake import PATIENCE, SoundIntake
from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, samples_at

BLOCK = MIC_RATE // 50
TURN = MIC_RATE * 80 // 1000
SLACK = MIC_RATE * 120 // 1000


class User:
    """Speaks at the pace of time, 0.4 s of every 0.6 s, over a network that a test may stall."""

    def __init__(self) -> None:
        self.intake = SoundIntake(10.0)
        self.put_in = 0
        self.heard: list[np.ndarray] = []
        self.lags = 0
        self._blocks = 0
        self._late: list[np.ndarray] = []

    def turn(self, stalled: bool = False) -> None:
        """What a session does in a micro-turn."""
        for _ in range(4):
            loud = self._blocks % 30 < 20
            self._blocks += 1
            self._late.append(np.full(BLOCK, 5_000 if loud else 0, np.int16))
        if not stalled:
            for block in self._late:
                self.intake.push(block, MIC_RATE)
            self._late.clear()
        wanted = self.lags + TURN
        sound = self.intake.take(wanted)
        self.heard.append(sound)
        self.lags = wanted - len(sound)
        if self.lags > SLACK and samples_at(self.lags, MIC_RATE) > self.intake.patience:
            self.put_in += self.lags
            self.intake.missed(self.lags)
            self.heard.append(np.zeros(self.lags, np.int16))
            self.lags = 0

    def run(self, seconds: float, stall_every: float = 0.0, stall: int = 3) -> int:
        """Samples of silence put in meanwhile. A stall has so many micro-turns."""
        before, every = self.put_in, round(stall_every / 0.08)
        for number in range(round(seconds / 0.08)):
            self.turn(bool(every) and number % every < stall)
        return self.put_in - before

    def loud(self) -> int:
        return sum(int(np.count_nonzero(sound)) for sound in self.heard)


def test_no_silence_is_put_into_words_for_a_short_stall() -> None:
    user = User()
    assert user.run(2.4) == 0
    assert user.run(8.0, stall_every=1.0) <= 2 * TURN  # the first, where they were silent
    user.turn()
    assert user.lags == 0  # all that was late has been heard
    assert user.loud() == (user._blocks // 30) * 20 * BLOCK + min(user._blocks % 30, 20) * BLOCK


def test_how_long_a_stall_lasts_is_learnt() -> None:
    user = User()
    user.run(2.4)
    assert user.run(1.2, stall_every=1.2, stall=5) > 0  # 0.4 s: longer than anybody would wait unlearnt
    user.run(3.0)
    assert user.intake.patience >= ms(320)
    assert user.run(4.8, stall_every=1.2, stall=5) == 0
    user.run(12.0)
    user.intake.take(0)
    assert user._blocks and user.intake.patience < PATIENCE


def test_time_is_made_up_after_a_stall_that_was_too_long() -> None:
    user = User()
    user.run(1.0)
    assert user.run(0.8, stall_every=0.8, stall=8) >= 5 * TURN
    user.run(20.0)
    assert user.intake.available <= MIC_RATE * 0.08
    assert user.intake.caught_up > 0
    blocks = user._blocks
    assert abs(user.loud() - (blocks // 30) * 20 * BLOCK) <= 20 * BLOCK + 4 * TURN  # no word is lost for it


def test_a_client_that_sends_only_speech_is_not_kept_waiting() -> None:
    intake = SoundIntake(10.0)
    for _ in range(12):  # 0.64 s of sound that dies away, 0.64 s of nothing
        for number in range(8):
            intake.push(np.full(TURN, 0 if number == 7 else 5_000, np.int16), MIC_RATE)
            assert len(intake.take(TURN)) == TURN
        for number in range(8):
            assert not len(intake.take(TURN))
            assert not intake.patience, number
            intake.missed(TURN)
    assert intake.available == 0


def test_a_client_that_sends_faster_than_time_is_not_kept_waiting() -> None:
    intake = SoundIntake(10.0)
    for _ in range(4):
        intake.push(np.concatenate([np.full(30 * TURN, 5_000, np.int16), np.zeros(2 * TURN, np.int16)]), MIC_RATE)
        for _ in range(32):
            assert len(intake.take(TURN)) == TURN
        for _ in range(20):
            assert not len(intake.take(TURN))
            assert not intake.patience
            intake.missed(TURN)
