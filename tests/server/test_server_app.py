"""The routes, by Starlette's test client: who may what, and what is answered."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest
from server_rig import UNIX, Rig, micro_turn, settle
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from duetto.server.app import make_app
from duetto.server.keys import add_key
from duetto.server.rtc.memory import MemoryPeerFactory
from duetto.server.settings import Limits, Rate, ServerSettings
from duetto.wire.happening import CallMade
from duetto.wire.seat import Refused

OFFER = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n"
SOCKETS = (
    "/v1/realtime?model=m",
    "/v1/live/sessions",
    "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
    "////ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent",
)


class House:
    """A rig under a test client."""

    def __init__(self, settings=None, **more):
        self.rig = Rig(settings or ServerSettings(limits=Limits(hello_s=0)), **more)
        self.client = TestClient(make_app(self.rig.service), base_url="http://localhost:8000")

    def __enter__(self):
        self.client.__enter__()
        return self

    def __exit__(self, *error):
        self.client.__exit__(*error)

    def refused(self, path, **more):
        """The answer in the place of a handshake."""
        with pytest.raises(WebSocketDenialResponse) as caught, self.connect(path, **more):
            pass
        return caught.value

    def connect(self, path, **more):
        return self.client.websocket_connect(f"ws://localhost:8000{path}", **more)

    def do(self, work):
        return self.client.portal.call(work)


@pytest.fixture
def house():
    with House() as made:
        yield made


@pytest.fixture
def keyed(tmp_path):
    keys = tmp_path / "keys.json"
    tokens = {name: add_key(keys, name, 1) for name in ("a", "b")}
    with House(ServerSettings(keys=keys, recordings=tmp_path / "kept"), peers=MemoryPeerFactory()) as made:
        made.tokens = tokens
        made.headers = {name: {"authorization": f"Bearer {key}"} for name, key in tokens.items()}
        made.folder = tmp_path / "kept"
        yield made


# --- conversations over WebSocket -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SOCKETS)
def test_a_conversation(house, path):
    with house.connect(path) as socket:
        socket.send_text("hello")
        assert json.loads(socket.receive_text()) == {"echo": "hello"}
        socket.send_bytes(b"in bytes \xff")
        assert json.loads(socket.receive_text()) == {"echo": "in bytes \ufffd"}
        (seat,) = house.rig.engine.seats
        house.rig.script.next = [CallMade(1, 1, "f", "{}", True)]
        house.do(lambda: seat.followers[0](micro_turn()))
        assert json.loads(socket.receive_text()) == {"happened": "CallMade"}
        assert not seat.closed
    assert seat.closed
    assert house.rig.made[0].closed == 1
    assert house.rig.service.lines == set()
    assert house.rig.service.house.seats.total == 0
    assert house.rig.service.house.connections.total == 0


def test_what_a_query_says_reaches_the_wire(house):
    with house.connect("/v1/realtime?model=some&intent=transcription") as socket:
        socket.send_text("hello")
        socket.receive_text()
    assert house.rig.made[0].setup.model == "some"
    assert house.rig.made[0].setup.transcription


def test_a_browser_brings_its_key_as_a_subprotocol(keyed):
    offered = ["realtime", f"openai-insecure-api-key.{keyed.tokens['a']}"]
    with keyed.connect("/v1/realtime", subprotocols=offered) as socket:
        assert socket.accepted_subprotocol == "realtime"


@pytest.mark.parametrize("path", SOCKETS)
def test_without_a_key_nobody_comes_in(keyed, path):
    refused = keyed.refused(path)
    assert refused.status_code == 401
    error = refused.json()["error"]
    assert "no API key" in error["message"]
    assert error["status" if "ws/" in path else "code"] in ("UNAUTHENTICATED", "invalid_api_key")
    with keyed.connect(path, headers={"x-goog-api-key": keyed.tokens["a"]}):
        pass


def test_the_wire_ends_a_connection_with_its_own_words(house):
    with house.connect("/v1/realtime") as socket:
        socket.send_text("bye")
        assert socket.receive_text() == "last words"
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
    assert (ended.value.code, ended.value.reason) == (1000, "bye")


def test_the_engine_ends_a_conversation(house):
    with house.connect("/v1/realtime") as socket:
        socket.send_text("hello")
        socket.receive_text()
        house.do(lambda: house.rig.engine.seats[0].end("it has failed"))
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
    assert (ended.value.code, ended.value.reason) == (1001, "it has failed")
    assert house.rig.service.house.seats.total == 0


def test_a_fault_of_ours_ends_one_connection_and_no_other(house, caplog):
    with house.connect("/v1/realtime") as other:
        other.send_text("hello")
        other.receive_text()
        with house.connect("/v1/realtime") as socket:
            socket.send_text("hello")
            socket.receive_text()
            socket.send_text("crash")
            with pytest.raises(WebSocketDisconnect) as ended:
                socket.receive_text()
        assert ended.value.code == 1011
        assert "a fault of ours" in caplog.text
        other.send_text("still here")
        assert "still here" in other.receive_text()
    assert 'duetto_errors_total{where="realtime receive"} 1.0' in house.client.get("/metrics").text


def test_a_slow_reader_is_closed():
    with House(ServerSettings(limits=Limits(outbox_bytes=65536 * 8))) as house:
        with house.connect("/v1/realtime") as socket:
            socket.send_text("big")
            with pytest.raises(WebSocketDisconnect) as ended:
                while True:
                    socket.receive_text()
        assert ended.value.code == 1008
        assert "read too slowly" in ended.value.reason


def test_a_connection_must_begin_its_conversation():
    with House(ServerSettings(limits=Limits(opening_s=0.02))) as house:
        with house.connect("/v1/realtime") as socket, pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert "no conversation was begun within 0.02 s" in ended.value.reason
        with house.connect("/v1/realtime") as socket:
            socket.send_text("hello")
            assert "hello" in socket.receive_text()


# --- how many -------------------------------------------------------------------------------------------------------


def test_a_full_server_says_so_before_the_handshake_and_where_it_asks():
    with House(ServerSettings(limits=Limits(sessions=1))) as house:
        assert house.client.get("/ready").status_code == 200
        with house.connect("/v1/realtime") as first:
            with house.connect("/v1/realtime") as second:
                first.send_text("hello")
                first.receive_text()
                second.send_text("hello")  # it was let in, and is too late
                with pytest.raises(WebSocketDisconnect):
                    second.receive_text()
            assert house.client.get("/ready").json() == {"status": "the server is full"}
            refused = house.refused("/v1/realtime")
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            assert house.client.get("/health").status_code == 200
        assert house.client.get("/ready").status_code == 200


def test_sessions_of_one_key_are_bounded(tmp_path):
    keys = tmp_path / "keys.json"
    key = {"authorization": f"Bearer {add_key(keys, 'a', 1)}"}
    other = {"authorization": f"Bearer {add_key(keys, 'b', 1)}"}
    with House(ServerSettings(keys=keys, limits=Limits(sessions_per_key=1))) as house:
        with house.connect("/v1/realtime", headers=key) as first:
            first.send_text("hello")
            first.receive_text()
            with house.connect("/v1/realtime", headers=key) as second:
                second.send_text("hello")
                with pytest.raises(WebSocketDisconnect):
                    second.receive_text()
            with house.connect("/v1/realtime", headers=other) as third:
                third.send_text("hello")
                assert "hello" in third.receive_text()


def test_requests_that_make_something_are_bounded():
    with House(ServerSettings(limits=Limits(requests=Rate(1, 2)))) as house:
        answers = [house.client.post("/v1/realtime/client_secrets") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["error"]["code"] == "rate_limit_exceeded"


def test_bodies_are_bounded():
    with House(ServerSettings(limits=Limits(body_bytes=2048))) as house:
        large = house.client.post("/v1/realtime/client_secrets", content=b"x" * 3000)
        unsaid = house.client.post("/v1/realtime/client_secrets", content=iter([b"x" * 1500] * 2))
    assert large.status_code == unsaid.status_code == 413
    assert "2 KiB" in unsaid.json()["error"]["message"]


# --- pages ----------------------------------------------------------------------------------------------------------


def test_pages_of_other_origins_may_not_use_it(house):
    evil = {"origin": "https://evil.example"}
    assert house.refused("/v1/realtime", headers=evil).status_code == 403
    assert house.client.post("/v1/realtime/calls", headers=evil, files={"sdp": (None, OFFER)}).status_code == 403
    assert "access-control-allow-origin" not in house.client.get("/v1/models", headers=evil).headers
    with house.connect("/v1/realtime", headers={"origin": "http://localhost:8000"}):
        pass


def test_pages_of_listed_origins_may():
    page = {"origin": "https://app.example"}
    with House(ServerSettings(origins=("https://app.example",))) as house:
        with house.connect("/v1/realtime", headers=page):
            pass
        asked = {**page, "access-control-request-method": "POST", "access-control-request-headers": "authorization"}
        allowed = house.client.options("/v1/realtime/calls", headers=asked)
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        assert house.client.get("/v1/models", headers=page).headers["access-control-expose-headers"] == "Location"


def test_an_open_server_is_not_reached_by_another_name(house):
    refused = house.client.get("/v1/models", headers={"host": "evil.example"})
    assert refused.status_code == 421
    assert "not 'evil.example'" in refused.json()["error"]["message"]
    assert house.refused("/v1/realtime", headers={"host": "evil.example"}).status_code == 421


def test_the_page(tmp_path):
    (tmp_path / "index.html").write_text("<!doctype html>hello")
    with House(ServerSettings(studio=tmp_path)) as house:
        page = house.client.get("/")
        assert page.text == "<!doctype html>hello"
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert page.headers["x-content-type-options"] == "nosniff"
        assert house.client.get("/../secret").status_code == 404
        assert house.client.get("/v1/models").status_code == 200


# --- HTTP -----------------------------------------------------------------------------------------------------------


def test_models(keyed):
    assert keyed.client.get("/v1/models").status_code == 401
    listed = keyed.client.get("/v1/models", headers=keyed.headers["a"]).json()
    assert [model["id"] for model in listed["data"]] == ["duetto"]
    assert keyed.client.get("/v1/models/duetto", headers=keyed.headers["a"]).json()["object"] == "model"
    assert keyed.client.get("/v1/models/gpt", headers=keyed.headers["a"]).status_code == 404


def test_a_client_secret_opens_the_session_that_it_was_made_for(keyed):
    body = {"session": {"type": "realtime", "instructions": "be kind"}, "expires_after": {"seconds": 60}}
    made = keyed.client.post("/v1/realtime/client_secrets", json=body, headers=keyed.headers["a"]).json()
    assert made["value"].startswith("ek_")
    assert made["expires_at"] == UNIX + 60
    assert made["session"]["instructions"] == "be kind"
    secret = {"authorization": f"Bearer {made['value']}"}
    with keyed.connect("/v1/realtime", headers=secret) as socket:
        socket.send_text("hello")
        socket.receive_text()
    assert keyed.rig.made[-1].setup.session == body["session"]
    for path in ("/metrics", "/v1/recordings"):
        assert keyed.client.get(path, headers=secret).status_code == 403
    assert keyed.client.post("/v1/realtime/client_secrets", headers=secret).status_code == 403
    keyed.rig.unix += 61
    assert keyed.refused("/v1/realtime", headers=secret).status_code == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"expires_after": {"seconds": 1}}, "expires_after.seconds"),
        ({"expires_after": {"seconds": "x"}}, "expires_after.seconds"),
        ({"expires_after": {"anchor": "now"}}, "expires_after"),
        ({"session": 1}, "session"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(house, body, field):
    refused = house.client.post("/v1/realtime/client_secrets", json=body)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == field
    assert house.client.post("/v1/realtime/client_secrets", content=b"{").status_code == 400


# --- WebRTC ---------------------------------------------------------------------------------------------------------


def test_a_call_of_both_kinds(keyed):
    peers = keyed.rig.service.peers
    key = keyed.headers["a"]
    form = {"sdp": (None, OFFER, "application/sdp"), "session": (None, '{"type":"realtime"}', "application/json")}
    made = keyed.client.post("/v1/realtime/calls", files=form, headers=key)
    assert (made.status_code, made.text) == (201, "v=0\r\n")
    assert made.headers["content-type"] == "application/sdp"
    assert keyed.rig.made[-1].setup.session == {"type": "realtime"}
    assert keyed.rig.made[-1].setup.track
    secret = keyed.client.post("/v1/realtime/client_secrets", json={"session": {"type": "realtime"}}, headers=key)
    bare = {"authorization": f"Bearer {secret.json()['value']}", "content-type": "application/sdp"}
    assert keyed.client.post("/v1/realtime/calls", content=OFFER, headers=bare).status_code == 201
    assert [peer.offer for peer in peers.peers] == [OFFER, OFFER]
    location = made.headers["location"]
    assert keyed.client.post(f"{location}/hangup", headers=keyed.headers["b"]).status_code == 404
    assert keyed.client.post(f"{location}/hangup", headers=key).status_code == 200
    keyed.do(settle)
    assert peers.peers[0].closed == "hung up"
    assert keyed.rig.engine.seats[0].closed
    assert not keyed.rig.engine.seats[1].closed


def test_what_goes_over_a_call(keyed):
    made = keyed.client.post(
        "/v1/live/sessions",
        json={"session": {"model": "m"}, "transport": {"type": "webrtc", "sdp": OFFER}},
        headers=keyed.headers["a"],
    )
    assert made.json()["transport"] == {"type": "webrtc", "sdp": "v=0\r\n"}
    (peer,) = keyed.rig.service.peers.peers
    (wire,) = keyed.rig.made

    async def talk():
        peer.play_open()
        peer.handler.on_message("hi")
        peer.handler.on_audio("samples")
        peer.handler.on_video("picture", "screen")
        keyed.rig.engine.seats[0].followers[0](micro_turn(voice=b"\1\0\2\0"))
        await settle()

    keyed.do(talk)
    assert peer.messages == ['{"connected":true}', '{"echo": "hi"}']
    assert wire.heard == [("samples", 16000)]
    assert keyed.rig.engine.seats[0].seen == [("screen", "picture")]
    assert [list(voice) for voice in peer.voice] == [[1, 2]]
    name = made.json()["session"]["id"]
    assert made.headers["location"] == f"/v1/live/sessions/{name}"
    content = keyed.client.get(f"/v1/live/sessions/{name}/content", headers=keyed.headers["a"])
    assert (content.content, content.headers["content-type"]) == (b"RIFF", "audio/wav")
    keyed.do(lambda: peer.play_closed())
    keyed.do(settle)
    assert keyed.rig.engine.seats[0].closed
    assert peer.handler._task.done()  # nobody waits for more to write
    assert keyed.rig.service.house.connections.total == 0


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "application/sdp", 400),
        (b"hello", "application/sdp", 400),
        (b"v=0" + b"x" * 300_000, "application/sdp", 400),
        (b"{}", "application/json", 415),
        (b"x", "multipart/form-data; boundary=b", 400),
    ],
)
def test_offers_that_are_none(content, kind, status):
    with House(peers=MemoryPeerFactory()) as house:
        answer = house.client.post("/v1/realtime/calls", content=content, headers={"content-type": kind})
        assert answer.status_code == status
        assert answer.json()["error"]["message"]
        assert house.rig.service.lines == set()


def test_an_offer_that_the_peers_refuse(house):
    assert (
        house.client.post("/v1/realtime/calls", content=OFFER, headers={"content-type": "application/sdp"}).status_code
        == 501
    )

    class Broken:
        async def connect(self, offer, handler):
            raise ValueError("no audio")

        async def close(self):
            pass

    with House(peers=Broken()) as other:
        answer = other.client.post("/v1/realtime/calls", content=OFFER, headers={"content-type": "application/sdp"})
        assert answer.json()["error"] == {
            "message": "sdp: no audio",
            "type": "invalid_request_error",
            "code": None,
            "param": "sdp",
        }
        assert other.rig.engine.seats[0].closed
        assert other.rig.service.lines == set()
        assert other.rig.service.house.connections.total == 0


# --- looking on -----------------------------------------------------------------------------------------------------


def test_a_sideband_looks_on_and_the_session_outlives_it(keyed):
    key = keyed.headers["a"]
    with keyed.connect("/v1/live/sessions", headers=key) as socket:
        socket.send_text("hello")
        socket.receive_text()
        name = f"live_{keyed.rig.engine.seats[0].id}"
        for path in (f"/v1/live/sessions/{name}/attach", f"/v1/realtime?call_id={name}"):
            assert keyed.refused(path, headers=keyed.headers["b"]).status_code == 404
            with keyed.connect(path, headers=key) as aside:
                assert aside.receive_text() == '{"attached":true}'
                aside.send_text("psst")
                assert json.loads(aside.receive_text()) == {"aside": "psst"}
        wire = keyed.rig.made[0]
        assert [aside.closed for aside in wire.asides] == [True, True]
        socket.send_text("still here")
        assert "still here" in socket.receive_text()
        with keyed.connect(f"/v1/live/sessions/{name}/attach", headers=key) as aside:
            aside.receive_text()
            assert keyed.client.post(f"/v1/live/sessions/{name}/hangup", headers=key).status_code == 200
            for each in (socket, aside):
                with pytest.raises(WebSocketDisconnect):
                    each.receive_text()
    assert keyed.refused(f"/v1/live/sessions/{name}/attach", headers=key).status_code == 404


# --- recordings -----------------------------------------------------------------------------------------------------


def test_recordings_belong_to_their_key(keyed):
    key = keyed.headers["a"]
    with keyed.connect("/v1/realtime", headers=key) as socket:
        socket.send_text("record me")
        socket.receive_text()
    (seat,) = keyed.rig.engine.seats
    assert seat.opening.record
    (keyed.folder / seat.id / "session.mcap").write_bytes(b"mcap")
    (keyed.folder / seat.id / "other").write_bytes(b"not served")
    (listed,) = keyed.client.get("/v1/recordings", headers=key).json()["data"]
    assert listed["id"] == seat.id
    assert [file["name"] for file in listed["files"]] == ["session.mcap"]
    one = f"/v1/recordings/{seat.id}"
    assert keyed.client.get(one, headers=key).json() == listed
    assert keyed.client.get(f"{one}/session.mcap", headers=key).content == b"mcap"
    for path in (
        f"{one}/other",
        f"{one}/owner.json",
        f"{one}/session.wav",
        "/v1/recordings/..%2f..",
        "/v1/recordings/x",
    ):
        assert keyed.client.get(path, headers=key).status_code == 404
    assert keyed.client.get("/v1/recordings", headers=keyed.headers["b"]).json()["data"] == []
    assert keyed.client.get(one, headers=keyed.headers["b"]).status_code == 404
    assert keyed.client.delete(one, headers=keyed.headers["b"]).status_code == 404
    assert keyed.client.delete(one, headers=key).json()["deleted"]
    assert not (keyed.folder / seat.id).exists()
    assert keyed.client.delete(one, headers=key).status_code == 404


def test_nothing_is_recorded_unless_the_server_allows_it(house):
    with house.connect("/v1/realtime") as socket:
        socket.send_text("record me")
        socket.receive_text()
    assert not house.rig.engine.seats[0].opening.record
    assert house.client.get("/v1/recordings").status_code == 403


# --- health ---------------------------------------------------------------------------------------------------------


def test_health_tells_a_tick_that_is_stuck(house):
    with house.connect("/v1/realtime") as socket:
        socket.send_text("hello")
        socket.receive_text()
        house.rig.moment += 4
        assert house.client.get("/health").json() == {"status": "ok"}
        house.rig.moment += 4
        assert house.client.get("/health").status_code == 503
        assert house.client.get("/ready").status_code == 503
        house.do(lambda: house.rig.engine.seats[0].followers[0](micro_turn()))
        assert house.client.get("/health").status_code == 200
    house.rig.moment += 100
    assert house.client.get("/health").status_code == 200, "nobody is there: nothing is stuck"


def test_a_refusal_of_the_engine_is_counted(house):
    house.rig.engine.refuse = Refused("full", "no headroom")
    with house.connect("/v1/realtime") as socket:
        socket.send_text("hello")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()
    assert 'duetto_sessions_refused_total{why="full",wire="realtime"} 1.0' in house.client.get("/metrics").text
    assert house.rig.service.house.seats.total == 0


def test_a_drain_tells_those_who_are_there_and_takes_in_nobody(house):
    settings = house.rig.service.settings
    house.rig.service.settings = replace(settings, drain_s=5.0)
    with house.connect("/v1/realtime") as socket:
        socket.send_text("hello")
        socket.receive_text()
        hurry = asyncio.Event()
        draining = house.client.portal.start_task_soon(house.rig.service.drain, hurry)
        assert json.loads(socket.receive_text()) == {"leaving": 5.0}
        assert house.client.get("/ready").json() == {"status": "the server is going down"}
        assert house.client.get("/health").status_code == 200
        assert house.refused("/v1/realtime").status_code == 503
        assert house.rig.engine.draining
        house.do(hurry.set)
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert (ended.value.code, ended.value.reason) == (1001, "the server is going down")
        draining.result(5)


def test_no_key_comes_into_a_log_or_a_figure(keyed, caplog):
    caplog.set_level(0)
    key = keyed.tokens["a"]
    with keyed.connect(f"/v1/realtime?key={key}") as socket:
        socket.send_text("hello")
        socket.receive_text()
        socket.send_text("crash")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()
    figures = keyed.client.get("/metrics", headers=keyed.headers["a"]).text
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpx"))
    assert key not in ours
    assert key not in figures
    assert key.split("-")[1] not in figures
