"""When it is worth looking for faces."""

from __future__ import annotations

from dataclasses import dataclass

from duetto.timeline.clock import ms


@dataclass(frozen=True, slots=True)
class LookSettings:
    """How often a worker looks for faces."""

    every_ms: float = 300.0
    """Milliseconds between two looks, at least."""
    heartbeat_ms: float = 2000.0
    """Milliseconds between two looks while a face is here and nothing moves."""
    patience_ms: float = 3000.0
    """Milliseconds after which a look that gave no answer is given up."""


class LookSchedule:
    """One look at a time, after a change, while a result is in doubt, and now and then while a face is here."""

    def __init__(self, settings: LookSettings | None = None) -> None:
        self.settings = settings or LookSettings()
        self._stirred = True
        self._sent_at: int | None = None
        self._waiting = False

    def stir(self) -> None:
        """Something has changed in the picture."""
        self._stirred = True

    def due(self, at: int, *, here: bool, unsure: bool, hasty: bool = False) -> bool:
        """Whether to look at the frame of media time `at` (ns). hasty: at each one, if looks are answered so soon."""
        if self._sent_at is None:
            return True
        since = at - self._sent_at
        if self._waiting and since < ms(self.settings.patience_ms):
            return False
        if self._stirred or unsure:
            return hasty or since >= ms(self.settings.every_ms)
        return here and since >= ms(self.settings.heartbeat_ms)

    def sent(self, at: int) -> None:
        """A look at the frame of media time `at` (ns) is on its way."""
        self._sent_at, self._waiting, self._stirred = at, True, False

    def answered(self) -> None:
        """The look came back, or failed."""
        self._waiting = False
