"""One response, told from `response.created` to `response.done`, in the protocol's order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from duetto.timeline.turn import VOICE_RATE, samples_at
from duetto.wire.audio import Encoder, Format, to_base64
from duetto.wire.happening import Used
from duetto.wire.openai_realtime.items import Conversation, Item, function_call, message
from duetto.wire.openai_realtime.outlet import Outlet

Status = Literal["completed", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a response is given. conversation: id of the one that it belongs to, None for out of band. audio: voice and
    format as they are shown. format: of its sound. carried: its sound goes as events; without it it is carried
    elsewhere, and events tell when it plays.
    """

    modality: str
    conversation: str | None
    audio: dict[str, Any]
    format: Format
    max_output_tokens: int | str = "inf"
    metadata: dict[str, str] | None = None
    carried: bool = True


@dataclass(slots=True)
class _Said:
    """The message that is being spoken or shown. index: of the item in the response's output."""

    item: Item
    index: int
    spoken: bool
    text: str = ""
    samples: int = 0


@dataclass(slots=True)
class _Usage:
    prompt: int = 0
    stable: int = 0
    pieces: int = 0

    def shown(self) -> dict[str, Any]:
        """Characters count as a quarter of a token each: the brain's own count is not known here."""
        given, cached = -(-self.prompt // 4), self.stable // 4
        return {
            "total_tokens": given + self.pieces,
            "input_tokens": given,
            "output_tokens": self.pieces,
            "input_token_details": {
                "text_tokens": given,
                "audio_tokens": 0,
                "image_tokens": 0,
                "cached_tokens": cached,
                "cached_tokens_details": {"text_tokens": cached, "audio_tokens": 0, "image_tokens": 0},
            },
            "output_token_details": {"text_tokens": self.pieces, "audio_tokens": 0},
        }


@dataclass(slots=True)
class Response:
    """reply: number of the reply that it tells, once that has begun. A response may end before its reply does.

    asked_at: media time (ns) since which it waits for that. truncated: the client has said how much of it was heard.
    """

    id: str
    terms: Terms
    outlet: Outlet
    conversation: Conversation
    reply: int | None = None
    items: list[Item] = field(default_factory=list)
    sounded: bool = False
    truncated: bool = False
    over: bool = False
    asked_at: int = 0
    _said: _Said | None = None
    _encoder: Encoder | None = None
    _used: _Usage = field(default_factory=_Usage)

    @property
    def calls(self) -> bool:
        """It has called a function."""
        return any(item.call is not None for item in self.items)

    def create(self) -> None:
        self.outlet.emit("response.created", response=self._shown("in_progress", None))

    # --- what it consists of --------------------------------------------------------------------------------------

    def text(self, text: str, *, spoken: bool) -> None:
        """The next clause."""
        if self.truncated:
            return  # the client has said that the user heard no more
        said = self._message(spoken)
        if said.text and not said.text[-1].isspace() and not text[:1].isspace():
            text = f" {text}"
        said.text += text
        said.item.body["content"] = [self._content(said)]
        kind = "response.output_audio_transcript.delta" if said.spoken else "response.output_text.delta"
        self._part(kind, said, delta=text)

    def sound(self, samples: bytes, at: int, start: int) -> None:
        """The next sound. at: media time (ns). start: ns of the reply's sound before it."""
        if self.truncated:
            return
        said = self._message(spoken=True)
        if not said.spoken:
            return
        if not said.samples:
            said.item.start, said.item.first_at = start, at
        said.samples += len(samples) // 2
        said.item.length = samples_at(said.samples, VOICE_RATE)
        if not self.sounded:
            self.sounded = True
            if not self.terms.carried:
                self.outlet.emit("output_audio_buffer.started", response_id=self.id)
        if self.terms.carried:
            if self._encoder is None:
                self._encoder = Encoder(self.terms.format)
            self._delta(said, self._encoder.encode(samples))

    def call(self, number: int, call_id: str, name: str, arguments: str) -> None:
        """A function is called. What is being said goes on beside it."""
        item = Item(
            function_call(self.outlet.new_id("item"), call_id, name, "", "in_progress"), reply=self.reply, call=number
        )
        index = self._add(item)
        where = {"response_id": self.id, "item_id": item.id, "output_index": index, "call_id": call_id}
        self.outlet.emit("response.function_call_arguments.delta", **where, delta=arguments)
        self.outlet.emit("response.function_call_arguments.done", **where, name=name, arguments=arguments)
        item.body = function_call(item.id, call_id, name, arguments)
        self._done(item, index)

    def used(self, happening: Used) -> None:
        """What a request for it took."""
        self._used.prompt += happening.prompt
        self._used.stable += happening.stable
        self._used.pieces += happening.pieces

    # --- its end --------------------------------------------------------------------------------------------------

    def finish(self, status: Status, *, reason: str = "", why: str = "") -> None:
        """Nothing more of it comes. reason: of a cancelled one. why: one failed."""
        if self.over:
            return
        self.over = True
        self._close("completed" if status == "completed" else "incomplete")
        if self.sounded and not self.terms.carried and status != "completed":
            self._cleared()
        details: dict[str, Any] | None = None
        if status == "cancelled":
            details = {"type": "cancelled", "reason": reason}
        elif status == "failed":
            error = {"type": "server_error", "code": "response_failed", "message": why}
            details = {"type": "failed", "error": error}
        self.outlet.emit("response.done", response=self._shown(status, details))
        if self.sounded and not self.terms.carried and status == "completed":
            self.outlet.emit("output_audio_buffer.stopped", response_id=self.id)
        self.outlet.emit("rate_limits.updated", rate_limits=[])

    def _close(self, status: str) -> None:
        said = self._said
        if said is None:
            return
        self._said = None
        said.item.body["status"] = status
        if said.spoken:
            if self._encoder is not None:
                self._delta(said, self._encoder.flush())
                self._encoder = None
            self._part("response.output_audio.done", said)
            self._part("response.output_audio_transcript.done", said, transcript=said.text)
        else:
            self._part("response.output_text.done", said, text=said.text)
        self._part("response.content_part.done", said, part=_part_of(said))
        self._done(said.item, said.index)

    def _cleared(self) -> None:
        """What was still to be played is not: the server knows how far it was, and says so."""
        self.outlet.emit("output_audio_buffer.cleared", response_id=self.id)
        for item in self.items:
            if item.length and item.id in self.conversation.items:
                self.outlet.emit(
                    "conversation.item.truncated",
                    item_id=item.id,
                    content_index=0,
                    audio_end_ms=item.length // 1_000_000,
                )

    # --- how it is told -------------------------------------------------------------------------------------------

    def _message(self, spoken: bool) -> _Said:
        if self._said is None:
            item = Item(message(self.outlet.new_id("item"), "assistant", [], "in_progress"), reply=self.reply)
            self._said = _Said(item, self._add(item), spoken)
            self._part("response.content_part.added", self._said, part=_part_of(self._said))
        return self._said

    def _add(self, item: Item) -> int:
        index = len(self.items)
        self.items.append(item)
        self.outlet.emit("response.output_item.added", response_id=self.id, output_index=index, item=item.body)
        if self.terms.conversation is not None:
            previous = self.conversation.add(item)
            self.outlet.emit("conversation.item.added", item=item.body, previous_item_id=previous)
        return index

    def _done(self, item: Item, index: int) -> None:
        if item.id in self.conversation.items:
            self.conversation.weigh(item)
            place = self.conversation.order.index(item.id)
            previous = self.conversation.order[place - 1] if place else None
            self.outlet.emit("conversation.item.done", item=item.body, previous_item_id=previous)
        self.outlet.emit("response.output_item.done", response_id=self.id, output_index=index, item=item.body)

    def _part(self, type: str, said: _Said, **fields: Any) -> None:
        self.outlet.emit(
            type, response_id=self.id, item_id=said.item.id, output_index=said.index, content_index=0, **fields
        )

    def _delta(self, said: _Said, sound: bytes) -> None:
        if sound:
            self._part("response.output_audio.delta", said, delta=to_base64(sound))

    @staticmethod
    def _content(said: _Said) -> dict[str, Any]:
        if said.spoken:
            return {"type": "output_audio", "transcript": said.text}
        return {"type": "output_text", "text": said.text}

    def _shown(self, status: str, details: dict[str, Any] | None) -> dict[str, Any]:
        terms = self.terms
        return {
            "object": "realtime.response",
            "id": self.id,
            "status": status,
            "status_details": details,
            "output": [item.body for item in self.items],
            "conversation_id": terms.conversation,
            "output_modalities": [terms.modality],
            "max_output_tokens": terms.max_output_tokens,
            "audio": terms.audio,
            "usage": None if status == "in_progress" else self._used.shown(),
            "metadata": terms.metadata,
        }


def _part_of(said: _Said) -> dict[str, Any]:
    return {"type": "audio", "transcript": said.text} if said.spoken else {"type": "text", "text": said.text}
