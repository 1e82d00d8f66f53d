"""What is wrong with a client's message. Gemini Live has no error message: it closes, with a code and a reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from duetto.wire.seat import Refused

INVALID: Final = 1007
"""Close code (RFC 6455) for a message that makes no sense, as Gemini itself uses it."""
POLICY: Final = 1008
"""Close code for what is well said, and not allowed: an unknown handle, a flood of sound."""
ENDED: Final = 1011
"""Close code for a conversation that the server has ended."""
LATER: Final = 1013
"""Close code for a server without room now."""
LEAVING: Final = 1001
"""Close code for a server that goes down, and for a conversation that has gone to another connection."""
MOST_REASON: Final = 123
"""Bytes of UTF-8 that a close frame has room for (RFC 6455, 5.5)."""

_REFUSED: Final = {"full": LATER, "setting": INVALID, "flood": POLICY, "over": ENDED}


class Malformed(ValueError):
    """A message that cannot be taken. field: its path ("realtimeInput.audio.data"). str(): the reason."""

    def __init__(self, field: str, text: str, code: int = INVALID) -> None:
        super().__init__(f"{field}: {text}" if field else text)
        self.field = field
        self.code = code


def refused(error: Refused, field: str = "") -> Malformed:
    """A refusal of the engine as a close code and a reason. field: the client's name for it, "" for the engine's."""
    return Malformed(field or error.field, str(error), _REFUSED[error.kind])


@contextmanager
def naming(field: str) -> Iterator[None]:
    """What the conversation refuses here is this field's fault."""
    try:
        yield
    except Refused as error:
        raise refused(error, field) from None
    except ValueError as error:
        raise Malformed(field, str(error)) from None


def reason(text: str) -> str:
    """As much of a text as a close frame has room for, on one line."""
    line = "".join(char if char.isprintable() else " " for char in text)
    raw = line.encode("utf-8", "replace")
    if len(raw) <= MOST_REASON:
        return raw.decode("utf-8")
    return raw[: MOST_REASON - 3].decode("utf-8", "ignore") + "…"
