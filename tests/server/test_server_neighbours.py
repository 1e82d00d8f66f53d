"""Processes behind one port that pass on to each other what is theirs. Here they are two loops in one process."""

from __future__ import annotations

import asyncio
import json
import tempfile
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from server_rig import Rig, running
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from duetto.server.keys import add_key
from duetto.server.neighbours import Neighbours
from duetto.server.rtc.memory import MemoryPeerFactory
from duetto.server.settings import ServerSettings

PATIENCE = 20
GEMINI = "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent"
OFFER = "v=0\r\n"


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="duetto") as made:  # a socket's path is at most 107 bytes
        yield Path(made)


@pytest.fixture
def two(folder):
    keys = folder / "keys.json"
    key = add_key(keys, "a", 1)
    with ExitStack() as stack:
        servers = []
        for index in range(2):
            mark = f"{index:02x}"

            def rig(mark=mark):
                made = Rig(ServerSettings(keys=keys), peers=MemoryPeerFactory(), mark=mark)
                made.engine.mark = mark
                return made

            neighbours = Neighbours(folder, mark, 2)
            servers.append(stack.enter_context(running(rig, neighbours=neighbours)))
        yield (*servers, {"authorization": f"Bearer {key}"})


def join(url, headers, **more):
    return connect(url, additional_headers=headers, open_timeout=PATIENCE, compression=None, proxy=None, **more)


def test_whose_it_is(folder):
    here = Neighbours(folder, "00", 3)
    assert here.others == ["01", "02"]
    for path, query, whose in (
        ("/v1/realtime/calls/rtc_01abc/hangup", b"", "01"),
        ("/v1/realtime/calls/rtc_00abc/hangup", b"", None),
        ("/v1/live/sessions/live_02abc/attach", b"", "02"),
        ("/v1/live/sessions/ffabc/attach", b"", None),
        ("/v1/live/sessions", b"", None),
        ("/v1/realtime", b"model=m&call_id=rtc_01abc", "01"),
        ("/v1/realtime", b"model=m&resume=02abc", "02"),
        ("/v1/realtime", b"model=m&key=ek_01abc", None),
    ):
        scope = {"type": "http", "path": path, "query_string": query, "headers": []}
        assert here.of(scope) == whose, path


def test_a_client_secret_is_good_in_every_process(two):
    one, other, key = two
    made = httpx.post(f"{one.http}/v1/realtime/client_secrets", headers=key, json={"session": {"type": "realtime"}})
    secret = made.json()["value"]
    assert secret.startswith("ek_00")
    with join(f"{other.ws}/v1/realtime", {}, subprotocols=["realtime", f"openai-insecure-api-key.{secret}"]) as client:
        assert client.subprotocol == "realtime"
        client.send("hello")
        assert json.loads(client.recv(PATIENCE)) == {"echo": "hello"}
        client.send(b"bytes")
        assert json.loads(client.recv(PATIENCE)) == {"echo": "bytes"}
        client.send("bye")
        assert client.recv(PATIENCE) == "last words"
        with pytest.raises(ConnectionClosed) as ended:
            client.recv(PATIENCE)
    assert (ended.value.rcvd.code, ended.value.rcvd.reason) == (1000, "bye")
    assert one.rig.engine.seats == []
    assert other.rig.made[-1].setup.session == {"type": "realtime"}, "it is told what it was made for"
    with pytest.raises(InvalidStatus) as refused:
        join(f"{other.ws}/v1/realtime", {"authorization": f"Bearer {secret}x"})
    assert refused.value.response.status_code == 401
    assert b"not valid" in refused.value.response.body


def test_a_call_is_hung_up_from_every_process(two):
    one, other, key = two
    answer = httpx.post(
        f"{one.http}/v1/realtime/calls", headers={**key, "content-type": "application/sdp"}, content=OFFER
    )
    location = answer.headers["location"]
    assert location.startswith("/v1/realtime/calls/rtc_00")
    assert httpx.post(f"{other.http}{location}/hangup").status_code == 401
    assert httpx.post(f"{other.http}{location}/hangup", headers=key).status_code == 200
    assert one.rig.left.wait(PATIENCE)
    with pytest.raises(InvalidStatus) as refused:
        join(f"{other.ws}/v1/realtime?call_id={location.rpartition('/')[2]}", key)
    assert refused.value.response.status_code == 404


def test_nobody_else_may_ask_what_a_secret_stands_for(two):
    one, _, key = two
    assert httpx.post(f"{one.http}/-/secret", headers=key, content=b"ek_00").status_code == 404


def test_a_process_that_has_died_had_its_sessions(two, folder):
    _, other, key = two
    (folder / "00.sock").unlink()
    assert httpx.post(f"{other.http}/v1/realtime/calls/rtc_00ab/hangup", headers=key).status_code == 404


def test_a_handle_is_found_in_the_first_message(two):
    one, other, key = two
    with join(f"{other.ws}{GEMINI}", key) as client:
        client.send('{"setup":{"sessionResumption":{"handle":"00abcdefgh"}}}')
        assert "handle" in client.recv(PATIENCE)
        assert len(one.rig.engine.seats) == 1
    with join(f"{other.ws}{GEMINI}", key) as client:
        client.send(b'{"setup":{}}')
        assert "setup" in client.recv(PATIENCE)
        client.send("more")
        assert "more" in client.recv(PATIENCE)
        assert len(other.rig.engine.seats) == 1


def test_the_figures_of_all_are_one_page(two):
    one, other, key = two
    with join(f"{one.ws}/v1/realtime", key) as client:
        client.send("hello")
        client.recv(PATIENCE)
        page = httpx.get(f"{other.http}/metrics", headers=key).text
    assert 'duetto_sessions_opened_total{process="00",wire="realtime"} 1.0' in page
    assert 'duetto_denied_total{process="01"' not in page
    assert 'duetto_connections{process="01"} 0.0' in page
    assert page.count("# TYPE duetto_connections gauge") == 1


def test_a_client_that_goes_is_gone_there_too(two):
    one, other, key = two
    with join(f"{other.ws}{GEMINI}", key) as client:
        client.send('{"setup":{"sessionResumption":{"handle":"00abcdefgh"}}}')
        client.recv(PATIENCE)
    assert one.rig.left.wait(PATIENCE)
    assert one.do(lambda rig: asyncio.sleep(0, rig.engine.seats[0].closed))
