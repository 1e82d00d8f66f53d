"""OpenTelemetry spans: one per session, and in it one per reply. Without an SDK in the process nothing happens.

They say what happened and how long it took, never what was said.
"""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import trace

from duetto.wire.happening import CallMade, Happening, ReplyBegan, ReplyEnded, ReplySound, ReplyText, TurnEnded, Used

MOST_REPLIES = 64
"""Replies whose spans are open at once."""


class SessionTrace:
    """The spans of one conversation."""

    def __init__(self, session: str, wire: str) -> None:
        self._tracer = trace.get_tracer("duetto")
        self._span = self._tracer.start_span("session", attributes={"duetto.session": session, "duetto.wire": wire})
        self._context = trace.set_span_in_context(self._span)
        self._replies: dict[int, trace.Span] = {}
        self._sounding: set[int] = set()

    def read(self, happenings: Sequence[Happening]) -> None:
        for happening in happenings:
            match happening:
                case TurnEnded(turn=turn, discarded=discarded):
                    self._span.add_event("turn ended", {"duetto.turn": turn, "duetto.discarded": discarded})
                case ReplyBegan(reply=reply, spoken=spoken):
                    self._begin(reply, spoken)
                case ReplyText(reply=reply):
                    self._note(reply, "clause")
                case ReplySound(reply=reply) if reply not in self._sounding:
                    self._sounding.add(reply)
                    self._note(reply, "first sound")
                case CallMade(reply=reply, name=name):
                    self._note(reply, "call", name)
                case Used(reply=reply, prompt=prompt, pieces=pieces) if reply in self._replies:
                    self._replies[reply].set_attributes({"duetto.prompt": prompt, "duetto.pieces": pieces})
                case ReplyEnded(reply=reply, how=how):
                    self._end(reply, how)

    def close(self, why: str) -> None:
        for reply in tuple(self._replies):
            self._end(reply, "open")
        self._span.set_attribute("duetto.end", why)
        self._span.end()

    def _begin(self, reply: int, spoken: bool) -> None:
        if len(self._replies) >= MOST_REPLIES or reply in self._replies:
            return
        attributes = {"duetto.reply": reply, "duetto.spoken": spoken}
        self._replies[reply] = self._tracer.start_span("reply", context=self._context, attributes=attributes)

    def _note(self, reply: int, event: str, name: str = "") -> None:
        span = self._replies.get(reply)
        if span is not None:
            span.add_event(event, {"duetto.name": name} if name else None)

    def _end(self, reply: int, how: str) -> None:
        self._sounding.discard(reply)
        span = self._replies.pop(reply, None)
        if span is not None:
            span.set_attribute("duetto.end", how)
            if how == "failed":
                span.set_status(trace.StatusCode.ERROR)
            span.end()
