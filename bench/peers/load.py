"""The load that is the same for all systems: clips fed in real time, what is listened for, and what is measured.

Needs nothing but numpy, for it runs in the peers' environments.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import resource
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Protocol

import numpy as np

RATE: Final = 16_000
"""Samples per second of what is fed."""
FRAME_S: Final = 0.02
FRAME: Final = RATE // 50
VOICE_RATE: Final = 24_000
"""Samples per second of what the fake voice gives."""
GROUPS: Final = 4
"""The sessions' frames come in so many groups, spread over the 20 ms: clients are not in step with each other."""
WARM_S: Final = 2.0
"""Seconds that are fed before the measurement begins."""
REPLY_WITHIN: Final = 3.0
"""Seconds after the end of a turn within which its answer must be heard."""
SILENT_WITHIN: Final = 2.0
"""Seconds after the onset of an interruption within which the system must be silent."""
GAP: Final = 0.15
"""Seconds without sound after which a system's speech counts as ended."""
TEXT: Final = "Here is what I have found out for you about that, and I can tell you more whenever you like."
"""What every fake brain answers."""
SPOKEN_S: Final = 4.0
"""How long every fake voice takes to say it, about."""


@dataclass(frozen=True)
class Turn:
    """What a user says in a clip. start, end: seconds in it. interrupts: the answer before is still being said."""

    start: float
    end: float
    interrupts: bool
    text: str


@dataclass(frozen=True)
class Clip:
    """What one user says, again and again. frames: of 20 ms, int16 at RATE."""

    frames: tuple[bytes, ...]
    turns: tuple[Turn, ...]

    @property
    def seconds(self) -> float:
        return len(self.frames) * FRAME_S

    def first_frames(self, begin: int) -> tuple[bytes, ...]:
        """One cycle from frame `begin` on, without the rest of a turn that it would begin in the middle of."""
        at = begin * FRAME_S
        cut = next((round(turn.end / FRAME_S) + 1 for turn in self.turns if turn.start <= at < turn.end), begin)
        silence = bytes(2 * FRAME)
        return (*(silence for _ in range(begin, cut)), *self.frames[cut:], *self.frames[:begin])


def write_clips(path: Path, clips: Sequence[tuple[np.ndarray, Sequence[Turn]]]) -> None:
    """Sound, int16 (n,) at RATE, and what is said in it."""
    turns = json.dumps([[asdict(turn) for turn in turns] for _, turns in clips])
    arrays = {f"sound{number}": sound for number, (sound, _) in enumerate(clips)}
    np.savez(path, turns=np.array(turns), **arrays)  # type: ignore[arg-type]


def read_clips(path: Path) -> list[Clip]:
    found = np.load(path)
    clips = []
    for number, turns in enumerate(json.loads(str(found["turns"]))):
        sound = found[f"sound{number}"]
        frames = tuple(sound[at : at + FRAME].tobytes() for at in range(0, len(sound) - FRAME + 1, FRAME))
        clips.append(Clip(frames, tuple(Turn(**turn) for turn in turns)))
    return clips


def fake_voice() -> tuple[bytes, ...]:
    """What a fake voice says: a tone in chunks of 100 ms, int16 at VOICE_RATE."""
    time = np.arange(round(SPOKEN_S * VOICE_RATE)) / VOICE_RATE
    sound = np.rint(8000 * np.sin(2 * np.pi * 220 * time)).astype(np.int16)
    size = VOICE_RATE // 10
    return tuple(sound[at : at + size].tobytes() for at in range(0, len(sound), size))


class Ear:
    """When a system's speech is heard, in seconds of the loop's time."""

    def __init__(self) -> None:
        self.spans: list[list[float]] = []

    def sounded(self, at: float, seconds: float) -> None:
        """Its speech is heard from `at` on for so long."""
        if self.spans and at - self.spans[-1][1] < GAP:
            self.spans[-1][1] = max(self.spans[-1][1], at + seconds)
        else:
            self.spans.append([at, at + seconds])

    def silenced(self, at: float) -> None:
        """What was to be heard after `at` is not."""
        if self.spans:
            self.spans[-1][1] = min(self.spans[-1][1], max(at, self.spans[-1][0]))


class Talk(Protocol):
    """One live session of a system."""

    ear: Ear

    async def hear(self, frame: bytes) -> None:
        """The next 20 ms of the user."""
        ...


@dataclass
class Probe:
    """How late the loop wakes one who sleeps for 20 ms: the same for all systems."""

    late: list[float] = field(default_factory=list)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + FRAME_S
            await asyncio.sleep(FRAME_S)
            self.late.append(max(0.0, loop.time() - due))


@dataclass(frozen=True)
class Task:
    """What a process is to do."""

    clips: Path
    sessions: int
    seconds: float
    core: int
    options: tuple[str, ...] = ()

    @classmethod
    def read(cls, more: Callable[[argparse.ArgumentParser], None] | None = None) -> tuple[Task, argparse.Namespace]:
        """From the command line. The process stays on its core from here on, all threads of it."""
        parser = argparse.ArgumentParser()
        parser.add_argument("--clips", type=Path, required=True)
        parser.add_argument("--sessions", type=int, required=True)
        parser.add_argument("--seconds", type=float, default=15.0)
        parser.add_argument("--core", type=int, required=True)
        if more is not None:
            more(parser)
        given = parser.parse_args()
        os.sched_setaffinity(0, {given.core})
        with contextlib.suppress(OSError):  # where it may: other work on the core then disturbs it less
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        logging.disable(logging.WARNING)
        return cls(given.clips, given.sessions, given.seconds, given.core), given


def memory_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


def processor_s() -> float:
    """Processor time of this process so far, all its threads, seconds."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def core_s(core: int) -> tuple[float, float]:
    """Seconds that a core was busy, and that a host took from it."""
    for line in Path("/proc/stat").read_text().splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _wait, irq, soft, steal = map(int, line.split()[1:9])
            per = os.sysconf("SC_CLK_TCK")
            return (user + nice + system + irq + soft) / per, steal / per
    return 0.0, 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of which this share (0 to 1) is not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


class Feed:
    """Plays each session its clip in real time, each at another place of it."""

    def __init__(self, talks: Sequence[Talk], clips: Sequence[Clip]) -> None:
        self._talks = talks
        self.clips = [clips[number % len(clips)] for number in range(len(talks))]
        self.begins = [round(number * 0.618 % 1 * len(clip.frames)) for number, clip in enumerate(self.clips)]
        self.start = 0.0
        self.behind = 0.0
        """The most that a frame was given late, seconds."""

    def tasks(self) -> list[asyncio.Task[None]]:
        """From now on."""
        self.start = asyncio.get_running_loop().time() + 0.1
        return [asyncio.create_task(self._group(group)) for group in range(min(GROUPS, len(self._talks)))]

    async def _group(self, group: int) -> None:
        loop = asyncio.get_running_loop()
        mine = range(group, len(self._talks), GROUPS)
        first = [self.clips[n].first_frames(self.begins[n]) for n in mine]
        number = 0
        while True:
            due = self.start + group * FRAME_S / GROUPS + number * FRAME_S
            wait = due - loop.time()
            self.behind = max(self.behind, -wait)
            await asyncio.sleep(max(0.0, wait))
            for place, n in enumerate(mine):
                count = len(self.clips[n].frames)
                frame = (
                    first[place][number] if number < count else self.clips[n].frames[(self.begins[n] + number) % count]
                )
                await self._talks[n].hear(frame)
            number += 1

    def turns(self, n: int, after: float, before: float) -> list[tuple[float, float, bool, float]]:
        """Of session n: start, end, whether it interrupts, start of the next turn; all within `after` and `before`."""
        clip, offset = self.clips[n], self.begins[n] * FRAME_S
        found: list[tuple[float, float, bool]] = []
        cycle = 0
        while cycle * clip.seconds < before - self.start + clip.seconds:
            for turn in clip.turns:
                at = self.start + cycle * clip.seconds + turn.start - offset
                if at >= self.start:
                    found.append((at, at + turn.end - turn.start, turn.interrupts))
            cycle += 1
        if found:
            found[0] = (*found[0][:2], False)  # what it would interrupt may not have been called for
        nexts = [each[0] for each in found[1:]]
        return [
            (start, end, interrupts, following)
            for (start, end, interrupts), following in zip(found, nexts, strict=False)
            if start >= after and min(end + REPLY_WITHIN, following) <= before
        ]


@dataclass
class Judged:
    """What the sessions gave of what they were to."""

    expected: int = 0
    answered: int = 0
    latencies: list[float] = field(default_factory=list)
    interruptions: int = 0
    gave_way: int = 0

    def take(self, ear: Ear, turns: Sequence[tuple[float, float, bool, float]]) -> None:
        for start, end, interrupts, following in turns:
            self.expected += 1
            limit = min(end + REPLY_WITHIN, following)
            begun = [span[0] for span in ear.spans if end - 0.1 <= span[0] <= limit]
            if begun:
                self.answered += 1
                self.latencies.append(begun[0] - end)
            if interrupts:
                self.interruptions += 1
                over = [span for span in ear.spans if span[0] <= start < span[1]]
                self.gave_way += bool(over) and over[0][1] <= start + SILENT_WITHIN


async def measure(
    task: Task,
    talks: Sequence[Talk],
    more: Callable[[], dict[str, object]] = dict,
    begin: Callable[[], object] = lambda: None,
) -> dict[str, object]:
    """Feed them for WARM_S and then the task's seconds. begin: is called when those begin; more: what else is to be
    told at the end of them.
    """
    loop = asyncio.get_running_loop()
    probe, feed = Probe(), Feed(talks, read_clips(task.clips))
    tasks = [*feed.tasks(), asyncio.create_task(probe.run())]
    await asyncio.sleep(WARM_S)
    probe.late.clear()
    begin()
    feed.behind = 0.0
    at, used, (busy, stolen) = loop.time(), processor_s(), core_s(task.core)
    await asyncio.sleep(task.seconds)
    passed, used, after = loop.time() - at, processor_s() - used, core_s(task.core)
    behind, own = feed.behind, more()
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    judged = Judged()
    for number, talk in enumerate(talks):
        judged.take(talk.ear, feed.turns(number, feed.start, at + passed))
    late = probe.late
    gc.collect()
    return {
        "sessions": task.sessions,
        "late_ms": {name: round(1000 * percentile(late, share), 1) for name, share in _SHARES},
        "fed_late_ms": round(1000 * behind, 1),
        "cpu": round(used / passed, 3),
        "others_on_core": round(max(0.0, after[0] - busy - used) / passed, 3),
        "stolen_of_core": round((after[1] - stolen) / passed, 3),
        "rss_mb": round(memory_mb(), 1),
        "threads": threading.active_count(),
        "replies": [judged.answered, judged.expected],
        "gave_way": [judged.gave_way, judged.interruptions],
        "reply_ms": {
            name: round(1000 * percentile(judged.latencies, share)) for name, share in (("p50", 0.5), ("p95", 0.95))
        },
        **own,
    }


_SHARES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


def report(found: Awaitable[dict[str, object]]) -> None:
    """Run it on the standard loop, print what it found as JSON, and end at once."""

    async def main() -> None:
        show(await found)

    asyncio.run(main())


def show(found: dict[str, object]) -> None:
    """As one line of JSON; then the process ends at once: closing hundreds of sessions is not what is measured."""
    print(json.dumps(found), flush=True)
    os._exit(0)
