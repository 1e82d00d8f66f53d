"""Conversations whose process has died: what was kept of them, and how another goes on."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from contextlib import contextmanager

import msgspec
import pytest
from server_rig import UNIX, Rig
from starlette.testclient import TestClient

from duetto.server.app import make_app
from duetto.server.checkpoint import FOLDER, LOST, MOST, Checkpoint, Checkpoints, Said, hashed, said
from duetto.server.joints import Facts, joined
from duetto.server.keeper import Keeper
from duetto.server.settings import Limits, ServerSettings
from duetto.timeline.clock import ms, s
from duetto.timeline.command import Brief, Manner, Remember
from duetto.timeline.job import Remark
from duetto.wire.journal import NotResumed


def one(session_id="a1", unix=UNIX, **changes):
    made = Checkpoint(session_id, "me", (hashed("old"), hashed("new")), unix, "duetto", {}, None, None, True, 7, 3, ())
    return msgspec.structs.replace(made, **changes)


class Folder:
    """Checkpoints whose time the test sets."""

    def __init__(self, path, keep=30.0):
        self.path = path
        self.now = 1_000.0
        self.store = Checkpoints(path, keep, lambda: self.now)

    def write(self, checkpoint):
        self.store.write(checkpoint)

    def age(self, seconds):
        self.now += seconds


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path / "kept")


# --- the files ------------------------------------------------------------------------------------------------------


def test_it_is_taken_once_by_whoever_has_a_token(folder):
    folder.write(one())
    (file,) = folder.path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    assert b"old" not in file.read_bytes()
    assert "a1" not in file.name
    for token, owner, name in (("bad", "me", "token"), ("new", "other", "session_id")):
        with pytest.raises(NotResumed) as refused:
            folder.store.take("a1", token, owner)
        assert refused.value.field == name
    assert folder.store.take("a1", "old", "me") == one()
    with pytest.raises(NotResumed):
        folder.store.take("a1", "new", "me")


@pytest.mark.parametrize("session_id", ["../../etc/passwd", "", "x" * 256, "\0"])
def test_a_name_is_no_path(folder, session_id):
    with pytest.raises(NotResumed):
        folder.store.take(session_id, "t", "me")
    folder.store.drop(session_id)


def test_its_time_is_up_after_the_grace(folder):
    folder.write(one())
    folder.age(29)
    folder.store.touch("a1")
    folder.age(29)
    folder.store.sweep()
    folder.age(2)
    with pytest.raises(NotResumed):
        folder.store.take("a1", "new", "me")
    assert not list(folder.path.iterdir())


def test_what_others_left_behind_is_swept(folder):
    folder.store.sweep()  # there is no folder yet
    folder.write(one("a1"))
    folder.age(31)
    folder.write(one("b2"))
    folder.store.sweep()
    assert folder.store.take("b2", "new", "me")
    assert not list(folder.path.iterdir())


def test_what_is_damaged_is_nothing(folder):
    folder.write(one())
    (file,) = folder.path.iterdir()
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(NotResumed):
        folder.store.take("a1", "new", "me")


def test_a_long_conversation_keeps_its_latest_remarks(folder):
    remarks = tuple(Said("user", f"{number} " + "x" * 5_000, 0) for number in range(300))
    folder.write(one(said=remarks))
    (file,) = folder.path.iterdir()
    assert file.stat().st_size <= MOST
    kept = folder.store.take("a1", "new", "me").said
    assert 20 < len(kept) < 120
    assert kept[-1] == remarks[-1]


def test_remarks_come_back_with_their_age():
    remarks = (Remark("user", "hello", s(2)), Remark("duetto", "hi", s(3), "typed"), Remark("user", "", s(4)))
    kept = one(said=said(remarks, s(10)))
    assert kept.remember(UNIX + 5) == (
        Remember("before:0", "user", "hello", ago=s(13)),
        Remember("before:1", "duetto", "hi", ago=s(12), how="typed"),
    )


# --- the keeper -----------------------------------------------------------------------------------------------------


class Counting(Checkpoints):
    """Writes what it is told, and says what."""

    def __init__(self, folder):
        super().__init__(folder, 30.0, lambda: UNIX)
        self.done = []
        self.go_on = threading.Event()
        self.go_on.set()
        self.begun = threading.Event()

    def write(self, checkpoint):
        self.begun.set()
        assert self.go_on.wait(5)
        self.done.append(("write", checkpoint.session_id, checkpoint.seq))
        super().write(checkpoint)

    def touch(self, session_id):
        self.done.append(("touch", session_id))
        super().touch(session_id)


def test_only_what_has_changed_is_written(tmp_path):
    store = Counting(tmp_path)
    keeper = Keeper(store)
    state = {"a1": one("a1"), "b2": one("b2")}
    for name in state:
        keeper.know(name, lambda name=name: state[name])
    assert store.done == [("write", "a1", 7), ("write", "b2", 7)]
    store.done.clear()
    state["a1"] = one("a1", unix=UNIX + 1, seq=50)  # time passes, and increments are sent: that is no change
    state["b2"] = one("b2", unix=UNIX + 1, seq=50, said=(Said("user", "hello", 0),))
    asyncio.run(keeper.look())
    assert store.done == [("touch", "a1"), ("write", "b2", 50)]
    state["b2"] = one("b2", unix=UNIX + 2, seq=60, said=(Said("user", "hello", s(1)),))  # as old as it is by now
    asyncio.run(keeper.look())
    assert store.done[2:] == [("touch", "a1"), ("touch", "b2")]


def test_what_has_ended_is_gone_even_if_it_was_being_written(tmp_path):
    store = Counting(tmp_path)
    keeper = Keeper(store)
    keeper.know("a1", lambda: one("a1", unix=UNIX + len(store.done), received=len(store.done)))

    async def main():
        store.go_on.clear()
        store.begun.clear()
        looking = asyncio.create_task(keeper.look())
        await asyncio.to_thread(store.begun.wait, 5)
        keeper.forget("a1")
        store.go_on.set()
        await looking

    asyncio.run(main())
    assert len(store.done) == 2
    assert not list(tmp_path.iterdir())


def test_what_ends_with_its_process_is_left(tmp_path):
    store = Counting(tmp_path)
    keeper = Keeper(store)
    for name in ("a1", "b2"):
        keeper.know(name, lambda name=name: one(name, received=len(store.done)))
    keeper.forget("b2")
    keeper.close()
    keeper.forget("a1")
    assert store.take("a1", "new", "me").received == 2
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_told_and_nothing_ends(tmp_path, caplog):
    (tmp_path / "kept").write_text("no folder")
    keeper = Keeper(Checkpoints(tmp_path / "kept", 30.0, lambda: UNIX))
    keeper.know("a1", lambda: one("a1"))
    asyncio.run(keeper.look())
    assert "cannot be kept" in caplog.text
    keeper.forget("a1")


# --- the server -----------------------------------------------------------------------------------------------------


@contextmanager
def served(state, mark="", **more):
    settings = ServerSettings(limits=Limits(hello_s=0), state=state, **more)
    facts = Facts(lambda: UNIX, brain="embedded")
    rig = Rig(settings, mark=mark, wires=lambda shelf, waiting: joined(facts, shelf, waiting))
    rig.engine.mark = mark
    with TestClient(make_app(rig.service), base_url="http://localhost") as client:
        yield client, rig


def read(socket, kind):
    while True:
        event = json.loads(socket.receive_text())
        if event.get("type") == kind:
            return event


def begin(socket, **session):
    socket.send_json({"type": "duetto.hello", "delta_ms": 60, "increments": False})
    welcome = read(socket, "duetto.welcome")
    socket.send_json({"type": "session.update", "session": {"type": "realtime", **session}})
    return welcome, read(socket, "session.updated")


def resume(client, welcome, seq):
    socket = client.websocket_connect("ws://localhost/v1/realtime?duetto=1")
    with socket as there:
        there.send_json(
            {"type": "duetto.resume", "session_id": welcome["session_id"], "token": welcome["token"], "seq": seq}
        )
        yield there


def killed(rig):
    """What a SIGKILL leaves: the files as they are. The rig ends without a word to them."""
    rig.service.waiting.keeper._known.clear()


def test_another_process_goes_on_where_one_has_died(tmp_path):
    tool = {"type": "function", "name": "look", "description": "Looks.", "parameters": {"type": "object"}}
    with served(tmp_path, "00") as (client, rig):
        with client.websocket_connect("ws://localhost/v1/realtime?duetto=1") as socket:
            welcome, updated = begin(socket, instructions="Be brief.", tools=[tool], audio={"output": {"speed": 1.2}})
            seat = rig.engine.seats[0]
            seat.now = s(9)
            seat.remarks = (Remark("user", "my dog is called bruno", s(4)), Remark("duetto", "Nice.", s(6), since=s(5)))
            client.portal.call(rig.service.keeper.look)
            killed(rig)
        assert len(list((tmp_path / FOLDER).iterdir())) == 1
    with served(tmp_path, "01") as (client, rig):
        for socket in resume(client, welcome, updated["seq"]):
            resumed = json.loads(socket.receive_text())
            assert resumed["type"] == "duetto.resumed"
            assert resumed["restored"] is True
            assert resumed["lost"] == list(LOST)
            assert resumed["received"] == 2
            assert resumed["seq"] == updated["seq"]
            assert resumed["session_id"].startswith("01")
            assert resumed["token"] != welcome["token"]
            created = json.loads(socket.receive_text())
            assert created["type"] == "session.created"
            assert created["seq"] == updated["seq"] + 1
            same = {"id": "", "instructions": "Be brief."}
            assert {**created["session"], **same} == {**updated["session"], **same}
            opening = rig.engine.seats[0].opening
            assert opening.delta == ms(60)
            assert opening.speed == 1.2
            first = opening.first
            assert [one.text for one in first if isinstance(one, Remember)] == ["my dog is called bruno", "Nice."]
            assert [one.ago for one in first if isinstance(one, Remember)] == [s(5), s(3)]
            (brief,) = (one for one in first if isinstance(one, Brief))
            assert brief.instructions == "Be brief."
            assert brief.offers[0].name == "look"
            assert any(isinstance(one, Manner) for one in first)
            socket.send_json({"type": "duetto.ping", "id": "x"})
            assert read(socket, "duetto.pong")["received"] == 3
        # It can be taken up again, here and after this process too.
        welcome = resumed
        for socket in resume(client, welcome, created["seq"]):
            again = json.loads(socket.receive_text())
            assert again["type"] == "duetto.resumed"
            assert "restored" not in again
            assert again["session_id"] == resumed["session_id"]
            read(socket, "duetto.pong")
        killed(rig)
    with served(tmp_path, "00") as (client, rig):
        for socket in resume(client, again, 9):
            assert read(socket, "duetto.resumed")["restored"] is True
            assert len([one for one in rig.engine.seats[0].opening.first if isinstance(one, Remember)]) == 0


def test_a_server_that_goes_down_leaves_what_its_clients_come_back_for(tmp_path):
    with served(tmp_path) as (client, _):
        with client.websocket_connect("ws://localhost/v1/realtime?duetto=1") as socket:
            welcome, updated = begin(socket)
    with served(tmp_path) as (client, _):
        for socket in resume(client, welcome, updated["seq"]):
            assert read(socket, "duetto.resumed")["restored"] is True


def test_a_conversation_that_has_ended_leaves_nothing(tmp_path):
    with served(tmp_path, grace_s=0) as (client, rig):
        with client.websocket_connect("ws://localhost/v1/realtime?duetto=1") as socket:
            begin(socket)
            assert len(list((tmp_path / FOLDER).iterdir())) == 1
            client.portal.call(lambda: rig.engine.seats[0].end("over"))
            with pytest.raises(Exception):  # noqa: B017 (whatever the test client makes of a close)
                while True:
                    socket.receive_text()
        assert not list((tmp_path / FOLDER).iterdir())


def test_a_client_without_the_extension_and_a_server_told_so_keep_nothing(tmp_path):
    with served(tmp_path) as (client, rig):
        with client.websocket_connect("ws://localhost/v1/realtime") as socket:
            read(socket, "session.created")
            client.portal.call(rig.service.keeper.look)
        assert not (tmp_path / FOLDER).exists()
    with served(tmp_path, checkpoints=False) as (client, rig):
        with client.websocket_connect("ws://localhost/v1/realtime?duetto=1") as socket:
            begin(socket)
            assert rig.service.keeper is None
        assert not (tmp_path / FOLDER).exists()


def test_one_with_the_wrong_token_is_refused(tmp_path):
    with served(tmp_path) as (client, rig):
        with client.websocket_connect("ws://localhost/v1/realtime?duetto=1") as socket:
            welcome, updated = begin(socket)
            client.portal.call(rig.service.keeper.look)
            killed(rig)
    with served(tmp_path) as (client, _):
        for socket in resume(client, {**welcome, "token": "guessed"}, 1):
            error = read(socket, "error")["error"]
            assert error["param"] == "token"
        for socket in resume(client, welcome, updated["seq"]):
            assert read(socket, "duetto.resumed")["restored"] is True
