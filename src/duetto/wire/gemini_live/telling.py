"""What happens in a conversation, told to a Gemini Live client."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from duetto.timeline.clock import in_s, s
from duetto.wire.gemini_live.calls import Calls, name_of
from duetto.wire.gemini_live.config import Ways
from duetto.wire.gemini_live.model_turn import FOLLOW_UP, ModelTurn, Send
from duetto.wire.happening import (
    CallMade,
    CallWithdrawn,
    Happening,
    ReplyBegan,
    ReplyEnded,
    ReplySound,
    ReplyText,
    TurnBegan,
    TurnEnded,
    TurnWords,
    Used,
)

UNANSWERED: Final = s(8)
"""ns of media time after the user's turn in which no reply began: duetto waits for more, and says so."""
NO_ANSWER: Final = s(20)
"""The same after a reply was asked for: then the turn that the client waits for is ended too."""
CHARACTERS_PER_TOKEN: Final = 4
"""For usage, which duetto counts in characters where no tokenizer says more."""


class Telling:
    """completed: called after each turn of the model."""

    def __init__(self, ways: Ways, calls: Calls, send: Send, completed: Callable[[], None]) -> None:
        self._ways = ways
        self._calls = calls
        self._send = send
        self._turn = ModelTurn(ways, send, completed)
        self._words = ""  # the latest interim transcript
        self._audio_began: int | None = None
        self._due: tuple[int, bool] | None = None  # when a reply is missed, and whether it was asked for

    # --- told by the other half of the wire ----------------------------------------------------------------------

    def audio_begins(self, now: int) -> None:
        """The client's sound begins: times are told from here on."""
        if self._audio_began is None:
            self._audio_began = now

    def asked(self, now: int) -> None:
        """The client has asked for a reply."""
        self._due = (now + NO_ANSWER, True)

    def outcome(self, call: int, now: int, leads_on: bool) -> None:
        """The client has given the outcome of a call. leads_on: the talk waits for what is said to it."""
        self._calls.answered(call)
        if leads_on:
            self._turn.outcome(now + FOLLOW_UP)

    # --- told by the conversation ---------------------------------------------------------------------------------

    def tell(self, happenings: Sequence[Happening], now: int) -> None:
        gone = {one.call for one in happenings if isinstance(one, CallWithdrawn)}
        made = [one for one in happenings if isinstance(one, CallMade) and one.own and one.call not in gone]
        for call in made:  # known before anything else: a reply that ends in the same micro-turn waits for them
            self._calls.made(call.call, call.name, now)
        for one in happenings:
            if isinstance(one, CallMade):
                self._call(made)
                made = []
            else:
                self._one(one, now)
        self._withdraw(gone)
        self._give_up(now)
        self._turn.settle(now, self._calls.awaited)
        self._miss(now)

    def _one(self, one: Happening, now: int) -> None:
        turn = self._turn
        match one:
            case ReplySound():
                turn.sound(one.reply, one.samples)
            case ReplyText():
                turn.text(one.reply, one.text)
            case ReplyBegan():
                self._due = None
                turn.begin(one.reply, one.spoken)
            case ReplyEnded():
                turn.end(one.reply, one.how, self._calls.awaited)
            case TurnBegan():
                self._words = ""
                self._activity("ACTIVITY_START", one.at)
                if self._ways.interrupts:
                    turn.interrupt()
            case TurnWords():
                self._transcribe(one)
            case TurnEnded():
                self._activity("ACTIVITY_END", one.at)
                if not one.discarded:
                    turn.release()
                    if not self._ways.manual and self._due is None:
                        self._due = (now + UNANSWERED, False)
            case Used():
                turn.used(_tokens(one.prompt), _tokens(one.stable), one.pieces or _tokens(one.text))
            case _:
                pass  # a part that failed, words as they are heard: the protocol has no place for them

    def _transcribe(self, words: TurnWords) -> None:
        """The words so far as an interim transcript, which takes the place of the one before; the last ones once."""
        if not self._ways.heard:
            return
        if words.final:
            self._words = ""
            if words.text:
                self._say(inputTranscription={"text": words.text, "finished": True})
        elif words.text != self._words:
            self._words = words.text
            self._say(interimInputTranscription={"text": words.text})

    def _activity(self, kind: str, at: int) -> None:
        if self._ways.activity:
            offset = max(0, at - (self._audio_began or 0))
            self._send({"voiceActivity": {"voiceActivityType": kind, "audioOffset": duration(in_s(offset))}})

    def _call(self, made: list[CallMade]) -> None:
        if not made:
            return
        if self._calls.awaited:
            self._due = None
            self._turn.call()
        calls = [{"id": name_of(one.call), "name": one.name, "args": _object(one.arguments)} for one in made]
        self._send({"toolCall": {"functionCalls": calls}})

    def _withdraw(self, gone: set[int]) -> None:
        self._cancel([call for call in sorted(gone) if self._calls.withdrawn(call)])

    def _give_up(self, now: int) -> None:
        late = self._calls.given_up(now)
        self._cancel([pending.call for pending in late])
        if any(not pending.behind for pending in late):
            self._turn.outcome(now + FOLLOW_UP)  # the brain is told that there was none, and says something to it

    def _cancel(self, calls: list[int]) -> None:
        if calls:
            self._send({"toolCallCancellation": {"ids": [name_of(call) for call in calls]}})

    def _miss(self, now: int) -> None:
        if self._due is None or now < self._due[0]:
            return
        _, asked = self._due
        self._due = None
        if self._turn.active:
            return
        self._say(waitingForInput=True)
        if asked:
            self._turn.unanswered()

    def _say(self, **content: Any) -> None:
        self._send({"serverContent": content})


def duration(seconds: float) -> str:
    """Protocol buffers' Duration in JSON: 1.2 is "1.2s"."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)


def _object(arguments: str) -> dict[str, Any]:
    """The arguments of a call, which must be an object on the wire."""
    try:
        found = msgspec.json.decode(arguments or "{}")
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return {"arguments": arguments}
    return found if isinstance(found, dict) else {"arguments": found}
