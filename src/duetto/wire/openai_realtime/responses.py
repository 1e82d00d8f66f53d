"""Duetto's side: which response tells which reply, what clients ask for, and the calls of their functions.

One response at a time in the conversation, as the protocol has it, though several replies may be open at once. A reply
that begins while another is being told ends that one's response, and should that one go on, its rest is a new response.
A response of which nothing has been told yet tells whichever reply speaks first.

A response is done when its sound has been heard, later than where sound is sent ahead. So a client may ask for the
reply to an outcome while the words that went with the call are still being spoken: that request waits for their end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from duetto.timeline.clock import ms, s
from duetto.timeline.command import Answer, Stop, Unsay
from duetto.timeline.turn import VOICE_RATE, samples_at
from duetto.wire.happening import (
    CallMade,
    Happening,
    ReplyBegan,
    ReplyEnded,
    ReplyHeard,
    ReplySound,
    ReplyText,
    Used,
)
from duetto.wire.openai_realtime.calls import OWED, Calls
from duetto.wire.openai_realtime.heard import Heard
from duetto.wire.openai_realtime.items import Conversation, Item
from duetto.wire.openai_realtime.outlet import Outlet
from duetto.wire.openai_realtime.response import Response, Terms
from duetto.wire.openai_realtime.trouble import Wrong, shortened
from duetto.wire.seat import Seat

PATIENCE: Final = s(30)
"""Ns after which a response that was asked for, and that no reply has come of, has failed."""
MOST_APART: Final = 16
"""Responses out of band at once."""
MOST_HUSHED: Final = 64
"""Replies, and requests, that are remembered to be told no more."""
NEARLY: Final = ms(20)
"""A truncation this close (ns) to the end of a reply that is over is at its end."""
BEYOND: Final = s(2)
"""Ns by which a truncation may lie beyond what was sent: clients reckon it by their own clocks."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client wants of a response, checked. tag is added here."""

    terms: Terms
    answer: Answer


@dataclass(slots=True)
class _Known:
    """Bounded memory of what is told no more: numbers of replies, tags of requests."""

    most: int
    found: OrderedDict[int | str, None] = field(default_factory=OrderedDict)

    def add(self, one: int | str) -> None:
        self.found[one] = None
        while len(self.found) > self.most:
            self.found.popitem(last=False)

    def __contains__(self, one: int | str) -> bool:
        return one in self.found


class Responses:
    """terms: how a response is given that nobody asked for; kept up by who has the setting."""

    def __init__(self, seat: Seat, outlet: Outlet, conversation: Conversation, calls: Calls, terms: Terms) -> None:
        self.terms = terms
        self.sounded = False  # there has been sound of a reply
        self._seat = seat
        self._outlet = outlet
        self._conversation = conversation
        self._calls = calls
        self._heard = Heard()
        self._active: Response | None = None
        self._claims = False  # the active one awaits the reply to an outcome, and nothing was asked for
        self._next: Terms | None = None  # of a response that begins when the active one is over, and claims the same
        self._apart: dict[str, Response] = {}
        self._telling: dict[int, Response] = {}
        self._spoken: OrderedDict[int, bool] = OrderedDict()  # open replies
        self._numbers: OrderedDict[str, int] = OrderedDict()  # replies by the ids of their responses
        self._hushed = _Known(MOST_HUSHED)
        self._ends: dict[int, ReplyEnded] = {}  # in the micro-turn in hand
        self._playing_until = 0

    @property
    def active(self) -> bool:
        return self._active is not None

    @property
    def playing_until(self) -> int:
        """Media time (ns) at which the sound so far has been heard."""
        return self._playing_until

    def number_of(self, response: str) -> int | None:
        """The reply that a response tells."""
        return self._numbers.get(response)

    # --- from the client ------------------------------------------------------------------------------------------

    def create(self, asked: Asked) -> None:
        """Raises Wrong."""
        apart = asked.answer.apart
        if apart and len(self._apart) >= MOST_APART:
            text = f"response.conversation: {MOST_APART} responses out of band are in progress, the limit"
            raise Wrong("too_many_active_responses", text, "response.conversation")
        if not apart and self._active is not None:
            if self._next is None and self._active.calls and (self._calls.held or self._calls.owed):
                self._calls.hand_on(silent=False)
                self._next = asked.terms
                return
            text = f"conversation already has an active response in progress: {self._active.id}"
            raise Wrong("conversation_already_has_active_response", text)
        claims = not apart and self._calls.owed
        if not apart:
            self._calls.hand_on(silent=True)
        id = self._outlet.new_id("resp")
        if not claims:
            self._seat.command(msgspec.structs.replace(asked.answer, tag=id))
        response = self._new(id, asked.terms)
        response.asked_at = self._seat.now
        if apart:
            self._apart[id] = response
        else:
            self._active, self._claims = response, claims

    def cancel(self, id: str | None) -> None:
        """Raises Wrong."""
        response = self._active if id is None else self._find(id)
        if response is None:
            text = "Cancellation failed: no active response found"  # LiveKit knows it by these words, and lets it pass
            text += "" if id is None else f" with id {shortened(id)!r}"
            raise Wrong("response_cancel_not_active", text, "" if id is None else "response_id")
        self._stop(response)

    def clear(self) -> None:
        """What is being spoken is not played any more."""
        if self._active is not None and self._active.sounded:
            self._stop(self._active)

    def truncate(self, item: Item, content_index: int, end: int) -> int:
        """Only so much (ns) of a message was heard; returns how much of it that is. Raises Wrong."""
        if item.body["type"] != "message" or item.body["role"] != "assistant":
            text = "item_id: only messages of the assistant can be truncated"
            raise Wrong("item_truncate_invalid_item_id", text, "item_id")
        spoken = any(part["type"] == "output_audio" for part in item.body["content"])
        if content_index != 0 or not spoken or item.reply is None:
            text = f"content_index: the item has no sound at {content_index}"
            raise Wrong("invalid_value", text, "content_index")
        reply = item.reply
        open_ = reply in self._spoken
        passed = self._seat.now - (self._seat.now if item.first_at is None else item.first_at)
        if end > max(item.length, passed) + BEYOND:
            text = f"audio_end_ms: the item has {item.length // 1_000_000} ms of sound (got {end // 1_000_000})"
            raise Wrong("invalid_value", text, "audio_end_ms")
        end = min(end, item.length)
        whole = item.start + item.length == self._heard.length(reply)
        if not (whole and not open_ and item.body["status"] == "completed" and end >= item.length - NEARLY):
            self._seat.command(Unsay(reply, self._heard.count(reply, item.start + end)))
            if self._active is not None and self._active.reply == reply:
                self._active.truncated = True
        item.length = end
        item.body["content"] = [{"type": "output_audio", "transcript": self.heard_of(item)}]
        return end

    def heard_of(self, item: Item) -> str:
        """The words of a message that the user has heard, of those that are known."""
        return "" if item.reply is None else self._heard.text(item.reply, item.start, item.start + item.length)

    # --- from the conversation ------------------------------------------------------------------------------------

    def follow(self, happenings: Sequence[Happening]) -> None:
        """Before the happenings of a micro-turn. That a reply is over is told last, after what took its place began."""
        self._ends = {ended.reply: ended for ended in happenings if isinstance(ended, ReplyEnded)}

    def began(self, happening: ReplyBegan) -> None:
        number, tag = happening.reply, happening.tag
        if number in self._telling:
            return  # it has begun already
        if tag in self._hushed:
            self._hushed.add(number)
            self._seat.command(Stop(number))
            return
        self._open(number, happening.spoken)
        if not tag:
            self._calls.replied()
        if tag in self._apart:
            self._bind(self._apart[tag], number)
        else:
            self._begin(number)

    def text(self, happening: ReplyText) -> None:
        response = self._of(happening.reply)
        if response is not None:
            spoken = self._spoken[happening.reply] and response.terms.conversation is not None
            response.text(happening.text, spoken=spoken)

    def sound(self, happening: ReplySound) -> None:
        length = samples_at(len(happening.samples) // 2, VOICE_RATE)
        start = self._heard.sound(happening.reply, length)
        response = self._of(happening.reply)
        if response is not None:
            self.sounded = True
            self._playing_until = max(self._playing_until, happening.at + length)
            response.sound(happening.samples, happening.at, start)

    def heard(self, happening: ReplyHeard) -> None:
        self._heard.word(happening.reply, happening.word, happening.offset)

    def used(self, happening: Used) -> None:
        response = self._telling.get(happening.reply)
        if response is not None:
            response.used(happening)

    def called(self, happening: CallMade) -> None:
        if not happening.own:
            return
        response = self._of(happening.reply)
        if response is not None:
            call_id = self._outlet.new_id("call")
            self._calls.add(call_id, happening.call)
            response.call(happening.call, call_id, happening.name, happening.arguments)

    def ended(self, happening: ReplyEnded) -> None:
        response = self._telling.get(happening.reply)
        self._spoken.pop(happening.reply, None)
        if response is None:
            return
        match happening.how:
            case "done":
                response.finish("completed")
            case "cut":
                apart = response.terms.conversation is None
                reason = "client_cancelled" if response.truncated or apart else "turn_detected"
                response.finish("cancelled", reason=reason)
            case "failed":
                response.finish("failed", why=happening.why)
        self._drop(response)

    def settle(self, now: int) -> None:
        """After the happenings of a micro-turn: responses that no reply has come of."""
        for response in (self._active, *self._apart.values()):
            if response is None or response.reply is not None:
                continue
            waited = now - response.asked_at
            if self._seat.waiting > 0:
                response.asked_at = now  # sound given before is still being heard
            elif waited >= PATIENCE:
                self._hushed.add(response.id)
                response.finish("failed", why="no reply came")
                self._drop(response)
            elif self._claims and response is self._active and waited >= OWED:
                self._seat.command(Answer(response.id))
                self._claims = False
                self._calls.replied()

    # --- which response tells which reply -------------------------------------------------------------------------

    def _new(self, id: str, terms: Terms) -> Response:
        response = Response(id, terms, self._outlet, self._conversation)
        response.create()
        return response

    def _open(self, number: int, spoken: bool) -> None:
        self._spoken[number] = spoken
        while len(self._spoken) > MOST_HUSHED:
            self._spoken.popitem(last=False)

    def _of(self, number: int) -> Response | None:
        """The response that tells a reply: a new one where another took its place. None for one to be told no more."""
        if number in self._hushed:
            return None
        if number not in self._spoken:
            self._open(number, spoken=True)
        if number not in self._telling:
            self._begin(number)
        return self._telling[number]

    def _begin(self, number: int) -> None:
        """A reply takes the place of the one being told, or is the one that is waited for."""
        active = self._active
        told = None if active is None else active.reply
        if active is not None and told is not None:
            if active.items:
                if told in self._ends:
                    self.ended(self._ends[told])
                else:
                    active.finish("completed")
                    self._drop(active)
                active = self._active
            else:
                self._telling.pop(told, None)
        if active is None:
            active = self._active = self._new(self._outlet.new_id("resp"), self.terms)
        self._claims = False
        self._bind(active, number)

    def _bind(self, response: Response, number: int) -> None:
        response.reply = number
        self._telling[number] = response
        self._numbers[response.id] = number
        while len(self._numbers) > MOST_HUSHED:
            self._numbers.popitem(last=False)

    def _find(self, id: str) -> Response | None:
        return self._active if self._active is not None and self._active.id == id else self._apart.get(id)

    def _stop(self, response: Response) -> None:
        """At once: what of its reply still comes is told no more."""
        if response.reply is not None:
            self._seat.command(Stop(response.reply))
            self._hushed.add(response.reply)
        else:
            if self._claims and response is self._active:
                self._seat.command(Stop())
                self._calls.replied()
            self._hushed.add(response.id)
        response.finish("cancelled", reason="client_cancelled")
        if response is self._active:
            self._next = None
        self._drop(response)

    def _drop(self, response: Response) -> None:
        if response.reply is not None:
            self._telling.pop(response.reply, None)
        self._apart.pop(response.id, None)
        if response is not self._active:
            return
        self._active, self._claims = None, False
        if self._next is not None:
            terms, self._next = self._next, None
            self._active, self._claims = self._new(self._outlet.new_id("resp"), terms), True
            self._active.asked_at = self._seat.now
