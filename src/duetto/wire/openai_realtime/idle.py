"""The silence after which a client wants duetto to speak by itself: `idle_timeout_ms`."""

from __future__ import annotations


class Idle:
    """Counts from the end of a reply, when its sound has been heard, in media time; once for each reply."""

    def __init__(self) -> None:
        self._since: int | None = None

    def stop(self) -> None:
        """Somebody speaks, or is about to."""
        self._since = None

    def start(self, at: int) -> None:
        """A reply has been heard to its end, at `at` (ns)."""
        self._since = at

    def over(self, now: int, timeout: int | None) -> int | None:
        """Since when there was silence, if it has lasted: then it counts no more."""
        if timeout is None or self._since is None or now - self._since < timeout:
            return None
        since, self._since = self._since, None
        return since
