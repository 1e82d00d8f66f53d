"""One turn of the model, as Gemini Live counts them: from its first content to `turnComplete`.

duetto may have several replies open at once, and a reply that waits for a tool is followed by another one. On the wire
that is one turn: content, then `generationComplete`, then `turnComplete`; or `interrupted`, then `turnComplete`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from duetto.timeline.clock import s
from duetto.timeline.turn import VOICE_RATE
from duetto.wire.audio import to_base64
from duetto.wire.gemini_live.config import Ways

FOLLOW_UP: Final = s(10)
"""ns of media time that a turn is held open, after the outcome of a call, for the reply that it leads to."""

MOST_REPLIES: Final = 64
"""Replies that are known at once."""

Send = Callable[[dict[str, Any]], None]


@dataclass(slots=True)
class _Reply:
    """spoken: its words are a transcript of sound. told: words of it were sent. sent: anything of it was."""

    spoken: bool
    told: bool = False
    sent: bool = False


class ModelTurn:
    """completed: called after each turn, for what belongs behind it.

    The turn is open from the beginning of a reply on, and while a call that the talk waits for has no outcome.
    """

    def __init__(self, ways: Ways, send: Send, completed: Callable[[], None]) -> None:
        self._ways = ways
        self._send = send
        self._completed = completed
        self._open: dict[int, _Reply] = {}  # under way
        self._held: dict[int, _Reply] = {}  # interrupted, and not over: they may go on
        self._latest: int | None = None  # reply that the latest content is of
        self._active = False
        self._cut = False
        self._failed = False
        self._follow_up: int | None = None  # media time until which the reply to an outcome may begin
        self._usage: dict[str, int] = {}

    @property
    def active(self) -> bool:
        return self._active

    # --- what happens ---------------------------------------------------------------------------------------------

    def begin(self, reply: int, spoken: bool) -> None:
        self._active = True
        self._add(reply, _Reply(spoken))
        self._follow_up = None

    def sound(self, reply: int, samples: bytes) -> None:
        self._content(reply, spoken=True)
        blob = {"mimeType": f"audio/pcm;rate={VOICE_RATE}", "data": to_base64(samples)}
        self._say(modelTurn=_turn({"inlineData": blob}))

    def text(self, reply: int, text: str) -> None:
        found = self._content(reply, spoken=self._ways.speaks)
        # Clients join the pieces as they are.
        joined = f" {text}" if found.told and not text[:1].isspace() else text
        found.told = True
        if not found.spoken:
            self._say(modelTurn=_turn({"text": joined}))
        elif self._ways.said:
            self._say(outputTranscription={"text": joined})

    def call(self) -> None:
        """A tool is called: the turn goes on until its outcome."""
        self._settle_cut()
        self._active = True

    def outcome(self, until: int) -> None:
        """A call has its outcome: the turn goes on until the reply to it has ended, if one begins before `until`."""
        if self._active:
            self._follow_up = until

    def end(self, reply: int, how: Literal["done", "cut", "failed"], waits: bool) -> None:
        """waits: a call is in hand that the talk waits for."""
        self._held.pop(reply, None)
        if self._open.pop(reply, None) is None:
            return  # interrupted before; or all of it fell before this connection
        if how == "cut":
            # Another one may have taken its place already: what the client plays is not to be thrown away then.
            if self._latest not in self._open:
                self._cut = True
            return
        self._failed = self._failed or how == "failed"
        if not self._open and not waits and not self._cut and self._follow_up is None:
            self._complete()

    def interrupt(self) -> None:
        """The user takes the floor: what the client still has to play is not wanted. A reply may go on all the same."""
        sounding = {number: reply for number, reply in self._open.items() if reply.sent}
        if not sounding:
            return
        for number in sounding:
            self._held[number] = _Reply(self._open.pop(number).spoken)
        self._cut = True
        self._settle_cut()

    def used(self, prompt: int, cached: int, response: int) -> None:
        """Tokens, about."""
        for name, count in (
            ("promptTokenCount", prompt),
            ("cachedContentTokenCount", cached),
            ("responseTokenCount", response),
        ):
            self._usage[name] = self._usage.get(name, 0) + count
        if not self._active:
            self._send(self._take_usage())

    def settle(self, now: int, waits: bool) -> None:
        """The micro-turn is told."""
        self._settle_cut()
        if not self._active or self._open or waits:
            return
        if self._follow_up is None or now >= self._follow_up:
            self._complete()

    def release(self) -> None:
        """What the turn was held open for has been overtaken: the user has taken a turn."""
        self._settle_cut()
        if self._active and not self._open:
            self._complete()

    def unanswered(self) -> None:
        """A reply was asked for, and none began."""
        if not self._active:
            self._end_turn("NEED_MORE_INPUT")

    # --- what is sent ---------------------------------------------------------------------------------------------

    def _content(self, number: int, spoken: bool) -> _Reply:
        """The reply of this number, of which something is sent now."""
        self._settle_cut()
        self._active = True
        if number not in self._open:
            # Held, or begun before this connection.
            self._add(number, self._held.pop(number) if number in self._held else _Reply(spoken))
        found = self._open[number]
        found.sent = True
        self._latest = number
        return found

    def _add(self, number: int, reply: _Reply) -> None:
        self._open[number] = reply
        for book in (self._open, self._held):
            while len(book) > MOST_REPLIES:
                del book[next(iter(book))]

    def _settle_cut(self) -> None:
        if not self._cut:
            return
        self._cut = False
        self._say(interrupted=True)
        self._end_turn()
        self._active = bool(self._open)  # replies that have begun and said nothing yet are the next turn

    def _complete(self) -> None:
        if self._failed:
            self._end_turn("RESPONSE_REJECTED")
        else:
            self._say(generationComplete=True)
            self._end_turn()

    def _end_turn(self, reason: str = "") -> None:
        content: dict[str, Any] = {"turnComplete": True, "interactionStatus": "IDLE"}
        if reason:
            content["turnCompleteReason"] = reason
        self._send({"serverContent": content, **self._take_usage()})
        self._active = self._failed = False
        self._follow_up = None
        self._latest = None
        self._completed()

    def _take_usage(self) -> dict[str, Any]:
        if not self._usage:
            return {}
        usage, self._usage = self._usage, {}
        total = usage["promptTokenCount"] + usage["responseTokenCount"]
        return {"usageMetadata": {**{k: v for k, v in usage.items() if v}, "totalTokenCount": total}}

    def _say(self, **content: Any) -> None:
        self._send({"serverContent": content})


def _turn(part: dict[str, Any]) -> dict[str, Any]:
    return {"role": "model", "parts": [part]}
