"""A conversation on an engine's virtual clock with a scripted language model, and what its story must be like."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from duetto.assembly import Settings, session_info, with_chat
from duetto.brain.brain import BrainHandler
from duetto.brain.chat.chat import ChatHandler
from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.embedded import EmbeddedBrain
from duetto.brain.tools import ToolHandler, tool
from duetto.engine import Engine, EngineSettings, Opening
from duetto.models.model import MicroTurn, Observer
from duetto.perception.audio.recogniser import RecogniserHandler
from duetto.recording.journal import Journal
from duetto.speech.voice import VoiceHandler
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Hypothesis
from duetto.timeline.clock import VirtualClock, ms, s
from duetto.timeline.command import Brief, Manner, Offer, Over
from duetto.timeline.job import Job, Part
from duetto.timeline.turn import VOICE_RATE, Samples, samples_at
from duetto.wire.follower import Follower
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
from duetto.workers.inline import InlineWorker
from duetto.workers.worker import AsyncHandler, Result, Timed, Worker, describe

OFFERS = (
    Offer("weather", "The weather."),
    Offer("look", "Looks something up.", effects=False),
    Offer("watch", "Takes long.", behind=True, effects=False),
)


@tool
def clock() -> str:
    """What time it is."""
    return "noon"


@tool(effects=True, confirm="Shall I order it?")
def order() -> str:
    """Order something."""
    return "ordered"


RULES = (
    Rule("weather", "Let me see. One moment please.", (CallRequest("weather", "{}"),)),
    Rule("look", "", (CallRequest("look", '{"a": 1}'),)),
    Rule("watch", "I watch it.", (CallRequest("watch", "{}"), CallRequest("clock", "{}"))),
    Rule("time", "", (CallRequest("clock", "{}"),)),
    Rule("order", "Well.", (CallRequest("order", "{}"),)),
    Rule("end", "It ends.", (CallRequest("withdraw_call", "{}"),)),
    Rule("story", "Once there was a king, who had a very old castle. It fell down, one day. He built it up again."),
    Rule("wait", "[wait]"),
    Rule("on", "[go on]"),
    Rule("broken", "This is going to be", fault="cut"),
    Rule("dead", fault="broken"),
    Rule("again", "", (CallRequest("look", "{}"),), outcome=True, times=3),
    Rule("quiet", "[wait]", outcome=True),
    Rule("", "That is what came of it.", outcome=True),
)


class PlayedWorker:
    """Does each job of an `AsyncHandler` to its end at once; what takes time says so (`Timed`)."""

    def __init__(self, part: Part, handler: AsyncHandler) -> None:
        self._part = part
        self._handler = handler
        self._loop = asyncio.new_event_loop()
        self._results: list[Result] = []

    @property
    def part(self) -> Part:
        return self._part

    @property
    def standing(self) -> bool:
        return True

    @property
    def slow(self) -> bool:
        return True

    def submit(self, ticket: int, job: Job) -> None:
        self._loop.run_until_complete(self._do(ticket, job))

    async def _do(self, ticket: int, job: Job) -> None:
        error: str | None = None
        after = 0
        try:
            async for found in self._handler.handle(job):
                arrival, after = (found.arrival, found.after) if isinstance(found, Timed) else (found, after)
                self._results.append(Result(ticket, arrival, after=after))
        except Exception as problem:
            error = describe(problem)
        self._results.append(Result(ticket, done=True, error=error, after=after))

    def collect(self) -> list[Result]:
        results, self._results = self._results, []
        return results

    def restart(self) -> bool:
        return False

    def abandon(self) -> None:
        self._results.clear()

    def close(self) -> None:
        self._loop.close()


@dataclass
class _Staff:
    hears: Sequence[str]
    chats: bool
    model: ScriptedChat

    def seat(self, seat: str, settings: Settings, ring: Callable[[], None]) -> Sequence[Worker]:
        made: list[Worker] = [
            InlineWorker("recogniser", RecogniserHandler(ScriptedRecogniser(self.hears))),
            InlineWorker("voice", VoiceHandler(ScriptedVoice(ms_per_letter=30, gap_ms=20))),
        ]
        if not self.chats:
            return [*made, InlineWorker("brain", BrainHandler(EmbeddedBrain()))]
        assert settings.chat is not None
        tools = (clock, order)
        made.append(PlayedWorker("brain", ChatHandler(self.model, settings.chat, tools)))
        made.append(PlayedWorker("tools", ToolHandler(tools)))
        return made

    def close(self) -> None:
        """Nothing to release."""


@dataclass
class Talk:
    """One conversation. hears: what the recogniser makes of each utterance. record: where, None for no recording.

    longest: ns at which an utterance is cut.
    """

    hears: Sequence[str] = ()
    chats: bool = True
    delta: int = ms(40)
    record: Path | None = None
    longest: int = s(30)
    story: list[Happening] = field(default_factory=list)
    turns: list[MicroTurn] = field(default_factory=list)

    def __post_init__(self) -> None:
        settings = Settings()
        audio = replace(settings.cascade.audio, utterance_longest=self.longest)
        settings = replace(settings, cascade=replace(settings.cascade, audio=audio))
        if self.chats:
            settings = with_chat(settings, ChatSettings("scripted"))
        self.clock = VirtualClock()
        self.model = ScriptedChat(Script(RULES))
        self.engine = Engine(
            settings,
            _Staff(self.hears, self.chats, self.model),
            clock=self.clock,
            engine=EngineSettings(most=2, headroom=1.0),
            observers=self._recorders,
        )
        self.seat = self.engine.open(Opening(delta=self.delta, first=(Brief(offers=OFFERS),)))
        self.follower = Follower()
        self.check = Check()
        self.seat.follow(self._follow)
        self.closed: list[str] = []
        self.seat.on_close(self.closed.append)

    def _recorders(self, id: str, opening: Opening, settings: Settings, start: int) -> Sequence[Observer]:
        return [] if self.record is None else [Journal(self.record, session_info(settings, self.clock))]

    def _follow(self, micro_turn: MicroTurn) -> None:
        self.turns.append(micro_turn)
        happenings = self.follower.follow(micro_turn)
        self.check.follow(micro_turn, happenings)
        self.story.extend(happenings)

    def run(self, seconds: float) -> None:
        until = self.clock.now() + s(seconds)
        while self.clock.now() < until:
            self.engine.settle(self.engine.tick())

    def say(self, sound: Samples) -> None:
        """Speak at the pace of time."""
        block = VOICE_RATE // 50
        for first in range(0, len(sound), block):
            self.seat.hear(sound[first : first + block], VOICE_RATE)
            self.run(0.02)

    def quiet(self, seconds: float) -> None:
        self.say(np.zeros(round(seconds * VOICE_RATE), np.int16))

    def settle(self) -> None:
        """Let everything that is under way come to its end."""
        self.seat.command(Manner(), Over())
        for _ in range(90):
            self.quiet(1.0)
            for call in sorted(self.check.owed):
                self.seat.outcome(call, "nothing", silent=True)
            if not (self.check.busy or self.seat.cascade.busy):
                break
        self.quiet(2.5)  # words that never become final are waited for so long

    def all(self, kind: type) -> list:
        return [happening for happening in self.story if isinstance(happening, kind)]


@dataclass
class _Told:
    spoken: bool
    length: int = 0
    offset: int = 0
    until: int = 0
    texts: int = 0


class Check:
    """Holds a story to what its adapters count on, micro-turn by micro-turn."""

    def __init__(self) -> None:
        self.open: dict[int, _Told] = {}
        self.over: dict[int, str] = {}
        self.turns: dict[int, str] = {}
        self.words: set[int] = set()
        self.calls: dict[int, CallMade] = {}
        self.owed: set[int] = set()
        self._offers: frozenset[str] = frozenset()
        self._until = 0

    @property
    def busy(self) -> bool:
        return bool(self.open)

    def follow(self, micro_turn: MicroTurn, happenings: Sequence[Happening]) -> None:
        end = micro_turn.span.end
        for turn in micro_turn.turns:
            for command in turn.commands:
                if isinstance(command, Brief) and command.offers is not None:
                    self._offers = frozenset(offer.name for offer in command.offers)
            for arrival in turn.arrivals:
                self.owed.discard(getattr(arrival, "call", None) or 0)
        for one in happenings:
            self._one(one, end)
        final = {a.utterance for t in micro_turn.turns for a in t.arrivals if isinstance(a, Hypothesis) and a.final}
        for number in final:
            assert self.turns.get(number) in (None, "final"), f"the final words of turn {number} were not told"

    def _one(self, one: Happening, end: int) -> None:
        match one:
            case TurnBegan():
                assert one.turn not in self.turns, f"turn {one.turn} began twice"
                assert one.turn not in self.words, f"turn {one.turn} began after its last words"
                assert 0 <= one.at <= end
                self.turns[one.turn] = "began"
            case TurnEnded():
                assert self.turns.get(one.turn) == "began", f"turn {one.turn} ended when it was not open"
                assert 0 <= one.at <= end
                self.turns[one.turn] = "ended"
            case TurnWords():
                assert one.turn not in self.words, f"turn {one.turn} has words after its last ones"
                if one.final:
                    assert self.turns.get(one.turn) in (None, "ended"), f"turn {one.turn} is final and has not ended"
                    self.words.add(one.turn)
                    if one.turn in self.turns:
                        self.turns[one.turn] = "final"
            case ReplyBegan():
                assert one.reply not in self.open and one.reply not in self.over, f"reply {one.reply} began twice"
                self.open[one.reply] = _Told(one.spoken)
            case ReplyText():
                told = self.open[one.reply]
                told.texts += 1
            case ReplySound():
                told = self.open[one.reply]
                assert told.spoken, f"reply {one.reply} is to be shown, and sounds"
                assert told.texts, f"reply {one.reply} sounds before its text is told"
                assert len(one.samples) and len(one.samples) % 2 == 0
                assert one.at >= self._until - 50_000, f"the sound of reply {one.reply} lies over what was before"
                self._until = one.at + samples_at(len(one.samples) // 2, VOICE_RATE)
                told.length += samples_at(len(one.samples) // 2, VOICE_RATE)
            case ReplyHeard():
                told = self.open[one.reply]
                assert told.offset <= one.offset <= told.length + 100_000, (one, told)
                assert one.span.start <= one.span.end <= end
                told.offset = one.offset
            case ReplyEnded():
                del self.open[one.reply]
                self.over[one.reply] = one.how
            case CallMade():
                assert one.call not in self.calls, f"call {one.call} was made twice"
                assert one.own == (one.name in self._offers), one
                assert one.reply in self.open or (not one.own and one.reply in self.over), one
                self.calls[one.call] = one
                if one.own:
                    self.owed.add(one.call)
            case CallWithdrawn():
                assert one.call in self.calls, f"call {one.call} was withdrawn and never made"
                self.owed.discard(one.call)
            case Noticed() | Used():
                pass

    def at_rest(self, talk: Talk) -> None:
        """All is over, and nothing is kept of it."""
        assert not self.open, f"replies without an end: {self.open}"
        assert {state for state in self.turns.values()} <= {"final"}, self.turns
        cascade, follower = talk.seat.cascade, talk.follower
        state = cascade._state
        assert not cascade.busy
        assert not state.replies and not state.asked and state.turn is None and state.over is None
        assert state.overlap is None
        assert not cascade._clauses, cascade._clauses
        assert not cascade._talk._said_since, cascade._talk._said_since
        assert not follower._speaking._replies and not follower._hearing._turns
        assert not cascade._speech.ledger._open and not talk.seat._owed
        assert not talk.seat.session._crew.behind().get("brain")
