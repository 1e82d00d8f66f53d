"""Who a request comes from: an API key or a client secret, wherever the protocols put it."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from duetto.server.keys import StoredKey, id_of, read_keys
from duetto.server.limits import TokenBucket
from duetto.server.secrets import PREFIX, ClientSecret, ClientSecrets
from duetto.server.settings import Rate

REALTIME: Final = "realtime"
KEY_PROTOCOL: Final = "openai-insecure-api-key."
"""Subprotocol in which a browser, which cannot set headers, brings its key."""
MOST_VERIFIED: Final = 4096
GUESSES: Final = Rate(20, 60)
"""Hashes a second for keys not yet seen: some 40 ms of one core each."""


@dataclass(frozen=True, slots=True)
class Identity:
    """owner: id of the API key, "" on an open server. session: the setting that a client secret is bound to.

    temporary: it came with a client secret, and may do no more than hold the conversation that this was made for.
    """

    owner: str = ""
    name: str = ""
    session: dict[str, Any] | None = None
    temporary: bool = False


class Denied(Exception):
    """The request is refused. status: of HTTP. code: as OpenAI has it."""

    def __init__(self, text: str, status: int = 401, code: str = "invalid_api_key") -> None:
        super().__init__(text)
        self.status = status
        self.code = code


def credential(headers: Mapping[str, str], query: Mapping[str, str], subprotocols: Iterable[str] = ()) -> str | None:
    """The key that a request brings: Authorization: Bearer, x-goog-api-key, api-key, a subprotocol, or ?key=."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() in ("bearer", "token") and token.strip():
        return token.strip()
    for name in ("x-goog-api-key", "api-key"):
        if headers.get(name):
            return headers[name].strip()
    for subprotocol in subprotocols:
        if subprotocol.startswith(KEY_PROTOCOL):
            return subprotocol[len(KEY_PROTOCOL) :]
    return query.get("key") or query.get("access_token") or None


class Authenticator:
    """Tells who a request comes from. path None: the server is open, and everybody is the same nobody.

    The file of keys is read anew when it has changed: a key removed is not valid from then on.
    now: seconds of any steady clock.
    """

    def __init__(self, path: Path | None, client_secrets: ClientSecrets, now: Callable[[], float]) -> None:
        self._path = path
        self._secrets = client_secrets
        self._now = now
        self._keys: dict[str, StoredKey] = {}
        self._stamp: tuple[int, int, int] | None = None
        self._verified: OrderedDict[bytes, str] = OrderedDict()
        self._salt = secrets.token_bytes(32)
        self._guesses = TokenBucket(GUESSES, now())
        self._hashing = asyncio.Semaphore(2)
        self.elsewhere: Callable[[str], Awaitable[ClientSecret | None]] | None = None
        """Finds a client secret that another process of this server made."""
        if path is not None:
            self._read(path)

    @property
    def open(self) -> bool:
        """No key is asked for."""
        return self._path is None

    async def identify(self, key: str | None) -> Identity:
        """Who brings this key. Raises Denied."""
        if key is not None and key.startswith(PREFIX):
            return await self._temporary(key)
        if self._path is None:
            return Identity()
        if not key:
            raise Denied(
                "no API key: send one as Authorization: Bearer, as x-goog-api-key, as ?key= or as the WebSocket "
                "subprotocol openai-insecure-api-key.<key>"
            )
        stored = self._stored(key)
        digest = blake2b(key.encode(), key=self._salt).digest()
        if self._verified.get(digest) == stored.id:
            self._verified.move_to_end(digest)
            return Identity(stored.id, stored.name)
        if not self._guesses.allows(1, self._now()):
            raise Denied("too many keys are being tried; wait a second", 429, "rate_limit_exceeded")
        async with self._hashing:
            right = await asyncio.to_thread(stored.matches, key)
        if not right:
            raise Denied("this API key is not valid here")
        if self._keys.get(stored.id) == stored:  # it may have been removed meanwhile
            self._verified[digest] = stored.id
            if len(self._verified) > MOST_VERIFIED:
                self._verified.popitem(last=False)
        return Identity(stored.id, stored.name)

    async def _temporary(self, key: str) -> Identity:
        secret = self._secrets.find(key)
        if secret is None and self.elsewhere is not None:
            secret = await self.elsewhere(key)
        if secret is None:
            raise Denied("this client secret is not valid, or has expired")
        if self._path is not None:
            self._refresh(self._path)
            if secret.owner not in self._keys:
                raise Denied("the API key that made this client secret is not valid any more")
        return Identity(secret.owner, secret.name, secret.session, temporary=True)

    def _stored(self, key: str) -> StoredKey:
        assert self._path is not None
        self._refresh(self._path)
        found = id_of(key)
        stored = self._keys.get(found) if found is not None else None
        if stored is None:
            raise Denied("this API key is not valid here")
        return stored

    def _refresh(self, path: Path) -> None:
        try:
            if self._stamp_of(path) != self._stamp:
                self._read(path)
        except (OSError, ValueError) as error:
            raise Denied("the server's file of keys cannot be read", 503, "server_error") from error

    def _read(self, path: Path) -> None:
        stamp = self._stamp_of(path)
        self._keys = {key.id: key for key in read_keys(path)}
        self._stamp = stamp
        self._verified.clear()

    @staticmethod
    def _stamp_of(path: Path) -> tuple[int, int, int]:
        state = path.stat()
        return state.st_mtime_ns, state.st_ino, state.st_size
