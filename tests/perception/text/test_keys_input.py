import pytest

from duetto.perception.text.input import MAX_TEXT, KeysInput
from duetto.timeline.clock import ms
from duetto.timeline.stream import StreamFull
from duetto.timeline.turn import Key


def test_keys_come_out_in_order_up_to_the_time_asked_for() -> None:
    keys = KeysInput()
    pushed = [Key(ms(n), "insert", "x", n) for n in range(5)]
    for key in pushed:
        keys.push(key)
    assert keys.take(ms(3)) == tuple(pushed[:3])
    keys.close()
    assert not keys.finished
    assert keys.take(ms(100)) == tuple(pushed[3:])
    assert keys.finished
    with pytest.raises(RuntimeError, match="closed"):
        keys.push(Key(ms(9), "send"))


@pytest.mark.parametrize(
    ("key", "field"),
    [
        (Key(-1, "send"), "at"),
        (Key(ms(4), "send"), "at"),
        (Key(ms(5.5), "send"), None),
        (Key(1.5, "send"), "at"),  # type: ignore[arg-type]
        (Key(True, "send"), "at"),
        (Key(ms(9), "paste", "x"), "op"),  # type: ignore[arg-type]
        (Key(ms(9), "insert", "x" * (MAX_TEXT + 1)), "text"),
        (Key(ms(9), "insert", b"x"), "text"),  # type: ignore[arg-type]
        (Key(ms(9), "insert", "half \ud83d"), "text"),
        (Key(ms(9), "insert", "x", -1), "position"),
        (Key(ms(9), "delete", "", 0, -1), "count"),
        (Key(ms(9), "delete", "", 0, "2"), "count"),  # type: ignore[arg-type]
    ],
)
def test_what_makes_no_sense_is_refused_by_field_and_the_input_goes_on(key: Key, field: str | None) -> None:
    keys = KeysInput()
    keys.push(Key(ms(5), "insert", "a", 0))
    if field is None:
        keys.push(key)
    else:
        with pytest.raises(ValueError, match=rf"^{field}: "):
            keys.push(key)
    keys.push(Key(ms(10), "send"))
    assert len(keys.take(ms(100))) == (3 if field is None else 2)


def test_nothing_is_lost_at_the_limit() -> None:
    keys = KeysInput(limit=2)
    keys.push(Key(0, "insert", "a"))
    keys.push(Key(0, "insert", "b"))
    with pytest.raises(StreamFull, match="2 items"):
        keys.push(Key(0, "insert", "c"))
    assert [key.text for key in keys.take(1)] == ["a", "b"]
