"""Items taken for real: by duetto on the virtual clock, by a command, and from the command line."""

from __future__ import annotations

import json
import shlex
import sys

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from duetto.bench.cast import cast_for
from duetto.bench.results import BadResults, load_results
from duetto.bench.runner import items_of, sound_path, take
from duetto.bench.scenario import load_all
from duetto.bench.targets.command import CommandTarget
from duetto.bench.targets.duetto import DuettoTarget
from duetto.cli import app
from duetto.timeline.turn import VOICE_RATE

SUM = """about = "a sum"
[[steps]]
at = 0.4
says = "what is twelve times seven"
[[expect]]
kind = "reply"
within = [0.0, 1.5]
says = ["84"]
"""
STOP = """about = "cut off"
[[steps]]
at = 0.4
says = "count to ten"
[[steps]]
hears = "three"
says = "stop"
[[expect]]
kind = "yield"
step = 1
"""
AGENT = """
import json, sys
import numpy as np, soundfile
user, agent = sys.argv[1:]
sound, rate = soundfile.read(user, dtype="int16")
end = np.flatnonzero(abs(sound) > 300)[-1] / rate + 0.3
reply = np.zeros(int((end + 1) * rate), np.int16)
reply[int(end * rate):] = 3000
soundfile.write(agent, reply, rate)
words = {"chunks": [{"text": "eighty-four", "timestamp": [end, end + 0.9]}]}
json.dump(words, open(agent.replace(".wav", ".json"), "w"))
"""


@pytest.fixture
def scenarios(tmp_path):
    folder = tmp_path / "scenarios" / "small"
    folder.mkdir(parents=True)
    (folder / "sum.toml").write_text(SUM)
    (folder / "cut.toml").write_text(STOP)
    return folder.parent


def test_duetto_takes_the_same_item_the_same_way_twice(scenarios, tmp_path):
    (tmp_path / "sounds").mkdir()
    item = items_of(load_all(scenarios))[1]
    first = take(DuettoTarget(), item, 1, tmp_path)
    sound = sound_path(tmp_path, first.item).read_bytes()
    again = take(DuettoTarget(), item, 1, tmp_path)
    assert not first.error and first == again and sound == sound_path(tmp_path, first.item).read_bytes()
    assert first.user[0].text == "what is twelve times seven" and first.speech
    assert first.drafts is not None and first.drafts.used == 1


def test_a_recording_takes_the_voice_s_place(scenarios, tmp_path):
    tone = (3000 * np.sin(np.arange(8000) / 5)).astype(np.int16)
    gap = np.zeros(8000, np.int16)
    soundfile.write(scenarios / "small" / "own.wav", np.concatenate([tone, gap, tone]), 16_000)
    (scenarios / "small" / "sum.toml").write_text(SUM.replace("[[expect]]", 'sound = "own.wav"\n[[expect]]'))
    (tmp_path / "sounds").mkdir()
    item = items_of(load_all(scenarios))[1]
    trial = take(DuettoTarget(), item, 1, tmp_path)
    first, second = trial.user[0].pieces
    assert second.start - first.end == pytest.approx(500_000_000, abs=2_000_000)


def test_a_command_turns_the_user_s_sound_into_the_agent_s(scenarios, tmp_path):
    script = tmp_path / "agent.py"
    script.write_text(AGENT)
    target = CommandTarget(f"{shlex.quote(sys.executable)} {shlex.quote(str(script))} {{user}} {{agent}}")
    scenario = load_all(scenarios)[1]
    found = target.take(scenario, cast_for(scenario, 1, 1))
    assert [word.text for word in found.words] == ["eighty-four"]
    assert len(found.user) > found.spoken[0].end * VOICE_RATE // 10**9
    with pytest.raises(ValueError, match=r"command: \{agent\} is missing"):
        CommandTarget("echo {user}")


def test_from_the_command_line_a_run_its_report_a_comparison_and_an_export(scenarios, tmp_path):
    def bench(*words: str) -> str:
        result = CliRunner().invoke(app, ["bench", *words])
        assert result.exit_code == 0, result.output
        return result.output

    out = tmp_path / "run"
    shown = bench("run", "--scenarios", str(scenarios), "--out", str(out), "--jobs", "2")
    assert "2 items" in shown and "fast and patient" in shown
    once = (out / "results.json").read_bytes()
    bench("run", "--scenarios", str(scenarios), "--out", str(tmp_path / "again"), "--jobs", "1", "-q")
    assert (tmp_path / "again" / "results.json").read_bytes() == once, "the same to the byte"
    assert json.loads(once)["command"] == "duetto bench run"
    assert (out / "report.html").stat().st_size > 5_000
    assert "worse: 0" in bench("compare", str(out), str(tmp_path / "again"))
    assert "smooth_turn_taking: 1 items" in bench("export", str(out), "--fdb", str(tmp_path / "fdb"))
    assert "small/sum" in bench("list", "--scenarios", str(scenarios))
    assert "τ-Voice" in bench("show", str(out))


def test_what_cannot_be_used_is_one_clear_line(tmp_path):
    result = CliRunner().invoke(app, ["bench", "run", "nothing", "--out", str(tmp_path)])
    assert result.exit_code == 2 and "there is no suite nothing" in result.output
    with pytest.raises(BadResults, match="cannot be read"):
        load_results(tmp_path / "none")
