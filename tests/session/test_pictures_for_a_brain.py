from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
import pytest

from duetto.models.cascade import Cascade, CascadeSettings
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.job import Ask
from duetto.timeline.turn import DELTA, Frame, Key, Turn

JPEG = cv2.imencode(".jpg", np.full((36, 64, 3), 128, np.uint8))[1].tobytes()


def shown(most: int, *, screen: bool = False) -> list[tuple[str, int]]:
    """Four seconds of a camera at 5 frames/s, then a typed question: which pictures its brain is shown."""
    cascade = Cascade(CascadeSettings(pictures=most), epoch_ns=0)
    for index in range(100):
        span = Span(index * DELTA, (index + 1) * DELTA)
        frames = (Frame(span.start, 64, 36, JPEG),) if index % 5 == 0 else ()
        typed = (Key(span.start, "insert", "hi"), Key(span.start, "send")) if index == 99 else ()
        turn = Turn(index, 0, span, camera=frames, screen=frames if screen else (), keys=typed)
        asks = [job for job in cascade.step(turn).jobs if isinstance(job, Ask)]
    return [(picture.stream, picture.at) for picture in asks[0].context.pictures]


@pytest.mark.parametrize("most", [1, 3])
def test_the_newest_picture_is_shown_with_others_a_second_apart(most):
    found = shown(most)
    times = [at for _, at in found]
    assert len(found) == most and times == sorted(times)
    assert times[-1] == 95 * DELTA
    assert all(later - earlier >= ms(1000) for earlier, later in pairwise(times[:-1]))


def test_camera_and_screen_are_both_shown():
    assert {stream for stream, _ in shown(2, screen=True)} == {"camera", "screen"}


def test_a_brain_that_does_not_see_is_shown_nothing():
    assert shown(0) == []
