from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duetto.perception.text.pipeline import Reading, SentLine, TypingPipeline, TypingSettings
from duetto.timeline.clock import ms, s
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import Line, Notice, Typing
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Key, Turn

DELTA = ms(80)


class Typist:
    """Plays keys micro-turn by micro-turn."""

    def __init__(self, settings: TypingSettings | None = None) -> None:
        self.pipeline = TypingPipeline(settings)
        self.timeline = Timeline()
        self.index = 0

    def turn(self, *keys: Key, round: int = 0) -> tuple[Increment, ...]:
        span = Span(self.index * DELTA, (self.index + 1) * DELTA)
        self.pipeline.step(Turn(self.index, round, span, keys=keys), self.timeline)
        self.index += 1
        return self.timeline.drain()

    def turns(self, count: int) -> list[Increment]:
        return [edit for _ in range(count) for edit in self.turn()]

    @property
    def reading(self) -> Reading:
        return self.pipeline.reading


def letters(text: str, at: int = 0) -> Iterable[Key]:
    return [Key(at + ms(n), "insert", letter, n) for n, letter in enumerate(text)]


def story(edits: Iterable[Increment]) -> list[tuple[str, str]]:
    return [(e.status, e.payload.text) for e in edits if isinstance(e.payload, Typing | Line)]


def test_a_draft_is_known_before_it_is_sent() -> None:
    typist = Typist()
    assert story(typist.turn(*letters("hel"))) == [("added", "hel")]
    edits = typist.turn(*(Key(ms(80), "insert", "l", 3), Key(ms(90), "insert", "o", 4)))
    assert story(edits) == [("revoked", "hel"), ("added", "hello")]
    assert edits[1].span == Span(0, ms(90))
    assert typist.reading == Reading(draft="hello", since=0, latest=ms(90))
    assert typist.reading.typing
    edits = typist.turn(Key(ms(200), "send"))
    assert story(edits) == [("revoked", "hello"), ("committed", "hello")]
    assert isinstance(edits[1].payload, Line)
    assert edits[1].span == Span(0, ms(200))
    assert typist.reading == Reading(lines=(SentLine("hello", 0, ms(200)),))
    assert typist.timeline.open("keys") == ()
    assert typist.turns(20) == []
    assert typist.reading == Reading()


def test_a_micro_turn_revises_once_whatever_is_typed_in_it() -> None:
    typist = Typist()
    typist.turn(Key(0, "insert", "x", 0))
    edits = typist.turn(*letters("abcdefgh", at=DELTA))
    assert [e.status for e in edits] == ["revoked", "added"]


def test_deletions_and_insertions_in_the_middle() -> None:
    typist = Typist()
    typist.turn(Key(0, "insert", "a big house", 0), Key(1, "delete", "", 2, 3), Key(2, "insert", "small", 2))
    assert typist.reading.draft == "a small house"
    assert story(typist.turn(Key(DELTA, "delete", "", 0, 99))) == [("revoked", "a small house")]
    assert typist.reading == Reading()


def test_a_pause_is_told_once_and_ends_with_the_next_key() -> None:
    typist = Typist()
    typist.turn(Key(ms(10), "insert", "hm", 0))
    edits = typist.turns(12)
    assert [(e.status, e.payload.paused) for e in edits] == [("revoked", False), ("added", True)]
    assert edits[1].at == ms(640)
    assert typist.reading.paused and not typist.reading.typing
    edits = typist.turn(Key(typist.index * DELTA, "insert", "!", 2))
    assert [(e.status, e.payload.paused) for e in edits] == [("revoked", True), ("added", False)]


def test_several_lines_in_one_micro_turn() -> None:
    typist = Typist()
    edits = typist.turn(
        Key(0, "insert", "one", 0),
        Key(1, "send"),
        Key(2, "insert", "two", 0),
        Key(3, "send"),
        Key(4, "insert", "thr", 0),
    )
    assert story(edits) == [("committed", "one"), ("committed", "two"), ("added", "thr")]
    assert typist.reading.lines == (SentLine("one", 0, 1), SentLine("two", 2, 3))
    assert typist.reading.draft == "thr"


def test_a_later_round_does_not_repeat_lines() -> None:
    typist = Typist()
    typist.turn(Key(0, "insert", "one", 0), Key(1, "send"))
    typist.index -= 1
    assert typist.turn(round=1) == ()
    assert typist.reading.lines == ()


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_line_is_not_sent(text: str) -> None:
    typist = Typist()
    typist.turn(Key(0, "insert", text, 0))
    edits = typist.turn(Key(DELTA, "send"))
    assert all(e.status == "revoked" for e in edits)
    assert typist.reading == Reading()


def test_positions_out_of_range_count_as_the_nearest_place() -> None:
    typist = Typist()
    typist.turn(Key(0, "insert", "ab", 50), Key(1, "delete", "", 50, 2), Key(2, "insert", "c", -7))
    assert typist.reading.draft == "cab"
    typist.turn(Key(DELTA, "delete", "", 1, -4))
    assert typist.reading.draft == "cab"


def test_a_full_line_takes_no_more_and_says_so_once() -> None:
    typist = Typist(TypingSettings(line_characters=5))
    edits = typist.turn(Key(0, "insert", "abcdefg", 0), Key(1, "insert", "h", 5), Key(2, "insert", "i", 0))
    assert typist.reading.draft == "abcde"
    (notice,) = [e for e in edits if isinstance(e.payload, Notice)]
    assert (notice.stream, notice.payload.part) == ("acts", "keys")
    assert "5 characters" in notice.payload.text
    assert story(typist.turn(Key(DELTA, "send")))[-1] == ("committed", "abcde")


def test_settings_out_of_range_are_named() -> None:
    with pytest.raises(ValueError, match="line_characters"):
        TypingPipeline(TypingSettings(line_characters=0))


keys = st.builds(
    Key,
    at=st.just(0),
    op=st.sampled_from(["insert", "insert", "delete", "send"]),
    text=st.text(max_size=8),
    position=st.integers(-3, 40),
    count=st.integers(-3, 40),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(keys, max_size=5), max_size=20))
def test_any_keys_leave_one_open_increment_that_is_the_draft(typed: list[list[Key]]) -> None:
    typist = Typist(TypingSettings(line_characters=20))
    for batch in typed:
        at = typist.index * DELTA
        typist.turn(*(Key(at, k.op, k.text, k.position, k.count) for k in batch))
        draft = typist.reading.draft
        assert len(draft) <= 20
        assert [e.payload.text for e in typist.timeline.open("keys")] == ([draft] if draft else [])
    typist.turns(round(s(1) / DELTA))
    assert typist.reading.paused == bool(typist.reading.draft)
