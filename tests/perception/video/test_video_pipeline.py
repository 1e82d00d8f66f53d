from itertools import pairwise

import cv2
import numpy as np
import pytest
from rendered_camera import DELTA, HEIGHT, WIDTH, Noise, as_frame, figure, film, flat, room, watch

from duetto.perception.video.motion import MotionDetector
from duetto.perception.video.pipeline import VideoPipeline, VideoSettings
from duetto.timeline.arrival import Fault
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Span
from duetto.timeline.payload import Colours, Face, Light, Motion, Notice, Scene
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Frame, Turn

BOX = (0.4, 0.3, 0.2, 0.3)


def moving_between(begin: float, end: float, at_x: float, by: float = 60.0):
    """A figure that moves at `by` pixels per second from `begin` to `end`."""
    return lambda t: figure(room(), at_x + by * min(max(t - begin, 0.0), end - begin))


# --- motion ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("x", "region"), [(10, "left third"), (120, "middle third"), (220, "right third")])
@pytest.mark.parametrize("phase", [0.0, 0.05])
def test_motion_begins_and_ends_in_its_region_within_300_ms(x: int, region: str, phase: float) -> None:
    noise = Noise(6)
    shown = moving_between(2.0 + phase, 3.0 + phase, x, by=40)
    watched = watch(film(5, lambda t: noise(shown(t))))
    (began,) = watched.of(Motion, "added")
    (ended,) = watched.of(Motion, "committed")
    assert began.payload.region == ended.payload.region == region
    assert began.id == ended.id
    assert s(2.0 + phase) < began.at <= s(2.3 + phase)
    # The span tells when it ended; it is known as soon as two frames stood still.
    assert abs(ended.span.end - s(3.0 + phase)) <= ms(100)
    assert s(3.0 + phase) < ended.at <= s(3.4 + phase)
    assert 0.004 < ended.payload.level < 0.3


def test_a_slow_rate_of_frames_still_shows_motion() -> None:
    watched = watch(film(6, moving_between(2, 4, 10, by=30), rate=4))
    assert [e.payload.region for e in watched.of(Motion, "added")] == ["left third"]
    assert len(watched.of(Motion, "committed")) == 1


def test_walking_across_goes_through_the_regions_in_order() -> None:
    watched = watch(film(6, moving_between(1, 5, 5, by=70)))
    assert [e.payload.region for e in watched.of(Motion, "added")] == ["left third", "middle third", "right third"]
    assert [e.payload.region for e in watched.of(Motion, "committed")] == ["left third", "middle third", "right third"]
    assert watched.of(Scene) == []


def test_the_view_shows_what_moves_now() -> None:
    watched = watch(film(3, moving_between(1, 9, 10, by=20)))
    (moving,) = watched.pipeline.seeing.motions
    assert moving.region == "left third"
    assert moving.last == s(2.9)
    assert watched.timeline.open("camera")[0].span.start == moving.since


def test_frames_far_apart_are_not_compared() -> None:
    watched = watch(film(15, lambda t: figure(room(), 20 + 6 * t), rate=0.6), until=15)
    assert watched.of(Motion) == []


def test_heavy_noise_raises_the_threshold_and_a_figure_still_moves() -> None:
    rng = np.random.default_rng(3)
    quiet = cv2.cvtColor(cv2.resize(room(), (160, 90)), cv2.COLOR_BGR2GRAY)
    detector = MotionDetector()
    for n in range(60):
        picture = quiet.copy()
        left = 20 + 2 * max(0, n - 40)
        picture[30:70, left : left + 20] = 255
        noisy = np.clip(picture + rng.normal(0, 14, picture.shape), 0, 255).astype(np.uint8)
        detector.see(n * ms(100), noisy)
        moving = [m.region for m in detector.moving]
        assert moving == [] if n <= 41 else moving
    assert "left third" in moving or "middle third" in moving


@pytest.mark.parametrize("sigma", [8, 20])
def test_a_noisy_static_picture_shows_nothing_for_a_minute(sigma: int) -> None:
    noise = Noise(sigma)
    watched = watch(film(60, lambda t: noise(room())))
    assert [type(e.payload) for e in watched.edits] == [Light, Colours]


def test_light_that_swings_over_the_whole_picture_does_not_move() -> None:
    noise = Noise(5)

    def swinging(t: float) -> np.ndarray:
        return noise(np.clip(room() * (1 + 0.08 * np.sin(6 * t)), 0, 255).astype(np.uint8))

    watched = watch(film(10, swinging))
    assert watched.of(Motion) == []
    assert watched.of(Scene) == []


def test_light_that_goes_down_slowly_does_not_move_and_is_told_by_name() -> None:
    noise = Noise(4)
    watched = watch(film(8, lambda t: noise((room() * (1 - 0.85 * np.clip((t - 2) / 3, 0, 1))).astype(np.uint8))))
    assert watched.of(Motion) == []
    assert [e.payload.name for e in watched.of(Light)] == ["bright", "dim", "dark"]


@pytest.mark.parametrize("glitch", [flat((250, 250, 250)), flat((0, 0, 0)), room(99), figure(room(), 40)])
def test_a_glitch_of_one_frame_is_nothing(glitch: np.ndarray) -> None:
    watched = watch(film(4, lambda t: glitch if abs(t - 2) < 0.01 else room()))
    assert [type(e.payload) for e in watched.edits] == [Light, Colours]


def test_a_thing_put_down_at_once_is_no_motion() -> None:
    watched = watch(film(4, lambda t: figure(room(), 40) if t >= 2 else room()))
    assert watched.of(Motion) == []


def test_a_camera_that_turns_moves_everywhere_and_ends_in_a_new_scene() -> None:
    wide = np.hstack([room(seed) for seed in range(3)])
    positions = lambda t: round(2 * WIDTH * np.clip((t - 1) / 1.5, 0, 1))  # noqa: E731
    watched = watch(film(4, lambda t: np.ascontiguousarray(wide[:, positions(t) : positions(t) + WIDTH])))
    scenes = watched.of(Scene)
    assert scenes and s(1) <= scenes[0].span.start <= s(2.6)


# --- scene, light, colours ------------------------------------------------------------------------------------


def test_a_cut_is_one_scene_and_no_motion() -> None:
    noise = Noise(6)
    watched = watch(film(4, lambda t: noise(room(1) if t < 2 else room(2, 0, 120))))
    (scene,) = watched.of(Scene)
    assert scene.status == "committed"
    assert scene.span == Span(s(2.0), s(2.1))
    assert scene.at <= s(2.3)
    assert 0.25 < scene.payload.difference <= 1
    assert watched.of(Motion) == []
    assert watched.pipeline.seeing.scene_at == s(2.0)


def test_a_cut_ends_the_motion_before_it() -> None:
    walk = moving_between(1, 9, 10, by=20)
    watched = watch(film(4, lambda t: walk(t) if t < 2 else room(2, 0, 120)))
    (ended,) = watched.of(Motion, "committed")
    assert ended.span.end == s(1.9)
    assert len(watched.of(Scene)) == 1
    assert watched.pipeline.seeing.motions == ()


@pytest.mark.parametrize("seconds", [0.3, 0.8])
def test_a_dissolve_is_one_scene(seconds: float) -> None:
    first, second = room(1, 40, 140).astype(float), room(2, 60, 200).astype(float)

    def dissolving(t: float) -> np.ndarray:
        share = np.clip((t - 2) / seconds, 0, 1)
        return (first * (1 - share) + second * share).astype(np.uint8)

    watched = watch(film(5, dissolving))
    (scene,) = watched.of(Scene)
    assert s(2) <= scene.span.start and scene.at <= s(2.4 + seconds)


def test_a_large_thing_in_front_of_the_camera_is_no_scene() -> None:
    covered = room()
    covered[:, :120] = (20, 20, 20)
    watched = watch(film(4, lambda t: covered if t >= 2 else room()))
    assert watched.of(Scene) == []


def test_cuts_in_quick_succession_are_not_all_told() -> None:
    watched = watch(film(6, lambda t: room(int(t / 0.3) % 5, 0, 255) if 2 <= t < 4 else room(9)))
    assert 1 <= len(watched.of(Scene)) <= 3
    assert watched.of(Motion) == []


def test_light_switched_off_and_on_is_dark_then_bright_and_no_motion() -> None:
    noise = Noise(4)
    watched = watch(film(6, lambda t: noise((room() * (0.1 if 2 <= t < 4 else 1.0)).astype(np.uint8))))
    lights = watched.of(Light)
    assert [e.payload.name for e in lights] == ["bright", "dark", "bright"]
    assert lights[1].span.start == s(2.0) and lights[1].at <= s(2.3)
    assert lights[2].span.start == s(4.0) and lights[2].at <= s(4.3)
    assert [e.span.start for e in watched.of(Scene)] == [s(2.0), s(4.0)]
    assert watched.of(Motion) == []
    assert watched.pipeline.seeing.light == "bright"


def test_light_at_a_border_does_not_flicker() -> None:
    watched = watch(film(10, lambda t: flat((round(255 * (0.36 + 0.02 * np.sin(9 * t))),) * 3)))
    assert len(watched.of(Light)) == 1


@pytest.mark.parametrize(
    ("name", "bgr"),
    [
        ("black", (10, 10, 12)),
        ("grey", (120, 125, 122)),
        ("white", (245, 248, 246)),
        ("red", (30, 30, 210)),
        ("red", (20, 10, 120)),
        ("orange", (20, 130, 240)),
        ("brown", (30, 70, 120)),
        ("yellow", (40, 225, 245)),
        ("green", (40, 160, 40)),
        ("green", (30, 80, 30)),
        ("turquoise", (200, 200, 30)),
        ("blue", (210, 70, 20)),
        ("blue", (110, 30, 20)),
        ("purple", (180, 40, 130)),
        ("pink", (200, 150, 250)),
        ("pink", (180, 60, 240)),
    ],
)
def test_colours_have_their_usual_names(name: str, bgr: tuple[int, int, int]) -> None:
    noise = Noise(4)
    watched = watch(film(0.3, lambda t: noise(flat(bgr))))
    assert watched.pipeline.seeing.colours == (name,)


def test_main_colours_are_told_by_area_and_only_when_they_stay() -> None:
    picture = flat((200, 60, 20))
    picture[:, :100] = (30, 30, 210)
    passing = flat((200, 60, 20))
    passing[:, :100] = (40, 160, 40)
    watched = watch(film(6, lambda t: passing if 1 <= t < 1.3 or t >= 3 else picture))
    colours = watched.of(Colours)
    assert [e.payload.names for e in colours] == [("blue", "red"), ("blue", "green")]
    assert colours[1].span.start == s(3)
    assert s(3.4) < colours[1].at < s(3.8)


def test_an_area_at_the_border_does_not_make_a_colour_come_and_go() -> None:
    def shown(t: float) -> np.ndarray:
        picture = flat((200, 60, 20))
        picture[:, : round(WIDTH * (0.16 if int(t) % 2 == 0 else 0.12))] = (30, 30, 210)
        return picture

    assert [e.payload.names for e in watch(film(8, shown)).of(Colours)] == [("blue", "red")]


# --- faces ----------------------------------------------------------------------------------------------------


def test_a_face_appears_and_leaves_and_a_still_picture_is_looked_at_rarely() -> None:
    move = lambda t: figure(room(), 100 + 10 * np.sin(8 * t)) if t < 1 or t >= 8 else figure(room(), 100)  # noqa: E731
    watched = watch(film(10, move), faces=lambda at: (BOX,) if at < s(8) else ())
    (appeared,) = watched.of(Face, "added")
    (left,) = watched.of(Face, "committed")
    assert appeared.payload.box == BOX
    assert appeared.at < s(1)
    assert appeared.id == left.id
    assert s(8) < left.at < s(9.5)
    assert left.span.end < s(8)
    still = [at for at in watched.looks if s(1.5) < at < s(8)]
    assert 2 <= len(still) <= 4
    assert watched.pipeline.seeing.faces == ()


def test_without_change_and_without_a_face_there_is_one_look() -> None:
    assert watch(film(20, lambda t: room())).looks == [0]


def test_looks_wait_for_an_answer_and_keep_their_distance() -> None:
    moving = film(4, lambda t: figure(room(), 100 + 10 * np.sin(8 * t)))
    answered = watch(moving).looks
    assert all(b - a >= ms(300) for a, b in pairwise(answered))
    assert len(answered) >= 9
    silent = watch(film(7, lambda t: figure(room(), 100 + 10 * np.sin(8 * t))), faces=None).looks
    assert silent == [0, s(3), s(6)]


def test_a_failed_look_is_tried_again() -> None:
    pipeline, timeline = VideoPipeline(), Timeline()
    fault = Fault("vision", "it failed")
    jobs = [
        pipeline.step(
            Turn(
                n, 0, Span(n * DELTA, (n + 1) * DELTA), camera=(as_frame(n * DELTA, figure(room(), 5 * n)),), arrivals=a
            ),
            timeline,
        )
        for n, a in enumerate(((), (fault,), (), (), ()))
    ]
    assert [len(j) for j in jobs] == [1, 0, 0, 0, 1]


def test_faces_can_be_left_off() -> None:
    watched = watch(film(2, lambda t: room()), settings=VideoSettings(faces=False))
    assert watched.looks == []


# --- what goes wrong ------------------------------------------------------------------------------------------


def test_a_stalled_camera_is_told_once_and_so_is_its_return() -> None:
    walk = film(3, lambda t: figure(room(), 10 + 20 * t))
    later = [(at + s(8), picture) for at, picture in film(2, lambda t: room())]
    watched = watch([*walk, *later], faces=lambda at: (BOX,) if at < s(3) else (), until=10)
    stall, back = watched.of(Notice)
    assert (stall.stream, stall.payload.part, stall.status) == ("acts", "camera", "committed")
    assert s(4.9) <= stall.at <= s(5.0)
    assert s(8) < back.at <= s(8.1)
    assert "back" in back.payload.text
    (moved,) = watched.of(Motion, "committed")
    (left,) = watched.of(Face, "committed")
    assert moved.at == left.at == stall.at
    assert moved.span.end == s(2.9)
    assert not watched.pipeline.seeing.stalled


def test_a_camera_that_never_gave_a_picture_has_not_stalled() -> None:
    watched = watch([], until=10)
    assert watched.edits == []
    assert watched.pipeline.seeing.frame_at is None


def test_while_stalled_nothing_is_seen() -> None:
    watched = watch(film(1, lambda t: figure(room(), 10 + 30 * t)), faces=lambda at: (BOX,), until=5)
    seeing = watched.pipeline.seeing
    assert seeing.stalled and seeing.motions == () and seeing.faces == ()


def bad_pictures() -> list[bytes]:
    good = as_frame(0, room()).jpeg
    lying = bytearray(good)
    at = lying.index(b"\xff\xc0")
    lying[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    tables_gone = good[:2] + good[good.index(b"\xff\xc0") :]
    return [b"", b"\xff\xd8", good[: len(good) // 2], bytes(500), bytes(lying), tables_gone, b"\xff\xd8\xff\xd9"]


def test_corrupt_pictures_are_skipped_with_one_notice() -> None:
    pipeline, timeline = VideoPipeline(), Timeline()
    pictures = [as_frame(0, room()).jpeg, *bad_pictures(), as_frame(0, room()).jpeg]
    for n, jpeg in enumerate(pictures):
        span = Span(n * DELTA, (n + 1) * DELTA)
        pipeline.step(Turn(n, 0, span, camera=(Frame(span.start, WIDTH, HEIGHT, jpeg),)), timeline)
    notices = [e for e in timeline.drain() if isinstance(e.payload, Notice)]
    assert len(notices) == 1
    assert "cannot be used" in notices[0].payload.text
    assert pipeline.seeing.frame_at == DELTA * (len(pictures) - 1)


def test_the_picture_may_change_its_size_in_mid_stream() -> None:
    sizes = [(320, 180), (640, 360), (160, 90), (320, 240), (100, 80)]
    shown = room()

    def sized(t: float) -> np.ndarray:
        return np.asarray(cv2.resize(shown, sizes[int(t) % 5], interpolation=cv2.INTER_AREA), np.uint8)

    watched = watch(film(10, sized))
    assert watched.of(Motion) == []
    assert watched.of(Scene) == []


def test_frames_out_of_order_are_passed_over() -> None:
    pipeline, timeline = VideoPipeline(), Timeline()
    frames = tuple(as_frame(at, room()) for at in (ms(50), ms(10), ms(50), ms(60)))
    pipeline.step(Turn(0, 0, Span(0, DELTA), camera=frames), timeline)
    assert pipeline.seeing.frame_at == ms(60)


def test_a_screen_has_its_own_stream_and_is_not_searched_for_faces() -> None:
    pipeline, timeline = VideoPipeline(stream="screen"), Timeline()
    turn = Turn(0, 0, Span(0, DELTA), screen=(as_frame(0, room()),), camera=(as_frame(0, flat((0, 0, 0))),))
    assert pipeline.step(turn, timeline) == ()
    assert {e.stream for e in timeline.drain()} == {"screen"}
    assert pipeline.seeing.light == "bright"


def test_the_same_frames_are_perceived_the_same() -> None:
    def once() -> list:
        noise = Noise(9)
        shown = moving_between(1, 2, 60)
        return watch(film(3, lambda t: noise(shown(t)))).edits

    assert once() == once()


def test_what_runs_through_a_screen_by_steps_moves_until_it_has_stopped_for_good() -> None:
    screen, timeline, ended = VideoPipeline(stream="screen"), Timeline(), []
    for n in range(40):
        picture = flat((30, 30, 30))
        for line in range(12):  # ten steps, two pictures each
            long = 20 + 37 * (line + min(n // 2, 10)) % 90
            cv2.rectangle(picture, (10, 14 * line), (10 + 2 * long, 14 * line + 8), (220, 220, 220), -1)
        at = ms(200 * n)
        screen.step(Turn(n, 0, Span(at, at + ms(200)), screen=(as_frame(at, picture),)), timeline)
        ended += [edit for edit in timeline.drain() if isinstance(edit.payload, Motion) and edit.status == "committed"]
    assert {edit.payload.region for edit in ended} >= {"left third", "middle third"}
    assert all(s(3.9) <= edit.span.end <= s(4.2) and s(5) < edit.at <= s(5.6) for edit in ended)


# --- what it costs --------------------------------------------------------------------------------------------


def test_what_each_level_cost_is_told_once():
    watched = watch(film(1, lambda t: room()))
    costs = watched.pipeline.take_costs()
    assert costs["picture"].ran == costs["motion"].ran == 10 and costs["picture"].ns > 0
    assert "movement" not in costs and "bodies" not in costs, "nobody asked for them"
    assert watched.pipeline.take_costs() == {}
