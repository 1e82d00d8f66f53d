"""What a server decides about the sessions of this protocol."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from duetto.wire.gpt_live.trouble import ErrorType, Wrong
from duetto.wire.seat import Refused


@dataclass(frozen=True, slots=True)
class LiveSetup:
    """How sessions are served.

    epoch_s: Unix time (s) at which the connection was made: media time 0, near enough. voice: name that is shown where
    the client asks for none. lifetime_s: after which a session expires. usage_s: between two reports of what was used.
    record_s: seconds of a session that are kept where its client says `store`; 0: that is refused.
    delegates: the brain is offered to hand tasks to the application, where that is who does the work.
    commentary "say": its words are spoken as they are; "answer": the brain is asked to tell them now, in its own words.
    The second is what clients expect that send instructions by it; it needs a brain that can follow them.
    most_message: characters of a client's message.
    """

    epoch_s: float = 0.0
    voice: str = "marin"
    lifetime_s: int = 3_600
    usage_s: int = 15
    record_s: int = 0
    delegates: bool = True
    commentary: Literal["say", "answer"] = "say"
    most_message: int = 4_194_304


def refused(error: Refused) -> Wrong:
    """Why a conversation cannot be had, or cannot take something, in this protocol's words."""
    codes: dict[str, tuple[str, ErrorType]] = {
        "full": ("server_overloaded", "server_error"),
        "setting": ("unsupported_value", "invalid_request_error"),
        "flood": ("rate_limit_exceeded", "rate_limit_error"),
        "over": ("session_closed", "invalid_request_error"),
    }
    code, type = codes[error.kind]
    return Wrong(code, str(error), error.field, type)
