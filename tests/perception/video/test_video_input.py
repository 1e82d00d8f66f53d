import threading
from itertools import pairwise

import cv2
import numpy as np
import pytest
from rendered_camera import as_frame, figure, room

from duetto.perception.video.input import VideoInput
from duetto.perception.video.jpeg import UnreadablePicture, decode_small, picture_size
from duetto.timeline.clock import ms, s


def kept_times(rate: float, seconds: int, jitter: tuple[int, ...] = (0,), max_rate: float = 10.0) -> list[int]:
    camera = VideoInput(max_rate=max_rate, limit=10_000)
    picture = np.zeros((16, 16), np.uint8)
    for number in range(round(rate * seconds)):
        camera.push(s(number / rate) + ms(jitter[number % len(jitter)]), picture)
    return [frame.at for frame in camera.take(s(seconds + 1))]


@pytest.mark.parametrize("rate", [25, 30, 60])
def test_a_fast_camera_is_sampled_to_the_rate_on_average(rate: int) -> None:
    kept = kept_times(rate, 10)
    assert 95 <= len(kept) <= 101
    assert max(b - a for a, b in pairwise(kept)) <= ms(150)


def test_a_jittery_camera_at_the_rate_keeps_its_frames() -> None:
    assert len(kept_times(10, 10, jitter=(0, -5, 4, -8, 2))) == 100


def test_a_gap_does_not_let_a_burst_through() -> None:
    camera = VideoInput(limit=100)
    picture = np.zeros((16, 16), np.uint8)
    assert camera.push(0, picture)
    kept = [camera.push(s(5) + ms(10 * n), picture) for n in range(20)]
    assert sum(kept) <= 3


def test_the_newest_wins_and_what_is_dropped_is_counted() -> None:
    camera = VideoInput(limit=2)
    picture = np.zeros((16, 16), np.uint8)
    for number in range(5):
        camera.push(ms(100 * number), picture)
    assert not camera.push(ms(410), picture)
    assert camera.dropped == 4
    assert [frame.at for frame in camera.take(ms(400))] == [ms(300)]
    assert [frame.at for frame in camera.take(s(1))] == [ms(400)]
    assert camera.take(s(1)) == ()


def test_a_large_picture_is_scaled_and_encoded() -> None:
    camera = VideoInput()
    camera.push(0, cv2.resize(room(), (1280, 720)))
    (frame,) = camera.take(1)
    assert (frame.width, frame.height) == (640, 360)
    assert picture_size(frame.jpeg, max_pixels=10**6) == (640, 360)
    small = decode_small(frame.jpeg, max_pixels=10**6)
    expected = cv2.resize(room(), (160, 90), interpolation=cv2.INTER_AREA)
    assert float(np.abs(small.astype(int) - expected).mean()) < 4


@pytest.mark.parametrize("shape", [(90, 160), (90, 160, 1), (160, 90, 3), (1, 1)])
def test_grey_portrait_and_tiny_pictures_are_taken(shape: tuple[int, ...]) -> None:
    camera = VideoInput()
    camera.push(0, np.full(shape, 77, np.uint8))
    (frame,) = camera.take(1)
    assert (frame.height, frame.width) == shape[:2]
    assert abs(float(decode_small(frame.jpeg, max_pixels=10**6).mean()) - 77) < 3


def test_a_jpeg_within_the_size_is_kept_byte_for_byte_and_a_larger_one_is_scaled() -> None:
    camera = VideoInput()
    jpeg = as_frame(0, figure(room(), 50)).jpeg
    camera.push(0, jpeg)
    camera.push(ms(100), as_frame(0, np.asarray(cv2.resize(room(), (1920, 1080)), np.uint8)).jpeg)
    first, second = camera.take(s(1))
    assert first.jpeg == jpeg
    assert (first.width, first.height) == (320, 180)
    assert (second.width, second.height) == (640, 360)


@pytest.mark.parametrize(
    ("picture", "says"),
    [
        (b"", "not a JPEG"),
        (b"\x89PNG\r\n" + bytes(100), "not a JPEG"),
        (b"\xff\xd8\xff\xd9", "without a size"),
        (b"\xff\xd8\xff\xe0\x00\x00" + bytes(20), "broken JPEG header"),
        (b"\xff\xd8" + bytes(50), "broken JPEG header"),
        (as_frame(0, room()).jpeg[:3000], "cut off"),
        (as_frame(0, np.zeros((700, 700), np.uint8)).jpeg, "700×700 pixels, the limit is 250000"),
        (np.zeros((700, 700), np.uint8), "700×700 pixels"),
        (np.zeros((0, 10, 3), np.uint8), "0 pixels"),
        (np.zeros((10, 10, 4), np.uint8), "shape"),
        (np.zeros((10, 10, 3), np.float32), "uint8"),
        ("picture", "str"),
    ],
)
def test_a_bad_picture_is_refused_by_name_and_the_input_goes_on(picture: object, says: str) -> None:
    camera = VideoInput(max_pixels=250_000)
    with pytest.raises(ValueError, match=says) as caught:
        camera.push(0, picture)  # type: ignore[arg-type]
    assert str(caught.value).startswith("picture: ")
    assert camera.push(0, room())


def test_a_jpeg_header_that_lies_about_a_huge_size_is_never_decoded() -> None:
    jpeg = bytearray(as_frame(0, room()).jpeg)
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(UnreadablePicture, match="65535×65535"):
        VideoInput().push(0, bytes(jpeg))


@pytest.mark.parametrize(
    ("field", "value"), [("max_rate", 0), ("max_side", 8), ("quality", 101), ("limit", 0), ("max_pixels", 0)]
)
def test_settings_out_of_range_are_named(field: str, value: int) -> None:
    with pytest.raises(ValueError, match=field):
        VideoInput(**{field: value})


def test_time_never_runs_backwards_and_a_closed_input_takes_nothing_more() -> None:
    camera = VideoInput()
    camera.push(ms(50), room())
    with pytest.raises(ValueError, match="backwards"):
        camera.push(ms(49), room())
    camera.close()
    with pytest.raises(RuntimeError, match="closed"):
        camera.push(ms(500), room())
    assert not camera.finished
    assert len(camera.take(s(1))) == 1
    assert camera.finished


def test_pushing_and_taking_from_two_threads_loses_nothing_but_what_is_counted() -> None:
    camera = VideoInput(max_rate=1000, limit=3)
    picture = np.zeros((16, 16), np.uint8)

    def push() -> None:
        for number in range(300):
            camera.push(ms(2 * number), picture)
        camera.close()

    pusher = threading.Thread(target=push)
    pusher.start()
    taken: list[int] = []
    while not camera.finished:
        taken.extend(frame.at for frame in camera.take(s(10)))
    pusher.join()
    assert taken == sorted(set(taken))
    assert len(taken) + camera.dropped == 300
