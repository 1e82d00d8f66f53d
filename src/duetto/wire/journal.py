"""What a server has sent and may have to send again: a client whose connection drops comes back and has missed nothing.

Only for clients that opted in to the duetto extension. Everything here runs on media time and does no I/O.
"""

from __future__ import annotations

import hmac
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from heapq import merge
from typing import Any, Final, Generic, TypeVar

import msgspec

from duetto.timeline.clock import in_s, s

T = TypeVar("T")

Deliver = Callable[[bytes], None]
"""Hands one message to the client's connection. It must not raise."""

AUDIO: Final = frozenset({"response.output_audio.delta", "session.output_audio.delta"})
"""Types of the events whose sound is of no use once it is late."""


class NotResumed(Exception):
    """A conversation cannot be taken up again. str(): one plain sentence. field: what of the request is at fault."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


@dataclass(frozen=True, slots=True)
class JournalLimits:
    """How much of what was sent is remembered. Wrong values raise ValueError with the field's name."""

    events: int = 8_192
    """Events, sound aside."""
    size: int = 16 * 2**20
    """Bytes of all that is remembered. Sound goes first."""
    span: int = s(90)
    """Media time (ns) for which an event is remembered."""
    audio: int = s(2)
    """Media time (ns) after which sound is too late to be sent again."""

    def __post_init__(self) -> None:
        for name in ("events", "size", "span", "audio"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: above 0 (got {getattr(self, name)})")


class _Type(msgspec.Struct):
    type: str = ""


_type = msgspec.json.Decoder(_Type)


@dataclass(frozen=True, slots=True)
class _Kept:
    seq: int
    at: int
    message: bytes


def new_token() -> str:
    """A secret by which a client shows that a conversation is its own."""
    return secrets.token_urlsafe(24)


class Journal:
    """Between a protocol and its connection: numbers what is sent, and remembers it until the client has it.

    Until `begin` it passes everything on as it is. From then on each event carries `seq`: 1, 2, 3, …
    `now` is the media time (ns), `received` the number of messages that came from the client over all its connections,
    `duetto.resume` aside: whoever has them keeps them up. A client that comes back is told the latter, so that it knows
    which of its own messages were lost.
    """

    def __init__(
        self,
        deliver: Deliver,
        *,
        limits: JournalLimits | None = None,
        make_token: Callable[[], str] = new_token,
    ) -> None:
        self.now = 0
        self.received = 0
        self.limits = limits or JournalLimits()
        self.deliver: Deliver | None = deliver
        self._make_token = make_token
        self._tokens: list[str] = []  # the newest last; one before it is good until the newest is known to have come
        self._resumed_at = 0
        self._seq = 0
        self._rest: deque[_Kept] = deque()
        self._audio: deque[_Kept] = deque()
        self._size = 0
        self._forgotten = 0  # the last event that was no sound, and is remembered no more, unasked

    # --- sending ----------------------------------------------------------------------------------------------

    @property
    def on(self) -> bool:
        """Events are numbered and remembered."""
        return bool(self._tokens)

    @property
    def token(self) -> str:
        """By which the client resumes; "" before `begin`."""
        return self._tokens[-1] if self._tokens else ""

    @property
    def seq(self) -> int:
        """Number of the event sent last."""
        return self._seq

    @property
    def size(self) -> int:
        """Bytes remembered."""
        return self._size

    def begin(self) -> None:
        """Number and remember from now on. Again is harmless."""
        if not self._tokens:
            self._tokens.append(self._make_token())

    def go_on(self, seq: int, received: int) -> None:
        """Begin where another journal has ended that is lost: its client has all events up to `seq`."""
        self.begin()
        self._seq = self._forgotten = seq
        self.received = received

    @property
    def tokens(self) -> tuple[str, ...]:
        """All by which the client may resume now: it need not know the newest yet."""
        return tuple(self._tokens)

    def send(self, message: bytes | str) -> None:
        """Send an event: a JSON object. Without a connection it is only remembered."""
        data = message.encode() if isinstance(message, str) else message
        if self._tokens:
            self._seq += 1
            data = b'%b,"seq":%d}' % (data.rstrip()[:-1], self._seq)
            kept = _Kept(self._seq, self.now, data)
            (self._audio if _type.decode(data).type in AUDIO else self._rest).append(kept)
            self._size += len(data)
            self._trim()
        if self.deliver is not None:
            self.deliver(data)

    # --- what the client has ----------------------------------------------------------------------------------

    def ack(self, seq: int) -> None:
        """All events up to `seq` have come. Raises ValueError for a number that was not sent."""
        if not 0 <= seq <= self._seq:
            raise ValueError(f"seq: from 0 to {self._seq}, the event sent last (got {seq})")
        if seq > self._resumed_at:  # it came after the newest token
            del self._tokens[:-1]
        for kept in (self._rest, self._audio):
            while kept and kept[0].seq <= seq:
                self._size -= len(kept.popleft().message)

    def detach(self) -> None:
        """The connection is gone; what is sent from now on is only remembered."""
        self.deliver = None

    def resume(
        self, session_id: str, token: str, seq: int, deliver: Deliver, more: dict[str, Any] | None = None
    ) -> Deliver | None:
        """The client is back and has all events up to `seq`: it gets a new token, then all after that, then what comes.

        Returns the connection that was still taken for its own, if one was. Raises NotResumed. `duetto.resumed` itself
        has no number of its own: its `seq` is the client's, so what follows it goes on from there. more: of its fields.
        """
        good = next((one for one in self._tokens if hmac.compare_digest(token.encode(), one.encode())), None)
        if good is None:
            raise NotResumed("the token is not this conversation's, or was used up", "token")
        if not 0 <= seq <= self._seq:
            raise NotResumed(f"seq: from 0 to {self._seq}, the event sent last (got {seq})", "seq")
        self._trim()
        if seq < self._forgotten:
            raise NotResumed(f"seq: events are remembered from {self._forgotten + 1} on (got {seq})", "seq")
        self.ack(seq)
        self._resumed_at = seq
        self._tokens = [good, self._make_token()]
        before, self.deliver = self.deliver, deliver
        told = {"type": "duetto.resumed", "session_id": session_id, "token": self.token, "seq": seq}
        deliver(msgspec.json.encode({**told, "received": self.received, **(more or {})}))
        for kept in list(merge(self._rest, self._audio, key=lambda kept: kept.seq)):
            deliver(kept.message)
        return before

    def _trim(self) -> None:
        limits = self.limits
        while self._audio and (self._size > limits.size or self._audio[0].at < self.now - limits.audio):
            self._size -= len(self._audio.popleft().message)
        while self._rest and (
            len(self._rest) > limits.events or self._size > limits.size or self._rest[0].at < self.now - limits.span
        ):
            gone = self._rest.popleft()
            self._size -= len(gone.message)
            self._forgotten = gone.seq


@dataclass(slots=True)
class _Known(Generic[T]):
    journal: Journal
    held: T
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Back(Generic[T]):
    """A conversation that its client has come back to. replaced: the connection that it had until now, to be closed."""

    held: T
    replaced: Deliver | None


class Detached(Generic[T]):
    """Conversations that their clients may come back to, kept for a while after the connection has dropped.

    grace: ns that one without a client goes on. most: how many may, at once; beyond it the longest without ends.
    T is whatever the server needs to go on with a conversation. A client may come back before its old connection is
    known to be dead: the new one takes its place.
    """

    def __init__(self, grace: int = s(30), most: int = 256) -> None:
        if grace < 0:
            raise ValueError(f"grace: not below 0 s (got {in_s(grace):g} s)")
        if most < 0:
            raise ValueError(f"most: not below 0 (got {most})")
        self.grace = grace
        self.most = most
        self._known: dict[str, _Known[T]] = {}
        self._left: dict[str, None] = {}  # those without a client, the longest first

    def __len__(self) -> int:
        """How many are without a client."""
        return len(self._left)

    def know(self, session_id: str, journal: Journal, held: T) -> None:
        """From now on its client may come back."""
        self._known[session_id] = _Known(journal, held)

    def leave(self, session_id: str, deliver: Deliver, now: int) -> tuple[bool, list[T]]:
        """The connection of `deliver` has dropped, at `now` (ns, any clock that only rises).

        Returns whether the conversation goes on, and those that must end for it. One that another connection has taken
        over meanwhile goes on, of course; one that is not known does not.
        """
        known = self._known.get(session_id)
        if known is None:
            return False, []
        if known.journal.deliver is not None and known.journal.deliver != deliver:
            return True, []
        known.journal.detach()
        if known.left is None:
            known.left = now
            self._left[session_id] = None
        ended: list[T] = []
        while len(self._left) > self.most:
            ended.append(self._drop(next(iter(self._left))))
        return session_id in self._known, ended

    def resume(self, session_id: str, token: str, seq: int, deliver: Deliver) -> Back[T]:
        """Go on over another connection. Raises NotResumed."""
        known = self._known.get(session_id)
        if known is None:
            raise NotResumed("session_id: there is no such conversation, or its time is up", "session_id")
        replaced = known.journal.resume(session_id, token, seq, deliver)
        known.left = None
        self._left.pop(session_id, None)
        return Back(known.held, replaced)

    def expire(self, now: int) -> list[T]:
        """Those whose grace is over at `now` (ns): they are to end."""
        ended: list[T] = []
        for session_id in list(self._left):
            left = self._known[session_id].left
            if left is None or now - left < self.grace:
                break
            ended.append(self._drop(session_id))
        return ended

    def forget(self, session_id: str) -> None:
        """It has ended. Again is harmless."""
        self._known.pop(session_id, None)
        self._left.pop(session_id, None)

    def _drop(self, session_id: str) -> T:
        held = self._known[session_id].held
        self.forget(session_id)
        return held
