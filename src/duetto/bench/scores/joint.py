"""Intelligence and responsiveness together: the right content inside its window."""

from __future__ import annotations

from collections.abc import Sequence

from duetto.bench.scores.figure import Figure, share
from duetto.bench.scores.taken import Taken


def joint(taken: Sequence[Taken]) -> dict[str, Figure]:
    """Items of which everything is right; answers right in content, in time, and in both."""
    asked = [v for one in taken for v in one.verdicts if v.content is not None and v.applies]
    return {
        "items all right": share(not one.trial.error and not any(v.failed for v in one.verdicts) for one in taken),
        "content right": share(v.content is True for v in asked),
        "in time": share(v.met for v in asked),
        "content right and in time": share(not v.failed for v in asked),
        "occasion given": share(v.applies for one in taken for v in one.verdicts),
    }
