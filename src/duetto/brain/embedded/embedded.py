"""The embedded brain: understands a request, asks its skill, and keeps what a draft would change aside."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from duetto.brain.brain import BrainHandler, Part
from duetto.brain.embedded import combined, repair, rewording
from duetto.brain.embedded.language import build_language
from duetto.brain.embedded.memory import Memory, Pending, Plan
from duetto.brain.embedded.skill import Answer, Question
from duetto.brain.embedded.skills import reading, skills, talk
from duetto.brain.embedded.understand import Understander, Understanding
from duetto.brain.embedded.words import Token, tokens
from duetto.timeline.arrival import Act, Clause, Gist, More, Understood
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.job import Ask, Context
from duetto.timeline.language import Language

MAX_DRAFTS: Final = 16
"""Replies that may wait to be kept or forgotten; the oldest is forgotten first."""
ANSWER_WITHIN: Final = 60 * NS_PER_S
"""How long (ns) a question back waits for its answer."""
CONTINUING: Final = ("sum.next",)
"""Requests that go on from a result, and as well from a sum of which the rest was asked back."""
GIVING_UP: Final = ("orders.stop", "orders.cancel_last", "talk.no")
"""What is said to a question that one does not want to answer."""
CONTINUES: Final = 0.2
"""Highest cost at which words are taken for more of a request of which the end is still missing."""
SHORT: Final = 4
"""Most words of an answer to a question back that may lack the little word which joins it to the request."""
LONG: Final = 4
"""A reply of this many clauses is one to go on with after an interruption."""
TEXT_WORDS: Final = 12
"""A typed line of this many words that is no request is taken for a text."""
_JOINTS: Final = ("", "to", "in", "at")
"""What may stand between a request and the rest of it that a question brought."""


class EmbeddedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the embedded brain answers."""

    zone: str = ""
    """Time zone to tell the time in, an IANA name such as "Europe/Berlin"; empty for the machine's own."""


@dataclass(frozen=True, slots=True)
class _Thought:
    """An answer to a request, with all that depends on it. memory: as it will be if the reply is given."""

    understood: Understood
    more: More
    answer: Answer
    memory: Memory


@dataclass(slots=True)
class _Draft:
    ask: Ask
    base: Memory | None = None
    memory: Memory | None = None
    names: tuple[str, ...] = ()
    kept: bool = False
    forgotten: bool = False


@cache
def _understander(zone: str) -> Understander:
    """One for all sessions of a process: compiling the phrases takes a fraction of a second."""
    try:
        return Understander(skills(ZoneInfo(zone) if zone else None))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"zone: there is no time zone {zone!r}") from None


class EmbeddedBrain:
    """Understands by phrases and answers by skills. One per session."""

    def __init__(self, settings: EmbeddedSettings | None = None) -> None:
        """Raises ValueError for a time zone that does not exist."""
        self._understander = _understander((settings or EmbeddedSettings()).zone)
        self._memory = Memory()
        self._drafts: OrderedDict[int, _Draft] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def memory(self) -> Memory:
        """What is remembered: what kept replies have changed."""
        return self._memory

    def language(self) -> Language:
        return build_language(self._understander.skills)

    def reply(self, ask: Ask) -> Iterator[Part]:
        draft = _Draft(ask, kept=not ask.draft)  # nobody keeps what was never a guess
        with self._lock:
            self._drafts.pop(ask.reply, None)
            self._drafts[ask.reply] = draft
            while len(self._drafts) > MAX_DRAFTS:
                self._drafts.popitem(last=False)[1].forgotten = True
        return self._parts(draft)

    def keep(self, reply: int) -> None:
        with self._lock:
            draft = self._drafts.get(reply)
            if draft is None or draft.kept:
                return
            draft.kept = True
            if draft.memory is not None:
                self._apply(draft)

    def forget(self, reply: int) -> None:
        with self._lock:
            draft = self._drafts.pop(reply, None)
            if draft is not None:
                draft.forgotten = True

    def _parts(self, draft: _Draft) -> Iterator[Part]:
        reply = draft.ask.reply
        base = self._memory
        thought = self._think(draft.ask, base)
        with self._lock:
            draft.base, draft.memory = base, thought.memory
            draft.names = tuple(order.name for order in thought.answer.orders)
            if draft.kept:
                self._apply(draft)
        yield Gist(reply, thought.understood, thought.more)
        answer = thought.answer
        if (answer.orders or answer.withdraw or answer.stop) and not draft.forgotten:
            yield Act(reply, answer.orders, answer.withdraw, answer.stop)
        for index, text in enumerate(answer.clauses):
            if draft.forgotten:
                return
            yield Clause(reply, index, text, goes_on=text[-1:].isalnum() and index + 1 < len(answer.clauses))

    def _apply(self, draft: _Draft) -> None:
        """The draft's changes count. If another reply was kept meanwhile, they are made anew on top of its own.

        Standing orders keep the names under which they were given.
        """
        assert draft.memory is not None
        if draft.base is self._memory:
            self._memory = draft.memory
        else:
            again = self._think(draft.ask, self._memory)
            given = dict(zip((order.name for order in again.answer.orders), draft.names, strict=False))
            orders = tuple(replace(order, name=given.get(order.name, order.name)) for order in again.memory.orders)
            self._memory = replace(again.memory, orders=orders)

    # --- thinking: a pure function of the request and the memory ----------------------------------------------

    def _think(self, ask: Ask, memory: Memory) -> _Thought:
        if ask.how == "told" and not ask.text:
            ask = msgspec.structs.replace(ask, text=self._wanted(ask.context.note))
        if ask.how == "typed" and (text := reading.typed_text(ask.text)) is not None:
            return self._thought(ask, "whole", reading.start_reading(text, memory), memory)
        words, found = self._understand(ask, memory)
        two = combined.taken_apart(words, found, self._understander.understand)
        if two is not None:
            return self._thought(
                ask, "whole", combined.answer(two, ask.context, memory), memory, _more(two[1], ask.context)
            )
        if found.understood == "whole":
            assert found.skill is not None and found.match is not None
            answer = found.skill.answer(found.match, ask.context, memory)
            return self._thought(ask, "whole", answer, memory, _more(found, ask.context))
        if found.understood == "half":
            question = _question(found)
            pending = Pending(" ".join(token.raw for token in words), question.assumed, ask.context.now, question.free)
            return self._thought(ask, "half", Answer((question.text,)), memory, pending=pending)
        if ask.how == "typed" and len(words) >= TEXT_WORDS:
            return self._thought(ask, "none", Answer(("I have your text.", "Say read this, and I read it.")), memory)
        return self._thought(ask, "none", talk.not_understood(memory) if words else Answer(), memory)

    def _wanted(self, note: str) -> str:
        """What to answer where the application wants a reply and nothing was said: its note, or a greeting."""
        words = tokens(note)
        return note if words and self._understander.understand(words).understood == "whole" else "hello"

    def _understand(self, ask: Ask, memory: Memory) -> tuple[tuple[Token, ...], Understanding]:
        """The request, by itself or as the answer to a question that duetto asked back."""
        words = tokens(ask.text)
        if not words:
            return words, Understanding("none")
        words, alone = repair.best(words, self._understander.understand(words), self._understander.understand)
        words, alone = rewording.best(words, alone, self._understander.understand)
        pending = memory.pending
        if pending is None or ask.context.now - pending.at > ANSWER_WITHIN:
            return words, alone
        if pending.free and not (alone.match is not None and alone.match.intent in GIVING_UP):
            whole = tokens(f"{pending.words} {ask.text}")
            found = self._understander.understand(whole)
            if found.understood == "whole":
                return whole, replace(found, begins_another=alone.understood == "half")
        if alone.understood == "whole" and alone.match is not None and alone.match.intent not in CONTINUING:
            if alone.match.intent != "talk.yes" or not pending.assumed:
                return words, alone
            whole = tokens(f"{pending.words} {pending.assumed}")
            return whole, self._understander.understand(whole)
        rest = ask.text.lower().removeprefix("no ").removeprefix("no, ") if words[0].text == "no" else ask.text
        readings: list[tuple[tuple[Token, ...], Understanding]] = []
        for joint in _JOINTS if len(words) <= SHORT else _JOINTS[:1]:
            both = tokens(f"{pending.words} {joint} {rest}")
            readings.append((both, self._understander.understand(both)))
            if readings[0][1].understood == "whole":
                break
        plain = readings[0]
        finished = min((r for r in readings if r[1].understood == "whole"), key=lambda r: r[1].cost, default=None)
        if finished is not None and not (plain[1].understood == "half" and plain[1].cost < finished[1].cost):
            return finished[0], replace(finished[1], begins_another=alone.understood == "half")
        continues = plain[1].understood == "half" and plain[1].cost <= CONTINUES
        return plain if continues else (words, alone)

    def _thought(
        self,
        ask: Ask,
        understood: Understood,
        answer: Answer,
        memory: Memory,
        more: More = "no",
        pending: Pending | None = None,
    ) -> _Thought:
        """Note what any reply leaves behind: what was said last, where a long text stands, what was asked back."""
        after = answer.memory or memory
        plan = after.plan
        if plan is not None and plan is not memory.plan:
            plan = replace(plan, reply=ask.reply, at=ask.context.now)
        elif len(answer.clauses) >= LONG and not answer.orders:
            plan = Plan(ask.reply, answer.clauses, ask.context.now)
        last = answer.clauses or memory.last
        after = replace(after, plan=plan, pending=pending, last=last)
        return _Thought(understood, more, answer, after)


def _more(found: Understanding, context: Context) -> More:
    """Whether more words may follow. "Stop" is waited for only where nothing is being said: it can mean much then."""
    if found.begins_another:
        return "likely"
    if not found.open_ended or found.skill is None or found.match is None:
        return "no"
    if found.match.intent in found.skill.urgent:
        return "likely" if context.saying is None else "no"
    return "likely" if found.match.intent in found.skill.lingering else "maybe"


def _question(found: Understanding) -> Question:
    """The question of the first reading that has one."""
    assert found.skill is not None and found.match is not None
    for skill, match in ((found.skill, found.match), *found.others):
        if (question := skill.question(match)) is not None:
            return question
    return Question("I only caught the beginning.")


def make_handler(settings_json: str = "{}") -> BrainHandler:
    """A handler with an embedded brain of its own. Raises msgspec.ValidationError for settings that do not fit."""
    return BrainHandler(EmbeddedBrain(msgspec.json.decode(settings_json or "{}", type=EmbeddedSettings)))
