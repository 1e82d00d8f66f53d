"""Where the protocols of `duetto.wire` are joined to lines: each as this server serves it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec

from duetto.models.model import MicroTurn
from duetto.server.checkpoint import LOST, Checkpoint, hashed, said
from duetto.server.errors import BadRequest
from duetto.server.house import Wire
from duetto.server.line import Aside, Line
from duetto.server.shelf import Resuming, Shelf
from duetto.server.waiting import Waiting
from duetto.server.wires import Setup, WireMaker, Wires
from duetto.timeline.clock import ms, s
from duetto.wire.extension import About, Extension
from duetto.wire.gemini_live import GeminiWire
from duetto.wire.gpt_live.setup import LiveSetup
from duetto.wire.gpt_live.trouble import Wrong as LiveWrong
from duetto.wire.gpt_live.wire import Attached, LiveWire
from duetto.wire.happening import Happening
from duetto.wire.journal import Journal, JournalLimits
from duetto.wire.openai_realtime import config, setting
from duetto.wire.openai_realtime.trouble import Wrong
from duetto.wire.openai_realtime.wire import RealtimeWire
from duetto.wire.openai_realtime.wire import Setup as RealtimeSetup
from duetto.wire.seat import Opening, Seat

MOST_STORED_S = 600
"""Seconds of a GPT-Live session that are kept where its client says `store` and the server records."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What clients are told of this server. horizon: ns. brain: "embedded", or the name of a model. voice: its name.

    follows: the brain can follow instructions, as a language model does. records: recordings are allowed. unix: Unix
    time, s.
    """

    unix: Callable[[], float]
    horizon: int = ms(400)
    brain: str = "embedded"
    voice: str = "duetto"
    follows: bool = False
    records: bool = False
    grace_s: float = 30.0


def joined(facts: Facts, shelf: Shelf, waiting: Waiting) -> Wires:
    """The protocols, as this server serves them."""

    def realtime(setup: Setup) -> WireMaker:
        return lambda line: _Realtime(line, setup, facts, waiting)

    def live(setup: Setup) -> WireMaker:
        return lambda line: _live(line, setup, facts)

    def gemini(setup: Setup) -> WireMaker:
        return lambda line: GeminiWire(line, line.send, line.finish, resumption=Resuming(shelf, line))

    def described(session: dict[str, Any]) -> dict[str, Any]:
        try:
            read = config.read(session)
            found = setting.begin(read, "duetto", facts.voice, transcription=False)
        except Wrong as wrong:
            raise BadRequest(str(wrong), wrong.param, code=wrong.code) from None
        return found.shown("", None)

    return Wires(realtime, live, gemini, described)


class _Realtime:
    """OpenAI Realtime with the extension, and with connections that look on."""

    def __init__(self, line: Line, setup: Setup, facts: Facts, waiting: Waiting) -> None:
        """Raises Refused, BadRequest."""
        self._line = line
        self._asides: list[_Onlooker] = []
        self._seen = count(1)
        self._setup = setup
        self._facts = facts
        before = setup.before
        limits = JournalLimits(size=max(1, line.house.limits.outbox_bytes // 2))  # all of it fits into an outbox
        self._journal = Journal(line.send, limits=limits)
        if line.outlet is not None:
            self._journal.deliver = line.outlet.put if before is None else None
        if before is not None:
            self._journal.go_on(setup.seq, before.received)
        about = About(
            horizon=facts.horizon if setup.horizon is None else setup.horizon,
            grace=s(facts.grace_s),
            epoch_ns=s(facts.unix()),
            brain=facts.brain,
        )

        def extended(seat: Seat, error: Callable[[str, str], None], reply_of: Callable[[str], int | None]) -> Extension:
            def welcomed() -> None:
                if not setup.track:  # a call that drops is made anew
                    waiting.know(line, self._journal, self._checkpoint)

            self._extension = Extension(
                seat,
                self._journal,
                error=error,
                reply_of=reply_of,
                about=about,
                welcomed=welcomed,
                increments=before is not None and before.increments,
            )
            return self._extension

        try:
            session = config.read(setup.session) if setup.session is not None else None
            self.wire = RealtimeWire(
                line,
                RealtimeSetup(
                    model=setup.model or "duetto",
                    session=session,
                    transcription=setup.transcription,
                    rtc=setup.track,
                    voice=facts.voice,
                    opening=Opening(
                        delta=setup.delta,
                        horizon=setup.horizon,
                        first=before.remember(facts.unix()) if before is not None else (),
                        title="realtime",
                    ),
                ),
                self._send,
                extension=extended,
            )
        except Wrong as wrong:
            raise BadRequest(str(wrong), wrong.param, code=wrong.code) from None
        if before is not None and line.outlet is not None:
            told = {"restored": True, "age_ms": round(1000 * (facts.unix() - before.unix)), "lost": LOST}
            id, token = self.wire.seat.id, self._journal.token
            self._journal.resume(id, token, setup.seq, line.outlet.put, told)
            waiting.know(line, self._journal, self._checkpoint)

    def _checkpoint(self) -> Checkpoint:
        """What another process needs to go on."""
        seat, setup, setting = self.wire.seat, self._setup, self.wire.setting
        return Checkpoint(
            seat.id,
            self._line.identity.owner,
            tuple(hashed(token) for token in self._journal.tokens),
            self._facts.unix(),
            setting.model,
            msgspec.to_builtins(setting.config),
            setup.delta,
            setup.horizon,
            self._extension.increments,
            self._journal.seq,
            self._journal.received,
            said(seat.remarks, seat.now),
        )

    def receive(self, message: str) -> None:
        self._journal.received += 1
        self.wire.receive(message)

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        self.wire.happen(happenings, micro_turn)

    def close(self) -> None:
        self.wire.close()

    def attach(self, send: Callable[[bytes], None]) -> Aside:
        """One that looks on is sent all events, and may send what the client may."""
        onlooker = _Onlooker(self, send)
        self._asides.append(onlooker)
        seat = self.wire.seat.id
        session = self.wire.setting.shown(f"sess_{seat}", None)
        told = {"type": "session.created", "event_id": f"event_{seat}_seen_{next(self._seen)}", "session": session}
        send(msgspec.json.encode(told))
        return onlooker

    def leave(self, onlooker: _Onlooker) -> None:
        if onlooker in self._asides:
            self._asides.remove(onlooker)

    def _send(self, event: bytes) -> None:
        self._journal.send(event)
        for onlooker in tuple(self._asides):
            onlooker.send(event)


class _Onlooker:
    def __init__(self, session: _Realtime, send: Callable[[bytes], None]) -> None:
        self._session = session
        self.send = send

    def receive(self, message: str) -> None:
        self._session.wire.receive(message)

    def close(self) -> None:
        self._session.leave(self)


class _Live(LiveWire):
    """GPT-Live, its refusal of one who wants to look on in the server's words."""

    def attach(self, send: Callable[[str], None]) -> Attached:
        try:
            return super().attach(send)
        except LiveWrong as wrong:
            raise BadRequest(str(wrong), wrong.param, 429 if self.id else 404, wrong.code) from None


def _live(line: Line, setup: Setup, facts: Facts) -> Wire:
    """GPT-Live. Raises BadRequest for a setting that cannot be."""
    served = LiveSetup(
        epoch_s=facts.unix(),
        voice=facts.voice,
        record_s=MOST_STORED_S if facts.records else 0,
        commentary="answer" if facts.follows else "say",
    )
    if not setup.track:
        return _Live(line, served, line.send, finished=line.finish)
    try:
        return _Live.media(line, served, setup.session or {}, finished=line.finish)
    except LiveWrong as wrong:
        raise BadRequest(str(wrong), wrong.param, code=wrong.code) from None
