"""Recordings of sessions that asked to be recorded: to be listed, fetched and deleted by the key that made them.

The folder holds one folder for each session, by its id: what the engine writes there, and whose it is.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from duetto.server.keys import write_private

OWNER: Final = "owner.json"
JOURNAL: Final = "session.mcap"
SOUND: Final = "session.wav"
FILES: Final = {JOURNAL: "application/octet-stream", SOUND: "audio/wav"}
MOST_LISTED: Final = 1000
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)


class _Owner(msgspec.Struct, frozen=True):
    owner: str


class Recordings:
    """The recordings in a folder. Nothing outside it can be named: an id has letters and digits only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def claim(self, session: str, owner: str) -> None:
        """From now on the recording of this session is the owner's."""
        place = self._folder / _checked(session)
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(place / OWNER, msgspec.json.encode(_Owner(owner)))

    def store(self, session: str, owner: str, name: str, content: bytes) -> None:
        """Keep one file of a recording. Raises OSError."""
        self.claim(session, owner)
        write_private(self._folder / _checked(session) / name, content)

    def all(self, owner: str) -> list[dict[str, Any]]:
        """Those of this owner, the newest first."""
        found = sorted(self._mine(owner), key=lambda place: place.stat().st_mtime, reverse=True)
        return [self._about(place) for place in found[:MOST_LISTED]]

    def get(self, session: str, owner: str) -> dict[str, Any] | None:
        """What there is of one, None where this owner has none of that id."""
        place = self._place(session, owner)
        return self._about(place) if place is not None else None

    def file(self, session: str, name: str, owner: str) -> Path | None:
        """One file of a recording."""
        place = self._place(session, owner)
        if place is None or name not in FILES:
            return None
        path = place / name
        return path if path.is_file() else None

    def delete(self, session: str, owner: str) -> bool:
        """Delete it, with all that belongs to it. False where there is none."""
        place = self._place(session, owner)
        if place is None:
            return False
        shutil.rmtree(place)
        return True

    def _place(self, session: str, owner: str) -> Path | None:
        if not _ID.fullmatch(session):
            return None
        place = self._folder / session
        return place if _owner_of(place) == owner else None

    def _mine(self, owner: str) -> Iterator[Path]:
        if self._folder.is_dir():
            for place in self._folder.iterdir():
                if _owner_of(place) == owner:
                    yield place

    def _about(self, place: Path) -> dict[str, Any]:
        files = [
            {"name": path.name, "bytes": path.stat().st_size, "type": FILES[path.name]}
            for path in sorted(place.iterdir())
            if path.name in FILES
        ]
        return {"object": "recording", "id": place.name, "created": int(place.stat().st_mtime), "files": files}


def _owner_of(place: Path) -> str | None:
    try:
        return msgspec.json.decode((place / OWNER).read_bytes(), type=_Owner).owner
    except (OSError, msgspec.DecodeError):
        return None


def _checked(session: str) -> str:
    if not _ID.fullmatch(session):
        raise ValueError(f"session: an id has letters and digits (got {session[:100]!r})")
    return session
