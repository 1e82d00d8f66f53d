"""The commands when disks are full, values are senseless and sessions cannot begin or end."""

from __future__ import annotations

import errno
import os
import signal

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import duetto.assembly
from duetto.cli import app
from duetto.cli.errors import clear_ending
from duetto.models.model import MicroTurn, Output, Timing
from duetto.recording.errors import RecordingError
from duetto.recording.journal import Journal
from duetto.recording.reader import Recording
from duetto.timeline.clock import ms
from duetto.timeline.increment import Span
from duetto.timeline.turn import Turn
from duetto.workers.worker import WorkerFailed

TURNS = 20


def full_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class ShortSession:
    """Shows its observers silence and leaves out those that fail, as a `Session`; needs no workers."""

    def __init__(self, settings, clock, inputs, *, feeders=(), observers=(), tools=()):
        self.observers = list(observers() if callable(observers) else observers)
        type(self).made = self

    def stop(self):
        pass

    def run(self):
        for index in range(TURNS):
            span = Span(ms(80 * index), ms(80 * index + 80))
            turn = Turn(index, 0, span, mic=bytes(2560))
            shown = MicroTurn(index, span, (turn,), (Output(span.end),), bytes(3840), Timing(0, 0, 0, {}, {}))
            for observer in tuple(self.observers):
                try:
                    observer.on_micro_turn(shown)
                except Exception:
                    self.observers.remove(observer)
                    observer.close()
            self.after(index)

    def after(self, index):
        pass


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(duetto.assembly, "build_session", ShortSession)
    return ShortSession


@pytest.fixture
def mic(tmp_path):
    path = tmp_path / "mic.wav"
    soundfile.write(path, np.zeros(1600), 16_000)
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("out", ["out", "earlier"])
def test_a_session_that_cannot_begin_overwrites_nothing(mic, tmp_path, monkeypatch, out):
    def fail(settings, bell):
        raise WorkerFailed("voice: ImportError: pip install 'duetto[kokoro]'")

    earlier = tmp_path / "earlier" / "session.mcap"
    earlier.parent.mkdir()
    earlier.write_text("precious")
    monkeypatch.setattr(duetto.assembly.build_session, "__kwdefaults__", {
        **duetto.assembly.build_session.__kwdefaults__, "workers": fail
    })  # fmt: skip
    result = run("converse", "--mic", mic, "--out", tmp_path / out)
    assert result.exit_code == 2
    assert result.stderr == "duetto: voice: ImportError: pip install 'duetto[kokoro]'\n"
    assert earlier.read_text() == "precious"
    assert not (tmp_path / "out" / "session.mcap").exists()


def test_workers_are_ended_when_the_recording_cannot_begin(mic, tmp_path, monkeypatch):
    from duetto.workers.inline import InlineWorker

    ended = []

    class Handler:
        def close(self):
            ended.append(self)

    monkeypatch.setattr(duetto.assembly.build_session, "__kwdefaults__", {
        **duetto.assembly.build_session.__kwdefaults__, "workers": lambda *_: [InlineWorker("brain", Handler())]
    })  # fmt: skip
    (tmp_path / "session.wav").mkdir()
    result = run("converse", "--mic", mic, "--out", tmp_path)
    assert result.exit_code == 2
    assert result.stderr == f"duetto: {tmp_path}/session.wav: cannot write the sound here: Is a directory\n"
    assert len(ended) == 1


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_a_disk_that_fills_up_is_told_at_the_end(session, mic, tmp_path, monkeypatch, quiet):
    writes = []

    def fill(self, micro_turn):
        writes.append(micro_turn)
        if len(writes) > 5:
            full_disk()

    monkeypatch.setattr(Journal, "_write", fill)
    result = run("converse", "--mic", mic, "--out", tmp_path, *quiet)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[-1] == f"duetto: {tmp_path}/session.mcap: the recording ends here: No space left on device"
    assert len(soundfile.read(tmp_path / "session.wav")[0]) / 24_000 > 1.5


def test_an_end_that_cannot_be_written_is_one_line_and_the_rest_is_there(mic, tmp_path, monkeypatch):
    class Ends(ShortSession):
        def run(self):
            super().run()
            monkeypatch.setattr(self.observers[0]._writer, "finish", full_disk)
            try:
                self.observers[0].close()
            except Exception as error:
                raise ExceptionGroup("not every part could be closed", [ExceptionGroup("inner", [error])]) from None

    monkeypatch.setattr(duetto.assembly, "build_session", Ends)
    result = run("converse", "--mic", mic, "--out", tmp_path, "--quiet")
    assert result.exit_code == 1
    assert (
        result.stderr == f"duetto: {tmp_path}/session.mcap: the recording's end is missing: No space left on device\n"
    )
    recording = Recording.open(tmp_path / "session.mcap")
    assert recording.truncated
    assert recording.until == ms(80 * TURNS)


def test_an_error_of_ours_at_the_end_keeps_its_traceback():
    with pytest.raises(ExceptionGroup), clear_ending():
        raise ExceptionGroup("closing", [RecordingError("a.mcap: gone"), ValueError("a bug")])


def test_a_second_ctrl_c_ends_at_once(mic, tmp_path, monkeypatch):
    class Interrupted(ShortSession):
        def after(self, index):
            if index in (3, 5):
                os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(duetto.assembly, "build_session", Interrupted)
    result = run("converse", "--mic", mic, "--out", tmp_path, "--quiet")
    assert result.exit_code == 130
    assert result.stderr == "duetto: interrupted\n"
    assert Recording.open(tmp_path / "session.mcap").until == ms(80 * 6)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--delta", "nan", "delta: a number of milliseconds is needed (got nan)"),
        ("--delta", "inf", "delta: a number of milliseconds is needed (got inf)"),
        ("--delta", "10", "delta: a micro-turn has 20 to 1000 ms (got 10 ms)"),
        ("--delta", "2000", "delta: a micro-turn has 20 to 1000 ms (got 2000 ms)"),
        ("--horizon", "inf", "horizon: a number of milliseconds is needed (got inf)"),
        ("--horizon", "0", "horizon: from 20 to 60000 ms (got 0 ms)"),
        ("--horizon", "1e9", "horizon: from 20 to 60000 ms (got 1e+09 ms)"),
    ],
)
def test_a_senseless_duration_is_named_with_its_limits(mic, tmp_path, option, value, words):
    result = run("converse", "--mic", mic, "--out", tmp_path / "out", option, value)
    assert result.exit_code == 2
    assert result.stderr == f"duetto: {words}\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["--start", "--end"])
def test_a_senseless_stretch_is_named(session, mic, tmp_path, option):
    run("converse", "--mic", mic, "--out", tmp_path, "--quiet")
    result = run("timeline", tmp_path / "session.mcap", "--out", tmp_path / "a.svg", option, "inf")
    assert result.exit_code == 2
    assert result.stderr == f"duetto: {option}: a number of seconds is needed (got inf)\n"


@pytest.mark.parametrize("command", [["replay"], ["timeline", "--out", "picture.svg"]])
def test_damaged_recordings_are_one_line_or_used_up_to_the_damage(session, mic, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    run("converse", "--mic", mic, "--out", tmp_path, "--quiet")
    whole = (tmp_path / "session.mcap").read_bytes()
    broken = tmp_path / "broken.mcap"
    for content, words in (
        (b"", "the file is empty"),
        (whole[:8], "cut off before it says what session it is of"),
        (whole[:100], "cut off before it says what session it is of"),
        (whole[:-200] + b"\xff" * 20 + whole[-180:], "damaged after message"),
        (b"\x89PNG\r\n" + whole, "not an MCAP file"),
    ):
        broken.write_bytes(content)
        result = run(command[0], broken, *command[1:])
        assert result.exit_code == 2, words
        assert result.stderr.startswith(f"duetto: {broken}: {words}")
        assert result.stderr.count("\n") == 1
    broken.write_bytes(whole[:-200])
    assert run(command[0], broken, *command[1:]).exit_code == 0
