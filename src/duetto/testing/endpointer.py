"""An endpointer that finds what it was told to."""

from __future__ import annotations

from collections.abc import Sequence

from duetto.timeline.turn import Samples


class ScriptedEndpointer:
    """The n-th pause ends the turn with the n-th probability; past the last one it is as probable as not."""

    def __init__(self, probabilities: Sequence[float]) -> None:
        self._left = list(probabilities)

    def finished(self, samples: Samples) -> float:
        return self._left.pop(0) if self._left else 0.5
