"""A client of the OpenAI Realtime wire without a socket. Every event that comes is checked by the openai package's
types, and the order of all of them by `Order`."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, get_args

import numpy as np
from openai.types.realtime.realtime_server_event import RealtimeServerEvent
from pydantic import BaseModel

from duetto.models.model import MicroTurn, Output, Timing
from duetto.testing.seat import FakeHost, FakeSeat
from duetto.timeline.clock import ms
from duetto.timeline.command import Command
from duetto.timeline.increment import Span
from duetto.timeline.turn import DELTA, Turn
from duetto.wire.happening import Happening, ReplySound
from duetto.wire.openai_realtime import RealtimeWire, Setup
from duetto.wire.openai_realtime import config as c


def _by_type() -> dict[str, type[BaseModel]]:
    union = get_args(RealtimeServerEvent)[0] if hasattr(RealtimeServerEvent, "__metadata__") else RealtimeServerEvent
    return {name: one for one in get_args(union) for name in get_args(one.model_fields["type"].annotation)}


SERVER = _by_type()


def checked(event: bytes) -> dict[str, Any]:
    """An event of the server's, valid by the openai package, or the test fails."""
    found: dict[str, Any] = json.loads(event)
    SERVER[found["type"]].model_validate_json(event, strict=True)
    return found


class Order:
    """The protocol's order of events, whatever the client does. Raises AssertionError."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.first = True
        self.items: set[str] = set()
        self.speech: str | None = None
        self.responses: dict[str, dict[str, Any]] = {}
        self.done: set[str] = set()
        self.playing: str | None = None

    def see(self, event: dict[str, Any]) -> None:
        kind = event["type"]
        assert event["event_id"] not in self.names
        self.names.add(event["event_id"])
        assert self.first == (kind == "session.created")
        self.first = False
        name = kind.replace(".", "_")
        check = getattr(self, f"see_{name}", None)
        if check is not None:
            check(event)
        elif kind.startswith("response."):
            self.part(event)

    def see_input_audio_buffer_speech_started(self, event: dict[str, Any]) -> None:
        self.speech = event["item_id"]

    def see_conversation_item_added(self, event: dict[str, Any]) -> None:
        assert event["previous_item_id"] is None or event["previous_item_id"] in self.items
        self.items.add(event["item"]["id"])

    def see_conversation_item_done(self, event: dict[str, Any]) -> None:
        assert event["item"]["id"] in self.items
        assert event["item"]["status"] != "in_progress"

    def see_conversation_item_deleted(self, event: dict[str, Any]) -> None:
        assert event["item_id"] in self.items

    see_conversation_item_truncated = see_conversation_item_deleted

    def see_response_created(self, event: dict[str, Any]) -> None:
        response = event["response"]
        assert response["status"] == "in_progress" and response["output"] == []
        assert response["id"] not in self.responses and response["id"] not in self.done
        if response["conversation_id"] is not None:
            assert all(one["conversation"] is None for one in self.responses.values()), "one at a time"
        self.responses[response["id"]] = {"conversation": response["conversation_id"], "items": [], "open": {}}

    def see_response_output_item_added(self, event: dict[str, Any]) -> None:
        response = self.responses[event["response_id"]]
        assert event["output_index"] == len(response["items"])
        response["items"].append(event["item"]["id"])
        response["open"][event["item"]["id"]] = set()

    def see_response_output_item_done(self, event: dict[str, Any]) -> None:
        response = self.responses[event["response_id"]]
        told = response["open"].pop(event["item"]["id"])
        if event["item"]["type"] == "function_call":
            wanted = {"response.function_call_arguments.delta", "response.function_call_arguments.done"}
        else:
            wanted = {"response.content_part.added", "response.content_part.done"}
        assert wanted <= told
        assert event["item"]["status"] in ("completed", "incomplete")

    def part(self, event: dict[str, Any]) -> None:
        response = self.responses[event["response_id"]]
        assert event["item_id"] == response["items"][event["output_index"]]
        told = response["open"][event["item_id"]]
        if event["type"].startswith("response.output_"):
            assert "response.content_part.added" in told and "response.content_part.done" not in told
            stem, _, end = event["type"].rpartition(".")
            assert f"{stem}.done" not in told, "nothing comes after the end"
            assert end in ("delta", "done")
        told.add(event["type"])

    def see_response_done(self, event: dict[str, Any]) -> None:
        response = self.responses.pop(event["response"]["id"])
        assert response["open"] == {}
        assert [item["id"] for item in event["response"]["output"]] == response["items"]
        assert event["response"]["status"] != "in_progress" and event["response"]["usage"]
        self.done.add(event["response"]["id"])

    def see_output_audio_buffer_started(self, event: dict[str, Any]) -> None:
        assert self.playing is None
        self.playing = event["response_id"]

    def see_output_audio_buffer_stopped(self, event: dict[str, Any]) -> None:
        assert self.playing == event["response_id"]
        self.playing = None

    see_output_audio_buffer_cleared = see_output_audio_buffer_stopped


def sound(reply: int, at_ms: float, length_ms: float = 40) -> ReplySound:
    count = round(length_ms * 24)
    return ReplySound(reply, ms(at_ms), (np.arange(count) % 200).astype("<i2").tobytes())


def base64_of(samples: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(samples.astype("<i2").tobytes()).decode()


class Rig:
    """A wire, its host and its time."""

    def __init__(self, session: dict[str, Any] | None = None, host: FakeHost | None = None, **setup: Any) -> None:
        self.host = host or FakeHost()
        self.order = Order()
        self.events: list[dict[str, Any]] = []
        self.now = 0
        self.index = 0
        extension = setup.pop("extension", None)
        config = None if session is None else c.read(session)
        self.wire = RealtimeWire(
            self.host,
            Setup(session=config, **setup),
            self._sent,
            extension=extension,
        )

    def _sent(self, event: bytes) -> None:
        found = checked(event)
        self.order.see(found)
        self.events.append(found)

    @property
    def seat(self) -> FakeSeat:
        return self.host.seats[-1]

    def send(self, type: str, **fields: Any) -> None:
        self.wire.receive(json.dumps({"type": type, **fields}))

    def take(self) -> list[dict[str, Any]]:
        taken, self.events = self.events, []
        return taken

    def types(self) -> list[str]:
        return [event["type"] for event in self.take()]

    def error(self) -> dict[str, Any]:
        """The one event that came is an error."""
        (event,) = self.take()
        assert event["type"] == "error", event
        found: dict[str, Any] = event["error"]
        return found

    def of(self, type: str) -> dict[str, Any]:
        """The one event of a type."""
        (event,) = [event for event in self.events if event["type"] == type]
        return event

    def commands(self) -> list[Command]:
        taken, self.seat.commands = self.seat.commands, []
        return taken

    def step(self, *happenings: Happening, taken: Sequence[Command] = (), by: int = DELTA) -> None:
        """One micro-turn. taken: the commands that count in it."""
        span = Span(self.now, self.now + by)
        self.now = self.seat.now = span.end
        turn = Turn(self.index, 0, span, commands=tuple(taken))
        timing = Timing(0, 0, 0, {}, {})
        self.wire.happen(happenings, MicroTurn(self.index, span, (turn,), (Output(span.end),), b"", timing))
        self.index += 1

    def wait(self, milliseconds: float) -> None:
        """Micro-turns in which nothing happens."""
        end = self.now + ms(milliseconds)
        while self.now < end:
            self.step()

    def append(self, milliseconds: float = 200) -> None:
        """Sound, PCM at 24 kHz."""
        self.send("input_audio_buffer.append", audio=base64_of(np.zeros(round(24 * milliseconds))))

    def update(self, **session: Any) -> dict[str, Any]:
        """Change the setting, and what it is then."""
        self.send("session.update", session={"type": "realtime", **session})
        (event,) = self.take()
        assert event["type"] == "session.updated", event
        found: dict[str, Any] = event["session"]
        return found
