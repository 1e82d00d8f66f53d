"""Gemini Live (BidiGenerateContent) without its transport: client messages in, server messages out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import msgspec

from duetto.models.model import MicroTurn
from duetto.wire.gemini_live.calls import Calls
from duetto.wire.gemini_live.config import Ways, brief, manner, opening, ways
from duetto.wire.gemini_live.fault import ENDED, LEAVING, POLICY, Malformed, reason, refused
from duetto.wire.gemini_live.inputs import Inputs
from duetto.wire.gemini_live.messages import ClientContent, ContextUpdate, RealtimeInput, Setup, ToolResponse, decode
from duetto.wire.gemini_live.resumption import Resumption
from duetto.wire.gemini_live.telling import Telling, duration
from duetto.wire.happening import Happening
from duetto.wire.seat import Host, Refused, Seat


class GeminiWire:
    """One connection of a Gemini Live client.

    send: is given each server message, as JSON. on_fault: is told once why the connection is to be closed, as close
    code and reason (at most 123 bytes): the protocol has no other word for an error. After it nothing is sent any more,
    and what comes is not read. A conversation that its client wants to be able to take up again is kept then, as it is
    after a lost connection.
    resumption: where such conversations wait; None where there is no such place, which clients are told.
    """

    def __init__(
        self,
        host: Host,
        send: Callable[[bytes], None],
        on_fault: Callable[[int, str], None],
        *,
        resumption: Resumption | None = None,
    ) -> None:
        self._host = host
        self._out = send
        self._on_fault = on_fault
        self._resumption = resumption
        self._over = False
        self._seat: Seat | None = None
        self._ways = Ways()
        self._inputs: Inputs | None = None
        self._telling: Telling | None = None
        self._taken = 0  # client messages taken in, the setup not counted
        self._leaves: float | None = None  # seconds, once told to drain

    @property
    def seat(self) -> Seat | None:
        """The conversation, from the setup on until the connection is over: its micro-turns are to go to `happen`."""
        return self._seat

    # --- from the client ------------------------------------------------------------------------------------------

    def receive(self, message: str | bytes) -> None:
        """One client message, whatever is in it. Never raises for it."""
        if self._over:
            return
        try:
            self._take(message)
        except Malformed as error:
            self._fault(error.code, str(error))
        except Refused as error:
            found = refused(error)
            self._fault(found.code, str(found))

    def _take(self, message: str | bytes) -> None:
        given = decode(message)
        if isinstance(given, Setup):
            if self._seat is not None:
                raise Malformed("setup", "only the first message may be one")
            self._set_up(given)
            return
        inputs = self._inputs
        if inputs is None:
            raise Malformed("setup", "must be the first message")
        match given:
            case RealtimeInput():
                inputs.realtime(given)
            case ClientContent():
                inputs.content(given)
            case ToolResponse():
                inputs.outcomes(given)
            case ContextUpdate():
                inputs.context(given)
        self._taken += 1

    # --- from the conversation ------------------------------------------------------------------------------------

    def happen(self, happenings: Sequence[Happening], micro_turn: MicroTurn) -> None:
        """What happened in a micro-turn."""
        if self._telling is not None and not self._over:
            self._telling.tell(happenings, micro_turn.span.end)

    # --- from the server ------------------------------------------------------------------------------------------

    def drain(self, seconds: float) -> None:
        """The server goes down in so many seconds: the client is told, and may take the conversation up elsewhere."""
        self._leaves = seconds
        if self._seat is not None and not self._over:
            self._send({"goAway": {"timeLeft": duration(max(0.0, seconds))}})

    def let_go(self) -> None:
        """Another connection has taken the conversation up: this one is over, and the conversation goes on there."""
        self._seat = None
        self._fault(LEAVING, "the conversation has been taken up on another connection")

    def close(self) -> None:
        """The client has gone. The conversation waits for it, where it asked for that, or ends."""
        self._over = True
        seat, self._seat = self._seat, None
        if seat is None:
            return
        store = self._resumption if self._ways.resumption is not None else None
        if store is None or not store.detach(seat):
            seat.close()

    # --------------------------------------------------------------------------------------------------------------

    def _set_up(self, setup: Setup) -> None:
        asked = ways(setup)
        told, held = brief(setup.system_instruction, setup.tools, "setup"), manner(setup, asked)
        first = opening(setup, (told, held))
        handle = asked.resumption.handle if asked.resumption is not None else ""
        if handle:
            seat = self._resumption.resume(handle) if self._resumption is not None else None
            if seat is None:
                raise Malformed("setup.sessionResumption.handle", "no such conversation, or it is too old", POLICY)
            asked = replace(asked, history=False)
        else:
            try:
                seat = self._host.open(first)
            except Refused as error:
                raise refused(error, error.field or "setup") from None
        self._seat, self._ways = seat, asked
        if handle:
            seat.command(told, held)
        calls = Calls(taken_up=bool(handle))
        calls.offered(told)
        names = count(1)
        began = seat.now
        self._telling = Telling(asked, calls, self._send, self._offer_handle)
        # Connections to one conversation follow each other in time, so these are unique in it.
        self._inputs = Inputs(seat, asked, calls, self._telling, lambda: f"gemini-{began}-{next(names)}")
        seat.on_close(lambda why: self._ended(seat, why))
        self._send({"setupComplete": {"sessionId": seat.id}})
        self._offer_handle()
        if self._leaves is not None:
            self.drain(self._leaves)

    def _offer_handle(self) -> None:
        """Tell the client how it may take the conversation up again."""
        asked, seat = self._ways.resumption, self._seat
        if asked is None or seat is None:
            return
        handle = self._resumption.issue(seat) if self._resumption is not None else ""
        update: dict[str, Any] = {"newHandle": handle, "resumable": bool(handle)}
        if asked.transparent:
            update["lastConsumedClientMessageIndex"] = str(self._taken)  # int64: a string in protocol buffers' JSON
        self._send({"sessionResumptionUpdate": update})

    def _ended(self, seat: Seat, why: str) -> None:
        if self._seat is seat:
            self._fault(ENDED if self._leaves is None else LEAVING, why)

    def _send(self, message: dict[str, Any]) -> None:
        if not self._over:
            self._out(msgspec.json.encode(message))

    def _fault(self, code: int, text: str) -> None:
        if self._over:
            return
        self._over = True
        self._on_fault(code, reason(text))
        self.close()
