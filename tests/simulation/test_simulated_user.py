"""The simulated user: what its script says happens, when it should, in sound, pictures and keys."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from duetto.simulation.script import (
    After,
    At,
    Cue,
    Ended,
    Hears,
    Pauses,
    Quiet,
    Says,
    Speaking,
    Spoken,
    Types,
    Walks,
    Waves,
)
from duetto.simulation.stage import Stage
from duetto.simulation.user import SimulatedUser
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import Heard
from duetto.timeline.turn import VOICE_RATE, samples_before

DELTA = ms(80)


class In:
    """An input that keeps what is pushed."""

    def __init__(self) -> None:
        self.items, self.closed = [], 0

    def push(self, *item) -> None:
        assert not self.closed
        self.items.append(item if len(item) > 1 else item[0])

    def close(self) -> None:
        self.closed += 1


def speak(text: str) -> np.ndarray:
    """100 ms of full sound a word, in silence."""
    sound = np.full(2400 * len(text.split()), 5000, np.int16)
    return np.concatenate([np.zeros(3000, np.int16), sound, np.zeros(7000, np.int16)])


class Play:
    """A user and its inputs, moved on by media time."""

    def __init__(self, *script: Cue, **options) -> None:
        self.mic, self.camera, self.keys = In(), In(), In()
        self.user = SimulatedUser(script, speak, mic=self.mic, camera=self.camera, keys=self.keys, **options)
        self.now = 0

    def until(self, time: int) -> Play:
        while self.now < time:
            self.now += DELTA
            self.user.feed(self.now)
        return self

    def hears(self, *words: str, loud: bool = True) -> None:
        """Duetto's voice in the micro-turn that ends now."""
        span = Span(self.now - DELTA, self.now)
        edits = [Increment(1, "voice", span, Heard(w, 1, 1), "committed", self.now, "ledger") for w in words]
        voice = np.full(1920, 3000 if loud else 20, np.int16).tobytes()
        self.user.on_micro_turn(SimpleNamespace(span=span, voice=voice, outputs=[SimpleNamespace(edits=edits)]))

    @property
    def sound(self) -> np.ndarray:
        return np.concatenate(self.mic.items)

    def loud(self) -> tuple[int, int]:
        """First and last ns of the user's speech."""
        found = np.flatnonzero(np.abs(self.sound.astype(int)) > 2000)
        return int(found[0]) * 10**9 // VOICE_RATE, (int(found[-1]) + 1) * 10**9 // VOICE_RATE


def test_it_speaks_at_its_moment_without_the_voice_s_own_silence():
    play = Play(Cue(At(ms(400)), (Says("one two", delay=ms(9)),))).until(s(2))
    assert play.loud() == (ms(409), ms(609))
    assert play.user.spoken == [Spoken("one two", ((ms(409), ms(609)),))]
    assert len(play.sound) == samples_before(s(2), VOICE_RATE)


def test_pauses_in_a_text_have_their_length_and_make_no_word():
    play = Play(Cue(At(0), (Says("one … two … three", pause=ms(300)),))).until(s(2))
    assert (play.user.spoken[0].start, play.user.spoken[0].end) == (0, ms(900))
    loud = np.abs(play.sound[: 900 * 24].astype(int)) > 2000
    assert np.flatnonzero(np.diff(loud.astype(int))).tolist() == [2399, 9599, 11999, 19199]


def test_between_words_there_is_the_room_s_noise_always_the_same():
    sound = Play().until(s(1)).sound
    assert 20 * np.log10(np.std(sound) / 32767) == pytest.approx(-66, abs=0.5)
    assert np.array_equal(Play().until(s(1)).sound, sound)
    assert not np.array_equal(Play(seed=2).until(s(1)).sound, sound)
    assert np.std(Play(noise_db=-40).until(s(1)).sound) > 10 * np.std(sound)


def test_quiet_waits_for_both_sides():
    play = Play(Cue(At(0), (Says("one two three four"),)), Cue(Quiet(ms(400)), (Says("five"),)))
    play.until(ms(320)).hears("well")  # over the user, until 400 ms
    play.until(ms(640)).hears("yes")  # until 720 ms
    play.until(ms(720)).hears(loud=False)
    play.until(s(2))
    assert [said.start for said in play.user.spoken] == [0, ms(1120)]


def test_it_reacts_to_a_word_heard_often_enough_since_the_last_cue():
    play = Play(Cue(At(ms(160)), (Says("go"),)), Cue(Hears("five", 2), (Says("stop"),)))
    play.until(ms(80)).hears("five")
    play.until(ms(320)).hears("Five,")
    play.until(ms(480))
    assert len(play.user.spoken) == 1
    play.hears("six", "five.")
    play.until(ms(560))
    assert play.user.spoken[1].start == ms(480)


def test_a_cue_that_never_comes_happens_at_its_limit():
    play = Play(Cue(At(0), (Says("go"),)), Cue(Hears("never"), (Says("stop"),), limit=s(1))).until(s(2))
    assert play.user.spoken[1].start == ms(1120), "1 s after the user's last word, on the next slice"


def test_after_counts_from_the_last_cue_and_deeds_of_one_cue_begin_together():
    play = Play(Cue(At(ms(160)), (Says("one"), Types("ab"))), Cue(After(ms(240)), (Says("two"),))).until(s(3))
    assert [said.start for said in play.user.spoken] == [ms(160), ms(400)]
    assert play.keys.items[0].at == ms(160)


def test_typing_comes_key_by_key_and_in_its_slice():
    play = Play(Cue(At(0), (Types("hi!", rate=10),)))
    play.until(ms(80))
    assert len(play.keys.items) == 1
    play.until(s(1))
    assert [(k.at, k.op, k.text, k.position) for k in play.keys.items] == [
        (0, "insert", "h", 0),
        (ms(100), "insert", "i", 1),
        (ms(200), "insert", "!", 2),
        (ms(500), "send", "", 0),
    ]
    assert [k.op for k in Play(Cue(At(0), (Types("a", send=False),))).until(s(1)).keys.items] == ["insert"]


def test_the_camera_gives_pictures_at_its_rate():
    play = Play(frame_rate=20).until(ms(960))
    assert [at for at, _ in play.camera.items] == [n * ms(50) for n in range(20)]
    assert all(p.shape == (360, 640, 3) and p.dtype == np.uint8 for _, p in play.camera.items)


def test_at_the_end_every_input_is_closed_once():
    play = Play(Cue(At(0), (Says("one"), Types("a"), Waves(0.5))))
    play.until(ms(1600))
    assert not play.user.finished and play.mic.closed == 0
    play.until(s(4))
    assert play.user.finished and [i.closed for i in (play.mic, play.camera, play.keys)] == [1, 1, 1]
    assert len(play.sound) < samples_before(s(2.5), VOICE_RATE)


def test_without_camera_and_keyboard_it_only_speaks():
    mic = In()
    user = SimulatedUser([Cue(At(0), (Says("one"), Types("a")))], speak, mic=mic)
    for n in range(1, 6):
        user.feed(n * DELTA)
    assert user.notices() == () and len(user.spoken) == 1


def columns(stage: Stage, at: int) -> np.ndarray:
    """Columns (shares of the width) in which something differs from the empty room."""
    empty = Stage(stage.width, stage.height).picture(0)
    return np.flatnonzero((stage.picture(at) != empty).any(axis=(0, 2))) / stage.width


def test_the_figure_walks_in_stays_and_walks_out():
    stage = Stage()
    stage.walk(s(1), 2, 0.5)
    stage.walk(s(5), 1, 1.2)
    assert not len(columns(stage, s(1)))
    middle = [columns(stage, t).mean() for t in (s(2.4), s(2.8), s(3), s(4.5), s(5.3))]
    assert middle[0] < middle[1] < middle[2] < middle[4]
    assert middle[2] == pytest.approx(0.5, abs=0.03) and middle[3] == pytest.approx(0.5, abs=0.03)
    assert not len(columns(stage, s(6.2)))
    assert np.array_equal(stage.picture(s(2)), stage.picture(s(2)))


def test_it_moves_only_while_it_walks_or_waves():
    stage = Stage(320, 180)
    stage.walk(0, 1, 0.4)
    stage.wave(s(3), 1)

    def moved(at: int) -> bool:
        return not np.array_equal(stage.picture(at), stage.picture(at + ms(100)))

    assert moved(s(0.6)) and moved(s(3.2)) and moved(s(3.7))
    assert not (moved(s(1.5)) or moved(s(2.5)) or moved(s(4.2)))


def test_walks_are_deeds():
    play = Play(Cue(At(0), (Walks(0.5, 1.0),))).until(s(1.5))
    assert not np.array_equal(play.camera.items[0][1], play.camera.items[-1][1])


def test_a_sound_is_known_by_its_parts_between_the_pauses():
    play = Play(Cue(At(0), (Says("one … two three", ms(500)),))).until(s(2))
    assert play.user.spoken == [Spoken("one … two three", ((0, ms(100)), (ms(600), ms(800))))]


def test_other_people_have_their_own_voice_and_level():
    def low(text: str) -> np.ndarray:
        return np.full(2400, 8000, np.int16)

    quiet = Says("hello there", who="other", gain_db=-20.0)
    play = Play(Cue(At(0), (quiet,)), others={"other": low}).until(ms(400))
    assert play.user.spoken[0].who == "other"
    assert 700 < np.abs(play.sound[:2000].astype(int)).mean() < 900, "20 dB below 8000"


def test_it_waits_for_the_end_of_what_it_does_itself():
    play = Play(Cue(At(0), (Says("one two three"),)), Cue(Ended(ms(100)), (Says("four"),))).until(s(2))
    assert play.user.spoken[1].start == ms(400)


def test_it_cuts_in_after_so_long_of_the_other_s_speech():
    play = Play(Cue(At(0), ()), Cue(Speaking(ms(160)), (Says("stop"),))).until(ms(160))
    for _ in range(4):
        play.hears()
        play.until(play.now + DELTA)
    assert play.user.spoken[0].start == ms(320), "first sound at 160 ms"


def test_it_notices_the_end_of_a_clause():
    play = Play(Cue(At(0), ()), Cue(Pauses(2), (Says("yes"),))).until(ms(80))
    for loud in (True, False, False, True, True, False, False, True):
        play.hears(loud=loud)
        play.until(play.now + DELTA)
    assert [said.start for said in play.user.spoken] == [ms(560)]
