"""API keys, as they lie in a file: only their salted scrypt hashes, never the keys."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pybase64

PREFIX: Final = "dk"
N: Final = 2**14
R: Final = 8
P: Final = 1
MEMORY: Final = 64 * 1024 * 1024
"""Bytes that one hash may use; N, R and P need 16 MiB."""
MOST_KEYS: Final = 10_000
MOST_NAME: Final = 100
"""Characters of a key's name."""


class StoredKey(msgspec.Struct, frozen=True):
    """What is kept of one key. id: the open part, by which it is found. made: Unix time, s. salt, hash: base64."""

    id: str
    name: str
    made: int
    salt: str
    hash: str
    n: int = N
    r: int = R
    p: int = P

    def matches(self, key: str) -> bool:
        """This is the key; it takes some 40 ms, and a constant time to compare."""
        salt = pybase64.b64decode(self.salt)
        return hmac.compare_digest(_hash(key, salt, self.n, self.r, self.p), pybase64.b64decode(self.hash))


class _File(msgspec.Struct, frozen=True):
    keys: tuple[StoredKey, ...] = ()


def id_of(key: str) -> str | None:
    """The open part of a key, None where it cannot be one: dk-<id>-<secret>."""
    if len(key) > 200 or not key.isascii():
        return None
    prefix, _, rest = key.partition("-")
    found, _, secret = rest.partition("-")
    return found if prefix == PREFIX and found and secret else None


def read_keys(path: Path) -> tuple[StoredKey, ...]:
    """The keys in a file. Raises OSError, and ValueError that names the file where it is no file of keys."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=_File).keys
    except msgspec.DecodeError as error:
        raise ValueError(f"{path}: this is no file of API keys: {error}") from None


def add_key(path: Path, name: str, made: int) -> str:
    """Make a key and keep its hash in the file, which is made if need be. Returns the key: it is shown this once.

    made: Unix time, s. Raises ValueError, OSError.
    """
    if not name.strip() or len(name) > MOST_NAME or not name.isprintable():
        raise ValueError(f"name: 1 to {MOST_NAME} printable characters are needed")
    with _changing(path) as keys:
        if any(key.name == name for key in keys):
            raise ValueError(f"name: there is a key named {name!r} already")
        if len(keys) >= MOST_KEYS:
            raise ValueError(f"{path}: it holds {MOST_KEYS} keys, as many as it may")
        found = secrets.token_hex(6)
        key = f"{PREFIX}-{found}-{secrets.token_urlsafe(32)}"
        salt = secrets.token_bytes(16)
        digest = _hash(key, salt, N, R, P)
        keys.append(StoredKey(found, name, made, _text(salt), _text(digest)))
    return key


def remove_key(path: Path, name: str) -> None:
    """Remove the key of that name. Raises ValueError where there is none, OSError."""
    with _changing(path) as keys:
        kept = [key for key in keys if key.name != name]
        if len(kept) == len(keys):
            raise ValueError(f"name: there is no key named {name!r} in {path}")
        keys[:] = kept


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[list[StoredKey]]:
    """Within: the file's keys, to be changed by nobody else; afterwards they are written, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path.with_name(path.name + ".lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        keys = list(read_keys(path)) if path.exists() else []
        yield keys
        write_private(path, msgspec.json.format(msgspec.json.encode(_File(tuple(keys)))))
    finally:
        os.close(lock)


def write_private(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write a file whole or not at all, with these rights from its first moment on."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _hash(key: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(key.encode(), salt=salt, n=n, r=r, p=p, maxmem=MEMORY, dklen=32)


def _text(data: bytes) -> str:
    return pybase64.b64encode(data).decode()
