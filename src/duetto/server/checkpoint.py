"""What is kept of a conversation so that another process can go on with it when its own has died: one small file.

Only for clients that opted in to coming back. In the state folder, which all processes of a server share, for its user
only; gone when the conversation has ended, or its client has not come back in time. What cannot be taken up: LOST.
"""

from __future__ import annotations

import contextlib
import hmac
import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from duetto.timeline.clock import s
from duetto.timeline.command import Remember
from duetto.timeline.job import Remark
from duetto.wire.journal import NotResumed

LOST: Final = ("latest", "reply", "calls", "items", "pictures", "memory")
"""What a client is told is gone: what was said or sent in the last moments; the rest of a reply that was being said;
calls whose outcome was owed; the protocol's items of before, by their ids; pictures; and what the embedded brain keeps
beside the conversation: lists, standing orders, timers, a sum's result."""
MOST: Final = 512 * 1024
"""Bytes of a file: of a longer conversation the oldest remarks are left out."""
FOLDER: Final = "conversations"
_SUFFIX: Final = ".json"


class Said(msgspec.Struct, frozen=True, array_like=True):
    """A remark. ago: ns before the checkpoint at which it was said."""

    who: Literal["user", "duetto", "system"]
    text: str
    ago: int
    how: Literal["spoken", "typed"] = "spoken"


class Checkpoint(msgspec.Struct, frozen=True):
    """A conversation as it stood at `unix` (Unix time, s).

    owner: whose it is. tokens: hashes of those by which its client may come back. session: the setting in force, as the
    protocol has it. delta, horizon: ns, None for the server's own. increments: the client is told of them. seq: of the
    event sent last. received: how many messages had come from the client.
    """

    session_id: str
    owner: str
    tokens: tuple[str, ...]
    unix: float
    model: str
    session: dict[str, Any]
    delta: int | None
    horizon: int | None
    increments: bool
    seq: int
    received: int
    said: tuple[Said, ...]

    def remember(self, now: float) -> tuple[Remember, ...]:
        """What was said, as a new conversation is told it at `now` (Unix time, s)."""
        since = max(0, s(now - self.unix))
        return tuple(
            Remember(f"before:{number}", one.who, one.text, ago=one.ago + since, how=one.how)
            for number, one in enumerate(self.said)
        )


def said(remarks: Iterable[Remark], now: int) -> tuple[Said, ...]:
    """Remarks of a conversation at media time `now` (ns)."""
    return tuple(Said(one.who, one.text, max(0, now - one.at), one.how) for one in remarks if one.text)


def hashed(token: str) -> str:
    """A token is a long random text: no salt, no slow hash is needed."""
    return sha256(token.encode()).hexdigest()


class Checkpoints:
    """The folder. keep_s: seconds for which one is good after its conversation's process has died. unix: Unix time, s.

    Names of files are hashes of ids: what a client names is no path.
    """

    def __init__(self, folder: Path, keep_s: float, unix: Callable[[], float]) -> None:
        self._folder = folder
        self._keep = keep_s
        self._unix = unix

    def write(self, checkpoint: Checkpoint) -> None:
        """Keep it in the place of an older one, whole or not at all. Raises OSError."""
        data = msgspec.json.encode(checkpoint)
        while len(data) > MOST and checkpoint.said:
            half = checkpoint.said[len(checkpoint.said) // 2 + 1 :]
            checkpoint = msgspec.structs.replace(checkpoint, said=half)
            data = msgspec.json.encode(checkpoint)
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(checkpoint.session_id)
        new = path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        self._stamp(new)
        new.replace(path)

    def touch(self, session_id: str) -> None:
        """Its conversation goes on, and nothing has changed in it."""
        with contextlib.suppress(OSError):
            self._stamp(self._path(session_id))

    def take(self, session_id: str, token: str, owner: str) -> Checkpoint:
        """The conversation, for one who may go on with it; nobody else is given it from now on. Raises NotResumed."""
        path = self._path(session_id)
        nothing = NotResumed("session_id: there is no such conversation, or its time is up", "session_id")
        try:
            age = self._unix() - path.stat().st_mtime
            found = msgspec.json.decode(path.read_bytes(), type=Checkpoint)
        except (OSError, msgspec.DecodeError):
            raise nothing from None
        if age > self._keep:
            self.drop(session_id)
            raise nothing
        if found.owner != owner or found.session_id != session_id:
            raise nothing
        if not any(hmac.compare_digest(hashed(token), one) for one in found.tokens):
            raise NotResumed("the token is not this conversation's, or was used up", "token")
        try:
            path.unlink()  # of several who try at once, one can
        except FileNotFoundError:
            raise nothing from None
        return found

    def drop(self, session_id: str) -> None:
        """It has ended. Again is harmless."""
        path = self._path(session_id)
        for one in (path, path.with_suffix(".new")):
            with contextlib.suppress(OSError):
                one.unlink()

    def sweep(self) -> None:
        """Throw away those whose time is up: their processes have died, and no client came."""
        with contextlib.suppress(OSError):
            for path in list(self._folder.iterdir()):
                with contextlib.suppress(OSError):
                    if self._unix() - path.stat().st_mtime > self._keep:
                        path.unlink()

    def _stamp(self, path: Path) -> None:
        now = self._unix()
        os.utime(path, (now, now))

    def _path(self, session_id: str) -> Path:
        return self._folder / (hashed(session_id)[:40] + _SUFFIX)
