"""duetto under load: seats of an engine, on the loop that the server runs, fed in process."""

from __future__ import annotations

import argparse
import asyncio
import gc
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import uvloop

from bench.peers.load import (
    RATE,
    TEXT,
    VOICE_RATE,
    Ear,
    Task,
    measure,
    memory_mb,
    open_files,
    percentile,
    read_clips,
    show,
)
from duetto.assembly import Settings
from duetto.brain.brain import BrainHandler
from duetto.engine import Engine, EngineSettings, Opening
from duetto.engine.memory import keep
from duetto.engine.seat import Seat
from duetto.models.model import MicroTurn
from duetto.perception.audio.recogniser import RecogniserHandler
from duetto.session import SessionSettings
from duetto.testing.recogniser import ScriptedRecogniser
from duetto.testing.staff import InlineStaff
from duetto.testing.voice import ScriptedVoice
from duetto.timeline.arrival import Act, Arrival, Clause, Gist, Speech, SpokenWord
from duetto.timeline.clock import in_ms, ms
from duetto.timeline.job import Ask, Hush, Job, More, Part, Speak
from duetto.timeline.language import Language
from duetto.timeline.turn import Samples
from duetto.wire.follower import Follower
from duetto.wire.happening import ReplySound
from duetto.workers.worker import Handler

HEARS = "what have you found out about it"
"""What every utterance is heard as."""


class Hears(ScriptedRecogniser):
    """Each utterance has the same words, a word every 150 ms."""

    def __init__(self) -> None:
        super().__init__([], pace=ms(150))

    def start(self, at: int) -> None:
        self._texts.append(HEARS)
        super().start(at)


class Answers:
    """Answers the whole of what is heard, and nothing less."""

    def reply(self, ask: Ask) -> Iterator[Gist | Clause | Act]:
        whole = ask.text == HEARS
        yield Gist(ask.reply, "whole" if whole else "half")
        yield Clause(ask.reply, 0, TEXT if whole else "Yes?")

    def keep(self, reply: int) -> None: ...

    def forget(self, reply: int) -> None: ...

    def language(self) -> Language:
        return Language(phrases=(HEARS,))


class Speaks:
    """A voice at 0 ms: its sound and the times of its words are there before it is asked for."""

    def __init__(self) -> None:
        self._at: dict[int, tuple[str, int]] = {}

    def handle(self, job: Job) -> Iterator[Arrival]:
        match job:
            case Hush(clause=clause):
                self._at.pop(clause, None)
            case Speak(clause=clause, text=text):
                self._at[clause] = (text, 0)
                yield self._next(clause, job.samples)
            case More(clause=clause):
                yield self._next(clause, job.samples)

    def _next(self, clause: int, count: int) -> Speech:
        text, at = self._at[clause]
        sound, words = _said(text)
        end = min(len(sound), at + count)
        self._at[clause] = (text, end)
        if end == len(sound):
            del self._at[clause]
        begun = tuple(word for word in words if at <= word.start < end)
        return Speech(clause, sound[at:end].tobytes(), begun, end == len(sound))

    def close(self) -> None:
        self._at.clear()


@cache
def _said(text: str) -> tuple[Samples, tuple[SpokenWord, ...]]:
    chunks = list(ScriptedVoice(ms_per_letter=45).say(text))
    return np.concatenate([chunk.samples for chunk in chunks]), tuple(word for chunk in chunks for word in chunk.words)


class Guest:
    """One conversation."""

    def __init__(self, seat: Seat) -> None:
        self.ear = Ear()
        self.seat = seat
        self._story = Follower()
        self._now = asyncio.get_running_loop().time
        seat.follow(self._follow)

    async def hear(self, frame: bytes) -> None:
        samples: Samples = np.frombuffer(frame, "<i2")
        self.seat.hear(samples, RATE)

    def _follow(self, micro_turn: MicroTurn) -> None:
        for happening in self._story.follow(micro_turn):
            if isinstance(happening, ReplySound):
                self.ear.sounded(self._now(), len(happening.samples) / 2 / VOICE_RATE)


def engine_of(delta_ms: float | None, most: int, late: list[int]) -> Engine:
    """late: is told how late each tick is, ns."""
    settings = Settings(session=SessionSettings(delta=ms(delta_ms))) if delta_ms else Settings()

    def handlers(settings: Settings) -> Sequence[tuple[Part, Handler]]:
        return [
            ("recogniser", RecogniserHandler(Hears())),
            ("brain", BrainHandler(Answers())),
            ("voice", Speaks()),
        ]

    limits = EngineSettings(most=most, headroom=1.0)
    return Engine(settings, InlineStaff(handlers), engine=limits, on_tick=lambda by, took: late.append(by))


async def talk(task: Task, delta_ms: float | None) -> dict[str, object]:
    late: list[int] = []
    engine = engine_of(delta_ms, max(1, task.sessions), late)
    keep()
    running = asyncio.create_task(engine.run())
    guests = []
    for _ in range(task.sessions):
        guests.append(Guest(engine.open(Opening())))
        await asyncio.sleep(0)

    def own() -> dict[str, object]:
        shares = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
        return {
            "delta_ms": in_ms(engine.settings.session.delta),
            "tick_late_ms": {name: round(percentile(late, share) / 1e6, 1) for name, share in shares},
            "load": round(engine.load.share, 3),
            "ended": sum(guest.seat.ended is not None for guest in guests),
        }

    found = await measure(task, guests, own, late.clear)
    running.cancel()
    return found


async def open_and_close(task: Task, count: int) -> dict[str, object]:
    """So many conversations one after the other, ten at a time, each with some speech: memory and open files."""
    engine = engine_of(None, 16, [])
    keep()
    running = asyncio.create_task(engine.run())
    frames = read_clips(task.clips)[0].frames[:25]
    points: dict[str, dict[str, float]] = {}
    marks = sorted({10, 100, 200, 300, 400, 500, 600, 700, 800, 900, count})
    done = 0
    while done < count:
        guests = [Guest(engine.open(Opening())) for _ in range(min(10, count - done))]
        for frame in frames:
            for guest in guests:
                await guest.hear(frame)
            await asyncio.sleep(0.01)
        for guest in guests:
            guest.seat.close()
        done += len(guests)
        await asyncio.sleep(0.02)
        if done in marks:
            gc.collect()
            points[str(done)] = {"rss_mb": round(memory_mb(), 2), "open_files": open_files()}
    running.cancel()
    return {"opened_and_closed": points}


def main() -> None:
    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--delta", type=float, help="ms of a micro-turn; the server's default by default")
        parser.add_argument("--open-close", type=int)

    task, given = Task.read(more)
    work = open_and_close(task, given.open_close) if given.open_close else talk(task, given.delta)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        show(runner.run(work))


if __name__ == "__main__":
    main()
