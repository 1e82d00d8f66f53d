"""Live lanes: an observer that shows a session in the terminal while it runs."""

from __future__ import annotations

import threading
from typing import Final

from rich.console import Console, RenderableType
from rich.live import Live

from duetto.models.model import MicroTurn
from duetto.terminal.book import LaneBook
from duetto.terminal.panel import draw

REFRESH: Final = 8.0
"""Pictures per second."""


class LiveLanes:
    """Shows the lanes of a session. The session's thread only takes notes; another one draws them.

    A terminal that is slow, or stopped with Ctrl-S, therefore holds nothing up. total: media time (ns) at which the
    input ends, for the bar. Nothing is shown before the first micro-turn.
    """

    def __init__(self, console: Console, *, total: int | None = None, refresh: float = REFRESH) -> None:
        self.book = LaneBook()
        self._console = console
        self._total = total
        self._lock = threading.Lock()
        self._live = Live(
            console=console, get_renderable=self._picture, refresh_per_second=refresh, vertical_overflow="ellipsis"
        )

    def on_micro_turn(self, micro_turn: MicroTurn) -> None:
        with self._lock:
            self.book.take(micro_turn)
        if not self._live.is_started:
            self._live.start()

    def _picture(self) -> RenderableType:
        with self._lock:
            return draw(self.book, self._console.width, self._total)

    def close(self) -> None:
        """Leave the last picture standing."""
        self._live.stop()
