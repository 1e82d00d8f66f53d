"""Several processes and their parent."""

from __future__ import annotations

import os
import signal
import socket
import threading

import pytest

from duetto.server import processes
from duetto.server.processes import supervise
from duetto.server.run import bind

PATIENCE = 30


def _tell(port, words):
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as line:
        line.sendall(words.encode() + b"\n")


def child(place, port, behaviour):
    """Says on a socket that it lives, and ends when it is told to."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    if behaviour == "fails":
        raise ValueError("it cannot be")
    place.ready()
    _tell(port, f"{place.index} {place.mark} {os.getpid()}")
    ended.wait(PATIENCE)
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Event().wait(PATIENCE)
    _tell(port, f"{place.index} ends")


@pytest.fixture
def ear():
    """A socket that the children tell things to: lines, in the order they come."""
    heard = bind("127.0.0.1", 0)
    heard.setblocking(True)
    heard.listen()
    heard.settimeout(PATIENCE)

    def next_line():
        connection, _ = heard.accept()
        with connection, connection.makefile() as file:
            return file.readline().strip()

    next_line.port = heard.getsockname()[1]
    yield next_line
    heard.close()


def supervised(ear, behaviour, script, count=2, **more):
    """Supervise in the main thread, as it must be for signals, and play the script beside it."""
    problems = []

    def play():
        try:
            script()
        except BaseException as error:
            problems.append(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=play)
    thread.start()
    try:
        return supervise(count, child, ear.port, behaviour, drain_s=more.pop("drain_s", 5), **more)
    finally:
        thread.join(PATIENCE)
        assert not problems, problems


def test_one_that_dies_is_restarted_and_all_end_together(ear, monkeypatch):
    monkeypatch.setattr(processes, "FIRST_PAUSE_S", 0.01)
    started = []

    def script():
        born = dict(line.split(" ", 1) for line in (ear(), ear()))
        assert set(born) == {"0", "1"}
        assert born["1"].split()[0] == "01"
        os.kill(int(born["0"].split()[1]), signal.SIGKILL)
        index, mark, pid = ear().split()
        assert (index, mark) == ("0", "00")
        assert pid != born["0"].split()[1]
        os.kill(os.getpid(), signal.SIGTERM)
        assert {ear(), ear()} == {"0 ends", "1 ends"}

    assert supervised(ear, "", script, started=lambda: started.append(1)) == 0
    assert started == [1]


def test_one_that_cannot_begin_ends_all(ear, caplog, capfd):
    assert supervise(2, child, ear.port, "fails", drain_s=1) == 1
    assert "could not begin" in caplog.text
    assert "duetto: it cannot be" in capfd.readouterr().err


def test_one_that_does_not_end_is_killed(ear, monkeypatch, caplog):
    monkeypatch.setattr(processes, "KILL_S", 0.2)
    assert supervised(ear, "stubborn", lambda: ear(), count=1, drain_s=0) == 1
    assert "did not end in time" in caplog.text
