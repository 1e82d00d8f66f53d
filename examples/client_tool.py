"""A Python function as a tool, which runs here: python client_tool.py ws://127.0.0.1:8000"""

import asyncio
import contextlib
import sys

import duetto
from duetto.client import Called, Client, Said


@duetto.tool
async def table(guests: int, hour: int) -> str:
    """Whether a table for so many guests is free at that hour."""
    await asyncio.sleep(0.5)
    return f"a table for {guests} is free at {hour}"


async def main(url: str) -> None:
    async with Client(url, tools=[table]) as talk, asyncio.timeout(20):
        await talk.type("is there a table for four at eight")
        async for event in talk:
            if isinstance(event, Said | Called):
                print(event)


with contextlib.suppress(TimeoutError):  # after 20 s it is enough
    asyncio.run(main(sys.argv[1]))
