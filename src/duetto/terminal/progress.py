"""How far a session, or a replay, has come."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from duetto.models.model import MicroTurn
from duetto.terminal.words import clock_time


class ProgressBar:
    """An observer with a bar: media time passed of `total` (ns). base: media time (ns) of what was done before."""

    def __init__(self, console: Console, total: int) -> None:
        self.base = 0
        self._progress = Progress(
            TextColumn("{task.fields[passed]} of {task.fields[whole]}"),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            refresh_per_second=4,
        )
        self._total = total
        self._task = self._progress.add_task("", total=total, passed=clock_time(0), whole=clock_time(total))
        self._progress.start()

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        passed = min(self._total, self.base + micro_turn.span.end)
        self._progress.update(self._task, completed=passed, passed=clock_time(passed))

    def close(self) -> None:
        """Take the bar away."""
        self._progress.stop()
