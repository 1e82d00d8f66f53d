"""A session that has begun: what its client commands, its sound both ways, and what it is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from duetto.models.model import MicroTurn
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.command import Answer, Command, Manner, Remember, Say, Stop
from duetto.wire.gpt_live import events
from duetto.wire.gpt_live.delegations import Delegations
from duetto.wire.gpt_live.fixture import Fixture
from duetto.wire.gpt_live.outlet import Outlet
from duetto.wire.gpt_live.recording import Recording
from duetto.wire.gpt_live.setting import Setting, least_tokens, updated
from duetto.wire.gpt_live.setup import LiveSetup
from duetto.wire.gpt_live.sound import SoundIn, SoundOut, fixture_samples
from duetto.wire.gpt_live.telling import Telling, in_ms, usage
from duetto.wire.gpt_live.trouble import Wrong
from duetto.wire.happening import Happening
from duetto.wire.seat import Refused, Seat

MOST_APPEND_TOKENS: Final = 500
_PAUSED: Final = Manner(ends="told", answers=False)
"""While a clip is played nothing is answered; the user's turn in hand waits for its end."""
_TELL: Final = (
    "Speak now, without waiting for the user. The latest message from the application is for this: what it says is to "
    "be told to the user in your own words; where it is an instruction, follow it."
)


class LiveSession:
    """One session, from `session.started` on."""

    def __init__(self, seat: Seat, setting: Setting, setup: LiveSetup, outlet: Outlet, *, media: bool) -> None:
        self.seat = seat
        self.setting = setting
        self._setup = setup
        self._outlet = outlet
        self._media = media
        self._delegations = Delegations(seat, outlet.emit, lambda: self.setting, setup.epoch_s)
        self._telling = Telling(outlet, self._delegations, setup.usage_s)
        self._in = SoundIn(setting.format)
        self._out = SoundOut(setting.format)
        self._muted = False
        self._fixture: Fixture | None = None
        self._appended = 0
        self._flood_told = -NS_PER_S
        self.recording = Recording(setup.record_s) if setting.config.store else None
        self.sound = b""

    @property
    def id(self) -> str:
        """The session's id on the wire."""
        return f"live_{self.seat.id}"

    def resource(self) -> dict[str, Any]:
        """The session as the protocol shows it."""
        expires = int(self._setup.epoch_s) + self._setup.lifetime_s
        return self.setting.resource(id=self.id, expires_at=expires, voice=self._setup.voice, rtc=self._media)

    def snapshot(self, kind: str, **fields: Any) -> dict[str, Any]:
        """An event that carries the whole session."""
        return {"type": kind, "session": self.resource(), **fields}

    def used(self) -> dict[str, Any]:
        """What it has used."""
        return usage(self.seat.now)

    # --- what happens ---------------------------------------------------------------------------------------------

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> bool:
        """Tell of a micro-turn, and send its sound. Returns whether the session goes on: it expires at its time."""
        self._telling.tell(happenings, micro_turn)
        self._send_sound(micro_turn)
        return micro_turn.span.end < self._setup.lifetime_s * NS_PER_S

    def _send_sound(self, micro_turn: MicroTurn) -> None:
        fixture = self._fixture
        self.sound = micro_turn.voice if fixture is None else fixture.mix(micro_turn.voice)
        span = self._out.advance(micro_turn, len(self.sound))
        if not self._media and (delta := self._out.encode(self.sound)):
            self._outlet.primary.emit({"type": "session.output_audio.delta", "delta": delta})
        if self._outlet.aside and self.sound:
            event = {"type": "session.output_audio.delta", "delta": self._out.plain(self.sound)}
            self._reflect(event | in_ms(span.start, span.end))
        if self.recording is not None:
            self.recording.add(micro_turn, self.sound)
        if fixture is not None and fixture.over:
            self._fixture = None
            self._outlet.emit({"type": "session.output_audio.fixture.played"}, fixture.event_id)
            self.seat.command(Manner())

    def _reflect(self, event: dict[str, Any]) -> None:
        for connection in list(self._outlet.aside):
            connection.emit(event)

    def hear(self, samples: NDArray[Any], rate: int) -> None:
        """The user's next sound. Raises Wrong where it is too much."""
        if self._outlet.aside:
            audio = self._in.reflect(samples, rate)
            if audio:
                self._reflect({"type": "session.input_audio.append", "audio": audio})
        if self._fixture is not None:
            return
        try:
            self.seat.hear(np.zeros_like(samples) if self._muted else samples, rate)
        except Refused as error:
            if error.kind != "flood":
                raise
            if self.seat.now - self._flood_told < NS_PER_S:
                return
            self._flood_told = self.seat.now
            raise Wrong("rate_limit_exceeded", f"audio: {error}", "audio", "rate_limit_error") from None

    # --- what the client commands ---------------------------------------------------------------------------------

    def run(self, event: events.Event) -> None:
        """Carry out a command. Raises Wrong, or Refused."""
        match event:
            case events.InputAudioAppend(audio=audio):
                samples, rate = self._in.samples(audio)
                if len(samples):
                    self.hear(samples, rate)
            case events.InputAudioMute():
                self._muted = True
                self._outlet.emit({"type": "session.input_audio.muted"}, event.event_id)
            case events.InputAudioUnmute():
                self._muted = False
                self._outlet.emit({"type": "session.input_audio.unmuted"}, event.event_id)
            case events.FixturePlay(audio=audio):
                self._play(audio, event.event_id)
            case events.Append():
                self._append(event)
            case events.SessionUpdateEvent(session=session):
                self._update(session, event.event_id)
            case events.ResponseItemCreate(item=item):
                self._delegations.item(item)
            case events.ResponseCreate():
                self._delegations.create()
            case _:
                raise Wrong("unsupported_event", f"{event.type[:64]}: not here", "type")

    def _append(self, event: events.Append) -> None:
        if self._fixture is not None:
            raise Wrong("fixture_active", f"{event.type}: not while an audio fixture is played", "type")
        if not event.content.strip():
            raise Wrong("invalid_value", "content: a text, not blank", "content")
        if least_tokens(event.content) > MOST_APPEND_TOKENS:
            raise Wrong("string_above_max_length", f"content: at most {MOST_APPEND_TOKENS} tokens", "content")
        self._delegations.check(event.delegation_id)
        at = self.seat.now + self.seat.waiting
        kind = event.type.split(".")[1]
        source = f"{kind}:{self._appended}"
        if not isinstance(event, events.CommentaryAppend):
            self.seat.command(Remember(source, "system", event.content))
        elif not self._delegations.done(event.delegation_id, event.content):
            self.seat.command(*self._speak(source, event.content))
        self._appended += 1
        self._outlet.emit({"type": f"session.{kind}.appended"} | in_ms(at, at), event.event_id)

    def _speak(self, source: str, content: str) -> tuple[Command, ...]:
        if self._setup.commentary == "say":
            return (Say(content, tag=source),)
        return Remember(source, "system", content), Answer(tag=source, instructions=_TELL)

    def _update(self, update: Any, event_id: str | None) -> None:
        setting = updated(self.setting, update)
        brief = setting.brief(self._setup.delegates)
        if brief != self.setting.brief(self._setup.delegates):
            self.seat.command(brief)
        self.setting = setting
        self._outlet.emit(self.snapshot("session.updated"), event_id)

    def _play(self, audio: str, event_id: str | None) -> None:
        if self._fixture is not None:
            raise Wrong("fixture_active", "only one audio fixture is played at a time", "type")
        samples = fixture_samples(audio)
        self.seat.command(Stop(), _PAUSED)
        self._fixture = Fixture(samples, event_id)
        self._outlet.emit({"type": "session.output_audio.fixture.playing"}, event_id)
