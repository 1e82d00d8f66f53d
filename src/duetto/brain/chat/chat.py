"""The chat brain: asks a language model, and gives what streams back as clauses, calls and marks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from duetto.brain.chat import ordering
from duetto.brain.chat.clauses import Cutter
from duetto.brain.chat.marks import Mark, MarkReader
from duetto.brain.chat.model import CallRequest, ChatModel, ChatRequest, Message, ModelTrouble, Piece, ReadsAhead
from duetto.brain.chat.prompt import WITHDRAW, Prompter
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.chat.weighing import weigh
from duetto.brain.chat.wholeness import wholeness
from duetto.brain.tools import Tool, ToolSpec
from duetto.timeline.arrival import Arrival, Clause, Fault, Gist, GoOn, ReplyEnd, ToolCall, Understood, Usage, Withdraw
from duetto.timeline.clock import NS_PER_S, Stopwatch, ms
from duetto.timeline.command import Offer
from duetto.timeline.job import Ask, Forget, Job, Keep, Weigh
from duetto.workers.worker import Timed, describe

MOST_CALLS: Final = 8
"""Calls that one reply may make; a model that wants more is not obeyed."""
MOST_TEXT: Final = 50_000
"""Characters of one answer; a server that streams on beyond it is told to stop."""
MOST_ARGUMENTS: Final = 20_000
"""Characters of the arguments of one call."""
MOST_TURNS: Final = 3
"""Turns of the model in one reply, of which each but the first is told what came of its calls about orders."""
PACE: Final = ms(45)
"""ns a piece (about a word) up to which a model writes so much faster than people speak that its first words may be
said before it is known what follows."""
PAUSE_S: Final = 0.3
"""Seconds before a request is made again; twice that the next time."""
_WITHDRAW: Final = ToolSpec(
    WITHDRAW,
    "End a call that is running, because its outcome is not wanted any more. Without a number: all that run.",
    {"type": "object", "properties": {"call": {"type": "integer"}}},
)
_REGRETS: Final = {
    "busy": "the model's server is busy",
    "overflow": "the conversation is too long for the model",
    "refused": "the model's server refused the request",
    "broken": "the model's server gave no answer",
}


class _Withdrawal(msgspec.Struct):
    call: int = 0


@dataclass(slots=True)
class _Answer:
    """One reply as it streams in. specs: the tools it may call; orders: it may give standing orders. messages: the
    request; told: what of it came of its own calls about orders. text: all that the model wrote, since: from where on
    the latest of it. ordered: the latest calls about orders, and what the model is to be told of each. after: its time
    so far (see `Timed`); begun: when its latest request was made.
    """

    ask: Ask
    specs: dict[str, ToolSpec]
    orders: bool
    messages: tuple[Message, ...]
    told: tuple[Message, ...] = ()
    cutter: Cutter = field(default_factory=Cutter)
    marks: MarkReader = field(default_factory=MarkReader)
    text: str = ""
    since: int = 0
    ordered: list[tuple[CallRequest, str]] = field(default_factory=list)
    refused: bool = False
    clauses: int = 0
    calls: int = 0
    pieces: int = 0
    requests: int = 0
    first: int | None = None
    after: int = 0
    begun: int = 0
    waits: bool = False
    watch: Stopwatch = field(default_factory=Stopwatch)

    @property
    def latest(self) -> str:
        """What the model wrote in its latest turn."""
        return self.text[self.since :]

    @property
    def quick(self) -> bool:
        """It comes faster than it can be said, and is to be spoken."""
        if self.first is None or self.pieces < 2 or self.ask.how == "typed" or not self.ask.aloud:
            return False
        return self.after - self.first <= PACE * (self.pieces - 1)

    @property
    def to_be_told(self) -> bool:
        """Is there something that the model has to be told to end its reply: a refusal, or what it is to confirm?"""
        silent = not self.clauses and self.calls == len(self.ordered)
        return bool(self.ordered) and not self.waits and (self.refused or silent)

    def tell(self) -> None:
        """The next request is the same with what came of the calls about orders."""
        new = _outcomes(self.latest, self.ordered, len(self.told))
        self.messages, self.told = (*self.messages, *new), (*self.told, *new)
        self.since, self.ordered, self.refused = len(self.text), [], False

    def timed(self, arrival: Arrival) -> Timed:
        return Timed(arrival, self.after)

    def passed(self, after: int | None) -> None:
        """Something has come: `after` (ns) its request was made, or now if the model plays no time."""
        self.after = self.watch.wall_ns() if after is None else self.begun + after


class ChatHandler:
    """A session's chat brain. Does `Ask`, each in its own task; cancelled, it closes the model's stream at once."""

    def __init__(self, model: ChatModel, settings: ChatSettings | None = None, tools: Sequence[Tool] = ()) -> None:
        self.settings = settings or ChatSettings()
        self._model = model
        self._own = {one.name: one.spec for one in tools}
        self._orders = self.settings.orders
        self._prompter = Prompter(
            self.settings.instructions, characters=self.settings.characters, tools=bool(tools), orders=self._orders
        )
        self._ahead = model if isinstance(model, ReadsAhead) else None
        if self._ahead is not None:
            self._ahead.prepare(ChatRequest((self._prompter.opening,), self._offered(self._own, orders=False)))

    async def handle(self, job: Job) -> AsyncIterator[Arrival | Timed]:
        """Raises TypeError for a job of another part."""
        match job:
            case Ask():
                async for arrival in self._reply(job):
                    yield arrival
            case Keep() | Forget():
                return  # it has no memory: what was heard is in the context of the next request
            case Weigh():
                yield await weigh(self._model, job, self.settings.first_s)
            case _:
                raise TypeError(f"job: the brain does not do {type(job).__name__}")

    async def close(self) -> None:
        await self._model.close()

    # --- one reply --------------------------------------------------------------------------------------------

    async def _reply(self, ask: Ask) -> AsyncIterator[Arrival | Timed]:
        understood, may_go_on = _wholeness(ask)
        put_off = ask.draft and (understood == "half" or not self.settings.drafts)
        yield Gist(ask.reply, understood, "maybe" if may_go_on else "no", put_off)
        if understood == "none" or put_off:
            if put_off and self._ahead is not None:  # words that are not whole are a beginning
                offered = self._offered(self._specs(ask), orders=False)
                self._ahead.prepare(ChatRequest(self._prompter.messages(ask), offered))
            yield ReplyEnd(ask.reply)
            return
        orders = self._orders and ask.context.choice != "none" and ordering.may_order(ask)
        answer = _Answer(ask, self._specs(ask), orders, self._prompter.messages(ask))
        size, stable = self._prompter.stable(answer.messages)
        trouble: ModelTrouble | None = None
        for turn in range(MOST_TURNS):
            if turn:
                answer.tell()
            async for part in self._insist(answer):
                if isinstance(part, ModelTrouble):
                    trouble = part
                else:
                    yield part
            for arrival in self._rest(answer):
                yield arrival
            if trouble is not None or not answer.to_be_told:
                break
        yield answer.timed(
            Usage(ask.reply, size, stable, len(answer.text), answer.pieces, answer.first, answer.requests)
        )
        if trouble is not None:
            yield answer.timed(Fault("brain", f"{_REGRETS[trouble.kind]}: {trouble}", reply=ask.reply))
        else:
            yield answer.timed(ReplyEnd(ask.reply))

    async def _insist(self, answer: _Answer) -> AsyncIterator[Arrival | Timed | ModelTrouble]:
        """What a request brings, made again after trouble that may pass. The trouble comes last where it does not."""
        attempt = 0
        while True:
            answer.requests += 1
            try:
                if answer.latest and not answer.latest[-1].isspace():
                    for arrival in self._read(answer, " "):  # it goes on where it broke: with a new word
                        yield arrival
                async for arrival in self._stream(answer, _continued(answer.messages, answer.latest)):
                    yield arrival
                return
            except ModelTrouble as problem:
                answer.passed(problem.after)
                if problem.kind == "refused" and self._takes_no_tools(answer, problem):
                    answer.messages = self._prompter.messages(answer.ask)
                    continue
                if attempt == self.settings.retries or not self._worth_another(problem):
                    yield problem
                    return
                wait = 0.0 if problem.kind == "overflow" else problem.wait_s or PAUSE_S * 2**attempt
                attempt += 1
                if problem.kind == "overflow":
                    self._prompter.shorten()
                    answer.messages = (*self._prompter.messages(answer.ask), *answer.told)
                elif problem.after is None:
                    await asyncio.sleep(wait)
                else:
                    answer.after += round(wait * NS_PER_S)

    def _takes_no_tools(self, answer: _Answer, trouble: ModelTrouble) -> bool:
        """Was it refused for tools that the model could do without? From now on it does."""
        if not self._orders or not answer.orders or answer.text or "tool" not in str(trouble).lower():
            return False
        self._orders = answer.orders = False
        self._prompter.without_orders()
        return True

    def _rest(self, answer: _Answer) -> list[Arrival | Timed]:
        """What is left when a stream has ended."""
        found: list[Arrival | Timed] = []
        for part in answer.marks.rest():
            if isinstance(part, str) and not answer.waits:
                found.extend(self._clause(answer, text) for text in answer.cutter.push(part))
        found.extend(self._clause(answer, text) for text in answer.cutter.rest())
        return found

    def _worth_another(self, trouble: ModelTrouble) -> bool:
        if trouble.kind == "busy":
            return trouble.wait_s <= self.settings.longest_wait_s
        return trouble.kind in ("broken", "overflow")

    async def _stream(self, answer: _Answer, messages: tuple[Message, ...]) -> AsyncIterator[Arrival | Timed]:
        """One request's stream as arrivals. Raises ModelTrouble."""
        context = answer.ask.context
        offered = self._offered(answer.specs, orders=answer.orders)
        # What follows from an outcome is free: a model that must call would call forever.
        choice = "auto" if answer.ask.how == "tool" or answer.told else context.choice
        request = ChatRequest(messages, offered, answer.ask.reply, choice)
        answer.begun = answer.after
        stream = self._model.stream(request)
        pieces = stream.__aiter__()
        first = True
        try:
            while len(answer.text) < MOST_TEXT and not answer.cutter.circles:
                limit = self.settings.first_s if first else self.settings.between_s
                try:
                    async with asyncio.timeout(limit):
                        piece = await anext(pieces)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise ModelTrouble("broken", f"nothing came for {limit:g} s") from None
                except ModelTrouble:
                    raise
                except Exception as error:  # whatever a client library raises is this request's trouble, no more
                    raise ModelTrouble("broken", describe(error)) from error
                first = False
                answer.passed(piece.after)
                if answer.first is None:
                    answer.first = answer.after
                for arrival in self._take(answer, piece):
                    yield arrival
        finally:
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    def _take(self, answer: _Answer, piece: Piece) -> list[Arrival | Timed]:
        found: list[Arrival | Timed] = []
        if piece.text:
            answer.pieces += 1
            found.extend(self._read(answer, piece.text))
        if piece.call is not None and answer.ask.may_call and answer.calls < MOST_CALLS:
            answer.calls += 1
            found.extend(self._clause(answer, text) for text in answer.cutter.rest())
            if piece.call.name in (ordering.STAND, ordering.END) and piece.call.name not in answer.specs:
                found.extend(self._order(answer, piece.call))
            else:
                found.append(answer.timed(self._call(answer, piece.call)))
        return found

    def _read(self, answer: _Answer, text: str) -> list[Arrival | Timed]:
        """More of the answer's text, as clauses and what its marks mean."""
        found: list[Arrival | Timed] = []
        reply = answer.ask.reply
        answer.text += text
        for part in answer.marks.push(text):
            if part is Mark.go_on:
                found.extend(self._clause(answer, text) for text in answer.cutter.rest())
                found.append(answer.timed(GoOn(reply)))
            elif part is Mark.wait:
                answer.waits = True
                if not answer.clauses:
                    # Over duetto's own voice such words are for others; else the turn has not ended.
                    over = answer.ask.context.saying is not None
                    found.append(answer.timed(Gist(reply, "none" if over else "half")))
            elif not answer.waits:
                found.extend(self._clause(answer, text) for text in answer.cutter.push(part))
        words = self.settings.first_words
        if words and answer.quick and not answer.waits and (begun := answer.cutter.beginning(words)):
            found.append(self._clause(answer, begun, goes_on=True))
        return found

    def _clause(self, answer: _Answer, text: str, *, goes_on: bool = False) -> Timed:
        clause = Clause(answer.ask.reply, answer.clauses, text, goes_on)
        answer.clauses += 1
        return answer.timed(clause)

    def _order(self, answer: _Answer, call: CallRequest) -> list[Arrival | Timed]:
        """An order is given or ended, or the model is told why not. Not offered, it is as if it had not been called."""
        if not answer.orders:
            answer.calls -= 1
            return []
        call = CallRequest(call.name, call.arguments[:MOST_ARGUMENTS])
        done = ordering.take(call, answer.ask, sees=self.settings.pictures > 0)
        answer.ordered.append((call, done.told))
        answer.refused = answer.refused or done.act is None
        return [] if done.act is None else [answer.timed(done.act)]

    def _offered(self, specs: dict[str, ToolSpec], *, orders: bool) -> tuple[ToolSpec, ...]:
        """The tools of a request."""
        offered = (*specs.values(), _WITHDRAW) if specs else ()
        return (*ordering.specs(), *offered) if orders else offered

    def _specs(self, ask: Ask) -> dict[str, ToolSpec]:
        """The tools that may be called, by name: duetto's own, then the application's."""
        if not ask.may_call or ask.context.choice == "none":
            return {}
        return {**self._own, **{offer.name: _spec(offer) for offer in ask.context.offers}}

    def _call(self, answer: _Answer, call: CallRequest) -> Arrival:
        reply = answer.ask.reply
        if call.name == WITHDRAW:
            try:
                return Withdraw(reply, msgspec.json.decode(call.arguments, type=_Withdrawal).call)
            except msgspec.DecodeError:
                return Withdraw(reply)
        arguments = call.arguments[:MOST_ARGUMENTS]
        spec = answer.specs.get(call.name)
        if spec is None:  # the tools' part says which there are, and the model is told
            return ToolCall(reply, call.name, arguments)
        return ToolCall(reply, call.name, arguments, spec.effects, _filled(spec.question, arguments), spec.behind)


def _spec(offer: Offer) -> ToolSpec:
    try:
        parameters = msgspec.json.decode(offer.parameters or "{}", type=dict[str, Any])
    except msgspec.DecodeError:
        parameters = {}
    return ToolSpec(
        offer.name,
        offer.description,
        parameters or {"type": "object", "properties": {}},
        effects=offer.effects,
        behind=offer.behind,
    )


def _outcomes(text: str, ordered: Sequence[tuple[CallRequest, str]], before: int) -> tuple[Message, ...]:
    """The model's latest turn, and what came of its calls about orders. before: number of messages told so before."""
    calls: list[Message] = []
    results: list[Message] = []
    for number, (call, told) in enumerate(ordered, before + 1):
        function = {"name": call.name, "arguments": call.arguments}
        calls.append({"id": f"order_{number}", "type": "function", "function": function})
        results.append({"role": "tool", "tool_call_id": f"order_{number}", "content": told})
    return ({"role": "assistant", "content": text or None, "tool_calls": calls}, *results)


def _wholeness(ask: Ask) -> tuple[Understood, bool]:
    return ("whole", False) if ask.how in ("tool", "told") else wholeness(ask.text, typed=ask.how == "typed")


def _continued(messages: tuple[Message, ...], text: str) -> tuple[Message, ...]:
    """The same request; where a part of the answer has come already, with it, to be gone on with."""
    if not text:
        return messages
    said = {"role": "assistant", "content": text}
    on = {"role": "user", "content": "(the line broke; go on with exactly the next word, and repeat nothing)"}
    return (*messages, said, on)


def _filled(question: str, arguments: str) -> str:
    """A question with the arguments of the call in it."""
    if "{" not in question:
        return question
    try:
        values = msgspec.json.decode(arguments)
    except msgspec.DecodeError:
        values = None
    if isinstance(values, dict):
        for name, value in values.items():
            question = question.replace("{" + str(name) + "}", str(value))
    return question
