"""The OpenAI Realtime wire: a client's events to a conversation, and what happens in it to the client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Protocol

from duetto.models.model import MicroTurn
from duetto.timeline.clock import in_s, s
from duetto.timeline.command import Answer, Remember, SpeakAs, Stop
from duetto.timeline.turn import samples_at
from duetto.wire.audio import BadSound, from_base64
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    Happening,
    Noticed,
    ReplyBegan,
    ReplyEnded,
    ReplyHeard,
    ReplySound,
    ReplyText,
    TurnBegan,
    TurnEnded,
    TurnWords,
    Used,
)
from duetto.wire.openai_realtime import config, events, setting
from duetto.wire.openai_realtime.asking import asked_of, terms_of
from duetto.wire.openai_realtime.calls import Calls
from duetto.wire.openai_realtime.desk import Desk
from duetto.wire.openai_realtime.idle import Idle
from duetto.wire.openai_realtime.items import Conversation
from duetto.wire.openai_realtime.outlet import Outlet, Send
from duetto.wire.openai_realtime.responses import Asked, Responses
from duetto.wire.openai_realtime.trouble import Wrong, from_refused
from duetto.wire.openai_realtime.turns import Turns
from duetto.wire.seat import Host, Opening, Refused, Seat

EXTENSION: Final = "duetto."
"""What the types of the extension's events begin with."""
FLOOD_EVERY: Final = s(1)
"""Ns of media time between two errors that say that too much sound waits."""


class Extension(Protocol):
    """Events of duetto's own, on the same connection. See `wire.extension`."""

    def receive(self, event: bytes | str | dict[str, Any]) -> None:
        """One `duetto.*` event. Never raises."""
        ...

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        """After the wire has told of a micro-turn."""
        ...


MakeExtension = Callable[[Seat, Callable[[str, str], None], Callable[[str], int | None]], Extension]
"""Makes the extension: of the seat, of what answers with an error (sentence, field or ""), and of what knows the number
of the reply that a response id stands for."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a connection begins with."""

    model: str = "duetto"
    """Of the URL, where the session's setting names none."""
    session: config.Config | None = None
    """Setting that came with the client secret or the call, read by `config.read`."""
    transcription: bool = False
    """Without a setting: a session that only transcribes (`intent=transcription`)."""
    rtc: bool = False
    """Sound goes over a track, not in events."""
    voice: str = "duetto"
    """The server's own voice, as it is shown."""
    expires_at: int | None = None
    """Unix time (s) at which the session ends, where it does."""
    opening: Opening = field(default_factory=Opening)
    """What is known of the conversation already; voice, speed and first commands are added here."""


class RealtimeWire:
    """One connection. Sends `session.created` when it is made.

    The seat is opened at once, with the voice that the setup names.
    """

    def __init__(
        self,
        host: Host,
        setup: Setup,
        send: Send,
        *,
        extension: MakeExtension | None = None,
    ) -> None:
        """send: is handed each event, JSON. Raises Refused if there is no seat, Wrong for a setting that cannot be."""
        self._setup = setup
        self.setting = setting.begin(setup.session, setup.model, setup.voice, transcription=setup.transcription)
        self._begun_speed = self.setting.speed
        brief = () if self.setting.transcription_only else (self.setting.brief,)
        opening = replace(
            setup.opening,
            voice=self.setting.asked_voice or setup.opening.voice,
            speed=self.setting.speed,
            first=(*setup.opening.first, *brief, self.setting.manner),
        )
        self.seat = host.open(opening)
        self._outlet = Outlet(send, self.seat.id)
        self._conversation = Conversation()
        self._conversation_id = f"conv_{self.seat.id}"
        terms = terms_of(self.setting, self._conversation_id, carried=not setup.rtc)
        self._calls = Calls(self.seat)
        self._responses = Responses(self.seat, self._outlet, self._conversation, self._calls, terms)
        self._turns = Turns(self.seat, self._outlet, self._conversation, self.setting)
        self._desk = Desk(self.seat, self._outlet, self._conversation, self._calls, self._responses)
        self._idle = Idle()
        self._closed = False
        self._answering: str | None = None  # event_id of the client's event in hand
        self._flood_at: int | None = None
        self._tell_session("session.created")
        self._extension: Extension | None = None
        if extension is not None:
            self._extension = extension(self.seat, self._extension_error, self._responses.number_of)
        self.seat.on_close(self._ended)

    # --- from the client ------------------------------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """One event. Never raises: what is wrong with it is answered, and the session goes on."""
        if self._closed:
            return
        self._answering = None
        try:
            try:
                head = events.read_head(message)
            except Wrong:
                self._answering = events.event_id(message)
                raise
            self._answering = head.event_id
            if self._extension is not None and head.type.startswith(EXTENSION):
                self._extension.receive(message)
            else:
                self._take(events.read(message, head))
        except Wrong as wrong:
            self._outlet.error(wrong, self._answering)
        except BadSound as error:
            self._outlet.error(Wrong("invalid_value", str(error), error.field), self._answering)
        except Refused as refused:
            self._refused(refused)

    def close(self) -> None:
        """The client has gone."""
        self._closed = True
        self.seat.close()

    def _take(self, event: events.ClientEvent) -> None:
        match event:
            case events.SessionUpdate():
                self._update(event)
            case events.Append(audio=audio):
                self._append(audio)
            case events.Commit():
                self._idle.stop()
                self._turns.commit(checked=not self._setup.rtc)
            case events.Clear():
                self._turns.clear()
            case _ if self.setting.transcription_only:
                text = f"type: {event.__struct_config__.tag} has no meaning in a transcription session"
                raise Wrong("invalid_value", text, "type")
            case events.ItemCreate():
                self._idle.stop()
                self._desk.create(event)
            case events.ItemRetrieve():
                self._desk.retrieve(event)
            case events.ItemTruncate():
                self._desk.truncate(event)
            case events.ItemDelete():
                self._desk.delete(event)
            case events.ResponseCreate(response=params):
                params = params or events.ResponseParams()
                asked = asked_of(params, self.setting, self._responses.terms, self._conversation)
                self._responses.create(asked)
                self._idle.stop()
            case events.ResponseCancel(response_id=id):
                self._responses.cancel(id)
            case events.OutputClear():
                if not self._setup.rtc:
                    text = "type: output_audio_buffer.clear is for WebRTC, where the server plays"
                    raise Wrong("invalid_value", text, "type")
                self._responses.clear()

    def _update(self, event: events.SessionUpdate) -> None:
        before = self.setting
        after = before.updated(config.read(event.session), sounded=self._responses.sounded)
        told = after.told(before)
        if told:
            self.seat.command(*told)
        self.setting = self._turns.setting = after
        self._responses.terms = terms_of(after, self._conversation_id, carried=not self._setup.rtc)
        if (after.asked_voice, after.speed) != (before.asked_voice, before.speed):
            self.seat.command(SpeakAs(after.asked_voice, after.speed / self._begun_speed))
        self._tell_session("session.updated")

    def _append(self, audio: str) -> None:
        format = setting.format_of(self.setting.input.format)
        samples = format.decode(from_base64(audio))
        if len(samples):
            self.seat.hear(samples, format.rate)
            self._turns.heard(samples_at(len(samples), format.rate))

    def _refused(self, refused: Refused) -> None:
        if refused.kind == "flood":
            now = self.seat.now
            if self._flood_at is not None and now - self._flood_at < FLOOD_EVERY:
                return  # once is enough: a flood of errors would follow
            self._flood_at = now
        self._outlet.error(from_refused(refused), self._answering)

    def _extension_error(self, text: str, field: str) -> None:
        self._outlet.error(Wrong("invalid_value", text, field), self._answering)

    # --- to the client --------------------------------------------------------------------------------------------

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        """After every micro-turn."""
        if self._closed:
            return
        now = micro_turn.span.end
        try:
            self._turns.follow(micro_turn)
            self._responses.follow(happenings)
            for happening in happenings:
                self._tell(happening, now)
            self._turns.settle(now)
            self._calls.hand_on(silent=False, now=now)
            self._responses.settle(now)
            self._prompt(now)
        except Refused:
            pass  # the conversation has ended; that is told by itself
        if self._extension is not None:
            self._extension.happen(happenings, micro_turn)

    def _tell(self, happening: Happening, now: int) -> None:
        match happening:
            case TurnBegan():
                self._idle.stop()
                self._turns.began(happening)
            case TurnWords():
                self._turns.words(happening)
            case TurnEnded():
                self._turns.ended(happening)
            case Noticed(part=part, text=text, working=working):
                self._turns.noticed(part, text, working)
            case _ if self.setting.transcription_only:
                if isinstance(happening, ReplyBegan):
                    self.seat.command(Stop(happening.reply))
            case ReplyBegan():
                self._idle.stop()
                self._responses.began(happening)
            case ReplyText():
                self._responses.text(happening)
            case ReplySound():
                self._responses.sound(happening)
            case ReplyHeard():
                self._responses.heard(happening)
            case ReplyEnded(how=how):
                self._responses.ended(happening)
                if how == "done" and not self._turns.speaking:
                    self._idle.start(max(now, self._responses.playing_until))
            case CallMade():
                self._responses.called(happening)
            case CallWithdrawn(call=call):
                self._calls.unwanted(call)  # the client works on it and is not told: the protocol has no word for it
            case Used():
                self._responses.used(happening)

    def _prompt(self, now: int) -> None:
        """After a long silence duetto speaks by itself, where the client wants that."""
        since = self._idle.over(now, self.setting.idle_timeout)
        if since is None or self._responses.active:
            return
        item = self._turns.idle(since, now)
        item.told = (item.id,)
        text = f"The user has said nothing for {in_s(now - since):.0f} seconds."
        self.seat.command(Remember(item.id, "system", text))
        self._responses.create(Asked(self._responses.terms, Answer()))

    def _tell_session(self, type: str) -> None:
        self._outlet.emit(type, session=self.setting.shown(f"sess_{self.seat.id}", self._setup.expires_at))

    def _ended(self, why: str) -> None:
        """The conversation is over, not by the client's wish."""
        if not self._closed:
            self._closed = True
            self._outlet.error(Wrong("session_expired", why))
