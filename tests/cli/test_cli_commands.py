"""The commands: what they are given and refuse, what they leave behind, how they end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

import duetto.assembly
from duetto.cli import app
from duetto.cli.running import displays, stopped_by_signals
from duetto.cli.settings import settings_of
from duetto.models.model import MicroTurn, Output, Timing
from duetto.recording.reader import Recording
from duetto.timeline.clock import VirtualClock, WallClock, ms
from duetto.timeline.increment import Span
from duetto.timeline.payload import Word
from duetto.timeline.timeline import Timeline
from duetto.timeline.turn import Turn


class FakeSession:
    """Runs through its feeders and shows its observers a word a second; needs no workers."""

    def __init__(self, settings, clock, inputs, *, feeders=(), observers=(), tools=()):
        self.settings, self.clock, self.inputs = settings, clock, inputs
        self.feeders, self.observers = list(feeders), list(observers() if callable(observers) else observers)
        self.stopped = False
        self.interrupt_at = None
        self.index = 0
        type(self).latest = self

    def stop(self):
        self.stopped = True

    def run(self):
        timeline = Timeline()
        delta = self.settings.session.delta
        while not self.stopped and not all(f.finished for f in self.feeders):
            span = Span(self.index * delta, (self.index + 1) * delta)
            for feeder in self.feeders:
                feeder.feed(span.end)
            if self.index % 12 == 0:
                word = Word(f"word{self.index}", 0.9, 1)
                timeline.add("mic", span, word, at=span.end, source="test", committed=True)
            turn = Turn(self.index, 0, span, mic=np.zeros(span.duration * 16 // 1_000_000, "<i2").tobytes())
            output = Output(span.end, timeline.drain())
            voice = np.zeros(span.duration * 24 // 1_000_000, "<i2").tobytes()
            micro_turn = MicroTurn(self.index, span, (turn,), (output,), voice, Timing(0, 0, 0, {}, {}))
            for observer in self.observers:
                observer.on_micro_turn(micro_turn)
            if self.index == self.interrupt_at:
                os.kill(os.getpid(), signal.SIGINT)
            self.index += 1
        return self.index * delta


@pytest.fixture
def session(monkeypatch):
    monkeypatch.setattr(duetto.assembly, "build_session", FakeSession)
    monkeypatch.setattr(FakeSession, "latest", None, raising=False)
    return FakeSession


@pytest.fixture
def mic(tmp_path):
    path = tmp_path / "mic.wav"
    soundfile.write(path, 0.1 * np.sin(np.arange(52_800) / 5), 16_000)
    return path


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


# --- converse -------------------------------------------------------------------------------------------------


def test_converse_prints_words_and_leaves_a_recording(session, mic, tmp_path):
    out = tmp_path / "new" / "out"
    result = run("converse", "--mic", mic, "--out", out)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "     0.04  word    word0            0.00-0.04 s"
    assert lines[-1] == f"{out}: session.mcap, session.wav, timeline.svg"
    assert sum(" word " in line for line in lines) == 7
    recording = Recording.open(out / "session.mcap")
    assert not recording.truncated
    assert recording.until >= ms(2960)
    assert recording.info.sources == {"mic": "mic.wav"}
    sound, rate = soundfile.read(out / "session.wav")
    assert (rate, sound.shape[1]) == (24_000, 2)
    assert (out / "timeline.svg").read_text().startswith("<svg")
    assert isinstance(session.latest.clock, VirtualClock)


def test_options_become_settings(session, mic, tmp_path):
    keys = tmp_path / "keys.jsonl"
    keys.write_text('{"at": 0.5, "type": "hi", "send": true}')
    result = run(
        "converse", "--mic", mic, "--keys", keys, "--out", tmp_path, "--realtime", "--delta", 40, "--horizon", 900,
        "--open-vocabulary", "--recogniser", "sherpa", "--voice", "piper:en_US-amy-low", "--quiet",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stdout == ""
    made = session.latest
    assert made.settings.session.delta == ms(40)
    assert made.settings.cascade.speech.horizon == ms(900)
    assert (made.settings.recogniser.engine, made.settings.recogniser.open_vocabulary) == ("sherpa", True)
    assert (made.settings.voice.engine, made.settings.voice.name) == ("piper", "en_US-amy-low")
    assert isinstance(made.clock, WallClock)
    assert made.inputs.mic is not None
    assert made.inputs.keys is not None
    assert made.inputs.camera is None


def test_ctrl_c_leaves_the_recording_whole(session, mic, tmp_path, monkeypatch):
    monkeypatch.setattr(session, "__init__", _interrupted(session.__init__))
    result = run("converse", "--mic", mic, "--out", tmp_path)
    assert result.exit_code == 130
    assert session.latest.stopped
    recording = Recording.open(tmp_path / "session.mcap")
    assert not recording.truncated
    assert recording.until == ms(40 * 6)
    assert len(soundfile.read(tmp_path / "session.wav")[0]) == 24 * 40 * 7
    assert all(feeder.finished for feeder in session.latest.feeders)


def _interrupted(init):
    def with_interrupt(self, *args, **kwargs):
        init(self, *args, **kwargs)
        self.interrupt_at = 5

    return with_interrupt


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--mic, --camera or --keys: at least one of them is needed"),
        (["--mic", "{}/none.wav"], "none.wav: file: it does not exist"),
        (["--mic", "{}/text.wav"], "text.wav: format: no sound could be read from it"),
        (["--camera", "{}/text.wav"], "text.wav: format: no pictures could be read"),
        (["--keys", "{}/bad.jsonl"], "bad.jsonl: line 2: at: time runs backwards, 0.5 s after 1 s"),
        (["--mic", "{}/mic.wav", "--delta", "5"], "delta: a micro-turn has 20 to 1000 ms"),
        (["--mic", "{}/mic.wav", "--horizon", "1"], "horizon"),
        (["--mic", "{}/mic.wav", "--out", "{}/text.wav"], "--out: {}/text.wav is not a folder"),
    ],
)
def test_bad_input_is_one_line_and_status_two(session, mic, tmp_path, arguments, words):
    (tmp_path / "text.wav").write_text("not a sound at all\n" * 20)
    (tmp_path / "bad.jsonl").write_text('{"at": 1, "insert": "a"}\n{"at": 0.5, "send": true}\n')
    given = [argument.replace("{}", str(tmp_path)) for argument in arguments]
    result = run("converse", *([] if "--out" in given else ["--out", tmp_path / "out"]), *given)
    assert result.exit_code == 2
    assert words.replace("{}", str(tmp_path)) in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("duetto: ")
    assert result.stdout == ""
    assert session.latest is None


def test_a_worker_that_cannot_start_is_one_line(mic, tmp_path, monkeypatch):
    from duetto.workers.worker import WorkerFailed

    def fail(*args, **kwargs):
        raise WorkerFailed("voice: ImportError: pip install 'duetto[kokoro]'")

    monkeypatch.setattr(duetto.assembly, "build_session", fail)
    result = run("converse", "--mic", mic, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert result.stderr == "duetto: voice: ImportError: pip install 'duetto[kokoro]'\n"


def test_an_error_of_our_own_keeps_its_traceback(mic, tmp_path, monkeypatch):
    class Broken(FakeSession):
        def run(self):
            raise ValueError("a bug")

    monkeypatch.setattr(duetto.assembly, "build_session", Broken)
    result = run("converse", "--mic", mic, "--out", tmp_path)
    assert isinstance(result.exception, ValueError)
    assert not Recording.open(tmp_path / "session.mcap").truncated


def test_talk_without_its_extra_says_what_is_missing(monkeypatch):
    from duetto.media import portaudio

    def fail(name):
        raise ImportError(name)

    monkeypatch.setattr(portaudio.importlib, "import_module", fail)
    result = run("talk")
    assert result.exit_code == 2
    assert result.stderr == "duetto: speaker: extra mic: sounddevice is not installed: pip install 'duetto[mic]'\n"


# --- recordings -----------------------------------------------------------------------------------------------


def test_timeline_draws_a_recording(session, mic, tmp_path):
    run("converse", "--mic", mic, "--out", tmp_path, "--quiet")
    picture = tmp_path / "part.svg"
    result = run("timeline", tmp_path / "session.mcap", "--out", picture, "--start", 1, "--end", 2, "--title", "Part")
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{picture}\n"
    assert "Part" in picture.read_text()
    for wrong in (["--start", 99], ["--end", 0]):
        result = run("timeline", tmp_path / "session.mcap", "--out", picture, *wrong)
        assert result.exit_code == 2
        assert "session.mcap: nothing between" in result.stderr


def test_what_is_no_recording_is_refused(mic, tmp_path):
    for command in (["replay", mic], ["timeline", mic, "--out", tmp_path / "a.svg"], ["replay", tmp_path / "none"]):
        result = run(*command)
        assert result.exit_code == 2
        assert str(command[1]) in result.stderr
        assert result.stderr.count("\n") == 1


class Echo:
    """A model that gives back what a `FakeSession` showed, or differs at will."""

    def __init__(self, wrong):
        self.wrong = wrong
        self.timeline = Timeline()

    def step(self, turn):
        if turn.index % 12 == 0:
            word = Word("wrong" if self.wrong else f"word{turn.index}", 0.9, 1)
            self.timeline.add("mic", turn.span, word, at=turn.span.end, source="test", committed=True)
        return Output(turn.span.end, self.timeline.drain())

    pieces = ()

    def voice(self, span):
        return np.zeros(span.duration * 24 // 1_000_000, np.int16)


@pytest.mark.parametrize("wrong", [False, True])
def test_replay_compares(session, mic, tmp_path, monkeypatch, wrong):
    run("converse", "--mic", mic, "--out", tmp_path, "--quiet")
    monkeypatch.setattr(duetto.assembly, "model_of", lambda info: Echo(wrong))
    result = run("replay", tmp_path / "session.mcap", "--times", 3, "--trace")
    assert result.exit_code == 0, result.output  # no action is different, an edit may be
    assert '= "word0"' in result.stdout
    assert ("7 edits: the same" in result.stdout) is not wrong
    assert ("7 edits: 21 different\n  first different edit at 40 ms" in result.stdout) is wrong
    assert "0 actions: the same" in result.stdout
    assert "3 of 3 replays gave the same actions" in result.stdout


# --- the rest -------------------------------------------------------------------------------------------------


def test_signals_are_as_before_afterwards():
    class Quiet:
        stops = 0

        def stop(self):
            self.stops += 1

    before = signal.getsignal(signal.SIGINT)
    session = Quiet()
    with stopped_by_signals(session) as interruption:
        assert interruption.status == 0
        os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.status == 143
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
    assert session.stops == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_what_is_shown_depends_on_the_terminal(monkeypatch, capsys):
    from duetto.terminal.lanes import LiveLanes
    from duetto.terminal.lines import PlainLines
    from duetto.terminal.progress import ProgressBar

    def kinds(**how):
        shown = displays(**{"quiet": False, "partials": False, "total": ms(1000)} | how)
        for display in shown:
            display.close()
        return [type(display) for display in shown]

    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert kinds() == [PlainLines]
    assert kinds(quiet=True) == []
    monkeypatch.setenv("FORCE_COLOR", "1")  # what rich takes for a terminal
    assert kinds() == [LiveLanes]
    assert kinds(partials=True) == [PlainLines]
    assert kinds(quiet=True) == [ProgressBar]
    assert kinds(quiet=True, total=None) == []
    capsys.readouterr()


def test_settings_by_default_are_those_of_the_library():
    assert settings_of() == duetto.assembly.Settings()


def test_version_and_help():
    from importlib.metadata import version

    assert run("version").stdout.strip() == version("duetto")
    assert "converse" in run("--help").stdout
    assert run("converse", "--mic").exit_code == 2


def test_help_imports_nothing_heavy():
    heavy = "numpy, onnxruntime, cv2, av, rich, msgspec, soundfile, asyncio".split(", ")
    script = f"import sys, duetto.cli; print([name for name in {heavy!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert loaded.stdout.strip() == "[]"


def test_doctor_tells_what_works(monkeypatch):
    from duetto import doctor

    def broken(bench):
        raise RuntimeError("it gave no sound")

    def absent(bench):
        raise ImportError("No module named 'onnxruntime'")

    checks = (("voice", broken), ("ears", absent), ("brain", lambda bench: "it knows"))
    monkeypatch.setattr(doctor, "CHECKS", checks)
    result = run("doctor", "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [(p["name"], p["status"], p["detail"]) for p in told["parts"]] == [
        ("voice", "fails", "RuntimeError: it gave no sound"),
        ("ears", "missing", "No module named 'onnxruntime'"),
        ("brain", "works", "it knows"),
    ]
    assert told["healthy"] is False
    assert {extra["name"] for extra in told["extras"]} == {
        "mic",
        "sherpa",
        "whisper",
        "kokoro",
        "llama",
        "piper",
        "mcp",
        "vision",
    }
    assert [lib["name"] for extra in told["extras"] for lib in extra["libraries"] if extra["name"] == "mic"] == [
        "sounddevice"
    ]
    assert {"numpy", "msgspec", "typer"} <= {library["name"] for library in told["libraries"]}
    assert told["machine"]["cores"] >= 1
    assert set(told["devices"]) == {"microphones", "loudspeakers", "cameras"}
    monkeypatch.setattr(doctor, "CHECKS", checks[2:])
    result = run("doctor")
    assert result.exit_code == 0
    assert "it knows" in result.stdout


def test_doctor_finds_the_embedded_parts_at_work():
    from duetto.doctor import examine

    parts = {part.name: part for part in examine().parts}
    for part in parts.values():
        assert part.status == "works", part
    assert "56" in parts["brain"].detail


def test_smart_turn_without_its_model_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = CliRunner().invoke(app, ["converse", "--mic", "a.wav", "--out", str(tmp_path / "out"), "--smart-turn"])
    assert result.exit_code == 2 and not (tmp_path / "out").exists()
    assert "python -m duetto.perception.audio.smart_turn_files" in result.output
