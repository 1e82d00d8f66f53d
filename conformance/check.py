"""Every event that the server sent, against the types that the `openai` package has for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from openai.types.live.server_event import ServerEvent
from openai.types.realtime.realtime_server_event import RealtimeServerEvent
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel, ValidationError

Protocol = Literal["realtime", "live", "gemini"]
MOST_SHOWN = 8
CROSSED = {"response_cancel_not_active"}
"""Codes of errors that are in order: what the client asked for crossed what had happened already."""


def _by_type(union: Any) -> dict[str, type[BaseModel]]:
    while get_origin(union) is Annotated:
        union = get_args(union)[0]
    return {name: one for one in get_args(union) for name in get_args(one.model_fields["type"].annotation)}


KNOWN = {"realtime": _by_type(RealtimeServerEvent), "live": _by_type(ServerEvent)}
NESTED = _by_type(ResponseStreamEvent)


@dataclass
class Checked:
    """counts: events by type. problems: those that are not valid, the first few."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def check(protocol: Protocol, messages: Iterable[bytes]) -> Checked:
    """What is wrong with these events. errors: `error` events among them, which are valid but unwanted."""
    found = Checked()
    for message in messages:
        event = msgspec.json.decode(message)
        kind = event.get("type", "")
        found.counts[kind] += 1
        if kind == "error" and event["error"].get("code") not in CROSSED:
            found.errors.append(event["error"]["message"])
        try:
            _valid(KNOWN[protocol], kind, message)
            if protocol == "live" and kind == "response.event":
                nested = event["event"]
                _valid(NESTED, nested["type"], msgspec.json.encode(nested))
        except (ValidationError, KeyError) as error:
            if len(found.problems) < MOST_SHOWN:
                found.problems.append(f"{kind}: {error}")
    return found


def _valid(known: dict[str, type[BaseModel]], kind: str, message: bytes) -> None:
    """Raises KeyError for a type that the package has not, ValidationError."""
    known[kind].model_validate_json(message, strict=True)
