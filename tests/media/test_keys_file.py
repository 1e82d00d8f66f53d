"""Typing from a JSON Lines file."""

from __future__ import annotations

import pytest

from duetto.media.keys_file import KeysFileFeeder, read_keys
from duetto.media.problem import MediaError
from duetto.timeline.clock import ms, s
from duetto.timeline.turn import Key


class Keys:
    def __init__(self):
        self.pushed = []
        self.closed = False

    def push(self, key):
        self.pushed.append(key)

    def close(self):
        self.closed = True


def write(tmp_path, *lines):
    path = tmp_path / "c.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_events_become_keystrokes_at_the_end_of_the_line(tmp_path):
    path = write(
        tmp_path,
        '{"at": 1.25, "insert": "hä"}',
        "",
        '{"at": 1.5, "insert": "?"}',
        '{"at": 2, "delete": 1}',
        '{"at": 2.1, "insert": "o", "position": 1}',
        '{"at": 2.2, "delete": 2, "position": 0}',
        '{"at": 2.5, "send": true}',
        '{"at": 2.5, "insert": "x"}',
    )
    assert read_keys(path) == [
        Key(s(1.25), "insert", text="hä", position=0),
        Key(s(1.5), "insert", text="?", position=2),
        Key(s(2), "delete", position=2, count=1),
        Key(s(2.1), "insert", text="o", position=1),
        Key(s(2.2), "delete", position=0, count=2),
        Key(s(2.5), "send"),
        Key(s(2.5), "insert", text="x", position=0),
    ]


def test_type_goes_at_its_rate(tmp_path):
    keys = read_keys(write(tmp_path, '{"at": 1.0, "type": "add", "cps": 10, "send": true}'))
    assert [(k.at, k.op, k.text, k.position) for k in keys] == [
        (s(1.0), "insert", "a", 0),
        (s(1.1), "insert", "d", 1),
        (s(1.2), "insert", "d", 2),
        (s(1.3), "send", "", 0),
    ]


def test_feeding_keeps_to_the_time(tmp_path):
    feeder = KeysFileFeeder(write(tmp_path, '{"at": 0.5, "type": "hi", "cps": 2}', '{"at": 3, "send": true}'), Keys())
    assert feeder.duration == s(3)
    feeder.feed(ms(500))
    assert feeder.input.pushed == []
    feeder.feed(ms(580))
    assert [k.text for k in feeder.input.pushed] == ["h"]
    feeder.feed(s(3))
    assert not feeder.finished
    feeder.feed(s(3) + 1)
    assert len(feeder.input.pushed) == 3
    assert feeder.finished
    assert feeder.input.closed
    assert feeder.notices() == ()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"at": -1, "send": true}', "at: Expected `float` >= 0.0"),
        ('{"at": "1", "send": true}', "at: Expected `float`, got `str`"),
        ('{"send": true}', "at: it is missing"),
        ('{"at": 2, "insrt": "a"}', "insrt: there is no such field"),
        ('{"at": 0.5, "send": true}', "at: time runs backwards, 0.5 s after 1 s"),
        ('{"at": 2}', 'event: one of "insert"'),
        ('{"at": 2, "insert": "a", "delete": 1}', 'event: one of "insert"'),
        ('{"at": 2, "insert": "a", "send": true}', 'send: only "type" can send too'),
        ('{"at": 2, "insert": ""}', "insert: Expected `str` of length >= 1"),
        ('{"at": 2, "insert": "a", "position": 2}', "position: it is 2, but the line has 1 characters"),
        ('{"at": 2, "send": true, "position": 0}', "position: it belongs to"),
        ('{"at": 2, "delete": 2}', "delete: 2 from 0 on, but the line has 1 characters"),
        ('{"at": 2, "delete": 0}', "delete: Expected `int` >= 1"),
        ('{"at": 2, "type": "a", "cps": 0}', "cps: Expected `float` > 0.0"),
        ('{"at": 2, "se', "Input data was truncated"),
        ("[2]", "Expected `object`, got `array`"),
        ("hello", "JSON is malformed"),
    ],
)
def test_a_bad_line_is_named_with_its_field(tmp_path, line, problem):
    path = write(tmp_path, '{"at": 1, "insert": "a"}', line)
    with pytest.raises(MediaError) as caught:
        KeysFileFeeder(path, Keys())
    assert str(caught.value).startswith(f"{path}: line 2: {problem}")


def test_typing_must_have_ended_before_the_next_line(tmp_path):
    path = write(tmp_path, '{"at": 1, "type": "abcd", "cps": 2}', '{"at": 2, "send": true}')
    with pytest.raises(MediaError, match=r"line 2: at: time runs backwards, 2 s after 2\.5 s"):
        read_keys(path)


def test_limits_and_empty_files(tmp_path, monkeypatch):
    with pytest.raises(MediaError, match="it holds no event"):
        read_keys(write(tmp_path, "", "  "))
    (tmp_path / "bytes.jsonl").write_bytes(b'{"at": 1, "insert": "\xff\xfe"}')
    with pytest.raises(MediaError, match="line 1"):
        read_keys(tmp_path / "bytes.jsonl")
    monkeypatch.setattr("duetto.media.keys_file.MOST_KEYS", 3)
    with pytest.raises(MediaError, match="more than 3 keystrokes, the limit"):
        read_keys(write(tmp_path, '{"at": 1, "type": "abcd"}'))
    monkeypatch.setattr("duetto.media.keys_file.LONGEST_FILE", 10)
    with pytest.raises(MediaError, match="larger than 0 MB, the limit"):
        read_keys(write(tmp_path, '{"at": 1, "type": "abcd"}'))
