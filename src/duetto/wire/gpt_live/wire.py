"""GPT-Live (OpenAI's Live API) for one connection: its client's messages in, the session's events out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

from numpy.typing import NDArray

from duetto.models.model import MicroTurn
from duetto.wire.gpt_live import events
from duetto.wire.gpt_live.config import MediaSessionConfig, SessionConfig
from duetto.wire.gpt_live.outlet import Connection, Outlet, Send, error_event
from duetto.wire.gpt_live.session import LiveSession
from duetto.wire.gpt_live.setting import check
from duetto.wire.gpt_live.setup import LiveSetup, refused
from duetto.wire.gpt_live.trouble import Wrong, convert, decode
from duetto.wire.happening import Happening
from duetto.wire.seat import Host, Opening, Refused, Seat

Reason = Literal["close_requested", "expired", "content", "remote_hangup", "connection_lost"]

MOST_ATTACHED: Final = 8
"""Connections attached to one session."""
_PRIMARY_ONLY: Final = frozenset({"session.start", "session.input_audio.append"})


def _nothing(*_: Any) -> None:
    pass


class LiveWire:
    """One session over its primary connection, and those attached to it.

    A WebSocket makes one and hands it every message; the first that counts is `session.start`. A WebRTC session is made
    by `media` from the body of its request; its sound comes by `hear` and goes by `sound`, and its data channel, once
    open, by `connect`. Whoever drives it follows the seat that it hands to `opened`, and calls `happen` after every
    micro-turn. `finished` is called once, when the session is over and the connections may be closed.
    """

    def __init__(
        self,
        host: Host,
        setup: LiveSetup,
        send: Send | None,
        *,
        opened: Callable[[Seat], None] = _nothing,
        finished: Callable[[], None] = _nothing,
        media: bool = False,
    ) -> None:
        self._host = host
        self._setup = setup
        self._opened = opened
        self._finished = finished
        self._media = media
        self._session: LiveSession | None = None
        self._closed = False
        self._primary = Connection(send)
        self._outlet = Outlet(self._primary)

    @classmethod
    def media(
        cls,
        host: Host,
        setup: LiveSetup,
        session: str | bytes | Mapping[str, Any],
        send: Send | None = None,
        *,
        opened: Callable[[Seat], None] = _nothing,
        finished: Callable[[], None] = _nothing,
    ) -> LiveWire:
        """A WebRTC session, begun at once. session: the request's `session`, as JSON or read already. send: to the data
        channel, where whoever gives it keeps what is sent until that is open; None: see `connect`.

        Raises Wrong: what is wrong with the request; `error_event` is the body of the answer.
        """
        if isinstance(session, str | bytes):
            config = decode(session, MediaSessionConfig, "session")
        else:
            config = convert(session, MediaSessionConfig, "session")
        wire = cls(host, setup, None, opened=opened, finished=finished, media=True)
        try:
            wire._begin(config)
        except Refused as error:
            raise refused(error) from None
        if send is not None:
            wire.connect(send)
        if config.idle_timeout_s is not None or config.wake_policy is not None:
            text = "this server goes on listening however long nobody speaks: idle_timeout_s has no effect"
            wire._outlet.emit({"type": "info", "code": "idle_timeout_ignored", "message": text})
        return wire

    @property
    def id(self) -> str:
        """The session's id, "" before it has begun."""
        return "" if self._session is None else self._session.id

    @property
    def closed(self) -> bool:
        """The session is over."""
        return self._closed

    @property
    def sound(self) -> bytes:
        """What went out in the latest micro-turn, for a media transport: int16 little-endian mono at VOICE_RATE."""
        return b"" if self._session is None else self._session.sound

    def recording(self) -> bytes | None:
        """The session's recording as WAV, where its client wanted one stored; it takes a while."""
        kept = None if self._session is None else self._session.recording
        return None if kept is None else kept.wav()

    # --- the client -----------------------------------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """One message of the client's. Never raises for what is in it."""
        self._receive(message, self._primary)

    def hear(self, samples: NDArray[Any], rate: int) -> None:
        """The next sound of the user, by a media transport: int16 or float32 (n,), mono."""
        if self._closed or self._session is None:
            return
        try:
            self._session.hear(samples, rate)
        except Wrong as error:
            self._outlet.wrong(self._primary, error)
        except Refused:
            pass  # it is over; `on_close` says so

    def connect(self, send: Send) -> None:
        """The data channel of a media session is open."""
        if self._session is not None:
            self._outlet.open(send, self._session.snapshot("session.started"))

    def attach(self, send: Send) -> Attached:
        """One more connection, beside the primary one. Raises Wrong."""
        if self._session is None or self._closed:
            raise Wrong("session_not_found", "there is no such session")
        if len(self._outlet.aside) >= MOST_ATTACHED:
            text = f"at most {MOST_ATTACHED} connections are attached to a session"
            raise Wrong("too_many_connections", text, type="rate_limit_error")
        connection = Connection(send)
        self._outlet.aside.append(connection)
        self._outlet.to(connection, self._session.snapshot("session.started"))
        return Attached(self, connection)

    def hang_up(self) -> None:
        """The application ends the session by a request of its own."""
        self._end("close_requested")

    def close(self, *, graceful: bool = False) -> None:
        """The client has gone: the session ends with it. graceful: it said goodbye on its transport."""
        self._primary.shut()
        self._end("remote_hangup" if graceful else "connection_lost")

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        """What happened in a micro-turn of the conversation."""
        if self._closed or self._session is None:
            return
        try:
            if not self._session.happen(happenings, micro_turn):
                self._end("expired")
        except Refused as error:
            self._outlet.wrong(self._primary, refused(error))

    # --- within ---------------------------------------------------------------------------------------------------

    def _receive(self, message: str | bytes, connection: Connection) -> None:
        event_id: str | None = None
        try:
            if len(message) > self._setup.most_message:
                text = f"a message has at most {self._setup.most_message} characters"
                raise Wrong("message_too_large", text)
            head = events.head(message)
            event_id = head.event_id if isinstance(head.event_id, str) else None
            self._run(message, head, connection)
        except Wrong as error:
            self._outlet.wrong(connection, error, event_id)
        except Refused as error:
            self._outlet.wrong(connection, refused(error), event_id)

    def _run(self, message: str | bytes, head: events.Head, connection: Connection) -> None:
        if self._closed:
            raise Wrong("session_closed", "the session is over")
        if isinstance(head.type, str):
            self._may(head.type, connection)
        event = events.event(message, head)
        match event:
            case events.SessionStart(session=config):
                if self._session is not None:
                    raise Wrong("session_already_started", "session.start: the session has begun already", "type")
                session = self._begin(config)
                self._outlet.emit(session.snapshot("session.started"), event.event_id)
            case _ if self._session is None:
                text = f"{event.type}: only once the session has begun; send session.start, and await session.started"
                raise Wrong("session_not_started", text, "type")
            case events.SessionClose():
                self._end("close_requested", event.event_id)
            case _:
                self._session.run(event)

    def _may(self, kind: str, connection: Connection) -> None:
        aside = connection is not self._primary
        if kind in _PRIMARY_ONLY and (aside or self._media):
            where = "an attached connection" if aside else "a data channel"
            raise Wrong("unsupported_event", f"{kind}: not over {where}", "type")
        if not connection.may_send(kind):
            raise Wrong("event_not_allowed", f"{kind[:64]}: not allowed on this data channel", "type")

    def _begin(self, config: SessionConfig | MediaSessionConfig) -> LiveSession:
        setting = check(config, may_store=self._setup.record_s > 0)
        if self._media and config.client is not None:
            self._primary.limit(config.client)
        first = setting.first(self._setup.delegates)
        seat = self._host.open(Opening(voice=setting.voice, first=first, title="gpt-live"))
        session = LiveSession(seat, setting, self._setup, self._outlet, media=self._media)
        self._session = session
        seat.on_close(self._lost)
        self._opened(seat)
        return session

    def _lost(self, why: str) -> None:
        """The conversation has ended by itself."""
        if not self._closed:
            self._outlet.emit(error_event(Wrong("session_ended", why, type="server_error")))
            self._end("connection_lost")

    def _end(self, reason: Reason, client_event_id: str | None = None) -> None:
        if self._closed:
            return
        self._closed = True
        if (session := self._session) is not None:
            closed = session.snapshot("session.closed", reason=reason, usage=session.used())
            session.seat.close()
            self._outlet.emit(closed, client_event_id)
        self._finished()


class Attached:
    """A connection beside the primary one: it is sent all that the other is, and the sound of both with its times."""

    def __init__(self, wire: LiveWire, connection: Connection) -> None:
        self._wire = wire
        self._connection = connection

    def receive(self, message: str | bytes) -> None:
        """One message of this connection's. Never raises for what is in it."""
        self._wire._receive(message, self._connection)

    def close(self) -> None:
        """This connection has gone; the session goes on."""
        self._connection.shut()
        self._wire._outlet.leave(self._connection)
