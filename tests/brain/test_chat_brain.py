from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from duetto.brain.chat.chat import MOST_CALLS, ChatHandler
from duetto.brain.chat.model import CallRequest, ChatRequest, ModelTrouble, Piece
from duetto.brain.chat.prompt import flat
from duetto.brain.chat.settings import ChatSettings
from duetto.brain.tools import Tool, tool
from duetto.testing.model import Rule, Script, ScriptedChat
from duetto.timeline.arrival import Arrival, Clause, Fault, Gist, GoOn, ReplyEnd, ToolCall, Usage, Withdraw
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, ms, s
from duetto.timeline.job import Ask, Context, Forget, Job, Keep, Listen, Remark
from duetto.workers.worker import Timed

REPLY = 7


@tool(confirm="Shall I order {count} {what}?", behind=True)
def order(what: str, count: int = 1) -> None:
    """Order something."""


@tool
def look_up(what: str) -> str:
    """Look something up."""
    return what


def ask(text: str = "tell me a story", how: str = "spoken", draft: bool = False, may_call: bool = True, **known: Any):
    return Ask(REPLY, text, how, draft, Context(s(60), VIRTUAL_EPOCH_NS, **known), may_call)  # type: ignore[arg-type]


def play(model: Any, job: Job | None = None, tools: tuple[Tool, ...] = (), **settings: Any) -> list[Arrival | Timed]:
    """All that the brain gives, as it gives it. In whole clauses, unless told otherwise."""
    settings.setdefault("first_words", 0)

    async def drive() -> list[Arrival | Timed]:
        handler = ChatHandler(model, ChatSettings(**settings), tools)
        found = [arrival async for arrival in handler.handle(job or ask())]
        await handler.close()
        return found

    return asyncio.run(drive())


def chat(*rules: Rule | str, **script: Any) -> ScriptedChat:
    return ScriptedChat(Script([Rule("", rule) if isinstance(rule, str) else rule for rule in rules], **script))


def plain(found: list[Arrival | Timed]) -> list[Arrival]:
    return [one.arrival if isinstance(one, Timed) else one for one in found]


def said(found: list[Arrival | Timed]) -> list[str]:
    clauses = [one for one in plain(found) if isinstance(one, Clause)]
    assert [clause.index for clause in clauses] == list(range(len(clauses)))
    return [clause.text for clause in clauses]


def usage(found: list[Arrival | Timed]) -> Usage:
    (one,) = [one for one in plain(found) if isinstance(one, Usage)]
    return one


def words(texts: list[str]) -> list[str]:
    return re.findall(r"\w+", " ".join(texts))


def test_a_model_that_goes_round_in_circles_is_stopped():
    model = chat("You are asked to write it down. " * 50, first_token=ms(300), rate=40)
    found = play(model)
    assert said(found) == ["You are asked to write it down."] * 3
    assert isinstance(plain(found)[-1], ReplyEnd) and not [one for one in plain(found) if isinstance(one, Fault)]
    assert usage(found).pieces < 60


def test_clauses_come_in_order_at_the_times_of_their_last_tokens():
    found = play(chat("Hello there. All is well, I think", first_token=ms(300), rate=40))
    gist, first, second, used, end = found
    assert gist == Gist(REPLY, "whole")
    assert first == Timed(Clause(REPLY, 0, "Hello there."), ms(300 + 2 * 25)), "the third token has its full stop"
    assert second == Timed(Clause(REPLY, 1, "All is well, I think"), ms(300 + 8 * 25))
    assert isinstance(used, Timed) and end == Timed(ReplyEnd(REPLY), ms(300 + 8 * 25))


def test_usage_tells_what_went_and_what_came():
    model = chat("Hello there. Fine.", first_token=ms(250))
    handler = ChatHandler(model, ChatSettings())

    async def drive(job: Ask) -> list[Arrival | Timed]:
        return [arrival async for arrival in handler.handle(job)]

    first, second = usage(asyncio.run(drive(ask()))), usage(asyncio.run(drive(ask("and another one then"))))
    assert (first.text, first.pieces, first.first, first.requests) == (len("Hello there. Fine."), 5, ms(250), 1)
    assert first.prompt == len(flat(model.requests[0].asked.messages)) and first.stable == 0
    assert len(flat(model.requests[0].asked.messages[:1])) <= second.stable < second.prompt


@pytest.mark.parametrize(("saying", "understood"), [(None, "half"), (3, "none")])
def test_wait_says_nothing_and_what_follows_it_is_not_said(saying, understood):
    found = play(chat("[wait] They may go on (or"), ask(saying=saying))
    assert said(found) == []
    assert plain(found)[:2] == [Gist(REPLY, "whole"), Gist(REPLY, understood)]
    assert plain(found)[-1] == ReplyEnd(REPLY)


def test_go_on_comes_after_all_that_was_said_before_it():
    found = plain(play(chat("At seven [go on]"), ask(saying=3)))
    assert found[1:3] == [Clause(REPLY, 0, "At seven"), GoOn(REPLY)]
    assert plain(play(chat("[go on]"), ask(saying=3)))[1] == GoOn(REPLY)


def test_calls_come_after_the_words_before_them_with_what_their_tools_are():
    calls = (
        CallRequest("order", '{"what": "pizzas", "count": 2}'),
        CallRequest("look_up", '{"what": "tea"}'),
        CallRequest("fly", "{}"),
        CallRequest("order", "{no"),
    )
    found = plain(play(chat(Rule("", "Let me see", calls)), tools=(order, look_up)))
    assert found[1:6] == [
        Clause(REPLY, 0, "Let me see"),
        ToolCall(REPLY, "order", calls[0].arguments, True, "Shall I order 2 pizzas?", True),
        ToolCall(REPLY, "look_up", calls[1].arguments),
        ToolCall(REPLY, "fly", "{}"),
        ToolCall(REPLY, "order", "{no", True, "Shall I order {count} {what}?", True),
    ]


@pytest.mark.parametrize(("arguments", "call"), [('{"call": 3}', 3), ("{}", 0), ('{"call": "x"}', 0), ("{", 0)])
def test_withdraw_call_withdraws(arguments, call):
    found = plain(play(chat(Rule("", "", (CallRequest("withdraw_call", arguments),))), tools=(order,)))
    assert found[1] == Withdraw(REPLY, call)


def test_a_model_that_calls_without_end_is_not_obeyed():
    calls = tuple(CallRequest("look_up", json.dumps({"what": n})) for n in range(3 * MOST_CALLS))
    found = plain(play(chat(Rule("", "", calls)), tools=(look_up,)))
    assert sum(isinstance(one, ToolCall) for one in found) == MOST_CALLS and found[-1] == ReplyEnd(REPLY)


def test_tools_are_offered_only_where_they_may_be_called():
    for tools, may_call, offered in (
        ((order,), True, ("order", "withdraw_call")),
        ((order,), False, ()),
        ((), True, ()),
    ):
        model = chat("Fine.")
        play(model, ask(may_call=may_call), tools, orders=False)
        assert model.requests[0].asked.tools == offered


@pytest.mark.parametrize("fault", ["busy", "broken", "hang", "overflow"])
def test_trouble_that_passes_is_not_noticed(fault):
    model = chat(Rule("", "Never.", fault=fault, times=1), "All is well.")
    found = play(model)
    assert said(found) == ["All is well."] and plain(found)[-1] == ReplyEnd(REPLY)
    assert usage(found).requests == len(model.requests) == 2


@pytest.mark.parametrize("fault", ["cut", "stall", "nonsense"])
@pytest.mark.parametrize(
    ("whole", "begun", "clauses"),
    [
        ("One two. Three four five six.", "One two. Three ", ["One two.", "Three and on it goes."]),
        ("Yes of course, here it is.", "Yes of course, ", ["Yes of course,", "and on it goes."]),
        ("It is 3. No more.", "It is 3 ", ["It is 3 and on it goes."]),
        ("He said [in short] no.", "He said [in ", ["He said [in and on it goes."]),
    ],
)
def test_what_breaks_off_in_the_middle_goes_on_and_nothing_is_lost_or_said_twice(fault, whole, begun, clauses):
    model = chat(Rule("broke", "and on it goes."), Rule("", whole, fault=fault))
    found = play(model)
    first, second = model.requests
    *same, answer, on = second.asked.messages
    assert tuple(same) == first.asked.messages
    assert answer == {"role": "assistant", "content": begun}
    assert on["role"] == "user" and "repeat nothing" in on["content"]
    assert said(found) == clauses and plain(found)[-1] == ReplyEnd(REPLY)
    assert usage(found).requests == 2


def test_the_time_of_what_broke_off_counts():
    model = chat(Rule("broke", "Three four."), Rule("", "One. Two.", fault="stall"), first_token=ms(100), rate=10)
    times = [one.after for one in play(model) if isinstance(one, Timed) and isinstance(one.arrival, Clause)]
    assert times == [ms(200), ms(100 + 200) + s(4) + ms(300) + ms(100 + 200)], (
        "two tokens; a stall of 4 s, a pause; three tokens"
    )


@pytest.mark.parametrize(
    ("fault", "requests", "told"),
    [
        ("busy", 3, "busy: 429"),
        ("broken", 3, "gave no answer: 500"),
        ("hang", 3, "gave no answer"),
        ("overflow", 3, "too long for the model"),
        ("refused", 1, "refused the request: 401"),
        ("cut", 3, "gave no answer"),
        ("stall", 3, "gave no answer"),
        ("nonsense", 3, "gave no answer"),
    ],
)
def test_what_never_works_is_a_fault_of_its_reply(fault, requests, told):
    model = chat(Rule("", "One. Two.", fault=fault))
    found = plain(play(model, retries=2))
    assert isinstance(found[-1], Fault) and (found[-1].part, found[-1].reply) == ("brain", REPLY)
    assert told in found[-1].text and not any(isinstance(one, ReplyEnd) for one in found)
    assert usage(found).requests == len(model.requests) == requests
    assert len(plain(play(chat(Rule("", "", fault=fault)), retries=0))) == 3, "no request is made again"


def test_a_server_that_is_busy_for_too_long_is_not_waited_for():
    model = chat(Rule("", "", fault="busy"))
    found = plain(play(model, longest_wait_s=0.1))
    assert isinstance(found[-1], Fault) and len(model.requests) == 1


def test_too_long_a_conversation_is_told_shorter():
    history = tuple(Remark("user", f"{n} " + "word " * 40, s(n)) for n in range(50))
    model = chat(Rule("", "", fault="overflow", times=1), "All is well.")
    assert said(play(model, ask(history=history), characters=8000)) == ["All is well."]
    first, second = (flat(request.asked.messages) for request in model.requests)
    assert len(second) < len(first) and "49 word" in second and "tell me a story" in second


@pytest.mark.parametrize(
    ("job", "gist"),
    [
        (ask("what is the", draft=True), Gist(REPLY, "half", put_off=True)),
        (ask("...", draft=True), Gist(REPLY, "none")),
        (ask("..."), Gist(REPLY, "none")),
    ],
)
def test_a_draft_of_unfinished_words_and_silence_ask_nothing(job, gist):
    model = chat("Never.")
    assert play(model, job) == [gist, ReplyEnd(REPLY)]
    assert model.requests == []


def test_where_drafts_are_off_only_the_turn_is_asked():
    model = chat("Fine.")
    assert play(model, ask(draft=True), drafts=False) == [Gist(REPLY, "whole", put_off=True), ReplyEnd(REPLY)]
    assert model.requests == [] and said(play(model, drafts=False)) == ["Fine."]


@pytest.mark.parametrize(
    ("job", "gist"),
    [
        (ask("what is the"), Gist(REPLY, "half")),
        (ask("what is the", "typed"), Gist(REPLY, "whole")),
        (ask("", "tool"), Gist(REPLY, "whole")),
        (ask("tell me a story", draft=True), Gist(REPLY, "whole")),
    ],
)
def test_what_is_worth_it_is_asked(job, gist):
    found = play(chat("Well."), job)
    assert found[0] == gist and said(found) == ["Well."]


class Real:
    """A model without played time: says `text`, then hangs or breaks; knows whether its stream was closed."""

    def __init__(self, text: str, then: Exception | None) -> None:
        self._text, self._then = text, then
        self.open = self.closed = 0

    async def stream(self, request: ChatRequest) -> AsyncIterator[Piece]:
        self.open += 1
        try:
            if self._text:
                yield Piece(self._text)
            if self._then is not None:
                raise self._then
            await asyncio.Event().wait()
        finally:
            self.open -= 1

    async def close(self) -> None:
        self.closed += 1


@pytest.mark.parametrize(("text", "limit"), [("", {"first_s": 0.01}), ("One. Two", {"between_s": 0.01})])
def test_a_model_that_hangs_is_given_up_and_its_stream_closed(text, limit):
    model = Real(text, None)
    found = play(model, retries=0, **limit)
    fault = plain(found)[-1]
    assert isinstance(fault, Fault) and fault.text.endswith("nothing came for 0.01 s")
    assert words(said(found)) == words([text]), "what there is of it is said"
    assert (model.open, model.closed) == (0, 1)


@pytest.mark.parametrize("error", [RuntimeError("odd"), ModelTrouble("broken", "odd")])
def test_whatever_a_client_raises_is_trouble_of_its_reply(error):
    found = plain(play(Real("One.", error), retries=0))
    assert found[1] == Clause(REPLY, 0, "One.")
    assert isinstance(found[-1], Fault) and found[-1].reply == REPLY and "odd" in found[-1].text


def test_what_is_not_for_the_brain_is_refused_and_memory_it_has_none():
    assert play(chat(), Keep(REPLY)) == play(chat(), Forget(REPLY)) == []
    with pytest.raises(TypeError, match="the brain does not do Listen"):
        play(chat(), Listen(1, 0, b""))


LONG = "In Dresden it will be fine tomorrow, with sun until noon."


@pytest.mark.parametrize(
    ("rate", "how", "clauses"),
    [
        (40, "shown", ["In Dresden it will be fine tomorrow,", "with sun until noon."]),
        (40, "spoken", ["In Dresden …", "it will be fine …", "tomorrow, with sun until noon."]),
        (40, "typed", ["In Dresden it will be fine tomorrow,", "with sun until noon."]),
        (10, "spoken", ["In Dresden it will be fine tomorrow,", "with sun until noon."]),
    ],
)
def test_the_first_words_do_not_wait_for_the_clause_if_the_rest_will_be_there_in_time(rate, how, clauses):
    job = msgspec.structs.replace(ask(), how="typed" if how == "typed" else "spoken", aloud=how != "shown")
    found = play(chat(LONG, rate=rate), job, first_words=2)
    came = [one for one in plain(found) if isinstance(one, Clause)]
    assert [clause.text + " …" * clause.goes_on for clause in came] == clauses
    if how == "spoken" and rate == 40:
        first = next(one for one in found if isinstance(one, Timed) and isinstance(one.arrival, Clause))
        assert first.after == ms(300 + 2 * 25), "with the token that shows the second word to be whole"


def test_a_mark_is_no_beginning():
    found = plain(play(chat("[wait] for it to end"), first_words=2))
    assert not [one for one in found if isinstance(one, Clause)]
