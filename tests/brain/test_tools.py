from __future__ import annotations

import asyncio
import json
import threading
from typing import Annotated, Any, Literal

import msgspec
import pytest

from duetto.brain.tools import MOST_TEXT, Report, Tool, ToolHandler, as_tools, tool
from duetto.timeline.arrival import Arrival, Outcome, Progress
from duetto.timeline.clock import ms, s
from duetto.timeline.job import Abort, Call, Context, Keep
from duetto.workers.worker import Timed


class Place(msgspec.Struct):
    city: str
    country: str = "France"


@tool
async def order(
    size: Literal["small", "large"],
    place: Place,
    count: Annotated[int, msgspec.Meta(description="how many", ge=1)] = 1,
    extras: list[str] = [],  # noqa: B006
) -> dict[str, Any]:
    """Order pizzas.

    They take long.
    """
    return {"size": size, "city": place.city, "count": count, "extras": extras}


def call(made: Tool, arguments: str = "{}", context: Context | None = None) -> list[Arrival | Timed]:
    """All that comes of one call."""

    async def drive() -> list[Arrival | Timed]:
        return [found async for found in ToolHandler([made]).handle(Call(5, made.name, arguments, context))]

    return asyncio.run(drive())


def outcome(made: Tool, arguments: str = "{}", context: Context | None = None) -> Outcome:
    (found,) = call(made, arguments, context)
    assert isinstance(found, Outcome) and found.call == 5
    return found


def test_the_schema_is_made_of_hints_defaults_and_docstring():
    spec = order.spec
    assert (spec.name, spec.description) == ("order", "Order pizzas.\n\nThey take long.")
    properties = spec.parameters["properties"]
    assert sorted(spec.parameters["required"]) == ["place", "size"]
    assert sorted(properties["size"]["enum"]) == ["large", "small"]
    assert properties["count"] == {"type": "integer", "minimum": 1, "description": "how many", "default": 1}
    assert properties["extras"]["default"] == [] and properties["extras"]["items"] == {"type": "string"}
    assert spec.parameters["$defs"]["Place"]["required"] == ["city"]
    assert spec.parameters["type"] == "object" and json.loads(json.dumps(spec.parameters)) == spec.parameters


def test_arguments_arrive_as_what_the_hints_say():
    found = outcome(order, '{"place": {"city": "Lyon"}, "size": "large", "extras": ["egg"]}')
    assert json.loads(found.text) == {"size": "large", "city": "Lyon", "count": 1, "extras": ["egg"]}
    assert not found.failed


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"place": {"city": "Lyon"}}', "`size`"),
        ('{"size": "huge", "place": {"city": "Lyon"}}', "$.size"),
        ('{"size": "large", "place": {"city": 5}}', "$.place.city"),
        ('{"size": "large", "place": {"city": "Lyon"}, "count": 0}', "$.count"),
        ('{"size": "large", "place": {"city": "Lyon"}, "cuont": 2}', "`cuont`"),
        ('{"size": "large"', "not JSON"),
        ("[]", "object"),
    ],
)
def test_wrong_arguments_are_an_outcome_that_says_which(arguments, told):
    found = outcome(order, arguments)
    assert found.failed and found.text.startswith("arguments: ") and told in found.text


def test_a_tool_that_there_is_not_is_told_with_those_that_there_are():
    async def drive() -> list[Arrival | Timed]:
        return [found async for found in ToolHandler([order]).handle(Call(9, "fly", "{}"))]

    assert asyncio.run(drive()) == [Outcome(9, "there is no tool 'fly'; there are: order", failed=True)]


@pytest.mark.parametrize("given", ["", "{}"])
def test_plain_functions_run_in_a_thread_and_async_ones_on_the_loop(given):
    @tool
    def plain() -> str:
        return threading.current_thread().name

    @tool
    async def woven() -> str:
        return threading.current_thread().name

    assert outcome(plain, given).text == "duetto-tool-plain"
    assert outcome(woven, given).text == threading.main_thread().name


@pytest.mark.parametrize(("result", "text"), [("as it is", "as it is"), (None, "null"), ([1, "a"], '[1,"a"]')])
def test_text_is_told_as_it_is_and_the_rest_as_json(result, text):
    @tool
    def give() -> Any:
        return result

    assert outcome(give).text == text


@pytest.mark.parametrize(
    ("error", "woven"),
    [
        (ValueError("no such\ntown"), False),
        (ValueError("no such\ntown"), True),
        (TimeoutError("no such town"), False),
        (TimeoutError("no such town"), True),
        (StopIteration("no such town"), False),
        (SystemExit("no such town"), False),
        (SystemExit("no such town"), True),
    ],
)
def test_whatever_a_tool_raises_is_a_failed_outcome(error, woven):
    async def later() -> None:
        raise error

    def now() -> None:
        raise error

    found = outcome(tool(name="break")(later if woven else now))
    assert found.failed and "no such town" in found.text and type(error).__name__ in found.text


def test_what_takes_too_long_is_given_up_and_cancelled():
    cancelled = []

    @tool(limit_s=0.01)
    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    assert outcome(hang) == Outcome(5, "it took longer than 0.01 s", failed=True)
    assert cancelled


def test_a_thread_that_hangs_is_left_behind():
    let_go = threading.Event()

    @tool(limit_s=0.01)
    def hang() -> None:
        let_go.wait()

    assert outcome(hang).text == "it took longer than 0.01 s"
    let_go.set()


@pytest.mark.parametrize("woven", [False, True])
def test_reports_come_in_order_before_the_outcome(woven):
    async def later(report: Report) -> str:
        report("begun")
        await asyncio.sleep(0)
        report("half")
        return "done"

    def now(report: Report) -> str:
        report("begun")
        report("half")
        return "done"

    made = tool(name="go")(later if woven else now)
    assert made.spec.parameters["properties"] == {}, "a report is not asked of the model"
    assert call(made) == [Progress(5, "begun"), Progress(5, "half"), Outcome(5, "done")]


def test_a_context_is_given_to_whoever_wants_one():
    @tool
    def recall(context: Context, word: str) -> str:
        return f"{word} {context.typing}"

    assert recall.wants_context and not order.wants_context
    assert recall.spec.parameters["required"] == ["word"]
    assert outcome(recall, '{"word": "they type"}', Context(0, 0, typing="dear")).text == "they type dear"


def test_a_huge_outcome_is_cut_and_says_so():
    @tool
    def talk(report: Report) -> str:
        report("b" * 2 * MOST_TEXT)
        return "a" * (MOST_TEXT + 70)

    progress, found = call(talk)
    assert isinstance(progress, Progress) and len(progress.text) == MOST_TEXT
    assert isinstance(found, Outcome) and found.text == "a" * MOST_TEXT + " … (70 characters more)"


def test_who_must_confirm_has_effects():
    assert not order.spec.effects and not order.spec.question
    assert tool(effects=True)(lambda: "").spec.effects
    asked = tool(name="pay", confirm="Shall I pay {sum}?", behind=True)(lambda: "").spec
    assert asked.effects and asked.behind and asked.question == "Shall I pay {sum}?"


def test_on_a_virtual_clock_a_tool_takes_what_it_says():
    quick = tool(name="quick", takes=ms(700), limit_s=1)(lambda: "done")
    assert call(quick) == [Timed(Outcome(5, "done"), ms(700))]
    slow = tool(name="slow", takes=s(3), limit_s=1)(lambda: "done")
    assert call(slow) == [Timed(Outcome(5, "it took longer than 1 s", failed=True), s(1))]


def test_what_cannot_be_told_to_a_model_is_no_tool():
    def bare(count) -> None: ...
    def many(*counts: int) -> None: ...

    with pytest.raises(TypeError, match="bare: the parameter 'count' needs a type hint"):
        tool(bare)
    with pytest.raises(TypeError, match=r"many: \*counts"):
        tool(many)
    with pytest.raises(ValueError, match="limit_s: bare"):
        tool(limit_s=0)(bare)
    with pytest.raises(ValueError, match="two of the name 'order'"):
        as_tools([order, tool(name="order")(lambda: "")])
    (made,) = as_tools([test_who_must_confirm_has_effects])
    assert made.name == "test_who_must_confirm_has_effects" and made.spec.description.startswith("test who must")


def test_an_abort_gives_nothing_and_other_jobs_are_not_for_tools():
    async def drive(job: Any) -> list[Arrival | Timed]:
        return [found async for found in ToolHandler([order]).handle(job)]

    assert asyncio.run(drive(Abort(1))) == []
    with pytest.raises(TypeError, match="tools do not do Keep"):
        asyncio.run(drive(Keep(1)))
