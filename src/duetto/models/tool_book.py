"""Which tools were called in a conversation, and what came of it: for the timeline, and for a brain's context."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

import msgspec

from duetto.timeline.arrival import Arrival, Fault, Outcome, Progress
from duetto.timeline.increment import Span
from duetto.timeline.job import ToolUse
from duetto.timeline.payload import Called
from duetto.timeline.timeline import Timeline

MOST_USES: Final = 32
"""Calls that are remembered; the oldest ended one goes first."""
_SOURCE: Final = "tools"


class ToolBook:
    """Keeps the calls of one session, and writes the stream `tools`.

    `Called` is added when a call begins, revised with each report, committed with its outcome, revoked if withdrawn.
    """

    def __init__(self) -> None:
        self._uses: OrderedDict[int, ToolUse] = OrderedDict()
        self._open: dict[int, int] = {}  # call -> its increment

    @property
    def uses(self) -> tuple[ToolUse, ...]:
        """Oldest first."""
        return tuple(self._uses.values())

    def begin(self, call: int, name: str, arguments: str, now: int, timeline: Timeline) -> ToolUse:
        """A call begins at media time `now` (ns)."""
        use = ToolUse(call, name, arguments, now)
        self._uses[call] = use
        payload = Called(call, name, arguments)
        self._open[call] = timeline.add("tools", Span(now, now), payload, at=now, source=_SOURCE).id
        while len(self._uses) > MOST_USES:
            ended = next((id for id, use in self._uses.items() if use.state != "running"), None)
            if ended is None:
                break
            del self._uses[ended]
        return use

    def decline(self, call: int, name: str, arguments: str, now: int) -> None:
        """A call that the user did not want is not made."""
        self._uses[call] = ToolUse(call, name, arguments, now, "declined", "the person did not agree", now)

    def withdraw(self, call: int, now: int, timeline: Timeline) -> bool:
        """The outcome of a call is not wanted any more. True if it was running."""
        use = self._uses.get(call)
        if use is not None and use.state == "running":
            self._uses[call] = msgspec.structs.replace(use, state="withdrawn", ended=now)
            timeline.revoke(self._open.pop(call), "tools", at=now)
            return True
        return False

    def take(self, arrivals: Iterable[Arrival], now: int, timeline: Timeline) -> None:
        """What the tools have sent. Of calls that are not running it is ignored."""
        for arrival in arrivals:
            match arrival:
                case Progress(call=call, text=text):
                    self._report(call, text, now, timeline)
                case Outcome(call=call, text=text, failed=failed):
                    self._end(call, text, failed, now, timeline)
                case Fault(call=int() as call, text=text):
                    self._end(call, text, True, now, timeline)

    def _report(self, call: int, text: str, now: int, timeline: Timeline) -> None:
        use = self._uses.get(call)
        if use is None or use.state != "running":
            return
        self._uses[call] = msgspec.structs.replace(use, outcome=text)
        payload = Called(call, use.name, use.arguments, text)
        self._open[call] = timeline.revise(self._open[call], "tools", Span(use.began, now), payload, at=now).id

    def _end(self, call: int, text: str, failed: bool, now: int, timeline: Timeline) -> None:
        use = self._uses.get(call)
        if use is None or use.state != "running":
            return
        state = "failed" if failed else "done"
        self._uses[call] = msgspec.structs.replace(use, state=state, outcome=text, ended=now)
        payload = Called(call, use.name, use.arguments, text, failed)
        last = timeline.revise(self._open.pop(call), "tools", Span(use.began, now), payload, at=now)
        timeline.commit(last.id, "tools", at=now)
