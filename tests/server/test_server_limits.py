"""Token buckets, counts, the bounded outbox, settings."""

from __future__ import annotations

import asyncio

import pytest

from duetto.server.limits import MOST_KEYS, Allowances, Count, Pace, TokenBucket
from duetto.server.outbox import Outbox, is_sound
from duetto.server.outlet import GOING_AWAY, NORMAL, POLICY, Outlet
from duetto.server.settings import Limits, Rate, ServerSettings, is_loopback, is_origin
from duetto.wire.seat import Refused


def test_a_bucket_gives_its_burst_and_then_its_rate():
    bucket = TokenBucket(Rate(10, 20), 0.0)
    assert bucket.take(20, 0.0) == 0
    assert bucket.take(5, 0.0) == pytest.approx(0.5)
    assert bucket.take(5, 0.5) == pytest.approx(0.5)
    assert bucket.take(1, 100.0) == 0, "a quiet time fills it"
    assert not bucket.allows(20, 100.0)
    assert bucket.allows(19, 100.0)
    assert bucket.take(1, 50.0) == pytest.approx(0.1), "time that runs backwards gives nothing"


def test_the_pace_counts_messages_and_bytes():
    pace = Pace(Rate(10, 10), Rate(1000, 5000), 0.0)
    assert pace.take(6000, 0.0) == pytest.approx(1.0)
    for _ in range(9):
        pace.take(0, 0.0)
    assert pace.take(0, 0.0) == pytest.approx(1.0)


def test_a_key_has_one_pace_for_all_its_connections_and_old_keys_are_forgotten():
    allowances = Allowances(Limits(requests=Rate(1, 2)), lambda: 0.0)
    assert allowances.pace("a") is allowances.pace("a")
    assert allowances.pace("a") is not allowances.pace("b")
    assert [allowances.request("a") for _ in range(3)] == [True, True, False]
    for number in range(MOST_KEYS):
        allowances.pace(f"k{number}")
    assert allowances.request("a"), "it was forgotten, so it begins anew"


def test_a_count_refuses_in_plain_words_and_leaves_once():
    count = Count("conversations", 2, 1)
    leave = count.enter("a")
    with pytest.raises(Refused, match="this API key has 1 conversations open"):
        count.enter("a")
    count.enter("")
    with pytest.raises(Refused, match="this server has 2 conversations open"):
        count.enter("b")
    leave()
    leave()
    assert count.total == 1
    count.enter("a")
    assert count.full


@pytest.mark.parametrize(
    "message",
    [
        '{"type":"response.output_audio.delta","delta":"AAAA"}',
        b'{"type":"session.output_audio.delta","delta":"AAAA"}',
        b'{"serverContent":{"modelTurn":{"parts":[{"inlineData":{"data":"AAAA"}}]}}}',
    ],
)
def test_sound_is_known_by_its_head(message):
    assert is_sound(message)


@pytest.mark.parametrize(
    "message", ['{"type":"response.output_audio_transcript.delta"}', b'{"type":"response.output_audio.done"}']
)
def test_what_is_no_sound(message):
    assert not is_sound(message)


SOUND = b'{"type":"response.output_audio.delta","delta":"' + b"A" * 100 + b'"}'


def test_sound_that_waited_too_long_is_left_out_and_the_rest_is_not():
    outbox = Outbox(10_000, 2.0)
    outbox.put(SOUND, 0.0)
    outbox.put(b"words", 0.0)
    outbox.put(SOUND, 2.5)
    assert outbox.take(3.0) == b"words"
    assert outbox.take(3.0) == SOUND
    assert outbox.take(3.0) is None
    assert (outbox.late, outbox.bytes, len(outbox)) == (1, 0, 0)


def test_old_sound_makes_room_and_without_it_the_outbox_overflows():
    outbox = Outbox(400, 1.0)
    for at in (0.0, 0.0, 1.5):
        assert outbox.put(SOUND[:120], at)
    assert outbox.put(b"x" * 120, 1.6)
    assert (outbox.late, outbox.bytes) == (2, 240)
    assert not outbox.put(b"x" * 200, 1.6)
    assert outbox.overflowed
    assert outbox.bytes == 0
    assert not outbox.put(b"y", 1.7)


def test_an_outlet_sends_what_waits_before_it_ends():
    async def run():
        outlet = Outlet(Limits(), lambda: 0.0)
        outlet.put(b"one")
        outlet.finish(GOING_AWAY, "the engine says so", firm=False)
        outlet.put(b"two")
        outlet.finish(NORMAL, "the wire says so")
        outlet.finish(POLICY, "too late")
        assert [await outlet.next() for _ in range(3)] == [b"one", b"two", None]
        assert outlet.ending == (NORMAL, "the wire says so")
        outlet.put(b"three")
        assert await outlet.next() is None

    asyncio.run(run())


def test_an_outlet_that_nobody_reads_ends_with_1008():
    async def run():
        outlet = Outlet(Limits(outbox_bytes=1024), lambda: 0.0)
        for _ in range(20):
            outlet.put(b"x" * 100)
        assert outlet.ending is not None
        code, reason = outlet.ending
        assert code == POLICY
        assert "1024 bytes" in reason
        assert await outlet.next() is None

    asyncio.run(run())


def test_one_who_waits_is_woken():
    async def run():
        outlet = Outlet(Limits(), lambda: 0.0)
        waiting = asyncio.create_task(outlet.next())
        await asyncio.sleep(0)
        outlet.put(b"now")
        assert await waiting == b"now"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"host": "0.0.0.0"}, "API keys are needed"),
        ({"port": 70000}, "port: 0 to 65535"),
        ({"port": 9, "https_port": 9}, "it must differ"),
        ({"workers": 0}, "workers: 1 to 256"),
        ({"origins": ("app.example",)}, "origins: https://host"),
        ({"drain_s": -1}, "drain_s: at least 0"),
    ],
)
def test_settings_say_what_is_wrong(values, words):
    with pytest.raises(ValueError, match=words):
        ServerSettings(**values)


def test_limits_say_what_is_wrong():
    with pytest.raises(ValueError, match="sessions: at least 1"):
        Limits(sessions=0)
    with pytest.raises(ValueError, match="rate: more than 0"):
        Rate(0, 1)


def test_addresses_and_origins():
    assert all(map(is_loopback, ("127.0.0.1", "::1", "[::1]", "localhost", "127.1.2.3")))
    assert not any(map(is_loopback, ("0.0.0.0", "192.168.1.2", "example.org", "")))
    assert is_origin("https://a.example:8443")
    assert not any(map(is_origin, ("https://a/b", "a.example", "https://", "https://a b")))
