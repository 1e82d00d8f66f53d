"""The duetto extension of the OpenAI Realtime wire, the server's side: opt in, by `duetto.hello`.

What it adds: typing as it happens, pictures, increments, acknowledgement of what was really played, and coming back
after a dropped connection (`journal`). Before the hello nothing of it is sent. Times on the wire are ms of media time.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Literal

import msgspec
import numpy as np
import pybase64

from duetto.models.model import MicroTurn
from duetto.orders import Kept
from duetto.timeline.clock import in_ms, in_s, ms, s
from duetto.timeline.command import Give, TakeBack, Unsay
from duetto.timeline.increment import Increment
from duetto.timeline.order import Order
from duetto.timeline.order_problem import problem
from duetto.timeline.order_words import describe_order
from duetto.timeline.payload import Sound, Voicing
from duetto.timeline.turn import VOICE_RATE, samples_at
from duetto.wire.happening import Happening, ReplyEnded, ReplyHeard, ReplySound
from duetto.wire.journal import Journal
from duetto.wire.seat import Opening, Refused, Seat

PREFIX: Final = "duetto."
SIGN_OF_LIFE: Final = ms(250)
"""ns after which increments are sent though there is nothing to say."""
SOUND_EVERY: Final = ms(100)
"""At most one increment of the microphone's sound in so many ns."""
NEARLY: Final = ms(20)
"""A listener who is this close (ns) to the end of a reply has heard all of it: a player counts in packets."""
MOST_PICTURE: Final = 8 * 2**20
"""Characters of a picture in Base64."""
MOST_REPLIES: Final = 64
"""Replies whose words are remembered for an acknowledgement."""
MOST_WORDS: Final = 4_096
"""Words remembered of one reply."""

_Id = Annotated[str, msgspec.Meta(max_length=256)]
_Ms = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
_Seq = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class _Event(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    event_id: str | None = None


class Hello(_Event, frozen=True, tag="duetto.hello"):
    """The client opts in. delta_ms, horizon_ms count only in the first message of a connection."""

    increments: bool = True
    delta_ms: Annotated[float, msgspec.Meta(ge=20, le=1000)] | None = None
    horizon_ms: Annotated[float, msgspec.Meta(ge=20, le=60_000)] | None = None


class KeyEvent(_Event, frozen=True, tag="duetto.key"):
    """An edit of the line being typed."""

    op: Literal["insert", "delete", "send"]
    text: str = ""
    position: _Count = 0
    count: _Count = 0


class LineEvent(_Event, frozen=True, tag="duetto.line"):
    """A whole typed line."""

    text: str


class FrameEvent(_Event, frozen=True, tag="duetto.frame"):
    """A picture. image: JPEG in Base64."""

    image: Annotated[str, msgspec.Meta(max_length=MOST_PICTURE)]
    stream: Literal["camera", "screen"] = "camera"


class Played(_Event, frozen=True, tag="duetto.played"):
    """How much of a reply's sound the listener has heard: at its end, or when it was stopped."""

    response_id: _Id
    played_ms: _Ms


class OrderEvent(_Event, frozen=True, tag="duetto.order"):
    """A standing order, in force from now on in the place of one of the same name. Its times are ns."""

    order: Order


class WithdrawEvent(_Event, frozen=True, tag="duetto.withdraw"):
    """The standing orders of these names end; none for all."""

    names: tuple[_Id, ...] = ()


class Ack(_Event, frozen=True, tag="duetto.ack"):
    """All server events up to `seq` have come."""

    seq: _Seq


class Resume(_Event, frozen=True, tag="duetto.resume"):
    """First message of a new connection: go on with a conversation."""

    session_id: _Id
    token: _Id
    seq: _Seq


class Ping(_Event, frozen=True, tag="duetto.ping"):
    id: _Id


ClientEvent = Hello | KeyEvent | LineEvent | FrameEvent | Played | OrderEvent | WithdrawEvent | Ack | Resume | Ping
_decoder: msgspec.json.Decoder[ClientEvent] = msgspec.json.Decoder(ClientEvent)


class BadEvent(ValueError):
    """An event that cannot be used. str(): one sentence. field: what of it is at fault, "" if all of it is."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


def decode(event: bytes | str | dict[str, Any]) -> ClientEvent:
    """One event of the extension. Raises BadEvent."""
    try:
        return msgspec.convert(event, ClientEvent) if isinstance(event, dict) else _decoder.decode(event)
    except msgspec.ValidationError as error:
        text = str(error)
        found = re.search(r"`\$\.([^`]+)`$", text) or re.search(r"field `([^`]+)`$", text)
        raise BadEvent(text, found.group(1) if found else "") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadEvent(f"not JSON: {error}") from None


def opening_for(first: bytes | str | dict[str, Any], opening: Opening) -> Opening:
    """The opening with what a connection's first message asks for, if that is a `duetto.hello`. Never raises."""
    try:
        event = decode(first)
    except BadEvent:
        return opening  # it is answered with an error when it is received
    if not isinstance(event, Hello):
        return opening
    delta = opening.delta if event.delta_ms is None else ms(event.delta_ms)
    horizon = opening.horizon if event.horizon_ms is None else ms(event.horizon_ms)
    return replace(opening, delta=delta, horizon=horizon)


@dataclass(frozen=True, slots=True)
class About:
    """What a client is told of its conversation, beyond what a seat knows."""

    horizon: int = ms(400)
    """Speech made ahead of the moment it is heard, ns."""
    grace: int = s(30)
    """ns for which the conversation goes on when its client drops."""
    epoch_ns: int = 0
    """Unix time (ns) at media time 0."""
    brain: str = "embedded"
    """What decides what to say: "embedded", or the name of a model."""


class Extension:
    """The extension's part in one conversation.

    journal: where the wire's events go out; numbers them from the hello on. error: answers with the protocol's own
    error (message, name of the field or ""). reply_of: number of the reply that the wire calls by this id, if any.
    """

    def __init__(
        self,
        seat: Seat,
        journal: Journal,
        *,
        error: Callable[[str, str], None],
        reply_of: Callable[[str], int | None],
        about: About | None = None,
        welcomed: Callable[[], None] = lambda: None,
        increments: bool = False,
    ) -> None:
        """welcomed: is called at the first hello, when the conversation can be resumed from now on. increments: a
        client that opted in before wants to be told of them.
        """
        self._seat = seat
        self._journal = journal
        self._about = about or About()
        self._error = error
        self._reply_of = reply_of
        self._welcomed = welcomed
        self._increments = increments
        self._user: set[int] = set()  # voicings that go on
        self._sounding = False
        self._floor = "nobody"
        self._told_at = 0
        self._sound_slot = -1
        self._replies: dict[int, _Reply] = {}
        self._kept = Kept()

    @property
    def on(self) -> bool:
        """The client has opted in."""
        return self._journal.on

    @property
    def increments(self) -> bool:
        """The client wants to be told what is perceived, planned and heard."""
        return self._increments

    # --- from the client --------------------------------------------------------------------------------------

    def receive(self, event: bytes | str | dict[str, Any]) -> None:
        """One `duetto.*` event. Never raises: what is wrong with it is answered."""
        try:
            self._take(decode(event))
        except BadEvent as error:
            self._error(str(error), error.field)
        except Refused as error:
            self._error(str(error), error.field)
        except ValueError as error:
            field = re.match(r"(\w+): ", str(error))
            self._error(str(error), field.group(1) if field else "")

    def _take(self, event: ClientEvent) -> None:
        if isinstance(event, Resume):
            raise BadEvent("duetto.resume: only as the first message of a connection", "type")
        if isinstance(event, Hello):
            self._hello(event)
            return
        if not self.on:
            raise BadEvent("duetto.hello must come before any other event of the extension", "type")
        match event:
            case KeyEvent():
                self._seat.key(event.op, event.text, event.position, event.count)
            case LineEvent():
                self._seat.type_line(event.text)
            case FrameEvent():
                try:
                    picture = pybase64.b64decode(event.image, validate=True)
                except ValueError:
                    raise BadEvent("image: not Base64", "image") from None
                self._seat.see(picture, event.stream)
            case Played():
                self._played(event)
            case OrderEvent():
                if wrong := problem(event.order):
                    raise BadEvent(f"order: {wrong}", "order")
                self._seat.command(Give(event.order))
            case WithdrawEvent():
                self._seat.command(TakeBack(event.names or ("*",)))
            case Ack():
                self._journal.ack(event.seq)
            case Ping():
                self._send({"type": "duetto.pong", "id": event.id, "received": self._journal.received})

    def _hello(self, hello: Hello) -> None:
        first = not self.on
        self._increments = hello.increments
        self._journal.begin()
        about = self._about
        self._send(
            {
                "type": "duetto.welcome",
                "session_id": self._seat.id,
                "token": self._journal.token,
                "delta_ms": in_ms(self._seat.delta),
                "horizon_ms": in_ms(about.horizon),
                "grace_s": in_s(about.grace),
                "epoch_ms": in_ms(about.epoch_ns),
                "brain": about.brain,
            }
        )
        if first:
            if tuple(self._kept):
                self._tell_orders()
            self._welcomed()

    def _played(self, event: Played) -> None:
        number = self._reply_of(event.response_id)
        if number is None:
            raise BadEvent(f"response_id: there is no response {event.response_id!r}", "response_id")
        reply = self._replies.get(number)
        if reply is None:  # nothing of it was ever heard, or it is long ago
            return
        played = ms(event.played_ms)
        if reply.ended and played >= reply.length - NEARLY:
            return  # all of it was heard, as was taken for granted
        self._seat.command(Unsay(number, bisect_right(reply.ends, played)))

    # --- to the client ----------------------------------------------------------------------------------------

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        """After every micro-turn, when the wire has sent what it has to say of it."""
        self._journal.now = micro_turn.span.end
        for happening in happenings:
            self._keep(happening)
        floor = self._floor_of(micro_turn)
        if any([self._kept.follow(output.actions) for output in micro_turn.outputs]) and self.on:
            self._tell_orders()
        if not self.on or not self._increments:
            return
        edits = [self._edit(edit) for output in micro_turn.outputs for edit in output.edits if self._is_news(edit)]
        now = micro_turn.span.end
        silent = now - self._told_at >= SIGN_OF_LIFE and self._journal.deliver is not None
        if edits or floor != self._floor or silent:
            self._floor, self._told_at = floor, now
            self._send(
                {
                    "type": "duetto.increments",
                    "now_ms": in_ms(now),
                    "floor": floor,
                    "late_ms": in_ms(micro_turn.timing.late),
                    "compute_ms": in_ms(micro_turn.timing.compute),
                    "edits": edits,
                }
            )

    def _tell_orders(self) -> None:
        """All standing orders in force, whoever stated them."""
        orders = [{**msgspec.to_builtins(order), "described": describe_order(order)} for order in self._kept]
        self._send({"type": "duetto.orders", "orders": orders})

    def _keep(self, happening: Happening) -> None:
        """Remember where the words of each reply end in its sound."""
        match happening:
            case ReplySound(reply=number, samples=samples):
                reply = self._replies.get(number)
                if reply is None:
                    reply = self._replies[number] = _Reply()
                    while len(self._replies) > MOST_REPLIES:
                        del self._replies[next(iter(self._replies))]
                reply.samples += len(samples) // 2
            case ReplyHeard(reply=number, offset=offset) if number in self._replies:
                ends = self._replies[number].ends
                if len(ends) < MOST_WORDS:
                    ends.append(max(offset, ends[-1] if ends else 0))
            case ReplyEnded(reply=number) if number in self._replies:
                self._replies[number].ended = True
            case _:
                pass

    def _floor_of(self, micro_turn: MicroTurn) -> str:
        for output in micro_turn.outputs:
            for edit in output.edits:
                if isinstance(edit.payload, Voicing):
                    (self._user.add if edit.status == "added" else self._user.discard)(edit.id)
        # What a micro-turn hands out is heard in the next. Where nobody can tell whose it is, its sound must do.
        agent, self._sounding = self._sounding, bool(micro_turn.pieces) or _audible(micro_turn)
        if self._user:
            return "both" if agent else "user"
        return "agent" if agent else "nobody"

    def _is_news(self, edit: Increment) -> bool:
        if not isinstance(edit.payload, Sound):
            return True
        slot = edit.span.start // SOUND_EVERY
        fresh = slot != self._sound_slot
        self._sound_slot = slot
        return fresh

    def _edit(self, edit: Increment) -> dict[str, Any]:
        return {
            "id": edit.id,
            "stream": edit.stream,
            "status": edit.status,
            "start_ms": in_ms(edit.span.start),
            "end_ms": in_ms(edit.span.end),
            **msgspec.to_builtins(edit.payload),
        }

    def _send(self, event: dict[str, Any]) -> None:
        self._journal.send(msgspec.json.encode({"event_id": f"duetto_{self._journal.seq + 1}", **event}))


class _Reply:
    """A reply's sound so far. ends: ns of it before the end of each word that was played."""

    __slots__ = ("ended", "ends", "samples")

    def __init__(self) -> None:
        self.samples = 0
        self.ends: list[int] = []
        self.ended = False

    @property
    def length(self) -> int:
        return samples_at(self.samples, VOICE_RATE)


def _audible(micro_turn: MicroTurn) -> bool:
    return not micro_turn.pieces and bool(np.frombuffer(micro_turn.voice, "<i2").any())
