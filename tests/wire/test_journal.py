"""What was sent is remembered until the client has it: nothing lost, nothing doubled, nothing without end."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from duetto.timeline.clock import ms, s
from duetto.wire.journal import Detached, Journal, JournalLimits, NotResumed

AUDIO = "response.output_audio.delta"


def tokens():
    counter = itertools.count(1)
    return lambda: f"token{next(counter)}"


def journal(deliver, **limits) -> Journal:
    return Journal(deliver, limits=JournalLimits(**limits), make_token=tokens())


def event(name: str = "x", **fields: object) -> str:
    return json.dumps({"type": name, **fields})


def test_before_it_begins_everything_passes_as_it_is():
    sent: list[bytes] = []
    kept = journal(sent.append)
    kept.send(event(n=1))
    assert sent == [event(n=1).encode()] and kept.seq == 0 and kept.size == 0 and not kept.on and kept.token == ""


def test_from_then_on_each_event_carries_its_number():
    sent: list[bytes] = []
    kept = journal(sent.append)
    kept.begin()
    kept.begin()
    for n in range(3):
        kept.send(event(n=n).encode())
    assert [json.loads(one)["seq"] for one in sent] == [1, 2, 3]
    assert [json.loads(one)["n"] for one in sent] == [0, 1, 2]
    assert kept.token == "token1"


def test_after_a_drop_the_rest_comes_once_and_the_token_is_another():
    first: list[bytes] = []
    second: list[bytes] = []
    kept = journal(first.append)
    kept.begin()
    for n in range(4):
        kept.send(event(n=n))
    kept.detach()
    kept.received = 7
    kept.send(event(n=4))
    assert kept.resume("s", "token1", 3, second.append) is None
    told, *rest = map(json.loads, second)
    assert told == {"type": "duetto.resumed", "session_id": "s", "token": "token2", "seq": 3, "received": 7}
    assert [one["seq"] for one in rest] == [4, 5]
    kept.send(event(n=5))
    assert json.loads(second[-1])["seq"] == 6


def test_the_token_before_is_good_until_the_new_one_must_have_come():
    kept = journal(lambda message: None)
    kept.begin()
    for _ in range(5):
        kept.send(event())
    kept.resume("s", "token1", 2, lambda message: None)  # the answer is lost on its way
    kept.resume("s", "token1", 2, lambda message: None)
    kept.ack(4)  # it has what came after the new token
    with pytest.raises(NotResumed, match="token is not this conversation's") as problem:
        kept.resume("s", "token1", 4, lambda message: None)
    assert problem.value.field == "token"
    kept.resume("s", "token3", 4, lambda message: None)


@pytest.mark.parametrize(
    ("token", "seq", "field"), [("wrong", 0, "token"), ("token1", 9, "seq"), ("token1", -1, "seq")]
)
def test_a_resume_that_cannot_be_names_the_field_and_changes_nothing(token, seq, field):
    sent: list[bytes] = []
    kept = journal(sent.append)
    kept.begin()
    kept.send(event())
    with pytest.raises(NotResumed) as problem:
        kept.resume("s", token, seq, lambda message: None)
    assert problem.value.field == field and kept.token == "token1"
    kept.send(event())
    assert len(sent) == 2


def test_late_sound_is_not_sent_again_and_goes_first():
    sent: list[bytes] = []
    kept = journal(lambda message: None)
    kept.begin()
    kept.send(event(AUDIO, n=0))
    kept.send(event(n=1))
    kept.now = s(3)
    kept.send(event(AUDIO, n=2))
    kept.resume("s", "token1", 0, sent.append)
    assert [json.loads(one).get("n") for one in sent] == [None, 1, 2]
    small = journal(lambda message: None, size=1_000)
    small.begin()
    for n in range(10):
        small.send(event(AUDIO, n=n, delta="x" * 80))
        small.send(event(n=n))
    assert small.size <= 1_000
    small.resume("s", "token1", 0, sent.append)  # sound went, nothing else did


@pytest.mark.parametrize("limits", [{"events": 5}, {"size": 200}, {"span": s(1)}])
def test_it_is_bounded_and_says_from_where_it_remembers(limits):
    kept = journal(lambda message: None, **limits)
    kept.begin()
    for n in range(100):
        kept.now = n * ms(100)
        kept.send(event(n=n))
    assert kept.size <= 16 * 30
    with pytest.raises(NotResumed, match="events are remembered from"):
        kept.resume("s", "token1", 0, lambda message: None)
    kept.resume("s", "token1", 100, lambda message: None)


def test_an_ack_frees_memory_and_must_be_of_something_sent():
    kept = journal(lambda message: None)
    kept.begin()
    kept.send(event())
    kept.send(event(AUDIO))
    kept.ack(1)
    kept.ack(1)
    assert kept.size > 0
    kept.ack(2)
    assert kept.size == 0
    with pytest.raises(ValueError, match="seq: from 0 to 2"):
        kept.ack(3)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("send"), st.booleans()),
            st.tuples(st.just("time"), st.integers(1, 1_500)),
            st.tuples(st.just("read"), st.integers(1, 6)),
            st.tuples(st.just("ack"), st.integers(0, 3)),
            st.tuples(st.just("drop"), st.integers(0, 4)),
            st.tuples(st.just("back"), st.just(0)),
        ),
        max_size=120,
    )
)
def test_drops_anywhere_lose_and_double_nothing(deeds):
    """A client that reads when it likes, acks now and then and drops at any event, the answer to a resume included."""
    server: list[dict] = []
    client: list[dict] = []
    line: list[bytes] = []  # on its way to the client
    kept = journal(line.append)
    known: Detached[str] = Detached()
    known.know("s", kept, "held")
    kept.begin()
    state = {"token": "token1", "seq": 0, "there": True}

    def read(count: int) -> None:
        for one in line[:count]:
            told = json.loads(one)
            if told["type"] == "duetto.resumed":
                state["token"] = told["token"]
                assert told["seq"] == state["seq"]
            else:
                client.append(told)
                assert told["seq"] > state["seq"]
                state["seq"] = told["seq"]
        del line[:count]

    def back() -> None:
        nonlocal line
        line = []
        assert known.resume("s", state["token"], state["seq"], line.append).held == "held"
        state["there"] = True

    for deed, value in deeds:
        if deed == "send":
            server.append({"type": AUDIO if value else "x", "n": len(server), "seq": len(server) + 1, "at": kept.now})
            kept.send(json.dumps({"type": AUDIO if value else "x", "n": len(server) - 1, "at": kept.now}))
        elif deed == "time":
            kept.now += ms(value)
        elif deed == "read" and state["there"]:
            read(value)
        elif deed == "ack" and state["there"] and state["seq"] >= value:
            kept.ack(state["seq"] - value)
        elif deed == "drop" and state["there"]:
            read(value)
            goes_on, ended = known.leave("s", kept.deliver, kept.now)
            assert goes_on and not ended
            state["there"] = False
        elif deed == "back":
            back()
    back()
    read(len(line))
    seqs = [one["seq"] for one in client]
    assert seqs == sorted(set(seqs)), "in order, none twice"
    missing = [one for one in server if one["seq"] not in set(seqs)]
    assert all(one["type"] == AUDIO for one in missing), "only sound may be missing"
    assert all(server[one["seq"] - 1] == one for one in client), "and each is what it was"
    assert all(kept.now - one["at"] > s(2) for one in missing), "and only late sound"


def test_conversations_without_a_client_end_after_their_grace():
    known: Detached[str] = Detached(grace=s(30), most=2)
    deliver = {}
    for name in "abc":
        deliver[name] = [].append
        known.know(name, journal(deliver[name]), name)
    assert known.leave("a", deliver["a"], s(1)) == (True, [])
    assert known.leave("b", deliver["b"], s(2)) == (True, [])
    assert known.leave("b", deliver["b"], s(9)) == (True, []), "again does not begin its time anew"
    assert known.leave("c", deliver["c"], s(3)) == (True, ["a"]), "the longest without makes room"
    assert len(known) == 2
    assert known.expire(s(31)) == []
    assert known.expire(s(32)) == ["b"] and known.expire(s(40)) == ["c"] and len(known) == 0
    with pytest.raises(NotResumed, match="its time is up"):
        known.resume("c", "token1", 0, lambda message: None)
    assert known.leave("nobody", deliver["a"], 0) == (False, [])


def test_a_client_that_comes_back_early_takes_the_old_connection_s_place():
    known: Detached[str] = Detached()
    old: list[bytes] = []
    new: list[bytes] = []
    one, two = old.append, new.append
    kept = journal(one)
    known.know("s", kept, "held")
    kept.begin()
    kept.send(event())
    back = known.resume("s", kept.token, 0, two)
    assert back.held == "held" and back.replaced == one
    assert known.leave("s", one, s(1)) == (True, []), "the old connection's end is of no account"
    kept.send(event())
    assert len(old) == 1 and len(new) == 3 and len(known) == 0
    known.forget("s")
    known.forget("s")


def test_limits_name_the_field():
    with pytest.raises(ValueError, match="size: above 0"):
        JournalLimits(size=0)
    with pytest.raises(ValueError, match="grace: not below 0"):
        Detached(grace=-1)
    with pytest.raises(ValueError, match="most: not below 0"):
        Detached(most=-1)
