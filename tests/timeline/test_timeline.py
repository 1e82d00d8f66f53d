from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duetto.timeline.increment import Span
from duetto.timeline.payload import Heard, Motion, Sound, Word
from duetto.timeline.timeline import Timeline, TimelineSettings, UnknownIncrement


def word(text: str) -> Word:
    return Word(text, 1.0, 1)


def test_an_increment_is_added_then_committed_or_revoked() -> None:
    timeline = Timeline()
    first = timeline.add("mic", Span(0, 10), word("for"), at=20, source="ear")
    assert timeline.open("mic") == (first,)
    second = timeline.revise(first.id, "mic", Span(0, 12), word("four"), at=30)
    kept = timeline.commit(second.id, "mic", at=40, span=Span(0, 14))
    assert kept.span == Span(0, 14) and timeline.open("mic") == ()
    assert [(e.status, e.payload.text) for e in timeline.drain() if isinstance(e.payload, Word)] == [
        ("added", "for"),
        ("revoked", "for"),
        ("added", "four"),
        ("committed", "four"),
    ]
    assert timeline.drain() == ()


def test_what_is_settled_cannot_be_settled_again() -> None:
    timeline = Timeline()
    increment = timeline.add("mic", Span(0, 1), word("a"), at=0, source="ear")
    timeline.commit(increment.id, "mic", at=1)
    with pytest.raises(UnknownIncrement, match="not open"):
        timeline.revoke(increment.id, "mic", at=2)


def test_queries_by_stream_and_span_leave_out_what_was_revoked() -> None:
    timeline = Timeline()
    gone = timeline.add("mic", Span(0, 10), word("gone"), at=0, source="ear")
    timeline.revoke(gone.id, "mic", at=1)
    late = timeline.add("mic", Span(20, 30), word("late"), at=0, source="ear", committed=True)
    early = timeline.add("mic", Span(5, 10), word("early"), at=0, source="ear")
    timeline.add("voice", Span(0, 99), Heard("x", 1, 1), at=0, source="voice", committed=True)
    assert timeline.between("mic", Span(0, 100)) == (early, late)
    assert timeline.between("mic", Span(10, 20)) == ()
    assert timeline.between("mic", Span(9, 9)) == (early,), "a moment counts as within"
    assert timeline.latest("mic", Word) == early, "what is open is newer than what is settled"
    assert timeline.latest("camera", Motion) is None
    assert len(timeline) == 3


def test_each_kind_is_bounded_by_itself() -> None:
    timeline = Timeline(TimelineSettings(per_kind=3))
    kept = timeline.add("mic", Span(0, 1), word("kept"), at=0, source="ear", committed=True)
    for n in range(10):
        timeline.add("mic", Span(n, n + 1), Sound(0.1, -60.0, None), at=n, source="ear", committed=True)
    assert len(timeline) == 4
    assert timeline.latest("mic", Word) == kept, "the flood of one kind does not push out another"


def test_open_increments_are_bounded_too() -> None:
    timeline = Timeline(TimelineSettings(open_per_stream=2))
    for n in range(2):
        timeline.add("mic", Span(n, n), word("x"), at=0, source="ear")
    with pytest.raises(ValueError, match="mic: 2 increments are open"):
        timeline.add("mic", Span(3, 3), word("x"), at=0, source="ear")


def test_a_span_does_not_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="span"):
        Span(2, 1)


@given(st.lists(st.sampled_from(["add", "commit", "revoke"]), max_size=60), st.randoms(use_true_random=False))
def test_every_increment_ends_once_and_is_known_until_revoked(operations: list[str], random: object) -> None:
    timeline = Timeline()
    for n, operation in enumerate(operations):
        standing = timeline.open("mic")
        if operation == "add":
            timeline.add("mic", Span(n, n + 1), word(str(n)), at=n, source="ear")
        elif standing:
            chosen = standing[random.randrange(len(standing))]  # type: ignore[attr-defined]
            getattr(timeline, operation)(chosen.id, "mic", at=n)
    edits = timeline.drain()
    ended = [e.id for e in edits if e.status != "added"]
    assert len(ended) == len(set(ended))
    revoked = {e.id for e in edits if e.status == "revoked"}
    assert {i.id for i in timeline.standing("mic")} == {e.id for e in edits} - revoked
