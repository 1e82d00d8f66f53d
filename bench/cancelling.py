"""How soon a server sees that a reply is not wanted any more: from `Forget`, as the interaction hands it out.

The chat brain in its usual worker and a scripted server of 300 ms to the first token and 40 tokens a second; what is
forgotten has not begun, is being written, or hangs.
"""

from __future__ import annotations

import threading
from itertools import count
from pathlib import Path
from typing import Any, Final

from duetto.assembly import Settings, thinkers, with_chat
from duetto.brain.chat.settings import ChatSettings
from duetto.recording.measure import percentile
from duetto.testing.model import Rule, Script, ScriptedModel
from duetto.timeline.clock import VIRTUAL_EPOCH_NS, Deadline, Stopwatch, in_ms, s
from duetto.timeline.job import Ask, Context, Forget
from duetto.workers.worker import Worker

EACH: Final = 40
"""Replies of each kind."""
LONG_S: Final = 10.0
"""Seconds after which a request that is not seen as cancelled counts as missed."""
WRITTEN: Final = 5
"""Tokens of a reply that is forgotten while it is being written."""
RULES: Final = (
    Rule("begun", "One two three four five six seven eight nine ten. " * 20),
    Rule("hanging", fault="hang"),
    Rule("waiting", "Never."),
)


def run(_folder: Path) -> dict[str, Any]:
    """Medians and the longest, ms, and how many of how many the server saw."""
    with ScriptedModel(Script(RULES)) as server:
        settings = with_chat(Settings(), ChatSettings(server.model, url=server.url))
        workers = thinkers(settings, threading.Event())
        try:
            numbers = count(1)
            found = {}
            for kind in ("waiting", "begun", "hanging"):
                waits = [_forgotten(workers[0], server, kind, next(numbers)) for _ in range(EACH)]
                seen = [wait for wait in waits if wait is not None]
                found[kind] = {
                    "seen as cancelled": f"{len(seen)} of {EACH}",
                    "after ms, median": round(in_ms(round(percentile(seen, 50))), 1),
                    "longest": round(in_ms(max(seen, default=0)), 1),
                }
            return found
        finally:
            for worker in workers:
                worker.close()


def _forgotten(brain: Worker, server: ScriptedModel, kind: str, number: int) -> int | None:
    """Machine time (ns) until the server sees that it is not wanted any more; None if it does not."""
    known = len(server.log)
    brain.submit(2 * number, Ask(number, kind, "spoken", True, Context(s(1), VIRTUAL_EPOCH_NS)))
    deadline, tick = Deadline(LONG_S), threading.Event()
    while len(server.log) == known or (kind == "begun" and server.log[-1].sent < WRITTEN):
        if deadline.passed():
            raise RuntimeError(f"{kind}: the server was not asked")
        tick.wait(0.001)
    exchange, watch = server.log[-1], Stopwatch()
    brain.submit(2 * number + 1, Forget(number))
    seen = exchange.over.wait(LONG_S) and exchange.state == "cancelled"
    took = watch.wall_ns()
    brain.collect()
    return took if seen else None
