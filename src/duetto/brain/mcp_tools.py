"""Tools of Model Context Protocol servers, through the official client (extra `mcp`)."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING, Any, Final

import msgspec

from duetto.brain.tools import Report, Tool, ToolSpec
from duetto.timeline.job import Context

if TYPE_CHECKING:
    from mcp import Client

CONNECT_S: Final = 20.0
"""Seconds within which a server must answer when it is connected to."""


def mcp_tools(target: str, *, limit_s: float = 30.0) -> tuple[Tool, ...]:
    """The tools of a server: the URL of one that is there, or the command line of one to start.

    What a server does not mark as reading only counts as having effects: it is never called on a guess. Raises
    ImportError without the extra, ValueError for an empty target, OSError where the server cannot be reached.
    """
    server = _Server(target)
    try:
        found = asyncio.run(server.list_tools())
    except ImportError:
        raise
    except Exception as error:  # of the transport, of the protocol, or a group of both
        raise OSError(f"--mcp: {target}: {_reason(error)}") from None
    return tuple(_tool(server, one, limit_s) for one in found)


def _tool(server: _Server, found: Any, limit_s: float) -> Tool:
    hints = found.annotations
    reads = hints is not None and bool(hints.read_only_hint)
    spec = ToolSpec(found.name, found.description or found.name, found.input_schema, effects=not reads)

    async def run(arguments: str, report: Report, context: Context | None) -> str:
        return await server.call(found.name, arguments, report)

    return Tool(spec, run, limit_s, close=server.close)


class _Server:
    """One connection, opened at the first call and kept until `close`. It lives in a task of its own, as its library
    wants it opened and closed by the same one.
    """

    def __init__(self, target: str) -> None:
        if not target.strip():
            raise ValueError("--mcp: a URL or a command line is needed")
        self._target = target
        self._keeper: asyncio.Task[None] | None = None
        self._client: asyncio.Future[Client] | None = None
        self._ended = asyncio.Event()

    def _connect(self) -> Client:
        from mcp import Client, StdioServerParameters

        if self._target.startswith(("http://", "https://")):
            return Client(self._target)
        command, *arguments = shlex.split(self._target)
        return Client(StdioServerParameters(command=command, args=arguments))

    async def list_tools(self) -> list[Any]:
        """Over a connection of its own, for it is before the session."""
        async with asyncio.timeout(CONNECT_S), self._connect() as client:
            return list((await client.list_tools()).tools)

    async def call(self, name: str, arguments: str, report: Report) -> str:
        client = await self._opened()

        async def told(progress: float, total: float | None, message: str | None) -> None:
            report(message or (f"{progress:g} of {total:g}" if total else f"{progress:g}"))

        result = await client.call_tool(
            name, msgspec.json.decode(arguments or "{}", type=dict[str, Any]), progress_callback=told
        )
        text = "\n".join(part.text for part in result.content if part.type == "text")
        if result.is_error:
            raise RuntimeError(text or "the server says only that it failed")
        return text

    async def close(self) -> None:
        self._ended.set()
        if self._keeper is not None:
            await asyncio.gather(self._keeper, return_exceptions=True)
        self._keeper = None

    async def _opened(self) -> Client:
        if self._keeper is None or self._keeper.done():
            self._ended = asyncio.Event()
            self._client = asyncio.get_running_loop().create_future()
            self._keeper = asyncio.create_task(self._keep(self._client))
        assert self._client is not None
        return await asyncio.shield(self._client)

    async def _keep(self, opened: asyncio.Future[Client]) -> None:
        try:
            async with self._connect() as client:
                opened.set_result(client)
                await self._ended.wait()
        except Exception as error:
            if opened.done():
                return  # it broke off; the next call connects anew
            opened.set_exception(ConnectionError(_reason(error)))


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__
