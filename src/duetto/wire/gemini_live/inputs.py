"""What a Gemini Live client sends after its setup, given to the conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from duetto.timeline.command import Answer, Command, Over, Remember, Stop
from duetto.wire.gemini_live import pictures
from duetto.wire.gemini_live.calls import Calls, Pending
from duetto.wire.gemini_live.config import Ways, update
from duetto.wire.gemini_live.content import as_text, decoded, remembered, sound
from duetto.wire.gemini_live.fault import Malformed, naming
from duetto.wire.gemini_live.messages import (
    Blob,
    ClientContent,
    ContextUpdate,
    FunctionResponse,
    RealtimeInput,
    ToolResponse,
)
from duetto.wire.gemini_live.telling import Telling
from duetto.wire.seat import Seat

ASKED: Final = "gemini"
"""Tag of the replies that the client asks for: they are said to have begun as soon as they are thought about."""
MOST_RESPONSES: Final = 128
"""Outcomes in one message."""


class Inputs:
    """Raises Malformed for what cannot be taken; the engine's Refused goes through."""

    def __init__(self, seat: Seat, ways: Ways, calls: Calls, telling: Telling, source: Callable[[], str]) -> None:
        self._seat = seat
        self._ways = ways
        self._calls = calls
        self._telling = telling
        self._source = source
        self._history = ways.history
        self._active = False  # between activityStart and activityEnd

    # --- sound, sight and text as they happen ---------------------------------------------------------------------

    def realtime(self, given: RealtimeInput) -> None:
        field = "realtimeInput"
        if given == RealtimeInput():
            raise Malformed(
                field, "one of audio, video, text, activityStart, activityEnd, audioStreamEnd, mediaChunks is needed"
            )
        if given.activity_start is not None:
            self._start(f"{field}.activityStart")
        if given.audio is not None:
            self._hear(given.audio, f"{field}.audio")
        for index, chunk in enumerate(given.media_chunks):
            where = f"{field}.mediaChunks[{index}]"
            if chunk.mime_type.lower().startswith("image/"):
                self._see(chunk, where)
            else:
                self._hear(chunk, where)
        if given.video is not None:
            self._see(given.video, f"{field}.video")
        if given.text is not None:
            self._text(given.text, f"{field}.text")
        if given.audio_stream_end and not self._ways.manual:
            self._seat.command(Over())  # the microphone is off: no silence will come that ends the turn
        if given.activity_end is not None:
            self._end(f"{field}.activityEnd")

    def _start(self, field: str) -> None:
        self._manual(field)
        if self._active:
            raise Malformed(field, "an activity has been started already")
        self._active = True
        if self._ways.interrupts:
            self._seat.command(Stop())

    def _end(self, field: str) -> None:
        self._manual(field)
        if not self._active:
            raise Malformed(field, "no activity has been started")
        self._active = False
        self._ask(Over())

    def _manual(self, field: str) -> None:
        if not self._ways.manual:
            raise Malformed(field, "only with setup.realtimeInputConfig.automaticActivityDetection.disabled")

    def _hear(self, blob: Blob, field: str) -> None:
        samples, rate = sound(blob, field)
        if self._ways.manual and not self._active and not self._ways.all_sound:
            return  # outside an activity it belongs to no turn
        self._telling.audio_begins(self._seat.now)
        with naming(field):
            self._seat.hear(samples, rate)

    def _see(self, blob: Blob, field: str) -> None:
        pictures.check_type(blob.mime_type, f"{field}.mimeType")
        found = pictures.picture(decoded(blob, field), f"{field}.data")
        with naming(f"{field}.data"):
            self._seat.see(found)

    def _text(self, text: str, field: str) -> None:
        if not text.strip():
            return
        if not self._ways.manual:
            with naming(field):
                self._seat.type_line(text)
        elif self._active:
            self._seat.command(Remember(self._source(), "user", text))  # answered with the activity
        else:
            self._ask(Remember(self._source(), "user", text))

    # --- turns ----------------------------------------------------------------------------------------------------

    def content(self, given: ClientContent) -> None:
        said = remembered(given.turns, "clientContent.turns", self._source)
        if self._history:
            self._history = not given.turn_complete
            if said:
                self._seat.command(*said)
        elif given.turn_complete:
            self._ask(Stop(), *said)
        else:
            self._seat.command(Stop(), *said)  # content ends what is being said, as the protocol has it

    def _ask(self, *before: Command) -> None:
        self._seat.command(*before, Answer(tag=ASKED))
        self._telling.asked(self._seat.now)

    # --- tools and context ----------------------------------------------------------------------------------------

    def outcomes(self, given: ToolResponse) -> None:
        field = "toolResponse.functionResponses"
        if not 0 < len(given.function_responses) <= MOST_RESPONSES:
            raise Malformed(field, f"from 1 to {MOST_RESPONSES} (got {len(given.function_responses)})")
        for index, response in enumerate(given.function_responses):
            call = self._calls.find(response.id, f"{field}[{index}].id")
            scheduling = _scheduling(response.scheduling, f"{field}[{index}].scheduling")
            if call is not None:
                self._outcome(call, response, scheduling if call.behind else "")

    def _outcome(self, call: Pending, response: FunctionResponse, scheduling: str) -> None:
        text, failed = _text_of(response)
        silent = scheduling == "SILENT"
        if scheduling == "INTERRUPT":
            self._seat.command(Stop())
        if call.behind and response.will_continue:
            if not response.response:
                return
            heard = Remember(self._source(), "system", f"{call.name or 'A tool'} says so far: {text}")
            if silent:
                self._seat.command(heard)
            else:
                self._ask(heard)
            return
        self._telling.outcome(call.call, self._seat.now, leads_on=not call.behind)
        self._seat.outcome(call.call, text, failed, silent)

    def context(self, given: ContextUpdate) -> None:
        brief = update(given)
        self._calls.offered(brief)
        self._seat.command(brief)


def _text_of(response: FunctionResponse) -> tuple[str, bool]:
    """The outcome as text, and whether the call failed."""
    given = response.response
    if "error" in given:
        return as_text(given["error"]), True
    return as_text(given.get("output", given)), False


def _scheduling(name: str, field: str) -> str:
    allowed = ("", "SCHEDULING_UNSPECIFIED", "SILENT", "WHEN_IDLE", "INTERRUPT")
    if name.upper() not in allowed:
        raise Malformed(field, f"one of {', '.join(allowed[2:])}")
    return name.upper()
