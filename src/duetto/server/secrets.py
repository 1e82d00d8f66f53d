"""Client secrets: short-lived keys (`ek_...`) that a page may hold, bound to the setting of a session."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

PREFIX: Final = "ek_"
LEAST_S: Final = 10
MOST_S: Final = 7200
DEFAULT_S: Final = 600
MOST_SECRETS: Final = 10_000
MOST_SETTING: Final = 256 * 1024
"""Bytes of the setting that one secret may be bound to."""
MOST_HELD: Final = 64 * 1024 * 1024
"""Bytes of all settings together; the oldest secrets give way."""


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """owner, name: of the API key that made it. session: what a session is set to with it. expires: Unix time, s."""

    owner: str
    name: str
    session: dict[str, Any]
    expires: float
    size: int = 0


class ClientSecrets:
    """Those in force, by their hash, in memory only. The oldest gives way when there are too many.

    now: Unix time, s. mark: letters at the start of each, by which the process that holds it is found.
    """

    def __init__(self, now: Callable[[], float], mark: str = "") -> None:
        self._now = now
        self._mark = mark
        self._held: OrderedDict[bytes, ClientSecret] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._held)

    def make(self, owner: str, name: str, session: dict[str, Any], seconds: int, size: int) -> tuple[str, ClientSecret]:
        """A new secret, and what it stands for. size: bytes of the setting as JSON. Raises ValueError."""
        if not LEAST_S <= seconds <= MOST_S:
            raise ValueError(f"expires_after.seconds: {LEAST_S} to {MOST_S} s (got {seconds})")
        if size > MOST_SETTING:
            raise ValueError(f"session: at most {MOST_SETTING // 1024} KiB (got {size // 1024} KiB)")
        self._sweep()
        text = f"{PREFIX}{self._mark}{secrets.token_urlsafe(24)}"
        secret = ClientSecret(owner, name, session, self._now() + seconds, size)
        self._held[_digest(text)] = secret
        self._bytes += size
        while len(self._held) > MOST_SECRETS or self._bytes > MOST_HELD:
            self._bytes -= self._held.popitem(last=False)[1].size
        return text, secret

    def find(self, text: str) -> ClientSecret | None:
        """What a secret stands for; None when it is none, or not in force any more."""
        if not text.startswith(PREFIX) or len(text) > 200:
            return None
        digest = _digest(text)
        secret = self._held.get(digest)
        if secret is not None and self._now() >= secret.expires:
            self._drop(digest)
            return None
        return secret

    def _drop(self, digest: bytes) -> None:
        self._bytes -= self._held.pop(digest).size

    def _sweep(self) -> None:
        now = self._now()
        for digest in [digest for digest, secret in self._held.items() if now >= secret.expires]:
            self._drop(digest)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
