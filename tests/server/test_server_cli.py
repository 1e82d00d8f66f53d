"""`duetto serve` and its keys, as they are typed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from server_rig import micro_turn
from typer.testing import CliRunner

from duetto.assembly import Settings
from duetto.cli.serve import app, greeting
from duetto.engine import Opening
from duetto.recording.reader import Recording
from duetto.server import worker
from duetto.server.keys import read_keys
from duetto.server.settings import ServerSettings
from duetto.server.worker import Plan, prepare


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path / "duetto"


@pytest.fixture
def served(monkeypatch):
    """What would be served, instead of serving."""
    plans = []
    monkeypatch.setattr(worker, "run", lambda plan, started: plans.append(plan) or 0)
    return plans


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_keys_are_made_listed_and_removed(state):
    made = run("keys", "add", "phone")
    assert made.exit_code == 0
    key = made.stdout.strip()
    assert re.fullmatch(r"dk-[0-9a-f]{12}-[\w-]{43}", key)
    assert "not shown again" in made.stderr
    assert read_keys(state / "keys.json")[0].matches(key)
    listed = run("keys", "list")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d  phone\n", listed.stdout)
    assert run("keys", "add", "phone").exit_code == 2
    assert run("keys", "remove", "phone").exit_code == 0
    assert run("keys", "list").stdout == ""
    gone = run("keys", "remove", "phone")
    assert (gone.exit_code, gone.stderr) == (2, f"duetto: name: there is no key named 'phone' in {state}/keys.json\n")


def test_keys_may_lie_elsewhere(tmp_path):
    path = tmp_path / "my.json"
    assert run("keys", "list", "--keys", path).stdout == ""
    assert run("keys", "remove", "x", "--keys", path).exit_code == 2
    run("keys", "add", "phone", "--keys", path)
    assert len(read_keys(path)) == 1


def test_the_defaults(served, state):
    assert run().exit_code == 0
    (plan,) = served
    assert plan.server == ServerSettings(state=state, studio=plan.server.studio, models=("duetto",))
    assert plan.tools() == ()
    assert plan.brain == "embedded"


def test_what_options_say_reaches_the_settings(served, tmp_path):
    run("keys", "add", "phone")
    given = run(
        *("--host", "0.0.0.0", "--port", 0, "--no-https", "--origins", "https://a.example", "--name", "duetto.example"),
        *("--record", tmp_path / "kept", "--workers", 3, "--sessions", 7, "--drain", 1, "--no-page", "--delta", 60),
    )
    assert given.exit_code == 0, given.output
    settings = served[0].server
    assert (settings.host, settings.port, settings.https_port, settings.workers) == ("0.0.0.0", 0, None, 3)
    assert (settings.origins, settings.names) == (("https://a.example",), ("duetto.example",))
    assert (settings.limits.sessions, settings.drain_s, settings.studio) == (7, 1.0, None)
    assert settings.keys is not None, "the file in the state folder is used by itself"
    assert served[0].session.session.delta == 60_000_000


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--host", "0.0.0.0"), "API keys are needed: make one with `duetto serve keys add NAME`"),
        (("--keys", "/nowhere/keys.json"), "there is no such file; `duetto serve keys add NAME` makes it"),
        (("--origins", "a.example"), "origins: https://host"),
        (("--port", 9000, "--https-port", 9000), "https_port: it must differ from port"),
        (("--model", "m"), "they go with --llm"),
        (("--mcp", "x"), "they go with --llm"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(served, arguments, words):
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert words in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert served == []


def test_a_port_in_use_is_said_in_one_line():
    from duetto.server.run import bind

    with bind("127.0.0.1", 0) as held:
        held.listen()
        refused = run("--port", held.getsockname()[1], "--no-https")
    assert refused.exit_code == 2
    assert re.fullmatch(r"duetto: 127.0.0.1:\d+ cannot be used: Address already in use\n", refused.stderr)


def test_what_is_said_at_the_start(tmp_path):
    settings, files = prepare(ServerSettings(port=8000, https_port=8443, studio=tmp_path))
    lines = "\n".join(greeting(settings, files, "embedded"))
    for words in (
        "duetto listens at http://localhost:8000 and https://localhost:8443",
        "http://localhost:8000/\n",
        "OPENAI_BASE_URL=http://localhost:8000/v1",
        f"SSL_CERT_FILE={files.authority}",
        f"NODE_EXTRA_CA_CERTS={files.authority}",
        "open to programs on this machine",
        "brain: embedded, 1 process;",
    ):
        assert words in lines
    keyed = replace(settings, host="10.0.0.1", keys=tmp_path / "k", https_port=None, workers=2, recordings=tmp_path)
    lines = "\n".join(greeting(keyed, None, "m"))
    assert "http://10.0.0.1:8000" in lines
    assert "https" not in lines
    assert f"those in {tmp_path / 'k'}" in lines
    assert "2 processes" in lines
    assert f"recordings in {tmp_path}" in lines


def test_the_certificate_names_what_the_server_is_reached_by(tmp_path):
    settings, _ = prepare(ServerSettings(host="10.0.0.1", keys=tmp_path / "k", names=("a.example",)))
    assert {"localhost", "127.0.0.1", "10.0.0.1", "a.example"} <= set(settings.names)
    assert prepare(ServerSettings(https_port=None))[1] is None


def test_only_sessions_that_ask_for_it_are_recorded(tmp_path):
    assert worker._recorder(Plan(ServerSettings(), Settings())) is None
    watchers = worker._recorder(Plan(ServerSettings(recordings=tmp_path), Settings()))
    assert watchers("s1", Opening(), Settings(), 0) == ()
    made = watchers("s2", Opening(record=True), Settings(), 0)
    for observer in made:
        observer.on_micro_turn(micro_turn(voice=bytes(2 * 1920)))
        observer.close()
    assert Recording.open(tmp_path / "s2" / "session.mcap")
    assert (tmp_path / "s2" / "session.wav").read_bytes()[:4] == b"RIFF"
    assert not (tmp_path / "s1").exists()
