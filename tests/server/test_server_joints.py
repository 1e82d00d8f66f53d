"""The protocols themselves on the server, with seats that only write down."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from server_rig import UNIX, Rig, micro_turn, settle
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from duetto.server.app import make_app
from duetto.server.joints import Facts, joined
from duetto.server.keys import add_key
from duetto.server.rtc.memory import MemoryPeerFactory
from duetto.server.settings import Limits, ServerSettings
from duetto.timeline.clock import ms
from duetto.timeline.command import Brief
from duetto.wire.happening import ReplyBegan, ReplySound

GEMINI = "/ws/google.ai.generativelanguage.v1.GenerativeService.BidiGenerateContent"
OFFER = "v=0\r\n"


class Served:
    """A server with the real protocols under a test client."""

    def __init__(self, client, rig):
        self.client, self.rig = client, rig
        self.engine = rig.engine

    def connect(self, path, **more):
        return self.client.websocket_connect(f"ws://localhost{path}", **more)

    def happen(self, *happenings, seat=0, index=0, voice=b""):
        def there():
            self.rig.script.next = list(happenings)
            self.engine.seats[seat].followers[-1](micro_turn(index, voice=voice))

        self.client.portal.call(there)


@contextmanager
def served(**settings):
    settings = ServerSettings(limits=Limits(hello_s=settings.pop("hello_s", 0)), **settings)
    facts = Facts(lambda: UNIX, brain="embedded", records=settings.recordings is not None)
    rig = Rig(settings, peers=MemoryPeerFactory(), wires=lambda shelf, waiting: joined(facts, shelf, waiting))
    with TestClient(make_app(rig.service), base_url="http://localhost") as client:
        yield Served(client, rig)


def read(socket, kind):
    """The next event of this type; those before it are left out."""
    while True:
        event = json.loads(socket.receive_text())
        if event.get("type") == kind:
            return event


# --- OpenAI Realtime ------------------------------------------------------------------------------------------------


def test_realtime_begins_by_itself():
    with served() as server, server.connect("/v1/realtime?model=some") as socket:
        created = json.loads(socket.receive_text())
        assert created["type"] == "session.created"
        assert created["session"]["model"] == "some"
        socket.send_text("nonsense")
        assert read(socket, "error")["error"]["code"] == "invalid_json"
        server.happen(ReplyBegan(1))
        assert read(socket, "response.created")


def test_what_hello_asks_for_counts_when_it_comes_first():
    with served() as server, server.connect("/v1/realtime?duetto=1") as socket:
        socket.send_json({"type": "duetto.hello", "delta_ms": 60, "horizon_ms": 250})
        assert read(socket, "session.created")
        welcome = read(socket, "duetto.welcome")
        assert welcome["horizon_ms"] == 250
        assert server.engine.seats[0].opening.delta == ms(60)
        socket.send_json({"type": "duetto.ping", "id": "a"})
        pong = read(socket, "duetto.pong")
        assert (pong["id"], pong["received"]) == ("a", 2)


def test_a_client_that_drops_comes_back_and_has_missed_nothing():
    with served() as server:
        with server.connect("/v1/realtime?duetto=1") as socket:
            socket.send_json({"type": "duetto.hello", "increments": False})
            welcome = read(socket, "duetto.welcome")
        seat = server.engine.seats[0]
        assert not seat.closed
        server.happen(ReplyBegan(1))  # while nobody is there
        ask = {"type": "duetto.resume", "session_id": welcome["session_id"], "token": welcome["token"]}
        with server.connect(f"/v1/realtime?resume={seat.id}") as socket:
            socket.send_json({**ask, "seq": welcome["seq"]})
            resumed = read(socket, "duetto.resumed")
            assert resumed["received"] == 1
            missed = read(socket, "response.created")
            assert missed["seq"] > welcome["seq"]
            server.happen(ReplySound(1, 0, b"\1\0" * 960), index=1)
            assert read(socket, "response.output_audio.delta")
            assert len(server.engine.seats) == 1
            with server.connect("/v1/realtime") as other:  # the first is half open; no hint this time
                other.send_json({**ask, "token": resumed["token"], "seq": missed["seq"]})
                with pytest.raises(WebSocketDisconnect) as ended:
                    while True:
                        socket.receive_text()
                assert (ended.value.code, "another connection" in ended.value.reason) == (1001, True)
        assert not seat.closed, "it waits again"


def test_one_that_cannot_be_taken_up_is_told_why(tmp_path):
    keys = tmp_path / "keys.json"
    one, two = ({"authorization": f"Bearer {add_key(keys, name, 1)}"} for name in "ab")
    with served(keys=keys) as server:
        with server.connect("/v1/realtime?duetto=1", headers=one) as socket:
            socket.send_json({"type": "duetto.hello"})
            welcome = read(socket, "duetto.welcome")
        ask = {"type": "duetto.resume", "session_id": welcome["session_id"], "token": welcome["token"], "seq": 0}
        for headers, asked in ((two, ask), (one, {**ask, "token": "x"}), (one, {**ask, "seq": 99})):
            with server.connect("/v1/realtime?resume=x", headers=headers) as socket:
                socket.send_json(asked)
                assert read(socket, "error")["error"]["param"] in ("session_id", "token", "seq")
                with pytest.raises(WebSocketDisconnect):
                    socket.receive_text()
        assert not server.engine.seats[0].closed


def test_a_client_secret_carries_its_setting_to_the_conversation():
    with served() as server:
        asked = {"session": {"type": "realtime", "instructions": "Be kind.", "audio": {"output": {"voice": "cedar"}}}}
        made = server.client.post("/v1/realtime/client_secrets", json=asked).json()
        assert made["session"]["instructions"] == "Be kind."
        wrong = server.client.post("/v1/realtime/client_secrets", json={"session": {"type": "realtime", "x": 1}})
        assert (wrong.status_code, wrong.json()["error"]["param"]) == (400, "session.x")
        key = ["realtime", f"openai-insecure-api-key.{made['value']}"]
        with server.connect("/v1/realtime", subprotocols=key) as socket:
            assert read(socket, "session.created")["session"]["instructions"] == "Be kind."
        (brief,) = (each for each in server.engine.seats[0].opening.first if isinstance(each, Brief))
        assert brief.instructions == "Be kind."


def test_a_full_server_says_so_in_the_protocols_words():
    with served() as server:
        from duetto.wire.seat import Refused

        server.engine.refuse = Refused("full", "no headroom")
        with server.connect("/v1/realtime") as socket:
            assert read(socket, "error")["error"]["message"] == "no headroom"
            with pytest.raises(WebSocketDisconnect) as ended:
                socket.receive_text()
        assert ended.value.code == 1013
        assert server.rig.service.lines == set()


def test_a_realtime_call():
    with served() as server:
        wrong = {"sdp": (None, OFFER), "session": (None, '{"type":"realtime","x":1}')}
        assert server.client.post("/v1/realtime/calls", files=wrong).json()["error"]["param"] == "session.x"
        form = {"sdp": (None, OFFER), "session": (None, '{"type":"realtime","model":"m"}')}
        assert server.client.post("/v1/realtime/calls", files=form).status_code == 201
        (peer,) = server.rig.service.peers.peers
        assert peer.messages == []
        server.client.portal.call(peer.play_open)
        server.happen(ReplyBegan(1), ReplySound(1, 0, b"\1\0" * 960), voice=b"\1\0\2\0")
        server.client.portal.call(settle)
        types = [json.loads(message)["type"] for message in peer.messages]
        assert types[0] == "session.created"
        assert "response.output_audio.delta" not in types
        assert [list(voice) for voice in peer.voice] == [[1, 2]]
        name = f"rtc_{server.engine.seats[0].id}"
        with server.connect(f"/v1/realtime?call_id={name}") as aside:
            assert read(aside, "session.created")["session"]["model"] == "m"
            aside.send_json({"type": "session.update", "session": {"type": "realtime", "instructions": "New."}})
            assert read(aside, "session.updated")["session"]["instructions"] == "New."
        server.client.portal.call(settle)
        assert "session.updated" in [json.loads(message)["type"] for message in peer.messages]


# --- GPT-Live -------------------------------------------------------------------------------------------------------


def test_live_begins_when_its_client_says_so():
    with served() as server, server.connect("/v1/live/sessions") as socket:
        socket.send_json({"type": "session.start", "session": {"model": "gpt-live-1"}})
        started = read(socket, "session.started")
        name = started["session"]["id"]
        with server.connect(f"/v1/live/sessions/{name}/attach") as aside:
            assert read(aside, "session.started")
            server.happen(voice=b"\1\0" * 960)
            assert read(socket, "session.output_audio.delta")
            assert "start_ms" in read(aside, "session.output_audio.delta")
        socket.send_json({"type": "session.close"})
        assert read(socket, "session.closed")["reason"] == "close_requested"
        with pytest.raises(WebSocketDisconnect) as ended:
            socket.receive_text()
        assert ended.value.code == 1000


def test_a_live_call_is_hung_up_and_its_sound_was_stored(tmp_path):
    keys = tmp_path / "keys.json"
    key = {"authorization": f"Bearer {add_key(keys, 'a', 1)}"}
    with served(keys=keys, recordings=tmp_path / "kept") as server:
        asked = {"session": {"model": "gpt-live-1", "store": True}, "transport": {"type": "webrtc", "sdp": OFFER}}
        made = server.client.post("/v1/live/sessions", json=asked, headers=key)
        assert made.status_code == 201, made.text
        path = f"/v1/live/sessions/{made.json()['session']['id']}"
        (peer,) = server.rig.service.peers.peers
        server.client.portal.call(peer.play_open)
        server.happen(voice=b"\1\0" * 960)
        assert [len(voice) for voice in peer.voice] == [960]
        while_it_goes_on = server.client.get(f"{path}/content", headers=key)
        assert while_it_goes_on.content[:4] == b"RIFF"
        assert server.client.post(f"{path}/hangup", headers=key).status_code == 200
        server.client.portal.call(lambda: _all(server.rig.service))
        assert json.loads(peer.messages[-1])["type"] == "session.closed"
        afterwards = server.client.get(f"{path}/content", headers=key)
        assert (afterwards.status_code, afterwards.content[:4]) == (200, b"RIFF")
        wrong = {**asked, "session": {"model": "gpt-live-1", "x": 1}}
        assert server.client.post("/v1/live/sessions", json=wrong, headers=key).json()["error"]["param"] == "session.x"


async def _all(service):
    """Until everything that ends has ended."""
    import asyncio

    while service.lines or any(not task.done() for task in service._storing):
        await asyncio.wait([*service._storing, asyncio.ensure_future(asyncio.sleep(0))])


# --- Gemini Live ----------------------------------------------------------------------------------------------------


def test_gemini_is_taken_up_again_on_another_connection():
    setup = {"model": "models/gemini-live"}
    with served() as server:
        with server.connect(GEMINI) as socket:
            socket.send_json({"setup": {**setup, "sessionResumption": {}}})
            assert "setupComplete" in json.loads(socket.receive_text())
            handle = json.loads(socket.receive_text())["sessionResumptionUpdate"]["newHandle"]
        assert not server.engine.seats[0].closed
        with server.connect(GEMINI) as socket:
            socket.send_json({"setup": {**setup, "sessionResumption": {"handle": handle}}})
            assert "setupComplete" in json.loads(socket.receive_text())
            assert len(server.engine.seats) == 1
        with server.connect(GEMINI) as socket:
            socket.send_json({"setup": {**setup, "sessionResumption": {"handle": "unknown-handle"}}})
            with pytest.raises(WebSocketDisconnect) as ended:
                socket.receive_text()
        assert ended.value.code == 1008
        with server.connect(GEMINI) as socket:
            socket.send_json({"setup": setup})
            socket.receive_text()
        assert server.engine.seats[1].closed, "its client did not ask to be able to come back"
