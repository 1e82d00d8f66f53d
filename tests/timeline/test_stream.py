from __future__ import annotations

import pytest

from duetto.timeline.stream import Stream, StreamFull


def test_items_are_taken_in_order_up_to_a_moment() -> None:
    stream: Stream[str] = Stream("keys", limit=8)
    for at, item in ((0, "a"), (10, "b"), (10, "c"), (20, "d")):
        stream.push(at, item)
    assert stream.take(before=20) == [(0, "a"), (10, "b"), (10, "c")]
    assert stream.take(before=20) == [] and len(stream) == 1


def test_a_stream_that_must_lose_nothing_refuses_at_its_limit() -> None:
    stream: Stream[int] = Stream("mic", limit=2)
    stream.push(0, 1)
    stream.push(1, 2)
    with pytest.raises(StreamFull, match="mic: 2"):
        stream.push(2, 3)
    assert [item for _, item in stream.take(10)] == [1, 2]


def test_of_pictures_the_newest_wins_and_the_loss_is_counted() -> None:
    stream: Stream[int] = Stream("camera", limit=2, overflow="newest")
    for n in range(5):
        stream.push(n, n)
    assert [item for _, item in stream.take(10)] == [3, 4] and stream.dropped == 3


def test_time_does_not_run_backwards() -> None:
    stream: Stream[int] = Stream("keys", limit=2)
    stream.push(10, 1)
    with pytest.raises(ValueError, match="keys: time runs backwards"):
        stream.push(9, 2)


def test_a_closed_stream_can_be_emptied_but_not_filled() -> None:
    stream: Stream[int] = Stream("keys", limit=2)
    stream.push(0, 1)
    stream.close()
    assert not stream.finished
    with pytest.raises(RuntimeError, match="closed"):
        stream.push(1, 2)
    stream.take(10)
    assert stream.finished


def test_a_stream_has_room_for_something() -> None:
    with pytest.raises(ValueError, match="limit"):
        Stream("keys", limit=0)
