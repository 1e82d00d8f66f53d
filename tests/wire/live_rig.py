"""A client of the GPT-Live wire without a socket. Every event that comes is checked by the openai package's types."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

import numpy as np
from openai.types.live.server_event import ServerEvent
from openai.types.responses import ResponseStreamEvent
from pydantic import BaseModel

from duetto.models.model import MicroTurn, Output, Timing
from duetto.testing.seat import FakeHost, FakeSeat
from duetto.timeline.clock import ms
from duetto.timeline.increment import Increment, Span
from duetto.timeline.payload import Payload, Word
from duetto.timeline.turn import DELTA, MIC_RATE, VOICE_RATE, Turn, samples_before
from duetto.wire.gpt_live import Attached, LiveSetup, LiveWire
from duetto.wire.happening import Happening

MODEL = "gpt-live-1.1"
SETUP = LiveSetup(epoch_s=1_767_261_600.0)


def _by_type(union: Any) -> dict[str, type[BaseModel]]:
    found: dict[str, type[BaseModel]] = {}
    for one in get_args(get_args(union)[0]):
        for name in get_args(one.model_fields["type"].annotation):
            found[name] = one
    return found


SERVER = _by_type(ServerEvent)
NESTED = _by_type(ResponseStreamEvent)


def checked(text: str) -> dict[str, Any]:
    """An event of the server's, valid by the openai package, or the test fails."""
    event: dict[str, Any] = json.loads(text)
    SERVER[event["type"]].model_validate_json(text, strict=True)
    if event["type"] == "response.event":
        nested = event["event"]
        NESTED[nested["type"]].model_validate_json(json.dumps(nested), strict=True)
    if event["type"] not in ("session.output_audio.delta", "session.input_audio.append"):
        assert event["event_id"]
    return event


class Ear:
    """What one connection is sent."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def __call__(self, text: str) -> None:
        self.events.append(checked(text))

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] in kinds]

    def types(self) -> list[str]:
        return [event["type"] for event in self.events if event["type"] != "session.output_audio.delta"]

    def take(self) -> list[dict[str, Any]]:
        taken, self.events = self.events, []
        return taken

    def error(self) -> dict[str, Any]:
        """The one event that came is an error."""
        (event,) = self.take()
        assert event["type"] == "error", event
        error: dict[str, Any] = event["error"]
        return error

    def nested(self) -> list[dict[str, Any]]:
        return [event["event"] for event in self.of("response.event")]

    def said(self, who: str) -> str:
        return "".join(event["delta"] for event in self.of(f"session.{who}_transcript.delta"))


class Rig(Ear):
    """A wire, its host and its time."""

    def __init__(self, setup: LiveSetup = SETUP, host: FakeHost | None = None, **media: Any) -> None:
        super().__init__()
        self.host = host or FakeHost()
        self.finished = 0
        self.now = 0
        self.index = 0
        self.ids = 0
        kept: dict[str, Callable[..., None]] = {"finished": self._finish}
        if media:
            self.wire = LiveWire.media(self.host, setup, media["session"], self, **kept)
        else:
            self.wire = LiveWire(self.host, setup, self, **kept)

    def _finish(self) -> None:
        self.finished += 1

    @property
    def seat(self) -> FakeSeat:
        return self.host.seats[-1]

    def send(self, type: str, **fields: Any) -> None:
        self.wire.receive(json.dumps({"type": type, **fields}))

    def start(self, **session: Any) -> dict[str, Any]:
        """Begin, and forget what came."""
        self.send("session.start", session={"model": MODEL, **session})
        (event,) = self.take()
        assert event["type"] == "session.started", event
        resource: dict[str, Any] = event["session"]
        return resource

    def attach(self) -> tuple[Attached, Ear]:
        ear = Ear()
        return self.wire.attach(ear), ear

    def audio(self, samples: np.ndarray[Any, Any]) -> None:
        self.send("session.input_audio.append", audio=base64.b64encode(samples.tobytes()).decode())

    def step(
        self,
        *happenings: Happening,
        voice: int = 0,
        edits: Iterable[Increment] = (),
        mic: int = 0,
    ) -> None:
        """One micro-turn. voice, mic: the value of all its samples."""
        span = Span(self.now, self.now + DELTA)
        self.now = span.end
        self.seat.now = span.end
        self.wire.happen(happenings, micro_turn(self.index, span, voice, mic, tuple(edits)))
        self.index += 1

    def wait(self, milliseconds: int) -> None:
        for _ in range(ms(milliseconds) // DELTA):
            self.step()

    def word(self, text: str, start: int, end: int, *, turn: int = 1, status: str = "added", id: int = 0) -> Increment:
        """A recognised word, with its times in ms."""
        self.ids += 1
        return increment(id or self.ids, "mic", ms(start), ms(end), Word(text, 1.0, turn), status)


def increment(id: int, stream: Any, start: int, end: int, payload: Payload, status: Any) -> Increment:
    return Increment(id, stream, Span(start, end), payload, status, end, "test")


def micro_turn(index: int, span: Span, voice: int, mic: int, edits: Sequence[Increment]) -> MicroTurn:
    def constant(value: int, rate: int) -> bytes:
        count = samples_before(span.end, rate) - samples_before(span.start, rate)
        return np.full(count, value, dtype="<i2").tobytes()

    turn = Turn(index, 0, span, constant(mic, MIC_RATE))
    output = Output(span.end, tuple(edits))
    return MicroTurn(index, span, (turn,), (output,), constant(voice, VOICE_RATE), Timing(0, 0, 0, {}, {}))


def sound(event: dict[str, Any]) -> np.ndarray[Any, Any]:
    """Samples of a sound event in PCM."""
    return np.frombuffer(base64.b64decode(event.get("delta") or event["audio"]), dtype="<i2")
