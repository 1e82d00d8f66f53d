"""The parts of a conversation that are shared in a thread: the embedded brain and dear vision."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import msgspec
import numpy as np
import pytest
from shared_rig import Place, ask

from duetto.brain.brain import BrainHandler
from duetto.brain.embedded import EmbeddedBrain
from duetto.perception.video import faces
from duetto.timeline.arrival import Faces, ReplyEnd
from duetto.timeline.job import Keep, Look
from duetto.workers.shared import Hub, in_thread


@pytest.fixture
def brain() -> Iterator[Hub]:
    hub = in_thread("brain", lambda _: BrainHandler(EmbeddedBrain()))
    yield hub
    hub.close()


@pytest.fixture
def vision() -> Iterator[Hub]:
    hub = in_thread("vision", faces.make_handler)
    yield hub
    hub.close()


def test_each_conversation_has_a_memory_of_its_own(brain):
    one, two = Place(brain), Place(brain)
    for place, name in ((one, "anna"), (two, "peter")):
        place.worker.submit(1, msgspec.structs.replace(ask(1, f"my name is {name}"), draft=True))
    one.worker.submit(2, Keep(1))
    for place in (one, two):
        place.worker.submit(3, ask(2, "what is my name"))
        place.done(1, 3)
    assert "anna" in one.said(3).lower() and "peter" not in two.said(3).lower(), "what was not kept never happened"
    assert all(isinstance(place.of(3)[-2].arrival, ReplyEnd) for place in (one, two))


def test_each_conversation_has_its_own_picture_looked_at(vision):
    one, two = Place(vision), Place(vision)
    jpeg = cv2.imencode(".jpg", np.full((90, 160, 3), 90, np.uint8))[1].tobytes()
    one.worker.submit(1, Look(10, jpeg))
    one.worker.submit(2, Look(11, b"no picture"))
    two.worker.submit(1, Look(20, jpeg))
    one.done(1, 2)
    two.done(1)
    seen = [[r.arrival.at for r in place.results if isinstance(r.arrival, Faces)] for place in (one, two)]
    assert seen[0] in ([10], []) and seen[1] == [20], "the older of two pictures that wait is passed over"
    assert one.error(2) is not None and two.error(1) is None
