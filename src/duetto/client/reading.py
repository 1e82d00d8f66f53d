"""The server's messages, read: no socket, no clock. What the client is told, and what it owes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
import numpy as np
import pybase64

from duetto.client.event import Closed, Edit, Ended, Event, Heard, Increments, Problem, Said, Sound, Standing
from duetto.timeline.order import Order

MOST_WORDS: Final = 512
"""Words of a turn that are kept for its partial text."""
MOST_OPEN: Final = 256
"""Responses with open calls that are kept track of."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The server knows the extension. delta, horizon, grace: ms, ms, s. epoch: Unix time (ms) at media time 0."""

    session_id: str
    delta: float
    horizon: float
    grace: float
    epoch: float
    brain: str


@dataclass(frozen=True, slots=True)
class BackAgain:
    """`duetto.resumed`. received: how many of the client's messages had come; None where the server does not tell.

    restored, lost: as in `Resumed`.
    """

    received: int | None
    restored: bool = False
    lost: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsTaken:
    """`session.updated`."""


@dataclass(frozen=True, slots=True)
class Owed:
    """The client's own tool is called, and its outcome is owed."""

    call_id: str
    response: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Pong:
    """`duetto.pong`. received: as in `BackAgain`."""

    id: str
    received: int | None = None


News = Event | Welcome | BackAgain | SettingsTaken | Owed | Pong


# --- what comes, only the fields that are used ----------------------------------------------------------------


class _Head(msgspec.Struct):
    type: str
    seq: int | None = None


class _Welcome(msgspec.Struct):
    session_id: str
    token: str
    delta_ms: float = 0.0
    horizon_ms: float = 0.0
    grace_s: float = 30.0
    epoch_ms: float = 0.0
    brain: str = ""


class _Resumed(msgspec.Struct):
    session_id: str
    token: str
    received: int | None = None
    restored: bool = False
    lost: tuple[str, ...] = ()


class _Increments(msgspec.Struct):
    now_ms: float
    floor: Literal["user", "agent", "both", "nobody"]
    late_ms: float = 0.0
    compute_ms: float = 0.0
    edits: list[dict[str, Any]] = []


class _Orders(msgspec.Struct):
    orders: tuple[Order, ...]


class _Edit(msgspec.Struct):
    id: int
    stream: str
    status: Literal["added", "committed", "revoked"]
    start_ms: float
    end_ms: float
    kind: str


class _Delta(msgspec.Struct):
    delta: str
    response_id: str = ""


class _Transcript(msgspec.Struct):
    transcript: str


class _Item(msgspec.Struct):
    type: str
    name: str = ""
    call_id: str = ""
    arguments: str = "{}"


class _ItemDone(msgspec.Struct):
    item: _Item
    response_id: str = ""


class _Why(msgspec.Struct):
    message: str | None = None


class _Details(msgspec.Struct):
    reason: str | None = None
    error: _Why | None = None


class _Response(msgspec.Struct):
    id: str = ""
    status: Literal["completed", "cancelled", "failed", "incomplete", "in_progress"] = "completed"
    status_details: _Details | None = None


class _Done(msgspec.Struct):
    response: _Response


class _ErrorBody(msgspec.Struct):
    message: str
    code: str | None = None
    param: str | None = None


class _Error(msgspec.Struct):
    error: _ErrorBody


class _Pong(msgspec.Struct):
    id: str = ""
    received: int | None = None


_TYPES: Final[dict[str, type[msgspec.Struct]]] = {
    "duetto.welcome": _Welcome,
    "duetto.resumed": _Resumed,
    "duetto.increments": _Increments,
    "duetto.orders": _Orders,
    "duetto.pong": _Pong,
    "conversation.item.input_audio_transcription.delta": _Delta,
    "conversation.item.input_audio_transcription.completed": _Transcript,
    "response.output_audio_transcript.delta": _Delta,
    "response.output_text.delta": _Delta,
    "response.output_audio.delta": _Delta,
    "response.output_item.done": _ItemDone,
    "response.done": _Done,
    "error": _Error,
}
_head = msgspec.json.Decoder(_Head)
_decoders: Final = {name: msgspec.json.Decoder(kind) for name, kind in _TYPES.items()}


class Reading:
    """One conversation's messages, in their order, over all its connections. seq: the number of the last that came."""

    def __init__(self) -> None:
        self.seq = 0
        self.session_id = ""
        self.token = ""
        self._words: dict[int, tuple[float, str]] = {}  # of the turn in hand, by increment
        self._utterance = -1
        self._partial = ""

    def read(self, message: str | bytes) -> list[News]:
        """What a message says; nothing for one that does not concern a client, or that came before. Never raises."""
        try:
            head = _head.decode(message)
            if head.seq is not None and head.type != "duetto.resumed":
                if head.seq <= self.seq:
                    return []
                self.seq = head.seq
            if head.type == "session.updated":
                return [SettingsTaken()]
            decoder = _decoders.get(head.type)
            return [] if decoder is None else list(self._news(head.type, decoder.decode(message)))
        except (msgspec.DecodeError, ValueError) as error:
            return [Problem(f"the server sent what cannot be read: {error}")]

    def _news(self, kind: str, told: Any) -> Iterator[News]:
        match told:
            case _Welcome():
                self.session_id, self.token = told.session_id, told.token
                yield Welcome(told.session_id, told.delta_ms, told.horizon_ms, told.grace_s, told.epoch_ms, told.brain)
            case _Resumed():
                self.session_id, self.token = told.session_id, told.token
                if told.restored:  # another engine counts from the beginning
                    self._utterance, self._partial = -1, ""
                    self._words.clear()
                yield BackAgain(told.received, told.restored, told.lost)
            case _Increments():
                edits = tuple(_edit(one) for one in told.edits)
                yield Increments(told.now_ms, told.floor, told.late_ms, told.compute_ms, edits)
                yield from self._partials(edits)
            case _Orders():
                yield Standing(told.orders)
            case _Pong():
                yield Pong(told.id, told.received)
            case _Transcript():
                self._words.clear()
                self._partial = ""
                yield Heard(told.transcript, final=True)
            case _Delta() if kind == "response.output_audio.delta":
                yield Sound(np.frombuffer(pybase64.b64decode(told.delta, validate=True), "<i2"), told.response_id)
            case _Delta() if kind.startswith("response."):
                yield Said(told.delta, told.response_id, spoken=kind != "response.output_text.delta")
            case _ItemDone() if told.item.type == "function_call":
                yield Owed(told.item.call_id, told.response_id, told.item.name, told.item.arguments)
            case _Done() if told.response.status != "in_progress":
                yield Ended(told.response.id, told.response.status, _why(told.response.status_details))
            case _Error():
                yield Problem(told.error.message, told.error.code or "", told.error.param or "")
            case _:
                pass

    def _partials(self, edits: tuple[Edit, ...]) -> Iterator[Heard]:
        """The text of the turn in hand, where these edits change it. A word of a later utterance begins a new one."""
        for edit in edits:
            if edit.kind != "word":
                continue
            utterance = int(edit.fields.get("utterance", 0))
            if utterance > self._utterance:
                self._utterance, self._partial = utterance, ""
                self._words.clear()
            if edit.status == "revoked":
                self._words.pop(edit.id, None)
            elif edit.status == "added" and utterance == self._utterance and len(self._words) < MOST_WORDS:
                self._words[edit.id] = (edit.start, str(edit.fields.get("text", "")))
        text = " ".join(word for _, word in sorted(self._words.values(), key=lambda word: word[0]))
        if text != self._partial:
            self._partial = text
            if text:
                yield Heard(text)


class Calls:
    """Which responses have called, so that the next is asked for once all their outcomes are there, and it has ended.

    The protocol has one response at a time.
    """

    def __init__(self) -> None:
        self._open: dict[str, int] = {}
        self._ended: set[str] = set()

    def owed(self, response: str) -> None:
        self._open[response] = self._open.get(response, 0) + 1
        while len(self._open) > MOST_OPEN:
            forgotten = next(iter(self._open))
            del self._open[forgotten]
            self._ended.discard(forgotten)

    def ended(self, response: str) -> bool:
        """The response has ended. True: the next is to be asked for now."""
        if response in self._open:
            self._ended.add(response)
        return self._settled(response)

    def answered(self, response: str) -> bool:
        """An outcome was given. True: the next is to be asked for now."""
        if response in self._open:
            self._open[response] -= 1
        return self._settled(response)

    def _settled(self, response: str) -> bool:
        if self._open.get(response) != 0 or response not in self._ended:
            return False
        del self._open[response]
        self._ended.discard(response)
        return True


def _edit(told: dict[str, Any]) -> Edit:
    known = msgspec.convert(told, _Edit)
    rest = {name: value for name, value in told.items() if name not in _Edit.__struct_fields__}
    return Edit(known.id, known.stream, known.status, known.start_ms, known.end_ms, known.kind, rest)


def _why(details: _Details | None) -> str:
    if details is None:
        return ""
    return (details.error.message if details.error is not None else None) or details.reason or ""


__all__ = ["BackAgain", "Calls", "Closed", "News", "Owed", "Pong", "Reading", "SettingsTaken", "Welcome"]
