"""Tools: Python functions with type hints that a brain may call, and what carries the calls out.

Calls run beside the conversation, several at once, each with a time limit; what they return is input like any other.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, get_type_hints, overload

import msgspec

from duetto.timeline.arrival import Arrival, Outcome, Progress
from duetto.timeline.clock import NS_PER_S
from duetto.timeline.job import Abort, Call, Context, Job
from duetto.workers.worker import Timed, describe

MOST_TEXT: Final = 8_000
"""Characters of an outcome; what is beyond is cut off, and said so."""

MOST_REPORTS: Final = 64
"""Reports of one call that may wait to be passed on; what a tool says beyond them at once is lost."""
CLOSE_S: Final = 1.0
"""Seconds that a tool may take to let go of what it holds."""

Report = Callable[[str], None]
"""A tool's parameter of this type is given a function by which it says how far it is."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a brain is told of a tool. parameters: JSON Schema of an object.

    effects: it changes something outside, so it runs only in a confirmed turn. question: what the user is asked before
    each call, "" for nothing; `{name}` stands for the argument of that name. behind: the talk does not wait for it.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    effects: bool = False
    question: str = ""
    behind: bool = False


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool and how it is done.

    run: arguments (JSON), report, context to the outcome as text. limit_s: seconds it may take. takes: media time (ns)
    that it is said to take on a virtual clock, where its own does not pass; None for none. close: lets go of what it
    holds, at the session's end; tools may share one.
    """

    spec: ToolSpec
    run: Callable[[str, Report, Context | None], Awaitable[str]]
    limit_s: float = 20.0
    takes: int | None = None
    wants_context: bool = False
    close: Callable[[], Awaitable[None]] | None = None

    @property
    def name(self) -> str:
        return self.spec.name


@overload
def tool(function: Callable[..., Any], /) -> Tool: ...
@overload
def tool(
    *,
    name: str = "",
    effects: bool = False,
    confirm: str = "",
    behind: bool = False,
    limit_s: float = 20.0,
    takes: int | None = None,
) -> Callable[[Callable[..., Any]], Tool]: ...
def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str = "",
    effects: bool = False,
    confirm: str = "",
    behind: bool = False,
    limit_s: float = 20.0,
    takes: int | None = None,
) -> Tool | Callable[[Callable[..., Any]], Tool]:
    """Make a tool of a function: its name, type hints and docstring are what the model is told.

    effects: it changes something outside; it is then never called on a guess. confirm: a question that the user must
    answer with yes first ("Shall I order {count} pizzas?"). behind: it takes long; the talk goes on meanwhile, and its
    outcome comes in when there is room. limit_s: seconds until it counts as failed. takes: see `Tool`.

    The function may be async. Parameters of type `Report` and `Context` are filled in, not asked of the model. Raises
    TypeError for a parameter without a type hint, ValueError for a limit that is not above 0.
    """

    def make(made_of: Callable[..., Any]) -> Tool:
        return _make(made_of, name, effects or bool(confirm), confirm, behind, limit_s, takes)

    return make if function is None else make(function)


def as_tools(given: Iterable[Tool | Callable[..., Any]]) -> tuple[Tool, ...]:
    """Plain functions among them become tools without effects. Raises ValueError for two of one name."""
    tools = tuple(one if isinstance(one, Tool) else tool(one) for one in given)
    names = [one.name for one in tools]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"tools: there are two of the name {name!r}")
    return tools


def _make(
    function: Callable[..., Any],
    name: str,
    effects: bool,
    confirm: str,
    behind: bool,
    limit_s: float,
    takes: int | None,
) -> Tool:
    called = name or function.__name__
    if not limit_s > 0:
        raise ValueError(f"limit_s: {called} needs a limit above 0 s (got {limit_s:g})")
    hints = get_type_hints(function, include_extras=True)
    fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
    given: dict[str, str] = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            raise TypeError(f"{called}: *{parameter.name} cannot be told to a model")
        if parameter.name not in hints:
            raise TypeError(f"{called}: the parameter {parameter.name!r} needs a type hint")
        hint = hints[parameter.name]
        if hint == Report or hint is Context:  # resolved, a hint that is a Callable is another object
            given[parameter.name] = "context" if hint is Context else "report"
        elif parameter.default is parameter.empty:
            fields.append((parameter.name, hint))
        else:
            fields.append((parameter.name, hint, parameter.default))
    # Those with a default come last in a struct; they are passed by name anyway.
    struct = msgspec.defstruct(called, sorted(fields, key=len), forbid_unknown_fields=True, kw_only=True)

    async def run(arguments: str, report: Report, context: Context | None) -> str:
        values = msgspec.structs.asdict(msgspec.json.decode(arguments or "{}", type=struct))
        for parameter, what in given.items():
            values[parameter] = report if what == "report" else context
        if inspect.iscoroutinefunction(function):
            result = await function(**values)
        else:
            result = await _in_thread(lambda: function(**values), called)
        return result if isinstance(result, str) else msgspec.json.encode(result).decode()

    description = inspect.getdoc(function) or called.replace("_", " ")
    spec = ToolSpec(called, description, _schema(struct), effects, confirm, behind)
    return Tool(spec, run, limit_s, takes, "context" in given.values())


def _schema(struct: type[msgspec.Struct]) -> dict[str, Any]:
    """The JSON Schema of a struct, with its own definition on the outside, as models' servers want it."""
    (reference,), parts = msgspec.json.schema_components([struct], ref_template="#/$defs/{name}")
    own = parts.pop(reference["$ref"].rsplit("/", 1)[1])
    own.pop("title", None)
    return {**own, "$defs": parts} if parts else own


async def _in_thread(work: Callable[[], Any], name: str) -> Any:
    """The result of `work`, done in a daemon thread: one that hangs keeps no process from ending."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Any] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def target() -> None:
        result: Any = None
        error: BaseException | None = None
        try:
            result = work()
        except StopIteration as problem:
            error = RuntimeError(describe(problem))
        except BaseException as problem:
            error = problem
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:  # the session has ended meanwhile
            return

    threading.Thread(target=target, name=f"duetto-tool-{name}", daemon=True).start()
    return await done


class ToolHandler:
    """Does a session's calls. Whatever a tool does, an `Outcome` comes: within its limit, or with why it failed."""

    def __init__(self, tools: Iterable[Tool] = ()) -> None:
        self._tools = {one.name: one for one in tools}

    async def handle(self, job: Job) -> AsyncIterator[Arrival | Timed]:
        """Raises TypeError for a job of another part."""
        match job:
            case Call():
                async for arrival in self._call(job):
                    yield arrival
            case Abort():
                return
            case _:
                raise TypeError(f"job: tools do not do {type(job).__name__}")

    async def close(self) -> None:
        """Let go of what the tools hold. One that fails or hangs at it keeps no other from it."""
        for close in dict.fromkeys(one.close for one in self._tools.values() if one.close is not None):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(CLOSE_S):
                    await close()

    async def _call(self, job: Call) -> AsyncIterator[Arrival | Timed]:
        found = self._tools.get(job.name)
        if found is None:
            known = ", ".join(self._tools) or "none"
            yield Outcome(job.call, f"there is no tool {job.name!r}; there are: {known}", failed=True)
            return
        reports: asyncio.Queue[str | None] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def add(text: str) -> None:
            if reports.qsize() < MOST_REPORTS:
                reports.put_nowait(text)

        def report(text: str) -> None:
            loop.call_soon_threadsafe(add, text)

        limit = asyncio.timeout(found.limit_s)

        async def work() -> str:
            try:
                async with limit:
                    return await found.run(job.arguments, report, job.context)
            except (SystemExit, KeyboardInterrupt) as error:  # it would end the loop, and all other calls with it
                raise RuntimeError(describe(error)) from error
            finally:
                loop.call_soon_threadsafe(reports.put_nowait, None)  # after the reports, which come the same way

        task = asyncio.create_task(work())
        try:
            while (text := await reports.get()) is not None:
                yield Progress(job.call, text[:MOST_TEXT])
            outcome = Outcome(job.call, _bounded(await task))
        except TimeoutError as error:  # a tool's own connection may raise one too
            why = f"it took longer than {found.limit_s:g} s" if limit.expired() else describe(error)
            outcome = Outcome(job.call, why, failed=True)
        except msgspec.ValidationError as error:
            outcome = Outcome(job.call, f"arguments: {error}", failed=True)
        except msgspec.DecodeError as error:
            outcome = Outcome(job.call, f"arguments: not JSON: {error}", failed=True)
        except Exception as error:
            outcome = Outcome(job.call, describe(error), failed=True)
        finally:
            task.cancel()
        takes = found.takes
        if takes is not None and takes > found.limit_s * NS_PER_S:
            takes = round(found.limit_s * NS_PER_S)
            outcome = Outcome(job.call, f"it took longer than {found.limit_s:g} s", failed=True)
        yield outcome if takes is None else Timed(outcome, takes)


def _bounded(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} … ({len(text) - MOST_TEXT} characters more)"
