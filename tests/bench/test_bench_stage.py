"""What is drawn: the same each time, and in accord with the truth that is told about it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from oracle import write_clip

from duetto.bench.stage.acting import people, share_at
from duetto.bench.stage.feed import Played, camera_feeder, screen_feeder
from duetto.bench.stage.film import Film
from duetto.bench.stage.page import Pages, lines_at
from duetto.bench.stage.schedule import events_of, schedule
from duetto.bench.stage.skeleton import J
from duetto.bench.track import MOVES, Act, Camera, Change, Screen
from duetto.timeline.clock import s

JOINT = {"push-up": "neck", "squat": "pelvis", "arm raise": "left wrist", "jumping jack": "left wrist"}
"""Whose height tells the repetition."""


class Kept:
    def __init__(self) -> None:
        self.pictures: list[tuple[int, np.ndarray]] = []
        self.closed = False

    def push(self, at, picture, /):
        self.pictures.append((at, picture))

    def close(self) -> None:
        self.closed = True


def camera(*acts: Act, **more) -> Camera:
    return Camera(**{"noise": 0.0, "acts": acts, **more})


def test_a_picture_is_the_same_for_the_same_track_and_another_for_another_seed():
    one = camera(Act(does="squat", at=1.0, times=3), noise=6.0, shake=3.0, drift=0.2)
    first, again = Film(one).picture(2.3), Film(one).picture(2.3)
    assert first.shape == (360, 640, 3) and first.dtype == np.uint8 and np.array_equal(first, again)
    other = camera(Act(does="squat", at=1.0, times=3), noise=6.0, shake=3.0, drift=0.2, seed=2)
    assert np.abs(first.astype(int) - Film(other).picture(2.3)).mean() > 3


@pytest.mark.parametrize("move", MOVES)
def test_the_body_goes_to_and_fro_as_often_as_the_truth_says(move):
    track = camera(Act(does=move, at=2.0, times=5, pace=1.4, pace_to=0.9, uneven=0.2, pauses=((2, 1.5),)))
    (stretch,) = schedule(track)
    times = np.arange(0.0, stretch.end + 2.0, 0.02)
    if move == "wave":
        path = np.array([people(track, t)[0].pose[J["right wrist"], 0] for t in times])
        path = np.where((times >= stretch.start) & (times < stretch.end), path, path[times.searchsorted(2.0)])
    else:
        path = np.array([people(track, t)[0].pose[J[JOINT[move]], 1] for t in times])
        rest = path[times.searchsorted(stretch.start)]
        path = np.where((times >= stretch.start) & (times < stretch.end), path, rest)
    away = np.abs(path - path[0]) > 0.5 * np.abs(path - path[0]).max()
    assert np.count_nonzero(np.diff(away.astype(int)) == 1) == 5
    ends = [event.at for event in events_of(track, None) if event.what == "repeat"]
    assert len(ends) == 5 and ends[-1] == stretch.end
    assert all(share_at(stretch, end - 0.001) < 0.01 and share_at(stretch, end - 0.2) > 0.02 for end in ends)
    assert ends[2] - ends[1] > 2.2, "the pause lies between them"
    assert ends[1] - ends[0] > (ends[4] - ends[3]), "and it gets quicker"


def test_pictures_change_where_the_body_moves_and_only_then():
    film = Film(camera(Act(does="jumping jack", at=2.0, times=2, pace=1.2)))
    still = cv2.absdiff(film.picture(1.0), film.picture(1.1)).max(axis=2)
    moving = cv2.absdiff(film.picture(2.2), film.picture(2.3)).max(axis=2)
    assert np.count_nonzero(still > 25) < 400 < np.count_nonzero(moving > 25)
    assert not np.count_nonzero(moving[:, :150] > 25), "nothing at the edge"


def test_who_comes_in_is_half_seen_at_the_moment_of_the_event_and_gone_after_the_other():
    comes, goes = Act(does="enter", at=1.0, side="left", lasts=2.0), Act(does="leave", at=5.0, lasts=2.0)
    track = camera(comes, goes)
    enter, leave = events_of(track, None)
    assert (enter.what, leave.what) == ("enter", "leave")
    assert people(track, 0.5) == () and people(track, leave.at + 0.01) == ()
    assert people(track, enter.at)[0].place == pytest.approx(0.0, abs=1e-3)
    empty, half = Film(track).picture(0.2), Film(track).picture(enter.at)
    changed = np.flatnonzero((cv2.absdiff(empty, half).max(axis=2) > 20).any(axis=0))
    assert changed.min() == 0 and 8 < changed.max() < 120
    gone = cv2.absdiff(empty, Film(track).picture(leave.at + 0.05)).max()
    assert gone < 12


def test_a_hand_passes_the_nose_at_the_moment_of_its_event():
    track = camera(Act(does="hand", at=2.0, side="left", lasts=3.0))
    (event,) = events_of(track, None)
    (who,) = people(track, event.at)
    assert who.pose[J["left wrist"], 1] == pytest.approx(who.pose[J["head"], 1], abs=0.03)
    (up,) = people(track, 3.5)
    assert up.pose[J["left wrist"], 1] > up.pose[J["head"], 1] + 0.2
    (down,) = people(track, 5.1)
    assert down.pose[J["left wrist"], 1] < down.pose[J["pelvis"], 1] + 0.1


def test_bones_keep_their_length_in_all_movements():
    for move in MOVES:
        track = camera(Act(does=move, at=2.0, times=1, pace=2.0))
        for time in np.arange(2.0, 4.0, 0.1):
            pose = people(track, float(time))[0].pose
            for a, b, long in (("left hip", "left knee", 0.43), ("right shoulder", "right elbow", 0.285)):
                assert np.linalg.norm(pose[J[a]] - pose[J[b]]) == pytest.approx(long, abs=0.02), (move, time)


def test_light_drifts_and_a_lamp_goes_on():
    track = camera(Act(does="lamp", at=3.0, lasts=1.0, level=1.5), light=0.8)
    film = Film(track)
    assert film.light(1.0) == pytest.approx(0.8) and film.light(5.0) == pytest.approx(1.2)
    assert film.picture(5.0).mean() > 1.3 * film.picture(1.0).mean()
    drifting = Film(camera(Act(does="squat", at=1.0), drift=0.3))
    lights = [drifting.light(t) for t in np.arange(0, 24, 1.0)]
    assert 0.65 < min(lights) < 0.75 and 1.25 < max(lights) < 1.35


def test_a_screen_s_text_stands_there_when_the_truth_says():
    screen = Screen(
        page="build",
        lines=("Unit tests: running",),
        changes=(
            Change(at=2.0, replaces="running", shows="FAILED"),
            Change(at=4.0, types="rerun", pace=0.5),
            Change(at=8.0, scrolls=4, pace=0.5),
        ),
    )
    assert lines_at(screen, 1.9) == ("Unit tests: running",) and lines_at(screen, 2.0) == ("Unit tests: FAILED",)
    text, typed, still = events_of(None, screen)
    assert (text.at, text.name, typed.at, still.what, still.at) == (2.0, "FAILED", 6.5, "still", 10.0)
    assert lines_at(screen, 5.2)[-1] == "re" and lines_at(screen, typed.at)[-1] == "rerun"
    assert lines_at(screen, 9.9) == lines_at(screen, 30.0) != lines_at(screen, 9.4)
    pages = Pages(screen)
    red = pages.picture(3.0).astype(int) - pages.picture(1.0)
    assert (red[:, :, 2] > 100).sum() > 200, "in red"


def test_a_clock_runs_down():
    screen = Screen(page="clock", changes=(Change(at=1.0, runs=65),))
    assert lines_at(screen, 1.0) == ("1:05",) and lines_at(screen, 60.5) == ("0:06",)
    assert lines_at(screen, 66.0) == ("0:00",) and events_of(None, screen)[0].at == 66.0


def test_pictures_are_fed_at_their_rate_and_end():
    kept = Kept()
    feeder, length = camera_feeder(camera(Act(does="squat", at=0.5, pace=1.0), rate=10.0, lasts=2.0), "", kept)
    for turn in range(1, 40):
        feeder.feed(turn * s(0.08))
    assert length == 2.0 and feeder.finished and kept.closed
    assert [at for at, _ in kept.pictures] == [s(0.1) * n for n in range(20)]
    shown = Kept()
    feeder, length = screen_feeder(Screen(changes=(Change(at=1.0, shows="done"),)), shown)
    feeder.feed(s(10.0))
    assert length == 5.5 and len(shown.pictures) == 28 and feeder.finished


def test_a_video_begins_when_it_is_told_to(tmp_path):
    film = Film(camera(Act(does="squat", at=0.1)))
    clip = write_clip(tmp_path / "clip.mp4", (film.picture(n / 10) for n in range(10)))
    kept = Kept()
    played = Played(clip, 1.0, kept)
    assert played.length == pytest.approx(2.0, abs=0.1)
    played.feed(s(1.0))
    assert [at for at, _ in kept.pictures] == [0, s(0.5)]
    played.feed(s(3.0))
    played.feed(s(4.0))
    assert kept.pictures[2][0] == s(1.0) and len(kept.pictures) == 12 and played.finished and kept.closed
    short = Kept()
    cut = Played(clip, 1.0, short, lasts=1.5)
    for turn in range(1, 30):
        cut.feed(s(0.1) * turn)
    assert cut.finished and short.pictures[-1][0] < s(1.5) and cut.length == 1.5
