"""Type while it talks: what is typed is perceived key by key. python client_typing.py ws://127.0.0.1:8000"""

import asyncio
import contextlib
import sys

from duetto.client import Client, Closed, Increments, Said


async def type_slowly(talk: Client, text: str) -> None:
    for place, letter in enumerate(text):
        await talk.key("insert", letter, position=place)
        await asyncio.sleep(0.12)
    await talk.key("send")


async def main(url: str) -> None:
    async with Client(url) as talk, asyncio.timeout(20):
        await talk.type("count to twenty")
        typing = None
        async for event in talk:
            match event:
                case Said(text):
                    print("duetto:", text)
                    typing = typing or asyncio.create_task(type_slowly(talk, "stop please"))
                case Increments(now=now, edits=edits):
                    for edit in edits:
                        if edit.kind in ("typing", "line"):
                            print(f"{now / 1000:6.2f} s  {edit.status:9} {edit.kind}: {edit.fields['text']}")
                case Closed(why):
                    print(why)


with contextlib.suppress(TimeoutError):  # after 20 s it is enough
    asyncio.run(main(sys.argv[1]))
