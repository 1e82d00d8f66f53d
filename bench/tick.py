"""What a session costs: the demo's conversation in real time with a camera at 10 frames/s of 640x360, then the same on
the virtual clock; at micro-turns of 80 ms, and of the usual 40.
"""

from __future__ import annotations

import os
import resource
import threading
from pathlib import Path
from typing import Any

from bench.conversation import hold
from duetto.assembly import Settings
from duetto.demo.cast import VOICE
from duetto.demo.script import SCRIPT
from duetto.recording.measure import percentile
from duetto.session import SessionSettings
from duetto.timeline.clock import Stopwatch, WallClock, in_ms, in_s, ms

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class _Children(threading.Thread):
    """Reads processor time and memory of this process's children now and then: they are gone when the session ends."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()
        self.cpu: dict[str, float] = {}
        self.memory: dict[str, float] = {}

    def run(self) -> None:
        while not self._ended.wait(0.5):
            for process in Path("/proc").iterdir():
                if process.name.isdigit():
                    self._read(process)

    def _read(self, process: Path) -> None:
        try:
            stat = (process / "stat").read_text().rsplit(")", 1)[1].split()
            if int(stat[1]) != os.getpid():
                return
            command = (process / "cmdline").read_text()
            if not command:  # it has ended: one of the conversation before
                return
            part = "recogniser" if "recogniser" in command else "voice" if "voice" in command else "other"
            self.cpu[part] = (int(stat[11]) + int(stat[12])) / TICKS_PER_SECOND
            self.memory[part] = int((process / "statm").read_text().split()[1]) * resource.getpagesize() / 2**20
        except (OSError, IndexError, ValueError):
            return

    def stop(self) -> None:
        self._ended.set()
        self.join()


def run(folder: Path) -> dict[str, Any]:
    """The demo's conversation on both clocks, by length of the micro-turn."""
    return {f"delta_{delta}_ms": _cost(folder, delta) for delta in (80, 40)}


def _cost(folder: Path, delta: int) -> dict[str, Any]:
    settings = Settings(session=SessionSettings(delta=ms(delta)))
    children = _Children()
    children.start()
    watch = Stopwatch()
    before = resource.getrusage(resource.RUSAGE_SELF)
    live = hold(SCRIPT, folder, voice=VOICE, settings=settings, clock=WallClock(), camera=True, name=f"live-{delta}")
    after = resource.getrusage(resource.RUSAGE_SELF)
    children.stop()
    wall = watch.wall_ns() / 1e9
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    seconds = in_s(live.measures.span)
    virtual = hold(SCRIPT, folder, voice=VOICE, settings=settings, camera=True, name=f"virtual-{delta}")
    m = live.measures
    return {
        "seconds": round(seconds, 1),
        "micro_turns": len(m.compute),
        "compute_ms": {f"p{p}": round(in_ms(round(percentile(m.compute, p))), 2) for p in (50, 90, 99, 100)},
        "late_ms": {f"p{p}": round(in_ms(round(percentile(m.late, p))), 2) for p in (50, 99, 100)},
        "tick_share_of_a_core_by_part": {
            part: round(cost / 1e9 / seconds, 4) for part, cost in sorted(m.parts.items())
        },
        "process_share_of_a_core": {
            "session (tick, brain, vision, simulated user, journal)": round(spent / wall, 3),
            **{part: round(cpu / wall, 3) for part, cpu in sorted(children.cpu.items())},
        },
        "memory_mb": {
            "session, peak": round(after.ru_maxrss / 1024, 1),
            **{part: round(size, 1) for part, size in sorted(children.memory.items())},
        },
        "virtual_clock": {
            "seconds_of_conversation": round(in_s(virtual.measures.span), 1),
            "seconds_taken": round(virtual.took / 1e9, 2),
            "times_real_time": round(virtual.measures.span / virtual.took, 1),
        },
        "live_reply_ms_p50": round(in_ms(round(percentile(m.reply, 50)))),
        "live_order_error_ms": [round(in_ms(error)) for error in m.order],
    }
