"""Voice activity: onsets and ends where they really are, no sign of a voice where there is none, many rows at once."""

from __future__ import annotations

import numpy as np
import pytest
from spoken_sound import room, speech

from duetto.perception.audio.vad import SETTLED, WINDOW, SileroBatch, VoiceActivity, VoiceActivitySettings
from duetto.timeline.clock import ms
from duetto.timeline.turn import MIC_RATE, samples_at

SLICE = 1280


def turns(sound, *, settings=None, cut=SLICE):
    """(onset, end) of each voice as perceived slice by slice, the highest probability, and if it ever stirred."""
    activity, model = VoiceActivity(settings), SileroBatch()
    found, highest, stirred, was = [], 0.0, False, None
    for first in range(0, len(sound), cut):
        highest = max(highest, activity.step(sound[first : first + cut], model))
        stirred |= activity.stirring
        if activity.active and activity.since != was:
            found.append([activity.since, None])
            was = activity.since
        if found and not activity.active:
            found[-1][1] = activity.ended
    return [tuple(span) for span in found], highest, stirred


@pytest.mark.parametrize("voice", ["en-us", "en-gb+f2"])
@pytest.mark.parametrize("begins", [1.0, 1.0137])
@pytest.mark.parametrize("text", ["what is twelve times seven", "hello there"])
def test_a_voice_is_dated_back_to_where_it_really_was(voice, begins, text):
    heard = room(3.5, (begins, speech(text, voice)))
    found, _, _ = turns(heard.sound)
    ((onset, end),), ((true_onset, true_end),) = found, heard.spans
    assert abs(onset - true_onset) <= ms(64)
    assert abs(end - true_end) <= ms(64)


def test_how_the_sound_is_cut_changes_nothing():
    sound = room(3.0, (0.9, speech("what is twelve times seven"))).sound
    expected, highest, _ = turns(sound)
    assert len(expected) == 1
    for cut in (160, 501, 16_000):
        activity, model = VoiceActivity(), SileroBatch()
        seen = max(activity.step(sound[first : first + cut], model) for first in range(0, len(sound), cut))
        assert (activity.since, activity.ended, seen) == (*expected[0], highest)


def test_two_words_with_a_pause_are_two_voices_and_a_short_gap_is_none():
    word = speech("seven")
    length = len(word) / MIC_RATE
    apart, _, _ = turns(room(4, (1, word), (1 + length + 0.5, word)).sound)
    together, _, _ = turns(room(4, (1, word), (1 + length + 0.03, word)).sound)
    assert [len(apart), len(together)] == [2, 1]


def test_a_lasting_hush_is_not_judged_and_a_voice_after_it_is_found_as_before():
    """The same voice after two hours of a hush, as far as the model knows, and after half a second of it."""
    rng = np.random.default_rng(3)
    hush = rng.normal(0, 10, (200, WINDOW)).astype(np.float32) / 32768
    word = speech("seven")[: WINDOW * 12].reshape(-1, WINDOW).astype(np.float32) / 32768
    loud = rng.normal(0, 60, (1, WINDOW)).astype(np.float32) / 32768

    class Counting(SileroBatch):
        judged = 0

        def _judge(self, windows, rows):
            self.judged += len(rows)
            return super()._judge(windows, rows)

    model = Counting(2)
    for window in hush:
        found = model.run(window[None], np.array([0]))
        assert found.shape == (1,) and found[0] < 0.1
    assert model.judged == SETTLED
    for window in hush[:16]:
        model.run(window[None], np.array([1]))
    long, short = [], []
    for window in word:
        one, other = model.run(np.stack([window, window]))
        long.append(float(one))
        short.append(float(other))
    assert np.allclose(long, short, atol=1e-3) and max(long) > 0.9
    before = model.judged
    model.run(np.stack([loud[0], hush[0]]))
    assert model.judged == before + 2, "the voice has just ended: its hush is none yet"
    assert model.run(np.zeros((0, WINDOW), np.float32), np.zeros(0, np.intp)).shape == (0,)


def clicks(mixed, random):
    mixed[30_000:30_032] += 25_000
    mixed[40_000] = 32_767


def keyboard(mixed, random):
    for key in range(30):
        first = MIC_RATE + key * 1400
        mixed[first : first + 400] += random.normal(0, 9000, 400) * np.exp(-np.arange(400) / 60)


def hiss(mixed, random):
    mixed += random.normal(0, 2000, len(mixed))


def whistle(mixed, random):
    mixed += 8000 * np.sin(2 * np.pi * 1000 * np.arange(len(mixed)) / MIC_RATE)


@pytest.mark.parametrize("noise", [clicks, keyboard, hiss, whistle])
def test_noises_are_no_voice(noise):
    random = np.random.default_rng(2)
    mixed = random.normal(0, 10, 4 * MIC_RATE)
    noise(mixed, random)
    found, highest, stirred = turns(np.clip(mixed, -32768, 32767).astype(np.int16))
    assert (found, stirred) == ([], False)
    assert highest < 0.3


def judged(*probabilities: float, levels: tuple[float, ...] = ()) -> VoiceActivity:
    """After windows with these probabilities and levels (dB of full scale; −20 where none is given)."""
    activity = VoiceActivity(VoiceActivitySettings())
    heights = 10 ** (np.array((*levels, *[-20.0] * (len(probabilities) - len(levels)))) / 20)
    windows = np.repeat(heights[:, None], WINDOW, axis=1).astype(np.float32)
    activity.update(windows, np.array(probabilities, np.float32))
    return activity


def window(number: int) -> int:
    return samples_at(number * WINDOW, MIC_RATE)


def test_one_window_that_is_not_sure_only_stirs():
    assert (judged(0.1, 0.6).active, judged(0.1, 0.6).stirring) == (False, True)
    assert (judged(0.6, 0.1).active, judged(0.6, 0.1).stirring) == (False, False)
    assert judged(0.6, 0.1, 0.6).active is False


def test_two_in_a_row_or_a_sure_one_are_an_onset():
    assert (judged(0.1, 0.6, 0.6).active, judged(0.1, 0.6, 0.6).since) == (True, window(1))
    assert (judged(0.1, 0.9).active, judged(0.1, 0.9).since) == (True, window(1))


def test_the_end_waits_for_the_hangover_and_is_dated_before_it():
    assert judged(0.9, 0.9, 0.1, 0.1).active
    ended = judged(0.9, 0.9, 0.1, 0.1, 0.1)
    assert (ended.active, ended.ended) == (False, window(2))
    assert judged(0.9, 0.1, 0.1, 0.4, 0.1, 0.1).active, "between the two thresholds the voice goes on"


def test_far_below_its_loudest_a_voice_has_ended_whatever_the_model_still_believes():
    ended = judged(0.9, 0.9, 0.9, 0.8, 0.6, levels=(-20, -18, -58, -60, -60))
    assert (ended.active, ended.ended) == (False, window(2))
    assert judged(0.9, 0.9, 0.9, 0.8, 0.6, levels=(-20, -18, -45, -45, -45)).active, "softly, it goes on"


def test_rows_of_a_batch_equal_runs_of_their_own():
    random = np.random.default_rng(5)
    sounds = [room(2, (0.2, speech(t))).sound for t in ("hello there", "what is twelve times seven")]
    sounds.append(random.integers(-3000, 3000, len(sounds[0])).astype(np.int16))
    windows = np.stack([s[: len(s) // WINDOW * WINDOW].reshape(-1, WINDOW) / 32768 for s in sounds]).astype(np.float32)
    alone = []
    for row in range(3):
        model = SileroBatch()
        alone.append([float(model.run(w[None])[0]) for w in windows[row]])
    together = SileroBatch(3)
    batched = np.stack([together.run(windows[:, n]) for n in range(windows.shape[1])], axis=1)
    assert np.abs(batched - np.array(alone)).max() < 1e-4
    assert np.ptp(alone[0]) > 0.5


def test_rows_do_not_touch_each_other_and_a_reset_one_is_new():
    voice = room(1.2, (0.2, speech("hello there"))).sound[: 30 * WINDOW].reshape(-1, 1, WINDOW) / np.float32(32768)
    fresh = SileroBatch(1)
    expected = [float(fresh.run(w)[0]) for w in voice]
    shared = SileroBatch(2)
    found = []
    for n, w in enumerate(voice):
        if n % 3 == 0:  # the other row is elsewhere in time, and hears something else
            shared.run(np.full((1, WINDOW), 0.2, np.float32), np.array([0]))
        found.append(float(shared.run(w, np.array([1]))[0]))
    assert np.abs(np.array(found) - expected).max() < 1e-5
    shared.reset(1)
    again = [float(shared.run(w, np.array([1]))[0]) for w in voice]
    assert np.abs(np.array(again) - expected).max() < 1e-5


def test_windows_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"windows: shape \(2, 512\)"):
        SileroBatch(2).run(np.zeros((1, WINDOW), np.float32))
