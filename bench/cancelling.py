"""How soon a server sees that a reply is not wanted any more: from `Forget`, as the interaction hands it out.

The chat brain in its usual worker and a scripted server of 300 ms to the first token and 40 tokens a second; what is
forgotten has not begun, is being written, or hangs.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

from duetto.assembly import Settings, thinkers, with_chat
from duetto.brain.chat.settings import ChatSettings
from duetto.recording.measure import percentile
from duetto.testing.model import Rule, Script, ScriptedModel
from duetto.timeline.clock import Deadline, Stopwatch, in_ms, s
from duetto.timeline.job import Ask, Context, Forget

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
        bell = threading.Event()
        workers = thinkers(settings, bell)
        brain = workers[0]
        try:
            found = {}
            ticket = 0
            for kind in ("waiting", "begun", "hanging"):
                waits: list[int] = []
                for _ in range(EACH):
                    ticket += 2
                    known = len(server.log)
                    brain.submit(ticket, Ask(ticket, kind, "spoken", True, Context(s(1), 10**18)))
                    deadline = Deadline(LONG_S)
                    while len(server.log) == known or (kind == "begun" and server.log[-1].sent < WRITTEN):
                        if deadline.passed():
                            raise RuntimeError(f"{kind}: the server was not asked")
                        bell.wait(0.001)
                    exchange = server.log[-1]
                    watch = Stopwatch()
                    brain.submit(ticket + 1, Forget(ticket))
                    if exchange.over.wait(LONG_S) and exchange.state == "cancelled":
                        waits.append(watch.wall_ns())
                    brain.collect()
                found[kind] = {
                    "seen as cancelled": f"{len(waits)} of {EACH}",
                    "after ms, median": round(in_ms(round(percentile(waits, 50))), 1),
                    "longest": round(in_ms(max(waits)), 1),
                }
            return found
        finally:
            for worker in workers:
                worker.close()
