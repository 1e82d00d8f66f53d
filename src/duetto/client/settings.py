"""How a client converses, and how that can fail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


class ClientError(Exception):
    """No conversation could be begun. str(): one sentence that says why."""


class ConversationOver(ClientError):
    """It has ended: nothing can be said in it any more."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """How a client converses."""

    model: str = "duetto"
    """What the server's URL is asked for, where it names no model itself."""
    instructions: str | None = None
    """Who duetto is to be; None for the server's own."""
    voice: str | None = None
    """Name of the voice; None for the server's own."""
    increments: bool = True
    """Be told what is perceived, planned and heard in every micro-turn. Without it there are no partial words."""
    delta_ms: float | None = None
    """Length of a micro-turn, 20 to 1000 ms; None for the server's own."""
    horizon_ms: float | None = None
    """Speech made ahead of the moment it is heard, ms; None for the server's own."""
    session: dict[str, Any] | None = None
    """Anything else for `session.update`, as the OpenAI Realtime protocol has it."""
    open_s: float = 10.0
    """Seconds that connecting may take."""
    retry_s: float = 0.1
    """Seconds before a dropped connection is tried again; twice as many each time, up to 2 s."""
    events: int = 4_096
    """Events that may wait to be read; beyond it the oldest sound and increments go."""


def realtime_url(url: str, model: str) -> str:
    """The address of the Realtime wire: path and model are filled in where they are missing. Raises ValueError.

    `duetto=1` tells the server that a message of the extension comes first: it need not greet before it has read that.
    """
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
    if scheme not in ("ws", "wss") or not parts.netloc:
        raise ValueError(f"url: as in ws://127.0.0.1:8000 (got {url!r})")
    path = parts.path if parts.path not in ("", "/") else "/v1/realtime"
    query = dict(parse_qsl(parts.query))
    query.setdefault("model", model)
    query["duetto"] = "1"
    return urlunsplit((scheme, parts.netloc, path, urlencode(query), ""))
