"""One of two processes of a server is killed (SIGKILL) in the midst of conversations. What do their clients lose?

Clients of duetto's own (`duetto.Client`), which come back by themselves. Each says something; some then have duetto
count aloud, and the process dies meanwhile. Afterwards each asks what it said, or what duetto said. Kept: how long
before the kill the checkpoint was written that the conversation went on from. Behind: words of the counting that the
client had heard and the restored conversation does not know.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from bench.serving import Serving, serving
from bench.wire_latency import trimmed
from duetto.client import Client, ClientSettings, Closed, Heard, Increments, Resumed, Said
from duetto.server.checkpoint import FOLDER, Checkpoint
from duetto.simulation.voice import reading
from duetto.speech.voice import VoiceSettings
from duetto.timeline.turn import VOICE_RATE, Samples

EACH: Final = int(os.environ.get("DUETTO_CLIENTS", "3"))
"""Clients in each of the two processes at least; the first of them has duetto count."""
SENTENCES: Final = (
    "what is twelve times seven",
    "how many inches are in two feet",
    "count to three",
    "what is one hundred minus thirty seven",
    "my name is anna",
    "how many minutes are in three hours",
)
PATIENCE: Final = 20.0
NUMBERS: Final = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty"
).split()


@dataclass
class Talk:
    """A client, and what it was told."""

    name: str
    client: Client
    counts: bool = False
    heard: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    resumed: list[tuple[float, bool]] = field(default_factory=list)
    closed: str = ""
    told_at: float = 0.0
    longest_gap: float = 0.0
    news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def process(self) -> str:
        """Mark of the process in which the conversation began."""
        return self.client.welcome.session_id[:2]

    async def listen(self) -> None:
        async for event in self.client:
            now = time.monotonic()
            match event:
                case Heard(text=text, final=True):
                    self.heard.append(text)
                case Said(text=text):
                    self.said.append(text)
                case Increments(edits=edits):
                    self.longest_gap = max(self.longest_gap, now - self.told_at) if self.told_at else 0.0
                    self.told_at = now
                    self.words += [e.fields["text"] for e in edits if e.kind == "heard" and e.status != "revoked"]
                case Resumed(restored=restored):
                    self.resumed.append((now, restored))
                case Closed(why=why):
                    self.closed = why
            self.news.set()

    async def until(self, holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
        """Wait until it holds; False after so many seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not holds():
                    self.news.clear()
                    await self.news.wait()
                return True
        return False

    async def ask(self, text: str) -> str:
        """Type a question; what is said in answer within a while."""
        before = len(self.said)
        await self.client.type(text)
        await self.until(lambda: len(self.said) >= before + 2, 6.0)
        return " ".join(self.said[before:]).strip()


async def speak(talk: Talk, clip: Samples) -> None:
    """Speak, and wait for the answer."""
    before = len(talk.said)
    await talk.client.hear(np.concatenate([clip, np.zeros(VOICE_RATE, np.int16)]), VOICE_RATE)
    await talk.until(lambda: talk.heard and len(talk.said) > before, 8.0)


async def gather_talks(server: Serving) -> list[Talk]:
    """Clients, until each of the two processes has enough: the system spreads them."""
    talks: list[Talk] = []
    while min(sum(talk.process == mark for talk in talks) for mark in ("00", "01")) < EACH and len(talks) < 40:
        client = Client(server.ws, settings=ClientSettings(events=100_000))
        await client.__aenter__()
        talk = Talk(f"client {len(talks) + 1}", client)
        if sum(other.process == talk.process for other in talks) >= EACH:
            await client.close()  # enough of them there
            continue
        talks.append(talk)
    for mark in ("00", "01"):
        next(talk for talk in talks if talk.process == mark).counts = True
    return talks


async def converse(server: Serving, folder: Path, clips: dict[str, Samples]) -> dict[str, Any]:
    talks = await gather_talks(server)
    listening = [asyncio.create_task(talk.listen()) for talk in talks]
    for number, talk in enumerate(talks):
        await speak(talk, clips[SENTENCES[number % len(SENTENCES)]])
    counting = [talk for talk in talks if talk.counts]
    for talk in counting:
        talk.words.clear()
        await talk.client.type("count to twenty")
    for talk in counting:
        await talk.until(lambda talk=talk: len(talk.words) >= 6)  # type: ignore[misc]
    children = server.children()
    heard = {talk.name: [word.strip(".,").lower() for word in talk.words] for talk in counting}
    for talk in talks:
        talk.longest_gap, talk.told_at = 0.0, 0.0
    killed_at, unix = time.monotonic(), time.time()
    os.kill(children[0], signal.SIGKILL)  # the first is 00
    kept = ages(folder / "state" / FOLDER, unix)
    there = [talk for talk in talks if talk.process == "00"]
    rows: dict[str, Any] = {}
    for talk in there:
        await talk.until(lambda talk=talk: talk.resumed or talk.closed)  # type: ignore[misc]
    for talk in talks:
        was_killed = talk in there
        row: dict[str, Any] = {"process": "killed" if was_killed else "lives"}
        if was_killed:
            back = talk.resumed[0] if talk.resumed else None
            row["back after ms"] = round((back[0] - killed_at) * 1000) if back else None
            row["restored"] = back[1] if back else talk.closed
        row["longest silence of the server ms"] = round(talk.longest_gap * 1000)
        if talk.counts and was_killed:
            answer = await talk.ask("what did you say")
            known = [n for n in NUMBERS if n in answer.lower().replace(".", "").replace(",", "").split()]
            had = [n for n in heard[talk.name] if n in NUMBERS]
            row["heard"], row["answer"], row["behind"] = len(had), answer, max(0, len(had) - len(known))
        elif not talk.counts:
            answer = await talk.ask("what did i say")
            row["answer"], row["right"] = answer, bool(talk.heard) and talk.heard[0].lower() in answer.lower()
        rows[talk.name] = row
    await asyncio.sleep(15)  # the one that died is started again
    for talk in talks:
        await talk.client.close()
    await asyncio.gather(*listening, return_exceptions=True)
    lost = [row for row in rows.values() if row["process"] == "killed" and row.get("restored") is not True]
    asked = [row for row in rows.values() if "right" in row]
    return {
        "conversations": len(talks),
        "in the process that was killed": len(there),
        "not taken up again": len(lost),
        "kept at most ms before the kill": max((kept[talk.client.welcome.session_id] for talk in there), default=None),
        "asked what they had said": len(asked),
        "rightly answered": sum(row["right"] for row in asked),
        "processes 15 s later": len(server.children()),
        **rows,
    }


def ages(folder: Path, unix: float) -> dict[str, int]:
    """By conversation: how long before the kill (ms) what is kept of it was written, or known to have not changed."""
    found: dict[str, int] = {}
    for path in folder.glob("*.json"):
        with suppress(OSError, msgspec.DecodeError):
            age = round((unix - path.stat().st_mtime) * 1000)
            found[msgspec.json.decode(path.read_bytes(), type=Checkpoint).session_id] = age
    return found


def run(folder: Path) -> dict[str, Any]:
    """Two processes, one kill."""
    with reading(VoiceSettings(name="en-us+f1", words_per_minute=160)) as reader:
        clips = {text: trimmed(reader(text)) for text in SENTENCES}
    with serving(folder, "--workers", "2") as server:
        return asyncio.run(converse(server, folder, clips))
