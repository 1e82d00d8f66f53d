"""Many random conversations with a scripted language model: whatever happens in them, each comes to its end.

The seed of each is its number, so that one which fails can be played again. `DUETTO_CONVERSATIONS=1000` plays more.
"""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from duetto.assembly import Settings, make_cascade, thinkers, with_chat
from duetto.brain.chat.model import CallRequest
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.tools import Report, Tool, tool
from duetto.interaction.action import AbortCall, AskBrain, CallTool, KeepReply, PlanClause
from duetto.models.cascade import Cascade
from duetto.models.model import MicroTurn
from duetto.perception.audio.input import AudioInput
from duetto.perception.audio.recogniser import RecogniserHandler
from duetto.perception.text.input import KeysInput
from duetto.recording.soundtrack import VoiceSpans
from duetto.session import Inputs, Session, SessionSettings
from duetto.simulation.script import After, At, Cue, Ended, Hears, Pauses, Quiet, Says, Speaking, Types, When
from duetto.simulation.user import SimulatedUser
from duetto.speech.voice import VoiceHandler
from duetto.testing.model import Fault as ModelFault
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Fault, Outcome
from duetto.timeline.clock import VirtualClock, ms, s
from duetto.timeline.increment import Increment
from duetto.timeline.payload import Heard
from duetto.timeline.turn import VOICE_RATE, Samples
from duetto.workers.crew import Crew
from duetto.workers.inline import InlineWorker
from duetto.workers.worker import Worker

CONVERSATIONS = int(os.environ.get("DUETTO_CONVERSATIONS", "40"))
REPLAYED = 8
"""Every eighth is replayed, too."""
LINGER = s(300)
"""Nothing that is still being said at the end goes on for so long."""

SPOKEN = (
    "tell me the story",
    "what is the weather in dresden tomorrow",
    "no for thursday please",
    "wait which one",
    "order two pizzas please",
    "look up the train to berlin",
    "never mind cancel the search",
    "yes please",
    "no thanks",
    "stop",
    "yeah",
    "and then",
    "what is the",
)
TYPED = ("and on Thursday?", "order 2 pizzas", "look up trains", "cancel it", "yes", "no", "tell me the story", "...")
TOPICS = (
    "story",
    "weather",
    "thursday",
    "which",
    "pizzas",
    "train",
    "cancel|never",
    "yes|please",
    "no",
    "stop",
    "then",
    "",
)
CLAUSES = (
    "Once there was a keeper,",
    "who lived by the sea.",
    "In Dresden it will be fine.",
    "The high is twenty degrees.",
    "Let me see.",
    "Shall I go on?",
    "Well, yes,",
    "the 3.15 from Berlin, i.e. the slow one.",
    "Thursday, then:",
    "nothing else.",
)
HEARD = ("there", "keeper", "dresden", "sea", "is", "let", "twenty", "well")
FAULTS = tuple(fault for fault in get_args(ModelFault) if fault)


# --- tools ----------------------------------------------------------------------------------------------------


def some_tools(rng: random.Random) -> tuple[Tool, ...]:
    """Tools that return, fail, take long, report; some with effects, some with a question."""

    def takes() -> int:
        return ms(rng.choice((0, 80, 500, 2000, 6000)))

    @tool(takes=takes())
    async def look_up(what: str = "") -> str:
        """Look something up."""
        return f"found {what}"

    @tool(takes=takes(), behind=rng.random() < 0.5)
    def in_a_thread(report: Report, what: str = "") -> dict[str, str]:
        """Do it in a thread."""
        report("half of it is done")
        return {"found": what}

    @tool(takes=takes())
    async def fails(what: str = "") -> str:
        """Never works."""
        raise OSError(f"no {what}")

    @tool(takes=s(30), limit_s=rng.choice((0.5, 4.0)))
    async def too_long(what: str = "") -> str:
        """Takes longer than it may."""
        return what

    @tool(takes=takes(), effects=True)
    async def write_down(what: str = "") -> str:
        """Write it down."""
        return "written"

    @tool(takes=takes(), confirm="Shall I order {what}?", behind=rng.random() < 0.5)
    async def order(what: str = "") -> str:
        """Order it."""
        return "ordered"

    return look_up, in_a_thread, fails, too_long, write_down, order


# --- what the model says, what the user does ------------------------------------------------------------------


def some_calls(rng: random.Random, tools: tuple[Tool, ...]) -> tuple[CallRequest, ...]:
    names = [*(one.name for one in tools), "withdraw_call", "withdraw_call", "fly"]
    arguments = ("{}", '{"what": "tea"}', '{"what": 3}', '{"call": 1}', "{no")
    weights = (4, 6, 1, 1, 1)
    count = rng.choice((1, 1, 1, 2, 3))
    return tuple(CallRequest(rng.choice(names), rng.choices(arguments, weights)[0]) for _ in range(count))


def some_rule(rng: random.Random, words: str, tools: tuple[Tool, ...], *, outcome: bool = False) -> Rule:
    text = " ".join(rng.choice(CLAUSES) for _ in range(rng.randint(0, 5)))
    mark = rng.random()
    if mark < 0.15:
        text += " [go on]"
    elif mark < 0.25:
        text = "[wait]"
    return Rule(
        words,
        text,
        some_calls(rng, tools) if rng.random() < (0.25 if outcome else 0.4) else (),
        first_token=ms(rng.choice((20, 300, 300, 900, 2500))),
        rate=rng.choice((12.0, 40.0, 90.0)),
        fault=rng.choice(FAULTS) if rng.random() < 0.2 else "",
        times=rng.choice((None, None, 1)),
        outcome=outcome,
    )


def some_script(rng: random.Random, tools: tuple[Tool, ...]) -> Script:
    rules = [some_rule(rng, topic, tools) for topic in TOPICS]
    rules += [some_rule(rng, words, tools, outcome=True) for words in ("found", "ordered", "")]
    rng.shuffle(rules)
    return Script(rules)


def some_moment(rng: random.Random) -> When:
    match rng.randrange(7):
        case 0:
            return Quiet(ms(rng.randint(100, 2500)))
        case 1:
            return After(ms(rng.randint(300, 6000)))
        case 2:
            return Ended(ms(rng.randint(0, 3000)))
        case 3:
            return Speaking(ms(rng.randint(50, 3000)))
        case 4:
            return Pauses(rng.randint(1, 2))
        case _:
            return Hears(rng.choice(HEARD))


def some_user(rng: random.Random) -> tuple[Cue, ...]:
    cues = [Cue(At(ms(rng.randint(100, 900))), (some_deed(rng),))]
    cues += [Cue(some_moment(rng), (some_deed(rng),), s(4)) for _ in range(rng.randint(1, 4))]
    if rng.random() < 0.2:
        cues.append(Cue(some_moment(rng), (some_deed(rng), Types(rng.choice(TYPED), 30)), s(4)))
    return tuple(cues)


def some_deed(rng: random.Random) -> Says | Types:
    if rng.random() < 0.3:
        return Types(rng.choice(TYPED), rng.choice((8.0, 25.0)), send=rng.random() < 0.95)
    return Says(rng.choice(SPOKEN), delay=ms(rng.randint(0, 79)))


# --- one conversation -----------------------------------------------------------------------------------------


@dataclass
class Played:
    """A conversation that has come to its end."""

    ended: int
    model: Cascade
    chat: ScriptedChat
    settings: Settings
    tools: dict[str, Tool]
    micro_turns: list[MicroTurn]

    def actions(self, kind: type) -> list[Any]:
        return [a for m in self.micro_turns for o in m.outputs for a in o.actions if isinstance(a, kind)]

    def arrivals(self, kind: type) -> list[Any]:
        return [a for m in self.micro_turns for t in m.turns for a in t.arrivals if isinstance(a, kind)]

    def edits(self) -> list[Increment]:
        return [edit for m in self.micro_turns for o in m.outputs for edit in o.edits]


class _Watcher:
    def __init__(self) -> None:
        self.micro_turns: list[MicroTurn] = []

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        self.micro_turns.append(micro_turn)

    def close(self) -> None:
        """Nothing to release."""


def converse(seed: int, spoken: Callable[[str], Samples]) -> Played:
    rng = random.Random(seed)
    tools = some_tools(rng)
    chat = ScriptedChat(some_script(rng, tools), patience=s(rng.choice((1, 4))))
    cues = some_user(rng)
    settings = Settings(SessionSettings(linger=LINGER))
    settings = with_chat(settings, ChatSettings("scripted", retries=rng.choice((0, 1))))
    says = [deed.text for cue in cues for deed in cue.does if isinstance(deed, Says)]
    mic, keys, watcher = AudioInput(VOICE_RATE), KeysInput(), _Watcher()
    user = SimulatedUser(cues, spoken, mic=mic, keys=keys)
    clock, bell = VirtualClock(), threading.Event()
    workers: list[Worker] = [
        InlineWorker("recogniser", RecogniserHandler(ScriptedRecogniser(says))),
        InlineWorker("voice", VoiceHandler(ScriptedVoice(ms_per_letter=rng.choice((20, 45))))),
        *thinkers(settings, bell, tools=tools, model=lambda _: chat),
    ]
    model = make_cascade(settings, clock.epoch_ns)
    session = Session(
        model,
        clock=clock,
        crew=Crew(workers, bell, realtime=clock.realtime, settings=settings.crew),
        inputs=Inputs(mic, None, None, keys),
        feeders=[user],
        observers=[user, watcher],
        settings=settings.session,
    )
    ended = session.run()
    return Played(ended, model, chat, settings, {one.name: one for one in tools}, watcher.micro_turns)


def our_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("duetto-")]


def open_files() -> int:
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


@pytest.fixture(scope="session", autouse=True)
def _all_said_once(spoken: Callable[[str], Samples]) -> None:
    """The user's voice is made before anything is counted."""
    for text in SPOKEN:
        spoken(text)


@pytest.mark.parametrize("seed", range(CONVERSATIONS))
def test_whatever_happens_a_conversation_comes_to_its_end(
    spoken: Callable[[str], Samples], caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    files = open_files()
    assert our_threads() == []
    played = converse(seed, spoken)

    last = played.micro_turns[-1]
    assert last.span.end == played.ended, "nobody was left out on the way"
    state = played.model._state
    assert (state.turn, state.replies, state.overlap, state.owed) == (None, (), None, None), "nothing is left over"
    assert all(call.stage == "asked" for call in state.calls), "but a question that nobody has answered"
    assert not played.model.busy and played.ended < LINGER

    called = {action.call for action in played.actions(CallTool)}
    aborted = {action.call for action in played.actions(AbortCall)}
    returned = {outcome.call for outcome in played.arrivals(Outcome)}
    assert called == returned | aborted, "each call ends: with an outcome, or withdrawn"
    kept = {action.reply for action in played.actions(KeepReply)}
    drafts = {action.reply for action in played.actions(AskBrain) if action.draft}
    for action in played.actions(CallTool):
        effects = action.name in played.tools and played.tools[action.name].spec.effects
        assert not (effects and action.reply in drafts - kept), "nothing is done on a guess"

    what_was_heard_was_meant_to_be(played, drafts - kept)
    for fault in played.arrivals(Fault):
        assert fault.part == "brain" and fault.text.startswith(("the model's server", "the conversation is")), fault
    assert [record.getMessage() for record in caplog.records] == []

    for thread in our_threads():  # a tool's own may be at its last instruction
        thread.join(timeout=5)
    assert our_threads() == []
    assert open_files() <= files
    if seed % REPLAYED == 0:
        replays_the_same(played)


def what_was_heard_was_meant_to_be(played: Played, unconfirmed: set[int]) -> None:
    """Each clause from its beginning and no word of it twice, nothing of a guess; and only that is history."""
    texts = {action.clause: action.text for action in played.actions(PlanClause)}
    clauses: dict[int, list[str]] = {}
    for edit in played.edits():
        if isinstance(edit.payload, Heard):
            clauses.setdefault(edit.payload.clause, []).append(edit.payload.text)
            assert edit.payload.reply not in unconfirmed
    for clause, words in clauses.items():
        assert texts[clause].startswith(" ".join(words))
    heard = Counter(" ".join(word for words in clauses.values() for word in words).split())
    for request in played.chat.requests:
        told: Counter[str] = Counter()
        for message, follows in pairwise((*request.asked.messages, {})):
            broken_off = "the line broke" in str(follows.get("content"))
            if message["role"] == "assistant" and message["content"] and not broken_off:
                told.update(message["content"].split())
        assert told <= heard


def replays_the_same(played: Played) -> None:
    model = make_cascade(played.settings, VirtualClock().epoch_ns)
    spans = VoiceSpans(played.settings.session.delta)
    for micro_turn in played.micro_turns:
        for turn, output in zip(micro_turn.turns, micro_turn.outputs, strict=True):
            assert model.step(turn).actions == output.actions
        voice = model.voice(spans.next(micro_turn))
        assert np.array_equal(voice, np.frombuffer(micro_turn.voice, "<i2"))
