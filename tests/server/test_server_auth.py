"""API keys at rest, who a request comes from, client secrets, origins."""

from __future__ import annotations

import asyncio
import os
import stat

import pytest

from duetto.server import auth
from duetto.server.auth import Authenticator, Denied, Identity, credential
from duetto.server.keys import StoredKey, add_key, id_of, read_keys, remove_key
from duetto.server.origins import Origins
from duetto.server.secrets import MOST_SETTING, ClientSecrets


@pytest.fixture
def keys(tmp_path):
    return tmp_path / "keys.json"


def make(keys, moment=None):
    moment = moment if moment is not None else [0.0]
    secrets = ClientSecrets(lambda: moment[0])
    return Authenticator(keys, secrets, lambda: moment[0]), secrets


def test_a_key_is_kept_as_a_salted_hash_that_only_its_owner_can_read(keys):
    key = add_key(keys, "phone", 1)
    content = keys.read_text()
    assert key not in content
    assert key.split("-", 2)[2] not in content
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    (stored,) = read_keys(keys)
    assert (stored.name, stored.id) == ("phone", id_of(key))
    assert stored.matches(key)
    assert not stored.matches(key + "x")
    assert add_key(keys, "other", 1) != key
    assert len({each.salt for each in read_keys(keys)}) == 2


def test_keys_are_removed_by_name(keys):
    add_key(keys, "phone", 1)
    with pytest.raises(ValueError, match="there is a key named 'phone' already"):
        add_key(keys, "phone", 1)
    remove_key(keys, "phone")
    assert read_keys(keys) == ()
    with pytest.raises(ValueError, match="no key named"):
        remove_key(keys, "phone")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 101])
def test_a_name_must_be_one(keys, name):
    with pytest.raises(ValueError, match="name: 1 to 100 printable"):
        add_key(keys, name, 1)


def test_a_file_that_is_none_of_keys_is_named(keys):
    keys.write_text("[1]")
    with pytest.raises(ValueError, match="no file of API keys"):
        make(keys)


@pytest.mark.parametrize("text", ["", "dk", "dk-", "dk-a", "dk-a-", "sk-a-b", "dk-é-b", "dk-a-" + "x" * 300])
def test_what_cannot_be_a_key(text):
    assert id_of(text) is None


def test_a_verified_key_is_not_hashed_again(keys, monkeypatch):
    key = add_key(keys, "phone", 1)
    hashed = []
    real = StoredKey.matches
    monkeypatch.setattr(StoredKey, "matches", lambda self, key: hashed.append(key) or real(self, key))

    async def run():
        who, _ = make(keys)
        for _ in range(3):
            assert (await who.identify(key)).name == "phone"
        for bad in (key + "x", "dk-000000000000-abc", "nonsense", None, ""):
            with pytest.raises(Denied):
                await who.identify(bad)

    asyncio.run(run())
    assert hashed == [key, key + "x"], "a key with an unknown id is not hashed at all"


def test_a_key_removed_is_not_valid_any_more(keys):
    key, other = add_key(keys, "phone", 1), add_key(keys, "other", 1)

    async def run():
        who, _ = make(keys)
        await who.identify(key)
        remove_key(keys, "phone")
        with pytest.raises(Denied, match="not valid"):
            await who.identify(key)
        assert (await who.identify(other)).name == "other"
        os.remove(keys)
        with pytest.raises(Denied) as denied:
            await who.identify(other)
        assert denied.value.status == 503

    asyncio.run(run())


def test_guesses_are_bounded(keys):
    key = add_key(keys, "phone", 1)

    async def run():
        who, _ = make(keys)
        who._guesses = auth.TokenBucket(auth.Rate(1, 2), 0.0)
        for number in range(2):
            with pytest.raises(Denied, match="not valid"):
                await who.identify(f"{key}{number}")
        with pytest.raises(Denied) as denied:
            await who.identify(key)
        assert denied.value.status == 429

    asyncio.run(run())


def test_an_open_server_asks_for_nothing():
    async def run():
        who, _ = make(None)
        assert who.open
        assert await who.identify(None) == Identity()
        assert await who.identify("sk-anything") == Identity()
        with pytest.raises(Denied, match="client secret"):
            await who.identify("ek_wrong")

    asyncio.run(run())


def test_a_client_secret_is_bound_to_its_setting_and_its_time_and_its_key(keys):
    key = add_key(keys, "phone", 1)
    moment = [100.0]

    async def run():
        who, secrets = make(keys, moment)
        owner = (await who.identify(key)).owner
        text, secret = secrets.make(owner, "phone", {"type": "realtime"}, 60, 20)
        assert text.startswith("ek_")
        assert secret.expires == 160
        found = await who.identify(text)
        assert found == Identity(owner, "phone", {"type": "realtime"}, temporary=True)
        moment[0] = 160.0
        with pytest.raises(Denied, match="expired"):
            await who.identify(text)
        assert len(secrets) == 0
        text, _ = secrets.make(owner, "phone", {}, 60, 2)
        remove_key(keys, "phone")
        with pytest.raises(Denied, match="not valid any more"):
            await who.identify(text)

    asyncio.run(run())


def test_client_secrets_are_bounded(monkeypatch):
    secrets = ClientSecrets(lambda: 0.0)
    for seconds in (9, 7201):
        with pytest.raises(ValueError, match="10 to 7200 s"):
            secrets.make("", "", {}, seconds, 2)
    with pytest.raises(ValueError, match="at most 256 KiB"):
        secrets.make("", "", {}, 60, MOST_SETTING + 1)
    monkeypatch.setattr("duetto.server.secrets.MOST_SECRETS", 3)
    made = [secrets.make("", "", {}, 60, 2)[0] for _ in range(5)]
    assert [secrets.find(text) is not None for text in made] == [False, False, True, True, True]
    monkeypatch.setattr("duetto.server.secrets.MOST_HELD", 200_000)
    secrets.make("", "", {}, 60, 199_999)
    assert len(secrets) == 1


@pytest.mark.parametrize(
    ("headers", "query", "subprotocols", "expected"),
    [
        ({"authorization": "Bearer abc"}, {}, (), "abc"),
        ({"authorization": "bearer  abc "}, {}, (), "abc"),
        ({"authorization": "Basic abc"}, {}, (), None),
        ({"x-goog-api-key": "abc"}, {}, (), "abc"),
        ({"api-key": "abc"}, {}, (), "abc"),
        ({}, {"key": "abc"}, (), "abc"),
        ({}, {}, ("realtime", "openai-insecure-api-key.abc", "openai-beta.realtime-v1"), "abc"),
        ({"authorization": "Bearer one"}, {"key": "two"}, ("openai-insecure-api-key.three",), "one"),
        ({}, {}, (), None),
    ],
)
def test_where_a_key_is_brought(headers, query, subprotocols, expected):
    assert credential(headers, query, subprotocols) == expected


def test_pages_of_other_origins_are_refused():
    origins = Origins(frozenset({"https://app.example"}))
    assert origins.origin_problem(None, "localhost:8000") is None
    assert origins.origin_problem("http://localhost:8000", "localhost:8000") is None
    assert origins.origin_problem("https://app.example", "localhost:8000") is None
    assert "may not use this server" in origins.origin_problem("https://evil.example", "localhost:8000")
    assert origins.origin_problem("null", "localhost:8000") is not None
    assert origins.origin_problem("http://localhost:9000", "localhost:8000") is not None
    assert Origins(frozenset("*")).origin_problem("https://evil.example", "x") is None


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1", "[::1]:8443", "LOCALHOST", "mine.local:1", None])
def test_an_open_server_is_asked_for_by_names_of_its_machine(host):
    assert Origins(names=frozenset({"mine.local"}), checks_host=True).host_problem(host) is None


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8000", "[::1", "10.0.0.1"])
def test_and_by_no_others(host):
    try:
        problem = Origins(checks_host=True).host_problem(host)
    except ValueError:
        pytest.fail("a host that makes no sense is refused, not a fault")
    assert problem is not None
    assert Origins().host_problem(host) is None
