"""Camera and keyboard: each with a double in the device's place, a pseudo-terminal for the keys."""

from __future__ import annotations

import os
import queue
import termios
import threading

import numpy as np
import pytest

from duetto.media.camera import CameraFeeder
from duetto.media.keyboard import KeyboardFeeder
from duetto.media.line_editor import LineEditor
from duetto.media.problem import MediaError
from duetto.timeline.clock import VirtualClock, ms, s

WAIT_S = 10


class Gathering:
    """An input whose pushes a test can wait for."""

    def __init__(self):
        self.items = queue.Queue()
        self.ended = threading.Event()

    def push(self, *item):
        self.items.put(item)

    def close(self):
        self.ended.set()

    def next(self):
        return self.items.get(timeout=WAIT_S)


class FakeCamera:
    """Gives a picture for each that the test puts in, `None` for a read that fails, an error for one that raises."""

    def __init__(self, opens=True):
        self.opens = opens
        self.pictures = queue.Queue()
        self.released = threading.Event()

    def isOpened(self):
        return self.opens

    def read(self):
        picture = self.pictures.get(timeout=WAIT_S)
        if isinstance(picture, Exception):
            raise picture
        return picture is not None, picture

    def release(self):
        self.released.set()


PICTURE = np.zeros((4, 4, 3), np.uint8)


def camera_with(pictures, **settings):
    fake, into, clock = FakeCamera(), Gathering(), VirtualClock()
    for picture in pictures:
        fake.pictures.put(picture)
    return fake, into, clock, CameraFeeder(into, 3, clock=clock, opener=lambda device: fake, **settings)


def test_pictures_get_the_time_of_their_coming():
    fake, into, clock, camera = camera_with([PICTURE])
    camera.feed(ms(80))
    clock.advance(ms(100))
    fake.pictures.put(PICTURE)
    at, picture = into.next()
    assert at == ms(100)
    assert picture is PICTURE
    assert not camera.finished
    fake.pictures.put(None)
    camera._stop.set()
    fake.pictures.put(PICTURE)
    camera.close()
    assert fake.released.wait(WAIT_S)
    assert camera.finished
    assert into.ended.is_set()
    assert camera.notices() == ()


def test_a_camera_that_stalls_is_a_notice_not_a_hang():
    fake, _, _, camera = camera_with([PICTURE], stall=0)
    (notice,) = camera.notices()
    assert (notice.part, notice.text, notice.working) == ("camera", "the camera 3 gives no pictures", False)
    assert camera.notices() == ()
    camera._stall = s(1000)
    (notice,) = camera.notices()
    assert (notice.text, notice.working) == ("the camera 3 gives pictures again", True)
    camera._stop.set()
    fake.pictures.put(PICTURE)
    camera.close()


def test_a_camera_that_goes_is_a_notice():
    fake, into, _, camera = camera_with([PICTURE])
    fake.pictures.put(RuntimeError("USB disconnected"))
    assert into.ended.wait(WAIT_S)
    assert fake.released.wait(WAIT_S)
    assert "the camera 3 has gone: it failed: USB disconnected" in [n.text for n in camera.notices()]
    assert camera.finished


@pytest.mark.parametrize(
    ("fake", "pictures", "problem"),
    [(FakeCamera(opens=False), [], "it cannot be opened"), (FakeCamera(), [], "it gave no picture within 0 s")],
)
def test_a_camera_that_cannot_be_used_is_an_error(fake, pictures, problem):
    with pytest.raises(MediaError, match=f"^camera: device 0: {problem}"):
        CameraFeeder(
            Gathering(), clock=VirtualClock(), opener=lambda device: fake, patience_s=0 if fake.opens else WAIT_S
        )
    fake.pictures.put(PICTURE)
    assert fake.released.wait(WAIT_S)


# --- keys -----------------------------------------------------------------------------------------------------


def edits(*sent):
    editor = LineEditor()
    done = [(k.op, k.text, k.position, k.count) for piece in sent for k in editor.keys(piece, 7)]
    return done, editor


def test_keys_become_edits():
    done, editor = edits("h", "ä", "\x7f", "i", "\r")
    assert done == [
        ("insert", "h", 0, 0),
        ("insert", "ä", 1, 0),
        ("delete", "", 1, 1),
        ("insert", "i", 1, 0),
        ("send", "", 0, 0),
    ]
    assert editor.text == ""


@pytest.mark.parametrize(
    ("sent", "text", "cursor"),
    [
        (["abc", "\x1b[D", "x"], "abxc", 3),
        (["abc", "\x1b", "[", "D", "x"], "abxc", 3),  # a key's characters need not come together
        (["abc", "\x1b[H", "x", "\x1b[F", "y"], "xabcy", 5),
        (["abc", "\x1b[D\x1b[D", "\x1b[3~"], "ac", 1),
        (["add milk", "\x17"], "add ", 4),
        (["add milk", "\x15"], "", 0),
        (["add milk", "\x1b[D", "\x0b"], "add mil", 7),
        (["\x7f", "\x1b[3~", "\x15", "\t", "\x1b[5~", "\x1bOP"], "", 0),
        (["a", "\x1b[D\x1b[D", "\x1b[C\x1b[C", "b"], "ab", 2),
        (["x" * 5000], "x" * 4000, 4000),
    ],
)
def test_the_line_is_edited_as_in_a_shell(sent, text, cursor):
    done, editor = edits(*sent)
    assert (editor.text, editor.cursor) == (text, cursor)
    line = ""
    for op, new, position, count in done:
        assert position + count <= len(line)
        line = line[:position] + new + line[position + (count if op == "delete" else 0) :]
    assert line == text


@pytest.fixture
def terminal():
    master, slave = os.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def test_each_key_is_pushed_as_it_is_struck(terminal):
    master, slave = terminal
    before = termios.tcgetattr(slave)
    into, clock = Gathering(), VirtualClock()
    keyboard = KeyboardFeeder(into, clock=clock, descriptor=slave)
    assert not termios.tcgetattr(slave)[3] & (termios.ECHO | termios.ICANON)
    assert termios.tcgetattr(slave)[3] & termios.ISIG
    keyboard.feed(ms(80))
    clock.advance(ms(500))
    os.write(master, b"h")
    (key,) = into.next()
    assert (key.at, key.op, key.text) == (ms(500), "insert", "h")
    os.write(master, "é\r".encode())
    assert [into.next()[0].op, into.next()[0].op] == ["insert", "send"]
    assert not keyboard.finished
    keyboard.close()
    keyboard.close()
    assert termios.tcgetattr(slave) == before
    assert keyboard.finished
    assert into.ended.is_set()


def test_end_of_typing(terminal):
    master, slave = terminal
    into = Gathering()
    keyboard = KeyboardFeeder(into, clock=VirtualClock(), descriptor=slave)
    keyboard.feed(ms(80))
    os.write(master, b"ok\x04")
    assert into.ended.wait(WAIT_S)
    assert into.next()[0].text == "ok"
    assert keyboard.finished
    keyboard.close()


def test_what_is_no_terminal_is_an_error(tmp_path):
    with (
        (tmp_path / "a").open("w+") as file,
        pytest.raises(MediaError, match=r"^keys: .*it is no terminal"),
    ):
        KeyboardFeeder(Gathering(), clock=VirtualClock(), descriptor=file.fileno())
