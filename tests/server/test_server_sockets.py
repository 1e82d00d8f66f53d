"""The server on real sockets: both ports, limits that only a socket shows, clients that stop reading, the end."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import time
from datetime import UTC, datetime

import httpx
import pytest
from server_rig import Rig, micro_turn, running
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from duetto.server.settings import Limits, Rate, ServerSettings
from duetto.server.tls import certificate
from duetto.wire.happening import TurnBegan

PATIENCE = 20
"""Seconds that a test waits at most for what must come."""


def join(url, **more):
    return connect(url, open_timeout=PATIENCE, close_timeout=PATIENCE, compression=None, proxy=None, **more)


def test_http_and_https_are_one_server(tmp_path):
    files = certificate(tmp_path, ["localhost", "127.0.0.1"], datetime.now(UTC))
    trusting = ssl.create_default_context(cafile=str(files.authority))
    with running(https=files) as server:
        http, https = server.ports
        assert httpx.get(f"http://127.0.0.1:{http}/health").json() == {"status": "ok"}
        assert httpx.get(f"https://127.0.0.1:{https}/health", verify=trusting).json() == {"status": "ok"}
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://127.0.0.1:{https}/health")
        with (
            join(f"wss://localhost:{https}/v1/realtime", ssl=trusting) as secure,
            join(f"{server.ws}/v1/live/sessions") as plain,
        ):
            for each in (secure, plain):
                each.send("hello")
                assert json.loads(each.recv(PATIENCE)) == {"echo": "hello"}
            assert secure.response.headers.get("server") is None
            assert len(server.rig.engine.seats) == 2
    assert server.result is True


def test_what_happens_reaches_the_client():
    with running() as server, join(f"{server.ws}/v1/realtime") as client:
        client.send("hello")
        client.recv(PATIENCE)

        def happen(rig):
            rig.script.next = [TurnBegan(1, 0)]
            rig.engine.seats[0].followers[0](micro_turn())

        server.do(happen)
        assert json.loads(client.recv(PATIENCE)) == {"happened": "TurnBegan"}


def test_a_message_that_is_too_large_ends_the_connection():
    limits = Limits(message_bytes=4096)
    with running(lambda: Rig(ServerSettings(limits=limits))) as server, join(f"{server.ws}/v1/realtime") as client:
        client.send("x" * 4000)
        client.recv(PATIENCE)
        client.send("x" * 5000)
        with pytest.raises(ConnectionClosed) as ended:
            client.recv(PATIENCE)
        assert ended.value.rcvd.code == 1009


def test_a_refusal_has_words_before_the_handshake():
    with running() as server:
        with pytest.raises(InvalidStatus) as refused:
            join(f"{server.ws}/v1/realtime", origin="https://evil.example")
        assert refused.value.response.status_code == 403
        assert b"may not use this server" in refused.value.response.body
        with pytest.raises(InvalidStatus) as unknown:
            join(f"{server.ws}/v1/nothing")
        assert unknown.value.response.status_code == 403


def test_a_client_above_its_rate_is_read_more_slowly_and_loses_nothing():
    limits = Limits(messages=Rate(1000, 10))
    with (
        running(lambda: Rig(ServerSettings(limits=limits), clock=time.monotonic)) as server,
        join(f"{server.ws}/v1/realtime") as client,
    ):
        began = time.monotonic()
        for number in range(110):
            client.send(str(number))
        echoed = [json.loads(client.recv(PATIENCE))["echo"] for _ in range(110)]
        assert echoed == list(map(str, range(110)))
        assert time.monotonic() - began >= 0.09
        assert "duetto_slowed_seconds_total" in httpx.get(f"{server.http}/metrics").text


def test_one_who_stops_reading_is_given_up_and_told_why_if_it_reads_again():
    limits = Limits(outbox_bytes=262_144, farewell_s=PATIENCE)
    with running(lambda: Rig(ServerSettings(limits=limits))) as server:
        with join(f"{server.ws}/v1/realtime", max_queue=1) as client:
            client.send("hello")
            client.recv(PATIENCE)
            server.do(fill)
            with pytest.raises(ConnectionClosed) as ended:
                while True:
                    client.recv(PATIENCE)
        assert ended.value.rcvd.code == 1008
        assert "read too slowly" in ended.value.rcvd.reason


def test_one_who_stops_reading_for_good_does_not_hold_its_conversation():
    limits = Limits(outbox_bytes=262_144, farewell_s=0.05)
    with running(lambda: Rig(ServerSettings(limits=limits))) as server:
        raw = upgrade(server)
        raw.sendall(frame("hello"))
        assert b"hello" in raw.recv(4096)
        server.do(fill)
        assert server.rig.left.wait(PATIENCE)
        assert server.do(lambda rig: rig.engine.seats[0].closed)
        raw.close()


def test_a_half_open_connection_ends():
    limits = Limits(ping_s=0.1)
    with running(lambda: Rig(ServerSettings(limits=limits))) as server:
        raw = upgrade(server)
        raw.sendall(frame("hello"))  # and then it never answers a ping
        raw.settimeout(PATIENCE)
        while raw.recv(65536):
            pass
        assert server.rig.left.wait(PATIENCE)
        assert server.do(lambda rig: rig.engine.seats[0].closed)
        raw.close()


def test_a_connection_on_which_nothing_is_asked_ends(monkeypatch):
    monkeypatch.setattr("duetto.server.patience.REQUEST_S", 0.05)
    with running() as server:
        for start in (b"", b"GET / HT"):
            raw = socket.create_connection(("127.0.0.1", server.ports[0]), PATIENCE)
            raw.sendall(start)
            try:
                assert raw.recv(1) == b""
            except ConnectionResetError:
                pass
            raw.close()
        with join(f"{server.ws}/v1/realtime") as client:
            for number in range(5):
                client.send(str(number))
                assert json.loads(client.recv(PATIENCE)) == {"echo": str(number)}
            client.ping().wait(PATIENCE)


def test_going_down_ends_conversations_in_order():
    settings = ServerSettings(drain_s=PATIENCE)
    with running(lambda: Rig(settings)) as server, join(f"{server.ws}/v1/realtime") as client:
        client.send("hello")
        client.recv(PATIENCE)
        server.loop.call_soon_threadsafe(server.stop.set)
        assert json.loads(client.recv(PATIENCE)) == {"leaving": PATIENCE}
        assert httpx.get(f"{server.http}/ready").status_code == 503
        with pytest.raises(InvalidStatus) as refused:
            join(f"{server.ws}/v1/realtime")
        assert refused.value.response.status_code == 503
        client.close()  # the last one has gone: it need not wait any longer
        server.thread.join(PATIENCE)
        assert not server.thread.is_alive()
    assert server.result is True


def test_an_engine_that_fails_ends_the_server(caplog):
    def broken():
        rig = Rig(ServerSettings(drain_s=0))
        rig.engine.failure = RuntimeError("no ticks any more")
        return rig

    with running(broken) as server:
        server.do(lambda rig: rig.engine.closing.set())
        server.thread.join(PATIENCE)
    assert server.result is False
    assert "no ticks any more" in caplog.text


def test_a_port_in_use_is_named():
    from duetto.server.run import bind

    held = bind("127.0.0.1", 0)
    held.listen()
    port = held.getsockname()[1]
    with pytest.raises(OSError, match=f"127.0.0.1:{port} cannot be used"):
        bind("127.0.0.1", port)
    held.close()


async def fill(rig):
    """Say more and more, until the server has enough of the one who does not read it."""
    line = rig.made[0].line
    outlet = line.outlet
    for _ in range(100_000):
        line.send("x" * 65536)
        await asyncio.sleep(0)
        if outlet.ending is not None:
            return
    raise AssertionError("nothing ever filled up")


# --- a client of one's own, that does not answer by itself ----------------------------------------------------------


def upgrade(server):
    raw = socket.create_connection(("127.0.0.1", server.ports[0]), PATIENCE)
    raw.sendall(
        b"GET /v1/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += raw.recv(4096)
    assert b"101" in answer.splitlines()[0]
    return raw


def frame(text):
    """A masked text frame (RFC 6455, 5.2), the mask all zeros."""
    data = text.encode()
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data
