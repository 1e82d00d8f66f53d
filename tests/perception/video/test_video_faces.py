import cv2
import msgspec
import numpy as np
import pytest
from rendered_camera import as_frame, flat, room

from duetto.perception.video.faces import FaceSettings, FaceTracker, make_handler
from duetto.perception.video.jpeg import UnreadablePicture
from duetto.timeline.arrival import Box, Faces
from duetto.timeline.clock import ms
from duetto.timeline.job import Forget, Look

A: Box = (0.1, 0.2, 0.2, 0.3)
A_MOVED: Box = (0.2, 0.22, 0.2, 0.3)
B: Box = (0.6, 0.2, 0.2, 0.3)


def follow(*looks: tuple[Box, ...], most: int = 8) -> tuple[FaceTracker, list[tuple[int, str, int]]]:
    """All changes as (number of the look, change, number of the face)."""
    tracker, told = FaceTracker(most), []
    for number, boxes in enumerate(looks):
        told += [(number, c.change, c.number) for c in tracker.see(Faces(ms(300 * number), boxes))]
    return tracker, told


def test_two_looks_of_three_make_a_face() -> None:
    assert follow((A,), (A,))[1] == [(1, "appeared", 1)]
    assert follow((A,), (), (A,))[1] == [(2, "appeared", 1)]


def test_a_hit_alone_is_none_and_is_forgotten() -> None:
    tracker, told = follow((A,), (), (), (), (A,), (), ())
    assert told == []
    assert not tracker.unsure


def test_one_miss_is_a_flicker_and_two_are_a_leave() -> None:
    tracker, told = follow((A,), (A,), (), (A,), (A,), (A,), (), ())
    assert told == [(1, "appeared", 1), (7, "left", 1)]
    assert tracker.boxes == ()


def test_a_face_that_moves_stays_the_same_and_two_are_told_apart() -> None:
    tracker, told = follow((A,), (A_MOVED, B), (A, B))
    assert told == [(1, "appeared", 1), (2, "appeared", 2)]
    assert tracker.boxes == (A, B)


def test_a_doubt_is_known() -> None:
    assert follow((A,))[0].unsure
    assert not follow((A,), (A,))[0].unsure
    assert follow((A,), (A,), ())[0].unsure


def test_a_change_tells_when_and_where_the_face_was_seen() -> None:
    tracker = FaceTracker()
    tracker.see(Faces(ms(0), (A,)))
    tracker.see(Faces(ms(300), (A_MOVED,)))
    tracker.see(Faces(ms(600), ()))
    (left,) = tracker.see(Faces(ms(900), ()))
    assert (left.since, left.last, left.box) == (0, ms(300), A_MOVED)


def test_faces_are_bounded_and_a_late_look_is_passed_over() -> None:
    many = tuple((0.05 * n, 0.1, 0.01, 0.01) for n in range(15))
    tracker, told = follow(many, many, most=4)
    assert len(told) == 4
    assert tracker.see(Faces(0, ())) == ()
    assert len(tracker.boxes) == 4


def test_all_leave_when_the_camera_is_gone() -> None:
    tracker, _ = follow((A, B), (A, B))
    assert [c.change for c in tracker.clear()] == ["left", "left"]
    assert tracker.boxes == ()


@pytest.mark.parametrize("shape", [(180, 320), (90, 160), (640, 360), (20, 20), (8, 400)])
def test_the_handler_finds_no_face_where_there_is_none(shape: tuple[int, int]) -> None:
    handler = make_handler("")
    picture = np.resize(room(), (*shape, 3)) if shape[0] < 100 else np.full((*shape, 3), 99, np.uint8)
    assert list(handler.handle(Look(ms(7), as_frame(0, picture).jpeg))) == [Faces(ms(7), ())]
    handler.close()


class FakeCascade:
    """Fires on the bright square that a test drew, upright only."""

    def detectMultiScale(self, grey, scale, neighbours, minSize):
        ys, xs = np.nonzero(grey > 200)
        if len(xs) == 0:
            return ()
        x, y, w, h = xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1
        upright = len(xs) > 0.85 * w * h
        return np.array([(x, y, w, h)]) if upright else ()


def test_boxes_are_shares_of_the_picture_and_a_tilted_head_is_found_again() -> None:
    handler = make_handler(msgspec.json.encode(FaceSettings(most=3)).decode())
    handler._cascade = FakeCascade()
    upright = flat((20, 20, 20))
    upright[60:120, 128:188] = 255
    (box,) = handler.find(as_frame(0, upright, 95).jpeg)
    assert box == pytest.approx((128 / 320, 60 / 180, 60 / 320, 60 / 180), abs=0.01)
    assert handler.find(as_frame(0, upright, 95).jpeg) == (box,)

    corners = np.array([[-30, -30], [30, -30], [30, 30], [-30, 30]]) @ np.array(
        [[np.cos(0.44), np.sin(0.44)], [-np.sin(0.44), np.cos(0.44)]]
    )
    tilted = flat((20, 20, 20))
    cv2.fillPoly(tilted, [np.rint(corners + np.array([160, 95])).astype(np.int32)], (255, 255, 255))
    jpeg = as_frame(0, tilted, 95).jpeg
    (found,) = handler.find(jpeg)
    assert found[0] + found[2] / 2 == pytest.approx(160 / 320, abs=0.03)
    assert found[1] + found[3] / 2 == pytest.approx(95 / 180, abs=0.03)

    assert handler.find(as_frame(0, flat((20, 20, 20))).jpeg) == ()
    # Nothing was there in the look before: the tilted head is not searched for.
    assert handler.find(jpeg) == ()


def test_what_the_handler_cannot_do_is_said() -> None:
    handler = make_handler("{}")
    with pytest.raises(UnreadablePicture):
        list(handler.handle(Look(0, b"no picture")))
    with pytest.raises(TypeError, match="Forget"):
        list(handler.handle(Forget(1)))
    with pytest.raises(ValueError, match="cascade"):
        make_handler('{"cascade": "none.xml"}')
    with pytest.raises(ValueError, match="scale"):
        make_handler('{"scale": "wide"}')
